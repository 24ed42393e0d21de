"""The shape of standing in the API."""

from typing import Any

from rest_framework import serializers

from standing.rules import Step

_STEPS = [(step.value, step.value) for step in Step]


class StandingStepSerializer(serializers.Serializer[Any]):
    step = serializers.ChoiceField(choices=_STEPS)
    on = serializers.DateField()
    is_taken = serializers.BooleanField()


class OverdueItemSerializer(serializers.Serializer[Any]):
    """One unpaid amount behind the verdict, in Canadian dollars."""

    document = serializers.CharField(source="source")
    due_on = serializers.DateField(allow_null=True)
    last_day_to_pay = serializers.DateField()
    left = serializers.DecimalField(max_digits=14, decimal_places=2)


class DaySerializer(serializers.Serializer[Any]):
    on = serializers.DateField(required=False)


class StandingSerializer(serializers.Serializer[Any]):
    """The verdict of a day, why, and what comes next."""

    program_account = serializers.CharField()
    on = serializers.DateField()
    is_good = serializers.BooleanField()
    overdue = serializers.DecimalField(max_digits=14, decimal_places=2)
    overdue_since = serializers.DateField(allow_null=True)
    good_since = serializers.DateField(allow_null=True)
    next_step = serializers.ChoiceField(choices=_STEPS, allow_null=True)
    next_step_on = serializers.DateField(allow_null=True)
    steps = StandingStepSerializer(many=True)
    is_paused = serializers.BooleanField()
    is_detained = serializers.BooleanField()
    items = OverdueItemSerializer(many=True)

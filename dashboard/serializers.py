"""What software reads of reconciliation and of an account as of a day."""

from typing import Any

from rest_framework import serializers

_MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class DaySerializer(serializers.Serializer[Any]):
    on = serializers.DateField()
    opening = serializers.DecimalField(**_MONEY)
    charges = serializers.DecimalField(**_MONEY)
    interest_and_penalties = serializers.DecimalField(source="late", **_MONEY)
    payments_and_credits = serializers.DecimalField(source="credits", **_MONEY)
    closing = serializers.DecimalField(**_MONEY)
    pending_count = serializers.SerializerMethodField()

    def get_pending_count(self, row: Any) -> int:
        return len(row.pending)


class UnderwaySerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    number = serializers.CharField()
    since = serializers.DateField()
    amount = serializers.DecimalField(**_MONEY)


class AsOfSerializer(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    known_on = serializers.DateField()
    opening = serializers.DecimalField(**_MONEY)
    closing = serializers.DecimalField(**_MONEY)
    days = DaySerializer(many=True)
    pending = UnderwaySerializer(many=True)
    statement_on = serializers.DateField(source="statement.statement_on", allow_null=True, default=None)
    statement_left = serializers.DecimalField(**_MONEY)


class StepSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    amount = serializers.DecimalField(**_MONEY, allow_null=True)
    on = serializers.DateField(allow_null=True)
    why = serializers.CharField()


class RuleSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    law = serializers.CharField(source="source")
    mark = serializers.CharField()
    effective_from = serializers.DateField(allow_null=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    title = serializers.CharField()
    amount = serializers.DecimalField(**_MONEY, allow_null=True)
    on = serializers.DateField(allow_null=True)
    steps = StepSerializer(many=True)
    rules = RuleSerializer(many=True)


class DifferenceSerializer(serializers.Serializer[Any]):
    cause = serializers.CharField(source="cause.value")
    amount = serializers.DecimalField(**_MONEY)
    documents = serializers.SerializerMethodField()

    def get_documents(self, row: Any) -> list[str]:
        return [line.source for line in row.lines]


class BridgeSerializer(serializers.Serializer[Any]):
    start = serializers.DecimalField(**_MONEY)
    differences = DifferenceSerializer(many=True)
    unexplained = serializers.DecimalField(**_MONEY)
    end = serializers.DecimalField(**_MONEY)


class ReconciliationSerializer(serializers.Serializer[Any]):
    statement_on = serializers.DateField(source="choice.statement_on")
    period_start = serializers.DateField(source="window.first_day")
    period_end = serializers.DateField(source="window.last_day")
    is_full = serializers.BooleanField()
    declarations_to_statement = BridgeSerializer(source="statement")
    statement_to_balance = BridgeSerializer(source="balance", allow_null=True)

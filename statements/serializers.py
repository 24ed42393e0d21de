"""The shapes of statements in the API: money as text with two decimals."""

from typing import Any

from rest_framework import serializers

from ledger.rules import EntryKind
from statements.rules import StatementState


def _money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, **options)


class StatementSerializer(serializers.Serializer[Any]):
    """A statement of account: boxes A to H add up, ``box_a`` is ``box_h`` of the statement before."""

    statement_on = serializers.DateField(source="statement.statement_on")
    period_start = serializers.DateField(source="statement.period_start")
    period_end = serializers.DateField(source="statement.period_end")
    payment_due_on = serializers.DateField(source="statement.payment_due_on")
    last_day_to_pay = serializers.DateField(source="statement.last_day_to_pay")
    box_a = _money(source="statement.box_a", help_text="Previous balance.")
    box_b = _money(source="statement.box_b", help_text="Corrections to it.")
    box_c = _money(source="statement.box_c", help_text="Payments received.")
    box_d = _money(source="statement.box_d", help_text="Disbursements.")
    box_e = _money(source="statement.box_e", help_text="Interest and penalties.")
    box_f = _money(source="statement.box_f", help_text="Charges of the period.")
    box_g = _money(source="statement.box_g", help_text="Credits of the period.")
    box_h = _money(source="statement.box_h", help_text="Total payable.")
    left_to_pay = _money(source="left", help_text="What is still to pay of it now.")
    state = serializers.ChoiceField(choices=[state.value for state in StatementState])


class StatementLineSerializer(serializers.Serializer[Any]):
    """One entry behind a statement; ``revenue`` splits the amount by class."""

    box = serializers.CharField(help_text="The box it stands in, B to G.")
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    document_type = serializers.CharField(source="about.kind", help_text="Such as declaration, payment or interest.")
    document_number = serializers.CharField(source="about.number")
    vendor = serializers.CharField(allow_blank=True)
    submitted_by = serializers.CharField(source="submitter_name", allow_blank=True)
    released_on = serializers.DateField(source="billing_on")
    posted_on = serializers.DateField()
    due_on = serializers.DateField(allow_null=True)
    amount = _money()
    revenue = serializers.DictField(
        child=_money(), source="by_class", help_text="Amount by revenue class, such as DUTY."
    )
    entry_key = serializers.CharField(source="key")


class StatementDetailSerializer(StatementSerializer):
    """A statement with every line behind its boxes."""

    lines = StatementLineSerializer(many=True)

"""The shapes of payments in the API."""

from typing import Any

from rest_framework import serializers

from payments.models import Payment
from payments.queries import LONGEST_CHOICE


class PaymentOrderSerializer(serializers.Serializer[dict[str, Any]]):
    """What is to be paid."""

    amount = serializers.DecimalField(max_digits=13, decimal_places=2, help_text="Canadian dollars, two decimals.")
    method = serializers.ChoiceField(choices=[(method.value, method.label) for method in Payment.ONLINE])
    purpose = serializers.ChoiceField(choices=Payment.Purpose.choices, default=Payment.Purpose.DEBT)
    items = serializers.ListField(
        child=serializers.IntegerField(),
        max_length=LONGEST_CHOICE,
        default=list,
        help_text="Open debts by their `id` (see the credits of the account), each paid in full; without them the "
        "oldest due comes first. `amount` is what is left of them together.",
    )


_FIELDS = [
    "reference",
    "program_account",
    "payer",
    "amount",
    "method",
    "purpose",
    "state",
    "reason",
    "started_at",
    "received_at",
    "bank_url",
]


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """One payment. ``bank_url`` is where the person pays while it is at the bank."""

    program_account = serializers.CharField(source="program_account.number", read_only=True)
    payer = serializers.CharField(source="payer.bn9", read_only=True, help_text="Business number of who pays.")
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    bank_url = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = _FIELDS
        read_only_fields = _FIELDS

    def get_bank_url(self, payment: Payment) -> str | None:
        return payment.bank_address if payment.is_under_way and payment.bank_address else None


class ClearedLineSerializer(serializers.Serializer[Any]):
    """One debt that the payment paid; ``left`` is what is still open of it."""

    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    due_on = serializers.DateField(allow_null=True)
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    left = serializers.DecimalField(max_digits=14, decimal_places=2)


class PaymentUseSerializer(serializers.Serializer[Any]):
    """What became of a payment; lines that the caller may not see are summed in ``hidden``."""

    lines = ClearedLineSerializer(many=True)
    hidden = serializers.DecimalField(max_digits=14, decimal_places=2)
    hidden_count = serializers.IntegerField()
    left = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Stays as a credit.")


class PaymentDetailSerializer(PaymentSerializer):
    use = PaymentUseSerializer(read_only=True, help_text="Empty until the payment is received.")

    class Meta(PaymentSerializer.Meta):
        fields = [*_FIELDS, "use"]
        read_only_fields = fields

"""The words of the Bond API: amounts as text with two decimals, ISO dates."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from core.money import LARGEST, from_cents
from security.models import Bond, BondVersion, Demand
from security.rules import BondState, DemandState, VersionKind

ACCOUNT = r"^[0-9]{9}RM(?!0000)[0-9]{4}$"
#: The most program accounts of one bond.
SHARES = 100


class DollarsField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=13, decimal_places=2, min_value=0, max_value=LARGEST, **kwargs)


class TextField(serializers.CharField):
    """Text as it is stored: no control characters."""

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        if not text.isprintable():
            raise serializers.ValidationError(_("Leave out line breaks and control characters."), code="invalid")
        return text


class ValiditySerializer(serializers.Serializer[dict[str, Any]]):
    validity_start = serializers.DateField()
    validity_end = serializers.DateField(required=False, allow_null=True, help_text="Left out: continuous.")


class AllocationSerializer(serializers.Serializer[Any]):
    """The share of a bond in one program account."""

    program_account = serializers.RegexField(ACCOUNT, source="program_account.number", help_text="BN15.")
    amount = DollarsField()


class FilingSerializer(ValiditySerializer):
    """The seven elements of a written security agreement (FSR s. 5(2)); program and authority are fixed here."""

    agreement_number = TextField(max_length=35)
    program_account = serializers.RegexField(ACCOUNT, help_text="The debtor's BN15.")
    debtor_name = TextField(max_length=200)
    allocations = serializers.ListField(
        child=AllocationSerializer(),
        required=False,
        max_length=SHARES,
        help_text="Left out: all of it covers the program account.",
    )
    program = serializers.ChoiceField(choices=["IMPORTATION_RPP"])
    legislative_authority = serializers.ChoiceField(choices=["AIG_FSR"])
    amount = DollarsField()


class ReasonSerializer(serializers.Serializer[dict[str, Any]]):
    reason = TextField(max_length=500, help_text="The importer reads it.")


#: The riders that software may file, and what each needs.
RIDERS = {
    "INCREASE": (VersionKind.INCREASE, "amount"),
    "DECREASE": (VersionKind.DECREASE, "amount"),
    "REALLOCATE": (VersionKind.REALLOCATION, "allocations"),
    "NAME_CHANGE": (VersionKind.NAME_CHANGE, "debtor_name"),
    "EXTEND": (VersionKind.EXTENSION, "validity_end"),
}


class AmendmentSerializer(serializers.Serializer[dict[str, Any]]):
    type = serializers.ChoiceField(choices=list(RIDERS))
    amount = DollarsField(required=False, help_text="The new amount, of an increase or a decrease.")
    allocations = serializers.ListField(
        child=AllocationSerializer(),
        required=False,
        max_length=SHARES,
        help_text="Of a reallocation; also of an increase or a decrease of a bond over several program accounts.",
    )
    debtor_name = TextField(max_length=175, required=False, help_text="Of a change of name: as it is registered now.")
    validity_end = serializers.DateField(
        required=False, allow_null=True, help_text="Of an extension: a later day, or null for a continuous bond."
    )
    effective_date = serializers.DateField(
        required=False, help_text="Today: a rider takes effect when it is filed. It may be left out."
    )
    prior_version = serializers.IntegerField(min_value=1, max_value=32767, help_text="The version that you know.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, needed = RIDERS[attrs["type"]]
        if needed not in attrs:
            said = ErrorDetail(str(_("This type of change needs this field.")), code="required")
            raise serializers.ValidationError({needed: said})
        return {**attrs, "kind": kind}


class TerminationSerializer(serializers.Serializer[dict[str, Any]]):
    terminates_on = serializers.DateField(help_text="At least 30 days from today.")
    reason = TextField(max_length=500, required=False, default="", allow_blank=True)


class BondSerializer(serializers.Serializer[Bond]):
    id = serializers.IntegerField()
    agreement_number = serializers.CharField()
    program_account = serializers.CharField(source="program_account.number")
    debtor_bn9 = serializers.CharField(source="debtor.bn9")
    debtor_name = serializers.CharField()
    state = serializers.ChoiceField(choices=BondState.choices)
    version = serializers.IntegerField()
    amount = DollarsField()
    asked_amount = DollarsField(allow_null=True, help_text="What the importer asks you to raise it to.")
    validity_start = serializers.DateField()
    validity_end = serializers.DateField(allow_null=True)
    terminates_on = serializers.DateField(allow_null=True)
    channel = serializers.CharField()
    allocations = AllocationSerializer(many=True)


class VersionShareSerializer(serializers.Serializer[Any]):
    program_account = serializers.CharField()
    amount = DollarsField()


class VersionSerializer(serializers.Serializer[Any]):
    """What the bond said after one change, whole."""

    version = serializers.IntegerField(source="number")
    kind = serializers.ChoiceField(choices=VersionKind.choices)
    effective_date = serializers.DateField(source="effective_on")
    state = serializers.ChoiceField(choices=BondState.choices)
    debtor_name = serializers.CharField()
    amount = DollarsField()
    validity_start = serializers.DateField()
    validity_end = serializers.DateField(allow_null=True)
    terminates_on = serializers.DateField(allow_null=True)
    allocations = serializers.SerializerMethodField()

    @extend_schema_field(VersionShareSerializer(many=True))
    def get_allocations(self, version: BondVersion) -> Any:
        rows = [{"program_account": number, "amount": from_cents(part)} for number, part in version.shares.items()]
        return VersionShareSerializer(rows, many=True).data


class WholeBondSerializer(BondSerializer):
    """A bond with every version of it, the latest first."""

    versions = VersionSerializer(many=True)


class ShareUseSerializer(serializers.Serializer[dict[str, Any]]):
    program_account = serializers.CharField()
    amount = DollarsField()
    used = DollarsField()
    balance = DollarsField()


class UsageSerializer(serializers.Serializer[dict[str, Any]]):
    amount = DollarsField()
    used = DollarsField(help_text="What today's open debt would take: cash first, then bonds, the oldest first.")
    balance = DollarsField()
    allocations = ShareUseSerializer(many=True)


class EventSerializer(serializers.Serializer[dict[str, Any]]):
    id = serializers.IntegerField()
    type = serializers.CharField(help_text="Like `bond.to_confirm`, `bond.confirmed` or `review.result`.")
    occurred_at = serializers.DateTimeField(help_text="By the portal's business clock.")
    data = serializers.DictField()  # type: ignore[assignment]


class EventsSerializer(serializers.Serializer[dict[str, Any]]):
    results = EventSerializer(many=True)
    has_more = serializers.BooleanField()


class AcknowledgementSerializer(serializers.Serializer[dict[str, Any]]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53), min_length=1, max_length=500
    )


class AcknowledgedSerializer(serializers.Serializer[dict[str, Any]]):
    acknowledged = serializers.IntegerField()


class BondFilterSerializer(serializers.Serializer[dict[str, Any]]):
    debtor_bn9 = serializers.RegexField(r"^[0-9]{9}$", required=False)
    program_account = serializers.RegexField(ACCOUNT, required=False)
    state = serializers.ChoiceField(choices=BondState.choices, required=False)
    updated_since = serializers.DateTimeField(
        required=False, help_text="Only bonds that changed at this moment of the business clock or later."
    )


class DemandSerializer(serializers.Serializer[Demand]):
    """A demand on one of your bonds (FSR s. 8 and 9)."""

    id = serializers.IntegerField()
    bond = serializers.IntegerField(source="bond_id")
    agreement_number = serializers.CharField(source="bond.agreement_number")
    program_account = serializers.CharField(source="program_account.number")
    debtor_name = serializers.CharField(source="bond.debtor_name")
    state = serializers.ChoiceField(choices=DemandState.choices)
    asked = DollarsField(help_text="What was demanded.")
    amount = DollarsField(help_text="What is to be paid, after an officer's decision.")
    reason = serializers.CharField()
    sent_on = serializers.DateField()
    answer_by = serializers.DateField(help_text="Pay or answer by this day; after it, what was demanded is due.")
    rebuttal = serializers.CharField()
    decision = serializers.CharField()
    paid_on = serializers.DateField(allow_null=True)
    reference = serializers.CharField(help_text="Of your payment.")


class DemandFilterSerializer(serializers.Serializer[dict[str, Any]]):
    state = serializers.ChoiceField(choices=DemandState.choices, required=False)


class RebuttalSerializer(serializers.Serializer[dict[str, Any]]):
    text = serializers.CharField(max_length=2000, help_text="Why nothing, or less, is owed.")


class DemandPaymentSerializer(serializers.Serializer[dict[str, Any]]):
    reference = TextField(max_length=60, help_text="Of your payment of the whole amount.")


class EventFilterSerializer(serializers.Serializer[dict[str, Any]]):
    after = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=2**53, help_text="Only events later than this one."
    )

"""The shapes of statements in the API: money as text with two decimals."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger.rules import EntryKind
from statements.addresses import about
from statements.models import DailyNotice, LevelStatement
from statements.queries import HISTORY_TYPES, HistoryQuery
from statements.rules import ItemState, Level, StatementState
from statements.sheet import BOX_NAMES, Document


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
    released_on = serializers.DateField(source="release_day")
    posted_on = serializers.DateField()
    due_on = serializers.DateField(allow_null=True)
    amount = _money()
    revenue = serializers.DictField(
        child=_money(), source="by_class", help_text="Amount by revenue class, such as DUTY."
    )
    entry_key = serializers.CharField(source="key")
    entry_id = serializers.SerializerMethodField(help_text="For its explanation.")

    def get_entry_id(self, entry: Any) -> str:
        return str(getattr(entry, "entry_id", None) or entry.pk)


class StatementDetailSerializer(StatementSerializer):
    """A statement with every line behind its boxes."""

    lines = StatementLineSerializer(many=True)


# --- Levels ----------------------------------------------------------------------------------------------------------


class LevelStatementSerializer(serializers.ModelSerializer[LevelStatement]):
    """The statements of a business's program accounts added up: for the legal entity, or for one program type."""

    level = serializers.ChoiceField(choices=[Level.ENTITY.value, Level.PROGRAM.value])
    program = serializers.CharField(help_text="The letters of the program type; empty for the legal entity.")
    box_a = _money(help_text="Previous balance.")
    box_b = _money(help_text="Corrections to it.")
    box_c = _money(help_text="Payments received.")
    box_d = _money(help_text="Disbursements.")
    box_e = _money(help_text="Interest and penalties.")
    box_f = _money(help_text="Charges of the period.")
    box_g = _money(help_text="Credits of the period.")
    box_h = _money(help_text="Total payable.")

    class Meta:
        model = LevelStatement
        fields: ClassVar = [
            "level",
            "program",
            "statement_on",
            "period_start",
            "period_end",
            "payment_due_on",
            "last_day_to_pay",
            *(f"box_{letter.lower()}" for letter in BOX_NAMES),
            "account_count",
            "entry_count",
        ]


class AccountOfLevelSerializer(serializers.Serializer[Any]):
    """What one program account adds to a level."""

    program_account = serializers.CharField(source="program_account.number")
    box_a = _money()
    box_b = _money()
    box_c = _money()
    box_d = _money()
    box_e = _money()
    box_f = _money()
    box_g = _money()
    box_h = _money()


class RevenueSerializer(serializers.Serializer[Any]):
    """One revenue class over the boxes that charge or credit it."""

    revenue = serializers.CharField(source="key", help_text="Such as DUTY, GST or INTEREST.")
    corrections = _money()
    interest = _money()
    charges = _money()
    credits = _money()
    total = _money()


class LevelStatementDetailSerializer(serializers.Serializer[Any]):
    """A statement of a higher level with its program accounts and its split by revenue."""

    statement = LevelStatementSerializer()
    accounts = AccountOfLevelSerializer(many=True)
    revenue = RevenueSerializer(many=True)


# --- Day by day ------------------------------------------------------------------------------------------------------


class DailyNoticeSerializer(serializers.ModelSerializer[DailyNotice]):
    """What some days brought: charges above zero, credits and payments below."""

    charges = _money()
    credits = _money()

    class Meta:
        model = DailyNotice
        fields: ClassVar = ["notice_on", "posted_since", "posted_upto", "entry_count", "charges", "credits"]


class EntrySerializer(serializers.Serializer[Any]):
    """One entry of the book."""

    posted_on = serializers.DateField()
    billing_on = serializers.DateField()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    document_type = serializers.SerializerMethodField(help_text="Such as declaration, payment or interest.")
    document_number = serializers.SerializerMethodField()
    submitted_by = serializers.CharField(source="submitter_name", allow_null=True)
    amount = _money(help_text="Below zero: a credit or a payment.")
    due_on = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField(help_text="What is open of it; null where it makes no open item.")
    entry_key = serializers.CharField(source="key")

    def get_document_type(self, entry: Any) -> str:
        return about(entry).kind

    def get_document_number(self, entry: Any) -> str:
        return about(entry).number

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_due_on(self, entry: Any) -> str | None:
        item = getattr(entry, "item", None)
        return item.due_on.isoformat() if item and item.due_on else None

    @extend_schema_field(_money(allow_null=True))
    def get_left(self, entry: Any) -> str | None:
        item = getattr(entry, "item", None)
        return f"{item.amount - item.cleared:.2f}" if item else None


class DailyNoticeDetailSerializer(serializers.Serializer[Any]):
    """A daily notice with the entries of its days."""

    notice = DailyNoticeSerializer()
    entries = EntrySerializer(many=True)


class ClearingSerializer(serializers.Serializer[Any]):
    """A part of an entry that another one cleared, or that it cleared."""

    cleared_on = serializers.DateField()
    amount = _money()
    kind = serializers.ChoiceField(choices=EntryKind.choices)
    document_number = serializers.CharField(help_text="Empty for who sees only some transactions.")


class TransactionSerializer(EntrySerializer):
    """An entry of the history with what cleared it."""

    cleared_with = serializers.SerializerMethodField()

    @extend_schema_field(ClearingSerializer(many=True))
    def get_cleared_with(self, entry: Any) -> list[dict[str, Any]]:
        item = getattr(entry, "item", None)
        parts = self.context["cleared"].get(item.pk, []) if item else []
        return [
            {
                "cleared_on": part.cleared_on.isoformat(),
                "amount": f"{part.amount:.2f}",
                "kind": part.kind,
                "document_number": Document.of(part.source).number if self.context["is_full"] else "",
            }
            for part in parts
        ]


class HistoryParameters(serializers.Serializer[dict[str, Any]]):
    """The filter of the history, as its page has it."""

    since = serializers.DateField(required=False, help_text="Posted on this day or later.")
    until = serializers.DateField(required=False, help_text="Posted on this day or earlier.")
    type = serializers.ChoiceField(choices=list(HISTORY_TYPES), required=False)
    status = serializers.ChoiceField(choices=[state.value for state in ItemState], required=False)
    submitted_by = serializers.RegexField(r"^\d{9}$", required=False, help_text="Business number of who submitted it.")
    least = _money(required=False, help_text="Of this amount or more, whether charged or paid.")
    most = _money(required=False, help_text="Of this amount or less, whether charged or paid.")
    number = serializers.CharField(required=False, max_length=14, help_text="Declaration number.")

    def wanted(self, submitters: Mapping[str, int]) -> HistoryQuery:
        """The filter; a business that submitted nothing here finds nothing."""
        data = dict(self.validated_data)
        bn9 = data.pop("submitted_by", None)
        return HistoryQuery(**data, submitter_id=submitters.get(bn9, 0) if bn9 else None)


class StatementStepSerializer(serializers.Serializer[Any]):
    """One line of the arithmetic, as the page shows it; ``amount`` where it is an amount."""

    title = serializers.CharField()
    value = serializers.CharField()
    amount = _money(allow_null=True)
    why = serializers.CharField()


class StatementExplanationSerializer(serializers.Serializer[Any]):
    """One number of a statement: its arithmetic and the rule in force."""

    what = serializers.CharField(source="letter")
    title = serializers.CharField()
    amount = _money(allow_null=True)
    steps = StatementStepSerializer(many=True)
    rule = serializers.CharField()

"""Program accounts with their enrolment, security and balances as columns."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import ProgramAccount
from core.fields import MoneyField
from core.money import ZERO
from ledger import queries as book
from security.models import (
    AnnualReview,
    BondAllocation,
    Nudge,
    ReductionCase,
    SecurityRequirement,
)
from security.rules import (
    COVERING,
    CaseState,
    NudgeKind,
    ReviewOutcome,
)

Accounts = range | Collection[int]
#: Before every posting there can be, and the first day of a segment.
BEGINNING = date(2000, 1, 1)


def with_enrolment(accounts: QuerySet[ProgramAccount]) -> QuerySet[ProgramAccount]:
    return accounts.annotate(
        rpp_enrolled_on=F("rpp_enrolment__enrolled_on"),
        rpp_changed_on=F("rpp_enrolment__changed_on"),
        rpp_note=F("rpp_enrolment__note"),
        rpp_pattern=F("rpp_enrolment__pattern"),
        rpp_ends_on=F("rpp_enrolment__ends_on"),
        rpp_nudge_level=F("rpp_enrolment__nudge_level"),
        low_estimate_month=_highest_month_told_of(),
        open_debt=_balance("receivable"),
        held_deposits=_balance("deposits"),
    )


def _highest_month_told_of() -> Coalesce:
    """The highest month above the estimate of which the importer was told since it enrolled.

    Not one that a yearly review has measured since: its result has a deadline of its own.
    """
    measured = AnnualReview.objects.filter(
        program_account_id=OuterRef("program_account_id"),
        window_end__gte=OuterRef("month_end"),
        outcome__in=(ReviewOutcome.RISEN, ReviewOutcome.SAME_OR_LOWER),
    )
    told = Nudge.objects.filter(
        ~Exists(measured),
        program_account_id=OuterRef("pk"),
        kind=NudgeKind.ESTIMATE_LOW,
        told_on__gte=OuterRef("rpp_enrolment__enrolled_on"),
    ).order_by("-amount")
    amount = Subquery(told.values("amount")[:1], output_field=MoneyField())
    return Coalesce(amount, ZERO, output_field=MoneyField())


def _balance(column: str) -> Coalesce:
    row = book.balance_row(OuterRef("pk")).values(column)[:1]
    return Coalesce(Subquery(row, output_field=MoneyField()), ZERO, output_field=MoneyField())


def accounts_with_security(program_accounts: Accounts, on: date) -> QuerySet[ProgramAccount]:
    return with_security(of_accounts(ProgramAccount.objects.all(), program_accounts, "id"), on)


def with_security(accounts: QuerySet[ProgramAccount], on: date) -> QuerySet[ProgramAccount]:
    requirement = SecurityRequirement.objects.filter(program_account_id=OuterRef("pk"), effective_on__lte=on).order_by(
        "-effective_on", "-id"
    )
    bonds = BondAllocation.objects.filter(program_account_id=OuterRef("pk"), bond__state__in=COVERING).order_by()
    total = bonds.values("program_account_id").annotate(total=Sum("amount")).values("total")
    return accounts.annotate(
        requirement=Subquery(requirement.values("amount")[:1], output_field=MoneyField()),
        requirement_source=Subquery(requirement.values("source")[:1]),
        bond=Coalesce(Subquery(total, output_field=MoneyField()), ZERO, output_field=MoneyField()),
        rpp_state=F("rpp_enrolment__state"),
        rpp_reason=F("rpp_enrolment__reason"),
        registered_at=F("business__registered_at"),
    )


def of_accounts(rows: QuerySet, program_accounts: Accounts, column: str) -> QuerySet:
    if isinstance(program_accounts, range):
        return rows.filter(**{f"{column}__gte": program_accounts.start, f"{column}__lt": program_accounts.stop})
    return rows.filter(**{f"{column}__in": list(program_accounts)})


def accounts_with_open_case(program_accounts: Collection[int]) -> set[int]:
    rows = ReductionCase.objects.filter(program_account_id__in=program_accounts, state=CaseState.SUBMITTED)
    return set(rows.values_list("program_account_id", flat=True))


def first_and_last_account() -> tuple[int | None, int | None]:
    """The lowest and highest identifier of a program account; None and None where there is none."""
    ends = ProgramAccount.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"], ends["last"]


def accounts_of_business(business_id: int) -> QuerySet[ProgramAccount]:
    return ProgramAccount.objects.filter(business_id=business_id).order_by("number")

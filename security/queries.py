"""What is required, what covers it, whether release prior to payment is on, and what the yearly review found."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Business, Membership, MembershipProgram, ProgramAccount, User
from core.fields import MoneyField
from core.money import ZERO, from_cents
from delegation.queries import effective
from ledger import queries as book
from notifications.models import EmailChoice
from reference.queries import policy, review_cycles
from reference.rules.policy import Policy, SecurityParameters
from reference.rules.requirement import ReviewSchedule, review_schedule
from security import rules
from security.models import (
    AnnualReview,
    Bond,
    BondVersion,
    Demand,
    Deposit,
    ReductionCase,
    RppEnrolment,
    SecurityRequirement,
    SuretyEvent,
)
from security.rules import (
    COVERING,
    BondState,
    CaseState,
    Coverage,
    DepositState,
    DrivingMonth,
    Facts,
    ReviewOutcome,
    RppState,
    Shortfall,
    Slice,
    StatusReason,
)

Accounts = range | Collection[int]
#: Before every posting there can be, and the first day of a segment.
BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True)
class RppStatus:
    """Release prior to payment for one program account: the indicator, and apart from it whether the security suffices.

    ``state`` is empty when the account was never enrolled; amounts are dollars of the requirement (the 100 % figure).
    """

    program_account_id: int
    is_on: bool
    state: str
    reason: str
    requirement: Decimal
    coverage: Coverage
    is_sufficient: bool
    shortfall: Shortfall
    reasons: tuple[StatusReason, ...]
    open_debt: Decimal
    enrolled_on: date | None = None
    changed_on: date | None = None
    note: str = ""
    is_exempt: bool = False

    @property
    def is_enrolled(self) -> bool:
        return self.state in rules.ENROLLED

    @property
    def state_label(self) -> str:
        return str(RppState(self.state).label) if self.state else ""

    @property
    def utilization(self) -> Decimal | None:
        return rules.utilization(self.open_debt, self.coverage)

    @property
    def room(self) -> Decimal:
        """What may still be owed before the coverage is used up."""
        return max(self.coverage.total - self.open_debt, ZERO)


@dataclass(frozen=True)
class AccountRow:
    """One program account as the jobs see it."""

    id: int
    number: str
    business_id: int
    state: str
    reason: str
    requirement: Decimal
    requirement_source: str
    has_requirement: bool
    bond: Decimal
    opened_on: date


@dataclass(frozen=True)
class Calculation:
    """How a requirement follows from the book: the twelve slices, their totals, the driving one."""

    slices: tuple[Slice, ...]
    totals: tuple[Decimal, ...]
    driving: DrivingMonth
    has_history: bool

    @property
    def months(self) -> list[tuple[date, Decimal]]:
        return [(last, total) for (_first, last), total in zip(self.slices, self.totals, strict=True)]


# --- The indicator


def rpp_status(
    program_account_id: int, *, on: date, at: datetime | None = None, dated: Policy | None = None
) -> RppStatus:
    """Where one program account stands today; with ``at`` the transition rule is asked for that second."""
    account = _with_enrolment(_accounts([program_account_id], on)).values().get()
    return _status(account, on=on, at=at, parameters=(dated or policy()).security_parameters(on))


def rpp_statuses(accounts: QuerySet[ProgramAccount], *, on: date) -> Iterator[tuple[Mapping[str, Any], RppStatus]]:
    """Each of some program accounts with where it stands: the columns of the rows asked for, and the status."""
    parameters = policy().security_parameters(on)
    for row in _with_enrolment(_with_security(accounts, on)).values():
        yield row, _status(row, on=on, at=None, parameters=parameters)


def _with_enrolment(accounts: QuerySet[ProgramAccount]) -> QuerySet[ProgramAccount]:
    return accounts.annotate(
        rpp_enrolled_on=F("rpp_enrolment__enrolled_on"),
        rpp_changed_on=F("rpp_enrolment__changed_on"),
        rpp_note=F("rpp_enrolment__note"),
        open_debt=_balance("receivable"),
        held_deposits=_balance("deposits"),
    )


def _balance(column: str) -> Coalesce:
    row = book.balance_row(OuterRef("pk")).values(column)[:1]
    return Coalesce(Subquery(row, output_field=MoneyField()), ZERO, output_field=MoneyField())


def _status(account: Mapping[str, Any], *, on: date, at: datetime | None, parameters: SecurityParameters) -> RppStatus:
    state = account["rpp_state"] or ""
    facts = Facts(
        requirement=account["requirement"] or ZERO,
        coverage=Coverage(account["bond"], -account["held_deposits"], parameters),
        open_debt=account["open_debt"],
    )
    imports = account["profile"] != ProgramAccount.Profile.EXPORTER
    is_exempt = at is not None and imports and rules.is_exempt(at, is_registered=account["registered_at"] is not None)
    reasons = rules.status_reasons(state, account["rpp_reason"] or "", facts, imports=imports)
    return RppStatus(
        program_account_id=account["id"],
        is_on=is_exempt or (imports and rules.indicator(state, facts)),
        state=state,
        reason=account["rpp_reason"] or "",
        requirement=facts.requirement,
        coverage=facts.coverage,
        is_sufficient=facts.is_sufficient,
        shortfall=rules.shortfall(facts.coverage, facts.requirement),
        reasons=(StatusReason.EXEMPT,) if is_exempt else reasons,
        open_debt=facts.open_debt,
        enrolled_on=account["rpp_enrolled_on"],
        changed_on=account["rpp_changed_on"],
        note=account["rpp_note"] or "",
        is_exempt=is_exempt,
    )


def coverage_by_account(program_accounts: Accounts, *, on: date) -> dict[int, Coverage]:
    """What covers each of the program accounts, in three statements whatever their number."""
    parameters = policy().security_parameters(on)
    bonds = _chosen(Bond.objects.filter(state__in=COVERING), program_accounts, "program_account_id")
    by_bond = dict(
        bonds.order_by()
        .values("program_account_id")
        .annotate(total=Sum("amount"))
        .values_list("program_account_id", "total")
    )
    cash = book.deposits_by_holder(program_accounts)
    return {
        number: Coverage(by_bond.get(number, ZERO), cash.get(number, ZERO), parameters)
        for number in ({*by_bond, *cash} if isinstance(program_accounts, range) else program_accounts)
    }


def facts_by_account(program_accounts: Collection[int], *, on: date) -> dict[int, Facts]:
    """Requirement, coverage, open and overdue debt of each of the program accounts, in a few statements."""
    parameters = policy().security_parameters(on)
    balances = book.balances_of(program_accounts)
    overdue = book.overdue_by_holder(on=on, holders=program_accounts)
    return {
        row.id: Facts(
            requirement=row.requirement,
            coverage=Coverage(row.bond, balances[row.id].deposits, parameters),
            open_debt=balances[row.id].receivable,
            overdue_debt=overdue.get(row.id, ZERO),
        )
        for row in account_rows(program_accounts, on=on)
    }


def account_rows(
    program_accounts: Accounts, *, on: date, not_reviewed_in: tuple[str, int] | None = None
) -> list[AccountRow]:
    """The accounts with their enrolment, requirement and bonds in one statement, by id.

    ``not_reviewed_in`` names a cycle and year: then only open importers' accounts that it has not reviewed yet.
    """
    accounts = _accounts(program_accounts, on)
    if not_reviewed_in is not None:
        cycle, year = not_reviewed_in
        reviewed = AnnualReview.objects.filter(cycle=cycle, year=year, program_account_id=OuterRef("pk"))
        accounts = accounts.filter(closed_on__isnull=True, opened_on__lte=on).exclude(
            profile=ProgramAccount.Profile.EXPORTER
        )
        accounts = accounts.annotate(reviewed=Subquery(reviewed.values("pk")[:1])).filter(reviewed__isnull=True)
    columns = (
        "id",
        "number",
        "business_id",
        "rpp_state",
        "rpp_reason",
        "requirement",
        "requirement_source",
        "bond",
        "opened_on",
    )
    return [
        AccountRow(
            id=number,
            number=bn15,
            business_id=business_id,
            state=state or "",
            reason=reason or "",
            requirement=requirement or ZERO,
            requirement_source=source or "",
            has_requirement=requirement is not None,
            bond=bond,
            opened_on=opened_on,
        )
        for number, bn15, business_id, state, reason, requirement, source, bond, opened_on in accounts.order_by(
            "id"
        ).values_list(*columns)
    ]


def _accounts(program_accounts: Accounts, on: date) -> QuerySet[ProgramAccount]:
    return _with_security(_chosen(ProgramAccount.objects.all(), program_accounts, "id"), on)


def _with_security(accounts: QuerySet[ProgramAccount], on: date) -> QuerySet[ProgramAccount]:
    requirement = SecurityRequirement.objects.filter(program_account_id=OuterRef("pk"), effective_on__lte=on).order_by(
        "-effective_on", "-id"
    )
    bonds = Bond.objects.filter(program_account_id=OuterRef("pk"), state__in=COVERING).order_by()
    total = bonds.values("program_account_id").annotate(total=Sum("amount")).values("total")
    return accounts.annotate(
        requirement=Subquery(requirement.values("amount")[:1], output_field=MoneyField()),
        requirement_source=Subquery(requirement.values("source")[:1]),
        bond=Coalesce(Subquery(total, output_field=MoneyField()), ZERO, output_field=MoneyField()),
        rpp_state=F("rpp_enrolment__state"),
        rpp_reason=F("rpp_enrolment__reason"),
        registered_at=F("business__registered_at"),
    )


def _chosen(rows: QuerySet, program_accounts: Accounts, column: str) -> QuerySet:
    if isinstance(program_accounts, range):
        return rows.filter(**{f"{column}__gte": program_accounts.start, f"{column}__lt": program_accounts.stop})
    return rows.filter(**{f"{column}__in": list(program_accounts)})


# --- The requirement


def requirement_on(program_account_id: int, *, on: date) -> SecurityRequirement | None:
    """The version that holds on a day: the latest effective one, and of one day the last written."""
    return (
        SecurityRequirement.objects.filter(program_account_id=program_account_id, effective_on__lte=on)
        .order_by("-effective_on", "-id")
        .first()
    )


def upcoming_requirement(program_account_id: int, *, on: date) -> SecurityRequirement | None:
    """The version that will hold from a later day, if one is known."""
    return (
        SecurityRequirement.objects.filter(program_account_id=program_account_id, effective_on__gt=on)
        .order_by("-effective_on", "-id")
        .first()
    )


def requirements_around(
    program_account_id: int, *, on: date
) -> tuple[SecurityRequirement | None, SecurityRequirement | None]:
    """The version that holds today and the one that will hold last, in one statement."""
    versions = list(
        SecurityRequirement.objects.filter(program_account_id=program_account_id).order_by("-effective_on", "-id")
    )
    current = next((version for version in versions if version.effective_on <= on), None)
    upcoming = versions[0] if versions and versions[0].effective_on > on else None
    return current, upcoming


def calculation_for(program_account_id: int, *, on: date) -> Calculation:
    """The last twelve whole slices before the day, cut as the yearly review of that year cuts them."""
    slices = rules.whole_slices_before(on, cut_day=_schedule(on.year).window_start.day)
    before = (BEGINNING, slices[0][1])
    *totals, known = book.monthly_charges(program_account_id, [*slices, before])
    return Calculation(slices, tuple(totals), rules.driving_month(slices, totals), has_history=known > 0)


# --- Instruments


def bonds_of(program_account_id: int) -> QuerySet[Bond]:
    return Bond.objects.filter(program_account_id=program_account_id).select_related("provider")


def bond_of_account(program_account_id: int, bond_id: int) -> Bond | None:
    return bonds_of(program_account_id).filter(pk=bond_id).first()


def bonds_given_by(provider_id: int) -> QuerySet[Bond]:
    """A surety's portfolio, newest first; what waits for its answer apart."""
    return (
        Bond.objects.filter(provider_id=provider_id)
        .exclude(state=BondState.PENDING_PROVIDER)
        .select_related("debtor", "program_account")
        .order_by("-id")
    )


def bonds_to_answer(provider_id: int) -> QuerySet[Bond]:
    """What waits for a surety's answer, oldest first."""
    return (
        Bond.objects.filter(provider_id=provider_id, state=BondState.PENDING_PROVIDER)
        .select_related("debtor", "program_account")
        .order_by("id")
    )


def bond_given_by(provider_id: int, bond_id: int) -> Bond | None:
    """One bond of this surety; None for anybody else's."""
    return (
        Bond.objects.filter(provider_id=provider_id, pk=bond_id)
        .select_related("debtor", "program_account", "provider")
        .first()
    )


def demands_on(provider_id: int) -> QuerySet[Demand]:
    """What a surety was asked to pay, newest first."""
    return Demand.objects.filter(bond__provider_id=provider_id).select_related("bond__debtor", "bond__program_account")


def demand_on(provider_id: int, demand_id: int) -> Demand | None:
    return demands_on(provider_id).filter(pk=demand_id).first()


def demands_for(program_account_id: int) -> QuerySet[Demand]:
    """The demands made for the debts of a program account, newest first."""
    return Demand.objects.filter(bond__program_account_id=program_account_id).select_related("bond__provider")


def demandable(bond: Bond, *, on: date) -> Decimal:
    """What may be demanded on a bond today (FSR s. 8): overdue, accrued in its validity, at most the bond; else zero.

    A debt accrues on its release date.
    """
    ended_on = bond.terminates_on if bond.state == BondState.TERMINATED else bond.validity_end
    if not rules.can_demand(state=bond.state, ended_on=ended_on, on=on):
        return ZERO
    owed = ZERO
    for item in book.open_items_of(bond.program_account_id, on=on, debts_only=True):
        accrued_on = item.entry.billing_on or item.posted_on
        is_inside = bond.validity_start <= accrued_on and (ended_on is None or accrued_on <= ended_on)
        if is_inside and item.last_day_to_pay is not None and item.last_day_to_pay < on:
            owed += item.remaining
    return rules.demand_amount(owed_in_validity=owed, bond=bond.amount)


def is_agreement_number_used(provider_id: int, agreement_number: str) -> bool:
    """Whether a bond of this number stands or stood; one that never came about may be entered again."""
    return (
        Bond.objects.filter(provider_id=provider_id, agreement_number__iexact=agreement_number)
        .exclude(state__in=rules.NEVER_GIVEN)
        .exists()
    )


def exposure_of(provider_id: int) -> Decimal:
    """What a surety answers for today."""
    total: Decimal | None = Bond.objects.filter(provider_id=provider_id, state__in=COVERING).aggregate(
        total=Sum("amount")
    )["total"]
    return total or ZERO


def bonds_of_surety(provider_id: int) -> QuerySet[Bond]:
    """Every bond of a surety in every state, with the number of its latest version."""
    return (
        Bond.objects.filter(provider_id=provider_id)
        .select_related("debtor", "program_account", "provider")
        .annotate(version=Max("versions__number"))
        .order_by("-id")
    )


def account_to_secure(number: str) -> ProgramAccount | None:
    return ProgramAccount.objects.filter(number=number).first()


def bonds_covering(program_accounts: Collection[int]) -> QuerySet[Bond]:
    """The bonds in force of these accounts, oldest first: the order in which they answer for debts."""
    return (
        Bond.objects.filter(program_account_id__in=program_accounts, state__in=rules.COVERING)
        .select_related("debtor", "program_account")
        .order_by("validity_start", "id")
    )


def used_of_bond(bond: Bond, *, on: date) -> Decimal:
    """How much of a bond today's open debt would take: cash first, then bonds, the oldest first."""
    if bond.state not in rules.COVERING:
        return ZERO
    status = rpp_status(bond.program_account_id, on=on)
    bonds = list(bonds_covering([bond.program_account_id]))
    used = rules.used_of_bonds(status.open_debt, cash=status.coverage.cash, bonds=[row.amount for row in bonds])
    return next((share for row, share in zip(bonds, used, strict=True) if row.pk == bond.pk), ZERO)


def events_for(provider_id: int, *, after: int = 0) -> QuerySet[SuretyEvent]:
    """What a surety's software has not acknowledged, oldest first, later than the event ``after``."""
    return SuretyEvent.objects.filter(provider_id=provider_id, pk__gt=after, acknowledged_at=None).order_by("id")


def reviews_found_short(ran_on: date) -> QuerySet[AnnualReview]:
    """The reviews of this day that raised a requirement above what is posted."""
    return AnnualReview.objects.filter(
        window_end=ran_on - timedelta(days=1), outcome=ReviewOutcome.RISEN, shortfall__gt=0
    ).order_by("id")


def versions_of(bond_id: int) -> QuerySet[BondVersion]:
    return BondVersion.objects.filter(bond_id=bond_id)


def deposits_of(program_account_id: int) -> QuerySet[Deposit]:
    return Deposit.objects.filter(program_account_id=program_account_id)


def active_deposits_of(program_account_id: int) -> QuerySet[Deposit]:
    return deposits_of(program_account_id).filter(state=DepositState.ACTIVE).order_by("id")


def deposit_by_reference(payment_reference: str) -> Deposit | None:
    return Deposit.objects.filter(payment_reference=payment_reference).first()


def returnable_cash(program_account_id: int, *, on: date) -> Decimal:
    """The cash that may go back today without leaving the requirement uncovered."""
    facts = facts_by_account([program_account_id], on=on)[program_account_id]
    upcoming = upcoming_requirement(program_account_id, on=on)
    requirement = max(facts.requirement, upcoming.amount) if upcoming else facts.requirement
    return rules.returnable(
        held=facts.coverage.cash, coverage=facts.coverage, requirement=requirement, open_debt=facts.open_debt
    )


def registered_sureties() -> QuerySet[Business]:
    """The financial security providers registered in the portal."""
    return Business.objects.filter(
        provider_kind=Business.ProviderKind.SURETY, registered_at__isnull=False, closed_on__isnull=True
    ).order_by("legal_name")


# --- Cases and reviews


def open_case_of(program_account_id: int) -> ReductionCase | None:
    return ReductionCase.objects.filter(program_account_id=program_account_id, state=CaseState.SUBMITTED).first()


def accounts_with_open_case(program_accounts: Collection[int]) -> set[int]:
    rows = ReductionCase.objects.filter(program_account_id__in=program_accounts, state=CaseState.SUBMITTED)
    return set(rows.values_list("program_account_id", flat=True))


def suspended_with_requirement_from(day: date) -> list[int]:
    """Suspended program accounts whose requirement changes on the day: a lower one may cure the suspension."""
    suspended = RppEnrolment.objects.filter(
        state=RppState.SUSPENDED, program_account__security_requirements__effective_on=day
    )
    return list(suspended.values_list("program_account_id", flat=True).distinct())


def first_and_last_account() -> tuple[int | None, int | None]:
    """The lowest and highest identifier of a program account; None and None where there is none."""
    ends = ProgramAccount.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"], ends["last"]


def cases_of(program_account_id: int) -> QuerySet[ReductionCase]:
    return ReductionCase.objects.filter(program_account_id=program_account_id)


def review_of(program_account_id: int, cycle: str, year: int) -> AnnualReview | None:
    return AnnualReview.objects.filter(program_account_id=program_account_id, cycle=cycle, year=year).first()


def latest_review_of(program_account_id: int) -> AnnualReview | None:
    """The last yearly review of a program account."""
    return AnnualReview.objects.filter(program_account_id=program_account_id).order_by("-window_end", "-id").first()


def slices_of(review: AnnualReview) -> list[tuple[date, Decimal]]:
    """The review's twelve months as it saw them: the last day and the total of each."""
    cuts = rules.whole_slices_before(
        date.fromordinal(review.window_end.toordinal() + 1), cut_day=review.window_start.day
    )
    return [(last, from_cents(cents)) for (_first, last), cents in zip(cuts, review.months, strict=True)]


def next_review(on: date) -> ReviewSchedule:
    """The dates of the next review that runs on the day or after it."""
    schedule = _schedule(on.year)
    return schedule if schedule.run_on >= on else _schedule(on.year + 1)


def review_running_on(day: date) -> ReviewSchedule | None:
    """The review that runs on the day, if one does; none before the first cycle in use."""
    schedule = _schedule(day.year)
    return schedule if schedule.run_on == day and _begun(day.year) else None


def review_suspending_on(day: date) -> ReviewSchedule | None:
    """The review whose missed deadline suspends on the day, if one does."""
    for year in (day.year - 1, day.year):
        schedule = _schedule(year)
        if schedule.suspend_on == day and _begun(year):
            return schedule
    return None


def _begun(year: int) -> bool:
    return min(cycle.first_year for cycle in review_cycles()) <= year


def _schedule(year: int) -> ReviewSchedule:
    """The year's dates; before the first cycle in use they are reckoned as that one's."""
    cycles = review_cycles()
    first = min(cycle.first_year for cycle in cycles)
    if year < first:
        return min(cycles, key=lambda cycle: cycle.first_year).schedule(year)
    return review_schedule(year, cycles=cycles)


class Rise(NamedTuple):
    """A rise that a review found and one person to tell of it: a manager of the business or of the program account."""

    program_account_id: int
    number: str
    old: Decimal | None
    new: Decimal
    missing: Decimal
    user_id: int
    language: str
    may_want_a_copy: bool


def rises_to_tell(run_id: int, accounts: range) -> list[Rise]:
    """Whom to tell of what a run found in a range of accounts, by account, in one statement."""
    account = "business__program_accounts"
    manages = MembershipProgram.objects.filter(
        membership=OuterRef("pk"), role=Membership.Role.PAM, program_account=OuterRef(account)
    )
    found = Membership.objects.filter(
        Q(role=Membership.Role.BAM) | Exists(manages),
        **{f"{account}__reviews__run_id": run_id, f"{account}__reviews__outcome": ReviewOutcome.RISEN},
        **{f"{account}__id__gte": accounts.start, f"{account}__id__lt": accounts.stop},
        state=Membership.State.ACTIVE,
    )
    chosen = Q(user__wants_email=True) | Exists(EmailChoice.objects.filter(user=OuterRef("user")))
    rows = found.annotate(may_want_a_copy=chosen).order_by(account, "pk")
    return [
        Rise._make(row)
        for row in rows.values_list(
            account,
            f"{account}__number",
            *(f"{account}__reviews__{name}" for name in ("old_amount", "new_amount", "shortfall")),
            "user_id",
            "user__language",
            "may_want_a_copy",
        )
    ]


def people(user_ids: Collection[int]) -> dict[int, User]:
    return User.objects.in_bulk(user_ids)


def outcome_counts(cycle: str, year: int) -> dict[str, int]:
    """How many program accounts ended with each outcome."""
    rows = AnnualReview.objects.filter(cycle=cycle, year=year).order_by().values("outcome").annotate(count=Count("pk"))
    return {str(ReviewOutcome(outcome).value): count for outcome, count in rows.values_list("outcome", "count")}


def enrolment_of(program_account_id: int) -> RppEnrolment | None:
    return RppEnrolment.objects.filter(program_account_id=program_account_id).first()


# --- People


def people_to_tell(
    program_accounts: Collection[int], *, on: date, include_delegates: bool = False
) -> dict[int, list[User]]:
    """Who is told about each program account: its managers, and if asked those of its service providers.

    Two or three statements whatever the number of accounts; nobody twice for one account.
    """
    accounts = dict(ProgramAccount.objects.filter(pk__in=program_accounts).values_list("pk", "business_id"))
    by_business: dict[int, list[User]] = defaultdict(list)
    by_account: dict[int, dict[int, User]] = defaultdict(dict)
    active = Membership.objects.filter(state=Membership.State.ACTIVE).select_related("user").order_by("id")
    for membership in active.filter(business_id__in=set(accounts.values()), role=Membership.Role.BAM):
        by_business[membership.business_id].append(membership.user)
    for number, business_id in accounts.items():
        by_account[number] = {user.pk: user for user in by_business[business_id]}
    own = MembershipProgram.objects.filter(
        membership__state=Membership.State.ACTIVE, role=Membership.Role.PAM, program_account__in=accounts
    ).select_related("membership__user")
    for row in own.order_by("membership_id"):
        by_account[row.program_account_id].setdefault(row.membership.user_id, row.membership.user)
    if include_delegates:
        for number, user in _delegates(accounts, on=on):
            by_account[number].setdefault(user.pk, user)
    return {number: list(by_account[number].values()) for number in accounts}


def _delegates(accounts: dict[int, int], *, on: date) -> list[tuple[int, User]]:
    """The managers of each provider that reaches one of the accounts."""
    named = (
        effective(on)
        .filter(program_accounts__in=accounts, all_programs=False)
        .values_list("program_accounts__pk", "provider_id")
    )
    everywhere = effective(on).filter(client_id__in=set(accounts.values()), all_programs=True)
    by_business: dict[int, list[int]] = defaultdict(list)
    for number, business_id in accounts.items():
        by_business[business_id].append(number)
    pairs = set(named)
    for client_id, provider_id in everywhere.values_list("client_id", "provider_id"):
        pairs |= {(number, provider_id) for number in by_business[client_id]}
    managers: dict[int, list[User]] = defaultdict(list)
    rows = Membership.objects.filter(state=Membership.State.ACTIVE, role=Membership.Role.BAM)
    for membership in rows.filter(business_id__in={provider for _account, provider in pairs}).select_related("user"):
        managers[membership.business_id].append(membership.user)
    return [(number, user) for number, provider_id in sorted(pairs) for user in managers[provider_id]]


def managers_of(business_id: int) -> list[User]:
    """The Business Account Managers of one business (a surety, say)."""
    rows = Membership.objects.filter(
        business_id=business_id, role=Membership.Role.BAM, state=Membership.State.ACTIVE
    ).select_related("user")
    return [membership.user for membership in rows]

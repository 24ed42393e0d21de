"""What the home pages read from many rooms, in a number of statements that does not grow with the rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.contrib.auth.models import Group
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import JSONObject, TruncDate
from django.utils.translation import gettext

from accounts.models import Business, EmployeeRequest, Membership, ProgramAccount
from core.clock import TORONTO
from core.errors import DomainError
from core.money import ZERO, from_cents
from declarations import queries as declarations
from declarations.models import Declaration
from delegation import queries as delegations
from delegation.models import Delegation
from delegation.rules import Visibility
from ledger import queries as ledger
from notifications import queries as notifications
from notifications.models import Notification
from payments import queries as payments
from payments.queries import CardRoom
from payments.rules import Owed, owed
from reference import queries as reference
from releases import queries as releases
from releases.models import Release
from security import queries as security
from security.models import AnnualReview, Bond, BondAllocation, RppEnrolment, SecurityRequirement
from security.queries import Calculation, RppStatus
from security.rules import COVERING, BondState, ReviewOutcome, RppState
from standing import queries as standings
from standing.rules import Standing, StepDays, standing
from statements import queries as statements

#: How many rows a panel of a home page shows before it leads on to the whole list.
ROWS = 5
PAGE = 25


@dataclass(frozen=True)
class NewestStatement:
    statement_on: date
    period_start: date
    period_end: date
    payment_due_on: date
    last_day_to_pay: date
    total: Decimal


@dataclass(frozen=True)
class UpcomingRequirement:
    """The requirement that will hold from a later day, and the review it comes from."""

    amount: Decimal
    effective_on: date
    old_amount: Decimal | None
    outcome: str
    window_start: date | None
    window_end: date | None
    due_on: date | None


@dataclass(frozen=True)
class WaitingRequest:
    """The first of the requests for access that wait for an answer."""

    pk: int
    provider: str
    provider_kind: str
    asked_on: date
    expires_on: date


@dataclass(frozen=True)
class HomeFacts:
    statement: NewestStatement | None
    upcoming: UpcomingRequirement | None
    bond_number: str
    bond_count: int
    request: WaitingRequest | None
    request_count: int
    employee_count: int
    card_used: Decimal
    good_since: date


@dataclass(frozen=True)
class AccountHome:
    """Everything the home page of one program account shows to whoever sees all of it."""

    facts: HomeFacts
    owed: Owed
    standing: Standing
    rpp: RppStatus
    card: CardRoom
    charges: Calculation
    releases: Sequence[Release] = field(default_factory=tuple)


def account_home(account: ProgramAccount, *, visibility: Visibility, on: date) -> AccountHome:
    """The home of a program account on a day, for a seat that sees balances."""
    dated = reference.policy()
    facts = _facts(account.pk, on=on)
    items = ledger.open_items_of(account.pk, on=on)
    sums = owed(items, billed_until=facts.statement.payment_due_on if facts.statement else None, on=on)
    rpp = security.rpp_status(account.pk, on=on, dated=dated).by_proven_month()
    verdict = standing(
        overdue=sums.overdue,
        oldest_last_day=sums.oldest_last_day,
        good_since=None if sums.overdue else facts.good_since,
        on=on,
        days=StepDays.of(dated, on),
    )
    return AccountHome(
        facts=facts,
        owed=sums,
        standing=verdict,
        rpp=rpp,
        card=payments.card_room(account.pk, on=on, dated=dated, used=facts.card_used),
        charges=security.calculation_for(account.pk, on=on),
        releases=to_account_for(account.pk, visibility=visibility),
    )


def account_by_number(number: str) -> ProgramAccount:
    """The program account of a number, for officers. ``DomainError`` where there is none."""
    found = ProgramAccount.objects.filter(number=number).first()
    if found is None:
        raise DomainError(
            gettext("There is no program account of this number. Check each character."),
            code="account_unknown",
            field="account",
        )
    return found


def to_account_for(program_account_id: int, *, visibility: Visibility, limit: int = ROWS + 1) -> list[Release]:
    """Released goods without an accepted declaration, each with its draft if one was begun, the nearest date first."""
    found = releases.to_account_for(program_account_id, visibility=visibility)
    return list(found.select_related("submitter", "declaration")[:limit])


def newest_declarations(program_account_id: int, *, visibility: Visibility, limit: int = 10) -> list[Declaration]:
    """The declarations that the seat may see, the newest release first."""
    return list(declarations.declarations_of(program_account_id, visibility=visibility)[:limit])


def _facts(program_account_id: int, *, on: date) -> HomeFacts:
    """Single rows of other rooms, asked for in one statement."""
    here = cast(Any, OuterRef("pk"))
    business = cast(Any, OuterRef("business_id"))
    upcoming = SecurityRequirement.objects.filter(program_account_id=here, effective_on__gt=on).order_by(
        "-effective_on", "-id"
    )
    bonds = BondAllocation.objects.filter(program_account_id=here, bond__state__in=COVERING)
    requests = Delegation.objects.filter(
        client_id=business, asked_by=Delegation.Side.PROVIDER, state=Delegation.State.REQUESTED
    )
    employees = EmployeeRequest.objects.filter(business_id=business, state=EmployeeRequest.State.WAITING)
    row = (
        ProgramAccount.objects.filter(pk=program_account_id)
        .annotate(
            newest_statement=newest_statement_of(here),
            upcoming_requirement=first_row(
                upcoming,
                amount="amount",
                effective_on="effective_on",
                old_amount="review__old_amount",
                outcome="review__outcome",
                window_start="review__window_start",
                window_end="review__window_end",
                due_on="review__due_on",
            ),
            bond_number=Subquery(bonds.order_by("-bond_id").values("bond__agreement_number")[:1]),
            bond_count=_count(bonds),
            first_request=first_row(
                requests.order_by("request_expires_on", "id"),
                pk="pk",
                provider="provider__legal_name",
                provider_kind="provider__provider_kind",
                asked_on=TruncDate("requested_at", tzinfo=TORONTO),
                expires_on="request_expires_on",
            ),
            request_count=_count(requests),
            employee_count=_count(employees),
            card_used=Subquery(
                payments.card_payments(here, on=on)
                .order_by()
                .values("program_account_id")
                .annotate(total=Sum("amount"))
                .values("total")
            ),
            card_at_counter=Subquery(
                payments.card_payments_at_counter(here, on=on)
                .order_by()
                .values("holder_id")
                .annotate(total=Sum("amount"))
                .values("total")
            ),
            good_since=standings.good_since_of(here, on=on),
        )
        .values(
            "newest_statement",
            "upcoming_requirement",
            "bond_number",
            "bond_count",
            "first_request",
            "request_count",
            "employee_count",
            "card_used",
            "card_at_counter",
            "good_since",
        )
        .get()
    )
    return HomeFacts(
        statement=newest_of(row["newest_statement"]),
        upcoming=_upcoming(row["upcoming_requirement"]),
        bond_number=row["bond_number"] or "",
        bond_count=row["bond_count"] or 0,
        request=_request(row["first_request"]),
        request_count=row["request_count"] or 0,
        employee_count=row["employee_count"] or 0,
        card_used=(row["card_used"] or ZERO) - (row["card_at_counter"] or ZERO),
        good_since=row["good_since"],
    )


def first_row(rows: QuerySet[Any], **columns: Any) -> Subquery:
    """The first of some rows as one column of another statement."""
    return Subquery(rows.values(row=JSONObject(**columns))[:1])


def newest_statement_of(program_account_id: Any) -> Subquery:
    return first_row(
        statements.statements_of(program_account_id),
        statement_on="statement_on",
        period_start="period_start",
        period_end="period_end",
        payment_due_on="payment_due_on",
        last_day_to_pay="last_day_to_pay",
        total="box_h",
    )


def _count(rows: QuerySet[Any]) -> Subquery:
    one = rows.order_by().annotate(one=Value(1)).values("one")
    return Subquery(one.annotate(many=Count("pk")).values("many"))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _known_day(text: str) -> date:
    return date.fromisoformat(text[:10])


def newest_of(row: Mapping[str, Any] | None) -> NewestStatement | None:
    """The statement that :func:`newest_statement_of` brought along as a column."""
    if row is None:
        return None
    days = {name: _known_day(row[name]) for name in row if name != "total"}
    return NewestStatement(**days, total=from_cents(row["total"]))


def _upcoming(row: Mapping[str, Any] | None) -> UpcomingRequirement | None:
    if row is None:
        return None
    return UpcomingRequirement(
        amount=from_cents(row["amount"]),
        effective_on=_known_day(row["effective_on"]),
        old_amount=None if row["old_amount"] is None else from_cents(row["old_amount"]),
        outcome=row["outcome"] or "",
        window_start=_day(row["window_start"]),
        window_end=_day(row["window_end"]),
        due_on=_day(row["due_on"]),
    )


def _request(row: Mapping[str, Any] | None) -> WaitingRequest | None:
    if row is None:
        return None
    return WaitingRequest(
        pk=row["pk"],
        provider=row["provider"],
        provider_kind=row["provider_kind"],
        asked_on=_known_day(row["asked_on"]),
        expires_on=_known_day(row["expires_on"]),
    )


# --- A business as a whole -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AccountLine:
    """One program account in the list of a business."""

    account: ProgramAccount
    owed: Decimal
    overdue: Decimal
    rpp_state: str

    @property
    def rpp_label(self) -> Any:
        return RppState(self.rpp_state).label if self.rpp_state else ""

    @property
    def is_rpp_active(self) -> bool:
        return self.rpp_state == RppState.ACTIVE


def account_lines(business_id: int, *, held: Collection[int] | None, on: date) -> list[AccountLine]:
    """The open program accounts of a business that a person's role reaches, each with what it owes; four statements."""
    found = delegations.open_program_accounts(business_id).annotate(rpp_state=F("rpp_enrolment__state"))
    if held is not None:
        found = found.filter(pk__in=held)
    rows = list(found[:PAGE])
    numbers = [row.pk for row in rows]
    balances = ledger.balances_of(numbers)
    overdue = ledger.overdue_by_holder(on=on, holders=numbers) if numbers else {}
    return [
        AccountLine(
            account=row,
            owed=balances[row.pk].net,
            overdue=overdue.get(row.pk, ZERO),
            rpp_state=row.rpp_state or "",
        )
        for row in rows
    ]


@dataclass(frozen=True)
class BrokerBoard:
    """A provider's work: who its clients are, what waits, and what it still has to account for."""

    client_count: int
    to_answer: int
    to_be_answered: int
    releases: Sequence[Release]
    open_count: int
    late_count: int


def broker_board(
    business_id: int, *, held: Collection[int] | None, on: date, user_id: int | None = None
) -> BrokerBoard:
    """Three statements: counts of clients and requests, counts of open releases, the nearest of them.

    ``user_id`` narrows clients and releases to those for whom this person of the provider works.
    """
    in_force = delegations.effective(on) if user_id is None else delegations.reaching(user_id=user_id, on=on)
    requested, by_client = Delegation.State.REQUESTED, Delegation.Side.CLIENT
    counts = Delegation.objects.filter(provider_id=business_id).aggregate(
        clients=Count("pk", filter=Q(pk__in=in_force.values("pk"))),
        to_answer=Count("pk", filter=Q(state=requested, asked_by=by_client)),
        to_be_answered=Count("pk", filter=Q(state=requested) & ~Q(asked_by=by_client)),
    )
    open_releases = releases.releases_of_submitter(business_id, held=held, user_id=user_id).filter(
        state=Release.State.RELEASED, accounted_on__isnull=True
    )
    totals = open_releases.order_by().aggregate(many=Count("pk"), late=Count("pk", filter=Q(accounting_due_on__lt=on)))
    nearest = open_releases.select_related("program_account__business", "declaration", "consolidated_in").order_by(
        "accounting_due_on", "id"
    )
    return BrokerBoard(
        client_count=counts["clients"],
        to_answer=counts["to_answer"],
        to_be_answered=counts["to_be_answered"],
        releases=list(nearest[:10]),
        open_count=totals["many"],
        late_count=totals["late"],
    )


@dataclass(frozen=True)
class SuretyBoard:
    """A surety's work: the bonds that wait for its answer and what it answers for."""

    waiting: Sequence[Bond]
    waiting_count: int
    active_count: int
    exposure: Decimal


def surety_board(business_id: int) -> SuretyBoard:
    sums = Bond.objects.filter(provider_id=business_id).aggregate(
        waiting=Count("pk", filter=Q(state=BondState.PENDING_PROVIDER)),
        active=Count("pk", filter=Q(state__in=COVERING)),
        exposure=Sum("amount", filter=Q(state__in=COVERING)),
    )
    return SuretyBoard(
        waiting=list(security.bonds_to_answer(business_id)[:10]),
        waiting_count=sums["waiting"],
        active_count=sums["active"],
        exposure=sums["exposure"] or ZERO,
    )


# --- Where a person starts -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """The businesses a person belongs to and, at most two, the program accounts in reach."""

    businesses: Sequence[Business]
    numbers: Sequence[str]
    last_is_in_reach: bool


def reach_of(user_id: int, *, last: str, on: date) -> Reach:
    """What decides where a person starts; ``last`` is the program account used last."""
    found = delegations.accounts_in_reach(user_id=user_id, on=on)
    return Reach(
        businesses=[row.business for row in delegations.own_businesses(user_id=user_id)],
        numbers=list(found.values_list("number", flat=True)[:2]),
        last_is_in_reach=bool(last) and found.filter(number=last).exists(),
    )


def is_in_group(user_id: int, group: str) -> bool:
    """Whether a member of the staff holds a role."""
    return Group.objects.filter(user=user_id, name=group).exists()


# --- Officers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfficerCounts:
    registered: int
    overdue: int
    suspended: int
    bonds_waiting: int
    reviews_held: int


def officer_counts(*, on: date) -> OfficerCounts:
    """The figures of the officers' landing page; every one leads to its register."""
    return OfficerCounts(
        registered=Business.objects.filter(registered_at__isnull=False, closed_on__isnull=True).count(),
        overdue=len(ledger.overdue_by_holder(on=on)),
        suspended=RppEnrolment.objects.filter(state=RppState.SUSPENDED).count(),
        bonds_waiting=Bond.objects.filter(state=BondState.PENDING_PROVIDER).count(),
        reviews_held=AnnualReview.objects.filter(outcome=ReviewOutcome.HELD).count(),
    )


def review_outcomes(run_id: int) -> dict[str, int]:
    """How the accounts that a run of the yearly review has reached so far came out."""
    rows = AnnualReview.objects.filter(run_id=run_id).order_by().values("outcome").annotate(many=Count("pk"))
    return dict(rows.values_list("outcome", "many"))


def reviews_of_run(run_id: int, outcome: str, limit: int = 10) -> list[AnnualReview]:
    found = AnnualReview.objects.filter(run_id=run_id, outcome=outcome).select_related("program_account__business")
    return list(found.order_by("-id")[:limit])


def notices_about(account: ProgramAccount, *, language: str) -> QuerySet[Notification]:
    """The notices that the portal sent to the people of the account's business about this account, newest first."""
    people = Membership.objects.filter(business_id=account.business_id).values("user_id")
    return notifications.about_account(program_account_id=account.pk, people=people, language=language)

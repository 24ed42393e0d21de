"""Where accounts stand, as of a day."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import ProgramAccount
from core.money import ZERO
from ledger import queries as ledger
from ledger.rules import ItemKind, Side
from reference import queries as reference
from releases import queries as releases
from releases.models import Admission
from security import queries as security
from security.models import RppEnrolment
from standing.models import Arrangement, Hold, StandingNotice
from standing.rules import Standing, Step, StepDays, nearest_unpaid, standing, step_days

STEP_LABELS = {Step(choice.value): choice.label for choice in StandingNotice.Step}


@dataclass(frozen=True)
class OverdueAccount:
    """An account with something unpaid after its last day to pay."""

    program_account: ProgramAccount
    overdue: Decimal
    oldest_last_day: date


@dataclass(frozen=True)
class OutlookStep:
    """A step with its name and day; taken or still to come."""

    step: Step
    label: Any
    on: date
    is_taken: bool


@dataclass(frozen=True)
class OverdueItem:
    """One unpaid amount behind a verdict (dollars)."""

    kind: str
    source: str
    due_on: date | None
    last_day_to_pay: date
    left: Decimal

    @property
    def label(self) -> Any:
        return ItemKind(self.kind).label


@dataclass(frozen=True)
class Outlook:
    """A verdict with what stands behind it and what would change it.

    In good standing ``next_*`` are the nearest debts: what is left of them after open credits, their last day to pay,
    and the steps that follow if nothing is paid.
    """

    standing: Standing
    steps: tuple[OutlookStep, ...]
    items: tuple[OverdueItem, ...]
    next_amount: Decimal
    next_last_day: date | None
    enrolment: RppEnrolment | None = None
    hold: Hold | None = None
    arrangement: Arrangement | None = None
    detention: Admission | None = None

    @property
    def noticed_on(self) -> date | None:
        """The day of the notice of arrears for the oldest overdue debt."""
        return next((row.on for row in self.steps if row.step == Step.ARREARS and row.is_taken), None)

    @property
    def is_paused(self) -> bool:
        """Whether a hold or an arrangement keeps the steps from being taken."""
        return self.hold is not None or self.arrangement is not None

    @property
    def next_label(self) -> Any:
        """The name of the next step of an overdue account."""
        return STEP_LABELS[self.standing.next_step] if self.standing.next_step else ""


def outlook_of(program_account_id: int, *, on: date, with_measures: bool = True) -> Outlook:
    """Everything that the page about standing says; ``with_measures``: holds, arrangement and detention too."""
    items: list[OverdueItem] = []
    ahead: dict[date, Decimal] = {}
    overdue = credit = ZERO
    oldest: date | None = None
    for item in ledger.open_items_of(program_account_id, on=on):
        last_day = item.last_day_to_pay or item.due_on or item.posted_on
        if item.side == Side.CREDIT:
            credit += item.remaining
            continue
        if item.last_day_to_pay is not None and item.last_day_to_pay < on:
            overdue += item.remaining
            oldest = min(item.last_day_to_pay, oldest or item.last_day_to_pay)
        if last_day < on:
            items.append(OverdueItem(item.kind, item.source, item.due_on, last_day, item.remaining))
        else:
            ahead[last_day] = ahead.get(last_day, ZERO) + item.remaining
    account = account_with_enrolment(program_account_id, on=on)
    verdict = _verdict(overdue=overdue, oldest_last_day=oldest, good_since=account.good_since, on=on)  # type: ignore[attr-defined]
    next_last_day, next_amount = nearest_unpaid(ahead, credit=credit)
    days = verdict.steps
    if verdict.is_good and next_last_day is not None:
        days = tuple(step_days(next_last_day, days=StepDays.of(reference.policy(), on)).items())
    taken = {} if oldest is None else days_of_steps([program_account_id]).get((program_account_id, oldest), {})
    asks_measures = with_measures and not verdict.is_good
    return Outlook(
        standing=verdict,
        steps=tuple(_outlook_step(step, day, taken, on) for step, day in days),
        items=tuple(items),
        next_amount=next_amount,
        next_last_day=next_last_day,
        enrolment=getattr(account, "rpp_enrolment", None),
        hold=hold_of(program_account_id, on=on) if asks_measures else None,
        arrangement=arrangement_of(program_account_id, on=on) if asks_measures else None,
        detention=releases.detentions([program_account_id], on=on).get(program_account_id) if asks_measures else None,
    )


def _outlook_step(step: Step, planned_on: date, taken: dict[Step, date], on: date) -> OutlookStep:
    """A step on the day it was taken, else on the day that is planned; one held back is not taken on its day."""
    taken_on = taken.get(step)
    is_taken = taken_on is not None and taken_on <= on
    return OutlookStep(step, STEP_LABELS[step], taken_on if taken_on and is_taken else planned_on, is_taken)


def standing_of(program_account_id: int, *, on: date) -> Standing:
    """The verdict on one account for a day."""
    overdue = ledger.overdue_total(program_account_id, on=on)
    oldest = ledger.oldest_overdue_by_holder(on=on, holders=program_account_id).get(program_account_id)
    since = None if overdue else good_since(program_account_id, on=on)
    return _verdict(overdue=overdue, oldest_last_day=oldest, good_since=since, on=on)


def _verdict(*, overdue: Decimal, oldest_last_day: date | None, good_since: date | None, on: date) -> Standing:
    return standing(
        overdue=overdue,
        oldest_last_day=oldest_last_day,
        good_since=None if overdue else good_since,
        on=on,
        days=StepDays.of(reference.policy(), on),
    )


def good_since(program_account_id: int, *, on: date) -> date | None:
    """The last day on which something was paid late; for an account that never paid late, the day it was opened."""
    account = account_with_enrolment(program_account_id, on=on)
    known: date = account.good_since  # type: ignore[attr-defined]
    return known


def account_with_enrolment(program_account_id: int, *, on: date) -> ProgramAccount:
    """The program account with its enrolment in Release Prior to Payment and ``good_since``, in one statement."""
    rows = ProgramAccount.objects.select_related("rpp_enrolment")
    return rows.annotate(good_since=good_since_of(OuterRef("pk"), on=on)).get(pk=program_account_id)


def good_since_of(holder: Any, *, on: date) -> Coalesce:
    """``good_since`` as a column of a query of program accounts, whose row ``holder`` (``OuterRef``) names."""
    paid_late = ledger.items_on(on).filter(
        holder_id=holder,
        side=Side.DEBT,
        clearings_as_debt__amount__gt=ZERO,
        clearings_as_debt__cleared_on__lte=on,
        clearings_as_debt__cleared_on__gt=F("last_day_to_pay"),
    )
    last = paid_late.order_by().values("holder_id").annotate(last=Max("clearings_as_debt__cleared_on")).values("last")
    return Coalesce(Subquery(last), "opened_on")


def overdue_accounts(*, on: date) -> Iterator[OverdueAccount]:
    """Every overdue account, in a fixed number of queries."""
    amounts = ledger.overdue_by_holder(on=on)
    oldest = ledger.oldest_overdue_by_holder(on=on)
    accounts = ProgramAccount.objects.select_related("business").in_bulk(list(amounts))
    for account_id in sorted(accounts):
        if amounts.get(account_id, ZERO) > ZERO and account_id in oldest:
            yield OverdueAccount(accounts[account_id], amounts[account_id], oldest[account_id])


def notices_of(program_account_id: int) -> QuerySet[StandingNotice]:
    return StandingNotice.objects.filter(program_account_id=program_account_id)


def steps_taken(account_ids: list[int]) -> set[tuple[int, str, date]]:
    """(account, step, last day to pay) of every step already taken on these accounts."""
    return set(
        StandingNotice.objects.filter(program_account_id__in=account_ids).values_list(
            "program_account_id", "step", "last_day_to_pay"
        )
    )


def days_of_steps(account_ids: Collection[int]) -> dict[tuple[int, date], dict[Step, date]]:
    """For (account, last day to pay) the day on which each step was taken."""
    found: dict[tuple[int, date], dict[Step, date]] = defaultdict(dict)
    rows = StandingNotice.objects.filter(program_account_id__in=list(account_ids))
    for number, step, last_day, taken_on in rows.values_list(
        "program_account_id", "step", "last_day_to_pay", "taken_on"
    ):
        found[number, last_day][Step(step)] = taken_on
    return found


def notice_of(program_account_id: int, notice_id: int) -> StandingNotice | None:
    """One notice sent to an account, with the account and its business."""
    rows = StandingNotice.objects.select_related("program_account__business")
    return rows.filter(program_account_id=program_account_id, pk=notice_id).first()


def noticed_on(program_account_id: int, *, on: date) -> date | None:
    """The day of the notice of arrears for the oldest debt that is overdue today."""
    oldest = ledger.oldest_overdue_by_holder(on=on, holders=[program_account_id]).get(program_account_id)
    if oldest is None:
        return None
    return days_of_steps([program_account_id]).get((program_account_id, oldest), {}).get(Step.ARREARS)


def accounts_due_soon(*, on: date, within_days: int) -> Iterator[OverdueAccount]:
    """Accounts in good standing with something to pay, after open credits, in the next days; in four statements.

    ``overdue`` is the amount to pay by the nearest such day.
    """
    last = on + timedelta(days=within_days)
    owed: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for number, day, amount in ledger.unpaid_by_last_day(since=on, upto=last):
        owed[number][day] = amount
    numbers = list(owed)
    credits = ledger.credits_by_holder(numbers)
    overdue = ledger.overdue_by_holder(on=on)
    due = {
        number: nearest_unpaid(days, credit=credits.get(number, ZERO))
        for number, days in owed.items()
        if number not in overdue
    }
    accounts = ProgramAccount.objects.select_related("business").in_bulk([n for n, row in due.items() if row[0]])
    for number in sorted(accounts):
        nearest, left = due[number]
        if nearest is not None:
            yield OverdueAccount(accounts[number], left, nearest)


# --- Holds, arrangements, detentions ---------------------------------------------------------------------------------
def holds_in_force(on: date) -> QuerySet[Hold]:
    return Hold.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=on), Q(until=None) | Q(until__gte=on), starts_on__lte=on
    )


def hold_of(program_account_id: int, *, on: date) -> Hold | None:
    return holds_in_force(on).filter(program_account_id=program_account_id).first()


def running_arrangements() -> QuerySet[Arrangement]:
    """Arrangements that are kept so far, with their instalments."""
    rows = Arrangement.objects.filter(state=Arrangement.State.ACTIVE)
    return rows.select_related("program_account").prefetch_related("instalments").order_by("pk")


def arrangement_of(program_account_id: int, *, on: date | None = None) -> Arrangement | None:
    """The arrangement that runs; with a day, the one that ran then."""
    rows = Arrangement.objects.filter(program_account_id=program_account_id).prefetch_related("instalments")
    if on is None:
        return rows.filter(state=Arrangement.State.ACTIVE).first()
    return rows.filter(Q(ended_on=None) | Q(ended_on__gt=on), agreed_on__lte=on).first()


def paused(account_ids: Collection[int], *, on: date) -> set[int]:
    """Those of the accounts whose steps a hold or an arrangement pauses."""
    numbers = list(account_ids)
    held = holds_in_force(on).filter(program_account_id__in=numbers)
    arranged = Arrangement.objects.filter(program_account_id__in=numbers, state=Arrangement.State.ACTIVE)
    return {
        *held.values_list("program_account_id", flat=True),
        *arranged.values_list("program_account_id", flat=True),
    }


def detained_without_debt(*, on: date) -> list[int]:
    """Accounts whose goods are flagged for detention and that owe nothing overdue any more."""
    flagged = releases.detained(on=on)
    return sorted(set(flagged) - releases.indebted(flagged, on=on))


def demands_without_debt(*, on: date) -> list[int]:
    """Open demands on sureties whose account owes nothing overdue any more, by their numbers."""
    found = list(security.open_demands().values_list("pk", "program_account_id"))
    if not found:
        return []
    owing = ledger.overdue_by_holder(on=on)
    return sorted(number for number, account_id in found if owing.get(account_id, ZERO) <= ZERO)


# --- The officers' desk ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DeskRow:
    """One overdue account as the officers' list shows it."""

    account: ProgramAccount
    overdue: Decimal
    oldest_last_day: date
    last_step: str
    last_step_on: date | None
    is_held: bool
    is_arranged: bool
    is_detained: bool
    is_suspended: bool

    @property
    def step_label(self) -> Any:
        return STEP_LABELS[Step(self.last_step)] if self.last_step else ""


#: What the officers' list can be narrowed to beside a step.
MEASURES = ("held", "arranged", "detained", "suspended")


def desk_rows(*, on: date, text: str = "", step: str = "", measure: str = "") -> list[DeskRow]:
    """Overdue accounts, the oldest debt first, narrowed by words, the newest step and a measure; in nine statements."""
    overdue = [row for row in overdue_accounts(on=on) if _matches(row.program_account, text)]
    numbers = [row.program_account.pk for row in overdue]
    taken = days_of_steps(numbers)
    held = set(holds_in_force(on).filter(program_account_id__in=numbers).values_list("program_account_id", flat=True))
    running = Arrangement.objects.filter(program_account_id__in=numbers, state=Arrangement.State.ACTIVE)
    arranged = set(running.values_list("program_account_id", flat=True))
    detained = releases.detentions(numbers, on=on)
    suspended = set(
        RppEnrolment.objects.filter(program_account_id__in=numbers, state="SUSPENDED").values_list(
            "program_account_id", flat=True
        )
    )
    rows = []
    for row in overdue:
        number = row.program_account.pk
        steps = taken.get((number, row.oldest_last_day), {})
        newest = max(steps, key=lambda found: (steps[found], list(Step).index(found)), default=None)
        rows.append(
            DeskRow(
                account=row.program_account,
                overdue=row.overdue,
                oldest_last_day=row.oldest_last_day,
                last_step=newest.value if newest else "",
                last_step_on=steps[newest] if newest else None,
                is_held=number in held,
                is_arranged=number in arranged,
                is_detained=number in detained,
                is_suspended=number in suspended,
            )
        )
    chosen = [row for row in rows if step in ("", row.last_step) and (not measure or getattr(row, f"is_{measure}"))]
    return sorted(chosen, key=lambda row: (row.oldest_last_day, row.account.number))


def _matches(account: ProgramAccount, text: str) -> bool:
    wanted = text.casefold().replace(" ", "")
    name = account.business.legal_name.casefold().replace(" ", "")
    return wanted in account.number.casefold() or wanted in name


def case_of(number: str) -> ProgramAccount | None:
    """The program account that an officer opens, with its business."""
    return ProgramAccount.objects.select_related("business").filter(number=number).first()


def credits_of_business(account: ProgramAccount) -> list[tuple[ProgramAccount, Decimal]]:
    """The other program accounts of the business that have open credits, with how much."""
    others = list(ProgramAccount.objects.filter(business_id=account.business_id).exclude(pk=account.pk))
    credits = ledger.credits_by_holder([other.pk for other in others])
    return [(other, credits[other.pk]) for other in others if credits.get(other.pk, ZERO) > ZERO]

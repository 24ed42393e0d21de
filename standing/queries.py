"""Where accounts stand, as of a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import ProgramAccount
from core.money import ZERO
from ledger import queries as ledger
from ledger.rules import ItemKind, Side
from reference import queries as reference
from security.models import RppEnrolment
from standing.models import StandingNotice
from standing.rules import Standing, Step, nearest_unpaid, standing, step_days

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

    @property
    def next_label(self) -> Any:
        """The name of the next step of an overdue account."""
        return STEP_LABELS[self.standing.next_step] if self.standing.next_step else ""


def outlook_of(program_account_id: int, *, on: date) -> Outlook:
    """Everything that the page about standing says."""
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
        policy = reference.policy()
        days = tuple(
            step_days(
                next_last_day,
                arrears_after_days=policy.count("standing.notice_of_arrears_after_days", on),
                suspend_after_days=policy.count("standing.suspend_after_days", on),
            ).items()
        )
    return Outlook(
        standing=verdict,
        steps=tuple(OutlookStep(step=step, label=STEP_LABELS[step], on=day, is_taken=day <= on) for step, day in days),
        items=tuple(items),
        next_amount=next_amount,
        next_last_day=next_last_day,
        enrolment=getattr(account, "rpp_enrolment", None),
    )


def standing_of(program_account_id: int, *, on: date) -> Standing:
    """The verdict on one account for a day."""
    overdue = ledger.overdue_total(program_account_id, on=on)
    oldest = ledger.oldest_overdue_by_holder(on=on, holders=program_account_id).get(program_account_id)
    since = None if overdue else good_since(program_account_id, on=on)
    return _verdict(overdue=overdue, oldest_last_day=oldest, good_since=since, on=on)


def _verdict(*, overdue: Decimal, oldest_last_day: date | None, good_since: date | None, on: date) -> Standing:
    policy = reference.policy()
    return standing(
        overdue=overdue,
        oldest_last_day=oldest_last_day,
        good_since=None if overdue else good_since,
        on=on,
        arrears_after_days=policy.count("standing.notice_of_arrears_after_days", on),
        suspend_after_days=policy.count("standing.suspend_after_days", on),
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

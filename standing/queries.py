"""Where accounts stand, as of a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, QuerySet

from accounts.models import ProgramAccount
from core.money import ZERO
from ledger import queries as ledger
from ledger.rules import ItemKind, Side
from reference import queries as reference
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

    @property
    def next_label(self) -> Any:
        """The name of the next step of an overdue account."""
        return STEP_LABELS[self.standing.next_step] if self.standing.next_step else ""


def outlook_of(program_account_id: int, *, on: date) -> Outlook:
    """Everything that the page about standing says."""
    verdict = standing_of(program_account_id, on=on)
    items: list[OverdueItem] = []
    ahead: dict[date, Decimal] = {}
    credit = ZERO
    for item in ledger.open_items_of(program_account_id, on=on):
        last_day = item.last_day_to_pay or item.due_on or item.posted_on
        if item.side == Side.CREDIT:
            credit += item.remaining
        elif last_day < on:
            items.append(OverdueItem(item.kind, item.source, item.due_on, last_day, item.remaining))
        else:
            ahead[last_day] = ahead.get(last_day, ZERO) + item.remaining
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
    )


def standing_of(program_account_id: int, *, on: date) -> Standing:
    """The verdict on one account for a day."""
    policy = reference.policy()
    overdue = ledger.overdue_total(program_account_id, on=on)
    return standing(
        overdue=overdue,
        oldest_last_day=ledger.oldest_overdue_by_holder(on=on, holders=program_account_id).get(program_account_id),
        good_since=None if overdue else good_since(program_account_id, on=on),
        on=on,
        arrears_after_days=policy.count("standing.notice_of_arrears_after_days", on),
        suspend_after_days=policy.count("standing.suspend_after_days", on),
    )


def good_since(program_account_id: int, *, on: date) -> date | None:
    """The last day on which something was paid late; for an account that never paid late, the day it was opened."""
    paid_late = ledger.items_on(on).filter(
        holder_id=program_account_id,
        side=Side.DEBT,
        clearings_as_debt__amount__gt=ZERO,
        clearings_as_debt__cleared_on__lte=on,
        clearings_as_debt__cleared_on__gt=F("last_day_to_pay"),
    )
    last: date | None = paid_late.aggregate(last=Max("clearings_as_debt__cleared_on"))["last"]
    return last or ProgramAccount.objects.values_list("opened_on", flat=True).get(pk=program_account_id)


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

"""Cash deposits: their states, what people ask about them, and what it means to pay debts with one.

Nothing is published of a deposit that pays debts: the Customs Act lets a credit stand against a debt (s. 97.26); the
order of the debts, the officer's word where the requirement would be left uncovered, and the states are assumed.
D17-5-2, as Bulletin 5418 cites it, lets a certified cheque or a money order be a deposit with prior approval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from security.rules.coverage import returnable
from security.rules.indicator import Facts
from security.rules.states import DepositState

#: From this day the paper form of a security agreement is BSF259; before, it was D120 (Bulletin 5418).
BSF259_FROM = date(2026, 2, 10)


class RequestKind(TextChoices):
    APPLICATION = "APPLICATION", _("Pay debts with the deposit")
    REFUND = "REFUND", _("Deposit back")
    PAPER = "PAPER", _("Deposit on paper")


class RequestState(TextChoices):
    """A refund is approved at once, as far as the rule allows it, and done when the money has left."""

    ASKED = "ASKED", _("Waiting for an officer")
    APPROVED = "APPROVED", _("Approved")
    DONE = "DONE", _("Done")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Instrument(TextChoices):
    CHEQUE = "CHEQUE", _("Certified cheque")
    MONEY_ORDER = "MONEY_ORDER", _("Money order")


#: From each state of a request, the states that may follow, by what is asked.
REQUEST_TRANSITIONS: Mapping[str, Mapping[str, frozenset[str]]] = {
    RequestKind.APPLICATION: {
        RequestState.ASKED: frozenset({RequestState.DONE, RequestState.REFUSED, RequestState.WITHDRAWN})
    },
    RequestKind.REFUND: {RequestState.APPROVED: frozenset({RequestState.DONE})},
    RequestKind.PAPER: {
        RequestState.ASKED: frozenset({RequestState.APPROVED, RequestState.REFUSED, RequestState.WITHDRAWN}),
        RequestState.APPROVED: frozenset({RequestState.DONE, RequestState.WITHDRAWN}),
    },
}
#: A deposit of which something is held and covers.
HOLDING = frozenset({DepositState.ACTIVE, DepositState.PARTLY_APPLIED})


def can_request_become(kind: str, state: str, following: str) -> bool:
    return following in REQUEST_TRANSITIONS[kind].get(state, frozenset())


def deposit_state(*, amount: Decimal, returned: Decimal, applied: Decimal) -> DepositState:
    """The state after a part went back or paid a debt; what goes back is refunded once the money has left."""
    if returned + applied < amount:
        return DepositState.PARTLY_APPLIED if applied else DepositState.ACTIVE
    return DepositState.REFUND_REQUESTED if returned else DepositState.APPLIED


@dataclass(frozen=True)
class Application:
    """What is so before a deposit pays debts, and after, in dollars."""

    amount: Decimal
    before: Facts
    after: Facts
    is_enrolled: bool = True

    @property
    def needs_officer(self) -> bool:
        """What stays must cover the requirement and keep the indicator on; else an officer decides."""
        return self.is_enrolled and not (self.after.is_sufficient and self.after.is_supported)

    @property
    def missing(self) -> Decimal:
        """What of the requirement nothing covers afterwards."""
        return self.after.coverage.missing_for(self.after.requirement)


def application(facts: Facts, amount: Decimal, *, is_enrolled: bool = True) -> Application:
    """The effect of so much of the cash security on debts of the same account, overdue ones first."""
    coverage = replace(facts.coverage, cash=facts.coverage.cash - amount)
    after = replace(
        facts,
        coverage=coverage,
        open_debt=facts.open_debt - amount,
        overdue_debt=max(facts.overdue_debt - amount, ZERO),
    )
    return Application(amount, before=facts, after=after, is_enrolled=is_enrolled)


def freely_applicable(facts: Facts, most: Decimal, *, is_enrolled: bool = True) -> Decimal:
    """The part that pays debts without an officer.

    What nothing needs any more is used; the last of the security, which keeps releases open while something is owed,
    is not.
    """
    spare = returnable(held=facts.coverage.cash, coverage=facts.coverage, requirement=facts.requirement, open_debt=ZERO)
    for part in (most, min(most, spare)):
        if not application(facts, part, is_enrolled=is_enrolled).needs_officer:
            return part
    return ZERO


def most_applicable(*, held: Decimal, owed: Decimal) -> Decimal:
    """A deposit pays what is owed after open credits, and no more."""
    return max(min(held, owed), ZERO)


def parts_in_order(left: Sequence[tuple[int, Decimal]], amount: Decimal) -> list[tuple[int, Decimal]]:
    """So much of each, in the order given, as makes up the amount."""
    parts = []
    for key, most in left:
        part = min(most, amount)
        if part > ZERO:
            parts.append((key, part))
            amount -= part
    return parts


def paper_form(on: date) -> str:
    """The paper form of a security agreement signed on a day."""
    return "BSF259" if on >= BSF259_FROM else "D120"

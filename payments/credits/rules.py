"""When credit is paid back, the life of a request for it, and an example of each offsetting method.

Sources: the agency's page on offsetting (before the launch: no refund while something is owed, from $1,000, or less
after two months running); Customs Act s. 97.26 (credits stand against debts first). What the portal asks for today is
not published: dated policy, assumed.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from payments.rules import OpenCredit, OpenDebt, Preference, allocations


class RefundState(TextChoices):
    REQUESTED = "REQUESTED", _("Asked for")
    APPROVED = "APPROVED", _("Approved")
    PAID = "PAID", _("Paid out")
    REJECTED = "REJECTED", _("Rejected")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


#: From each state of a request for a refund, the states that may follow.
REFUND_TRANSITIONS: dict[str, frozenset[str]] = {
    "REQUESTED": frozenset({"APPROVED", "REJECTED", "WITHDRAWN"}),
    "APPROVED": frozenset({"PAID"}),
    "PAID": frozenset(),
    "REJECTED": frozenset(),
    "WITHDRAWN": frozenset(),
}


def can_become(state: str, following: str) -> bool:
    return following in REFUND_TRANSITIONS[state]


@dataclass(frozen=True)
class RefundCase:
    """What a refund is judged by (dollars).

    ``free`` is the credit larger than every debt of the account, ``owed`` what the account owes after its credits,
    ``overdue`` what the whole business has overdue, ``credit_since`` the day since which the account was in credit.
    """

    amount: Decimal
    free: Decimal
    owed: Decimal
    overdue: Decimal
    credit_since: date | None
    on: date
    minimum: Decimal = ZERO
    small_after_months: int = 0


class Obstacle(TextChoices):
    """Why a credit is not paid back now."""

    DEFAULT = (
        "in_default",
        _("The business has overdue amounts, and its credits stand against them. Pay what is overdue, then ask again."),
    )
    DEBT = "debt_outstanding", _("This program account still owes more than its credits. Pay it, then ask again.")
    TOO_MUCH = "more_than_free", _("This is more than the free credit. Enter the free credit or less.")
    SMALL = (
        "below_minimum",
        _("The credit is below the least amount paid back and has not stood for two months. Ask again later."),
    )


def refund_obstacle(case: RefundCase) -> Obstacle | None:
    """The first reason against a refund on a day; None when it may be paid back."""
    if case.overdue > ZERO:
        return Obstacle.DEFAULT
    if case.owed > ZERO:
        return Obstacle.DEBT
    if case.amount > case.free:
        return Obstacle.TOO_MUCH
    has_stood = case.credit_since is not None and months_after(case.credit_since, case.small_after_months) <= case.on
    if case.free < case.minimum and not has_stood:
        return Obstacle.SMALL
    return None


def months_after(day: date, count: int) -> date:
    """The same day some months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class ExampleDebt:
    """A debt of the example and what each method pays of it."""

    label: str
    amount: Decimal
    due_on: date
    paid: Mapping[str, Decimal]

    @property
    def paid_by_method(self) -> list[tuple[str, Decimal]]:
        """What each method pays, by its name."""
        return [(str(Preference(method).label), amount) for method, amount in self.paid.items()]


def example(on: date) -> list[ExampleDebt]:
    """Credits of 550 and 200 on the day against four debts, paid by the same rule that clears every account."""
    debts = (
        (_("Interest on a statement"), OpenDebt(1, "INTEREST", on - timedelta(days=3), Decimal("150.00"))),
        (_("Duties and taxes on a statement"), OpenDebt(2, "CHARGE", on, Decimal("400.00"))),
        (
            _("An adjustment not billed yet"),
            OpenDebt(3, "ADJUSTMENT", on - timedelta(days=1), Decimal("350.00"), False),
        ),
        (_("Duties and taxes on the same statement"), OpenDebt(4, "CHARGE", on, Decimal("550.00"))),
    )
    credits = [OpenCredit(1, on, Decimal("550.00")), OpenCredit(2, on, Decimal("200.00"))]
    paid = {
        method.value: allocations([debt for _label, debt in debts], credits, on=on, preference=method)
        for method in Preference
    }
    return [
        ExampleDebt(
            label=str(label),
            amount=debt.left,
            due_on=debt.due_on,
            paid={
                method: sum((row.amount for row in rows if row.debt_id == debt.id), ZERO)
                for method, rows in paid.items()
            },
        )
        for label, debt in debts
    ]

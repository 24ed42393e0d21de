"""When a statement is taken by pre-authorized debit, and what the agreement asks for. Pure.

Sources: the agency's video on pre-authorized debit (banking information, terms with check boxes, change and cancel on
one page; confirmed); Payments Canada Rule H1 as reported (a business debit is announced before it is taken; the parties
may agree on a shorter notice). The fields, states and days are assumed.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from reference.rules.calendar import weekdays_after

#: The terms that a person certifies; a later text gets a later version (assumed).
TERMS_VERSION = "2026-01"
#: What ends an agreement: nothing can be taken from the account any more.
ENDS_AGREEMENT = frozenset({"mandate_revoked", "account_closed"})


@dataclass(frozen=True)
class BankAccount:
    """A Canadian bank account: institution (3 digits), transit (5) and account number (7 to 12)."""

    holder: str
    institution: str
    transit: str
    account: str


def problems(account: BankAccount) -> tuple[str, ...]:
    """The names of the fields that cannot be right."""
    shapes = (("institution", 3, 3), ("transit", 5, 5), ("account", 7, 12))
    found = [] if account.holder.strip() else ["holder"]
    for name, least, most in shapes:
        value = getattr(account, name)
        if not (value.isascii() and value.isdigit() and least <= len(value) <= most):
            found.append(name)
    return tuple(found)


def announced_from(due_on: date, *, notice_days: int) -> date:
    """The day from which a debit is announced, so many days before it is taken."""
    return due_on - timedelta(days=notice_days)


def takes_part(due_on: date, *, since: date, notice_days: int) -> bool:
    """Whether a statement is taken: its notice can still be given in full under an agreement in force since a day."""
    return since <= announced_from(due_on, notice_days=notice_days)


def second_try_on(returned_on: date, *, reason: str, presentation: int, days: int) -> date | None:
    """The day of the second try, some business days of the bank after the return; None where there is none.

    Only a debit that failed for lack of money is tried again, once; ``days`` 0 means never (own choice, as Payments
    Canada's rules allow one more try within 30 days).
    """
    if reason != "nsf" or presentation > 1 or days <= 0:
        return None
    return weekdays_after(returned_on, days)

"""What a practice account does to a debit, and on which business day. Pure.

The bank has no clock of its own: every day here was named by the portal. Its business days are Monday to Friday.
"""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

PRACTICE_INSTITUTION = "999"
PRACTICE_TRANSIT = "00001"
LATE_RETURN_DAYS = 5
CHARGE_BACK_DAYS = 10
BILL_DAYS = 3
MOST_DEBITS = 20_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{7,12}", re.ASCII)


class Kind(StrEnum):
    """What a line of a day's file tells."""

    DEBIT_PAID = "debit.paid"
    DEBIT_RETURNED = "debit.returned"
    MANDATE_REVOKED = "mandate.revoked"
    CHARGED_BACK = "payment.charged_back"
    BILL_PAID = "bill.paid"


class Reason(StrEnum):
    NONE = ""
    NSF = "nsf"
    MANDATE_REVOKED = "mandate_revoked"
    ACCOUNT_CLOSED = "account_closed"
    LATE_RETURN = "late_return"
    DISPUTED = "disputed"
    REFUSED = "refused"
    UNKNOWN_ACCOUNT = "unknown_account"
    NOT_PRACTICE = "not_practice"
    UNKNOWN_MANDATE = "unknown_mandate"
    MANDATE_REFUSED = "mandate_refused"
    MANDATE_CANCELLED = "mandate_cancelled"
    REFERENCE_REUSED = "reference_reused"


class Behaviour(StrEnum):
    PAYS = "pays"
    NSF = "nsf"
    CLOSED = "closed"
    LATE_RETURN = "late_return"
    PAYS_ONCE = "pays_once"
    REFUSED = "refused"
    NSF_FIRST = "nsf_first"
    UNKNOWN = "unknown"
    NOT_PRACTICE = "not_practice"


@dataclass(frozen=True)
class PracticeAccount:
    """An account for pre-authorised debits; ``note`` is an English message that the pages translate."""

    number: str
    note: str
    behaviour: Behaviour


DEBIT_ACCOUNTS = (
    PracticeAccount("1000001", "Pays on the due day", Behaviour.PAYS),
    PracticeAccount("1000002", "Not enough money: returned the next business day", Behaviour.NSF),
    PracticeAccount("1000003", "Closed account: returned the same day", Behaviour.CLOSED),
    PracticeAccount("1000004", "Pays, and is returned five business days later", Behaviour.LATE_RETURN),
    PracticeAccount("1000005", "Pays once, then the holder revokes the mandate", Behaviour.PAYS_ONCE),
    PracticeAccount("1000006", "The bank refuses the mandate", Behaviour.REFUSED),
    PracticeAccount("1000007", "Not enough money the first time, pays afterwards", Behaviour.NSF_FIRST),
)
REFUSALS = {
    Behaviour.REFUSED: Reason.REFUSED,
    Behaviour.UNKNOWN: Reason.UNKNOWN_ACCOUNT,
    Behaviour.NOT_PRACTICE: Reason.NOT_PRACTICE,
}


@dataclass(frozen=True)
class Step:
    """One line that a day's file will have."""

    kind: Kind
    on: dt.date
    reason: Reason = Reason.NONE


def behaviour_of(*, institution: str, transit: str, account: str) -> Behaviour:
    """What this account does; one of another institution might be real, and is refused without being kept."""
    if institution != PRACTICE_INSTITUTION:
        return Behaviour.NOT_PRACTICE
    if transit != PRACTICE_TRANSIT:
        return Behaviour.UNKNOWN
    found = (known.behaviour for known in DEBIT_ACCOUNTS if known.number == account)
    return next(found, Behaviour.UNKNOWN)


def is_account(text: object) -> bool:
    return isinstance(text, str) and bool(_ACCOUNT.fullmatch(text))


def day_of(text: object) -> dt.date | None:
    """A day written YYYY-MM-DD; None for anything else."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def business_day_from(day: dt.date) -> dt.date:
    """The day itself, or the Monday after a weekend."""
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def business_days_after(day: dt.date, count: int) -> dt.date:
    """The business day that many after a day; counted from the Monday where the day is at a weekend."""
    day = business_day_from(day)
    for _step in range(count):
        day = business_day_from(day + dt.timedelta(days=1))
    return day


def course_of(*, behaviour: Behaviour, due_on: dt.date, earlier: int, is_ended: bool) -> tuple[Step, ...]:
    """What becomes of a debit that is due on a business day, ``earlier`` debits under the same mandate having gone
    before; the mandate may have ended."""
    next_day = business_days_after(due_on, 1)
    paid = Step(Kind.DEBIT_PAID, due_on)
    if is_ended or (behaviour == Behaviour.PAYS_ONCE and earlier):
        return (Step(Kind.DEBIT_RETURNED, due_on, Reason.MANDATE_REVOKED),)
    if behaviour == Behaviour.NSF or (behaviour == Behaviour.NSF_FIRST and not earlier):
        return (Step(Kind.DEBIT_RETURNED, next_day, Reason.NSF),)
    if behaviour == Behaviour.CLOSED:
        return (Step(Kind.DEBIT_RETURNED, due_on, Reason.ACCOUNT_CLOSED),)
    if behaviour == Behaviour.LATE_RETURN:
        late = business_days_after(due_on, LATE_RETURN_DAYS)
        return (paid, Step(Kind.DEBIT_RETURNED, late, Reason.LATE_RETURN))
    if behaviour == Behaviour.PAYS_ONCE:
        return (paid, Step(Kind.MANDATE_REVOKED, next_day))
    return (paid,)

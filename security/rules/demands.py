"""What may be demanded of a surety, until when, and when it must answer."""

from datetime import date, timedelta
from decimal import Decimal

from security.rules.states import COVERING, BondState

#: Days to answer a demand (FSR s. 9(1)).
DEMAND_ANSWER_DAYS = 60


def demand_answer_due_on(sent_on: date) -> date:
    """The last day to pay or rebut a demand (FSR s. 9(1))."""
    return sent_on + timedelta(days=DEMAND_ANSWER_DAYS)


def last_demand_on(ended_on: date) -> date:
    """The last day on which a demand may be made on a bond that ended (FSR s. 8(3): one year)."""
    try:
        return ended_on.replace(year=ended_on.year + 1)
    except ValueError:
        return date(ended_on.year + 1, 2, 28)


def can_demand(*, state: str, ended_on: date | None, on: date) -> bool:
    """Whether a bond answers a demand on a day: while it covers, and one year after it ended (FSR s. 8(3))."""
    if state in COVERING:
        return True
    ended = state in (BondState.TERMINATED, BondState.EXPIRED)
    return ended and ended_on is not None and on <= last_demand_on(ended_on)


def demand_amount(*, owed_in_validity: Decimal, bond: Decimal) -> Decimal:
    """What may be demanded: what accrued while the bond was valid, at most the bond (FSR s. 8(4), (5))."""
    return min(owed_in_validity, bond)

"""The cash security of a generated importer: held, used for debts, on its way back, returned, or not honoured.

Only what stands beside a bond that covers everything is used or goes back, so that nobody had goods released without
security. Shares are assumed.
"""

from datetime import date, timedelta

from simulation.population.laws import LAST_KNOWN_ON
from simulation.population.parts import Year, chosen
from simulation.population.tables import NULL, RECORDED_BY, Day, day_of, or_null

#: What became of a deposit that a bond made unnecessary.
FATES = (("ACTIVE", 0.40), ("RETURNED", 0.20), ("REFUND_REQUESTED", 0.10), ("TAKEN_BACK", 0.10), ("APPLIED", 0.10),
         ("PARTLY_APPLIED", 0.10))  # fmt: skip
_USED = ("APPLIED", "PARTLY_APPLIED")
#: Days after which it went back, after which its money left, and after which a bank did not honour a cheque.
_RETURNED_AFTER, _PAID_OUT_AFTER, _DISHONOURED_AFTER = 200, 9, 6


def deposit(year: Year, amount: int, start: date, *, beside_a_bond: bool) -> int:
    """Write a deposit of so many cents with what became of it; returns what the requirement may count on."""
    fate = chosen(FATES, year.dice.random()) if beside_a_bond else "ACTIVE"
    owed = sum([debt.left for debt in year.book.debts]) - sum([credit.left for credit in year.book.credits])
    if fate in _USED and owed < 2:
        fate = "ACTIVE"
    if fate == "TAKEN_BACK":
        _dishonour(year, amount, start)
        return 0
    if fate == "APPLIED":
        # Debts use up only what is less than they are.
        amount = min(amount, owed // 2)
    reference = year.start_payment(amount, "DEBIT_CARD", "DEPOSIT", day_of(start))
    year.book.deposit(reference, amount, "DEBIT_CARD", day_of(start))
    if fate == "ACTIVE":
        _write(year, amount, reference, fate, start)
        return amount
    if fate in _USED:
        _apply(
            year, amount, reference, fate, start, part=min(amount // 2, owed) if fate == "PARTLY_APPLIED" else amount
        )
    else:
        _refund(year, amount, reference, fate, start)
    return 0


def _apply(year: Year, amount: int, reference: str, state: str, start: date, *, part: int) -> None:
    request = _request(year, "APPLICATION", part, "DONE", asked=day_of(LAST_KNOWN_ON), done_on=LAST_KNOWN_ON)
    year.book.apply_deposit(request, part, day_of(LAST_KNOWN_ON))
    used_up_on = LAST_KNOWN_ON if state == "APPLIED" else None
    _write(year, amount, reference, state, start, applied=part, ended_on=used_up_on)


def _refund(year: Year, amount: int, reference: str, state: str, start: date) -> None:
    """Asked back some months ago and paid out, or asked back just now."""
    asked = start + timedelta(days=_RETURNED_AFTER) if state == "RETURNED" else LAST_KNOWN_ON - timedelta(days=2)
    paid_out = asked + timedelta(days=_PAID_OUT_AFTER) if state == "RETURNED" else None
    request = _request(
        year, "REFUND", amount, "DONE" if paid_out else "APPROVED", asked=day_of(asked), done_on=paid_out,
        decision="Paid out by cheque" if paid_out else "",
    )  # fmt: skip
    year.book.refund_deposit(request, amount, day_of(asked))
    if paid_out is not None:
        year.book.pay_out_deposit(request, amount, day_of(paid_out))
    _write(year, amount, reference, state, start, returned=amount, ended_on=asked)


def _dishonour(year: Year, amount: int, start: date) -> None:
    """A certified cheque with an officer's approval, which the bank did not honour some days after it arrived."""
    arrived, returned_on = day_of(start), start + timedelta(days=_DISHONOURED_AFTER)
    request = _request(
        year, "PAPER", amount, "DONE", instrument="CHEQUE", reason="The bank's card limit is too low", asked=arrived,
        decided=arrived, decision="Agreed", done_on=start,
    )  # fmt: skip
    reference = f"{request} {year.holder:0>6}"
    entry = year.book.deposit(reference, amount, "CHEQUE", arrived)
    year.book.take_back_deposit(entry, reference, amount, "CHEQUE", day_of(returned_on), arrived)
    _write(year, amount, reference, "TAKEN_BACK", start, returned=amount, ended_on=returned_on)


def _write(
    year: Year, amount: int, reference: str, state: str, start: date, *, returned: int = 0, applied: int = 0,
    ended_on: date | None = None,
) -> None:  # fmt: skip
    year.rows["deposit"].append(
        f"{year.holder}\t{year.holder}\t{amount}\t{returned}\t{applied}\t{reference}\t{state}\t{start}\t"
        f"{or_null(ended_on)}\n"
    )


def _request(
    year: Year, kind: str, amount: int, state: str, *, asked: Day, done_on: date | None, instrument: str = "",
    reason: str = "", decided: Day | None = None, decision: str = "",
) -> str:  # fmt: skip
    """The row of what was asked about the deposit; returns its reference."""
    decided_at, decided_by = (decided.moment, RECORDED_BY) if decided else (NULL, "")
    year.rows["deposit_request"].append(
        f"{year.holder}\t{year.holder}\t{kind}\t{amount}\t{state}\t{instrument}\t{reason}\t{asked.moment}\t"
        f"{RECORDED_BY}\t{decided_at}\t{decided_by}\t{decision}\t{or_null(done_on)}\n"
    )
    return f"DEP-{year.holder:0>6}"

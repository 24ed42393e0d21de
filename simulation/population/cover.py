"""The security of a generated importer: its enrolment, what was required of it, and bonds in every state.

Enrolled before 20 May 2025, when releases began to need security of one's own; whatever ended did so after the last
release that is known, so that nobody had goods released without security. Shares are assumed.
"""

from datetime import date, timedelta

from simulation.population import cash
from simulation.population.laws import LAST_KNOWN_ON, business_name
from simulation.population.parts import Year, chosen
from simulation.population.tables import NULL, RECORDED_BY, day_of, or_null

_FIRST_ON = date(2025, 4, 1)
_LAST_RELEASE_ON = date(2026, 6, 17)
BOND_MINIMUM, CAP = 500_000, 1_000_000_000
#: Versions of one bond, and bonds of one account, at most.
_VERSIONS, _BONDS = 4, 4
#: How the requirement compares with the highest month of the year that follows it.
_LEAST_FACTOR, _FACTOR_SPAN = 0.55, 0.9
#: Enrolments by what became of them, for those with releases and for those without.
STATES = (("ACTIVE", 0.86), ("NO_SECURITY", 0.015), ("OVERDUE_DEBT", 0.10), ("OFFICER", 0.005), ("CANCELLED", 0.015),
          ("REMOVED", 0.005))  # fmt: skip
IDLE = (("", 0.80), ("ACTIVE", 0.14), ("PENDING_SECURITY", 0.06))
#: Of those who pay at the port, how many enrolled lately and wait for their security.
_WAITING_SHARE = 0.10
INSTRUMENTS = (("BOND", 0.64), ("CASH", 0.28), ("MIXED", 0.08))
#: Bonds that stand beside the one that covers: refused, fallen away, replaced, or on their way.
OTHERS = (("", 0.90), ("REJECTED", 0.01), ("WITHDRAWN", 0.01), ("LAPSED", 0.01), ("EXPIRED", 0.015),
          ("TERMINATED", 0.015), ("PENDING_PROVIDER", 0.02), ("NOTICED", 0.02))  # fmt: skip
#: Which version of a bond a state after the first makes; the others bear the name of the state.
_KINDS = {"ACTIVE": "CONFIRMED", "SCHEDULED": "CONFIRMED", "TERMINATION_PENDING": "TERMINATION_NOTICE",
          "TERMINATED": "ENDED", "EXPIRED": "ENDED"}  # fmt: skip


def secure(year: Year) -> None:
    """Write the enrolment of one program account with all that belongs to it; most who pay at the port have none."""
    importer, dice = year.importer, year.dice
    if importer.pays_at_port:
        if dice.random() < _WAITING_SHARE:
            _wait(year)
        return
    start = _FIRST_ON + timedelta(days=int(dice.random() * 45))
    if not importer.declaration_count:
        _secure_idle(year, start)
        return
    highest = max(year.book.charged.values(), default=0)
    required = int(highest * (_LEAST_FACTOR + _FACTOR_SPAN * dice.random()))
    is_estimate = is_new(importer.number)
    if is_estimate:
        required = -(-required // 10_000) * 10_000
    outcome = chosen(STATES, dice.random())
    if outcome == "OVERDUE_DEBT" and not any(debt.due < LAST_KNOWN_ON.isoformat() for debt in year.book.debts):
        outcome = "ACTIVE"
    changed = start
    if outcome != "ACTIVE":
        changed = _LAST_RELEASE_ON + timedelta(days=1 + int(dice.random() * (LAST_KNOWN_ON - _LAST_RELEASE_ON).days))
    suspended = outcome not in ("ACTIVE", "CANCELLED", "REMOVED")
    _enrol(
        year, "SUSPENDED" if suspended else outcome, outcome if suspended else "", start, changed,
        required if is_estimate else None,
    )  # fmt: skip
    _require(year, required, "ESTIMATE" if is_estimate else "ENROLMENT", start)
    _cover(year, required, start, ends_on=changed if outcome == "NO_SECURITY" else None)


def is_new(number: int) -> bool:
    """Whether an account had no twelve months of history when it enrolled, and gave an estimate."""
    return number % 10 == 7


def _secure_idle(year: Year, start: date) -> None:
    """An account without declarations: mostly not enrolled; the others need nothing, or wait for security."""
    state = chosen(IDLE, year.dice.random())
    if not state:
        return
    if state == "ACTIVE":
        _enrol(year, state, "", start, start, None)
        _require(year, 0, "ENROLMENT", start)
        return
    _wait(year)


def _wait(year: Year) -> None:
    """Enrolled in the last weeks by an estimate, with nothing that covers yet; for half of them a surety is asked."""
    start = LAST_KNOWN_ON - timedelta(days=int(year.dice.random() * 25))
    estimate = 50_000 * (1 + int(year.dice.random() * 40))
    _enrol(year, "PENDING_SECURITY", "", start, start, estimate)
    _require(year, estimate, "ESTIMATE", start)
    if year.dice.random() < 0.5:
        _bond(year, 0, "PENDING_PROVIDER", max(BOND_MINIMUM, estimate // 2), proposed=start, start=start)


def _enrol(year: Year, state: str, reason: str, on: date, changed: date, estimate: int | None) -> None:
    year.rows["enrolment"].append(
        f"{year.holder}\t{year.holder}\t{state}\t{reason}\t{on}\t{changed}\t{NULL if estimate is None else estimate}\n"
    )


def _require(year: Year, amount: int, source: str, on: date) -> None:
    year.rows["requirement"].append(f"{year.holder}\t{year.holder}\t{amount}\t{source}\t{NULL}\t{on}\t{on}\n")


def _cover(year: Year, required: int, start: date, *, ends_on: date | None) -> None:
    """What covers the requirement and a little more, or less than it where the importer grew."""
    dice = year.dice
    kind = "BOND" if ends_on else chosen(INSTRUMENTS, dice.random())
    wanted = int(required * (0.9 + 0.4 * dice.random()))
    held = 0
    if kind != "BOND":
        paid = min(max(wanted if kind == "CASH" else wanted // 3, 10_000), CAP)
        held = cash.deposit(year, paid, start, beside_a_bond=kind == "MIXED")
    if kind == "CASH":
        return
    amount = min(max(-(-(wanted - held) // 200_000) * 100_000, BOND_MINIMUM), CAP - held)
    if ends_on:
        ended = "EXPIRED" if dice.random() < 0.5 else "TERMINATED"
        _bond(year, 0, ended, amount, proposed=start - timedelta(days=9), start=start, end=ends_on)
        return
    _bonds(year, amount, start)


def _bonds(year: Year, amount: int, start: date) -> None:
    """The bond that covers, and rarely another beside it."""
    dice, other = year.dice, chosen(OTHERS, year.dice.random())
    proposed = start - timedelta(days=1 + int(dice.random() * 20))
    if other == "NOTICED":
        # The surety gave notice for the end of July; another bond begins when this one ends.
        _bond(year, 0, "TERMINATION_PENDING", amount, proposed=proposed, start=start, end=date(2026, 8, 1))
        _bond(year, 1, "SCHEDULED", amount, proposed=date(2026, 6, 22), start=date(2026, 8, 1))
        return
    if other in ("EXPIRED", "TERMINATED"):
        # The earlier one ended when this one had begun.
        later = date(2026, 1, 5)
        _bond(year, 0, other, amount, proposed=proposed, start=start, end=later + timedelta(days=10))
        _bond(year, 1, "ACTIVE", amount, proposed=later - timedelta(days=5), start=later)
        return
    fixed = dice.random() < 0.15
    _bond(year, 0, "ACTIVE", amount, proposed=proposed, start=start, end=date(2027, 4, 30) if fixed else None)
    if other == "PENDING_PROVIDER":
        _bond(year, 1, other, amount + 100_000, proposed=date(2026, 6, 15), start=date(2026, 7, 1))
    elif other:
        _bond(year, 1, other, amount, proposed=date(2026, 2, 2), start=date(2026, 3, 1))


def _bond(
    year: Year, place: int, state: str, amount: int, *, proposed: date, start: date, end: date | None = None
) -> None:
    """A bond with its versions: as proposed, as answered, and as it ended or will end."""
    number = int(year.holder) * _BONDS + place
    surety = year.frame.sureties[int(year.holder) % len(year.frame.sureties)]
    is_noticed = state in ("TERMINATED", "TERMINATION_PENDING")
    until, terminates = (None, end) if is_noticed else (end, None)
    if until is not None and state == "EXPIRED":
        # A bond covers through its last day.
        until -= timedelta(days=1)
    decided: date | None = {"PENDING_PROVIDER": None, "LAPSED": proposed + timedelta(days=31)}.get(state, proposed)
    reason = "Underwriting declined" if state == "REJECTED" else ""
    debtor = business_name(year.importer.business, is_french=year.importer.is_french)
    year.rows["bond_share"].append(f"{number}\t{number}\t{year.holder}\t{amount}\n")
    year.rows["bond"].append(
        f"{number}\tWSA-{number:08d}\t{surety}\t{year.plan.business}\t{debtor}\t{year.holder}\t{amount}\t{start}\t{or_null(until)}\t"
        f"{or_null(terminates)}\t{state}\t{reason}\tPORTAL\t{proposed}\t{or_null(decided)}\n"
    )
    steps: list[tuple[str, date | None, date]] = [("PENDING_PROVIDER", None, proposed)]
    if decided is not None:
        was_given = state in ("TERMINATED", "EXPIRED", "TERMINATION_PENDING")
        steps.append(("ACTIVE" if was_given else state, None, decided))
        if was_given:
            known = min(end or start, LAST_KNOWN_ON)
            steps.append((state, terminates, known))
    shares = f'{{"{year.plan.account}": {amount}}}'
    for version, (step, ends, on) in enumerate(steps, 1):
        kind = _KINDS.get(step, step) if version > 1 else "PROPOSED"
        year.rows["bond_version"].append(
            f"{number * _VERSIONS + version}\t{number}\t{version}\t{kind}\t{debtor}\t{shares}\t{step}\t{amount}\t"
            f"{start}\t{or_null(until)}\t{or_null(ends)}\t{on}\t{day_of(on).moment}\t{RECORDED_BY}\n"
        )

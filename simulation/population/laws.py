"""The shape of a generated population: who is large, who files for whom, when goods come and who pays late.

Everything follows from the seed, the two numbers asked for and these tables. The figures that they are held to stand
in ``TARGETS``, with their sources; shares and laws beside them are assumed.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from reference.rules.billing import BillingPeriod

#: Twelve whole billing periods, and the last day on which anything is known: the eve of the twelfth statement.
FIRST_PERIOD = BillingPeriod(2025, 7)
LAST_KNOWN_ON = date(2026, 6, 24)
#: Share of the year's releases by billing period, July to June: stock for autumn and the holidays, a quiet January.
SEASON = (0.081, 0.083, 0.087, 0.092, 0.093, 0.090, 0.078, 0.072, 0.076, 0.081, 0.083, 0.084)
_DAY_WEIGHTS = (1.0, 1.05, 1.05, 1.05, 1.0, 0.3, 0.15)
#: A shifted power law over the rank: a few giants, and half of all importers with a handful of declarations.
_TAIL = 1.25
#: One rank in so many shifts the law by one, which keeps the shape at every size.
_SHIFT = 8_000
ACCOUNTS_A_BROKER = 800
FEWEST_BROKERS = 4
#: The largest importers, one in so many accounts, of whom every second files for itself.
_LARGE_ONE_IN = 1_000
_MORE_ACCOUNTS = 0.07
#: Value for duty: lognormal, in dollars.
_VALUE_MU, _VALUE_SIGMA = 8.35, 1.65
#: Rates of duty in ten-thousandths, by share; GST is five per cent of value and duty.
DUTY_RATES = (0, 300, 650, 800, 1_800)
_DUTY_SHARES = (0.62, 0.14, 0.12, 0.07, 0.05)
GST_RATE = 500
_LATE_ACCOUNTING = 0.012
#: How much of what a card may pay is paid by one.
CARD_SHARE = 0.4
_PARS_SHARE, _RMD_SHARE = 0.72, 0.18


@dataclass(frozen=True)
class Target:
    """A figure of the population; ``value`` is what was published, where anything was."""

    name: str
    label: str
    value: Decimal | None
    source: str


_ASSUMED = "assumed"
TARGETS = (
    Target(
        "declarations_an_account",
        "Declarations an account in a year",
        Decimal(123),
        "30.7 million a year (from CSCB-ICD) over 250,000 accounts; chosen by the two numbers asked for",
    ),
    Target(
        "declarations_a_day",
        "Declarations a business day",
        Decimal(84_000),
        "7.9 million in 94 days (CSCB-ICD), at the size of the country",
    ),
    Target(
        "charged_a_declaration",
        "Charged a declaration, dollars",
        Decimal(1304),
        "10.3 billion over 7.9 million (CSCB-ICD)",
    ),
    Target("paid_share", "Paid of what was charged", Decimal("0.757"), "7.8 of 10.3 billion (CSCB-ICD)"),
    Target("rpp_share", "Releases prior to payment", Decimal("0.99"), "more than 99 % (YRT)"),
    Target("accounts_a_business", "Accounts an importer", None, _ASSUMED),
    Target("late_share", "Accounted for late", None, _ASSUMED),
    Target("overdue_account_share", "Accounts with something overdue", None, _ASSUMED),
    Target("broker_share", "Declarations filed by brokers", None, _ASSUMED),
    Target("largest_broker_share", "The largest broker's share", None, _ASSUMED),
    Target("largest_share", "The largest importer's share", None, _ASSUMED),
    Target("smaller_half_share", "Share of the smaller half of importers", None, _ASSUMED),
)


@dataclass(frozen=True)
class PayerKind:
    """How an importer pays: share of all, chance that a bill is paid at all, chance and length of being late."""

    share: float
    pays: float
    late: float
    most_days_late: int


PAYERS = (
    PayerKind(share=0.64, pays=1.0, late=0.01, most_days_late=5),
    PayerKind(share=0.13, pays=0.97, late=0.25, most_days_late=40),
    PayerKind(share=0.08, pays=0.60, late=0.60, most_days_late=80),
    PayerKind(share=0.15, pays=0.0, late=0.0, most_days_late=0),
)


@dataclass(frozen=True)
class Importer:
    """One program account: its place, its business, how much it declares, who files and how it pays."""

    number: int
    business: int
    program: int
    opens_business: bool
    declaration_count: int
    #: The broker's place, or ``None`` when it files for itself.
    broker: int | None
    payer: PayerKind
    is_french: bool


def broker_count(program_accounts: int) -> int:
    return max(FEWEST_BROKERS, program_accounts // ACCOUNTS_A_BROKER)


def importers(*, program_accounts: int, declarations: int, seed: int) -> Iterator[Importer]:
    """Every program account in order, one at a time; their declarations add up to what was asked for."""
    shift = 1 + program_accounts / _SHIFT
    weights_sum = sum((rank + shift) ** -_TAIL for rank in range(program_accounts))
    stride = _stride(program_accounts)
    brokers = list(accumulate((place + 2) ** -0.8 for place in range(broker_count(program_accounts))))
    payers = list(accumulate(kind.share for kind in PAYERS))
    large = max(1, program_accounts // _LARGE_ONE_IN)
    so_far, given, business, program, is_french = 0.0, 0, -1, 0, False
    broker: int | None = None
    for number in range(program_accounts):
        dice = Random(f"{seed}:{number}")
        rank = (number * stride + seed) % program_accounts
        so_far += (rank + shift) ** -_TAIL / weights_sum
        through = declarations if number == program_accounts - 1 else min(declarations, round(so_far * declarations))
        opens = business < 0 or program >= 4 or dice.random() >= _MORE_ACCOUNTS
        if opens:
            business, program = business + 1, 1
            broker = None if rank < large and rank % 2 == 0 else bisect(brokers, dice.random() * brokers[-1])
            is_french = dice.random() < 0.22
        else:
            program += 1
        yield Importer(
            number=number,
            business=business,
            program=program,
            opens_business=opens,
            declaration_count=through - given,
            broker=broker,
            payer=PAYERS[min(bisect(payers, dice.random()), len(PAYERS) - 1)],
            is_french=is_french,
        )
        given = through


def _stride(count: int) -> int:
    """A step that visits every rank once, so that giants stand anywhere among the accounts."""
    step = int(count * 0.618) | 1
    while count > 1 and _gcd(step, count) != 1:
        step += 2
    return step


def _gcd(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one


def periods() -> list[BillingPeriod]:
    found = [FIRST_PERIOD]
    while len(found) < len(SEASON):
        found.append(found[-1].following)
    return found


@dataclass(frozen=True)
class ReleaseDays:
    """The days of one billing period and how likely goods are to come on each."""

    days: tuple[date, ...]
    weights: tuple[float, ...]


def release_days(period: BillingPeriod) -> ReleaseDays:
    count = (period.last_day - period.first_day).days + 1
    days = tuple(period.first_day + timedelta(days=number) for number in range(count))
    return ReleaseDays(days, tuple(accumulate(_DAY_WEIGHTS[day.weekday()] for day in days)))


def by_period(count: int, dice: Random) -> list[int]:
    """How many of an importer's declarations fall in each period: the season for large ones, chance for small ones."""
    if count < 60:
        found = [0] * len(SEASON)
        for place in dice.choices(range(len(SEASON)), SEASON, k=count):
            found[place] += 1
        return found
    whole = sum(SEASON)
    marks = [round(count * part / whole) for part in accumulate(SEASON)]
    return [mark - before for before, mark in zip([0, *marks], marks, strict=False)]


_DUTY_CUMULATIVE = list(accumulate(_DUTY_SHARES))


def service_of(chance: float) -> str:
    """The service by which release was asked for, of a chance from nothing to one."""
    if chance < _PARS_SHARE:
        return "PARS"
    return "RMD" if chance < _PARS_SHARE + _RMD_SHARE else "IID"


def goods(dice: Random) -> tuple[int, int, int]:
    """Value for duty, customs duty and GST of one declaration, in cents, each rounded half up."""
    value = max(2_000, round(dice.lognormvariate(_VALUE_MU, _VALUE_SIGMA) * 100))
    rate = DUTY_RATES[min(bisect(_DUTY_CUMULATIVE, dice.random()), len(DUTY_RATES) - 1)]
    duty = (value * rate + 5_000) // 10_000
    return value, duty, ((value + duty) * GST_RATE + 5_000) // 10_000


def accounted_on(released_on: date, accounting_due_on: date, dice: Random) -> date:
    """The day a release is accounted for: in the five business days, rarely after them, never beyond what is known."""
    if dice.random() < _LATE_ACCOUNTING:
        day = accounting_due_on + timedelta(days=1 + int(dice.random() * 20))
    else:
        day = released_on + timedelta(days=int(dice.random() * ((accounting_due_on - released_on).days + 1)))
    return min(day, LAST_KNOWN_ON)


def paid_on(payer: PayerKind, statement_on: date, last_day_to_pay: date, dice: Random) -> date | None:
    """The day on which a statement is paid, or ``None`` when it is not paid (yet)."""
    if dice.random() >= payer.pays:
        return None
    if dice.random() < payer.late:
        day = last_day_to_pay + timedelta(days=1 + int(dice.random() * payer.most_days_late))
    else:
        spare = (last_day_to_pay - statement_on).days
        day = last_day_to_pay - timedelta(days=min(spare, int(dice.expovariate(0.6))))
    return day if day <= LAST_KNOWN_ON else None


_FIRST = ("Maple", "Prairie", "Harbour", "Cedar", "Granite", "Lakeshore", "Aurora", "Summit", "Tidewater", "Boreal")
_FIRST_FR = ("Érable", "Boréal", "Fleuve", "Cèdre", "Granit", "Laurentides", "Aurore", "Sommet", "Estuaire", "Plaine")
_SECOND = ("Outfitters", "Foods", "Machinery", "Textiles", "Lighting", "Toys", "Tools", "Plastics", "Optics", "Parts")
_SECOND_FR = ("Plein air", "Aliments", "Machines", "Textiles", "Éclairage", "Jouets", "Outils", "Plastiques", "Optique",
              "Pièces")  # fmt: skip
GOODS = ("Clothing", "Food preparations", "Machine parts", "Cotton fabric", "Lamps", "Toys", "Hand tools",
         "Plastic articles", "Instruments", "Vehicle parts")  # fmt: skip
PLACES = (
    ("Toronto", "ON", "M5V 2T6"), ("Montréal", "QC", "H3B 4W8"), ("Vancouver", "BC", "V6B 1A1"),
    ("Calgary", "AB", "T2P 1J9"), ("Winnipeg", "MB", "R3C 4T3"), ("Halifax", "NS", "B3J 2K9"),
    ("Windsor", "ON", "N9A 1A1"), ("Québec", "QC", "G1R 2B5"),
)  # fmt: skip
OFFICES = ("0497", "0453", "0813", "0809", "0427", "0396")


def business_name(number: int, *, is_french: bool) -> str:
    if is_french:
        return f"{_SECOND_FR[number % 10]} {_FIRST_FR[number // 10 % 10]} {number:06d} inc."
    return f"{_FIRST[number % 10]} {_SECOND[number // 10 % 10]} {number:06d} Ltd."


def broker_name(number: int) -> str:
    return f"{_FIRST[number % 10]} Customs Brokers {number:03d} Inc."

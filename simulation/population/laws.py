"""The shape of a generated population: who is large, who files for whom, when goods come and who pays late.

Everything follows from the seed, the two numbers asked for and these tables. The figures that they are held to stand
in ``TARGETS``, with their sources; shares and laws beside them are assumed.
"""

import math
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
_VALUE_MU, _VALUE_SIGMA = 8.37, 1.65
#: Rates of duty in ten-thousandths, by share; GST is five per cent of value and duty.
DUTY_RATES = (0, 300, 650, 800, 1_800)
_DUTY_SHARES = (0.62, 0.14, 0.12, 0.07, 0.05)
#: Declarations with two lines and with three; the others have one.
_TWO_LINES, _THREE_LINES = 0.16, 0.06
#: Small importers without Release Prior to Payment: the largest of them, and their share of those no larger.
_MOST_AT_PORT, _AT_PORT_SHARE = 8, 0.07
#: Importers whose small parcels a courier releases and accounts for by the month: the smallest, and their share.
_FEWEST_WITH_COURIER, _COURIER_SHARE = 12, 0.05
_NON_RESIDENT_SHARE = 0.06
#: Declarations corrected before their payment is due.
_CORRECTED = 0.015
#: Payments of more than is owed.
_OVERPAID = 0.004
#: A parcel that a courier may release as low value is worth at most this (SOR/86-1062 s. 7.1), in cents.
COURIER_LIMIT = 330_000
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
    Target(
        "unsecured_share",
        "Accounts without security",
        Decimal("0.86"),
        "19 March 2025 (GAZ-116), when importers needed none; since 20 May 2025 whoever releases prior to payment does",
    ),
    Target("accounts_a_business", "Accounts an importer", None, _ASSUMED),
    Target("late_share", "Accounted for late", None, _ASSUMED),
    Target("overdue_account_share", "Accounts with something overdue", None, _ASSUMED),
    Target("part_share", "Debts paid in part", None, _ASSUMED),
    Target("corrected_share", "Declarations corrected", None, _ASSUMED),
    Target("courier_share", "Declarations of courier goods", None, _ASSUMED),
    Target("non_resident_share", "Importers that are not resident", None, _ASSUMED),
    Target("bond_share", "Security by bond, of those who have any", None, _ASSUMED),
    Target("broker_share", "Declarations filed by brokers", None, _ASSUMED),
    Target("largest_broker_share", "The largest broker's share", None, _ASSUMED),
    Target("largest_share", "The largest importer's share", None, _ASSUMED),
    Target("smaller_half_share", "Share of the smaller half of importers", None, _ASSUMED),
)


@dataclass(frozen=True)
class PayerKind:
    """How an importer pays: share of all, chances that a bill is paid at all, late or in part, and how late."""

    share: float
    pays: float
    late: float
    most_days_late: int
    in_part: float = 0.0


PAYERS = (
    PayerKind(share=0.62, pays=1.0, late=0.01, most_days_late=5),
    PayerKind(share=0.13, pays=0.97, late=0.25, most_days_late=40, in_part=0.06),
    PayerKind(share=0.09, pays=0.60, late=0.60, most_days_late=80, in_part=0.30),
    PayerKind(share=0.16, pays=0.0, late=0.0, most_days_late=0),
)


@dataclass(frozen=True)
class Importer:
    """One program account: its place, its business, how much it declares, who files and how it pays."""

    number: int
    #: How many declarations those before it make.
    first: int
    business: int
    program: int
    opens_business: bool
    declaration_count: int
    #: The broker's place, or ``None`` when it files for itself.
    broker: int | None
    payer: PayerKind
    is_french: bool
    is_non_resident: bool
    #: Without Release Prior to Payment: pays at the port.
    pays_at_port: bool
    #: Has a declaration of courier goods each month beside the others.
    has_courier: bool


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
    so_far, given, business, program, is_french, is_foreign = 0.0, 0, -1, 0, False, False
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
            is_foreign = not is_french and dice.random() < _NON_RESIDENT_SHARE
        else:
            program += 1
        count, chance = through - given, dice.random()
        yield Importer(
            number=number,
            first=given,
            business=business,
            program=program,
            opens_business=opens,
            declaration_count=count,
            broker=broker,
            payer=PAYERS[min(bisect(payers, dice.random()), len(PAYERS) - 1)],
            is_french=is_french,
            is_non_resident=is_foreign,
            pays_at_port=0 < count <= _MOST_AT_PORT and chance < _AT_PORT_SHARE,
            has_courier=count >= _FEWEST_WITH_COURIER and chance < _COURIER_SHARE,
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


_DUTY_MARKS = list(accumulate(_DUTY_SHARES))[:-1]


def service_of(chance: float) -> str:
    """The service by which release was asked for, of a chance from nothing to one."""
    if chance < _PARS_SHARE:
        return "PARS"
    return "RMD" if chance < _PARS_SHARE + _RMD_SHARE else "IID"


#: Value for duty, the place of its rate among ``DUTY_RATES``, customs duty and GST of one line, in cents.
Line = tuple[int, int, int, int]


def line_of(value: int, rate: int) -> Line:
    """Duty and GST of one line, each rounded half up."""
    duty = (value * DUTY_RATES[rate] + 5_000) // 10_000
    return value, rate, duty, ((value + duty) * GST_RATE + 5_000) // 10_000


def goods(dice: Random) -> list[Line]:
    """The lines of one declaration."""
    random = dice.random
    value = max(2_000, round(math.exp(dice.gauss(_VALUE_MU, _VALUE_SIGMA)) * 100))
    chance = random()
    if chance >= _TWO_LINES + _THREE_LINES:
        return [line_of(value, bisect(_DUTY_MARKS, random()))]
    parts = [int(value * (0.2 + 0.5 * random()))]
    if chance < _THREE_LINES:
        parts.append((value - parts[0]) // 2)
    parts.append(value - sum(parts))
    return [line_of(part, bisect(_DUTY_MARKS, random())) for part in parts]


def parcel(dice: Random) -> Line:
    """The one line of a parcel that a courier releases."""
    return line_of(1_000 + int(dice.random() ** 2 * (COURIER_LIMIT - 1_000)), bisect(_DUTY_MARKS, dice.random()))


def corrected(lines: list[Line], dice: Random) -> list[Line]:
    """The lines as a correction declares them: the same, or rarely with another value on the first."""
    if dice.random() >= _CORRECTED:
        return lines
    value, rate, _duty, _gst = lines[0]
    return [line_of(int(value * (0.75 + 0.5 * dice.random())), rate), *lines[1:]]


def part_paid(payer: PayerKind, total: int, dice: Random) -> int:
    """How much of a bill is paid, in cents: rarely a part, rarely too much."""
    chance = dice.random()
    if chance < payer.in_part:
        return max(1, int(total * (0.3 + 0.6 * dice.random())))
    return -(-total // 10_000) * 10_000 if chance > 1 - _OVERPAID else total


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
#: Classification number, unit, edition and rate as the schedule has them, and what invoices call the goods; by rate.
TARIFF = (
    ("8302.10.00.10", "", "T2026", "Free", "Base metal hinges for furniture"),
    ("4418.73.00.00", "MTK", "T2026-2", "3%", "Flooring panels of bamboo"),
    ("3305.10.00.00", "", "T2026-2", "6.5%", "Shampoos"),
    ("8418.21.00.91", "NMB", "T2026", "8%", "Household refrigerators"),
    ("6109.10.00.11", "NMB", "T2026", "18%", "Cotton T-shirts, knitted"),
)
PLACES = (
    ("Toronto", "ON", "M5V 2T6"), ("Montréal", "QC", "H3B 4W8"), ("Vancouver", "BC", "V6B 1A1"),
    ("Calgary", "AB", "T2P 1J9"), ("Winnipeg", "MB", "R3C 4T3"), ("Halifax", "NS", "B3J 2K9"),
    ("Windsor", "ON", "N9A 1A1"), ("Québec", "QC", "G1R 2B5"),
)  # fmt: skip
FOREIGN_PLACES = (("Buffalo", "NY", "14203"), ("Detroit", "MI", "48226"), ("Seattle", "WA", "98101"))
VENDORS = ("Lakeside Works Inc.", "Cedar Ridge Supply LLC", "Great Plains Mfg. Co.", "Harborline Goods Inc.")
OFFICES = ("0497", "0453", "0813", "0809", "0427", "0396")


def business_name(number: int, *, is_french: bool) -> str:
    if is_french:
        return f"{_SECOND_FR[number % 10]} {_FIRST_FR[number // 10 % 10]} {number:06d} inc."
    return f"{_FIRST[number % 10]} {_SECOND[number // 10 % 10]} {number:06d} Ltd."


def broker_name(number: int) -> str:
    return f"{_FIRST[number % 10]} Customs Brokers {number:03d} Inc."


def surety_name(number: int) -> str:
    return f"{_FIRST[number % 10]} Surety {number:03d} Ltd."


def courier_name(number: int) -> str:
    return f"{_FIRST[number % 10]} Couriers {number:03d} Inc."

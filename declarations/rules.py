"""Duties and taxes of one line of a declaration.

Source: Excise Tax Act s. 212 and 215 and memorandum D13-2-5 for the order and the base of the GST; the surtax orders
(e.g. SOR/2025-95) for a surtax on the value for duty alone; memorandum D17-1-22 for casual goods, which bear HST where
it applies and otherwise GST and the province's tax.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal, localcontext
from enum import StrEnum
from itertools import repeat
from typing import Any

from core.money import ZERO, round_cents
from reference.rules.policy import Policy
from reference.rules.rates import Interest, RateFrom, SalesTaxFrom, interest
from reference.rules.surtax import Exemption, exemptions_of, surtax_base
from reference.rules.tariff import FREE, DutyRate

#: Days after the day for accounting until the penalty follows the overdue notice (assumed: no source gives them).
PENALTY_AFTER_DAYS = 10
#: Treatments that need no proof of origin; every other one does (Customs Act s. 35.1).
WITHOUT_PROOF = frozenset({"MFN", "GT"})
STATEMENT_DAY = 25

#: Value for duty code: how vendor and importer stand to each other, then the method of valuation (memorandum D17-1-10
#: as it is told; the agency's own page of the digits was not seen).
VALUE_FOR_DUTY_RELATIONSHIPS = ("1", "2")
VALUE_FOR_DUTY_METHODS = ("3", "4", "5", "6", "7", "8", "9")
#: Grounds for no surtax that rest on a paper with a number.
#: What a ground claims of an order; goods that the order does not name claim nothing of it.
GROUND_EXEMPTIONS = {
    "QUOTA": Exemption.WITHIN_QUOTA,
    "REMISSION": Exemption.REMISSION,
    "SMALL": Exemption.SMALL_DECLARATION,
    "TRANSIT": Exemption.IN_TRANSIT,
    "CHAPTER98": Exemption.CHAPTER_98,
    "REPAIR": Exemption.REPAIR,
    "AEROSPACE": Exemption.VEHICLE_OR_AEROSPACE_USE,
}
GROUNDS_WITH_NUMBER = frozenset({"QUOTA", "REMISSION"})
LONGEST_TIME_LIMIT = 60
_AUTHORITY = re.compile(r"\d{2}-\d{1,4}(-\d{1,4})?")

GST_RATE = Decimal("0.05")
_PRECISION = 60


@dataclass(frozen=True)
class LineInput:
    """What a line declares. Rates are fractions (0.05 is 5 %), amounts dollars, ``value`` is in the invoice's currency.

    ``surtax_orders`` names the orders of the rates in the same order, where their bases differ; ``surtax_content`` is
    the Canadian and Mexican content claimed of a vehicle.
    ``hst_rate`` is for casual goods of a harmonized province and takes the place of the GST; ``provincial_rate`` is for
    casual goods elsewhere and stands beside it.
    """

    value: Decimal
    exchange_rate: Decimal = Decimal(1)
    duty_rate: DutyRate = FREE
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    sima: Decimal = ZERO
    surtax_rates: tuple[Decimal, ...] = ()
    surtax_orders: tuple[str, ...] = ()
    surtax_content: Decimal = ZERO
    excise_duty: Decimal = ZERO
    excise_tax: Decimal = ZERO
    gst_rate: Decimal = GST_RATE
    hst_rate: Decimal | None = None
    provincial_rate: Decimal = Decimal(0)


@dataclass(frozen=True)
class LineAssessment:
    """The amounts of a line in dollars, each rounded half up to cents when it was made."""

    value_for_duty: Decimal
    duty: Decimal
    sima: Decimal
    surtax: Decimal
    excise_duty: Decimal
    excise_tax: Decimal
    value_for_tax: Decimal
    gst: Decimal
    hst: Decimal
    provincial_tax: Decimal
    total: Decimal
    surtaxes: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class AssessmentTotals:
    """The sums of a declaration's lines."""

    value_for_duty: Decimal = ZERO
    duty: Decimal = ZERO
    sima: Decimal = ZERO
    surtax: Decimal = ZERO
    excise_duty: Decimal = ZERO
    excise_tax: Decimal = ZERO
    value_for_tax: Decimal = ZERO
    gst: Decimal = ZERO
    hst: Decimal = ZERO
    provincial_tax: Decimal = ZERO
    total: Decimal = ZERO


def line_assessment(line: LineInput) -> LineAssessment:
    """Value for duty, duty, surtax, value for tax, GST or HST and the total payable of one line (ETA s. 215, D13-2-5).

    Every amount is rounded half up to cents when it is made and the next is computed from the rounded one; each surtax
    order makes an amount of its own. ``QuantityMissing`` when a specific rate lacks its quantity, ``ValueError`` for a
    negative value or an exchange rate that is not above zero.
    """
    if line.value < 0 or line.exchange_rate <= 0:
        raise ValueError("a value below zero or an exchange rate not above zero cannot be assessed")
    with localcontext() as context:
        context.prec = _PRECISION
        value_for_duty = round_cents(line.value * line.exchange_rate)
        duty = round_cents(line.duty_rate.duty(value_for_duty, line.quantities))
        sima = round_cents(line.sima)
        surtaxes = tuple(
            round_cents(surtax_base(order, value_for_duty, content=line.surtax_content) * rate)
            for order, rate in zip(line.surtax_orders or repeat(""), line.surtax_rates, strict=False)
        )
        surtax = sum(surtaxes, ZERO)
        excise_duty = round_cents(line.excise_duty)
        excise_tax = round_cents(line.excise_tax)
        value_for_tax = value_for_duty + duty + sima + surtax + excise_duty + excise_tax
        is_harmonized = line.hst_rate is not None
        gst = ZERO if is_harmonized else round_cents(value_for_tax * line.gst_rate)
        hst = round_cents(value_for_tax * line.hst_rate) if line.hst_rate is not None else ZERO
        provincial_tax = ZERO if is_harmonized else round_cents(value_for_tax * line.provincial_rate)
        return LineAssessment(
            value_for_duty=value_for_duty,
            duty=duty,
            sima=sima,
            surtax=surtax,
            excise_duty=excise_duty,
            excise_tax=excise_tax,
            value_for_tax=value_for_tax,
            gst=gst,
            hst=hst,
            provincial_tax=provincial_tax,
            total=duty + sima + surtax + excise_duty + excise_tax + gst + hst + provincial_tax,
            surtaxes=surtaxes,
        )


def assessment_totals(lines: Iterable[LineAssessment]) -> AssessmentTotals:
    """The lines added up, box by box."""
    assessed = list(lines)
    return AssessmentTotals(
        **{box.name: sum((getattr(line, box.name) for line in assessed), ZERO) for box in fields(AssessmentTotals)}
    )


def can_correct(*, state: str, payment_due_on: date, on: date) -> bool:
    """Whether a change is still a correction: until the payment due date (Customs Act s. 32.2(3))."""
    return state == "ACCEPTED" and on <= payment_due_on


def late_accounting_penalty(*, accounting_due_on: date, on: date, policy: Policy) -> Decimal | None:
    """The penalty for goods still not accounted for on a day: dollars, zero where it doesn't apply, ``None`` too early.

    Contraventions C288 and C292: a flat amount for each release. It follows the overdue notice after ten days
    (assumed); whether it applies and how much it is go by the day on which the accounting was due (assumed).
    """
    if on < accounting_due_on + timedelta(days=PENALTY_AFTER_DAYS):
        return None
    if not policy.holds("late_accounting.penalty_applies", accounting_due_on):
        return ZERO
    return policy.amount("late_accounting.penalty", accounting_due_on)


def accounting_unit(
    number: str, *, declaration_id: int | None, courier_month: tuple[int | None, int, date] | None
) -> tuple[Any, ...]:
    """What is accounted for together, and so reminded of and penalized once.

    Courier releases of one filer and month stand in one declaration (SOR/86-1062 s. 7.4), begun or not; every other
    release has its own. ``courier_month`` is program account, filer and the day of accounting; that one declaration
    bears one penalty is assumed.
    """
    if declaration_id is not None:
        return ("declaration", declaration_id)
    return ("courier", *courier_month) if courier_month else ("release", number)


class AssessmentRefusal(StrEnum):
    """Why an officer does not assess goods: the importer's declaration comes first."""

    NOT_RELEASED = "not_released"
    ACCOUNTED = "already_accounted"
    NOT_OVERDUE = "not_overdue"
    ASSESSED = "already_assessed"
    NOTHING = "nothing_to_assess"


def assessment_refusal(
    *, accounting_due_on: date | None, accounted_on: date | None, on: date, is_assessed: bool, total: Decimal
) -> AssessmentRefusal | None:
    """Why the agency does not assess released goods itself on a day; ``None`` when it may.

    It does so only where the declaration is still missing after its day (CN 25-16), and once: what is declared later
    corrects it.
    """
    if accounting_due_on is None:
        return AssessmentRefusal.NOT_RELEASED
    if accounted_on is not None:
        return AssessmentRefusal.ACCOUNTED
    if on <= accounting_due_on:
        return AssessmentRefusal.NOT_OVERDUE
    if is_assessed:
        return AssessmentRefusal.ASSESSED
    return None if total > 0 else AssessmentRefusal.NOTHING


def statement_day(*, statement_on: date, posted_on: date) -> date:
    """The statement on which a declaration appears: its release's own, or the next one after the day it was accepted.

    A statement shows what was posted before its day, the 25th (CBSA-DN; the cut at the day before is assumed).
    """
    if posted_on < statement_on:
        return statement_on
    if posted_on.day < STATEMENT_DAY:
        return posted_on.replace(day=STATEMENT_DAY)
    return (posted_on.replace(day=1) + timedelta(days=32)).replace(day=STATEMENT_DAY)


def spares(ground: str, order: str) -> bool:
    """Whether a ground spares the goods an order's surtax: they are not its goods, or the order has that exemption.

    Of an order whose exemptions are not known here every ground is taken on the filer's word (assumed).
    """
    known = exemptions_of(order)
    return ground == "GOODS" or not known or GROUND_EXEMPTIONS.get(ground) in known


def needs_origin_proof(treatment: str) -> bool:
    """Whether the claim of a treatment rests on a proof of origin (Customs Act s. 35.1)."""
    return treatment not in WITHOUT_PROOF


def is_value_for_duty_code(code: str) -> bool:
    """Whether two digits say a relationship and a method of valuation (Customs Act s. 47 to 53)."""
    return len(code) == 2 and code[0] in VALUE_FOR_DUTY_RELATIONSHIPS and code[1] in VALUE_FOR_DUTY_METHODS


def is_special_authority(text: str) -> bool:
    """Whether a text has the form of an order in council or authorization, such as 20-1135 or 21-1-85."""
    return _AUTHORITY.fullmatch(text) is not None


@dataclass(frozen=True)
class CasualTax:
    """What casual goods bear in a province: rates as fractions, ``hst_rate`` in place of the GST where it is set."""

    hst_rate: Decimal | None
    provincial_rate: Decimal
    is_illustrative: bool = False

    @property
    def shown_rate(self) -> Decimal:
        return self.hst_rate if self.hst_rate is not None else self.provincial_rate


def casual_tax(tax: SalesTaxFrom) -> CasualTax:
    """HST in a harmonized province, else the GST and the province's own tax where it is collected at the border.

    Source: memorandum D17-1-22. Where nobody says whether it is collected, it is, and is marked illustrative (assumed).
    """
    if tax.hst_rate:
        return CasualTax(tax.hst_rate, Decimal(0))
    if tax.collected_at_border == "no":
        return CasualTax(None, Decimal(0))
    is_unknown = tax.collected_at_border != "yes" and bool(tax.provincial_rate)
    return CasualTax(None, tax.provincial_rate, is_unknown)


#: The code that the portal derives, of the old memorandum's first digits as they are told (assumed).
_SIMA_CODES = {"non_subject": "10", "undertaking": "20", "subject": "40"}


def sima_code(subject: str) -> str:
    """The SIMA code of goods that are subject, non-subject or under an undertaking; the filer never types it."""
    return _SIMA_CODES[subject]


def sima_payable(computed: Decimal | None, self_declared: Decimal) -> Decimal:
    """The portal's own amount, or a higher one that the filer declares (SIMA self-assessment guide, as it is told)."""
    return max(computed or ZERO, self_declared)


def excise_payable(computed: Decimal, declared: Decimal, *, is_exempt: bool) -> Decimal:
    """The table's amount, or what the filer declares in its place; nothing of exempt goods.

    The table knows numbers and quantities alone: strength, package and content may make another amount right, for which
    the filer answers (assumed).
    """
    if is_exempt:
        return ZERO
    return declared or computed


def voluntary_interest(principal: Decimal, *, entered_on: date, on: date, rates: Iterable[RateFrom]) -> Interest:
    """Interest on goods that entered without release, from the day after they came to the day they are accounted for.

    Customs Act s. 33.4(1)(b): specified rate from the day after the person became liable. ``RateMissing`` when a day
    has no rate.
    """
    return interest(principal, entered_on, on, rates)


def is_of_one_month(days: Iterable[date]) -> bool:
    """Whether releases may stand in one consolidated declaration (SOR/86-1062 s. 7.4): one calendar month."""
    return len({(day.year, day.month) for day in days}) == 1

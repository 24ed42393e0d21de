"""The public calculators: one computation each, for the page and for the open API. They write nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from core.errors import DomainError
from declarations.rules import AssessmentTotals, LineAssessment, LineInput, assessment_totals, line_assessment
from reference import queries
from reference.rules.billing import BillingDates
from reference.rules.policy import SecurityParameters
from reference.rules.rates import ExchangeQuote, Interest, RateFrom, RateMissing, SalesTaxFrom, interest
from reference.rules.requirement import HighestMonth, Month, Requirement, highest_month, months_before, requirement_for
from reference.rules.tariff import ad_valorem

ZERO = Decimal(0)
GST = Decimal("0.05")


@dataclass(frozen=True)
class DutyLine:
    """One line as a caller gives it; rates are fractions, ``value`` is in the invoice's currency.

    A ``province`` makes the goods casual: HST in place of the GST where it applies, else GST and the province's tax.
    """

    value: Decimal
    duty_rate: Decimal = ZERO
    sima: Decimal = ZERO
    surtax_rates: tuple[Decimal, ...] = ()
    excise_duty: Decimal = ZERO
    excise_tax: Decimal = ZERO
    gst_rate: Decimal = GST
    province: str | None = None


@dataclass(frozen=True)
class DutyLineEstimate:
    line: DutyLine
    assessment: LineAssessment
    sales_tax: SalesTaxFrom | None


@dataclass(frozen=True)
class DutiesEstimate:
    """``quote`` is None where the caller gave the rate."""

    currency: str
    exchange_rate: Decimal
    quote: ExchangeQuote | None
    shipped_on: date
    lines: tuple[DutyLineEstimate, ...]
    totals: AssessmentTotals

    @property
    def total(self) -> Decimal:
        return self.totals.total


@dataclass(frozen=True)
class SecurityEstimate:
    on: date
    months: tuple[Month, ...]
    highest: HighestMonth
    requirement: Requirement
    parameters: SecurityParameters


def duties_estimate(
    *, currency: str, lines: Sequence[DutyLine], shipped_on: date, exchange_rate: Decimal | None = None
) -> DutiesEstimate:
    """Duties and taxes of each line and in all, every amount rounded half up to cents when it is made.

    Without ``exchange_rate`` the dated table gives the rate of the day of direct shipment (1 for Canadian dollars).
    ``DomainError`` names ``currency`` or the line's province where no row is known.
    """
    rate, quote = exchange_rate, None
    if rate is None:
        quote = _quote(currency, shipped_on)
        rate = quote.rate
    taxes = {line.province: queries.sales_tax_of(line.province, shipped_on) for line in lines if line.province}
    estimates = []
    for position, line in enumerate(lines):
        tax = taxes[line.province] if line.province else None
        if line.province and tax is None:
            raise DomainError(
                _("No sales tax is known for %(province)s on %(day)s. Choose another province or a later day.")
                % {"province": line.province, "day": formats.day(shipped_on, _language())},
                code="sales_tax_unknown",
                field=f"lines[{position}].province",
            )
        estimates.append(DutyLineEstimate(line=line, assessment=_assessed(line, rate, tax), sales_tax=tax))
    return DutiesEstimate(
        currency=currency,
        exchange_rate=rate,
        quote=quote,
        shipped_on=shipped_on,
        lines=tuple(estimates),
        totals=assessment_totals(estimate.assessment for estimate in estimates),
    )


def security_estimate(*, monthly_totals: Mapping[Month, Decimal], on: date) -> SecurityEstimate:
    """Bond and deposit from the highest of the twelve calendar months before ``on``'s; others are ignored."""
    policy = queries.policy()
    highest = highest_month(monthly_totals, on)
    return SecurityEstimate(
        on=on,
        months=months_before(on),
        highest=highest,
        requirement=requirement_for(highest.amount, on, policy=policy),
        parameters=policy.security_parameters(on),
    )


def billing_estimate(*, released_on: date) -> BillingDates:
    """The billing period of a release and every date that follows from it."""
    return queries.billing_dates_of(released_on)


def interest_estimate(
    *, principal: Decimal, due_on: date, paid_on: date, rates: Sequence[RateFrom] | None = None
) -> Interest:
    """Interest on a late amount; without ``rates`` (fractions) the dated table of specified rates is used.

    ``DomainError`` names ``rates`` where a day has none.
    """
    table = queries.specified_rates() if rates is None else rates
    try:
        return interest(principal, due_on, paid_on, table)
    except RateMissing as missing:
        raise DomainError(
            _("No rate is known for %(day)s. Give a rate that is in force from that day or earlier.")
            % {"day": formats.day(missing.day, _language())},
            code="rate_missing",
            field="rates",
        ) from missing


def _quote(currency: str, on: date) -> ExchangeQuote:
    quote = queries.exchange_quote(currency, on)
    if quote is None:
        raise DomainError(
            _("No exchange rate is known for %(currency)s on %(day)s. Give one yourself as the exchange rate.")
            % {"currency": currency, "day": formats.day(on, _language())},
            code="exchange_rate_unknown",
            field="currency",
        )
    return quote


def _assessed(line: DutyLine, exchange_rate: Decimal, tax: SalesTaxFrom | None) -> LineAssessment:
    return line_assessment(
        LineInput(
            value=line.value,
            exchange_rate=exchange_rate,
            duty_rate=ad_valorem(line.duty_rate),
            sima=line.sima,
            surtax_rates=line.surtax_rates,
            excise_duty=line.excise_duty,
            excise_tax=line.excise_tax,
            gst_rate=line.gst_rate,
            hst_rate=tax.hst_rate if tax and tax.hst_rate else None,
            provincial_rate=tax.provincial_rate if tax else ZERO,
        )
    )


def _language() -> str:
    return get_language() or "en"

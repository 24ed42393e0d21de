"""Reading the dated tables. Where a table is empty the shipped one answers, so the open calculators need no load."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from core.once import once
from reference import shipped
from reference.models import (
    BillingOverride,
    ClassificationNumber,
    CodeEntry,
    Country,
    ExchangeRate,
    InterestRate,
    Mark,
    Office,
    PolicyParameter,
    ReviewCycle,
    SalesTax,
    SimaMeasure,
    SurtaxOrder,
    TariffRate,
    TariffTreatment,
    TreatmentCountry,
)
from reference.queries.excise import excise_rates as excise_rates
from reference.queries.excise import excise_rates_of as excise_rates_of
from reference.queries.excise import may_bear_excise as may_bear_excise
from reference.queries.search import classification_search as classification_search
from reference.queries.search import digits_of as _digits
from reference.rules import billing, rates, requirement, sima, surtax
from reference.rules.dated import latest
from reference.rules.policy import BUILT_IN, Policy, PolicyRow
from reference.rules.tariff import DutyRate, parse_duty_rate

MOST_FAVOURED_NATION = "MFN"
GENERAL = "GT"
UNITS = "unit_of_measure"
_INTEREST_APPLIES = "late_payment.interest_applies"


# --- Billing calendar ----------------------------------------------------------------------------------------------


@once
def billing_overrides() -> tuple[billing.Override, ...]:
    return tuple(
        billing.Override(
            period=billing.BillingPeriod(row.period_year, row.period_month),
            payment_due_on=row.payment_due_on,
            last_day_to_pay=row.last_day_to_pay,
        )
        for row in BillingOverride.objects.all()
    )


def billing_dates_of(released_on: date, stream: billing.Stream = billing.Stream.RPP) -> billing.BillingDates:
    """Period, accounting, statement and payment dates of a release, with the agency's own dates where it set any."""
    return billing.billing_dates(released_on, stream, overrides=billing_overrides())


def payment_due_on(period: billing.BillingPeriod) -> date:
    return billing.payment_due_on(period, overrides=billing_overrides())


def last_day_to_pay(period: billing.BillingPeriod) -> date:
    return billing.last_day_to_pay(period, overrides=billing_overrides())


# --- Interest ------------------------------------------------------------------------------------------------------


def specified_rates() -> tuple[rates.RateFrom, ...]:
    """The dated rates on late amounts, as fractions."""
    return _interest_rates("specified_rate") or shipped.specified_rates()


def prescribed_rates() -> tuple[rates.RateFrom, ...]:
    """The dated prescribed rates, as fractions."""
    return _interest_rates("prescribed_rate")


def late_rates() -> tuple[rates.RateFrom, ...]:
    """The rates on late duties and interest, relief windows at nothing."""
    return rates.rates_in_force(specified_rates(), _relief())


def late_penalty_rates() -> tuple[rates.RateFrom, ...]:
    """The rates on late penalties, relief windows at nothing."""
    return rates.rates_in_force(prescribed_rates(), _relief())


def late_interest_rule(on: date) -> PolicyRow:
    """The policy on late amounts in force on a day, with its date, mark and source."""
    return policy().row(_INTEREST_APPLIES, on)


def _relief() -> list[tuple[date, bool]]:
    dated = policy()
    days = {row.effective_from for row in dated.rows(_INTEREST_APPLIES)}
    return [(day, dated.text(_INTEREST_APPLIES, day) == "yes") for day in sorted(days)]


@once
def _interest_rates(column: str) -> tuple[rates.RateFrom, ...]:
    return tuple(
        rates.RateFrom(
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            rate=getattr(row, column),
            mark=row.mark,
            source=row.basis,
        )
        for row in InterestRate.objects.order_by("effective_from")
    )


# --- Exchange ------------------------------------------------------------------------------------------------------


def exchange_quote(currency: str, on: date) -> rates.ExchangeQuote | None:
    """Canadian dollars for one unit on the day of direct shipment; None for a currency without any quote.

    The latest of an officer's official row and the central bank's history; a stand-in row only where neither exists.
    """
    if currency == shipped.DOLLAR:
        return rates.ExchangeQuote(currency, Decimal(1), on, "", Mark.VERIFIED.value)
    row = ExchangeRate.objects.filter(currency=currency, rate_on__lte=on).order_by("-rate_on").first()
    loaded = (
        rates.ExchangeQuote(
            currency=currency,
            rate=rates.round_exchange_rate(row.rate),
            rate_on=row.rate_on,
            source=row.source,
            mark=row.mark,
            is_after_table_end=row.mark == Mark.VERIFIED and on - row.rate_on > shipped.STALE_AFTER,
        )
        if row
        else None
    )
    bank = shipped.central_bank_quote(currency, on)
    if loaded and (bank is None or loaded.rate_on >= bank.rate_on):
        return loaded
    return bank or loaded or shipped.illustrative_quotes().get(currency)


def currencies(language: str) -> list[tuple[str, str]]:
    """Code and name of every currency still quoted, the commonest first."""
    first = [shipped.DOLLAR, "USD", shipped.EURO, "GBP", "CNY", "JPY", "MXN"]
    rest = sorted(shipped.living_currencies() - set(first))
    return [(code, shipped.currency_name(code, language)) for code in [*first, *rest]]


# --- Taxes ---------------------------------------------------------------------------------------------------------


def sales_tax_of(province: str, on: date) -> rates.SalesTaxFrom | None:
    """What casual goods bear in the province on the day; None for an unknown province or an earlier day."""
    rows = tuple(
        rates.SalesTaxFrom(
            province=row.province,
            effective_from=row.effective_from,
            gst_rate=row.gst_rate,
            hst_rate=row.hst_rate,
            provincial_rate=row.provincial_rate,
            provincial_name=row.provincial_name,
            collected_at_border=row.collected_at_border,
            source=row.source,
        )
        for row in SalesTax.objects.filter(province=province)
    )
    return rates.sales_tax(rows or shipped.sales_taxes(), province, on)


def provinces() -> tuple[str, ...]:
    """The codes of provinces and territories with a sales tax row."""
    return tuple(sorted({row.province for row in shipped.sales_taxes()}))


@once
def surtax_orders() -> tuple[rates.SurtaxOrderFrom, ...]:
    return (
        tuple(
            rates.SurtaxOrderFrom(
                order=row.order,
                name=row.name,
                goods=row.goods,
                rate=row.rate,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                prefixes=tuple(row.prefixes.split()),
                origins=tuple(row.origins.split()),
                excluded_origins=tuple(row.excluded_origins.split()),
                group=row.group,
                priority=row.priority,
                exemption=row.exemption,
                source=row.source,
                mark=row.mark,
                name_fr=row.name_fr,
                goods_fr=row.goods_fr,
                reach=tuple(row.reach.split()),
            )
            for row in SurtaxOrder.objects.all()
        )
        or shipped.surtax_orders()
    )


def surtaxes_of(classification_number: str, origin: str, on: date) -> tuple[rates.SurtaxOrderFrom, ...]:
    """The surtax orders that may apply to goods of the number and origin on the day of release."""
    return rates.surtaxes_for(surtax_orders(), classification_number, origin, on)


def surtax_findings_of(
    classification_number: str, origin: str, on: date, *, is_cusma_vehicle: bool = False
) -> tuple[surtax.SurtaxFinding, ...]:
    """Every order that names the goods on the day, why, and what may be claimed against it."""
    return surtax.surtax_findings(surtax_orders(), classification_number, origin, on, is_cusma_vehicle=is_cusma_vehicle)


def unlisted_surtaxes_of(classification_number: str, origin: str, on: date) -> tuple[rates.SurtaxOrderFrom, ...]:
    """The orders in force about such goods whose list is not known here: the filer has to look."""
    return surtax.unlisted_orders(surtax_orders(), classification_number, origin, on)


# --- Anti-dumping and countervailing duty --------------------------------------------------------------------------


@once
def sima_measures() -> tuple[sima.SimaMeasureFrom, ...]:
    return (
        tuple(
            sima.SimaMeasureFrom(
                case=row.case,
                goods_en=row.goods_en,
                goods_fr=row.goods_fr,
                prefixes=tuple(row.prefixes.split()),
                origins=tuple(row.origins.split()),
                exporter=row.exporter,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                normal_value=row.normal_value,
                unit=row.unit,
                antidumping_rate=row.antidumping_rate,
                countervailing_amount=row.countervailing_amount,
                countervailing_rate=row.countervailing_rate,
                is_undertaking=row.is_undertaking,
                mark=row.mark,
                source=row.source,
            )
            for row in SimaMeasure.objects.all()
        )
        or shipped.sima_measures()
    )


def sima_measures_for(digits: str, origin: str, on: date) -> tuple[sima.SimaMeasureFrom, ...]:
    """The measures that name goods of the number and origin on the day: named exporters first, all others last."""
    return sima.sima_measures(sima_measures(), digits, origin, on)


# --- Tariff --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DutyRateInForce:
    """The rate found for a number and treatment; ``treatment`` is MFN where the one asked for is not listed."""

    rate: DutyRate
    treatment: str
    effective_from: date
    edition: str
    is_illustrative: bool
    is_listed: bool


def classification_of(number: str) -> ClassificationNumber | None:
    """The row of a ten-digit number, with or without its points."""
    return ClassificationNumber.objects.filter(digits=_digits(number)).first()


def duty_rate_of(number: str, treatment: str, on: date) -> DutyRateInForce | None:
    """The rate in force under the treatment, or MFN's where it is not listed; None without any row."""
    return duty_rates_of(number, [treatment], on)[treatment]


def duty_rates_of(number: str, treatments: Collection[str], on: date) -> dict[str, DutyRateInForce | None]:
    """The same for several treatments, in one query."""
    rows = TariffRate.objects.filter(classification__digits=_digits(number), effective_from__lte=on)
    known = list(rows.filter(treatment_id__in=[*treatments, MOST_FAVOURED_NATION]))
    return {treatment: _rate_among(known, treatment, on) for treatment in treatments}


def classifications_of(numbers: Collection[str]) -> dict[str, ClassificationNumber]:
    """The rows of many numbers by their digits, in one query a few hundred."""
    wanted = sorted({_digits(number) for number in numbers})
    return {
        row.digits: row
        for first in range(0, len(wanted), 400)
        for row in ClassificationNumber.objects.filter(digits__in=wanted[first : first + 400])
    }


def duty_rates_of_many(asked: Collection[tuple[str, str]], on: date) -> dict[tuple[str, str], DutyRateInForce | None]:
    """What ``duty_rate_of`` answers for many pairs of number and treatment, in one query a few hundred numbers."""
    wanted = sorted({_digits(number) for number, _treatment in asked})
    known: dict[str, list[TariffRate]] = {digits: [] for digits in wanted}
    for first in range(0, len(wanted), 400):
        rows = TariffRate.objects.filter(classification__digits__in=wanted[first : first + 400], effective_from__lte=on)
        for row in rows.select_related("classification"):
            known[row.classification.digits].append(row)
    return {pair: _rate_among(known[_digits(pair[0])], pair[1], on) for pair in asked}


def _rate_among(known: Collection[TariffRate], treatment: str, on: date) -> DutyRateInForce | None:
    asked = latest((row for row in known if row.treatment_id == treatment), on)
    if asked is not None and not asked.text:
        asked = None
    row = asked or latest((row for row in known if row.treatment_id == MOST_FAVOURED_NATION), on)
    if row is None or not row.text:
        return None
    return DutyRateInForce(
        rate=parse_duty_rate(row.text),
        treatment=row.treatment_id,
        effective_from=row.effective_from,
        edition=row.edition,
        is_illustrative=row.mark == Mark.ILLUSTRATIVE,
        is_listed=asked is not None,
    )


def treatments_for(country: str, on: date) -> list[TariffTreatment]:
    """What goods of the country may claim on the day; MFN unless the country is under the General Tariff."""
    eligible = (
        TreatmentCountry.objects.filter(country_id=country, effective_from__lte=on)
        .filter(Q(effective_to=None) | Q(effective_to__gte=on))
        .values("treatment_id")
    )
    offered: list[Any] = list(
        treatments(on).annotate(is_named=Q(code__in=eligible)).filter(Q(is_named=True) | Q(code=MOST_FAVOURED_NATION))
    )
    if any(row.code == GENERAL for row in offered):
        return [row for row in offered if row.is_named]
    return offered


def treatments_of_many(countries: Collection[str], on: date) -> dict[str, frozenset[str]]:
    """The codes that ``treatments_for`` answers, for many countries in one query."""
    named: dict[str, set[str]] = {country: set() for country in countries}
    rows = (
        TreatmentCountry.objects.filter(country_id__in=countries, effective_from__lte=on)
        .filter(Q(effective_to=None) | Q(effective_to__gte=on))
        .filter(Q(treatment__effective_to=None) | Q(treatment__effective_to__gte=on))
        .values_list("country_id", "treatment_id")
    )
    for country, treatment in rows:
        named[country].add(treatment)
    return {
        country: frozenset(codes if GENERAL in codes else codes | {MOST_FAVOURED_NATION})
        for country, codes in named.items()
    }


@dataclass(frozen=True)
class TreatmentCheck:
    """Whether goods of the origin may claim the treatment, and what they may claim."""

    treatment: str
    origin: str
    allowed: tuple[TariffTreatment, ...]

    @property
    def is_allowed(self) -> bool:
        return any(row.code == self.treatment for row in self.allowed)


def treatment_check(treatment: str, origin: str, on: date) -> TreatmentCheck:
    """The treatment claimed against the country of origin on the day (Customs Tariff s. 24)."""
    return TreatmentCheck(treatment=treatment, origin=origin, allowed=tuple(treatments_for(origin, on)))


def treatments(on: date) -> QuerySet[TariffTreatment]:
    return TariffTreatment.objects.filter(Q(effective_to=None) | Q(effective_to__gte=on))


# --- Lists ---------------------------------------------------------------------------------------------------------


def countries() -> QuerySet[Country]:
    return Country.objects.all()


def country_names(language: str) -> dict[str, str]:
    """Names by code, by name: of the shipped table, which the rows repeat and nobody edits."""
    place = 1 if language.startswith("fr") else 0
    names = {code: both[place] for code, both in shipped.territory_names().items()}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def offices() -> QuerySet[Office]:
    return Office.objects.all()


def office_names(code: str) -> Subquery:
    """Both names of an office as a column of a query whose rows carry its code: ``{"en": ..., "fr": ...}``."""
    return Subquery(Office.objects.filter(code=code).values(names=JSONObject(en="name_en", fr="name_fr"))[:1])


def office_of(code: str) -> Office | None:
    return Office.objects.filter(code=code).first()


def code_list(name: str) -> QuerySet[CodeEntry]:
    return CodeEntry.objects.filter(list_name=name)


# --- Policy --------------------------------------------------------------------------------------------------------


@once
def policy() -> Policy:
    """The dated policy, with the rows an officer added; a key newer than this world's table keeps its shipped rows."""
    rows = [
        PolicyRow(row.key, row.effective_from, row.value, row.mark, row.source)
        for row in PolicyParameter.objects.order_by("key", "effective_from")
    ]
    known = {row.key for row in rows}
    return Policy([*(row for row in BUILT_IN if row.key not in known), *rows])


def review_cycles() -> tuple[requirement.ReviewCycle, ...]:
    """The cycles in use: those of the name in ``settings.REVIEW_CYCLE``, or ``dated`` for all as they followed."""
    known = known_review_cycles()
    if settings.REVIEW_CYCLE == "dated":
        return known
    return tuple(cycle for cycle in known if cycle.name == settings.REVIEW_CYCLE)


@once
def known_review_cycles() -> tuple[requirement.ReviewCycle, ...]:
    """Every cycle there is, in use or not, the newest first."""
    rows = tuple(
        requirement.ReviewCycle(
            name=row.name,
            first_year=row.first_year,
            start_month=row.start_month,
            start_day=row.start_day,
            due_month=row.due_month,
            due_day=row.due_day,
            due_years_later=row.due_years_later,
            run_time=row.run_time,
            mark=row.mark,
            source=row.source,
        )
        for row in ReviewCycle.objects.all()
    )
    return rows or requirement.REVIEW_CYCLES


def review_schedule(year: int) -> requirement.ReviewSchedule:
    """The dates of the review that runs in the year."""
    return requirement.review_schedule(year, cycles=review_cycles())

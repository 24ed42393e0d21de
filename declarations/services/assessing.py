"""One line assessed: the dated tables as they stood on the day, what is wrong with the line, or its amounts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.money import ZERO, round_cents
from declarations import queries, rules
from declarations.models import Invoice, Line
from declarations.services.parts import EXCISE_EXEMPTION, GST_STATUS
from declarations.services.sima import SimaFacts, sima_outcome
from reference import queries as reference
from reference.queries import DutyRateInForce
from reference.rules.excise import ExciseAmounts, ExciseRateFrom, excise_amounts, excise_rates
from reference.rules.rates import SurtaxOrderFrom
from reference.rules.sima import SimaMeasureFrom, sima_measures
from reference.rules.surtax import CUSMA_VEHICLES, applied_orders, surtax_base
from reference.rules.tariff import QuantityMissing


@dataclass(frozen=True)
class LineEntry:
    """A line as the filer declares it; ``value`` in the invoice's currency, ``quantity`` in the tariff's unit.

    ``sima`` is what the filer declares by itself, which counts where it is higher than the portal's own amount.
    ``province`` makes the goods casual ones.
    """

    classification: str
    origin: str
    treatment: str
    quantity: Decimal
    value: Decimal
    description: str = ""
    surtax_is_contested: bool = False
    sima: Decimal = ZERO
    excise_duty: Decimal = ZERO
    excise_tax: Decimal = ZERO
    gst_exemption: str = ""
    origin_proof: str = ""
    value_for_duty_code: str = ""
    special_authority: str = ""
    remarks: str = ""
    sima_subject: str = ""
    sima_price: Decimal | None = None
    sima_currency: str = ""
    sima_exporter: str = ""
    sima_model: str = ""
    surtax_ground: str = ""
    surtax_reference: str = ""
    surtax_content: Decimal = ZERO
    excise_exemption: str = ""
    province: str = ""


#: What a line repeats of its entry as it was given.
REPEATED = (
    "origin",
    "treatment",
    "quantity",
    "value",
    "gst_exemption",
    "origin_proof",
    "value_for_duty_code",
    "special_authority",
    "remarks",
    "sima_subject",
    "sima_price",
    "sima_currency",
    "sima_exporter",
    "sima_model",
    "surtax_reference",
    "surtax_content",
    "excise_exemption",
    "province",
)


def entry_of(line: Line) -> LineEntry:
    """What a saved line was declared as, to be assessed anew."""
    return LineEntry(
        classification=line.classification,
        description=line.description,
        surtax_is_contested=line.surtax_is_contested,
        surtax_ground=line.surtax_ground,
        sima=line.sima_self_declared,
        excise_duty=line.excise_duty_declared,
        excise_tax=line.excise_tax_declared,
        **{name: getattr(line, name) for name in REPEATED},
    )


class Tariff:
    """The dated tables as they stood on a day, each row read once however many lines there are."""

    def __init__(self, on: date, entries: Iterable[LineEntry] = ()) -> None:
        self.on = on
        self._treatments: dict[str, frozenset[str]] = {}
        self._taxes: dict[str, rules.CasualTax | None] = {}
        self._codes: dict[str, frozenset[str]] = {}
        self._measures: tuple[SimaMeasureFrom, ...] | None = None
        self._quotes: dict[tuple[str, date], Decimal | None] = {}
        self._excise: tuple[ExciseRateFrom, ...] | None = None
        self._orders: tuple[SurtaxOrderFrom, ...] | None = None
        self._countries: frozenset[str] | None = None
        wanted = {(entry.classification, entry.treatment) for entry in entries}
        self._rows: dict[str, object] = {}
        self._rates: dict[tuple[str, str], DutyRateInForce | None] = {}
        if len(wanted) > 1:
            found = reference.classifications_of([number for number, _treatment in wanted])
            self._rows = {number: found.get(_digits(number)) for number, _treatment in wanted}
            self._rates = reference.duty_rates_of_many(wanted, on)

    def row(self, number: str) -> reference.ClassificationNumber | None:
        if number not in self._rows:
            self._rows[number] = reference.classification_of(number)
        return self._rows[number]  # type: ignore[return-value]

    def rate(self, number: str, treatment: str) -> DutyRateInForce | None:
        if (number, treatment) not in self._rates:
            self._rates[number, treatment] = reference.duty_rate_of(number, treatment, self.on)
        return self._rates[number, treatment]

    def treatments(self, origin: str) -> frozenset[str]:
        if origin not in self._treatments:
            self._treatments[origin] = frozenset(row.code for row in reference.treatments_for(origin, self.on))
        return self._treatments[origin]

    def surtaxes(self, entry: LineEntry) -> tuple[SurtaxOrderFrom, ...]:
        if self._orders is None:
            self._orders = reference.surtax_orders()
        return applied_orders(
            self._orders,
            entry.classification,
            entry.origin,
            self.on,
            treatment=entry.treatment,
            is_casual=bool(entry.province),
        )

    def casual_tax(self, province: str) -> rules.CasualTax | None:
        if province not in self._taxes:
            tax = reference.sales_tax_of(province, self.on)
            self._taxes[province] = rules.casual_tax(tax) if tax else None
        return self._taxes[province]

    def sima_measures(self, digits: str, origin: str) -> tuple[SimaMeasureFrom, ...]:
        if self._measures is None:
            self._measures = reference.sima_measures()
        return sima_measures(self._measures, digits, origin, self.on)

    def excise_rates(self, digits: str, unit: str) -> tuple[ExciseRateFrom, ...]:
        if self._excise is None and reference.may_bear_excise(digits):
            self._excise = reference.excise_rates()
        return excise_rates(self._excise or (), digits, self.on, units={unit})

    def exchange_rate(self, currency: str, on: date) -> Decimal | None:
        if (currency, on) not in self._quotes:
            quote = reference.exchange_quote(currency, on)
            self._quotes[currency, on] = quote.rate if quote else None
        return self._quotes[currency, on]

    def codes(self, name: str) -> frozenset[str]:
        if name not in self._codes:
            self._codes[name] = frozenset(reference.code_list(name).values_list("code", flat=True))
        return self._codes[name]

    @property
    def countries(self) -> frozenset[str]:
        if self._countries is None:
            self._countries = frozenset(reference.countries().values_list("code", flat=True))
        return self._countries


def assessed(invoice: Invoice, position: int, entry: LineEntry, tariff: Tariff) -> Line:
    """The line with its rates and amounts, not yet saved; ``DomainError`` with the field at fault."""
    for problem in line_problems(entry, tariff):
        raise problem
    row = tariff.row(entry.classification)
    in_force = tariff.rate(entry.classification, entry.treatment)
    assert row is not None and in_force is not None  # the problems said so otherwise
    orders = tariff.surtaxes(entry)
    is_contested = entry.surtax_is_contested or bool(entry.surtax_ground)
    ground = entry.surtax_ground or (Line.SurtaxGround.GOODS if is_contested else "")
    applied = tuple(order for order in orders if not (ground and rules.spares(ground, order.order)))
    is_vehicle = any(order.order == CUSMA_VEHICLES for order in applied)
    casual = tariff.casual_tax(entry.province) if entry.province else None
    excise = excise_amounts(tariff.excise_rates(row.digits, row.unit), {row.unit: entry.quantity})
    is_exempt = bool(entry.excise_exemption)
    try:
        sima = sima_outcome(
            _sima_facts(invoice, entry, row.unit, tariff), tariff.sima_measures(row.digits, entry.origin)
        )
        amounts = rules.line_assessment(
            rules.LineInput(
                value=entry.value,
                exchange_rate=invoice.exchange_rate,
                duty_rate=in_force.rate,
                quantities={row.unit: entry.quantity},
                sima=rules.sima_payable(sima.computed, entry.sima),
                surtax_rates=tuple(order.rate for order in applied),
                surtax_orders=tuple(order.order for order in applied),
                surtax_content=entry.surtax_content,
                excise_duty=rules.excise_payable(excise.duty, entry.excise_duty, is_exempt=is_exempt),
                excise_tax=rules.excise_payable(excise.tax, entry.excise_tax, is_exempt=is_exempt),
                gst_rate=Decimal(0) if entry.gst_exemption else rules.GST_RATE,
                hst_rate=casual.hst_rate if casual else None,
                provincial_rate=casual.provincial_rate if casual else Decimal(0),
            )
        )
    except QuantityMissing as missing:
        raise DomainError(
            _("The rate of duty is by quantity in %(unit)s, which %(given)s does not give. Choose another number.")
            % {"unit": missing.unit, "given": row.unit or _("this number")},
            code="quantity_missing",
            field="quantity",
        ) from missing
    return Line(
        invoice=invoice,
        position=position,
        classification=row.number,
        description=entry.description or row.description_in(get_language() or "en")[:200],
        unit=row.unit,
        duty_rate_text=in_force.rate.text,
        rate_treatment=in_force.treatment,
        rate_is_illustrative=in_force.is_illustrative,
        rate_source=in_force.edition[:160],
        surtax_order=", ".join(order.order for order in orders)[:120],
        surtax_rate=sum((order.rate for order in applied), Decimal(0)),
        surtax_is_contested=is_contested,
        surtax_ground=ground,
        surtax_source="; ".join(order.source.partition(" | ")[0] for order in orders)[:200],
        surtax_is_illustrative=any(order.mark != "verified" for order in orders),
        surtax_base=surtax_base(CUSMA_VEHICLES, amounts.value_for_duty, content=entry.surtax_content)
        if is_vehicle
        else None,
        provincial_rate=casual.shown_rate if casual else Decimal(0),
        provincial_is_illustrative=casual.is_illustrative if casual else False,
        excise_duty_declared=entry.excise_duty,
        excise_tax_declared=entry.excise_tax,
        excise_rate=_excise_words(excise, entry.quantity)[:300],
        excise_source="; ".join(rate.source.partition(" | ")[0] for rate in excise.rates)[:200],
        excise_is_illustrative=any(rate.is_illustrative for rate in excise.rates),
        sima_self_declared=entry.sima,
        sima_code=sima.code,
        sima_measure=sima.arithmetic,
        sima_source=sima.source[:200],
        sima_is_illustrative=sima.is_illustrative,
        **{name: getattr(entry, name) for name in REPEATED},
        **{name: getattr(amounts, name) for name in queries.LINE_AMOUNTS},
    )


def _excise_words(excise: ExciseAmounts, quantity: Decimal) -> str:
    """``1000 LTR × 0.732 $`` of each rate of the table."""
    return "; ".join(f"{quantity.normalize():f} {rate.unit} × {rate.amount.normalize():f} $" for rate in excise.rates)


def _sima_facts(invoice: Invoice, entry: LineEntry, unit: str, tariff: Tariff) -> SimaFacts:
    """The SIMA price at its own currency's rate of the day of shipment, or the value of the goods where none is given.

    ``DomainError`` for a currency without a rate.
    """
    price = entry.value * invoice.exchange_rate
    if entry.sima_price is not None:
        rate = tariff.exchange_rate(entry.sima_currency, invoice.shipped_on)
        if rate is None:
            raise DomainError(
                _("Choose a currency from the list."), code="sima_currency_unknown", field="sima_currency"
            )
        price = entry.sima_price * rate
    return SimaFacts(entry.sima_subject, entry.sima_exporter, round_cents(price), {unit: entry.quantity})


def line_problems(entry: LineEntry, tariff: Tariff) -> list[DomainError]:
    """Everything that is wrong with a line, in the order of its fields."""
    return [*_problems_of_goods(entry, tariff), *_problems_of_claims(entry, tariff)]


def _problems_of_goods(entry: LineEntry, tariff: Tariff) -> Iterator[DomainError]:
    """Number, origin, treatment, value and quantity are such as the tables and the law allow."""
    if tariff.row(entry.classification) is None or tariff.rate(entry.classification, entry.treatment) is None:
        yield DomainError(
            _("%(number)s is not in the tariff. Search for the goods by word or by the first digits.")
            % {"number": entry.classification},
            code="classification_unknown",
            field="classification",
        )
    if entry.origin not in tariff.countries:
        yield DomainError(_("Choose a country from the list."), code="country_unknown", field="origin")
    elif entry.treatment not in (allowed := tariff.treatments(entry.origin)):
        yield DomainError(
            _("Goods of this origin can't claim %(treatment)s. They can claim: %(allowed)s.")
            % {"treatment": entry.treatment, "allowed": ", ".join(sorted(allowed))},
            code="treatment_not_for_origin",
            field="treatment",
        )
    if entry.value <= 0:
        yield DomainError(_("Enter the value of the goods, above zero."), code="value_not_positive", field="value")
    if entry.quantity <= 0:
        yield DomainError(_("Enter the quantity, above zero."), code="quantity_not_positive", field="quantity")
    if entry.value_for_duty_code and not rules.is_value_for_duty_code(entry.value_for_duty_code):
        yield DomainError(
            _("Choose a value for duty code of two digits, such as 13, or leave it empty."),
            code="value_for_duty_code_unknown",
            field="value_for_duty_code",
        )


def _problems_of_claims(entry: LineEntry, tariff: Tariff) -> Iterator[DomainError]:
    """Exemptions, authorities and SIMA facts are complete and known."""
    if entry.gst_exemption and entry.gst_exemption not in tariff.codes(GST_STATUS):
        yield DomainError(
            _("Choose a GST status from the list, or leave it empty."), code="gst_status_unknown", field="gst_exemption"
        )
    if entry.excise_exemption and entry.excise_exemption not in tariff.codes(EXCISE_EXEMPTION):
        yield DomainError(
            _("Choose an excise exemption from the list, or leave it empty."),
            code="excise_exemption_unknown",
            field="excise_exemption",
        )
    if entry.excise_exemption and (entry.excise_tax or entry.excise_duty):
        yield DomainError(
            _("These goods are said to be exempt from excise. Take the amount or the exemption out."),
            code="excise_exempt_and_charged",
            field="excise_exemption",
        )
    if entry.special_authority and not rules.is_special_authority(entry.special_authority):
        yield DomainError(
            _("Enter the number of the order as it is written, for example 20-1135."),
            code="special_authority_invalid",
            field="special_authority",
        )
    if entry.surtax_ground and entry.surtax_ground not in Line.SurtaxGround.values:
        yield DomainError(_("Choose a reason from the list."), code="surtax_ground_unknown", field="surtax_ground")
    if entry.surtax_ground in rules.GROUNDS_WITH_NUMBER and not entry.surtax_reference:
        yield DomainError(
            _("Enter the number of the permit or of the order on which the claim rests."),
            code="surtax_reference_missing",
            field="surtax_reference",
        )
    orders = tariff.surtaxes(entry)
    refused = [order.order for order in orders if not rules.spares(entry.surtax_ground or "GOODS", order.order)]
    if refused and len(refused) == len(orders):
        yield DomainError(
            _("%(order)s has no such exemption. Choose another reason, or let the surtax be charged.")
            % {"order": ", ".join(refused)},
            code="surtax_ground_not_of_order",
            field="surtax_ground",
        )
    if entry.surtax_content and all(order.order != CUSMA_VEHICLES for order in orders):
        yield DomainError(
            _("Content counts for motor vehicles under the United States Tariff alone. Leave it empty."),
            code="surtax_content_not_for_goods",
            field="surtax_content",
        )
    if entry.province and tariff.casual_tax(entry.province) is None:
        yield DomainError(
            _("Choose a province or territory from the list, or leave it empty for commercial goods."),
            code="province_unknown",
            field="province",
        )
    if entry.sima_subject and entry.sima_subject not in Line.SimaSubject.values:
        yield DomainError(_("Choose whether the goods are subject to SIMA."), code="sima_unknown", field="sima_subject")
    if entry.sima_price is not None and not entry.sima_currency:
        yield DomainError(
            _("Choose the currency of the SIMA price."), code="sima_currency_missing", field="sima_currency"
        )


def _digits(number: str) -> str:
    return number.replace(".", "").replace(" ", "")


class Reassessment:
    """Lines assessed anew by the tables of one day of release, each table read once."""

    def __init__(self, on: date) -> None:
        self._tariff = Tariff(on)

    def line(self, line: Line, invoice: Invoice, changes: Mapping[str, Any]) -> Line:
        """The line with other particulars, on ``invoice``, not yet saved; ``DomainError`` with the field at fault."""
        return assessed(invoice, line.position, replace(entry_of(line), **changes), self._tariff)

"""What stands in a draft: invoices and lines, each assessed when it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from declarations import rules
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services.parts import GST_STATUS, copy_totals, open_draft
from reference import queries as reference
from reference.queries import DutyRateInForce
from reference.rules.rates import SurtaxOrderFrom, surtaxes_for
from reference.rules.tariff import QuantityMissing

MOST_LINES = 500
MOST_INVOICES = 50


@dataclass(frozen=True)
class InvoiceInput:
    """An invoice as its vendor wrote it; ``total`` is in its own currency."""

    number: str
    dated_on: date
    vendor: str
    vendor_country: str
    shipped_on: date
    currency: str
    total: Decimal
    shipped_from: str = ""


@dataclass(frozen=True)
class LineEntry:
    """A line as the filer declares it; ``value`` in the invoice's currency, ``quantity`` in the tariff's unit."""

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


@dataclass(frozen=True)
class InvoiceEntry:
    """An invoice with its lines, for filing in one go."""

    invoice: InvoiceInput
    lines: Sequence[LineEntry] = field(default_factory=tuple)


@dataclass(frozen=True)
class LineReport:
    """What became of one line that was tried out: its amounts, or what is wrong with it."""

    line: Line | None
    problem: DomainError | None


def save_invoice(
    *, declaration: Declaration, entry: InvoiceInput, actor: Actor, at: datetime, position: int = 1
) -> Invoice:
    """Write an invoice of the draft and recompute its lines at its own exchange rate.

    The rate is the one of the day of direct shipment (Currency Exchange for Customs Valuation Regulations s. 3).
    ``DomainError`` for a currency without a rate, a shipment after the release, an unknown country or a total that is
    not above zero.
    """
    language = get_language() or "en"
    if entry.total <= 0:
        raise DomainError(_("Enter the invoice total, above zero."), code="total_not_positive", field="total")
    tariff = _Tariff(declaration.released_on)
    if entry.vendor_country not in tariff.countries:
        raise DomainError(_("Choose a country from the list."), code="country_unknown", field="vendor_country")
    if entry.shipped_on > declaration.released_on:
        raise DomainError(
            _("The day of direct shipment can't be after the release, %(day)s.")
            % {"day": formats.day(declaration.released_on, language)},
            code="shipped_after_release",
            field="shipped_on",
        )
    quote = reference.exchange_quote(entry.currency, entry.shipped_on)
    if quote is None:
        raise DomainError(
            _("There is no exchange rate for %(currency)s on %(day)s. Choose a currency from the list.")
            % {"currency": entry.currency, "day": formats.day(entry.shipped_on, language)},
            code="exchange_rate_missing",
            field="currency",
        )
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        known = Invoice.objects.filter(version=draft, position=position)
        if not 1 <= position <= MOST_INVOICES:
            raise DomainError(
                _("A declaration takes at most %(most)s invoices.") % {"most": MOST_INVOICES}, code="too_many_invoices"
            )
        invoice = known.first() or Invoice(version=draft, position=position)
        invoice.number = entry.number
        invoice.dated_on = entry.dated_on
        invoice.vendor = entry.vendor
        invoice.vendor_country = entry.vendor_country
        invoice.shipped_on = entry.shipped_on
        invoice.shipped_from = entry.shipped_from
        invoice.currency = entry.currency
        invoice.total = entry.total
        invoice.exchange_rate = quote.rate
        invoice.exchange_rate_on = quote.rate_on
        invoice.exchange_rate_source = quote.source[:120]
        invoice.exchange_rate_is_illustrative = quote.is_illustrative
        invoice.save()
        present = list(invoice.lines.order_by("position"))
        fresh = [_assessed(invoice, line.position, _entry_of(line), tariff) for line in present]
        invoice.lines.all().delete()
        Line.objects.bulk_create(fresh)
        _save_totals(declaration, draft, at=at)
    return invoice


def remove_invoice(*, declaration: Declaration, position: int, actor: Actor, at: datetime) -> None:
    """Take an invoice with its lines off the draft; those after it move up."""
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        Line.objects.filter(invoice__version=draft, invoice__position=position).delete()
        draft.invoices.filter(position=position).delete()
        for invoice in draft.invoices.filter(position__gt=position).order_by("position"):
            invoice.position -= 1
            invoice.save(update_fields=("position",))
        _save_totals(declaration, draft, at=at)


def save_line(
    *,
    declaration: Declaration,
    invoice: Invoice,
    entry: LineEntry,
    at: datetime,
    position: int | None = None,
    actor: Actor | None = None,
) -> Line:
    """Write one line of the draft and compute its duties and taxes; a new line where ``position`` is None.

    ``DomainError`` with the field at fault for an unknown number, a treatment the origin may not claim, a missing
    quantity, or too many lines.
    """
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        _require_of_draft(invoice, draft)
        if position is None:
            _require_room(invoice, 1)
            position = _last_position(invoice) + 1
        line = _assessed(invoice, position, entry, _Tariff(declaration.released_on))
        line.pk = invoice.lines.filter(position=position).values_list("pk", flat=True).first()
        line.save()
        _save_totals(declaration, draft, at=at)
    return line


def try_lines(*, declaration: Declaration, invoice: Invoice, entries: Sequence[LineEntry]) -> list[LineReport]:
    """Assess lines without writing any: each with its amounts or its problem."""
    tariff = _Tariff(declaration.released_on)
    reports = []
    for position, entry in enumerate(entries, start=1):
        try:
            reports.append(LineReport(_assessed(invoice, position, entry, tariff), None))
        except DomainError as problem:
            reports.append(LineReport(None, problem))
    return reports


def add_lines(
    *,
    declaration: Declaration,
    invoice: Invoice,
    entries: Sequence[LineEntry],
    at: datetime,
    actor: Actor | None = None,
) -> list[Line]:
    """Add many lines at once, all or none; a refusal's field begins with the line, ``lines[2].classification``."""
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        _require_of_draft(invoice, draft)
        _require_room(invoice, len(entries))
        tariff = _Tariff(declaration.released_on)
        first = _last_position(invoice) + 1
        lines = []
        for number, entry in enumerate(entries):
            try:
                lines.append(_assessed(invoice, first + number, entry, tariff))
            except DomainError as problem:
                raise at_place(problem, f"lines[{number}]") from problem
        Line.objects.bulk_create(lines)
        _save_totals(declaration, draft, at=at)
    return lines


def remove_line(
    *, declaration: Declaration, invoice: Invoice, position: int, at: datetime, actor: Actor | None = None
) -> None:
    """Take a line off the draft; those after it move up."""
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        _require_of_draft(invoice, draft)
        invoice.lines.filter(position=position).delete()
        after = invoice.lines.filter(position__gt=position)
        moved = list(after.order_by("position"))
        after.delete()
        for line in moved:
            line.pk = None
            line.position -= 1
        Line.objects.bulk_create(moved)
        _save_totals(declaration, draft, at=at)


class _Tariff:
    """The dated tables as they stood on the day of release, each row read once however many lines there are."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._rows: dict[str, object] = {}
        self._rates: dict[tuple[str, str], DutyRateInForce | None] = {}
        self._treatments: dict[str, frozenset[str]] = {}
        self._orders: tuple[SurtaxOrderFrom, ...] | None = None
        self._countries: frozenset[str] | None = None
        self._exemptions: frozenset[str] | None = None

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

    def surtaxes(self, number: str, origin: str) -> tuple[SurtaxOrderFrom, ...]:
        if self._orders is None:
            self._orders = reference.surtax_orders()
        return surtaxes_for(self._orders, number, origin, self.on)

    @property
    def countries(self) -> frozenset[str]:
        if self._countries is None:
            self._countries = frozenset(reference.countries().values_list("code", flat=True))
        return self._countries

    @property
    def exemptions(self) -> frozenset[str]:
        if self._exemptions is None:
            self._exemptions = frozenset(reference.code_list(GST_STATUS).values_list("code", flat=True))
        return self._exemptions


def _require_of_draft(invoice: Invoice, draft: DeclarationVersion) -> None:
    if invoice.version_id != draft.pk:
        raise Conflict(
            _("This declaration has been submitted. Open it to read it, or start a correction."), code="no_draft"
        )


def _require_room(invoice: Invoice, added: int) -> None:
    if invoice.lines.count() + added > MOST_LINES:
        raise DomainError(
            _("An invoice takes at most %(most)s lines. Put the rest on another invoice.") % {"most": MOST_LINES},
            code="too_many_lines",
            field="lines",
        )


def _last_position(invoice: Invoice) -> int:
    return max(invoice.lines.values_list("position", flat=True), default=0)


def at_place(problem: DomainError, place: str) -> DomainError:
    """The same refusal with its field written as a path from the whole document."""
    path = f"{place}.{problem.field}" if problem.field else place
    return type(problem)(problem.message, code=problem.code, field=path, link=problem.link)


def _assessed(invoice: Invoice, position: int, entry: LineEntry, tariff: _Tariff) -> Line:
    """The line with its rates and amounts, not yet saved."""
    row = tariff.row(entry.classification)
    in_force = tariff.rate(entry.classification, entry.treatment) if row else None
    if row is None or in_force is None:
        raise DomainError(
            _("%(number)s is not in the tariff. Search for the goods by word or by the first digits.")
            % {"number": entry.classification},
            code="classification_unknown",
            field="classification",
        )
    if entry.origin not in tariff.countries:
        raise DomainError(_("Choose a country from the list."), code="country_unknown", field="origin")
    allowed = tariff.treatments(entry.origin)
    if entry.treatment not in allowed:
        raise DomainError(
            _("Goods of this origin can't claim %(treatment)s. They can claim: %(allowed)s.")
            % {"treatment": entry.treatment, "allowed": ", ".join(sorted(allowed))},
            code="treatment_not_for_origin",
            field="treatment",
        )
    if entry.value <= 0:
        raise DomainError(_("Enter the value of the goods, above zero."), code="value_not_positive", field="value")
    if entry.quantity <= 0:
        raise DomainError(_("Enter the quantity, above zero."), code="quantity_not_positive", field="quantity")
    if entry.gst_exemption and entry.gst_exemption not in tariff.exemptions:
        raise DomainError(
            _("Choose a GST status from the list, or leave it empty."), code="gst_status_unknown", field="gst_exemption"
        )
    orders = tariff.surtaxes(row.number, entry.origin)
    applied = () if entry.surtax_is_contested else orders
    try:
        assessed = rules.line_assessment(
            rules.LineInput(
                value=entry.value,
                exchange_rate=invoice.exchange_rate,
                duty_rate=in_force.rate,
                quantities={row.unit: entry.quantity},
                sima=entry.sima,
                surtax_rates=tuple(order.rate for order in applied),
                excise_duty=entry.excise_duty,
                excise_tax=entry.excise_tax,
                gst_rate=Decimal(0) if entry.gst_exemption else rules.GST_RATE,
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
        origin=entry.origin,
        treatment=entry.treatment,
        quantity=entry.quantity,
        unit=row.unit,
        value=entry.value,
        origin_proof=entry.origin_proof,
        duty_rate_text=in_force.rate.text,
        rate_treatment=in_force.treatment,
        rate_is_illustrative=in_force.is_illustrative,
        surtax_order=", ".join(order.order for order in orders)[:120],
        surtax_rate=sum((order.rate for order in applied), Decimal(0)),
        surtax_is_contested=entry.surtax_is_contested,
        gst_exemption=entry.gst_exemption,
        value_for_duty=assessed.value_for_duty,
        duty=assessed.duty,
        sima=assessed.sima,
        surtax=assessed.surtax,
        excise_duty=assessed.excise_duty,
        excise_tax=assessed.excise_tax,
        value_for_tax=assessed.value_for_tax,
        gst=assessed.gst,
        total=assessed.total,
    )


def _entry_of(line: Line) -> LineEntry:
    return LineEntry(
        classification=line.classification,
        origin=line.origin,
        treatment=line.treatment,
        quantity=line.quantity,
        value=line.value,
        description=line.description,
        surtax_is_contested=line.surtax_is_contested,
        sima=line.sima,
        excise_duty=line.excise_duty,
        excise_tax=line.excise_tax,
        gst_exemption=line.gst_exemption,
        origin_proof=line.origin_proof,
    )


def _save_totals(declaration: Declaration, draft: DeclarationVersion, *, at: datetime) -> None:
    """Keep the list's figures true: a first draft shows its own, a correction leaves the accepted ones."""
    fields = ["saved_at"]
    declaration.saved_at = at
    if draft.kind == DeclarationVersion.Kind.ORIGINAL:
        fields += copy_totals(declaration, draft)
    declaration.save(update_fields=fields)


class Reassessment:
    """Lines assessed anew by the tables of one day of release, each table read once."""

    def __init__(self, on: date) -> None:
        self._tariff = _Tariff(on)

    def line(self, line: Line, invoice: Invoice, changes: Mapping[str, Any]) -> Line:
        """The line with other particulars, on ``invoice``, not yet saved; ``DomainError`` with the field at fault."""
        return _assessed(invoice, line.position, replace(_entry_of(line), **changes), self._tariff)

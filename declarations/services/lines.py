"""What stands in a draft: invoices and lines, each assessed when it is saved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from declarations import rules
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services.assessing import LineEntry, Tariff, assessed, entry_of, line_problems
from declarations.services.parts import HEADER, copy_totals, open_draft
from reference import queries as reference

MOST_LINES = 1000
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
    purchaser: str = ""
    time_limit_months: int | None = None


@dataclass(frozen=True)
class InvoiceEntry:
    """An invoice with its lines, for filing in one go."""

    invoice: InvoiceInput
    lines: Sequence[LineEntry] = field(default_factory=tuple)


@dataclass(frozen=True)
class LineReport:
    """What became of one line that was tried out: its amounts, or everything that is wrong with it."""

    line: Line | None
    problems: Sequence[DomainError] = ()


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
    if entry.vendor_country not in Tariff(declaration.released_on).countries:
        raise DomainError(_("Choose a country from the list."), code="country_unknown", field="vendor_country")
    if entry.time_limit_months is not None and not 1 <= entry.time_limit_months <= rules.LONGEST_TIME_LIMIT:
        raise DomainError(
            _("Enter the time limit in months, from 1 to %(most)s, or leave it empty.")
            % {"most": rules.LONGEST_TIME_LIMIT},
            code="time_limit_out_of_range",
            field="time_limit_months",
        )
    if entry.shipped_on > declaration.released_on:
        raise DomainError(
            _("The day of direct shipment can't be after the release, %(day)s.")
            % {"day": formats.day(declaration.released_on, language)},
            code="shipped_after_release",
            field="shipped_on",
        )
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        known = Invoice.objects.filter(version=draft, position=position)
        if not 1 <= position <= MOST_INVOICES:
            raise DomainError(
                _("A declaration takes at most %(most)s invoices.") % {"most": MOST_INVOICES}, code="too_many_invoices"
            )
        invoice = known.first() or Invoice(version=draft, position=position)
        write_invoice(invoice, entry)
        invoice.save()
        present = list(invoice.lines.order_by("position"))
        tariff = Tariff(declaration.released_on, [entry_of(line) for line in present])
        fresh = [assessed(invoice, line.position, entry_of(line), tariff) for line in present]
        invoice.lines.all().delete()
        Line.objects.bulk_create(fresh)
        save_totals(declaration, draft, at=at)
    return invoice


def write_invoice(invoice: Invoice, entry: InvoiceInput) -> Invoice:
    """Fill an invoice, not yet saved, with what was declared and the exchange rate of its day of shipment."""
    quote = reference.exchange_quote(entry.currency, entry.shipped_on)
    if quote is None:
        raise DomainError(
            _("There is no exchange rate for %(currency)s on %(day)s. Choose a currency from the list.")
            % {"currency": entry.currency, "day": formats.day(entry.shipped_on, get_language() or "en")},
            code="exchange_rate_missing",
            field="currency",
        )
    invoice.number = entry.number
    invoice.dated_on = entry.dated_on
    invoice.vendor = entry.vendor
    invoice.vendor_country = entry.vendor_country
    invoice.shipped_on = entry.shipped_on
    invoice.shipped_from = entry.shipped_from
    invoice.purchaser = entry.purchaser
    invoice.time_limit_months = entry.time_limit_months
    invoice.currency = entry.currency
    invoice.total = entry.total
    invoice.exchange_rate = quote.rate
    invoice.exchange_rate_on = quote.rate_on
    invoice.exchange_rate_source = quote.source[:120]
    invoice.exchange_rate_is_illustrative = quote.is_illustrative
    return invoice


@dataclass(frozen=True)
class HeaderInput:
    """What is said once for the whole declaration: how the goods came."""

    transport_mode: str = ""
    carrier: str = ""
    unlading_port: str = ""
    cargo_control_numbers: str = ""


def save_header(*, declaration: Declaration, entry: HeaderInput, actor: Actor, at: datetime) -> DeclarationVersion:
    """Write how the goods came into the draft; ``DomainError`` for an unknown mode or port."""
    if entry.transport_mode and entry.transport_mode not in DeclarationVersion.Mode.values:
        raise DomainError(_("Choose a mode of transport from the list."), code="mode_unknown", field="transport_mode")
    if entry.unlading_port and reference.office_of(entry.unlading_port) is None:
        raise DomainError(_("Choose an office from the list."), code="office_unknown", field="unlading_port")
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        for name in HEADER:
            setattr(draft, name, getattr(entry, name))
        draft.save(update_fields=HEADER)
        save_totals(declaration, draft, at=at)
    return draft


def remove_invoice(*, declaration: Declaration, position: int, actor: Actor, at: datetime) -> None:
    """Take an invoice with its lines off the draft; those after it move up."""
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        Line.objects.filter(invoice__version=draft, invoice__position=position).delete()
        draft.invoices.filter(position=position).delete()
        for invoice in draft.invoices.filter(position__gt=position).order_by("position"):
            invoice.position -= 1
            invoice.save(update_fields=("position",))
        save_totals(declaration, draft, at=at)


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
        line = assessed(invoice, position, entry, Tariff(declaration.released_on))
        line.pk = invoice.lines.filter(position=position).values_list("pk", flat=True).first()
        line.save()
        save_totals(declaration, draft, at=at)
    return line


def try_lines(*, declaration: Declaration, invoice: Invoice, entries: Sequence[LineEntry]) -> list[LineReport]:
    """Assess lines without writing any: each with its amounts or all that is wrong with it."""
    tariff = Tariff(declaration.released_on, entries)
    reports = []
    for position, entry in enumerate(entries, start=1):
        problems = line_problems(entry, tariff)
        if problems:
            reports.append(LineReport(None, problems))
            continue
        try:
            reports.append(LineReport(assessed(invoice, position, entry, tariff)))
        except DomainError as problem:
            reports.append(LineReport(None, [problem]))
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
        tariff = Tariff(declaration.released_on, entries)
        first = _last_position(invoice) + 1
        lines = []
        for number, entry in enumerate(entries):
            try:
                lines.append(assessed(invoice, first + number, entry, tariff))
            except DomainError as problem:
                raise at_place(problem, f"lines[{number}]") from problem
        Line.objects.bulk_create(lines)
        save_totals(declaration, draft, at=at)
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
        save_totals(declaration, draft, at=at)


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


def save_totals(declaration: Declaration, draft: DeclarationVersion, *, at: datetime) -> None:
    """Keep the list's figures true: a first draft shows its own, a correction leaves the accepted ones."""
    fields = ["saved_at"]
    declaration.saved_at = at
    if draft.kind == DeclarationVersion.Kind.ORIGINAL:
        fields += copy_totals(declaration, draft)
    declaration.save(update_fields=fields)

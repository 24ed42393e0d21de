"""A declaration as a sheet of paper: the same words for the printed page and the PDF."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from core.clock import TORONTO
from core.money import ZERO
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.queries import LINE_AMOUNTS
from declarations.templatetags.declarations import duty_words, plain
from documents import pdf

Fact = dict[str, str]


def sheet_of(
    declaration: Declaration,
    version: DeclarationVersion,
    *,
    versions: Sequence[DeclarationVersion],
    office: str,
    countries: Mapping[str, str],
    consolidated: Sequence[str],
    on: date,
) -> dict[str, Any]:
    """Everything the paper says, in the active language; versions come with their invoices and lines."""
    language = get_language() or "en"
    account = declaration.program_account
    return {
        "title": _("Commercial Accounting Declaration %(number)s") % {"number": declaration.number},
        "context": _("%(name)s, %(account)s, version %(version)s")
        % {
            "name": account.business.legal_name,
            "account": formats.bn(account.number),
            "version": version.number,
        },
        "facts": _facts(declaration, version, office=office, consolidated=consolidated, language=language),
        "alert": _alert(declaration, version),
        "sections": [_invoice_section(invoice, countries, language) for invoice in version.invoices.all()],
        "totals": _totals_section(version, language),
        "versions": _versions_section(versions, language),
        "seal": _("Printed on %(day)s. Every amount is rounded half up to the cent when it is made.")
        % {"day": formats.day(on, language)},
        "footer": declaration.number,
    }


def pdf_of(sheet: Mapping[str, Any], language: str) -> bytes:
    """The same sheet as an accessible PDF."""
    return pdf.render("declaration", sheet, language)


def _alert(declaration: Declaration, version: DeclarationVersion) -> str:
    if declaration.type == Declaration.Type.C and declaration.state != Declaration.State.ACCEPTED:
        return _(
            "Print two copies and present both with the documents at the office of release: one stays there, one is "
            "yours. The goods are released when the payment is recorded."
        )
    if version.state == DeclarationVersion.State.DRAFT:
        return _("This is a draft. It has not been submitted.")
    return ""


def _facts(
    declaration: Declaration, version: DeclarationVersion, *, office: str, consolidated: Sequence[str], language: str
) -> list[Fact]:
    given = [
        (_("Type"), declaration.get_type_display()),
        (_("State"), declaration.get_state_display()),
        (_("Submitted by"), version.submitter.legal_name),
        (_("Office"), office),
        (_("Goods"), declaration.goods),
        (
            _("Entered Canada") if declaration.type == Declaration.Type.V else _("Released"),
            formats.day(declaration.released_on, language),
        ),
        (_("Payment due"), formats.day(declaration.payment_due_on, language)),
        (_("Cargo control numbers"), version.cargo_control_numbers),
        (_("Courier releases"), ", ".join(consolidated)),
        (_("Mode of transport"), version.get_transport_mode_display()),
        (_("Carrier code"), version.carrier),
        (_("Port of unlading"), version.unlading_port),
        (_("Reason"), version.reason),
    ]
    return [{"label": str(label), "value": str(value)} for label, value in given if value]


def _invoice_section(invoice: Invoice, countries: Mapping[str, str], language: str) -> dict[str, Any]:
    rate = plain(invoice.exchange_rate, 4)
    about = [
        f"{invoice.vendor}, {countries.get(invoice.vendor_country, invoice.vendor_country)}",
        _("dated %(day)s") % {"day": formats.day(invoice.dated_on, language)},
        _("shipped %(day)s") % {"day": formats.day(invoice.shipped_on, language)}
        + (f", {invoice.shipped_from}" if invoice.shipped_from else ""),
        f"{invoice.currency} {formats.number(invoice.total, language, places=2)}",
        _("exchange rate %(rate)s") % {"rate": rate},
    ]
    if invoice.currency != "CAD":
        about.append(_marked(invoice.exchange_rate_source, is_illustrative=invoice.exchange_rate_is_illustrative))
    if invoice.purchaser:
        about.append(_("purchaser %(name)s") % {"name": invoice.purchaser})
    return {
        "title": _("Invoice %(number)s") % {"number": invoice.number},
        "note": "; ".join(about),
        "columns": [_("Line"), _("Goods"), _("Value for duty"), _("Duty"), _("Other"), _("GST"), _("Total")],
        "wide": [False, True, False, False, False, False, False],
        "right": [2, 3, 4, 5, 6],
        "rows": [_line_row(line, countries, language) for line in invoice.lines.all()],
        "total": None,
    }


def _line_row(line: Line, countries: Mapping[str, str], language: str) -> list[str]:
    def amount(value: Decimal) -> str:
        return formats.number(value, language, places=2)

    goods = [
        f"{line.classification} {line.description}",
        f"{countries.get(line.origin, line.origin)}, {line.treatment}, {plain(line.quantity)} {line.unit}, "
        f"{duty_words(line.duty_rate_text)}",
    ]
    goods.append(_marked(line.rate_source, is_illustrative=line.rate_is_illustrative))
    for label, value in (
        (_("value for duty code"), line.value_for_duty_code),
        (_("special authority"), line.special_authority),
        (_("SIMA code"), line.sima_code),
        (_("surtax"), _surtax_words(line, language)),
        (
            "",
            _("SIMA measure: %(mark)s") % {"mark": _marked(line.sima_source, is_illustrative=line.sima_is_illustrative)}
            if line.sima_measure
            else "",
        ),
        (
            "",
            _("Excise: %(rate)s, %(mark)s")
            % {
                "rate": line.excise_rate,
                "mark": _marked(line.excise_source, is_illustrative=line.excise_is_illustrative),
            }
            if line.excise_rate
            else "",
        ),
        (_("casual goods"), line.province),
        (_("GST status"), line.gst_exemption),
        ("", line.remarks),
    ):
        if value:
            goods.append(f"{label} {value}".strip())
    other = line.sima + line.surtax + line.excise_duty + line.excise_tax + line.hst + line.provincial_tax
    return [
        str(line.position),
        "; ".join(goods),
        amount(line.value_for_duty),
        amount(line.duty),
        amount(other),
        amount(line.gst),
        amount(line.total),
    ]


def _marked(source: str, *, is_illustrative: bool) -> str:
    """How far a rate can be trusted, and where it comes from."""
    mark = _("illustrative rate") if is_illustrative else _("verified rate")
    return f"{mark} ({source})" if source else mark


def _surtax_words(line: Line, language: str) -> str:
    """The order, its base where that is not the value for duty, and its mark; nothing where none is charged."""
    if not line.surtax:
        return ""
    words = [line.surtax_order]
    if line.surtax_base is not None:
        words.append(_("on %(base)s") % {"base": formats.money(line.surtax_base, language)})
    words.append(_marked(line.surtax_source, is_illustrative=line.surtax_is_illustrative))
    return ", ".join(words)


def _totals_section(version: DeclarationVersion, language: str) -> dict[str, Any]:
    names = {
        "value_for_duty": _("Value for duty"),
        "duty": _("Customs duty"),
        "sima": _("SIMA"),
        "surtax": _("Surtax"),
        "excise_duty": _("Excise duty"),
        "excise_tax": _("Excise tax"),
        "value_for_tax": _("Value for tax"),
        "gst": _("GST"),
        "hst": _("HST"),
        "provincial_tax": _("Provincial tax"),
        "total": _("Total payable"),
    }
    lines = [line for invoice in version.invoices.all() for line in invoice.lines.all()]
    sums = {name: sum((getattr(line, name) for line in lines), ZERO) for name in LINE_AMOUNTS}
    rows = [[names[name], formats.money(sums[name], language)] for name in LINE_AMOUNTS if sums[name] or name == "duty"]
    return {
        "title": _("Totals"),
        "columns": [_("Amount"), _("Canadian dollars")],
        "wide": [True, False],
        "right": [1],
        "rows": [row for row in rows if row[0] != names["total"]],
        "total": [names["total"], formats.money(sums["total"], language)],
        "note": "",
    }


def _versions_section(versions: Sequence[DeclarationVersion], language: str) -> dict[str, Any]:
    rows = []
    for version in versions:
        total = sum((line.total for invoice in version.invoices.all() for line in invoice.lines.all()), ZERO)
        when = (
            formats.moment(version.accepted_at.astimezone(TORONTO), language)
            if version.accepted_at
            else _("not submitted")
        )
        rows.append([f"{version.number}", str(version.get_kind_display()), when, formats.money(total, language)])
    return {
        "title": _("Versions"),
        "columns": [_("Version"), _("Kind"), _("Accepted"), _("Total")],
        "wide": [False, True, False, False],
        "right": [3],
        "rows": rows,
        "total": None,
        "note": "",
    }

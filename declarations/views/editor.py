"""The editor: one invoice, its lines, one of them open; every button is a post, and what was typed is kept."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Stranger
from declarations import queries, rules, services
from declarations.forms import InvoiceForm, LineForm, SearchForm, line_initial
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.views.parts import SeatRequest, countries, draft_to_edit, found, office_name, page_address, shown
from declarations.views.parts import statement_day as statement_day_of
from delegation.access import account_page
from delegation.rules import Action
from reference import queries as reference
from reference.queries import DutyRateInForce
from reference.rules.rates import SurtaxOrderFrom
from reference.rules.surtax import applied_orders
from reference.templatetags.tariff import rate_text

MOST_FOUND = 12


@account_page(to=Action.FILE_DECLARATION)
def edit(request: SeatRequest, declaration: str) -> HttpResponse:
    """The draft with nothing open, or its first invoice to be entered."""
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    position = _number(request.GET.get("invoice", ""))
    editor = _Editor(request, row, draft, position)
    if editor.invoice is None:
        return _invoice(request, row, draft, 1)
    return editor.page()


@account_page(to=Action.FILE_DECLARATION)
def invoice(request: SeatRequest, declaration: str, position: int) -> HttpResponse:
    """One invoice of the draft to be entered or changed."""
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    return _invoice(request, row, draft, position)


def _invoice(request: SeatRequest, row: Declaration, draft: DeclarationVersion, position: int) -> HttpResponse:
    editor = _Editor(request, row, draft, position)
    if not 1 <= position <= len(editor.invoices) + 1:
        raise Stranger(_("There is no such invoice in this draft."), code="not_found")
    present = editor.invoice if editor.invoice is not None and editor.invoice.position == position else None
    names = tuple(InvoiceForm.base_fields)
    form = InvoiceForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(present, name) for name in names} if present else None,
        countries=list(editor.countries.items()),
        currencies=reference.currencies(get_language() or "en"),
    )
    if request.method == "POST" and _nothing_typed(request, form, is_new=present is None):
        return HttpResponseRedirect(_next(request, row, page_address("edit", row)))
    if request.method == "POST" and form.is_valid():
        try:
            services.save_invoice(
                declaration=row, entry=form.entry(), actor=request.seat.actor, at=clock.now(), position=position
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            after = page_address("edit", row) + f"?invoice={position}"
            if present is None:
                after = page_address("new_line", row, position) + "#line-form"
            return HttpResponseRedirect(_next(request, row, after))
    return editor.page(invoice_form=form, invoice_position=position)


@account_page(to=Action.FILE_DECLARATION)
def remove_invoice(request: SeatRequest, declaration: str, position: int) -> HttpResponse:
    row = found(request, declaration)
    if request.method == "POST":
        services.remove_invoice(declaration=row, position=position, actor=request.seat.actor, at=clock.now())
    return HttpResponseRedirect(page_address("edit", row))


@account_page(to=Action.FILE_DECLARATION)
def line(request: SeatRequest, declaration: str, position: int, line: int | None = None) -> HttpResponse:
    """One line open under its row: saved, searched for, or only shown anew."""
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    editor = _Editor(request, row, draft, position)
    current = editor.invoice
    if current is None or current.position != position:
        raise Stranger(_("There is no such invoice in this draft."), code="not_found")
    present = next((other for other in editor.lines if other.position == line), None)
    if line is not None and present is None:
        raise Stranger(_("There is no such line in this draft."), code="not_found")
    if request.method != "POST":
        initial = line_initial(present) if present else {}
        if picked := request.GET.get("classification", ""):
            initial["classification"] = picked[:13]
        return editor.page(line_form=editor.line_form(None, initial), open_line=present)
    form = editor.line_form(request.POST, line_initial(present) if present else {})
    if picked := request.POST.get("use", ""):
        return editor.page(line_form=editor.retyped(request, classification=picked[:13]), open_line=present)
    if "search" in request.POST or "refresh" in request.GET:
        results = None
        if "search" in request.POST:
            results = _search(request.POST.get("classification", ""))
        return editor.page(line_form=editor.retyped(request), open_line=present, results=results)
    if _nothing_typed(request, form, is_new=present is None):
        return HttpResponseRedirect(_next(request, row, page_address("edit", row)))
    results = None
    if form.is_valid():
        try:
            saved = services.save_line(
                declaration=row,
                invoice=current,
                entry=form.entry(),
                at=clock.now(),
                position=line,
                actor=request.seat.actor,
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
            if refusal.code == "classification_unknown":
                results = _search(form.cleaned_data.get("classification", request.POST.get("classification", "")))
        else:
            after = page_address("line", row, position, saved.position) + f"#line-{saved.position}"
            return HttpResponseRedirect(_next(request, row, after))
    return editor.page(line_form=form, open_line=present, results=results)


@account_page(to=Action.FILE_DECLARATION)
def remove_line(request: SeatRequest, declaration: str, position: int, line: int) -> HttpResponse:
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    current = queries.invoice_of(draft, position) if draft else None
    if request.method == "POST" and current is not None:
        services.remove_line(declaration=row, invoice=current, position=line, at=clock.now(), actor=request.seat.actor)
    return HttpResponseRedirect(page_address("edit", row) + f"?invoice={position}")


@account_page(to=Action.VIEW_TRANSACTIONS)
def classifications(request: SeatRequest) -> HttpResponse:
    """The tariff by number or by words of either language; from an open line, with a way back to it."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    for_line = request.GET.get("for", "")
    parts = for_line.split("-")
    use = ""
    if request.seat.may(Action.FILE_DECLARATION) and len(parts) == 3 and all(_number(part) for part in parts[1:]):
        use = reverse(
            "declarations:line", args=(request.seat.program_account.number, parts[0], int(parts[1]), int(parts[2]))
        )
    context = {"form": form, "text": text, "results": _search(text) if text else None, "use": use, "for_line": for_line}
    return render(request, "declarations/classifications.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _nothing_typed(request: SeatRequest, form: Any, *, is_new: bool) -> bool:
    """Leaving by a header button with an untouched form open saves nothing."""
    return "then" in request.POST and is_new and not form.has_changed()


def _next(request: SeatRequest, row: Declaration, after: str) -> str:
    """Where a save leads: on with the work, to the list, or to the last check."""
    then = request.POST.get("then", "")
    if then == "close":
        return reverse("declarations:list", args=(row.program_account.number,))
    if then == "check":
        return page_address("check", row)
    return after


def _search(text: str) -> list[dict[str, Any]]:
    """The first numbers found, with the rate of every nation."""
    language = get_language() or "en"
    rows = list(reference.classification_search(text.strip())[:MOST_FOUND]) if text.strip() else []
    return [{"number": row.number, "unit": row.unit, "description": row.description_in(language)} for row in rows]


class _Editor:
    """The draft as its page shows it: loaded once, whichever part is open."""

    def __init__(self, request: SeatRequest, row: Declaration, draft: DeclarationVersion, position: int | None) -> None:
        self.request, self.row, self.draft = request, row, draft
        self.invoices: list[Invoice] = list(draft.invoices.prefetch_related("lines").order_by("position"))
        self.invoice = next((other for other in self.invoices if other.position == position), None) or next(
            iter(self.invoices), None
        )
        self.lines: list[Line] = (
            sorted(self.invoice.lines.all(), key=lambda line: line.position) if self.invoice else []
        )
        self.countries = countries()

    def line_form(self, data: Any, initial: dict[str, Any]) -> LineForm:
        """The form of a line; its treatments are those of the origin, each with the rate of the number."""
        typed = data if data is not None else initial
        number, origin = str(typed.get("classification", "")), str(typed.get("origin", ""))
        classification = reference.classification_of(number) if number else None
        language = get_language() or "en"
        return LineForm(
            data,
            initial=initial,
            countries=list(self.countries.items()),
            treatments=self._treatments(number if classification else "", origin, str(typed.get("treatment", ""))),
            exemptions=[
                (code.code, f"{code.code} {code.meaning_in(language)}")
                for code in reference.code_list(services.GST_STATUS)
            ],
            excise_exemptions=[
                (code.code, f"{code.code} {code.meaning_in(language)}")
                for code in reference.code_list(services.EXCISE_EXEMPTION)
            ],
            provinces=reference.provinces(),
            currencies=reference.currencies(language),
            unit=classification.unit if classification else "",
            currency=self.invoice.currency if self.invoice else "",
        )

    def retyped(self, request: SeatRequest, **changes: str) -> LineForm:
        """The form with what was typed, not judged yet."""
        typed = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        return self.line_form(None, {**typed, **changes})

    def _treatments(self, number: str, origin: str, typed: str) -> list[tuple[str, str]]:
        on, language = self.row.released_on, get_language() or "en"
        if origin not in self.countries:
            return [(row.code, f"{row.code} {row.name_in(language)}") for row in reference.treatments(on)]
        offered = []
        eligible = list(reference.treatments_for(origin, on))
        rates = reference.duty_rates_of(number, [row.code for row in eligible], on) if number else {}
        for treatment in eligible:
            rate = rates.get(treatment.code)
            offered.append((treatment.code, _treatment_words(treatment.code, rate)))
        if typed and typed not in dict(offered):
            offered.append((typed, _("%(code)s (not for this origin)") % {"code": typed}))
        return offered

    def page(
        self,
        *,
        invoice_form: InvoiceForm | None = None,
        invoice_position: int | None = None,
        line_form: LineForm | None = None,
        open_line: Line | None = None,
        results: list[dict[str, Any]] | None = None,
    ) -> HttpResponse:
        row, today = self.row, clock.today()
        every_line = [line for invoice in self.invoices for line in invoice.lines.all()]
        names = ("value_for_duty", "duty", "sima", "surtax", "gst", "hst", "provincial_tax", "total")
        orders = _orders_of(open_line, row.released_on) if open_line is not None and open_line.surtax_order else ()
        context = {
            "declaration": row,
            "draft": self.draft,
            "is_correction": self.draft.kind != DeclarationVersion.Kind.ORIGINAL,
            "invoice": self.invoice if invoice_form is None else self._at(invoice_position),
            "invoice_position": invoice_position or (self.invoice.position if self.invoice else 1),
            "invoices": self.invoices,
            "next_invoice": len(self.invoices) + 1,
            "invoice_form": invoice_form,
            "lines": self.lines if invoice_form is None or self._at(invoice_position) else [],
            "line_form": line_form,
            "form": line_form or invoice_form,
            "open_line": open_line,
            "open_position": open_line.position if open_line else 0,
            "results": results,
            "orders": orders,
            "unlisted": reference.unlisted_surtaxes_of(open_line.classification, open_line.origin, row.released_on)
            if open_line is not None
            else (),
            "sums": _sums(self.lines, ("value", *names)),
            "totals": _sums(every_line, names)
            | {"excise": sum((line.excise_duty + line.excise_tax for line in every_line), Decimal("0.00"))},
            "checks": shown(queries.checks(row, self.draft, on=today, invoices=self.invoices), row),
            "countries": self.countries,
            "office": office_name(row),
            "statement_on": statement_day_of(row, on=today),
            "today": today,
            "gst_rate": rules.GST_RATE,
            "more_is_open": _more_is_open(line_form),
            "form_id": "line-form" if line_form else "invoice-form" if invoice_form else "",
        }
        return render(self.request, "declarations/edit.html", context)

    def _at(self, position: int | None) -> Invoice | None:
        return next((other for other in self.invoices if other.position == position), None)


def _orders_of(line: Line, on: date) -> tuple[SurtaxOrderFrom, ...]:
    """The surtax orders that apply to the line's goods on the day of release."""
    return applied_orders(
        reference.surtax_orders(),
        line.classification,
        line.origin,
        on,
        treatment=line.treatment,
        is_casual=bool(line.province),
    )


def _sums(lines: list[Line], names: tuple[str, ...]) -> dict[str, Decimal]:
    return {name: sum((getattr(line, name) for line in lines), Decimal("0.00")) for name in names}


def _treatment_words(code: str, rate: DutyRateInForce | None) -> str:
    if rate is None:
        return code
    if not rate.is_listed:
        return _("%(code)s (%(rate)s, as MFN)") % {"code": code, "rate": rate_text(rate.rate)}
    return f"{code} ({rate_text(rate.rate)})"


_ALWAYS_SHOWN = {
    "classification",
    "description",
    "origin",
    "treatment",
    "quantity",
    "value",
    "surtax_is_contested",
}


def _more_is_open(form: LineForm | None) -> bool:
    """Whether the seldom used fields of a line hold something or are wrong."""
    if form is None:
        return False
    names = set(form.fields) - _ALWAYS_SHOWN
    return any(form[name].value() or form[name].errors for name in names)

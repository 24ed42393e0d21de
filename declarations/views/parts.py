"""What the pages of declarations share: finding one through the door, names of codes, where a check leads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import DomainError, Refused, Stranger
from core.forms import PortageForm
from declarations import queries, rules
from declarations.models import Declaration, DeclarationVersion
from declarations.queries import Check
from delegation.access import Seat
from reference import queries as reference
from reference.rules.billing import billing_dates, billing_period_of


class SeatRequest(HttpRequest):
    """A request that came through the door."""

    seat: Seat


def found(request: SeatRequest, declaration: str) -> Declaration:
    """The declaration, or the answer that a stranger gets; a hidden one does not exist."""
    row = queries.declaration_by_number(
        declaration, program_account_id=request.seat.program_account.pk, visibility=request.seat.visibility
    )
    if row is None:
        raise Stranger(_("There is no declaration of that number here. Check the number."), code="not_found")
    return row


def draft_to_edit(request: SeatRequest, declaration: Declaration) -> DeclarationVersion | None:
    """The draft, if there is one to change; ``Refused`` when another business writes it."""
    draft = queries.draft_of(declaration)
    if draft is None or declaration.state == Declaration.State.READY:
        return None
    if draft.submitter_id != request.seat.actor.business_id:
        raise Refused(
            _("%(name)s is writing this declaration. Ask them to change or submit it.")
            % {"name": draft.submitter.legal_name},
            code="draft_of_another_filer",
        )
    return draft


def page_address(name: str, declaration: Declaration, *more: Any) -> str:
    return reverse(f"declarations:{name}", args=(declaration.program_account.number, declaration.number, *more))


def countries() -> dict[str, str]:
    """Country names by code in the active language, by name."""
    return reference.country_names(get_language() or "en")


def office_name(declaration: Declaration) -> str:
    """The office of release, whose names came with the declaration."""
    code, names = declaration.office, declaration.office_names  # type: ignore[attr-defined]
    if names is None:
        return code
    return f"{code} {names['fr' if (get_language() or 'en').startswith('fr') else 'en']}"


def statement_day(declaration: Declaration, *, on: date) -> date:
    """The statement on which a declaration accepted on a day appears; the agency's own dates never move it."""
    if declaration.type == Declaration.Type.V:
        return rules.statement_day(statement_on=billing_period_of(on).statement_on, posted_on=on)
    dates = billing_dates(declaration.released_on, declaration.stream)
    return rules.statement_day(statement_on=dates.statement_on, posted_on=on)


@dataclass(frozen=True)
class ShownCheck:
    """A check with the place where it is put right."""

    message: str
    passed: bool
    blocks: bool
    href: str


def shown(checks: list[Check] | Any, declaration: Declaration) -> list[ShownCheck]:
    return [
        ShownCheck(check.message, check.passed, check.blocks, "" if check.passed else _way(check, declaration))
        for check in checks
    ]


def _way(check: Check, declaration: Declaration) -> str:
    if check.invoice is not None and check.line is not None:
        return page_address("line", declaration, check.invoice, check.line) + "#line-form"
    if check.code == "lines_missing" and check.invoice is not None:
        return page_address("new_line", declaration, check.invoice) + "#line-form"
    if check.invoice is not None:
        return page_address("invoice", declaration, check.invoice)
    if check.code == "invoice_missing":
        return page_address("invoice", declaration, 1)
    return page_address("check", declaration)


@dataclass(frozen=True)
class Question:
    """A page that asks once more before something happens."""

    title: str
    text: str
    button: str
    back: str
    is_danger: bool = False


def ask(request: SeatRequest, question: Question, act: Any) -> HttpResponse:
    """Show the question; on a post do it. A refusal stands above the question."""
    form = PortageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(act())
        except DomainError as refusal:
            form.add_domain_error(refusal)
    return render(request, "declarations/question.html", {"question": question, "form": form})

"""A grant on paper: what the portal's record says today of a provider's access, as a page to print and as a PDF."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import format as formats
from core.clock import TORONTO
from delegation import queries
from delegation.access import BusinessSeat, business_page
from delegation.models import Delegation, Signature
from delegation.rules import Action
from delegation.views.parts import Line, SeatRequest, for_providers, found, scope_lines
from documents import pdf


@require_safe
@business_page(to=Action.REQUEST_CLIENTS)
def confirmation(request: SeatRequest, pk: int) -> HttpResponse:
    """The confirmation of an access in force; one that has ended confirms nothing."""
    row = _granted(request.seat, pk)
    context = {"row": row, "lines": _lines(row, request.seat), "signatures": list(queries.signatures(row.pk))}
    return render(request, "delegation/confirmation_of_access.html", context)


@require_safe
@business_page(to=Action.REQUEST_CLIENTS)
def confirmation_pdf(request: SeatRequest, pk: int) -> HttpResponse:
    """The same as a tagged PDF."""
    row = _granted(request.seat, pk)
    language = get_language() or "en"
    content = pdf.render(
        "receipt",
        {
            "title": _("Confirmation of access"),
            "context": _("What the portal's record says on %(day)s") % {"day": formats.day(request.seat.on, language)},
            "footer": f"{formats.bn(row.provider.bn9)} / {formats.bn(row.client.bn9)}",
            "facts": [{"label": line.label, "value": line.after} for line in _lines(row, request.seat)],
            "sections": _sections(list(queries.signatures(row.pk)), language),
            "note": _("The client can change or revoke this access at any time; the portal's record decides."),
        },
        language,
    )
    name = content_disposition_header(True, f"{row.client.bn9}-{row.provider.bn9}.pdf") or "attachment"
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": name})


def _granted(seat: BusinessSeat, pk: int) -> Delegation:
    for_providers(seat)
    row: Delegation = found(queries.clients(seat.business.pk).filter(pk=pk, state=Delegation.State.ACTIVE).first())
    return row


def _lines(row: Delegation, seat: BusinessSeat) -> list[Line]:
    """Who gave what to whom, in words."""
    lines = [
        Line(_("Client"), f"{row.client.legal_name}, {formats.bn(row.client.bn9)}"),
        Line(_("Service provider"), f"{row.provider.legal_name}, {formats.bn(row.provider.bn9)}"),
        Line(_("Type"), str(row.provider.get_provider_kind_display())),
    ]
    if row.provider.licence_number:
        is_licensed = queries.is_licensed_broker(row.provider, on=seat.on)
        state = _("in force") if is_licensed else _("not in force: it may not release or account for goods")
        lines.append(Line(_("Licence"), f"{row.provider.licence_number}, {state}"))
    return [*lines, *scope_lines(queries.scope_of(row), accounts=row.program_accounts.all())]


def _sections(signatures: list[Signature], language: str) -> list[dict[str, Any]]:
    if not signatures:
        return []
    rows = [
        [
            f"{one.name}, {one.title}",
            one.business.legal_name,
            str(one.get_occasion_display()),
            formats.day(one.signed_at.astimezone(TORONTO).date(), language),
        ]
        for one in signatures
    ]
    return [
        {
            "title": _("Signed"),
            "columns": [_("Name and title"), _("On behalf of"), _("Act"), _("Date")],
            "wide": [True, True, False, False],
            "right": [],
            "rows": rows,
            "total": None,
            "note": "",
        }
    ]

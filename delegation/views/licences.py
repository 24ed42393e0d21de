"""The officers' side of customs brokers' licences: who has one, and the act that ends or restores it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import officer_page
from accounts.rules import OFFICER
from core import clock
from delegation import queries, services
from delegation.forms import LicenceReasonForm
from delegation.views.parts import Question, ask, found, page_of, searched, typed
from delegation.views.primary import OfficerRequest


@require_safe
@officer_page(OFFICER)
def licences(request: OfficerRequest) -> HttpResponse:
    """Every customs broker with where its licence stands today."""
    search = searched(request)
    context = {
        "page": page_of(request, queries.customs_brokers(search=search)),
        "search": search,
        "today": clock.today(),
    }
    return render(request, "delegation/licences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def licence(request: OfficerRequest, bn9: str) -> HttpResponse:
    """Revoke the licence of one broker, or restore a revoked one, with a reason."""
    row = found(queries.customs_brokers().filter(bn9=bn9).first())
    back, is_revoked = reverse("delegation:licences"), row.licence_revoked_on is not None
    service = services.restore_licence if is_revoked else services.revoke_licence

    def act(answers: dict[str, Any]) -> str:
        service(
            business_id=row.pk,
            reason=answers["reason"],
            actor=request.seat.actor,
            on=clock.today(),
            at=clock.now(),
        )
        return back

    names = {"provider": row.legal_name}
    if is_revoked:
        question = Question(
            title=_("Restore the licence of %(provider)s?") % names,
            button=_("Restore the licence"),
            back=back,
            consequences=(
                _("It may file for every client that gave it access, from this moment on."),
                _("The broker and each of its clients are told."),
            ),
            is_danger=False,
            crumbs=[(back, _("Customs brokers' licences"))],
        )
        done = _("The licence of %(provider)s is in force again.") % names
    else:
        question = Question(
            title=_("Revoke the licence of %(provider)s?") % names,
            button=_("Revoke the licence"),
            back=back,
            consequences=(
                _("From this moment on it may not release or account for goods for any client."),
                _("What it filed before stays. Its accesses stay too, but without the authority to file."),
                _("The broker and each of its clients are told."),
            ),
            crumbs=[(back, _("Customs brokers' licences"))],
        )
        done = _("The licence of %(provider)s is revoked.") % names
    return ask(request, question, form=LicenceReasonForm(typed(request)), act=act, done=done)

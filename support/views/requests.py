"""One's own questions to officers, and the officers' desk where they are answered."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import officer_page
from accounts.models import User
from accounts.rules import OFFICER
from core import clock
from core.errors import Conflict, DomainError, Stranger
from core.http import actor_of
from core.paging import CountedPaginator
from support import queries
from support.forms.requests import AnswerForm, NumberRequestForm, QuestionForm
from support.models import SupportRequest
from support.rules import requests as rules
from support.services import requests as services

PAGE_SIZE = 25


@never_cache
@login_required
@require_safe
def my_requests(request: HttpRequest) -> HttpResponse:
    """What one asked, where it stands, and by when the answer is due."""
    rows = queries.requests_of(_person(request).pk)
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "support/requests.html", {"page": page, "today": clock.today(), **_standard()})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """Ask for an RM number, or anything else."""
    on = clock.today()
    typed = request.POST if request.method == "POST" else None
    asks_number = request.GET.get("kind", "") != SupportRequest.Kind.GENERAL
    form: NumberRequestForm | QuestionForm
    if asks_number:
        initial = {"bn9": request.GET.get("bn9", "")[:20]}
        form = NumberRequestForm(typed, initial=initial, brokers=queries.brokers_of(_person(request).pk, on=on))
    else:
        subject = _("My registration is locked") if request.GET.get("subject") == "lock" else ""
        form = QuestionForm(typed, initial={"subject": subject})
    if form.is_valid():
        by: dict[str, Any] = {"actor": actor_of(request), "on": on, "at": clock.now()}
        try:
            asked = (
                services.ask_for_number(
                    bn9=form.cleaned_data["bn9"],
                    legal_name=form.cleaned_data["legal_name"],
                    side=form.cleaned_data["side"],
                    provider_id=form.provider_id,
                    message=form.cleaned_data["message"],
                    **by,
                )
                if isinstance(form, NumberRequestForm)
                else services.ask_question(
                    subject=form.cleaned_data["subject"], message=form.cleaned_data["message"], **by
                )
            )
        except (Conflict, DomainError) as refusal:
            form.add_domain_error(refusal)
        else:
            words = _("Your request %(number)s was sent to the officers.") % {"number": asked.number}
            messages.success(request, words)
            return redirect("support:request", asked.number)
    return render(request, "support/new_request.html", {"form": form, "asks_number": asks_number, **_standard()})


@never_cache
@login_required
@require_safe
def own_request(request: HttpRequest, number: str) -> HttpResponse:
    """One's own question and its answer."""
    row = queries.request_of(_person(request).pk, number)
    if row is None:
        raise Stranger(_("You have no request with this reference."), code="not_found")
    is_late = rules.is_late(row.state, row.answer_due_on, clock.today())
    return render(request, "support/request.html", {"row": row, "is_late": is_late, **_standard()})


@never_cache
@login_required
@require_POST
def withdraw_request(request: HttpRequest, number: str) -> HttpResponse:
    try:
        services.withdraw(number=number, actor=actor_of(request), at=clock.now())
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
    else:
        messages.success(request, _("Your request was withdrawn."))
    return redirect("support:request", number)


# --- The officers' desk -----------------------------------------------------------------------------------------------
@never_cache
@require_safe
@officer_page(OFFICER)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first; in the other tab what was closed."""
    is_closed = request.GET.get("tab") == "closed"
    rows = queries.closed() if is_closed else queries.waiting()
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "is_closed": is_closed, "today": clock.today(), **_standard()}
    return render(request, "support/desk.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def desk_request(request: HttpRequest, number: str) -> HttpResponse:
    """A claim beside the record, and the answer or refusal."""
    row = queries.request_by_number(number)
    if row is None:
        raise Stranger(_("There is no request with this reference."), code="not_found")
    on = clock.today()
    claim = queries.claim_of(row, on=on)
    form = AnswerForm(
        request.POST if request.method == "POST" else None, accounts=claim.accounts, asks_number=row.asks_number
    )
    if form.is_valid():
        by: dict[str, Any] = {"number": number, "actor": actor_of(request), "at": clock.now()}
        text = form.cleaned_data["text"]
        try:
            if request.POST.get("decision") == "refuse":
                services.refuse(reason=text, **by)
            else:
                services.answer(text=text, program_account_ids=form.program_account_ids, on=on, **by)
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
            return redirect("support:desk_request", number)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            words = _("Request %(number)s is closed; %(person)s was told.") % {"number": number, "person": row.asked_by}
            messages.success(request, words)
            return redirect("support:desk")
    context = {
        "row": row,
        "claim": claim,
        "form": form,
        "is_late": rules.is_late(row.state, row.answer_due_on, on),
    }
    return render(request, "support/desk_request.html", context)


def _standard() -> dict[str, Any]:
    return {"business_days": rules.ANSWER_BUSINESS_DAYS}


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user

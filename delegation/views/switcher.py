"""Everybody's account switcher, and its list as a file: short ones at once, long ones made aside."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Membership, ProgramAccount
from core import clock
from core.errors import DomainError
from core.http import actor_of
from delegation import queries, rules
from delegation.forms import SwitchForm
from delegation.rules import Action, Role
from delegation.services import reach_file
from delegation.views.parts import found, page_of
from documents import csv_file
from documents import queries as documents
from documents import services as files_service
from documents.attachment import attachment
from documents.services import Order


@dataclass(frozen=True)
class Reach:
    """One program account as a line of the switcher."""

    account: ProgramAccount
    role_label: Any
    provider_name: str
    href: str

    @property
    def is_client(self) -> bool:
        return bool(self.provider_name)


@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Everything this person may act for: own businesses first, then clients."""
    user_id = request.user.pk
    form = SwitchForm(request.GET or None)
    search = form.cleaned_data["search"] if form.is_bound and form.is_valid() else ""
    page = page_of(request, queries.accounts_in_reach(user_id=user_id or 0, on=clock.today(), search=search))
    context = {
        "form": form,
        "search": search,
        "page": page,
        "is_long": page.paginator.count > rules.LONGEST_AT_ONCE,
        "rows": [_reach(account) for account in page],
        "businesses": [
            {"membership": row, "may_manage": _may_manage(row)}
            for row in queries.own_businesses(user_id=user_id).prefetch_related("programs__program_account")
        ],
    }
    return render(request, "delegation/switch.html", context)


def _may_manage(row: Membership) -> bool:
    """Whether this person decides on people in the business, or in one of its program accounts at least."""
    roles = [row.role, *(one.role for one in row.programs.all())]
    return any(Action.MANAGE_PEOPLE in rules.PERMISSIONS[Role(role)] for role in roles)


@login_required
@require_safe
def switch_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All of the same list, or what the search finds, as a file; a long one is to be asked for instead."""
    form, words = SwitchForm(request.GET), get_language() or "en"
    search = form.cleaned_data["search"] if form.is_valid() else ""
    user_id, on = request.user.pk or 0, clock.today()
    if queries.accounts_in_reach(user_id=user_id, on=on, search=search).count() > rules.LONGEST_AT_ONCE:
        messages.info(request, _("This list is long. Ask for the file; you are told when it is ready."))
        return HttpResponseRedirect(reverse("delegation:switch_files"))

    def parts() -> Iterator[list[list[str]]]:
        rows = reach_file.reach_rows(user_id=user_id, on=on, search=search)
        while True:
            with override(words):
                row = next(rows, None)
            if row is None:
                return
            yield [row]

    response = StreamingHttpResponse(
        csv_file.stream(reach_file.headings(), parts()), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{reach_file.NAME}"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """What was asked for and where it stands; a post asks for one more."""
    person_id = request.user.pk or 0
    form = SwitchForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        order = Order(
            kind=reach_file.KIND,
            person_id=person_id,
            language=get_language() or "en",
            parameters={"search": form.cleaned_data["search"].strip()},
        )
        _row, is_new = files_service.ask_for_file(order=order, actor=actor_of(request), at=clock.now())
        messages.success(
            request,
            _("The file is being made. You are told when it is ready.")
            if is_new
            else _("This file is being made already. You are told when it is ready."),
        )
        return HttpResponseRedirect(reverse("delegation:switch_files"))
    context = {
        "form": form,
        "page": page_of(request, documents.requested_files(person_id=person_id, kind=reach_file.KIND)),
        "today": clock.today(),
    }
    return render(request, "delegation/switch_files.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One file that this person asked for; anybody else's is not there."""
    row = found(documents.requested_file_of(person_id=request.user.pk or 0, kind=reach_file.KIND, public_id=public_id))
    try:
        answer = attachment(files_service.require_ready(row, on=clock.today()))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse("delegation:switch_files"))
    files_service.record_download(row=row, actor=actor_of(request), at=clock.now())
    return answer


def _reach(account: ProgramAccount) -> Reach:
    return Reach(
        account=account,
        role_label=reach_file.role_label(account),
        provider_name="" if account.own_role else account.provider_name,  # type: ignore[attr-defined]
        href=_home_of(account.number),
    )


def _home_of(number: str) -> str:
    """The home page of a program account, which stands in a room above this one."""
    try:
        return reverse(getattr(settings, "ACCOUNT_HOME", "dashboard:home"), args=(number,))
    except NoReverseMatch:
        return ""

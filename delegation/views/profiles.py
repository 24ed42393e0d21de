"""The profiles of a business and of a program account: to read, to change after a last look, and their past."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Language
from core import clock
from core import format as formats
from core.errors import DomainError
from core.models import AuditEvent
from delegation import queries, rules, services
from delegation.access import Seat, account_page, business_page
from delegation.forms import BusinessProfileForm, ProgramProfileForm
from delegation.rules import Action
from delegation.views.parts import SeatRequest, page_of

_LANGUAGES = dict(Language.choices)


class AccountRequest(HttpRequest):
    seat: Seat


@dataclass(frozen=True)
class Line:
    """One field of a profile, as it is or as it changed."""

    label: Any
    value: Any
    before: Any = ""


def _words(name: str, value: Any) -> Any:
    if name.endswith("telephone"):
        return formats.telephone(value or "")
    return _LANGUAGES.get(value, value) if name == "language" else value


def _lines(profile: Mapping[str, str]) -> list[Line]:
    return [Line(rules.PROFILE_LABELS[name], _words(name, value)) for name, value in profile.items()]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Line]:
    return [
        Line(rules.PROFILE_LABELS[name], _words(name, after[name]), _words(name, before[name]))
        for name in rules.PROFILE_LABELS
        if name in after
    ]


def _history(events: Iterable[AuditEvent]) -> list[dict[str, Any]]:
    return [{"event": event, "lines": _changes(event.before or {}, event.after or {})} for event in events]


@require_safe
@business_page(to=Action.VIEW_BUSINESS)
def business(request: SeatRequest) -> HttpResponse:
    """What the portal knows of the business; a third party reads it without its history."""
    seat = request.seat
    page = None if seat.is_delegated else page_of(request, queries.profile_history(seat.business))
    context = {
        "lines": _lines(queries.business_profile(seat.business)),
        "accounts": list(queries.open_program_accounts(seat.business.pk)),
        "may_edit": seat.may(Action.EDIT_BUSINESS),
        "page": page,
        "history": _history(page) if page else [],
    }
    return render(request, "delegation/business_profile.html", context)


@require_safe
@account_page(to=Action.VIEW)
def program(request: AccountRequest) -> HttpResponse:
    """What the portal knows of the program account; a third party reads it without its history."""
    seat = request.seat
    account = seat.program_account
    page = None if seat.is_delegated else page_of(request, queries.profile_history(account))
    context = {
        "account": account,
        "lines": _lines(queries.program_profile(account)),
        "may_edit": seat.may(Action.EDIT_PROFILE),
        "sees_business": seat.may(Action.VIEW_BUSINESS),
        "page": page,
        "history": _history(page) if page else [],
    }
    return render(request, "delegation/program_profile.html", context)


@business_page(to=Action.EDIT_BUSINESS)
def edit_business(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    return _edit(
        request,
        BusinessProfileForm,
        profile=queries.business_profile(seat.business),
        save=lambda profile, seen: services.change_business_profile(
            business_id=seat.business.pk, profile=profile, seen=seen, actor=seat.actor, on=seat.on, at=clock.now()
        ),
        title=_("Change the business profile"),
        back=reverse("delegation:business_profile", args=(seat.business.bn9,)),
        name=_("Business profile"),
    )


@account_page(to=Action.EDIT_PROFILE)
def edit_program(request: AccountRequest) -> HttpResponse:
    seat = request.seat
    account = seat.program_account
    return _edit(
        request,
        ProgramProfileForm,
        profile=queries.program_profile(account),
        save=lambda profile, seen: services.change_program_profile(
            program_account_id=account.pk, profile=profile, seen=seen, actor=seat.actor, on=seat.on, at=clock.now()
        ),
        title=_("Change the profile of %(account)s") % {"account": account.rm},
        back=reverse("delegation:program_profile", args=(account.number,)),
        name=_("Program account profile"),
    )


def _edit(
    request: HttpRequest,
    form_class: type[ProgramProfileForm],
    *,
    profile: dict[str, str],
    save: Callable[[dict[str, str], str], Any],
    title: str,
    back: str,
    name: str,
) -> HttpResponse:
    """The form, a last look at what changes, and the save; going back from the last look keeps what was typed."""
    act = request.POST.get("act", "check")
    context: dict[str, Any] = {"title": title, "back": back, "name": name}
    if request.method != "POST" or act == "again":
        typed = {key: request.POST.get(key, "") for key in (*profile, "seen")} if act == "again" else {}
        initial = typed or {**profile, "seen": rules.fingerprint(profile)}
        return render(request, "delegation/edit_profile.html", {**context, "form": form_class(initial=initial)})
    form = form_class(request.POST)
    if form.is_valid():
        changes = _changes(*rules.profile_changes(profile, form.profile))
        if not changes:
            messages.info(request, _("Nothing differs from the profile, so nothing was changed."))
            return HttpResponseRedirect(back)
        if act != "save":
            return render(request, "delegation/check_profile.html", {**context, "form": form, "changes": changes})
        try:
            save(form.profile, form.cleaned_data["seen"])
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            messages.success(request, _("The profile was changed."))
            return HttpResponseRedirect(back)
    return render(request, "delegation/edit_profile.html", {**context, "form": form})

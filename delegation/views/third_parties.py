"""Who acts for this business: requests in both directions, approval, established third parties."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import clock
from core.errors import DomainError
from core.forms import PortageForm
from delegation import forms, queries, rules, services
from delegation.access import BusinessSeat, business_page
from delegation.forms import NominateForm, OptionalReasonForm, ReasonForm, ScopeForm, SignForm
from delegation.models import Delegation
from delegation.rules import Action, Scope, SignedAs
from delegation.views.parts import (
    NoQuestions,
    Question,
    SeatRequest,
    ask,
    found,
    page_of,
    scope_lines,
    searched,
    typed,
)

RECEIVED, SENT = "received", "sent"
#: What the buttons of the two pages of a scope say: look again, check the answers, go back to them, sign.
PREVIEW, CHECK, BACK, SIGN = "preview", "check", "back", "sign"


def _crumbs(seat: BusinessSeat, *more: tuple[str, str]) -> list[tuple[str, str]]:
    bn9 = seat.business.bn9
    return [
        (reverse("delegation:people", args=(bn9,)), _("People and access")),
        (reverse("delegation:third_party_requests", args=(bn9,)), _("Third-party requests")),
        *more,
    ]


# --- Requests ---------------------------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_THIRD_PARTIES)
def requests(request: SeatRequest) -> HttpResponse:
    """Manage pending third-party requests: what waits for this business, and what it asked itself."""
    seat = request.seat
    tab = SENT if request.GET.get("tab") == SENT else RECEIVED
    received, sent = queries.received_requests(seat.business.pk), queries.sent_requests(seat.business.pk)
    search = searched(request)
    shown = queries.named_like(received if tab == RECEIVED else sent, search, own=seat.business.pk)
    context = {
        "tab": tab,
        "search": search,
        "page": page_of(request, shown),
        "received_count": received.count(),
        "sent_count": sent.filter(state=Delegation.State.REQUESTED).count(),
        "serves_clients": _serves_clients(seat),
    }
    return render(request, "delegation/requests.html", context)


def _serves_clients(seat: BusinessSeat) -> bool:
    return seat.business.provider_kind in rules.PROVIDERS_FOR_CLIENTS and seat.may(Action.REQUEST_CLIENTS)


def _delegation(seat: BusinessSeat, pk: int) -> Delegation:
    return found(queries.delegations_of(seat.business.pk).filter(pk=pk).first())


def _is_received(seat: BusinessSeat, row: Delegation) -> bool:
    """Whether this business is the side that answers."""
    asked_by_provider = row.asked_by == Delegation.Side.PROVIDER
    return row.client_id == seat.business.pk if asked_by_provider else row.provider_id == seat.business.pk


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def request_details(request: SeatRequest, pk: int) -> HttpResponse:
    """One request with its comment, and what can be done about it."""
    seat = request.seat
    row = _delegation(seat, pk)
    is_received = _is_received(seat, row)
    context = {
        "row": row,
        "is_received": is_received,
        "is_waiting": row.state == Delegation.State.REQUESTED,
        "other": row.provider if row.client_id == seat.business.pk else row.client,
        **_about(row, seat),
    }
    return render(request, "delegation/request.html", context)


def _about(row: Delegation, seat: BusinessSeat) -> dict[str, Any]:
    """What the client wants to know of who asks: the licence, and what it has filed before."""
    if row.client_id != seat.business.pk:
        return {"is_licensed": False, "past": None}
    return {
        "is_licensed": queries.is_licensed_broker(row.provider, on=seat.on),
        "past": queries.past_with(row.provider_id, client_id=row.client_id),
    }


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def approve(request: SeatRequest, pk: int) -> HttpResponse:
    """What the provider gets, with what it will see shown beside each answer."""
    seat = request.seat
    row = _delegation(seat, pk)
    details = reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk))
    if row.client_id != seat.business.pk or row.asked_by != Delegation.Side.PROVIDER:
        return HttpResponseRedirect(details)
    if row.state != Delegation.State.REQUESTED:
        messages.info(request, _("This request no longer waits for an answer."))
        return HttpResponseRedirect(details)

    def check(form: ScopeForm, scope: Scope) -> Business:
        services.check_scope(scope, client=seat.business, held=seat.program_account_ids, on=seat.on)
        return row.provider

    def act(form: ScopeForm, scope: Scope, signed: SignedAs | None) -> str:
        services.approve(delegation_id=row.pk, scope=scope, signed=signed, actor=seat.actor, on=seat.on, at=clock.now())
        messages.success(request, _("%(provider)s now has access.") % {"provider": row.provider.legal_name})
        return reverse("delegation:third_party", args=(seat.business.bn9, row.pk))

    context = {
        "row": row,
        "details_url": details,
        "reject_url": reverse("delegation:reject_request", args=(seat.business.bn9, row.pk)),
        "check_title": _("Check and sign the access of %(provider)s") % {"provider": row.provider.legal_name},
        "check_button": _("Sign and approve access"),
        **_about(row, seat),
    }
    return _scope_page(
        request, "delegation/approve.html", ScopeForm, provider=row.provider, check=check, act=act, context=context
    )


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def edit(request: SeatRequest, pk: int) -> HttpResponse:
    """Widen or narrow what an established third party has."""
    seat = request.seat
    row = _third_party(seat, pk)
    details = reverse("delegation:third_party", args=(seat.business.bn9, row.pk))
    if row.state != Delegation.State.ACTIVE:
        messages.info(request, _("This access is not active. Nothing can be changed in it."))
        return HttpResponseRedirect(details)

    before = queries.scope_of(row)

    def check(form: ScopeForm, scope: Scope) -> Business:
        services.check_scope(
            scope, client=seat.business, held=seat.program_account_ids, on=seat.on, started_on=row.valid_from
        )
        return row.provider

    def act(form: ScopeForm, scope: Scope, signed: SignedAs | None) -> str:
        services.edit_scope(
            delegation_id=row.pk,
            scope=scope,
            seen=request.POST.get("seen", ""),
            signed=signed,
            actor=seat.actor,
            on=seat.on,
            at=clock.now(),
        )
        messages.success(request, _("The access of %(provider)s was changed.") % {"provider": row.provider.legal_name})
        return details

    context = {
        "row": row,
        "details_url": details,
        "check_title": _("Check the change for %(provider)s") % {"provider": row.provider.legal_name},
        "check_button": _("Change the access"),
        **_about(row, seat),
    }
    return _scope_page(
        request,
        "delegation/edit.html",
        ScopeForm,
        provider=row.provider,
        check=check,
        act=act,
        context=context,
        before=before,
    )


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def nominate(request: SeatRequest) -> HttpResponse:
    """Name a broker or consultant and what it gets; it accepts or declines."""
    seat = request.seat

    def check(form: ScopeForm, scope: Scope) -> Business:
        services.check_scope(scope, client=seat.business, held=seat.program_account_ids, on=seat.on)
        return services.nominated(client=seat.business, provider_bn9=form.cleaned_data["bn9"], on=seat.on)

    def act(form: ScopeForm, scope: Scope, signed: SignedAs | None) -> str:
        row = services.nominate_provider(
            client_id=seat.business.pk,
            provider_bn9=form.cleaned_data["bn9"],
            scope=scope,
            signed=signed,
            comment=form.cleaned_data["comment"],
            actor=seat.actor,
            on=seat.on,
            at=clock.now(),
        )
        messages.success(request, _("%(provider)s was asked to accept.") % {"provider": row.provider.legal_name})
        return reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk))

    context = {
        "check_title": _("Check and sign what you offer"),
        "check_button": _("Sign and ask them to accept"),
    }
    return _scope_page(
        request, "delegation/nominate.html", NominateForm, provider=None, check=check, act=act, context=context
    )


def _scope_page(
    request: SeatRequest,
    template: str,
    form_class: type[ScopeForm],
    *,
    provider: Business | None,
    check: Callable[[ScopeForm, Scope], Business],
    act: Callable[[ScopeForm, Scope, SignedAs | None], str],
    context: dict[str, Any],
    before: Scope | None = None,
) -> HttpResponse:
    """The form of a scope with its preview: shown, shown again with a preset or a new preview, or checked and signed.

    ``check`` says whether the answers could be granted and to whom; ``act`` grants them and returns where to go.
    """
    seat, on = request.seat, request.seat.on
    held = seat.program_account_ids
    accounts = list(queries.open_program_accounts(seat.business.pk))
    answers = (
        forms.first_answers(provider=provider, accounts=accounts, held=held, on=on)
        if before is None
        else forms.scope_answers(before)
    )
    if request.method == "POST":
        answers = forms.answers_of(request.POST)
    is_filled_in = answers.get("preset", "") != answers.get("applied", "")
    if is_filled_in:
        answers |= forms.preset_answers(answers["preset"], accounts=accounts, held=held)
    shown_again = request.method == "POST" and (is_filled_in or request.POST.get("act") in (PREVIEW, BACK))
    preview = queries.what_they_see(
        client=seat.business,
        provider=provider,
        scope=forms.lenient_scope(answers, account_ids=frozenset(account.pk for account in accounts)),
        accounts=accounts,
        on=on,
    )
    form = form_class(
        request.POST if request.method == "POST" and not shown_again else None,
        initial=answers,
        accounts=accounts,
        client=seat.business,
        provider=provider,
        held=held,
        counts=dict(preview.counts),
        other_names=preview.other_names,
    )
    if form.is_bound and form.is_valid():
        try:
            named = check(form, form.scope)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return _check_page(
                request, form, provider=named, accounts=accounts, act=act, context=context, before=before
            )
    context |= {
        "form": form,
        "preview": preview,
        "provider": provider,
        "them": provider.name if provider is not None else _("the third party"),
        "is_filled_in": is_filled_in and request.POST.get("act") != PREVIEW,
    }
    return render(request, template, context)


def _check_page(
    request: SeatRequest,
    form: ScopeForm,
    *,
    provider: Business,
    accounts: list[ProgramAccount],
    act: Callable[[ScopeForm, Scope, SignedAs | None], str],
    context: dict[str, Any],
    before: Scope | None,
) -> HttpResponse:
    """The answers once more, with what they give or take; signed where something is given."""
    seat, scope = request.seat, form.scope
    is_signing = request.POST.get("act") == SIGN
    is_signed = before is None or rules.widens(before, scope)
    data = request.POST if is_signing else None
    sign: SignForm | NoQuestions = (
        SignForm(data, text=rules.declaration_text(seat.on).by_client) if is_signed else NoQuestions(data)
    )
    if sign.is_bound and sign.is_valid():
        try:
            return HttpResponseRedirect(act(form, scope, sign.signed if isinstance(sign, SignForm) else None))
        except DomainError as refusal:
            sign.add_domain_error(refusal)
    seen = request.POST.get("seen", "") if is_signing else rules.scope_key(before) if before is not None else ""
    kept = [(name, value) for name in form.fields for value in request.POST.getlist(name)]
    context |= {
        "form": sign,
        "provider": provider,
        "lines": scope_lines(scope, accounts=accounts, before=before),
        "has_before": before is not None,
        "is_signed": is_signed,
        "comment": form.cleaned_data.get("comment", ""),
        "kept": [*kept, ("seen", seen)],
        "change": queries.what_changes(
            client=seat.business, provider=provider, before=before, after=scope, accounts=accounts, on=seat.on
        )
        if before is not None
        else None,
        "offered": None
        if before is not None
        else queries.what_they_see(client=seat.business, provider=provider, scope=scope, accounts=accounts, on=seat.on),
    }
    return render(request, "delegation/check.html", context)


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def reject(request: SeatRequest, pk: int) -> HttpResponse:
    """Say no, with the reason."""
    seat = request.seat
    row = _delegation(seat, pk)
    if not _is_received(seat, row):
        found(None)
    other = row.provider if row.client_id == seat.business.pk else row.client
    back = reverse("delegation:third_party_requests", args=(seat.business.bn9,))

    def act(answers: dict[str, Any]) -> str:
        services.reject(delegation_id=row.pk, reason=answers["reason"], actor=seat.actor, on=seat.on, at=clock.now())
        return back

    question = Question(
        title=_("Reject the request of %(business)s?") % {"business": other.legal_name},
        button=_("Reject request"),
        back=reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk)),
        consequences=(
            _("No access is given."),
            _("%(business)s is told the reason and can ask again.") % {"business": other.legal_name},
        ),
        crumbs=_crumbs(seat),
    )
    return ask(
        request,
        question,
        form=ReasonForm(typed(request)),
        act=act,
        done=_("The request of %(business)s was rejected.") % {"business": other.legal_name},
    )


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def withdraw(request: SeatRequest, pk: int) -> HttpResponse:
    """Take back one's own request."""
    seat = request.seat
    row = _delegation(seat, pk)
    if _is_received(seat, row):
        found(None)
    other = row.provider if row.client_id == seat.business.pk else row.client
    details = reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk))

    def act(answers: dict[str, Any]) -> str:
        services.withdraw(delegation_id=row.pk, actor=seat.actor, on=seat.on, at=clock.now())
        return details

    question = Question(
        title=_("Withdraw your request to %(business)s?") % {"business": other.legal_name},
        button=_("Withdraw request"),
        back=details,
        consequences=(_("It can no longer be answered. You can ask again at any time."),),
        crumbs=_crumbs(seat),
    )
    return ask(request, question, form=NoQuestions(typed(request)), act=act, done=_("The request was withdrawn."))


@business_page(to=Action.REQUEST_CLIENTS)
def accept(request: SeatRequest, pk: int) -> HttpResponse:
    """The nominated provider accepts what the client chose to give."""
    seat = request.seat
    row = _delegation(seat, pk)
    if row.provider_id != seat.business.pk or row.asked_by != Delegation.Side.CLIENT:
        found(None)

    form = SignForm(typed(request), text=rules.declaration_text(seat.on).by_provider)

    def act(answers: dict[str, Any]) -> str:
        services.accept_nomination(
            delegation_id=row.pk, signed=form.signed, actor=seat.actor, on=seat.on, at=clock.now()
        )
        return reverse("delegation:client", args=(seat.business.bn9, row.pk))

    question = Question(
        title=_("Accept to act for %(client)s?") % {"client": row.client.legal_name},
        button=_("Accept to act for %(client)s") % {"client": row.client.legal_name},
        back=reverse("delegation:third_party_request", args=(seat.business.bn9, row.pk)),
        consequences=(
            _("You get what the client chose: %(access)s.") % {"access": row.get_access_display()},
            _("You can end it at any time, and so can the client."),
        ),
        is_danger=False,
        crumbs=_crumbs(seat),
    )
    return ask(
        request,
        question,
        form=form,
        act=act,
        done=_("You may now act for %(client)s.") % {"client": row.client.legal_name},
    )


# --- Established third parties ----------------------------------------------------------------------------------------
@business_page(to=Action.MANAGE_THIRD_PARTIES)
def third_parties(request: SeatRequest) -> HttpResponse:
    seat = request.seat
    search = searched(request)
    rows = queries.named_like(
        queries.third_parties(seat.business.pk, held=seat.program_account_ids), search, own=seat.business.pk
    )
    context = {"page": page_of(request, rows), "search": search, "today": seat.on}
    return render(request, "delegation/third_parties.html", context)


def _third_party(seat: BusinessSeat, pk: int) -> Delegation:
    return found(queries.third_parties(seat.business.pk, held=seat.program_account_ids).filter(pk=pk).first())


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def third_party(request: SeatRequest, pk: int) -> HttpResponse:
    """What one provider has, and the two ways to change it."""
    seat, on = request.seat, request.seat.on
    row = _third_party(seat, pk)
    accounts = list(queries.open_program_accounts(seat.business.pk))
    context = {
        "row": row,
        "provider": row.provider,
        "them": row.provider.name,
        "is_active": row.state == Delegation.State.ACTIVE,
        "is_renewable": row.state != Delegation.State.ACTIVE or row.valid_until is not None,
        "provider_block": queries.block_of(client_id=seat.business.pk, provider_id=row.provider_id),
        "preview": queries.what_they_see(
            client=seat.business, provider=row.provider, scope=queries.scope_of(row), accounts=accounts, on=on
        ),
        "life": queries.life_of(row),
        "signatures": queries.signatures(row.pk),
        "today": on,
        **_about(row, seat),
    }
    return render(request, "delegation/third_party.html", context)


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def confirmation(request: SeatRequest, pk: int) -> HttpResponse:
    """What was given and who signed it, for the printer."""
    seat = request.seat
    row = _third_party(seat, pk)
    signatures = [(signature, rules.declaration_text(signature.text_dated)) for signature in queries.signatures(row.pk)]
    context = {"row": row, "signatures": signatures, "at": clock.now(), "today": seat.on}
    return render(request, "delegation/confirmation.html", context)


@business_page(to=Action.MANAGE_THIRD_PARTIES)
def revoke(request: SeatRequest, pk: int) -> HttpResponse:
    """End a delegation at once."""
    seat = request.seat
    row = _third_party(seat, pk)
    details = reverse("delegation:third_party", args=(seat.business.bn9, row.pk))

    def act(answers: dict[str, Any]) -> str:
        services.revoke(delegation_id=row.pk, reason=answers["reason"], actor=seat.actor, on=seat.on, at=clock.now())
        return details

    question = Question(
        title=_("Revoke the access of %(provider)s?") % {"provider": row.provider.legal_name},
        button=_("Revoke access"),
        back=details,
        consequences=(
            _("It ends at once: new releases and declarations they send for you are rejected."),
            _("What they submitted before stays."),
            _("To let them in again they ask anew, or you name them."),
        ),
        crumbs=[
            (reverse("delegation:people", args=(seat.business.bn9,)), _("People and access")),
            (reverse("delegation:third_parties", args=(seat.business.bn9,)), _("Third parties")),
        ],
    )
    form: PortageForm = OptionalReasonForm(typed(request))
    return ask(
        request,
        question,
        form=form,
        act=act,
        done=_("%(provider)s can no longer act for you.") % {"provider": row.provider.legal_name},
    )

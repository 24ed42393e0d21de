"""The pages of a person's addresses: their state, a change with its code, the delivery log, another method's person."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.logout import logout
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, rules, services
from accounts.forms import AddressForm, ChangeCodeForm
from accounts.middleware import WANTED
from accounts.models import EmailChange, User
from accounts.rules import Verdict
from accounts.services import email as email_services
from core import clock
from core.errors import DomainError
from core.http import actor_of
from core.models import OutboxMessage

PAGE_SIZE = 25
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
Purpose = EmailChange.Purpose


@never_cache
@login_required
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """Both addresses with what is known of them; whoever has to mend one is led here."""
    user = _person(request)
    changes = queries.pending_changes(user, wall_at=clock.wall_now())
    context = {
        "person": user,
        "sign_in_change": changes.get(Purpose.SIGN_IN),
        "contact_change": changes.get(Purpose.CONTACT),
        "has_own_contact": bool(user.contact_email) and not rules.is_same_address(user.contact_email, user.email),
        "sign_in_purpose": Purpose.SIGN_IN.value,
        "contact_purpose": Purpose.CONTACT.value,
        "wanted": "" if user.must_mend_email else _wanted(request),
    }
    return render(request, "accounts/addresses.html", context)


@never_cache
@sensitive_post_parameters("email", "email_again")
@login_required
@reauthentication_required(allow_get=False)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Another address for the codes, typed twice; its code is asked next."""
    user = _person(request)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            email_services.ask_change(
                user=user,
                purpose=Purpose.SIGN_IN,
                email=form.cleaned_data["email"],
                actor=actor_of(request),
                at=clock.now(),
                wall_at=clock.wall_now(),
            )
        except DomainError as refusal:
            form.add_error(refusal.field, ValidationError(refusal.message, code=refusal.code))
        else:
            return redirect("accounts:email_code", purpose="codes")
    context = {"form": form, "person": user, "is_practice": not settings.IS_PRODUCTION}
    return render(request, "accounts/email_change.html", context, status=_status(form))


@never_cache
@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, purpose: str) -> HttpResponse:
    """The code that went to the new address, with a new one, another address, or the way back."""
    user, kind = _person(request), _purpose(purpose)
    change_waiting = queries.pending_changes(user, wall_at=clock.wall_now()).get(kind)
    if request.method == "POST" and request.POST.get("action") == "resend":
        return _resend(request, user, kind, purpose)
    if request.method == "POST" and request.POST.get("action") == "cancel":
        return _cancel(request, user, kind)
    form = ChangeCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _try(request, form, user, kind)
        if answer is not None:
            return answer
        # What was asked before the try may be over by now.
        change_waiting = queries.pending_changes(user, wall_at=clock.wall_now()).get(kind)
    if change_waiting is None:
        messages.warning(request, _("No new address waits for a code. Begin again if you want to change one."))
        return redirect("accounts:addresses")
    return _code_page(request, user, change_waiting, form)


@never_cache
@login_required
@require_POST
def prove_contact(request: HttpRequest) -> HttpResponse:
    """A code to a contact address that was saved with the profile and is not confirmed, or that bounced."""
    user = _person(request)
    try:
        email_services.ask_change(
            user=user,
            purpose=Purpose.CONTACT,
            email=user.contact_email or user.email,
            actor=actor_of(request),
            at=clock.now(),
            wall_at=clock.wall_now(),
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("accounts:addresses")
    return redirect("accounts:email_code", purpose="notices")


@never_cache
@login_required
@require_POST
def use_sign_in_address(request: HttpRequest) -> HttpResponse:
    """Notices go where the codes go."""
    email_services.use_sign_in_address(
        user=_person(request), actor=actor_of(request), at=clock.now(), wall_at=clock.wall_now()
    )
    messages.success(request, _("Notices now go to the address that receives your codes."))
    return redirect("accounts:addresses")


@never_cache
@login_required
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """What the portal wrote to this person, and whether it arrived."""
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    rows, has_more = queries.letters_of(_person(request), before=before, size=PAGE_SIZE)
    context = {
        "letters": rows,
        "codes": queries.CODE_CATEGORIES,
        "states": OutboxMessage.State,
        "newest": reverse("accounts:letters") if before else "",
        "older": f"?before={rows[-1].pk}" if has_more else "",
    }
    return render(request, "accounts/letters.html", context)


@never_cache
@login_required
@require_POST
def send_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One's own message that did not arrive, once more."""
    user = _person(request)
    letter = queries.letter_of(user, public_id)
    if letter is None:
        raise Http404
    try:
        copy = email_services.send_again(user=user, message=letter, actor=actor_of(request), at=clock.now())
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The message is on its way to %(address)s.") % {"address": copy.to})
    return redirect("accounts:letters")


@never_cache
@require_safe
def dormant(request: HttpRequest) -> HttpResponse:
    """Why somebody who stayed away for long cannot sign in, and what to do."""
    return render(request, "accounts/dormant.html", status=HTTPStatus.FORBIDDEN)


@never_cache
@login_required
@require_POST
def leave_for_other_method(request: HttpRequest) -> HttpResponse:
    """Signs this person out and leads to the choice of the method; nothing of either person is changed."""
    services.record_sign_out(user=_person(request), actor=actor_of(request), at=clock.now())
    logout(request)
    return redirect("accounts:sign_in")


# --- Steps ------------------------------------------------------------------------------------------------------------
def _try(request: HttpRequest, form: ChangeCodeForm, user: User, kind: str) -> HttpResponse | None:
    """The answer to a typed code, or none when the page is shown again with its error."""
    attempt = email_services.try_change_code(
        user=user,
        purpose=kind,
        code=form.cleaned_data["code"],
        actor=actor_of(request),
        at=clock.now(),
        wall_at=clock.wall_now(),
    )
    if attempt.verdict == Verdict.CONFIRMED:
        done = {
            Purpose.SIGN_IN.value: _("Your codes now go to the new address. Both addresses were told."),
            Purpose.CONTACT.value: _("Your contact e-mail is confirmed. Notices go there from now on."),
        }
        messages.success(request, done[kind])
        return redirect("accounts:addresses")
    if attempt.verdict == Verdict.WRONG:
        text = ngettext(
            "This is not the code. Check the newest e-mail. You have %(count)d try left with this code",
            "This is not the code. Check the newest e-mail. You have %(count)d tries left with this code",
            attempt.tries_left,
        ) % {"count": attempt.tries_left}
        form.add_error("code", ValidationError(text, code="wrong"))
    elif attempt.verdict == Verdict.USED_UP:
        form.add_error(
            "code", ValidationError(_("Three wrong codes: this one no longer works. Ask for a new code"), code="spent")
        )
    elif attempt.verdict == Verdict.OVERDUE:
        form.add_error(
            "code", ValidationError(_("This code is older than 10 minutes. Ask for a new code"), code="overdue")
        )
    return None


def _resend(request: HttpRequest, user: User, kind: str, purpose: str) -> HttpResponse:
    try:
        email_services.resend_code(
            user=user, purpose=kind, actor=actor_of(request), at=clock.now(), wall_at=clock.wall_now()
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("A new code is on its way. Only the newest one works."))
    return redirect("accounts:email_code", purpose=purpose)


def _cancel(request: HttpRequest, user: User, kind: str) -> HttpResponse:
    try:
        email_services.cancel_change(
            user=user, purpose=kind, actor=actor_of(request), at=clock.now(), wall_at=clock.wall_now()
        )
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The change is cancelled. Nothing else was changed."))
    return redirect("accounts:addresses")


def _code_page(request: HttpRequest, user: User, waiting: EmailChange, form: ChangeCodeForm) -> HttpResponse:
    letter = queries.newest_letter(user, to=waiting.new_email, category=email_services.CODE_CATEGORY)
    context = {
        "form": form,
        "change": waiting,
        "is_sign_in": waiting.purpose == Purpose.SIGN_IN,
        "minutes": int(rules.CODE_LIFETIME.total_seconds() // 60),
        "pause": int(rules.RESEND_PAUSE.total_seconds()),
        "came_back": letter is not None and letter.state == OutboxMessage.State.BOUNCED,
        "inbox_url": ""
        if settings.IS_PRODUCTION
        else f"{reverse('accounts:inbox')}?{urlencode({'to': waiting.new_email})}",
    }
    return render(request, "accounts/email_code.html", context, status=_status(form))


# --- Small things -----------------------------------------------------------------------------------------------------
def _purpose(word: str) -> str:
    known: dict[str, str] = {"codes": Purpose.SIGN_IN.value, "notices": Purpose.CONTACT.value}
    if word not in known:
        raise Http404
    return known[word]


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _wanted(request: HttpRequest) -> str:
    """Where the person wanted to go before they were led here; told once."""
    address: Any = request.session.pop(WANTED, "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""


def _status(form: AddressForm | ChangeCodeForm) -> int:
    return UNPROCESSABLE if form.is_bound and form.errors else HTTPStatus.OK

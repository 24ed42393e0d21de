"""The pages on which a person pays by card or debit."""

import datetime as dt
import time
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counterparts.bank import queries, rules, services
from counterparts.bank.clearing.rules import DEBIT_ACCOUNTS
from counterparts.bank.errors import Unavailable
from counterparts.bank.forms import CardForm, ChallengeForm, DebitForm
from counterparts.bank.models import PaymentSession
from counterparts.bank.money import shown

PRACTICE_EXPIRY = "12/39"
PRACTICE_CODE = "123"


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return redirect("cards")


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Every practice card and account with what it does."""
    return render(
        request,
        "bank/cards.html",
        {"cards": rules.CARDS, "accounts": rules.ACCOUNTS, "debit_accounts": DEBIT_ACCOUNTS},
    )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, session_id: str) -> HttpResponse:
    session = _session(session_id)
    now = timezone.now()
    if session.state == PaymentSession.State.CREATED and session.created_at < now - rules.SESSION_LIFE:
        session = services.cancel(session_id=session.id, reason=rules.Reason.SESSION_EXPIRED, at=now)
    if session.state != PaymentSession.State.CREATED:
        return _decided(request, session)
    form = _form(request, session, timezone.localdate(now))
    if request.method == "POST" and form.is_valid():
        try:
            session, manner = services.decide(session_id=session.id, number=form.cleaned_data["number"], at=now)
        except Unavailable:
            form.add_error(
                None, _("The bank cannot answer now and nothing was taken. Try again, or use another practice card.")
            )
        else:
            if manner == rules.Manner.CHALLENGE:
                return redirect("challenge", session_id=session.id)
            if manner == rules.Manner.SLOW:
                # All is captured and told by now: only the person waits.
                time.sleep(settings.SLOW_SECONDS)
            if manner == rules.Manner.TIME_OUT:
                return render(
                    request, "bank/time_out.html", {"session": session, "back": _way_back(session)}, status=504
                )
            return HttpResponseRedirect(_way_back(session))
    return render(
        request,
        "bank/pay.html",
        {
            "session": session,
            "amount": shown(session.amount_cents),
            "form": form,
            "cards": rules.CARDS,
            "accounts": {account.number: account for account in rules.ACCOUNTS},
        },
    )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest, session_id: str) -> HttpResponse:
    """The card's bank asks for a code; nothing is captured before it is right."""
    session = _session(session_id)
    if session.state != PaymentSession.State.CREATED:
        return _decided(request, session)
    if not session.codes_left:
        return redirect("pay", session_id=session.id)
    form = ChallengeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        session = services.answer_challenge(session_id=session.id, code=form.cleaned_data["code"], at=timezone.now())
        if session.state != PaymentSession.State.CREATED:
            return HttpResponseRedirect(_way_back(session))
        left = session.codes_left or 0
        wrong = ngettext(
            "This code is not right. You have %(count)s try left.",
            "This code is not right. You have %(count)s tries left.",
            left,
        )
        form.add_error("code", wrong % {"count": left})
    amount = shown(session.amount_cents)
    return render(request, "bank/challenge.html", {"session": session, "amount": amount, "form": form})


@require_POST
def cancel(request: HttpRequest, session_id: str) -> HttpResponse:
    session = services.cancel(
        session_id=_session(session_id).id, reason=rules.Reason.CANCELLED_BY_PAYER, at=timezone.now()
    )
    return HttpResponseRedirect(_way_back(session))


def _form(request: HttpRequest, session: PaymentSession, today: dt.date) -> CardForm | DebitForm:
    if session.method == PaymentSession.Method.DEBIT:
        return DebitForm(request.POST or None)
    chosen = next((card for card in rules.CARDS if card.number == request.GET.get("card")), None)
    initial = {"number": chosen.spaced, "expiry": PRACTICE_EXPIRY, "security_code": PRACTICE_CODE} if chosen else {}
    return CardForm(request.POST if request.method == "POST" else None, initial=initial, today=today)


def _decided(request: HttpRequest, session: PaymentSession) -> HttpResponse:
    """A second submission or a step back: the one result again, and never a second capture."""
    if request.method == "POST":
        return HttpResponseRedirect(_way_back(session))
    return render(
        request,
        "bank/decided.html",
        {"session": session, "amount": shown(session.amount_cents), "back": _way_back(session)},
    )


def _session(session_id: str) -> PaymentSession:
    session = queries.session_with_id(session_id)
    if session is None:
        raise Http404
    return session


def _way_back(session: PaymentSession) -> str:
    joint = "&" if "?" in session.return_url else "?"
    return f"{session.return_url}{joint}{urlencode({'session': session.id})}"

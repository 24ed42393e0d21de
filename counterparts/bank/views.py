"""The bank's pages."""

import datetime as dt
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counterparts.bank import queries, rules, services
from counterparts.bank.forms import CardForm, DebitForm
from counterparts.bank.models import PaymentSession

PRACTICE_EXPIRY = "12/39"
PRACTICE_CODE = "123"


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return redirect("cards")


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """Every practice card and account with what it does."""
    return render(request, "bank/cards.html", {"cards": rules.CARDS, "accounts": rules.ACCOUNTS})


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
        except services.Unavailable:
            form.add_error(
                None, _("The bank cannot answer now and nothing was taken. Try again, or use another practice card.")
            )
        else:
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
            "amount": _money(session.amount_cents),
            "form": form,
            "cards": rules.CARDS,
            "accounts": {account.number: account for account in rules.ACCOUNTS},
        },
    )


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
        {"session": session, "amount": _money(session.amount_cents), "back": _way_back(session)},
    )


def _session(session_id: str) -> PaymentSession:
    session = queries.session_with_id(session_id)
    if session is None:
        raise Http404
    return session


def _way_back(session: PaymentSession) -> str:
    joint = "&" if "?" in session.return_url else "?"
    return f"{session.return_url}{joint}{urlencode({'session': session.id})}"


def _money(cents: int) -> str:
    """$1,234.56 in English, 1 234,56 $ in French, with spaces that do not break."""
    whole, rest = f"{cents // 100:,}", f"{cents % 100:02d}"
    if get_language() == "fr":
        return f"{whole.replace(',', chr(0x202F))},{rest}\N{NO-BREAK SPACE}$"
    return f"${whole}.{rest}"

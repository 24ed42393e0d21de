"""The provider's pages around allauth's OpenID Connect end points."""

from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.idp.oidc.views import authorization
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counterparts.identity import queries, rules, seats, services
from counterparts.identity.forms import AnswersForm, RecoverForm, SignInForm, SignUpForm
from counterparts.identity.models import Credential

HAS_BANKS = settings.IDENTITY == "partner"
BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@csrf_exempt
@never_cache
def authorize(request: HttpRequest) -> HttpResponse:
    """allauth's authorization with PKCE demanded, and a session that ends with the code.

    One sign-in gives one code: on a shared machine the next person never continues as the one before.
    """
    if request.method == "GET" and (
        not request.GET.get("code_challenge") or request.GET.get("code_challenge_method") != "S256"
    ):
        return render(request, "idp/oidc/error.html", {"needs_pkce": True}, status=400)
    response = authorization(request)
    if response.status_code == 302 and urlsplit(response["Location"]).netloc:
        logout(request)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def not_offered(request: HttpRequest) -> HttpResponse:
    """The device flow has a name in allauth's discovery document but no use here."""
    raise Http404


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return redirect("signed_in" if request.user.is_authenticated else "account_login")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, bank: str = "") -> HttpResponse:
    chosen = _bank(bank)
    following = _following(request)
    if "create" in following.get("prompt", "").split() and settings.IDENTITY == "gckey" and request.method != "POST":
        return redirect(_address("sign_up", request))
    if HAS_BANKS and chosen is None:
        return _pick_bank(request, following)
    hint = request.GET.get("seat") or following.get("login_hint", "")
    seat = seats.seat_of(settings.IDENTITY, hint)
    if request.method == "POST":
        form = SignInForm(request.POST)
        if form.is_valid():
            outcome = services.check_sign_in(
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                bank=bank,
                at=timezone.now(),
            )
            if outcome.credential is not None:
                login(request, outcome.credential, backend=BACKEND)
                return redirect(_next(request) or reverse("signed_in"))
            form.add_error(None, _problem_text(outcome))
    elif seat is not None:
        form = SignInForm(initial={"username": seat.username, "password": seats.PRACTICE_PASSWORD})
        # Only ever the practice password that stands on the same page.
        form.fields["password"].widget.render_value = True
    else:
        form = SignInForm(initial={"username": hint[:32]})
    return render(
        request,
        "identity/sign_in.html",
        {
            "form": form,
            "bank": chosen,
            "seats": [
                (person, _address("sign_in", request, bank=bank, seat=person.username)) for person in _seats(bank)
            ],
            "practice_password": seats.PRACTICE_PASSWORD,
            "notice": request.session.pop("notice", ""),
            **_links(request, bank),
        },
    )


@never_cache
@sensitive_post_parameters("password", "repeated", "answer_1", "answer_2", "answer_3")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, bank: str = "") -> HttpResponse:
    chosen = _bank(bank)
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            credential = services.open_credential(
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                bank=bank,
                answers=form.answers,
                at=timezone.now(),
            )
        except services.UsernameTaken:
            form.add_error("username", _("Somebody has this user name already. Choose another one."))
        else:
            login(request, credential, backend=BACKEND)
            return redirect(_next(request) or reverse("signed_in"))
    return render(request, "identity/sign_up.html", {"form": form, "bank": chosen, **_links(request, bank)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest, bank: str = "") -> HttpResponse:
    chosen = _bank(bank)
    form = RecoverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        request.session["recovering"] = rules.normal_username(form.cleaned_data["username"])
        return redirect(_address("answer", request, bank=bank))
    return render(request, "identity/recover.html", {"form": form, "bank": chosen, **_links(request, bank)})


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, bank: str = "") -> HttpResponse:
    chosen = _bank(bank)
    username = request.session.get("recovering", "")
    if not username:
        return redirect(_address("recover", request, bank=bank))
    form = AnswersForm(request.POST or None, username=username, questions=queries.questions_asked_of(username, bank))
    if request.method == "POST" and form.is_valid():
        outcome = services.recover_password(
            username=username,
            bank=bank,
            answers=form.answers,
            password=form.cleaned_data["password"],
            at=timezone.now(),
        )
        if outcome.credential is not None:
            del request.session["recovering"]
            request.session["notice"] = "recovered"
            return redirect(_address("sign_in", request, bank=bank))
        if outcome.problem == services.Problem.PAUSED:
            form.add_error(None, _problem_text(outcome))
        else:
            form.add_error(None, _("These answers do not match. Check the user name and each answer, then try again."))
    return render(
        request,
        "identity/answer.html",
        {
            "form": form,
            "bank": chosen,
            "username": username,
            "practice_answer": seats.PRACTICE_ANSWER if seats.seat_of(settings.IDENTITY, username) else "",
            **_links(request, bank),
        },
    )


@never_cache
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where a person stands who came here without the portal sending them."""
    if not isinstance(request.user, Credential):
        return redirect("account_login")
    return render(
        request, "identity/signed_in.html", {"credential": request.user, "bank": rules.bank_of(request.user.bank)}
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    request.session["notice"] = "signed-out"
    return redirect("account_login")


@never_cache
@require_safe
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """``prompt=login``: whoever is signed in here is signed out and asked again."""
    logout(request)
    return redirect(_address("account_login", request))


def _pick_bank(request: HttpRequest, following: dict[str, str]) -> HttpResponse:
    seat = seats.seat_of(settings.IDENTITY, request.GET.get("seat") or following.get("login_hint", ""))
    if seat is not None and request.method != "POST":
        return redirect(_address("sign_in", request, bank=seat.bank, seat=seat.username))
    banks = [(bank, _address("sign_in", request, bank=bank.slug)) for bank in rules.BANKS]
    people = [
        (person, rules.bank_of(person.bank), _address("sign_in", request, bank=person.bank, seat=person.username))
        for person in _seats("")
    ]
    return render(
        request,
        "identity/banks.html",
        {
            "banks": banks,
            "people": people,
            "practice_password": seats.PRACTICE_PASSWORD,
            "notice": request.session.pop("notice", ""),
        },
    )


def _bank(slug: str) -> rules.Bank | None:
    """The bank of the address; an unknown one is no page, and neither is a partner's page without a bank."""
    bank = rules.bank_of(slug)
    if slug and bank is None:
        raise Http404
    return bank


def _seats(bank: str) -> tuple[seats.Seat, ...]:
    return seats.seats_of(settings.IDENTITY, bank)


def _next(request: HttpRequest) -> str:
    """Where to go on after signing in: only an address of this very provider."""
    address = request.GET.get("next", "")
    return address if address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""


def _following(request: HttpRequest) -> dict[str, str]:
    """The parameters of the authorization request that waits behind this page."""
    return {name: values[0] for name, values in parse_qs(urlsplit(_next(request)).query).items()}


def _address(name: str, request: HttpRequest, *, bank: str = "", seat: str = "") -> str:
    query = {"next": _next(request), "seat": seat}
    kept = urlencode({key: value for key, value in query.items() if value})
    address = reverse(name, kwargs={"bank": bank} if bank else None)
    return f"{address}?{kept}" if kept else address


def _links(request: HttpRequest, bank: str) -> dict[str, str]:
    links = {"sign_in_address": _address("sign_in", request, bank=bank)}
    if settings.IDENTITY != "staff":
        links["sign_up_address"] = _address("sign_up", request, bank=bank)
        links["recover_address"] = _address("recover", request, bank=bank)
    if HAS_BANKS:
        links["banks_address"] = _address("account_login", request)
    return links


def _problem_text(outcome: services.Outcome) -> str:
    if outcome.problem == services.Problem.PAUSED:
        return ngettext(
            "Too many tries have failed. Wait %(minutes)d minute, then try again.",
            "Too many tries have failed. Wait %(minutes)d minutes, then try again.",
            outcome.minutes,
        ) % {"minutes": outcome.minutes}
    if outcome.problem == services.Problem.REVOKED:
        return _(
            "This credential has been revoked and cannot be used again. Open a new one, then ask for access again."
        )
    if outcome.problem == services.Problem.EXPIRED:
        return _("This credential has expired because it was not used for too long. Open a new one to go on.")
    return _("This user name and password do not match. Check both and try again.")

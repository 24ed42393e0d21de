"""What the pages of sign-in and person share."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from core.actor import Actor, ActorKind
from core.forms import PortageForm


def person_of(request: HttpRequest) -> User:
    """The signed-in person."""
    assert isinstance(request.user, User)
    return request.user


def actor_signing_in(request: HttpRequest, user: User) -> Actor:
    """The person who is signing in and isn't signed in yet."""
    request_id = getattr(request, "request_id", "")
    return Actor(kind=ActorKind.PERSON, user_id=user.pk, request_id=request_id, name=str(user))


def wanted_address(request: HttpRequest) -> str:
    """Where the person wanted to go: only an address of this portal."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""


def status_of(form: PortageForm) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK


def start_over_at_sign_in(request: HttpRequest, problem: str) -> HttpResponse:
    """Back to the first page, which tells why."""
    request.session["sign_in_problem"] = problem
    return redirect("accounts:sign_in")

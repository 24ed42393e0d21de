"""The person at the request: unread notifications, the gate to an unfinished profile, a word about the idle limit."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.adapters import EMERGENCY_OF
from core import clock
from notifications import queries as notification_queries

#: What an unfinished profile must not keep a person from.
ALWAYS_OPEN = frozenset(
    {
        "accounts:profile_setup",
        "accounts:sign_out",
        "accounts:signed_out",
        "accounts:extend",
        "accounts:leave_for_other_method",
        "accounts:inbox",
        "accounts:inbox_message",
        "set_language",
        "livez",
        "readyz",
    }
)
#: All that is open to a session that an emergency code opened: setting up a second factor, and leaving.
OPEN_IN_AN_EMERGENCY = frozenset(
    {
        "accounts:security",
        "accounts:app",
        "accounts:passkey",
        "accounts:remove_factor",
        "accounts:start_over",
        "accounts:sign_out",
        "accounts:signed_out",
        "accounts:extend",
        "accounts:inbox",
        "accounts:inbox_message",
        "accounts:profile_setup",
        "set_language",
        "livez",
        "readyz",
    }
)
#: In the session: what was being sent when the person had to confirm who they are.
INTERRUPTED = "interrupted"
LARGEST_INTERRUPTED = 20_000
#: What a person whose mailbox sends messages back must reach: the way to mend it, help, and their proof of being there.
OPEN_TO_MEND = ALWAYS_OPEN | {
    "accounts:addresses",
    "accounts:email_change",
    "accounts:email_code",
    "accounts:prove_contact",
    "accounts:use_sign_in_address",
    "accounts:letters",
    "accounts:send_again",
    "accounts:profile_edit",
    "accounts:security",
    "accounts:end_session",
    "accounts:end_other_sessions",
    "accounts:history",
    "support:help",
    "support:contact",
}
#: The sign-in library's own pages that ask a person once more who they are.
ASKS_AGAIN = ("account_reauthenticate", "mfa_reauthenticate")
#: Where somebody wanted to go who was led to mend an address first.
WANTED = "wanted_before_mending"
#: When the session was saved last, in seconds of the wall clock.
SAVED_AT = "saved_at"
OPEN_PREFIXES = ("/api/", "/webhooks/", "/static/", "/admin/")


class PersonMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.unread_notifications = lambda: _unread(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        _begin_idle_limit_anew(request)
        if _leads_to_sign_in(response) and _was_signed_out(request):
            response["Location"] += "&idle=1"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """A person without a profile is led to it before anything else, and on from there to where they wanted."""
        match = request.resolver_match
        if match is not None and match.view_name not in OPEN_IN_AN_EMERGENCY and _must_set_up_anew(request):
            return HttpResponseRedirect(reverse("accounts:security"))
        if match is None or match.view_name in ALWAYS_OPEN or request.path_info.startswith(OPEN_PREFIXES):
            return None
        user = request.user
        if not user.is_authenticated or user.is_staff:
            return None
        if user.profile_completed_at is not None:
            return _led_to_mend_an_address(request, match.view_name) if user.must_mend_email else None
        wanted = request.get_full_path() if request.method == "GET" else ""
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return HttpResponseRedirect(reverse("accounts:profile_setup") + query)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Leads to the page that asks who is there, and keeps what was being sent.

        The library's own way keeps the whole request, and with it the key of the session, which stands in no table.
        """
        if not isinstance(exception, ReauthenticationRequired):
            return None
        request.session.pop(INTERRUPTED, None)
        if request.method == "POST":
            fields = request.POST.copy()
            fields.pop("csrfmiddlewaretoken", None)
            sent = fields.urlencode()
            if len(sent) <= LARGEST_INTERRUPTED and not request.FILES:
                request.session[INTERRUPTED] = {"path": request.get_full_path(), "fields": sent}
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")


def _must_set_up_anew(request: HttpRequest) -> bool:
    """Machines carry no session, and are not asked for one."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    whose = request.session.get(EMERGENCY_OF)
    return whose is not None and whose == request.user.pk


def _led_to_mend_an_address(request: HttpRequest, view_name: str) -> HttpResponse | None:
    """At the next page, not in the middle of one: what was typed is sent first, and a part of a page stays a part."""
    if view_name in OPEN_TO_MEND or view_name.startswith(ASKS_AGAIN):
        return None
    if request.method not in {"GET", "HEAD"} or request.headers.get("HX-Request"):
        return None
    request.session[WANTED] = request.get_full_path()
    return HttpResponseRedirect(reverse("accounts:addresses"))


def _unread(request: HttpRequest) -> int:
    """What came with the person; asked again where this very request may have changed it."""
    user = request.user
    if not user.is_authenticated:
        return 0
    known: int | None = getattr(user, "unread_count", None)
    if known is None or request.method not in {"GET", "HEAD"}:
        return notification_queries.unread_count(user_id=user.pk)
    return known


def _begin_idle_limit_anew(request: HttpRequest) -> None:
    """The session is saved when its last save is older than ``SESSION_SAVED_EVERY``, not at every request."""
    session = request.session
    if not session.accessed or session.is_empty():
        return
    now = int(clock.wall_now().timestamp())
    if session.modified or now - session.get(SAVED_AT, 0) >= settings.SESSION_SAVED_EVERY:
        session[SAVED_AT] = now


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(f"{reverse(settings.LOGIN_URL)}?next=")


def _was_signed_out(request: HttpRequest) -> bool:
    """The browser still shows a session that this server has let go."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.is_empty()

"""The frame around every page: which day it is here, who is signed in, for which account, in which language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core import format as formats

NavigationItems = Sequence[tuple[str, str, bool] | Mapping[str, Any]]


@dataclass(frozen=True)
class NavigationItem:
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class OtherLanguage:
    code: str
    label: str
    url: str


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def frame(request: HttpRequest) -> dict[str, "Frame"]:
    return {"frame": Frame(request)}


class Frame:
    """Everything ``base.html`` asks for, worked out only when it asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def clock_differs(self) -> bool:
        return self.today != clock.wall_now().date()

    @cached_property
    def language(self) -> str:
        return get_language() or "en"

    @cached_property
    def other_language(self) -> OtherLanguage:
        """The same page and query string in the other language."""
        code, label = ("en", "English") if self.language.startswith("fr") else ("fr", "Français")
        address = self._request.get_full_path()
        url = translate_url(address, code)
        here = f"/{self.language[:2]}/"
        if url == address and address.startswith(here):
            url = f"/{code}/" + address.removeprefix(here)
        return OtherLanguage(code=code, label=label, url=url)

    @cached_property
    def is_signed_in(self) -> bool:
        user = getattr(self._request, "user", None)
        return bool(user is not None and user.is_authenticated)

    @cached_property
    def person_name(self) -> str:
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return ""
        return str(user.get_full_name() or user.get_username())

    @cached_property
    def unread_count(self) -> int:
        """The number the notifications put on the request, or a callable that gives it."""
        unread: int | Callable[[], int] | None = getattr(self._request, "unread_notifications", None)
        if unread is None:
            return 0
        return int(unread() if callable(unread) else unread)

    @cached_property
    def navigation(self) -> list[NavigationItem]:
        path = getattr(settings, "FRAME_NAVIGATION", "")
        if not path:
            return []
        items: NavigationItems = import_string(path)(self._request)
        return [NavigationItem(**item) if isinstance(item, Mapping) else NavigationItem(*item) for item in items]

    @cached_property
    def seat_bar(self) -> dict[str, Any] | None:
        """The account bar: its ground, its facts from left to right and the way to another account."""
        seat = getattr(self._request, "seat", None)
        if seat is None:
            return None
        if seat.kind == "officer":
            facts = [(_("Seat"), seat.role_label)]
            if seat.business_name:
                facts.append((_("Looking at"), seat.business_name))
        else:
            whose = _("Acting for") if seat.is_delegated else _("Business")
            facts = [(whose, seat.business_name)]
        number = getattr(seat, "program_account_number", "")
        if number:
            facts.append((_("Program account"), formats.bn(str(number))))
        if seat.kind != "officer":
            facts.append((_("Your role"), seat.role_label))
        return {
            "kind": seat.kind,
            "facts": facts,
            # An officer acts for nobody, so there is nothing to switch to.
            "switch_url": "" if seat.kind == "officer" else _url(getattr(settings, "FRAME_SWITCH", "dashboard:start")),
        }

    @cached_property
    def for_whom(self) -> str:
        """For whom a page acts, to stand beside the button that does it; nothing for officers and without a seat."""
        seat = getattr(self._request, "seat", None)
        if seat is None or seat.kind == "officer":
            return ""
        number = getattr(seat, "program_account_number", "")
        facts = {"business": seat.business_name, "number": formats.bn(str(number))}
        return (_("For %(business)s, %(number)s") if number else _("For %(business)s")) % facts

    @cached_property
    def home_url(self) -> str:
        return _url("dashboard:start" if self.is_signed_in else "dashboard:public_home") or "/"

    @cached_property
    def idle(self) -> SafeString:
        """When the page warns that the person is about to be signed out, and when that happens, in seconds; and whose
        typing it may keep meanwhile."""
        return format_html(
            'data-warn-after="{}" data-limit="{}" data-person="{}"',
            int(settings.IDLE_WARNING_MINUTES) * 60,
            int(settings.IDLE_LIMIT_MINUTES) * 60,
            getattr(getattr(self._request, "user", None), "pk", None) or "",
        )

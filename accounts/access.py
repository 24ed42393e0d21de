"""The door to the officers' pages: staff of the right group only."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rules
from core.actor import Actor
from core.errors import Refused, Stranger
from core.http import actor_of

_LABELS = {rules.OFFICER: gettext_lazy("Officer"), rules.TRAINER: gettext_lazy("Trainer")}


@dataclass(frozen=True)
class OfficerSeat:
    """Who stands at an officers' page; the frame shows it in the grey bar."""

    actor: Actor
    group: str
    kind: str = "officer"
    business_name: str = ""
    program_account_number: str = ""
    is_delegated: bool = False

    @property
    def role_label(self) -> Any:
        return _LABELS[self.group]


def officer_page(
    *groups: str,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For an officers' view: 404 to anybody else, 403 to staff outside ``groups`` (officers and trainers if none).

    The seat is ``request.seat``.
    """
    wanted = groups or rules.STAFF_GROUPS

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_staff:
                raise Stranger(_("There is nothing at this address for you."), code="not_found")
            held = [name for name in wanted if request.user.groups.filter(name=name).exists()]
            if not held:
                raise Refused(
                    _("This page is for officers. Ask your administrator to put you into their group."),
                    code="not_an_officer",
                )
            request.seat = OfficerSeat(actor=actor_of(request), group=held[0])  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        opened.door = ("officer", wanted)  # type: ignore[attr-defined]
        return opened

    return decorate

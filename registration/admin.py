"""Registrations and practice cards for officers: read, and three actions that call the services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core import clock
from core.actor import Channel
from core.errors import DomainError
from core.http import actor_of
from core.registers import ReadOnlyAdmin
from registration import services
from registration.models import PracticeCard, Registration


class ReasonForm(ActionForm):
    """An officer says why; the audit trail keeps it."""

    reason = forms.CharField(label=_("Reason:"), max_length=300, required=False)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    actions: Any = ("register_by_hand", "lift_pause", "lift_lock")
    action_form = ReasonForm
    list_display = (
        "id",
        "user",
        "bn9",
        "rm",
        "name",
        "business",
        "state",
        "error_count",
        "paused_until",
        "saved_at",
    )
    list_filter = ("state",)
    list_select_related = ("user", "business")
    search_fields = ("=id", "=bn9", "=user__username", "user__last_name", "business__legal_name")
    search_help_text = _("Number of the registration, business number, person or business")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")

    @admin.action(description=_("Register by hand (papers were checked)"), permissions=("steer",))
    def register_by_hand(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        self._each(request, rows, services.register_by_hand)

    @admin.action(description=_("Lift the pause"), permissions=("steer",))
    def lift_pause(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        self._each(request, rows, services.lift_pause)

    @admin.action(description=_("Lift the lock of strict mode"), permissions=("steer",))
    def lift_lock(self, request: HttpRequest, rows: QuerySet[Registration]) -> None:
        self._each(request, rows, services.lift_lock)

    def _each(self, request: HttpRequest, rows: QuerySet[Registration], service: Callable[..., Any]) -> None:
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return
        actor = actor_of(request, channel=Channel.ADMIN)
        done = 0
        for row in rows:
            try:
                service(registration=row, reason=reason, actor=actor, at=clock.now())
            except DomainError as refusal:
                sentence = _("Registration %(number)s: %(problem)s") % {"number": row.pk, "problem": refusal}
                self.message_user(request, sentence, messages.ERROR)
            else:
                done += 1
        if done:
            sentence = ngettext("Done for %(count)d registration.", "Done for %(count)d registrations.", done)
            self.message_user(request, sentence % {"count": done}, messages.SUCCESS)


@admin.register(PracticeCard)
class PracticeCardAdmin(ReadOnlyAdmin):
    list_display = ("code", "business", "taken_at")
    list_select_related = ("business",)
    search_fields = ("=code", "=business__bn9", "business__legal_name")

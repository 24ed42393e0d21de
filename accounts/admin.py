"""People, businesses and roles for officers: read, and three actions that call the services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import services
from accounts.models import (
    Business,
    ContactPerson,
    EmployeeRequest,
    Invitation,
    Membership,
    OpenSession,
    PracticeSeat,
    ProgramAccount,
    SignInGuard,
    User,
)
from core import clock
from core.actor import Channel
from core.http import actor_of
from core.registers import ReadOnlyAdmin


class ReasonForm(ActionForm):
    """An officer says why; the audit trail keeps it."""

    reason = forms.CharField(label=_("Reason:"), max_length=200, required=False)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    actions: Any = ("block", "unblock", "reset_second_factor")
    action_form = ReasonForm
    list_display = ("username", "first_name", "last_name", "method", "email", "is_staff", "is_active", "last_login")
    list_filter = ("method", "is_active", "is_staff", "language")
    search_fields = ("=username", "first_name", "last_name", "=email", "=contact_email")
    ordering = ("-id",)
    exclude = ("password", "user_permissions")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")

    @admin.action(description=_("Block sign-in"), permissions=("steer",))
    def block(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.block)

    @admin.action(description=_("Lift the block"), permissions=("steer",))
    def unblock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.unblock)

    @admin.action(description=_("Reset the e-mailed codes"), permissions=("steer",))
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.reset_second_factor)

    def _each(self, request: HttpRequest, people: QuerySet[User], service: Callable[..., Any]) -> None:
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:200]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return
        chosen = list(people)
        if request.user in chosen:
            self.message_user(request, _("Nothing was done: you cannot do this to yourself."), messages.ERROR)
            return
        actor = actor_of(request, channel=Channel.ADMIN)
        for user in chosen:
            service(user=user, reason=reason, actor=actor, at=clock.now())
        done = ngettext("Done for %(count)d person.", "Done for %(count)d people.", len(chosen))
        self.message_user(request, done % {"count": len(chosen)}, messages.SUCCESS)


@admin.register(Business)
class BusinessAdmin(ReadOnlyAdmin):
    list_display = ("bn9", "legal_name", "operating_name", "city", "region", "provider_kind", "registered_at")
    list_filter = ("provider_kind", "is_non_resident", "region")
    search_fields = ("=bn9", "legal_name", "operating_name")
    ordering = ("bn9",)


@admin.register(ProgramAccount)
class ProgramAccountAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "business", "profile", "opened_on", "closed_on")
    list_filter = ("profile",)
    list_select_related = ("business",)
    search_fields = ("=number", "=business__bn9", "business__legal_name")


@admin.register(ContactPerson)
class ContactPersonAdmin(ReadOnlyAdmin):
    list_display = ("name", "position", "business", "program_account", "place")
    list_select_related = ("business", "program_account")
    search_fields = ("name", "=business__bn9", "=program_account__number")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "business", "role", "is_primary", "state", "started_at", "ended_at")
    list_filter = ("role", "state", "is_primary")
    list_select_related = ("user", "business")
    search_fields = ("=user__username", "user__last_name", "=business__bn9", "business__legal_name")
    ordering = ("-id",)


@admin.register(EmployeeRequest)
class EmployeeRequestAdmin(ReadOnlyAdmin):
    list_display = ("user", "business", "state", "requested_at", "decided_at", "decided_by")
    list_filter = ("state",)
    list_select_related = ("user", "business")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "business", "role", "state", "invited_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("business",)
    exclude = ("token_hash",)


@admin.register(SignInGuard)
class SignInGuardAdmin(ReadOnlyAdmin):
    list_display = ("user", "failure_count", "paused_until", "code_sent_at")
    list_select_related = ("user",)


@admin.register(OpenSession)
class OpenSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "method", "__str__", "started_at")
    list_filter = ("method",)
    list_select_related = ("user",)
    search_fields = ("=user__username", "user__last_name")
    exclude = ("session",)


@admin.register(PracticeSeat)
class PracticeSeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "method", "username", "note_en", "note_fr")


# Third-party registers hold secrets or would go round the services.
for model in list(admin.site._registry):
    if model._meta.app_label in {"account", "socialaccount", "mfa"} or model is Group:
        admin.site.unregister(model)

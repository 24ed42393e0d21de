"""People, businesses and roles for officers: read, and actions that call the services."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import rules, services
from accounts.models import (
    Business,
    ContactPerson,
    EmailChange,
    EmployeeRequest,
    Invitation,
    LastActivity,
    Membership,
    MembershipProgram,
    OneTimeCode,
    OpenSession,
    PracticeSeat,
    ProgramAccount,
    SignInGuard,
    User,
)
from accounts.services import email as email_services
from core import clock
from core.actor import Channel
from core.errors import DomainError
from core.http import actor_of
from core.registers import ReadOnlyAdmin


class ReasonForm(ActionForm):
    """An officer says why; the audit trail keeps it."""

    reason = forms.CharField(label=_("Reason:"), max_length=200, required=False)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    actions: Any = (
        "block",
        "unblock",
        "reset_second_factor",
        "issue_emergency_code",
        "reactivate",
        "lift_bounce",
        "archive",
        "take_out_of_archive",
    )
    action_form = ReasonForm
    list_display = ("username", "first_name", "last_name", "method", "email", "is_staff", "is_active", "last_login")
    list_filter = ("method", "is_active", ("archived_at", admin.EmptyFieldListFilter), "is_staff", "language")
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

    @admin.action(description=_("Reset the second factor"), permissions=("steer",))
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.reset_second_factor)

    @admin.action(description=_("Issue an emergency code"), permissions=("steer",))
    def issue_emergency_code(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Asks once more, then shows the code, this one time."""
        chosen, reason = self._chosen(request, people), _reason(request)
        if not chosen:
            return None
        if len(chosen) != 1:
            self.message_user(request, _("Nothing was done: choose one person for an emergency code."), messages.ERROR)
            return None
        user, code = chosen[0], ""
        if request.POST.get("confirmed") == "1":
            code = services.issue_emergency_code(
                user=user,
                reason=reason,
                actor=actor_of(request, channel=Channel.ADMIN),
                at=clock.now(),
                wall_at=clock.wall_now(),
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Emergency code"),
            "person": user,
            "reason": reason,
            "code": rules.in_groups(code),
            "hours": int(rules.EMERGENCY_LIFETIME.total_seconds() // 3600),
            "opts": self.model._meta,
        }
        response = TemplateResponse(request, "admin/emergency_code.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description=_("Let in again after inactivity"), permissions=("steer",))
    def reactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.reactivate)

    @admin.action(description=_("The e-mail works again"), permissions=("steer",))
    def lift_bounce(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, email_services.lift_bounce)

    @admin.action(description=_("Archive: out of every business, no sign-in"), permissions=("steer",))
    def archive(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.archive)

    @admin.action(description=_("Take out of the archive"), permissions=("steer",))
    def take_out_of_archive(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._each(request, people, services.take_out_of_archive)

    def _each(self, request: HttpRequest, people: QuerySet[User], service: Callable[..., Any]) -> None:
        chosen, reason = self._chosen(request, people), _reason(request)
        if not chosen:
            return
        actor = actor_of(request, channel=Channel.ADMIN)
        try:
            with transaction.atomic():
                for user in chosen:
                    service(user=user, reason=reason, actor=actor, at=clock.now())
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return
        done = ngettext("Done for %(count)d person.", "Done for %(count)d people.", len(chosen))
        self.message_user(request, done % {"count": len(chosen)}, messages.SUCCESS)

    def _chosen(self, request: HttpRequest, people: QuerySet[User]) -> list[User]:
        """Whom the action is about; nobody, after saying why, without a reason or with oneself among them."""
        if not _reason(request):
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return []
        chosen = list(people)
        if request.user in chosen:
            self.message_user(request, _("Nothing was done: you cannot do this to yourself."), messages.ERROR)
            return []
        return chosen


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "").strip()[:200]


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


@admin.register(MembershipProgram)
class MembershipProgramAdmin(ReadOnlyAdmin):
    list_display = ("membership", "program_account", "role")
    list_filter = ("role",)
    list_select_related = ("membership__user", "membership__business", "program_account")
    search_fields = ("membership__user__last_name", "=program_account__number")
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


@admin.register(OneTimeCode)
class OneTimeCodeAdmin(ReadOnlyAdmin):
    list_display = ("user", "purpose", "state", "made_at", "expires_at", "ended_at", "issued_by", "reason")
    list_filter = ("purpose", "state")
    list_select_related = ("user",)
    search_fields = ("=user__username", "user__last_name")
    exclude = ("code_hash",)


@admin.register(EmailChange)
class EmailChangeAdmin(ReadOnlyAdmin):
    list_display = ("user", "purpose", "old_email", "new_email", "state", "asked_at", "expires_at", "code_count")
    list_filter = ("state", "purpose")
    list_select_related = ("user",)
    search_fields = ("=user__username", "user__last_name", "=old_email", "=new_email")
    exclude = ("code_hash",)


@admin.register(LastActivity)
class LastActivityAdmin(ReadOnlyAdmin):
    list_display = ("user", "active_on", "warned_days", "warned_on", "deactivated_on")
    list_filter = ("warned_days",)
    list_select_related = ("user",)
    search_fields = ("=user__username", "user__last_name")


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

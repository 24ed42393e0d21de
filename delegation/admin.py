"""Delegations for officers: read them all, and revoke with a reason through the service."""

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
from delegation import services
from delegation.models import (
    ClientAssignment,
    ClientGroup,
    Delegation,
    GroupRequest,
    PrimaryHandover,
    ProviderBlock,
    RequestBatch,
    Signature,
    UnmatchedRequest,
)


class ReasonForm(ActionForm):
    """An officer says why; both sides read it."""

    reason = forms.CharField(label=_("Reason:"), max_length=200, required=False)


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    actions: Any = ("revoke",)
    action_form = ReasonForm
    list_display = ("provider", "client", "asked_by", "state", "access", "all_programs", "valid_from", "valid_until")
    list_filter = ("state", "access", "asked_by", "provider__provider_kind")
    list_select_related = ("provider", "client")
    search_fields = ("=provider__bn9", "provider__legal_name", "=client__bn9", "client__legal_name")
    ordering = ("-id",)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("delegation.change_delegation")

    @admin.action(description=_("Revoke at once"), permissions=("steer",))
    def revoke(self, request: HttpRequest, rows: QuerySet[Delegation]) -> None:
        """Each chosen delegation is ended or left as it is; what was left is named."""
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:200]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return
        actor, at, on = actor_of(request, channel=Channel.ADMIN), clock.now(), clock.today()
        count = 0
        for row in rows:
            try:
                services.revoke(delegation_id=row.pk, reason=reason, actor=actor, on=on, at=at)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal.message}", messages.WARNING)
            else:
                count += 1
        done = ngettext("%(count)d delegation was revoked.", "%(count)d delegations were revoked.", count)
        self.message_user(request, done % {"count": count}, messages.SUCCESS)


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ("name", "title", "occasion", "business", "delegation", "text_dated", "signed_at")
    list_filter = ("occasion",)
    list_select_related = ("business", "delegation__provider", "delegation__client")
    search_fields = ("name", "=business__bn9")
    ordering = ("-id",)


@admin.register(ProviderBlock)
class ProviderBlockAdmin(ReadOnlyAdmin):
    list_display = ("client", "provider", "reason", "blocked_by_name", "blocked_at")
    list_select_related = ("client", "provider")
    search_fields = ("=client__bn9", "client__legal_name", "=provider__bn9", "provider__legal_name")
    ordering = ("-id",)


@admin.register(PrimaryHandover)
class PrimaryHandoverAdmin(ReadOnlyAdmin):
    list_display = ("business", "offered_by", "offered_to", "state", "offered_at", "expires_at", "answered_at")
    list_filter = ("state",)
    list_select_related = (
        "business",
        "offered_by__user",
        "offered_by__business",
        "offered_to__user",
        "offered_to__business",
    )
    search_fields = ("=business__bn9", "business__legal_name")
    ordering = ("-id",)


@admin.register(UnmatchedRequest)
class UnmatchedRequestAdmin(ReadOnlyAdmin):
    list_display = ("user", "bn9", "comment", "requested_at")
    list_select_related = ("user",)
    search_fields = ("=bn9", "user__last_name")
    ordering = ("-id",)


@admin.register(ClientGroup)
class ClientGroupAdmin(ReadOnlyAdmin):
    list_display = ("name", "provider", "role", "created_at", "deleted_at")
    list_filter = ("role",)
    list_select_related = ("provider",)
    search_fields = ("name", "=provider__bn9", "provider__legal_name")
    ordering = ("-id",)


@admin.register(ClientAssignment)
class ClientAssignmentAdmin(ReadOnlyAdmin):
    list_display = ("person", "client", "role", "assigned_at", "assigned_by_name")
    list_filter = ("role",)
    list_select_related = ("membership__user", "client")
    search_fields = ("=client__bn9", "client__legal_name", "membership__user__last_name")
    ordering = ("-id",)

    @admin.display(description=_("person"))
    def person(self, row: ClientAssignment) -> str:
        return str(row.membership.user)


@admin.register(GroupRequest)
class GroupRequestAdmin(ReadOnlyAdmin):
    list_display = ("person", "group", "client", "state", "requested_at", "decided_by_name")
    list_filter = ("state",)
    list_select_related = ("membership__user", "group", "client")
    search_fields = ("membership__user__last_name", "group__name", "=client__bn9")
    ordering = ("-id",)

    @admin.display(description=_("person"))
    def person(self, row: GroupRequest) -> str:
        return str(row.membership.user)


@admin.register(RequestBatch)
class RequestBatchAdmin(ReadOnlyAdmin):
    list_display = ("provider", "sent_at", "sent_by_name", "sent_count")
    list_select_related = ("provider",)
    search_fields = ("=provider__bn9", "provider__legal_name")
    ordering = ("-id",)

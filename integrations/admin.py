"""Officers issue, rotate and revoke the credentials of sureties' software and read its log."""

from typing import Any

from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actor import Channel
from core.errors import DomainError
from core.http import actor_of
from core.registers import ReadOnlyAdmin
from integrations import services
from integrations.forms import IssueForm
from integrations.models import ApiCall, Delivery, SuretyClient

# The provider's own rows are reached through credentials alone: its pages would show and change them unrecorded.
admin.site.unregister((Client, Token))


class ReasonForm(ActionForm):
    reason = forms.CharField(label=_("Reason:"), max_length=300, required=False)


@admin.register(SuretyClient)
class SuretyClientAdmin(ReadOnlyAdmin):
    actions: Any = ("rotate", "revoke")
    action_form = ReasonForm
    form = IssueForm
    list_display = ("name", "surety", "client_id", "issued_at", "rotated_at", "revoked_at", "hook_url")
    list_select_related = ("surety",)
    search_fields = ("name", "client_id", "surety__legal_name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.add_suretyclient")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.change_suretyclient")

    def save_model(self, request: HttpRequest, obj: SuretyClient, form: Any, change: bool) -> None:
        client, obj.secret = services.issue_client(  # type: ignore[attr-defined]
            surety_id=obj.surety_id,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            actor=actor_of(request, channel=Channel.ADMIN),
            at=clock.now(),
            wall_at=clock.wall_now(),
        )
        obj.pk, obj.client_id = client.pk, client.client_id

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._told(request, obj, obj.secret)

    @admin.action(description=_("Change the secret"), permissions=("steer",))
    def rotate(self, request: HttpRequest, rows: QuerySet[SuretyClient]) -> HttpResponse | None:
        chosen, reason = list(rows[:2]), self._reason(request)
        if not reason:
            return None
        if len(chosen) != 1:
            self.message_user(request, _("Nothing was done: choose one credential."), messages.ERROR)
            return None
        try:
            secret = services.rotate_secret(client_pk=chosen[0].pk, reason=reason, **self._now(request))
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        return self._told(request, chosen[0], secret)

    @admin.action(description=_("Revoke"), permissions=("steer",))
    def revoke(self, request: HttpRequest, rows: QuerySet[SuretyClient]) -> None:
        reason = self._reason(request)
        for row in list(rows) if reason else ():
            try:
                services.revoke_client(client_pk=row.pk, reason=reason, **self._now(request))
                self.message_user(request, _("%(name)s was revoked.") % {"name": row.name}, messages.SUCCESS)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)

    def _reason(self, request: HttpRequest) -> str:
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
        return reason

    def _now(self, request: HttpRequest) -> dict[str, Any]:
        actor = actor_of(request, channel=Channel.ADMIN)
        return {"actor": actor, "at": clock.now(), "wall_at": clock.wall_now()}

    def _told(self, request: HttpRequest, client: SuretyClient, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Credential of a surety"),
            "client": client,
            "secret": secret,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/surety_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnlyAdmin):
    list_display = ("called_at", "client", "method", "path", "status", "code", "request_id")
    list_select_related = ("client",)
    search_fields = ("=request_id", "=client__client_id")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "client", "state", "attempts", "status", "problem", "delivered_at")
    list_filter = ("state",)
    list_select_related = ("client", "event")

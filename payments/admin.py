"""Payments in the officers' back office: to be read, as their state changes by what the bank says only; and refunds."""

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
from payments.credits import services as credits
from payments.models import Payment, PlannedPayment, RefundRequest


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("reference", "program_account", "payer", "amount", "method", "purpose", "state", "started_at")
    list_filter = ("state", "method", "purpose")
    search_fields = ("=reference", "=program_account__number", "payer__legal_name")
    search_help_text = _("Reference, program account or payer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("program_account", "payer")


@admin.register(PlannedPayment)
class PlannedPaymentAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "payer", "amount", "paid", "planned_on", "state", "announced_at")
    list_filter = ("state",)
    search_fields = ("=program_account__number", "payer__legal_name")
    search_help_text = _("Program account or payer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlannedPayment]:
        return super().get_queryset(request).select_related("program_account", "payer")


class DecisionForm(ActionForm):
    """An officer says why; the importer reads it."""

    reason = forms.CharField(label=_("Reason:"), max_length=300, required=False)


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnlyAdmin):
    actions: Any = ("approve", "reject", "pay_out")
    action_form = DecisionForm
    list_display = ("reference", "program_account", "amount", "state", "requested_at", "decided_at", "reason")
    list_filter = ("state",)
    list_select_related = ("program_account",)
    search_fields = ("=reference", "=program_account__number")
    search_help_text = _("Reference or program account")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_refundrequest")

    @admin.action(description=_("Approve"), permissions=("steer",))
    def approve(self, request: HttpRequest, rows: QuerySet[RefundRequest]) -> None:
        self._each(request, rows, credits.approve_refund)

    @admin.action(description=_("Reject"), permissions=("steer",))
    def reject(self, request: HttpRequest, rows: QuerySet[RefundRequest]) -> None:
        self._each(request, rows, credits.reject_refund)

    @admin.action(description=_("Pay out"), permissions=("steer",))
    def pay_out(self, request: HttpRequest, rows: QuerySet[RefundRequest]) -> None:
        self._each(request, rows, credits.pay_refund)

    def _each(self, request: HttpRequest, rows: QuerySet[RefundRequest], act: Any) -> None:
        """Each request by itself; says how many went and why the others did not."""
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
        if not reason:
            self.message_user(request, _("Nothing was done: give a reason beside the action."), messages.ERROR)
            return
        at = clock.now()
        done = 0
        for row in rows:
            try:
                act(refund=row, reason=reason, on=at.date(), at=at, actor=actor_of(request, channel=Channel.ADMIN))
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if done:
            words = ngettext("Done for %(count)d row.", "Done for %(count)d rows.", done)
            self.message_user(request, words % {"count": done}, messages.SUCCESS)

"""Declarations in the officers' back office: to be read, and at the port to be marked as paid."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import clock
from core.actor import Channel
from core.errors import DomainError
from core.http import actor_of
from core.registers import ReadOnlyAdmin
from declarations import services
from declarations.models import Declaration, DeclarationVersion, Invoice, Line


class PaymentForm(ActionForm):
    """How it was paid, beside the action."""

    method = forms.ChoiceField(
        label=gettext_lazy("Paid by"),
        required=False,
        choices=[
            ("", gettext_lazy("choose")),
            ("CASH", gettext_lazy("Cash")),
            ("INTERAC", gettext_lazy("Debit card")),
            ("CARD", gettext_lazy("Credit card")),
        ],
    )


@admin.register(Declaration)
class DeclarationAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "type",
        "state",
        "program_account",
        "submitter",
        "released_on",
        "accounting_due_on",
        "payment_due_on",
        "total",
        "version_count",
    )
    list_filter = ("state", "type")
    list_select_related = ("program_account", "submitter")
    search_fields = ("=number", "=program_account__number", "=submitter__bn9")
    ordering = ("-id",)
    action_form = PaymentForm
    actions = ("mark_paid",)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("declarations.change_declaration")

    @admin.action(description=gettext_lazy("Mark paid at the counter"), permissions=("steer",))
    def mark_paid(self, request: HttpRequest, chosen: QuerySet[Declaration]) -> None:
        """Each declaration by itself: one that is not ready stops none of the others."""
        method = request.POST.get("method", "")
        if method not in services.METHODS:
            self.message_user(request, _("Nothing was done: choose how it was paid."), messages.ERROR)
            return
        actor = actor_of(request, channel=Channel.ADMIN)
        done = 0
        for declaration in chosen:
            try:
                services.pay_at_counter(declaration=declaration, method=method, actor=actor, at=clock.now())
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{declaration.number}: {refusal.message}", messages.ERROR)
        if done:
            words = ngettext(
                "%(count)d declaration paid and released.", "%(count)d declarations paid and released.", done
            )
            self.message_user(request, words % {"count": done}, messages.SUCCESS)


@admin.register(DeclarationVersion)
class DeclarationVersionAdmin(ReadOnlyAdmin):
    list_display = ("declaration", "number", "kind", "state", "submitter", "accepted_at", "entry_key")
    list_filter = ("state", "kind")
    list_select_related = ("declaration", "submitter")
    search_fields = ("=declaration__number",)
    ordering = ("-id",)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ("number", "version", "vendor", "currency", "total", "exchange_rate")
    list_select_related = ("version",)
    search_fields = ("=number", "=version__declaration__number")
    ordering = ("-id",)


@admin.register(Line)
class LineAdmin(ReadOnlyAdmin):
    list_display = (
        "position",
        "classification",
        "origin",
        "treatment",
        "value_for_duty",
        "duty",
        "surtax",
        "gst",
        "total",
    )
    search_fields = ("=invoice__version__declaration__number", "=classification")
    ordering = ("-id",)

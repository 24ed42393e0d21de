"""Declarations in the officers' back office: to be read, and from there to the counter at the port."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.registers import ReadOnlyAdmin
from declarations.models import Declaration, DeclarationVersion, Invoice, Line


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
    actions = ("at_the_counter",)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("declarations.change_declaration")

    @admin.action(description=gettext_lazy("Take the payment at the counter"), permissions=("steer",))
    def at_the_counter(self, request: HttpRequest, chosen: QuerySet[Declaration]) -> HttpResponse | None:
        """The counter's own page knows what a credit card may still pay."""
        numbers = list(chosen.values_list("number", flat=True)[:2])
        if len(numbers) == 1:
            return HttpResponseRedirect(reverse("dashboard:counter_declaration", args=numbers))
        self.message_user(
            request, _("Choose one declaration: the counter takes one payment at a time."), messages.ERROR
        )
        return None


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

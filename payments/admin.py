"""Payments in the officers' back office: to be read. Their state changes by what the bank says only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.registers import ReadOnlyAdmin
from payments.models import Payment, PlannedPayment


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

"""Releases in the officers' back office: to be read."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from releases.models import NumberSeries, Release


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = (
        "transaction_number",
        "asked_for",
        "submitter",
        "kind",
        "state",
        "refusal",
        "requested_at",
        "accounting_due_on",
        "accounted_on",
    )
    list_filter = ("state", "kind", "refusal")
    list_select_related = ("submitter",)
    search_fields = ("=transaction_number", "=asked_for", "=cargo_control_number")
    ordering = ("-id",)


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    list_display = ("prefix", "last")

"""Releases in the officers' back office: to be read."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from releases.models import Admission, NumberSeries, Release, ReleaseMessage


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


@admin.register(ReleaseMessage)
class ReleaseMessageAdmin(ReadOnlyAdmin):
    list_display = ("release", "code", "sent_at", "office", "note")
    list_filter = ("code",)
    list_select_related = ("release",)
    search_fields = ("=release__transaction_number",)
    ordering = ("-id",)


@admin.register(Admission)
class AdmissionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "business", "program_account", "starts_on", "ends_on", "reason")
    list_filter = ("kind",)
    list_select_related = ("business", "program_account")
    search_fields = ("=program_account__number", "=business__bn9")
    ordering = ("-id",)

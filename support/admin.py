"""The register of support requests: read only; answers are given at the officers' desk."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from support.models import SupportRequest


@admin.register(SupportRequest)
class SupportRequestAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "kind",
        "state",
        "bn9",
        "legal_name",
        "asked_by",
        "asked_at",
        "answer_due_on",
        "closed_at",
    )
    list_filter = ("state", "kind")
    list_select_related = ("asked_by",)
    search_fields = ("=number", "=bn9", "asked_by__last_name", "legal_name")

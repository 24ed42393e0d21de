"""Issued documents in the back office: to be read, never changed."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from statements.models import DailyNotice, InterestCharge, Statement


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "statement_on", "payment_due_on", "box_a", "box_f", "box_h", "entry_count")
    list_filter = ("statement_on",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)


@admin.register(InterestCharge)
class InterestChargeAdmin(ReadOnlyAdmin):
    list_display = (
        "program_account",
        "item_source",
        "principal",
        "first_day",
        "last_day",
        "rate",
        "amount",
        "posted_on",
    )
    list_filter = ("posted_on",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number", "=item_source", "=entry_key")


@admin.register(DailyNotice)
class DailyNoticeAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "notice_on", "entry_count", "charges", "credits")
    list_filter = ("notice_on",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)

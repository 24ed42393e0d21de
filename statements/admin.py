"""Issued documents in the back office: to be read, never changed."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from statements.models import DailyNotice, FileRequest, InterestCharge, LevelStatement, Paper, Statement


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


@admin.register(LevelStatement)
class LevelStatementAdmin(ReadOnlyAdmin):
    list_display = ("business", "level", "program", "statement_on", "box_a", "box_f", "box_h", "account_count")
    list_filter = ("level", "statement_on")
    list_select_related = ("business",)
    search_fields = ("=business__bn9",)


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin):
    list_display = ("statement", "level_statement", "file_format", "language", "state", "problem", "detail", "tried_at")
    list_filter = ("state", "problem")
    list_select_related = ("statement__program_account", "level_statement__business")


@admin.register(FileRequest)
class FileRequestAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "user", "kind", "file_format", "state", "problem", "requested_at", "expires_on")
    list_filter = ("state", "kind")
    list_select_related = ("program_account", "user")
    search_fields = ("=program_account__number",)

"""The book in the admin: to be read. Money moves through the services only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.registers import ReadOnlyAdmin
from ledger.models import Clearing, HolderBalance, JournalEntry, LedgerAccount, OpenItem, Posting


class PostingInline(admin.TabularInline):
    model = Posting
    fields = ("account", "holder_id", "amount", "revenue")
    readonly_fields = fields
    can_delete = False
    extra = max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("account").order_by("id")


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    list_display = ("number", "code")


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ("posted_on", "kind", "holder_id", "amount", "source", "key")
    list_filter = ("kind", "posted_on")
    search_fields = ("key", "source")
    search_help_text = _("Key or source")
    inlines = (PostingInline,)


@admin.register(OpenItem)
class OpenItemAdmin(ReadOnlyAdmin):
    list_display = (
        "posted_on",
        "side",
        "kind",
        "holder_id",
        "amount",
        "cleared",
        "due_on",
        "last_day_to_pay",
        "source",
    )
    list_filter = ("side", "kind")
    search_fields = ("source",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OpenItem]:
        return super().get_queryset(request).select_related("entry")


@admin.register(Clearing)
class ClearingAdmin(ReadOnlyAdmin):
    list_display = ("cleared_on", "amount", "debt_item", "credit_item", "key")
    list_filter = ("cleared_on",)
    search_fields = ("key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clearing]:
        return super().get_queryset(request).select_related("debt_item", "credit_item")


@admin.register(HolderBalance)
class HolderBalanceAdmin(ReadOnlyAdmin):
    list_display = ("holder_id", "receivable", "unapplied", "deposits", "payable")
    search_fields = ("=holder_id",)

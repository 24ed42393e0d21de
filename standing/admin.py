"""What was done about overdue accounts, in the officers' back office: to be read. Standing itself is computed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.registers import ReadOnlyAdmin
from standing.models import Arrangement, Hold, Instalment, StandingNotice


@admin.register(StandingNotice)
class StandingNoticeAdmin(ReadOnlyAdmin):
    list_display = ("taken_on", "program_account", "step", "last_day_to_pay", "overdue")
    list_filter = ("step", "taken_on")
    search_fields = ("=program_account__number", "program_account__business__legal_name")
    search_help_text = _("Program account or business")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandingNotice]:
        return super().get_queryset(request).select_related("program_account")


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "ground", "reason", "starts_on", "until", "ended_on")
    list_filter = ("ground",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)


class InstalmentInline(admin.TabularInline):
    model = Instalment
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Arrangement)
class ArrangementAdmin(ReadOnlyAdmin):
    list_display = ("program_account", "total", "state", "agreed_on", "ended_on")
    list_filter = ("state",)
    list_select_related = ("program_account",)
    search_fields = ("=program_account__number",)
    inlines = (InstalmentInline,)

"""Notices to overdue accounts in the officers' back office: to be read. Standing itself is computed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.registers import ReadOnlyAdmin
from standing.models import StandingNotice


@admin.register(StandingNotice)
class StandingNoticeAdmin(ReadOnlyAdmin):
    list_display = ("taken_on", "program_account", "step", "last_day_to_pay", "overdue")
    list_filter = ("step", "taken_on")
    search_fields = ("=program_account__number", "program_account__business__legal_name")
    search_help_text = _("Program account or business")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandingNotice]:
        return super().get_queryset(request).select_related("program_account")

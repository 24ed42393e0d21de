"""What people were told, for officers to read."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "subject", "category", "email_copy", "read_at")
    list_filter = ("category", "email_copy")
    list_select_related = ("user",)
    search_fields = ("=user__username", "user__last_name", "subject")

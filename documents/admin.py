"""Stored files for officers: what came and what became of it; the files themselves are opened from their case."""

from django.contrib import admin

from core.registers import ReadOnlyAdmin
from documents.models import RequestedFile, StoredDocument


@admin.register(StoredDocument)
class StoredDocumentAdmin(ReadOnlyAdmin):
    list_display = ("name", "case", "category", "media_type", "size", "state", "problem", "uploaded_by", "uploaded_at")
    list_filter = ("state", "category")
    search_fields = ("=case", "name", "=sha256")


@admin.register(RequestedFile)
class RequestedFileAdmin(ReadOnlyAdmin):
    list_display = ("kind", "requested_by", "requested_at", "state", "ready_at", "kept_until", "size", "try_count")
    list_filter = ("state", "kind")
    search_fields = ("=requested_by",)

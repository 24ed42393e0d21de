"""What the REST framework loads while it starts; apart from ``core.rest``, so that neither waits for the other."""

from rest_framework.authentication import SessionAuthentication as DrfSessionAuthentication
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class SessionAuthentication(DrfSessionAuthentication):
    """The portal's own session; a missing one is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class CursorPages(CursorPagination):
    """Pages by cursor: ``next`` and ``previous`` are addresses, ``results`` the rows."""

    page_size = 25
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"

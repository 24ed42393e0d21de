"""Health and errors, the same for each counterpart."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready once the database answers and holds its tables."""
    if "django_session" in connection.introspection.table_names():
        return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")
    return HttpResponse("not migrated yet\n", status=503, content_type="text/plain; charset=utf-8")


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page behind a form that was open too long or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)

"""What every page's frame shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language, get_language_from_path


def frame(request: HttpRequest) -> dict[str, Any]:
    other = "en" if get_language() == "fr" else "fr"
    if get_language_from_path(request.path_info):
        address = translate_url(request.get_full_path(), other)
    else:
        query = request.GET.copy()
        query["ui_locales"] = other
        address = f"{request.path}?{query.urlencode()}"
    return {
        "other_language": other,
        "other_language_address": address,
        "portal_address": f"{settings.PORTAL_URL}/{get_language()}/",
        "counterpart": settings.COUNTERPART_NAME,
    }

"""Language, outage and security headers, the same for each counterpart."""

import os
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

Answer = Callable[[HttpRequest], HttpResponse]


class RequestedLanguageMiddleware:
    """OpenID Connect's ``ui_locales`` decides the language of an address that has none in its path."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not translation.get_language_from_path(request.path_info):
            for wanted in request.GET.get("ui_locales", "").split():
                code = wanted.split("-")[0].lower()
                if code in dict(settings.LANGUAGES):
                    translation.activate(code)
                    request.LANGUAGE_CODE = code
                    break
        return self.get_response(request)


class OutageMiddleware:
    """Answers 503 with a friendly page while the outage switch is on; the health address says so too."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spared = (settings.STATIC_URL, *getattr(settings, "OUTAGE_SPARES", ()))
        if request.path_info == "/livez" or request.path_info.startswith(spared):
            return self.get_response(request)
        if os.environ.get("COUNTERPART_OUTAGE") == "1" or settings.OUTAGE_FILE.exists():
            response = render(request, "503.html", status=503)
            response["Retry-After"] = "60"
            return response
        return self.get_response(request)

"""Addresses: pages in two languages, the API, webhooks, health."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core.health import livez, readyz, security_txt
from core.rest_schema import RENDERERS

ROOMS_WITH_PAGES = (
    "core",
    "dashboard",
    "simulation",
    "registration",
    "support",
    "integrations",
    "standing",
    "payments",
    "statements",
    "declarations",
    "releases",
    "security",
    "delegation",
    "accounts",
    "notifications",
)
ROOMS_WITH_AN_API = (
    "dashboard",
    "support",
    "integrations",
    "standing",
    "payments",
    "statements",
    "declarations",
    "releases",
    "security",
    "delegation",
)

handler404 = "core.http.nothing_found"
api_docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html")

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/schema", SpectacularAPIView.as_view(renderer_classes=RENDERERS), name="schema"),
    path("api/v1/docs", api_docs, name="api_docs"),
    *(path("api/v1/", include(f"{room}.api_urls")) for room in ROOMS_WITH_AN_API),
    path("webhooks/", include("payments.webhook_urls")),
]

urlpatterns += i18n_patterns(
    path("admin/", admin.site.urls),
    *(path("", include(f"{room}.urls")) for room in ROOMS_WITH_PAGES),
    prefix_default_language=True,
)

"""Addresses of the bank: the API at /api/, pages under /en/ and /fr/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from counterparts.bank import api, views
from counterparts.shell.views import livez, readyz

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("", views.start),
    path("api/payments", api.payments),
    path("api/payments/<str:session_id>", api.payment),
    path("api/payments/<str:session_id>/cancel", api.cancel),
    *i18n_patterns(
        path("", views.start, name="home"),
        path("cards/", views.cards, name="cards"),
        path("pay/<str:session_id>/", views.pay, name="pay"),
        path("pay/<str:session_id>/cancel/", views.cancel, name="cancel"),
    ),
]

"""Addresses of the bank: the API at /api/, pages under /en/ and /fr/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from counterparts.bank import api, views
from counterparts.bank.clearing import api as clearing_api
from counterparts.bank.clearing import views as clearing_views
from counterparts.bank.desk import views as desk_views
from counterparts.shell.views import livez, readyz

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("", views.start),
    path("api/payments", api.payments),
    path("api/payments/<str:session_id>", api.payment),
    path("api/payments/<str:session_id>/cancel", api.cancel),
    path("api/mandates", clearing_api.mandates),
    path("api/mandates/<str:mandate_id>", clearing_api.mandate),
    path("api/mandates/<str:mandate_id>/cancel", clearing_api.cancel_mandate),
    path("api/debit-files", clearing_api.debit_files),
    path("api/return-files/<str:day>", clearing_api.return_file),
    *i18n_patterns(
        path("", views.start, name="home"),
        path("cards/", views.cards, name="cards"),
        path("pay/<str:session_id>/", views.pay, name="pay"),
        path("pay/<str:session_id>/code/", views.challenge, name="challenge"),
        path("bills/", clearing_views.bills, name="bills"),
        path("bills/<str:bill_id>/", clearing_views.bill, name="bill"),
        path("desk/", desk_views.desk, name="desk"),
        path("desk/enter/", desk_views.enter, name="desk_enter"),
        path("desk/act/", desk_views.act, name="desk_act"),
        path("pay/<str:session_id>/cancel/", views.cancel, name="cancel"),
    ),
]

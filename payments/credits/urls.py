"""Addresses of credits, taken up by those of payments."""

from django.urls import path

from payments.credits import api, refund_api, views

pages = [
    path("accounts/<str:number>/credits/", views.overview, name="credits"),
    path("accounts/<str:number>/credits/preference/", views.preference, name="credit_preference"),
    path("accounts/<str:number>/credits/allocate/", views.allocate, name="credit_allocate"),
    path("accounts/<str:number>/credits/move/", views.move, name="credit_move"),
    path("accounts/<str:number>/credits/refund/", views.refund, name="credit_refund"),
    path(
        "accounts/<str:number>/credits/refund/<str:reference>/withdraw/",
        views.withdraw,
        name="credit_withdraw_refund",
    ),
    path("accounts/<str:number>/credits/items/<int:item>/", views.trace, name="credit_trace"),
    path("accounts/<str:number>/payments/<str:reference>/trace/", views.trace_payment, name="trace"),
]
calls = [
    path("accounts/<str:number>/credits", api.CreditsCall.as_view(), name="api_credits"),
    path("accounts/<str:number>/allocations", api.Allocations.as_view(), name="api_allocations"),
    path("accounts/<str:number>/refunds", refund_api.Refunds.as_view(), name="api_refunds"),
    path("accounts/<str:number>/refunds/<str:reference>", refund_api.Refund.as_view(), name="api_refund"),
    path("accounts/<str:number>/items/<int:item>/trace", api.TraceCall.as_view(), name="api_item_trace"),
]

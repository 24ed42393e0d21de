from django.urls import path

from payments import api

urlpatterns = [
    path("accounts/<str:number>/payments", api.Payments.as_view(), name="api_payments"),
    path("accounts/<str:number>/payments/<str:reference>", api.PaymentDetail.as_view(), name="api_payment"),
]

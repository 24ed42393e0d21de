from django.urls import path

from payments import api
from payments.credits.urls import calls
from payments.debits import api as debits

urlpatterns = [
    *calls,
    path("accounts/<str:number>/payments", api.Payments.as_view(), name="api_payments"),
    path("accounts/<str:number>/payments/<str:reference>", api.PaymentDetail.as_view(), name="api_payment"),
    path("accounts/<str:number>/debit-agreement", debits.Agreement.as_view(), name="api_debit_agreement"),
]

from django.urls import path

from payments import api, plan_api
from payments.credits.urls import calls
from payments.debits import api as debits

urlpatterns = [
    *calls,
    path("accounts/<str:number>/payments", api.Payments.as_view(), name="api_payments"),
    path("accounts/<str:number>/payments/<str:reference>", api.PaymentDetail.as_view(), name="api_payment"),
    path("accounts/<str:number>/announced-payments", plan_api.Plans.as_view(), name="api_announced_payments"),
    path(
        "accounts/<str:number>/announced-payments/<int:plan_id>", plan_api.Plan.as_view(), name="api_announced_payment"
    ),
    path("accounts/<str:number>/debit-agreement", debits.Agreement.as_view(), name="api_debit_agreement"),
]

from django.urls import path

from payments import views
from payments.credits.urls import pages
from payments.debits import views as debits

app_name = "payments"
_DEBITS = "accounts/<str:number>/pre-authorized-debit/"

urlpatterns = [
    *pages,
    path("accounts/<str:number>/pay/", views.pay, name="pay"),
    path("accounts/<str:number>/security/deposit/pay/", views.pay_deposit, name="pay_deposit"),
    path("accounts/<str:number>/payments/arranged/", views.arranged, name="arranged"),
    path("accounts/<str:number>/payments/arranged/<int:plan_id>/withdraw/", views.withdraw, name="withdraw"),
    path("accounts/<str:number>/payments/", views.payment_list, name="list"),
    path("accounts/<str:number>/payments/<str:reference>/", views.detail, name="detail"),
    path("accounts/<str:number>/payments/<str:reference>/receipt.pdf", views.receipt, name="receipt"),
    path("accounts/<str:number>/payments/<str:reference>/return/", views.come_back, name="return"),
    path("accounts/<str:number>/payments/<str:reference>/send/", views.send, name="send"),
    path("accounts/<str:number>/payments/<str:reference>/cancel/", views.cancel, name="cancel"),
    path(_DEBITS, debits.overview, name="debits"),
    path(f"{_DEBITS}agreement/", debits.agreement, name="debit_agreement"),
    path(f"{_DEBITS}cancel/", debits.cancel, name="debit_cancel"),
    path(f"{_DEBITS}tell/", debits.tell, name="debit_tell"),
    path("officers/bank-files/", debits.bank_files, name="bank_files"),
    path("officers/bank-files/entries/<int:pk>/", debits.bank_entry, name="bank_entry"),
    path("officers/returned-payments/", debits.returned, name="returned"),
]

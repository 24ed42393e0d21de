from django.urls import path

from payments import views
from payments.credits.urls import pages

app_name = "payments"
urlpatterns = [
    *pages,
    path("accounts/<str:number>/pay/", views.pay, name="pay"),
    path("accounts/<str:number>/security/deposit/pay/", views.pay_deposit, name="pay_deposit"),
    path("accounts/<str:number>/payments/", views.payment_list, name="list"),
    path("accounts/<str:number>/payments/<str:reference>/", views.detail, name="detail"),
    path("accounts/<str:number>/payments/<str:reference>/receipt.pdf", views.receipt, name="receipt"),
    path("accounts/<str:number>/payments/<str:reference>/return/", views.come_back, name="return"),
    path("accounts/<str:number>/payments/<str:reference>/send/", views.send, name="send"),
    path("accounts/<str:number>/payments/<str:reference>/cancel/", views.cancel, name="cancel"),
]

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
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
]

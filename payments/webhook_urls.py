from django.urls import path

from payments.api import bank_event

urlpatterns = [path("bank/", bank_event, name="bank_webhook")]

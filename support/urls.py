from django.urls import path

from support import views

app_name = "support"

urlpatterns = [
    path("calculators/", views.calculators, name="calculators"),
    path("calculators/duties/", views.duties, name="calculator_duties"),
    path("calculators/security/", views.security, name="calculator_security"),
    path("calculators/billing/", views.billing, name="calculator_billing"),
    path("calculators/interest/", views.interest, name="calculator_interest"),
    path("help/", views.help_page, name="help"),
    path("help/do-i-have-to-register/", views.must_register, name="must_register"),
    path("contact/", views.contact, name="contact"),
]

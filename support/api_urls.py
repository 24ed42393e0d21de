from django.urls import path

from support import api

urlpatterns = [
    path("calculators/duties", api.DutiesCalculator.as_view(), name="api_calculator_duties"),
    path("calculators/security", api.SecurityCalculator.as_view(), name="api_calculator_security"),
    path("calculators/billing", api.BillingCalculator.as_view(), name="api_calculator_billing"),
    path("calculators/interest", api.InterestCalculator.as_view(), name="api_calculator_interest"),
]

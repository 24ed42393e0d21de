from django.urls import path

from support import api

urlpatterns = [
    path("calculators/duties", api.DutiesCalculator.as_view(), name="api_calculator_duties"),
    path("calculators/security", api.SecurityCalculator.as_view(), name="api_calculator_security"),
    path("calculators/billing", api.BillingCalculator.as_view(), name="api_calculator_billing"),
    path("tariff", api.TariffSearch.as_view(), name="api_calculator_tariff"),
    path("tariff/<str:number>", api.TariffNumber.as_view(), name="api_calculator_tariff_number"),
    path("exchange-rates", api.ExchangeRateLookUp.as_view(), name="api_calculator_exchange_rate"),
    path("calculators/interest", api.InterestCalculator.as_view(), name="api_calculator_interest"),
]

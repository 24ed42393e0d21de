from django.urls import path

from support.views import pages as views
from support.views import planning, requests, samples, tariff, tariff_desk

app_name = "support"

urlpatterns = [
    path("calculators/", views.calculators, name="calculators"),
    path("calculators/duties/", views.duties, name="calculator_duties"),
    path("calculators/security/", views.security, name="calculator_security"),
    path("calculators/billing/", views.billing, name="calculator_billing"),
    path("calculators/interest/", views.interest, name="calculator_interest"),
    path("help/", views.help_page, name="help"),
    path("help/do-i-have-to-register/", views.must_register, name="must_register"),
    path("help/samples/", samples.library, name="samples"),
    path("help/samples/<slug:name>/<str:file>", samples.sample_file, name="sample_file"),
    path("tariff/", tariff.tariff, name="tariff"),
    path("tariff/classify/", tariff.classify, name="classify"),
    path("tariff/exchange-rates/", tariff.exchange_rates, name="exchange_rates"),
    path("tariff/<str:number>/", tariff.tariff_number, name="tariff_number"),
    path("contact/", views.contact, name="contact"),
    path("help/who-needs-what/", planning.plan, name="plan"),
    path("help/who-needs-what/plan/", planning.plan_summary, name="plan_summary"),
    path("help/who-needs-what/plan.<str:kind>", planning.plan_file, name="plan_file"),
    path("help/who-needs-what/forget/", planning.forget_plan, name="forget_plan"),
    path("businesses/<str:bn9>/people/plan/", planning.send_plan, name="send_plan"),
    path("help/requests/", requests.my_requests, name="requests"),
    path("help/requests/new/", requests.new_request, name="new_request"),
    path("help/requests/<str:number>/", requests.own_request, name="request"),
    path("help/requests/<str:number>/withdraw/", requests.withdraw_request, name="withdraw_request"),
    path("officers/tariff/", tariff_desk.desk, name="tariff_desk"),
    path("officers/tariff/schedule.csv", tariff_desk.schedule, name="tariff_schedule"),
    path("officers/requests/", requests.desk, name="desk"),
    path("officers/requests/<str:number>/", requests.desk_request, name="desk_request"),
]

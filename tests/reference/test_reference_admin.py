"""Officers read the tables and enter rates through the services."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import RequestFactory

from core.models import AuditEvent
from reference.admin import BillingOverrideAdmin, ExchangeRateAdmin, TariffRateAdmin
from reference.models import BillingOverride, ExchangeRate, TariffRate

pytestmark = pytest.mark.django_db


def request_of_an_officer():
    request = RequestFactory().post("/")
    request.user = get_user_model()(pk=1, username="daniel", is_staff=True, is_superuser=True, is_active=True)
    return request


def test_the_tariff_is_only_read() -> None:
    model_admin, request = TariffRateAdmin(TariffRate, admin.site), request_of_an_officer()
    assert model_admin.has_view_permission(request)
    assert not model_admin.has_add_permission(request)
    assert not model_admin.has_change_permission(request)
    assert not model_admin.has_delete_permission(request)


def test_an_entered_rate_goes_through_the_service() -> None:
    model_admin, request = ExchangeRateAdmin(ExchangeRate, admin.site), request_of_an_officer()
    form_class = model_admin.get_form(request)
    form = form_class({"currency": "USD", "rate_on": "2026-07-15", "rate": "1.3685", "source": "Bank of Canada"})
    assert form.is_valid(), form.errors
    row = model_admin.save_form(request, form, False)
    model_admin.save_model(request, row, form, False)
    assert ExchangeRate.objects.get(currency="USD", rate_on=date(2026, 7, 15)).rate == Decimal("1.3685")
    assert AuditEvent.objects.filter(verb="exchange_rate.set", actor_kind="officer").count() == 1
    assert not model_admin.has_change_permission(request)
    assert not model_admin.has_delete_permission(request)


def test_a_refusal_becomes_the_forms_error() -> None:
    model_admin, request = BillingOverrideAdmin(BillingOverride, admin.site), request_of_an_officer()
    form = model_admin.get_form(request)({"period_year": "2026", "period_month": "13"})
    assert not form.is_valid()
    assert "period_month" in form.errors
    assert not BillingOverride.objects.exists()

"""The dated tables for officers: all can be read; rates, calendar changes and policy go through the services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from core import clock
from core.errors import DomainError
from core.http import actor_of
from reference import services
from reference.models import (
    BillingOverride,
    ClassificationNumber,
    CodeEntry,
    Country,
    ExchangeRate,
    ExciseRate,
    InterestRate,
    Office,
    PolicyParameter,
    ReviewCycle,
    SalesTax,
    SimaMeasure,
    SurtaxOrder,
    TariffRate,
    TariffTreatment,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that is loaded, never typed."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EnteredAdmin(admin.ModelAdmin):
    """A table whose rows an officer enters: the service checks and writes, nothing is edited or deleted here."""

    list_per_page = 50
    service: Any = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The service's refusal becomes the form's error, while what was typed is kept."""
        service, parent = type(self).service, super().get_form(request, obj, change=change, **kwargs)

        class ServiceForm(parent):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                data = super().clean()
                if not self.errors:
                    try:
                        self.instance = service(actor=actor_of(request), at=clock.now(), **self.cleaned_data)
                    except DomainError as error:
                        field = error.field if error.field in self.fields else None
                        self.add_error(field, forms.ValidationError(str(error.message), code=error.code))
                return data

            def _post_clean(self) -> None:
                """The row is the service's; the form fills in nothing more."""

        return ServiceForm

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> models.Model:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Already written by the service."""


@admin.register(ClassificationNumber)
class ClassificationNumberAdmin(ReadOnlyAdmin):
    list_display = ("number", "description_en", "unit", "edition", "mark")
    list_filter = ("edition", "mark")
    search_fields = ("number", "digits", "description_en", "description_fr")


@admin.register(TariffRate)
class TariffRateAdmin(ReadOnlyAdmin):
    list_display = ("classification", "treatment", "text", "effective_from", "mark")
    list_select_related = ("classification", "treatment")
    search_fields = ("classification__number", "classification__digits")


@admin.register(TariffTreatment)
class TariffTreatmentAdmin(ReadOnlyAdmin):
    list_display = ("code", "number", "name_en", "name_fr", "effective_to")


@admin.register(Country)
class CountryAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_en", "name_fr")
    search_fields = ("code", "name_en", "name_fr")


@admin.register(SalesTax)
class SalesTaxAdmin(ReadOnlyAdmin):
    list_display = ("province", "effective_from", "gst_rate", "hst_rate", "provincial_rate", "collected_at_border")


@admin.register(SurtaxOrder)
class SurtaxOrderAdmin(ReadOnlyAdmin):
    list_display = ("order", "goods", "rate", "effective_from", "effective_to")


@admin.register(ExciseRate)
class ExciseRateAdmin(ReadOnlyAdmin):
    list_display = ("code", "kind", "goods_en", "amount", "unit", "effective_from", "effective_to", "mark")
    list_filter = ("kind", "mark")


@admin.register(SimaMeasure)
class SimaMeasureAdmin(ReadOnlyAdmin):
    list_display = ("case", "goods_en", "exporter", "effective_from", "effective_to", "mark")
    list_filter = ("case", "mark")


@admin.register(Office)
class OfficeAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_en", "province", "mark")


@admin.register(CodeEntry)
class CodeEntryAdmin(ReadOnlyAdmin):
    list_display = ("list_name", "code", "meaning_en", "meaning_fr")
    list_filter = ("list_name",)


@admin.register(ReviewCycle)
class ReviewCycleAdmin(ReadOnlyAdmin):
    list_display = ("first_year", "name", "start_month", "start_day", "due_month", "due_day", "mark")


@admin.register(InterestRate)
class InterestRateAdmin(EnteredAdmin):
    list_display = ("effective_from", "effective_to", "prescribed_rate", "specified_rate", "mark")
    fields = ("effective_from", "effective_to", "prescribed_rate", "source")
    service = staticmethod(services.set_interest_rate)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(EnteredAdmin):
    list_display = ("currency", "rate_on", "rate", "mark")
    list_filter = ("mark",)
    fields = ("currency", "rate_on", "rate", "source")
    service = staticmethod(services.set_exchange_rate)


@admin.register(BillingOverride)
class BillingOverrideAdmin(EnteredAdmin):
    list_display = ("period_year", "period_month", "payment_due_on", "last_day_to_pay", "source")
    fields = ("period_year", "period_month", "payment_due_on", "last_day_to_pay", "source")
    service = staticmethod(services.set_billing_override)


@admin.register(PolicyParameter)
class PolicyParameterAdmin(EnteredAdmin):
    list_display = ("key", "effective_from", "value", "mark", "source")
    list_filter = ("mark",)
    fields = ("key", "effective_from", "value", "source")
    service = staticmethod(services.set_policy_parameter)

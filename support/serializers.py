"""What the open calculators accept and answer. Numbers are read as they are written, never through binary fractions."""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser

from reference import queries, shipped
from reference.rules.billing import FIRST_DATE, LAST_DATE
from reference.rules.rates import LONGEST_YEARS, RateFrom
from reference.rules.requirement import Month
from support.services.calculators import DutyLine

MOST_BYTES = 1_000_000
MOST_LINES = 1000
MOST_RATES = 400
MOST_SURTAXES = 20
MOST_MONTHS = 1200
MOST_PERCENT = Decimal(1000)
_SAFE_NAME = re.compile(r"[0-9A-Za-z._-]{1,20}")

REQUIRED = _("This is missing. Give a value.")
NOT_NULL = _("This cannot be null. Give a value or leave it out.")
NOT_AN_OBJECT = _("This must be an object with named values.")
NOT_A_LIST = _("This must be a list.")
EMPTY_LIST = _("This list is empty. Give at least one entry.")


class NumberText(str):
    """A JSON number, kept as the characters it was written in."""

    __slots__ = ()


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = _("The request is longer than 1 MB. Send fewer lines at a time.")
    default_code = "too_large"


class ExactJSONParser(BaseParser):
    """JSON whose numbers stay text, so that 0.1 is a tenth; a name given twice in one object is refused."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge()
        try:
            data = json.loads(
                body.decode("utf-8"),
                parse_float=NumberText,
                parse_int=NumberText,
                parse_constant=NumberText,
                object_pairs_hook=_unique,
            )
        except (ValueError, RecursionError):
            raise exceptions.ParseError(
                _("This is not JSON that can be read. Check its quotes, commas and braces.")
            ) from None
        if not isinstance(data, dict):
            raise exceptions.ParseError(NOT_AN_OBJECT)
        return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise exceptions.ParseError(_("A name stands twice in one object. Give each name once."))
    return named


class _TextField(serializers.Field[Any, Any, Any, Any]):
    """A value written as text of a fixed pattern; a JSON number counts as its own text."""

    default_error_messages = {"required": REQUIRED, "null": NOT_NULL}
    pattern: re.Pattern[str]

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not self.pattern.fullmatch(data):
            self.fail("invalid")
        return self.value_of(data)

    def value_of(self, text: str) -> Any:
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        return str(value)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$", "example": "100.00"})
class AmountField(_TextField):
    """Zero or more, two decimals at most."""

    default_error_messages = {
        "invalid": _("Give an amount as digits with at most two decimals, such as 1204.50, not below zero.")
    }
    pattern = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")

    def value_of(self, text: str) -> Decimal:
        return Decimal(text)

    def to_representation(self, value: Decimal) -> str:
        return f"{value:.2f}"


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,6})?$", "example": "6.5"})
class PercentField(_TextField):
    """A percentage from 0 to 1000; a fraction inside."""

    default_error_messages = {
        "invalid": _("Give a rate in percent as digits with at most six decimals, such as 6.5, not below zero."),
        "max_value": _("Give a rate of at most 1000 percent."),
    }
    pattern = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")

    def __init__(self, *, most: Decimal = MOST_PERCENT, **options: Any) -> None:
        self.most = most
        super().__init__(**options)

    def value_of(self, text: str) -> Decimal:
        percent = Decimal(text)
        if percent > self.most:
            self.fail("max_value")
        return percent / 100


@extend_schema_field({"type": "string", "example": "1.3725"})
class ExchangeRateField(_TextField):
    """Canadian dollars for one unit, above zero."""

    default_error_messages = {
        "invalid": _("Give the Canadian dollars for one unit as digits with at most ten decimals, such as 1.3725."),
        "zero": _("Give an exchange rate above zero."),
    }
    pattern = re.compile(r"[0-9]{1,6}(\.[0-9]{1,10})?")

    def value_of(self, text: str) -> Decimal:
        rate = Decimal(text)
        if not rate:
            self.fail("zero")
        return rate


@extend_schema_field(OpenApiTypes.DATE)
class DayField(_TextField):
    """A day of the years 2000 to 2099."""

    default_error_messages = {
        "invalid": _("Give a day as year, month and day, such as 2026-07-22."),
        "no_such_day": _("This day is not in the calendar. Check the month and the day."),
        "out_of_range": _("Give a day of the years 2000 to 2099."),
    }
    pattern = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

    def value_of(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.fail("no_such_day")
        if not FIRST_DATE <= day <= LAST_DATE:
            self.fail("out_of_range")
        return day


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"})
class CurrencyField(_TextField):
    default_error_messages = {
        "invalid": _("Give the three letters of a currency, such as USD."),
        "unknown": _("No currency has these letters. Give those of ISO 4217, such as USD."),
    }
    pattern = re.compile(r"[A-Za-z]{3}")

    def value_of(self, text: str) -> str:
        if text.upper() not in shipped.known_currencies():
            self.fail("unknown")
        return text.upper()


@extend_schema_field({"type": "string", "nullable": True, "example": "ON"})
class ProvinceField(_TextField):
    default_error_messages = {
        "invalid": _("Give the two letters of a province or territory, such as ON, or null for commercial goods.")
    }
    pattern = re.compile(r"[A-Za-z]{2}")

    def value_of(self, text: str) -> str:
        if text.upper() not in queries.provinces():
            self.fail("invalid")
        return text.upper()


@extend_schema_field({"type": "array", "items": {"type": "string"}, "example": ["25"]})
class PercentListField(serializers.Field[Any, Any, Any, Any]):
    """Rates in percent, one an order; a bad one is named by its place."""

    default_error_messages = {
        "null": NOT_NULL,
        "not_a_list": NOT_A_LIST,
        "too_many": _("Give at most 20 surtax rates a line."),
    }

    def to_internal_value(self, data: Any) -> tuple[Decimal, ...]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > MOST_SURTAXES:
            self.fail("too_many")
        child = PercentField()
        values: list[Decimal] = []
        for position, item in enumerate(data):
            try:
                values.append(child.run_validation(item))
            except exceptions.ValidationError as problem:
                raise serializers.ValidationError([*([] for _before in range(position)), problem.detail]) from None
        return tuple(values)

    def to_representation(self, value: Any) -> Any:
        return [str(rate * 100) for rate in value]


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string", "example": "12000.00"},
        "example": {"2025-08": "12000.00", "2025-09": "61500.00"},
    }
)
class MonthlyTotalsField(serializers.Field[Any, Any, Any, Any]):
    """Totals by calendar month; a bad month or amount is named as ``monthly_totals.2025-13``."""

    default_error_messages = {
        "required": REQUIRED,
        "null": NOT_NULL,
        "not_an_object": _("This must be an object of months and amounts, such as 2025-09 with 61500.00."),
        "empty": _("Give at least one month with its total."),
        "too_many": _("Give at most 1200 months."),
        "month": _("Name each month as year and month, such as 2025-09."),
    }
    pattern = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")

    def to_internal_value(self, data: Any) -> dict[Month, Decimal]:
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        if not data:
            self.fail("empty")
        if len(data) > MOST_MONTHS:
            self.fail("too_many")
        child = AmountField()
        totals: dict[Month, Decimal] = {}
        for name, amount in data.items():
            match = self.pattern.fullmatch(name)
            if match is None:
                self._refuse(name, [exceptions.ErrorDetail(str(self.error_messages["month"]), code="month")])
            try:
                totals[Month(int(match[1]), int(match[2]))] = child.run_validation(amount)
            except exceptions.ValidationError as problem:
                self._refuse(name, problem.detail)
        return totals

    @staticmethod
    def _refuse(name: str, detail: Any) -> NoReturn:
        """Only a name that is safe to repeat goes into the answer."""
        raise serializers.ValidationError({name: detail} if _SAFE_NAME.fullmatch(name) else detail)

    def to_representation(self, value: Any) -> Any:
        return {str(month): f"{amount:.2f}" for month, amount in value.items()}


class CallSerializer(serializers.Serializer[Any]):
    default_error_messages = {"required": REQUIRED, "null": NOT_NULL, "invalid": NOT_AN_OBJECT}


# --- Duties --------------------------------------------------------------------------------------------------------


class DutyLineSerializer(CallSerializer):
    value = AmountField(help_text="In the invoice's currency.")
    duty_rate = PercentField(default=Decimal(0), help_text="Percent of the value for duty.")
    sima = AmountField(default=Decimal(0), help_text="Anti-dumping or countervailing duty, Canadian dollars.")
    surtax_rates = PercentListField(default=(), help_text="Percent of the value for duty, one an order.")
    excise_duty = AmountField(default=Decimal(0))
    excise_tax = AmountField(default=Decimal(0))
    gst_rate = PercentField(default=Decimal("0.05"), help_text="Percent of the value for tax; 5 unless given.")
    province = ProvinceField(
        default=None, allow_null=True, help_text="Makes the goods casual: HST, or GST and the province's tax."
    )

    def to_internal_value(self, data: Any) -> Any:
        return DutyLine(**super().to_internal_value(data))


class DutiesCallSerializer(CallSerializer):
    currency = CurrencyField()
    exchange_rate = ExchangeRateField(
        default=None, allow_null=True, help_text="Canadian dollars for one unit; the dated table's unless given."
    )
    shipped_on = DayField(default=None, allow_null=True, help_text="Day of direct shipment; today unless given.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DutyLineSerializer(),
        allow_empty=False,
        max_length=MOST_LINES,
        error_messages={
            "required": REQUIRED,
            "null": NOT_NULL,
            "not_a_list": NOT_A_LIST,
            "empty": EMPTY_LIST,
            "max_length": _("Give at most 1000 lines."),
        },
    )


class DutyLineAnswerSerializer(serializers.Serializer[Any]):
    value_for_duty = AmountField()
    duty = AmountField()
    sima = AmountField()
    surtax = AmountField()
    excise_duty = AmountField()
    excise_tax = AmountField()
    value_for_tax = AmountField()
    gst = AmountField()
    hst = AmountField()
    provincial_tax = AmountField()
    total = AmountField()


class DutiesAnswerSerializer(serializers.Serializer[Any]):
    lines = DutyLineAnswerSerializer(many=True)
    total = AmountField()


# --- Security ------------------------------------------------------------------------------------------------------


class SecurityCallSerializer(CallSerializer):
    monthly_totals = MonthlyTotalsField()
    on = DayField(
        default=None, allow_null=True, help_text="Picks the months and the dated minimum and cap; today unless given."
    )


class SecurityAnswerSerializer(serializers.Serializer[Any]):
    highest_month = serializers.CharField(allow_null=True)
    highest_amount = AmountField()
    bond = AmountField()
    cash = AmountField()


# --- Billing -------------------------------------------------------------------------------------------------------


class BillingCallSerializer(CallSerializer):
    released_on = DayField()


class BillingAnswerSerializer(serializers.Serializer[Any]):
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    accounting_due_on = serializers.DateField()
    statement_on = serializers.DateField()
    payment_due_on = serializers.DateField()
    last_day_to_pay = serializers.DateField()


# --- Interest ------------------------------------------------------------------------------------------------------


class RateSerializer(CallSerializer):
    """``from`` is a word of the language, so the fields are named here."""

    def get_fields(self) -> dict[str, Any]:
        return {"from": DayField(), "rate": PercentField(most=Decimal(100))}

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        return RateFrom(effective_from=values["from"], rate=values["rate"])


class InterestCallSerializer(CallSerializer):
    default_error_messages = {
        "too_long": _("The day of payment is more than 50 years after the due date. Give a nearer day."),
        "same_day": _("Two rates begin on this day. Give one."),
    }

    principal = AmountField()
    due_on = DayField()
    paid_on = DayField()
    rates: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=RateSerializer(),
        required=False,
        allow_null=True,
        max_length=MOST_RATES,
        help_text="Specified rates in percent; the dated table's unless given.",
        error_messages={
            "null": NOT_NULL,
            "not_a_list": NOT_A_LIST,
            "max_length": _("Give at most 400 rates."),
        },
    )

    def validate(self, attrs: Any) -> Any:
        if attrs["paid_on"].year - attrs["due_on"].year > LONGEST_YEARS:
            raise serializers.ValidationError({"paid_on": [self._detail("too_long")]})
        seen: set[date] = set()
        for position, row in enumerate(attrs.get("rates") or ()):
            if row.effective_from in seen:
                problems: list[Any] = [{} for _before in range(position)]
                raise serializers.ValidationError({"rates": [*problems, {"from": [self._detail("same_day")]}]})
            seen.add(row.effective_from)
        return attrs

    def _detail(self, code: str) -> exceptions.ErrorDetail:
        return exceptions.ErrorDetail(str(self.error_messages[code]), code=code)


class InterestAnswerSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    interest = AmountField()

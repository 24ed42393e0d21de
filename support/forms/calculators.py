"""The forms of the calculators: read from the address, so that a result can be kept and shared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import format as formats
from core.forms import DateField, MoneyField, PortageForm, Radios
from core.money import ZERO
from reference import queries
from reference.rules.billing import FIRST_DATE, LAST_DATE
from reference.rules.rates import LONGEST_YEARS, RateFrom
from reference.rules.requirement import Month, months_before
from support.rules.must_register import Question, Reply
from support.services.calculators import DutyLine

MOST_LINES = 10
MOST_SURTAXES = 20
_PERCENT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
_EXCHANGE_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,10})?")
_SEPARATORS = re.compile(r"[\s;]+")


def _language() -> str:
    return get_language() or "en"


class DecimalTextField(forms.Field):
    """A decimal of a fixed pattern; None when left empty."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    width = "s"
    pattern: re.Pattern[str]

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip()
        if not text:
            return None
        if not self.pattern.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(text)


class PercentField(DecimalTextField):
    """A percentage typed as 6.5; a fraction inside."""

    pattern = _PERCENT
    default_error_messages = {
        "required": _("Enter a percentage, for example 6.5"),
        "invalid": _("Enter a percentage in digits with a point, without the percent sign, for example 6.5"),
        "max_value": _("Enter a percentage of at most 1000"),
    }

    def to_python(self, value: Any) -> Decimal | None:
        percent = super().to_python(value)
        if percent is not None and percent > 1000:
            raise ValidationError(self.error_messages["max_value"], code="max_value")
        return None if percent is None else percent / 100


class PercentListField(forms.Field):
    """Percentages with spaces between."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})
    width = "s"
    default_error_messages = {
        "invalid": _("Enter each percentage in digits with spaces between, for example 25 or 25 50"),
    }

    def to_python(self, value: Any) -> tuple[Decimal, ...]:
        parts = [part for part in _SEPARATORS.split(str(value or "")) if part]
        if len(parts) > MOST_SURTAXES or any(not _PERCENT.fullmatch(part) or Decimal(part) > 1000 for part in parts):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return tuple(Decimal(part) / 100 for part in parts)


class ExchangeRateField(DecimalTextField):
    pattern = _EXCHANGE_RATE
    default_error_messages = {
        "invalid": _("Enter the Canadian dollars for one unit in digits, for example 1.3725"),
        "zero": _("Enter an exchange rate above zero, for example 1.3725"),
    }

    def to_python(self, value: Any) -> Decimal | None:
        rate = super().to_python(value)
        if rate is not None and not rate:
            raise ValidationError(self.error_messages["zero"], code="zero")
        return rate


@dataclass(frozen=True)
class LineFields:
    """The boxes of one line as the page shows them."""

    number: int
    main: tuple[Any, ...]
    more: tuple[Any, ...]
    is_more_used: bool


class DutiesForm(PortageForm):
    """One invoice with up to ten lines; the number of lines comes with the form."""

    currency = forms.ChoiceField(label=_("Currency"))
    shipped_on = DateField(
        label=_("Day of direct shipment"),
        help_text=_("For example 2026-07-15. It decides the exchange rate."),
        min_value=FIRST_DATE,
        max_value=LAST_DATE,
    )
    exchange_rate = ExchangeRateField(
        label=_("Exchange rate"),
        help_text=_("Leave empty to use the rate of the day."),
        required=False,
    )

    MAIN = ("value", "duty_rate", "surtax_rates", "province")
    MORE = ("sima", "excise_duty", "excise_tax", "gst_rate")

    def __init__(self, *args: Any, line_count: int = 1, **options: Any) -> None:
        super().__init__(*args, **options)
        self.line_count = min(max(line_count, 1), MOST_LINES)
        language = _language()
        currencies = [(code, f"{code} - {name}") for code, name in queries.currencies(language)]
        self.fields["currency"] = forms.ChoiceField(label=_("Currency"), choices=currencies)
        provinces = [("", _("No, commercial goods")), *((code, code) for code in queries.provinces())]
        for number in range(1, self.line_count + 1):
            for name, field in self._line_fields(provinces).items():
                self.fields[f"{name}_{number}"] = field

    @staticmethod
    def _line_fields(provinces: list[tuple[str, Any]]) -> dict[str, forms.Field]:
        return {
            "value": MoneyField(
                label=_("Value, in the currency"),
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            ),
            "duty_rate": PercentField(label=_("Duty, percent"), required=False),
            "surtax_rates": PercentListField(
                label=_("Surtax, percent"), help_text=_("Several with spaces between."), required=False
            ),
            "province": forms.ChoiceField(label=_("Casual goods of a province?"), choices=provinces, required=False),
            "sima": MoneyField(label=_("Anti-dumping or countervailing duty, dollars"), required=False),
            "excise_duty": MoneyField(label=_("Excise duty, dollars"), required=False),
            "excise_tax": MoneyField(label=_("Excise tax, dollars"), required=False),
            "gst_rate": PercentField(
                label=_("GST, percent"), help_text=_("5 unless you say otherwise."), required=False
            ),
        }

    def line_groups(self) -> list[LineFields]:
        return [
            LineFields(
                number=number,
                main=tuple(self[f"{name}_{number}"] for name in self.MAIN),
                more=tuple(self[f"{name}_{number}"] for name in self.MORE),
                is_more_used=any(self[f"{name}_{number}"].value() for name in self.MORE),
            )
            for number in range(1, self.line_count + 1)
        ]

    def duty_lines(self) -> list[DutyLine]:
        data = self.cleaned_data
        lines = []
        for number in range(1, self.line_count + 1):
            gst_rate = data[f"gst_rate_{number}"]
            lines.append(
                DutyLine(
                    value=data[f"value_{number}"],
                    duty_rate=data[f"duty_rate_{number}"] or ZERO,
                    sima=data[f"sima_{number}"] or ZERO,
                    surtax_rates=data[f"surtax_rates_{number}"],
                    excise_duty=data[f"excise_duty_{number}"] or ZERO,
                    excise_tax=data[f"excise_tax_{number}"] or ZERO,
                    gst_rate=Decimal("0.05") if gst_rate is None else gst_rate,
                    province=data[f"province_{number}"] or None,
                )
            )
        return lines


class SecurityForm(PortageForm):
    """Duties and taxes of the twelve months before a day; the months follow from the day."""

    on = DateField(
        label=_("As of"),
        help_text=_("For example 2026-07-25. The twelve calendar months before its month count."),
        min_value=FIRST_DATE,
        max_value=LAST_DATE,
    )

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        language = _language()
        self.months = months_before(on)
        for month in self.months:
            self.fields[f"m{month}"] = MoneyField(
                label=formats.month_year(date(month.year, month.month, 1), language), required=False
            )

    def month_fields(self) -> list[Any]:
        return [self[f"m{month}"] for month in self.months]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and all(data[f"m{month}"] is None for month in self.months):
            self.add_error(
                f"m{self.months[0]}",
                ValidationError(_("Enter the duties and taxes of at least one month"), code="required"),
            )
        return data

    def monthly_totals(self) -> Mapping[Month, Decimal]:
        return {month: self.cleaned_data[f"m{month}"] or ZERO for month in self.months}


class BillingForm(PortageForm):
    released_on = DateField(
        label=_("Date of release"),
        help_text=_("For example 2026-07-22"),
        min_value=FIRST_DATE,
        max_value=LAST_DATE,
    )


class InterestForm(PortageForm):
    principal = MoneyField(label=_("Amount paid late"))
    due_on = DateField(
        label=_("Payment was due"), help_text=_("For example 2026-01-30"), min_value=FIRST_DATE, max_value=LAST_DATE
    )
    paid_on = DateField(
        label=_("Paid on"), help_text=_("For example 2026-03-01"), min_value=FIRST_DATE, max_value=LAST_DATE
    )
    rate = PercentField(
        label=_("Specified rate, percent a year"),
        help_text=_("Leave empty to use the dated table, quarter by quarter."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        due_on, paid_on, rate = data.get("due_on"), data.get("paid_on"), data.get("rate")
        if due_on and paid_on and paid_on.year - due_on.year > LONGEST_YEARS:
            self.add_error(
                "paid_on", ValidationError(_("Enter a day at most 50 years after the due date"), code="late")
            )
        if rate is not None and rate > 1:
            self.add_error("rate", ValidationError(_("Enter a percentage of at most 100"), code="max_value"))
        return data

    def rates(self) -> list[RateFrom] | None:
        rate = self.cleaned_data["rate"]
        return None if rate is None else [RateFrom(effective_from=self.cleaned_data["due_on"], rate=rate)]


def _reply(label: Any, help_text: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=[(Reply.YES, _("Yes")), (Reply.LATER, _("Not yet, but it is planned")), (Reply.NO, _("No"))],
        widget=Radios(),
        error_messages={"required": _("Choose one of the three answers")},
    )


class MustRegisterForm(PortageForm):
    """The four questions of the importer's guide; the fields are named as the rule names its questions."""

    imports = _reply(
        _("Does your business import commercial goods into Canada?"),
        _("Once a year counts, and so does a shipment of any size."),
    )
    sold = _reply(
        _("Does it import goods that will be sold?"), _("In Canada, in a shop or online, by you or by others.")
    )
    used = _reply(
        _("Does it import goods that it will use itself?"),
        _("For example equipment, tools, parts or samples for the business."),
    )
    abroad = _reply(
        _("Is it outside Canada, and does it import goods into Canada for commercial purposes?"),
        _("A business without an office in Canada answers yes as soon as it is the importer."),
    )

    def replies(self) -> dict[Question, Reply]:
        return {question: Reply(self.cleaned_data[question.value]) for question in Question}

"""Looking up the tariff and exchange rates: read from the address, so that what is found can be kept and shared."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.forms import DateField, MoneyField, PortageForm, Radios
from reference import queries
from reference.rules.billing import FIRST_DATE, LAST_DATE
from support.forms.calculators import DecimalTextField

MOST_BYTES = 20_000_000


class QuantityField(DecimalTextField):
    pattern = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
    default_error_messages = {"invalid": _("Enter a quantity in digits, for example 100 or 12.5")}


class TariffSearchForm(PortageForm):
    q = forms.CharField(
        label=_("Number or words"),
        help_text=_("For example 7318.16, lock nuts or boots. English and French both work."),
        max_length=100,
        required=False,
        strip=True,
    )


class TariffNumberForm(PortageForm):
    """From where, when and how much: what decides the rate, the surtaxes and the sample."""

    origin = forms.ChoiceField(label=_("Country of origin"))
    on = DateField(label=_("Day of release"), min_value=FIRST_DATE, max_value=LAST_DATE)
    value = MoneyField(label=_("Value for duty of the sample"))

    def __init__(self, *args: Any, units: tuple[str, ...], unit_names: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units
        language = get_language() or "en"
        self.fields["origin"] = forms.ChoiceField(
            label=self.fields["origin"].label, choices=list(queries.country_names(language).items())
        )
        for unit in units:
            self.fields[f"quantity_{unit}"] = QuantityField(
                label=_("Quantity: %(unit)s") % {"unit": unit_names.get(unit, unit)}, required=False
            )

    def quantities(self) -> dict[str, Decimal]:
        typed = {unit: self.cleaned_data.get(f"quantity_{unit}") for unit in self.units}
        return {unit: quantity for unit, quantity in typed.items() if quantity is not None}

    def clean_value(self) -> Decimal:
        value: Decimal = self.cleaned_data["value"]
        if value < 0:
            raise ValidationError(_("Enter a value of zero or more."), code="negative")
        return value


class TariffFileForm(PortageForm):
    """A schedule or official exchange rates, as a CSV file."""

    kind = forms.ChoiceField(
        label=_("What is in the file?"),
        choices=[("schedule", _("A tariff schedule")), ("exchange", _("Official exchange rates"))],
        widget=Radios(),
        error_messages={"required": _("Choose what the file holds")},
    )
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("UTF-8, at most 20 MB. The first row names the columns."),
        error_messages={
            "required": _("Choose a CSV file"),
            "empty": _("The file is empty. Choose one with rows."),
        },
    )

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 20 MB. Load it in parts."), code="too_large")
        try:
            text: str = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(
                _("The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again."), code="not_utf8"
            ) from None
        return text


class ExchangeForm(PortageForm):
    currency = forms.ChoiceField(label=_("Currency"))
    on = DateField(
        label=_("Day of direct shipment"),
        help_text=_("For example 2026-07-15. It decides the exchange rate."),
        min_value=FIRST_DATE,
        max_value=LAST_DATE,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"), choices=queries.currencies(get_language() or "en")
        )

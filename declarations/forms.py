"""The forms of the declaration's editor."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import Checkbox, DateField, MoneyField, PortageForm
from core.money import ZERO
from declarations import line_files, rules
from declarations.models import Line
from declarations.services import InvoiceInput, LineEntry
from documents.gateway import has_virus
from documents.rules import verdict_of

_PLAIN = ("surtax_content",)
#: Fields whose line keeps what was typed beside what was computed.
_DECLARED = {"sima": "sima_self_declared", "excise_duty": "excise_duty_declared", "excise_tax": "excise_tax_declared"}
_AMOUNTS = (*_DECLARED, *_PLAIN)
Choices = Sequence[tuple[str, str]]
_QUANTITY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_TOO_LONG = {"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")}


def words_field(
    label: Any, *, longest: int, missing: Any = "", hint: Any = "", required: bool = True
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=longest,
        error_messages={"required": missing, **_TOO_LONG},
    )


class ForeignAmountField(MoneyField):
    """An amount in the invoice's currency, so without a dollar sign in front."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})  # type: ignore[assignment]
    default_error_messages = {
        "required": _("Enter an amount with a point before the cents, for example 2210.00"),
        "min_value": _("Enter an amount above zero"),
        "max_value": _("This amount is too large. Check it"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal("0.01"), max_value=Decimal("9999999999.99"), **kwargs)


class QuantityField(forms.Field):
    """A quantity above zero with at most three decimals."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    width = "s"
    default_error_messages = {
        "required": _("Enter the quantity, for example 240"),
        "invalid": _("Enter the quantity in digits, with at most three after the point, for example 240 or 12.5"),
    }

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or isinstance(value, Decimal):
            return value or None
        quantity = _quantity(str(value).strip())
        if quantity is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return quantity

    def prepare_value(self, value: Any) -> Any:
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value


class InvoiceForm(PortageForm):
    """An invoice as its vendor wrote it."""

    vendor = words_field(_("Vendor"), longest=120, missing=_("Enter the vendor's name as on the invoice"))
    vendor_country = forms.ChoiceField(
        label=_("Vendor's country"), error_messages={"required": _("Choose the vendor's country")}
    )
    number = words_field(_("Invoice number"), longest=35, missing=_("Enter the invoice number"))
    dated_on = DateField(label=_("Invoice date"), help_text=_("For example 2026-07-14"))
    shipped_on = DateField(label=_("Direct shipment"), help_text=_("The day whose exchange rate counts"))
    shipped_from = words_field(_("Place of export"), longest=60, required=False)
    purchaser = words_field(_("Purchaser"), longest=120, required=False, hint=_("Where it is not the importer"))
    time_limit_months = forms.IntegerField(
        label=_("Time limit in months"),
        required=False,
        min_value=1,
        max_value=rules.LONGEST_TIME_LIMIT,
        help_text=_("For goods that leave Canada again"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": _("Enter a whole number of months, or leave it empty"),
            "min_value": _("Enter at least one month, or leave it empty"),
            "max_value": _("Enter at most %(limit_value)s months"),
        },
    )
    currency = forms.ChoiceField(label=_("Currency"), error_messages={"required": _("Choose the currency")})
    total = ForeignAmountField(label=_("Invoice total"), help_text=_("In the invoice's currency"))

    def __init__(self, *args: Any, countries: Choices, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vendor_country"].choices = [("", _("Choose a country")), *countries]  # type: ignore[attr-defined]
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a currency")),
            *((code, f"{code} {name}") for code, name in currencies),
        ]

    def entry(self) -> InvoiceInput:
        return InvoiceInput(**self.cleaned_data)


class LineForm(PortageForm):
    """One commodity line; labels name the tariff's unit and the invoice's currency."""

    classification = words_field(
        _("Classification"), longest=60, missing=_("Enter the ten-digit number, or words to search for")
    )
    description = words_field(_("Description"), longest=200, required=False)
    origin = forms.ChoiceField(label=_("Origin"), error_messages={"required": _("Choose the country of origin")})
    treatment = forms.ChoiceField(
        label=_("Tariff treatment"), error_messages={"required": _("Choose the tariff treatment")}
    )
    quantity = QuantityField(label=_("Quantity"))
    value = ForeignAmountField(label=_("Value"))
    surtax_is_contested = forms.BooleanField(
        label=_("These are not goods of the order"),
        required=False,
        widget=Checkbox(hint=_("No surtax is charged; you answer for this claim")),
    )
    surtax_ground = forms.ChoiceField(
        label=_("Another reason for no surtax"),
        required=False,
        choices=[("", _("None")), *[choice for choice in Line.SurtaxGround.choices if choice[0] != "GOODS"]],
    )
    surtax_reference = words_field(_("Number of the permit or order"), longest=30, required=False)
    surtax_content = MoneyField(
        label=_("Canadian and Mexican content"),
        required=False,
        help_text=_("Motor vehicles under the United States Tariff; at least 15% of the value is counted without it"),
    )
    origin_proof = words_field(
        _("Proof of origin"), longest=60, required=False, hint=_("Number or date of the certification of origin")
    )
    value_for_duty_code = forms.ChoiceField(label=_("Value for duty code"), required=False)
    special_authority = words_field(
        _("Special authority"), longest=16, required=False, hint=_("Number of the order, for example 20-1135")
    )
    sima_subject = forms.ChoiceField(
        label=_("SIMA subject"), required=False, choices=[("", _("Not said")), *Line.SimaSubject.choices]
    )
    sima_price = ForeignAmountField(label=_("SIMA invoice price"), required=False)
    sima_currency = forms.ChoiceField(label=_("Currency of the SIMA price"), required=False)
    sima_exporter = words_field(_("Exporter"), longest=60, required=False)
    sima_model = words_field(_("Model"), longest=60, required=False)
    sima = MoneyField(
        label=_("Self-declared SIMA"), required=False, help_text=_("Only where you owe more than the portal computes")
    )
    excise_duty = MoneyField(
        label=_("Excise duty"), required=False, help_text=_("Leave empty to take the table's amount")
    )
    excise_tax = MoneyField(
        label=_("Excise tax"), required=False, help_text=_("Leave empty to take the table's amount")
    )
    excise_exemption = forms.ChoiceField(label=_("Excise exemption"), required=False)
    gst_exemption = forms.ChoiceField(label=_("GST status"), required=False)
    province = forms.ChoiceField(
        label=_("Casual goods for"),
        required=False,
        help_text=_("Goods that are not for business bear the province's tax"),
    )
    remarks = words_field(_("Remarks"), longest=300, required=False)

    def __init__(
        self,
        *args: Any,
        countries: Choices,
        treatments: Choices,
        exemptions: Choices,
        excise_exemptions: Choices = (),
        provinces: Sequence[str] = (),
        currencies: Choices = (),
        unit: str = "",
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["origin"].choices = [("", _("Choose")), *countries]  # type: ignore[attr-defined]
        self.fields["treatment"].choices = [("", _("Choose")), *treatments]  # type: ignore[attr-defined]
        self.fields["gst_exemption"].choices = [("", _("GST is paid")), *exemptions]  # type: ignore[attr-defined]
        self._offer("excise_exemption", _("None"), excise_exemptions)
        self._offer("province", _("Not casual goods"), [(code, code) for code in provinces])
        self._offer("sima_currency", _("Choose"), [(code, f"{code} {name}") for code, name in currencies])
        self._offer("value_for_duty_code", _("Not said"), value_for_duty_codes())
        if unit:
            self.fields["quantity"].label = gettext("Quantity, %(unit)s") % {"unit": unit}
        self.fields["value"].label = gettext("Value, %(currency)s") % {"currency": currency}

    def _offer(self, name: str, nothing: Any, choices: Choices) -> None:
        self.fields[name].choices = [("", nothing), *choices]  # type: ignore[attr-defined]

    def entry(self) -> LineEntry:
        given = dict(self.cleaned_data)
        for name in _AMOUNTS:
            given[name] = given[name] or ZERO
        return LineEntry(**given)


def value_for_duty_codes() -> Choices:
    """The fourteen codes in words: how vendor and importer stand to each other, then the method."""
    relationships = {"1": gettext("not related"), "2": gettext("related")}
    methods = {
        "3": gettext("price paid, no adjustment"),
        "4": gettext("price paid, with adjustments"),
        "5": gettext("identical goods"),
        "6": gettext("similar goods"),
        "7": gettext("deductive value"),
        "8": gettext("computed value"),
        "9": gettext("residual method"),
    }
    return [
        (first + second, f"{first}{second} {relationships[first]}, {methods[second]}")
        for first in rules.VALUE_FOR_DUTY_RELATIONSHIPS
        for second in rules.VALUE_FOR_DUTY_METHODS
    ]


def line_initial(line: Line) -> dict[str, Any]:
    """What a saved line shows in its form."""
    initial = {name: getattr(line, name) for name in LineForm.base_fields if name not in _AMOUNTS}
    if line.surtax_ground == Line.SurtaxGround.GOODS:
        initial["surtax_ground"] = ""
    elif line.surtax_ground:
        initial["surtax_is_contested"] = False
    typed = {name: getattr(line, column) or None for name, column in _DECLARED.items()}
    return initial | typed | {name: getattr(line, name) or None for name in _PLAIN}


class FilterForm(PortageForm):
    """Which declarations the list shows."""

    submitter = forms.ChoiceField(label=_("Submitted by"), required=False)
    number = forms.CharField(label=_("Declaration number"), required=False, max_length=14)
    released_from = DateField(label=_("Released from"), required=False)
    released_to = DateField(label=_("Released to"), required=False)

    def __init__(self, *args: Any, submitters: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submitter"].choices = [  # type: ignore[attr-defined]
            ("", _("Everyone")),
            *((str(number), name) for number, name in submitters),
        ]


class SearchForm(PortageForm):
    """Words or digits looked for in the tariff."""

    q = forms.CharField(label=_("Words or first digits"), required=False, max_length=60)


class SubmitForm(PortageForm):
    """The last question before submission; a correction says why."""

    reason = forms.CharField(
        label=_("Why is it corrected?"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Say what was wrong, for example the quantity of line 2"), **_TOO_LONG},
    )

    def __init__(self, *args: Any, is_correction: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_correction:
            del self.fields["reason"]


class LinesFileForm(PortageForm):
    """A file chosen, or the text of one that was tried out before."""

    file = forms.FileField(
        label=_("CSV or XLSX file"),
        help_text=_("At most 1,000 lines and 1 MB; CSV in UTF-8; the first row names the columns"),
        error_messages={"required": _("Choose a file"), "empty": _("This file is empty. Choose another")},
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("text"):
            self.fields["file"].required = False

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        upload: UploadedFile | None = given.get("file")
        try:
            if upload is not None:
                given["text"] = _text_of(upload)
            if not self.errors:
                given["rows"] = line_files.file_rows(given["text"])
        except ValueError as problem:
            self.add_error("file", ValidationError(str(problem), code="invalid"))
        return given


def _text_of(upload: UploadedFile) -> str:
    """The file as CSV text; ``ValueError`` in words for one that is too large or cannot be read."""
    if (upload.size or 0) > line_files.MOST_BYTES:
        raise ValueError(gettext("This file is larger than 1 MB. Split it."))
    content = upload.read()
    if content.startswith(b"PK"):
        verdict = verdict_of(f"{upload.name}.xlsx", content, has_virus=has_virus)
        if verdict.kind is None:
            raise ValueError(gettext("This file can't be read as XLSX. Save it anew, or as CSV UTF-8."))
        return line_files.text_of_xlsx(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(gettext("This file isn't in UTF-8. Save it as CSV UTF-8, or as XLSX.")) from None


def _quantity(text: str) -> Decimal | None:
    """A quantity above zero; None for anything else."""
    if not _QUANTITY.fullmatch(text):
        return None
    return Decimal(text) or None

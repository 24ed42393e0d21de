"""The forms of the declaration's editor, and the reading of lines from a CSV file."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import Checkbox, DateField, MoneyField, PortageForm
from core.money import ZERO, parse_amount
from declarations.models import Line
from declarations.services import MOST_LINES, InvoiceInput, LineEntry

Choices = Sequence[tuple[str, str]]
_QUANTITY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_TOO_LONG = {"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")}


def _words(label: Any, *, longest: int, missing: Any = "", hint: Any = "", required: bool = True) -> forms.CharField:
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

    vendor = _words(_("Vendor"), longest=120, missing=_("Enter the vendor's name as on the invoice"))
    vendor_country = forms.ChoiceField(
        label=_("Vendor's country"), error_messages={"required": _("Choose the vendor's country")}
    )
    number = _words(_("Invoice number"), longest=35, missing=_("Enter the invoice number"))
    dated_on = DateField(label=_("Invoice date"), help_text=_("For example 2026-07-14"))
    shipped_on = DateField(label=_("Direct shipment"), help_text=_("The day whose exchange rate counts"))
    shipped_from = _words(_("Place of export"), longest=60, required=False)
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

    classification = _words(
        _("Classification"), longest=60, missing=_("Enter the ten-digit number, or words to search for")
    )
    description = _words(_("Description"), longest=200, required=False)
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
    origin_proof = _words(
        _("Proof of origin"), longest=60, required=False, hint=_("Number or date of the certification of origin")
    )
    sima = MoneyField(label=_("SIMA"), required=False)
    excise_duty = MoneyField(label=_("Excise duty"), required=False)
    excise_tax = MoneyField(label=_("Excise tax"), required=False)
    gst_exemption = forms.ChoiceField(label=_("GST status"), required=False)

    def __init__(
        self,
        *args: Any,
        countries: Choices,
        treatments: Choices,
        exemptions: Choices,
        unit: str = "",
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["origin"].choices = [("", _("Choose")), *countries]  # type: ignore[attr-defined]
        self.fields["treatment"].choices = [("", _("Choose")), *treatments]  # type: ignore[attr-defined]
        self.fields["gst_exemption"].choices = [("", _("GST is paid")), *exemptions]  # type: ignore[attr-defined]
        if unit:
            self.fields["quantity"].label = gettext("Quantity, %(unit)s") % {"unit": unit}
        self.fields["value"].label = gettext("Value, %(currency)s") % {"currency": currency}

    def entry(self) -> LineEntry:
        given = dict(self.cleaned_data)
        for name in ("sima", "excise_duty", "excise_tax"):
            given[name] = given[name] or ZERO
        return LineEntry(**given)


def line_initial(line: Line) -> dict[str, Any]:
    """What a saved line shows in its form."""
    names = (
        "classification",
        "description",
        "origin",
        "treatment",
        "quantity",
        "value",
        "surtax_is_contested",
        "origin_proof",
        "gst_exemption",
    )
    initial = {name: getattr(line, name) for name in names}
    return initial | {name: getattr(line, name) or None for name in ("sima", "excise_duty", "excise_tax")}


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


# --- Lines from a CSV file -------------------------------------------------------------------------------------------

CSV_COLUMNS = (
    "classification",
    "description",
    "origin",
    "treatment",
    "quantity",
    "value",
    "origin_proof",
    "sima",
    "excise_duty",
    "excise_tax",
    "gst_exemption",
    "surtax_is_contested",
)
CSV_NEEDED = ("classification", "origin", "treatment", "quantity", "value")
CSV_SAMPLE = (
    "classification,description,origin,treatment,quantity,value\r\n"
    '6404.11.91.00,"Hiking footwear, textile uppers",CN,MFN,240,9840.00\r\n'
    '4202.92.20.90,"Knapsacks, textile outer surface",VN,CPTPT,300,7350.00\r\n'
)
MOST_BYTES = 300_000
_LONGEST = {"classification": 13, "description": 200, "origin": 2, "treatment": 6, "origin_proof": 60}
_YES_NO = {"": False, "no": False, "0": False, "yes": True, "1": True}


@dataclass(frozen=True)
class CsvRow:
    """A row of the file: its number as a spreadsheet shows it, and its line or what is wrong with it."""

    number: int
    cells: dict[str, str]
    entry: LineEntry | None
    problem: str = ""


class CsvForm(PortageForm):
    """A file chosen, or the text of one that was tried out before."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("At most 500 lines and 300 KB, in UTF-8; the first row names the columns"),
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
        if upload is not None:
            given["text"] = self._read(upload)
        if not self.errors:
            try:
                given["rows"] = csv_rows(given["text"])
            except ValueError as problem:
                self.add_error("file", ValidationError(str(problem), code="invalid"))
        return given

    def _read(self, upload: UploadedFile) -> str:
        if (upload.size or 0) > MOST_BYTES:
            self.add_error("file", ValidationError(_("This file is larger than 300 KB. Split it."), code="too_large"))
            return ""
        try:
            return upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error(
                "file", ValidationError(_("This file isn't in UTF-8. Save it as CSV UTF-8."), code="not_utf8")
            )
            return ""


def csv_rows(text: str) -> list[CsvRow]:
    """The rows of a CSV with a header; ``ValueError`` in words for a file that cannot be read as a whole."""
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas.")) from None
    if "\0" in text or not rows:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas."))
    header = [name.strip().lower() for name in rows[0]]
    missing = [name for name in CSV_NEEDED if name not in header]
    if missing:
        raise ValueError(gettext("The first row lacks these columns: %(names)s.") % {"names": ", ".join(missing)})
    unknown = [name for name in header if name not in CSV_COLUMNS]
    if unknown or len(set(header)) < len(header):
        raise ValueError(
            gettext("Name each column once, from this list: %(names)s.") % {"names": ", ".join(CSV_COLUMNS)}
        )
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(gettext("There are no lines under the first row."))
    if len(filled) > MOST_LINES:
        raise ValueError(
            gettext("This file has %(count)s lines; at most %(most)s are taken. Split it.")
            % {"count": len(filled), "most": MOST_LINES}
        )
    return [_csv_row(number, header, row) for number, row in filled]


def _csv_row(number: int, header: list[str], row: list[str]) -> CsvRow:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    if len(row) != len(header):
        problem = gettext("This row has %(count)s cells, the first row has %(needed)s.")
        return CsvRow(number, cells, None, problem % {"count": len(row), "needed": len(header)})
    try:
        return CsvRow(number, cells, _csv_entry(cells))
    except ValueError as found:
        return CsvRow(number, cells, None, str(found))


def _csv_entry(cells: dict[str, str]) -> LineEntry:
    for name in CSV_NEEDED:
        if not cells[name]:
            raise ValueError(gettext("%(name)s is empty.") % {"name": name})
    for name, longest in _LONGEST.items():
        if len(cells.get(name, "")) > longest:
            raise ValueError(
                gettext("%(name)s has more than %(longest)s characters.") % {"name": name, "longest": longest}
            )
    quantity = _quantity(cells["quantity"])
    if quantity is None:
        raise ValueError(gettext("quantity is not a number with at most three decimals, for example 240."))
    contested = cells.get("surtax_is_contested", "").lower()
    if contested not in _YES_NO:
        raise ValueError(gettext("surtax_is_contested is yes or no."))
    return LineEntry(
        classification=cells["classification"],
        description=cells.get("description", ""),
        origin=cells["origin"].upper(),
        treatment=cells["treatment"].upper(),
        quantity=quantity,
        value=_csv_amount(cells, "value"),
        origin_proof=cells.get("origin_proof", ""),
        sima=_csv_amount(cells, "sima"),
        excise_duty=_csv_amount(cells, "excise_duty"),
        excise_tax=_csv_amount(cells, "excise_tax"),
        gst_exemption=cells.get("gst_exemption", ""),
        surtax_is_contested=_YES_NO[contested],
    )


def _csv_amount(cells: dict[str, str], name: str) -> Decimal:
    text = cells.get(name, "") or "0"
    try:
        amount = parse_amount(text)
    except ValueError:
        amount = Decimal(-1)
    if amount < 0 or not text.isascii() or amount > Decimal("9999999999.99"):
        raise ValueError(gettext("%(name)s is not an amount such as 2210.00.") % {"name": name})
    return amount


def _quantity(text: str) -> Decimal | None:
    """A quantity above zero; None for anything else."""
    if not _QUANTITY.fullmatch(text):
        return None
    return Decimal(text) or None

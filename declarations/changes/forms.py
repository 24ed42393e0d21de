"""The forms of changes, and the reading of a mass adjustment from a CSV file."""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import Checkboxes, DateField, FilesField, FilesInput, PortageForm
from declarations.changes import rules
from declarations.changes.rules import ChangeKind, ChangeState
from declarations.changes.services import LineChange, MassRow
from declarations.models import Line
from documents.rules import ACCEPT

_TOO_LONG = {"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")}
#: What may be changed on a line, in the order of the file and of the officer's form.
COLUMNS = ("classification", "origin", "treatment", "quantity", "value", "gst_exemption", "origin_proof")
NUMBERS = ("quantity", "value")
HEADINGS = ("declaration", "invoice", "line", *COLUMNS)
SAMPLE = ",".join(HEADINGS) + "\n17042000000126,1,1,,,,,9940.00,,\n17042000000134,1,2,6404.11.91.00,,,,,,\n"
MOST_ROWS = 5000
LARGEST_FILE = 2_000_000
_NUMBER_LIMITS = {"quantity": (3, Decimal("999999999999")), "value": (2, Decimal("9999999999.99"))}


def _text(label: Any, missing: Any, *, longest: int = 1000, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=longest,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": missing, **_TOO_LONG},
    )


def _code(kind: ChangeKind) -> forms.ChoiceField:
    choices = [
        (reason.code, _("%(reason)s (%(authority)s)") % {"reason": reason.label, "authority": reason.authority})
        for reason in rules.REASONS[kind]
    ]
    return forms.ChoiceField(
        label=_("Reason"), choices=[("", _("Choose")), *choices], error_messages={"required": _("Choose the reason")}
    )


class StartForm(PortageForm):
    """Why an adjustment or a refund claim is begun."""

    def __init__(self, *args: Any, kind: ChangeKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"] = _code(kind)


class ReasonForm(StartForm):
    """A reason with its explanation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = _text(_("Explanation"), _("Say what is wrong and why"))


class AppealForm(ReasonForm):
    """An appeal; after the 90 days with the reason for the delay."""

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, kind=ChangeKind.APPEAL, **kwargs)
        if is_late:
            self.fields["late_reason"] = _text(_("Why the appeal comes late"), _("Say why the appeal comes late"))


class MessageForm(PortageForm):
    text = _text(_("Message to the officer"), _("Write your message"), longest=2000)


class FilesForm(PortageForm):
    uploads = FilesField(label=_("Files"), widget=FilesInput({"accept": ACCEPT}))


class DecisionForm(PortageForm):
    reason = _text(
        _("Reason or question"),
        _("Give the reason for the decision, or ask your question"),
        hint=_("Everybody concerned reads it; it stands on the statement of adjustment."),
    )


class CaseForm(DecisionForm):
    """Which requests of a case are decided."""

    rows = forms.MultipleChoiceField(
        label=_("Requests"), widget=Checkboxes(), error_messages={"required": _("Choose at least one request")}
    )

    def __init__(self, *args: Any, rows: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rows"].choices = list(rows)  # type: ignore[attr-defined]


class FilterForm(PortageForm):
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *ChangeKind.choices])
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All states")), *ChangeState.choices])
    text = forms.CharField(
        label=_("Search"), required=False, max_length=60, help_text=_("Number, case, vendor or reason")
    )


class LearnedForm(PortageForm):
    learned_on = DateField(label=_("The day you learned of it"), required=False)


class FindForm(PortageForm):
    """The number of a declaration to re-determine."""

    declaration = forms.CharField(
        label=_("Declaration number"), max_length=14, error_messages={"required": _("Enter the number")}
    )


class LinesForm(PortageForm):
    """Every line of a version with the cells that an officer may change; what differs becomes the changes."""

    def __init__(self, *args: Any, lines: Iterable[Line], **kwargs: Any) -> None:
        self.lines = list(lines)
        super().__init__(*args, **kwargs)
        for line in self.lines:
            for name in COLUMNS:
                self.fields[_key(line, name)] = forms.CharField(
                    label=_("%(cell)s, invoice %(invoice)s, line %(line)s")
                    % {"cell": LABELS[name], "invoice": line.invoice.position, "line": line.position},
                    required=False,
                    max_length=60,
                    initial=_shown(getattr(line, name)),
                )

    def rows(self) -> list[tuple[Line, list[Any]]]:
        return [(line, [self[_key(line, name)] for name in COLUMNS]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        self.changes: list[LineChange] = []
        for line in self.lines:
            values: dict[str, Any] = {}
            for name in COLUMNS:
                text = cleaned.get(_key(line, name), "")
                if text == _shown(getattr(line, name)):
                    continue
                try:
                    values[name] = _value(name, text)
                except ValueError as problem:
                    self.add_error(_key(line, name), str(problem))
            if values:
                self.changes.append(LineChange(line.invoice.position, line.position, values))
        return cleaned


LABELS: Mapping[str, Any] = {
    "classification": _("Classification"),
    "origin": _("Origin"),
    "treatment": _("Tariff treatment"),
    "quantity": _("Quantity"),
    "value": _("Value"),
    "gst_exemption": _("GST status"),
    "origin_proof": _("Proof of origin"),
}


class MassForm(PortageForm):
    """One file for many adjustments; after the dry run its text travels along, so that it is not chosen twice."""

    reason_code = _code(ChangeKind.ADJUSTMENT)
    reason = _text(_("Explanation"), _("Say what is wrong and why"))
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Empty cells leave a line as it is"),
        allow_empty_file=True,
        error_messages={"required": _("Choose a CSV file.")},
    )
    content = forms.CharField(required=False, widget=forms.HiddenInput(), max_length=LARGEST_FILE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Made anew for each reader: its choices are put together in the language of the page.
        self.fields["reason_code"] = _code(ChangeKind.ADJUSTMENT)
        self.fields["file"].required = not self.data.get("content")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        uploaded = cleaned.get("file")
        text = cleaned.get("content", "")
        if uploaded is not None:
            if uploaded.size > LARGEST_FILE:
                raise ValidationError({"file": gettext("The file is too large. Divide it.")})
            try:
                text = uploaded.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ValidationError({"file": gettext("Save the file as CSV with the encoding UTF-8.")}) from None
        if "file" in self.errors:
            return cleaned
        if not text.strip():
            raise ValidationError({"file": gettext("Choose a CSV file.")})
        cleaned["content"] = text
        cleaned["rows"] = rows_of(text)
        return cleaned


def rows_of(text: str) -> list[MassRow]:
    """The rows of a file, each with its change or its problem; ``ValidationError`` when it has no such columns."""
    if "\x00" in text:
        raise ValidationError({"file": gettext("This is not a CSV file. Start from the sample.")})
    try:
        reader = csv.DictReader(io.StringIO(text), strict=True)
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        found = list(reader)
    except csv.Error:
        raise ValidationError({"file": gettext("This is not a CSV file. Start from the sample.")}) from None
    if not {"declaration", "invoice", "line"} <= set(names) or not set(names) <= set(HEADINGS):
        raise ValidationError(
            {"file": gettext("The first row must name the columns: %(names)s.") % {"names": ", ".join(HEADINGS)}}
        )
    if not found or len(found) > MOST_ROWS:
        raise ValidationError({"file": gettext("The file must have 1 to %(most)s rows.") % {"most": MOST_ROWS}})
    return [_row(number, cells) for number, cells in enumerate(found, start=2)]


def _row(number: int, cells: Mapping[Any, Any]) -> MassRow:
    declaration = (cells.get("declaration") or "").strip()
    if None in cells or not all(cells.get(name) is not None for name in ("declaration", "invoice", "line")):
        return MassRow(number, declaration, None, gettext("The row has too many or too few cells."))
    places = [(cells[name] or "").strip() for name in ("invoice", "line")]
    if not all(place.isascii() and place.isdecimal() and len(place) < 5 for place in places):
        return MassRow(number, declaration, None, gettext("Enter the numbers of the invoice and the line."))
    values: dict[str, Any] = {}
    for name in COLUMNS:
        text = (cells.get(name) or "").strip()
        if not text:
            continue
        try:
            values[name] = _value(name, text)
        except ValueError as problem:
            return MassRow(number, declaration, None, str(problem))
    if not values:
        return MassRow(number, declaration, None, gettext("The row changes nothing."))
    return MassRow(number, declaration, LineChange(int(places[0]), int(places[1]), values))


def _value(name: str, text: str) -> Any:
    """A cell as the line takes it; ``ValueError`` with the sentence for its reader."""
    if name not in NUMBERS:
        limit = getattr(Line._meta.get_field(name), "max_length", None)
        if limit is not None and len(text) > limit:
            raise ValueError(gettext("%(text)s is too long.") % {"text": text})
        return text.upper() if name in ("origin", "treatment") else text
    places, largest = _NUMBER_LIMITS[name]
    try:
        number = Decimal(text)
        is_good = number.is_finite() and 0 < number <= largest and number == round(number, places)
    except InvalidOperation:
        is_good = False
    if not is_good:
        raise ValueError(gettext("%(text)s is not a number above zero.") % {"text": text})
    return number


def _key(line: Line, name: str) -> str:
    return f"line-{line.invoice.position}-{line.position}-{name}"


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f").rstrip("0").rstrip(".") if value != value.to_integral() else format(value, ".0f")
    return str(value)

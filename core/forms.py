"""How forms are drawn and the fields of their own kind: money, dates, business numbers.

Every field shows label, hint, error, then its box; ``PortageForm.error_list`` feeds the summary at the page's head.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.utils import pretty_name
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from stdnum.ca import bn as stdnum_bn
from stdnum.exceptions import ValidationError as StdnumError

from core import format as formats
from core.errors import DomainError
from core.money import LARGEST, parse_amount

#: Django's own words for an empty field, which do not name it.
_UNNAMED = forms.Field.default_error_messages["required"]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PROGRAM_ACCOUNT = re.compile(r"\d{9}RM(?!0000)\d{4}")
_PROGRAM_ACCOUNT_SHAPE = re.compile(r"\d{9}[A-Z]{2}\d{4}")
_SEPARATORS = re.compile(r"[\s\u00a0\u202f-]+")
_NOT_OF_AN_AMOUNT = re.compile(r"[$\s\u00a0\u202f]|CAD|CA")
_DECIMAL_COMMA = re.compile(r",(?=\d{1,2}$)")


@dataclass(frozen=True)
class Option:
    """One radio button or check box as it is drawn."""

    id: str
    name: str
    value: str
    kind: str
    label: Any
    hint: Any
    is_checked: bool
    is_locked: bool
    is_unavailable: bool


@dataclass(frozen=True)
class Problem:
    """One line of the error summary."""

    href: str
    message: str


# --- Widgets ----------------------------------------------------------------------------------------------------------
class MoneyInput(forms.TextInput):
    """A box with the dollar sign in front; digits and one point."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class FilesInput(forms.FileInput):
    """One box for several files."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"multiple": True, **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class _Choices:
    """What each choice means, which are not available and why, and which are always on."""

    hints: Mapping[str, Any]
    unavailable: Mapping[str, Any]
    locked: Collection[str]
    cards: bool

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Any = (),
        *,
        hints: Mapping[str, Any] | None = None,
        unavailable: Mapping[str, Any] | None = None,
        locked: Collection[str] = (),
        cards: bool = False,
    ) -> None:
        super().__init__(attrs, choices)  # type: ignore[call-arg]
        self.hints = hints or {}
        self.unavailable = unavailable or {}
        self.locked = locked
        self.cards = cards


class Radios(_Choices, forms.RadioSelect):
    """One choice of several."""


class Checkboxes(_Choices, forms.CheckboxSelectMultiple):
    """Any number of choices."""


class Checkbox(forms.CheckboxInput):
    """One tick with a second line that says what it means."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, hint: Any = "") -> None:
        super().__init__(attrs)
        self.hint = hint


# --- A field on its form ----------------------------------------------------------------------------------------------
class PortageBoundField(BoundField):
    """A field together with what its template asks: its kind, its width, its options and its ids."""

    @property
    def kind(self) -> str:
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxSelectMultiple):
            return "checkboxes"
        if isinstance(widget, forms.RadioSelect):
            return "radios"
        if isinstance(widget, forms.CheckboxInput):
            return "checkbox"
        if isinstance(widget, MoneyInput):
            return "money"
        if isinstance(widget, forms.MultiWidget | forms.SelectDateWidget):
            return "group"
        return "box"

    @property
    def is_optional(self) -> bool:
        """Optional fields say so; a single tick and a set of ticks are optional by nature."""
        return not self.field.required and self.kind not in {"checkbox", "checkboxes"}

    @property
    def width(self) -> str:
        """s, m or l: the box's length tells how much is expected."""
        declared = getattr(self.field, "width", "")
        if declared:
            return str(declared)
        if isinstance(self.field.widget, forms.Textarea):
            return "l"
        longest = getattr(self.field, "max_length", None) or 0
        return "s" if 0 < longest <= 12 else "m" if 0 < longest <= 40 else "l"

    @property
    def is_cards(self) -> bool:
        return bool(getattr(self.field.widget, "cards", False))

    @property
    def hint_id(self) -> str:
        return f"{self.auto_id}_helptext"

    @property
    def error_id(self) -> str:
        return f"{self.auto_id}_error"

    @property
    def described_by(self) -> str:
        """The ids for a fieldset; a single box gets them from Django."""
        ids = [self.hint_id] if self.help_text else []
        return " ".join([*ids, self.error_id] if self.errors else ids)

    @property
    def target_id(self) -> str:
        """Where the error summary's link leads: the box, or the first choice."""
        return f"{self.auto_id}_0" if self.kind in {"radios", "checkboxes", "group"} else str(self.auto_id)

    @property
    def checkbox_hint(self) -> Any:
        return getattr(self.field.widget, "hint", "") or self.help_text

    def options(self) -> Iterator[Option]:
        widget = self.field.widget
        hints: Mapping[str, Any] = getattr(widget, "hints", {})
        unavailable: Mapping[str, Any] = getattr(widget, "unavailable", {})
        locked: Collection[str] = getattr(widget, "locked", ())
        for subwidget in self.subwidgets:
            data = subwidget.data
            value = str(data["value"])
            is_locked = value in locked
            yield Option(
                id=str(data["attrs"].get("id", "")),
                name=data["name"],
                value=value,
                kind="radio" if self.kind == "radios" else "checkbox",
                label=data["label"],
                hint=unavailable.get(value) or hints.get(value, ""),
                is_checked=bool(data["selected"]) or is_locked,
                is_locked=is_locked,
                is_unavailable=value in unavailable,
            )


class PortageRenderer(TemplatesSetting):
    """Draws forms with the templates of ``templates/forms/``."""

    form_template_name = "forms/div.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"
    bound_field_class = PortageBoundField


class FormErrors:
    """What every form of the portal offers its page."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ways_out: dict[str, str] = {}
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            if field.error_messages["required"] is _UNNAMED:
                # The summary at the head of a page has to say which field it means.
                label = field.label or pretty_name(name)
                field.error_messages["required"] = format_lazy(_("Fill in “{field}”"), field=label)

    @property
    def error_list(self) -> list[Problem]:
        """Every problem with the place to mend it, in the order of the fields."""
        errors = self.errors  # type: ignore[attr-defined]
        problems = [
            Problem(href=self._ways_out.get(str(message), ""), message=str(message))
            for message in errors.get(NON_FIELD_ERRORS, [])
        ]
        for name in self.fields:  # type: ignore[attr-defined]
            bound = self[name]  # type: ignore[index]
            for message in errors.get(name, []):
                href = "" if bound.is_hidden else f"#{bound.target_id}"
                problems.append(Problem(href=href, message=str(message)))
        return problems

    @property
    def title_prefix(self) -> str:
        return str(_("Error:")) if self.errors else ""  # type: ignore[attr-defined]

    def add_domain_error(self, error: DomainError) -> None:
        """Puts a service's refusal on the field it names, or at the head of the form."""
        field = error.field if error.field in self.fields else None  # type: ignore[attr-defined]
        message = str(error.message)
        if field is None and error.link:
            self._ways_out[message] = error.link
        self.add_error(field, ValidationError(message, code=error.code))  # type: ignore[attr-defined]


class PortageForm(FormErrors, forms.Form):
    """The base of every form."""


class PortageModelForm(FormErrors, forms.ModelForm):
    """The base of every form that edits one row directly."""


# --- Fields -----------------------------------------------------------------------------------------------------------
class MoneyField(forms.Field):
    """Canadian dollars and cents. A dollar sign, commas and spaces are refused with what to type instead."""

    widget = MoneyInput
    width = "s"
    default_error_messages = {
        "required": _("Enter an amount in dollars and cents, for example 1204.50"),
        "invalid": _("Enter an amount in digits with a point before the cents, for example 1204.50"),
        "marks": _("Leave out the dollar sign, commas and spaces: type %(suggestion)s"),
        "min_value": _("Enter an amount of at least %(limit)s"),
        "max_value": _("Enter an amount of at most %(limit)s"),
    }

    def __init__(
        self, *, min_value: Decimal | None = Decimal(0), max_value: Decimal | None = LARGEST, **kwargs: Any
    ) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        text = str(value).strip().replace(formats.MINUS, "-")
        if not text:
            return None
        try:
            return _amount(text)
        except ValueError:
            suggestion = self._suggestion(text)
            if suggestion:
                raise ValidationError(
                    self.error_messages["marks"], code="marks", params={"suggestion": suggestion}
                ) from None
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    @staticmethod
    def _suggestion(text: str) -> str:
        """The same amount as it should be typed; empty where the text is no amount at all."""
        plain = _NOT_OF_AN_AMOUNT.sub("", text)
        if "." not in plain:
            plain = _DECIMAL_COMMA.sub(".", plain)
        plain = plain.replace(",", "")
        try:
            _amount(plain)
        except ValueError:
            return ""
        return plain

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        language = get_language() or "en"
        for code, limit, is_outside in (
            ("min_value", self.min_value, self.min_value is not None and value < self.min_value),
            ("max_value", self.max_value, self.max_value is not None and value > self.max_value),
        ):
            if is_outside and limit is not None:
                raise ValidationError(
                    self.error_messages[code], code=code, params={"limit": formats.money(limit, language)}
                )

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.2f}" if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class DateField(forms.Field):
    """A day typed as 2026-07-22."""

    widget = forms.TextInput
    width = "s"
    default_error_messages = {
        "required": _("Enter a date, for example 2026-07-22"),
        "invalid": _("Enter the date as year, month and day, for example 2026-07-22"),
        "no_such_day": _("%(value)s is not in the calendar. Check the month and the day"),
        "min_value": _("Enter a date on or after %(limit)s"),
        "max_value": _("Enter a date on or before %(limit)s"),
    }

    def __init__(self, *, min_value: date | None = None, max_value: date | None = None, **kwargs: Any) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off", "maxlength": "20"}

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        text = str(value).strip()
        if not text:
            return None
        if not _DATE.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValidationError(
                self.error_messages["no_such_day"], code="no_such_day", params={"value": text}
            ) from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        language = get_language() or "en"
        if self.min_value is not None and value < self.min_value:
            limit = formats.day(self.min_value, language)
            raise ValidationError(self.error_messages["min_value"], code="min_value", params={"limit": limit})
        if self.max_value is not None and value > self.max_value:
            limit = formats.day(self.max_value, language)
            raise ValidationError(self.error_messages["max_value"], code="max_value", params={"limit": limit})

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class FilesField(forms.FileField):
    """Several files at once, as a list. What each has to be is for whoever takes them to say, file by file."""

    widget = FilesInput
    default_error_messages = {
        "required": _("Choose at least one file"),
        "missing": _("The files did not arrive. Choose them again"),
    }

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [given for given in (data if isinstance(data, list | tuple) else [data]) if given]
        if not files and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        if not all(hasattr(given, "read") for given in files):
            raise ValidationError(self.error_messages["missing"], code="missing")
        return files


class BusinessNumberField(forms.CharField):
    """The nine digits of a business (BN9); spaces and hyphens are accepted and taken away."""

    width = "s"
    default_error_messages = {
        "required": _("Enter the business number, nine digits"),
        "invalid": _("Enter the nine digits of the business number, for example 704 123 686"),
        "too_long": _("Enter only the nine digits of the business number, without the program account (RM0001)"),
        "checksum": _("This is not a valid business number. Check each digit against your papers"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "numeric")

    def to_python(self, value: Any) -> str:
        text = _SEPARATORS.sub("", super().to_python(value) or "").upper()
        if not text:
            return ""
        if _PROGRAM_ACCOUNT_SHAPE.fullmatch(text):
            raise ValidationError(self.error_messages["too_long"], code="too_long")
        if not re.fullmatch(r"[0-9]{9}", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        _check_digits(text, self.error_messages["checksum"])
        return text


class ProgramAccountField(forms.CharField):
    """The fifteen characters of an import-export program account (BN15, ...RM0001); never RM0000."""

    width = "m"
    default_error_messages = {
        "required": _("Enter the program account, for example 704 123 686 RM0001"),
        "invalid": _("Enter nine digits, RM and four digits, for example 704 123 686 RM0001"),
        "not_rm": _(
            "Only an import-export program account is used here: its letters are RM and its number is not 0000"
        ),
        "checksum": _("This is not a valid business number. Check each digit against your papers"),
    }

    def to_python(self, value: Any) -> str:
        text = _SEPARATORS.sub("", super().to_python(value) or "").upper()
        if not text:
            return ""
        if not _PROGRAM_ACCOUNT.fullmatch(text) or not text.isascii():
            code = "not_rm" if _PROGRAM_ACCOUNT_SHAPE.fullmatch(text) and text.isascii() else "invalid"
            raise ValidationError(self.error_messages[code], code=code)
        _check_digits(text[:9], self.error_messages["checksum"])
        return text


def _amount(text: str) -> Decimal:
    """Only the digits 0 to 9: other scripts' digits would look like another amount."""
    if not text.isascii():
        raise ValueError(text)
    return parse_amount(text)


def _check_digits(nine_digits: str, message: Any) -> None:
    try:
        stdnum_bn.validate(nine_digits)
    except StdnumError:
        raise ValidationError(message, code="checksum") from None

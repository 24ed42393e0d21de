"""The filter of a statement's lines, and the months whose statements are asked for."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.forms import PortageForm
from statements.rules import FileFormat

_MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])")


class MonthField(forms.CharField):
    """A year and month, 2025-01."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=7, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}), **options
        )

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text and not _MONTH.fullmatch(text):
            raise ValidationError(_("Enter a year and a month, for example 2025-01."))
        return text


class LineFilter(PortageForm):
    """Which lines of a statement are shown."""

    submitter = forms.TypedChoiceField(label=_("Submitted by"), required=False, coerce=int, empty_value=None)
    number = forms.CharField(
        label=_("Declaration number"), required=False, max_length=14, widget=forms.TextInput({"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, submitters: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submitter"].choices = [("", _("Everyone")), *submitters]  # type: ignore[attr-defined]


class MonthsForm(PortageForm):
    """Which statements are asked for: from the statement of one month through that of another."""

    first = MonthField(label=_("From the statement of"), help_text=_("Year and month, such as 2025-01"))
    last = MonthField(label=_("To the statement of"), help_text=_("Year and month, such as 2025-06"))
    file_format = forms.ChoiceField(
        label=_("Format"), choices=[(name.value, name.value) for name in FileFormat], initial=FileFormat.PDF.value
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("en", _("English")), ("fr", _("French"))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language() or "en"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", _("The end is before the start. Enter a later month."))
        return data

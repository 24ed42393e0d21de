"""The forms around the editor: other beginnings, how the goods came, copies and papers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import format as formats
from core.forms import DateField, FilesField, FilesInput, PortageForm, Radios
from declarations.forms import Choices, words_field
from declarations.models import Declaration, DeclarationVersion
from declarations.services import EVIDENCE, HeaderInput, VoluntaryEntry
from documents.rules import ACCEPT, MOST_FILES


class HeaderForm(PortageForm):
    """How the goods came: what is said once for the whole declaration."""

    transport_mode = forms.ChoiceField(
        label=_("Mode of transport"), required=False, choices=[("", _("Not said")), *DeclarationVersion.Mode.choices]
    )
    carrier = forms.RegexField(
        r"^[A-Za-z0-9]{2,4}$",
        label=_("Carrier code"),
        required=False,
        help_text=_("Four letters or digits, for example 8042"),
        error_messages={"invalid": _("Enter the carrier's code of two to four letters or digits")},
    )
    unlading_port = forms.ChoiceField(label=_("Port of unlading"), required=False)
    cargo_control_numbers = words_field(
        _("Cargo control numbers"), longest=300, required=False, hint=_("Several are parted by commas")
    )

    def __init__(self, *args: Any, offices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unlading_port"].choices = [("", _("Not said")), *offices]  # type: ignore[attr-defined]

    def entry(self) -> HeaderInput:
        given = self.cleaned_data
        return HeaderInput(**{**given, "carrier": given["carrier"].upper()})


class VoluntaryForm(PortageForm):
    """Goods that entered without release, to be accounted for now."""

    entered_on = DateField(label=_("Day of entry"), help_text=_("Interest runs from the day after it"))
    office = forms.ChoiceField(label=_("Office of entry"), error_messages={"required": _("Choose the office")})
    goods = words_field(_("Goods"), longest=200, missing=_("Say what the goods are, for example spare parts"))

    def __init__(self, *args: Any, offices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].choices = [("", _("Choose an office")), *offices]  # type: ignore[attr-defined]

    def entry(self) -> VoluntaryEntry:
        return VoluntaryEntry(**self.cleaned_data)


class MonthForm(PortageForm):
    """Which calendar month of courier releases becomes a declaration."""

    month = forms.ChoiceField(
        label=_("Month of release"), widget=Radios(), error_messages={"required": _("Choose a month")}
    )

    def __init__(self, *args: Any, months: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            (month.isoformat(), formats.month_year(month, language)) for month in months
        ]
        if len(months) == 1:
            self.fields["month"].initial = months[0].isoformat()


class CopyForm(PortageForm):
    """Which earlier declaration is copied."""

    source = forms.ChoiceField(
        label=_("Earlier declaration"), error_messages={"required": _("Choose the declaration to copy")}
    )

    def __init__(self, *args: Any, earlier: Sequence[Declaration], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *((row.number, f"{row.number}, {row.vendor}, {formats.day(row.released_on, language)}") for row in earlier),
        ]


class EvidenceForm(PortageForm):
    """Papers of one kind."""

    kind = forms.ChoiceField(label=_("What the files are"), error_messages={"required": _("Choose what the files are")})
    uploads = FilesField(label=_("Files"), widget=FilesInput({"accept": ACCEPT}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(EVIDENCE.items())  # type: ignore[attr-defined]
        self.fields["uploads"].help_text = _(
            "PDF, PNG, JPEG, TIFF, DOCX, XLSX, CSV or TXT, at most %(size)d MB each and %(count)d at once"
        ) % {"size": settings.LARGEST_DOCUMENT // 1_000_000, "count": MOST_FILES}

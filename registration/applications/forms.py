"""Forms of the applications: the first answers, the details, the documents, the officer's decision."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import ProgramAccount
from core.forms import BusinessNumberField, Checkbox, Checkboxes, DateField, FilesField, FilesInput, PortageForm, Radios
from documents.rules import ACCEPT, MOST_FILES
from reference import queries as reference
from registration.applications.models import Application
from registration.applications.rules import (
    PAPER_HINTS,
    PAPER_LABELS,
    WAITING,
    Answers,
    Entity,
    Numbers,
    Paper,
    Where,
    Who,
)
from registration.applications.services import Details

_MEGABYTE = 1_000_000


class WayForm(PortageForm):
    """The first questions, in the order of the agency's help tool."""

    who = forms.ChoiceField(
        label=_("What do you come for?"),
        choices=[
            (Who.IMPORTER, _("My business imports or exports goods")),
            (Who.CUSTOMS_BROKER, _("I am a licensed customs broker")),
            (Who.TRADE_CONSULTANT, _("I am a trade consultant")),
            (Who.SURETY, _("I provide financial security")),
        ],
        widget=Radios(),
        error_messages={"required": _("Choose what you come for")},
    )
    where = forms.ChoiceField(
        label=_("Where is the business?"),
        choices=[(Where.CANADA, _("In Canada")), (Where.ABROAD, _("Outside Canada"))],
        widget=Radios(hints={Where.ABROAD: _("A non-resident: it has no place of business in Canada")}),
        error_messages={"required": _("Choose where the business is")},
    )
    numbers = forms.ChoiceField(
        label=_("Which numbers does it have?"),
        choices=[
            (Numbers.BOTH, _("A business number and an RM program account")),
            (Numbers.BUSINESS, _("A business number only")),
            (Numbers.NONE, _("None yet")),
        ],
        widget=Radios(hints={Numbers.BUSINESS: _("Nine digits from the revenue agency, no RM after them")}),
        error_messages={"required": _("Choose which numbers the business has")},
    )
    entity = forms.ChoiceField(
        label=_("What kind of business is it?"),
        choices=[("", _("Choose")), *Application.EntityType.choices],
        error_messages={"required": _("Choose the kind of business")},
    )
    shown = forms.CharField(required=False, initial="1", widget=forms.HiddenInput)

    @property
    def answers(self) -> Answers:
        given = self.cleaned_data
        return Answers(Who(given["who"]), Where(given["where"]), Numbers(given["numbers"]), Entity(given["entity"]))


def _words(label: Any, longest: int, token: str, missing: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        widget=forms.TextInput({"autocomplete": token}),
        error_messages={"required": missing},
        **more,
    )


class DetailsForm(PortageForm):
    """What the application says about the business; only the boxes that its first answers call for."""

    bn9 = BusinessNumberField(
        label=_("Business number"),
        help_text=_("Nine digits, for example 704 123 686"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    legal_name = _words(
        _("Legal name"),
        175,
        "organization",
        _("Enter the legal name"),
        help_text=_("As registered. A numbered company enters its numbered name"),
    )
    operating_name = _words(_("Operating name"), 175, "off", "", required=False)
    street = _words(_("Street address"), 120, "address-line1", _("Enter the street address"))
    city = _words(_("City"), 60, "address-level2", _("Enter the city"))
    region = _words(_("Province or state"), 40, "address-level1", "", required=False)
    postal_code = _words(_("Postal code"), 12, "postal-code", _("Enter the postal code"))
    country = forms.ChoiceField(label=_("Country"), error_messages={"required": _("Choose the country")})
    program_name = _words(
        _("What the program account is for"),
        120,
        "off",
        _("Enter what the program account is for"),
        help_text=_("For example: goods for our shops. You see it wherever you choose an account"),
    )
    profile = forms.ChoiceField(
        label=_("Program type"),
        choices=[
            (ProgramAccount.Profile.IMPORTER, _("Importer, commercial goods")),
            (ProgramAccount.Profile.IMPORTER_EXPORTER, _("Importer and exporter")),
        ],
        widget=Radios(),
        error_messages={"required": _("Choose the program type")},
    )
    books_elsewhere = forms.BooleanField(
        label=_("The books and records are kept somewhere else than at this address"),
        required=False,
        widget=Checkbox(hint=_("Then a document has to say where they can be seen")),
    )
    licence_number = _words(_("Licence number"), 20, "off", _("Enter the licence number, for example CB-4471"))
    licence_valid_until = DateField(label=_("Last day of the licence"), help_text=_("For example 2027-03-31"))
    security_reference = _words(
        _("Bond or deposit of your own"),
        60,
        "off",
        _("Enter the number of the bond or of the deposit"),
        help_text=_("A customs broker gives security of $50,000.00 of its own. Enter its number"),
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application
        is_broker = application.kind == Application.Kind.CUSTOMS_BROKER
        is_surety = application.kind == Application.Kind.SURETY
        wanted = {
            "bn9": application.has_number,
            "legal_name": not application.is_sole_proprietor,
            "country": application.is_non_resident,
            "program_name": application.is_importer,
            "profile": application.is_importer,
            "books_elsewhere": not application.is_non_resident,
            "licence_number": is_broker or is_surety,
            "licence_valid_until": is_broker or is_surety,
            "security_reference": is_broker,
        }
        for name, is_wanted in wanted.items():
            if not is_wanted:
                del self.fields[name]
        if application.is_non_resident:
            chooser = self.fields["country"]
            assert isinstance(chooser, forms.ChoiceField)
            names = reference.country_names(get_language() or "en")
            others = sorted((item for item in names.items() if item[0] != "CA"), key=lambda item: item[1])
            chooser.choices = [("", _("Choose")), *others]
        else:
            self.fields["region"].required = True
            self.fields["region"].error_messages["required"] = _("Enter the province, for example ON")

    @property
    def details(self) -> Details:
        return Details(
            **{"legal_name": "", **{name: value for name, value in self.cleaned_data.items() if value is not None}}
        )


def largest_megabytes() -> int:
    return int(settings.LARGEST_DOCUMENT // _MEGABYTE)


class DocumentsForm(PortageForm):
    """Several files of one category; the category stays chosen from upload to upload."""

    paper = forms.ChoiceField(
        label=_("What the files are"), error_messages={"required": _("Choose what the files are")}
    )
    uploads = FilesField(label=_("Files"), widget=FilesInput({"accept": ACCEPT}))

    def __init__(self, *args: Any, papers: tuple[Paper, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["paper"]
        assert isinstance(chooser, forms.ChoiceField)
        shown = papers if Paper.OTHER in papers else (*papers, Paper.OTHER)
        chooser.choices = [(paper.value, PAPER_LABELS[paper]) for paper in shown]
        self.fields["uploads"].help_text = _(
            "PDF, PNG, JPEG, TIFF, DOCX, XLSX, CSV or TXT, at most %(size)d MB each and %(count)d at once"
        ) % {"size": largest_megabytes(), "count": MOST_FILES}


class DecisionForm(PortageForm):
    """What the officer decides, and why."""

    APPROVE, ASK, REJECT = "approve", "ask", "reject"

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[(APPROVE, _("Approve")), (ASK, _("Ask for documents")), (REJECT, _("Reject"))],
        widget=Radios(
            hints={
                APPROVE: _("Opens the account and makes the person its primary manager"),
                ASK: _("The time begins anew once they are there"),
                REJECT: _("The person reads your reason and may apply again"),
            }
        ),
        error_messages={"required": _("Choose a decision")},
    )
    papers = forms.MultipleChoiceField(
        label=_("Documents to ask for"),
        help_text=_("Only when you ask for documents"),
        required=False,
        choices=[(paper.value, PAPER_LABELS[paper]) for paper in Paper],
        widget=Checkboxes(hints={paper.value: PAPER_HINTS[paper] for paper in Paper}),
    )
    message = forms.CharField(
        label=_("Reason or message"),
        help_text=_("The person reads it, except with an approval, where only the audit trail keeps it"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Enter a reason or a message")},
    )

    def clean_papers(self) -> list[Paper]:
        papers = [Paper(value) for value in self.cleaned_data["papers"]]
        if self.cleaned_data.get("decision") == self.ASK and not papers:
            raise ValidationError(_("Choose at least one kind of document."), code="no_papers")
        return papers


class DeskForm(PortageForm):
    """The filter of the officers' desk."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((state.value, Application.State(state.value).label) for state in WAITING)],
    )
    kind = forms.ChoiceField(label=_("Applies as"), required=False, choices=[("", _("All")), *Application.Kind.choices])

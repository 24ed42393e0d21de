"""The forms of people and access: what is asked, in which words, and what cannot be chosen and why."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import PROGRAM_ROLES, Business, ContactPerson, Language, Membership, ProgramAccount
from accounts.rules import MAILING_ADDRESS_LENGTH, digits_of
from core import format as formats
from core.forms import BusinessNumberField, Checkbox, Checkboxes, DateField, PortageForm, Radios
from delegation import rules
from delegation.models import ClientGroup, Delegation, StaffRole
from delegation.rules import Grant, Role, Roles, Scope, SignedAs
from delegation.services import WantedRequest

ALL, SOME = "all", "some"
OWN, CLIENT, OTHERS = "own", "client", "others"
_BUSINESS = Delegation.Access.BUSINESS_MANAGEMENT
_PROGRAM = Delegation.Access.PROGRAM_MANAGEMENT
COMMENT_LENGTH = 500


def _comment(label: Any, hint: Any = "", *, required: bool = False, missing: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        error_messages={
            "required": missing,
            "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        },
    )


#: Every single permission that may be added to some role, in the order of the permission table.
ADDABLE_ACTIONS = tuple(
    action for action in rules.Action if any(action in addable for addable in rules.ADDABLE.values())
)


def _added_hint(action: rules.Action) -> Any:
    """Which role lacks the permission, in words."""
    if all(action in addable for addable in rules.ADDABLE.values()):
        return _("For an editor or a reader; managers have it already")
    return _("For a reader; editors and managers have it already")


class RequestClientForm(PortageForm):
    """A provider names the client and says why."""

    bn9 = BusinessNumberField(label=_("Business number of the client"), help_text=_("Nine digits"))
    comment = _comment(_("Comment for the client"), _("Say who you are and what you will do for them"))


#: The columns of a list of requests; the first is needed.
LIST_COLUMNS = ("bn9", "comment")
LIST_SAMPLE = 'bn9,comment\r\n704123686,"We clear your goods at Halifax, and file for you."\r\n'
MOST_BYTES = 1_000_000


class RequestListForm(PortageForm):
    """Many requests as a CSV, chosen as a file or pasted; ``rows`` are what it says."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("At most 1,000 rows and 1 MB, in UTF-8; the first row names the columns"),
        required=False,
        error_messages={"empty": _("This file is empty. Choose another")},
    )
    text = forms.CharField(
        label=_("Or paste the rows"),
        help_text=_("With the first row that names the columns: bn9, comment"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        upload: UploadedFile | None = given.get("file")
        at_fault = "file" if upload is not None else "text"
        try:
            if upload is not None:
                given["text"] = _text_of(upload)
            elif not given.get("text", "").strip() and not self.errors:
                at_fault = "file"
                raise ValueError(gettext("Choose a file, or paste the rows."))
            if not self.errors:
                given["rows"] = request_rows(given["text"])
        except ValueError as problem:
            self.add_error(at_fault, ValidationError(str(problem), code="invalid"))
        return given


def _text_of(upload: UploadedFile) -> str:
    if (upload.size or 0) > MOST_BYTES:
        raise ValueError(gettext("This file is larger than 1 MB. Split it."))
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(gettext("This file isn't in UTF-8. Save it as CSV UTF-8.")) from None


def request_rows(text: str) -> list[WantedRequest]:
    """The rows of a CSV with a header; ``ValueError`` in words for one that cannot be read as a whole.

    Commas and semicolons part the cells; a row that is wrong by itself carries its problem.
    """
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas.")) from None
    if "\0" in text or not rows:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas."))
    header = [name.strip().lower() for name in rows[0]]
    if "bn9" not in header:
        raise ValueError(gettext("The first row lacks these columns: %(names)s.") % {"names": "bn9"})
    if not set(header) <= set(LIST_COLUMNS) or len(set(header)) < len(header):
        raise ValueError(
            gettext("Name each column once, from this list: %(names)s.") % {"names": ", ".join(LIST_COLUMNS)}
        )
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(gettext("There are no rows under the first row."))
    if len(filled) > rules.MOST_REQUESTS:
        raise ValueError(
            gettext("This list has %(count)s rows; at most %(most)s are taken. Split it.")
            % {"count": len(filled), "most": rules.MOST_REQUESTS}
        )
    return [_request_row(number, header, row) for number, row in filled]


def _request_row(number: int, header: list[str], row: list[str]) -> WantedRequest:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    if len(row) != len(header):
        problem = gettext("This row has %(count)s cells, the first row has %(needed)s.")
        return WantedRequest(number, cells.get("bn9", ""), "", problem % {"count": len(row), "needed": len(header)})
    return wanted_request(number, bn9=cells["bn9"], comment=cells.get("comment", ""))


def wanted_request(number: int, *, bn9: str, comment: str) -> WantedRequest:
    """One row with its number in bare digits, or with what is wrong with it by itself."""
    try:
        digits = BusinessNumberField().clean(bn9)
        if len(comment) > COMMENT_LENGTH:
            raise ValidationError(
                gettext("Shorten the comment to %(most)s characters; it has %(count)s.")
                % {"most": COMMENT_LENGTH, "count": len(comment)}
            )
    except ValidationError as problem:
        return WantedRequest(number, bn9[:20], comment[:COMMENT_LENGTH], problem.messages[0])
    return WantedRequest(number, digits, comment)


_STAFF_ROLE_HINTS = {
    "EDITOR": _("Files and corrects declarations, asks for releases and pays, as far as the role at home allows"),
    "READER": _("Sees what the client shows you, changes nothing"),
}


def _staff_role(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=StaffRole.choices,
        widget=Radios(hints=_STAFF_ROLE_HINTS),
        error_messages={"required": _("Choose a role"), "invalid_choice": _("Choose one of the roles listed")},
    )


class GroupForm(PortageForm):
    """The name of a client group and what its staff may do."""

    name = forms.CharField(
        label=_("Name of the group"),
        help_text=_("For example a region or an account team. Names of deleted groups are not used again."),
        max_length=80,
        error_messages={
            "required": _("Enter a name for the group"),
            "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        },
    )
    role = _staff_role(_("Role of its staff"))


class ClientsForm(PortageForm):
    """Which of the clients on one page are meant; the services look at each again."""

    clients = forms.MultipleChoiceField(
        label=_("Clients"),
        widget=Checkboxes(),
        error_messages={
            "required": _("Choose at least one client"),
            "invalid_choice": _("Choose among the clients listed"),
        },
    )

    def __init__(self, *args: Any, offered: Iterable[Business], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["clients"]
        field.choices = [(str(row.pk), row.legal_name) for row in offered]  # type: ignore[attr-defined]
        _hint(field, {str(row.pk): formats.bn(row.bn9) for row in offered})

    @property
    def client_ids(self) -> frozenset[int]:
        return _ids(self.cleaned_data["clients"])


class StaffForm(PortageForm):
    """The people of a group."""

    staff = forms.MultipleChoiceField(
        label=_("People"),
        help_text=_("Managers work for every client and are not listed"),
        required=False,
        widget=Checkboxes(),
        error_messages={"invalid_choice": _("Choose among the people listed")},
    )

    def __init__(self, *args: Any, offered: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["staff"]
        field.choices = [(str(row.pk), str(row.user)) for row in offered]  # type: ignore[attr-defined]
        _hint(field, {str(row.pk): row.get_role_display() for row in offered})

    @property
    def membership_ids(self) -> frozenset[int]:
        return _ids(self.cleaned_data["staff"])


class AssignForm(PortageForm):
    """One person for one client."""

    person = forms.ChoiceField(
        label=_("Person"),
        error_messages={"required": _("Choose a person"), "invalid_choice": _("Choose among the people listed")},
    )
    role = _staff_role(_("Role for this client"))

    def __init__(self, *args: Any, offered: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(row.pk), f"{row.user}, {row.get_role_display()}") for row in offered]
        self.fields["person"].choices = [("", _("Choose a person")), *people]  # type: ignore[attr-defined]


class AskForClientsForm(PortageForm):
    """What a provider's person asks its manager for: a group, or one client by its number."""

    ONE_CLIENT = "client"

    wanted = forms.ChoiceField(
        label=_("What you ask for"),
        widget=Radios(),
        error_messages={
            "required": _("Choose a group, or one client"),
            "invalid_choice": _("Choose among the groups listed, or one client"),
        },
    )
    bn9 = BusinessNumberField(
        label=_("Business number of the client"),
        help_text=_("Nine digits; only where you ask for one client"),
        required=False,
    )
    comment = _comment(_("Comment for the manager"))

    def __init__(self, *args: Any, groups: Iterable[ClientGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wanted"].choices = [  # type: ignore[attr-defined]
            *((str(group.pk), group.name) for group in groups),
            (self.ONE_CLIENT, _("One client")),
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("wanted") == self.ONE_CLIENT and "bn9" not in self.errors and not given.get("bn9"):
            self.add_error("bn9", ValidationError(_("Enter the business number of the client"), code="required"))
        return given

    @property
    def group_id(self) -> int | None:
        """The group asked for; nothing for one client."""
        wanted = self.cleaned_data["wanted"]
        return None if wanted == self.ONE_CLIENT else int(wanted)


class StaffRoleForm(PortageForm):
    """What somebody may do for one client."""

    role = _staff_role(_("Role for this client"))


class EmployerForm(PortageForm):
    """A person names the employer they want to join."""

    bn9 = BusinessNumberField(label=_("Business number of your employer"), help_text=_("Nine digits"))
    comment = _comment(_("Comment for the manager"), _("For example your team and the role you need"))


class ReasonForm(PortageForm):
    """A refusal always carries its reason, because the other side reads it."""

    reason = _comment(
        _("Reason"), _("The other side reads it"), required=True, missing=_("Enter the reason: the other side reads it")
    )


class LicenceReasonForm(PortageForm):
    """Why a licence ends or comes back: the broker reads it, its clients read that it happened."""

    reason = _comment(
        _("Reason"), _("The broker reads it"), required=True, missing=_("Enter the reason: the broker reads it")
    )


class OptionalReasonForm(PortageForm):
    reason = _comment(_("Reason"), _("The other side reads it"))


class SignForm(PortageForm):
    """The signature under a grant: the name typed, the title, and the declaration ticked."""

    signed_name = forms.CharField(
        label=_("Your name, as your signature"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("Enter your name as your signature")},
    )
    signed_title = forms.CharField(
        label=_("Your title in the business"),
        help_text=_("For example Director, Owner or Customs manager"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "organization-title"}),
        error_messages={"required": _("Enter your title in the business, for example Director")},
    )
    is_declared = forms.BooleanField(
        label=_("I sign this declaration"),
        widget=Checkbox(),
        error_messages={"required": _("Tick the declaration: without it no access is given")},
    )

    def __init__(self, *args: Any, text: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_declared"].widget = Checkbox(hint=text)

    @property
    def signed(self) -> SignedAs:
        """The signature of a valid form."""
        answers = self.cleaned_data
        return SignedAs(answers["signed_name"], answers["signed_title"], answers["is_declared"])


class BlockForm(PortageForm):
    """Why a provider is blocked, for oneself; and whether an access in force ends with it."""

    reason = _comment(
        _("Your reason"),
        _("Only your business and officers read it; the provider never does"),
        required=True,
        missing=_("Enter your reason: it helps your colleagues later"),
    )
    ends_access = forms.BooleanField(
        label=_("End the access it has now"),
        required=False,
        widget=Checkbox(hint=_("Without this tick it goes on acting for you until you revoke it")),
    )

    def __init__(self, *args: Any, has_access: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_access:
            del self.fields["ends_access"]


class RenewForm(PortageForm):
    """Which accesses are renewed, and until when."""

    rows = forms.MultipleChoiceField(
        label=_("Whose access to renew"),
        widget=Checkboxes(),
        error_messages={
            "required": _("Tick at least one access to renew"),
            "invalid_choice": _("One of the ticked accesses can't be renewed any more. Choose among those listed."),
        },
    )
    valid_until = DateField(
        label=_("New last day"), help_text=_("Leave it empty for an access without end"), required=False
    )

    def __init__(self, *args: Any, candidates: Iterable[Delegation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = list(candidates)
        field = self.fields["rows"]
        field.choices = [  # type: ignore[attr-defined]
            (str(row.pk), f"{row.provider.legal_name}, {formats.bn(row.provider.bn9)}") for row in offered
        ]
        _hint(field, {str(row.pk): _end_of(row) for row in offered})

    @property
    def delegation_ids(self) -> frozenset[int]:
        return _ids(self.cleaned_data["rows"])


def _end_of(row: Delegation) -> Any:
    language = get_language() or "en"
    if row.state == Delegation.State.ACTIVE and row.valid_until is not None:
        return _("In force until %(day)s") % {"day": formats.day(row.valid_until, language)}
    if row.valid_until is not None:
        return _("%(state)s, its last day was %(day)s: it is asked to accept again") % {
            "state": row.get_state_display(),
            "day": formats.day(row.valid_until, language),
        }
    return _("%(state)s: it is asked to accept again") % {"state": row.get_state_display()}


class SearchForm(PortageForm):
    """The search over the businesses of a list."""

    search = forms.CharField(label=_("Name or business number"), required=False, max_length=100)


def _name(label: Any, hint: Any = "", *, length: int = 120) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=length,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")},
    )


def _telephone(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=_("Digits, for example 416 555 0123"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "tel"}),
    )


def _email(label: Any) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        required=False,
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"invalid": _("Enter an e-mail such as name@example.com, or leave it empty")},
    )


class ProgramProfileForm(PortageForm):
    """The name, the contact details and the contact people of a program account."""

    name = _name(_("Name of the program account"), _("What it is used for, for example “Rental fleet”"))
    telephone = _telephone(_("Telephone"))
    email = _email(_("E-mail"))
    mailing_address = forms.CharField(
        label=_("Mailing address"),
        help_text=_("Leave it empty where letters go to the registered address"),
        required=False,
        max_length=MAILING_ADDRESS_LENGTH,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")},
    )
    main_name = _name(_("Main contact: name"))
    main_position = _name(_("Main contact: position"), length=80)
    main_telephone = _telephone(_("Main contact: telephone"))
    main_email = _email(_("Main contact: e-mail"))
    other_name = _name(_("Other contact: name"))
    other_position = _name(_("Other contact: position"), length=80)
    other_telephone = _telephone(_("Other contact: telephone"))
    other_email = _email(_("Other contact: e-mail"))
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("telephone", "main_telephone", "other_telephone"):
            text = data.get(name, "")
            digits = digits_of(text)
            if text and not 7 <= len(digits) <= 15:
                self.add_error(name, _("Enter a telephone number of 7 to 15 digits, for example 416 555 0123"))
            data[name] = digits
        data["mailing_address"] = "\n".join(
            line.strip() for line in data.get("mailing_address", "").splitlines() if line.strip()
        )
        for place in ContactPerson.Place:
            self._check_contact(place.value, data)
        return data

    def _check_contact(self, place: str, data: dict[str, Any]) -> None:
        parts = ("name", "position", "telephone", "email")
        if any(f"{place}_{part}" in self.errors for part in parts):
            return
        problem = rules.contact_problem(**{part: data.get(f"{place}_{part}", "") for part in parts})
        if problem == "no_name":
            self.add_error(f"{place}_name", _("Enter the name of this contact, or empty its other boxes"))
        elif problem is not None:
            self.add_error(f"{place}_telephone", _("Enter a telephone number or an e-mail for this contact"))

    @property
    def profile(self) -> dict[str, str]:
        """The answers of a valid form, without the mark of what it was made from."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != "seen"}


class BusinessProfileForm(ProgramProfileForm):
    """The operating name, the language, the contact details and the contact people of a business."""

    name = None  # type: ignore[assignment]
    operating_name = _name(_("Operating name"), _("The name you trade under, where it differs"), length=175)
    language = forms.ChoiceField(
        label=_("Language in which the portal writes to the business"),
        choices=Language.choices,
        widget=Radios(),
        error_messages={
            "required": _("Choose the language in which the portal writes to the business"),
            "invalid_choice": _("Choose English or French"),
        },
    )
    field_order = ("operating_name", "language")


class SwitchForm(PortageForm):
    """The search over everything one may act for."""

    search = forms.CharField(label=_("Name or number"), required=False, max_length=100)


#: The answer to "which role?" that leads to the table of program accounts.
EACH = "EACH"


class RoleForm(PortageForm):
    """Which role a person has: the same in some program accounts, or in each of them one of its own."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[*Membership.Role.choices, (EACH, _("A role of its own in each program account"))],
        widget=Radios(
            hints={
                EACH: _("Chosen account by account in the table below; what is ticked here does not count then"),
                "BAM": _("Everything, in all program accounts, people and third parties included"),
                "PAM": _("Everything inside the chosen program accounts, their people and third parties included"),
                "EDITOR": _("Files and corrects declarations, asks for releases, pays; manages nobody"),
                "READER": _("Sees everything in the chosen program accounts, changes nothing"),
            },
            cards=True,
        ),
        error_messages={"required": _("Choose a role"), "invalid_choice": _("Choose one of the roles listed")},
    )
    program_accounts = forms.MultipleChoiceField(
        label=_("Program accounts"),
        help_text=_("A Business Account Manager has all of them, whatever is ticked here"),
        required=False,
        widget=Checkboxes(),
        error_messages={"invalid_choice": _("Choose among the program accounts listed")},
    )
    added = forms.MultipleChoiceField(
        label=_("Single permissions on top of the role"),
        help_text=_(
            "For an employee who needs a little more than the role gives. "
            "The management of people and profiles can't be added."
        ),
        required=False,
        choices=[(action.value, rules.ACTION_LABELS[action]) for action in ADDABLE_ACTIONS],
        widget=Checkboxes(hints={action.value: _added_hint(action) for action in ADDABLE_ACTIONS}),
        error_messages={"invalid_choice": _("Choose among the permissions listed")},
    )

    def __init__(
        self, *args: Any, accounts: Iterable[ProgramAccount], held: frozenset[int] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.within = [account for account in accounts if held is None or account.pk in held]
        _offer_accounts(self.fields["program_accounts"], self.within)
        if held is not None:
            _hold_back(self.fields["role"], {"BAM": _("Only a Business Account Manager can name another one")})
        if len(self.within) > 1:
            for account in self.within:
                self.fields |= _fields_in(account)
        else:
            self.fields["role"].choices = Membership.Role.choices  # type: ignore[attr-defined]

    @property
    def in_one_answer(self) -> list[Any]:
        """The fields before the table."""
        return [bound for bound in self.visible_fields() if bound.name in self.base_fields]

    @property
    def lines(self) -> list[tuple[ProgramAccount, Any, Any]]:
        """The rows of the table: each program account with its role and its single permissions."""
        if len(self.within) < 2:
            return []
        return [(row, self[f"role_{row.pk}"], self[f"added_{row.pk}"]) for row in self.within]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == EACH:
            self._check_lines(cleaned)
        elif cleaned.get("role") in (Role.PAM, Role.EDITOR, Role.READER) and cleaned.get("program_accounts") == []:
            self.add_error("program_accounts", _("Choose the program accounts that this role covers."))
        return cleaned

    def _check_lines(self, cleaned: dict[str, Any]) -> None:
        for account in self.within:
            role, added = cleaned.get(f"role_{account.pk}", ""), cleaned.get(f"added_{account.pk}", [])
            if added and not role:
                self.add_error(f"role_{account.pk}", _("Choose a role here, or untick the single permissions."))
            elif role and not rules.addition(Role(role), added) <= rules.ADDABLE.get(Role(role), frozenset()):
                self.add_error(
                    f"added_{account.pk}",
                    _("One of the single permissions can't be added to this role. Choose another role, or untick it."),
                )

    @property
    def roles(self) -> Roles:
        """The answer: account by account from the table, or the one role of all that are ticked."""
        answers = self.cleaned_data
        if answers["role"] != EACH:
            return rules.same_role(answers["role"], _ids(answers["program_accounts"]), answers["added"])
        return {
            account.pk: Grant(answers[f"role_{account.pk}"], tuple(answers[f"added_{account.pk}"]))
            for account in self.within
            if answers[f"role_{account.pk}"]
        }


def _fields_in(account: ProgramAccount) -> dict[str, forms.Field]:
    """The role and the single permissions in one program account."""
    wrong = {"invalid_choice": _("Choose one of the roles listed")}
    return {
        f"role_{account.pk}": forms.ChoiceField(
            label=_("Role in %(account)s") % {"account": account.rm},
            required=False,
            choices=[("", _("No role here")), *PROGRAM_ROLES],
            error_messages=wrong,
        ),
        f"added_{account.pk}": forms.MultipleChoiceField(
            label=_("Single permissions in %(account)s") % {"account": account.rm},
            required=False,
            choices=[(action.value, rules.ACTION_LABELS[action]) for action in ADDABLE_ACTIONS],
            widget=Checkboxes(),
            error_messages={"invalid_choice": _("Choose among the permissions listed")},
        ),
    }


def role_answers(roles: Roles, *, held: frozenset[int] | None) -> dict[str, Any]:
    """A person's roles as the form's first answers: those in the manager's own reach."""
    if roles is None:
        return {"role": Role.BAM.value}
    within = {pk: grant for pk, grant in roles.items() if held is None or pk in held}
    answers: dict[str, Any] = {}
    for pk, grant in within.items():
        answers |= {f"role_{pk}": grant.role, f"added_{pk}": grant.stored}
    if len({(grant.role, *grant.stored) for grant in within.values()}) > 1:
        return {"role": EACH, **answers}
    for grant in within.values():
        answers |= {"role": grant.role, "added": grant.stored}
    return {"program_accounts": [str(pk) for pk in within], **answers}


class ChangeRoleForm(RoleForm):
    """The roles of somebody who has some already; ``known`` is what they were when the page was made."""

    known = forms.CharField(required=False, max_length=10_000, widget=forms.HiddenInput)


class PrimaryForm(PortageForm):
    """An officer chooses the manager who becomes the primary, and says why."""

    membership = forms.ChoiceField(
        label=_("New primary manager"),
        widget=Radios(),
        error_messages={
            "required": _("Choose the manager who becomes the primary"),
            "invalid_choice": _("Choose one of the managers listed"),
        },
    )
    reason = _comment(
        _("Reason"),
        _("For example that the last primary manager left. All managers read it."),
        required=True,
        missing=_("Enter the reason: the managers read it"),
    )

    def __init__(self, *args: Any, managers: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(managers)
        self.fields["membership"].choices = [(str(row.pk), str(row.user)) for row in rows]  # type: ignore[attr-defined]
        _hint(self.fields["membership"], {str(row.pk): row.user.address for row in rows})


class FindBusinessForm(PortageForm):
    """An officer names a business."""

    bn9 = BusinessNumberField(label=_("Business number"), help_text=_("Nine digits"))


class InviteForm(RoleForm):
    """Whom to invite, and with which role."""

    email = forms.EmailField(
        label=_("E-mail of the person"),
        help_text=_("They get a link that works once, for 14 days"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the person's e-mail, for example name@example.com"),
            "invalid": _("Enter an e-mail such as name@example.com"),
            "max_length": _("Enter an e-mail of at most %(limit_value)d characters."),
        },
    )
    field_order = ("email", "role", "program_accounts", "added")


class BackupForm(PortageForm):
    """The newly registered business names a second manager."""

    email = InviteForm.base_fields["email"]


class ScopeForm(PortageForm):
    """What a provider gets: programs, role, visibility, dates; a preset fills it in as a starting point."""

    preset = forms.ChoiceField(
        label=_("1. Start from a preset"),
        help_text=_("It fills in the answers below. You can change any of them."),
        required=False,
        choices=[(preset.key, preset.label) for preset in rules.PRESETS],
        widget=Radios(hints={preset.key: preset.hint for preset in rules.PRESETS}, cards=True),
    )
    applied = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    programs = forms.ChoiceField(
        label=_("2. Programs"),
        choices=[(ALL, _("All programs")), (SOME, _("Only those I choose"))],
        widget=Radios(),
        error_messages={"required": _("Choose all programs, or those you choose")},
    )
    program_accounts = forms.MultipleChoiceField(
        label=_("Program accounts"),
        required=False,
        widget=Checkboxes(),
        error_messages={"invalid_choice": _("Choose among the program accounts listed")},
    )
    access = forms.ChoiceField(
        label=_("3. Role"),
        choices=Delegation.Access.choices,
        widget=Radios(
            hints={
                _BUSINESS: _("All programs, those added later too, and the business's profile to read"),
                _PROGRAM: _("Files and corrects declarations and pays, in the chosen programs"),
            }
        ),
        error_messages={
            "required": _("Choose the role: Business Management needs all programs"),
            "invalid_choice": _("Choose one of the two roles"),
        },
    )
    sees = forms.MultipleChoiceField(
        label=_("4. Which transactions they may see"),
        required=False,
        choices=[(OWN, ""), (CLIENT, ""), (OTHERS, "")],
        widget=Checkboxes(locked={OWN}),
    )
    valid_from = DateField(label=_("From"))
    valid_until = DateField(label=_("Until"), required=False)

    def __init__(
        self,
        *args: Any,
        accounts: Iterable[ProgramAccount],
        client: Business,
        provider: Business | None,
        held: frozenset[int] | None = None,
        counts: dict[int | None, int] | None = None,
        other_names: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = list(accounts)
        within = [account for account in offered if held is None or account.pk in held]
        _offer_accounts(self.fields["program_accounts"], within)
        _hint(
            self.fields["programs"],
            {ALL: _("%(programs)s, and any you add later") % {"programs": ", ".join(row.rm for row in offered)}},
        )
        if held is not None:
            _hold_back(self.fields["programs"], {ALL: _("Only a Business Account Manager can give all programs")})
        if held is not None or self._programs() == SOME:
            _hold_back(self.fields["access"], {_BUSINESS: _("Needs all programs")})
        if provider is not None:
            _hold_back(self.fields["preset"], _presets_out_of_reach(provider, held))
        if provider is not None and provider.provider_kind != Business.ProviderKind.CUSTOMS_BROKER:
            _hint(self.fields["access"], {_PROGRAM: _("Prepares adjustments and pays, in the chosen programs")})
        self._name_submitters(client, provider, counts or {}, list(other_names))

    def _programs(self) -> str:
        return str(self["programs"].value() or "")

    def _name_submitters(
        self, client: Business, provider: Business | None, counts: dict[int | None, int], other_names: list[str]
    ) -> None:
        them = provider.name if provider is not None else _("the third party")
        field = self.fields["sees"]
        field.choices = [  # type: ignore[attr-defined]
            (OWN, _("Submitted by %(business)s") % {"business": them}),
            (CLIENT, _("Submitted by %(business)s") % {"business": client.name}),
            (OTHERS, _("Submitted by other third parties")),
        ]
        their_id = provider.pk if provider is not None else None
        others = sum(count for key, count in counts.items() if key not in (client.pk, their_id))
        words = ngettext("%(count)s declaration", "%(count)s declarations", others) % {"count": others}
        if len(other_names) == 1:
            words = ngettext(
                "%(count)s declaration, by %(name)s", "%(count)s declarations, all by %(name)s", others
            ) % {"count": others, "name": other_names[0]}
        own = counts.get(client.pk, 0)
        _hint(
            field,
            {
                OWN: _("Always included"),
                CLIENT: ngettext("%(count)s declaration", "%(count)s declarations", own) % {"count": own},
                OTHERS: words,
            },
        )

    @property
    def scope(self) -> Scope:
        """The answers of a valid form."""
        answers = self.cleaned_data
        return Scope(
            access=answers["access"],
            all_programs=answers["programs"] == ALL,
            program_account_ids=frozenset() if answers["programs"] == ALL else _ids(answers["program_accounts"]),
            sees_client=CLIENT in answers["sees"],
            sees_others=OTHERS in answers["sees"],
            valid_from=answers["valid_from"],
            valid_until=answers["valid_until"],
        )


class NominateForm(ScopeForm):
    """A client names the provider and what it gives."""

    bn9 = BusinessNumberField(label=_("Business number of the broker or consultant"), help_text=_("Nine digits"))
    comment = _comment(_("Comment for them"))
    field_order = ("bn9", "comment")


def answers_of(data: QueryDict) -> dict[str, Any]:
    """What was typed, as the initial values of a form that is shown again without judging it."""
    return {
        "preset": data.get("preset", ""),
        "applied": data.get("applied", ""),
        "programs": data.get("programs", ""),
        "program_accounts": data.getlist("program_accounts"),
        "access": data.get("access", ""),
        "sees": data.getlist("sees"),
        "valid_from": data.get("valid_from", ""),
        "valid_until": data.get("valid_until", ""),
        "bn9": data.get("bn9", ""),
        "comment": data.get("comment", ""),
    }


def preset_answers(key: str, *, accounts: Iterable[ProgramAccount], held: frozenset[int] | None) -> dict[str, Any]:
    """The answers that a preset fills in; nothing for a key that is none."""
    preset = rules.preset(key)
    if preset is None:
        return {}
    within = [account.pk for account in accounts if held is None or account.pk in held]
    everything = preset.all_programs and held is None
    return {
        "preset": key,
        "applied": key,
        "programs": ALL if everything else SOME,
        "program_accounts": [] if everything else [str(pk) for pk in (within if preset.all_programs else within[:1])],
        "access": preset.access if everything else _PROGRAM.value,
        "sees": [name for name, seen in ((CLIENT, preset.sees_client), (OTHERS, preset.sees_others)) if seen],
    }


def scope_answers(scope: Scope) -> dict[str, Any]:
    """An existing scope as the initial values of its form."""
    return {
        "programs": ALL if scope.all_programs else SOME,
        "program_accounts": [str(pk) for pk in scope.program_account_ids],
        "access": scope.access,
        "sees": [name for name, seen in ((CLIENT, scope.sees_client), (OTHERS, scope.sees_others)) if seen],
        "valid_from": scope.valid_from,
        "valid_until": scope.valid_until,
    }


def lenient_scope(answers: dict[str, Any], *, account_ids: frozenset[int]) -> Scope:
    """The scope that answers come closest to, for the preview: what is unknown gives nothing."""
    chosen = frozenset(int(pk) for pk in answers.get("program_accounts", ()) if str(pk).isdecimal())
    everything = answers.get("programs") == ALL
    asked = answers.get("access")
    return Scope(
        access=asked if asked == _BUSINESS and everything else _PROGRAM.value,
        all_programs=everything,
        program_account_ids=frozenset() if everything else chosen & account_ids,
        sees_client=CLIENT in answers.get("sees", ()),
        sees_others=OTHERS in answers.get("sees", ()),
    )


def first_answers(
    *, provider: Business | None, accounts: Iterable[ProgramAccount], held: frozenset[int] | None, on: date
) -> dict[str, Any]:
    """The careful beginning of an approval, for a year: one program and no finances; a consultant sees all."""
    is_consultant = provider is not None and provider.provider_kind == Business.ProviderKind.TRADE_CONSULTANT
    answers = preset_answers("consultant" if is_consultant else "extra", accounts=accounts, held=held)
    return {**answers, "valid_from": on, "valid_until": on + timedelta(days=364)}


def _presets_out_of_reach(provider: Business, held: frozenset[int] | None) -> dict[str, Any]:
    reasons: dict[str, Any] = {}
    for preset in rules.PRESETS:
        if not rules.fits(preset, provider_kind=provider.provider_kind):
            reasons[preset.key] = (
                _("Needs a customs broker") if preset.for_brokers else _("A customs broker may always file")
            )
        elif held is not None and preset.access == _BUSINESS:
            reasons[preset.key] = _("Only a Business Account Manager can give all programs")
    return reasons


def _offer_accounts(field: forms.Field, accounts: list[ProgramAccount]) -> None:
    field.choices = [  # type: ignore[attr-defined]
        (
            str(account.pk),
            _("%(rm)s, %(profile)s") % {"rm": account.rm, "profile": account.get_profile_display()},
        )
        for account in accounts
    ]
    _hint(field, {str(account.pk): account.name for account in accounts})


def _hint(field: forms.Field, hints: dict[str, Any]) -> None:
    field.widget.hints = {**field.widget.hints, **hints}


def _hold_back(field: forms.Field, reasons: dict[str, Any]) -> None:
    field.widget.unavailable = {**field.widget.unavailable, **reasons}


def _ids(values: Iterable[str]) -> frozenset[int]:
    return frozenset(int(value) for value in values)


class ProgramAccountForm(PortageForm):
    """What a further program account is for."""

    name = forms.CharField(
        label=_("What it is used for"),
        help_text=_("For example a warehouse, a brand or a region; you see this beside the number"),
        max_length=120,
        error_messages={"required": _("Enter what the program account is used for")},
    )
    profile = forms.ChoiceField(
        label=_("Program"),
        choices=[
            (ProgramAccount.Profile.IMPORTER, _("Importer")),
            (ProgramAccount.Profile.IMPORTER_EXPORTER, _("Importer and exporter")),
            (ProgramAccount.Profile.EXPORTER, _("Exporter")),
        ],
        initial=ProgramAccount.Profile.IMPORTER,
        widget=Radios(
            hints={
                ProgramAccount.Profile.EXPORTER: _("An exporter's account can't be used for releases or declarations.")
            }
        ),
        error_messages={"required": _("Choose the program")},
    )

"""Employees: asking, inviting, roles in program accounts, the primary role."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import PROGRAM_ROLES, Membership, ProgramAccount
from core.forms import BusinessNumberField, Checkboxes, PortageForm, Radios
from delegation import rules
from delegation.forms.parts import add_hints, comment_field, hold_back, ids_of, offer_accounts
from delegation.rules import Grant, Role, Roles

#: Every single permission that may be added to some role, in the order of the permission table.
ADDABLE_ACTIONS = tuple(
    action for action in rules.Action if any(action in addable for addable in rules.ADDABLE.values())
)


def _added_hint(action: rules.Action) -> Any:
    """Which role lacks the permission, in words."""
    if all(action in addable for addable in rules.ADDABLE.values()):
        return _("For an editor or a reader; managers have it already")
    return _("For a reader; editors and managers have it already")


class EmployerForm(PortageForm):
    """A person names the employer they want to join."""

    bn9 = BusinessNumberField(label=_("Business number of your employer"), help_text=_("Nine digits"))
    comment = comment_field(_("Comment for the manager"), _("For example your team and the role you need"))


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
        offer_accounts(self.fields["program_accounts"], self.within)
        if held is not None:
            hold_back(self.fields["role"], {"BAM": _("Only a Business Account Manager can name another one")})
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
            return rules.same_role(answers["role"], ids_of(answers["program_accounts"]), answers["added"])
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
    reason = comment_field(
        _("Reason"),
        _("For example that the last primary manager left. All managers read it."),
        required=True,
        missing=_("Enter the reason: the managers read it"),
    )

    def __init__(self, *args: Any, managers: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(managers)
        self.fields["membership"].choices = [(str(row.pk), str(row.user)) for row in rows]  # type: ignore[attr-defined]
        add_hints(self.fields["membership"], {str(row.pk): row.user.address for row in rows})


class FindBusinessForm(PortageForm):
    """An officer names a business."""

    bn9 = BusinessNumberField(label=_("Business number"), help_text=_("Nine digits"))


class ColleagueForm(RoleForm):
    """Somebody of the business, by e-mail, and the role in further program accounts."""

    email = forms.EmailField(
        label=_("E-mail of the colleague"),
        help_text=_("The one under which they get notices or sign-in codes here"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the colleague's e-mail, for example name@example.com"),
            "invalid": _("Enter an e-mail such as name@example.com"),
            "max_length": _("Enter an e-mail of at most %(limit_value)d characters."),
        },
    )
    field_order = ("email", "role", "program_accounts", "added")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        role.choices = [one for one in role.choices if one[0] != Role.BAM]  # type: ignore[attr-defined]
        self.fields["program_accounts"].help_text = ""


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

"""A provider's client groups: clients, staff and their roles."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, Membership
from core import format as formats
from core.forms import BusinessNumberField, Checkboxes, PortageForm, Radios
from delegation.forms.parts import add_hints, comment_field, ids_of
from delegation.models import ClientGroup, StaffRole

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
        add_hints(field, {str(row.pk): formats.bn(row.bn9) for row in offered})

    @property
    def client_ids(self) -> frozenset[int]:
        return ids_of(self.cleaned_data["clients"])


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
        add_hints(field, {str(row.pk): row.get_role_display() for row in offered})

    @property
    def membership_ids(self) -> frozenset[int]:
        return ids_of(self.cleaned_data["staff"])


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
    comment = comment_field(_("Comment for the manager"))

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

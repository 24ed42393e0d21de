"""Who does what in a business, line by line; and which lines are invited."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.forms import Checkboxes, PortageForm
from support.rules.planning import (
    LONGEST_EMAIL,
    LONGEST_NAME,
    MOST_PEOPLE,
    ROLE_CARDS,
    Plan,
    PlannedPerson,
    PlanRole,
    programs_of,
)
from support.services.planning import PlanRow

_TOO_LONG = _("Shorten this to %(limit_value)d characters; it has %(show_value)d.")
#: Lines of a plan that nobody has begun: the registrant, a backup, somebody who works, a broker.
FIRST_ROLES = (PlanRole.PRIMARY, PlanRole.BACKUP, PlanRole.EDITOR, PlanRole.BROKER)


@dataclass(frozen=True)
class PersonFields:
    """The boxes of one line as the page shows them."""

    number: int
    boxes: tuple[Any, ...]


class PlanForm(PortageForm):
    """Up to twelve people; a line without a name is left out."""

    business_name = forms.CharField(
        label=_("Name of the business"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"autocomplete": "organization"}),
        error_messages={"max_length": _TOO_LONG},
    )

    NAMES = ("name", "role", "email", "programs")

    def __init__(self, *args: Any, line_count: int = len(FIRST_ROLES), **options: Any) -> None:
        super().__init__(*args, **options)
        self.line_count = min(max(line_count, 1), MOST_PEOPLE)
        for number in range(1, self.line_count + 1):
            for name, field in self._line_fields(number).items():
                self.fields[f"{name}_{number}"] = field

    @staticmethod
    def _line_fields(number: int) -> dict[str, forms.Field]:
        first = FIRST_ROLES[number - 1] if number <= len(FIRST_ROLES) else PlanRole.READER
        return {
            "name": forms.CharField(
                label=_("Name"),
                required=False,
                max_length=LONGEST_NAME,
                widget=forms.TextInput({"autocomplete": "off"}),
                error_messages={"max_length": _TOO_LONG},
            ),
            "role": forms.ChoiceField(
                label=_("What they do"),
                choices=[(card.role.value, card.label) for card in ROLE_CARDS],
                initial=first.value,
                error_messages={"required": _("Choose what they do"), "invalid_choice": _("Choose what they do")},
            ),
            "email": forms.CharField(
                label=_("E-mail"),
                required=False,
                max_length=LONGEST_EMAIL,
                widget=forms.EmailInput({"autocomplete": "off"}),
                error_messages={"max_length": _TOO_LONG},
            ),
            "programs": forms.CharField(
                label=_("Program accounts"),
                help_text=_("For example RM0001 RM0002. Leave empty where there is only one"),
                required=False,
                max_length=60,
                widget=forms.TextInput({"autocomplete": "off"}),
                error_messages={"max_length": _TOO_LONG},
            ),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        named = 0
        for number in range(1, self.line_count + 1):
            name, email = given.get(f"name_{number}", ""), given.get(f"email_{number}", "")
            programs = given.get(f"programs_{number}", "")
            if not name and (email or programs):
                self.add_error(f"name_{number}", ValidationError(_("Enter the name of this person"), code="required"))
            named += bool(name)
            if email:
                self._check_email(number, email)
            if programs_of(programs) is None:
                words = _("Enter RM numbers with spaces between, at most six, for example RM0001 RM0002")
                self.add_error(f"programs_{number}", ValidationError(words, code="invalid"))
        if not named and not self.errors:
            self.add_error("name_1", ValidationError(_("Enter at least one person"), code="required"))
        return given

    def _check_email(self, number: int, email: str) -> None:
        try:
            validate_email(email)
        except ValidationError:
            self.add_error(
                f"email_{number}", ValidationError(_("Enter an e-mail such as name@example.com"), code="invalid")
            )

    @property
    def plan(self) -> Plan:
        given = self.cleaned_data
        return Plan(
            business_name=given["business_name"],
            people=tuple(
                PlannedPerson(
                    name=given[f"name_{number}"],
                    role=PlanRole(given[f"role_{number}"]),
                    email=given[f"email_{number}"],
                    programs=programs_of(given[f"programs_{number}"]) or (),
                )
                for number in range(1, self.line_count + 1)
                if given[f"name_{number}"]
            ),
        )

    def line_groups(self) -> list[PersonFields]:
        return [
            PersonFields(number, tuple(self[f"{name}_{number}"] for name in self.NAMES))
            for number in range(1, self.line_count + 1)
        ]


def boxes_of(plan: Plan) -> dict[str, str]:
    """What stands in the boxes of a plan that was kept."""
    boxes = {"business_name": plan.business_name}
    for number, person in enumerate(plan.people, start=1):
        boxes |= {
            f"name_{number}": person.name,
            f"role_{number}": person.role.value,
            f"email_{number}": person.email,
            f"programs_{number}": " ".join(person.programs),
        }
    return boxes


class SendPlanForm(PortageForm):
    """Which people of the plan are invited; who cannot be is listed with the reason."""

    people = forms.MultipleChoiceField(
        label=_("People to invite"),
        help_text=_("Each gets a link by e-mail that works once, for 14 days"),
        widget=Checkboxes(),
        error_messages={
            "required": _("Tick at least one person to invite."),
            "invalid_choice": _("One of them can't be invited any more. Look at the list again."),
        },
    )

    def __init__(self, *args: Any, rows: Iterable[PlanRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        ready = [row for row in self.rows if not row.problem]
        chooser = self.fields["people"]
        assert isinstance(chooser, forms.MultipleChoiceField)
        chooser.widget = Checkboxes(hints={str(row.place): self._hint(row) for row in ready})
        chooser.choices = [(str(row.place), row.person.name) for row in ready]
        chooser.initial = [str(row.place) for row in ready]

    @staticmethod
    def _hint(row: PlanRow) -> str:
        parts = (str(row.person.card.label), row.person.email, " ".join(row.person.programs))
        return " · ".join(part for part in parts if part)

    @property
    def places(self) -> frozenset[int]:
        return frozenset(int(place) for place in self.cleaned_data["people"])

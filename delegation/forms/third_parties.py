"""Ending, blocking and renewing what third parties have."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import format as formats
from core.forms import Checkbox, Checkboxes, DateField, PortageForm
from delegation.forms.parts import add_hints, comment_field, ids_of
from delegation.models import Delegation


class LicenceReasonForm(PortageForm):
    """Why a licence ends or comes back: the broker reads it, its clients read that it happened."""

    reason = comment_field(
        _("Reason"), _("The broker reads it"), required=True, missing=_("Enter the reason: the broker reads it")
    )


class BlockForm(PortageForm):
    """Why a provider is blocked, for oneself; and whether an access in force ends with it."""

    reason = comment_field(
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
        add_hints(field, {str(row.pk): _end_of(row) for row in offered})

    @property
    def delegation_ids(self) -> frozenset[int]:
        return ids_of(self.cleaned_data["rows"])


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

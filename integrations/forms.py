"""What a surety's manager and an officer enter about software."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PortageForm
from integrations.models import SuretyClient
from integrations.rules import Scope
from security import queries as security


class AddressForm(PortageForm):
    hook_url = forms.CharField(
        label=_("Address for events"),
        help_text=_("It begins with https://. Leave it empty if your software fetches its events."),
        max_length=300,
        required=False,
    )


class IssueForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("May do"), choices=Scope.choices, initial=Scope.values, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = SuretyClient
        fields = ("surety", "name", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["surety"].queryset = security.registered_sureties()  # type: ignore[attr-defined]

"""The form in which a person chooses their e-mail copies."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PortageForm
from notifications.rules import HOW_LABELS, TOPIC_HINTS, TOPIC_LABELS, How, Topic


class ChoicesForm(PortageForm):
    """One choice a topic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic in Topic:
            field = forms.ChoiceField(
                label=TOPIC_LABELS[topic],
                help_text=TOPIC_HINTS[topic],
                choices=[(how.value, HOW_LABELS[how]) for how in How],
                error_messages={
                    "required": _("Choose what becomes of these e-mails"),
                    "invalid_choice": _("Choose one of the three answers"),
                },
            )
            field.width = "m"  # type: ignore[attr-defined]
            self.fields[topic.value] = field

    @property
    def chosen(self) -> dict[Topic, How]:
        return {topic: How(self.cleaned_data[topic.value]) for topic in Topic}

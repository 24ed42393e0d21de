"""The provider's forms: each fault in words, with what to do next."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from counterparts.identity import rules

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

QUESTION_TEXTS: "dict[str, _StrPromise]" = {
    "first-street": _("What street did you first live on?"),
    "first-teacher": _("What was the name of your first teacher?"),
    "childhood-friend": _("What was the first name of your best childhood friend?"),
    "first-job": _("In what town was your first job?"),
    "favourite-lake": _("What is your favourite lake or river?"),
    "first-pet": _("What was the name of your first pet?"),
}
PASSWORD_TEXTS: "dict[rules.PasswordFault, _StrPromise]" = {
    rules.PasswordFault.LENGTH: _("Use 8 to 16 characters."),
    rules.PasswordFault.UPPER: _("Add at least one upper case letter."),
    rules.PasswordFault.LOWER: _("Add at least one lower case letter."),
    rules.PasswordFault.DIGIT: _("Add at least one digit."),
    rules.PasswordFault.USERNAME: _("Leave out any three characters in a row of your user name."),
}
USERNAME_TEXTS: "dict[rules.UsernameFault, _StrPromise]" = {
    rules.UsernameFault.LENGTH: _("Use 6 to 32 characters in the user name."),
    rules.UsernameFault.CHARACTERS: _(
        "Use only letters without accents, digits, dots, hyphens and underscores; begin and end with a letter or digit."
    ),
}
PASSWORD_HINT = _(
    "8 to 16 characters, with an upper case letter, a lower case letter and a digit, and no three characters in a row "
    "of your user name."
)


def _username_field(**extra: Any) -> forms.CharField:
    return forms.CharField(
        label=_("User name"),
        max_length=150,
        error_messages={"required": _("Enter your user name."), "max_length": _("This user name is too long.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        **extra,
    )


def _password_field(label: "_StrPromise", missing: "_StrPromise", autocomplete: str, **extra: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        strip=False,
        error_messages={"required": missing, "max_length": _("This password is too long.")},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **extra,
    )


class SignInForm(forms.Form):
    username = _username_field()
    password = _password_field(_("Password"), _("Enter your password."), "current-password")


class _NewPasswordForm(forms.Form):
    """Two equal passwords that keep the rules; ``owner`` says whose they are."""

    password = _password_field(_("New password"), _("Enter a new password."), "new-password", help_text=PASSWORD_HINT)
    repeated = _password_field(_("New password again"), _("Enter the new password again."), "new-password")

    def owner(self) -> str:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password, repeated = cleaned.get("password"), cleaned.get("repeated")
        if password:
            for fault in rules.password_faults(password, self.owner()):
                self.add_error("password", forms.ValidationError(PASSWORD_TEXTS[fault], code=fault.value))
        if password and repeated and password != repeated:
            self.add_error(
                "repeated",
                forms.ValidationError(_("The two passwords differ. Type the same one twice."), code="differ"),
            )
        return cleaned


class SignUpForm(_NewPasswordForm):
    """A new credential: user name, password, three different questions with their answers."""

    field_order = ("username", "password", "repeated")
    username = _username_field(
        help_text=_("6 to 32 characters: letters without accents, digits, dots, hyphens and underscores.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose a question")), *QUESTION_TEXTS.items()]
        names = (
            (_("Recovery question 1"), _("Answer 1")),
            (_("Recovery question 2"), _("Answer 2")),
            (_("Recovery question 3"), _("Answer 3")),
        )
        for number, (question, answer) in enumerate(names, start=1):
            self.fields[f"question_{number}"] = forms.ChoiceField(
                label=question,
                choices=choices,
                error_messages={
                    "required": _("Choose a question."),
                    "invalid_choice": _("Choose a question from the list."),
                },
            )
            self.fields[f"answer_{number}"] = _answer_field(answer)
        self.fields["terms"] = forms.BooleanField(
            label=_("I understand that this is a simulation and I have not typed a password that I use elsewhere."),
            error_messages={"required": _("Tick the box to continue.")},
        )

    def owner(self) -> str:
        return rules.normal_username(self.cleaned_data.get("username") or self.data.get("username", ""))

    def clean_username(self) -> str:
        username = rules.normal_username(self.cleaned_data["username"])
        if fault := rules.username_fault(username):
            raise forms.ValidationError(USERNAME_TEXTS[fault], code=fault.value)
        return username

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        seen: set[str] = set()
        for number in range(1, rules.QUESTIONS_ASKED + 1):
            question = cleaned.get(f"question_{number}")
            if question and question in seen:
                self.add_error(
                    f"question_{number}", forms.ValidationError(_("Choose three different questions."), code="twice")
                )
            seen.add(question or "")
        return cleaned

    @property
    def answers(self) -> list[tuple[str, str]]:
        return [
            (self.cleaned_data[f"question_{number}"], self.cleaned_data[f"answer_{number}"])
            for number in range(1, rules.QUESTIONS_ASKED + 1)
        ]


class RecoverForm(forms.Form):
    username = _username_field()


class AnswersForm(_NewPasswordForm):
    """The person's own questions, then a new password."""

    def __init__(self, *args: Any, username: str, questions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.username = username
        self.questions = questions
        for question in questions:
            self.fields[question] = _answer_field(QUESTION_TEXTS[question])
        self.order_fields([*questions, "password", "repeated"])

    def owner(self) -> str:
        return self.username

    @property
    def answers(self) -> list[tuple[str, str]]:
        return [(question, self.cleaned_data[question]) for question in self.questions]


def _answer_field(label: "_StrPromise") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=80,
        error_messages={"required": _("Enter an answer."), "max_length": _("Use at most 80 characters.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

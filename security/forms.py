"""What people type about financial security."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core import format as formats
from core.forms import Checkbox, DateField, MoneyField, PortageForm, ProgramAccountField, Radios
from security.models import BondVersion
from security.queries import account_to_secure, registered_sureties
from security.rules import Instrument, LineGroup, Pattern, Share

CENT = Decimal("0.01")
PERCENTAGE = re.compile(r"-?\d{1,3}(\.\d{1,3})?")
AGREEMENT_NUMBER = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9 ./-]*$", _("Use letters, digits, spaces, full stops, hyphens and slashes only.")
)


class EnrolForm(PortageForm):
    """Choosing the sub-program; an importer without twelve months of history adds an estimate."""

    program = forms.ChoiceField(
        label=_("Sub-program"),
        choices=[("RPP", _("Release Prior to Payment"))],
        initial="RPP",
        widget=Radios(hints={"RPP": _("Goods are released before you pay; you pay by the monthly statement.")}),
        error_messages={"required": _("Choose the sub-program to enrol in")},
    )
    estimate = MoneyField(
        label=_("Your highest month, as you expect it"),
        help_text=_("Duties and taxes of the busiest month, GST included. Zero if none are payable."),
    )
    pattern = forms.ChoiceField(
        label=_("When do you import?"),
        choices=Pattern.choices,
        initial=Pattern.YEAR_ROUND,
        widget=Radios(
            hints={
                Pattern.SEASONAL: _("Security for a season: the enrolment ends on the last day that you name."),
                Pattern.OCCASIONAL: _("For a few shipments: the enrolment ends on the last day that you name."),
            }
        ),
        error_messages={"required": _("Say when you import")},
    )
    ends_on = DateField(
        label=_("Last day on which you need releases"),
        help_text=_("Only for a season or for a few shipments; at most twelve months ahead."),
        required=False,
    )
    wants_lower = forms.ChoiceField(
        label=_("Do you ask for a lower requirement?"),
        choices=[("no", _("No")), ("yes", _("Yes, open a request after enrolling"))],
        initial="no",
        widget=Radios(hints={"yes": _("An officer decides; until then the computed amount applies.")}),
        error_messages={"required": _("Say whether you ask for a lower requirement")},
    )

    def __init__(self, *args: Any, has_history: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_history:
            del self.fields["estimate"]


class PeriodForm(PortageForm):
    """Moving the last day of an enrolment, or making it one for all the year."""

    pattern = EnrolForm.base_fields["pattern"]
    ends_on = EnrolForm.base_fields["ends_on"]


class EstimateForm(PortageForm):
    estimate = MoneyField(
        label=_("Your highest month, as you expect it now"),
        help_text=_("Duties and taxes of the busiest month, GST included."),
        min_value=CENT,
    )


class SubmitForm(PortageForm):
    way = forms.ChoiceField(
        label=_("How do you cover it?"),
        choices=[("bond", _("With a bond")), ("cash", _("With a cash deposit"))],
        widget=Radios(cards=True),
        error_messages={"required": _("Choose a bond or a cash deposit")},
    )


class BondForm(PortageForm):
    agreement_number = forms.CharField(
        label=_("Agreement number"),
        help_text=_("As it stands on the agreement with your surety."),
        max_length=40,
        validators=[AGREEMENT_NUMBER],
        error_messages={"required": _("Enter the number of the agreement")},
    )
    provider = forms.ModelChoiceField(
        label=_("Surety"),
        help_text=_("Only financial security providers registered in the portal can give a bond."),
        queryset=Business.objects.none(),
        empty_label=_("Choose a surety"),
        error_messages={
            "required": _("Choose the surety that gives the bond"),
            "invalid_choice": _("Choose a surety of the list"),
        },
    )
    amount = MoneyField(label=_("Amount"), min_value=CENT)
    validity_start = DateField(label=_("Valid from"), help_text=_("For example 2026-07-22"))
    validity_end = DateField(label=_("Valid until"), help_text=_("Leave empty for a continuous bond."), required=False)

    def __init__(self, *args: Any, accounts: Sequence[ProgramAccount] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = registered_sureties()  # type: ignore[attr-defined]
        if len(accounts) > 1:
            add_share_fields(self, [(account, None) for account in accounts])

    def share_fields(self) -> list[forms.BoundField]:
        return share_fields(self)

    def shares(self) -> list[Share]:
        return shares_in(self)


class PaperBondForm(BondForm):
    """The elements of an agreement that has arrived on paper, as an officer reads them from it."""

    ELEMENTS = ("agreement_number", "amount", "signed_on", "approval_reference", "validity_start", "validity_end")
    program_account = ProgramAccountField(
        label=_("Importer's program account"), help_text=_("For example 704 123 686 RM0001")
    )
    signed_on = DateField(
        label=_("Day of the signature"),
        help_text=_("The form is BSF259 from 10 February 2026, D120 before."),
    )
    approval_reference = forms.CharField(
        label=_("Reference of the prior approval"),
        help_text=_("Paper is an exception: without approval beforehand it is sent back."),
        max_length=40,
        error_messages={"required": _("An agreement on paper is taken with prior approval only. Enter its reference")},
    )
    field_order = ("program_account", "provider", *ELEMENTS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreement_number"].help_text = _("As it stands on the paper.")


def add_share_fields(form: forms.Form, accounts: Sequence[tuple[ProgramAccount, Decimal | None]]) -> None:
    """A field for the share of each program account."""
    for account, amount in accounts:
        form.fields[f"share_{account.pk}"] = MoneyField(
            label=_("Share of %(account)s") % {"account": formats.bn(account.number)}, required=False, initial=amount
        )


def share_fields(form: forms.Form) -> list[forms.BoundField]:
    return [form[name] for name in form.fields if name.startswith("share_")]


def shares_in(form: forms.Form) -> list[Share]:
    """What was typed beside the program accounts; one that is empty or zero has no share."""
    found = {name: form.cleaned_data.get(name) for name in form.fields if name.startswith("share_")}
    return [Share(int(name.removeprefix("share_")), amount) for name, amount in found.items() if amount]


class AmountForm(PortageForm):
    amount = MoneyField(label=_("Amount"), min_value=CENT)


class EndorsementForm(AmountForm):
    """A signed endorsement in the mail: what it raises the bond to, and for which of several program accounts."""

    program_account = forms.TypedChoiceField(
        label=_("Program account that it covers more"),
        coerce=int,
        error_messages={"required": _("Choose the program account")},
    )

    def __init__(self, *args: Any, accounts: Sequence[ProgramAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Amount that it raises the bond to")
        if len(accounts) > 1:
            choices = [(account.pk, formats.bn(account.number)) for account in accounts]
            self.fields["program_account"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["program_account"]

    def account_id(self) -> int | None:
        """The account that was chosen; None where there was nothing to choose."""
        return self.cleaned_data.get("program_account")


class RefuseEndorsementForm(PortageForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Tell importer and surety why you refuse the endorsement")},
    )


class ResizeForm(AmountForm):
    """A higher or lower amount; the shares too where the bond covers several program accounts."""

    def __init__(self, *args: Any, accounts: Sequence[tuple[ProgramAccount, Decimal | None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(accounts) > 1:
            add_share_fields(self, accounts)

    def share_fields(self) -> list[forms.BoundField]:
        return share_fields(self)

    def shares(self) -> list[Share]:
        return shares_in(self)


class ReallocateForm(PortageForm):
    """The same amount shared anew, also with one program account more."""

    other_number = forms.CharField(
        label=_("Another program account of the debtor"),
        help_text=_("Nine digits, RM and four digits. Leave empty if none is added."),
        max_length=18,
        required=False,
    )
    other_share = MoneyField(label=_("Its share"), required=False)

    def __init__(self, *args: Any, accounts: Sequence[tuple[ProgramAccount, Decimal | None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_share_fields(self, accounts)

    def share_fields(self) -> list[forms.BoundField]:
        return share_fields(self)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        number = "".join(given.get("other_number", "").split()).upper()
        given["other"] = account_to_secure(number) if number else None
        if number and given["other"] is None:
            self.add_error("other_number", _("There is no program account of this number. Check it."))
        if given["other"] is not None and not given.get("other_share"):
            self.add_error("other_share", _("Enter the share of the other program account"))
        return given

    def shares(self) -> list[Share]:
        other = self.cleaned_data["other"]
        return [*shares_in(self), *([Share(other.pk, self.cleaned_data["other_share"])] if other else [])]


class ExtendForm(PortageForm):
    validity_end = DateField(label=_("New last day"), help_text=_("Leave empty for a continuous bond."), required=False)


class RenameForm(PortageForm):
    debtor_name = forms.CharField(
        label=_("Debtor's name"),
        max_length=175,
        error_messages={"required": _("Enter the name as it is registered")},
    )


class CompareForm(PortageForm):
    """Two versions of a bond to lay side by side."""

    before = forms.TypedChoiceField(label=_("Earlier version"), coerce=int)
    after = forms.TypedChoiceField(label=_("Later version"), coerce=int)

    def __init__(self, *args: Any, versions: Sequence[BondVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (version.number, _("%(number)d: %(kind)s") % {"number": version.number, "kind": version.get_kind_display()})
            for version in versions
        ]
        for name in ("before", "after"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class RefundForm(AmountForm):
    expected_held = MoneyField(widget=forms.HiddenInput)


class ReductionForm(PortageForm):
    proposed_amount = MoneyField(label=_("Requirement you propose"), min_value=CENT)
    justification = forms.CharField(
        label=_("Reasons"),
        help_text=_("Say what was exceptional and why it will not come back. Clear reasons are needed."),
        widget=forms.Textarea(attrs={"rows": 6}),
        min_length=20,
        max_length=2000,
        error_messages={
            "required": _("Enter your reasons"),
            "min_length": _("Say more: at least 20 characters"),
        },
    )


class RejectForm(PortageForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, error_messages={"required": _("Tell the importer why you reject the bond")}
    )


class NoticeForm(PortageForm):
    terminates_on = DateField(label=_("The bond ends on"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class PercentField(forms.Field):
    """A percentage as people write it, 12.5 or 12,5, kept as a fraction."""

    widget = forms.TextInput
    width = "s"
    default_error_messages = {
        "invalid": _("Enter a percentage in digits, for example 2.5"),
        "outside": _("Enter a percentage from %(least)s to %(most)s"),
    }

    def __init__(self, *, least: int = 0, most: int = 100, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip().rstrip("%").strip().replace(",", ".").replace(formats.MINUS, "-")
        if not text:
            return None
        if not PERCENTAGE.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        percentage = Decimal(text)
        if not self.least <= percentage <= self.most:
            limits = {"least": self.least, "most": self.most}
            raise ValidationError(self.error_messages["outside"], code="outside", params=limits)
        return percentage / 100


class PlanForm(PortageForm):
    """What may change in the year to come and how it is covered; every box may stay empty."""

    growth = PercentField(
        label=_("Growth, percent"), help_text=_("Of every month; minus for less."), least=-100, most=900
    )
    tariff = PercentField(label=_("New tariff, percent"), help_text=_("Added to what is paid today."), most=500)
    goods = MoneyField(label=_("Goods it hits, a month"), help_text=_("Their value for duty."), required=False)
    moved = MoneyField(
        label=_("Duties and taxes of a shipment you move"),
        help_text=_("They leave one month and arrive in another."),
        required=False,
    )
    moved_from = forms.ChoiceField(label=_("From the month ending"), required=False)
    moved_to = forms.ChoiceField(label=_("To the month ending"), required=False)
    way = forms.ChoiceField(
        label=_("How do you cover it?"),
        choices=[("bond", _("With a bond")), ("cash", _("With cash")), ("mix", _("With both"))],
        required=False,
        widget=Radios(),
    )
    cash = MoneyField(
        label=_("Cash deposit in all"),
        help_text=_("If you cover it with both; a bond covers the rest."),
        required=False,
    )
    premium = PercentField(
        label=_("Bond premium a year, percent"), help_text=_("Illustrative until you type what your surety asks.")
    )
    money = PercentField(
        label=_("Cost of cash a year, percent"), help_text=_("What tying up money costs you; illustrative.")
    )

    def __init__(self, *args: Any, months: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("moved_from", "moved_to"):
            self.fields[name].choices = [("", _("Choose a month")), *months]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("moved"):
            for name in ("moved_from", "moved_to"):
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose the month"))
        return found


class PlannerForm(PortageForm):
    """A question that is answered and forgotten."""

    month = MoneyField(label=_("Highest month"))
    cash = MoneyField(label=_("Cash deposit"))


class RebuttalForm(PortageForm):
    """Why a surety need not pay what is demanded."""

    text = forms.CharField(
        label=_("What speaks against the demand"),
        help_text=_("For example: the debt was paid, or arose after the bond ended"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Say what speaks against the demand")},
    )


class LinesForm(PortageForm):
    """Which lines of security a list shows."""

    q = forms.CharField(label=_("Number or name"), required=False, max_length=60)
    first = DateField(label=_("From"), help_text=_("Year, month, day, for example 2026-07-22"), required=False)
    last = DateField(label=_("Until"), help_text=_("Year, month, day, for example 2026-07-22"), required=False)
    ends = DateField(label=_("Ends by"), help_text=_("Year, month, day, for example 2026-07-22"), required=False)
    group = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *LineGroup.choices])
    kind = forms.ChoiceField(
        label=_("Instrument"),
        required=False,
        choices=[("", _("All")), ("bond", _("Bonds")), ("deposit", _("Cash deposits"))],
    )

    def __init__(self, *args: Any, has_deposits: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_deposits:
            del self.fields["kind"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last and last < first:
            self.add_error("last", _("Enter a day that is not before the first"))
        return found


class ApplicationForm(RefundForm):
    """How much of the deposit pays debts."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Only if an officer has to decide."),
        max_length=300,
        required=False,
    )
    accepts_shortfall = forms.BooleanField(
        label=_("I know that my requirement is not covered afterwards, and that an officer decides"),
        required=False,
        widget=Checkbox,
    )
    field_order = ("amount", "reason", "accepts_shortfall", "expected_held")


class PaperDepositForm(AmountForm):
    """A deposit that cannot be paid in the portal."""

    instrument = forms.ChoiceField(
        label=_("Instrument"),
        choices=Instrument.choices,
        widget=Radios(),
        error_messages={"required": _("Choose a certified cheque or a money order")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Say why you cannot pay in the portal."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why you cannot pay in the portal")},
    )
    field_order = ("amount", "instrument", "reason")

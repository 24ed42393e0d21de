"""The made-up figures and forms that the style page shows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import BusinessNumberField, Checkboxes, DateField, FilesField, MoneyField, PortageForm, Radios


@dataclass(frozen=True)
class Line:
    released_on: date
    number: str
    vendor: str
    duty: Decimal
    surtax: Decimal
    gst: Decimal
    is_selected: bool = False

    @property
    def total(self) -> Decimal:
        return self.duty + self.surtax + self.gst


LINES = (
    Line(
        date(2026, 6, 19),
        "17042000044712",
        "Hanoi Trail Goods Co.",
        Decimal("0.00"),
        Decimal("0.00"),
        Decimal("1074.00"),
    ),
    Line(
        date(2026, 6, 23),
        "17042000044761",
        "Ridgeline Footwear Ltd.",
        Decimal("6883.30"),
        Decimal("0.00"),
        Decimal("2256.19"),
    ),
    Line(
        date(2026, 6, 30),
        "17042000044803",
        "Aalto Rope & Anchor Oy",
        Decimal("0.00"),
        Decimal("2403.10"),
        Decimal("600.78"),
        True,
    ),
    Line(
        date(2026, 7, 3),
        "30815000002126",
        "Dhaka Outerwear Mills",
        Decimal("4575.58"),
        Decimal("0.00"),
        Decimal("1574.54"),
    ),
)


def line_totals() -> dict[str, Decimal]:
    zero = Decimal("0.00")
    return {
        "duty": sum((line.duty for line in LINES), zero),
        "surtax": sum((line.surtax for line in LINES), zero),
        "gst": sum((line.gst for line in LINES), zero),
        "total": sum((line.total for line in LINES), zero),
    }


def boxes() -> list[dict[str, Any]]:
    """The boxes of one statement: A to G add up to H."""
    cells: list[tuple[str, str, str]] = [
        ("A", _("Previous balance"), "18412.66"),
        ("B", _("Corrections to it"), "-236.40"),
        ("C", _("Payments received"), "-19426.26"),
        ("D", _("Disbursements"), "0.00"),
        ("E", _("Interest and penalties"), "3.72"),
        ("F", _("Charges of the period"), "23933.11"),
        ("G", _("Credits of the period"), "-412.50"),
    ]
    result: list[dict[str, Any]] = [
        {
            "letter": letter,
            "name": name,
            "amount": Decimal(amount),
            "href": f"?explain={letter}#boxes" if Decimal(amount) else "",
            "is_current": letter == "E",
        }
        for letter, name, amount in cells
    ]
    total = sum((box["amount"] for box in result), Decimal(0))
    result.append({"letter": "H", "name": _("Total payable"), "amount": total, "href": "", "is_current": False})
    return result


class ExampleForm(PortageForm):
    business_number = BusinessNumberField(label=gettext_lazy("Business number"), help_text=gettext_lazy("Nine digits"))
    released_on = DateField(label=gettext_lazy("Date of release"), help_text=gettext_lazy("For example 2026-07-22"))
    total = MoneyField(label=gettext_lazy("Total duties and taxes"))
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


WRONG_ANSWERS = {"business_number": "704 123 686", "released_on": "22/07/2026", "total": "$1,204.50"}


class PaymentForm(PortageForm):
    amount = forms.ChoiceField(
        label=gettext_lazy("How much"),
        choices=[
            ("rest", gettext_lazy("$10,130.96, without what your broker pays")),
            ("all", gettext_lazy("$22,274.33, the whole statement")),
            ("other", gettext_lazy("Another amount")),
        ],
        widget=Radios(
            cards=True,
            hints={
                "rest": gettext_lazy("$22,274.33 less $12,143.37"),
                "all": gettext_lazy("You would pay those two declarations yourself"),
                "other": gettext_lazy("Cleared against the oldest due first"),
            },
        ),
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How to pay"),
        choices=[("debit", gettext_lazy("Debit card")), ("credit", gettext_lazy("Credit card"))],
        widget=Radios(
            cards=True,
            hints={"debit": gettext_lazy("No limit here; your bank may have one. On your account at once.")},
            unavailable={"credit": gettext_lazy("$10,130.96 is more than your card room of $3,749.99 this cycle.")},
        ),
    )


class AccessForm(PortageForm):
    scope = forms.ChoiceField(
        label=gettext_lazy("Programs"),
        choices=[("all", gettext_lazy("All programs")), ("some", gettext_lazy("Only those I choose"))],
        widget=Radios(hints={"all": gettext_lazy("RM0001 and RM0002, and any you add later")}),
    )
    sees = forms.MultipleChoiceField(
        label=gettext_lazy("Which transactions they may see"),
        choices=[
            ("own", gettext_lazy("Submitted by Passerelle")),
            ("business", gettext_lazy("Submitted by Northlight")),
            ("others", gettext_lazy("Submitted by other third parties")),
        ],
        widget=Checkboxes(
            locked={"own"},
            hints={
                "own": gettext_lazy("Always included"),
                "business": gettext_lazy("7 declarations in the last 12 months"),
                "others": gettext_lazy("57 declarations, all by Harbourline Customs Brokers Ltd."),
            },
        ),
    )
    until = DateField(label=gettext_lazy("Until"), required=False)


class UploadForm(PortageForm):
    """Several files of one kind."""

    paper = forms.ChoiceField(
        label=gettext_lazy("What the files are"), choices=[("licence", gettext_lazy("Licence or authorization"))]
    )
    uploads = FilesField(label=gettext_lazy("Files"), help_text=gettext_lazy("PDF or pictures, at most 10 MB each"))

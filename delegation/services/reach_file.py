"""The list of all program accounts that a person may act for, as a file: sent at once or made aside."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ProgramAccount
from delegation import queries
from delegation.rules import ROLE_LABELS, Role
from documents import csv_file
from documents.services import FileKind, Order, Product

KIND = "accounts_in_reach"
NAME = "accounts.csv"


def headings() -> list[str]:
    """The columns, in the language that is active."""
    return [
        _("Business"),
        _("Business number"),
        _("Program account"),
        _("You act as"),
        _("Whose"),
        _("Service provider"),
    ]


def reach_rows(*, user_id: int, on: date, search: str = "") -> Iterator[list[str]]:
    """One row a program account, read as they come, in the language that is active."""
    for account in queries.accounts_in_reach(user_id=user_id, on=on, search=search).iterator(chunk_size=1000):
        own_role = account.own_role  # type: ignore[attr-defined]
        yield [
            account.business.legal_name,
            account.business.bn9,
            account.number,
            role_label(account),
            _("Own business") if own_role else _("Client"),
            "" if own_role else account.provider_name,  # type: ignore[attr-defined]
        ]


def role_label(account: ProgramAccount) -> str:
    """As what one acts for an account of :func:`delegation.queries.accounts_in_reach`."""
    return str(ROLE_LABELS[Role(account.own_role or account.delegated_access)])  # type: ignore[attr-defined]


def _make(*, order: Order, on: date) -> Product:
    rows = reach_rows(user_id=order.person_id, on=on, search=str(order.parameters.get("search", "")))
    return Product(NAME, "text/csv", csv_file.render(headings(), rows))


#: What a person may act for as of the day on which the file is made.
ACCOUNTS_IN_REACH = FileKind(
    label=gettext_lazy("Program accounts you may act for"),
    make=_make,
    page=lambda row: reverse("delegation:switch_files"),
)

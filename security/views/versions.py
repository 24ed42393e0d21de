"""What a bond covers and what its versions say, as far as whoever looks may know of its program accounts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import format as formats
from core.money import from_cents
from delegation.access import Seat
from delegation.rules import Role
from security import queries
from security.forms import CompareForm
from security.models import Bond, BondAllocation, BondVersion
from security.views.parts import language_in_use

_FEWEST = 2


@dataclass(frozen=True)
class Compared:
    """One line of two versions side by side."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def sees_whole_business(seat: Seat) -> bool:
    """Only a manager of the business itself knows all its program accounts; others see this account's share."""
    return seat.role == Role.BAM and not seat.is_delegated


def history(
    request: HttpRequest, bond: Bond, *, only: str | None, allocated: Sequence[BondAllocation] | None = None
) -> dict[str, Any]:
    """The shares and versions of a bond for a page; ``only`` names the one program account to be told of."""
    versions = list(queries.versions_of(bond.pk))
    rows = queries.shares_by_bond([bond.pk])[bond.pk] if allocated is None else allocated
    shares = {row.program_account.number: row.amount for row in rows}
    is_whole = only is None or {only}.issuperset(_numbers([shares, *(version.shares for version in versions)]))
    for version in versions:
        version.shown = version.amount if is_whole else from_cents(version.shares.get(only, 0))  # type: ignore[attr-defined]
    form = CompareForm(
        request.GET if "before" in request.GET else None,
        versions=versions,
        initial={"before": versions[1].number, "after": versions[0].number} if len(versions) >= _FEWEST else {},
    )
    by_number = {version.number: version for version in versions}
    pair = None
    if form.is_bound and form.is_valid():
        pair = by_number[form.cleaned_data["before"]], by_number[form.cleaned_data["after"]]
    return {
        "versions": versions,
        "shares": shares if is_whole else {number: amount for number, amount in shares.items() if number == only},
        "is_whole": is_whole,
        "compare_form": form if len(versions) >= _FEWEST else None,
        "pair": pair,
        "compared": _compared(*pair, only=None if is_whole else only) if pair else [],
    }


def _numbers(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({number for row in rows for number in row})


def _compared(before: BondVersion, after: BondVersion, *, only: str | None) -> list[Compared]:
    language = language_in_use()

    def day(value: date | None, nothing: str) -> str:
        return formats.day(value, language) if value else nothing

    def money(value: Decimal | None) -> str:
        return formats.money(value, language) if value is not None else _("No share")

    pair = (before, after)
    found = [
        Compared(_("State"), *(str(row.get_state_display()) for row in pair)),
        Compared(_("Debtor"), *(row.debtor_name for row in pair)),
        Compared(_("Valid from"), *(day(row.validity_start, "") for row in pair)),
        Compared(_("Valid until"), *(day(row.validity_end, _("Continuous")) for row in pair)),
        Compared(_("Notice for"), *(day(row.terminates_on, _("No notice")) for row in pair)),
    ]
    if only is None:
        found.append(Compared(_("Amount"), *(money(row.amount) for row in pair)))
    for number in _numbers([before.shares, after.shares]) if only is None else [only]:
        cents = [row.shares.get(number) for row in pair]
        amounts = (money(None if value is None else from_cents(value)) for value in cents)
        found.append(Compared(_("Share of %(account)s") % {"account": formats.bn(number)}, *amounts))
    return found

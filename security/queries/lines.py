"""The search of security lines: bonds and deposits of some program accounts, or of a surety, in one list."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from core.money import from_cents
from ledger import queries as book
from security import rules
from security.models import BondAllocation, Deposit
from security.queries.instruments import shares_covering
from security.rules import CoverLine, Given, LineGroup, SecurityLine

BOND, DEPOSIT = "bond", "deposit"
PART = 500
Key = tuple[str, int]
#: An instrument in one program account: a bond may have a share in several.
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Search:
    """What is looked for; ``first`` and ``last`` are a period in which the line stood, ``ends`` the latest last day."""

    first: date | None = None
    last: date | None = None
    ends: date | None = None
    group: str = ""
    kind: str = ""
    text: str = ""


class Lines:
    """A list that is counted and cut in the database; Django's paginator and a CSV read it alike.

    A bond over several program accounts is a line in each of them, with its share.
    """

    def __init__(
        self, shares: QuerySet[BondAllocation], deposits: QuerySet[Deposit], *, knows: Collection[int] | None
    ) -> None:
        self._keys = _keys(shares, BOND, "bond__validity_start").union(_keys(deposits, DEPOSIT, "active_on"), all=True)
        self._knows = knows

    def count(self) -> int:
        return self._keys.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[SecurityLine]:
        keys = [(kind, key) for kind, key, _start in self._keys.order_by("-starts", "line_kind", "-pk")[part]]
        return _lines(keys, knows=self._knows)

    def parts(self) -> Iterator[list[SecurityLine]]:
        """All of it, so many at a time."""
        start = 0
        while found := self[start : start + PART]:
            yield found
            start += PART


def lines_of_accounts(
    program_accounts: Collection[int], search: Search, *, knows: Collection[int] | None = None
) -> Lines:
    """Of these program accounts; ``knows`` are those whose open debt the seat may see, None for all of them."""
    own = Q(program_account_id__in=list(program_accounts))
    return Lines(_shares(search).filter(own), _deposits(search).filter(own), knows=knows)


def lines_of_surety(provider_id: int, search: Search) -> Lines:
    """Of the bonds that a surety gave or was asked for; the use is what its software reads too."""
    return Lines(_shares(search).filter(bond__provider_id=provider_id), Deposit.objects.none(), knows=None)


def lines_of_everybody(search: Search) -> Lines:
    return Lines(_shares(search), _deposits(search), knows=None)


def _shares(search: Search) -> QuerySet[BondAllocation]:
    rows = BondAllocation.objects.order_by()
    if search.kind == DEPOSIT:
        return rows.none()
    if search.group:
        rows = rows.filter(bond__state__in=rules.BOND_GROUPS.get(search.group, frozenset()))
    if search.text:
        rows = rows.filter(
            Q(bond__agreement_number__icontains=search.text)
            | Q(bond__provider__legal_name__icontains=search.text)
            | _debtor(search.text)
        )
    if search.last:
        rows = rows.filter(bond__validity_start__lte=search.last)
    rows = rows.alias(until=Coalesce("bond__terminates_on", "bond__validity_end"))
    if search.first:
        rows = rows.filter(Q(until__isnull=True) | Q(until__gte=search.first))
    return rows.filter(until__lte=search.ends) if search.ends else rows


def _deposits(search: Search) -> QuerySet[Deposit]:
    rows = Deposit.objects.order_by()
    if search.kind == BOND:
        return rows.none()
    if search.group:
        rows = rows.filter(state__in=rules.DEPOSIT_GROUPS.get(search.group, frozenset()))
    if search.text:
        rows = rows.filter(Q(payment_reference__icontains=search.text) | _debtor(search.text))
    if search.last:
        rows = rows.filter(active_on__lte=search.last)
    if search.first:
        rows = rows.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=search.first))
    return rows.filter(ended_on__lte=search.ends) if search.ends else rows


def _debtor(text: str) -> Q:
    number = text.replace(" ", "").upper()
    return Q(program_account__business__legal_name__icontains=text) | Q(program_account__number__startswith=number)


def _keys(rows: QuerySet[Any], kind: str, start: str) -> QuerySet[Any]:
    return rows.order_by().annotate(line_kind=Value(kind), starts=F(start)).values_list("line_kind", "pk", "starts")


def _lines(keys: Sequence[Key], *, knows: Collection[int] | None) -> list[SecurityLine]:
    """The lines of some keys in their order, in six statements whatever their number."""
    bonds = _in_bulk(
        BondAllocation.objects.select_related("bond__provider", "program_account__business").prefetch_related(
            "bond__versions"
        ),
        keys,
        BOND,
    )
    deposits = _in_bulk(Deposit.objects.select_related("program_account__business"), keys, DEPOSIT)
    covers = covers_of({row.program_account_id for row in (*bonds.values(), *deposits.values())})
    found = []
    for kind, key in keys:
        row = bonds[key] if kind == BOND else deposits[key]
        given, starts_on = _given_share(row) if kind == BOND else _given_deposit(row)
        instrument = row.bond if kind == BOND else row
        groups = rules.BOND_GROUPS if kind == BOND else rules.DEPOSIT_GROUPS
        found.append(
            rules.line_of(
                given,
                covers.get((kind, given.key, row.program_account_id)),
                knows_use=knows is None or row.program_account_id in knows,
                has_ended=instrument.state in groups[LineGroup.ENDED],
                debtor=row.program_account.business.legal_name,
                number=row.program_account.number,
                state=(instrument.state, str(instrument.get_state_display())),
                starts_on=starts_on,
            )
        )
    return found


def covers_of(program_accounts: Collection[int]) -> dict[Place, CoverLine]:
    """What today's debt of each account takes of each of its instruments in force, in three statements."""
    numbers = list(program_accounts)
    deposits: dict[int, list[Given]] = {}
    bonds: dict[int, list[Given]] = {}
    for row in Deposit.objects.filter(program_account_id__in=numbers, state__in=rules.HOLDING).order_by("id"):
        deposits.setdefault(row.program_account_id, []).append(_given_deposit(row)[0])
    for share in shares_covering(numbers):
        amounts = Given(BOND, share.bond_id, share.bond.agreement_number, "", share.amount, share.amount)
        bonds.setdefault(share.program_account_id, []).append(amounts)
    return {
        (line.given.kind, line.given.key, number): line
        for number, balance in book.balances_of(numbers).items()
        for line in rules.cover_lines(
            open_debt=balance.receivable, deposits=deposits.get(number, []), bonds=bonds.get(number, [])
        )
    }


def _in_bulk(rows: QuerySet[Any], keys: Sequence[Key], kind: str) -> dict[int, Any]:
    # Never empty, so that a list asks as much whatever it holds.
    wanted = [0, *(key for found, key in keys if found == kind)]
    return {row.pk: row for row in rows.filter(pk__in=wanted).order_by()}


def _given_share(share: BondAllocation) -> tuple[Given, date]:
    bond, number = share.bond, share.program_account.number
    original = max([share.amount, *(from_cents(row.shares.get(number, 0)) for row in bond.versions.all())])
    given = Given(BOND, bond.pk, bond.agreement_number, bond.provider.legal_name, original, share.amount, bond.ends_on)
    return given, bond.validity_start


def _given_deposit(row: Deposit) -> tuple[Given, date]:
    return Given(DEPOSIT, row.pk, row.payment_reference, "", row.amount, row.held, row.ended_on), row.active_on

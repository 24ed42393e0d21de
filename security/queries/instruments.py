"""Bonds, demands and deposits of a program account."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from accounts.models import Business, ProgramAccount
from core.money import ZERO, from_cents
from ledger import queries as book
from security import rules
from security.models import (
    Bond,
    BondAllocation,
    BondVersion,
    Demand,
    Deposit,
)
from security.queries.facts import facts_by_account
from security.queries.requirements import upcoming_requirement
from security.queries.status import rpp_status
from security.rules import (
    BondState,
    CoverLine,
    DemandState,
    Given,
)


def bonds_of(program_account_id: int) -> QuerySet[Bond]:
    """The bonds with a share in a program account, each with that ``share``."""
    here = FilteredRelation("allocations", condition=Q(allocations__program_account_id=program_account_id))
    share: dict[str, Any] = {"share": F("here__amount")}
    found: QuerySet[Bond] = Bond.objects.annotate(here=here).filter(here__isnull=False).annotate(**share)
    return found.select_related("provider")


def paper_bonds() -> QuerySet[Bond]:
    """Every agreement on paper, newest first."""
    return (
        Bond.objects.filter(channel=Bond.Channel.PAPER)
        .select_related("provider", "debtor", "program_account")
        .order_by("-id")
    )


def lines_of(
    program_account: ProgramAccount, *, open_debt: Decimal, bonds: Iterable[Bond] | None = None
) -> tuple[CoverLine, ...]:
    """What covers an account today, line by line; bonds and deposits each the oldest first.

    ``bonds`` are those of ``bonds_of`` the account with their versions, where they are at hand.
    """
    if bonds is None:
        bonds = bonds_of(program_account.pk).prefetch_related("versions")
    covering = sorted((bond for bond in bonds if bond.covers), key=lambda bond: (bond.validity_start, bond.pk))
    deposits = active_deposits_of(program_account.pk)
    return rules.cover_lines(
        open_debt=open_debt,
        deposits=[Given("deposit", row.pk, row.payment_reference, "", row.amount, row.held) for row in deposits],
        bonds=[
            Given(
                "bond",
                bond.pk,
                bond.agreement_number,
                bond.provider.legal_name,
                max(
                    [bond.share]
                    + [from_cents(row.shares.get(program_account.number, 0)) for row in bond.versions.all()]
                ),
                bond.share,
                bond.terminates_on or bond.validity_end,
            )
            for bond in covering
        ],
    )


def shares_by_bond(bond_ids: Collection[int]) -> dict[int, list[BondAllocation]]:
    """What of each bond covers which program account, in one statement."""
    found: dict[int, list[BondAllocation]] = defaultdict(list)
    rows = BondAllocation.objects.filter(bond_id__in=list(bond_ids)).select_related("program_account")
    for row in rows.order_by("program_account__number"):
        found[row.bond_id].append(row)
    return found


def accounts_to_share(business_id: int) -> list[ProgramAccount]:
    """The program accounts of a business that a bond may cover."""
    found = ProgramAccount.objects.filter(business_id=business_id, closed_on__isnull=True)
    return list(found.exclude(profile=ProgramAccount.Profile.EXPORTER).order_by("number"))


def accounts_of_bond(bond_id: int) -> list[int]:
    return list(BondAllocation.objects.filter(bond_id=bond_id).values_list("program_account_id", flat=True))


def bond_of_account(program_account_id: int, bond_id: int) -> Bond | None:
    return bonds_of(program_account_id).select_related("debtor").filter(pk=bond_id).first()


def demands_for(program_account_id: int) -> QuerySet[Demand]:
    """The demands made for the debts of a program account, newest first."""
    return Demand.objects.filter(program_account_id=program_account_id).select_related("bond__provider")


def open_demands() -> QuerySet[Demand]:
    """Demands on sureties that are not settled, of every account."""
    return Demand.objects.filter(state__in=rules.OPEN_DEMANDS)


def unanswered_demands(*, on: date) -> list[int]:
    """Demands whose last day to answer is over without an answer."""
    late = Demand.objects.filter(state=DemandState.SENT, answer_by__lt=on).order_by("pk")
    return list(late.values_list("pk", flat=True))


def demandable(bond: Bond, *, program_account_id: int, on: date) -> Decimal:
    """What may be demanded today on a bond of ``bonds_of`` the account; see :func:`demandable_on_each`."""
    [(_bond, amount)] = demandable_on_each([bond], program_account_id=program_account_id, on=on)
    return amount


def demandable_on_each(bonds: Iterable[Bond], *, program_account_id: int, on: date) -> list[tuple[Bond, Decimal]]:
    """What may be demanded today on each of an account's bonds (``bonds_of``): overdue and accrued in its validity.

    FSR s. 8. At most the account's share of the bond (assumed); zero where nothing may be. A debt accrues on its
    release date. The debts are read once, whatever the number of bonds.
    """
    bonds = list(bonds)
    last_days = {
        bond.pk: bond.terminates_on if bond.state == BondState.TERMINATED else bond.validity_end for bond in bonds
    }
    open_to = {bond.pk for bond in bonds if rules.can_demand(state=bond.state, ended_on=last_days[bond.pk], on=on)}
    overdue = [
        (item.entry.billing_on or item.posted_on, item.remaining)
        for item in (book.open_items_of(program_account_id, on=on, debts_only=True) if open_to else ())
        if item.last_day_to_pay is not None and item.last_day_to_pay < on
    ]
    found = []
    for bond in bonds:
        last_day = last_days[bond.pk]
        owed = sum(
            (
                remaining
                for accrued_on, remaining in overdue
                if bond.validity_start <= accrued_on and (last_day is None or accrued_on <= last_day)
            ),
            ZERO,
        )
        amount = rules.demand_amount(owed_in_validity=owed, bond=bond.share) if bond.pk in open_to else ZERO
        found.append((bond, amount))
    return found


def shares_covering(program_accounts: Collection[int]) -> QuerySet[BondAllocation]:
    """The shares of bonds in force in these accounts, oldest bond first: the order in which they answer for debts."""
    return (
        BondAllocation.objects.filter(program_account_id__in=program_accounts, bond__state__in=rules.COVERING)
        .select_related("bond__debtor", "bond__program_account", "program_account")
        .order_by("bond__validity_start", "bond_id", "program_account_id")
    )


def used_of_bond(bond: Bond, *, on: date) -> Decimal:
    """How much of a bond today's open debt would take: cash first, then each account's bonds, the oldest first."""
    return sum((used for _row, used in use_by_account(bond, on=on)), ZERO)


def use_by_account(bond: Bond, *, on: date) -> list[tuple[BondAllocation, Decimal]]:
    """Each share of a bond with how much of it today's open debt of its program account would take."""
    return [
        (row, _used_of_share(row, on=on) if bond.state in rules.COVERING else ZERO)
        for row in shares_by_bond([bond.pk])[bond.pk]
    ]


def _used_of_share(share: BondAllocation, *, on: date) -> Decimal:
    status = rpp_status(share.program_account_id, on=on)
    shares = list(shares_covering([share.program_account_id]))
    used = rules.used_of_bonds(status.open_debt, cash=status.coverage.cash, bonds=[row.amount for row in shares])
    return sum((part for row, part in zip(shares, used, strict=True) if row.pk == share.pk), ZERO)


def versions_of(bond_id: int) -> QuerySet[BondVersion]:
    return BondVersion.objects.filter(bond_id=bond_id)


def deposits_of(program_account_id: int) -> QuerySet[Deposit]:
    return Deposit.objects.filter(program_account_id=program_account_id)


def active_deposits_of(program_account_id: int) -> QuerySet[Deposit]:
    return deposits_of(program_account_id).filter(state__in=rules.HOLDING).order_by("id")


def deposit_by_reference(payment_reference: str) -> Deposit | None:
    return Deposit.objects.filter(payment_reference=payment_reference).first()


def returnable_cash(program_account_id: int, *, on: date) -> Decimal:
    """The cash that may go back today without leaving the requirement uncovered."""
    facts = facts_by_account([program_account_id], on=on)[program_account_id]
    upcoming = upcoming_requirement(program_account_id, on=on)
    requirement = max(facts.requirement, upcoming.amount) if upcoming else facts.requirement
    return rules.returnable(
        held=facts.coverage.cash, coverage=facts.coverage, requirement=requirement, open_debt=facts.open_debt
    )


def registered_sureties() -> QuerySet[Business]:
    """The financial security providers registered in the portal."""
    return Business.objects.filter(
        provider_kind=Business.ProviderKind.SURETY, registered_at__isnull=False, closed_on__isnull=True
    ).order_by("legal_name")

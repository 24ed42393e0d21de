"""Bonds, demands and deposits of a program account."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Max, QuerySet

from accounts.models import Business
from core.money import ZERO
from ledger import queries as book
from security import rules
from security.models import (
    Bond,
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
    return Bond.objects.filter(program_account_id=program_account_id).select_related("provider")


def lines_of(program_account_id: int, *, open_debt: Decimal) -> tuple[CoverLine, ...]:
    """What covers an account today, line by line, in two statements; bonds and deposits each the oldest first."""
    bonds = bonds_of(program_account_id).filter(state__in=rules.COVERING).annotate(most=Max("versions__amount"))
    deposits = active_deposits_of(program_account_id)
    return rules.cover_lines(
        open_debt=open_debt,
        deposits=[Given("deposit", row.pk, row.payment_reference, "", row.amount, row.held) for row in deposits],
        bonds=[
            Given(
                "bond",
                bond.pk,
                bond.agreement_number,
                bond.provider.legal_name,
                max(bond.most or bond.amount, bond.amount),
                bond.amount,
                bond.terminates_on or bond.validity_end,
            )
            for bond in bonds.order_by("validity_start", "pk")
        ],
    )


def bond_of_account(program_account_id: int, bond_id: int) -> Bond | None:
    return bonds_of(program_account_id).filter(pk=bond_id).first()


def demands_for(program_account_id: int) -> QuerySet[Demand]:
    """The demands made for the debts of a program account, newest first."""
    return Demand.objects.filter(bond__program_account_id=program_account_id).select_related("bond__provider")


def open_demands() -> QuerySet[Demand]:
    """Demands on sureties that are not settled, of every account."""
    return Demand.objects.filter(state__in=rules.OPEN_DEMANDS)


def unanswered_demands(*, on: date) -> list[int]:
    """Demands whose last day to answer is over without an answer."""
    late = Demand.objects.filter(state=DemandState.SENT, answer_by__lt=on).order_by("pk")
    return list(late.values_list("pk", flat=True))


def demandable(bond: Bond, *, on: date) -> Decimal:
    """What may be demanded on a bond today (FSR s. 8): overdue, accrued in its validity, at most the bond; else zero.

    A debt accrues on its release date.
    """
    ended_on = bond.terminates_on if bond.state == BondState.TERMINATED else bond.validity_end
    if not rules.can_demand(state=bond.state, ended_on=ended_on, on=on):
        return ZERO
    owed = ZERO
    for item in book.open_items_of(bond.program_account_id, on=on, debts_only=True):
        accrued_on = item.entry.billing_on or item.posted_on
        is_inside = bond.validity_start <= accrued_on and (ended_on is None or accrued_on <= ended_on)
        if is_inside and item.last_day_to_pay is not None and item.last_day_to_pay < on:
            owed += item.remaining
    return rules.demand_amount(owed_in_validity=owed, bond=bond.amount)


def bonds_covering(program_accounts: Collection[int]) -> QuerySet[Bond]:
    """The bonds in force of these accounts, oldest first: the order in which they answer for debts."""
    return (
        Bond.objects.filter(program_account_id__in=program_accounts, state__in=rules.COVERING)
        .select_related("debtor", "program_account")
        .order_by("validity_start", "id")
    )


def used_of_bond(bond: Bond, *, on: date) -> Decimal:
    """How much of a bond today's open debt would take: cash first, then bonds, the oldest first."""
    if bond.state not in rules.COVERING:
        return ZERO
    status = rpp_status(bond.program_account_id, on=on)
    bonds = list(bonds_covering([bond.program_account_id]))
    used = rules.used_of_bonds(status.open_debt, cash=status.coverage.cash, bonds=[row.amount for row in bonds])
    return next((share for row, share in zip(bonds, used, strict=True) if row.pk == bond.pk), ZERO)


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

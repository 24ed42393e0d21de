"""Coverage and the facts of the indicator, for many program accounts at once."""

from collections.abc import Collection
from datetime import date

from django.db.models import Sum

from core.money import ZERO
from ledger import queries as book
from reference.queries import policy
from security.models import (
    BondAllocation,
    RppEnrolment,
)
from security.queries.accounts import Accounts, of_accounts
from security.queries.status import account_rows
from security.rules import (
    COVERING,
    Coverage,
    Facts,
    RppState,
)


def coverage_by_account(program_accounts: Accounts, *, on: date) -> dict[int, Coverage]:
    """What covers each of the program accounts, in three statements whatever their number."""
    parameters = policy().security_parameters(on)
    bonds = of_accounts(BondAllocation.objects.filter(bond__state__in=COVERING), program_accounts, "program_account_id")
    by_bond = dict(
        bonds.order_by()
        .values("program_account_id")
        .annotate(total=Sum("amount"))
        .values_list("program_account_id", "total")
    )
    cash = book.deposits_by_holder(program_accounts)
    return {
        number: Coverage(by_bond.get(number, ZERO), cash.get(number, ZERO), parameters)
        for number in ({*by_bond, *cash} if isinstance(program_accounts, range) else program_accounts)
    }


def facts_by_account(program_accounts: Collection[int], *, on: date) -> dict[int, Facts]:
    """Requirement, coverage, open and overdue debt of each of the program accounts, in a few statements."""
    parameters = policy().security_parameters(on)
    balances = book.balances_of(program_accounts)
    overdue = book.overdue_by_holder(on=on, holders=program_accounts)
    return {
        row.id: Facts(
            requirement=row.requirement,
            coverage=Coverage(row.bond, balances[row.id].deposits, parameters),
            open_debt=balances[row.id].receivable,
            overdue_debt=overdue.get(row.id, ZERO),
        )
        for row in account_rows(program_accounts, on=on)
    }


def suspended_with_requirement_from(day: date) -> list[int]:
    """Suspended program accounts whose requirement changes on the day: a lower one may cure the suspension."""
    suspended = RppEnrolment.objects.filter(
        state=RppState.SUSPENDED, program_account__security_requirements__effective_on=day
    )
    return list(suspended.values_list("program_account_id", flat=True).distinct())

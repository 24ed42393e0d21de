"""Versions of the requirement and how it is calculated."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from ledger import queries as book
from ledger.queries import Basis
from reference.queries import policy
from reference.rules.policy import MonthRules, PolicyRow
from security import rules
from security.models import (
    ReductionCase,
    SecurityRequirement,
)
from security.queries.accounts import BEGINNING
from security.queries.reviews import schedule_of
from security.rules import (
    CaseState,
    DrivingMonth,
    Slice,
)


@dataclass(frozen=True)
class Calculation:
    """How a requirement follows from the book: the twelve slices, their totals, the driving one."""

    slices: tuple[Slice, ...]
    totals: tuple[Decimal, ...]
    driving: DrivingMonth
    has_history: bool
    running: Slice
    running_total: Decimal

    @property
    def months(self) -> list[tuple[date, Decimal]]:
        return [(last, total) for (_first, last), total in zip(self.slices, self.totals, strict=True)]


def requirement_on(program_account_id: int, *, on: date) -> SecurityRequirement | None:
    """The version that holds on a day: the latest effective one, and of one day the last written."""
    return (
        SecurityRequirement.objects.filter(program_account_id=program_account_id, effective_on__lte=on)
        .order_by("-effective_on", "-id")
        .first()
    )


def upcoming_requirement(program_account_id: int, *, on: date) -> SecurityRequirement | None:
    """The version that will hold from a later day, if one is known."""
    return (
        SecurityRequirement.objects.filter(program_account_id=program_account_id, effective_on__gt=on)
        .order_by("-effective_on", "-id")
        .first()
    )


def requirements_around(
    program_account_id: int, *, on: date
) -> tuple[SecurityRequirement | None, SecurityRequirement | None]:
    """The version that holds today and the one that will hold last, in one statement."""
    versions = list(
        SecurityRequirement.objects.filter(program_account_id=program_account_id).order_by("-effective_on", "-id")
    )
    current = next((version for version in versions if version.effective_on <= on), None)
    upcoming = versions[0] if versions and versions[0].effective_on > on else None
    return current, upcoming


def calculation_for(program_account_id: int, *, on: date) -> Calculation:
    """The last twelve whole months before the day, cut and counted by the policy of the day, and the running one."""
    how = policy().month_rules(on)
    slices = months_looked_at(on, how)
    running = rules.month_after(slices[-1][1])
    before = (BEGINNING, slices[0][1])
    *totals, now, known = book.monthly_charges(
        program_account_id,
        [*slices, running, before],
        counting=rules.categories(how),
        basis=basis_of(how),
    )
    return Calculation(
        slices, tuple(totals), rules.driving_month(slices, totals), known > 0, running=running, running_total=now
    )


def months_looked_at(on: date, how: MonthRules) -> tuple[Slice, ...]:
    """The twelve whole months before a day as policy cuts them; the review's slices follow the cycle of the year."""
    return rules.months_before(on, how, cycle_day=schedule_of(on.year).window_start.day)


def basis_of(how: MonthRules) -> Basis:
    return Basis.BILLING if how.basis == "release" else Basis.POSTING


def counting_rules(on: date) -> list[tuple[Any, PolicyRow]]:
    """What policy says of months and of what counts in them on a day, each with its words and its row."""
    dated = policy()
    rows = [dated.row(key, on) for key in rules.COUNTING_KEYS]
    return [(rules.COUNTING_WORDS[row.key, row.value], row) for row in rows]


def open_case_of(program_account_id: int) -> ReductionCase | None:
    return ReductionCase.objects.filter(program_account_id=program_account_id, state=CaseState.SUBMITTED).first()


def cases_of(program_account_id: int) -> QuerySet[ReductionCase]:
    return ReductionCase.objects.filter(program_account_id=program_account_id)

"""Versions of the requirement and how it is calculated."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from ledger import queries as book
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
    """The last twelve whole slices before the day, cut as the yearly review of that year cuts them."""
    slices = rules.whole_slices_before(on, cut_day=schedule_of(on.year).window_start.day)
    before = (BEGINNING, slices[0][1])
    *totals, known = book.monthly_charges(program_account_id, [*slices, before])
    return Calculation(slices, tuple(totals), rules.driving_month(slices, totals), has_history=known > 0)


def open_case_of(program_account_id: int) -> ReductionCase | None:
    return ReductionCase.objects.filter(program_account_id=program_account_id, state=CaseState.SUBMITTED).first()


def cases_of(program_account_id: int) -> QuerySet[ReductionCase]:
    return ReductionCase.objects.filter(program_account_id=program_account_id)

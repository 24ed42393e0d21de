"""Release prior to payment of one program account or many."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import ProgramAccount
from core.money import ZERO
from reference.queries import policy
from reference.rules.policy import Policy, SecurityParameters
from security import rules
from security.models import (
    AnnualReview,
    RppEnrolment,
)
from security.queries.accounts import Accounts, accounts_with_security, with_enrolment, with_security
from security.rules import (
    Coverage,
    Facts,
    RppState,
    Shortfall,
    StatusReason,
)


@dataclass(frozen=True)
class RppStatus:
    """Release prior to payment for one program account: the indicator, and apart from it whether the security suffices.

    ``state`` is empty when the account was never enrolled; amounts are dollars of the requirement (the 100 % figure).
    """

    program_account_id: int
    is_on: bool
    state: str
    reason: str
    requirement: Decimal
    coverage: Coverage
    is_sufficient: bool
    shortfall: Shortfall
    reasons: tuple[StatusReason, ...]
    open_debt: Decimal
    enrolled_on: date | None = None
    changed_on: date | None = None
    note: str = ""
    pattern: str = ""
    ends_on: date | None = None
    nudge_level: int = 0
    is_exempt: bool = False
    #: The requirement, or the month that proved an importer's estimate too low; see :meth:`by_proven_month`.
    proven: Decimal = ZERO

    @property
    def is_enrolled(self) -> bool:
        return self.state in rules.ENROLLED

    @property
    def state_label(self) -> str:
        return str(RppState(self.state).label) if self.state else ""

    @property
    def utilization(self) -> Decimal | None:
        return rules.utilization(self.open_debt, self.coverage)

    @property
    def room(self) -> Decimal:
        """What may still be owed before the coverage is used up."""
        return max(self.coverage.total - self.open_debt, ZERO)

    def by_proven_month(self) -> "RppStatus":
        """The same measured by the month that proved the estimate too low, for those who may know everybody's charges.

        What covers the estimate alone is insufficient then; the indicator stays, until a deadline passes.
        """
        lack = rules.shortfall(self.coverage, self.proven)
        if not self.is_enrolled or not lack.is_short or self.proven <= self.requirement:
            return self
        is_new = self.is_sufficient and self.coverage.has_security
        reasons = (*self.reasons, StatusReason.ESTIMATE_LOW) if is_new else self.reasons
        return replace(self, is_sufficient=False, shortfall=lack, reasons=reasons)


@dataclass(frozen=True)
class AccountRow:
    """One program account as the jobs see it."""

    id: int
    number: str
    business_id: int
    state: str
    reason: str
    requirement: Decimal
    requirement_source: str
    has_requirement: bool
    bond: Decimal
    opened_on: date


def rpp_status(
    program_account_id: int, *, on: date, at: datetime | None = None, dated: Policy | None = None
) -> RppStatus:
    """Where one program account stands today; with ``at`` the transition rule is asked for that second."""
    account = with_enrolment(accounts_with_security([program_account_id], on)).values().get()
    return _status(account, on=on, at=at, parameters=(dated or policy()).security_parameters(on))


def rpp_statuses(accounts: QuerySet[ProgramAccount], *, on: date) -> Iterator[tuple[Mapping[str, Any], RppStatus]]:
    """Each of some program accounts with where it stands: the columns of the rows asked for, and the status."""
    parameters = policy().security_parameters(on)
    for row in with_enrolment(with_security(accounts, on)).values():
        yield row, _status(row, on=on, at=None, parameters=parameters)


def _status(account: Mapping[str, Any], *, on: date, at: datetime | None, parameters: SecurityParameters) -> RppStatus:
    state = account["rpp_state"] or ""
    requirement = account["requirement"] or ZERO
    proven = rules.proven_amount(
        source=account["requirement_source"] or "", requirement=requirement, told_of=account["low_estimate_month"]
    )
    facts = Facts(
        requirement=requirement,
        coverage=Coverage(account["bond"], -account["held_deposits"], parameters),
        open_debt=account["open_debt"],
    )
    imports = account["profile"] != ProgramAccount.Profile.EXPORTER
    is_exempt = at is not None and imports and rules.is_exempt(at, is_registered=account["registered_at"] is not None)
    reasons = rules.status_reasons(state, account["rpp_reason"] or "", facts, imports=imports)
    return RppStatus(
        program_account_id=account["id"],
        is_on=is_exempt or (imports and rules.indicator(state, facts)),
        state=state,
        reason=account["rpp_reason"] or "",
        requirement=facts.requirement,
        coverage=facts.coverage,
        is_sufficient=facts.is_sufficient,
        shortfall=rules.shortfall(facts.coverage, facts.requirement),
        reasons=(StatusReason.EXEMPT,) if is_exempt else reasons,
        open_debt=facts.open_debt,
        enrolled_on=account["rpp_enrolled_on"],
        changed_on=account["rpp_changed_on"],
        note=account["rpp_note"] or "",
        pattern=account["rpp_pattern"] or "",
        ends_on=account["rpp_ends_on"],
        nudge_level=account["rpp_nudge_level"] or 0,
        is_exempt=is_exempt,
        proven=proven,
    )


def account_rows(
    program_accounts: Accounts, *, on: date, not_reviewed_in: tuple[str, int] | None = None
) -> list[AccountRow]:
    """The accounts with their enrolment, requirement and bonds in one statement, by id.

    ``not_reviewed_in`` names a cycle and year: then only open importers' accounts that it has not reviewed yet.
    """
    accounts = accounts_with_security(program_accounts, on)
    if not_reviewed_in is not None:
        cycle, year = not_reviewed_in
        reviewed = AnnualReview.objects.filter(cycle=cycle, year=year, program_account_id=OuterRef("pk"))
        accounts = accounts.filter(closed_on__isnull=True, opened_on__lte=on).exclude(
            profile=ProgramAccount.Profile.EXPORTER
        )
        accounts = accounts.annotate(reviewed=Subquery(reviewed.values("pk")[:1])).filter(reviewed__isnull=True)
    columns = (
        "id",
        "number",
        "business_id",
        "rpp_state",
        "rpp_reason",
        "requirement",
        "requirement_source",
        "bond",
        "opened_on",
    )
    return [
        AccountRow(
            id=number,
            number=bn15,
            business_id=business_id,
            state=state or "",
            reason=reason or "",
            requirement=requirement or ZERO,
            requirement_source=source or "",
            has_requirement=requirement is not None,
            bond=bond,
            opened_on=opened_on,
        )
        for number, bn15, business_id, state, reason, requirement, source, bond, opened_on in accounts.order_by(
            "id"
        ).values_list(*columns)
    ]


def enrolment_of(program_account_id: int) -> RppEnrolment | None:
    return RppEnrolment.objects.filter(program_account_id=program_account_id).first()

"""Whose security is used so far that it calls for a word, and whose estimate has proved too low."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet, Value

from accounts.models import ProgramAccount
from core.money import ZERO
from ledger import queries as book
from reference.queries import policy
from reference.rules.policy import NudgeParameters, SecurityParameters
from security import rules
from security.models import Nudge, RppEnrolment
from security.queries.accounts import with_enrolment, with_security
from security.queries.requirements import basis_of, months_looked_at
from security.queries.status import account_rows
from security.rules import ENROLLED, Coverage

_BATCH = 5000
#: How far below the lowest threshold the database already hands an account to the rule, which then decides to the cent.
_MARGIN = Decimal("0.01")


@dataclass(frozen=True)
class Use:
    """How much of its security one enrolled program account uses, and of which level it was told."""

    program_account_id: int
    level: int
    open_balance: Decimal
    coverage: Coverage


@dataclass(frozen=True)
class LowEstimate:
    """A month of charges above the estimate of one program account."""

    program_account_id: int
    estimate: Decimal
    month: Decimal
    month_end: date


def uses_to_look_at(*, on: date) -> Iterator[Use]:
    """Every enrolled account near a threshold or told of one, in one statement whatever their number."""
    dated = policy()
    parameters = dated.security_parameters(on)
    enrolled = ProgramAccount.objects.filter(rpp_enrolment__state__in=ENROLLED)
    accounts: QuerySet[Any] = with_enrolment(with_security(enrolled, on))
    accounts = accounts.annotate(**_near(dated.nudge_parameters(on), parameters))
    accounts = accounts.filter(Q(rpp_enrolment__nudge_level__gt=0) | Q(open_debt__gt=ZERO, used__gte=F("near")))
    rows = accounts.order_by("pk").values_list("pk", "rpp_enrolment__nudge_level", "open_debt", "bond", "held_deposits")
    for number, level, open_debt, bond, deposits in rows.iterator(chunk_size=_BATCH):
        yield Use(number, level, open_debt, Coverage(bond, -deposits, parameters))


def _near(thresholds: NudgeParameters, parameters: SecurityParameters) -> dict[str, ExpressionWrapper]:
    """What is used and what calls for a look, in the same whole numbers, because every rate has two decimals."""

    def times(amount: Any, rate: Decimal) -> ExpressionWrapper:
        return ExpressionWrapper(amount * Value(int(rate * 100)), output_field=BigIntegerField())

    covered = times(F("bond"), parameters.cash_rate) - times(F("held_deposits"), parameters.bond_rate)
    return {
        "used": times(F("open_debt"), parameters.bond_rate * parameters.cash_rate * 100),
        "near": times(ExpressionWrapper(covered, output_field=BigIntegerField()), thresholds.information_at - _MARGIN),
    }


def low_estimates(*, on: date) -> Iterator[LowEstimate]:
    """Enrolments by estimate whose running or last whole month is above it and of which they were not told yet."""
    how = policy().month_rules(on)
    last = months_looked_at(on, how)[-1]
    for month in (last, rules.month_after(last[1])):
        enrolled = RppEnrolment.objects.filter(state__in=ENROLLED, estimate__isnull=False)
        charged = book.charge_rows(None, [month], counting=rules.categories(how), basis=basis_of(how))
        charged = charged.filter(holder_id__in=enrolled.values("program_account_id"), window_0__gt=ZERO)
        rows = list(charged.order_by("holder_id").values_list("holder_id", "window_0"))
        for start in range(0, len(rows), _BATCH):
            yield from _low_of(dict(rows[start : start + _BATCH]), month[1], on=on)


def _low_of(charged: dict[int, Decimal], month_end: date, *, on: date) -> Iterator[LowEstimate]:
    by = estimate_low_by(on)
    told = set(
        Nudge.objects.filter(month_end=month_end, program_account_id__in=charged).values_list(
            "program_account_id", flat=True
        )
    )
    for row in account_rows(list(charged), on=on):
        month = charged[row.id]
        is_low = rules.is_estimate_low(source=row.requirement_source, requirement=row.requirement, month=month, by=by)
        if is_low and row.id not in told:
            yield LowEstimate(row.id, row.requirement, month, month_end)


def estimate_low_by(on: date) -> Decimal:
    """The share by which a month may be above an importer's estimate before the estimate counts as too low."""
    return policy().amount("security.estimate_low_by", on)


def thresholds(on: date) -> list[tuple[Any, Decimal]]:
    """From which share of use an importer is told of what, in the order of the thresholds."""
    dated = policy()
    keys = (
        ("utilization.information_at", rules.NudgeKind.INFORMATION),
        ("utilization.warning_at", rules.NudgeKind.WARNING),
        ("utilization.insufficient_at", rules.NudgeKind.EXCEEDED),
    )
    return [(kind.label, dated.amount(key, on)) for key, kind in keys]


def nudges_of(program_account_id: int) -> QuerySet[Nudge]:
    """What an account was told of its use and its estimate, the latest first."""
    return Nudge.objects.filter(program_account_id=program_account_id)


def accounts_by_id(program_account_ids: Collection[int]) -> dict[int, ProgramAccount]:
    return ProgramAccount.objects.in_bulk(program_account_ids)

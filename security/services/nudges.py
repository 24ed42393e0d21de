"""Warnings in good time: of the use of the security, and of an estimate that proved too low."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict, DomainError
from reference.queries import policy
from security import early_messages, queries, rules
from security.models import Nudge, RppEnrolment, SecurityRequirement
from security.rules import ENROLLED, NudgeKind, RequirementSource
from security.services.parts import locked_enrolment, money, record, tell


def nudge_everybody(*, on: date, at: datetime) -> int:
    """Tell whoever's use rose over a threshold or whose estimate proved too low; returns how many were told of what.

    A few statements whatever the number of accounts; each threshold once per rise, each month of an estimate once.
    """
    thresholds = policy().nudge_parameters(on)
    levels: dict[int, list[int]] = defaultdict(list)
    nudges: list[Nudge] = []
    for use in queries.uses_to_look_at(on=on):
        found = rules.nudge(told=use.level, open_balance=use.open_balance, coverage=use.coverage, parameters=thresholds)
        if found.level != use.level:
            levels[found.level].append(use.program_account_id)
        if found.kind is not None:
            nudges.append(_nudge(use.program_account_id, found.kind, use.open_balance, use.coverage.total, on=on))
    for low in queries.low_estimates(on=on):
        kind = NudgeKind.ESTIMATE_LOW
        nudges.append(_nudge(low.program_account_id, kind, low.month, low.estimate, on=on, month_end=low.month_end))
    for level, accounts in levels.items():
        for start in range(0, len(accounts), 500):
            RppEnrolment.objects.filter(program_account_id__in=accounts[start : start + 500]).update(nudge_level=level)
    Nudge.objects.bulk_create(nudges, batch_size=500)
    accounts_told = queries.accounts_by_id({row.program_account_id for row in nudges}) if nudges else {}
    news = []
    for row in nudges:
        account = accounts_told[row.program_account_id]
        message = early_messages.nudged(row, number=account.number)
        news.append((account, early_messages.category_of(row), message))
    tell(news, on=on, at=at)
    return len(nudges)


def _nudge(
    program_account_id: int, kind: str, amount: Decimal, limit: Decimal, *, on: date, month_end: date | None = None
) -> Nudge:
    return Nudge(
        program_account_id=program_account_id,
        kind=kind,
        told_on=on,
        amount=amount,
        limit=limit,
        month_end=month_end,
    )


def raise_estimate(
    *, program_account_id: int, amount: Decimal, on: date, at: datetime, actor: Actor
) -> SecurityRequirement:
    """The importer corrects its own estimate upward; the new requirement holds at once.

    ``Conflict`` when the requirement is no estimate, ``DomainError`` when the amount is not higher.
    """
    with transaction.atomic():
        enrolment = locked_enrolment(program_account_id)
        current = queries.requirement_on(program_account_id, on=on)
        if (
            enrolment is None
            or enrolment.state not in ENROLLED
            or current is None
            or current.source != RequirementSource.ESTIMATE
        ):
            raise Conflict(
                _("Your requirement does not rest on an estimate any more. Reload the page to see what it rests on."),
                code="no_estimate",
            )
        if amount <= current.amount:
            raise DomainError(
                _("Enter more than %(amount)s. For less, ask for a lower requirement.")
                % {"amount": money(current.amount)},
                code="not_higher",
                field="estimate",
            )
        requirement = SecurityRequirement.objects.create(
            program_account_id=program_account_id,
            amount=amount,
            source=RequirementSource.ESTIMATE,
            effective_on=on,
            computed_on=on,
        )
        enrolment.estimate = amount
        enrolment.save(update_fields=("estimate",))
        record(
            actor,
            "rpp.estimate_raised",
            enrolment,
            at=at,
            before={"requirement": current.amount},
            after={"requirement": amount},
        )
    return requirement

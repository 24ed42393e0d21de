"""What cash security may pay, and what is asked about it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from ledger import queries as book
from security import rules
from security.models import DepositRequest
from security.queries.facts import facts_by_account
from security.queries.requirements import upcoming_requirement
from security.queries.status import enrolment_of
from security.rules import Application, RequestState


def deposit_requests_of(
    program_account_id: int, *, kind: str = "", states: Collection[str] = RequestState.values
) -> QuerySet[DepositRequest]:
    """What an account asked about deposits, newest first."""
    rows = DepositRequest.objects.filter(program_account_id=program_account_id, state__in=states)
    return (rows.filter(kind=kind) if kind else rows).order_by("-id")


def applicable_cash(program_account_id: int) -> Decimal:
    """How much of the deposit could pay debts today: what is held, and no more than is owed after credits."""
    balance = book.balance_of(program_account_id)
    return rules.most_applicable(held=balance.deposits, owed=balance.net)


def application_of(program_account_id: int, amount: Decimal, *, on: date) -> Application:
    """What becomes of requirement, cover and debt when so much of the deposit pays debts."""
    facts = facts_by_account([program_account_id], on=on)[program_account_id]
    upcoming = upcoming_requirement(program_account_id, on=on)
    if upcoming is not None:
        facts = replace(facts, requirement=max(facts.requirement, upcoming.amount))
    enrolment = enrolment_of(program_account_id)
    is_enrolled = enrolment is not None and enrolment.state in rules.ENROLLED
    return rules.application(facts, amount, is_enrolled=is_enrolled)


def freely_applicable_cash(program_account_id: int, *, on: date) -> Decimal:
    """The part that pays debts without an officer: the rest still covers the requirement."""
    most = applicable_cash(program_account_id)
    if most <= ZERO or not application_of(program_account_id, most, on=on).needs_officer:
        return most
    effect = application_of(program_account_id, ZERO, on=on)
    spare = rules.returnable(
        held=effect.before.coverage.cash,
        coverage=effect.before.coverage,
        requirement=effect.before.requirement,
        open_debt=ZERO,
    )
    # The last of the security is what keeps releases open while anything is owed.
    part = min(most, spare)
    return part if not application_of(program_account_id, part, on=on).needs_officer else ZERO

"""What cash security may pay, and what is asked about it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from ledger import queries as book
from security import rules
from security.models import DepositRequest
from security.queries.facts import facts_by_account
from security.queries.requirements import upcoming_requirement
from security.queries.status import enrolment_of
from security.rules import Application, Facts, RequestState


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


def credits_of_applications(rows: Collection[DepositRequest], *, on: date) -> dict[int, int]:
    """Of each request that paid debts, the credit that it became in the book: where the trace of its cents begins."""
    sources = {f"deposit-applied:{row.reference}": row.pk for row in rows if row.state == RequestState.DONE}
    return {sources[item.source]: item.pk for item in book.items_of_sources(sources, on=on)}


@dataclass(frozen=True)
class DepositUse:
    """How a deposit could pay debts today: ``most`` in all, ``freely`` without an officer, and what ``most`` does."""

    most: Decimal
    freely: Decimal
    effect: Application


def deposit_use_of(program_account_id: int, *, on: date) -> DepositUse:
    most = applicable_cash(program_account_id)
    facts, is_enrolled = _facts(program_account_id, on=on)
    return DepositUse(
        most=most,
        freely=rules.freely_applicable(facts, most, is_enrolled=is_enrolled),
        effect=rules.application(facts, most, is_enrolled=is_enrolled),
    )


def application_of(program_account_id: int, amount: Decimal, *, on: date) -> Application:
    """What becomes of requirement, cover and debt when so much of the deposit pays debts."""
    facts, is_enrolled = _facts(program_account_id, on=on)
    return rules.application(facts, amount, is_enrolled=is_enrolled)


def _facts(program_account_id: int, *, on: date) -> tuple[Facts, bool]:
    """The facts against the higher of today's requirement and the one to come; and whether the account is enrolled."""
    facts = facts_by_account([program_account_id], on=on)[program_account_id]
    upcoming = upcoming_requirement(program_account_id, on=on)
    if upcoming is not None:
        facts = replace(facts, requirement=max(facts.requirement, upcoming.amount))
    enrolment = enrolment_of(program_account_id)
    return facts, enrolment is not None and enrolment.state in rules.ENROLLED

"""Requests to lower the requirement: one open at a time, decided by an officer."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from security import messages, queries
from security.models import (
    ReductionCase,
)
from security.rules import (
    CaseState,
)
from security.services.parts import locked_account, money, record, tell
from security.services.release_prior_to_payment import (
    applicable_requirement,
    lower_requirement,
    reassess_many,
    suspend_if_deadline_missed,
)


def open_reduction_case(
    *,
    program_account_id: int,
    proposed_amount: Decimal,
    justification: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> ReductionCase:
    """Ask an officer for a lower requirement. ``Conflict`` while another request is open."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        if queries.open_case_of(account.pk) is not None:
            raise Conflict(
                _("A request is open already. Wait for its decision, or withdraw it first."), code="case_open"
            )
        requirement = applicable_requirement(account.pk, on=on)
        if not ZERO < proposed_amount < requirement:
            raise DomainError(
                _("Propose an amount above zero and below %(amount)s, the requirement.")
                % {"amount": money(requirement)},
                code="not_lower",
                field="proposed_amount",
            )
        case = ReductionCase.objects.create(
            program_account=account,
            requirement=requirement,
            proposed_amount=proposed_amount,
            justification=justification,
            submitted_at=at,
        )
        record(actor, "reduction.asked", case, at=at, before={"amount": requirement}, after={"amount": proposed_amount})
    return case


def withdraw_reduction_case(*, case_id: int, on: date, at: datetime, actor: Actor) -> ReductionCase:
    with transaction.atomic():
        case = _open_case(case_id)
        case.state, case.decided_at, case.decided_by = CaseState.WITHDRAWN, at, actor.name
        case.save()
        record(actor, "reduction.withdrawn", case, at=at)
        suspend_if_deadline_missed([case.program_account_id], on=on, at=at, actor=actor)
    return case


def decide_reduction_case(
    *, case_id: int, approved_amount: Decimal | None, reasons: str, on: date, at: datetime, actor: Actor
) -> ReductionCase:
    """An officer approves an amount, or with None refuses. An approved amount holds until the next yearly review.

    A refusal after the review's deadline suspends at once an account that is still short.
    """
    with transaction.atomic():
        case = _open_case(case_id)
        if approved_amount is not None and not ZERO < approved_amount < case.requirement:
            raise DomainError(
                _("Approve an amount above zero and below %(amount)s, or refuse the request.")
                % {"amount": money(case.requirement)},
                code="not_lower",
                field="approved_amount",
            )
        case.decided_at, case.decided_by, case.decision_note = at, actor.name, reasons
        case.approved_amount = approved_amount
        if approved_amount is None:
            case.state = CaseState.REFUSED
        elif approved_amount == case.proposed_amount:
            case.state = CaseState.APPROVED
        else:
            case.state = CaseState.PARTIALLY_APPROVED
        case.save()
        record(actor, "reduction.decided", case, at=at, after={"state": case.state, "amount": approved_amount})
        account = case.program_account
        if approved_amount is not None:
            lower_requirement(account.pk, approved_amount, on=on)
        message = messages.reduction_decided(case, number=account.number)
        tell([(account, messages.REDUCTION_DECISION, message)], on=on, at=at)
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
        suspend_if_deadline_missed([account.pk], on=on, at=at, actor=actor)
    return case


def _open_case(case_id: int) -> ReductionCase:
    case = ReductionCase.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=case_id)
    if case.state != CaseState.SUBMITTED:
        raise Conflict(_("This request was decided already. Reload the page."), code="case_closed")
    return case

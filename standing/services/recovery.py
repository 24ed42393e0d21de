"""Money that comes without the importer's doing: a credit set off, a demand that the surety paid."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import Side
from payments import arrivals
from payments import services as payments
from payments.models import Payment
from reference import queries as reference
from security import services as security
from security.models import Demand
from standing import messages, queries, rules
from standing.services.parts import locked_account, record, require_overdue, tell

_METHOD = "SET_OFF"


def set_off(
    *,
    program_account_id: int,
    source_id: int,
    expected_overdue: Decimal,
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """Apply the credits of another program account of the business to what is overdue here; returns how much.

    Possible from the 91st day after the notice of arrears (Customs Act s. 97.26 and 97.34). ``Conflict`` when
    ``expected_overdue``, what the officer saw, has changed; ``DomainError`` before that day or without a credit.
    """
    with transaction.atomic():
        first, second = sorted((program_account_id, source_id))
        pair = {number: locked_account(number) for number in (first, second)}
        account, source = pair[program_account_id], pair[source_id]
        overdue = require_overdue(account, on=on)
        if overdue != expected_overdue:
            raise Conflict(
                _("What is overdue has changed since you opened this page. Check it and decide again."),
                code="overdue_changed",
            )
        _require_enforceable(account, on=on)
        if source.business_id != account.business_id or source.pk == account.pk:
            raise DomainError(
                _("Choose another program account of the same business."), code="not_of_the_business", field="source"
            )
        amount = _draw_credits(source, overdue, towards=account, on=on, at=at, actor=actor)
        book.post_payment(
            key=f"set-off:{source.number}:{account.number}:{at.isoformat()}",
            holder_id=account.pk,
            payer_id=account.business_id,
            amount=amount,
            method=_METHOD,
            source=f"set-off:{source.number}",
            memo=source.number,
            posted_on=on,
            at=at,
            actor=actor,
        )
        _apply(account, on=on, at=at, actor=actor)
        record(account, "standing.set_off", actor=actor, at=at, reason=reason, amount=amount, source=source.number)
        tell(account, messages.SET_OFF, messages.SET_OFF_BODY, amount=amount, source=formats.bn(source.number), at=at)
    return amount


def receive_from_surety(*, demand_id: int, reference_text: str, on: date, at: datetime, actor: Actor) -> Demand:
    """The surety has paid a demand: the money clears the debt, the bond is lower by it, release may begin again.

    ``Conflict`` when the demand is not open any more, so that nothing is entered twice.
    """
    with transaction.atomic():
        demand = security.close_paid_demand(demand_id=demand_id, reference=reference_text, on=on, at=at, actor=actor)
        account = locked_account(demand.program_account_id)
        arrivals.enter(
            key=f"demand:{demand.pk}",
            program_account=account,
            payer=demand.bond.provider,
            person=reference_text,
            amount=demand.amount,
            method=Payment.Method.CHEQUE,
            at=at,
            actor=actor,
        )
        tell(account, messages.SURETY_PAID, messages.SURETY_PAID_BODY, amount=demand.amount, at=at)
    return demand


def _apply(account: ProgramAccount, *, on: date, at: datetime, actor: Actor) -> None:
    payments.allocate(holders=[account.pk], on=on, at=at, actor=actor)
    security.reassess_rpp(program_account_id=account.pk, on=on, at=at, actor=actor)


def _require_enforceable(account: ProgramAccount, *, on: date) -> None:
    days = rules.StepDays.of(reference.policy(), on)
    if not rules.can_enforce(noticed_on=queries.noticed_on(account.pk, on=on), days=days, on=on):
        raise DomainError(
            _("Set-off is possible from the 91st day after the notice of arrears. Wait for that day."),
            code="too_early_to_enforce",
        )


def _draw_credits(
    source: ProgramAccount, limit: Decimal, *, towards: ProgramAccount, on: date, at: datetime, actor: Actor
) -> Decimal:
    """Take open credits of an account, oldest first, up to a limit; what was taken leaves its book as a payout."""
    drawn = ZERO
    name = f"set-off:{towards.number}"
    for item in ledger.open_items_of(source.pk, on=on).filter(side=Side.CREDIT):
        part = min(item.remaining, limit - drawn)
        if part > ZERO:
            book.post_disbursement(
                key=f"set-off-credit:{item.pk}:{at.isoformat()}",
                credit_item_id=item.pk,
                amount=part,
                source=name,
                memo=towards.number,
                posted_on=on,
                at=at,
                actor=actor,
            )
            drawn += part
    if drawn <= ZERO:
        raise DomainError(
            _("This program account has no open credit. Choose another."), code="no_credit", field="source"
        )
    book.post_payout(
        key=f"set-off-payout:{source.number}:{at.isoformat()}",
        holder_id=source.pk,
        amount=drawn,
        method=_METHOD,
        source=name,
        memo=towards.number,
        posted_on=on,
        at=at,
        actor=actor,
    )
    return drawn

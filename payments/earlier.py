"""What an officer enters: a cheque or a payment at a counter. It counts from the day it was received, and interest
follows.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import at_toronto
from core.errors import Conflict, DomainError
from core.money import ZERO
from ledger import queries as ledger
from ledger import services as book
from payments import plans, rules
from payments.models import Payment
from payments.services import new_reference
from reference.rules.billing import billing_period_of
from security import services as security
from statements import interest

#: How far back a cheque may have been received (assumed: what interest looks back on).
LONGEST_DAYS = 400
#: At which hour the mail of a day counts as received.
_OFFICE_HOUR = 16


def enter_cheque(
    *,
    program_account_id: int,
    business_id: int,
    amount: Decimal,
    received_on: date,
    number: str,
    reason: str,
    method: Payment.Method = Payment.Method.CHEQUE,
    on: date,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """Post a cheque or counter payment as received on an earlier day, clear the oldest due debt as of that day, and
    credit the interest that was charged too much; returns that interest.

    ``DomainError`` for an amount not above zero, a day that is to come or more than 400 days ago. The same number on
    the same account is posted once; ``Conflict`` when it comes again with another amount or day.
    """
    if amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    if not 0 <= (on - received_on).days <= LONGEST_DAYS:
        raise DomainError(
            _("Enter the day on which the cheque was received: not after today, at most 400 days ago."),
            code="received_out_of_range",
            field="received_on",
        )
    key = f"{method.lower()}:{number}:{program_account_id}"
    with transaction.atomic():
        interest.hold_account(program_account_id)
        if earlier := ledger.entry_by_key(key):
            if (-earlier.amount, earlier.billing_on) != (amount, received_on):
                raise Conflict(
                    _("This cheque was entered on the account before, with another amount or day. Check its number."),
                    code="cheque_entered_before",
                    field="number",
                )
            return ZERO
        payment = Payment.objects.create(
            reference=new_reference(),
            program_account_id=program_account_id,
            payer_id=business_id,
            amount=amount,
            method=method,
            state=Payment.State.RECEIVED,
            started_at=at,
            received_at=at_toronto(received_on, _OFFICE_HOUR),
            cycle_start=billing_period_of(received_on).first_day,
            form_key=key,
        )
        entry = book.post_payment(
            key=key,
            holder_id=program_account_id,
            payer_id=business_id,
            amount=amount,
            method=payment.method,
            source=f"payment:{payment.reference}",
            memo=number,
            posted_on=on,
            received_on=received_on,
            at=at,
            actor=actor,
        )
        credit = ledger.item_of_entry(entry.pk)
        _clear_as_of(credit, program_account_id, amount, received_on=received_on, on=on, at=at, actor=actor)
        plans.fill(payment)
        audit.record(
            actor=actor,
            verb="payment.entered_late",
            target=f"ledger.JournalEntry:{entry.key}",
            business_id=business_id,
            program_account_id=program_account_id,
            after={"amount": amount, "received_on": received_on},
            reason=reason,
            at=at,
        )
        credited = interest.credit_overcharge(
            program_account_id=program_account_id, reason=reason, on=on, at=at, actor=actor
        )
        security.reassess_rpp(program_account_id=program_account_id, on=on, at=at, actor=actor)
    return credited


def _clear_as_of(
    credit: Any, program_account_id: int, amount: Decimal, *, received_on: date, on: date, at: datetime, actor: Actor
) -> None:
    """Oldest due debt first, each as of the day on which both the cheque and the debt were there."""
    items = {row.pk: row for row in ledger.open_items_of(program_account_id, on=on, debts_only=True)}
    debts = [
        rules.OpenDebt(id=row.pk, kind=row.kind, due_on=row.due_on or row.posted_on, left=row.remaining)
        for row in items.values()
    ]
    credits = [rules.OpenCredit(id=credit.pk, posted_on=received_on, left=amount)]
    for row in rules.allocations(debts, credits, on=on):
        book.clear(
            debt_item_id=row.debt_id,
            credit_item_id=row.credit_id,
            amount=row.amount,
            cleared_on=max(received_on, items[row.debt_id].posted_on),
            at=at,
            actor=actor,
        )

"""A payment that comes back: a debit, a cheque or a card payment is undone in the book, whoever paid it is told.

One way for every method, idempotent by the payment's reference; the fee is dated policy (``payments.nsf_fee``).
"""

from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict
from core.lazy import lazy_text
from core.money import ZERO
from delegation import services as delegations
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import EntryKind, Revenue
from payments import plans, rules
from payments.messages import AGAIN_BODY, FEE_SENTENCE, OTHER_RETURN, RETURN_REASONS, RETURNED_BODY, RETURNED_SUBJECT
from payments.models import Payment
from reference import queries as reference
from reference.rules.billing import shown_in
from security import services as security


def return_payment(*, payment: Payment, reason: str, on: date, at: datetime, actor: Actor, fee: bool) -> Payment:
    """Undo a received payment: what it cleared is owed again, a deposit covers no more; ``fee`` charges the fee.

    Again, it changes nothing. ``Conflict`` for a payment that was never received, or for a deposit of which a part is
    no longer there.
    """
    with transaction.atomic():
        ProgramAccount.objects.select_for_update(no_key=True).get(pk=payment.program_account_id)
        payment = (
            Payment.objects.select_for_update(of=("self",), no_key=True)
            .select_related("program_account__business", "payer")
            .get(pk=payment.pk)
        )
        if payment.state == Payment.State.RETURNED:
            return payment
        if not rules.can_become(payment.state, Payment.State.RETURNED):
            raise Conflict(
                _("Only a received payment can come back. Open the payment to see where it stands."),
                code="cannot_return",
                field="reference",
            )
        _take_out_of_the_book(payment, reason, on=on, at=at, actor=actor)
        payment.state = Payment.State.RETURNED
        payment.reason = reason[:60]
        payment.save(update_fields=("state", "reason"))
        plans.reopen(payment, at=at, actor=actor)
        _record(payment, reason, at=at, actor=actor)
        charged = (
            charge_fee(
                program_account=payment.program_account, reference_text=payment.reference, on=on, at=at, actor=actor
            )
            if fee
            else ZERO
        )
        tell_returned(
            program_account=payment.program_account,
            payer_id=payment.payer_id,
            amount=payment.amount,
            reason=reason,
            fee=charged,
            at=at,
        )
        security.reassess_rpp(program_account_id=payment.program_account_id, on=on, at=at, actor=actor)
    return payment


def _take_out_of_the_book(payment: Payment, reason: str, *, on: date, at: datetime, actor: Actor) -> None:
    if payment.is_deposit:
        security.take_back_deposit(payment_reference=payment.reference, reason=reason, on=on, at=at, actor=actor)
        return
    entry = ledger.entry_by_key(payment.entry_key)
    assert entry is not None, payment.reference
    book.reverse_entry(
        key=f"return:{payment.reference}",
        entry_id=entry.pk,
        reason=reason,
        kind=EntryKind.PAYMENT_RETURN,
        posted_on=on,
        at=at,
        actor=actor,
    )


def charge_fee(
    *, program_account: ProgramAccount, reference_text: str, on: date, at: datetime, actor: Actor
) -> Decimal:
    """Charge what a returned payment costs on a day, once per reference; due with the statement that shows it."""
    amount = reference.policy().amount("payments.nsf_fee", on)
    if amount <= ZERO:
        return ZERO
    dates = reference.billing_dates_of(shown_in(on).first_day)
    with transaction.atomic():
        book.post_charge(
            key=f"return-fee:{reference_text}",
            kind=EntryKind.PAYMENT_RETURN,
            holder_id=program_account.pk,
            submitter_id=None,
            amounts={Revenue.OTHER: amount},
            source=f"payment:{reference_text}",
            memo=reference_text,
            posted_on=on,
            billing_on=on,
            due_on=dates.payment_due_on,
            last_day_to_pay=dates.last_day_to_pay,
            at=at,
            actor=actor,
        )
        audit.record(
            actor=actor,
            verb="payment.fee_charged",
            target=f"payments.Payment:{reference_text}",
            business_id=program_account.business_id,
            program_account_id=program_account.pk,
            after={"amount": amount},
            at=at,
        )
    return amount


def tell_returned(
    *,
    program_account: ProgramAccount,
    payer_id: int,
    amount: Decimal,
    reason: str,
    fee: Decimal,
    at: datetime,
    again_on: date | None = None,
) -> None:
    """Tell the importer, and the payer where that is somebody else, why money came back, what to do, and whether the
    bank is asked once more.
    """
    why = lazy_text(RETURN_REASONS.get(reason, OTHER_RETURN))
    cost = lazy_text(FEE_SENTENCE, fee=fee)

    def reasons() -> str:
        return f"{why()} {cost()}" if fee else why()

    body = lazy_text(RETURNED_BODY, why=reasons)
    if again_on:
        body = lazy_text(AGAIN_BODY, why=reasons, day=again_on)
    for business_id in dict.fromkeys((program_account.business_id, payer_id)):
        delegations.notify_business(
            business_id=business_id,
            subject=lazy_text(RETURNED_SUBJECT, amount=amount),
            body=body,
            category="payment",
            link=partial(reverse, "payments:pay", args=(program_account.number,)),
            program_account_id=program_account.pk,
            at=at,
        )


def _record(payment: Payment, reason: str, *, at: datetime, actor: Actor) -> None:
    audit.record(
        actor=actor,
        verb="payment.returned",
        target=f"payments.Payment:{payment.reference}",
        business_id=payment.program_account.business_id,
        program_account_id=payment.program_account_id,
        before={"state": Payment.State.RECEIVED},
        after={"amount": payment.amount, "method": payment.method, "state": payment.state},
        reason=reason,
        at=at,
    )

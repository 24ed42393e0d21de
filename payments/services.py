"""Money in: started, settled once however often the bank tells, allocated, and its consequences drawn at once."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit, jobs
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Stranger, Unavailable
from core.lazy import lazy_text
from core.models import JobChunk, JobRun
from core.money import ZERO
from delegation import services as delegations
from ledger import queries as ledger
from ledger import services as book
from payments import clearing_run, gateway, plans, queries, rules
from payments.credits.queries import preference_of, with_own_preference
from payments.messages import CHOSEN_BODY, PAYMENT_BODY, PAYMENT_SUBJECT
from payments.models import ChosenItem, Payment
from security import services as security
from security.rules import CURABLE
from statements import queries as statements

#: No 0, 1, I, L or O, so that a reference can be read out on the telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BANK_METHODS = {Payment.Method.CREDIT_CARD: "card", Payment.Method.DEBIT_CARD: "debit"}
_OUTCOMES = {
    "APPROVED": Payment.State.RECEIVED,
    "DECLINED": Payment.State.DECLINED,
    "CANCELLED": Payment.State.CANCELLED,
}


@dataclass(frozen=True)
class PaymentOrder:
    """What somebody wants to pay (dollars); ``purpose`` DEPOSIT pays financial security.

    ``items`` are the open items that are meant, all of them whole; empty means the oldest due first.
    """

    amount: Decimal
    method: Payment.Method
    purpose: Payment.Purpose = Payment.Purpose.DEBT
    items: tuple[int, ...] = ()


def start_payment(
    *,
    order: PaymentOrder,
    program_account: ProgramAccount,
    payer: Business,
    actor: Actor,
    at: datetime,
    once: str = "",
) -> Payment:
    """Write a payment down before the bank hears of it, holding its place under the card limit.

    ``once`` is the one-time key of a form or call: the same order with the same key returns the payment it made.
    ``DomainError`` for an amount that is not above zero or over what the card may still pay in this billing cycle.
    """
    if order.amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    form_key = _form_key(once, order, program_account, payer, actor) if once else None
    with transaction.atomic():
        lock_accounts([program_account.pk])
        earlier = queries.payment_of_form(form_key) if form_key else None
        if earlier is not None:
            return earlier
        if order.items:
            _require_whole(order, program_account.pk, on=at.date())
        if order.method == Payment.Method.CREDIT_CARD:
            _require_room(order.amount, queries.card_room(program_account.pk, on=at.date()))
        payment = Payment.objects.create(
            reference=new_reference(),
            program_account=program_account,
            payer=payer,
            person=actor.name,
            user_id=actor.user_id,
            amount=order.amount,
            method=order.method,
            purpose=order.purpose,
            started_at=at,
            cycle_start=rules.cycle_start(at),
            form_key=form_key,
        )
        ChosenItem.objects.bulk_create(ChosenItem(payment=payment, item_id=number) for number in order.items)
        _record(payment, "payment.started", actor=actor, at=at)
    return payment


def return_address(payment: Payment) -> str:
    """Where the bank sends the person back to, in the active language."""
    path = reverse("payments:return", args=(payment.program_account.number, payment.reference))
    return f"{settings.PORTAL_URL}{path}"


def send_to_bank(*, payment: Payment, return_url: str, language: str) -> Payment:
    """Open the payment's page at the bank, once. ``Unavailable`` leaves it started: it can be sent again or cancelled.

    ``Conflict`` when the payment was closed while the bank answered.
    """
    if payment.bank_session:
        return payment
    if not payment.return_address:
        # The bank takes one address a payment, so a second try in the other language must name the first one's.
        payment.return_address = return_url
        payment.save(update_fields=("return_address",))
    session = gateway.open_session(
        reference=payment.reference,
        amount=payment.amount,
        method=_BANK_METHODS[Payment.Method(payment.method)],
        payee=payment.program_account.number,
        return_url=payment.return_address,
        language=language,
        on=payment.started_at.astimezone(TORONTO).date(),
    )
    with transaction.atomic():
        payment = _locked(payment.reference)
        _require_transition(payment, Payment.State.AT_BANK)
        payment.bank_session = session.id
        payment.bank_address = session.url
        payment.state = Payment.State.AT_BANK
        payment.save(update_fields=("bank_session", "bank_address", "state"))
    return payment


def settle(*, reference: str, actor: Actor, at: datetime) -> Payment:
    """Ask the bank how a payment stands and draw the consequences, once.

    The bank's word is asked for rather than believed from a message, so that a message repeated, late or forged changes
    nothing. ``Unavailable`` when the bank does not answer: the sweep asks again.
    """
    payment = _known(reference)
    if not payment.is_under_way or not payment.bank_session:
        return payment
    return _draw_consequences(payment, gateway.read_session(payment.bank_session), actor=actor, at=at)


def receive(*, reference: str, actor: Actor, at: datetime) -> Payment:
    """Post a captured payment to the book, allocate it and draw its consequences; a second call changes nothing."""
    with transaction.atomic():
        lock_accounts([_known(reference).program_account_id])
        payment = _locked(reference)
        if payment.state == Payment.State.RECEIVED:
            return payment
        _require_transition(payment, Payment.State.RECEIVED)
        before = payment.state
        payment.state = Payment.State.RECEIVED
        payment.received_at = at
        payment.save(update_fields=("state", "received_at"))
        if payment.is_deposit:
            security.receive_deposit(
                program_account_id=payment.program_account_id,
                amount=payment.amount,
                payment_reference=payment.reference,
                method=payment.method,
                on=at.date(),
                at=at,
                actor=actor.acting_for(payment.payer_id),
            )
        else:
            post_and_allocate(payment, actor=actor, at=at)
        _record(payment, "payment.received", before=before, actor=actor, at=at)
    return payment


def post_and_allocate(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Money that is here goes into the book and to the items it is meant for; what follows from it is drawn at once.

    To be called inside the transaction that writes the payment down as received, with its account locked.
    """
    entry = book.post_payment(
        key=payment.entry_key,
        holder_id=payment.program_account_id,
        payer_id=payment.payer_id,
        amount=payment.amount,
        method=payment.method,
        source=payment.entry_key,
        memo=payment.reference,
        posted_on=at.date(),
        at=at,
        actor=actor,
    )
    if chosen := queries.chosen_items(payment):
        _clear_chosen(payment, chosen, credit_id=ledger.item_of_entry(entry.pk).pk, actor=actor, at=at)  # type: ignore[union-attr]
    else:
        newest = statements.newest_statement(payment.program_account_id)
        allocate(
            holders=[payment.program_account_id],
            on=at.date(),
            actor=actor,
            at=at,
            billed_through=newest.payment_due_on if newest else None,
        )
    plans.fill(payment)
    security.reassess_rpp(program_account_id=payment.program_account_id, on=at.date(), at=at, actor=actor)
    _tell(payment, CHOSEN_BODY if chosen else PAYMENT_BODY, at=at)


def _clear_chosen(payment: Payment, chosen: Sequence[int], *, credit_id: int, actor: Actor, at: datetime) -> None:
    """What was paid meanwhile is left alone: that part of the money stays as a credit."""
    on = at.date()
    left = queries.left_of_items(payment.program_account_id, on=on)
    parts = rules.chosen_allocations([(number, left.get(number, ZERO)) for number in chosen], amount=payment.amount)
    pairs = [
        book.ClearingPair(debt_item_id=number, credit_item_id=credit_id, amount=amount) for number, amount in parts
    ]
    if pairs:
        book.clear_many(pairs=pairs, cleared_on=on, at=at, actor=actor)


def cancel(*, reference: str, actor: Actor, at: datetime) -> Payment:
    """Give up a payment that the bank has not captured; what the bank did meanwhile counts first.

    ``Unavailable`` when the bank knows of it and does not answer: then it may still be captured, so it stays open.
    """
    payment = _known(reference)
    if not payment.is_under_way:
        return payment
    if not payment.bank_session:
        return _close(reference, Payment.State.CANCELLED, "given_up", actor=actor, at=at)
    return _draw_consequences(payment, gateway.cancel_session(payment.bank_session), actor=actor, at=at)


def allocate(
    *, holders: Sequence[int] | range, on: date, actor: Actor, at: datetime, billed_through: date | None = None
) -> int:
    """Clear open debts with open credits, in the order each account prefers; returns how many clearings were made."""
    found = 0
    with transaction.atomic():
        chosen = queries.holders_with_both(holders)
        lock_accounts(chosen)
        preferences = preference_of(chosen)
        by_bill = [number for number, method in preferences.items() if method == rules.Preference.BILLED_FIRST]
        billed = queries.billed_until(by_bill) if by_bill else {}
        pairs = [
            book.ClearingPair(debt_item_id=row.debt_id, credit_item_id=row.credit_id, amount=row.amount)
            for holder, debts, credits in queries.open_positions(chosen, on=on, billed=billed)
            for row in rules.allocations(
                debts, credits, on=on, billed_through=billed_through, preference=preferences[holder]
            )
        ]
        if pairs:
            found = len(book.clear_many(pairs=pairs, cleared_on=on, at=at, actor=actor))
    return found


def run_clearing(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Daily: credits meet the debts that fall due; fired after midnight for the day that begins."""
    first, last = statements.account_range()
    count = jobs.run_chunks(
        run=run, ranges=jobs.ranges_of(first, last), work="payments.services.clearing_chunk", actor=actor
    )
    return {"clearings": count}


def clearing_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """The clearings of a range of accounts on the day the run fell due; a cleared debt may cure a suspension."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    with transaction.atomic():
        holders = lock_accounts(ledger.holders_with_both(range(chunk.first_id, chunk.last_id + 1)))
        own_way = with_own_preference(holders)
        oldest_first = [number for number in holders if number not in own_way]
        count, cleared = clearing_run.clear_oldest_first(holders=oldest_first, on=on, at=at, actor=actor)
        others = allocate(holders=own_way, on=on, actor=actor, at=at) if own_way else 0
        cleared += own_way if others else []
        security.reassess_many(program_account_ids=cleared, on=on, at=at, actor=actor, states=CURABLE)
    return count + others


def sweep_under_way(*, actor: Actor, at: datetime) -> int:
    """Ask the bank after every payment whose outcome is not known; returns how many were settled.

    One that the bank never heard of is given up after a time, so that it holds no card room for ever.
    """
    settled = 0
    for payment in queries.under_way():
        if rules.is_given_up(age=at - payment.started_at, is_known_at_bank=bool(payment.bank_session)):
            _close(payment.reference, Payment.State.CANCELLED, "given_up", actor=actor, at=at)
            settled += 1
            continue
        try:
            settled += not settle(reference=payment.reference, actor=actor, at=at).is_under_way
        except Unavailable:
            return settled
    return settled


def new_reference() -> str:
    """Twelve characters in threes, such as ``P7K-2MX-94T-QRB``; random, so that none can be guessed."""
    text = "".join(secrets.choice(_ALPHABET) for _position in range(12))
    return "-".join(text[start : start + 3] for start in range(0, 12, 3))


def balance_due(program_account_id: int) -> Decimal:
    """What is owed after open credits, in dollars; never below zero."""
    return max(ledger.balance_of(program_account_id).net, ZERO)


def _form_key(once: str, order: PaymentOrder, program_account: ProgramAccount, payer: Business, actor: Actor) -> str:
    """The key of a form and everything it asks for: a changed order from the same form is a new payment."""
    parts = (once, program_account.pk, payer.pk, actor.user_id, order.amount, order.method, order.purpose, *order.items)
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()


def _known(reference: str) -> Payment:
    payment = queries.payment_by_reference(reference)
    if payment is None:
        raise Stranger(_("There is no payment with this reference. Check it."), code="payment_unknown")
    return payment


def _locked(reference: str) -> Payment:
    return (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program_account__business", "payer")
        .get(reference=reference)
    )


def lock_accounts(program_account_ids: Collection[int]) -> list[int]:
    """Two payments into one account wait for each other: both the card room and the open items are counted inside."""
    return list(
        ProgramAccount.objects.select_for_update(no_key=True)
        .filter(pk__in=program_account_ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _draw_consequences(payment: Payment, session: gateway.BankSession, *, actor: Actor, at: datetime) -> Payment:
    outcome = _OUTCOMES.get(session.state)
    if outcome is None:
        return payment
    if outcome == Payment.State.RECEIVED:
        return receive(reference=payment.reference, actor=actor, at=at)
    return _close(payment.reference, outcome, session.reason, actor=actor, at=at)


def _require_room(amount: Decimal, room: queries.CardRoom) -> None:
    if amount <= room.left:
        return
    if not room.is_by_cycle:
        sentence = _("A credit card pays at most %(left)s at a time. Pay in parts, or choose debit.")
    elif room.left > ZERO:
        sentence = _(
            "A credit card may still pay %(left)s into this program account until %(until)s. "
            "Pay that part by card and the rest by debit, or choose debit for all of it."
        )
    else:
        sentence = _(
            "The credit card limit of %(limit)s for this program account is used up until %(until)s. Choose debit."
        )
    raise DomainError(
        lazy_text(sentence, left=room.left, until=room.cycle_end, limit=room.limit)(), code="card_limit", field="amount"
    )


def _require_whole(order: PaymentOrder, program_account_id: int, *, on: date) -> None:
    left = queries.left_of_items(program_account_id, on=on)
    if sum((left.get(number, ZERO) for number in order.items), ZERO) != order.amount or not left.keys() >= {
        *order.items
    }:
        raise Conflict(
            _("What you chose has changed meanwhile. Check the items and their amounts and choose again."),
            code="items_changed",
            field="items",
        )


def _require_transition(payment: Payment, following: Payment.State) -> None:
    if not rules.can_become(payment.state, following):
        raise Conflict(_("This payment is closed. Start a new one if something is still owed."), code="payment_closed")


def _close(reference: str, state: Payment.State, reason: str, *, actor: Actor, at: datetime) -> Payment:
    """End a payment without money; one that was ended or received meanwhile stays as it is."""
    with transaction.atomic():
        payment = _locked(reference)
        if payment.is_under_way:
            before = payment.state
            payment.state = state
            payment.reason = reason[:60]
            payment.save(update_fields=("state", "reason"))
            _record(payment, f"payment.{state.lower()}", before=before, actor=actor, at=at)
    return payment


def _record(payment: Payment, verb: str, *, before: str = "", actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"payments.Payment:{payment.reference}",
        business_id=payment.program_account.business_id,
        program_account_id=payment.program_account_id,
        before={"state": before} if before else None,
        after={"amount": payment.amount, "method": payment.method, "purpose": payment.purpose, "state": payment.state},
        reason=payment.reason,
        at=at,
    )


def _tell(payment: Payment, body: Any, *, at: datetime) -> None:
    delegations.notify_business(
        business_id=payment.program_account.business_id,
        subject=lazy_text(PAYMENT_SUBJECT, amount=payment.amount),
        body=lazy_text(body, payer=payment.payer.legal_name, reference=payment.reference),
        category="payment",
        link=partial(reverse, "payments:detail", args=(payment.program_account.number, payment.reference)),
        program_account_id=payment.program_account_id,
        at=at,
    )

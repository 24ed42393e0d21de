"""Cash deposits: received through payments, refunded as far as the requirement allows."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict, DomainError
from ledger import queries as book
from ledger.queries import entry_by_key
from ledger.services import post_deposit, post_deposit_refund, reverse_entry
from security import messages, queries, rules
from security.models import Deposit, DepositRequest
from security.rules import DepositState, RequestKind, RequestState
from security.services.parts import locked_account, money, record, tell
from security.services.release_prior_to_payment import reassess_many

REFUSED_METHOD = "PAD"


def receive_deposit(
    *,
    program_account_id: int,
    amount: Decimal,
    payment_reference: str,
    method: str = "",
    on: date,
    at: datetime,
    actor: Actor,
) -> Deposit:
    """Cash security that a payment brought in; it covers at once and may cure a suspension.

    The same reference again returns the deposit it made; ``Conflict`` when it was for something else. ``DomainError``
    for a pre-authorized debit: security is paid by card or from the bank (reported).
    """
    if method.upper() == REFUSED_METHOD:
        raise DomainError(
            _("A deposit cannot be paid by pre-authorized debit. Pay it by card, debit or from your bank."),
            code="deposit_by_pad",
            field="method",
        )
    with transaction.atomic():
        account = locked_account(program_account_id)
        earlier = queries.deposit_by_reference(payment_reference)
        if earlier is not None:
            if (earlier.program_account_id, earlier.amount) != (program_account_id, amount):
                raise Conflict(
                    _("This payment was used for another deposit. Check the reference."), code="reference_used"
                )
            return earlier
        deposit = Deposit.objects.create(
            program_account=account, amount=amount, payment_reference=payment_reference, active_on=on
        )
        post_deposit(
            key=f"deposit:{payment_reference}",
            holder_id=account.pk,
            payer_id=actor.business_id,
            amount=amount,
            method=method,
            source=f"deposit:{payment_reference}",
            memo=payment_reference,
            posted_on=on,
            at=at,
            actor=actor,
        )
        record(actor, "deposit.received", deposit, at=at, after={"amount": amount, "reference": payment_reference})
        tell(
            [(account, messages.DEPOSIT_ACTIVE, messages.deposit_active(deposit, number=account.number))], on=on, at=at
        )
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
    return deposit


def take_back_deposit(*, payment_reference: str, reason: str, on: date, at: datetime, actor: Actor) -> Deposit:
    """A deposit's payment came back to the bank: it covers nothing from now on, and release may end with it.

    Again, it changes nothing. ``Conflict`` for a deposit of which a part was given back or used already: an officer
    sees to that one.
    """
    with transaction.atomic():
        deposit = queries.deposit_by_reference(payment_reference)
        if deposit is None:
            raise Conflict(_("There is no deposit of this payment. Check the reference."), code="deposit_unknown")
        account = locked_account(deposit.program_account_id)
        deposit = Deposit.objects.select_for_update().get(pk=deposit.pk)
        if deposit.state == DepositState.TAKEN_BACK:
            return deposit
        entry = entry_by_key(f"deposit:{payment_reference}")
        if entry is None or deposit.held != deposit.amount or book.deposits_of(account.pk) < deposit.amount:
            raise Conflict(
                _("A part of this deposit was given back or used already. Settle the rest with the importer."),
                code="deposit_used",
            )
        reverse_entry(
            key=f"return:{payment_reference}",
            entry_id=entry.pk,
            reason=reason,
            posted_on=on,
            at=at,
            actor=actor,
        )
        deposit.state, deposit.returned, deposit.ended_on = DepositState.TAKEN_BACK, deposit.amount, on
        deposit.save(update_fields=("state", "returned", "ended_on"))
        record(actor, "deposit.taken_back", deposit, at=at, after={"amount": deposit.amount}, reason=reason)
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
    return deposit


def request_deposit_refund(
    *,
    program_account_id: int,
    amount: Decimal,
    expected_held: Decimal | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """Make cash security payable back, oldest deposit first; returns what is still held.

    Allowed while the rest covers what is required now and from the yearly review on. ``DomainError`` beyond that;
    ``Conflict`` when ``expected_held``, what the person saw, is no longer held (the same request twice, say).
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        held = require_held(account.pk, expected_held)
        possible = queries.returnable_cash(account.pk, on=on)
        if amount > possible:
            raise DomainError(
                _("Up to %(amount)s can go back today: the rest is needed to cover the requirement or a debt.")
                % {"amount": money(possible)},
                code="deposit_needed",
                field="amount",
            )
        use_deposits(account.pk, amount, column="returned", on=on)
        row = DepositRequest.objects.create(
            program_account=account,
            kind=RequestKind.REFUND,
            amount=amount,
            state=RequestState.APPROVED,
            asked_at=at,
            asked_by=actor.name,
        )
        key = f"deposit-refund:{row.reference}"
        post_deposit_refund(
            key=key,
            holder_id=account.pk,
            amount=amount,
            source=key,
            memo=row.reference,
            posted_on=on,
            at=at,
            actor=actor,
        )
        record(
            actor,
            "deposit.refund_asked",
            account,
            at=at,
            before={"held": held},
            after={"held": held - amount},
        )
        tell(
            [(account, messages.DEPOSIT_REFUNDED, messages.deposit_refunded(amount, number=account.number))],
            on=on,
            at=at,
        )
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
    return held - amount


def require_held(program_account_id: int, expected: Decimal | None) -> Decimal:
    """What is held now; ``Conflict`` when a person saw something else."""
    held = book.deposits_of(program_account_id)
    if expected is not None and held != expected:
        raise Conflict(
            _("The deposit has changed since you opened this page: %(held)s is held now. Check and ask again.")
            % {"held": money(held)},
            code="deposit_changed",
        )
    return held


def use_deposits(program_account_id: int, amount: Decimal, *, column: str, on: date) -> None:
    """Take so much off the deposits, the oldest first, as ``returned`` or ``applied``."""
    deposits = list(queries.active_deposits_of(program_account_id).select_for_update())
    parts = dict(rules.parts_in_order([(row.pk, row.held) for row in deposits], amount))
    used = [row for row in deposits if row.pk in parts]
    for row in used:
        setattr(row, column, getattr(row, column) + parts[row.pk])
        row.state = rules.deposit_state(amount=row.amount, returned=row.returned, applied=row.applied)
        row.ended_on = None if row.held else on
    Deposit.objects.bulk_update(used, (column, "state", "ended_on"))

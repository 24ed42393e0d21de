"""Credits used by choice: the offsetting preference, by hand, on another account of the business, or paid back."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.lazy import lazy_text
from core.money import ZERO
from delegation import services as delegations
from ledger import queries as ledger
from ledger import services as book
from payments import queries as payments
from payments import rules
from payments.credits import queries
from payments.credits.models import OffsettingPreference, RefundRequest
from payments.credits.rules import RefundState, can_become, refund_obstacle
from payments.messages import REFUND_BODIES, REFUND_SUBJECTS
from payments.services import allocate, lock_accounts, new_reference
from security import services as security


def choose_preference(
    *, program_account: ProgramAccount, method: rules.Preference, at: datetime, actor: Actor
) -> OffsettingPreference:
    """Choose how credits are used; holds from the next clearing, and changes nothing that was cleared before."""
    with transaction.atomic():
        lock_accounts([program_account.pk])
        before = queries.preference_of([program_account.pk])[program_account.pk]
        row, _made = OffsettingPreference.objects.update_or_create(
            program_account=program_account, defaults={"method": method, "chosen_at": at, "chosen_by": actor.name}
        )
        if before != method:
            _record("credit.preference_chosen", row, {"method": method}, before={"method": before}, at=at, actor=actor)
    return row


def allocate_by_hand(
    *,
    program_account: ProgramAccount,
    debt_ids: Collection[int],
    credit_ids: Collection[int],
    at: datetime,
    actor: Actor,
) -> int:
    """Use chosen credits on chosen items now, whole items only; returns how many clearings were made.

    ``DomainError`` when nothing is chosen, when an item is not open any more, or when the credits do not pay the items
    in full: then it says what is missing.
    """
    with transaction.atomic():
        lock_accounts([program_account.pk])
        known = queries.credits_of(program_account.pk, on=at.date())
        debts = [payments.open_debt(item, on=at.date()) for item in known.debts if item.pk in debt_ids]
        credits = [payments.open_credit(item) for item in known.credits if item.pk in credit_ids]
        _require_choice(debts, debt_ids, "debts")
        _require_choice(credits, credit_ids, "credits")
        if missing := rules.missing_by_hand(debts, credits):
            sentence = _(
                "The chosen credits are %(missing)s short of paying the chosen items in full. "
                "Choose fewer items or more credit: an item cannot be paid in part by hand."
            )
            raise DomainError(lazy_text(sentence, missing=missing)(), code="not_in_full", field="debts")
        pairs = [
            book.ClearingPair(debt_item_id=row.debt_id, credit_item_id=row.credit_id, amount=row.amount)
            for row in rules.by_hand(debts, credits)
        ]
        found = len(book.clear_many(pairs=pairs, cleared_on=at.date(), at=at, actor=actor))
        after = {"debts": sorted(debt_ids), "amount": sum((pair.amount for pair in pairs), ZERO)}
        _record("credit.allocated_by_hand", program_account, after, at=at, actor=actor)
        security.reassess_rpp(program_account_id=program_account.pk, on=at.date(), at=at, actor=actor)
    return found


def move_credit(
    *, program_account: ProgramAccount, to: ProgramAccount, amount: Decimal, at: datetime, actor: Actor, once: str
) -> str:
    """Move free credit to another program account of the business, oldest first, and let it clear debts there.

    ``once`` is the one-time key of the form or call: sent again it moves nothing. Returns the reference of the move.
    ``DomainError`` for another business's account or for more than the free credit.
    """
    if to.business_id != program_account.business_id or to.pk == program_account.pk:
        raise DomainError(
            _("Choose another program account of the same business."), code="not_of_the_business", field="to"
        )
    parts = f"{program_account.pk}:{to.pk}:{amount}:{once}"
    reference = hashlib.sha256(parts.encode()).hexdigest()[:16].upper()
    with transaction.atomic():
        lock_accounts([program_account.pk, to.pk])
        if ledger.entry_by_key(f"transfer:{reference}:out"):
            return reference
        known = queries.credits_of(program_account.pk, on=at.date())
        require_free(amount, known.free)
        book.post_transfer(
            key=f"transfer:{reference}",
            parts=_oldest_first(known.credits, amount),
            to_holder_id=to.pk,
            submitter_id=program_account.business_id,
            source=f"transfer:{reference}",
            memo=f"{program_account.number} > {to.number}",
            posted_on=at.date(),
            at=at,
            actor=actor,
        )
        allocate(holders=[to.pk], on=at.date(), actor=actor, at=at)
        for account, other in ((program_account, to), (to, program_account)):
            after = {"amount": amount, "other_account": other.number}
            verb = "credit.moved_away" if account is program_account else "credit.moved_here"
            _record(verb, account, after, at=at, actor=actor)
            security.reassess_rpp(program_account_id=account.pk, on=at.date(), at=at, actor=actor)
    return reference


def request_refund(*, program_account: ProgramAccount, amount: Decimal, at: datetime, actor: Actor) -> RefundRequest:
    """Ask for free credit back. ``DomainError`` where it would be refused; ``Conflict`` for a second request."""
    if amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    with transaction.atomic():
        lock_accounts([program_account.pk])
        if queries.refund_requests_of(program_account.pk).filter(state=RefundState.REQUESTED).exists():
            raise Conflict(
                _("You have asked for a refund already. Withdraw that request to ask for another amount."),
                code="refund_asked",
            )
        _require_refundable(program_account, amount, on=at.date())
        row = RefundRequest.objects.create(
            reference=new_reference(),
            program_account=program_account,
            amount=amount,
            requested_at=at,
            requested_by=actor.name,
        )
        _record("refund.requested", row, {"amount": amount}, at=at, actor=actor)
    return row


def withdraw_refund(*, refund: RefundRequest, at: datetime, actor: Actor) -> RefundRequest:
    """Take a request back before it is decided."""
    return _move(refund, RefundState.WITHDRAWN, "", at=at, actor=actor)


def reject_refund(*, refund: RefundRequest, reason: str, on: date, at: datetime, actor: Actor) -> RefundRequest:
    """An officer refuses, with a reason the importer reads."""
    return _move(refund, RefundState.REJECTED, reason, at=at, actor=actor)


def approve_refund(*, refund: RefundRequest, reason: str, on: date, at: datetime, actor: Actor) -> RefundRequest:
    """An officer approves: the credit leaves the account (box D of the next statement) and is payable.

    ``DomainError`` when the credit was used meanwhile or something is overdue by now.
    """
    with transaction.atomic():
        lock_accounts([refund.program_account_id])
        row = _move(refund, RefundState.APPROVED, reason, at=at, actor=actor)
        known = queries.credits_of(row.program_account_id, on=on)
        _require_refundable(row.program_account, row.amount, on=on)
        for item_id, amount in _oldest_first(known.credits, row.amount):
            book.post_disbursement(
                key=f"refund:{row.reference}:{item_id}",
                credit_item_id=item_id,
                amount=amount,
                source=f"refund:{row.reference}",
                memo=row.reference,
                posted_on=on,
                at=at,
                actor=actor,
            )
    return row


def pay_refund(*, refund: RefundRequest, reason: str, on: date, at: datetime, actor: Actor) -> RefundRequest:
    """The money has left for the importer: what was payable is paid out."""
    with transaction.atomic():
        row = _move(refund, RefundState.PAID, refund.reason, at=at, actor=actor)
        book.post_payout(
            key=f"payout:{row.reference}",
            holder_id=row.program_account_id,
            amount=row.amount,
            method="CHEQUE",
            source=f"refund:{row.reference}",
            memo=reason,
            posted_on=on,
            at=at,
            actor=actor,
        )
    return row


def _move(refund: RefundRequest, following: RefundState, reason: str, *, at: datetime, actor: Actor) -> RefundRequest:
    with transaction.atomic():
        row = (
            RefundRequest.objects.select_for_update(of=("self",), no_key=True)
            .select_related("program_account__business")
            .get(pk=refund.pk)
        )
        if not can_become(row.state, following):
            raise Conflict(_("This request was decided or withdrawn before. Open it to see."), code="refund_closed")
        before, row.state, row.reason = row.state, following, reason
        if following == RefundState.PAID:
            row.paid_at = at
        else:
            row.decided_at = at
        row.save(update_fields=("state", "reason", "decided_at", "paid_at"))
        verb = f"refund.{following.lower()}"
        _record(verb, row, {"state": following}, before={"state": before}, reason=reason, at=at, actor=actor)
        if following in REFUND_SUBJECTS:
            _tell(row, at=at)
    return row


def _tell(row: RefundRequest, *, at: datetime) -> None:
    delegations.notify_business(
        business_id=row.program_account.business_id,
        subject=lazy_text(REFUND_SUBJECTS[row.state], amount=row.amount),
        body=lazy_text(REFUND_BODIES[row.state], reference=row.reference, reason=row.reason),
        category="payment",
        link=partial(reverse, "payments:credits", args=(row.program_account.number,)),
        program_account_id=row.program_account_id,
        at=at,
    )


def _require_refundable(program_account: ProgramAccount, amount: Decimal, *, on: date) -> None:
    if obstacle := refund_obstacle(queries.refund_case(program_account, amount, on=on)):
        raise DomainError(obstacle.label, code=obstacle.value, field="amount")


def require_free(amount: Decimal, free: Decimal) -> None:
    if amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    if amount > free:
        sentence = _("Only %(free)s of your credit is free. Enter that amount or less.")
        raise DomainError(lazy_text(sentence, free=free)(), code="more_than_free", field="amount")


def _require_choice(found: Collection[Any], wanted: Collection[int], field: str) -> None:
    if not wanted:
        raise DomainError(_("Choose at least one credit and one item to pay."), code="nothing_chosen", field=field)
    if len(found) != len(set(wanted)):
        raise Conflict(
            _("One of these is not open on this account any more. Look at the list again."), code="item_not_open"
        )


def _oldest_first(credits: Collection[Any], amount: Decimal) -> list[tuple[int, Decimal]]:
    """The parts of open credits that make up an amount."""
    parts: list[tuple[int, Decimal]] = []
    for item in sorted(credits, key=lambda row: (row.posted_on, row.pk)):
        part = min(item.remaining, amount)
        if part > ZERO:
            parts.append((item.pk, part))
            amount -= part
    return parts


def _record(
    verb: str,
    row: Any,
    after: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
    reason: str = "",
    at: datetime,
    actor: Actor,
) -> None:
    account = row if isinstance(row, ProgramAccount) else row.program_account
    audit.record(
        actor=actor,
        verb=verb,
        target=f"{row._meta.label}:{row.pk}",
        business_id=account.business_id,
        program_account_id=account.pk,
        before=before,
        after=after,
        reason=reason,
        at=at,
    )

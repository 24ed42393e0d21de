"""What is asked about cash security: to pay debts with it, the payout of a refund, a deposit on paper."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from ledger import queries as book
from ledger.services import ClearingPair, apply_deposit, clear_many, post_payout
from security import deposit_messages as messages
from security import queries, rules
from security.models import Deposit, DepositRequest
from security.rules import DepositState, RequestKind, RequestState
from security.services.deposits import receive_deposit, require_held, take_back_deposit, use_deposits
from security.services.parts import locked_account, money, record, tell
from security.services.release_prior_to_payment import reassess_many


def ask_deposit_application(
    *,
    program_account_id: int,
    amount: Decimal,
    reason: str = "",
    accepts_shortfall: bool = False,
    expected_held: Decimal | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> DepositRequest:
    """Pay debts with cash security: at once while the rest covers the requirement, else by an officer's word.

    ``DomainError`` for more than is held or owed, and for a request that leaves the requirement uncovered without
    ``accepts_shortfall``; ``Conflict`` while another waits or when ``expected_held`` is no longer held.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        require_held(account.pk, expected_held)
        _require_none_waiting(account.pk, RequestKind.APPLICATION)
        effect = queries.application_of(account.pk, amount, on=on)
        _require_applicable(account.pk, amount, on=on)
        if effect.needs_officer and not accepts_shortfall:
            raise DomainError(
                _("This would leave %(missing)s of your requirement uncovered. Ask for less, or tick that you know it.")
                % {"missing": money(effect.missing)},
                code="requirement_uncovered",
                field="accepts_shortfall",
            )
        row = _ask(account, RequestKind.APPLICATION, amount, reason=reason, at=at, actor=actor)
        record(actor, "deposit.application_asked", row, at=at, after={"amount": amount}, reason=reason)
        if not effect.needs_officer:
            _apply(row, account, on=on, at=at, actor=actor)
    return row


def apply_deposit_to_overdue(
    *, program_account_id: int, amount: Decimal, reason: str, on: date, at: datetime, actor: Actor
) -> DepositRequest:
    """An officer pays what is overdue with the importer's deposit. ``DomainError`` beyond what is held or overdue."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        overdue = book.overdue_by_holder(on=on, holders=[account.pk]).get(account.pk, ZERO)
        if amount > overdue:
            raise DomainError(
                _("Only %(amount)s is overdue. Enter that amount or less.") % {"amount": money(overdue)},
                code="more_than_overdue",
                field="amount",
            )
        _require_applicable(account.pk, amount, on=on)
        row = _ask(account, RequestKind.APPLICATION, amount, reason=reason, at=at, actor=actor)
        row.decided_at, row.decided_by, row.decision = at, actor.name, reason
        _apply(row, account, on=on, at=at, actor=actor)
    return row


def approve_deposit_request(*, request_id: int, reason: str, on: date, at: datetime, actor: Actor) -> DepositRequest:
    """An officer agrees: the deposit pays the debts although it leaves a shortfall, or may come on paper."""
    with transaction.atomic():
        row, account = _locked(request_id)
        is_paper = row.kind == RequestKind.PAPER
        _move(row, RequestState.APPROVED if is_paper else RequestState.DONE)
        row.decided_at, row.decided_by, row.decision = at, actor.name, reason
        row.save()
        record(actor, "deposit.request_approved", row, at=at, after={"amount": row.amount}, reason=reason)
        if is_paper:
            _tell_decision(row, account, on=on, at=at)
        else:
            _require_applicable(account.pk, row.amount, on=on)
            _apply(row, account, on=on, at=at, actor=actor)
    return row


def refuse_deposit_request(*, request_id: int, reason: str, on: date, at: datetime, actor: Actor) -> DepositRequest:
    with transaction.atomic():
        row, account = _locked(request_id)
        _move(row, RequestState.REFUSED)
        row.decided_at, row.decided_by, row.decision = at, actor.name, reason
        row.save()
        record(actor, "deposit.request_refused", row, at=at, reason=reason)
        _tell_decision(row, account, on=on, at=at)
    return row


def withdraw_deposit_request(
    *, program_account_id: int, request_id: int, on: date, at: datetime, actor: Actor
) -> DepositRequest:
    """The importer takes back what is not done yet."""
    with transaction.atomic():
        row, _account = _locked(request_id, program_account_id=program_account_id)
        _move(row, RequestState.WITHDRAWN)
        row.save()
        record(actor, "deposit.request_withdrawn", row, at=at)
    return row


def ask_paper_deposit(
    *,
    program_account_id: int,
    amount: Decimal,
    instrument: str,
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> DepositRequest:
    """Ask to bring a certified cheque or money order: only with an officer's approval beforehand (D17-5-2, cited)."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        _require_none_waiting(account.pk, RequestKind.PAPER)
        row = _ask(account, RequestKind.PAPER, amount, reason=reason, instrument=instrument, at=at, actor=actor)
        record(actor, "deposit.paper_asked", row, at=at, after={"amount": amount}, reason=reason)
    return row


def receive_paper_deposit(*, request_id: int, reference: str, on: date, at: datetime, actor: Actor) -> Deposit:
    """The paper has arrived, ``reference`` is its number: it covers at once. ``Conflict`` without prior approval."""
    with transaction.atomic():
        row, account = _locked(request_id, kind=RequestKind.PAPER)
        _move(row, RequestState.DONE)
        row.done_on = on
        row.save()
        return receive_deposit(
            program_account_id=account.pk,
            amount=row.amount,
            payment_reference=f"{row.reference} {reference}"[:60],
            method=row.instrument,
            on=on,
            at=at,
            actor=actor.acting_for(account.business_id),
        )


def return_paper_deposit(*, request_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Deposit:
    """The bank did not honour the paper: the deposit covers nothing any more. ``Conflict`` before it arrived."""
    with transaction.atomic():
        row, account = _locked(request_id, kind=RequestKind.PAPER)
        deposit = queries.deposits_of(account.pk).filter(payment_reference__startswith=f"{row.reference} ").first()
        if deposit is None:
            raise Conflict(_("Nothing has arrived for this request yet."), code="not_arrived")
        return take_back_deposit(payment_reference=deposit.payment_reference, reason=reason, on=on, at=at, actor=actor)


def pay_deposit_refund(*, request_id: int, reason: str, on: date, at: datetime, actor: Actor) -> DepositRequest:
    """The money of a refund has left for the importer: what was payable is paid out."""
    with transaction.atomic():
        row, account = _locked(request_id, kind=RequestKind.REFUND)
        _move(row, RequestState.DONE)
        row.decision, row.done_on = reason, on
        row.save()
        post_payout(
            key=f"deposit-payout:{row.reference}",
            holder_id=account.pk,
            amount=row.amount,
            method="CHEQUE",
            source=f"deposit-refund:{row.reference}",
            memo=row.reference,
            posted_on=on,
            at=at,
            actor=actor,
        )
        if not queries.deposit_requests_of(
            account.pk, kind=RequestKind.REFUND, states=[RequestState.APPROVED]
        ).exists():
            queries.deposits_of(account.pk).filter(state=DepositState.REFUND_REQUESTED).update(
                state=DepositState.RETURNED
            )
        record(actor, "deposit.paid_out", row, at=at, after={"amount": row.amount}, reason=reason)
        tell(
            [(account, messages.DEPOSIT_PAID_OUT, messages.deposit_paid_out(row, number=account.number))], on=on, at=at
        )
    return row


def _ask(
    account: ProgramAccount,
    kind: RequestKind,
    amount: Decimal,
    *,
    reason: str,
    instrument: str = "",
    at: datetime,
    actor: Actor,
) -> DepositRequest:
    return DepositRequest.objects.create(
        program_account=account,
        kind=kind,
        amount=amount,
        reason=reason,
        instrument=instrument,
        asked_at=at,
        asked_by=actor.name,
    )


def _apply(row: DepositRequest, account: ProgramAccount, *, on: date, at: datetime, actor: Actor) -> None:
    """The deposit becomes a credit and meets the debts, the oldest due first; the account's state follows at once."""
    source = f"deposit-applied:{row.reference}"
    entry = apply_deposit(
        key=source,
        holder_id=account.pk,
        amount=row.amount,
        source=source,
        memo=row.reference,
        posted_on=on,
        at=at,
        actor=actor,
    )
    credit = book.item_of_entry(entry.pk)
    debts = [(item.pk, item.remaining) for item in book.open_items_of(account.pk, on=on, debts_only=True)]
    pairs = [
        ClearingPair(debt_item_id=number, credit_item_id=credit.pk, amount=part)  # type: ignore[union-attr]
        for number, part in rules.parts_in_order(debts, row.amount)
    ]
    clear_many(pairs=pairs, cleared_on=on, at=at, actor=actor)
    use_deposits(account.pk, row.amount, column="applied", on=on)
    row.state, row.done_on = RequestState.DONE, on
    row.save()
    record(
        actor,
        "deposit.applied",
        row,
        at=at,
        after={"amount": row.amount, "items": [pair.debt_item_id for pair in pairs]},
    )
    tell([(account, messages.DEPOSIT_APPLIED, messages.deposit_applied(row, number=account.number))], on=on, at=at)
    reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)


def _require_none_waiting(program_account_id: int, kind: RequestKind) -> None:
    if queries.deposit_requests_of(program_account_id, kind=kind, states=[RequestState.ASKED]).exists():
        raise Conflict(
            _("You have asked for this already, and an officer decides it. Withdraw that request to ask anew."),
            code="asked_already",
        )


def _require_applicable(program_account_id: int, amount: Decimal, *, on: date) -> None:
    most = queries.applicable_cash(program_account_id)
    if not ZERO < amount <= most:
        raise DomainError(
            _("A deposit pays what is owed, as far as it is held: %(amount)s today. Enter that amount or less.")
            % {"amount": money(most)},
            code="not_applicable",
            field="amount",
        )


def _move(row: DepositRequest, following: RequestState) -> None:
    if not rules.can_request_become(row.kind, row.state, following):
        raise Conflict(
            _("This is not possible in the request's present state. Reload the page to see it."), code="request_closed"
        )
    row.state = following


def _locked(
    request_id: int, *, kind: RequestKind | None = None, program_account_id: int | None = None
) -> tuple[DepositRequest, ProgramAccount]:
    """The request and its account, both locked, the account first; ``Conflict`` for another kind or account."""
    known = DepositRequest.objects.filter(pk=request_id).values_list("program_account_id", "kind").first()
    if known is None or (kind or known[1]) != known[1] or (program_account_id or known[0]) != known[0]:
        raise Conflict(_("There is no such request here. Reload the page."), code="request_unknown")
    account = locked_account(known[0])
    row = DepositRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    row.program_account = account
    return row, account


def _tell_decision(row: DepositRequest, account: ProgramAccount, *, on: date, at: datetime) -> None:
    message = messages.deposit_request_decided(row, number=account.number)
    tell([(account, messages.DEPOSIT_DECISION, message)], on=on, at=at)

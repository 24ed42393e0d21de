"""Every morning: debits announced some days ahead, and those due today sent to the bank, once however often asked."""

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse

from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Unavailable
from core.lazy import lazy_text
from core.models import JobRun
from core.money import ZERO
from delegation import services as delegations
from payments import gateway, messages
from payments.debits import queries, services
from payments.models import Debit, DebitFile
from payments.returns import tell_returned
from payments.services import new_reference


def run_debits(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Announce, then send; a bank that does not answer is asked again by the sweep and on the next day."""
    at = run.due_at.astimezone(TORONTO)
    services.end_at_bank(on=on)
    announced = announce(on=on, at=at, actor=actor)
    prepare(on=on, at=at, actor=actor)
    return {"announced": announced, "debits_sent": send_waiting(on=on, at=at, actor=actor)}


def announce(*, on: date, at: datetime, actor: Actor) -> int:
    """Write down and tell what will be taken; once a statement."""
    statements = queries.to_announce(on)
    amounts = queries.amounts_left(statements)
    with transaction.atomic():
        agreements = queries.active_agreements({row.program_account_id for row in statements})
        debits = [
            Debit(
                reference=new_reference(),
                program_account=row.program_account,
                statement=row,
                agreement=agreements[row.program_account_id],
                amount=amounts[row.pk],
                due_on=row.last_day_to_pay,
                announced_at=at,
            )
            for row in statements
            if amounts[row.pk] > ZERO and row.program_account_id in agreements
        ]
        Debit.objects.bulk_create(debits)
        delegations.notify_businesses([_pre_notice(debit) for debit in debits], at=at)
        audit.record_many(_event(debit, "debit.announced", at=at, actor=actor) for debit in debits)
    return len(debits)


def prepare(*, on: date, at: datetime, actor: Actor) -> DebitFile | None:
    """Put what is due into one file: the statement's total less what is cleared by now; nothing left, no debit."""
    with transaction.atomic():
        due = list(
            Debit.objects.select_for_update(of=("self",), no_key=True)
            .filter(state=Debit.State.ANNOUNCED, due_on__lte=on)
            .select_related("statement", "program_account")
            .order_by("id")
        )
        amounts = queries.amounts_left([debit.statement for debit in due])
        agreements = queries.active_agreements({debit.program_account_id for debit in due})
        for debit in due:
            left = amounts[debit.statement_id]
            agreement = agreements.get(debit.program_account_id)
            if agreement is None or left <= ZERO:
                debit.state, debit.reason = Debit.State.DROPPED, "agreement_ended" if left else "nothing_left"
            else:
                debit.state, debit.agreement, debit.amount = Debit.State.SENT, agreement, left
        taken = [debit for debit in due if debit.state == Debit.State.SENT]
        file = _file_of(taken, on) if taken else None
        for debit in taken:
            debit.file = file
        Debit.objects.bulk_update(due, ("state", "reason", "amount", "agreement", "file"))
        audit.record_many(
            _event(debit, "debit.sent" if debit.file else "debit.dropped", at=at, actor=actor) for debit in due
        )
    return file


def send_waiting(*, on: date, at: datetime, actor: Actor) -> int:
    """Send every file that the bank has not taken; its reference makes a second sending harmless."""
    sent = 0
    for file in queries.unsent_files():
        debits = list(file.debits.select_related("agreement", "program_account__business", "statement").order_by("id"))
        orders = [
            gateway.DebitOrder(
                reference=debit.reference, mandate_id=debit.agreement.mandate, amount=debit.amount, due_on=debit.due_on
            )
            for debit in debits
        ]
        try:
            receipt = gateway.send_debits(file.reference, file.on, orders)
        except Unavailable:
            _not_answered(file, debits, at=at)
            return sent
        _taken(file, debits, receipt, at=at, actor=actor)
        sent += receipt.accepted
    return sent


def _file_of(debits: list[Debit], on: date) -> DebitFile:
    number = DebitFile.objects.filter(on=on).count() + 1
    return DebitFile.objects.create(
        reference=f"DF-{on:%Y%m%d}-{number}",
        on=on,
        debit_count=len(debits),
        total=sum((debit.amount for debit in debits), ZERO),
    )


def _not_answered(file: DebitFile, debits: list[Debit], *, at: datetime) -> None:
    """The importers are told once, so that nobody pays a second time out of worry."""
    file.tries += 1
    file.save(update_fields=("tries",))
    if file.tries == 1:
        delegations.notify_businesses(
            [
                _notice(debit, messages.DEBIT_LATE_SUBJECT, lazy_text(messages.DEBIT_LATE_BODY, amount=debit.amount))
                for debit in debits
            ],
            at=at,
        )


def _taken(file: DebitFile, debits: list[Debit], receipt: gateway.FileReceipt, *, at: datetime, actor: Actor) -> None:
    refused = {line.reference: line.reason for line in receipt.refused}
    with transaction.atomic():
        file.bank_id, file.refused_count, file.sent_at = receipt.id, len(refused), at
        file.tries += 1
        file.save(update_fields=("bank_id", "refused_count", "sent_at", "tries"))
        for debit in debits:
            if debit.reference in refused and debit.state == Debit.State.SENT:
                debit.state, debit.reason = Debit.State.RETURNED, refused[debit.reference][:40]
                debit.save(update_fields=("state", "reason"))
                audit.record_many([_event(debit, "debit.returned", at=at, actor=actor)])
                tell_returned(
                    program_account=debit.program_account,
                    payer_id=debit.program_account.business_id,
                    amount=debit.amount,
                    reason=debit.reason if debit.reason in messages.RETURN_REASONS else "refused",
                    fee=ZERO,
                    at=at,
                )


def _pre_notice(debit: Debit) -> delegations.BusinessNotice:
    account = debit.program_account
    body = lazy_text(
        messages.PRE_NOTICE_BODY,
        statement_on=debit.statement.statement_on,
        number=account.number,
        account=debit.agreement.masked_account,
    )
    return _notice(debit, lazy_text(messages.PRE_NOTICE_SUBJECT, amount=debit.amount, day=debit.due_on), body)


def _notice(debit: Debit, subject: Any, body: Any) -> delegations.BusinessNotice:
    account = debit.program_account
    return delegations.BusinessNotice(
        business_id=account.business_id,
        subject=subject if callable(subject) else lazy_text(subject),
        body=body,
        category="payment",
        link=partial(reverse, "payments:debits", args=(account.number,)),
        program_account_id=account.pk,
    )


def _event(debit: Debit, verb: str, *, at: datetime, actor: Actor) -> Any:
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"payments.Debit:{debit.reference}",
        business_id=debit.program_account.business_id,
        program_account_id=debit.program_account_id,
        after={"amount": debit.amount, "due_on": debit.due_on, "state": debit.state},
        reason=debit.reason,
        at=at,
    )

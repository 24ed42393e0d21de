"""Every evening: the bank's return file of each business day, and what follows from its entries.

A day's row is written before the file is fetched and an entry before it is dealt with, so that a stop at any point, or
a bank that is silent for days, loses nothing and does nothing twice.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Unavailable
from core.models import JobRun
from core.money import ZERO
from payments import arrivals, gateway, returns
from payments import queries as payments
from payments import services as money
from payments.debits import queries, rules, services
from payments.models import BankEntry, Debit, Payment, ReturnFile
from reference.rules.billing import billing_period_of
from reference.rules.calendar import is_weekday


def run_bank_files(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Fetch what has not been fetched yet and deal with it; entries that nobody can place wait for an officer."""
    at = run.due_at.astimezone(TORONTO)
    expect_days(on)
    fetched = fetch_waiting(at=at)
    done, left = work_entries(on=on, at=at, actor=actor)
    return {"bank_days": fetched, "bank_entries": done, "bank_open": left}


def expect_days(on: date) -> None:
    """A row for every weekday since the last one, the first time for today."""
    last = ReturnFile.objects.order_by("-day").values_list("day", flat=True).first()
    first = last + timedelta(days=1) if last else on
    days = [first + timedelta(days=number) for number in range((on - first).days + 1)]
    ReturnFile.objects.bulk_create([ReturnFile(day=day) for day in days if is_weekday(day)], ignore_conflicts=True)


def fetch_waiting(*, at: datetime) -> int:
    """Fetch every day that waits, oldest first; stops where the bank does not answer."""
    fetched = 0
    for file in ReturnFile.objects.filter(fetched_at=None).order_by("day"):
        try:
            entries = gateway.return_file(file.day)
        except Unavailable:
            return fetched
        with transaction.atomic():
            BankEntry.objects.bulk_create([_row(file, entry) for entry in entries], ignore_conflicts=True)
            file.fetched_at, file.entry_count = at, len(entries)
            file.save(update_fields=("fetched_at", "entry_count"))
        fetched += 1
    return fetched


def close_entry(*, entry_id: int, note: str, actor: Actor, at: datetime) -> BankEntry:
    """An officer has dealt with an entry that nobody could place; what was done about it is kept.

    ``Conflict`` for one that is not open any more.
    """
    with transaction.atomic():
        entry = BankEntry.objects.select_for_update().get(pk=entry_id)
        if entry.state != BankEntry.State.OPEN:
            raise Conflict(_("This entry was closed in the meantime. Go back to the list."), code="entry_closed")
        entry.state, entry.note = BankEntry.State.DONE, note
        entry.save(update_fields=("state", "note"))
        audit.record(
            actor=actor,
            verb="bank_entry.closed",
            target=f"payments.BankEntry:{entry.pk}",
            after={"kind": entry.kind, "reference": entry.reference, "amount": entry.amount},
            reason=note,
            at=at,
        )
    return entry


def work_entries(*, on: date, at: datetime, actor: Actor) -> tuple[int, int]:
    """Draw the consequences of what waits, each in its own transaction; returns how many are done and left open."""
    done = left = 0
    for number in BankEntry.objects.filter(state=BankEntry.State.WAITING).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            entry = BankEntry.objects.select_for_update().get(pk=number)
            if entry.state != BankEntry.State.WAITING:
                continue
            is_placed = _place(entry, on=on, at=at, actor=actor)
            entry.state = BankEntry.State.DONE if is_placed else BankEntry.State.OPEN
            entry.save(update_fields=("state",))
        done += is_placed
        left += not is_placed
    return done, left


def _row(file: ReturnFile, entry: gateway.ReturnEntry) -> BankEntry:
    return BankEntry(
        bank_id=entry.id,
        file=file,
        kind=entry.kind,
        reference=entry.reference[:64],
        amount=entry.amount,
        reason=entry.reason[:40],
        payee=entry.payee[:40],
        payer=entry.payer[:200],
    )


def _place(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    """Whether what the entry tells found its place here."""
    place = {
        "debit.paid": _debit_paid,
        "debit.returned": _debit_returned,
        "mandate.revoked": _mandate_revoked,
        "payment.charged_back": _charged_back,
        "bill.paid": _bill_paid,
    }.get(entry.kind)
    return place(entry, on=on, at=at, actor=actor) if place else False


def _debit_paid(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    debit = _debit(entry)
    if debit is None or debit.amount != entry.amount:
        return False
    if debit.state != Debit.State.SENT:
        return debit.state == Debit.State.PAID
    debit.payment = _arrived(
        f"debit:{debit.reference}",
        debit.program_account,
        entry,
        method=Payment.Method.PRE_AUTHORIZED,
        payer=debit.agreement.holder,
        at=at,
        actor=actor,
    )
    _become(debit, Debit.State.PAID, "", at=at, actor=actor)
    return True


def _debit_returned(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    debit = _debit(entry)
    if debit is None or debit.state not in (Debit.State.SENT, Debit.State.PAID):
        return debit is not None and debit.state == Debit.State.RETURNED
    fee = entry.reason == "nsf" and debit.presentation == 1
    _become(debit, Debit.State.RETURNED, entry.reason, at=at, actor=actor)
    if debit.payment is not None:
        returns.return_payment(payment=debit.payment, reason=entry.reason, on=on, at=at, actor=actor, fee=fee)
    else:
        _never_paid(debit, entry.reason, fee=fee, on=on, at=at, actor=actor)
    if entry.reason in rules.ENDS_AGREEMENT:
        services.end_by_bank(agreement=debit.agreement, reason=entry.reason, at=at, actor=actor)
    return True


def _never_paid(debit: Debit, reason: str, *, fee: bool, on: date, at: datetime, actor: Actor) -> None:
    """A debit that brought nothing: the fee, perhaps a second try, and both are told."""
    account, charged = debit.program_account, ZERO
    if fee:
        charged = returns.charge_fee(program_account=account, reference_text=debit.reference, on=on, at=at, actor=actor)
    second = services.try_again(debit=debit, reason=reason, on=on, at=at, actor=actor)
    returns.tell_returned(
        program_account=account,
        payer_id=account.business_id,
        amount=debit.amount,
        reason=reason,
        fee=charged,
        again_on=second.due_on if second else None,
        at=at,
    )


def _mandate_revoked(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    agreement = queries.agreement_by_reference(entry.reference)
    if agreement is None:
        return False
    services.end_by_bank(agreement=agreement, reason="mandate_revoked", at=at, actor=actor)
    return True


def _charged_back(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    payment = payments.payment_by_reference(entry.reference)
    if payment is None:
        return False
    try:
        returns.return_payment(payment=payment, reason="charged_back", on=on, at=at, actor=actor, fee=False)
    except DomainError:
        return False
    return True


def _bill_paid(entry: BankEntry, *, on: date, at: datetime, actor: Actor) -> bool:
    try:
        arrivals.receive_bill(
            bank_reference=entry.reference,
            payee=entry.payee,
            payer=entry.payer,
            amount=entry.amount,
            at=at,
            actor=actor,
        )
    except DomainError:
        # An account that does not exist, or a reference that came with other facts: an officer looks at it.
        return False
    return True


def _arrived(
    key: str,
    account: ProgramAccount,
    entry: BankEntry,
    *,
    method: Payment.Method,
    payer: str,
    at: datetime,
    actor: Actor,
) -> Payment:
    """A payment that is here without having been started at the portal; once a key."""
    if earlier := payments.payment_of_form(key):
        return earlier
    payment = Payment.objects.create(
        reference=money.new_reference(),
        program_account=account,
        payer_id=account.business_id,
        person=payer[:200],
        amount=entry.amount,
        method=method,
        started_at=at,
        cycle_start=billing_period_of(at.date()).first_day,
        form_key=key,
    )
    return money.receive(reference=payment.reference, actor=actor, at=at)


def _debit(entry: BankEntry) -> Debit | None:
    return (
        Debit.objects.select_for_update(of=("self",), no_key=True)
        .select_related("agreement__program_account__business", "program_account__business", "payment")
        .filter(reference=entry.reference)
        .first()
    )


def _become(debit: Debit, state: Debit.State, reason: str, *, at: datetime, actor: Actor) -> None:
    before, debit.state, debit.reason = debit.state, state, reason
    debit.save(update_fields=("state", "reason", "payment"))
    audit.record(
        actor=actor,
        verb=f"debit.{state.lower()}",
        target=f"payments.Debit:{debit.reference}",
        business_id=debit.program_account.business_id,
        program_account_id=debit.program_account_id,
        before={"state": before},
        after={"amount": debit.amount, "due_on": debit.due_on, "state": debit.state},
        reason=reason,
        at=at,
    )

"""Questions about pre-authorized debits: the agreement, what is taken next, and what is to be announced or sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from core.money import ZERO
from ledger import queries as ledger
from ledger.rules import Side
from payments.debits import rules
from payments.models import BankEntry, Debit, DebitAgreement, DebitFile, ReturnFile
from reference import queries as reference
from statements.models import Statement
from statements.rules import still_to_pay

_OPEN = (Debit.State.ANNOUNCED, Debit.State.SENT)


@dataclass(frozen=True)
class NextDebit:
    """What is taken next from an importer's bank account (dollars); ``is_sent`` when the bank has it already."""

    amount: Decimal
    on: date
    payer: str
    is_sent: bool = False
    is_announced: bool = True
    is_second: bool = False


def agreement_of(program_account_id: int) -> DebitAgreement | None:
    """The agreement in force; None without one."""
    return (
        DebitAgreement.objects.filter(program_account_id=program_account_id, state=DebitAgreement.State.ACTIVE)
        .select_related("program_account__business")
        .first()
    )


def agreements_of(program_account_id: int) -> QuerySet[DebitAgreement]:
    """Every version, newest first."""
    return DebitAgreement.objects.filter(program_account_id=program_account_id).order_by("-version")


def agreement_by_reference(reference_text: str) -> DebitAgreement | None:
    return DebitAgreement.objects.filter(reference=reference_text).select_related("program_account__business").first()


def debits_of(program_account_id: int) -> QuerySet[Debit]:
    """What was or will be taken, newest first, with statement and payment."""
    return (
        Debit.objects.filter(program_account_id=program_account_id)
        .select_related("statement", "payment", "agreement")
        .order_by("-due_on", "-id")
    )


def returned_debit(program_account_id: int) -> tuple[Debit, Decimal] | None:
    """The newest debit, where it came back, and what of its statement is still to be paid; None where nothing is."""
    debit = debits_of(program_account_id).first()
    if debit is None or debit.state != Debit.State.RETURNED:
        return None
    left = amounts_left([debit.statement])[debit.statement_id]
    return (debit, left) if left > ZERO else None


def next_debit(program_account_id: int, *, on: date) -> NextDebit | None:
    """What will be taken next, announced or not yet, after what has been paid meanwhile; None where nothing will be."""
    debit = debits_of(program_account_id).filter(state__in=_OPEN).order_by("due_on", "id").first()
    if debit is not None and debit.state == Debit.State.SENT:
        return NextDebit(
            debit.amount, debit.due_on, debit.agreement.holder, is_sent=True, is_second=debit.presentation > 1
        )
    agreement = agreement_of(program_account_id)
    if agreement is None:
        return None
    statement = debit.statement if debit else _next_statement(agreement, on)
    if statement is None:
        return None
    amount = amounts_left([statement])[statement.pk]
    if amount <= ZERO:
        return None
    if debit is not None:
        return NextDebit(amount, debit.due_on, agreement.holder, is_second=debit.presentation > 1)
    return NextDebit(amount, statement.last_day_to_pay, agreement.holder, is_announced=False)


def _next_statement(agreement: DebitAgreement, on: date) -> Statement | None:
    statement = (
        Statement.objects.filter(
            program_account_id=agreement.program_account_id, last_day_to_pay__gte=on, debits=None, box_h__gt=ZERO
        )
        .order_by("last_day_to_pay")
        .first()
    )
    days = reference.policy().count("payments.debit_notice_days", on)
    if statement and rules.takes_part(statement.last_day_to_pay, since=agreement.since, notice_days=days):
        return statement
    return None


def amounts_left(statements: Collection[Statement]) -> dict[int, Decimal]:
    """What is left to pay of each statement, by its number, in one query: total H less what is cleared or in credit."""
    by_holder: dict[int, dict[date | None, Decimal]] = {}
    holders = {row.program_account_id for row in statements}
    for item in ledger.open_items_of(holders, on=date.max - timedelta(days=1)):
        due_on = item.due_on if item.side == Side.DEBT else None
        sums = by_holder.setdefault(item.holder_id, {})
        sums[due_on] = sums.get(due_on, ZERO) + (item.remaining if item.side == Side.DEBT else -item.remaining)
    return {
        row.pk: still_to_pay(row.box_h, by_holder.get(row.program_account_id, {}), row.payment_due_on)
        for row in statements
    }


def to_announce(on: date) -> list[Statement]:
    """Statements whose debit is to be announced on a day: soon due, not announced, under an agreement old enough."""
    days = reference.policy().count("payments.debit_notice_days", on)
    found = (
        Statement.objects.filter(
            last_day_to_pay__gte=on,
            last_day_to_pay__lte=on + timedelta(days=days),
            debits=None,
            box_h__gt=ZERO,
            program_account__debit_agreements__state=DebitAgreement.State.ACTIVE,
        )
        .select_related("program_account__business")
        .order_by("pk")
    )
    agreements = active_agreements({row.program_account_id for row in found})
    return [
        row
        for row in found
        if rules.takes_part(row.last_day_to_pay, since=agreements[row.program_account_id].since, notice_days=days)
    ]


def active_agreements(program_account_ids: Iterable[int]) -> dict[int, DebitAgreement]:
    rows = DebitAgreement.objects.filter(
        program_account_id__in=list(program_account_ids), state=DebitAgreement.State.ACTIVE
    )
    return {row.program_account_id: row for row in rows}


def unsent_files() -> QuerySet[DebitFile]:
    """Files that the bank has not taken yet, oldest first."""
    return DebitFile.objects.filter(sent_at=None).order_by("id")


def debit_files() -> QuerySet[DebitFile]:
    return DebitFile.objects.order_by("-id")


def return_files() -> QuerySet[ReturnFile]:
    return ReturnFile.objects.order_by("-day")


def open_entries() -> QuerySet[BankEntry]:
    """What the bank told and nobody could place."""
    return BankEntry.objects.filter(state=BankEntry.State.OPEN).select_related("file").order_by("id")


def open_entry(number: int) -> BankEntry | None:
    return open_entries().filter(pk=number).first()

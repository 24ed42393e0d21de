"""Money that comes without anybody having started it here: bill payments ordered at the payer's own bank."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError, Stranger
from core.money import ZERO
from payments import queries, rules, services
from payments.models import Payment


def receive_bill(
    *, bank_reference: str, payee: str, payer: str, amount: Decimal, at: datetime, actor: Actor
) -> Payment:
    """A bill payment that the bank's return file tells of, once per reference; it counts on the day it arrives.

    ``payee`` is the program account's number as typed at the bank and ``payer`` what the bank says of who paid: the
    money counts as the importer's own. ``Stranger`` for an account that does not exist (the money stays at the bank),
    ``Conflict`` for a reference that came before with another amount or account.
    """
    if amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    number = payee.replace(" ", "").upper()
    key = f"bill:{bank_reference}"
    with transaction.atomic():
        account = (
            ProgramAccount.objects.select_for_update(of=("self",), no_key=True)
            .select_related("business")
            .filter(number=number)
            .first()
        )
        if account is None:
            raise Stranger(_("There is no program account with this number. Check it."), code="account_unknown")
        if earlier := queries.payment_of_form(key):
            if (earlier.amount, earlier.program_account_id) != (amount, account.pk):
                raise Conflict(_("This bill payment came before, with another amount or account."), code="bill_reused")
            return earlier
        return enter(
            key=key,
            program_account=account,
            payer=account.business,
            person=payer,
            amount=amount,
            method=Payment.Method.BILL_PAYMENT,
            at=at,
            actor=actor,
        )


def enter(
    *,
    key: str,
    program_account: ProgramAccount,
    payer: Business,
    person: str,
    amount: Decimal,
    method: Payment.Method,
    at: datetime,
    actor: Actor,
) -> Payment:
    """Write down money that is here (dollars), use it on debts and tell the importer.

    ``key`` is unique to the event that brought it; the caller holds the account and has looked for an earlier one.
    """
    payment = Payment.objects.create(
        reference=services.new_reference(),
        program_account=program_account,
        payer=payer,
        person=person[:200],
        amount=amount,
        method=method,
        state=Payment.State.RECEIVED,
        started_at=at,
        received_at=at,
        cycle_start=rules.cycle_start(at),
        form_key=key,
    )
    services.post_and_allocate(payment, actor=actor, at=at)
    audit.record(
        actor=actor,
        verb="payment.received",
        target=f"payments.Payment:{payment.reference}",
        business_id=program_account.business_id,
        program_account_id=program_account.pk,
        after={"amount": amount, "method": payment.method, "state": payment.state},
        at=at,
    )
    return payment

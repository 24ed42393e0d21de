"""The agreement on pre-authorized debit: signed, changed, cancelled, ended by the bank; third parties told of it."""

import hashlib
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError, Unavailable
from core.lazy import lazy_text
from delegation import queries as delegated
from delegation import services as delegations
from notifications import services as notifications
from payments import gateway, messages
from payments.debits import queries, rules
from payments.models import Debit, DebitAgreement
from payments.services import new_reference
from reference import queries as reference


def sign(
    *,
    program_account: ProgramAccount,
    account: rules.BankAccount,
    is_certified: bool,
    once: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> DebitAgreement:
    """Set up pre-authorized debit, or put another bank account in the place of the one in force.

    ``once`` is the one-time key of the form or call: the same key returns the agreement it made. ``DomainError`` for
    numbers that cannot be right, without the certification or where the bank refuses; ``Unavailable`` without the bank.
    The account number goes to the bank and is not kept.
    """
    _require_sound(account, is_certified)
    reference_text = _reference_of(once, program_account.pk, account)
    mandate = gateway.open_mandate(
        reference=reference_text,
        holder=account.holder,
        institution=account.institution,
        transit=account.transit,
        account=account.account,
        payee=program_account.number,
        on=on,
    )
    if mandate.state != "ACTIVE":
        raise DomainError(
            _("The bank refuses debits from this account. Check the numbers on a cheque, or use another account."),
            code="mandate_refused",
            field="account",
        )
    with transaction.atomic():
        _lock(program_account.pk)
        if earlier := queries.agreement_by_reference(reference_text):
            return earlier
        before = queries.agreement_of(program_account.pk)
        if before is not None:
            _end(before, DebitAgreement.State.AMENDED, "", at=at)
        agreement = DebitAgreement.objects.create(
            reference=reference_text,
            program_account=program_account,
            version=queries.agreements_of(program_account.pk).count() + 1,
            holder=account.holder,
            institution=account.institution,
            transit=account.transit,
            masked_account=mandate.account,
            mandate=mandate.id,
            terms_version=rules.TERMS_VERSION,
            certified_at=at,
            certified_by=actor.name,
            since=before.since if before else on,
        )
        verb = "debit.agreement_changed" if before else "debit.agreement_signed"
        _record(agreement, verb, at=at, actor=actor)
        _tell(agreement, messages.AGREEMENT_SUBJECT, messages.AGREEMENT_BODY, at=at)
    end_at_bank(on=on)
    return agreement


def cancel(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> DebitAgreement:
    """End the agreement; a debit that was only announced is not taken. ``Conflict`` where none is in force."""
    with transaction.atomic():
        _lock(program_account_id)
        agreement = queries.agreement_of(program_account_id)
        if agreement is None:
            raise Conflict(_("There is no agreement in force. Set one up to pay by debit."), code="no_agreement")
        _end(agreement, DebitAgreement.State.CANCELLED, "", at=at)
        _drop_announced(program_account_id, "agreement_ended")
        _record(agreement, "debit.agreement_cancelled", at=at, actor=actor)
        _tell(agreement, messages.AGREEMENT_ENDED_SUBJECT, messages.AGREEMENT_ENDED_BODY, at=at)
    end_at_bank(on=on)
    return agreement


def end_by_bank(*, agreement: DebitAgreement, reason: str, at: datetime, actor: Actor) -> None:
    """The bank takes nothing from the account any more; an agreement that ended before stays as it is."""
    with transaction.atomic():
        _lock(agreement.program_account_id)
        agreement.refresh_from_db(fields=("state",))
        if agreement.state != DebitAgreement.State.ACTIVE:
            return
        _end(agreement, DebitAgreement.State.RETURNED, reason, at=at)
        agreement.is_ended_at_bank = True
        agreement.save(update_fields=("is_ended_at_bank",))
        _drop_announced(agreement.program_account_id, "agreement_ended")
        _record(agreement, "debit.agreement_returned", at=at, actor=actor)
        _tell(agreement, messages.AGREEMENT_ENDED_SUBJECT, messages.AGREEMENT_RETURNED_BODY, at=at)


def end_at_bank(*, on: date) -> int:
    """End at the bank what has ended here; a bank that is silent is asked again by the daily job."""
    ended = 0
    for agreement in DebitAgreement.objects.filter(ended_at__isnull=False, is_ended_at_bank=False).order_by("id"):
        try:
            gateway.cancel_mandate(agreement.mandate, on)
        except Unavailable:
            return ended
        DebitAgreement.objects.filter(pk=agreement.pk).update(is_ended_at_bank=True)
        ended += 1
    return ended


def tell_brokers(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> int:
    """Tell the managers of every third party in force that the importer pays by debit; returns how many were told."""
    with transaction.atomic():
        _lock(program_account_id)
        agreement = queries.agreement_of(program_account_id)
        if agreement is None:
            raise Conflict(_("There is no agreement in force. Set one up to pay by debit."), code="no_agreement")
        account = agreement.program_account
        people = delegated.managers_of_delegates(account.business_id, program_account_id=account.pk, on=on)
        notifications.notify(
            recipients=people,
            subject=lazy_text(messages.BROKER_SUBJECT, name=account.business.legal_name),
            body=lazy_text(messages.BROKER_BODY, number=account.number),
            category="payment",
            link=partial(reverse, "payments:debits", args=(account.number,)),
            business_id=account.business_id,
            program_account_id=account.pk,
            at=at,
        )
        agreement.brokers_told_at = at
        agreement.save(update_fields=("brokers_told_at",))
        _record(agreement, "debit.brokers_told", at=at, actor=actor)
    return len(people)


def _require_sound(account: rules.BankAccount, is_certified: bool) -> None:
    wrong = rules.problems(account)
    if wrong:
        raise DomainError(
            _("Check the bank account: institution 3 digits, transit 5, account number 7 to 12."),
            code="bank_account_wrong",
            field=wrong[0],
        )
    if not is_certified:
        raise DomainError(_("Certify the terms to set up the debit."), code="not_certified", field="certified")


def _reference_of(once: str, program_account_id: int, account: rules.BankAccount) -> str:
    """The same form about the same account asks the bank for the same mandate."""
    parts = (once, program_account_id, account.holder, account.institution, account.transit, account.account)
    return "PAD-" + hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:14].upper()


def _lock(program_account_id: int) -> None:
    ProgramAccount.objects.select_for_update(no_key=True).get(pk=program_account_id)


def _end(agreement: DebitAgreement, state: DebitAgreement.State, reason: str, *, at: datetime) -> None:
    agreement.state = state
    agreement.reason = reason
    agreement.ended_at = at
    agreement.save(update_fields=("state", "reason", "ended_at"))


def _drop_announced(program_account_id: int, reason: str) -> None:
    Debit.objects.filter(program_account_id=program_account_id, state=Debit.State.ANNOUNCED).update(
        state=Debit.State.DROPPED, reason=reason
    )


def _record(agreement: DebitAgreement, verb: str, *, at: datetime, actor: Actor) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"payments.DebitAgreement:{agreement.reference}",
        business_id=agreement.program_account.business_id,
        program_account_id=agreement.program_account_id,
        after={"state": agreement.state, "version": agreement.version, "account": agreement.masked_account},
        reason=agreement.reason,
        at=at,
    )


def _tell(agreement: DebitAgreement, subject: Any, body: Any, *, at: datetime) -> None:
    account = agreement.program_account
    delegations.notify_business(
        business_id=account.business_id,
        subject=lazy_text(subject),
        body=lazy_text(body, number=account.number, since=agreement.since, account=agreement.masked_account),
        category="payment",
        link=partial(reverse, "payments:debits", args=(account.number,)),
        program_account_id=account.pk,
        at=at,
    )


def try_again(*, debit: Debit, reason: str, on: date, at: datetime, actor: Actor) -> Debit | None:
    """Write down the second try of a debit that failed for lack of money; None where there is none or no agreement."""
    days = reference.policy().count("payments.second_presentation_days", on)
    due_on = rules.second_try_on(on, reason=reason, presentation=debit.presentation, days=days)
    agreement = queries.agreement_of(debit.program_account_id)
    if due_on is None or agreement is None:
        return None
    second = Debit.objects.create(
        reference=new_reference(),
        program_account=debit.program_account,
        statement=debit.statement,
        agreement=agreement,
        amount=debit.amount,
        due_on=due_on,
        presentation=debit.presentation + 1,
        announced_at=at,
    )
    audit.record(
        actor=actor,
        verb="debit.announced",
        target=f"payments.Debit:{second.reference}",
        business_id=debit.program_account.business_id,
        program_account_id=debit.program_account_id,
        after={"amount": second.amount, "due_on": due_on, "state": second.state},
        reason="second_try",
        at=at,
    )
    return second

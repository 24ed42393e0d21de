"""Agreements on paper: an exception that was approved beforehand, entered by an officer when the paper has arrived."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from security import messages, rules
from security.models import Bond
from security.rules import Share, VersionKind
from security.services.bond_parts import account_named, keep_versions, require_elements, require_shares, write_shares
from security.services.parts import locked_account, record, tell_importer, tell_surety
from security.services.release_prior_to_payment import reassess_many


def enter_paper_bond(
    *,
    program_account_number: str,
    provider_id: int,
    agreement_number: str,
    amount: Decimal,
    signed_on: date,
    approval_reference: str,
    validity_start: date,
    validity_end: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """An officer enters a signed agreement: given by its signature, it covers at once or from its first day (B5418).

    All of it covers the program account. ``DomainError`` without the reference of the prior approval, for a signature
    to come, a program account that does not exist, and what ``propose_bond`` refuses; ``Conflict`` for an agreement
    number that this surety has used.
    """
    with transaction.atomic():
        approval = approval_reference.strip()
        if not approval:
            raise DomainError(
                _("An agreement on paper is taken with prior approval only. Enter its reference."),
                code="not_approved",
                field="approval_reference",
            )
        if signed_on > on:
            raise DomainError(
                _("The agreement cannot be signed after today. Check the day of the signature."),
                code="signed_later",
                field="signed_on",
            )
        account = locked_account(account_named(program_account_number).pk)
        provider = require_elements(account, provider_id, agreement_number, amount, validity_start, validity_end, on)
        given = [Share(account.pk, amount)]
        require_shares(given, {account.pk: account}, amount=amount, debtor_id=account.business_id, on=on)
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor=account.business,
            debtor_name=account.business.legal_name,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=rules.confirmed_state(validity_start=validity_start, on=on),
            channel=Bond.Channel.PAPER,
            signed_on=signed_on,
            approval_reference=approval,
            proposed_on=on,
            decided_on=on,
        )
        write_shares(bond, given)
        keep_versions([(bond, VersionKind.ON_PAPER)], on=on, at=at, actor=actor)
        after = {
            "state": bond.state,
            "amount": amount,
            "provider": provider.bn9,
            "form": bond.paper_form,
            "approval": approval,
        }
        record(actor, "bond.entered", bond, at=at, after=after)
        tell_surety(bond, messages.WSA_ENTERED, messages.bond_news(bond, messages.WSA_ENTERED), at=at)
        tell_importer(bond, messages.WSA_ENTERED, on=on, at=at)
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
    return bond

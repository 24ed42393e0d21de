"""Bonds: entered by the importer, confirmed or filed by the surety, given notice of; every version kept."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from security import messages, queries, rules
from security.models import Bond
from security.rules import BondState, Share, VersionKind
from security.services.bond_parts import (
    account_named,
    bond_to_become,
    bond_to_change,
    keep_versions,
    not_higher,
    require_elements,
    require_shares,
    save_bond,
    write_shares,
    wrong_state,
)
from security.services.parts import locked_accounts, publish, record, tell_importer, tell_surety
from security.services.release_prior_to_payment import reassess_many


def propose_bond(
    *,
    program_account_id: int,
    provider_id: int,
    agreement_number: str,
    amount: Decimal,
    validity_start: date,
    validity_end: date | None = None,
    shares: Sequence[Share] = (),
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """The importer enters a bond; it has no effect until the surety confirms it (FSR s. 5(2)).

    Without shares all of it covers the program account. ``DomainError`` for a provider that is no registered surety,
    an amount under the minimum, impossible dates or shares that cannot be; ``Conflict`` for an agreement number that
    this surety has used.
    """
    with transaction.atomic():
        accounts = locked_accounts({program_account_id, *(share.program_account_id for share in shares)})
        account = accounts[program_account_id]
        provider = require_elements(account, provider_id, agreement_number, amount, validity_start, validity_end, on)
        given = _require_own_share(account, shares, amount)
        require_shares(given, accounts, amount=amount, debtor_id=account.business_id, on=on)
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor=account.business,
            debtor_name=account.business.legal_name,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=BondState.PENDING_PROVIDER,
            proposed_on=on,
        )
        write_shares(bond, given)
        keep_versions([(bond, VersionKind.PROPOSED)], on=on, at=at, actor=actor)
        record(actor, "bond.proposed", bond, at=at, after={"amount": amount, "provider": provider.bn9})
        tell_surety(bond, messages.WSA_TO_CONFIRM, messages.bond_to_confirm(bond), at=at)
    return bond


def withdraw_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer takes back a bond that the surety has not answered."""
    with transaction.atomic():
        bond = bond_to_become(bond_id, BondState.WITHDRAWN)
        bond.decided_on = on
        save_bond(bond, BondState.WITHDRAWN, "bond.withdrawn", VersionKind.WITHDRAWN, on=on, at=at, actor=actor)
        tell_surety(bond, messages.WSA_WITHDRAWN, messages.bond_news(bond, messages.WSA_WITHDRAWN), at=at)
    return bond


def confirm_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety confirms what the importer entered: from now on, or from its first day, the bond covers."""
    with transaction.atomic():
        bond = bond_to_become(bond_id, BondState.ACTIVE)
        if bond.state != BondState.PENDING_PROVIDER:
            raise wrong_state()
        if bond.validity_end is not None and bond.validity_end < on:
            raise DomainError(
                _("The last day of this bond has passed. Reject it and ask the importer for a new one."),
                code="validity_over",
            )
        following = rules.confirmed_state(validity_start=bond.validity_start, on=on)
        bond.decided_on = on
        save_bond(bond, following, "bond.confirmed", VersionKind.CONFIRMED, on=on, at=at, actor=actor)
        tell_importer(bond, messages.WSA_CONFIRMED, on=on, at=at)
        reassess_many(program_account_ids=queries.accounts_of_bond(bond.pk), on=on, at=at, actor=actor)
    return bond


def reject_bond(*, bond_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Bond:
    with transaction.atomic():
        bond = bond_to_become(bond_id, BondState.REJECTED)
        bond.decided_on, bond.reason = on, reason
        save_bond(
            bond, BondState.REJECTED, "bond.rejected", VersionKind.REJECTED, on=on, at=at, actor=actor, reason=reason
        )
        tell_importer(bond, messages.WSA_REJECTED, on=on, at=at)
    return bond


def ask_bond_raise(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer asks the surety for a higher amount; nothing changes until the surety raises the bond."""
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise wrong_state()
        if amount <= bond.amount:
            raise not_higher(bond)
        if bond.asked_amount == amount:
            raise Conflict(
                _("%(provider)s was asked for this already. You are told as soon as the bond changes.")
                % {"provider": bond.provider.legal_name},
                code="asked_already",
            )
        bond.asked_amount = amount
        bond.save(update_fields=("asked_amount",))
        record(actor, "bond.raise_asked", bond, at=at, before={"amount": bond.amount}, after={"amount": amount})
        tell_surety(bond, messages.WSA_RAISE_ASKED, messages.bond_raise_asked(bond, amount), at=at)
    return bond


def file_bond(
    *,
    provider_id: int,
    program_account_number: str,
    debtor_name: str,
    agreement_number: str,
    amount: Decimal,
    validity_start: date,
    validity_end: date | None = None,
    shares: Sequence[Share] = (),
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """The surety itself enters a bond: it is given at that moment (FSR s. 5(2)), so nobody confirms it any more.

    Refusals as of ``propose_bond``; ``DomainError`` for a program account that does not exist or a name that is not its
    business's.
    """
    with transaction.atomic():
        found = account_named(program_account_number)
        accounts = locked_accounts({found.pk, *(share.program_account_id for share in shares)})
        account = accounts[found.pk]
        name = rules.registered_name(debtor_name, account.business.legal_name, account.business.operating_name)
        if name is None:
            raise DomainError(
                _("The debtor's name is not the one registered for this program account. Check both."),
                code="debtor_name_differs",
                field="debtor_name",
            )
        provider = require_elements(account, provider_id, agreement_number, amount, validity_start, validity_end, on)
        given = _require_own_share(account, shares, amount)
        require_shares(given, accounts, amount=amount, debtor_id=account.business_id, on=on)
        state = rules.confirmed_state(validity_start=validity_start, on=on)
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor=account.business,
            debtor_name=name,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=state,
            channel=Bond.Channel.API,
            proposed_on=on,
            decided_on=on,
        )
        write_shares(bond, given)
        keep_versions([(bond, VersionKind.FILED)], on=on, at=at, actor=actor)
        record(actor, "bond.filed", bond, at=at, after={"state": state, "amount": amount, "provider": provider.bn9})
        publish([bond], "bond.filed", at=at)
        tell_importer(bond, messages.WSA_CONFIRMED, on=on, at=at)
        reassess_many(program_account_ids=[share.program_account_id for share in given], on=on, at=at, actor=actor)
    return bond


def give_termination_notice(
    *, bond_id: int, terminates_on: date, reason: str = "", on: date, at: datetime, actor: Actor
) -> Bond:
    """The surety ends the bond, at the earliest 30 days after the notice (FSR s. 7); it covers until then."""
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if not rules.can_bond_become(bond.state, BondState.TERMINATION_PENDING):
            raise _not_terminable(bond)
        earliest = rules.earliest_termination_on(on)
        if terminates_on < earliest:
            raise DomainError(
                _("A bond ends at least 30 days after the notice. Enter %(day)s or later.")
                % {"day": formats.day(earliest, get_language() or "en")},
                code="notice_too_short",
                field="terminates_on",
            )
        bond.terminates_on, bond.reason = terminates_on, reason
        save_bond(
            bond,
            BondState.TERMINATION_PENDING,
            "bond.notice_given",
            VersionKind.TERMINATION_NOTICE,
            on=on,
            at=at,
            actor=actor,
            reason=reason,
        )
        tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def _not_terminable(bond: Bond) -> Conflict:
    if bond.state in (BondState.TERMINATION_PENDING, BondState.TERMINATED):
        return Conflict(
            _("This bond is terminated already, or notice was given. Look at its last day."), code="already_terminated"
        )
    return Conflict(
        _("Only a bond that is in force can be terminated. Look at its state and reload the page."),
        code="not_terminable",
    )


def withdraw_termination_notice(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety takes back its notice before the date."""
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if bond.state != BondState.TERMINATION_PENDING:
            raise wrong_state()
        bond.terminates_on, bond.reason = None, ""
        save_bond(bond, BondState.ACTIVE, "bond.notice_withdrawn", VersionKind.REINSTATEMENT, on=on, at=at, actor=actor)
        tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def _require_own_share(account: ProgramAccount, shares: Sequence[Share], amount: Decimal) -> Sequence[Share]:
    """The shares of a new bond: all of it on the account that it is entered for, which else has one of them."""
    if shares and account.pk not in {share.program_account_id for share in shares}:
        raise DomainError(
            _("Give a share to the program account that the bond is entered for."),
            code="own_share_missing",
            field="shares",
        )
    return shares or [Share(account.pk, amount)]

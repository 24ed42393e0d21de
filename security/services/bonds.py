"""Bonds: proposed by the importer, confirmed by the surety, raised, given notice of; every version kept."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from reference.queries import policy
from security import messages, queries, rules
from security.models import (
    Bond,
    BondVersion,
)
from security.rules import (
    BondState,
)
from security.services.parts import locked_account, money, publish, record, tell_importer, tell_surety
from security.services.release_prior_to_payment import reassess_many


def propose_bond(
    *,
    program_account_id: int,
    provider_id: int,
    agreement_number: str,
    amount: Decimal,
    validity_start: date,
    validity_end: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """The importer enters a bond; it has no effect until the surety confirms it (FSR s. 5(2)).

    ``DomainError`` for a provider that is no registered surety, an amount under the minimum or impossible dates;
    ``Conflict`` for an agreement number that this surety has used.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        provider = _require_elements(account, provider_id, agreement_number, amount, validity_start, validity_end, on)
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor_id=account.business_id,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=BondState.PENDING_PROVIDER,
            proposed_on=on,
        )
        keep_versions([bond], on=on, at=at, actor=actor)
        record(actor, "bond.proposed", bond, at=at, after={"amount": amount, "provider": provider.bn9})
        tell_surety(bond, messages.WSA_TO_CONFIRM, messages.bond_to_confirm(bond), at=at)
    return bond


def withdraw_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer takes back a bond that the surety has not answered."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.WITHDRAWN)
        bond.decided_on = on
        _save_bond(bond, BondState.WITHDRAWN, "bond.withdrawn", on=on, at=at, actor=actor)
        tell_surety(bond, messages.WSA_WITHDRAWN, messages.bond_news(bond, messages.WSA_WITHDRAWN), at=at)
    return bond


def confirm_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety confirms what the importer entered: from now on, or from its first day, the bond covers."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.ACTIVE)
        if bond.state != BondState.PENDING_PROVIDER:
            raise _wrong_state()
        if bond.validity_end is not None and bond.validity_end < on:
            raise DomainError(
                _("The last day of this bond has passed. Reject it and ask the importer for a new one."),
                code="validity_over",
            )
        following = rules.confirmed_state(validity_start=bond.validity_start, on=on)
        bond.decided_on = on
        _save_bond(bond, following, "bond.confirmed", on=on, at=at, actor=actor)
        tell_importer(bond, messages.WSA_CONFIRMED, on=on, at=at)
        reassess_many(program_account_ids=[bond.program_account_id], on=on, at=at, actor=actor)
    return bond


def reject_bond(*, bond_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Bond:
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.REJECTED)
        bond.decided_on, bond.reason = on, reason
        _save_bond(bond, BondState.REJECTED, "bond.rejected", on=on, at=at, actor=actor, reason=reason)
        tell_importer(bond, messages.WSA_REJECTED, on=on, at=at)
    return bond


def ask_bond_raise(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer asks the surety for a higher amount; nothing changes until the surety raises the bond."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise _wrong_state()
        if amount <= bond.amount:
            raise _not_higher(bond)
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


def raise_bond(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety raises the amount; it covers at once. ``DomainError`` unless the new amount is higher."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise _wrong_state()
        if amount <= bond.amount:
            raise _not_higher(bond)
        before = bond.amount
        bond.amount, bond.asked_amount = amount, None
        _save_bond(bond, bond.state, "bond.raised", on=on, at=at, actor=actor, before={"amount": before})
        tell_importer(bond, messages.WSA_AMENDED, on=on, at=at)
        reassess_many(program_account_ids=[bond.program_account_id], on=on, at=at, actor=actor)
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
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """The surety itself enters a bond: it is given at that moment (FSR s. 5(2)), so nobody confirms it any more.

    Refusals as of ``propose_bond``; ``DomainError`` for a program account that does not exist or a name that is not its
    business's.
    """
    with transaction.atomic():
        found = queries.account_to_secure(program_account_number)
        if found is None:
            raise DomainError(
                _("There is no program account of this number. Check it on the importer's agreement."),
                code="debtor_not_found",
                field="program_account",
            )
        account = locked_account(found.pk)
        if not rules.is_same_name(debtor_name, account.business.legal_name, account.business.operating_name):
            raise DomainError(
                _("The debtor's name is not the one registered for this program account. Check both."),
                code="debtor_name_differs",
                field="debtor_name",
            )
        provider = _require_elements(account, provider_id, agreement_number, amount, validity_start, validity_end, on)
        state = rules.confirmed_state(validity_start=validity_start, on=on)
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor_id=account.business_id,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=state,
            channel=Bond.Channel.API,
            proposed_on=on,
            decided_on=on,
        )
        keep_versions([bond], on=on, at=at, actor=actor)
        record(actor, "bond.filed", bond, at=at, after={"state": state, "amount": amount, "provider": provider.bn9})
        publish([bond], "bond.filed", at=at)
        tell_importer(bond, messages.WSA_CONFIRMED, on=on, at=at)
        reassess_many(program_account_ids=[account.pk], on=on, at=at, actor=actor)
    return bond


def amend_bond(*, bond_id: int, amount: Decimal, prior_version: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety's software raises or lowers the amount; ``Conflict`` unless it knows the latest version."""
    with transaction.atomic():
        bond = _bond(bond_id)
        latest = bond.versions.aggregate(last=Max("number"))["last"]
        if prior_version != latest:
            raise Conflict(
                _("The bond is at version %(version)d now. Read it again and repeat the change.") % {"version": latest},
                code="version_conflict",
                field="prior_version",
            )
        change = raise_bond if amount > bond.amount else lower_bond
        return change(bond_id=bond_id, amount=amount, on=on, at=at, actor=actor)


def lower_bond(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety lowers the amount, as far as the program account stays covered; ``DomainError`` beyond that."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise _wrong_state()
        locked_account(bond.program_account_id)
        if amount >= bond.amount:
            raise DomainError(
                _("Enter an amount other than %(amount)s, what the bond is for now.") % {"amount": money(bond.amount)},
                code="same_amount",
                field="amount",
            )
        _require_minimum(amount, on)
        status = queries.rpp_status(bond.program_account_id, on=on)
        covers = bond.state in rules.COVERING and status.is_enrolled
        if covers and not rules.stays_sufficient(status.coverage, status.requirement, less=bond.amount - amount):
            raise DomainError(
                _("With less than the bond is for now, the program account would not be covered. Give notice instead."),
                code="decrease_leaves_short",
                field="amount",
            )
        before = bond.amount
        bond.amount = amount
        _save_bond(bond, bond.state, "bond.lowered", on=on, at=at, actor=actor, before={"amount": before})
        tell_importer(bond, messages.WSA_AMENDED, on=on, at=at)
        reassess_many(program_account_ids=[bond.program_account_id], on=on, at=at, actor=actor)
    return bond


def give_termination_notice(
    *, bond_id: int, terminates_on: date, reason: str = "", on: date, at: datetime, actor: Actor
) -> Bond:
    """The surety ends the bond, at the earliest 30 days after the notice (FSR s. 7); it covers until then."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.TERMINATION_PENDING)
        earliest = rules.earliest_termination_on(on)
        if terminates_on < earliest:
            raise DomainError(
                _("A bond ends at least 30 days after the notice. Enter %(day)s or later.")
                % {"day": formats.day(earliest, get_language() or "en")},
                code="notice_too_short",
                field="terminates_on",
            )
        bond.terminates_on, bond.reason = terminates_on, reason
        _save_bond(bond, BondState.TERMINATION_PENDING, "bond.notice_given", on=on, at=at, actor=actor, reason=reason)
        tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def withdraw_termination_notice(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety takes back its notice before the date."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state != BondState.TERMINATION_PENDING:
            raise _wrong_state()
        bond.terminates_on, bond.reason = None, ""
        _save_bond(bond, BondState.ACTIVE, "bond.notice_withdrawn", on=on, at=at, actor=actor)
        tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def _require_elements(
    account: ProgramAccount,
    provider_id: int,
    agreement_number: str,
    amount: Decimal,
    validity_start: date,
    validity_end: date | None,
    on: date,
) -> Business:
    """The surety, locked, when the elements of a new bond hold; the refusals of ``propose_bond`` otherwise."""
    provider = queries.registered_sureties().select_for_update().filter(pk=provider_id).first()
    if provider is None:
        raise DomainError(
            _("Choose one of the financial security providers registered in the portal."),
            code="unknown_provider",
            field="provider",
        )
    if not account.imports:
        raise DomainError(
            _("Only an importer's program account can be secured. Choose another program account."),
            code="not_an_importer",
        )
    _require_minimum(amount, on)
    if validity_end is not None and (validity_end <= validity_start or validity_end < on):
        raise DomainError(
            _("The bond must end after it begins, and not before today. Correct the date or leave it empty."),
            code="bad_validity",
            field="validity_end",
        )
    if queries.secures_somebody_else(provider.pk, agreement_number, debtor_id=account.business_id):
        raise DomainError(
            _(
                "This agreement secures somebody else. Security of a broker or of anybody else does not cover your"
                " goods: ask the surety for an agreement in your own name."
            ),
            code="security_of_another",
            field="agreement_number",
        )
    if queries.is_agreement_number_used(provider.pk, agreement_number):
        raise Conflict(
            _("%(provider)s has a bond of this number already. Check the number on your agreement.")
            % {"provider": provider.legal_name},
            code="agreement_number_used",
            field="agreement_number",
        )
    return provider


def _require_minimum(amount: Decimal, on: date) -> None:
    minimum = policy().security_parameters(on).bond_minimum
    if amount < minimum:
        raise DomainError(
            _("A bond is for at least %(minimum)s. Enter that or more, or post a cash deposit instead.")
            % {"minimum": money(minimum)},
            code="bond_below_minimum",
            field="amount",
        )


def _not_higher(bond: Bond) -> DomainError:
    return DomainError(
        _("Enter an amount above %(amount)s, what the bond is for now.") % {"amount": money(bond.amount)},
        code="not_higher",
        field="amount",
    )


def _wrong_state() -> Conflict:
    return Conflict(
        _("The bond has changed in the meantime and this is no longer possible. Reload the page."), code="wrong_state"
    )


def _bond(bond_id: int) -> Bond:
    return (
        Bond.objects.select_for_update(of=("self",))
        .select_related("provider", "debtor", "program_account")
        .get(pk=bond_id)
    )


def _locked_bond(bond_id: int, following: BondState) -> Bond:
    bond = _bond(bond_id)
    if not rules.can_bond_become(bond.state, following):
        raise _wrong_state()
    return bond


def _save_bond(
    bond: Bond,
    state: str,
    verb: str,
    *,
    on: date,
    at: datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    earlier = {"state": bond.state, **(before or {})}
    bond.state = state
    bond.save()
    keep_versions([bond], on=on, at=at, actor=actor)
    if verb != "bond.withdrawn":
        publish([bond], verb, at=at)
    after = {"state": state, "amount": bond.amount, "terminates_on": bond.terminates_on}
    record(actor, verb, bond, at=at, before=earlier, after=after, reason=reason)


def keep_versions(bonds: Sequence[Bond], *, on: date, at: datetime, actor: Actor) -> None:
    known = dict(
        BondVersion.objects.filter(bond__in=bonds)
        .order_by()
        .values("bond_id")
        .annotate(last=Max("number"))
        .values_list("bond_id", "last")
    )
    BondVersion.objects.bulk_create(
        [
            BondVersion(
                bond=bond,
                number=known.get(bond.pk, 0) + 1,
                state=bond.state,
                amount=bond.amount,
                validity_start=bond.validity_start,
                validity_end=bond.validity_end,
                terminates_on=bond.terminates_on,
                effective_on=on,
                recorded_at=at,
                recorded_by=actor.name,
            )
            for bond in bonds
        ]
    )

"""Riders: the surety raises, lowers, reallocates, extends or renames a bond that it has given."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from security import messages, queries, rules
from security.models import Bond
from security.rules import Share, VersionKind
from security.services.bond_parts import (
    bond_to_change,
    not_higher,
    require_minimum,
    require_shares,
    save_bond,
    shares_of,
    write_shares,
    wrong_state,
)
from security.services.parts import locked_accounts, money, tell_importer
from security.services.release_prior_to_payment import reassess_many


def raise_bond(
    *, bond_id: int, amount: Decimal, shares: Sequence[Share] = (), on: date, at: datetime, actor: Actor
) -> Bond:
    """The surety raises the amount; it covers at once. ``DomainError`` unless the new amount is higher.

    A bond over several program accounts needs its new shares; refusals of those as of ``reallocate_bond``.
    """
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if bond.state not in rules.AMENDABLE:
            raise wrong_state()
        if amount <= bond.amount:
            raise not_higher(bond)
        bond.asked_amount = None
        return _resize(bond, amount, shares, "bond.raised", VersionKind.INCREASE, on=on, at=at, actor=actor)


def lower_bond(
    *, bond_id: int, amount: Decimal, shares: Sequence[Share] = (), on: date, at: datetime, actor: Actor
) -> Bond:
    """The surety lowers the amount, as far as each program account stays covered; ``DomainError`` beyond that.

    A bond over several program accounts needs its new shares.
    """
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if bond.state not in rules.AMENDABLE:
            raise wrong_state()
        if amount >= bond.amount:
            raise DomainError(
                _("Enter an amount other than %(amount)s, what the bond is for now.") % {"amount": money(bond.amount)},
                code="same_amount",
                field="amount",
            )
        require_minimum(amount, on)
        return _resize(bond, amount, shares, "bond.lowered", VersionKind.DECREASE, on=on, at=at, actor=actor)


def reallocate_bond(*, bond_id: int, shares: Sequence[Share], on: date, at: datetime, actor: Actor) -> Bond:
    """The surety shares the same amount anew among program accounts of the debtor.

    ``DomainError`` for shares that cannot be, that are as before, or that leave an enrolled account short.
    """
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if bond.state not in rules.GIVEN:
            raise wrong_state()
        if not shares or set(shares) == set(shares_of(bond)):
            raise DomainError(
                _("Enter shares other than those that the bond has now."), code="same_shares", field="shares"
            )
        verb, kind = "bond.reallocated", VersionKind.REALLOCATION
        return _resize(bond, bond.amount, shares, verb, kind, on=on, at=at, actor=actor)


def extend_bond(*, bond_id: int, validity_end: date | None, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety makes the bond valid until a later day, or continuous. ``DomainError`` once it has ended."""
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        _require_given(bond, on)
        if bond.state not in rules.AMENDABLE:
            raise wrong_state()
        if not rules.is_extension(bond.validity_end, validity_end):
            raise DomainError(
                _("Enter a day after the last day that the bond has now, or leave it empty for a continuous bond.")
                if bond.validity_end is not None
                else _("This bond is continuous and needs no extension."),
                code="bad_validity",
                field="validity_end",
            )
        before = {"validity_end": bond.validity_end}
        bond.validity_end = validity_end
        save_bond(
            bond,
            bond.state,
            "bond.extended",
            VersionKind.EXTENSION,
            on=on,
            at=at,
            actor=actor,
            before=before,
            after={"validity_end": validity_end},
        )
        tell_importer(bond, messages.WSA_EXTENDED, on=on, at=at)
    return bond


def rename_bond_debtor(*, bond_id: int, debtor_name: str, on: date, at: datetime, actor: Actor) -> Bond:
    """The agreement follows a changed name of its debtor. ``DomainError`` for a name that is not registered."""
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        _require_given(bond, on)
        name = rules.registered_name(debtor_name, bond.debtor.legal_name, bond.debtor.operating_name)
        if name is None:
            raise DomainError(
                _("This name is not registered for the debtor. Enter it as it stands in the register: %(name)s.")
                % {"name": bond.debtor.legal_name},
                code="debtor_name_differs",
                field="debtor_name",
            )
        if name == bond.debtor_name:
            raise DomainError(_("The agreement bears this name already."), code="same_name", field="debtor_name")
        before = {"debtor_name": bond.debtor_name}
        bond.debtor_name = name
        save_bond(
            bond,
            bond.state,
            "bond.renamed",
            VersionKind.NAME_CHANGE,
            on=on,
            at=at,
            actor=actor,
            before=before,
            after={"debtor_name": name},
        )
        tell_importer(bond, messages.WSA_RENAMED, on=on, at=at)
    return bond


def _resize(
    bond: Bond,
    amount: Decimal,
    shares: Sequence[Share],
    verb: str,
    kind: VersionKind,
    *,
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """Give a bond an amount and shares that may stand, and look anew at every account that has or had a share."""
    held = shares_of(bond)
    touched = {share.program_account_id for share in (*held, *shares)}
    accounts = locked_accounts(touched)
    given = list(shares) or _on_the_one_account(held, amount)
    require_shares(given, accounts, amount=amount, debtor_id=bond.debtor_id, on=on)
    if bond.state in rules.COVERING:
        _require_cover(held, given, on=on)
    before = {"amount": bond.amount}
    bond.amount = amount
    write_shares(bond, given)
    after = {"shares": {accounts[share.program_account_id].number: share.amount for share in given}}
    save_bond(
        bond, bond.state, verb, kind, on=on, at=at, actor=actor, before=before, after=after if len(touched) > 1 else {}
    )
    news = messages.WSA_REALLOCATED if kind == VersionKind.REALLOCATION else messages.WSA_AMENDED
    tell_importer(bond, news, on=on, at=at)
    reassess_many(program_account_ids=touched, on=on, at=at, actor=actor)
    return bond


def _on_the_one_account(held: Sequence[Share], amount: Decimal) -> list[Share]:
    if len(held) > 1:
        raise DomainError(
            _("This bond covers several program accounts. Enter the share of each."),
            code="shares_needed",
            field="shares",
        )
    return [Share(held[0].program_account_id, amount)]


def _require_cover(held: Sequence[Share], given: Sequence[Share], *, on: date) -> None:
    for number, less in rules.less_by_account(held, given).items():
        status = queries.rpp_status(number, on=on)
        if status.is_enrolled and not rules.stays_sufficient(status.coverage, status.requirement, less=less):
            raise DomainError(
                _("With less than the bond is for now, the program account would not be covered. Give notice instead."),
                code="decrease_leaves_short",
                field="amount" if len(held) == len(given) == 1 else "shares",
            )


def _require_given(bond: Bond, on: date) -> None:
    if rules.has_ended(bond.state, validity_end=bond.validity_end, on=on):
        raise DomainError(_("This bond has ended. File a new one instead."), code="bond_ended")
    if bond.state not in rules.GIVEN:
        raise wrong_state()

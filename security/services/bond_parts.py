"""What the services of bonds share: the rows they lock, the shares and versions they write, what they refuse."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO, cents
from reference.queries import policy
from security import queries, rules
from security.models import Bond, BondAllocation, BondVersion
from security.rules import BondState, Share, ShareProblem, VersionKind
from security.services.parts import money, publish, record


def bond_to_change(bond_id: int) -> Bond:
    """The bond's row, locked."""
    return (
        Bond.objects.select_for_update(of=("self",))
        .select_related("provider", "debtor", "program_account")
        .get(pk=bond_id)
    )


def bond_to_become(bond_id: int, following: BondState) -> Bond:
    bond = bond_to_change(bond_id)
    if not rules.can_bond_become(bond.state, following):
        raise wrong_state()
    return bond


def save_bond(
    bond: Bond,
    state: str,
    verb: str,
    kind: VersionKind,
    *,
    on: date,
    at: datetime,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Save a changed bond with its version, the event for its surety and the line of the trail."""
    earlier = {"state": bond.state, **(before or {})}
    bond.state = state
    bond.save()
    keep_versions([(bond, kind)], on=on, at=at, actor=actor)
    if kind != VersionKind.WITHDRAWN:
        publish([bond], verb, at=at)
    later = {"state": state, "amount": bond.amount, "terminates_on": bond.terminates_on, **(after or {})}
    record(actor, verb, bond, at=at, before=earlier, after=later, reason=reason)


def keep_versions(changed: Sequence[tuple[Bond, VersionKind]], *, on: date, at: datetime, actor: Actor) -> None:
    """A whole version of each of the bonds as they stand now, in three statements whatever their number."""
    bonds = [bond for bond, _kind in changed]
    known = dict(
        BondVersion.objects.filter(bond__in=bonds)
        .order_by()
        .values("bond_id")
        .annotate(last=Max("number"))
        .values_list("bond_id", "last")
    )
    shares = queries.shares_by_bond([bond.pk for bond in bonds])
    BondVersion.objects.bulk_create(
        [
            BondVersion(
                bond=bond,
                number=known.get(bond.pk, 0) + 1,
                kind=kind,
                debtor_name=bond.debtor_name,
                shares={row.program_account.number: cents(row.amount) for row in shares[bond.pk]},
                state=bond.state,
                amount=bond.amount,
                validity_start=bond.validity_start,
                validity_end=bond.validity_end,
                terminates_on=bond.terminates_on,
                effective_on=on,
                recorded_at=at,
                recorded_by=actor.name,
            )
            for bond, kind in changed
        ]
    )


def shares_of(bond: Bond) -> list[Share]:
    return [Share(row.program_account_id, row.amount) for row in queries.shares_by_bond([bond.pk])[bond.pk]]


def write_shares(bond: Bond, shares: Sequence[Share]) -> None:
    """Make these the shares of a bond; whoever calls this has asked ``require_shares``."""
    kept = {share.program_account_id: share.amount for share in shares}
    BondAllocation.objects.filter(bond=bond).exclude(program_account_id__in=kept).delete()
    for number, amount in kept.items():
        BondAllocation.objects.update_or_create(
            bond=bond, program_account_id=number, defaults={"amount": amount}, create_defaults={"amount": amount}
        )


def require_shares(
    shares: Sequence[Share], accounts: Mapping[int, ProgramAccount], *, amount: Decimal, debtor_id: int, on: date
) -> None:
    """``DomainError`` with the code of what is wrong with the shares of a bond."""
    minimum = policy().security_parameters(on).bond_minimum
    problem = rules.share_problem(shares, accounts, amount=amount, minimum=minimum, debtor_id=debtor_id)
    if problem is not None:
        raise DomainError(_words_of(problem, shares, amount, minimum), code=problem.value, field="shares")


def _words_of(problem: ShareProblem, shares: Sequence[Share], amount: Decimal, minimum: Decimal) -> str:
    match problem:
        case ShareProblem.TWICE:
            return _("A program account stands twice among the shares. Give one share to each.")
        case ShareProblem.OF_ANOTHER:
            return _("A bond covers program accounts of one business. Choose accounts of its debtor only.")
        case ShareProblem.MIXED_PROGRAMS:
            return _("A bond covers program accounts of one type. File another bond for the other type.")
        case ShareProblem.NOT_AN_IMPORTER:
            return _("Only an importer's program account can be secured. Choose another program account.")
        case ShareProblem.OVER_AMOUNT:
            total = sum((share.amount for share in shares), ZERO)
            return _(
                "The shares are %(total)s together, the bond is for %(amount)s. Lower a share or raise the bond."
            ) % {
                "total": money(total),
                "amount": money(amount),
            }
        case ShareProblem.BELOW_MINIMUM:
            return _("Each share is at least %(minimum)s. Enter that or more, or leave the program account out.") % {
                "minimum": money(minimum)
            }


def account_named(number: str) -> ProgramAccount:
    """The program account of a number; ``DomainError`` where there is none."""
    found = queries.account_to_secure(number)
    if found is None:
        raise DomainError(
            _("There is no program account of this number. Check it on the importer's agreement."),
            code="debtor_not_found",
            field="program_account",
        )
    return found


def require_elements(
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
    require_minimum(amount, on)
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


def require_minimum(amount: Decimal, on: date) -> None:
    minimum = policy().security_parameters(on).bond_minimum
    if amount < minimum:
        raise DomainError(
            _("A bond is for at least %(minimum)s. Enter that or more, or post a cash deposit instead.")
            % {"minimum": money(minimum)},
            code="bond_below_minimum",
            field="amount",
        )


def not_higher(bond: Bond) -> DomainError:
    return DomainError(
        _("Enter an amount above %(amount)s, what the bond is for now.") % {"amount": money(bond.amount)},
        code="not_higher",
        field="amount",
    )


def wrong_state() -> Conflict:
    return Conflict(
        _("The bond has changed in the meantime and this is no longer possible. Reload the page."), code="wrong_state"
    )

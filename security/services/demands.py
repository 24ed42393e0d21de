"""Demands on sureties: sent by an officer, paid or rebutted within 60 days, decided (FSR s. 8 and 9)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from notifications.services import Draft, notify_many
from security import messages, queries, rules
from security.models import Demand
from security.rules import BondState, DemandState, Share, VersionKind
from security.services.bond_parts import keep_versions, shares_of, write_shares
from security.services.parts import event, locked_account, money, publish, tell


def send_demand(*, program_account_id: int, bond_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Demand:
    """Demand in writing that the surety pay: what is overdue and accrued in the bond's validity, at most the share.

    ``DomainError`` for a bond of another account and where nothing can be demanded; ``Conflict`` while one is open.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        bond = _bonds(program_account_id).filter(pk=bond_id).first()
        if bond is None:
            raise DomainError(_("Choose a bond of this program account."), code="unknown_bond", field="bond")
        open_ones = Demand.objects.filter(bond=bond, program_account_id=program_account_id)
        if open_ones.filter(state__in=rules.OPEN_DEMANDS).exists():
            raise Conflict(_("A demand on this bond is open already."), code="demanded_already", field="bond")
        amount = queries.demandable(bond, program_account_id=program_account_id, on=on)
        if amount <= ZERO:
            raise DomainError(
                _("Nothing can be demanded on this bond: no overdue amount accrued while it was valid."),
                code="nothing_to_demand",
                field="bond",
            )
        demand = Demand.objects.create(
            bond=bond,
            program_account=account,
            asked=amount,
            amount=amount,
            reason=reason,
            sent_on=on,
            answer_by=rules.demand_answer_due_on(on),
        )
        _record(demand, "demand.sent", actor=actor, at=at, reason=reason)
        _tell_surety(demand, "demand.sent", messages.demand_sent(demand), at=at)
        tell([(account, messages.WSA_DEMAND, messages.demand_known(demand))], on=on, at=at)
    return demand


def rebut_demand(*, provider_id: int, demand_id: int, text: str, on: date, at: datetime, actor: Actor) -> Demand:
    """The surety says why it need not pay. ``Conflict`` once answered; ``DomainError`` after the 60 days."""
    with transaction.atomic():
        demand = _locked(demand_id, DemandState.REBUTTED, provider_id=provider_id)
        if on > demand.answer_by:
            raise DomainError(_("The 60 days to answer have passed. Pay what is demanded."), code="answer_too_late")
        demand.state, demand.rebuttal, demand.rebutted_on = DemandState.REBUTTED, text, on
        demand.save(update_fields=("state", "rebuttal", "rebutted_on"))
        _record(demand, "demand.rebutted", actor=actor, at=at)
    return demand


def decide_demand(
    *, demand_id: int, amount: Decimal | None, reason: str, on: date, at: datetime, actor: Actor
) -> Demand:
    """An officer continues or amends a rebutted demand by an amount, or withdraws any open one with ``None``.

    What is upheld is to be paid on the day the notice is received (FSR s. 9(3)). ``Conflict`` from another state;
    ``DomainError`` for an amount above what was demanded.
    """
    following = DemandState.WITHDRAWN if amount is None else DemandState.UPHELD
    with transaction.atomic():
        demand = _locked(demand_id, following)
        if following == DemandState.UPHELD and demand.state == DemandState.SENT:
            raise _closed()
        if amount is not None and not ZERO < amount <= demand.asked:
            raise DomainError(
                _("Enter an amount up to %(asked)s, what was demanded.") % {"asked": money(demand.asked)},
                code="more_than_demanded",
                field="amount",
            )
        demand.state, demand.decision, demand.decided_on = following, reason, on
        if amount is not None:
            demand.amount = amount
        demand.save(update_fields=("state", "amount", "decision", "decided_on"))
        _record(demand, f"demand.{following.lower()}", actor=actor, at=at, reason=reason)
        _tell_surety(demand, "demand.decided", messages.demand_decided(demand), at=at)
    return demand


def uphold_unanswered(*, reason: str, on: date, at: datetime, actor: Actor) -> int:
    """What was demanded is due where the 60 days have passed without an answer (FSR s. 9(1)); returns how many."""
    late = queries.unanswered_demands(on=on)
    for demand_id in late:
        with transaction.atomic():
            demand = _locked(demand_id, DemandState.UPHELD)
            demand.state, demand.decision, demand.decided_on = DemandState.UPHELD, reason, on
            demand.save(update_fields=("state", "decision", "decided_on"))
            _record(demand, "demand.upheld", actor=actor, at=at, reason=reason)
            _tell_surety(demand, "demand.decided", messages.demand_decided(demand), at=at)
    return len(late)


def close_paid_demand(*, demand_id: int, reference: str, on: date, at: datetime, actor: Actor) -> Demand:
    """Mark a demand as paid and lower its bond by it; whoever calls this posts the money in the same transaction.

    A bond of which nothing is left ends. ``Conflict`` when the demand is not open any more.
    """
    with transaction.atomic():
        demand = _locked(demand_id, DemandState.PAID)
        demand.state, demand.paid_on, demand.reference = DemandState.PAID, on, reference
        demand.save(update_fields=("state", "paid_on", "reference"))
        if demand.bond.state in rules.COVERING:
            _lower(demand, on=on, at=at, actor=actor)
        _record(demand, "demand.paid", actor=actor, at=at)
        _tell_surety(demand, "demand.paid", messages.demand_paid(demand), at=at)
    return demand


def _lower(demand: Demand, *, on: date, at: datetime, actor: Actor) -> None:
    """Paid claims lower a bond that still covers (assumed); one that has ended already keeps its figures."""
    bond = demand.bond
    held = {share.program_account_id: share.amount for share in shares_of(bond)}
    own = held.pop(demand.program_account_id, ZERO)
    others = sum(held.values(), ZERO)
    amount, left = rules.after_claim(amount=bond.amount, share=own, others=others, paid=demand.amount)
    if amount > ZERO:
        bond.amount = amount
        kept = {**held, demand.program_account_id: left}
        write_shares(bond, [Share(number, share) for number, share in kept.items() if share > ZERO])
    else:
        bond.state, bond.terminates_on = BondState.TERMINATED, on
    bond.save(update_fields=("amount", "state", "terminates_on"))
    keep_versions([(bond, VersionKind.CLAIM_PAID)], on=on, at=at, actor=actor)


def _bonds(program_account_id: int) -> Any:
    """The bonds that cover a program account, locked."""
    rows = queries.bonds_of(program_account_id).select_related("provider", "debtor", "program_account")
    return rows.select_for_update(of=("self",))


def _locked(demand_id: int, following: DemandState, *, provider_id: int | None = None) -> Demand:
    rows = Demand.objects.select_for_update(of=("self", "bond")).select_related(
        "bond__provider", "bond__debtor", "bond__program_account", "program_account__business"
    )
    if provider_id is not None:
        rows = rows.filter(bond__provider_id=provider_id)
    demand = rows.get(pk=demand_id)
    if not rules.can_demand_become(demand.state, following):
        raise _closed()
    return demand


def _closed() -> Conflict:
    return Conflict(_("This demand was answered or closed in the meantime. Reload the page."), code="demand_closed")


def _record(demand: Demand, verb: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    after = {"state": demand.state, "amount": demand.amount}
    account = demand.program_account
    audit.record_many([event(actor, verb, demand.bond, at=at, account=account, after=after, reason=reason)])


def _tell_surety(demand: Demand, kind: str, message: messages.Message, *, at: datetime) -> None:
    """Its managers by message, its software by event."""
    bond = demand.bond
    about = {"id": demand.pk, "state": str(demand.state), "amount": f"{demand.amount:.2f}"}
    publish([bond], kind, at=at, program_account=demand.program_account.number, demand=about)
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=messages.WSA_DEMAND,
                link=messages.demand_link(bond.provider.bn9, demand.pk),
                business_id=bond.provider_id,
            )
            for person in queries.managers_of(bond.provider_id)
        ],
        at=at,
    )

"""A bond on paper raised by mail: said to be on its way, entered, refused, or never arrived."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from security import paper_messages as messages
from security import queries, rules
from security.models import Bond, Endorsement
from security.rules import EndorsementState
from security.services.bond_parts import bond_to_change, not_higher, shares_of, wrong_state
from security.services.parts import event, publish, record, tell, tell_surety
from security.services.release_prior_to_payment import suspend_if_deadline_missed
from security.services.riders import raise_bond


def announce_endorsement(
    *,
    bond_id: int,
    program_account_id: int,
    amount: Decimal,
    announced_by_id: int,
    on: date,
    at: datetime,
    actor: Actor,
) -> Endorsement:
    """The importer or the surety says that a signed endorsement is in the mail, which will raise a bond to ``amount``.

    The bond changes when an officer enters it; meanwhile a missed deadline does not suspend the program account.
    ``DomainError`` for a bond that is not on paper, an amount that is not higher, or an account that the bond does not
    cover; ``Conflict`` for a bond that is not in force, and while another endorsement of it is in the mail.
    """
    with transaction.atomic():
        bond = bond_to_change(bond_id)
        if not bond.is_on_paper:
            raise DomainError(
                _("This bond is not on paper: its surety raises it in the portal or by software."), code="not_on_paper"
            )
        if bond.state not in rules.AMENDABLE:
            raise wrong_state()
        if program_account_id not in queries.accounts_of_bond(bond.pk):
            raise DomainError(
                _("This bond does not cover that program account. Choose one that it covers."),
                code="not_covered",
                field="program_account",
            )
        if queries.open_endorsement_of(bond.pk) is not None:
            raise Conflict(
                _("An endorsement of this bond is in the mail already. Withdraw it to enter another."),
                code="endorsement_open",
            )
        if amount <= bond.amount:
            raise not_higher(bond)
        row = Endorsement.objects.create(
            bond=bond,
            program_account_id=program_account_id,
            announced_by_id=announced_by_id,
            amount=amount,
            mailed_on=on,
            open_until=rules.open_until(on, days=queries.endorsement_days(on)),
        )
        record(actor, "endorsement.mailed", row, at=at, before={"amount": bond.amount}, after={"amount": amount})
        _tell(row, on=on, at=at)
    return row


def withdraw_endorsement(
    *, endorsement_id: int, announced_by_id: int, on: date, at: datetime, actor: Actor
) -> Endorsement:
    """Who said that it is in the mail takes that back; after the deadline an account that is short is suspended."""
    with transaction.atomic():
        row = _to_become(endorsement_id, EndorsementState.WITHDRAWN)
        if row.announced_by_id != announced_by_id:
            raise Conflict(
                _("Only who said that the endorsement is in the mail can take it back."), code="not_announced_by_you"
            )
        _decide(row, EndorsementState.WITHDRAWN, on=on, at=at, actor=actor)
    return row


def refuse_endorsement(*, endorsement_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Endorsement:
    """An officer does not take the endorsement; after the deadline an account that is short is suspended at once."""
    with transaction.atomic():
        row = _to_become(endorsement_id, EndorsementState.REFUSED)
        _decide(row, EndorsementState.REFUSED, reason=reason, on=on, at=at, actor=actor)
    return row


def enter_endorsement(*, endorsement_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """An officer enters the endorsement that has arrived: the bond is raised to the amount on it, and covers at once.

    What is added covers the endorsement's program account. Refusals as of ``raise_bond``.
    """
    with transaction.atomic():
        row = _to_become(endorsement_id, EndorsementState.ENTERED)
        shares = rules.shares_with_more(
            shares_of(row.bond), program_account_id=row.program_account_id, more=amount - row.bond.amount
        )
        bond = raise_bond(bond_id=row.bond_id, amount=amount, shares=shares, on=on, at=at, actor=actor)
        _close(row, EndorsementState.ENTERED, on=on, actor=actor)
        row.save()
        record(actor, "endorsement.entered", row, at=at, before={"amount": row.amount}, after={"amount": amount})
        suspend_if_deadline_missed([row.program_account_id], on=on, at=at, actor=actor)
    return bond


def close_endorsements_not_arrived(*, on: date, at: datetime, actor: Actor) -> int:
    """Close what did not arrive by its last day; who is still short after the deadline is suspended."""
    rows = list(
        queries.endorsements_not_arrived(on=on)
        .select_for_update(of=("self",))
        .select_related("bond__provider", "bond__debtor", "bond__program_account", "program_account")
    )
    for row in rows:
        _close(row, EndorsementState.EXPIRED, on=on, actor=actor)
    publish([row.bond for row in rows], "endorsement.expired", at=at)
    Endorsement.objects.bulk_update(rows, ("state", "decided_on", "decided_by"), batch_size=500)
    audit.record_many([event(actor, "endorsement.expired", row, at=at) for row in rows])
    tell(
        [(row.program_account, messages.WSA_MAIL_EXPIRED, messages.endorsement_news(row)) for row in rows], on=on, at=at
    )
    suspend_if_deadline_missed([row.program_account_id for row in rows], on=on, at=at, actor=actor)
    return len(rows)


def _to_become(endorsement_id: int, following: EndorsementState) -> Endorsement:
    """The endorsement, locked after its bond; ``Conflict`` when it is closed already."""
    known = queries.endorsement_by_id(endorsement_id)
    if known is not None:
        bond = bond_to_change(known.bond_id)
        row = Endorsement.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=known.pk)
        row.bond = bond
        if rules.can_endorsement_become(row.state, following):
            return row
    raise Conflict(_("This endorsement is closed already. Reload the page."), code="endorsement_closed")


def _close(row: Endorsement, following: EndorsementState, *, reason: str = "", on: date, actor: Actor) -> None:
    row.state, row.reason, row.decided_on, row.decided_by = following, reason, on, actor.name


def _decide(
    row: Endorsement, following: EndorsementState, *, reason: str = "", on: date, at: datetime, actor: Actor
) -> None:
    """Close an endorsement without a change of its bond, tell both sides, and let a missed deadline count again."""
    verbs = {EndorsementState.WITHDRAWN: "endorsement.withdrawn", EndorsementState.REFUSED: "endorsement.refused"}
    _close(row, following, reason=reason, on=on, actor=actor)
    row.save()
    record(actor, verbs[following], row, at=at, reason=reason)
    _tell(row, on=on, at=at)
    suspend_if_deadline_missed([row.program_account_id], on=on, at=at, actor=actor)


def _tell(row: Endorsement, *, on: date, at: datetime) -> None:
    category, message = messages.CATEGORIES[EndorsementState(row.state)], messages.endorsement_news(row)
    tell([(row.program_account, category, message)], on=on, at=at)
    tell_surety(row.bond, category, message, at=at)

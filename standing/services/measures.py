"""What an officer decides about an overdue account: steps held back, goods detained."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from delegation import services as delegations
from releases import queries as releases
from releases import services as goods
from releases.models import Admission
from security import services as security
from standing import messages, queries
from standing.models import Hold
from standing.services.parts import event, locked_account, notice, record, require_overdue, tell


def hold_steps(
    *,
    program_account_id: int,
    ground: Hold.Ground,
    reason: str,
    until: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Hold:
    """Hold the steps back from today until a day, or until ended.

    ``Conflict`` where they are held back already or nothing is overdue; ``DomainError`` for a day that has passed.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        require_overdue(account, on=on)
        if until is not None and until < on:
            raise DomainError(_("Enter today or a later day, or leave it empty."), code="day_passed", field="until")
        if queries.hold_of(account.pk, on=on) is not None:
            raise Conflict(_("Steps are held back already. End that hold first."), code="held_already")
        Hold.objects.filter(program_account=account, ended_on=None).update(ended_on=on)
        hold = Hold.objects.create(program_account=account, ground=ground, reason=reason, starts_on=on, until=until)
        record(account, "standing.held", actor=actor, at=at, reason=reason, ground=hold.ground, until=until)
        tell(account, messages.HELD, messages.HELD_BODY, reason=reason, at=at)
    return hold


def end_hold(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Hold:
    """Let the steps go on from today. ``Conflict`` where none are held back."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        hold = queries.hold_of(account.pk, on=on)
        if hold is None:
            raise Conflict(_("No steps are held back here. Reload the page."), code="not_held")
        hold.ended_on = on
        hold.save(update_fields=("ended_on",))
        record(account, "standing.hold_ended", actor=actor, at=at, reason=reason)
        tell(account, messages.HOLD_ENDED, messages.HOLD_ENDED_BODY, at=at)
    return hold


def end_past_holds(*, on: date, at: datetime, actor: Actor) -> int:
    """End the holds whose last day has passed, and tell their importers."""
    with transaction.atomic():
        rows = list(
            Hold.objects.select_for_update(of=("self",))
            .select_related("program_account")
            .filter(ended_on=None, until__lt=on)
            .order_by("pk")
        )
        for row in rows:
            row.ended_on = (row.until or on) + timedelta(days=1)
        Hold.objects.bulk_update(rows, ("ended_on",), batch_size=500)
        accounts = [row.program_account for row in rows]
        audit.record_many(event(account, "standing.hold_ended", actor=actor, at=at) for account in accounts)
        delegations.notify_businesses(
            [notice(account, messages.HOLD_ENDED, messages.HOLD_ENDED_BODY) for account in accounts], at=at
        )
    return len(rows)


def detain(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Admission:
    """Flag the importer's goods for detention (Customs Act s. 97.25): what arrives is examined until the debt is paid.

    ``Conflict`` where nothing is overdue or the goods are flagged already.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        overdue = require_overdue(account, on=on)
        row = goods.admit(
            kind=Admission.Kind.DETENTION, number=account.number, reason=reason, actor=actor, on=on, at=at
        )
        record(account, "standing.detained", actor=actor, at=at, reason=reason, overdue=overdue)
        tell(account, messages.DETAINED, messages.DETAINED_BODY, amount=overdue, at=at)
    return row


def end_detention(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Admission:
    """Take the flag off. ``Conflict`` where there is none."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        row = releases.detentions([account.pk], on=on).get(account.pk)
        if row is None:
            raise Conflict(_("The goods of this account are not detained. Reload the page."), code="not_detained")
        row = goods.end_admission(admission_id=row.pk, reason=reason, actor=actor, on=on, at=at)
        record(account, "standing.freed", actor=actor, at=at, reason=reason)
        tell(account, messages.FREED, messages.FREED_BODY, at=at)
    return row


def end_paid_detentions(*, on: date, at: datetime, actor: Actor) -> int:
    """Close the flags of accounts that have paid: they hold nothing any more since the day of payment."""
    paid = queries.detained_without_debt(on=on)
    for account_id in paid:
        end_detention(program_account_id=account_id, reason=_("Paid"), on=on, at=at, actor=actor)
    return len(paid)


def end_paid_demands(*, on: date, at: datetime, actor: Actor) -> int:
    """Withdraw the demands on sureties of accounts that have paid: there is nothing left to answer for."""
    paid = queries.demands_without_debt(on=on)
    for demand_id in paid:
        security.decide_demand(
            demand_id=demand_id, amount=None, reason=_("The importer has paid"), on=on, at=at, actor=actor
        )
    return len(paid)

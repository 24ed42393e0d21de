"""Payment arrangements: overdue amounts in instalments, agreed by an officer."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from delegation import services as delegations
from ledger import queries as ledger
from reference import queries as reference
from security import services as security
from security.rules import SuspensionReason
from standing import messages, queries, rules
from standing.models import Arrangement, Instalment
from standing.rules import Step
from standing.services.parts import event, locked_account, notice, record, require_overdue, tell

_WORDS = {
    Arrangement.State.KEPT: ("standing.arrangement_kept", messages.KEPT, messages.KEPT_BODY),
    Arrangement.State.BROKEN: ("standing.arrangement_broken", messages.BROKEN, messages.BROKEN_BODY),
}


def agree_arrangement(
    *,
    program_account_id: int,
    count: int,
    first_on: date,
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> Arrangement:
    """Let what is overdue today be paid in equal monthly instalments; steps pause while they are kept.

    ``DomainError`` for an impossible number of instalments or a first day before today; ``Conflict`` where nothing is
    overdue or an arrangement runs.
    """
    with transaction.atomic():
        account = locked_account(program_account_id)
        total = require_overdue(account, on=on)
        if not 1 <= count <= rules.MOST_INSTALMENTS:
            raise DomainError(
                _("Agree on 1 to %(most)s instalments.") % {"most": rules.MOST_INSTALMENTS},
                code="instalments_out_of_range",
                field="count",
            )
        if first_on < on:
            raise DomainError(_("Enter today or a later day."), code="day_passed", field="first_on")
        if queries.arrangement_of(account.pk) is not None:
            raise Conflict(_("An arrangement runs already. End it first."), code="arranged_already")
        plan = rules.instalments(total, count=count, first_on=first_on)
        row = Arrangement.objects.create(program_account=account, total=total, agreed_on=on, reason=reason)
        Instalment.objects.bulk_create([Instalment(arrangement=row, due_on=day, amount=part) for day, part in plan])
        record(account, "standing.arranged", actor=actor, at=at, reason=reason, total=total, instalments=count)
        first_day, first_amount = plan[0]
        tell(
            account,
            messages.ARRANGED,
            messages.ARRANGED_BODY,
            count=count,
            amount=first_amount,
            day=first_day,
            at=at,
        )
    return row


def end_arrangement(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Arrangement:
    """An officer ends the arrangement; the steps go on. ``Conflict`` where none runs."""
    with transaction.atomic():
        account = locked_account(program_account_id)
        row = queries.arrangement_of(account.pk)
        if row is None:
            raise Conflict(_("No arrangement runs here. Reload the page."), code="no_arrangement")
        row.state, row.ended_on = Arrangement.State.ENDED, on
        row.save(update_fields=("state", "ended_on"))
        record(account, "standing.arrangement_ended", actor=actor, at=at, reason=reason)
        tell(account, messages.ENDED, messages.ENDED_BODY, reason=reason, at=at)
    return row


def review_arrangements(*, on: date, at: datetime, actor: Actor) -> int:
    """Close the arrangements that are paid or broken; returns how many broke.

    A broken one takes the suspension up again where its day has come; the other steps follow by themselves.
    """
    with transaction.atomic():
        rows = list(queries.running_arrangements().select_for_update(of=("self",)))
        holders = [row.program_account_id for row in rows]
        overdue = ledger.overdue_by_holder(on=on, holders=holders) if holders else {}
        closed = []
        for row in rows:
            left = overdue.get(row.program_account_id, ZERO)
            plan = [(part.due_on, part.amount) for part in row.instalments.all()]
            if left <= ZERO:
                row.state, row.ended_on = Arrangement.State.KEPT, on
            elif left > rules.may_be_overdue(plan, on=on):
                row.state, row.ended_on = Arrangement.State.BROKEN, on
            else:
                continue
            closed.append(row)
        Arrangement.objects.bulk_update(closed, ("state", "ended_on"), batch_size=500)
        audit.record_many(
            event(row.program_account, _WORDS[Arrangement.State(row.state)][0], actor=actor, at=at) for row in closed
        )
        delegations.notify_businesses(
            [notice(row.program_account, *_WORDS[Arrangement.State(row.state)][1:]) for row in closed], at=at
        )
        broken = [row.program_account_id for row in closed if row.state == Arrangement.State.BROKEN]
        _suspend_again(broken, on=on, at=at, actor=actor)
    return len(broken)


def _suspend_again(program_account_ids: list[int], *, on: date, at: datetime, actor: Actor) -> None:
    if not program_account_ids:
        return
    days = rules.StepDays.of(reference.policy(), on)
    oldest = ledger.oldest_overdue_by_holder(on=on, holders=program_account_ids)
    late = [
        number for number, last_day in oldest.items() if rules.step_days(last_day, days=days)[Step.SUSPENSION] <= on
    ]
    security.suspend_rpp(program_account_ids=late, reason=SuspensionReason.OVERDUE_DEBT, on=on, at=at, actor=actor)

"""What happens to a request after it was accepted: arrival, examination, hold, release; and marks of its accounting."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import at_toronto
from core.errors import Conflict
from core.models import JobRun
from delegation import services as delegations
from releases import queries
from releases.models import Release, ReleaseMessage
from releases.rules import ReleaseKind, ReleaseState, Step, next_state
from releases.services.parts import day_of, message, notice, release_event
from releases.services.requests import set_dates

#: How many releases the daily job works off in one transaction.
BATCH = 1000
Code = ReleaseMessage.Code
_CODES = {
    Step.ARRIVE: Code.ARRIVED,
    Step.EXAMINE: Code.EXAMINATION,
    Step.HOLD: Code.HELD,
    Step.MAY_MOVE: Code.MAY_MOVE,
    Step.LET_GO: Code.LET_GO,
}
_VERBS = {
    Step.ARRIVE: "release.arrived",
    Step.EXAMINE: "release.examination",
    Step.HOLD: "release.held",
    Step.MAY_MOVE: "release.may_move",
    Step.LET_GO: "release.let_go",
}
#: What follows the step's own message, by where the request then stands.
_FOLLOWING = {
    Release.State.RELEASED: Code.RELEASED,
    Release.State.AWAITING: Code.AWAITING_ARRIVAL,
    Release.State.AT_PORT: Code.AT_PORT,
    Release.State.EXAMINATION: Code.EXAMINATION,
}


def take_step(*, release: Release, step: Step, reason: str = "", actor: Actor, at: datetime) -> Release:
    """An officer certifies arrival, examines, holds, lets move or lets go; ``Conflict`` where that is not possible.

    A release asked for in time stays valid when the importer loses Release Prior to Payment meanwhile.
    """
    on = day_of(at)
    with transaction.atomic():
        release = (
            Release.objects.select_for_update(of=("self",))
            .select_related("program_account", "submitter")
            .get(pk=release.pk)
        )
        admitted = queries.admissions_for(release.program_account, submitter_id=release.submitter_id, on=on)
        sent = _step(release, step, is_selected=admitted.examination, on=on, at=at, note=reason)
        if sent is None:
            raise Conflict(
                _("This cannot be done while the request stands at: %(state)s. Open it again to see what can.")
                % {"state": release.get_state_display()},
                code="release_step_impossible",
            )
        release.save()
        ReleaseMessage.objects.bulk_create(sent)
        audit.record_many([release_event(release, _VERBS[step], actor=actor, at=at, reason=reason)])
        delegations.notify_businesses([notice(release, Code(sent[-1].code))], at=at)
    return release


def run_arrivals(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every morning: certify the arrival of goods that were expected by this day, and release them.

    Those of accounts selected for examination are referred to it. Safe to run twice: what arrived awaits no more.
    """
    at = at_toronto(on, 6, 0)
    counts = {"arrived": 0, "examinations": 0}
    while True:
        with transaction.atomic():
            batch = list(queries.expected_by(on).select_for_update(of=("self",))[:BATCH])
            if not batch:
                return counts
            selected = queries.selected_for_examination({row.program_account_id for row in batch}, on=on)
            sent: list[ReleaseMessage] = []
            for row in batch:
                sent += _step(row, Step.ARRIVE, is_selected=row.program_account_id in selected, on=on, at=at) or []
            Release.objects.bulk_update(
                batch, ("state", "released_on", "accounting_due_on", "payment_due_on", "last_day_to_pay")
            )
            ReleaseMessage.objects.bulk_create(sent)
            audit.record_many([release_event(row, "release.arrived", actor=actor, at=at) for row in batch])
            last = {each.release_id: Code(each.code) for each in sent}
            delegations.notify_businesses([notice(row, last[row.pk]) for row in batch], at=at)
            counts["arrived"] += len(batch)
            counts["examinations"] += sum(row.state == Release.State.EXAMINATION for row in batch)


def _step(
    release: Release, step: Step, *, is_selected: bool, on: date, at: datetime, note: str = ""
) -> list[ReleaseMessage] | None:
    """Changes the release and returns its messages, or ``None`` where the step is not possible."""
    state = next_state(
        step,
        state=ReleaseState(release.state),
        kind=ReleaseKind(release.kind),
        has_arrived=release.expected_arrival_on is None or release.expected_arrival_on <= on,
        is_selected=is_selected,
    )
    if state is None:
        return None
    if state == ReleaseState.RELEASED:
        set_dates(release, on=on)
    else:
        release.state = Release.State(state.value)
    if step == Step.ARRIVE:
        release.expected_arrival_on = min(release.expected_arrival_on or on, on)
    sent = [message(release, _CODES[step], at=at, note=note)]
    following = _FOLLOWING.get(Release.State(release.state))
    if following is not None and following != sent[0].code:
        sent.append(message(release, following, at=at))
    return sent


def mark_all_accounted(*, release_ids: Collection[int], on: date) -> None:
    """The same for the many releases of a consolidated declaration."""
    Release.objects.filter(pk__in=release_ids, accounted_on=None).update(accounted_on=on)


def mark_accounted(*, release_id: int, on: date) -> None:
    """Note the day on which the goods of a release were accounted for; called as its declaration is accepted."""
    Release.objects.filter(pk=release_id, accounted_on=None).update(accounted_on=on)


def mark_overdue_notice(*, release_ids: Collection[int], on: date) -> None:
    """Note that the overdue notice of these releases left; none leaves twice."""
    Release.objects.filter(pk__in=release_ids).update(overdue_notice_on=on)


def mark_penalty_decided(*, release_ids: Collection[int], on: date) -> None:
    """Note that the late accounting penalty of these releases was charged, or found not to apply."""
    Release.objects.filter(pk__in=release_ids).update(penalty_decided_on=on)


def mark_penalty_waived(*, release_id: int, on: date) -> None:
    """Note that the late accounting penalty of a release was taken back."""
    Release.objects.filter(pk=release_id).update(penalty_waived_on=on)


def locked_release(release_id: int) -> Release:
    """The release as it stands, locked until the end of the transaction."""
    found = Release.objects.select_for_update(of=("self",)).select_related("program_account__business", "submitter")
    return found.get(pk=release_id)


def release_at_port(*, release_id: int, on: date, actor: Actor, at: datetime) -> Release:
    """Release goods whose C-type declaration was paid at the counter; once."""
    with transaction.atomic():
        release = Release.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=release_id)
        if release.state != Release.State.AT_PORT or release.program_account is None:
            raise Conflict(_("These goods do not wait for payment at the port."), code="release_not_at_port")
        release.state = Release.State.RELEASED
        release.released_on = release.accounted_on = release.accounting_due_on = on
        release.payment_due_on = release.last_day_to_pay = on
        release.save()
        message(release, Code.RELEASED, at=at).save(force_insert=True)
        audit.record_many([release_event(release, "release.released", actor=actor, at=at)])
    return release

"""Release Prior to Payment: enrolment, suspension, reinstatement, leaving."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from ledger import queries as book
from reference.queries import policy
from reference.rules.requirement import requirement_for
from security import messages, queries, rules
from security.models import (
    AnnualReview,
    RppEnrolment,
    SecurityRequirement,
)
from security.rules import (
    Level,
    Pattern,
    RequirementSource,
    RppState,
    SuspensionReason,
)
from security.services.parts import event, locked_account, locked_enrolment, locked_enrolments, record, tell
from security.services.periods import require_period


def enrol(
    *,
    program_account_id: int,
    estimate: Decimal | None = None,
    pattern: str = Pattern.YEAR_ROUND,
    ends_on: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> RppEnrolment:
    """Enrol a program account: the requirement is computed from the book, or taken from the importer's estimate.

    ``Conflict`` when it is enrolled already; ``DomainError`` for an exporter's or closed account, for overdue debts of
    an earlier enrolment, without the estimate that an importer without twelve months of history must give, and without
    the last day that a seasonal or occasional importer must name.
    """
    require_period(pattern, ends_on, on=on)
    with transaction.atomic():
        account = locked_account(program_account_id)
        if not account.imports or account.closed_on is not None:
            raise DomainError(
                _("Only an open importer's program account can be enrolled. Choose another program account."),
                code="not_an_importer",
            )
        enrolment = RppEnrolment.objects.select_for_update().filter(program_account=account).first()
        if enrolment is not None and enrolment.state in rules.ENROLLED:
            raise Conflict(
                _("This program account is enrolled already. Open its financial security to see where it stands."),
                code="already_enrolled",
                link=messages.account_link(account.number),
            )
        if enrolment is not None and book.overdue_total(account.pk, on=on) > 0:
            raise DomainError(
                _("Amounts are overdue on this program account. Pay them, then enrol again."), code="overdue_debt"
            )
        calculation = queries.calculation_for(account.pk, on=on)
        if not calculation.has_history and estimate is None:
            raise DomainError(
                _("There are not yet twelve months to compute from. Enter your highest month as you expect it."),
                code="estimate_required",
                field="estimate",
            )
        amount, source = rules.enrolment_requirement(
            highest=calculation.driving.amount, has_history=calculation.has_history, estimate=estimate
        )
        SecurityRequirement.objects.create(
            program_account=account,
            amount=amount,
            source=source,
            driving_month_end=calculation.driving.last,
            effective_on=on,
            computed_on=on,
        )
        facts = queries.facts_by_account([account.pk], on=on)[account.pk]
        before = enrolment.state if enrolment else ""
        enrolment = enrolment or RppEnrolment(program_account=account)
        enrolment.state = rules.initial_state(facts)
        enrolment.reason = enrolment.note = ""
        enrolment.pattern, enrolment.ends_on, enrolment.end_warned_on = pattern, ends_on, None
        enrolment.nudge_level = Level.QUIET
        enrolment.estimate = estimate if source == RequirementSource.ESTIMATE else None
        enrolment.enrolled_on = enrolment.changed_on = on
        enrolment.save()
        record(
            actor,
            "rpp.enrolled",
            enrolment,
            at=at,
            before={"state": before},
            after={"state": enrolment.state, "requirement": amount, "source": source},
        )
        needed = requirement_for(amount, on, policy=policy())
        message = messages.enrolled(number=account.number, state=enrolment.state, requirement=amount, needed=needed)
        tell([(account, messages.RPP_ENROLLED, message)], on=on, at=at, include_delegates=True)
    return enrolment


def cancel_rpp(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """The importer leaves the programme. ``Conflict`` when it is not enrolled."""
    return _leave(
        program_account_id=program_account_id,
        following=RppState.CANCELLED,
        category=messages.RPP_CANCELLED,
        note="",
        on=on,
        at=at,
        actor=actor,
    )


def remove_rpp(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """An officer removes a suspended or never secured enrolment. ``Conflict`` from any other state."""
    return _leave(
        program_account_id=program_account_id,
        following=RppState.REMOVED,
        category=messages.RPP_REMOVED,
        note=reason,
        on=on,
        at=at,
        actor=actor,
    )


def _leave(
    *,
    program_account_id: int,
    following: RppState,
    category: str,
    note: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> RppEnrolment:
    with transaction.atomic():
        enrolment = locked_enrolment(program_account_id)
        if enrolment is None or not rules.can_rpp_become(enrolment.state, following):
            raise Conflict(
                _("This enrolment cannot be ended in its present state. Reload the page to see where it stands."),
                code="not_enrolled",
            )
        before = {"state": enrolment.state, "reason": enrolment.reason}
        enrolment.state, enrolment.reason, enrolment.note, enrolment.changed_on = following, "", note, on
        enrolment.save()
        verb = "rpp.cancelled" if following == RppState.CANCELLED else "rpp.removed"
        record(actor, verb, enrolment, at=at, before=before, after={"state": enrolment.state}, reason=note)
        account = enrolment.program_account
        words = messages.cancelled if following == RppState.CANCELLED else messages.removed
        tell([(account, category, words(number=account.number))], on=on, at=at, include_delegates=True)
    return enrolment


def reassess_rpp(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> RppEnrolment | None:
    """Bring the enrolment in line with coverage and debts of the day; None when the account is not enrolled.

    Called whenever money or security moves: security arrives, a debt is paid, a bond ends. Safe to call at any time.
    """
    reassess_many(program_account_ids=[program_account_id], on=on, at=at, actor=actor)
    return queries.enrolment_of(program_account_id)


def reassess_many(
    *,
    program_account_ids: Collection[int],
    on: date,
    at: datetime,
    actor: Actor,
    states: Collection[str] = rules.ENROLLED,
) -> int:
    """As :func:`reassess_rpp` for many accounts in a few statements; returns how many changed.

    ``states`` leaves out enrolments to which what happened makes no difference: fewer debts can only cure.
    """
    with transaction.atomic():
        enrolments = locked_enrolments(program_account_ids, states=states)
        if not enrolments:
            return 0
        facts = queries.facts_by_account([row.program_account_id for row in enrolments], on=on)
        changes = []
        for enrolment in enrolments:
            following = rules.reassessed(enrolment.state, enrolment.reason, facts[enrolment.program_account_id])
            if following != (enrolment.state, enrolment.reason):
                changes.append((enrolment, following))
        _change(changes, note="", on=on, at=at, actor=actor)
    return len(changes)


def suspend_rpp(
    *,
    program_account_ids: Collection[int],
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
    note: str = "",
) -> int:
    """Suspend those of the accounts that are active, or suspended for a lighter cause; returns how many changed."""
    because = SuspensionReason(reason)
    with transaction.atomic():
        changes = []
        for enrolment in locked_enrolments(program_account_ids):
            following = rules.suspended(enrolment.state, enrolment.reason, because=because)
            if following is not None:
                changes.append((enrolment, following))
        _change(changes, note=note, on=on, at=at, actor=actor)
    return len(changes)


def lift_suspension(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """An officer ends a suspension of whatever cause. ``Conflict`` when there is none, ``DomainError`` unsecured."""
    with transaction.atomic():
        enrolment = locked_enrolment(program_account_id)
        if enrolment is None or enrolment.state != RppState.SUSPENDED:
            raise Conflict(_("This program account is not suspended. Reload the page."), code="not_suspended")
        facts = queries.facts_by_account([program_account_id], on=on)[program_account_id]
        if facts.requirement > 0 and not facts.coverage.has_security:
            raise DomainError(
                _("No security is posted. Ask the importer for a bond or a deposit first."), code="no_security"
            )
        _change([(enrolment, (RppState.ACTIVE, ""))], note=reason, on=on, at=at, actor=actor)
    return enrolment


def _change(
    changes: Sequence[tuple[RppEnrolment, tuple[str, str]]], *, note: str, on: date, at: datetime, actor: Actor
) -> None:
    """Write new states, tell the importer and its brokers, and leave a trace, in a few statements."""
    events, news = [], []
    for enrolment, (state, reason) in changes:
        before = {"state": enrolment.state, "reason": enrolment.reason}
        account = enrolment.program_account
        if state == RppState.SUSPENDED:
            verb, category = "rpp.suspended", messages.RPP_SUSPENDED
            message = messages.suspended(number=account.number, reason=reason)
        else:
            verb = "rpp.reinstated" if enrolment.state == RppState.SUSPENDED else "rpp.activated"
            category = messages.RPP_REINSTATED if enrolment.state == RppState.SUSPENDED else messages.RPP_ACTIVE
            message = messages.reinstated(number=account.number)
        if state != enrolment.state:
            enrolment.changed_on = on
        enrolment.state, enrolment.reason, enrolment.note = state, reason, note
        after = {"state": state, "reason": reason}
        events.append(event(actor, verb, enrolment, at=at, before=before, after=after, reason=note))
        news.append((account, category, message))
    RppEnrolment.objects.bulk_update(
        [enrolment for enrolment, _following in changes], ("state", "reason", "note", "changed_on"), batch_size=500
    )
    audit.record_many(events)
    tell(news, on=on, at=at, include_delegates=True)


def applicable_requirement(program_account_id: int, *, on: date) -> Decimal:
    """The higher of what is required now and what the yearly review will require."""
    versions = (
        queries.requirement_on(program_account_id, on=on),
        queries.upcoming_requirement(program_account_id, on=on),
    )
    return max((version.amount for version in versions if version is not None), default=ZERO)


def lower_requirement(program_account_id: int, amount: Decimal, *, on: date) -> None:
    """New versions where the approved amount is below the one in force and below the one to come."""
    current = queries.requirement_on(program_account_id, on=on)
    upcoming = queries.upcoming_requirement(program_account_id, on=on)
    days = [
        day
        for day, version in ((on, current), (upcoming.effective_on if upcoming else on, upcoming))
        if version is not None and amount < version.amount
    ]
    SecurityRequirement.objects.bulk_create(
        [
            SecurityRequirement(
                program_account_id=program_account_id,
                amount=amount,
                source=RequirementSource.REDUCTION,
                effective_on=day,
                computed_on=on,
            )
            for day in days
        ]
    )


def suspend_if_deadline_missed(program_account_ids: Collection[int], *, on: date, at: datetime, actor: Actor) -> None:
    """Suspend those whose last review's deadline is over and that are short, once nothing is pending any more."""
    if program_account_ids:
        reviews = queries.latest_reviews_of(program_account_ids)
        suspend_short([review for review in reviews if on >= review.suspend_on], on=on, at=at, actor=actor)


def suspend_short(reviews: Iterable[AnnualReview], *, on: date, at: datetime, actor: Actor) -> int:
    by_account = {review.program_account_id: review for review in reviews}
    if not by_account:
        return 0
    facts = queries.facts_by_account(list(by_account), on=on)
    with_case = queries.accounts_with_open_case(list(by_account))
    in_the_mail = queries.endorsements_in_the_mail(list(by_account))
    short = [
        number
        for number, review in by_account.items()
        if rules.is_to_suspend(
            outcome=review.outcome,
            is_sufficient=facts[number].is_sufficient,
            has_open_case=number in with_case,
            has_endorsement=any(
                rules.holds_back(mailed_on=row.mailed_on, last_day=row.open_until, due_on=review.due_on, on=on)
                for row in in_the_mail.get(number, ())
            ),
            suspend_on=review.suspend_on,
            on=on,
        )
    ]
    return suspend_rpp(program_account_ids=short, reason=SuspensionReason.REVIEW_SHORTFALL, on=on, at=at, actor=actor)

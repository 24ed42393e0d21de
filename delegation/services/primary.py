"""The primary role: offered by who has it and accepted by who gets it, named by an officer, or left to the next."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, Membership, User
from core import audit
from core.actor import Actor, ActorKind
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused
from delegation import queries, rules
from delegation.models import PrimaryHandover
from delegation.rules import Action
from delegation.services.notices import people_of
from delegation.services.parts import CATEGORY, authority, day_in_words
from notifications import services as notifications

_State = PrimaryHandover.State
_PROBLEMS: dict[str, Callable[[], str]] = {
    "not_a_manager": lambda: _("Only an active Business Account Manager can be the primary. Give that role first."),
    "already_primary": lambda: _("This person is the primary manager already. Nothing was changed."),
    "already_offered": lambda: _("The primary role is offered to somebody already. Withdraw that offer first."),
}


def offer_primary(*, membership_id: int, actor: Actor, on: date, at: datetime) -> PrimaryHandover:
    """The primary manager offers the rank to another manager; nothing changes until that person accepts.

    ``Refused`` for anybody but the primary, ``DomainError`` for an offer to somebody who cannot have it.
    """
    with transaction.atomic():
        business, candidate = _locked_candidate(membership_id)
        authority(actor, business, to=Action.EDIT_BUSINESS, on=on)
        primary = queries.primary_of(business.pk)
        if primary is None or primary.user_id != actor.user_id:
            raise Refused(
                _("Only the primary manager hands the primary role over. Ask that person, or an officer if they left."),
                code="not_the_primary",
            )
        _close(_offers(business.pk).filter(expires_at__lte=at), _State.EXPIRED, actor=actor, at=at)
        _check_candidate(candidate, has_open_offer=_offers(business.pk).exists())
        handover = PrimaryHandover.objects.create(
            business=business,
            offered_by=primary,
            offered_to=candidate,
            offered_at=at,
            expires_at=at + timedelta(days=rules.HANDOVER_DAYS),
        )
        audit.record(
            actor=actor,
            verb="primary.offered",
            target=f"delegation.PrimaryHandover:{handover.pk}",
            business_id=business.pk,
            before={"primary_user_id": primary.user_id},
            after={"offered_to_user_id": candidate.user_id, "expires_at": handover.expires_at},
            at=at,
        )
        _tell(
            [candidate.user],
            business,
            subject=lambda: (
                _("%(person)s offers you the primary role in %(business)s")
                % {"person": primary.user, "business": business.legal_name}
            ),
            body=lambda: (
                _("Accept or decline until %(day)s. Until you accept nothing changes.")
                % {"day": day_in_words(handover.expires_at.astimezone(TORONTO).date())}
            ),
            at=at,
        )
        _tell(
            [primary.user],
            business,
            subject=lambda: (
                _("You offered the primary role in %(business)s to %(person)s")
                % {"person": candidate.user, "business": business.legal_name}
            ),
            body=lambda: _("You stay the primary manager until the offer is accepted. You can withdraw it before."),
            at=at,
        )
    return handover


def accept_primary(*, handover_id: int, actor: Actor, on: date, at: datetime) -> PrimaryHandover:
    """The manager to whom it was offered becomes the primary; who had the rank stays a manager."""
    with transaction.atomic():
        handover = _locked_offer(handover_id, to=actor, on=on, at=at)
        _answer(handover, _State.ACCEPTED, at=at)
        _make_primary(handover.offered_to, verb="primary.handed_over", actor=actor, at=at)
        _tell(
            people_of(handover.business_id),
            handover.business,
            subject=lambda: (
                _("%(person)s is now the primary manager of %(business)s")
                % {"person": handover.offered_to.user, "business": handover.business.legal_name}
            ),
            body=lambda: (
                _("%(person)s handed the role over and stays a manager.") % {"person": handover.offered_by.user}
            ),
            at=at,
        )
    return handover


def decline_primary(*, handover_id: int, reason: str = "", actor: Actor, on: date, at: datetime) -> PrimaryHandover:
    """The manager to whom it was offered says no; everything stays as it is."""
    with transaction.atomic():
        handover = _locked_offer(handover_id, to=actor, on=on, at=at)
        handover.reason = reason
        _answer(handover, _State.DECLINED, at=at)
        _record(handover, "primary.declined", actor=actor, at=at, reason=reason)
        _tell(
            [handover.offered_by.user, handover.offered_to.user],
            handover.business,
            subject=lambda: (
                _("%(person)s declined the primary role in %(business)s")
                % {"person": handover.offered_to.user, "business": handover.business.legal_name}
            ),
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason} if reason else _("No reason was given."),
            at=at,
        )
    return handover


def withdraw_primary(*, handover_id: int, actor: Actor, on: date, at: datetime) -> PrimaryHandover:
    """The primary manager takes the offer back while it waits."""
    with transaction.atomic():
        handover = _locked_offer(handover_id, by=actor, on=on, at=at)
        _close(_offers(handover.business_id), _State.WITHDRAWN, actor=actor, at=at)
        handover.refresh_from_db()
    return handover


def name_primary(*, membership_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Membership:
    """An officer names the primary manager, for example when the last one has left; always with a reason."""
    with transaction.atomic():
        business, chosen = _locked_candidate(membership_id)
        if actor.kind != ActorKind.OFFICER:
            raise Refused(_("Only an officer names another primary manager."), code="not_an_officer")
        if not reason.strip():
            raise DomainError(_("Enter the reason: the managers read it."), code="no_reason", field="reason")
        _check_candidate(chosen, has_open_offer=False)
        _close(_offers(business.pk), _State.WITHDRAWN, actor=actor, at=at)
        _make_primary(chosen, verb="primary.named", actor=actor, at=at, reason=reason)
        _tell(
            people_of(business.pk),
            business,
            subject=lambda: (
                _("An officer named %(person)s the primary manager of %(business)s")
                % {"person": chosen.user, "business": business.legal_name}
            ),
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            at=at,
        )
    return chosen


def pass_on_primary(leaving: Membership, *, actor: Actor, at: datetime) -> None:
    """A primary who steps down leaves the rank to the manager who has been there longest (assumed).

    Whose sign-in is blocked comes last. Without another manager nobody steps down, so somebody is always there.
    """
    successor = (
        queries.members(leaving.business_id)
        .filter(role=Membership.Role.BAM)
        .order_by("-user__is_active", "started_at", "pk")[0]
    )
    _make_primary(successor, verb="primary.passed_on", actor=actor, at=at, before=leaving)
    _tell(
        [successor.user],
        leaving.business,
        subject=lambda: (
            _("You are now the primary manager of %(business)s") % {"business": leaving.business.legal_name}
        ),
        body=lambda: _("%(person)s stepped down, and you have been a manager the longest.") % {"person": leaving.user},
        at=at,
    )


def void_offers_of(membership: Membership, *, actor: Actor, at: datetime) -> None:
    """Who is no longer a manager neither gives nor gets the primary role: an open offer ends."""
    rows = _offers(membership.business_id).filter(Q(offered_by=membership) | Q(offered_to=membership))
    _close(rows, _State.WITHDRAWN, actor=actor, at=at)


def expire_offers(*, actor: Actor, at: datetime) -> int:
    """Close the offers that nobody answered in time; how many. Safe to run twice."""
    return _close(
        PrimaryHandover.objects.filter(state=_State.OFFERED, expires_at__lte=at), _State.EXPIRED, actor=actor, at=at
    )


def _locked_candidate(membership_id: int) -> tuple[Business, Membership]:
    """The membership under the lock of its business, as it is once the lock is held."""
    business = Business.objects.select_for_update(no_key=True).get(memberships=membership_id)
    return business, Membership.objects.select_related("user", "business").get(pk=membership_id)


def _check_candidate(candidate: Membership, *, has_open_offer: bool) -> None:
    problem = rules.handover_problem(
        is_active_manager=candidate.state == Membership.State.ACTIVE
        and candidate.role == Membership.Role.BAM
        and candidate.user.is_active,
        is_primary=candidate.is_primary,
        has_open_offer=has_open_offer,
    )
    if problem is not None:
        raise DomainError(_PROBLEMS[problem](), code=problem, field="membership")


def _offers(business_id: int) -> QuerySet[PrimaryHandover]:
    return PrimaryHandover.objects.filter(business_id=business_id, state=_State.OFFERED)


def _locked_offer(
    handover_id: int, *, to: Actor | None = None, by: Actor | None = None, on: date, at: datetime
) -> PrimaryHandover:
    """The open offer under the lock of its business, for the one to whom it goes, or by whom it was made."""
    business = Business.objects.select_for_update(no_key=True).get(primary_handovers=handover_id)
    handover = queries.handovers(business.pk).get(pk=handover_id)
    actor = to or by
    assert actor is not None
    authority(actor, business, to=Action.EDIT_BUSINESS, on=on)
    if to is not None and handover.offered_to.user_id != to.user_id:
        raise Refused(_("Only the person to whom the role is offered answers."), code="not_offered_to_you")
    if by is not None and handover.offered_by.user_id != by.user_id:
        raise Refused(_("Only the primary manager who made the offer withdraws it."), code="not_your_offer")
    if handover.state != _State.OFFERED:
        raise _too_late(handover)
    if handover.expires_at <= at:
        raise Conflict(_("This offer has expired. Ask the primary manager for a new one."), code="offer_expired")
    return handover


def _answer(handover: PrimaryHandover, state: str, *, at: datetime) -> None:
    """Answer an offer once: the nightly job, which locks no business, may have closed it in the same moment."""
    still_open = PrimaryHandover.objects.filter(pk=handover.pk, state=_State.OFFERED)
    if not still_open.update(state=state, answered_at=at, reason=handover.reason):
        raise _too_late(queries.handovers(handover.business_id).get(pk=handover.pk))
    handover.state = state
    handover.answered_at = at


def _too_late(handover: PrimaryHandover) -> Conflict:
    return Conflict(
        _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
        % {"state": handover.get_state_display()},
        code="already_decided",
    )


def _record(handover: PrimaryHandover, verb: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.PrimaryHandover:{handover.pk}",
        business_id=handover.business_id,
        before={"state": _State.OFFERED},
        after={"state": handover.state, "offered_to_user_id": handover.offered_to.user_id},
        reason=reason,
        at=at,
    )


def _make_primary(
    chosen: Membership, *, verb: str, actor: Actor, at: datetime, before: Membership | None = None, reason: str = ""
) -> None:
    """One primary a business: who had the rank loses it in the same moment."""
    primary = before or queries.primary_of(chosen.business_id)
    Membership.objects.filter(business_id=chosen.business_id, is_primary=True).update(is_primary=False)
    chosen.is_primary = True
    chosen.save(update_fields=("is_primary",))
    audit.record(
        actor=actor,
        verb=verb,
        target=f"accounts.Membership:{chosen.pk}",
        business_id=chosen.business_id,
        before={"primary_user_id": primary.user_id if primary else None},
        after={"primary_user_id": chosen.user_id},
        reason=reason,
        at=at,
    )


def _close(rows: QuerySet[PrimaryHandover], state: str, *, actor: Actor, at: datetime) -> int:
    """End open offers that nobody answered, tell both people and record it."""
    verb = "primary.offer_expired" if state == _State.EXPIRED else "primary.offer_withdrawn"
    found = list(
        rows.select_for_update(of=("self",), no_key=True).select_related(
            "business", "offered_by__user", "offered_to__user"
        )
    )
    for handover in found:
        _answer(handover, state, at=at)
        _record(handover, verb, actor=actor, at=at)
        _tell(
            [handover.offered_by.user, handover.offered_to.user],
            handover.business,
            subject=lambda row=handover: (
                _("The offer of the primary role in %(business)s has ended")  # type: ignore[misc]
                % {"business": row.business.legal_name}
            ),
            body=lambda row=handover: (
                _("Its state is now “%(state)s”. The primary manager is the same as before.")  # type: ignore[misc]
                % {"state": row.get_state_display()}
            ),
            at=at,
        )
    return len(found)


def _tell(
    people: Iterable[User],
    business: Business,
    *,
    subject: Callable[[], str],
    body: Callable[[], str],
    at: datetime,
) -> None:
    notifications.notify(
        recipients=people,
        subject=subject,
        body=body,
        category=CATEGORY,
        link=reverse("delegation:primary", args=(business.bn9,)),
        business_id=business.pk,
        at=at,
    )

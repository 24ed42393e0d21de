"""A person who is gone for good: out of every business, signed out everywhere, kept in the register."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries
from accounts.models import Business, EmployeeRequest, Membership, OpenSession, User
from accounts.services import inactivity
from core import audit
from core.actor import Actor
from core.errors import Conflict


def archive(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """End every role, request and session of a person, who cannot sign in any more; what they did stays on record.

    ``Conflict`` for the primary or the last manager of a business, which would be left without one. Archiving twice
    changes nothing.
    """
    with transaction.atomic():
        # The businesses first, as everywhere, so that two changes never wait for each other.
        held = Business.objects.filter(memberships__user=user, memberships__state=Membership.State.ACTIVE)
        list(Business.objects.select_for_update().filter(pk__in=held.values("pk")).order_by("pk"))
        person = User.objects.select_for_update().get(pk=user.pk)
        if person.archived_at is not None:
            return
        rows = Membership.objects.filter(user=person, state=Membership.State.ACTIVE).select_related("business")
        for row in rows:
            _end_role(row, reason=reason, actor=actor, at=at)
        EmployeeRequest.objects.filter(user=person, state=EmployeeRequest.State.WAITING).update(
            state=EmployeeRequest.State.WITHDRAWN, decided_at=at
        )
        sessions = OpenSession.objects.filter(user=person)
        Session.objects.filter(pk__in=list(sessions.values_list("session_id", flat=True))).delete()
        person.is_active, person.archived_at = False, at
        person.save(update_fields=("is_active", "archived_at"))
        audit.record(actor=actor, verb="person.archived", target=queries.target_of(person), reason=reason, at=at)


def take_out_of_archive(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """The person may sign in again, without any role: they ask their employers anew."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        if person.archived_at is None:
            raise Conflict(_("%(person)s is not in the archive.") % {"person": person}, code="not_archived")
        person.is_active, person.archived_at = True, None
        person.save(update_fields=("is_active", "archived_at"))
        inactivity.begin_anew(user=person, on=at.date())
        audit.record(
            actor=actor, verb="person.taken_out_of_archive", target=queries.target_of(person), reason=reason, at=at
        )


def require_not_archived(person: User) -> None:
    if person.archived_at is not None:
        raise Conflict(
            _("%(person)s is in the archive. Choose “Take out of the archive” first.") % {"person": person},
            code="archived",
        )


def _end_role(row: Membership, *, reason: str, actor: Actor, at: datetime) -> None:
    if row.is_primary or _is_last_manager(row):
        raise Conflict(
            _(
                "%(person)s is the primary or the last manager of %(business)s. Name another primary manager there, or "
                "have one named, and archive then."
            )
            % {"person": row.user, "business": row.business},
            code="last_manager",
        )
    row.state, row.ended_at = Membership.State.REVOKED, at
    row.save(update_fields=("state", "ended_at"))
    audit.record(
        actor=actor,
        verb="employee.revoked",
        target=f"accounts.Membership:{row.pk}",
        business_id=row.business_id,
        before={"role": row.role},
        after={"state": row.state},
        reason=reason,
        at=at,
    )


def _is_last_manager(row: Membership) -> bool:
    managers = Membership.objects.filter(
        business_id=row.business_id, state=Membership.State.ACTIVE, role=Membership.Role.BAM
    )
    return row.role == Membership.Role.BAM and not managers.exclude(pk=row.pk).exists()

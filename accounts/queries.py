"""Questions about people, their sign-ins, the practice seats and the demo inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts import gateway
from accounts.gateway import Factors
from accounts.models import (
    EmailChange,
    LastActivity,
    Membership,
    OneTimeCode,
    OpenSession,
    PracticeSeat,
    SignInGuard,
    User,
)
from core.models import AuditEvent, OutboxMessage
from notifications import queries as notifications

Row = TypeVar("Row", AuditEvent, OutboxMessage)
SIGN_IN_VERBS = (
    "person.signed_in",
    "person.signed_out",
    "person.code_rejected",
    "person.sign_in_paused",
    "person.email_enrolled",
    "person.second_factor_reset",
    "person.confirmed",
    "person.authenticator_added",
    "person.authenticator_renamed",
    "person.authenticator_removed",
    "person.recovery_codes_made",
    "person.recovery_codes_shown",
    "person.recovery_code_used",
    "person.emergency_code_issued",
    "person.emergency_code_used",
    "person.second_factor_started_over",
    "person.blocked",
    "person.unblocked",
    "person.archived",
    "person.taken_out_of_archive",
    "person.reactivated",
    "person.deactivated",
    "person.email_change_asked",
    "person.email_change_cancelled",
    "person.email_change_lapsed",
    "person.email_changed",
    "person.contact_email_changed",
    "person.email_bounced",
    "person.email_works_again",
    "person.session_ended",
    "person.other_sessions_ended",
)


#: Messages whose text is a secret for some minutes and then worth nothing.
CODE_CATEGORIES = frozenset({"sign_in_code", "address_code"})


def target_of(user: User) -> str:
    return f"accounts.User:{user.pk}"


def person_by_credential(*, method: str, subject: str) -> User | None:
    user_id = gateway.user_id_of(method=method, subject=subject)
    return User.objects.filter(pk=user_id).first() if user_id else None


def signed_in_person(user_id: int) -> User | None:
    """The person of a session with ``unread_count``, in one statement."""
    unread = notifications.unread_of(cast(Any, OuterRef("pk"))).order_by()
    counted = unread.values("user_id").annotate(many=Count("pk")).values("many")
    return User.objects.filter(pk=user_id).annotate(unread_count=Coalesce(Subquery(counted), 0)).first()


def guard_of(user: User) -> SignInGuard | None:
    return SignInGuard.objects.filter(user=user).first()


def is_enrolling(user: User) -> bool:
    """Whether no address of this person has been verified yet."""
    return not gateway.has_verified_email(user.pk)


def factors_of(user: User) -> Factors:
    """The authenticator app, the passkeys and the recovery codes of this person."""
    return gateway.factors_of(user.pk)


def is_factor_enrolled(user: User) -> bool:
    """Whether an authenticator app or a passkey takes the e-mailed code's place."""
    return gateway.is_factor_enrolled(user.pk)


def open_code_of(user: User, purpose: str, *, wall_at: datetime) -> OneTimeCode | None:
    """The code of this purpose that works now."""
    rows = OneTimeCode.objects.filter(user=user, purpose=purpose, state=OneTimeCode.State.OPEN)
    return rows.filter(expires_at__gt=wall_at).first()


# --- Addresses --------------------------------------------------------------------------------------------------------
def pending_changes(user: User, *, wall_at: datetime) -> dict[str, EmailChange]:
    """The new addresses that wait for their code now, by purpose."""
    rows = EmailChange.objects.filter(user=user, state=EmailChange.State.PENDING, expires_at__gt=wall_at)
    return {row.purpose: row for row in rows}


def newest_letter(user: User, *, to: str, category: str) -> OutboxMessage | None:
    """The newest message of one kind to this person at this address: whether it arrived stands in its state."""
    return OutboxMessage.objects.filter(user_id=user.pk, to=to, category=category).order_by("-id").first()


def letters_of(user: User, *, before: int | None, size: int) -> tuple[Sequence[OutboxMessage], bool]:
    """What the portal wrote to this person, newest first, below an identifier; and whether there is more."""
    return _page(OutboxMessage.objects.filter(user_id=user.pk).order_by("-id").defer("body"), before, size)


def letter_of(user: User, public_id: UUID) -> OutboxMessage | None:
    return OutboxMessage.objects.filter(user_id=user.pk, public_id=public_id).first()


def other_methods_of(user: User) -> list[str]:
    """The other methods by which somebody with the address that this person has proven signs in; never who.

    Nothing before the proof, so that nobody learns about an address that is not theirs.
    """
    if not user.email or is_enrolling(user):
        return []
    others = User.objects.filter(pk__in=gateway.users_with_verified(user.email), is_staff=False)
    return sorted(set(others.exclude(method__in=(user.method, "")).values_list("method", flat=True)))


def is_dormant(user: User) -> bool:
    """Whether this person was deactivated for not having signed in."""
    return LastActivity.objects.filter(user=user, deactivated_on__isnull=False).exists()


# --- Seats and roles --------------------------------------------------------------------------------------------------
def practice_seats() -> QuerySet[PracticeSeat]:
    return PracticeSeat.objects.all()


def own_memberships(user: User) -> QuerySet[Membership]:
    """The businesses to which a person belongs, with the roles there, program account by program account."""
    return (
        Membership.objects.filter(user=user, state=Membership.State.ACTIVE)
        .select_related("business")
        .prefetch_related("programs__program_account")
        .order_by("business__legal_name")
    )


def has_membership(user: User) -> bool:
    return Membership.objects.filter(user=user, state=Membership.State.ACTIVE).exists()


def open_sessions_of(user: User, *, wall_at: datetime) -> QuerySet[OpenSession]:
    """Where this person is signed in now, the newest first, each with its session."""
    rows = OpenSession.objects.filter(user=user, session__expire_date__gt=wall_at)
    return rows.select_related("session").defer("session__session_data")


def sign_ins_of(user: User, *, before: int | None, size: int) -> tuple[Sequence[AuditEvent], bool]:
    """What happened at this person's sign-ins, newest first, below an identifier; and whether there is more."""
    rows = AuditEvent.objects.filter(target=target_of(user), verb__in=SIGN_IN_VERBS).order_by("-id")
    return _page(rows, before, size)


def messages(*, to: str, before: int | None, size: int) -> tuple[Sequence[OutboxMessage], bool]:
    """The newest messages of the outbox, to one address or to all, below an identifier; and whether there is more."""
    rows = OutboxMessage.objects.order_by("-id")
    if to:
        rows = rows.filter(Q(to=to) | Q(to=to.lower()))
    return _page(rows, before, size)


def message(public_id: UUID) -> OutboxMessage | None:
    return OutboxMessage.objects.filter(public_id=public_id).first()


def _page(rows: QuerySet[Row], before: int | None, size: int) -> tuple[list[Row], bool]:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return found[:size], len(found) > size

"""Who belongs to a business, who asks to, who is invited, and who holds its primary role."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from accounts.models import EmployeeRequest, Invitation, InvitationProgram, Membership, MembershipProgram, User
from delegation.models import PrimaryHandover, UnmatchedRequest
from delegation.queries.reach import ACTIVE, effective, naming
from delegation.rules import Grant, Roles
from notifications.models import EmailChoice


def roles_of(holder: Membership | Invitation) -> Roles:
    """What somebody has, or is invited to have, in each program account; ``None`` for the manager of the business."""
    if holder.role == Membership.Role.BAM:
        return None
    return {row.program_account_id: Grant(row.role, tuple(row.added_actions)) for row in holder.programs.all()}


def people_of(
    business_id: int, *, roles: Iterable[str] = (Membership.Role.BAM,), program_account_id: int | None = None
) -> QuerySet[User]:
    """The active people of a business in some roles: in any of its program accounts, or in one of them only."""
    wanted = list(roles)
    named = MembershipProgram.objects.filter(membership_id=OuterRef("pk"), role__in=wanted)
    if program_account_id is not None:
        named = named.filter(program_account_id=program_account_id)
    manager = Q(role=Membership.Role.BAM, role__in=wanted)
    held = Membership.objects.filter(manager | Q(Exists(named)), business_id=business_id, state=ACTIVE)
    return User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk")


def managers_of(business_ids: Iterable[int]) -> dict[int, list[User]]:
    """The Business Account Managers of many businesses, in one query."""
    found: dict[int, list[User]] = {}
    for row in Membership.objects.filter(
        business_id__in=list(business_ids), state=ACTIVE, role=Membership.Role.BAM, user__is_active=True
    ).select_related("user"):
        found.setdefault(row.business_id, []).append(row.user)
    return found


class Reader(NamedTuple):
    """Somebody who is told something: in which language, and whether an e-mail copy has to be thought of."""

    user_id: int
    language: str
    may_want_a_copy: bool


def readers_of(business_ids: Iterable[int]) -> dict[int, list[Reader]]:
    """The same people without their rows, for jobs that tell the whole population."""
    found: dict[int, list[Reader]] = {}
    managers = Membership.objects.filter(
        business_id__in=list(business_ids), state=ACTIVE, role=Membership.Role.BAM, user__is_active=True
    )
    rows = managers.annotate(may_want_a_copy=_may_want_a_copy()).order_by("pk")
    for business_id, *reader in rows.values_list("business_id", "user_id", "user__language", "may_want_a_copy"):
        found.setdefault(business_id, []).append(Reader._make(reader))
    return found


def users(user_ids: Collection[int]) -> dict[int, User]:
    return User.objects.in_bulk(user_ids)


def readers_without_copies() -> QuerySet[Any, Any]:
    """(business, person, language) of every reader who gets no e-mail copies, as rows for a larger statement."""
    managers = Membership.objects.filter(
        ~_may_want_a_copy(), state=ACTIVE, role=Membership.Role.BAM, user__is_active=True
    )
    return managers.order_by().values_list("business_id", "user_id", "user__language")


def has_reader_with_copies(business: OuterRef) -> Exists:
    """Whether a business has a manager whose e-mail copy has to be thought of; a condition of a larger query."""
    managers = Membership.objects.filter(
        business_id=business, state=ACTIVE, role=Membership.Role.BAM, user__is_active=True
    )
    return Exists(managers.filter(_may_want_a_copy()))


def _may_want_a_copy() -> Q:
    return Q(user__wants_email=True) | Q(Exists(EmailChoice.objects.filter(user=OuterRef("user"))))


def managers_of_delegates(business_id: int, *, program_account_id: int | None, on: date) -> list[User]:
    """The managers of the providers whose delegation to a client, or to one of its program accounts, is in force."""
    rows = effective(on).filter(client_id=business_id)
    if program_account_id is not None:
        rows = rows.filter(Q(all_programs=True) | Q(Exists(naming(program_account_id))))
    held = Membership.objects.filter(business_id__in=rows.values("provider_id"), state=ACTIVE, role=Membership.Role.BAM)
    return list(User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk"))


def manager_count(business_id: int) -> int:
    return Membership.objects.filter(business_id=business_id, state=ACTIVE, role=Membership.Role.BAM).count()


def members(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Membership]:
    """The active people of a business with their program accounts; ``held`` narrows to a program manager's own."""
    rows = Membership.objects.filter(business_id=business_id, state=ACTIVE)
    if held is not None:
        rows = rows.filter(_role_within(held))
    rank = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Membership.Role.values)),
        output_field=IntegerField(),
    )
    return (
        rows.select_related("user")
        .prefetch_related("programs__program_account")
        .order_by("-is_primary", rank, "user__last_name", "user__first_name", "pk")
    )


def _role_within(held: frozenset[int]) -> Q:
    named = MembershipProgram.objects.filter(membership_id=OuterRef("pk"), program_account_id__in=held)
    return Q(role=Membership.Role.BAM) | Q(Exists(named))


def employee_requests(business_id: int) -> QuerySet[EmployeeRequest]:
    """Everybody who asked to join, those who wait first."""
    return (
        EmployeeRequest.objects.filter(business_id=business_id)
        .exclude(state=EmployeeRequest.State.WITHDRAWN)
        .annotate(
            rank=Case(
                When(state=EmployeeRequest.State.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField()
            )
        )
        .select_related("user")
        .order_by("rank", "-requested_at", "-pk")
    )


def colleagues_with_email(business_id: int, email: str) -> list[Membership]:
    """The active people of a business to whom an e-mail belongs; several where they share a mailbox."""
    confirmed = Q(user__contact_email__iexact=email, user__contact_verified_at__isnull=False)
    rows = Membership.objects.filter(business_id=business_id, state=ACTIVE, user__is_active=True)
    return list(rows.filter(Q(user__email__iexact=email) | confirmed).select_related("user").order_by("pk"))


def invitations(business_id: int, *, held: frozenset[int] | None = None) -> QuerySet[Invitation]:
    """The invitations of a business, newest first; ``held`` narrows to those that a program manager may decide on."""
    rows = Invitation.objects.filter(business_id=business_id)
    if held is not None:
        named = InvitationProgram.objects.filter(invitation_id=OuterRef("pk"))
        rows = rows.exclude(role=Membership.Role.BAM).filter(~Exists(named.exclude(program_account_id__in=held)))
    return rows.select_related("invited_by", "accepted_by").prefetch_related("programs__program_account")


def invitation_by_hash(token_hash: str) -> Invitation | None:
    return Invitation.objects.filter(token_hash=token_hash).select_related("business", "invited_by").first()


@dataclass(frozen=True)
class EmployerRequest:
    """A person's own request to an employer; while it waits, nothing tells whether the employer is registered."""

    bn9: str
    comment: str
    requested_at: Any
    state: str
    state_label: Any
    business_name: str = ""
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.state == EmployeeRequest.State.WAITING


def employer_requests(user_id: int) -> list[EmployerRequest]:
    """A person's own requests, newest first; the employer's name appears only once its manager has answered."""
    waiting = EmployeeRequest.State.WAITING
    rows = [
        EmployerRequest(
            bn9=row.business.bn9,
            comment=row.comment,
            requested_at=row.requested_at,
            state=row.state,
            state_label=row.get_state_display(),
            business_name="" if row.state == waiting else row.business.legal_name,
            reason=row.reason,
        )
        for row in EmployeeRequest.objects.filter(user_id=user_id)
        .exclude(state=EmployeeRequest.State.WITHDRAWN)
        .select_related("business")[:50]
    ]
    rows += [
        EmployerRequest(
            bn9=row.bn9,
            comment=row.comment,
            requested_at=row.requested_at,
            state=waiting.value,
            state_label=waiting.label,
        )
        for row in UnmatchedRequest.objects.filter(user_id=user_id)[:50]
    ]
    return sorted(rows, key=lambda row: row.requested_at, reverse=True)


def primary_of(business_id: int) -> Membership | None:
    """The active primary manager of a business."""
    return (
        Membership.objects.filter(business_id=business_id, state=ACTIVE, is_primary=True).select_related("user").first()
    )


def other_managers(business_id: int) -> QuerySet[Membership]:
    """The active managers who are not the primary and whose sign-in is open, by name."""
    return members(business_id).filter(role=Membership.Role.BAM, is_primary=False, user__is_active=True)


def handovers(business_id: int) -> QuerySet[PrimaryHandover]:
    """Every offer of the primary role, the newest first."""
    return PrimaryHandover.objects.filter(business_id=business_id).select_related(
        "business", "offered_by__user", "offered_to__user", "offered_to__business"
    )

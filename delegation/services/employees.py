"""Employees: they ask, a manager answers; roles are given, changed and taken away."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, EmployeeRequest, Membership
from core import audit
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused
from delegation import queries, rules
from delegation.models import UnmatchedRequest
from delegation.rules import Action, Roles
from delegation.services.notices import people_of
from delegation.services.parts import (
    CATEGORY,
    ROLE_PROBLEMS,
    admit,
    authority,
    check_grant,
    check_reach,
    locked_business,
    role_facts,
    role_in_words,
    tell_person,
    write_roles,
)
from delegation.services.primary import pass_on_primary, void_offers_of
from notifications import services as notifications


def request_employment(*, user_id: int, bn9: str, comment: str, actor: Actor, on: date, at: datetime) -> None:
    """A person asks to join an employer. The answer is the same whether or not the employer is registered.

    Asking twice changes nothing. ``DomainError`` only for what the person already knows: being a member there.
    """
    with transaction.atomic():
        _check_room(user_id, bn9)
        business = locked_business(bn9=bn9)
        if business is None or business.registered_at is None or business.closed_on is not None:
            UnmatchedRequest.objects.get_or_create(
                user_id=user_id, bn9=bn9, defaults={"comment": comment, "requested_at": at}
            )
            return
        if Membership.objects.filter(user_id=user_id, business=business, state=Membership.State.ACTIVE).exists():
            raise DomainError(
                _(
                    "You already belong to this business. Use Switch account to work in it; for further program "
                    "accounts ask one of its managers."
                ),
                code="already_member",
                field="bn9",
            )
        row, created = EmployeeRequest.objects.get_or_create(
            user_id=user_id,
            business=business,
            state=EmployeeRequest.State.WAITING,
            defaults={"comment": comment, "requested_at": at},
        )
        if not created:
            return
        audit.record(
            actor=actor,
            verb="employee.requested",
            target=f"accounts.EmployeeRequest:{row.pk}",
            business_id=business.pk,
            after={"comment": comment},
            at=at,
        )
        notifications.notify(
            recipients=people_of(business.pk),
            subject=lambda: (
                _("%(person)s asks to join %(business)s") % {"person": actor.name, "business": business.legal_name}
            ),
            body=lambda: _("Open the request and approve it with a role, or reject it with a reason."),
            category=CATEGORY,
            link=reverse("delegation:employee_request", args=(business.bn9, row.pk)),
            business_id=business.pk,
            at=at,
        )


def _check_room(user_id: int, bn9: str) -> None:
    """Whoever asks everywhere is stopped, and the answer is the same whichever business it would be next."""
    known = EmployeeRequest.objects.filter(user_id=user_id, state=EmployeeRequest.State.WAITING).exclude(
        business__bn9=bn9
    )
    unknown = UnmatchedRequest.objects.filter(user_id=user_id).exclude(bn9=bn9)
    if known.count() + unknown.count() >= rules.MOST_EMPLOYER_REQUESTS:
        raise DomainError(
            _("%(count)d of your requests wait already. Withdraw one below before you ask another employer.")
            % {"count": rules.MOST_EMPLOYER_REQUESTS},
            code="too_many_requests",
            field="bn9",
        )


def withdraw_employment(*, user_id: int, bn9: str, actor: Actor, at: datetime) -> None:
    """A person takes back a request to an employer; nothing happens where none waits."""
    with transaction.atomic():
        UnmatchedRequest.objects.filter(user_id=user_id, bn9=bn9).delete()
        row = (
            EmployeeRequest.objects.select_for_update(no_key=True)
            .filter(user_id=user_id, business__bn9=bn9, state=EmployeeRequest.State.WAITING)
            .first()
        )
        if row is None:
            return
        row.state = EmployeeRequest.State.WITHDRAWN
        row.decided_at = at
        row.save(update_fields=("state", "decided_at"))
        audit.record(
            actor=actor,
            verb="employee.request_withdrawn",
            target=f"accounts.EmployeeRequest:{row.pk}",
            business_id=row.business_id,
            before={"state": EmployeeRequest.State.WAITING},
            after={"state": row.state},
            at=at,
        )


def adopt_requests(*, business_id: int, actor: Actor, on: date, at: datetime) -> int:
    """Give a business that has just registered the requests that were waiting for it; returns how many."""
    business = Business.objects.get(pk=business_id)
    waiting = list(UnmatchedRequest.objects.filter(bn9=business.bn9, user__is_active=True).select_related("user"))
    with transaction.atomic():
        for row in waiting:
            row.delete()
            asker = Actor(kind=ActorKind.PERSON, user_id=row.user_id, name=str(row.user), channel=actor.channel)
            if not Membership.objects.filter(user=row.user, business=business).exists():
                request_employment(
                    user_id=row.user_id, bn9=business.bn9, comment=row.comment, actor=asker, on=on, at=at
                )
    return len(waiting)


def approve_employee(
    *,
    request_id: int,
    roles: Roles,
    actor: Actor,
    on: date,
    at: datetime,
) -> Membership:
    """A manager lets a person in: as another manager (``None``), or with a role in each of some program accounts."""
    with transaction.atomic():
        row = _locked_request(request_id)
        held = authority(actor, row.business, to=Action.MANAGE_PEOPLE, on=on)
        _check_waiting(row)
        membership = admit(
            user=row.user,
            business=row.business,
            roles=roles,
            held=held,
            by=actor.name,
            at=at,
        )
        _answer(row, EmployeeRequest.State.APPROVED, actor=actor, at=at)
        audit.record(
            actor=actor,
            verb="employee.approved",
            target=f"accounts.Membership:{membership.pk}",
            business_id=row.business_id,
            after=role_facts(membership, roles),
            at=at,
        )
        tell_person(
            row.user,
            row.business,
            subject=lambda: _("You may now work in %(business)s") % {"business": row.business.legal_name},
            body=lambda: role_in_words(membership),
            link=reverse("delegation:switch"),
            at=at,
        )
    return membership


def reject_employee(*, request_id: int, reason: str, actor: Actor, on: date, at: datetime) -> EmployeeRequest:
    with transaction.atomic():
        row = _locked_request(request_id)
        held = authority(actor, row.business, to=Action.MANAGE_PEOPLE, on=on)
        check_reach(held, queries.open_account_ids(row.business_id))
        _check_waiting(row)
        row.reason = reason
        _answer(row, EmployeeRequest.State.REJECTED, actor=actor, at=at)
        audit.record(
            actor=actor,
            verb="employee.rejected",
            target=f"accounts.EmployeeRequest:{row.pk}",
            business_id=row.business_id,
            before={"state": EmployeeRequest.State.WAITING},
            after={"state": row.state},
            reason=reason,
            at=at,
        )
        tell_person(
            row.user,
            row.business,
            subject=lambda: _("%(business)s rejected your request to join") % {"business": row.business.legal_name},
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            link=reverse("delegation:employer_request"),
            at=at,
        )
    return row


def change_role(
    *, membership_id: int, roles: Roles, known: str = "", actor: Actor, on: date, at: datetime
) -> Membership:
    """Give a person other roles, program accounts or single permissions; it holds from the next page on.

    A Program Account Manager's answer is about the own program accounts: what the person has in others stays.
    ``known`` is what the manager saw before (``rules.roles_key``): ``Conflict`` where somebody changed it meanwhile.
    """
    with transaction.atomic():
        membership, earlier, after = _checked_change(membership_id, roles, known=known, actor=actor, on=on)
        apply_roles(membership, earlier, after, actor=actor, at=at)
    return membership


def apply_roles(membership: Membership, earlier: Roles, after: Roles, *, actor: Actor, at: datetime) -> None:
    """Write roles that may be given, record before and after, and tell the person."""
    before = role_facts(membership, earlier)
    was_primary = membership.is_primary
    membership.is_primary = was_primary and after is None
    write_roles(membership, after)
    if after is not None:
        void_offers_of(membership, actor=actor, at=at)
    if was_primary and not membership.is_primary:
        pass_on_primary(membership, actor=actor, at=at)
    audit.record(
        actor=actor,
        verb="employee.role_changed",
        target=f"accounts.Membership:{membership.pk}",
        business_id=membership.business_id,
        before=before,
        after=role_facts(membership, after),
        at=at,
    )
    tell_person(
        membership.user,
        membership.business,
        subject=lambda: _("Your role in %(business)s has changed") % {"business": membership.business.legal_name},
        body=lambda: role_in_words(membership),
        link=reverse("delegation:switch"),
        at=at,
    )


def check_change(*, membership_id: int, roles: Roles, actor: Actor, on: date) -> None:
    """Whether ``change_role`` would do it now; refuses as it does and writes nothing."""
    with transaction.atomic():
        _checked_change(membership_id, roles, known="", actor=actor, on=on)


def _checked_change(
    membership_id: int, roles: Roles, *, known: str, actor: Actor, on: date
) -> tuple[Membership, Roles, Roles]:
    """The locked membership with its roles before and after a change that may be made."""
    membership, held = _locked_membership(membership_id, actor=actor, on=on)
    earlier = queries.roles_of(membership)
    if known and known != rules.roles_key(earlier):
        raise Conflict(
            _("Somebody else changed the roles of this person meanwhile. Look at them again, then change them."),
            code="changed_meanwhile",
        )
    after = rules.merged_roles(earlier, roles, held=held)
    reached = frozenset(earlier) & held if held is not None and earlier is not None else None
    _check_change(membership, reached, held=held, actor=actor, stays_manager=after is None)
    check_grant(membership.business_id, after, held=held, before=earlier)
    return membership, earlier, after


def revoke_membership(*, membership_id: int, reason: str = "", actor: Actor, on: date, at: datetime) -> Membership:
    """Take a person out of the business at once. The last manager stays; the primary goes only by their own hand."""
    with transaction.atomic():
        membership, held = _locked_membership(membership_id, actor=actor, on=on)
        roles = queries.roles_of(membership)
        touched = None if roles is None else frozenset(roles)
        _check_change(membership, touched, held=held, actor=actor, stays_manager=False)
        before = role_facts(membership, roles)
        was_primary = membership.is_primary
        membership.state = Membership.State.REVOKED
        membership.is_primary = False
        membership.ended_at = at
        membership.save(update_fields=("state", "is_primary", "ended_at"))
        void_offers_of(membership, actor=actor, at=at)
        if was_primary:
            pass_on_primary(membership, actor=actor, at=at)
        audit.record(
            actor=actor,
            verb="employee.revoked",
            target=f"accounts.Membership:{membership.pk}",
            business_id=membership.business_id,
            before=before,
            after={"state": membership.state},
            reason=reason,
            at=at,
        )
        tell_person(
            membership.user,
            membership.business,
            subject=lambda: (
                _("You no longer have access to %(business)s") % {"business": membership.business.legal_name}
            ),
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason} if reason else _("No reason was given."),
            link=reverse("delegation:switch"),
            at=at,
        )
    return membership


def _locked_request(request_id: int) -> EmployeeRequest:
    row = EmployeeRequest.objects.select_for_update(of=("self",), no_key=True).select_related("user", "business")
    return row.get(pk=request_id)


def _locked_membership(membership_id: int, *, actor: Actor, on: date) -> tuple[Membership, frozenset[int] | None]:
    """The membership under the lock of its business, so that two managers cannot remove each other at once."""
    business = Business.objects.select_for_update(no_key=True).get(memberships=membership_id)
    held = authority(actor, business, to=Action.MANAGE_PEOPLE, on=on)
    membership = Membership.objects.select_related("user", "business").get(pk=membership_id)
    if membership.state != Membership.State.ACTIVE:
        raise Conflict(_("This person no longer belongs to the business. Nothing was changed."), code="already_gone")
    return membership, held


def _check_change(
    membership: Membership,
    touched: frozenset[int] | None,
    *,
    held: frozenset[int] | None,
    actor: Actor,
    stays_manager: bool,
) -> None:
    problem = rules.change_problem(
        rules.Colleague(
            role=membership.role, is_primary=membership.is_primary, program_account_ids=touched or frozenset()
        ),
        held=held,
        is_oneself=membership.user_id == actor.user_id or actor.kind == ActorKind.OFFICER,
        stays_manager=stays_manager,
        manager_count=queries.manager_count(membership.business_id),
    )
    if problem is not None:
        words, field = ROLE_PROBLEMS[problem]
        refusal = Refused if problem == "beyond_your_programs" else DomainError
        raise refusal(words(), code=problem, field=field)


def _check_waiting(row: EmployeeRequest) -> None:
    if row.state != EmployeeRequest.State.WAITING:
        raise Conflict(
            _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
            % {"state": row.get_state_display()},
            code="already_decided",
        )


def _answer(row: EmployeeRequest, state: str, *, actor: Actor, at: datetime) -> None:
    row.state = state
    row.decided_at = at
    row.decided_by = actor.name
    row.save()

"""What changes who may act for whom: requests, approvals, their end; employees, roles and invitations.

Every service locks the business whose access it changes, so that two at once have exactly one outcome, asks the rules,
writes, records before and after, and tells both sides. A person's authority is asked of the door; the portal itself
(jobs, the demo world) and officers need none.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, EmployeeRequest, Invitation, Membership, User
from core import audit, outbox
from core import format as formats
from core.actor import Actor, ActorKind
from core.clock import TORONTO, at_toronto
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import JobRun
from delegation import access, queries, rules
from delegation.models import Delegation, UnmatchedRequest
from delegation.rules import Action, Scope
from notifications import services as notifications

State = Delegation.State
Side = Delegation.Side
CATEGORY = "access"
MANAGERS = (Membership.Role.BAM,)
PROGRAM_MANAGERS = (Membership.Role.BAM, Membership.Role.PAM)

_SCOPE_PROBLEMS: dict[str, tuple[Callable[[], str], str]] = {
    "no_program": (lambda: _("Choose at least one program account, or all programs."), "program_accounts"),
    "unknown_program": (
        lambda: _("One of the chosen program accounts is closed or is not yours. Choose among those listed."),
        "program_accounts",
    ),
    "business_needs_all_programs": (
        lambda: _("Business Management needs all programs. Choose all programs, or Program Management."),
        "access",
    ),
    "starts_in_the_past": (lambda: _("Enter a first day that is today or later."), "valid_from"),
    "ends_before_it_starts": (
        lambda: _("Enter a last day that is not before the first day and not before today, or leave it empty."),
        "valid_until",
    ),
}
_ROLE_PROBLEMS: dict[str, tuple[Callable[[], str], str]] = {
    "no_program": (lambda: _("Choose the program accounts that this role covers."), "program_accounts"),
    "unknown_program": _SCOPE_PROBLEMS["unknown_program"],
    "beyond_your_programs": (
        lambda: _("Your role covers some program accounts only. Ask a Business Account Manager to do this."),
        "role",
    ),
    "primary_manager": (
        lambda: _("The primary manager can't be removed or changed by another manager. Ask that person to step down."),
        "role",
    ),
    "last_manager": (
        lambda: _("This is the last Business Account Manager. Name another one first."),
        "role",
    ),
}


# --- Whom to tell -----------------------------------------------------------------------------------------------------
def people_of(
    business_id: int, roles: Iterable[str] = MANAGERS, *, program_account_id: int | None = None
) -> QuerySet[User]:
    """The active people of a business in some roles, managers unless told otherwise."""
    return queries.people_of(business_id, roles=roles, program_account_id=program_account_id)


def notify_business(
    *,
    business_id: int,
    subject: Any,
    body: Any,
    category: str,
    link: str | Callable[[], str] = "",
    program_account_id: int | None = None,
    at: datetime,
    include_delegates: bool = False,
) -> None:
    """Tell the managers of a business; with a program account its program managers too.

    ``include_delegates`` adds the managers of the providers whose delegation is in force there on that day.
    """
    people = list(
        people_of(
            business_id, PROGRAM_MANAGERS if program_account_id else MANAGERS, program_account_id=program_account_id
        )
    )
    if include_delegates:
        people += queries.managers_of_delegates(
            business_id, program_account_id=program_account_id, on=at.astimezone(TORONTO).date()
        )
    notifications.notify(
        recipients=people,
        subject=subject,
        body=body,
        category=category,
        link=link,
        business_id=business_id,
        program_account_id=program_account_id,
        at=at,
    )


@dataclass(frozen=True)
class BusinessNotice:
    """What the managers of one business are to be told; texts and link may be callables, written for each reader."""

    business_id: int
    subject: Any
    body: Any
    category: str
    link: str | Callable[[], str] = ""
    program_account_id: int | None = None


def notify_businesses(notices: Sequence[BusinessNotice], *, at: datetime) -> None:
    """Tell the managers of many businesses in a fixed number of statements; for population jobs."""
    managers = queries.managers_of({notice.business_id for notice in notices})
    drafts = [
        notifications.Draft(
            recipient=person,
            subject=notice.subject,
            body=notice.body,
            category=notice.category,
            link=notice.link,
            business_id=notice.business_id,
            program_account_id=notice.program_account_id,
        )
        for notice in notices
        for person in managers.get(notice.business_id, ())
    ]
    notifications.notify_many(drafts=drafts, at=at)


# --- Requests and nominations -----------------------------------------------------------------------------------------
def request_access(
    *, provider_id: int, client_bn9: str, comment: str, actor: Actor, on: date, at: datetime
) -> Delegation:
    """A provider asks a client, by business number, for access. What it gets is decided by the client on approval.

    ``DomainError`` with a message of its own for each: not a provider, oneself, unknown, already asked or authorised,
    account closed.
    """
    provider = Business.objects.get(pk=provider_id)
    _authority(actor, provider, to=Action.REQUEST_CLIENTS, on=on)
    if provider.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
        raise Refused(
            _("Only a licensed customs broker or a trade consultant can ask a client for access."),
            code="not_a_provider",
        )
    if client_bn9 == provider.bn9:
        raise DomainError(
            _("This is your own business number. Enter the number of the client."), code="oneself", field="bn9"
        )
    with transaction.atomic():
        client = _locked_business(bn9=client_bn9)
        if client is None or client.registered_at is None:
            raise DomainError(
                _("No business is registered here under this number. Check it, or ask the client to register first."),
                code="unknown_client",
                field="bn9",
            )
        if client.closed_on is not None and client.closed_on <= on:
            raise DomainError(
                _("The account of this business is closed. Ask the client for the business number used today."),
                code="client_closed",
                field="bn9",
            )
        _refuse_second(provider=provider, client=client)
        delegation = Delegation.objects.create(
            provider=provider,
            client=client,
            asked_by=Side.PROVIDER,
            asked_by_name=actor.name,
            comment=comment,
            requested_at=at,
            request_expires_on=on + timedelta(days=rules.REQUEST_DAYS),
        )
        _record(delegation, "delegation.requested", actor=actor, before=None, at=at)
        _tell(
            delegation.client,
            roles=PROGRAM_MANAGERS,
            subject=lambda: _("%(provider)s asks for access to your account") % {"provider": provider.legal_name},
            body=lambda: (
                _(
                    "Open the request, see what %(provider)s would see, and approve or reject it. "
                    "Without an answer it expires on %(day)s."
                )
                % {"provider": provider.legal_name, "day": _day(delegation.request_expires_on)}
            ),
            link=reverse("delegation:third_party_request", args=(client.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def nominate_provider(
    *, client_id: int, provider_bn9: str, scope: Scope, comment: str, actor: Actor, on: date, at: datetime
) -> Delegation:
    """A client names a provider and what it gives; the provider accepts or declines in its own received requests."""
    client = Business.objects.get(pk=client_id)
    held = _authority(actor, client, to=Action.MANAGE_THIRD_PARTIES, on=on)
    if provider_bn9 == client.bn9:
        raise DomainError(
            _("This is your own business number. Enter the number of the broker or consultant."),
            code="oneself",
            field="bn9",
        )
    with transaction.atomic():
        _locked_business(pk=client.pk)
        provider = queries.business_by_number(provider_bn9)
        if provider is None or provider.registered_at is None:
            raise DomainError(
                _("No business is registered here under this number. Check it with your broker or consultant."),
                code="unknown_provider",
                field="bn9",
            )
        if provider.provider_kind not in rules.PROVIDERS_FOR_CLIENTS:
            raise DomainError(
                _("This business is neither a licensed customs broker nor a trade consultant. Check the number."),
                code="not_a_provider",
                field="bn9",
            )
        if provider.closed_on is not None and provider.closed_on <= on:
            raise DomainError(
                _("The account of this business is closed. Ask for the business number used today."),
                code="provider_closed",
                field="bn9",
            )
        _refuse_second(provider=provider, client=client)
        _check_scope(scope, client=client, held=held, on=on)
        delegation = Delegation.objects.create(
            provider=provider,
            client=client,
            asked_by=Side.CLIENT,
            asked_by_name=actor.name,
            comment=comment,
            requested_at=at,
            request_expires_on=on + timedelta(days=rules.REQUEST_DAYS),
        )
        _write_scope(delegation, scope, on=on)
        _record(delegation, "delegation.nominated", actor=actor, before=None, at=at)
        _tell(
            provider,
            subject=lambda: _("%(client)s names you as its service provider") % {"client": client.legal_name},
            body=lambda: (
                _("Accept or decline it in Received requests. Without an answer the request expires on %(day)s.")
                % {"day": _day(delegation.request_expires_on)}
            ),
            link=reverse("delegation:third_party_request", args=(provider.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def approve(*, delegation_id: int, scope: Scope, actor: Actor, on: date, at: datetime) -> Delegation:
    """The client grants a provider's request with the scope it chose.

    ``Conflict`` when the request was already answered, withdrawn or expired; ``DomainError`` naming the field at fault;
    ``Refused`` when a program manager's accounts do not reach the scope.
    """
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        if delegation.asked_by != Side.PROVIDER:
            raise Conflict(
                _("Your business made this request itself. The provider accepts or declines it."), code="not_yours"
            )
        held = _authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        _check_state(delegation, State.ACTIVE, asked=True)
        _check_scope(scope, client=delegation.client, held=held, on=on)
        before = _facts(delegation)
        _write_scope(delegation, scope, on=on)
        _decide(delegation, State.ACTIVE, actor=actor, at=at)
        _record(delegation, "delegation.approved", actor=actor, before=before, at=at)
        _tell_both(
            delegation,
            subject=lambda: _("Access approved: %(provider)s for %(client)s") % _names(delegation),
            body=lambda: (
                _("%(provider)s may act for %(client)s from %(day)s.")
                % {**_names(delegation), "day": _day(delegation.valid_from or on)}
            ),
            at=at,
        )
    return delegation


def accept_nomination(*, delegation_id: int, actor: Actor, on: date, at: datetime) -> Delegation:
    """The nominated provider accepts what the client chose to give; it begins today where its first day has passed."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        if delegation.asked_by != Side.CLIENT:
            raise Conflict(_("Your business asked for this access. The client approves it."), code="not_yours")
        _authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
        _check_state(delegation, State.ACTIVE, asked=True)
        if delegation.valid_until is not None and delegation.valid_until < on:
            raise Conflict(
                _("The last day of this access has passed. Ask the client to name you again."), code="already_over"
            )
        before = _facts(delegation)
        delegation.valid_from = max(delegation.valid_from or on, on)
        _decide(delegation, State.ACTIVE, actor=actor, at=at)
        _record(delegation, "delegation.accepted", actor=actor, before=before, at=at)
        _tell_both(
            delegation,
            subject=lambda: _("%(provider)s accepted to act for %(client)s") % _names(delegation),
            body=lambda: (
                _("%(provider)s may act for %(client)s from %(day)s.")
                % {**_names(delegation), "day": _day(delegation.valid_from or on)}
            ),
            at=at,
        )
    return delegation


def reject(*, delegation_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Delegation:
    """The side that was asked says no, with a reason that the other side reads."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        if delegation.asked_by == Side.PROVIDER:
            decider, asker, action = delegation.client, delegation.provider, Action.MANAGE_THIRD_PARTIES
        else:
            decider, asker, action = delegation.provider, delegation.client, Action.REQUEST_CLIENTS
        held = _authority(actor, decider, to=action, on=on)
        # A no closes the request for every program, so a program manager needs all of them.
        _check_reach(held, queries.open_account_ids(decider.pk))
        _check_state(delegation, State.REJECTED, asked=True)
        before = _facts(delegation)
        delegation.reason = reason
        _decide(delegation, State.REJECTED, actor=actor, at=at)
        _record(delegation, "delegation.rejected", actor=actor, before=before, at=at, reason=reason)
        _tell(
            asker,
            subject=lambda: _("%(business)s rejected your request") % {"business": decider.legal_name},
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            link=reverse("delegation:third_party_request", args=(asker.bn9, delegation.pk)),
            at=at,
        )
    return delegation


def withdraw(*, delegation_id: int, actor: Actor, on: date, at: datetime) -> Delegation:
    """The side that asked takes its request back before it is answered."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        if delegation.asked_by == Side.PROVIDER:
            _authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
            other = delegation.client
        else:
            held = _authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
            _check_reach(held, queries.scope_of(delegation).touches)
            other = delegation.provider
        _check_state(delegation, State.WITHDRAWN, asked=True)
        before = _facts(delegation)
        _close(delegation, State.WITHDRAWN, at=at)
        _record(delegation, "delegation.withdrawn", actor=actor, before=before, at=at)
        _tell(
            other,
            subject=lambda: _("Request withdrawn: %(provider)s for %(client)s") % _names(delegation),
            body=lambda: _("There is nothing left to answer."),
            link=reverse("delegation:third_party_requests", args=(other.bn9,)),
            at=at,
        )
    return delegation


# --- Delegations in force ---------------------------------------------------------------------------------------------
def edit_scope(*, delegation_id: int, scope: Scope, actor: Actor, on: date, at: datetime) -> Delegation:
    """The client changes what an active delegation gives; it holds from the next page on."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        held = _authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        _check_reach(held, queries.scope_of(delegation).touches)
        _check_state(delegation, State.ACTIVE, asked=False)
        _check_scope(scope, client=delegation.client, held=held, on=on, started_on=delegation.valid_from)
        before = _facts(delegation)
        _write_scope(delegation, scope, on=on)
        delegation.save()
        _record(delegation, "delegation.edited", actor=actor, before=before, at=at)
        _tell_both(
            delegation,
            subject=lambda: _("Access changed: %(provider)s for %(client)s") % _names(delegation),
            body=lambda: _("Open the page to see what %(provider)s may see and do now.") % _names(delegation),
            at=at,
        )
    return delegation


def revoke(*, delegation_id: int, reason: str = "", actor: Actor, on: date, at: datetime) -> Delegation:
    """The client, or an officer, ends a delegation at once. What the provider submitted before stays."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        held = _authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        _check_reach(held, queries.scope_of(delegation).touches)
        _check_state(delegation, State.REVOKED, asked=False)
        before = _facts(delegation)
        delegation.reason = reason
        _close(delegation, State.REVOKED, at=at)
        _record(delegation, "delegation.revoked", actor=actor, before=before, at=at, reason=reason)
        _tell_both(
            delegation,
            subject=lambda: _("Access revoked: %(provider)s for %(client)s") % _names(delegation),
            body=lambda: (
                _("%(provider)s can no longer act for %(client)s. What it submitted before stays.") % _names(delegation)
            ),
            at=at,
        )
    return delegation


def end(*, delegation_id: int, actor: Actor, on: date, at: datetime) -> Delegation:
    """The provider gives its authority back."""
    with transaction.atomic():
        delegation = _locked_delegation(delegation_id)
        _authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
        _check_state(delegation, State.ENDED, asked=False)
        before = _facts(delegation)
        _close(delegation, State.ENDED, at=at)
        _record(delegation, "delegation.ended", actor=actor, before=before, at=at)
        _tell_both(
            delegation,
            subject=lambda: _("%(provider)s no longer acts for %(client)s") % _names(delegation),
            body=lambda: _("The provider ended its access. What it submitted before stays."),
            at=at,
        )
    return delegation


def expire(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: close unanswered requests, delegations and invitations past their last day; remind before the end.

    A handful of statements however many rows; safe to run twice, because what it closed is no longer found.
    """
    at = at_toronto(on, 0, 1)
    with transaction.atomic():
        requests = _expire_rows(
            Delegation.objects.filter(state=State.REQUESTED, request_expires_on__lte=on),
            verb="delegation.request_expired",
            actor=actor,
            at=at,
        )
        ended = _expire_rows(
            Delegation.objects.filter(state=State.ACTIVE, valid_until__lt=on),
            verb="delegation.expired",
            actor=actor,
            at=at,
        )
        invitations = Invitation.objects.filter(state=Invitation.State.SENT, expires_at__lte=at).update(
            state=Invitation.State.EXPIRED
        )
        _tell_all(
            requests,
            subject=lambda row: _("Request expired: %(provider)s for %(client)s") % _names(row),
            body=lambda row: (
                _("Nobody answered for %(days)s days. Ask again if the access is still wanted.")
                % {"days": rules.REQUEST_DAYS}
            ),
            at=at,
        )
        _tell_all(
            ended,
            subject=lambda row: _("Access has ended: %(provider)s for %(client)s") % _names(row),
            body=lambda row: (
                _("Its last day was %(day)s. To go on, the provider asks again.") % {"day": _day(row.valid_until or on)}
            ),
            at=at,
        )
        reminded = 0
        if not run.summary.get("reminded"):
            soon = list(
                Delegation.objects.filter(
                    state=State.ACTIVE, valid_until__in=[on + timedelta(days=days) for days in rules.REMINDER_DAYS]
                ).select_related("provider", "client")
            )
            _tell_all(
                soon,
                subject=lambda row: (
                    _("Access ends on %(day)s: %(provider)s for %(client)s")
                    % {**_names(row), "day": _day(row.valid_until or on)}
                ),
                body=lambda row: (
                    _("After that day %(provider)s can no longer act for %(client)s. The client can extend it.")
                    % _names(row)
                ),
                at=at,
            )
            reminded = len(soon)
            run.summary["reminded"] = True
            run.save(update_fields=("summary",))
    return {
        "requests": len(requests),
        "delegations": len(ended),
        "invitations": invitations,
        "reminders": reminded,
        "reminded": True,
    }


# --- Employees --------------------------------------------------------------------------------------------------------
def request_employment(*, user_id: int, bn9: str, comment: str, actor: Actor, on: date, at: datetime) -> None:
    """A person asks to join an employer. The answer is the same whether or not the employer is registered.

    Asking twice changes nothing. ``DomainError`` only for what the person already knows: being a member there.
    """
    with transaction.atomic():
        business = _locked_business(bn9=bn9)
        if business is None or business.registered_at is None or business.closed_on is not None:
            UnmatchedRequest.objects.get_or_create(
                user_id=user_id, bn9=bn9, defaults={"comment": comment, "requested_at": at}
            )
            return
        if Membership.objects.filter(user_id=user_id, business=business, state=Membership.State.ACTIVE).exists():
            raise DomainError(
                _("You already belong to this business. Use Switch account to work in it."),
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
    waiting = list(UnmatchedRequest.objects.filter(bn9=business.bn9).select_related("user"))
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
    *, request_id: int, role: str, program_account_ids: frozenset[int], actor: Actor, on: date, at: datetime
) -> Membership:
    """A manager lets a person in, with a role; program-level roles name their program accounts."""
    with transaction.atomic():
        row = _locked_request(request_id)
        held = _authority(actor, row.business, to=Action.MANAGE_PEOPLE, on=on)
        _check_waiting(row)
        membership = _admit(
            user=row.user,
            business=row.business,
            role=role,
            program_account_ids=program_account_ids,
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
            after=_role_facts(membership, program_account_ids),
            at=at,
        )
        _tell_person(
            row.user,
            row.business,
            subject=lambda: _("You may now work in %(business)s") % {"business": row.business.legal_name},
            body=lambda: _("Your role: %(role)s.") % {"role": membership.get_role_display()},
            link=reverse("delegation:switch"),
            at=at,
        )
    return membership


def reject_employee(*, request_id: int, reason: str, actor: Actor, on: date, at: datetime) -> EmployeeRequest:
    with transaction.atomic():
        row = _locked_request(request_id)
        held = _authority(actor, row.business, to=Action.MANAGE_PEOPLE, on=on)
        _check_reach(held, queries.open_account_ids(row.business_id))
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
        _tell_person(
            row.user,
            row.business,
            subject=lambda: _("%(business)s rejected your request to join") % {"business": row.business.legal_name},
            body=lambda: _("Reason given: %(reason)s") % {"reason": reason},
            link=reverse("delegation:employer_request"),
            at=at,
        )
    return row


def change_role(
    *, membership_id: int, role: str, program_account_ids: frozenset[int], actor: Actor, on: date, at: datetime
) -> Membership:
    """Give a person another role or other program accounts; it holds from the next page on."""
    with transaction.atomic():
        membership, held = _locked_membership(membership_id, actor=actor, on=on)
        before_ids = queries.program_account_ids_of(membership.pk)
        _check_change(membership, before_ids, held=held, actor=actor, stays_manager=role == Membership.Role.BAM)
        _check_grant(membership.business_id, role=role, program_account_ids=program_account_ids, held=held)
        before = _role_facts(membership, before_ids)
        was_primary = membership.is_primary
        membership.role = role
        membership.is_primary = was_primary and role == Membership.Role.BAM
        membership.save(update_fields=("role", "is_primary"))
        membership.program_accounts.set([] if role == Membership.Role.BAM else program_account_ids)
        if was_primary and not membership.is_primary:
            _pass_on_primary(membership.business_id)
        audit.record(
            actor=actor,
            verb="employee.role_changed",
            target=f"accounts.Membership:{membership.pk}",
            business_id=membership.business_id,
            before=before,
            after=_role_facts(membership, program_account_ids),
            at=at,
        )
        _tell_person(
            membership.user,
            membership.business,
            subject=lambda: _("Your role in %(business)s has changed") % {"business": membership.business.legal_name},
            body=lambda: _("Your role: %(role)s.") % {"role": membership.get_role_display()},
            link=reverse("delegation:switch"),
            at=at,
        )
    return membership


def revoke_membership(*, membership_id: int, reason: str = "", actor: Actor, on: date, at: datetime) -> Membership:
    """Take a person out of the business at once. The last manager stays; the primary goes only by their own hand."""
    with transaction.atomic():
        membership, held = _locked_membership(membership_id, actor=actor, on=on)
        program_account_ids = queries.program_account_ids_of(membership.pk)
        _check_change(membership, program_account_ids, held=held, actor=actor, stays_manager=False)
        before = _role_facts(membership, program_account_ids)
        was_primary = membership.is_primary
        membership.state = Membership.State.REVOKED
        membership.is_primary = False
        membership.ended_at = at
        membership.save(update_fields=("state", "is_primary", "ended_at"))
        if was_primary:
            _pass_on_primary(membership.business_id)
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
        _tell_person(
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


# --- Invitations ------------------------------------------------------------------------------------------------------
def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    *,
    business_id: int,
    email: str,
    role: str,
    program_account_ids: frozenset[int] = frozenset(),
    actor: Actor,
    on: date,
    at: datetime,
) -> Invitation:
    """E-mail a link by which its receiver joins with a role: it works once, for 14 days; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        business = Business.objects.select_for_update(no_key=True).get(pk=business_id)
        held = _authority(actor, business, to=Action.MANAGE_PEOPLE, on=on)
        _check_grant(business.pk, role=role, program_account_ids=program_account_ids, held=held)
        waiting = Invitation.objects.filter(
            business=business, email__iexact=email, state=Invitation.State.SENT, expires_at__gt=at
        )
        if waiting.exists():
            raise Conflict(
                _("An invitation to this address is waiting. Withdraw it first to send another."),
                code="already_invited",
            )
        invitation = Invitation.objects.create(
            business=business,
            email=email,
            role=role,
            token_hash=token_hash(token),
            invited_by=User.objects.get(pk=actor.user_id or 0),
            invited_at=at,
            expires_at=at + timedelta(days=rules.INVITATION_DAYS),
        )
        invitation.program_accounts.set([] if role == Membership.Role.BAM else program_account_ids)
        audit.record(
            actor=actor,
            verb="invitation.sent",
            target=f"accounts.Invitation:{invitation.pk}",
            business_id=business.pk,
            after={"email": email, "role": role, "program_account_ids": sorted(program_account_ids)},
            at=at,
        )
        _send_link(invitation, token=token, inviter=actor.name, at=at)
    return invitation


def withdraw_invitation(*, invitation_id: int, actor: Actor, on: date, at: datetime) -> Invitation:
    """Make an unused link useless."""
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",), no_key=True)
            .select_related("business")
            .get(pk=invitation_id)
        )
        held = _authority(actor, invitation.business, to=Action.MANAGE_PEOPLE, on=on)
        _check_reach(
            held,
            None
            if invitation.role == Membership.Role.BAM
            else frozenset(invitation.program_accounts.values_list("pk", flat=True)),
        )
        _check_open(invitation, at=at)
        invitation.state = Invitation.State.WITHDRAWN
        invitation.save(update_fields=("state",))
        audit.record(
            actor=actor,
            verb="invitation.withdrawn",
            target=f"accounts.Invitation:{invitation.pk}",
            business_id=invitation.business_id,
            before={"state": Invitation.State.SENT},
            after={"state": invitation.state},
            at=at,
        )
    return invitation


def accept_invitation(*, token: str, actor: Actor, on: date, at: datetime) -> Membership:
    """The holder of a link joins the business with the role it names.

    ``Stranger`` for a link that never was; ``Conflict`` for one used, withdrawn or expired, and for a member already.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",), no_key=True)
            .filter(token_hash=token_hash(token))
            .select_related("business", "invited_by")
            .first()
        )
        if invitation is None:
            raise Stranger(_("This link is not one of ours. Open the newest e-mail again."), code="unknown_link")
        if actor.kind != ActorKind.PERSON:
            raise Refused(
                _("Officers do not join businesses. Sign in with a GCKey or a Sign-In Partner."), code="not_a_person"
            )
        _check_open(invitation, at=at)
        user = User.objects.get(pk=actor.user_id or 0)
        program_account_ids = frozenset(invitation.program_accounts.values_list("pk", flat=True))
        membership = _admit(
            user=user,
            business=invitation.business,
            role=invitation.role,
            program_account_ids=program_account_ids,
            held=None,
            by=str(invitation.invited_by),
            at=at,
        )
        invitation.state = Invitation.State.ACCEPTED
        invitation.accepted_by = user
        invitation.save(update_fields=("state", "accepted_by"))
        EmployeeRequest.objects.filter(
            user=user, business=invitation.business, state=EmployeeRequest.State.WAITING
        ).update(state=EmployeeRequest.State.APPROVED, decided_at=at, decided_by=str(invitation.invited_by))
        audit.record(
            actor=actor,
            verb="invitation.accepted",
            target=f"accounts.Invitation:{invitation.pk}",
            business_id=invitation.business_id,
            before={"state": Invitation.State.SENT},
            after={"state": invitation.state, **_role_facts(membership, program_account_ids)},
            at=at,
        )
        notifications.notify(
            recipients=people_of(invitation.business_id).exclude(pk=user.pk),
            subject=lambda: (
                _("%(person)s joined %(business)s") % {"person": actor.name, "business": invitation.business.legal_name}
            ),
            body=lambda: _("Their role: %(role)s.") % {"role": membership.get_role_display()},
            category=CATEGORY,
            link=reverse("delegation:members", args=(invitation.business.bn9,)),
            business_id=invitation.business_id,
            at=at,
        )
    return membership


# --- Authority, locks and checks --------------------------------------------------------------------------------------
def _authority(actor: Actor, business: Business, *, to: Action, on: date) -> frozenset[int] | None:
    """The program accounts on which the actor decides; ``None`` is the whole business. Else the door refuses."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.OFFICER):
        return None
    return access.business_for(actor, business.bn9, to=to, on=on).program_account_ids


def _locked_business(**which: Any) -> Business | None:
    return Business.objects.select_for_update(no_key=True).filter(**which).first()


def _locked_delegation(delegation_id: int) -> Delegation:
    return (
        Delegation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("provider", "client")
        .get(pk=delegation_id)
    )


def _locked_request(request_id: int) -> EmployeeRequest:
    row = EmployeeRequest.objects.select_for_update(of=("self",), no_key=True).select_related("user", "business")
    return row.get(pk=request_id)


def _locked_membership(membership_id: int, *, actor: Actor, on: date) -> tuple[Membership, frozenset[int] | None]:
    """The membership under the lock of its business, so that two managers cannot remove each other at once."""
    business = Business.objects.select_for_update(no_key=True).get(memberships=membership_id)
    held = _authority(actor, business, to=Action.MANAGE_PEOPLE, on=on)
    membership = Membership.objects.select_related("user", "business").get(pk=membership_id)
    if membership.state != Membership.State.ACTIVE:
        raise Conflict(_("This person no longer belongs to the business. Nothing was changed."), code="already_gone")
    return membership, held


def _refuse_second(*, provider: Business, client: Business) -> None:
    existing = queries.open_delegation(provider_id=provider.pk, client_id=client.pk)
    if existing is None:
        return
    if existing.state == State.ACTIVE:
        raise DomainError(
            _("This access is already authorised. The client can widen or narrow it without a new request."),
            code="already_authorised",
            field="bn9",
        )
    raise DomainError(
        _("A request between these two businesses is already waiting for an answer. See Received and Sent requests."),
        code="already_requested",
        field="bn9",
    )


def _check_state(delegation: Delegation, following: str, *, asked: bool) -> None:
    """``asked``: a request must still wait for its answer; otherwise the delegation must be active."""
    expected = State.REQUESTED if asked else State.ACTIVE
    if delegation.state == expected and rules.can_become(delegation.state, following):
        return
    raise Conflict(
        _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
        % {"state": delegation.get_state_display()},
        code="already_decided",
    )


def _check_scope(
    scope: Scope, *, client: Business, held: frozenset[int] | None, on: date, started_on: date | None = None
) -> None:
    problem = rules.scope_problem(
        scope, open_account_ids=queries.open_account_ids(client.pk), on=on, started_on=started_on
    )
    if problem is not None:
        words, field = _SCOPE_PROBLEMS[problem]
        raise DomainError(words(), code=problem, field=field)
    _check_reach(held, scope.touches)


def _check_reach(held: frozenset[int] | None, needed: frozenset[int] | None) -> None:
    if not rules.covers(held, needed):
        raise Refused(_ROLE_PROBLEMS["beyond_your_programs"][0](), code="beyond_your_programs")


def _check_grant(
    business_id: int, *, role: str, program_account_ids: frozenset[int], held: frozenset[int] | None
) -> None:
    problem = rules.grant_problem(
        role=role,
        program_account_ids=program_account_ids,
        held=held,
        open_account_ids=queries.open_account_ids(business_id),
    )
    if problem is not None:
        words, field = _ROLE_PROBLEMS[problem]
        raise DomainError(words(), code=problem, field=field)


def _check_change(
    membership: Membership,
    program_account_ids: frozenset[int],
    *,
    held: frozenset[int] | None,
    actor: Actor,
    stays_manager: bool,
) -> None:
    problem = rules.change_problem(
        rules.Colleague(
            role=membership.role, is_primary=membership.is_primary, program_account_ids=program_account_ids
        ),
        held=held,
        is_oneself=membership.user_id == actor.user_id or actor.kind == ActorKind.OFFICER,
        stays_manager=stays_manager,
        manager_count=queries.manager_count(membership.business_id),
    )
    if problem is not None:
        words, field = _ROLE_PROBLEMS[problem]
        refusal = Refused if problem == "beyond_your_programs" else DomainError
        raise refusal(words(), code=problem, field=field)


def _check_waiting(row: EmployeeRequest) -> None:
    if row.state != EmployeeRequest.State.WAITING:
        raise Conflict(
            _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
            % {"state": row.get_state_display()},
            code="already_decided",
        )


def _check_open(invitation: Invitation, *, at: datetime) -> None:
    if invitation.state != Invitation.State.SENT:
        raise Conflict(
            _("This invitation is no longer open: “%(state)s”. Ask the manager for a new one.")
            % {"state": invitation.get_state_display()},
            code="invitation_closed",
        )
    if invitation.expires_at <= at:
        raise Conflict(_("This invitation has expired. Ask the manager for a new one."), code="invitation_expired")


# --- Writing ----------------------------------------------------------------------------------------------------------
def _write_scope(delegation: Delegation, scope: Scope, *, on: date) -> None:
    delegation.access = scope.access
    delegation.all_programs = scope.all_programs
    delegation.sees_client = scope.sees_client
    delegation.sees_others = scope.sees_others
    delegation.valid_from = scope.valid_from or on
    delegation.valid_until = scope.valid_until
    delegation.save()
    delegation.program_accounts.set([] if scope.all_programs else scope.program_account_ids)


def _decide(delegation: Delegation, state: str, *, actor: Actor, at: datetime) -> None:
    delegation.state = state
    delegation.decided_at = at
    delegation.decided_by_name = actor.name
    delegation.save()


def _close(delegation: Delegation, state: str, *, at: datetime) -> None:
    delegation.state = state
    delegation.ended_at = at
    delegation.save()


def _expire_rows(rows: QuerySet[Delegation], *, verb: str, actor: Actor, at: datetime) -> list[Delegation]:
    found = list(rows.select_for_update(of=("self",), no_key=True).select_related("provider", "client"))
    Delegation.objects.filter(pk__in=[row.pk for row in found]).update(state=State.EXPIRED, ended_at=at)
    audit.record_many(
        audit.event(
            actor=actor,
            verb=verb,
            target=f"delegation.Delegation:{row.pk}",
            business_id=row.client_id,
            before={"state": row.state},
            after={"state": State.EXPIRED},
            at=at,
        )
        for row in found
    )
    return found


def _admit(
    *,
    user: User,
    business: Business,
    role: str,
    program_account_ids: frozenset[int],
    held: frozenset[int] | None,
    by: str,
    at: datetime,
) -> Membership:
    _locked_business(pk=business.pk)
    if Membership.objects.filter(user=user, business=business, state=Membership.State.ACTIVE).exists():
        raise Conflict(
            _("%(person)s already belongs to %(business)s.") % {"person": user, "business": business.legal_name},
            code="already_member",
        )
    _check_grant(business.pk, role=role, program_account_ids=program_account_ids, held=held)
    membership = Membership.objects.create(user=user, business=business, role=role, granted_by=by, started_at=at)
    membership.program_accounts.set([] if role == Membership.Role.BAM else program_account_ids)
    return membership


def _answer(row: EmployeeRequest, state: str, *, actor: Actor, at: datetime) -> None:
    row.state = state
    row.decided_at = at
    row.decided_by = actor.name
    row.save()


def _pass_on_primary(business_id: int) -> None:
    """A primary who steps down leaves the rank to the manager who has been there longest (assumed)."""
    successor = queries.members(business_id).filter(role=Membership.Role.BAM).order_by("started_at", "pk")[:1]
    Membership.objects.filter(pk__in=[row.pk for row in successor]).update(is_primary=True)


# --- Words ------------------------------------------------------------------------------------------------------------
def _facts(delegation: Delegation) -> dict[str, Any]:
    scope = queries.scope_of(delegation)
    return {
        "state": delegation.state,
        "access": scope.access,
        "all_programs": scope.all_programs,
        "program_account_ids": sorted(scope.program_account_ids),
        "sees_client": scope.sees_client,
        "sees_others": scope.sees_others,
        "valid_from": scope.valid_from,
        "valid_until": scope.valid_until,
    }


def _role_facts(membership: Membership, program_account_ids: frozenset[int]) -> dict[str, Any]:
    return {
        "user_id": membership.user_id,
        "role": membership.role,
        "is_primary": membership.is_primary,
        "program_account_ids": [] if membership.role == Membership.Role.BAM else sorted(program_account_ids),
    }


def _record(
    delegation: Delegation, verb: str, *, actor: Actor, before: dict[str, Any] | None, at: datetime, reason: str = ""
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.Delegation:{delegation.pk}",
        business_id=delegation.client_id,
        before=before,
        after={"provider_id": delegation.provider_id, **_facts(delegation)},
        reason=reason,
        at=at,
    )


def _names(delegation: Delegation) -> dict[str, str]:
    return {"provider": delegation.provider.legal_name, "client": delegation.client.legal_name}


def _day(value: date) -> str:
    return formats.day(value, get_language() or "en")


def _page_of(delegation: Delegation, business_id: int) -> str:
    if business_id == delegation.client_id:
        return reverse("delegation:third_party", args=(delegation.client.bn9, delegation.pk))
    return reverse("delegation:client", args=(delegation.provider.bn9, delegation.pk))


def _tell(
    business: Business,
    *,
    subject: Callable[[], str],
    body: Callable[[], str],
    link: str,
    at: datetime,
    roles: Iterable[str] = MANAGERS,
) -> None:
    notifications.notify(
        recipients=people_of(business.pk, roles),
        subject=subject,
        body=body,
        category=CATEGORY,
        link=link,
        business_id=business.pk,
        at=at,
    )


def _tell_both(delegation: Delegation, *, subject: Callable[[], str], body: Callable[[], str], at: datetime) -> None:
    for business in (delegation.client, delegation.provider):
        _tell(
            business,
            subject=subject,
            body=body,
            link=_page_of(delegation, business.pk),
            at=at,
        )


def _tell_all(
    rows: list[Delegation],
    *,
    subject: Callable[[Delegation], str],
    body: Callable[[Delegation], str],
    at: datetime,
) -> None:
    """Both sides of many delegations, in a fixed number of statements."""
    managers = queries.managers_of({row.client_id for row in rows} | {row.provider_id for row in rows})
    drafts = [
        notifications.Draft(
            recipient=person,
            subject=partial(subject, row),
            body=partial(body, row),
            category=CATEGORY,
            link=link,
            business_id=business_id,
        )
        for row in rows
        for business_id, link in (
            (row.client_id, reverse("delegation:third_parties", args=(row.client.bn9,))),
            (row.provider_id, reverse("delegation:clients", args=(row.provider.bn9,))),
        )
        for person in managers.get(business_id, ())
    ]
    notifications.notify_many(drafts=drafts, at=at)


def _tell_person(
    user: User, business: Business, *, subject: Callable[[], str], body: Callable[[], str], link: str, at: datetime
) -> None:
    notifications.notify(
        recipients=[user],
        subject=subject,
        body=body,
        category=CATEGORY,
        link=link,
        business_id=business.pk,
        at=at,
    )


def _send_link(invitation: Invitation, *, token: str, inviter: str, at: datetime) -> None:
    """The letter is in the business's language, because nothing is known yet of its receiver."""
    language = invitation.business.language
    with translation.override(language):
        path = reverse("delegation:accept_invitation", args=(token,))
        context = {
            "business": invitation.business.legal_name,
            "inviter": inviter,
            "role": invitation.get_role_display(),
            "address": settings.PORTAL_URL + path,
            "last_day": invitation.expires_at.astimezone(TORONTO).date(),
        }
        subject = _("%(business)s invites you to its account") % context
        body = render_to_string("delegation/invitation_email.txt", context)
    outbox.send(
        to=invitation.email,
        language=language,
        subject=subject,
        body=body,
        category=CATEGORY,
        link=path,
        at=at,
    )

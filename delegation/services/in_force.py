"""Delegations in force: their change, their end by either side, and what time ends."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Invitation, Membership, ProgramAccount
from core import audit
from core.actor import Actor
from core.clock import at_toronto
from core.errors import Conflict, Refused
from core.models import JobRun
from delegation import access, queries, rules
from delegation.models import Delegation, Signature
from delegation.rules import Action, Grant, Role, Scope, SignedAs
from delegation.services.parts import (
    State,
    authority,
    check_reach,
    check_scope,
    check_signature,
    check_state,
    close,
    day_in_words,
    facts_of,
    keep_signature,
    locked_delegation,
    names_of,
    record,
    tell_all,
    tell_both,
    write_scope,
)
from delegation.services.primary import expire_offers


def edit_scope(
    *,
    delegation_id: int,
    scope: Scope,
    seen: str = "",
    signed: SignedAs | None = None,
    actor: Actor,
    on: date,
    at: datetime,
) -> Delegation:
    """The client changes what an active delegation gives; it holds from the next page on. Widening is signed.

    ``seen`` is the ``rules.scope_key`` of what the person was shown as "before": ``Conflict`` if that is no longer so.
    """
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        held = authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        current = queries.scope_of(delegation)
        check_reach(held, current.touches)
        check_state(delegation, State.ACTIVE, asked=False)
        if seen and seen != rules.scope_key(current):
            raise Conflict(
                _("Somebody changed this access meanwhile. Nothing was changed now: look at it again, then change it."),
                code="changed_meanwhile",
            )
        check_scope(scope, client=delegation.client, held=held, on=on, started_on=delegation.valid_from)
        is_wider = rules.widens(current, scope)
        if is_wider:
            check_signature(signed, actor=actor)
        before = facts_of(delegation)
        write_scope(delegation, scope, on=on)
        if is_wider:
            keep_signature(
                delegation,
                signed,
                occasion=Signature.Occasion.EDITED,
                business=delegation.client,
                actor=actor,
                on=on,
                at=at,
            )
        record(delegation, "delegation.edited", actor=actor, before=before, at=at)
        tell_both(
            delegation,
            subject=lambda: _("Access changed: %(provider)s for %(client)s") % names_of(delegation),
            body=lambda: _("Open the page to see what %(provider)s may see and do now.") % names_of(delegation),
            at=at,
        )
    return delegation


def revoke(*, delegation_id: int, reason: str = "", actor: Actor, on: date, at: datetime) -> Delegation:
    """The client, or an officer, ends a delegation at once. What the provider submitted before stays."""
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        held = authority(actor, delegation.client, to=Action.MANAGE_THIRD_PARTIES, on=on)
        check_reach(held, queries.scope_of(delegation).touches)
        check_state(delegation, State.REVOKED, asked=False)
        before = facts_of(delegation)
        delegation.reason = reason
        close(delegation, State.REVOKED, at=at)
        record(delegation, "delegation.revoked", actor=actor, before=before, at=at, reason=reason)
        tell_both(
            delegation,
            subject=lambda: _("Access revoked: %(provider)s for %(client)s") % names_of(delegation),
            body=lambda: (
                _("%(provider)s can no longer act for %(client)s. What it submitted before stays.")
                % names_of(delegation)
            ),
            at=at,
        )
    return delegation


def end(*, delegation_id: int, actor: Actor, on: date, at: datetime) -> Delegation:
    """The provider gives its authority back."""
    with transaction.atomic():
        delegation = locked_delegation(delegation_id)
        authority(actor, delegation.provider, to=Action.REQUEST_CLIENTS, on=on)
        check_state(delegation, State.ENDED, asked=False)
        before = facts_of(delegation)
        close(delegation, State.ENDED, at=at)
        record(delegation, "delegation.ended", actor=actor, before=before, at=at)
        tell_both(
            delegation,
            subject=lambda: _("%(provider)s no longer acts for %(client)s") % names_of(delegation),
            body=lambda: _("The provider ended its access. What it submitted before stays."),
            at=at,
        )
    return delegation


def require_in_force(*, program_account: ProgramAccount, provider_id: int, on: date) -> None:
    """Hold the provider's delegation for the caller's transaction: a revocation comes before it or waits for its end.

    ``Refused`` when it is not in force on the day, or no longer, or when the provider's licence is not.
    """
    delegation = (
        queries.effective(on)
        .filter(
            Q(all_programs=True) | Q(program_accounts=program_account),
            provider_id=provider_id,
            client_id=program_account.business_id,
        )
        .select_related("provider")
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if delegation is None:
        raise Refused(
            _("The access to this program account has ended. Nothing was submitted: ask the importer for it."),
            code="not_in_force",
        )
    if not queries.is_licensed_broker(delegation.provider, on=on):
        raise access.not_licensed(delegation.provider)


def require_role(*, program_account: ProgramAccount, user_id: int, to: Action) -> None:
    """Hold a person's role in a program account of their own business for the caller's transaction.

    A change of the role comes before it or waits for its end. ``Refused`` when the role does not include ``to``.
    """
    membership = (
        Membership.objects.select_for_update(no_key=True)
        .filter(user_id=user_id, business_id=program_account.business_id, state=Membership.State.ACTIVE)
        .first()
    )
    roles = queries.roles_of(membership) if membership is not None else {}
    grant = Grant(Role.BAM.value) if roles is None else roles.get(program_account.pk)
    if grant is None or to not in grant.actions:
        raise Refused(
            _("Your role in this program account does not include this any more. Nothing was submitted."),
            code="role_too_narrow",
        )


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
        handovers = expire_offers(actor=actor, at=at)
        tell_all(
            requests,
            subject=lambda row: _("Request expired: %(provider)s for %(client)s") % names_of(row),
            body=lambda row: (
                _("Nobody answered for %(days)s days. Ask again if the access is still wanted.")
                % {"days": rules.REQUEST_DAYS}
            ),
            at=at,
        )
        tell_all(
            ended,
            subject=lambda row: _("Access has ended: %(provider)s for %(client)s") % names_of(row),
            body=lambda row: (
                _("Its last day was %(day)s. To go on, the client renews it, or the provider asks again.")
                % {"day": day_in_words(row.valid_until or on)}
            ),
            at=at,
            renewable=True,
        )
        reminded = 0
        if not run.summary.get("reminded"):
            soon = list(
                Delegation.objects.filter(
                    state=State.ACTIVE, valid_until__in=[on + timedelta(days=days) for days in rules.REMINDER_DAYS]
                ).select_related("provider", "client")
            )
            tell_all(
                soon,
                subject=lambda row: (
                    _("Access ends on %(day)s: %(provider)s for %(client)s")
                    % {**names_of(row), "day": day_in_words(row.valid_until or on)}
                ),
                body=lambda row: (
                    _("After that day %(provider)s can no longer act for %(client)s. The client can renew it.")
                    % names_of(row)
                ),
                at=at,
                renewable=True,
            )
            reminded = len(soon)
            run.summary["reminded"] = True
            run.save(update_fields=("summary",))
    return {
        "requests": len(requests),
        "delegations": len(ended),
        "invitations": invitations,
        "handovers": handovers,
        "reminders": reminded,
        "reminded": True,
    }


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

"""What the services of this room share: authority, locks, checks, the record and the words to both sides."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, Invitation, Membership, User
from core import audit
from core import format as formats
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused
from delegation import access, queries, rules
from delegation.models import Delegation, Signature
from delegation.rules import Action, Grant, Role, Roles, Scope, SignedAs
from delegation.services.notices import MANAGERS, people_of
from notifications import services as notifications

State = Delegation.State
Side = Delegation.Side
CATEGORY = "access"

SCOPE_PROBLEMS: dict[str, tuple[Callable[[], str], str]] = {
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


SIGNATURE_PROBLEMS: dict[str, tuple[Callable[[], str], str]] = {
    "unsigned": (lambda: _("Sign the declaration: your name, your title and the tick."), "signed_name"),
    "no_name": (lambda: _("Enter your name as your signature."), "signed_name"),
    "no_title": (lambda: _("Enter your title in the business, for example Director."), "signed_title"),
    "not_declared": (lambda: _("Tick the declaration: without it no access is given."), "is_declared"),
}


ROLE_PROBLEMS: dict[str, tuple[Callable[[], str], str]] = {
    "no_program": (lambda: _("Choose the program accounts that this role covers."), "program_accounts"),
    "unknown_program": SCOPE_PROBLEMS["unknown_program"],
    "beyond_your_programs": (
        lambda: _("Your role covers some program accounts only. Ask a Business Account Manager to do this."),
        "role",
    ),
    "cannot_be_added": (
        lambda: _("One of the single permissions can't be added to this role. Choose another role, or untick it."),
        "added",
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


def authority(actor: Actor, business: Business, *, to: Action, on: date) -> frozenset[int] | None:
    """The program accounts on which the actor decides; ``None`` is the whole business. Else the door refuses."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.OFFICER):
        return None
    return access.business_for(actor, business.bn9, to=to, on=on).program_account_ids


def locked_business(**which: Any) -> Business | None:
    return Business.objects.select_for_update(no_key=True).filter(**which).first()


def locked_delegation(delegation_id: int) -> Delegation:
    return (
        Delegation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("provider", "client")
        .get(pk=delegation_id)
    )


def check_state(delegation: Delegation, following: str, *, asked: bool) -> None:
    """``asked``: a request must still wait for its answer; otherwise the delegation must be active."""
    expected = State.REQUESTED if asked else State.ACTIVE
    if delegation.state == expected and rules.can_become(delegation.state, following):
        return
    raise Conflict(
        _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
        % {"state": delegation.get_state_display()},
        code="already_decided",
    )


def check_scope(
    scope: Scope, *, client: Business, held: frozenset[int] | None, on: date, started_on: date | None = None
) -> None:
    problem = rules.scope_problem(
        scope, open_account_ids=queries.open_account_ids(client.pk), on=on, started_on=started_on
    )
    if problem is not None:
        words, field = SCOPE_PROBLEMS[problem]
        raise DomainError(words(), code=problem, field=field)
    check_reach(held, scope.touches)


def check_reach(held: frozenset[int] | None, needed: frozenset[int] | None) -> None:
    if not rules.covers(held, needed):
        raise Refused(ROLE_PROBLEMS["beyond_your_programs"][0](), code="beyond_your_programs")


def check_grant(
    business_id: int, roles: Roles, *, held: frozenset[int] | None, before: Roles = MappingProxyType({})
) -> None:
    problem = rules.grant_problem(
        roles, held=held, open_account_ids=queries.open_account_ids(business_id), before=before
    )
    if problem is not None:
        words, field = ROLE_PROBLEMS[problem]
        raise DomainError(words(), code=problem, field=field)


def write_scope(delegation: Delegation, scope: Scope, *, on: date) -> None:
    delegation.access = scope.access
    delegation.all_programs = scope.all_programs
    delegation.sees_client = scope.sees_client
    delegation.sees_others = scope.sees_others
    delegation.valid_from = scope.valid_from or on
    delegation.valid_until = scope.valid_until
    delegation.save()
    delegation.program_accounts.set([] if scope.all_programs else scope.program_account_ids)


def check_signature(signed: SignedAs | None, *, actor: Actor) -> None:
    problem = rules.signature_problem(signed, is_person=actor.kind == ActorKind.PERSON)
    if problem is not None:
        words, field = SIGNATURE_PROBLEMS[problem]
        raise DomainError(words(), code=problem, field=field)


def keep_signature(
    delegation: Delegation,
    signed: SignedAs | None,
    *,
    occasion: str,
    business: Business,
    actor: Actor,
    on: date,
    at: datetime,
) -> Signature | None:
    """The signature beside the scope it stands under; nothing where the portal itself or an officer acts."""
    if signed is None:
        return None
    facts = facts_of(delegation)
    return Signature.objects.create(
        delegation=delegation,
        occasion=occasion,
        business=business,
        signer_id=actor.user_id,
        name=signed.name.strip(),
        title=signed.title.strip(),
        text_dated=rules.declaration_text(on).since,
        scope={**facts, "valid_from": _iso(facts["valid_from"]), "valid_until": _iso(facts["valid_until"])},
        signed_at=at,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def close(delegation: Delegation, state: str, *, at: datetime) -> None:
    delegation.state = state
    delegation.ended_at = at
    delegation.save()


def admit(
    *,
    user: User,
    business: Business,
    roles: Roles,
    held: frozenset[int] | None,
    by: str,
    at: datetime,
) -> Membership:
    locked_business(pk=business.pk)
    if Membership.objects.filter(user=user, business=business, state=Membership.State.ACTIVE).exists():
        raise Conflict(
            _("%(person)s already belongs to %(business)s.") % {"person": user, "business": business.legal_name},
            code="already_member",
        )
    check_grant(business.pk, roles, held=held)
    membership = Membership(user=user, business=business, granted_by=by, started_at=at)
    write_roles(membership, roles)
    return membership


def write_roles(holder: Membership | Invitation, roles: Roles) -> None:
    """Keep the role in each program account, and with the holder what is the same in all of them."""
    common = Grant(Role.BAM.value) if roles is None else rules.common_grant(roles)
    holder.role, holder.added_actions = common.role, common.stored
    holder.save()
    holder.program_accounts.clear()
    for grant in set((roles or {}).values()):
        named = [pk for pk, given in (roles or {}).items() if given == grant]
        holder.program_accounts.add(*named, through_defaults={"role": grant.role, "added_actions": grant.stored})


def given_facts(roles: Roles) -> dict[str, Any]:
    """Roles as the audit trail keeps them: the one role of all program accounts, or each account's own."""
    if roles is None:
        return {"role": Role.BAM.value, "program_account_ids": [], "added_actions": []}
    kept = {(grant.role, *grant.stored) for grant in roles.values()}
    if len(kept) == 1:
        ((role, *added),) = kept
        return {"role": role, "program_account_ids": sorted(roles), "added_actions": added}
    return {
        "roles": [
            {"program_account_id": pk, "role": roles[pk].role, "added_actions": roles[pk].stored}
            for pk in sorted(roles)
        ]
    }


def role_facts(membership: Membership, roles: Roles) -> dict[str, Any]:
    return {"user_id": membership.user_id, "is_primary": membership.is_primary, **given_facts(roles)}


def role_in_words(membership: Membership) -> str:
    """The role, and what was added to it, as its holder is told; account by account where they differ."""
    words = _("Your role: %(role)s.") % {"role": roles_in_words(membership)}
    if not membership.added_actions or membership.roles_differ:
        return words
    return words + " " + _("Also allowed: %(actions)s.") % {"actions": _labels(membership.added_actions)}


def roles_in_words(holder: Membership | Invitation) -> str:
    """The one role, or each program account with its own."""
    if not holder.roles_differ:
        return str(holder.get_role_display())
    rows = holder.programs.select_related("program_account")
    return "; ".join(
        f"{row.program_account.rm} {grant_in_words(Grant(row.role, tuple(row.added_actions)))}" for row in rows
    )


def grant_in_words(grant: Grant) -> str:
    """A role with what was added to it."""
    role = str(rules.ROLE_LABELS[Role(grant.role)])
    return f"{role} ({_labels(grant.added)})" if grant.added else role


def _labels(added: Iterable[str]) -> str:
    return ", ".join(str(rules.ACTION_LABELS[Action(action)]) for action in added)


def facts_of(delegation: Delegation) -> dict[str, Any]:
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


def record(
    delegation: Delegation, verb: str, *, actor: Actor, before: dict[str, Any] | None, at: datetime, reason: str = ""
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"delegation.Delegation:{delegation.pk}",
        business_id=delegation.client_id,
        before=before,
        after={"provider_id": delegation.provider_id, **facts_of(delegation)},
        reason=reason,
        at=at,
    )


def names_of(delegation: Delegation) -> dict[str, str]:
    return {"provider": delegation.provider.legal_name, "client": delegation.client.legal_name}


def day_in_words(value: date) -> str:
    return formats.day(value, get_language() or "en")


def page_of(delegation: Delegation, business_id: int) -> str:
    if business_id == delegation.client_id:
        return reverse("delegation:third_party", args=(delegation.client.bn9, delegation.pk))
    return reverse("delegation:client", args=(delegation.provider.bn9, delegation.pk))


def tell(
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


def tell_both(delegation: Delegation, *, subject: Callable[[], str], body: Callable[[], str], at: datetime) -> None:
    for business in (delegation.client, delegation.provider):
        tell(
            business,
            subject=subject,
            body=body,
            link=page_of(delegation, business.pk),
            at=at,
        )


def tell_all(
    rows: list[Delegation],
    *,
    subject: Callable[[Delegation], str],
    body: Callable[[Delegation], str],
    at: datetime,
    renewable: bool = False,
) -> None:
    """Both sides of many delegations, in a fixed number of statements; ``renewable`` leads the client to renewing."""
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
            (
                row.client_id,
                f"{reverse('delegation:renew', args=(row.client.bn9,))}?of={row.pk}"
                if renewable
                else reverse("delegation:third_parties", args=(row.client.bn9,)),
            ),
            (row.provider_id, reverse("delegation:clients", args=(row.provider.bn9,))),
        )
        for person in managers.get(business_id, ())
    ]
    notifications.notify_many(drafts=drafts, at=at)


def tell_person(
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

"""Invitations by an expiring link, of which only the hash is kept."""

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Business, EmployeeRequest, Invitation, Membership, User
from core import audit, outbox
from core.actor import Actor, ActorKind
from core.clock import TORONTO
from core.errors import Conflict, Refused, Stranger
from delegation import queries, rules
from delegation.rules import Action, Roles
from delegation.services.notices import people_of
from delegation.services.parts import (
    CATEGORY,
    admit,
    authority,
    check_grant,
    check_reach,
    given_facts,
    role_facts,
    roles_in_words,
    write_roles,
)
from notifications import services as notifications


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    *,
    business_id: int,
    email: str,
    roles: Roles,
    actor: Actor,
    on: date,
    at: datetime,
) -> Invitation:
    """E-mail a link by which its receiver joins with a role: it works once, for 14 days; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        business = Business.objects.select_for_update(no_key=True).get(pk=business_id)
        held = authority(actor, business, to=Action.MANAGE_PEOPLE, on=on)
        check_grant(business.pk, roles, held=held)
        if queries.colleagues_with_email(business.pk, email):
            raise Conflict(
                _(
                    "Somebody with this e-mail belongs to the business already. Use “Give a colleague a role” on the "
                    "page Members and roles."
                ),
                code="already_member",
            )
        waiting = Invitation.objects.filter(business=business, state=Invitation.State.SENT, expires_at__gt=at)
        if waiting.count() >= rules.MOST_INVITATIONS:
            raise Conflict(
                _("%(count)d invitations wait already. Withdraw those that nobody needs, then send another.")
                % {"count": rules.MOST_INVITATIONS},
                code="too_many_invitations",
            )
        if waiting.filter(email__iexact=email).exists():
            raise Conflict(
                _("An invitation to this address is waiting. Withdraw it first to send another."),
                code="already_invited",
            )
        invitation = Invitation(
            business=business,
            email=email,
            token_hash=token_hash(token),
            invited_by=User.objects.get(pk=actor.user_id or 0),
            invited_at=at,
            expires_at=at + timedelta(days=rules.INVITATION_DAYS),
        )
        write_roles(invitation, roles)
        audit.record(
            actor=actor,
            verb="invitation.sent",
            target=f"accounts.Invitation:{invitation.pk}",
            business_id=business.pk,
            after={"email": email, **given_facts(roles)},
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
        held = authority(actor, invitation.business, to=Action.MANAGE_PEOPLE, on=on)
        roles = queries.roles_of(invitation)
        check_reach(held, None if roles is None else frozenset(roles))
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
        roles = queries.roles_of(invitation)
        membership = admit(
            user=user,
            business=invitation.business,
            roles=roles,
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
            after={"state": invitation.state, **role_facts(membership, roles)},
            at=at,
        )
        notifications.notify(
            recipients=people_of(invitation.business_id).exclude(pk=user.pk),
            subject=lambda: (
                _("%(person)s joined %(business)s") % {"person": actor.name, "business": invitation.business.legal_name}
            ),
            body=lambda: _("Their role: %(role)s.") % {"role": roles_in_words(membership)},
            category=CATEGORY,
            link=reverse("delegation:members", args=(invitation.business.bn9,)),
            business_id=invitation.business_id,
            at=at,
        )
    return membership


def _check_open(invitation: Invitation, *, at: datetime) -> None:
    if invitation.state != Invitation.State.SENT:
        raise Conflict(
            _("This invitation is no longer open: “%(state)s”. Ask the manager for a new one.")
            % {"state": invitation.get_state_display()},
            code="invitation_closed",
        )
    if invitation.expires_at <= at:
        raise Conflict(_("This invitation has expired. Ask the manager for a new one."), code="invitation_expired")


def _send_link(invitation: Invitation, *, token: str, inviter: str, at: datetime) -> None:
    """The letter is in the business's language, because nothing is known yet of its receiver."""
    language = invitation.business.language
    with translation.override(language):
        path = reverse("delegation:accept_invitation", args=(token,))
        context = {
            "business": invitation.business.legal_name,
            "inviter": inviter,
            "role": roles_in_words(invitation),
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

"""Somebody who belongs to the business already gets a role in further program accounts."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from core.actor import Actor
from core.errors import DomainError
from delegation import queries, rules
from delegation.rules import Grant
from delegation.services.employees import apply_roles
from delegation.services.parts import authority, check_grant, locked_business


def add_colleague(
    *, business_id: int, email: str, roles: dict[int, Grant], actor: Actor, on: date, at: datetime
) -> Membership:
    """Give a colleague, named by e-mail, a role in further program accounts; what they have stays as it is.

    A Program Account Manager does it for the own program accounts, whoever the colleague is, and learns nothing of the
    others. ``DomainError`` on the e-mail for who is not there or reaches the program account already.
    """
    with transaction.atomic():
        business = locked_business(pk=business_id)
        if business is None:
            raise DomainError(_("This business is not in the register."), code="unknown_business")
        held = authority(actor, business, to=rules.Action.MANAGE_PEOPLE, on=on)
        membership = _colleague(business_id, email)
        earlier = queries.roles_of(membership)
        if earlier is None:
            raise DomainError(
                _("This person is a Business Account Manager and reaches every program account already."),
                code="reaches_all",
                field="email",
            )
        if frozenset(earlier) & frozenset(roles):
            raise DomainError(
                _("This person has a role there already. Open Members and roles to change it."),
                code="has_a_role",
                field="email",
            )
        after = {**earlier, **roles}
        check_grant(business.pk, after, held=held, before=earlier)
        apply_roles(membership, earlier, after, actor=actor, at=at)
    return membership


def _colleague(business_id: int, email: str) -> Membership:
    found = queries.colleagues_with_email(business_id, email)
    if not found:
        raise DomainError(
            _("Nobody of this business has this e-mail. Ask the person which one they use here, or invite them."),
            code="unknown_colleague",
            field="email",
        )
    if len(found) > 1:
        raise DomainError(
            _("Several people of this business share this e-mail. Ask a Business Account Manager to give the role."),
            code="shared_email",
            field="email",
        )
    return found[0]

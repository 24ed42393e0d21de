"""The contact details that managers keep themselves, of the business and of each program account."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, ContactPerson, ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor
from core.errors import Conflict
from delegation import access, queries, rules
from delegation.rules import Action
from delegation.services.notices import notify_business
from delegation.services.parts import CATEGORY


def change_business_profile(
    *, business_id: int, profile: Mapping[str, str], seen: str, actor: Actor, on: date, at: datetime
) -> Business:
    """A manager changes the contact details of the business; the old values stay in its history.

    ``profile`` has a value for each field of ``rules.BUSINESS_PROFILE``; ``seen`` is the fingerprint of the profile
    that the person looked at: ``Conflict`` when it is another by now. Saving what is there already changes nothing.
    """
    with transaction.atomic():
        business = Business.objects.select_for_update(no_key=True).get(pk=business_id)
        access.business_for(actor, business.bn9, to=Action.EDIT_BUSINESS, on=on)
        before = queries.business_profile(business)
        _check_unchanged(before, seen)
        if not _write(business, business, None, before, profile):
            return business
        old, new = rules.profile_changes(before, profile)
        audit.record(
            actor=actor,
            verb="business.profile_changed",
            target=f"accounts.Business:{business.pk}",
            business_id=business.pk,
            before=old,
            after=new,
            at=at,
        )
        notify_business(
            business_id=business.pk,
            subject=lambda: (
                _("%(person)s changed the profile of %(business)s")
                % {"person": actor.name, "business": business.legal_name}
            ),
            body=lambda: _("Changed: %(fields)s.") % {"fields": _labels(new)},
            category=CATEGORY,
            link=reverse("delegation:business_profile", args=(business.bn9,)),
            at=at,
        )
    return business


def change_program_profile(
    *, program_account_id: int, profile: Mapping[str, str], seen: str, actor: Actor, on: date, at: datetime
) -> ProgramAccount:
    """A manager, or the program manager of this program account, changes its contact details; as above."""
    with transaction.atomic():
        account = (
            ProgramAccount.objects.select_for_update(of=("self",), no_key=True)
            .select_related("business")
            .get(pk=program_account_id)
        )
        access.program_account_for(actor, account.number, to=Action.EDIT_PROFILE, on=on)
        before = queries.program_profile(account)
        _check_unchanged(before, seen)
        if not _write(account, account.business, account, before, profile):
            return account
        old, new = rules.profile_changes(before, profile)
        audit.record(
            actor=actor,
            verb="program_account.profile_changed",
            target=f"accounts.ProgramAccount:{account.pk}",
            business_id=account.business_id,
            program_account_id=account.pk,
            before=old,
            after=new,
            at=at,
        )
        notify_business(
            business_id=account.business_id,
            program_account_id=account.pk,
            subject=lambda: (
                _("%(person)s changed the profile of %(account)s")
                % {"person": actor.name, "account": formats.bn(account.number)}
            ),
            body=lambda: _("Changed: %(fields)s.") % {"fields": _labels(new)},
            category=CATEGORY,
            link=reverse("delegation:program_profile", args=(account.number,)),
            at=at,
        )
    return account


def _check_unchanged(before: Mapping[str, str], seen: str) -> None:
    if rules.fingerprint(before) != seen:
        raise Conflict(
            _("Somebody changed this profile meanwhile. Nothing was saved: compare with the profile and change again."),
            code="profile_changed",
        )


def _write(
    holder: Business | ProgramAccount,
    business: Business,
    account: ProgramAccount | None,
    before: Mapping[str, str],
    profile: Mapping[str, str],
) -> bool:
    """Store the values on the row and on its contact people; whether anything differed."""
    if before == dict(profile):
        return False
    own = [name for name in profile if name.partition("_")[0] not in ContactPerson.Place]
    for name in own:
        setattr(holder, name, profile[name])
    holder.save(update_fields=own)
    for place in ContactPerson.Place:
        values = {part: profile[f"{place.value}_{part}"] for part in ("name", "position", "telephone", "email")}
        which: dict[str, Any] = {"business": business, "program_account": account, "place": place.value}
        if values["name"]:
            ContactPerson.objects.update_or_create(**which, defaults=values)
        else:
            ContactPerson.objects.filter(**which).delete()
    return True


def _labels(changed: Mapping[str, str]) -> str:
    return ", ".join(str(rules.PROFILE_LABELS[name]) for name in changed)

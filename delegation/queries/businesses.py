"""Businesses and their program accounts: found by number, licensed or not, and their profiles."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Business, ContactPerson, ProgramAccount
from accounts.rules import is_licence_in_force
from core.models import AuditEvent
from delegation import rules


def program_account(number: str) -> ProgramAccount | None:
    return ProgramAccount.objects.select_related("business").filter(number=number).first()


def is_licensed_broker(provider: Business, *, on: date) -> bool:
    """Whether the provider is a customs broker whose licence is valid on a day (Customs Act s.9)."""
    return provider.provider_kind == Business.ProviderKind.CUSTOMS_BROKER and is_licence_in_force(
        provider.licence_valid_until, provider.licence_revoked_on, on=on
    )


def customs_brokers(search: str = "") -> QuerySet[Business]:
    """Every customs broker by name, or those that the words find."""
    return named(Business.objects.filter(provider_kind=Business.ProviderKind.CUSTOMS_BROKER), search).order_by(
        "legal_name", "pk"
    )


def business_by_number(bn9: str) -> Business | None:
    return Business.objects.filter(bn9=bn9).first()


def program_accounts_of(business_id: int) -> QuerySet[ProgramAccount]:
    """The program accounts of a business, closed ones included, by number."""
    return ProgramAccount.objects.filter(business_id=business_id).order_by("number")


def open_program_accounts(business_id: int) -> QuerySet[ProgramAccount]:
    """The program accounts of a business that are not closed, by number."""
    return ProgramAccount.objects.filter(business_id=business_id, closed_on__isnull=True).order_by("number")


def open_account_ids(business_id: int) -> frozenset[int]:
    return frozenset(open_program_accounts(business_id).values_list("pk", flat=True))


PROFILE_VERBS = ("business.profile_changed", "program_account.profile_changed")


def business_profile(business: Business) -> dict[str, str]:
    """The contact details of a business, one value a field of ``rules.BUSINESS_PROFILE``."""
    contacts = ContactPerson.objects.filter(business=business, program_account__isnull=True)
    return _profile(business, rules.BUSINESS_PROFILE, contacts)


def program_profile(account: ProgramAccount) -> dict[str, str]:
    """The contact details of a program account, one value a field of ``rules.PROGRAM_PROFILE``."""
    return _profile(account, rules.PROGRAM_PROFILE, ContactPerson.objects.filter(program_account=account))


def _profile(
    holder: Business | ProgramAccount, names: Mapping[str, Any], contacts: QuerySet[ContactPerson]
) -> dict[str, str]:
    found = {row.place: row for row in contacts}
    values = {}
    for name in names:
        place, _line, part = name.partition("_")
        is_contact = place in ContactPerson.Place
        values[name] = str(getattr(found.get(place), part, "") if is_contact else getattr(holder, name))
    return values


def profile_history(holder: Business | ProgramAccount) -> QuerySet[AuditEvent]:
    """Every change of a profile, the newest first, each with the old and the new values."""
    return AuditEvent.objects.filter(
        target=f"accounts.{type(holder).__name__}:{holder.pk}", verb__in=PROFILE_VERBS
    ).order_by("-id")


def named(rows: QuerySet[Business], search: str) -> QuerySet[Business]:
    words = search.strip()
    if not words:
        return rows
    digits = "".join(words.split())
    return rows.filter(Q(legal_name__icontains=words) | Q(operating_name__icontains=words) | Q(bn9__startswith=digits))


def businesses_by_number(numbers: Iterable[str]) -> dict[str, Business]:
    """The businesses of many numbers, in one statement."""
    return {row.bn9: row for row in Business.objects.filter(bn9__in=set(numbers))}

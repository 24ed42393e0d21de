"""Endorsements of bonds on paper that are in the mail."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from reference.queries import policy
from security.models import Endorsement
from security.rules import EndorsementState


def endorsement_days(on: date) -> int:
    """The business days that an endorsement is waited for."""
    return policy().count("security.endorsement_business_days", on)


def open_endorsements() -> QuerySet[Endorsement]:
    """What is in the mail, the first to be closed first."""
    found = Endorsement.objects.filter(state=EndorsementState.MAILED)
    return found.select_related("bond__provider", "bond__debtor", "program_account").order_by("open_until", "id")


def open_endorsement_of(bond_id: int) -> Endorsement | None:
    return open_endorsements().filter(bond_id=bond_id).first()


def endorsements_of_bond(bond_id: int) -> QuerySet[Endorsement]:
    """All that were said to be in the mail for a bond, newest first."""
    return Endorsement.objects.filter(bond_id=bond_id).order_by("-id")


def endorsement_by_id(endorsement_id: int) -> Endorsement | None:
    found = Endorsement.objects.select_related("bond__provider", "bond__debtor", "program_account")
    return found.filter(pk=endorsement_id).first()


def endorsements_in_the_mail(program_accounts: Collection[int]) -> dict[int, list[Endorsement]]:
    """What is in the mail for each of some accounts, in one statement; accounts without any are left out."""
    found: dict[int, list[Endorsement]] = defaultdict(list)
    rows = Endorsement.objects.filter(program_account_id__in=list(program_accounts), state=EndorsementState.MAILED)
    for row in rows.order_by("id"):
        found[row.program_account_id].append(row)
    return dict(found)


def endorsements_not_arrived(*, on: date) -> QuerySet[Endorsement]:
    """What is in the mail though its last day is over."""
    return Endorsement.objects.filter(state=EndorsementState.MAILED, open_until__lt=on).order_by("id")

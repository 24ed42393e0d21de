"""Whom to tell."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from accounts.models import Membership, MembershipProgram, ProgramAccount, User
from delegation.queries import effective


def people(user_ids: Collection[int]) -> dict[int, User]:
    return User.objects.in_bulk(user_ids)


def people_to_tell(
    program_accounts: Collection[int], *, on: date, include_delegates: bool = False
) -> dict[int, list[User]]:
    """Who is told about each program account: its managers, and if asked those of its service providers.

    Two or three statements whatever the number of accounts; nobody twice for one account.
    """
    accounts = dict(ProgramAccount.objects.filter(pk__in=program_accounts).values_list("pk", "business_id"))
    by_business: dict[int, list[User]] = defaultdict(list)
    by_account: dict[int, dict[int, User]] = defaultdict(dict)
    active = Membership.objects.filter(state=Membership.State.ACTIVE).select_related("user").order_by("id")
    for membership in active.filter(business_id__in=set(accounts.values()), role=Membership.Role.BAM):
        by_business[membership.business_id].append(membership.user)
    for number, business_id in accounts.items():
        by_account[number] = {user.pk: user for user in by_business[business_id]}
    own = MembershipProgram.objects.filter(
        membership__state=Membership.State.ACTIVE, role=Membership.Role.PAM, program_account__in=accounts
    ).select_related("membership__user")
    for row in own.order_by("membership_id"):
        by_account[row.program_account_id].setdefault(row.membership.user_id, row.membership.user)
    if include_delegates:
        for number, user in _delegates(accounts, on=on):
            by_account[number].setdefault(user.pk, user)
    return {number: list(by_account[number].values()) for number in accounts}


def _delegates(accounts: dict[int, int], *, on: date) -> list[tuple[int, User]]:
    """The managers of each provider that reaches one of the accounts."""
    named = (
        effective(on)
        .filter(program_accounts__in=accounts, all_programs=False)
        .values_list("program_accounts__pk", "provider_id")
    )
    everywhere = effective(on).filter(client_id__in=set(accounts.values()), all_programs=True)
    by_business: dict[int, list[int]] = defaultdict(list)
    for number, business_id in accounts.items():
        by_business[business_id].append(number)
    pairs = set(named)
    for client_id, provider_id in everywhere.values_list("client_id", "provider_id"):
        pairs |= {(number, provider_id) for number in by_business[client_id]}
    managers: dict[int, list[User]] = defaultdict(list)
    rows = Membership.objects.filter(state=Membership.State.ACTIVE, role=Membership.Role.BAM)
    for membership in rows.filter(business_id__in={provider for _account, provider in pairs}).select_related("user"):
        managers[membership.business_id].append(membership.user)
    return [(number, user) for number, provider_id in sorted(pairs) for user in managers[provider_id]]


def managers_of(business_id: int) -> list[User]:
    """The Business Account Managers of one business (a surety, say)."""
    rows = Membership.objects.filter(
        business_id=business_id, role=Membership.Role.BAM, state=Membership.State.ACTIVE
    ).select_related("user")
    return [membership.user for membership in rows]

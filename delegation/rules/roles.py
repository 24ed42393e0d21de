"""Roles of people in a business and its program accounts: who may give, change and take them. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from delegation.rules.permissions import ADDABLE, Action, Role, addition, own_actions


@dataclass(frozen=True)
class Grant:
    """What somebody has in one program account: a role, and single permissions on top of it."""

    role: str
    added: tuple[str, ...] = ()

    @property
    def actions(self) -> frozenset[Action]:
        return own_actions(Role(self.role), self.added)

    @property
    def stored(self) -> list[str]:
        """The single permissions as a row keeps them, in the table's order: those that the role lacks."""
        kept = addition(Role(self.role), self.added)
        return [action.value for action in Action if action in kept]


#: What somebody has in a business: a grant in each of some program accounts; ``None`` is the whole business.
Roles = Mapping[int, Grant] | None


def same_role(role: str, program_account_ids: Iterable[int] = (), added: Iterable[str] = ()) -> Roles:
    """The same role in each of some program accounts; a Business Account Manager has the whole business."""
    return None if role == Role.BAM else dict.fromkeys(program_account_ids, Grant(role, tuple(added)))


def common_grant(roles: Mapping[int, Grant]) -> Grant:
    """What somebody may do in every one of their program accounts, as the least of the roles and what is left on top.

    It answers where no program account is named: what a provider's person may do for clients, say (assumed: the
    guides tell of roles at the level of a program, not of what a person with different ones keeps elsewhere).
    """
    least = max((Role(grant.role) for grant in roles.values()), key=list(Role).index)
    shared = frozenset(Action).intersection(*(grant.actions for grant in roles.values()))
    return Grant(least.value, tuple(Grant(least.value, tuple(shared)).stored))


def changed_programs(before: Roles, after: Roles) -> frozenset[int] | None:
    """The program accounts in which somebody's role or single permissions differ; ``None`` is the whole business."""
    if before is None or after is None:
        return frozenset() if before is after else None
    return frozenset(
        pk
        for pk in {*before, *after}
        if pk not in before
        or pk not in after
        or (before[pk].role, before[pk].stored) != (after[pk].role, after[pk].stored)
    )


def differs(before: Roles, after: Roles) -> bool:
    """Whether a change of somebody's roles changes anything."""
    return changed_programs(before, after) != frozenset()


def roles_key(roles: Roles) -> str:
    """Roles in one line, the same for the same roles: a page sends back what it showed as those before."""
    if roles is None:
        return "all"
    return ";".join(f"{pk}:{roles[pk].role}+{','.join(roles[pk].stored)}" for pk in sorted(roles)) or "none"


def merged_roles(before: Roles, given: Roles, *, held: frozenset[int] | None) -> Roles:
    """The roles after a manager's answer: what lies beyond a Program Account Manager's programs stays as it was."""
    if held is None or before is None or given is None:
        return given
    return {**{pk: grant for pk, grant in before.items() if pk not in held}, **given}


#: Days for which the link of an invitation works (assumed: CARM has no invitations).
INVITATION_DAYS = 14
#: So many invitations of a business, and requests of a person to employers, wait at once (assumed): more is no use to
#: anybody and would send letters to strangers.
MOST_INVITATIONS = 50
MOST_EMPLOYER_REQUESTS = 5
#: Days for which the offer of the primary role waits for its answer (assumed).
HANDOVER_DAYS = 14
#: The roles at home with which a provider's person may be an Editor for a client.
EDITING_AT_HOME = frozenset({Role.PAM, Role.EDITOR})


def group_key(name: str) -> str:
    """A group's name as it is compared: capitals and spaces make no other name (confirmed: unique, deleted ones too).

    Source: CARM's service provider guide: a provider's group name is unique, also against its deleted groups.
    """
    return " ".join(name.split()).casefold()


def staff_role(
    *, home: str, assigned: Collection[str], has_assignments: bool, provider_has_groups: bool
) -> Role | None:
    """What a provider's person keeps of one client, as a role; ``None`` when the client is out of reach.

    ``assigned`` are the roles by which this client was given to the person, singly or through groups;
    ``has_assignments`` says whether any client was given singly. The provider's managers reach every client. While the
    provider has no groups, whoever was given nothing singly works for every client with the role at home, so that a
    small broker needs no groups; from the first group on only those whom a client was given reach it. The widest of
    several wins, and nobody gets more than at home.
    Source: CARM's service provider guide (groups give staff many clients at once; without, client by client); where
    the line is drawn, and that the roles are Editor and Reader, is assumed.
    """
    if home == Role.BAM:
        return Role.BAM
    if not provider_has_groups and not has_assignments:
        return Role(home)
    if not assigned:
        return None
    return Role.EDITOR if Role.EDITOR in assigned and home in EDITING_AT_HOME else Role.READER


def covers(held: frozenset[int] | None, needed: frozenset[int] | None) -> bool:
    """Whether a manager's program accounts reach all that a decision touches; ``None`` is the whole business.

    Source: CARM's role pages: a Program Account Manager decides on people and third parties of that program only.
    """
    return held is None or (needed is not None and bool(needed) and needed <= held)


@dataclass(frozen=True)
class Colleague:
    """One person's role in a business as the rules on managing people need it."""

    role: str
    is_primary: bool
    program_account_ids: frozenset[int]

    @property
    def touches(self) -> frozenset[int] | None:
        return None if self.role == Role.BAM else self.program_account_ids


def grant_problem(
    roles: Roles,
    *,
    held: frozenset[int] | None,
    open_account_ids: frozenset[int],
    before: Roles = MappingProxyType({}),
) -> str | None:
    """Why a manager cannot give roles with single permissions on top, as a code.

    Roles below the business name open program accounts. What differs from before, account by account, is within the
    manager's own reach; what is the same may stay.
    """
    if roles is None:
        return None if held is None else "beyond_your_programs"
    if any(
        not addition(Role(grant.role), grant.added) <= ADDABLE.get(Role(grant.role), frozenset())
        for grant in roles.values()
    ):
        return "cannot_be_added"
    if not roles:
        return "no_program"
    changed = changed_programs(before, roles) if before is not None else frozenset(roles)
    if not ((changed or frozenset()) & frozenset(roles)) <= open_account_ids:
        return "unknown_program"
    return None if held is None or (changed or frozenset()) <= held else "beyond_your_programs"


def change_problem(
    colleague: Colleague,
    *,
    held: frozenset[int] | None,
    is_oneself: bool,
    stays_manager: bool,
    manager_count: int,
) -> str | None:
    """Why somebody's role cannot be changed or taken away, as a code.

    Source: the importer's guide: a secondary manager cannot remove the primary. The last manager stays (assumed).
    """
    if not covers(held, colleague.touches):
        return "beyond_your_programs"
    if colleague.role != Role.BAM or stays_manager:
        return None
    if colleague.is_primary and not is_oneself:
        return "primary_manager"
    return "last_manager" if manager_count <= 1 else None


def handover_problem(*, is_active_manager: bool, is_primary: bool, has_open_offer: bool) -> str | None:
    """Why the primary role cannot be offered to somebody, as a code.

    The guide knows one primary a business; the offer to an active manager, one at a time, is assumed.
    """
    if not is_active_manager:
        return "not_a_manager"
    if is_primary:
        return "already_primary"
    return "already_offered" if has_open_offer else None

"""Who may do what: the permission table, the life of a delegation, and what a delegate may see.

Source: the importer's guide (roles), CARM's delegation of authority guide sections 4.1-4.3, and the permission matrix
of CARM's user guides where public; where no source decides, least privilege (assumed).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _


class Action(StrEnum):
    """What can be done with a business or a program account."""

    VIEW_BUSINESS = "view_business"
    EDIT_BUSINESS = "edit_business"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_THIRD_PARTIES = "manage_third_parties"
    REQUEST_CLIENTS = "request_clients"
    MANAGE_CLIENT_GROUPS = "manage_client_groups"
    OPEN_PROGRAM = "open_program"
    VIEW = "view"
    EDIT_PROFILE = "edit_profile"
    MANAGE_SECURITY = "manage_security"
    VIEW_SECURITY = "view_security"
    VIEW_TRANSACTIONS = "view_transactions"
    VIEW_STATEMENTS = "view_statements"
    REQUEST_RELEASE = "request_release"
    FILE_DECLARATION = "file_declaration"
    PAY = "pay"
    READ_NOTICES = "read_notices"
    VIEW_HISTORY = "view_history"


class Role(StrEnum):
    """What somebody is towards a program account: a role in one's own business, or a provider's access."""

    BAM = "BAM"
    PAM = "PAM"
    EDITOR = "EDITOR"
    READER = "READER"
    THIRD_PARTY_BUSINESS = "BUSINESS_MANAGEMENT"
    THIRD_PARTY_PROGRAM = "PROGRAM_MANAGEMENT"


ROLE_LABELS = {
    Role.BAM: _("Business Account Manager"),
    Role.PAM: _("Program Account Manager"),
    Role.EDITOR: _("Editor"),
    Role.READER: _("Reader"),
    Role.THIRD_PARTY_BUSINESS: _("Third party, Business Management"),
    Role.THIRD_PARTY_PROGRAM: _("Third party, Program Management"),
}

#: Lists of program accounts up to this length are sent while they are read; longer ones are made aside (assumed).
LONGEST_AT_ONCE = 500

#: What each action is called on the help page.
ACTION_LABELS = {
    Action.VIEW_BUSINESS: _("See the business and its program accounts"),
    Action.EDIT_BUSINESS: _("Change the details of the business"),
    Action.MANAGE_PEOPLE: _("Decide on people and their roles"),
    Action.MANAGE_THIRD_PARTIES: _("Decide on brokers and other third parties"),
    Action.REQUEST_CLIENTS: _("Ask clients for access, as a service provider"),
    Action.MANAGE_CLIENT_GROUPS: _("Group clients and give them to staff, as a service provider"),
    Action.OPEN_PROGRAM: _("Open a program account"),
    Action.VIEW: _("Open the pages of a program account"),
    Action.EDIT_PROFILE: _("Change the profile of a program account"),
    Action.MANAGE_SECURITY: _("Enrol in Release Prior to Payment and post security"),
    Action.VIEW_SECURITY: _("See the financial security"),
    Action.VIEW_TRANSACTIONS: _("See declarations, releases and payments"),
    Action.VIEW_STATEMENTS: _("See statements and balances"),
    Action.REQUEST_RELEASE: _("Request a release of goods"),
    Action.FILE_DECLARATION: _("File, correct and adjust declarations"),
    Action.PAY: _("Pay"),
    Action.READ_NOTICES: _("Read the notices sent to the business"),
    Action.VIEW_HISTORY: _("Read the history: who did, saw and took what"),
}

_ALL = frozenset(Action)
_READ = frozenset(
    {Action.VIEW, Action.VIEW_SECURITY, Action.VIEW_TRANSACTIONS, Action.VIEW_STATEMENTS, Action.READ_NOTICES}
)
_WORK = frozenset({Action.REQUEST_RELEASE, Action.FILE_DECLARATION, Action.PAY})
_DELEGATE = frozenset(
    {
        Action.VIEW,
        Action.VIEW_SECURITY,
        Action.VIEW_TRANSACTIONS,
        Action.VIEW_STATEMENTS,
        Action.MANAGE_SECURITY,
        Action.REQUEST_RELEASE,
        Action.FILE_DECLARATION,
        Action.PAY,
    }
)

#: The one table. Rows are roles; a cell is the presence of the action.
PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.BAM: _ALL,
    Role.PAM: _READ
    | _WORK
    | {
        Action.EDIT_PROFILE,
        Action.MANAGE_SECURITY,
        Action.MANAGE_PEOPLE,
        Action.MANAGE_THIRD_PARTIES,
        Action.VIEW_HISTORY,
    },
    Role.EDITOR: _READ | _WORK,
    Role.READER: _READ,
    Role.THIRD_PARTY_BUSINESS: _DELEGATE | {Action.VIEW_BUSINESS},
    Role.THIRD_PARTY_PROGRAM: _DELEGATE,
}

#: What is done with a business as a whole. On its pages a third party may do no more than this, whatever the table
#: gives it in the program accounts.
OF_THE_BUSINESS = frozenset(
    {
        Action.VIEW_BUSINESS,
        Action.EDIT_BUSINESS,
        Action.MANAGE_PEOPLE,
        Action.MANAGE_THIRD_PARTIES,
        Action.REQUEST_CLIENTS,
        Action.OPEN_PROGRAM,
        Action.MANAGE_CLIENT_GROUPS,
        Action.VIEW_HISTORY,
    }
)


#: Single permissions that a manager may add to an employee's role. The guide's words are binding: an employee has
#: "limited access based on permissions granted", and "cannot manage users or edit business profile"; so what decides on
#: people, third parties, clients or a profile is never among them.
ADDABLE: dict[Role, frozenset[Action]] = {
    Role.EDITOR: frozenset({Action.MANAGE_SECURITY}),
    Role.READER: frozenset({Action.REQUEST_RELEASE, Action.FILE_DECLARATION, Action.PAY, Action.MANAGE_SECURITY}),
}

#: Only a licensed customs broker releases and accounts for others (Customs Act s.9; CARM: trade consultants may not).
BROKER_ONLY = frozenset({Action.REQUEST_RELEASE, Action.FILE_DECLARATION})
#: Balances and statements mix what everybody submitted, so a delegate sees them with full visibility only (assumed).
FULL_VISIBILITY_ONLY = frozenset({Action.VIEW_STATEMENTS})


#: What passing the door leaves in the audit trail of the business behind it.
VIEWED, DOWNLOADED, REFUSED = "access.viewed", "access.downloaded", "access.refused"


def access_verb(*, method: str, status: int, content_type: str, is_delegated: bool, is_software: bool = False) -> str:
    """What an answered request is in the history of a business; nothing when it is not kept.

    Files are kept whoever takes them, pages when somebody of another business reads them (assumed: people at home in
    the business would drown what it wants to know of its delegates). What software reads is kept whoever sent it, as
    nobody sees it read. Writes are recorded by the services themselves.
    """
    if method != "GET" or status != 200:
        return ""
    if is_software:
        return VIEWED
    if not content_type.startswith("text/html"):
        return DOWNLOADED
    return VIEWED if is_delegated else ""


@dataclass(frozen=True)
class Visibility:
    """Whose transactions are seen: everybody's, those of some submitters, or everybody's but those of some."""

    is_full: bool
    submitter_ids: frozenset[int] = frozenset()
    excluded_ids: frozenset[int] | None = None

    def shows(self, submitter_id: int | None) -> bool:
        """A row made by the portal itself (``None``: interest, penalties) is seen with full visibility only."""
        if self.is_full:
            return True
        if submitter_id is None:
            return False
        if self.excluded_ids is not None:
            return submitter_id not in self.excluded_ids
        return submitter_id in self.submitter_ids


FULL = Visibility(is_full=True)


def visibility_of(*, provider_id: int, client_id: int, sees_client: bool, sees_others: bool) -> Visibility:
    """What a delegation shows: always the provider's own, the client's and others' as ticked; all three is everything.

    Source: the three transaction visibility rules of CARM's delegation guide; the wording of two of them is assumed.
    """
    if sees_client and sees_others:
        return FULL
    if sees_others:
        return Visibility(is_full=False, excluded_ids=frozenset({client_id}))
    return Visibility(
        is_full=False, submitter_ids=frozenset({provider_id, client_id} if sees_client else {provider_id})
    )


def actions_of(role: Role, *, visibility: Visibility, is_licensed_broker: bool) -> frozenset[Action]:
    """The actions left to a role after visibility and licence are taken into account."""
    allowed = PERMISSIONS[role]
    if role in (Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM):
        if not is_licensed_broker:
            allowed -= BROKER_ONLY
        if not visibility.is_full:
            allowed -= FULL_VISIBILITY_ONLY
    return allowed


def own_actions(role: Role, added: Iterable[str] = ()) -> frozenset[Action]:
    """What a person may do in the own business: the role and the single permissions added to it.

    What may not be added to the role gives nothing, wherever it came from.
    """
    return PERMISSIONS[role] | (ADDABLE.get(role, frozenset()) & frozenset(added))


def addition(role: Role, wanted: Iterable[str]) -> frozenset[Action]:
    """What has to be stored of the wanted single permissions: those that the role lacks."""
    return frozenset(Action(action) for action in wanted) - PERMISSIONS[role]


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


@dataclass(frozen=True)
class Column:
    """One column of "Who may do what": a role and, for a third party, its licence and what it is shown."""

    role: Role
    label: Any
    visibility: Visibility = FULL
    is_licensed_broker: bool = True

    @property
    def allowed(self) -> frozenset[Action]:
        return actions_of(self.role, visibility=self.visibility, is_licensed_broker=self.is_licensed_broker)

    @property
    def addable(self) -> frozenset[Action]:
        return ADDABLE.get(self.role, frozenset())


#: The people of the business itself, by what their role is called.
OWN_COLUMNS = tuple(Column(role, ROLE_LABELS[role]) for role in (Role.BAM, Role.PAM, Role.EDITOR, Role.READER))


def third_party_columns(role: Role) -> tuple[Column, ...]:
    """A provider's access, licensed and not, seeing all transactions and only some."""
    part = Visibility(is_full=False)
    return (
        Column(role, _("Licensed broker who sees all transactions")),
        Column(role, _("Licensed broker who sees some of them"), visibility=part),
        Column(role, _("Without a licence, sees all transactions"), is_licensed_broker=False),
        Column(role, _("Without a licence, sees some of them"), visibility=part, is_licensed_broker=False),
    )


#: The three answers of a cell: the role has it, a manager may add it to the role, neither.
YES, CAN_BE_ADDED, NO = "yes", "can be added", "no"


@dataclass(frozen=True)
class Row:
    """One action and, column by column, whether it is allowed or can be."""

    action: Action
    cells: tuple[tuple[Any, str], ...]

    @property
    def label(self) -> Any:
        return ACTION_LABELS[self.action]


def who_may_do_what(columns: tuple[Column, ...]) -> list[Row]:
    """The permission table as the help page shows it: one row an action, in the table's own order."""
    return [Row(action, tuple((column.label, _cell(column, action)) for column in columns)) for action in Action]


def _cell(column: Column, action: Action) -> str:
    if action in column.allowed:
        return YES
    return CAN_BE_ADDED if action in column.addable else NO


def is_effective(*, state: str, valid_from: date | None, valid_until: date | None, on: date) -> bool:
    """Whether an approved delegation gives authority on a day; both ends included."""
    return state == "ACTIVE" and (valid_from is None or valid_from <= on) and (valid_until is None or on <= valid_until)


#: From each state, the states that may follow (portal facts 4.4; names of the assumed ones are ours).
TRANSITIONS: dict[str, frozenset[str]] = {
    "REQUESTED": frozenset({"ACTIVE", "REJECTED", "WITHDRAWN", "EXPIRED"}),
    "ACTIVE": frozenset({"ACTIVE", "REVOKED", "ENDED", "EXPIRED"}),
    "REJECTED": frozenset(),
    "WITHDRAWN": frozenset(),
    "REVOKED": frozenset(),
    "ENDED": frozenset(),
    "EXPIRED": frozenset(),
}

#: Days a request waits for an answer before it expires (assumed; shown as a simulator extension).
REQUEST_DAYS = 90
#: Days before the end of a delegation on which both sides are told (assumed).
REMINDER_DAYS = (30, 7, 1)
#: Days for which the link of an invitation works (assumed: CARM has no invitations).
INVITATION_DAYS = 14
#: Days for which the offer of the primary role waits for its answer (assumed).
HANDOVER_DAYS = 14
#: The roles at home with which a provider's person may be an Editor for a client.
EDITING_AT_HOME = frozenset({Role.PAM, Role.EDITOR})
#: The kinds of business that may act for others (CARM: customs brokers and trade consultants only).
PROVIDERS_FOR_CLIENTS = frozenset({"CUSTOMS_BROKER", "TRADE_CONSULTANT"})


#: The most rows of one list of requests (assumed).
MOST_REQUESTS = 1_000


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


def can_become(state: str, following: str) -> bool:
    return following in TRANSITIONS[state]


def covers(held: frozenset[int] | None, needed: frozenset[int] | None) -> bool:
    """Whether a manager's program accounts reach all that a decision touches; ``None`` is the whole business.

    Source: CARM's role pages: a Program Account Manager decides on people and third parties of that program only.
    """
    return held is None or (needed is not None and bool(needed) and needed <= held)


@dataclass(frozen=True)
class Scope:
    """What a delegation gives: which programs, which management, whose transactions, from when until when."""

    access: str
    all_programs: bool
    program_account_ids: frozenset[int] = frozenset()
    sees_client: bool = False
    sees_others: bool = False
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def touches(self) -> frozenset[int] | None:
        """The program accounts it reaches; ``None`` for all, those opened later included."""
        return None if self.all_programs else self.program_account_ids


def scope_problem(
    scope: Scope, *, open_account_ids: frozenset[int], on: date, started_on: date | None = None
) -> str | None:
    """Why a scope cannot be granted on a day, as a code; ``None`` when it can.

    Business Management needs all programs (delegation guide 4.1). Dates are a simulator extension: no start in the past
    unless the delegation had already begun then, no end before the start or before today.
    """
    if not scope.all_programs and not scope.program_account_ids:
        return "no_program"
    if not scope.all_programs and not scope.program_account_ids <= open_account_ids:
        return "unknown_program"
    if scope.access == "BUSINESS_MANAGEMENT" and not scope.all_programs:
        return "business_needs_all_programs"
    if scope.valid_from is not None and scope.valid_from < on and scope.valid_from != started_on:
        return "starts_in_the_past"
    if scope.valid_until is not None and scope.valid_until < max(on, scope.valid_from or on):
        return "ends_before_it_starts"
    return None


def widens(before: Scope, after: Scope) -> bool:
    """Whether a change gives anything that was not given before: then it is signed again (assumed)."""
    more_programs = not covers(before.touches, after.touches) or (
        before.access != "BUSINESS_MANAGEMENT" and after.access == "BUSINESS_MANAGEMENT"
    )
    more_seen = (after.sees_client and not before.sees_client) or (after.sees_others and not before.sees_others)
    earlier = before.valid_from is not None and (after.valid_from is None or after.valid_from < before.valid_from)
    longer = before.valid_until is not None and (after.valid_until is None or after.valid_until > before.valid_until)
    return more_programs or more_seen or earlier or longer


def scope_key(scope: Scope) -> str:
    """A scope in one line, the same for the same scope: a page sends back what it showed as "before"."""
    programs = "all" if scope.all_programs else ",".join(str(pk) for pk in sorted(scope.program_account_ids))
    flags = f"{scope.sees_client:d}{scope.sees_others:d}"
    return f"{scope.access}/{programs}/{flags}/{scope.valid_from or ''}/{scope.valid_until or ''}"


@dataclass(frozen=True)
class DeclarationText:
    """What a signer declares, from a day on; an old signature keeps the text it was made under."""

    since: date
    by_client: Any
    by_provider: Any


#: The dated texts, oldest first. Ours: the agency's wording is not public (assumed).
DECLARATION_TEXTS = (
    DeclarationText(
        date(2024, 10, 21),
        by_client=_(
            "I declare that I may sign for this business, that I read what this access lets the service provider see "
            "and do, and that the business answers for what is declared in its name."
        ),
        by_provider=_(
            "I declare that I may sign for this service provider, and that it will use this access only to act for "
            "the client, as the client chose."
        ),
    ),
)


def declaration_text(on: date) -> DeclarationText:
    """The text in force on a day; before the first one, the first."""
    return next((text for text in reversed(DECLARATION_TEXTS) if text.since <= on), DECLARATION_TEXTS[0])


@dataclass(frozen=True)
class SignedAs:
    """A signature as it was typed: name, title in the business, and the tick under the declaration."""

    name: str
    title: str
    is_declared: bool


def signature_problem(signed: SignedAs | None, *, is_person: bool) -> str | None:
    """Why a grant is not signed, as a code. People sign; the portal itself and officers need not (assumed)."""
    if signed is None:
        return "unsigned" if is_person else None
    if not signed.name.strip():
        return "no_name"
    if not signed.title.strip():
        return "no_title"
    return None if signed.is_declared else "not_declared"


#: States from which an access can be renewed: in force with a new last day; ended, by naming the provider again.
RENEWABLE = frozenset({"ACTIVE", "EXPIRED", "ENDED", "REVOKED"})


def renewal_problem(
    *,
    state: str,
    valid_until: date | None,
    new_until: date | None,
    valid_from: date | None,
    on: date,
    is_blocked: bool,
    has_programs: bool,
) -> str | None:
    """Why an access is not renewed until a day (``None``: without end), as a code.

    In force, it only becomes longer: shorter is a change. Ended, the provider accepts again, because its duty to act
    had ended (assumed: the delegation guide knows no renewal).
    """
    if new_until is not None and new_until < max(on, valid_from or on):
        return "ends_before_it_starts"
    if state not in RENEWABLE:
        return "not_renewable"
    if state == "ACTIVE":
        is_longer = valid_until is not None and (new_until is None or new_until > valid_until)
        return None if is_longer else "lasts_already"
    if is_blocked:
        return "blocked"
    return None if has_programs else "no_program"


@dataclass(frozen=True)
class Preset:
    """A starting point for an approval: the usual answers for one kind of provider."""

    key: str
    label: Any
    hint: Any
    access: str
    all_programs: bool
    sees_client: bool
    sees_others: bool
    for_brokers: bool = True


#: Usual advice of brokers and couriers to importers (portal facts 4.2 and complaint 10); names are ours.
PRESETS = (
    Preset("main", _("Main broker"), _("Everything, all programs"), "BUSINESS_MANAGEMENT", True, True, True),
    Preset("extra", _("Extra broker"), _("One program, no finances"), "PROGRAM_MANAGEMENT", False, True, False),
    Preset("courier", _("Courier"), _("Only its own transactions"), "PROGRAM_MANAGEMENT", True, False, False),
    Preset(
        "consultant",
        _("Trade consultant"),
        _("Sees all, cannot file"),
        "PROGRAM_MANAGEMENT",
        True,
        True,
        True,
        for_brokers=False,
    ),
)


def preset(key: str) -> Preset | None:
    return next((preset for preset in PRESETS if preset.key == key), None)


def fits(preset: Preset, *, provider_kind: str) -> bool:
    """Only a broker files, and a broker always may: so each preset suits one kind of provider."""
    return preset.for_brokers == (provider_kind == "CUSTOMS_BROKER")


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


#: The contact details of a business and of a program account, in the order of their pages: what managers may change.
_CONTACT_LABELS: dict[str, Any] = {
    "telephone": _("Telephone"),
    "email": _("E-mail"),
    "mailing_address": _("Mailing address"),
    "main_name": _("Main contact: name"),
    "main_position": _("Main contact: position"),
    "main_telephone": _("Main contact: telephone"),
    "main_email": _("Main contact: e-mail"),
    "other_name": _("Other contact: name"),
    "other_position": _("Other contact: position"),
    "other_telephone": _("Other contact: telephone"),
    "other_email": _("Other contact: e-mail"),
}
BUSINESS_PROFILE: dict[str, Any] = {
    "operating_name": _("Operating name"),
    "language": _("Language"),
    **_CONTACT_LABELS,
}
PROGRAM_PROFILE: dict[str, Any] = {"name": _("Name of the program account"), **_CONTACT_LABELS}
PROFILE_LABELS: dict[str, Any] = {**BUSINESS_PROFILE, **PROGRAM_PROFILE}


def profile_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The old and the new values of what differs, as the history of a profile keeps them."""
    changed = [name for name, value in before.items() if after[name] != value]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


def fingerprint(profile: Mapping[str, str]) -> str:
    """What a form carries of the profile it was made from, so that a change behind its back is noticed."""
    return hashlib.sha256(repr(sorted(profile.items())).encode()).hexdigest()[:16]


def contact_problem(*, name: str, position: str, telephone: str, email: str) -> str | None:
    """What a contact person lacks, as a code: a name for its details, a way to reach somebody named (assumed)."""
    if not name:
        return "no_name" if position or telephone or email else None
    return None if telephone or email else "no_way_to_reach"

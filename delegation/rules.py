"""Who may do what: the permission table, the life of a delegation, and what a delegate may see.

Source: the importer's guide (roles), CARM's delegation of authority guide sections 4.1-4.3, and the permission matrix
of CARM's user guides where public; where no source decides, least privilege (assumed).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Action(StrEnum):
    """What can be done with a business or a program account."""

    VIEW_BUSINESS = "view_business"
    EDIT_BUSINESS = "edit_business"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_THIRD_PARTIES = "manage_third_parties"
    REQUEST_CLIENTS = "request_clients"
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

#: What each action is called on the help page.
ACTION_LABELS = {
    Action.VIEW_BUSINESS: _("See the business and its program accounts"),
    Action.EDIT_BUSINESS: _("Change the details of the business"),
    Action.MANAGE_PEOPLE: _("Decide on people and their roles"),
    Action.MANAGE_THIRD_PARTIES: _("Decide on brokers and other third parties"),
    Action.REQUEST_CLIENTS: _("Ask clients for access, as a service provider"),
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


@dataclass(frozen=True)
class Row:
    """One action and, column by column, whether it is allowed."""

    action: Action
    cells: tuple[tuple[Any, bool], ...]

    @property
    def label(self) -> Any:
        return ACTION_LABELS[self.action]


def who_may_do_what(columns: tuple[Column, ...]) -> list[Row]:
    """The permission table as the help page shows it: one row an action, in the table's own order."""
    return [Row(action, tuple((column.label, action in column.allowed) for column in columns)) for action in Action]


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
#: The kinds of business that may act for others (CARM: customs brokers and trade consultants only).
PROVIDERS_FOR_CLIENTS = frozenset({"CUSTOMS_BROKER", "TRADE_CONSULTANT"})


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
    *,
    role: str,
    program_account_ids: frozenset[int],
    held: frozenset[int] | None,
    open_account_ids: frozenset[int],
) -> str | None:
    """Why a manager cannot give a role, as a code.

    A role below the business names open program accounts, all within the manager's own reach.
    """
    if role == Role.BAM:
        return None if held is None else "beyond_your_programs"
    if not program_account_ids:
        return "no_program"
    if not program_account_ids <= open_account_ids:
        return "unknown_program"
    return None if covers(held, program_account_ids) else "beyond_your_programs"


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

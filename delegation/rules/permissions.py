"""Who may do what: one table for the door, the help page that shows it and the test that tries it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
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

"""Who needs what before anybody signs up: the roles of a plan, what is missing in it, and what becomes an invitation.

Sources: the importer's guide, "Step 1: plan who needs access" (the registrant and a backup at least) and its example of
a person for each role; complaints 7 and 21. What a role may do is never said here: it is read from the one table of
``delegation.rules``. The limits are ours (assumed).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from delegation.rules import Action, Column, Role, Visibility, grant_problem, same_role

MOST_PEOPLE = 12
LONGEST_NAME = 60
LONGEST_EMAIL = 100
MOST_PROGRAMS = 6
#: From this many managers on, a plan in which they outnumber everybody else is questioned (assumed).
MANY_MANAGERS = 4
_RM = re.compile(r"(?:RM)?(?!0000)([0-9]{4})")
_SEPARATORS = re.compile(r"[\s,;]+")


class PlanRole(StrEnum):
    """A role as somebody thinks of it before they know the portal."""

    PRIMARY = "PRIMARY"
    BACKUP = "BACKUP"
    PAM = "PAM"
    EDITOR = "EDITOR"
    READER = "READER"
    BROKER = "BROKER"
    BROKER_IN_PART = "BROKER_IN_PART"
    CONSULTANT = "CONSULTANT"


@dataclass(frozen=True)
class RoleCard:
    """A role of the plan: its column in the permission table, who usually has it, what that person gets ready."""

    role: PlanRole
    column: Column
    example: Any
    prepares: tuple[Any, ...]

    @property
    def label(self) -> Any:
        return self.column.label


_SIGN_IN = _("A GCKey or a Sign-In Partner of their own, and a mailbox that receives the six-digit codes")
_INVITED = _("Nothing else: the invitation's link brings them in")
_PROVIDER = _("The provider's business number, so that you can nominate it; it has to be registered here itself")
_LICENCE = _("The provider's licence number, to compare with what the portal shows")
_PART = Visibility(is_full=False)

ROLE_CARDS: tuple[RoleCard, ...] = (
    RoleCard(
        PlanRole.PRIMARY,
        Column(Role.BAM, _("Registers the business (primary manager)")),
        _("Amara, who owns the business"),
        (
            _("The business number, nine digits"),
            _("One program account, RM and four digits"),
            _("The legal name and the address as they were registered"),
            _("Papers for two of three questions: a declaration with its total, a payment with its date, a statement"),
            _SIGN_IN,
        ),
    ),
    RoleCard(
        PlanRole.BACKUP,
        Column(Role.BAM, _("Backup (secondary manager)")),
        _("Joel, the office manager, who steps in for holidays and emergencies"),
        (_SIGN_IN, _INVITED),
    ),
    RoleCard(
        PlanRole.PAM,
        Column(Role.PAM, _("Runs program accounts (Program Account Manager)")),
        _("Farida, the bookkeeper"),
        (_SIGN_IN, _INVITED, _("Which program accounts (RM) they run")),
    ),
    RoleCard(
        PlanRole.EDITOR,
        Column(Role.EDITOR, _("Files and pays (Editor)")),
        _("Tomas, who coordinates the shipments"),
        (_SIGN_IN, _INVITED, _("Which program accounts (RM) they work in")),
    ),
    RoleCard(
        PlanRole.READER,
        Column(Role.READER, _("Only reads (Reader)")),
        _("Mei, an assistant in the finance team"),
        (_SIGN_IN, _INVITED, _("Which program accounts (RM) they read")),
    ),
    RoleCard(
        PlanRole.BROKER,
        Column(Role.THIRD_PARTY_BUSINESS, _("Customs broker who sees everything")),
        _("Your main customs broker"),
        (_PROVIDER, _LICENCE),
    ),
    RoleCard(
        PlanRole.BROKER_IN_PART,
        Column(Role.THIRD_PARTY_PROGRAM, _("Customs broker or courier who sees its own transactions"), _PART),
        _("A courier that clears a few parcels"),
        (_PROVIDER, _LICENCE),
    ),
    RoleCard(
        PlanRole.CONSULTANT,
        Column(Role.THIRD_PARTY_PROGRAM, _("Consultant or outside accountant"), is_licensed_broker=False),
        _("The accountant who checks your duties"),
        (_PROVIDER,),
    ),
)
_CARD_OF: Mapping[PlanRole, RoleCard] = {card.role: card for card in ROLE_CARDS}
#: The roles that an invitation gives, as memberships call them; others register, or are nominated as third parties.
INVITED_AS: Mapping[PlanRole, str] = {
    PlanRole.BACKUP: "BAM",
    PlanRole.PAM: "PAM",
    PlanRole.EDITOR: "EDITOR",
    PlanRole.READER: "READER",
}
_MANAGERS = (PlanRole.PRIMARY, PlanRole.BACKUP)


@dataclass(frozen=True)
class PlannedPerson:
    """One line of a plan; ``programs`` are RM numbers such as ``RM0001``."""

    name: str
    role: PlanRole
    email: str = ""
    programs: tuple[str, ...] = ()

    @property
    def card(self) -> RoleCard:
        return _CARD_OF[self.role]

    @property
    def address(self) -> str:
        """The e-mail as it is compared."""
        return self.email.strip().casefold()


@dataclass(frozen=True)
class Plan:
    business_name: str = ""
    people: tuple[PlannedPerson, ...] = ()


def programs_of(text: str) -> tuple[str, ...] | None:
    """RM numbers as typed, ``RM0001, 0002``, in order and once each; ``None`` when something else is among them."""
    found: dict[str, None] = {}
    for part in filter(None, _SEPARATORS.split(text.upper())):
        match = _RM.fullmatch(part)
        if match is None:
            return None
        found[f"RM{match[1]}"] = None
    return tuple(found) if len(found) <= MOST_PROGRAMS else None


def packed(plan: Plan) -> dict[str, Any]:
    """The plan as plain lists, to be kept by the browser."""
    return {
        "b": plan.business_name,
        "p": [[person.name, person.role.value, person.email, list(person.programs)] for person in plan.people],
    }


def unpacked(kept: Any) -> Plan | None:
    """The plan of what a browser kept; ``None`` when it is of another shape (an older portal's, say)."""
    try:
        people = tuple(
            PlannedPerson(name=str(name), role=PlanRole(role), email=str(email), programs=tuple(map(str, programs)))
            for name, role, email, programs in kept["p"]
        )
        return Plan(business_name=str(kept["b"]), people=people)
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class PlanWarning:
    """What a plan lacks, in words; ``names`` are the people it is about."""

    code: str
    words: Any
    names: tuple[str, ...] = ()


def plan_warnings(people: Sequence[PlannedPerson]) -> list[PlanWarning]:
    """What to think about before anybody signs up, in the order of weight."""
    roles = [person.role for person in people]
    managers = sum(role in _MANAGERS for role in roles)
    found: list[PlanWarning] = []
    if PlanRole.PRIMARY not in roles:
        found.append(PlanWarning("no_primary", _("Nobody registers the business. The first person must.")))
    if roles.count(PlanRole.PRIMARY) > 1:
        words = _("Only one person registers the business. Make the others backups:")
        found.append(PlanWarning("several_primaries", words, _named(people, PlanRole.PRIMARY)))
    if PlanRole.BACKUP not in roles:
        words = _("There is no backup manager. When the only manager is ill or leaves, nobody can let others in.")
        found.append(PlanWarning("no_backup", words))
    blind = tuple(person.name for person in people if _pays_blind(person))
    if blind:
        words = _("They can pay, but they see no statement and no balance, so they cannot know what is owed:")
        found.append(PlanWarning("pays_blind", words, blind))
    shared = _sharing_an_address(people)
    if shared:
        words = _("They share an e-mail. Codes and invitations are personal: give each their own.")
        found.append(PlanWarning("same_email", words, shared))
    without = tuple(person.name for person in people if person.role in INVITED_AS and not person.email)
    if without:
        found.append(PlanWarning("no_email", _("Without an e-mail they can't be invited:"), without))
    if managers >= MANY_MANAGERS and managers * 2 > len(people):
        words = _("Most people are managers, who may do everything. Give each only what their work needs.")
        found.append(PlanWarning("many_managers", words))
    return found


def _named(people: Iterable[PlannedPerson], role: PlanRole) -> tuple[str, ...]:
    return tuple(person.name for person in people if person.role == role)


def _pays_blind(person: PlannedPerson) -> bool:
    allowed = person.card.column.allowed
    return Action.PAY in allowed and Action.VIEW_STATEMENTS not in allowed


def _sharing_an_address(people: Sequence[PlannedPerson]) -> tuple[str, ...]:
    addresses = [person.address for person in people if person.address]
    return tuple(person.name for person in people if person.address and addresses.count(person.address) > 1)


def cards_of(people: Iterable[PlannedPerson]) -> list[RoleCard]:
    """The roles that occur, once each, in the order of the cards; all of them for an empty plan."""
    used = {person.role for person in people}
    return [card for card in ROLE_CARDS if card.role in used or not used]


@dataclass(frozen=True)
class Known:
    """What a business has when its plan becomes invitations; addresses are casefolded."""

    own: Collection[str]
    members: Collection[str]
    waiting: Collection[str]
    #: Open program accounts by their RM.
    accounts: Mapping[str, int]
    #: The program accounts on which the sender decides; ``None`` is the whole business.
    held: frozenset[int] | None = None


def accounts_for(person: PlannedPerson, known: Known) -> frozenset[int] | None:
    """The program accounts of an invitation; ``None`` where one is not open here. An only one may go unnamed."""
    if person.role == PlanRole.BACKUP:
        return frozenset()
    if not person.programs and len(known.accounts) == 1:
        return frozenset(known.accounts.values())
    if not set(person.programs) <= set(known.accounts):
        return None
    return frozenset(known.accounts[rm] for rm in person.programs)


def invitation_problem(person: PlannedPerson, known: Known, *, earlier: Collection[str]) -> str | None:
    """Why this line cannot be sent as an invitation now, as a code; ``earlier`` are the addresses of lines above."""
    if person.role == PlanRole.PRIMARY:
        return "registers"
    if person.role not in INVITED_AS:
        return "third_party"
    if not person.address:
        return "no_email"
    for code, addresses in (
        ("yourself", known.own),
        ("member", known.members),
        ("waiting", known.waiting),
        ("twice", earlier),
    ):
        if person.address in addresses:
            return code
    account_ids = accounts_for(person, known)
    if account_ids is None:
        return "unknown_program"
    return grant_problem(
        same_role(INVITED_AS[person.role], account_ids),
        held=known.held,
        open_account_ids=frozenset(known.accounts.values()),
    )

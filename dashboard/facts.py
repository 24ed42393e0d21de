"""What stands before and after in an event of the audit trail, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, EmployeeRequest, Invitation, Language, Membership, ProgramAccount, User
from core import format as formats
from core.clock import TORONTO
from delegation.models import Delegation, GroupRequest, PrimaryHandover, StaffRole
from delegation.rules import ACTION_LABELS, PROFILE_LABELS, ROLE_LABELS, Action, Role
from payments.models import Payment
from registration.models import Registration
from releases.models import Release
from security.rules import BondState, CaseState, RequirementSource, ReviewOutcome, RppState, SuspensionReason
from support.models import SupportRequest

#: What stands before and after in an event, in words.
FACTS: Mapping[str, Any] = {
    **PROFILE_LABELS,
    "added_actions": _("Single permissions"),
    "access": _("Access"),
    "all_programs": _("All programs"),
    "amount": _("Amount"),
    "bn9": _("Business number"),
    "cargo": _("Cargo control number"),
    "client_ids": _("Clients"),
    "comment": _("Comment"),
    "count": _("Number"),
    "day": _("Date"),
    "declaration": _("Declaration"),
    "email": _("E-mail"),
    "ended_access": _("Access ended"),
    "expires_at": _("Waits until"),
    "held": _("Held"),
    "invitations": _("Invitations"),
    "is_primary": _("Primary manager"),
    "kind": _("Kind"),
    "last_day_to_pay": _("Last day to pay"),
    "legal_name": _("Legal name"),
    "licence": _("Licence"),
    "line": _("Line"),
    "membership_ids": _("People"),
    "method": _("Method"),
    "name": _("Name"),
    "number": _("Program account"),
    "offered_to_user_id": _("Offered to"),
    "outcome": _("Outcome"),
    "overdue": _("Overdue"),
    "payment_due_on": _("Payment due"),
    "person": _("Person"),
    "position": _("Invoice"),
    "primary_manager": _("Primary manager"),
    "primary_user_id": _("Primary manager"),
    "profile": _("Program type"),
    "program_account_ids": _("Program accounts"),
    "program_accounts": _("Program accounts"),
    "proven_by": _("Proven by"),
    "provider": _("Security provider"),
    "provider_id": _("Service provider"),
    "purpose": _("Purpose"),
    "reason": _("Reason"),
    "reference": _("Reference"),
    "refusal": _("Refusal"),
    "requirement": _("Security requirement"),
    "role": _("Role"),
    "roles": _("Roles"),
    "rows": _("Rows"),
    "sees_client": _("Sees what the business submitted"),
    "sees_others": _("Sees what other third parties submitted"),
    "sent": _("Sent"),
    "source": _("Source"),
    "state": _("State"),
    "step": _("Step"),
    "through": _("Through"),
    "total": _("Total"),
    "total_payable": _("Total payable"),
    "transaction": _("Transaction"),
    "transaction_number": _("Transaction"),
    "terminates_on": _("Ends"),
    "user_id": _("Person"),
    "valid_from": _("From"),
    "valid_until": _("Until"),
    "version": _("Version"),
}
#: Facts that are dollars.
MONEY = frozenset({"amount", "held", "overdue", "requirement", "total", "total_payable"})
#: Numbers of businesses and of program accounts.
_NUMBERS = frozenset({"bn9", "number", "provider"})
#: Lists of rows that are told by how many they are.
_COUNTED = frozenset({"client_ids", "membership_ids"})
#: Who a number of a person stands for is known of the last one only.
_PEOPLE = frozenset({"user_id", "offered_to_user_id", "primary_user_id"})
#: What a thing is called is told also where it stayed the same: without it nobody knows which one changed.
_CALLED = frozenset({("client_group", "name")})
#: Facts for the portal itself: numbers of rows and of files, which say nothing to a reader.
_MUTE = frozenset({"asked_by", "category", "document", "problem"})

#: The words of a code, by the first part of the event's verb and the name of the fact.
CODES: Mapping[tuple[str, str], type[TextChoices]] = {
    ("delegation", "state"): Delegation.State,
    ("delegation", "access"): Delegation.Access,
    ("role", "role"): Membership.Role,
    ("employee", "role"): Membership.Role,
    ("invitation", "role"): Membership.Role,
    ("employee", "state"): EmployeeRequest.State,
    ("invitation", "state"): Invitation.State,
    ("payment", "state"): Payment.State,
    ("payment", "method"): Payment.Method,
    ("payment", "purpose"): Payment.Purpose,
    ("person", "method"): User.Method,
    ("registration", "state"): Registration.State,
    ("registration", "step"): Registration.State,
    ("release", "kind"): Release.Kind,
    ("release", "refusal"): Release.Refusal,
    ("rpp", "state"): RppState,
    ("rpp", "source"): RequirementSource,
    ("rpp", "reason"): SuspensionReason,
    ("bond", "state"): BondState,
    ("reduction", "state"): CaseState,
    ("review", "outcome"): ReviewOutcome,
    ("primary", "state"): PrimaryHandover.State,
    ("client_group", "role"): StaffRole,
    ("client_assignment", "role"): StaffRole,
    ("group_request", "state"): GroupRequest.State,
    ("business", "kind"): Business.ProviderKind,
    ("business", "language"): Language,
    ("program_account", "profile"): ProgramAccount.Profile,
    ("support_request", "kind"): SupportRequest.Kind,
}
#: A membership that ended is told by the state of the membership, not of the request.
_ALSO: Mapping[tuple[str, str], type[TextChoices]] = {("employee", "state"): Membership.State}


@dataclass(frozen=True)
class Names:
    """What the numbers in an event stand for."""

    accounts: Mapping[int, str] = field(default_factory=dict)
    provider: str = ""
    person: str = ""


@dataclass(frozen=True)
class Change:
    """One fact before and after; one of the two may be empty."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        value = f"{self.before} → {self.after}" if self.before else self.after
        return gettext("%(fact)s: %(value)s") % {"fact": self.label, "value": value}


def changes_of(
    verb: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, names: Names, language: str
) -> list[Change]:
    """What an act changed; a fact that stayed the same is left out, and so is one that is empty on both sides."""
    old, new = before or {}, after or {}
    rows = []
    for key in dict.fromkeys((*old, *new)):
        if key not in old and new[key] in (False, []):
            continue  # what begins without something says nothing by it
        if is_mute(key) or (key == "primary_user_id" and key not in new):
            continue
        first = "" if key == "primary_user_id" else _words(verb, key, old.get(key), names=names, language=language)
        last = _words(verb, key, new.get(key), names=names, language=language)
        if key in old and key in new and first == last:
            if (verb.partition(".")[0], key) not in _CALLED:
                continue
            first = ""
        if first or last:
            rows.append(Change(str(FACTS.get(key, key.replace("_", " "))), first, last or gettext("nothing")))
    return rows


def is_mute(key: str) -> bool:
    """Whether a fact is kept for the portal alone, such as the number of a row that has no words."""
    return key in _MUTE or (key.endswith(("_id", "_ids")) and key not in FACTS)


def _words(verb: str, key: str, value: Any, *, names: Names, language: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list) and key in _COUNTED:
        return formats.integer(len(value), language)
    if isinstance(value, list):
        return ", ".join(_words(verb, key, part, names=names, language=language) for part in value) or gettext("none")
    if key == "roles":
        return _role_in_words(value, names=names)
    if key == "added_actions":
        return str(ACTION_LABELS[Action(value)]) if value in Action else str(value)
    if key == "program_account_ids":
        return names.accounts.get(value, gettext("another program account"))
    if key == "provider_id":
        return names.provider or gettext("a service provider")
    if key in _PEOPLE:
        return names.person or gettext("somebody")
    if key in _NUMBERS:
        return formats.bn(str(value))
    if key.endswith("telephone"):
        return formats.telephone(str(value))
    if key in MONEY and (amount := _amount(value)) is not None:
        return formats.money(amount, language)
    return _code(verb, key, str(value)) or _day(str(value), language) or _moment(str(value), language) or str(value)


def _role_in_words(value: Mapping[str, Any], *, names: Names) -> str:
    """The role in one program account, with the single permissions on top of it."""
    account = names.accounts.get(value["program_account_id"], gettext("another program account"))
    role = str(ROLE_LABELS[Role(value["role"])])
    added = ", ".join(str(ACTION_LABELS[Action(action)]) for action in value["added_actions"])
    return f"{account} {role} ({added})" if added else f"{account} {role}"


def _code(verb: str, key: str, value: str) -> str:
    place = (verb.partition(".")[0], key)
    for choices in (CODES.get(place), _ALSO.get(place)):
        if choices is not None and value in choices.values:
            return str(choices(value).label)
    return ""


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _day(value: str, language: str) -> str:
    try:
        return formats.day(date.fromisoformat(value), language) if len(value) == len("2026-07-25") else ""
    except ValueError:
        return ""


def _moment(value: str, language: str) -> str:
    if "T" not in value:
        return ""
    try:
        moment = datetime.fromisoformat(value)
        return formats.moment(moment.astimezone(TORONTO) if moment.tzinfo else moment, language)
    except ValueError:
        return ""

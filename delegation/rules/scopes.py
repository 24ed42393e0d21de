"""What a delegation gives, when it is in force, and how it is renewed. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from delegation.rules.roles import covers


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
#: The kinds of business that may act for others (CARM: customs brokers and trade consultants only).
PROVIDERS_FOR_CLIENTS = frozenset({"CUSTOMS_BROKER", "TRADE_CONSULTANT"})
#: The most rows of one list of requests (assumed).
MOST_REQUESTS = 1_000


def can_become(state: str, following: str) -> bool:
    return following in TRANSITIONS[state]


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

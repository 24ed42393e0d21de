"""Sign-in codes and credentials: how many tries, how long, and who may be what. Pure.

The lengths are the simulator's own defaults; that a code of six digits is e-mailed at every sign-in, that a credential
belongs to one business only, and what a profile holds is CARM's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

CODE_LENGTH = 6
CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 3
RESEND_PAUSE = timedelta(seconds=30)
CHANGE_LIFETIME = timedelta(hours=24)
CHANGE_CODES = 10
#: Days before the end at which an inactive person is warned, the last one always on an earlier day than the end.
INACTIVITY_WARNINGS = (30, 7, 1)
FAILURES_BEFORE_PAUSE = 5
PAUSE = timedelta(minutes=15)
RECOVERY_CODE_LENGTH = 8
FEW_RECOVERY_CODES = 3
EMERGENCY_CODE_LENGTH = 12
EMERGENCY_LIFETIME = timedelta(hours=24)
#: An authenticator app's code changes this often, and one period to either side is accepted for clocks that differ.
APP_PERIOD = timedelta(seconds=30)
APP_TOLERANCE = 1
FACTOR_NAME_LENGTH = 60
USER_AGENT_LENGTH = 300
EMAIL, APP, PASSKEY, RECOVERY, EMERGENCY = "email", "app", "passkey", "recovery", "emergency"
STAFF = "staff"
#: Room for the lines of a mailing address.
MAILING_ADDRESS_LENGTH = 300
OFFICER = "officer"
TRAINER = "trainer"
STAFF_GROUPS = (OFFICER, TRAINER)
#: What a browser calls itself, the more particular name first: all of them say "Mozilla", most say "Safari" too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_SEPARATORS = re.compile(r"[\s\u00a0\u202f().-]+")


class Verdict(StrEnum):
    """What became of a code that was typed for a new address."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    USED_UP = "used up"
    OVERDUE = "overdue"
    GONE = "gone"


@dataclass(frozen=True)
class Profile:
    """What a person says about themselves; preferences and contacts are the person's, not the company's."""

    first_name: str
    last_name: str
    telephone: str
    contact_email: str
    language: str
    extension: str = ""
    wants_email: bool = False


def is_licence_in_force(valid_until: date | None, revoked_on: date | None, *, on: date) -> bool:
    """Whether a customs broker's licence holds on a day: to its last day, and to the day before its revocation."""
    is_over = valid_until is not None and valid_until < on
    is_revoked = revoked_on is not None and revoked_on <= on
    return not is_over and not is_revoked


def username_of(method: str, subject: str) -> str:
    """The portal's name for a credential; another method makes another person."""
    return f"{method}:{subject}"


def digits_of(text: str) -> str:
    """A typed number without its separators and a leading plus sign; empty when anything else is in it."""
    plain = _SEPARATORS.sub("", text).removeprefix("+")
    return plain if plain.isascii() and plain.isdigit() else ""


def code_of(text: str) -> str:
    """The six digits that were typed; empty when they are not six digits."""
    return _exactly(text, CODE_LENGTH)


def recovery_code_of(text: str) -> str:
    """The eight digits of a recovery code; empty when they are not eight digits."""
    return _exactly(text, RECOVERY_CODE_LENGTH)


def emergency_code_of(text: str) -> str:
    """The twelve digits of an officer's emergency code; empty when they are not twelve digits."""
    return _exactly(text, EMERGENCY_CODE_LENGTH)


def in_groups(text: str, size: int = 4) -> str:
    """A long code or key in groups, as it is read aloud and typed."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def app_counters(at: datetime) -> tuple[int, ...]:
    """The periods whose code an authenticator app may show at this moment of the wall clock. Source: RFC 6238, 5.2."""
    now = int(at.timestamp()) // int(APP_PERIOD.total_seconds())
    return tuple(range(now - APP_TOLERANCE, now + APP_TOLERANCE + 1))


def ways_to_prove(*, has_app: bool, has_passkey: bool, recovery_left: int) -> tuple[str, ...]:
    """How this person shows that it is them, the usual way first.

    CARM knows the e-mailed code only. App and passkey are the simulator's own, and where one of them is enrolled no
    code is e-mailed, because then the mailbox would be the weakest of all factors again.
    """
    if not has_app and not has_passkey:
        return (EMAIL,)
    offered = ((APP, has_app), (PASSKEY, has_passkey), (RECOVERY, recovery_left > 0))
    return tuple(way for way, is_there in offered if is_there)


def is_confirmed(confirmed_at: datetime | None, at: datetime, lasts: timedelta) -> bool:
    """Whether the person showed who they are recently enough for a sensitive change; wall time."""
    return confirmed_at is not None and timedelta(0) <= at - confirmed_at < lasts


def are_few(recovery_left: int) -> bool:
    """Whether it is time for new recovery codes. The simulator's own number."""
    return recovery_left <= FEW_RECOVERY_CODES


def paused_until(failures: int, at: datetime) -> datetime | None:
    """The end of the pause that the fifth wrong code in a row begins."""
    return at + PAUSE if failures >= FAILURES_BEFORE_PAUSE else None


def is_paused(until: datetime | None, at: datetime) -> bool:
    return until is not None and at < until


def minutes_left(until: datetime, at: datetime) -> int:
    return max(1, -int(-(until - at).total_seconds() // 60))


def seconds_until_resend(sent_at: datetime | None, at: datetime) -> int:
    """How long to wait before another code may be sent; 0 when it may be sent now."""
    if sent_at is None:
        return 0
    return max(0, -int(-(sent_at + RESEND_PAUSE - at).total_seconds() // 1))


def browser_of(user_agent: str) -> tuple[str, str]:
    """The names of browser and system in a user agent, each empty where it says neither. Own choice of names."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser, system


def last_seen(expires_at: datetime, lifetime: timedelta) -> datetime:
    """When a session was saved last; each save lets it live for its lifetime from then."""
    return expires_at - lifetime


def staff_groups(method: str, roles: object) -> frozenset[str]:
    """The groups that a provider's claims give; only the staff provider's claims count."""
    if method != STAFF or not isinstance(roles, list | tuple):
        return frozenset()
    return frozenset(STAFF_GROUPS) & frozenset(str(role) for role in roles)


#: The last number that four digits hold (portal facts 2.1: RM0000 is none).
LAST_RM = 9999


def next_rm(taken: Iterable[str]) -> str | None:
    """The program account to open next, one above the highest: ``RM`` and four digits; ``None`` when all are used."""
    following = max((int(rm[2:]) for rm in taken), default=0) + 1
    return f"RM{following:04d}" if following <= LAST_RM else None


def _exactly(text: str, length: int) -> str:
    plain = _SEPARATORS.sub("", text)
    return plain if plain.isascii() and plain.isdigit() and len(plain) == length else ""


# --- Addresses --------------------------------------------------------------------------------------------------------
def is_same_address(one: str, other: str) -> bool:
    """Mailboxes in use do not tell capitals apart. Own choice; RFC 5321 would allow it before the @."""
    return one.strip().casefold() == other.strip().casefold()


def is_contact_confirmed(contact: str, sign_in: str, verified_at: datetime | None) -> bool:
    """Notices go to a contact address only once it is confirmed; the address of the codes is confirmed by them."""
    return bool(contact) and (verified_at is not None or is_same_address(contact, sign_in))


def code_verdict(*, is_right: bool, failure_count: int, sent_at: datetime, at: datetime) -> Verdict:
    """What a typed code is worth after ``failure_count`` wrong ones: it lives for 10 minutes and 3 tries.

    A right code after three wrong ones or too late is worth nothing. Own choice, the same as at sign-in.
    """
    if failure_count >= CODE_TRIES:
        return Verdict.USED_UP
    if at >= sent_at + CODE_LIFETIME:
        return Verdict.OVERDUE
    if is_right:
        return Verdict.CONFIRMED
    return Verdict.USED_UP if failure_count + 1 >= CODE_TRIES else Verdict.WRONG


def may_send_code(sent_in_a_day: int) -> bool:
    """Ten codes a day for new addresses of one person, so that no stranger's mailbox is filled. Own choice."""
    return sent_in_a_day < CHANGE_CODES


# --- Inactivity -------------------------------------------------------------------------------------------------------
def deactivated_from(active_on: date, *, days: int, in_force_from: date) -> date:
    """The day on which a person who stays away is deactivated: 180 consecutive days after the last sign-in.

    The notice of the brokers' society names the days; the agency disabled the rule on 2022-03-17 (both reported). Own
    choice: a rule that is switched on gives everybody the full time of the first warning.
    """
    return max(active_on + timedelta(days=days), in_force_from + timedelta(days=INACTIVITY_WARNINGS[0]))


def warning_due(end: date, on: date, *, warned_days: int | None) -> int | None:
    """The warning to give today, as days before the end: 30, 7 or 1; none when it was given or is not due.

    Whoever missed one gets the latest only. Own choice, in answer to deactivations without notice.
    """
    due = [days for days in INACTIVITY_WARNINGS if (end - on).days <= days]
    if not due or (warned_days is not None and warned_days <= min(due)):
        return None
    return min(due)


def may_deactivate(end: date, on: date, *, warned_days: int | None, warned_on: date | None) -> bool:
    """Never silent: the end has come and the last warning was given on an earlier day."""
    return on >= end and warned_days == INACTIVITY_WARNINGS[-1] and warned_on is not None and warned_on < on

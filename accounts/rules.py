"""Sign-in codes and credentials: how many tries, how long, and who may be what. Pure.

The lengths are the simulator's own defaults; that a code of six digits is e-mailed at every sign-in, that a credential
belongs to one business only, and what a profile holds is CARM's.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

CODE_LENGTH = 6
CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 3
RESEND_PAUSE = timedelta(seconds=30)
FAILURES_BEFORE_PAUSE = 5
PAUSE = timedelta(minutes=15)
USER_AGENT_LENGTH = 300
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


def username_of(method: str, subject: str) -> str:
    """The portal's name for a credential; another method makes another person."""
    return f"{method}:{subject}"


def digits_of(text: str) -> str:
    """A typed number without its separators and a leading plus sign; empty when anything else is in it."""
    plain = _SEPARATORS.sub("", text).removeprefix("+")
    return plain if plain.isascii() and plain.isdigit() else ""


def code_of(text: str) -> str:
    """The six digits that were typed; empty when they are not six digits."""
    plain = _SEPARATORS.sub("", text)
    return plain if plain.isascii() and plain.isdigit() and len(plain) == CODE_LENGTH else ""


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

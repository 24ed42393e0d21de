"""What a credential must satisfy. Pure: no database, no clock, no text for people."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

FAILURES_BEFORE_PAUSE = 5
PAUSE = dt.timedelta(minutes=15)
PASSWORD_SHORTEST = 8
PASSWORD_LONGEST = 16
RUN = 3
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


class PasswordFault(StrEnum):
    LENGTH = "length"
    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"
    USERNAME = "username"


class UsernameFault(StrEnum):
    LENGTH = "length"
    CHARACTERS = "characters"


@dataclass(frozen=True)
class Bank:
    """A fictional bank of the Sign-In Partner; names of businesses are not translated."""

    slug: str
    name: str


BANKS = (
    Bank("aurora", "Aurora Mutual Bank"),
    Bank("harbour-pine", "Harbour & Pine Bank"),
    Bank("prairie-lantern", "Prairie Lantern Credit Union"),
    Bank("rive-claire", "Caisse Rive-Claire"),
    Bank("tamarack", "Tamarack Savings"),
)

QUESTIONS = ("first-street", "first-teacher", "childhood-friend", "first-job", "favourite-lake", "first-pet")
QUESTIONS_ASKED = 3


def bank_of(slug: str) -> Bank | None:
    return next((bank for bank in BANKS if bank.slug == slug), None)


def normal_username(text: str) -> str:
    return text.strip().lower()


def normal_answer(text: str) -> str:
    """An answer counts the same whatever its capitals and spaces."""
    return " ".join(text.split()).casefold()


def username_fault(username: str) -> UsernameFault | None:
    if not 6 <= len(username) <= 32:
        return UsernameFault.LENGTH
    if not _USERNAME.fullmatch(username):
        return UsernameFault.CHARACTERS
    return None


def shares_run(password: str, username: str) -> bool:
    """Whether the password holds three or more consecutive characters of the user name."""
    password, username = password.casefold(), username.casefold()
    return any(username[start : start + RUN] in password for start in range(len(username) - RUN + 1))


def password_faults(password: str, username: str) -> tuple[PasswordFault, ...]:
    """GCKey's rules as IRCC publishes them: 8 to 16 characters, both cases, a digit, no run of the user name."""
    found = (
        (PasswordFault.LENGTH, not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST),
        (PasswordFault.UPPER, not any(character.isupper() for character in password)),
        (PasswordFault.LOWER, not any(character.islower() for character in password)),
        (PasswordFault.DIGIT, not any(character.isdigit() for character in password)),
        (PasswordFault.USERNAME, shares_run(password, username)),
    )
    return tuple(fault for fault, is_broken in found if is_broken)


def paused_until(failures: int, at: dt.datetime) -> dt.datetime | None:
    """The end of the pause that the fifth failure in a row begins."""
    return at + PAUSE if failures >= FAILURES_BEFORE_PAUSE else None


def minutes_left(until: dt.datetime, at: dt.datetime) -> int:
    return max(1, -int(-(until - at).total_seconds() // 60))

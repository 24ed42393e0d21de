"""What the practice bank answers to which card or account. Pure: no database, no clock, no text for people."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

CARD_PREFIX = "9999"
CARD_LENGTH = 16
CHALLENGE_CODE = "123456"
CHALLENGE_TRIES = 3
SESSION_LIFE = dt.timedelta(minutes=30)
LATE = dt.timedelta(seconds=15)
RETRIES = (5, 15, 60, 300, 900, 3600, 3600, 3600, 3600)
_AMOUNT = re.compile(r"[0-9]{1,11}\.[0-9]{2}", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_PAYEE = re.compile(r"[0-9]{9}RM(?!0000)[0-9]{4}", re.ASCII)
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])\s*/\s*([0-9]{2})", re.ASCII)


class Reason(StrEnum):
    """Why a payment ended as it did; empty for an approved one."""

    NONE = ""
    REFUSED = "refused"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_SECURITY_CODE = "wrong_security_code"
    OVER_LIMIT = "over_limit"
    FROZEN_ACCOUNT = "frozen_account"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    CHALLENGE_FAILED = "challenge_failed"
    CANCELLED_BY_PAYER = "cancelled_by_payer"
    SESSION_EXPIRED = "session_expired"


class Manner(StrEnum):
    """How the bank tells about it: the misfortunes worth practising."""

    USUAL = "usual"
    TIME_OUT = "time_out"  # captured, but the person sees no answer and the portal hears late
    LATE = "late"  # the person is sent back before the portal hears
    TWICE = "twice"  # the portal hears the same event twice
    UNAVAILABLE = "unavailable"  # nothing is captured, the person may try again
    CHALLENGE = "challenge"  # the person must give a code before anything is captured
    CHARGED_BACK = "charged_back"  # captured, and taken back ten business days later
    OUT_OF_ORDER = "out_of_order"  # the portal hears of the end first and of the beginning after it
    SLOW = "slow"  # captured, and the page takes longer than people wait


@dataclass(frozen=True)
class Instrument:
    """A practice card or account; ``note`` is an English message that the pages translate."""

    number: str
    note: str
    reason: Reason = Reason.NONE
    manner: Manner = Manner.USUAL

    @property
    def is_approved(self) -> bool:
        return self.reason == Reason.NONE and self.manner != Manner.UNAVAILABLE

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


CARDS = (
    Instrument("9999000000000012", "Approved"),
    Instrument("9999000000000020", "Refused by the bank", Reason.REFUSED),
    Instrument("9999000000000038", "Not enough money", Reason.INSUFFICIENT_FUNDS),
    Instrument("9999000000000046", "Expired card", Reason.EXPIRED_CARD),
    Instrument("9999000000000053", "Wrong security code", Reason.WRONG_SECURITY_CODE),
    Instrument("9999000000000061", "Over the card's limit", Reason.OVER_LIMIT),
    Instrument("9999000000000079", "Approved, but the answer is lost on the way", Reason.NONE, Manner.TIME_OUT),
    Instrument("9999000000000087", "Approved, the portal hears late", Reason.NONE, Manner.LATE),
    Instrument("9999000000000095", "Approved, the portal is told twice", Reason.NONE, Manner.TWICE),
    Instrument("9999000000000103", "The bank cannot answer, try again", Reason.NONE, Manner.UNAVAILABLE),
    Instrument("9999000000000129", "Asks for the code 123456 before it is approved", Reason.NONE, Manner.CHALLENGE),
    Instrument("9999000000000137", "Approved, charged back ten business days later", Reason.NONE, Manner.CHARGED_BACK),
    Instrument("9999000000000145", "Approved, the portal hears out of order", Reason.NONE, Manner.OUT_OF_ORDER),
    Instrument("9999000000000152", "Approved, the page answers after six seconds", Reason.NONE, Manner.SLOW),
)
ACCOUNTS = (
    Instrument("10000001", "Operating account, approved"),
    Instrument("10000002", "Account without enough money", Reason.INSUFFICIENT_FUNDS),
    Instrument("10000003", "Frozen account", Reason.FROZEN_ACCOUNT),
    Instrument("10000004", "Operating account, the answer is lost on the way", Reason.NONE, Manner.TIME_OUT),
    Instrument("10000005", "Operating account, the portal hears late", Reason.NONE, Manner.LATE),
)


def challenge_passes(code: str) -> bool:
    return digits_of(code) == CHALLENGE_CODE


class CardFault(StrEnum):
    NOT_PRACTICE = "not_practice"
    MALFORMED = "malformed"


def passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if position % 2 else 1) for position, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def digits_of(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def card_fault(text: str) -> CardFault | None:
    """Numbers outside the practice range are refused before anything else, so that no real card is ever taken."""
    digits = digits_of(text)
    if not digits.isascii() or not digits.isdigit() or len(digits) != CARD_LENGTH:
        return CardFault.MALFORMED
    if not digits.startswith(CARD_PREFIX):
        return CardFault.NOT_PRACTICE
    return None if passes_luhn(digits) else CardFault.MALFORMED


def instrument_for(method: str, number: str) -> Instrument:
    """The practice card or account with this number; one that is not in the list is refused as unknown."""
    known = CARDS if method == "card" else ACCOUNTS
    digits = digits_of(number)
    found = next((instrument for instrument in known if instrument.number == digits), None)
    return found or Instrument(digits, "Unknown", Reason.UNKNOWN_INSTRUMENT)


def last_day_of(expiry: str) -> dt.date | None:
    """The last day a card is good for, from MM/YY; None when it cannot be read."""
    found = _EXPIRY.fullmatch(expiry.strip())
    if not found:
        return None
    month, year = int(found[1]), 2000 + int(found[2])
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def is_amount(text: object) -> bool:
    return isinstance(text, str) and bool(_AMOUNT.fullmatch(text)) and text.strip("0.") != ""


def is_reference(text: object) -> bool:
    return isinstance(text, str) and bool(_REFERENCE.fullmatch(text))


def is_payee(text: object) -> bool:
    return isinstance(text, str) and bool(_PAYEE.fullmatch(text))


def cents_of(amount: str) -> int:
    return int(amount.replace(".", ""))


def amount_of(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def next_try(attempts: int, at: dt.datetime) -> dt.datetime | None:
    """When to tell the portal again after this many failed tries; None when the bank gives up."""
    return at + dt.timedelta(seconds=RETRIES[attempts - 1]) if attempts <= len(RETRIES) else None

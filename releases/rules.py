"""Whether goods are released: pure answers from what is known of the importer, and the numbers of releases.

Sources: Customs Act s. 32 and 35, SOR/86-1062 s. 9 and 16 (own security since 2025-05-20), Customs Notices 24-37 and
25-23 (exporter-only accounts, C-type without Release Prior to Payment), Memorandum D17-1-10 Appendix F (number).
"""

from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn


class ReleaseKind(StrEnum):
    """How release is asked for. ``CTYPE`` is pay-and-release at the port; the others need Release Prior to Payment."""

    PARS = "PARS"
    RMD = "RMD"
    IID = "IID"
    CTYPE = "CTYPE"


class Refusal(StrEnum):
    """Why goods are not released, in the order in which the reasons are looked for."""

    NOT_REGISTERED = "NOT_REGISTERED"
    NO_DELEGATION = "NO_DELEGATION"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    EXPORTER_ONLY = "EXPORTER_ONLY"
    NO_RPP = "NO_RPP"


@dataclass(frozen=True)
class ReleaseFacts:
    """What the decision rests on, as of the day of the request."""

    is_registered: bool
    registration_is_required: bool
    account_is_open: bool
    account_imports: bool
    requester_has_authority: bool
    rpp_is_on: bool
    own_security_is_required: bool


def release_refusal(kind: ReleaseKind, facts: ReleaseFacts) -> Refusal | None:
    """The first reason to refuse release, or ``None`` when the goods are released.

    Without registration nothing is released, C-type included (since 2024-10-21). During the transition until 2025-05-20
    a registered importer was released without own security. Authority is asked before anything about the account, so
    that a stranger learns nothing of it.
    """
    if facts.registration_is_required and not facts.is_registered:
        return Refusal.NOT_REGISTERED
    if not facts.requester_has_authority:
        return Refusal.NO_DELEGATION
    if not facts.account_is_open:
        return Refusal.ACCOUNT_CLOSED
    if not facts.account_imports:
        return Refusal.EXPORTER_ONLY
    if kind != ReleaseKind.CTYPE and facts.own_security_is_required and not facts.rpp_is_on:
        return Refusal.NO_RPP
    return None


def transaction_number(prefix: str, sequence: int) -> str:
    """The 14 digits of a transaction: filer's five-digit account security number, eight of sequence, a check digit.

    Field lengths and the existence of a check digit are published; the rule taken for it is mod 10 (assumed).
    ``ValueError`` when the sequence no longer fits.
    """
    if len(prefix) != 5 or not prefix.isdigit() or not 0 < sequence < 10**8:
        raise ValueError(f"no transaction number from {prefix!r} and {sequence}")
    stem = f"{prefix}{sequence:08d}"
    return stem + luhn.calc_check_digit(stem)


def is_transaction_number(text: str) -> bool:
    return len(text) == 14 and text.isdigit() and luhn.is_valid(text)


def filer_number(sequence: int) -> str:
    """The account security number of an importer that files for itself: five digits from 60001 on (assumed).

    ``ValueError`` when the range is used up.
    """
    if not 0 < sequence < 40000:
        raise ValueError(f"no account security number from {sequence}")
    return str(60000 + sequence)


#: C-type transactions get their number from the agency; it begins with five zeros (reported).
CTYPE_PREFIX = "00000"

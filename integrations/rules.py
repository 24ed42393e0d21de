"""What software may do, the codes of the Bond API, when a delivery is tried again, and what a signature is."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    READ = "bonds.read", _("Read bonds, their use and their versions")
    WRITE = "bonds.write", _("File, confirm, reject, change and end bonds")
    EVENTS = "events.read", _("Read and acknowledge events")


#: How long calls, deliveries and events are kept.
KEPT = timedelta(days=30)
#: Pauses after each failed delivery of an event; after the last it is given up and only waits to be fetched.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
#: A worker that died while it delivered leaves the row alone for so long.
LEASE = timedelta(minutes=2)

#: The stable codes of the Bond API (assumed: the agency's own are not public) for the portal's refusals.
CODES: Mapping[str, str] = {
    "required": "BA001",
    "null": "BA001",
    "blank": "BA001",
    "debtor_not_found": "BA101",
    "not_an_importer": "BA102",
    "debtor_name_differs": "BA103",
    "unknown_provider": "BA104",
    "agreement_number_used": "BA201",
    "wrong_state": "BA202",
    "demand_closed": "BA202",
    "not_terminable": "BA203",
    "notice_too_short": "BA204",
    "version_conflict": "BA205",
    "already_terminated": "BA206",
    "idempotency_key_reused": "BA299",
    "bond_below_minimum": "BA301",
    "decrease_leaves_short": "BA304",
    "bad_validity": "BA003",
    "answer_too_late": "BA003",
    "validity_over": "BA003",
    "same_amount": "BA002",
}
#: Codes that belong to the call and not to its content: they stay as every API of the portal says them.
_OF_THE_CALL = frozenset(
    {
        "not_authenticated",
        "authentication_failed",
        "scope_missing",
        "not_found",
        "method_not_allowed",
        "unsupported_media_type",
        "parse_error",
        "throttled",
        "idempotency_key_invalid",
        "idempotency_in_progress",
    }
)
_DAYS = frozenset({"validity_start", "validity_end", "terminates_on"})


def bond_code(code: str, field: str | None) -> str:
    """The Bond API's code for a refusal: bad dates BA003, other bad values BA002."""
    if code in _OF_THE_CALL:
        return code
    if code in CODES:
        return CODES[code]
    return "BA003" if field in _DAYS else "BA002"


def pause_after(attempts: int) -> timedelta | None:
    """The pause before the next try after so many; None when it is given up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def signature(secret: str, *, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``<timestamp>.<body>``: what the header ``Portage-Signature`` holds."""
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def is_acceptable_address(address: str, *, allows_private: bool) -> bool:
    """Whether events may go there: https with a host, no credentials; plain http and this machine in practice only."""
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        return False
    return parts.scheme == "https" or (allows_private and parts.scheme == "http")

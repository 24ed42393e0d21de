"""What software may do, the codes of the Bond API, when a delivery is tried again, and what a signature is."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
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
    "allocation_over_amount": "BA302",
    "mixed_programs": "BA303",
    "share_of_another": "BA303",
    "own_share_missing": "BA001",
    "shares_needed": "BA001",
    "bond_ended": "BA202",
    "decrease_leaves_short": "BA304",
    "bad_validity": "BA003",
    "answer_too_late": "BA003",
    "validity_over": "BA003",
    "same_amount": "BA002",
}
#: The code of what went wrong inside the portal; the caller may send the same request again.
INTERNAL = "BA900"
#: What each code says and what its reader does, as the description of the API and docs/bond-api.md list them.
MEANINGS: Mapping[str, Any] = {
    "BA001": _("An element is missing. Send the field named."),
    "BA002": _("A value is not one that is taken here. Correct the field named."),
    "BA003": _("A date is not possible. Correct the field named."),
    "BA101": _("The debtor was not found. Check the program account or business number."),
    "BA102": _("The program account is not an importer's. Name one with RM that imports."),
    "BA103": _("Name and business number do not belong together. Send the registered name."),
    "BA104": _("You are not authorised as a provider. Ask the agency to register you again."),
    "BA201": _("You have an agreement of this number. Check the number, or amend that agreement."),
    "BA202": _("Not possible in the state in which the agreement or demand is. Read it again."),
    "BA203": _("The agreement can't be terminated in its state: it is not in force. Read it again."),
    "BA204": _("A termination needs 30 days. Send a later day."),
    "BA205": _("The agreement changed since you read it. Read it again and repeat the change."),
    "BA206": _("The agreement is terminated already, or notice was given. Nothing is left to do."),
    "BA299": _("The Idempotency-Key was used with another request. Use a new key for a new request."),
    "BA301": _("The amount on a program account is below the minimum. Send the minimum or more."),
    "BA302": _("The allocations add up to more than the amount. Lower them or raise the amount."),
    "BA303": _("The program accounts are of several programs or businesses. File an agreement for each."),
    "BA304": _("With less, a program account would not be covered. Wait, or give notice instead."),
    INTERNAL: _("Something went wrong in the portal. Send the same request again with the same key."),
}
#: Codes that belong to the call and not to its content: they stay as every API of the portal says them.
_OF_THE_CALL = frozenset(
    {
        "not_authenticated",
        "authentication_failed",
        "scope_missing",
        "not_found",
        "method_not_allowed",
        "not_acceptable",
        "unsupported_media_type",
        "parse_error",
        "throttled",
        "idempotency_key_invalid",
        "idempotency_in_progress",
        "document_not_accepted",
        "document_unreadable",
    }
)
#: Fields that the services name otherwise.
FIELDS: Mapping[str, str] = {"shares": "allocations"}
_DAYS = frozenset({"validity_start", "validity_end", "terminates_on", "effective_date"})


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

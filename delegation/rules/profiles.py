"""Contact details of a business and of a program account. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

#: The contact details of a business and of a program account, in the order of their pages: what managers may change.
_CONTACT_LABELS: dict[str, Any] = {
    "telephone": _("Telephone"),
    "email": _("E-mail"),
    "mailing_address": _("Mailing address"),
    "main_name": _("Main contact: name"),
    "main_position": _("Main contact: position"),
    "main_telephone": _("Main contact: telephone"),
    "main_email": _("Main contact: e-mail"),
    "other_name": _("Other contact: name"),
    "other_position": _("Other contact: position"),
    "other_telephone": _("Other contact: telephone"),
    "other_email": _("Other contact: e-mail"),
}
BUSINESS_PROFILE: dict[str, Any] = {
    "operating_name": _("Operating name"),
    "language": _("Language"),
    **_CONTACT_LABELS,
}
PROGRAM_PROFILE: dict[str, Any] = {"name": _("Name of the program account"), **_CONTACT_LABELS}
PROFILE_LABELS: dict[str, Any] = {**BUSINESS_PROFILE, **PROGRAM_PROFILE}


def profile_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The old and the new values of what differs, as the history of a profile keeps them."""
    changed = [name for name, value in before.items() if after[name] != value]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


def fingerprint(profile: Mapping[str, str]) -> str:
    """What a form carries of the profile it was made from, so that a change behind its back is noticed."""
    return hashlib.sha256(repr(sorted(profile.items())).encode()).hexdigest()[:16]


def contact_problem(*, name: str, position: str, telephone: str, email: str) -> str | None:
    """What a contact person lacks, as a code: a name for its details, a way to reach somebody named (assumed)."""
    if not name:
        return "no_name" if position or telephone or email else None
    return None if telephone or email else "no_way_to_reach"

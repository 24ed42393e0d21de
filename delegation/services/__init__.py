"""What changes who may act for whom: requests, approvals, their end; employees, roles and invitations.

Every service locks the business whose access it changes, so that two at once have exactly one outcome, asks the rules,
writes, records before and after, and tells both sides. A person's authority is asked of the door; the portal itself
(jobs, the demo world) and officers need none.
"""

from delegation.services.blocks import block_provider, unblock_provider
from delegation.services.employees import (
    adopt_requests,
    approve_employee,
    change_role,
    reject_employee,
    request_employment,
    revoke_membership,
    withdraw_employment,
)
from delegation.services.in_force import edit_scope, end, expire, require_in_force, revoke
from delegation.services.invitations import accept_invitation, invite, token_hash, withdraw_invitation
from delegation.services.notices import (
    MANAGERS,
    PROGRAM_MANAGERS,
    BusinessNotice,
    notify_business,
    notify_businesses,
    people_of,
)
from delegation.services.parts import CATEGORY, check_scope, check_signature
from delegation.services.primary import (
    accept_primary,
    decline_primary,
    expire_offers,
    name_primary,
    offer_primary,
    withdraw_primary,
)
from delegation.services.profiles import change_business_profile, change_program_profile
from delegation.services.renewals import RenewalRow, plan_renewals, renew
from delegation.services.requests import (
    accept_nomination,
    approve,
    nominate_provider,
    nominated,
    reject,
    request_access,
    withdraw,
)

__all__ = [
    "CATEGORY",
    "MANAGERS",
    "PROGRAM_MANAGERS",
    "BusinessNotice",
    "RenewalRow",
    "accept_invitation",
    "accept_nomination",
    "accept_primary",
    "adopt_requests",
    "approve",
    "approve_employee",
    "block_provider",
    "change_business_profile",
    "change_program_profile",
    "change_role",
    "check_scope",
    "check_signature",
    "decline_primary",
    "edit_scope",
    "end",
    "expire",
    "expire_offers",
    "invite",
    "name_primary",
    "nominate_provider",
    "nominated",
    "notify_business",
    "notify_businesses",
    "offer_primary",
    "people_of",
    "plan_renewals",
    "reject",
    "reject_employee",
    "renew",
    "request_access",
    "request_employment",
    "require_in_force",
    "revoke",
    "revoke_membership",
    "token_hash",
    "unblock_provider",
    "withdraw",
    "withdraw_employment",
    "withdraw_invitation",
    "withdraw_primary",
]

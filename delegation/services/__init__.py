"""What changes who may act for whom: requests, approvals, their end; employees, roles and invitations.

Every service locks the business whose access it changes, so that two at once have exactly one outcome, asks the rules,
writes, records before and after, and tells both sides. A person's authority is asked of the door; the portal itself
(jobs, the demo world) and officers need none.
"""

from delegation.services.blocks import block_provider, unblock_provider
from delegation.services.bulk import RowResult, WantedRequest, results_of, send_requests, try_requests
from delegation.services.colleagues import add_colleague
from delegation.services.employees import (
    adopt_requests,
    approve_employee,
    change_role,
    check_change,
    reject_employee,
    request_employment,
    revoke_membership,
    withdraw_employment,
)
from delegation.services.groups import (
    add_clients,
    approve_group_request,
    ask_for_client,
    ask_for_group,
    assign_client,
    change_group,
    create_group,
    delete_group,
    reject_group_request,
    remove_clients,
    set_staff,
    unassign_client,
    withdraw_group_request,
)
from delegation.services.in_force import edit_scope, end, expire, require_in_force, require_role, revoke
from delegation.services.invitations import accept_invitation, invite, token_hash, withdraw_invitation
from delegation.services.licences import restore_licence, revoke_licence
from delegation.services.notices import (
    MANAGERS,
    PROGRAM_MANAGERS,
    BusinessNotice,
    notify_business,
    notify_businesses,
    notify_readers_with_copies,
    people_of,
)
from delegation.services.parts import CATEGORY, check_scope, check_signature, grant_in_words, roles_in_words
from delegation.services.practice import approve_in_practice, reject_in_practice
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
    "RowResult",
    "WantedRequest",
    "accept_invitation",
    "accept_nomination",
    "accept_primary",
    "add_clients",
    "add_colleague",
    "adopt_requests",
    "approve",
    "approve_employee",
    "approve_group_request",
    "approve_in_practice",
    "ask_for_client",
    "ask_for_group",
    "assign_client",
    "block_provider",
    "change_business_profile",
    "change_group",
    "change_program_profile",
    "change_role",
    "check_change",
    "check_scope",
    "check_signature",
    "create_group",
    "decline_primary",
    "delete_group",
    "edit_scope",
    "end",
    "expire",
    "expire_offers",
    "grant_in_words",
    "invite",
    "name_primary",
    "nominate_provider",
    "nominated",
    "notify_business",
    "notify_businesses",
    "notify_readers_with_copies",
    "offer_primary",
    "people_of",
    "plan_renewals",
    "reject",
    "reject_employee",
    "reject_group_request",
    "reject_in_practice",
    "remove_clients",
    "renew",
    "request_access",
    "request_employment",
    "require_in_force",
    "require_role",
    "restore_licence",
    "results_of",
    "revoke",
    "revoke_licence",
    "revoke_membership",
    "roles_in_words",
    "send_requests",
    "set_staff",
    "token_hash",
    "try_requests",
    "unassign_client",
    "unblock_provider",
    "withdraw",
    "withdraw_employment",
    "withdraw_group_request",
    "withdraw_invitation",
    "withdraw_primary",
]

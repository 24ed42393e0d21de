"""What every verb of the audit trail is called in a history: one sentence a verb, and what kind of act it is.

A verb without a sentence here fails ``tests/dashboard/test_verbs.py``.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ActKind(TextChoices):
    """By what somebody looks for in a history."""

    VIEWED = "viewed", _("Viewed")
    DOWNLOADED = "downloaded", _("Downloaded")
    CHANGED = "changed", _("Changed")
    REFUSED = "refused", pgettext_lazy("kind of act", "Refused")
    SIGN_IN = "sign-in", _("Sign-in")


#: ``%(who)s`` begins each sentence, so that a name needs no agreement with what follows.
SENTENCES: Mapping[str, Any] = {
    # Passing the door
    "access.viewed": _("%(who)s viewed a page"),
    "access.downloaded": _("%(who)s downloaded a file"),
    "access.refused": _("%(who)s was refused a page"),
    # People
    "person.entered": _("%(who)s entered the portal for the first time"),
    "person.signed_in": _("%(who)s signed in"),
    "person.signed_out": _("%(who)s signed out"),
    "person.code_rejected": _("%(who)s typed a wrong sign-in code"),
    "person.sign_in_paused": _("%(who)s has to wait after too many wrong sign-in codes"),
    "person.email_enrolled": _("%(who)s set the address for sign-in codes"),
    "person.second_factor_reset": _("%(who)s reset somebody's sign-in codes"),
    "person.blocked": _("%(who)s blocked somebody's sign-in"),
    "person.unblocked": _("%(who)s lifted the block on somebody's sign-in"),
    "person.archived": _("%(who)s archived somebody: no sign-in, no role in any business"),
    "person.taken_out_of_archive": _("%(who)s took somebody out of the archive"),
    "person.session_ended": _("%(who)s signed out another browser"),
    "person.other_sessions_ended": _("%(who)s signed out all other browsers"),
    "person.profile_completed": _("%(who)s filled in their profile"),
    "person.profile_updated": _("%(who)s changed their profile"),
    "person.confirmed": _("%(who)s confirmed who they are before a sensitive change"),
    "person.authenticator_added": _("%(who)s added an authenticator app or a passkey"),
    "person.authenticator_renamed": _("%(who)s renamed an authenticator app or a passkey"),
    "person.authenticator_removed": _("%(who)s removed an authenticator app or a passkey"),
    "person.recovery_codes_made": _("%(who)s made recovery codes"),
    "person.recovery_codes_shown": _("%(who)s looked at the recovery codes"),
    "person.recovery_code_used": _("%(who)s signed in with a recovery code"),
    "person.second_factor_started_over": _("%(who)s removed every second factor and started over"),
    "person.emergency_code_issued": _("%(who)s gave somebody an emergency code"),
    "person.emergency_code_used": _("%(who)s signed in with an emergency code"),
    "person.email_change_asked": _("%(who)s asked to change an e-mail address"),
    "person.email_code_resent": _("%(who)s had the code for a new e-mail address sent again"),
    "person.email_change_cancelled": _("%(who)s cancelled the change of an e-mail address"),
    "person.email_change_lapsed": _("%(who)s closed the change of an e-mail address that nobody confirmed"),
    "person.email_changed": _("%(who)s changed the address for sign-in codes"),
    "person.contact_email_changed": _("%(who)s changed the address for notices"),
    "person.email_bounced": _("%(who)s noted that an e-mail address sends messages back"),
    "person.email_works_again": _("%(who)s noted that an e-mail address works again"),
    "person.inactivity_warned": _("%(who)s warned somebody who had not signed in for long"),
    "person.deactivated": _("%(who)s closed the access of somebody who had not signed in for long"),
    "person.reactivated": _("%(who)s opened somebody's access again"),
    "person.email_copies_chosen": _("%(who)s chose which notices also come by e-mail"),
    # The business and its people
    "business.recorded": _("%(who)s entered the business in the register"),
    "business.registered": _("%(who)s registered the business in the portal"),
    "business.released_for_practice": _("%(who)s gave the business back for practice"),
    "business.recognised_as_provider": _("%(who)s recognised the business as a service provider"),
    "business.licence_revoked": _("%(who)s revoked the customs broker licence of the business"),
    "business.licence_restored": _("%(who)s restored the customs broker licence of the business"),
    "business.profile_changed": _("%(who)s changed the business profile"),
    "program_account.opened": _("%(who)s opened a program account"),
    "program_account.enrolled_as_importer": _("%(who)s enrolled the program account in the importer program"),
    "program_account.profile_changed": _("%(who)s changed the profile of the program account"),
    "primary.offered": _("%(who)s offered the primary role to another manager"),
    "primary.offer_withdrawn": _("%(who)s withdrew the offer of the primary role"),
    "primary.offer_expired": _("%(who)s closed an offer of the primary role that nobody answered in time"),
    "primary.declined": _("%(who)s declined the primary role"),
    "primary.handed_over": _("%(who)s accepted the primary role"),
    "primary.passed_on": _("%(who)s passed the primary role on"),
    "primary.named": _("%(who)s named the primary manager"),
    "role.granted": _("%(who)s gave somebody a role"),
    "employee.requested": _("%(who)s asked to join the business"),
    "employee.request_withdrawn": _("%(who)s withdrew a request to join the business"),
    "employee.approved": _("%(who)s approved a request to join the business"),
    "employee.rejected": _("%(who)s rejected a request to join the business"),
    "employee.role_changed": _("%(who)s changed somebody's role"),
    "employee.revoked": _("%(who)s took away somebody's role"),
    "invitation.sent": _("%(who)s invited somebody to join the business"),
    "invitation.withdrawn": _("%(who)s withdrew an invitation"),
    "invitation.accepted": _("%(who)s accepted an invitation and joined the business"),
    "plan.sent": _("%(who)s sent invitations from a plan"),
    # Registration and practice
    "registration.started": _("%(who)s began to register the business"),
    "registration.paused": _("%(who)s has to wait after too many wrong answers in registering the business"),
    "registration.pause_lifted": _("%(who)s lifted the wait in registering the business"),
    "registration.locked": _("%(who)s is locked after too many wrong answers in registering the business"),
    "registration.lock_lifted": _("%(who)s lifted the lock in registering the business"),
    "registration.completed": _("%(who)s completed the registration of the business"),
    "registration.completed_by_hand": _("%(who)s registered the business by hand"),
    "registration.abandoned": _("%(who)s gave up registering the business"),
    "document.received": _("%(who)s uploaded a file"),
    "document.accepted": _("%(who)s accepted a file after its check"),
    "document.refused": _("%(who)s refused a file after its check"),
    "document.removed": _("%(who)s removed a file"),
    "support_request.asked": _("%(who)s asked the officers a question"),
    "support_request.answered": _("%(who)s answered a question"),
    "support_request.refused": _("%(who)s refused to answer a question"),
    "support_request.withdrawn": _("%(who)s withdrew a question"),
    "practice_card.offered": _("%(who)s offered the business for practice"),
    "practice_card.taken": _("%(who)s took the practice card of the business"),
    # Third parties
    "delegation.requested": _("%(who)s asked for access to the business"),
    "delegation.nominated": _("%(who)s asked a service provider to act for the business"),
    "delegation.approved": _("%(who)s approved the access of a service provider"),
    "delegation.accepted": _("%(who)s accepted to act for the business"),
    "delegation.rejected": _("%(who)s rejected a request for access"),
    "delegation.withdrawn": _("%(who)s withdrew a request for access"),
    "delegation.request_expired": _("%(who)s closed a request for access that nobody answered in time"),
    "delegation.edited": _("%(who)s changed the access of a service provider"),
    "delegation.renewed": _("%(who)s renewed the access of a service provider"),
    "delegation.revoked": _("%(who)s revoked the access of a service provider"),
    "delegation.ended": _("%(who)s gave back the access to the business"),
    "delegation.expired": _("%(who)s ended the access of a service provider on its last day"),
    "delegation.list_sent": _("%(who)s asked many clients for access with a list"),
    "delegation.approved_in_practice": _("%(who)s approved a request in the client's place, for practice"),
    "delegation.rejected_in_practice": _("%(who)s rejected a request in the client's place, for practice"),
    "provider.blocked": _("%(who)s blocked a service provider"),
    "provider.unblocked": _("%(who)s unblocked a service provider"),
    # A provider's own clients and people
    "client_group.created": _("%(who)s created a client group"),
    "client_group.changed": _("%(who)s changed a client group"),
    "client_group.deleted": _("%(who)s deleted a client group"),
    "client_group.clients_added": _("%(who)s added clients to a client group"),
    "client_group.clients_removed": _("%(who)s removed clients from a client group"),
    "client_group.staff_changed": _("%(who)s changed the people of a client group"),
    "client_assignment.made": _("%(who)s gave a client to somebody"),
    "client_assignment.ended": _("%(who)s took a client back from somebody"),
    "group_request.made": _("%(who)s asked for clients"),
    "group_request.approved": _("%(who)s approved a request for clients"),
    "group_request.rejected": _("%(who)s rejected a request for clients"),
    "group_request.withdrawn": _("%(who)s withdrew a request for clients"),
    # Releases and declarations
    "release.released": _("%(who)s had goods released"),
    "release.refused": _("%(who)s asked for a release of goods that was refused"),
    "release.at_port": _("%(who)s asked for a release of goods to be paid at the port"),
    "release.awaiting": _("%(who)s asked for a release of goods before they arrive"),
    "release.arrived": _("%(who)s certified the arrival of goods"),
    "release.examination": _("%(who)s required an examination of goods"),
    "release.held": _("%(who)s put goods on hold"),
    "release.may_move": _("%(who)s let goods move, detained at destination"),
    "release.let_go": _("%(who)s ended an examination or a hold of goods"),
    "release.importer_corrected": _("%(who)s put a release on this program account"),
    "release.importer_left": _("%(who)s took a release off this program account"),
    "admission.given": _("%(who)s set how goods of the account are released"),
    "admission.ended": _("%(who)s ended a setting of how goods are released"),
    "declaration.assessed_by_officer": _("%(who)s assessed goods that nobody accounted for"),
    "declaration.penalty_waived": _("%(who)s waived a late accounting penalty"),
    "declaration.started": _("%(who)s began a declaration"),
    "declaration.ready_for_port": _("%(who)s made a declaration ready for the port"),
    "declaration.accepted": _("%(who)s filed a declaration"),
    "declaration.corrected": _("%(who)s corrected a declaration"),
    "declaration.correction_started": _("%(who)s began to correct a declaration"),
    "declaration.correction_discarded": _("%(who)s discarded a correction"),
    "declaration.rejected": _("%(who)s submitted a declaration that was rejected"),
    "declaration.consolidated": _("%(who)s gathered courier releases of a month in a declaration"),
    "declaration.copied": _("%(who)s copied an earlier declaration into a draft"),
    "declaration.evidence_opened": _("%(who)s opened a paper of a declaration"),
    "declaration.reopened": _("%(who)s reopened a declaration"),
    "declaration.paid_at_port": _("%(who)s paid a declaration at the port"),
    "declaration.overdue_notice": _("%(who)s gave notice of a declaration that is late"),
    "declaration.penalty_charged": _("%(who)s charged a late accounting penalty"),
    "declaration.change_started": _("%(who)s began a change of a declaration"),
    "declaration.change_asked": _("%(who)s asked to change a declaration"),
    "declaration.change_answered": _("%(who)s answered an officer about a change"),
    "declaration.change_taken_back": _("%(who)s took back a request to change a declaration"),
    "declaration.change_information_asked": _("%(who)s asked for information about a change"),
    "declaration.change_approved": _("%(who)s approved a change of a declaration"),
    "declaration.change_rejected": _("%(who)s rejected a change of a declaration"),
    "declaration.redetermined": _("%(who)s re-determined a declaration"),
    # Money
    "payment.started": _("%(who)s started a payment"),
    "payment.at_bank": _("%(who)s sent a payment to the bank"),
    "payment.received": _("%(who)s recorded a payment as received"),
    "payment.declined": _("%(who)s recorded a payment as declined by the bank"),
    "payment.cancelled": _("%(who)s cancelled a payment"),
    "statement.issued": _("%(who)s issued a statement of account"),
    "statement.file_missing": _("%(who)s could not be given a file of a statement"),
    "statement.file_requested": _("%(who)s asked for a file of statements or transactions"),
    "statement.file_ready": _("%(who)s made a requested file"),
    "statement.file_failed": _("%(who)s could not make a requested file"),
    "statement.file_expired": _("%(who)s deleted a requested file after ten days"),
    "daily_notices.issued": _("%(who)s issued the daily notices"),
    "interest.charged": _("%(who)s charged interest"),
    "interest.recomputed": _("%(who)s credited interest that turned out too much"),
    "interest.waived": _("%(who)s waived interest"),
    "payment.entered_late": _("%(who)s entered a cheque or counter payment that had come earlier"),
    "payment.arranged": _("%(who)s announced a payment for a client"),
    "payment.arrangement_withdrawn": _("%(who)s withdrew a payment announced for a client"),
    "payment.arrangement_reopened": _("%(who)s expects an announced payment again, as the money came back"),
    "payment.returned": _("%(who)s took a returned payment back"),
    "payment.fee_charged": _("%(who)s charged the fee of a returned payment"),
    "debit.agreement_signed": _("%(who)s set up pre-authorized debit"),
    "debit.agreement_changed": _("%(who)s changed the account of pre-authorized debit"),
    "debit.agreement_cancelled": _("%(who)s cancelled pre-authorized debit"),
    "debit.agreement_returned": _("%(who)s recorded that the bank ended pre-authorized debit"),
    "debit.brokers_told": _("%(who)s told third parties about pre-authorized debit"),
    "debit.announced": _("%(who)s announced a pre-authorized debit"),
    "debit.sent": _("%(who)s sent a pre-authorized debit to the bank"),
    "debit.paid": _("%(who)s recorded a pre-authorized debit as paid"),
    "debit.returned": _("%(who)s recorded a pre-authorized debit as returned"),
    "debit.dropped": _("%(who)s recorded that a pre-authorized debit was not taken"),
    "credit.preference_chosen": _("%(who)s chose how credits are used"),
    "credit.allocated_by_hand": _("%(who)s paid chosen items with credit"),
    "credit.moved_away": _("%(who)s moved credit to another program account"),
    "credit.moved_here": _("%(who)s moved credit here from another program account"),
    "refund.requested": _("%(who)s asked for a refund of credit"),
    "refund.withdrawn": _("%(who)s withdrew a request for a refund"),
    "refund.approved": _("%(who)s approved a refund of credit"),
    "refund.rejected": _("%(who)s rejected a refund of credit"),
    "refund.paid": _("%(who)s paid out a refund"),
    "standing.reminder": _("%(who)s reminded of an amount that falls due"),
    "standing.warning": _("%(who)s warned of an overdue amount"),
    "standing.arrears": _("%(who)s gave notice of arrears"),
    "standing.suspension": _("%(who)s gave notice of a suspension for overdue amounts"),
    "standing.collections": _("%(who)s transferred an overdue account for collection"),
    "standing.enforcement": _("%(who)s gave notice that set-off and court are possible"),
    "standing.held": _("%(who)s held back the steps for overdue amounts"),
    "standing.hold_ended": _("%(who)s let the steps for overdue amounts go on"),
    "standing.arranged": _("%(who)s agreed on instalments for overdue amounts"),
    "standing.arrangement_ended": _("%(who)s ended a payment arrangement"),
    "standing.arrangement_kept": _("%(who)s closed a payment arrangement that was kept"),
    "standing.arrangement_broken": _("%(who)s closed a payment arrangement that was broken"),
    "standing.detained": _("%(who)s flagged goods for detention because of overdue amounts"),
    "standing.freed": _("%(who)s took off the flag for detention of goods"),
    "standing.set_off": _("%(who)s set a credit off against overdue amounts"),
    "demand.sent": _("%(who)s demanded payment by the surety"),
    "demand.rebutted": _("%(who)s answered a demand on a bond"),
    "demand.upheld": _("%(who)s upheld a demand on a bond"),
    "demand.withdrawn": _("%(who)s withdrew a demand on a bond"),
    "demand.paid": _("%(who)s entered the surety's payment of a demand"),
    # Financial security
    "rpp.enrolled": _("%(who)s enrolled the program account in Release Prior to Payment"),
    "rpp.period_changed": _("%(who)s changed the period of Release Prior to Payment"),
    "rpp.period_ended": _("%(who)s ended Release Prior to Payment with its period"),
    "rpp.estimate_raised": _("%(who)s raised the estimate of the highest month"),
    "rpp.activated": _("%(who)s activated Release Prior to Payment"),
    "rpp.suspended": _("%(who)s suspended Release Prior to Payment"),
    "rpp.reinstated": _("%(who)s reinstated Release Prior to Payment"),
    "rpp.cancelled": _("%(who)s cancelled Release Prior to Payment"),
    "rpp.removed": _("%(who)s removed the program account from Release Prior to Payment"),
    "bond.proposed": _("%(who)s proposed a bond"),
    "bond.confirmed": _("%(who)s confirmed a bond"),
    "bond.filed": _("%(who)s filed a bond"),
    "bond.lowered": _("%(who)s lowered a bond"),
    "software.issued": _("%(who)s issued a credential for software"),
    "software.secret_changed": _("%(who)s changed the secret of software"),
    "software.revoked": _("%(who)s revoked a credential of software"),
    "software.address_set": _("%(who)s set the address for events of software"),
    "bond.rejected": _("%(who)s rejected a bond"),
    "bond.withdrawn": _("%(who)s withdrew a bond"),
    "bond.raise_asked": _("%(who)s asked for a higher bond"),
    "bond.raised": _("%(who)s raised a bond"),
    "bond.notice_given": _("%(who)s gave notice that a bond will end"),
    "bond.notice_withdrawn": _("%(who)s took back the notice that a bond will end"),
    "bond.pending_provider": _("%(who)s left a bond with the surety for an answer"),
    "bond.scheduled": _("%(who)s scheduled a bond"),
    "bond.active": _("%(who)s put a bond into force"),
    "bond.termination_pending": _("%(who)s noted that a bond will end"),
    "bond.lapsed": _("%(who)s closed a bond that lapsed"),
    "bond.expired": _("%(who)s closed a bond that reached its end"),
    "bond.terminated": _("%(who)s ended a bond"),
    "deposit.received": _("%(who)s recorded a security deposit"),
    "deposit.refund_asked": _("%(who)s asked for a security deposit back"),
    "reduction.asked": _("%(who)s asked for a lower security requirement"),
    "reduction.withdrawn": _("%(who)s withdrew the request for a lower security requirement"),
    "reduction.decided": _("%(who)s decided on a lower security requirement"),
    "review.held": _("%(who)s held a yearly review back"),
    "review.released": _("%(who)s let a held yearly review go on"),
    "review.chunk_done": _("%(who)s did part of the yearly review"),
    # Applications
    "application.started": _("%(who)s began an application"),
    "application.submitted": _("%(who)s handed in an application"),
    "application.withdrawn": _("%(who)s withdrew an application"),
    "application.documents_asked": _("%(who)s asked for more documents"),
    "application.approved": _("%(who)s approved an application"),
    "application.rejected": _("%(who)s rejected an application"),
    "application.reminded": _("%(who)s reminded somebody of the papers of an application"),
    "application.draft_warned": _("%(who)s told somebody that the draft of an application closes soon"),
    "application.draft_closed": _("%(who)s closed the draft of an application that nobody had worked on"),
    "application.files_removed": _("%(who)s removed the files of an application that was kept long enough"),
    "application.papers_checked": _("%(who)s checked the papers of an application"),
    "document.opened": _("%(who)s opened a file"),
    "file.requested": _("%(who)s asked for a file to be made"),
    "file.made": _("%(who)s made a file that somebody asked for"),
    "file.given_up": _("%(who)s gave up a file that could not be made"),
    "file.downloaded": _("%(who)s took a file that was made on request"),
    "file.expired": _("%(who)s removed a file that was kept long enough"),
    # The portal's own tables and clock
    "clock.move_asked": _("%(who)s moved the clock"),
    "job.paused": _("%(who)s paused a job"),
    "job.resumed": _("%(who)s let a paused job go on"),
    "job.rerun": _("%(who)s ran a job again"),
    "billing_override.set": _("%(who)s set a billing date"),
    "exchange_rate.set": _("%(who)s set an exchange rate"),
    "interest_rate.set": _("%(who)s set an interest rate"),
    "policy_parameter.set": _("%(who)s set a policy parameter"),
    "exchange_rates.loaded": _("%(who)s loaded a file of exchange rates"),
    "tariff.loaded": _("%(who)s loaded a tariff schedule"),
    "reference.loaded": _("%(who)s loaded the reference tables"),
}

#: Anything else changes something.
KINDS: Mapping[str, ActKind] = {
    "access.viewed": ActKind.VIEWED,
    "access.downloaded": ActKind.DOWNLOADED,
    "access.refused": ActKind.REFUSED,
    "file.downloaded": ActKind.DOWNLOADED,
    "registration.paused": ActKind.REFUSED,
    "registration.locked": ActKind.REFUSED,
    "document.refused": ActKind.REFUSED,
    "release.refused": ActKind.REFUSED,
}

#: What a business is told of the sign-ins of its people; their profiles are their own.
SIGN_IN_VERBS = (
    "person.signed_in",
    "person.signed_out",
    "person.code_rejected",
    "person.sign_in_paused",
    "person.email_enrolled",
    "person.second_factor_reset",
    "person.blocked",
    "person.unblocked",
    "person.archived",
    "person.taken_out_of_archive",
    "person.recovery_code_used",
    "person.emergency_code_issued",
    "person.emergency_code_used",
    "person.authenticator_added",
    "person.authenticator_removed",
    "person.deactivated",
    "person.reactivated",
    "person.session_ended",
    "person.other_sessions_ended",
)


def kind_of(verb: str) -> ActKind:
    return ActKind.SIGN_IN if verb.startswith("person.") else KINDS.get(verb, ActKind.CHANGED)


def sentence(verb: str, who: str) -> str:
    """The act in words; a verb that has none, kept from an older release, is shown as it is."""
    words = SENTENCES.get(verb)
    return str(words) % {"who": who} if words else f"{who}: {verb}"


def verbs_saying(text: str) -> list[str]:
    """The verbs whose sentence in the active language holds the text."""
    wanted = text.casefold()
    return [verb for verb, words in SENTENCES.items() if wanted in (str(words) % {"who": ""}).casefold()]


#: What is behind a page that was viewed, by the first part of its route's name.
ROOMS: Mapping[str, Any] = {
    "dashboard": _("Home"),
    "delegation": _("People and access"),
    "security": _("Financial security"),
    "releases": _("Releases"),
    "declarations": _("Declarations"),
    "statements": _("Statements and transactions"),
    "standing": _("Standing"),
    "payments": _("Payments"),
    "registration": _("Registration"),
    "support": _("Help"),
    "notifications": _("Notices"),
    "accounts": _("Business and program profile"),
    "documents": _("Documents"),
    "integrations": _("Software"),
}
_API_ROOMS: Mapping[str, str] = {
    "api_statement": "statements",
    "api_level_statement": "statements",
    "api_transactions": "statements",
    "api_daily_notice": "statements",
    "api_as_of": "statements",
    "api_reconciliation": "statements",
    "api_explain": "statements",
    "api_standing": "standing",
    "api_payment": "payments",
    "api_debit": "payments",
    "api_credits": "payments",
    "api_allocations": "payments",
    "api_item_trace": "payments",
    "api_declaration": "declarations",
    "api_change": "declarations",
    "api_correction": "declarations",
    "api_release": "releases",
    "api_security": "security",
    "api_bond": "integrations",
    "api_token": "integrations",
    "api_client": "delegation",
    "api_people": "delegation",
    "api_withdraw_client": "delegation",
    "api_approve_in_practice": "delegation",
    "api_reject_in_practice": "delegation",
}


def room_of(route: str) -> Any:
    """The part of the portal that a route belongs to, in words; the route itself where it is unknown."""
    room, colon, _name = route.partition(":")
    if not colon:
        room = next((found for stem, found in _API_ROOMS.items() if route.startswith(stem)), route)
    return ROOMS.get(room, route)


#: Acts of people who need not belong to the business yet: their names are their own.
NAMELESS = frozenset(
    {
        "registration.started",
        "registration.paused",
        "registration.locked",
        "registration.abandoned",
        "practice_card.offered",
        "practice_card.taken",
    }
)
#: Why the door refused, in words.
REFUSALS: Mapping[str, Any] = {
    "number_not_shown": _("The access given does not show this number"),
    "role_too_narrow": _("The role does not include it"),
    "delegation_too_narrow": _("The access given does not include it"),
    "draft_of_another_filer": _("Somebody else is writing this declaration"),
    "not_a_provider": _("Only service providers have this page"),
}
#: Through which door, by the channel of an event.
DOORS: Mapping[str, Any] = {
    "page": _("Page"),
    "api": _("API"),
    "admin": _("Agency's site"),
    "job": _("Portal's own job"),
    "console": _("Portal's console"),
}

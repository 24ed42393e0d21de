"""THE page list: every page of the site, whose it is, and how its address is made.

``test_pages.py`` walks it in Chromium in both languages, ``test_query_counts.py`` counts its queries with one row and
with fifty. A named route that answers a GET with a page and is neither in ``PAGES`` nor in ``EXCLUDED`` fails.

How to add a page: one line ``Page("room:name", seat, kwargs)``; ``number`` and ``bn9`` are the seat's own where the
address wants them. A page worth seeing in two states stands twice, told apart by ``note``. An object that an address
names is made in ``world.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import override

from ledger.queries import entries_of_source
from tests.browser.world import Portal

Made = Callable[[Portal], dict[str, Any]]

#: Most queries of a typical signed-in page.
TYPICAL = 8


def _nothing(portal: Portal) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Page:
    """A page as one seat sees it."""

    name: str
    seat: str
    kwargs: Made = _nothing
    query: str = ""
    note: str = ""
    status: int = 200

    @property
    def id(self) -> str:
        return f"{self.name}{f'[{self.note}]' if self.note else ''}"

    @property
    def budget(self) -> int:
        """The most queries that it may ask."""
        return next((pages[self.id] for pages in BUDGETS.values() if self.id in pages), TYPICAL)

    def address(self, portal: Portal, language: str) -> str:
        with override(language):
            return reverse(self.name, kwargs=self.kwargs(portal)) + self.query


def _account(home: str, **more: Callable[[Portal], Any]) -> Made:
    return lambda portal: {
        "number": portal.homes[home].number,
        **{name: made(portal) for name, made in more.items()},
    }


def _business(home: str, **more: Callable[[Portal], Any]) -> Made:
    return lambda portal: {"bn9": portal.homes[home].bn9, **{name: made(portal) for name, made in more.items()}}


NORTHLIGHT = _account("northlight")
OF_NORTHLIGHT = _business("northlight")
OF_HARBOURLINE = _business("harbourline")


def _draft(portal: Portal) -> Any:
    return portal.draft.number


def _one(portal: Portal) -> int:
    return 1


def _filed(portal: Portal) -> Any:
    return portal.declaration.number


def _statement(portal: Portal) -> str:
    return "2026-07-25"


def _entry(portal: Portal) -> Any:
    return entries_of_source(f"declaration:{portal.declaration.number}")[0].pk


def _notice(portal: Portal) -> str:
    return portal.notice.notice_on.isoformat()


PAGES: tuple[Page, ...] = (
    # Open to everybody
    Page("core:design", "nobody"),
    Page("dashboard:public_home", "nobody"),
    Page("dashboard:bulletins", "nobody"),
    Page("dashboard:bulletin", "nobody", lambda p: {"slug": "launch"}),
    Page("dashboard:about", "nobody"),
    Page("dashboard:accessibility", "nobody"),
    Page("dashboard:privacy", "nobody"),
    Page("dashboard:api", "nobody"),
    Page("support:calculators", "nobody"),
    Page("support:calculator_duties", "nobody"),
    Page("support:calculator_security", "nobody"),
    Page("support:calculator_billing", "nobody"),
    Page("support:calculator_interest", "nobody"),
    Page("support:tariff", "nobody", query="?q=nuts"),
    Page("support:classify", "nobody", query="?chapter=73"),
    Page("support:exchange_rates", "nobody", query="?currency=USD&on=2026-07-15"),
    Page(
        "support:tariff_number",
        "nobody",
        lambda p: {"number": "7318.16.00.10"},
        query="?origin=CN&on=2026-07-15&value=1000",
    ),
    Page("support:help", "nobody"),
    Page("registration:help_codes", "nobody"),
    Page("support:must_register", "nobody"),
    Page(
        "support:must_register",
        "nobody",
        query="?imports=yes&sold=yes&used=no&abroad=no&work=1",
        note="answered",
    ),
    Page("support:samples", "nobody"),
    Page("support:contact", "nobody"),
    Page("support:plan", "nobody"),
    Page("support:requests", "amara"),
    Page("support:requests", "newcomer", note="none"),
    Page("support:new_request", "newcomer"),
    Page("support:new_request", "wen", note="as broker"),
    Page("support:new_request", "newcomer", query="?kind=GENERAL", note="question"),
    Page("support:request", "amara", lambda p: {"number": p.question.number}),
    Page("support:request", "amara", lambda p: {"number": p.answered_question.number}, note="answered"),
    Page("support:send_plan", "amara", OF_NORTHLIGHT, note="no plan"),
    Page("accounts:sign_in", "nobody"),
    Page("accounts:signed_out", "nobody"),
    Page("accounts:dormant", "nobody", status=403),
    Page("accounts:inbox", "nobody"),
    Page("accounts:inbox_message", "nobody", lambda p: {"public_id": p.letter}),
    Page("registration:practice_card", "nobody"),
    Page("registration:paper", "nobody", lambda p: {"code": p.larkspur_card.code, "kind": "declaration"}, note="a"),
    Page("registration:paper", "nobody", lambda p: {"code": p.larkspur_card.code, "kind": "receipt"}, note="b"),
    Page("registration:paper", "nobody", lambda p: {"code": p.larkspur_card.code, "kind": "statement"}, note="c"),
    # The person
    Page("accounts:profile_setup", "unfinished"),
    Page("registration:first_setup", "newcomer"),
    Page("accounts:profile", "amara"),
    Page("accounts:profile_edit", "amara"),
    Page("accounts:history", "amara"),
    Page("accounts:security", "amara"),
    Page("accounts:security", "guarded", note="guarded"),
    Page("accounts:end_other_sessions", "amara"),
    Page("account_reauthenticate", "amara"),
    Page("account_reauthenticate", "guarded", note="app"),
    Page("account_reauthenticate", "guarded", query="?way=recovery", note="recovery"),
    Page("accounts:app", "amara"),
    Page("accounts:app", "guarded", note="another"),
    Page("accounts:passkey", "amara"),
    Page("accounts:rename_factor", "guarded", lambda p: {"factor_id": p.factor.id}),
    Page("accounts:remove_factor", "guarded", lambda p: {"factor_id": p.factor.id}),
    Page("accounts:recovery_codes", "guarded"),
    Page("accounts:recovery_codes", "amara", note="none"),
    Page("accounts:addresses", "amara"),
    Page("accounts:addresses", "unreached", note="bounced"),
    Page("accounts:email_change", "amara"),
    Page("accounts:email_code", "unreached", lambda p: {"purpose": "codes"}),
    Page("accounts:letters", "amara"),
    Page("accounts:sign_out", "amara"),
    Page("notifications:list", "amara"),
    Page("notifications:choices", "amara"),
    Page("notifications:message", "amara", lambda p: {"pk": p.notification.pk}),
    Page("delegation:who_may_do_what", "nobody"),
    Page("delegation:switch", "amara"),
    Page("delegation:switch", "wen", note="broker"),
    Page("delegation:switch_files", "wen"),
    Page("delegation:employer_request", "newcomer"),
    Page("delegation:accept_invitation", "registrant", lambda p: {"token": "token-0"}),
    # Registering a business
    Page("registration:start", "newcomer"),
    Page("registration:start", "registrant", note="under way"),
    Page("registration:numbers", "registrant"),
    Page("registration:identity", "registrant"),
    Page("registration:proof", "registrant"),
    Page("registration:terms", "registrant"),
    Page("registration:review", "registrant"),
    Page("registration:by_hand", "registrant"),
    Page("registration:done", "registered"),
    # Applying for a business without a program account
    Page("registration:way", "newcomer"),
    Page(
        "registration:way",
        "newcomer",
        query="?shown=1&who=IMPORTER&where=ABROAD&numbers=BUSINESS&entity=CORPORATION",
        note="answered",
    ),
    Page(
        "registration:way",
        "newcomer",
        query="?shown=1&who=IMPORTER&where=ABROAD&numbers=NONE&entity=CORPORATION",
        note="number first",
    ),
    Page("registration:application_details", "drafter", lambda p: {"pk": p.application_draft.pk}),
    Page("registration:application_files", "drafter", lambda p: {"pk": p.application_draft.pk}),
    Page("registration:application_review", "drafter", lambda p: {"pk": p.application_draft.pk}),
    Page("registration:application_files", "applicant", lambda p: {"pk": p.application.pk}, note="asked"),
    Page("registration:application", "applicant", lambda p: {"pk": p.application.pk}),
    Page("registration:application", "approved", lambda p: {"pk": p.application_approved.pk}, note="approved"),
    # Homes
    Page("dashboard:home", "amara", NORTHLIGHT),
    Page("dashboard:home", "luc", _account("desrosiers"), note="overdue"),
    Page("dashboard:home", "wen", NORTHLIGHT, note="as broker"),
    Page("dashboard:business", "amara", OF_NORTHLIGHT),
    Page("dashboard:notices", "amara", NORTHLIGHT),
    Page("dashboard:as_of", "amara", NORTHLIGHT),
    Page("dashboard:explain", "amara", _account("northlight", what=lambda _p: "balance")),
    Page("dashboard:explain_entry", "amara", _account("northlight", entry_id=_entry)),
    Page("dashboard:reconciliation", "amara", NORTHLIGHT),
    Page("dashboard:business", "wen", OF_HARBOURLINE, note="broker"),
    Page("dashboard:business", "peter", _business("keystone"), note="surety"),
    # A provider's board; history and activity
    Page("dashboard:board", "wen", OF_HARBOURLINE),
    Page("dashboard:client_statements", "wen", OF_HARBOURLINE),
    Page("dashboard:history", "amara", OF_NORTHLIGHT),
    Page("dashboard:history", "wen", OF_HARBOURLINE, note="broker"),
    Page("dashboard:history_event", "amara", _business("northlight", pk=lambda p: p.event.pk)),
    Page("dashboard:delegate", "amara", _business("northlight", other=lambda p: p.homes["harbourline"].bn9)),
    Page("dashboard:client_activity", "wen", _business("harbourline", other=lambda p: p.homes["northlight"].bn9)),
    # People and access
    Page("delegation:people", "amara", OF_NORTHLIGHT),
    Page("delegation:open_account", "amara", OF_NORTHLIGHT),
    Page("delegation:members", "amara", OF_NORTHLIGHT),
    Page("delegation:member", "amara", _business("northlight", pk=lambda p: p.member.pk)),
    Page("delegation:add_colleague", "amara", OF_NORTHLIGHT),
    Page("delegation:remove_member", "amara", _business("northlight", pk=lambda p: p.member.pk)),
    Page("delegation:business_profile", "amara", OF_NORTHLIGHT),
    Page("delegation:edit_business_profile", "amara", OF_NORTHLIGHT),
    Page("delegation:program_profile", "amara", NORTHLIGHT),
    Page("delegation:program_profile", "wen", NORTHLIGHT, note="as broker"),
    Page("delegation:edit_program_profile", "amara", NORTHLIGHT),
    Page("delegation:primary", "amara", OF_NORTHLIGHT, note="offered"),
    Page("delegation:primary", "bo", OF_NORTHLIGHT, note="to answer"),
    Page("delegation:primary", "luc", _business("desrosiers"), note="to offer"),
    Page("delegation:primary", "june", _business("lantern"), note="nobody else"),
    Page("delegation:offer_primary", "luc", _business("desrosiers", pk=lambda p: p.deputy.pk)),
    Page("delegation:accept_primary", "bo", _business("northlight", pk=lambda p: p.handover.pk)),
    Page("delegation:decline_primary", "bo", _business("northlight", pk=lambda p: p.handover.pk)),
    Page("delegation:withdraw_primary", "amara", _business("northlight", pk=lambda p: p.handover.pk)),
    Page("delegation:licences", "daniel"),
    Page("delegation:licence", "daniel", OF_HARBOURLINE),
    Page("delegation:find_business", "daniel"),
    Page("delegation:name_primary", "daniel", OF_NORTHLIGHT),
    Page("delegation:employee_requests", "amara", OF_NORTHLIGHT),
    Page("delegation:employee_request", "amara", _business("northlight", pk=lambda p: p.request.pk)),
    Page("delegation:reject_employee", "amara", _business("northlight", pk=lambda p: p.request.pk)),
    Page("delegation:invite_backup", "amara", OF_NORTHLIGHT),
    Page("delegation:invitations", "amara", OF_NORTHLIGHT),
    Page("delegation:invite", "amara", OF_NORTHLIGHT),
    Page("delegation:withdraw_invitation", "amara", _business("northlight", pk=lambda p: p.invitation.pk)),
    Page("delegation:third_parties", "amara", OF_NORTHLIGHT),
    Page("delegation:third_party", "amara", _business("northlight", pk=lambda p: p.held.pk)),
    Page("delegation:edit_third_party", "amara", _business("northlight", pk=lambda p: p.held.pk)),
    Page("delegation:revoke_third_party", "amara", _business("northlight", pk=lambda p: p.held.pk)),
    Page("delegation:third_party_confirmation", "amara", _business("northlight", pk=lambda p: p.client.pk)),
    Page("delegation:block_provider", "amara", _business("northlight", pk=lambda p: p.held.pk)),
    Page("delegation:blocked_providers", "amara", OF_NORTHLIGHT),
    Page("delegation:unblock_provider", "amara", _business("northlight", pk=lambda p: p.block.pk)),
    Page("delegation:renew", "amara", OF_NORTHLIGHT),
    Page("delegation:nominate", "amara", OF_NORTHLIGHT),
    Page("delegation:third_party_requests", "amara", OF_NORTHLIGHT),
    Page("delegation:third_party_requests", "wen", OF_HARBOURLINE, "?tab=sent", note="sent"),
    Page("delegation:third_party_request", "amara", _business("northlight", pk=lambda p: p.asked.pk)),
    Page("delegation:approve_request", "amara", _business("northlight", pk=lambda p: p.asked.pk)),
    Page("delegation:reject_request", "amara", _business("northlight", pk=lambda p: p.asked.pk)),
    Page("delegation:accept_nomination", "wen", _business("harbourline", pk=lambda p: p.nomination.pk)),
    Page("delegation:withdraw_request", "wen", _business("harbourline", pk=lambda p: p.sent.pk)),
    Page("delegation:clients", "wen", OF_HARBOURLINE),
    Page("delegation:request_client", "wen", OF_HARBOURLINE),
    Page("delegation:confirmation", "wen", _business("harbourline", pk=lambda p: p.client.pk)),
    Page("delegation:client", "wen", _business("harbourline", pk=lambda p: p.client.pk)),
    Page("delegation:end_client", "wen", _business("harbourline", pk=lambda p: p.client.pk)),
    Page("delegation:request_list", "wen", OF_HARBOURLINE),
    Page("delegation:request_batch", "wen", _business("harbourline", pk=lambda p: p.batch.pk)),
    Page("delegation:assign_client", "wen", _business("harbourline", pk=lambda p: p.client.pk)),
    Page("delegation:client_groups", "wen", OF_HARBOURLINE),
    Page("delegation:client_groups", "ines", _business("passerelle"), note="none"),
    Page("delegation:new_client_group", "wen", OF_HARBOURLINE),
    Page("delegation:new_client_group", "ines", _business("passerelle"), note="first"),
    Page("delegation:client_group", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:change_client_group", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:delete_client_group", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:add_group_clients", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:remove_group_clients", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:group_staff", "wen", _business("harbourline", pk=lambda p: p.client_group.pk)),
    Page("delegation:group_requests", "wen", OF_HARBOURLINE),
    Page("delegation:approve_group_request", "wen", _business("harbourline", pk=lambda p: p.group_request.pk)),
    Page("delegation:reject_group_request", "wen", _business("harbourline", pk=lambda p: p.group_request.pk)),
    Page("delegation:my_clients", "edith", OF_HARBOURLINE),
    Page("delegation:my_clients", "wen", OF_HARBOURLINE, note="manager"),
    Page("delegation:ask_for_clients", "edith", OF_HARBOURLINE),
    # Financial security
    Page("security:overview", "amara", NORTHLIGHT),
    Page("security:overview", "june", _account("lantern"), note="not enrolled"),
    Page("security:enrol", "june", _account("lantern")),
    Page("security:period", "amara", NORTHLIGHT),
    Page("security:estimate", "amara", NORTHLIGHT),
    Page("security:planner", "amara", NORTHLIGHT),
    Page(
        "security:planner",
        "amara",
        NORTHLIGHT,
        note="changed",
        query="?growth=10&tariff=25&goods=4000.00&moved=500.00&moved_from=9&moved_to=1&way=mix&cash=1000.00&premium=2&money=5",
    ),
    Page("security:submit", "amara", NORTHLIGHT),
    Page("security:cancel", "amara", NORTHLIGHT),
    Page("security:propose_bond", "amara", NORTHLIGHT),
    Page("security:account_bond", "amara", _account("northlight", pk=lambda p: p.bond.pk)),
    Page("security:account_bond", "amara", _account("northlight", pk=lambda p: p.given.pk), "?before=2&after=3", "two"),
    Page("security:deposit", "amara", NORTHLIGHT),
    Page("security:refund", "amara", NORTHLIGHT),
    Page("security:review", "amara", NORTHLIGHT),
    Page("security:review", "june", _account("lantern"), note="none"),
    Page("security:reduction", "amara", NORTHLIGHT),
    Page("security:reduction", "luc", _account("desrosiers"), note="open case"),
    Page("security:apply_deposit", "amara", NORTHLIGHT),
    Page("security:paper_deposit", "amara", NORTHLIGHT),
    Page("security:account_lines", "amara", NORTHLIGHT),
    Page("security:business_lines", "amara", OF_NORTHLIGHT),
    Page("security:business_lines", "peter", _business("keystone"), query="?group=IN_FORCE", note="of a surety"),
    Page("security:officer_lines", "daniel"),
    Page("security:paper_desk", "daniel"),
    Page("security:paper_endorsement", "daniel", lambda p: {"pk": p.endorsement.pk}),
    Page("security:overview", "luc", _account("desrosiers"), note="by mail"),
    Page("security:account_bond", "luc", _account("desrosiers", pk=lambda p: p.on_paper.pk), note="on paper"),
    Page("security:portfolio", "peter", _business("keystone")),
    Page("security:desk", "peter", _business("keystone")),
    Page("integrations:software", "peter", _business("keystone")),
    Page("security:bond", "peter", _business("keystone", pk=lambda p: p.bond.pk)),
    Page("security:bond", "peter", _business("keystone", pk=lambda p: p.given.pk), "?before=2&after=3", "two"),
    Page("security:demand", "peter", _business("keystone", pk=lambda p: p.demand.pk)),
    # Releases
    Page("releases:list", "wen", OF_HARBOURLINE),
    Page("releases:request", "wen", OF_HARBOURLINE),
    Page("releases:detail", "wen", _business("harbourline", transaction_number=lambda p: p.release.transaction_number)),
    Page(
        "releases:detail",
        "june",
        _business("lantern", transaction_number=lambda p: p.refused.transaction_number),
        note="refused",
    ),
    Page("releases:account_list", "amara", NORTHLIGHT),
    Page("releases:desk", "daniel"),
    Page(
        "releases:desk_release",
        "daniel",
        lambda p: {"transaction_number": p.awaited.transaction_number},
    ),
    Page("releases:admissions", "daniel"),
    Page("releases:end_admission", "daniel", lambda p: {"pk": p.admission.pk}),
    Page("declarations:overdue", "daniel"),
    Page("declarations:late", "daniel", lambda p: {"transaction": p.release.transaction_number}),
    Page(
        "declarations:change_importer",
        "wen",
        _business("harbourline", transaction=lambda p: p.release.transaction_number),
    ),
    Page("dashboard:counter", "daniel"),
    Page("dashboard:counter_declaration", "daniel", lambda p: {"number": p.at_port.number}),
    # Declarations
    Page("declarations:list", "amara", NORTHLIGHT),
    Page("declarations:start", "wen", _account("northlight", transaction=lambda p: p.release.transaction_number)),
    Page("declarations:classifications", "wen", NORTHLIGHT, "?q=footwear"),
    Page("declarations:detail", "amara", _account("northlight", declaration=_filed)),
    Page("declarations:detail", "amara", _account("northlight", declaration=_filed), "?explain=1-1", note="explained"),
    Page("declarations:submitted", "wen", _account("northlight", declaration=_filed)),
    Page("declarations:correct", "wen", _account("northlight", declaration=_filed)),
    Page("declarations:discard", "wen", _account("northlight", declaration=lambda p: p.corrected.number)),
    Page("declarations:reopen", "june", _account("lantern", declaration=lambda p: p.at_port.number)),
    Page("declarations:consolidate", "wen", NORTHLIGHT, note="none"),
    Page("declarations:voluntary", "wen", NORTHLIGHT),
    Page("declarations:print", "amara", _account("northlight", declaration=_filed)),
    Page("declarations:documents", "amara", _account("northlight", declaration=_filed)),
    Page("declarations:header", "wen", _account("northlight", declaration=_draft)),
    Page("declarations:copy", "wen", _account("northlight", declaration=_draft), note="choose"),
    Page("declarations:ways", "wen", _account("northlight", declaration=_filed)),
    Page(
        "declarations:start_change",
        "wen",
        _account("northlight", declaration=_filed, kind=lambda p: "adjustment"),
    ),
    Page("declarations:withdraw", "wen", _account("northlight", declaration=_filed)),
    Page("declarations:compare", "wen", _account("northlight", declaration=_draft)),
    Page("declarations:changes", "wen", NORTHLIGHT),
    Page("declarations:mass", "wen", NORTHLIGHT),
    Page("declarations:change", "wen", _account("northlight", reference=lambda p: p.change.number)),
    Page("declarations:appeal", "wen", _account("northlight", reference=lambda p: p.decided_change.number)),
    Page("declarations:desk", "daniel"),
    Page("declarations:desk_change", "daniel", lambda p: {"reference": p.change.number}),
    Page("declarations:desk_case", "daniel", lambda p: {"case": p.case.number}),
    Page("declarations:redetermine", "daniel", lambda p: {"declaration": p.declaration.number}),
    Page("declarations:edit", "wen", _account("northlight", declaration=_draft)),
    Page("declarations:check", "wen", _account("northlight", declaration=_draft)),
    Page("declarations:invoice", "wen", _account("northlight", declaration=_draft, position=_one)),
    Page("declarations:import", "wen", _account("northlight", declaration=_draft, position=_one)),
    Page("declarations:new_line", "wen", _account("northlight", declaration=_draft, position=_one)),
    Page("declarations:line", "wen", _account("northlight", declaration=_draft, position=_one, line=_one)),
    # Statements, transactions, standing
    Page("statements:list", "amara", NORTHLIGHT),
    Page("statements:detail", "amara", _account("northlight", day=_statement)),
    Page("statements:detail", "amara", _account("northlight", day=_statement), "?explain=F", note="explained"),
    Page("statements:detail", "amara", _account("northlight", day=_statement), "?box=R&explain=gst", note="revenue"),
    Page("statements:history", "amara", NORTHLIGHT),
    Page("statements:history", "amara", NORTHLIGHT, "?type=payments", note="filtered"),
    Page("statements:notices", "amara", NORTHLIGHT),
    Page("statements:notice", "amara", _account("northlight", day=_notice)),
    Page("statements:files", "amara", NORTHLIGHT),
    Page("statements:levels", "amara", OF_NORTHLIGHT),
    Page("statements:level", "amara", _business("northlight", day=_statement, level=lambda p: "entity")),
    Page(
        "statements:level",
        "amara",
        _business("northlight", day=_statement, level=lambda p: "entity"),
        "?explain=H",
        note="explained",
    ),
    Page("standing:detail", "amara", NORTHLIGHT),
    Page("standing:detail", "luc", _account("desrosiers"), note="overdue"),
    Page("standing:desk", "daniel"),
    Page("standing:case", "daniel", _account("desrosiers")),
    # Payments
    Page("payments:pay", "amara", NORTHLIGHT),
    Page("payments:pay_deposit", "amara", NORTHLIGHT),
    Page("payments:list", "amara", NORTHLIGHT),
    Page("payments:arranged", "wen", NORTHLIGHT),
    Page("payments:detail", "amara", _account("northlight", reference=lambda p: p.paid.reference)),
    Page("payments:return", "amara", _account("northlight", reference=lambda p: p.under_way.reference)),
    Page("payments:debits", "amara", NORTHLIGHT),
    Page("payments:debit_agreement", "amara", NORTHLIGHT),
    Page("payments:credits", "amara", NORTHLIGHT),
    Page("payments:credit_preference", "amara", NORTHLIGHT),
    Page("payments:credit_allocate", "amara", NORTHLIGHT),
    Page("payments:credit_move", "amara", NORTHLIGHT),
    Page("payments:credit_refund", "amara", NORTHLIGHT),
    Page("payments:credit_trace", "amara", _account("northlight", item=lambda p: p.credit.pk)),
    # Officers
    Page("payments:bank_files", "daniel"),
    Page("payments:bank_entry", "daniel", lambda p: {"pk": p.bank_entry.pk}),
    Page("payments:returned", "daniel"),
    Page("dashboard:officer", "daniel"),
    Page("dashboard:interest_desk", "daniel"),
    Page("dashboard:reviews", "daniel"),
    Page("dashboard:review", "daniel", lambda p: {"cycle": "july", "year": 2026}),
    Page("dashboard:review_both", "daniel", lambda p: {"year": 2026}),
    Page("dashboard:jobs", "daniel"),
    Page("dashboard:job", "daniel", lambda p: {"run_id": p.run.pk}),
    Page("simulation:clock", "daniel"),
    Page("simulation:move", "daniel", lambda p: {"move_id": p.move.pk}),
    Page("registration:numbers", "locked", note="locked", status=403),
    Page("registration:strict_mode", "daniel"),
    Page("registration:lift_lock", "daniel", lambda p: {"pk": p.locked.pk}),
    Page("support:tariff_desk", "daniel"),
    Page("support:desk", "daniel"),
    Page("support:desk", "daniel", query="?tab=closed", note="closed"),
    Page("support:desk_request", "daniel", lambda p: {"number": p.question.number}),
    Page("support:desk_request", "daniel", lambda p: {"number": p.answered_question.number}, note="answered"),
    Page("registration:desk", "daniel"),
    Page("registration:desk_application", "daniel", lambda p: {"pk": p.application_complete.pk}),
    Page("registration:desk_application", "daniel", lambda p: {"pk": p.application_approved.pk}, note="decided"),
    Page("registration:enrol_importer", "june", lambda p: {"number": p.exporter.number}),
    Page("dashboard:home", "june", lambda p: {"number": p.exporter.number}, note="exports only"),
    # What strangers get
    Page("declarations:list", "luc", NORTHLIGHT, note="not found", status=404),
    Page("delegation:clients", "amara", OF_NORTHLIGHT, note="refused", status=403),
)

#: Pages that ask more than a typical one, each with what it asked when it was last looked at, by the reason.
BUDGETS: Mapping[str, Mapping[str, int]] = {
    "looks at many rooms: tasks, standing, coverage, charges, dates": {
        "dashboard:home": 17,
        "dashboard:home[overdue]": 17,
        "dashboard:home[exports only]": 17,
        "dashboard:home[as broker]": 19,
        "dashboard:officer": 12,
        "dashboard:job": 10,
        "standing:detail[overdue]": 12,
        "standing:desk": 13,
        "standing:case": 17,
    },
    "reads a cycle's dates and parameters of the day, and the names of the largest rises": {
        "dashboard:review": 10,
        "dashboard:review_both": 10,
    },
    "offers every program account of the business beside its own facts": {
        "security:propose_bond": 9,
    },
    "reads bonds, deposits and what today's debts would take of each": {
        "security:account_lines": 13,
        "security:business_lines": 14,
        "security:business_lines[of a surety]": 13,
        "security:officer_lines": 13,
        "security:portfolio": 15,
    },
    "reads the bond with its versions, and what was said to be in the mail": {
        "security:account_bond[on paper]": 9,
    },
    "adds up what it lists, and says what is new or kept": {
        "statements:list": 10,
        "statements:history": 10,
        "statements:history[filtered]": 9,
        "statements:level": 9,
        "statements:level[explained]": 9,
    },
    "says what is on its way, and what an account does with its money": {
        "payments:arranged": 12,
        "payments:detail": 9,
        "payments:debits": 10,
        "payments:credits": 9,
        "payments:credit_refund": 10,
    },
    "shows what somebody would see of each program": {
        "delegation:third_party": 13,
        "delegation:edit_third_party": 10,
        "delegation:approve_request": 10,
    },
    "reads requirement, coverage, debts, policy and the charges of twelve months": {
        "security:overview": 15,
        "security:overview[by mail]": 16,
        "security:overview[not enrolled]": 14,
        "security:apply_deposit": 17,
        "security:paper_deposit": 12,
        "security:planner": 9,
        "security:planner[changed]": 9,
        "security:refund": 11,
        "security:review": 10,
        "security:review[none]": 10,
    },
    "the editor offers countries, treatments, units, rates, codes and SIMA measures": {
        "declarations:edit": 12,
        "declarations:check": 12,
        "declarations:invoice": 12,
        "declarations:new_line": 15,
        "declarations:line": 18,
    },
    "its own history, the memberships, the sign-ins and what was done for clients are read one by one": {
        "dashboard:history[broker]": 9,
    },
    "a delegate's view goes into the audit trail": {
        "declarations:import": 9,
    },
    "reads the declaration, its checks, the policy and what a card has paid": {
        "dashboard:counter_declaration": 15,
    },
    "a person's role in each program account": {
        "delegation:member": 9,
    },
    "shows what is owed, the card room at the portal and the counters, and the dates beside the form": {
        "payments:pay": 15,
        "payments:pay_deposit": 9,
    },
    "sets what declarations, payments, changes, statements and the book say side by side": {
        "dashboard:as_of": 12,
        "dashboard:reconciliation": 9,
    },
    "reads the declaration with its versions, its requests and what stands in the way": {
        "declarations:start": 9,
        "declarations:header": 9,
        "declarations:copy[choose]": 9,
        "declarations:ways": 9,
        "declarations:compare": 10,
        "declarations:change": 11,
        "declarations:desk_change": 9,
    },
}

_IN_FLOW = "a step inside the sign-in, looked at on the way by test_walks.py"
_PASSES_ON = "leads to another page"
_POST = "posts only; a visit leads back to the page that it belongs to"
_FILE = "a file, not a page"
_NOT_HTML = "no page: text or JSON"

#: Named routes that show no page of their own, with the reason.
EXCLUDED: Mapping[str, str] = {
    "livez": _NOT_HTML,
    "readyz": _NOT_HTML,
    "security_txt": _NOT_HTML,
    "schema": _NOT_HTML,
    "api_docs": "the API's reader, a third party's page in English only; test_pages.py opens it by itself",
    "set_language": _POST,
    "bank_webhook": _POST,
    "accounts:enrol": _IN_FLOW,
    "accounts:paused": _IN_FLOW,
    "accounts:blocked": _IN_FLOW,
    "account_confirm_login_code": _IN_FLOW,
    "mfa_authenticate": _IN_FLOW,
    "accounts:emergency": _IN_FLOW,
    "accounts:go_on": _IN_FLOW,
    "accounts:start_over": _IN_FLOW,
    "account_login": _PASSES_ON,
    "accounts:extend": _POST,
    "accounts:end_session": _POST,
    "accounts:prove_contact": _POST,
    "accounts:use_sign_in_address": _POST,
    "accounts:send_again": _POST,
    "accounts:leave_for_other_method": _POST,
    "openid_connect_login": _POST,
    "openid_connect_callback": _PASSES_ON,
    "dashboard:start": _PASSES_ON,
    "dashboard:calendar": _FILE,
    "security:plan_file": _FILE,
    "security:account_lines_file": _FILE,
    "security:business_lines_file": _FILE,
    "security:officer_lines_file": _FILE,
    "security:exposure_file": _FILE,
    "dashboard:board_csv": _FILE,
    "dashboard:client_statements_csv": _FILE,
    "dashboard:reconciliation_csv": _FILE,
    "dashboard:review_file": _FILE,
    "dashboard:history_csv": _FILE,
    "dashboard:delegate_csv": _FILE,
    "dashboard:client_activity_csv": _FILE,
    "releases:csv": _FILE,
    "releases:account_csv": _FILE,
    "declarations:sample": _FILE,
    "declarations:sample_xlsx": _FILE,
    "declarations:pdf": _FILE,
    "declarations:document": _FILE,
    "declarations:remove_document": _POST,
    "declarations:mass_sample": _FILE,
    "declarations:change_pdf": _FILE,
    "declarations:change_file": _FILE,
    "declarations:desk_pdf": _FILE,
    "declarations:desk_file": _FILE,
    "declarations:remove_invoice": _POST,
    "declarations:remove_line": _POST,
    "delegation:switch_csv": _FILE,
    "delegation:switch_file": _FILE,
    "delegation:confirmation_pdf": _FILE,
    "delegation:withdraw_employer_request": _POST,
    "delegation:unassign_client": _POST,
    "delegation:request_list_sample": _FILE,
    "delegation:request_batch_csv": _FILE,
    "delegation:withdraw_group_request": _POST,
    "notifications:open": _POST,
    "notifications:read_all": _POST,
    "payments:receipt": _FILE,
    "payments:trace": _PASSES_ON,
    "payments:credit_withdraw_refund": _POST,
    "standing:letter": _FILE,
    "standing:desk_csv": _FILE,
    "payments:send": _POST,
    "payments:withdraw": _POST,
    "payments:cancel": _POST,
    "payments:debit_cancel": _POST,
    "payments:debit_tell": _POST,
    "registration:begin": _POST,
    "registration:apply": _POST,
    "registration:withdraw_application": _POST,
    "registration:remove_file": _POST,
    "registration:application_file": _FILE,
    "registration:desk_file": _FILE,
    "security:account_bond_copy": _FILE,
    "security:bond_copy": _FILE,
    "security:officer_bond_copy": _FILE,
    "registration:give_up": _POST,
    "support:forget_plan": _POST,
    "support:plan_file": _FILE,
    "support:sample_file": _FILE,
    "support:tariff_schedule": _FILE,
    "support:plan_summary": "shows the plan that a browser keeps; test_walks.py makes one",
    "support:withdraw_request": _POST,
    "statements:csv": _FILE,
    "statements:pdf": _FILE,
    "statements:xlsx": _FILE,
    "statements:json": _FILE,
    "statements:try_file": _POST,
    "statements:request_export": _POST,
    "statements:save_filter": _POST,
    "statements:delete_filter": _POST,
    "statements:schedule_filter": _POST,
    "statements:file": _FILE,
    "statements:retry_file": _POST,
    "statements:notice_csv": _FILE,
    "statements:level_file": _FILE,
    "statements:try_level_file": _POST,
}

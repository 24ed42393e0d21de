"""Everything that changes financial security; each part of it in a file of its own."""

from security.services.amendments import amend_bond
from security.services.bonds import (
    ask_bond_raise,
    confirm_bond,
    file_bond,
    give_termination_notice,
    propose_bond,
    reject_bond,
    withdraw_bond,
    withdraw_termination_notice,
)
from security.services.copies import keep_bond_copy, open_bond_copy
from security.services.daily import run_daily
from security.services.demands import close_paid_demand, decide_demand, rebut_demand, send_demand, uphold_unanswered
from security.services.deposit_requests import (
    apply_deposit_to_overdue,
    approve_deposit_request,
    ask_deposit_application,
    ask_paper_deposit,
    pay_deposit_refund,
    receive_paper_deposit,
    refuse_deposit_request,
    return_paper_deposit,
    withdraw_deposit_request,
)
from security.services.deposits import REFUSED_METHOD, receive_deposit, request_deposit_refund, take_back_deposit
from security.services.endorsements import (
    announce_endorsement,
    close_endorsements_not_arrived,
    enter_endorsement,
    refuse_endorsement,
    withdraw_endorsement,
)
from security.services.nudges import nudge_everybody, raise_estimate
from security.services.paper_bonds import enter_paper_bond
from security.services.periods import change_period
from security.services.reductions import decide_reduction_case, open_reduction_case, withdraw_reduction_case
from security.services.release_prior_to_payment import (
    cancel_rpp,
    enrol,
    lift_suspension,
    reassess_many,
    reassess_rpp,
    remove_rpp,
    suspend_rpp,
)
from security.services.review import (
    deadline_chunk,
    hold_review,
    release_review,
    review_chunk,
    run_annual_review,
    run_review_deadline,
)
from security.services.riders import (
    extend_bond,
    lower_bond,
    raise_bond,
    reallocate_bond,
    rename_bond_debtor,
)
from security.services.surety_events import acknowledge_events, run_surety_events

__all__ = [
    "REFUSED_METHOD",
    "acknowledge_events",
    "amend_bond",
    "announce_endorsement",
    "apply_deposit_to_overdue",
    "approve_deposit_request",
    "ask_bond_raise",
    "ask_deposit_application",
    "ask_paper_deposit",
    "cancel_rpp",
    "change_period",
    "close_endorsements_not_arrived",
    "close_paid_demand",
    "confirm_bond",
    "deadline_chunk",
    "decide_demand",
    "decide_reduction_case",
    "enrol",
    "enter_endorsement",
    "enter_paper_bond",
    "extend_bond",
    "file_bond",
    "give_termination_notice",
    "hold_review",
    "keep_bond_copy",
    "lift_suspension",
    "lower_bond",
    "nudge_everybody",
    "open_bond_copy",
    "open_reduction_case",
    "pay_deposit_refund",
    "propose_bond",
    "raise_bond",
    "raise_estimate",
    "reallocate_bond",
    "reassess_many",
    "reassess_rpp",
    "rebut_demand",
    "receive_deposit",
    "receive_paper_deposit",
    "refuse_deposit_request",
    "refuse_endorsement",
    "reject_bond",
    "release_review",
    "remove_rpp",
    "rename_bond_debtor",
    "request_deposit_refund",
    "return_paper_deposit",
    "review_chunk",
    "run_annual_review",
    "run_daily",
    "run_review_deadline",
    "run_surety_events",
    "send_demand",
    "suspend_rpp",
    "take_back_deposit",
    "uphold_unanswered",
    "withdraw_bond",
    "withdraw_deposit_request",
    "withdraw_endorsement",
    "withdraw_reduction_case",
    "withdraw_termination_notice",
]

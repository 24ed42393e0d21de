"""Everything that changes financial security; each part of it in a file of its own."""

from security.services.bonds import (
    ask_bond_raise,
    confirm_bond,
    give_termination_notice,
    propose_bond,
    raise_bond,
    reject_bond,
    withdraw_bond,
    withdraw_termination_notice,
)
from security.services.daily import run_daily
from security.services.demands import close_paid_demand, decide_demand, rebut_demand, send_demand
from security.services.deposits import REFUSED_METHOD, receive_deposit, request_deposit_refund
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
    CHUNK,
    deadline_chunk,
    hold_review,
    release_review,
    review_chunk,
    run_annual_review,
    run_review_deadline,
)

__all__ = [
    "CHUNK",
    "REFUSED_METHOD",
    "ask_bond_raise",
    "cancel_rpp",
    "close_paid_demand",
    "confirm_bond",
    "deadline_chunk",
    "decide_demand",
    "decide_reduction_case",
    "enrol",
    "give_termination_notice",
    "hold_review",
    "lift_suspension",
    "open_reduction_case",
    "propose_bond",
    "raise_bond",
    "reassess_many",
    "reassess_rpp",
    "rebut_demand",
    "receive_deposit",
    "reject_bond",
    "release_review",
    "remove_rpp",
    "request_deposit_refund",
    "review_chunk",
    "run_annual_review",
    "run_daily",
    "run_review_deadline",
    "send_demand",
    "suspend_rpp",
    "withdraw_bond",
    "withdraw_reduction_case",
    "withdraw_termination_notice",
]

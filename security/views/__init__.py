"""The pages of financial security: the importer's dashboard, enrolment, instruments and review; the surety's desk."""

from security.views.copies import account_bond_copy, bond_copy, officer_bond_copy
from security.views.demands import demand
from security.views.desk import bond, desk, surety_seat
from security.views.enrolment import cancel, enrol, reduction, submit
from security.views.instruments import account_bond, deposit, propose_bond, refund
from security.views.overview import WAYS_OUT, overview
from security.views.parts import FORM, PAGE_SIZE, UNPROCESSABLE
from security.views.planner import plan_file, planner
from security.views.review import review
from security.views.seasons import estimate, period

__all__ = [
    "FORM",
    "PAGE_SIZE",
    "UNPROCESSABLE",
    "WAYS_OUT",
    "account_bond",
    "account_bond_copy",
    "bond",
    "bond_copy",
    "cancel",
    "demand",
    "deposit",
    "desk",
    "enrol",
    "estimate",
    "officer_bond_copy",
    "overview",
    "period",
    "plan_file",
    "planner",
    "propose_bond",
    "reduction",
    "refund",
    "review",
    "submit",
    "surety_seat",
]

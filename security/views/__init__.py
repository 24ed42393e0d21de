"""The pages of financial security: the importer's dashboard, enrolment, instruments and review; the surety's desk."""

from security.views.copies import account_bond_copy, bond_copy, officer_bond_copy
from security.views.demands import demand
from security.views.deposits import apply_deposit, paper_deposit
from security.views.desk import bond, desk, surety_seat
from security.views.enrolment import cancel, enrol, reduction, submit
from security.views.instruments import account_bond, deposit, propose_bond, refund
from security.views.lines import (
    account_lines,
    account_lines_file,
    business_lines,
    business_lines_file,
    officer_lines,
    officer_lines_file,
)
from security.views.overview import WAYS_OUT, overview
from security.views.paper import paper_desk, paper_endorsement
from security.views.parts import FORM, PAGE_SIZE, UNPROCESSABLE
from security.views.planner import plan_file, planner
from security.views.portfolio import exposure_file, portfolio
from security.views.review import review
from security.views.seasons import estimate, period

__all__ = [
    "FORM",
    "PAGE_SIZE",
    "UNPROCESSABLE",
    "WAYS_OUT",
    "account_bond",
    "account_bond_copy",
    "account_lines",
    "account_lines_file",
    "apply_deposit",
    "bond",
    "bond_copy",
    "business_lines",
    "business_lines_file",
    "cancel",
    "demand",
    "deposit",
    "desk",
    "enrol",
    "estimate",
    "exposure_file",
    "officer_bond_copy",
    "officer_lines",
    "officer_lines_file",
    "overview",
    "paper_deposit",
    "paper_desk",
    "paper_endorsement",
    "period",
    "plan_file",
    "planner",
    "portfolio",
    "propose_bond",
    "reduction",
    "refund",
    "review",
    "submit",
    "surety_seat",
]

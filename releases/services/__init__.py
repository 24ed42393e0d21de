"""Everything that changes a release; each part of it in a file of its own."""

from releases.services.admissions import OF_A_BUSINESS, admit, end_admission
from releases.services.importer import correct_importer
from releases.services.life import (
    locked_release,
    mark_accounted,
    mark_all_accounted,
    mark_overdue_notice,
    mark_penalty_decided,
    mark_penalty_waived,
    release_at_port,
    run_arrivals,
    take_step,
)
from releases.services.numbers import FILERS, account_security_number, next_transaction_number
from releases.services.requests import ReleaseRequest, request_faults_of, request_release
from releases.services.words import FAULTS, WAY_OUT

__all__ = [
    "FAULTS",
    "FILERS",
    "OF_A_BUSINESS",
    "WAY_OUT",
    "ReleaseRequest",
    "account_security_number",
    "admit",
    "correct_importer",
    "end_admission",
    "locked_release",
    "mark_accounted",
    "mark_all_accounted",
    "mark_overdue_notice",
    "mark_penalty_decided",
    "mark_penalty_waived",
    "next_transaction_number",
    "release_at_port",
    "request_faults_of",
    "request_release",
    "run_arrivals",
    "take_step",
]

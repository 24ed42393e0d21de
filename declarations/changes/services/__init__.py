"""Everything that changes an accepted declaration after the time for corrections."""

from declarations.changes.services.decisions import approve, approve_many, ask_for_information, redetermine, reject
from declarations.changes.services.mass import MOST, MassRow, Report, submit_case, try_rows
from declarations.changes.services.parts import LineChange
from declarations.changes.services.requests import (
    WITH_VERSION,
    add_files,
    answer,
    correct,
    lodge_appeal,
    request_change,
    request_withdrawal,
    send_for_review,
    start_change,
    take_back,
)

__all__ = [
    "MOST",
    "WITH_VERSION",
    "LineChange",
    "MassRow",
    "Report",
    "add_files",
    "answer",
    "approve",
    "approve_many",
    "ask_for_information",
    "correct",
    "lodge_appeal",
    "redetermine",
    "reject",
    "request_change",
    "request_withdrawal",
    "send_for_review",
    "start_change",
    "submit_case",
    "take_back",
    "try_rows",
]

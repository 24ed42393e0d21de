"""What follows from an overdue account; each part of it in a file of its own."""

from standing.services.arrangements import agree_arrangement, end_arrangement, review_arrangements
from standing.services.daily import remind, run_daily, take_steps
from standing.services.measures import detain, end_detention, end_hold, hold_steps
from standing.services.recovery import receive_from_surety, set_off

__all__ = [
    "agree_arrangement",
    "detain",
    "end_arrangement",
    "end_detention",
    "end_hold",
    "hold_steps",
    "receive_from_surety",
    "remind",
    "review_arrangements",
    "run_daily",
    "set_off",
    "take_steps",
]

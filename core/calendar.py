"""Segments of a month, cut so that every billing period and every yearly window is a sum of whole ones.

A segment is ``yyyymm * 10 + n``: n is 1 for days 1-17, 2 for 18-19, 3 for 20-24, 4 for 25 to the end. Billing periods
start on the 18th, the slices of the July review on the 25th, those of the October review on the 20th.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

_STARTS = (1, 18, 20, 25)


@lru_cache(maxsize=4096)
def segment_of(day: date) -> int:
    number = sum(day.day >= start for start in _STARTS)
    return (day.year * 100 + day.month) * 10 + number


def segments_between(first: date, last: date) -> list[int]:
    """The segments covering ``first`` to ``last``, both included; ``ValueError`` when either cuts through a segment."""
    if first.day not in _STARTS or (last + timedelta(days=1)).day not in _STARTS:
        raise ValueError(f"{first} to {last} is not a run of whole segments")
    return list(dict.fromkeys(segment_of(day) for day in _days(first, last)))


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)

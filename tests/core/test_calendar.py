"""Every billing period and every yearly window is a sum of whole segments."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import segment_of, segments_between


@pytest.mark.parametrize(
    ("day", "segment"),
    [
        (1, 2026071),
        (17, 2026071),
        (18, 2026072),
        (19, 2026072),
        (20, 2026073),
        (24, 2026073),
        (25, 2026074),
        (31, 2026074),
    ],
)
def test_a_month_is_cut_at_the_18th_the_20th_and_the_25th(day: int, segment: int) -> None:
    assert segment_of(date(2026, 7, day)) == segment


def test_a_billing_period_is_four_whole_segments() -> None:
    assert segments_between(date(2026, 6, 18), date(2026, 7, 17)) == [2026062, 2026063, 2026064, 2026071]


def test_a_window_that_cuts_a_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="whole segments"):
        segments_between(date(2026, 6, 10), date(2026, 7, 17))


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31)))
def test_segments_follow_the_order_of_days(day: date) -> None:
    assert segment_of(day) <= segment_of(day + timedelta(days=1))

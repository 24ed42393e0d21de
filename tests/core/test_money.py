"""Amounts are exact, rounded half up where they are made, and never guessed at."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import cents, from_cents, parse_amount, round_cents


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.005", "0.01"), ("0.004999", "0.00"), ("2.347", "2.35"), ("1.005", "1.01"), ("-0.005", "-0.01"), ("7", "7.00")],
)
def test_an_amount_is_rounded_half_up_to_cents(exact: str, rounded: str) -> None:
    assert str(round_cents(Decimal(exact))) == rounded


@pytest.mark.parametrize(("text", "amount"), [("0", "0.00"), ("1204.5", "1204.50"), ("-3.25", "-3.25")])
def test_plain_dollars_and_cents_are_read(text: str, amount: str) -> None:
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    "text", ["$5", "1,204.50", "1 204", "1.005", "", "1e3", "NaN", ".5", "5.", "1234567890123", "١٢"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount(text)


def test_a_fraction_of_a_cent_never_becomes_cents_silently() -> None:
    with pytest.raises(ValueError, match="whole number of cents"):
        cents(Decimal("0.001"))


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_cents_survive_the_way_to_dollars_and_back(amount_cents: int) -> None:
    assert cents(from_cents(amount_cents)) == amount_cents

"""Duties and taxes of a line, in exact cents."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from declarations.rules import LineAssessment, LineInput, assessment_totals, line_assessment
from reference.rules.surtax import CUSMA_VEHICLES
from reference.rules.tariff import QuantityMissing, ad_valorem, parse_duty_rate

D = Decimal


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            LineInput(value=D("1.71"), exchange_rate=D("1.3725"), duty_rate=ad_valorem(D("0.065"))),
            {"value_for_duty": "2.35", "duty": "0.15", "value_for_tax": "2.50", "gst": "0.13", "total": "0.28"},
            id="each amount from the rounded one before",
        ),
        pytest.param(
            LineInput(value=D("100"), exchange_rate=D("1.15"), duty_rate=ad_valorem(D("0.04"))),
            {"value_for_duty": "115.00", "duty": "4.60", "value_for_tax": "119.60", "gst": "5.98", "total": "10.58"},
            id="D1: 100 US dollars",
        ),
        pytest.param(
            LineInput(value=D("1000"), surtax_rates=(D("0.5"),)),
            {"surtax": "500.00", "value_for_tax": "1500.00", "gst": "75.00", "total": "575.00"},
            id="D2: surtax of 50 %",
        ),
        pytest.param(
            LineInput(value=D("150"), surtax_rates=(D("0.1"),)),
            {"surtax": "15.00", "value_for_tax": "165.00", "gst": "8.25", "total": "23.25"},
            id="D5: surtax of 10 %",
        ),
        pytest.param(
            LineInput(value=D("10.02"), surtax_rates=(D("0.25"), D("0.25")), duty_rate=ad_valorem(D("0.1"))),
            {"duty": "1.00", "surtax": "5.02", "value_for_tax": "16.04", "gst": "0.80"},
            id="each surtax rounded when made, on the value for duty alone",
        ),
        pytest.param(
            LineInput(
                value=D("100"), sima=D("10"), excise_duty=D("3.33"), excise_tax=D("2"), duty_rate=ad_valorem(D("0.05"))
            ),
            {"value_for_tax": "120.33", "gst": "6.02", "total": "26.35"},
            id="GST on everything but itself",
        ),
        pytest.param(
            LineInput(value=D("40000"), surtax_rates=(D("0.25"),), surtax_orders=(CUSMA_VEHICLES,)),
            {"surtax": "8500.00", "value_for_tax": "48500.00", "gst": "2425.00"},
            id="a vehicle under the United States Tariff: at least 15 % is content",
        ),
        pytest.param(
            LineInput(
                value=D("40000"),
                surtax_rates=(D("0.25"),),
                surtax_orders=(CUSMA_VEHICLES,),
                surtax_content=D("13333.33"),
            ),
            {"surtax": "6666.67", "gst": "2333.33"},
            id="a higher content claimed",
        ),
        pytest.param(LineInput(value=D("100"), gst_rate=D("0")), {"gst": "0.00", "total": "0.00"}, id="GST of zero"),
        pytest.param(
            LineInput(value=D("100"), hst_rate=D("0.13"), provincial_rate=D("0.07")),
            {"gst": "0.00", "hst": "13.00", "provincial_tax": "0.00", "total": "13.00"},
            id="HST in place of the others",
        ),
        pytest.param(
            LineInput(value=D("100"), provincial_rate=D("0.09975")),
            {"gst": "5.00", "hst": "0.00", "provincial_tax": "9.98", "total": "14.98"},
            id="GST and the province's tax",
        ),
        pytest.param(
            LineInput(
                value=D("100"),
                duty_rate=parse_duty_rate("238% but not less than $1.25/kg"),
                quantities={"KGM": D("300.5")},
            ),
            {"duty": "375.63", "value_for_tax": "475.63", "gst": "23.78"},
            id="a compound rate rounded once",
        ),
        pytest.param(LineInput(value=D("0")), {"value_for_duty": "0.00", "total": "0.00"}, id="no value"),
    ],
)
def test_a_line_in_exact_cents(line: LineInput, expected: dict[str, str]) -> None:
    assessed = line_assessment(line)
    assert {name: str(getattr(assessed, name)) for name in expected} == expected


@pytest.mark.parametrize("line", [LineInput(value=D("-1")), LineInput(value=D("1"), exchange_rate=D("0"))])
def test_a_value_below_zero_is_refused(line: LineInput) -> None:
    with pytest.raises(ValueError, match="cannot be assessed"):
        line_assessment(line)


def test_a_specific_rate_needs_its_quantity() -> None:
    with pytest.raises(QuantityMissing):
        line_assessment(LineInput(value=D("1"), duty_rate=parse_duty_rate("2.82¢/kg")))


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
RATES = st.integers(min_value=0, max_value=4000).map(lambda number: D(number) / 1000)


@given(AMOUNTS, st.integers(min_value=1, max_value=20000), RATES, st.lists(RATES, max_size=3), AMOUNTS)
def test_the_boxes_add_up(value: D, rate: int, duty: D, surtaxes: list[D], sima: D) -> None:
    line = LineInput(
        value=value,
        exchange_rate=D(rate) / 10000,
        duty_rate=ad_valorem(duty),
        surtax_rates=tuple(surtaxes),
        sima=sima,
    )
    assessed = line_assessment(line)
    assert assessed.value_for_tax == assessed.value_for_duty + assessed.duty + assessed.sima + assessed.surtax
    assert assessed.total == assessed.duty + assessed.sima + assessed.surtax + assessed.gst
    assert abs(assessed.gst - assessed.value_for_tax * D("0.05")) <= D("0.005")
    assert assessed.surtax == sum(assessed.surtaxes, D(0))


@given(
    parts=st.lists(st.integers(1, 5_000_000), min_size=2, max_size=12),
    rate=st.integers(0, 270),
    exchange=st.integers(7_000, 19_000),
    surtax=st.sampled_from(["0", "0.1", "0.25", "0.5"]),
)
def test_splitting_an_invoice_into_lines_changes_nothing_beyond_the_rounding_of_each_line(
    parts: list[int], rate: int, exchange: int, surtax: str
) -> None:
    def assessed(cents: int) -> LineAssessment:
        return line_assessment(
            LineInput(
                value=D(cents) / 100,
                exchange_rate=D(exchange) / 10_000,
                duty_rate=parse_duty_rate(f"{rate}%"),
                surtax_rates=(D(surtax),),
            )
        )

    whole, split = assessed(sum(parts)), assessment_totals([assessed(cents) for cents in parts])
    # Each amount of each line is off by half a cent at most; what is computed from rounded amounts carries that on.
    half = D("0.005") * (len(parts) + 1)
    share = 1 + D(rate) / 100 + D(surtax)
    assert abs(whole.value_for_duty - split.value_for_duty) <= half
    assert abs(whole.duty - split.duty) <= half * (1 + D(rate) / 100)
    assert abs(whole.surtax - split.surtax) <= half * (1 + D(surtax))
    assert abs(whole.gst - split.gst) <= half * (1 + D("0.05") * (share + 2))
    assert abs(whole.total - split.total) <= half * 2 * (share + 2)


def test_totals_add_the_lines_box_by_box() -> None:
    lines = [line_assessment(LineInput(value=D(value))) for value in ("1.00", "2.50")]
    totals = assessment_totals(lines)
    assert (totals.value_for_duty, totals.gst, totals.total) == (D("3.50"), D("0.18"), D("0.18"))
    assert assessment_totals([]).total == D("0.00")

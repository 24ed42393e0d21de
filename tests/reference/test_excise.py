"""Excise by the unit: the rate in force of the longest prefix, and what it comes to, to the cent."""

from datetime import date
from decimal import Decimal

import pytest

from reference.rules.excise import excise_amounts, excise_rates
from reference.shipped import excise_rates as shipped
from reference.shipped import rows

D = Decimal


@pytest.mark.parametrize(
    ("number", "unit", "quantity", "on", "duty", "tax", "is_illustrative"),
    [
        pytest.param(
            "2208.30.00.20", "LPA", "400", "2018-07-01", "4843.60", "0.00", False, id="spirits: 12.109 in 2018"
        ),
        pytest.param(
            "2208.30.00.20", "LPA", "400", "2019-03-31", "4843.60", "0.00", False, id="the last day of a rate"
        ),
        pytest.param(
            "2208.30.00.20", "LPA", "400", "2019-04-01", "4950.00", "0.00", False, id="the first day of the next"
        ),
        pytest.param("2208.30.00.20", "LPA", "400", "2026-07-20", "5550.80", "0.00", True, id="a stand-in says so"),
        pytest.param("2204.21.10.92", "LTR", "900", "2019-07-01", "587.70", "0.00", False, id="wine: 0.653 a litre"),
        pytest.param("2203.00.00.31", "LTR", "1000", "2026-07-20", "369.50", "0.00", True, id="beer"),
        pytest.param(
            "2203.00.00.10", "LTR", "1000", "2026-07-20", "31.00", "0.00", True, id="weak beer: the longer prefix"
        ),
        pytest.param(
            "2402.20.00.00", "MIL", "10.005", "2024-07-01", "1858.59", "0.00", False, id="cigarettes by the thousand"
        ),
        pytest.param(
            "2401.10.99.00", "KGM", "100", "2020-01-01", "157.20", "0.00", False, id="raw leaf: 1.572 a kilogram"
        ),
        pytest.param(
            "2710.12.90.14", "LTR", "5000", "2026-07-20", "0.00", "500.00", True, id="gasoline bears excise tax"
        ),
        pytest.param("2403.19.00.21", "NMB", "100", "2024-07-01", "0.00", "0.00", None, id="declared in another unit"),
        pytest.param("2208.30.00.20", "LPA", "400", "2018-03-31", "0.00", "0.00", None, id="before the table begins"),
        pytest.param("6404.11.91.00", "PAR", "240", "2026-07-20", "0.00", "0.00", None, id="other goods"),
    ],
)
def test_what_goods_bear(
    number: str, unit: str, quantity: str, on: str, duty: str, tax: str, is_illustrative: bool | None
) -> None:
    found = excise_rates(shipped(), number, date.fromisoformat(on), units={unit})
    assert found == excise_rates(reversed(shipped()), number, date.fromisoformat(on), units={unit})
    amounts = excise_amounts(found, {unit: D(quantity)})
    assert (amounts.duty, amounts.tax) == (D(duty), D(tax))
    assert [rate.is_illustrative for rate in amounts.rates] == ([] if is_illustrative is None else [is_illustrative])
    assert all(rate.goods_in("fr") != rate.goods_in("en") for rate in found)


def test_every_shipped_rate_reaches_goods_of_the_tariff_and_none_overlaps_another_of_its_code() -> None:
    numbers = [row["classification_number"].replace(".", "") for row in rows("tariff.csv")]
    for rate in shipped():
        assert any(number.startswith(rate.prefixes) for number in numbers), rate.code
        assert rate.mark == "illustrative" or "http" in rate.source, rate.code
        others = [other for other in shipped() if other.code == rate.code and other is not rate]
        assert not any(other.is_in_force(rate.effective_from) for other in others), rate.code

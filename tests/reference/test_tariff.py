"""Every way in which the Customs Tariff writes a rate."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference import shipped
from reference.rules.tariff import FREE, QuantityMissing, ad_valorem, parse_duty_rate, quantity_in, unit_word
from reference.templatetags.tariff import rate_text, source_text

KG = {"KGM": Decimal(1000)}


@pytest.mark.parametrize(
    ("text", "value", "quantities", "duty"),
    [
        ("Free", "1000", {}, "0"),
        ("6.5%", "1000", {}, "65"),
        ("2.82¢/kg", "1000", KG, "28.2"),
        ("2.82¢/kg", "1000", {"TNE": Decimal(1)}, "28.2"),
        ("$1.52/kg", "1000", KG, "1520"),
        ("$20.61/tonne", "1000", {"TNE": Decimal("2.5")}, "51.525"),
        ("$20.61/tonne", "1000", {"KGM": Decimal(2500)}, "51.525"),
        ("1.87¢/litre", "1000", {"LTR": Decimal(100)}, "1.87"),
        ("4.92¢/litre of absolute ethyl alcohol", "1000", {"LPA": Decimal(100)}, "4.92"),
        ("11.64¢/kg plus 8.5%", "1000", KG, "201.4"),
        ("$113.40/tonne plus 7%", "1000", {"TNE": Decimal(2)}, "296.8"),
        ("238% but not less than $1.25/kg", "1000", KG, "2380"),
        ("238% but not less than $1.25/kg", "100", KG, "1250"),
        ("237.5% but not less than 46.6¢/kg", "100", KG, "466"),
        ("256% but not less than $36.67/hl", "10", {"LTR": Decimal(200)}, "73.34"),
        ("2.35¢/kg but not less than 12.5%", "1000", KG, "125"),
        ("2.35¢/kg but not less than 12.5% plus 4%", "1000", KG, "165"),
        ("2.35¢/kg but not less than 12.5% plus 4%", "100", KG, "27.5"),
        ("5% but not less than 4.74¢/kg or more than 9.48¢/kg", "100", KG, "47.4"),
        ("5% but not less than 4.74¢/kg or more than 9.48¢/kg", "1000", KG, "50"),
        ("5% but not less than 4.74¢/kg or more than 9.48¢/kg", "9000", KG, "94.8"),
        ("18% but not more than $2.50/pair", "1000", {"PAR": Decimal(40)}, "100"),
        ("18% but not more than $2.50/pair", "500", {"PAR": Decimal(40)}, "90"),
        ("$1.20/dozen", "0", {"DZN": Decimal("2.5")}, "3"),
        ("10¢/each", "0", {"DZN": Decimal(2)}, "2.4"),
        ("35¢/m²", "0", {"MTK": Decimal("1.1")}, "0.385"),
        ("$3/thousand", "0", {"MIL": Decimal("1.5")}, "4.5"),
        ("$3/thousand", "0", {"NMB": Decimal(1500)}, "4.5"),
    ],
)
def test_a_rate_is_read_and_computed_exactly(text: str, value: str, quantities: dict[str, Decimal], duty: str) -> None:
    rate = parse_duty_rate(text)
    assert rate.text == text
    assert rate.duty(Decimal(value), quantities) == Decimal(duty)


def test_every_rate_of_the_shipped_table_can_be_read() -> None:
    rows = list(shipped.rows("tariff.csv"))
    texts = [row[column] for row in rows for column in ("mfn", "ust", "mxt", "ceut", "cptpt", "gpt")]
    assert len(rows) == 766
    assert len(texts) == 4596
    rates = [parse_duty_rate(text) for text in texts if text]
    assert len(rates) == 4292
    assert sum(rate.is_free for rate in rates) == 3610
    assert {unit for rate in rates for unit in rate.units} == {"KGM", "TNE", "LTR", "LPA", "HLT"}


@pytest.mark.parametrize(
    "text", ["", "free", "6.5", "$/kg", "6.5% plus", "3¢/furlong", "6.5%6%", "1% but not less than"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate of duty"):
        parse_duty_rate(text)


def test_a_missing_quantity_is_named() -> None:
    with pytest.raises(QuantityMissing) as missing:
        parse_duty_rate("2.82¢/kg").duty(Decimal(10), {"NMB": Decimal(3)})
    assert missing.value.unit == "KGM"
    assert unit_word("KGM") == "kg"


def test_related_units_are_converted() -> None:
    assert quantity_in("NMB", {"DZN": Decimal(2)}) == 24
    assert quantity_in("LTR", {"HLT": Decimal(2)}) == 200


def test_a_percentage_given_as_a_fraction() -> None:
    assert ad_valorem(Decimal(0)) is FREE
    assert ad_valorem(Decimal("0.065")).text == "6.5%"
    assert ad_valorem(Decimal("0.065")).duty(Decimal(100)) == Decimal("6.5")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Free", "Free"),
        ("6.5%", "6.5\u00a0%"),
        ("2.82¢/kg", "2.82\u00a0¢/kg"),
        ("$113.40/tonne plus 7%", "$113.40/tonne plus 7\u00a0%"),
        ("238% but not less than $1.25/kg", "238\u00a0% but not less than $1.25/kg"),
        (
            "5% but not less than 4.74¢/kg or more than 9.48¢/kg",
            "5\u00a0% but not less than 4.74\u00a0¢/kg or more than 9.48\u00a0¢/kg",
        ),
        ("18% but not more than $2.50/pair", "18\u00a0% but not more than $2.50/pair"),
    ],
)
def test_a_rate_in_the_words_of_the_page(text: str, shown: str) -> None:
    assert rate_text(parse_duty_rate(text)) == shown


def test_no_rate_and_sources_in_words() -> None:
    assert rate_text(None) == ""
    assert source_text(shipped.STAND_IN) == "Stand-in: not in the European Central Bank table"
    assert source_text("Bank of Canada, 2026-07-22") == "Bank of Canada, 2026-07-22"


numbers = st.integers(1, 99999).map(lambda whole: format((Decimal(whole) / 100).normalize(), "f"))
units = st.sampled_from(["kg", "tonne", "litre", "litre of absolute ethyl alcohol", "hl", "dozen", "each", "pair"])
terms = st.one_of(
    numbers.map(lambda number: f"{number}%"),
    st.builds("{}¢/{}".format, numbers, units),
    st.builds("${}/{}".format, numbers, units),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(terms, st.none() | terms, st.none() | terms, st.none() | terms)
def test_any_form_of_rate_is_read_back_into_its_parts(
    base: str, floor: str | None, ceiling: str | None, plus: str | None
) -> None:
    text = base + (f" but not less than {floor}" if floor else "")
    text += (f" or more than {ceiling}" if floor else f" but not more than {ceiling}") if ceiling else ""
    text += f" plus {plus}" if plus else ""
    rate = parse_duty_rate(text)
    parts = [rate.base, rate.floor, rate.ceiling, rate.plus]
    wanted = [base, floor, ceiling, plus]
    assert parts == [None if part is None else parse_duty_rate(part).base for part in wanted]
    assert rate.text == text

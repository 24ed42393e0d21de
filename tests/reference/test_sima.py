"""Anti-dumping and countervailing duty: exact cents, the right row of the table."""

from datetime import date
from decimal import Decimal

import pytest

from reference import queries, shipped
from reference.rules.sima import (
    SimaMeasureFrom,
    SimaSubject,
    sima_assessment,
    sima_measure_of,
    sima_measures,
)
from reference.rules.tariff import QuantityMissing

DAY = date(2026, 7, 15)
KG = {"KGM": Decimal(1000)}
TONNE = {"TNE": Decimal(1)}


def measure(**changes: object) -> SimaMeasureFrom:
    given = {
        "case": "TEST",
        "goods_en": "Goods",
        "goods_fr": "Marchandises",
        "prefixes": ("7318",),
        "origins": ("CN",),
        "exporter": "",
        "effective_from": date(2020, 1, 1),
    }
    return SimaMeasureFrom(**(given | changes))  # type: ignore[arg-type]


NORMAL = measure(exporter="Mill", normal_value=Decimal("3.4"), unit="KGM")
UNDERTAKING = measure(exporter="Mill", normal_value=Decimal("3.4"), unit="KGM", is_undertaking=True)
OTHERS = measure(antidumping_rate=Decimal("1.70"), countervailing_amount=Decimal("1.25"), unit="KGM")
SUBSIDY = measure(antidumping_rate=Decimal("1.01"), countervailing_rate=Decimal("0.15"))


@pytest.mark.parametrize(
    ("row", "price", "quantities", "subject", "anti_dumping", "countervailing", "answer"),
    [
        (NORMAL, "3000", KG, "subject", "400.00", "0.00", "subject"),
        (NORMAL, "3000", TONNE, "subject", "400.00", "0.00", "subject"),
        (NORMAL, "3400", KG, "subject", "0.00", "0.00", "subject"),
        (NORMAL, "5000", KG, "subject", "0.00", "0.00", "subject"),
        (OTHERS, "1000", KG, "subject", "1700.00", "1250.00", "subject"),
        (SUBSIDY, "33.33", {}, "subject", "33.66", "5.00", "subject"),
        (OTHERS, "1000", KG, "non_subject", "0.00", "0.00", "non_subject"),
        (UNDERTAKING, "3000", KG, "undertaking", "0.00", "0.00", "undertaking"),
        (UNDERTAKING, "3000", KG, "subject", "400.00", "0.00", "subject"),
        (NORMAL, "3000", KG, "undertaking", "400.00", "0.00", "subject"),
        (None, "3000", KG, "subject", "0.00", "0.00", "non_subject"),
    ],
)
def test_the_duty_of_a_line(row, price, quantities, subject, anti_dumping, countervailing, answer) -> None:
    found = sima_assessment(row, export_price=Decimal(price), quantities=quantities, subject=SimaSubject(subject))
    assert (found.anti_dumping, found.countervailing) == (Decimal(anti_dumping), Decimal(countervailing))
    assert found.total == Decimal(anti_dumping) + Decimal(countervailing)
    assert found.subject == answer


def test_an_amount_a_unit_names_the_quantity_that_is_missing() -> None:
    with pytest.raises(QuantityMissing) as missing:
        sima_assessment(OTHERS, export_price=Decimal(10))
    assert missing.value.unit == "KGM"


def test_the_row_of_the_exporter_and_of_the_day() -> None:
    older = measure(exporter="Mill", normal_value=Decimal(1), unit="KGM", effective_from=date(2019, 1, 1))
    ended = measure(exporter="Gone", effective_to=date(2026, 7, 14))
    table = [OTHERS, NORMAL, older, ended]
    assert sima_measures(table, "7318.16.00.10", "CN", DAY) == (NORMAL, OTHERS)
    assert sima_measures(table, "7318160010", "CN", date(2019, 6, 1)) == (older,)
    assert sima_measures(table, "7318160010", "DE", DAY) == ()
    assert sima_measures(table, "7208100000", "CN", DAY) == ()
    assert sima_measure_of(table[:2], " MILL ") == NORMAL
    assert sima_measure_of(table[:2], "Somebody else") == OTHERS
    assert sima_measure_of([NORMAL], "") is None
    assert (OTHERS.goods_in("fr-ca"), OTHERS.goods_in("en")) == ("Marchandises", "Goods")


@pytest.mark.django_db
def test_what_ships_is_in_the_table_and_marked() -> None:
    assert set(queries.sima_measures()) == set(shipped.sima_measures())
    found = queries.sima_measures_for("7318160010", "CN", DAY)
    assert [row.exporter for row in found] == ["Formosa Practice Screw", ""]
    assert all(row.is_illustrative for row in found)

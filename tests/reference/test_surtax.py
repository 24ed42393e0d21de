"""Which surtax orders hit goods, of what base, and what may be claimed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reference import queries, shipped
from reference.rules.surtax import (
    CUSMA_VEHICLES,
    Exemption,
    exemptions_of,
    is_small_declaration,
    surtax_amount,
    surtax_base,
    surtax_findings,
    unlisted_orders,
)

ORDERS = {(row.order, row.effective_from): row for row in shipped.surtax_orders()}
DERIVATIVE = "SOR/2025-267"


@pytest.mark.parametrize(
    ("number", "origin", "on", "is_cusma", "found"),
    [
        ("7208.10.00.00", "US", date(2026, 7, 15), False, ["SOR/2025-95 (steel)"]),
        ("7208.10.00.00", "US", date(2025, 3, 12), False, []),
        ("7208.10.00.00", "CN", date(2026, 7, 15), False, ["SOR/2024-187 Sch. 2 (steel)"]),
        ("7318.16.00.10", "DE", date(2026, 7, 15), False, [DERIVATIVE]),
        ("7318.16.00.10", "CA", date(2026, 7, 15), False, []),
        ("8703.23.00.22", "US", date(2026, 7, 15), False, ["SOR/2025-118 s. 2(1)"]),
        ("8703.23.00.22", "US", date(2026, 7, 15), True, [CUSMA_VEHICLES]),
        ("6403.91.00.10", "US", date(2026, 7, 15), True, []),
    ],
)
def test_the_orders_that_hit_goods(number: str, origin: str, on: date, is_cusma: bool, found: list[str]) -> None:
    findings = surtax_findings(shipped.surtax_orders(), number, origin, on, is_cusma_vehicle=is_cusma)
    assert [row.order.order for row in findings if row.is_applied] == found


def test_of_one_group_only_the_first_applies_and_the_other_says_to_whom_it_yields() -> None:
    steel = ORDERS["SOR/2025-95 (steel)", date(2025, 3, 13)]
    derivative = ORDERS[DERIVATIVE, date(2026, 6, 22)]
    table = [derivative, replace(steel, prefixes=("73", "7318"))]
    applied, yielding = surtax_findings(table, "7318.16.00.10", "US", date(2026, 7, 15))
    assert (applied.order.order, applied.matched_prefix) == ("SOR/2025-95 (steel)", "7318")
    assert (yielding.order.order, yielding.yields_to) == (DERIVATIVE, "SOR/2025-95 (steel)")


@pytest.mark.parametrize(
    ("order", "value", "content", "base"),
    [
        ("SOR/2025-118 s. 2(1)", "40000", "9000", "40000"),
        (CUSMA_VEHICLES, "40000", "0", "34000.00"),
        (CUSMA_VEHICLES, "40000", "6000", "34000.00"),
        (CUSMA_VEHICLES, "40000", "6000.01", "33999.99"),
        (CUSMA_VEHICLES, "40000", "50000", "0.00"),
        (CUSMA_VEHICLES, "0.10", "0", "0.08"),
    ],
)
def test_the_base_of_a_vehicle(order: str, value: str, content: str, base: str) -> None:
    assert surtax_base(order, Decimal(value), content=Decimal(content)) == Decimal(base)


def test_the_amount_and_what_may_be_claimed() -> None:
    cusma = ORDERS[CUSMA_VEHICLES, date(2025, 4, 9)]
    assert surtax_amount(cusma, Decimal(40000)) == Decimal("8500.00")
    assert surtax_amount(ORDERS["SOR/2025-95 (steel)", date(2025, 3, 13)], Decimal("0.10")) == Decimal("0.03")
    assert Exemption.CHAPTER_98 in exemptions_of("SOR/2025-95 (aluminum)")
    assert Exemption.CHAPTER_98 not in exemptions_of("SOR/2025-95 (steel)")
    assert exemptions_of("SOR/2030-1") == ()
    assert is_small_declaration("SOR/2025-154 s. 3", Decimal(5000))
    assert not is_small_declaration("SOR/2025-154 s. 3", Decimal("5000.01"))
    assert not is_small_declaration("SOR/2025-95 (steel)", Decimal(1))
    assert all(exemptions_of(row.order) for row in shipped.surtax_orders())


@pytest.mark.django_db
def test_the_codes_of_a_declaration_come_with_the_order() -> None:
    (found,) = queries.surtax_findings_of("7604.10.00.00", "CN", date(2026, 7, 15))
    assert found.codes == ("24187C",)


def test_orders_without_a_list_are_told_and_those_with_one_reach_their_goods() -> None:
    day, before = date(2026, 7, 20), date(2025, 6, 26)
    told = [row.order for row in unlisted_orders(shipped.surtax_orders(), "7208.10.00.00", "TR", day)]
    assert told == ["SOR/2025-148 s. 2", "SOR/2025-148 s. 2.1", "SOR/2025-154 s. 3"]
    assert [row.order for row in unlisted_orders(shipped.surtax_orders(), "7609.00.00.00", "TR", day)] == [
        "SOR/2025-154 s. 4"
    ]
    for number, origin, on in [
        ("7208.10.00.00", "US", day),
        ("7208.10.00.00", "TR", before),
        ("6404.11.91.00", "TR", day),
    ]:
        assert unlisted_orders(shipped.surtax_orders(), number, origin, on) == ()
    first_list = surtax_findings(shipped.surtax_orders(), "0901.21.00.10", "US", date(2025, 6, 1))
    assert [(row.order.order, row.matched_prefix) for row in first_list] == [("SOR/2025-66", "0901")]
    assert surtax_findings(shipped.surtax_orders(), "0901.21.00.10", "US", date(2025, 9, 1)) == ()
    assert all(row.name_in("fr") != row.name_in("en") == row.name for row in shipped.surtax_orders())
    assert all(row.goods_in("fr") != row.goods_in("en") == row.goods for row in shipped.surtax_orders())

"""Every field of a line: what it takes, what it comes to, and how it is explained."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import ProgramAccount
from core.errors import DomainError
from declarations import queries, rules, services
from declarations.models import Declaration, Line
from declarations.services.sima import SimaFacts, sima_outcome
from ledger.models import Posting
from reference.rules.rates import SalesTaxFrom
from reference.rules.sima import SimaMeasureFrom
from tests.builders import Cast, signed_in
from tests.declarations.desk import BOOTS, INVOICE, NUTS, drafted, filer, released
from tests.declarations.test_pages import LINE, base, text

D = Decimal


@pytest.mark.parametrize(
    ("hst", "provincial", "collected", "expected"),
    [
        pytest.param("0.13", "0", "yes", (D("0.13"), D(0), False), id="Ontario: HST in place of GST"),
        pytest.param("0", "0.07", "yes", (None, D("0.07"), False), id="British Columbia: PST beside GST"),
        pytest.param("0", "0", "no", (None, D(0), False), id="Alberta: GST alone"),
        pytest.param("0", "0.09975", "unknown", (None, D("0.09975"), True), id="Quebec: collected, marked"),
        pytest.param("0", "0.07", "no", (None, D(0), False), id="not collected at the border"),
    ],
)
def test_what_casual_goods_bear(hst: str, provincial: str, collected: str, expected: tuple[Any, ...]) -> None:
    tax = rules.casual_tax(SalesTaxFrom("XX", date(2020, 1, 1), D("0.05"), D(hst), D(provincial), "", collected))
    assert (tax.hst_rate, tax.provincial_rate, tax.is_illustrative) == expected
    assert tax.shown_rate == (expected[0] or expected[1])


@pytest.mark.parametrize(
    ("computed", "declared", "expected"),
    [(None, "0", "0"), (None, "12.00", "12.00"), ("20.00", "12.00", "20.00"), ("20.00", "25.00", "25.00")],
)
def test_self_declared_sima_counts_only_where_it_is_higher(computed: str | None, declared: str, expected: str) -> None:
    assert rules.sima_payable(D(computed) if computed else None, D(declared)) == D(expected)


@pytest.mark.parametrize(
    ("code", "expected"), [("13", True), ("29", True), ("12", False), ("33", False), ("1", False), ("130", False)]
)
def test_value_for_duty_codes(code: str, expected: bool) -> None:
    assert rules.is_value_for_duty_code(code) is expected


@pytest.mark.parametrize(
    ("text_given", "expected"), [("20-1135", True), ("21-1-85", True), ("2-1", False), ("20-1135x", False)]
)
def test_the_form_of_a_special_authority(text_given: str, expected: bool) -> None:
    assert rules.is_special_authority(text_given) is expected


@pytest.mark.parametrize(
    ("days", "expected"), [(["2026-07-01", "2026-07-31"], True), (["2026-07-31", "2026-08-01"], False), ([], False)]
)
def test_one_calendar_month(days: list[str], expected: bool) -> None:
    assert rules.is_of_one_month(date.fromisoformat(day) for day in days) is expected


WRONG = [
    ({"value_for_duty_code": "12"}, "value_for_duty_code"),
    ({"special_authority": "remission"}, "special_authority"),
    ({"excise_exemption": "zz"}, "excise_exemption"),
    ({"excise_exemption": "85", "excise_tax": D("1.00")}, "excise_exemption"),
    ({"surtax_ground": "BECAUSE"}, "surtax_ground"),
    ({"surtax_ground": "QUOTA"}, "surtax_reference"),
    ({"province": "XX"}, "province"),
    ({"surtax_content": D("1.00")}, "surtax_content"),
    ({"sima_subject": "PERHAPS"}, "sima_subject"),
    ({"sima_price": D("1.00")}, "sima_currency"),
]


@pytest.mark.django_db
def test_each_wrong_field_is_named_and_all_at_once(cast: Cast, account: ProgramAccount) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    invoice = declaration.versions.get().invoices.get()
    entries = [replace(BOOTS, **changes) for changes, _field in WRONG]
    everything = replace(BOOTS, origin="XX", value=D(0), quantity=D(0), classification="1", gst_exemption="zz")
    reports = services.try_lines(declaration=declaration, invoice=invoice, entries=[*entries, everything])
    assert [report.problems[0].field for report in reports[:-1]] == [field for _changes, field in WRONG]
    assert [problem.field for problem in reports[-1].problems] == [
        "classification",
        "origin",
        "value",
        "quantity",
        "gst_exemption",
    ]
    with pytest.raises(DomainError) as refusal:
        services.save_invoice(
            declaration=declaration,
            entry=replace(INVOICE, time_limit_months=61),
            actor=filer(cast.world, cast.harbourline),
            at=cast.world.at,
        )
    assert refusal.value.field == "time_limit_months"


@pytest.mark.django_db
def test_casual_goods_and_claims_are_assessed_posted_and_explained(cast: Cast, account: ProgramAccount) -> None:
    wen = signed_in(cast.wen)
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    one = f"{base(account)}{declaration.number}/edit/invoices/1/lines/1/"
    given = {
        **LINE,
        "province": "ON",
        "value_for_duty_code": "13",
        "special_authority": "20-1135",
        "sima_subject": "NON_SUBJECT",
        "excise_exemption": "85",
        "remarks": "Sent as a gift",
    }
    page = text(wen.post(one, {**given, "special_authority": "none"}))
    assert "Enter the number of the order" in page and "Sent as a gift" in page
    assert wen.post(one, given).status_code == 302
    page = text(wen.get(one))
    assert "Sent as a gift" in page and "casual goods for ON" in page and "13 %" in page
    assert 'value="13" selected' in page and 'value="20-1135"' in page
    line = Line.objects.get()
    # 9,840.00 + 18 % = 11,611.20; 13 % of it in place of the GST
    assert (line.gst, line.hst, line.total) == (D("0.00"), D("1509.46"), D("3280.66"))
    actor = filer(cast.world, cast.harbourline)
    nuts = replace(NUTS, surtax_ground="QUOTA", surtax_reference="P-1", province="BC", value=D("100.00"), sima=D(7))
    services.save_line(declaration=declaration, invoice=line.invoice, entry=nuts, at=cast.world.at, actor=actor)
    services.save_invoice(
        declaration=declaration,
        entry=replace(INVOICE, total=D("9940.00"), purchaser="Northlight West", time_limit_months=6),
        actor=actor,
        at=cast.world.at,
    )
    second = Line.objects.get(position=2)
    # (100.00 + 7.00 SIMA) x 5 % and x 7 %
    assert (second.surtax, second.gst, second.provincial_tax) == (D("0.00"), D("5.35"), D("7.49"))
    assert (second.surtax_is_contested, second.total) == (True, D("19.84"))
    services.submit(declaration=declaration, actor=actor, at=cast.world.at)
    row = Declaration.objects.get()
    assert (row.hst, row.provincial_tax, row.total) == (D("1509.46"), D("7.49"), D("3300.50"))
    posted = {posting.revenue: -posting.amount for posting in Posting.objects.exclude(revenue="")}
    assert (posted["HST"], posted["PST"], posted["SIMA"]) == (D("1509.46"), D("7.49"), D("7.00"))
    call_command("verify_ledger", verbosity=0)
    page = text(wen.get(f"{base(account)}{row.number}/?explain=1-1"))
    assert "bear the HST instead" in page and "None: exemption 85" in page and "T2026-2" in page
    assert "Northlight West" in page and "6 months" in page
    page = text(wen.get(f"{base(account)}{row.number}/?explain=1-2"))
    assert "Self-declared: $7.00" in page and "SOR/2025-267" not in page  # casual goods bear no such surtax


@pytest.mark.django_db
def test_the_portal_computes_sima_and_takes_a_higher_amount_only(cast: Cast, account: ProgramAccount) -> None:
    declaration = drafted(cast.world, released(cast.world, account, cast.harbourline))
    invoice = declaration.versions.get().invoices.get()
    nuts = replace(NUTS, origin="CN", treatment="MFN", quantity=D(1000), value=D("1000.00"))
    others = replace(nuts, sima_subject="SUBJECT")
    tried: list[tuple[dict[str, Any], str, str, str]] = [
        ({}, "2950.00", "40", "1000.00 × 170% + 1250.00 = 2950.00"),
        ({"sima": D("5000.00")}, "5000.00", "40", "= 2950.00"),
        ({"sima_price": D("800.00"), "sima_currency": "CAD"}, "2610.00", "40", "800.00 × 170%"),
        ({"sima_exporter": "formosa practice screw"}, "2400.00", "40", "3400.00 − 1000.00 = 2400.00"),
        ({"sima_subject": "NON_SUBJECT"}, "0.00", "10", ""),
    ]
    given: Any = {"declaration": declaration, "invoice": invoice}
    reports = services.try_lines(entries=[replace(others, **changes) for changes, *_rest in tried], **given)
    for report, (_changes, amount, code, arithmetic) in zip(reports, tried, strict=True):
        assert report.line is not None and (report.line.sima, report.line.sima_code) == (D(amount), code)
        assert arithmetic in report.line.sima_measure and report.line.sima_is_illustrative is (code == "40")
    wrong = replace(others, sima_price=D(1), sima_currency="ZZZ")
    assert services.try_lines(entries=[wrong], **given)[0].problems[0].field == "sima_currency"
    services.save_line(entry=nuts, at=cast.world.at, position=1, actor=filer(cast.world, cast.harbourline), **given)
    page = text(signed_in(cast.wen).get(f"{base(account)}{declaration.number}/check/"))
    assert "a SIMA measure names such goods" in page


def test_the_arithmetic_of_sima_reads_the_same_in_both_languages() -> None:
    measure = SimaMeasureFrom("Rods", "", "", ("7213",), ("CN",), "", date(2018, 1, 1), antidumping_rate=D("0.41"))
    facts = SimaFacts("SUBJECT", "", D("100.00"), {"KGM": D(2)})
    subsidised = replace(measure, countervailing_rate=D("0.15"))
    promised = replace(measure, is_undertaking=True)
    fair = replace(measure, normal_value=D(10), unit="KGM", exporter="Mill")
    for rows, changes, expected in (
        ([measure], {}, (D("41.00"), "40", "Rods: 100.00 × 41% = 41.00")),
        ([subsidised], {}, (D("56.00"), "40", "Rods: 100.00 × 41% + 100.00 × 15% = 56.00")),
        ([promised], {"subject": "UNDERTAKING"}, (D("0.00"), "20", "Rods: 0.00")),
        ([fair], {"exporter": "Mill"}, (D("0.00"), "40", "Rods, Mill: 0.00 = 0.00")),
        ([], {}, (D("0.00"), "10", "")),
        ([measure], {"subject": ""}, (None, "", "")),
    ):
        found = sima_outcome(replace(facts, **changes), rows)
        assert (found.computed, found.code, found.arithmetic) == expected


@pytest.mark.parametrize(
    ("ground", "order", "expected"),
    [
        ("GOODS", "SOR/2025-95 (steel)", True),
        ("QUOTA", "SOR/2025-148 s. 2", True),
        ("QUOTA", "SOR/2025-95 (steel)", False),
        ("REMISSION", "SOR/2025-95 (steel)", True),
        ("SMALL", "SOR/2025-154 s. 3", True),
        ("SMALL", "SOR/2025-148 s. 2", False),
        ("SMALL", "An order of an officer", True),
    ],
)
def test_a_ground_spares_what_the_order_exempts(ground: str, order: str, expected: bool) -> None:
    assert rules.spares(ground, order) is expected


@pytest.mark.django_db
def test_surtax_by_content_small_declarations_and_treatments_are_checked_and_their_sources_printed(
    cast: Cast, account: ProgramAccount
) -> None:
    wen, actor = signed_in(cast.wen), filer(cast.world, cast.harbourline)
    car = replace(BOOTS, classification="8703.23.00.22", origin="US", quantity=D(1), value=D("40000.00"))
    declaration = drafted(
        cast.world,
        released(cast.world, account, cast.harbourline),
        replace(car, treatment="UST", origin_proof="C-1", surtax_content=D("8000.00")),
        replace(car, treatment="MFN"),
    )
    line, other = Line.objects.order_by("position")
    assert (line.surtax_order, line.surtax_base, line.surtax) == ("SOR/2025-118 s. 2(2)", D("32000.00"), D("8000.00"))
    assert (other.surtax_order, other.surtax_base, other.surtax) == ("SOR/2025-118 s. 2(1)", None, D("10000.00"))
    address = f"{base(account)}{declaration.number}/"
    page = text(wen.get(f"{address}?explain=1-1"))
    assert "25% of $32,000.00" in page.replace("25 %", "25%") and line.surtax_source in page
    assert "Verified rate" in page and 'value="8000.00"' in text(wen.get(f"{address}edit/invoices/1/lines/1/"))
    paper = text(wen.get(f"{address}print/"))
    assert "on $32,000.00" in paper and f"({line.rate_source})" in paper
    assert line.surtax_source in paper
    with pytest.raises(DomainError) as refusal:
        services.save_line(
            declaration=declaration,
            invoice=line.invoice,
            entry=replace(car, surtax_ground="SMALL"),
            actor=actor,
            at=cast.world.at,
        )
    assert (refusal.value.code, refusal.value.field) == ("surtax_ground_not_of_order", "surtax_ground")

    def stops() -> dict[str, str]:
        found = queries.checks(declaration, queries.draft_of(declaration), on=cast.world.today)
        return {check.code: check.message for check in found if check.blocks and not check.passed}

    Line.objects.filter(pk=line.pk).update(surtax_ground="SMALL")
    Line.objects.filter(pk=other.pk).update(treatment="CPTPT")
    found = stops()
    assert "totals $80,000.00" in found["surtax_small_too_large"]
    assert found["treatment_not_for_origin"].startswith("Line 2: goods of US can't claim CPTPT. They can claim: MFN")
    Line.objects.filter(pk=line.pk).update(value_for_duty=D("5000.00"))
    Line.objects.filter(pk=other.pk).update(value_for_duty=D("0.00"), treatment="MFN")
    assert not {"surtax_small_too_large", "treatment_not_for_origin"} & set(stops())

"""The open calculators over HTTP: exact answers, the first bad field, the limit of calls."""

import json
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.throttling import ScopedRateThrottle

pytestmark = pytest.mark.django_db


def post(name: str, body: Any, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return Client().post(f"/api/v1/calculators/{name}", text, content_type="application/json", headers=headers)


def duties(**line: Any) -> Any:
    return post("duties", {"currency": "CAD", "shipped_on": "2026-03-02", "lines": [{"value": "100.00"} | line]})


# --- Duties --------------------------------------------------------------------------------------------------------


def test_the_published_example() -> None:
    call = {
        "currency": "USD",
        "exchange_rate": "1.15",
        "shipped_on": "2026-03-02",
        "lines": [
            {
                "value": "100.00",
                "duty_rate": "4",
                "sima": "0.00",
                "surtax_rates": ["0"],
                "excise_duty": "0.00",
                "excise_tax": "0.00",
                "gst_rate": "5",
                "province": None,
            }
        ],
    }
    answer = post("duties", call)
    assert answer.status_code == 200
    assert answer.json() == {
        "lines": [
            {
                "value_for_duty": "115.00",
                "duty": "4.60",
                "sima": "0.00",
                "surtax": "0.00",
                "excise_duty": "0.00",
                "excise_tax": "0.00",
                "value_for_tax": "119.60",
                "gst": "5.98",
                "hst": "0.00",
                "provincial_tax": "0.00",
                "total": "10.58",
            }
        ],
        "total": "10.58",
    }


def test_json_numbers_are_read_exactly() -> None:
    body = '{"currency":"USD","exchange_rate":1.3725,"lines":[{"value":1.71,"duty_rate":6.5,"gst_rate":5}]}'
    line = post("duties", body).json()["lines"][0]
    assert (line["value_for_duty"], line["duty"], line["value_for_tax"], line["gst"]) == (
        "2.35",
        "0.15",
        "2.50",
        "0.13",
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({}, {"gst": "5.00", "total": "5.00"}),
        ({"gst_rate": "0"}, {"gst": "0.00", "total": "0.00"}),
        ({"surtax_rates": ["25", "10"]}, {"surtax": "35.00", "value_for_tax": "135.00", "gst": "6.75"}),
        ({"province": "ON"}, {"gst": "0.00", "hst": "13.00", "provincial_tax": "0.00", "total": "13.00"}),
        ({"province": "NS"}, {"hst": "14.00"}),
        ({"province": "QC"}, {"gst": "5.00", "hst": "0.00", "provincial_tax": "9.98", "total": "14.98"}),
        ({"province": "MB"}, {"gst": "5.00", "provincial_tax": "7.00"}),
        ({"province": "AB"}, {"gst": "5.00", "provincial_tax": "0.00"}),
        ({"sima": "10", "excise_duty": "1.5", "excise_tax": "0.05"}, {"value_for_tax": "111.55", "gst": "5.58"}),
        ({"value": "0.00"}, {"value_for_duty": "0.00", "total": "0.00"}),
    ],
)
def test_one_line_of_a_hundred_dollars(line: dict[str, Any], expected: dict[str, str]) -> None:
    answer = duties(**line).json()["lines"][0]
    assert {name: answer[name] for name in expected} == expected


def test_the_sales_tax_is_that_of_the_day_of_shipment() -> None:
    body = {"currency": "CAD", "shipped_on": "2025-03-31", "lines": [{"value": "100", "province": "NS"}]}
    assert post("duties", body).json()["lines"][0]["hst"] == "15.00"


def test_without_a_rate_the_dated_table_is_used() -> None:
    friday = post("duties", {"currency": "USD", "shipped_on": "2026-07-17", "lines": [{"value": "100.00"}]}).json()
    sunday = post("duties", {"currency": "usd", "shipped_on": "2026-07-19", "lines": [{"value": "100.00"}]}).json()
    canadian = post("duties", {"currency": "CAD", "lines": [{"value": "100.00"}]}).json()
    assert friday == sunday
    assert friday["lines"][0]["value_for_duty"] > "130"
    assert canadian["lines"][0]["value_for_duty"] == "100.00"


def test_the_total_is_that_of_all_lines() -> None:
    body = {"currency": "CAD", "lines": [{"value": "10.10"}, {"value": "10.10"}, {"value": "0.10"}]}
    answer = post("duties", body).json()
    assert [line["total"] for line in answer["lines"]] == ["0.51", "0.51", "0.01"]
    assert answer["total"] == "1.03"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "currency"),
        ("{}", "currency"),
        ("[]", None),
        ("null", None),
        ('"text"', None),
        ("{", None),
        ("[" * 100_000, None),
        ('{"currency":"CAD","currency":"USD","lines":[{"value":"1"}]}', None),
        ('{"currency":"USD"}', "lines"),
        ('{"currency":"USD","lines":null}', "lines"),
        ('{"currency":"USD","lines":{}}', "lines"),
        ('{"currency":"USD","lines":[]}', "lines"),
        ('{"currency":"USD","lines":[1]}', "lines[0]"),
        ('{"currency":"USD","lines":[{}]}', "lines[0].value"),
        ('{"currency":"US","lines":[{"value":"1"}]}', "currency"),
        ('{"currency":5,"lines":[{"value":"1"}]}', "currency"),
        ('{"currency":"ZZZ","lines":[{"value":"1"}]}', "currency"),
        ('{"currency":"XXX","exchange_rate":"1","lines":[{"value":"1"}]}', "currency"),
        ('{"currency":"DEM","lines":[{"value":"1"}]}', "currency"),
        ('{"currency":"USD","exchange_rate":"0","lines":[{"value":"1"}]}', "exchange_rate"),
        ('{"currency":"USD","exchange_rate":"-1","lines":[{"value":"1"}]}', "exchange_rate"),
        ('{"currency":"USD","exchange_rate":"1e2","lines":[{"value":"1"}]}', "exchange_rate"),
        ('{"currency":"USD","shipped_on":"2026-02-30","lines":[{"value":"1"}]}', "shipped_on"),
        ('{"currency":"USD","shipped_on":"1999-12-31","lines":[{"value":"1"}]}', "shipped_on"),
        ('{"currency":"USD","shipped_on":20260302,"lines":[{"value":"1"}]}', "shipped_on"),
        ('{"currency":"USD","shipped_on":"2005-01-01","lines":[{"value":"1","province":"ON"}]}', "lines[0].province"),
        ('{"currency":"USD","lines":[{"value":"1","duty_rate":"1001"}]}', "lines[0].duty_rate"),
        ('{"currency":"USD","lines":[{"value":"1","duty_rate":"6.5%"}]}', "lines[0].duty_rate"),
        ('{"currency":"USD","lines":[{"value":"1","duty_rate":null}]}', "lines[0].duty_rate"),
        ('{"currency":"USD","lines":[{"value":"1","sima":"-1"}]}', "lines[0].sima"),
        ('{"currency":"USD","lines":[{"value":"1","surtax_rates":"25"}]}', "lines[0].surtax_rates"),
        ('{"currency":"USD","lines":[{"value":"1","surtax_rates":["25","x"]}]}', "lines[0].surtax_rates[1]"),
        (
            json.dumps({"currency": "USD", "lines": [{"value": "1", "surtax_rates": ["1"] * 21}]}),
            "lines[0].surtax_rates",
        ),
        ('{"currency":"USD","lines":[{"value":"1","gst_rate":"-5"}]}', "lines[0].gst_rate"),
        ('{"currency":"USD","lines":[{"value":"1","province":"XX"}]}', "lines[0].province"),
        ('{"currency":"USD","lines":[{"value":"1","province":""}]}', "lines[0].province"),
        (json.dumps({"currency": "USD", "lines": [{"value": "1"}] * 1001}), "lines"),
    ],
)
def test_the_first_bad_field_of_duties(body: str, field: str | None) -> None:
    answer = post("duties", body)
    assert answer.status_code == 400
    problem = answer.json()
    assert set(problem) == {"code", "message", "field", "link"}
    assert problem["field"] == field
    assert problem["message"].endswith(".")


@pytest.mark.parametrize(
    "value",
    ["-1", "-0", "1e3", "1.234", "NaN", "Infinity", "-Infinity", "true", "null", "[]", "{}", "1" * 13, "1" * 5000]
    + [
        json.dumps(text)
        for text in ("", " 1", "1 ", "1\n", "+1", "1,000.00", "$5", ".5", "5.", "١", "1e3", "NaN", "\ud800")
    ],
)
def test_no_other_number_is_an_amount(value: str) -> None:
    answer = post("duties", '{"currency":"CAD","lines":[{"value":"1"},{"value":VALUE}]}'.replace("VALUE", value))
    assert answer.status_code == 400
    assert answer.json()["field"] == "lines[1].value"


def test_the_largest_numbers_still_have_exact_cents() -> None:
    body = {
        "currency": "USD",
        "exchange_rate": "999999.9999999999",
        "lines": [{"value": "999999999999.99", "duty_rate": "1000", "surtax_rates": ["1000"] * 20}],
    }
    line = post("duties", body).json()["lines"][0]
    assert line["value_for_duty"] == "999999999999989900.00"
    assert line["duty"] == "9999999999999899000.00"


def test_unknown_names_are_let_pass() -> None:
    assert post("duties", {"currency": "CAD", "note": "x", "lines": [{"value": "1", "note": "y"}]}).status_code == 200


def test_a_message_in_the_callers_language_and_other_ways_in() -> None:
    assert post("duties", {}, **{"accept-language": "fr"}).headers["Content-Language"] == "fr"
    form = Client().post("/api/v1/calculators/duties", {"currency": "CAD"})
    assert form.status_code == 415
    assert Client().get("/api/v1/calculators/duties").status_code == 405
    assert post("duties", "x" * 1_000_001).status_code == 413
    latin = Client().post("/api/v1/calculators/duties", b'{"currency":"\xe9"}', content_type="application/json")
    assert latin.status_code == 400


# --- Security ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("totals", "on", "answer"),
    [
        ({"2025-08": "12000.00", "2025-09": "61500.00"}, "2025-10-01", ("2025-09", "61500.00", "30750.00", "61500.00")),
        ({"2025-07": "5", "2025-08": "5.00"}, "2025-10-01", ("2025-07", "5.00", "5000.00", "5.00")),
        ({"2025-10": "9", "2024-09": "9", "2024-10": "1"}, "2025-10-31", ("2024-10", "1.00", "5000.00", "1.00")),
        ({"2025-10": "9"}, "2025-10-01", (None, "0.00", "0.00", "0.00")),
        ({"2025-09": "0.00"}, "2025-10-01", (None, "0.00", "0.00", "0.00")),
        ({"2025-09": 10000.01}, "2025-10-01", ("2025-09", "10000.01", "5000.01", "10000.01")),
        ({"2025-09": "50000000"}, "2025-10-01", ("2025-09", "50000000.00", "10000000.00", "10000000.00")),
        ({"2024-02": "100"}, "2024-03-26", ("2024-02", "100.00", "25000.00", "100.00")),
        ({"2024-02": "100"}, "2024-03-27", ("2024-02", "100.00", "5000.00", "100.00")),
        ({"2025-12": "100"}, "2026-01-01", ("2025-12", "100.00", "5000.00", "100.00")),
        ({"2026-06": "100"}, None, ("2026-06", "100.00", "5000.00", "100.00")),
        ({"1999-12": "100"}, "2026-01-01", (None, "0.00", "0.00", "0.00")),
    ],
)
def test_security(totals: dict[str, Any], on: str | None, answer: tuple[Any, ...]) -> None:
    response = post("security", {"monthly_totals": totals, "on": on})
    assert response.json() == dict(zip(("highest_month", "highest_amount", "bond", "cash"), answer, strict=True))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "monthly_totals"),
        ({"monthly_totals": {}}, "monthly_totals"),
        ({"monthly_totals": None}, "monthly_totals"),
        ({"monthly_totals": []}, "monthly_totals"),
        ({"monthly_totals": {"2025-13": "1"}}, "monthly_totals.2025-13"),
        ({"monthly_totals": {"2025-9": "1"}}, "monthly_totals.2025-9"),
        ({"monthly_totals": {"2025-09": "-1"}}, "monthly_totals.2025-09"),
        ({"monthly_totals": {"2001-09": "-1"}}, "monthly_totals.2001-09"),
        ({"monthly_totals": {"2025-09": None}}, "monthly_totals.2025-09"),
        ({"monthly_totals": {"2025-09": "1.001"}}, "monthly_totals.2025-09"),
        ({"monthly_totals": {"<script>": "1"}}, "monthly_totals"),
        ({"monthly_totals": {"\ud800": "1"}}, "monthly_totals"),
        ({"monthly_totals": {f"{year:04d}-01": "1" for year in range(1201)}}, "monthly_totals"),
        ({"monthly_totals": {"2025-09": "1"}, "on": "2025-9-1"}, "on"),
    ],
)
def test_the_first_bad_field_of_security(body: Any, field: str) -> None:
    answer = post("security", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


# --- Billing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("released_on", "answer"),
    [
        ("2025-06-02", "2025-05-18 2025-06-17 2025-06-09 2025-06-25 2025-07-01 2025-07-02"),
        ("2025-06-17", "2025-05-18 2025-06-17 2025-06-24 2025-06-25 2025-07-01 2025-07-02"),
        ("2025-06-18", "2025-06-18 2025-07-17 2025-06-25 2025-07-25 2025-07-31 2025-07-31"),
        ("2025-12-18", "2025-12-18 2026-01-17 2025-12-26 2026-01-25 2026-01-30 2026-01-30"),
        ("2026-01-01", "2025-12-18 2026-01-17 2026-01-08 2026-01-25 2026-01-30 2026-01-30"),
        ("2024-03-10", "2024-02-18 2024-03-17 2024-03-15 2024-03-25 2024-03-29 2024-03-30"),
        ("2099-12-31", "2099-12-18 2100-01-17 2100-01-08 2100-01-25 2100-01-29 2100-01-29"),
    ],
)
def test_billing(released_on: str, answer: str) -> None:
    names = ["period_start", "period_end", "accounting_due_on", "statement_on", "payment_due_on", "last_day_to_pay"]
    response = Client().get(f"/api/v1/calculators/billing?released_on={released_on}")
    assert response.json() == dict(zip(names, answer.split(), strict=True))


@pytest.mark.parametrize(
    "query", ["", "?released_on=", "?released_on=2025-02-30", "?released_on=02/06/2025", "?on=2025-06-02"]
)
def test_a_release_needs_a_day(query: str) -> None:
    answer = Client().get(f"/api/v1/calculators/billing{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, "released_on")


# --- Interest ------------------------------------------------------------------------------------------------------

LATE = {"principal": "10000.00", "due_on": "2026-01-30", "paid_on": "2026-03-01"}


@pytest.mark.parametrize(
    ("change", "days", "amount"),
    [
        ({"rates": [{"from": "2026-01-01", "rate": "8.3"}]}, 30, "68.44"),
        ({"rates": [{"from": "2026-01-31", "rate": 8.3}]}, 30, "68.44"),
        ({"rates": [{"from": "2026-02-10", "rate": "8"}, {"from": "2025-01-01", "rate": "9"}]}, 30, "68.72"),
        ({"rates": [{"from": "2026-01-01", "rate": "0"}]}, 30, "0.00"),
        ({"paid_on": "2026-01-30"}, 0, "0.00"),
        ({"paid_on": "2025-01-30", "rates": []}, 0, "0.00"),
        ({}, 30, "68.44"),
        ({"rates": None}, 30, "68.44"),
        ({"principal": "0"}, 30, "0.00"),
    ],
)
def test_interest(change: dict[str, Any], days: int, amount: str) -> None:
    assert post("interest", LATE | change).json() == {"days": days, "interest": amount}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": None}, "principal"),
        ({"principal": "-1"}, "principal"),
        ({"due_on": "30-01-2026"}, "due_on"),
        ({"paid_on": "2026-02-29"}, "paid_on"),
        ({"due_on": "2000-01-01", "paid_on": "2051-01-01"}, "paid_on"),
        ({"rates": "8.3"}, "rates"),
        ({"rates": []}, "rates"),
        ({"rates": [{"from": "2026-02-01", "rate": "8.3"}]}, "rates"),
        ({"rates": [{"rate": "8.3"}]}, "rates[0].from"),
        ({"rates": [{"from": "2026-01-01"}]}, "rates[0].rate"),
        ({"rates": [{"from": "2026-01-01", "rate": "1"}, {"from": "2026-02-01", "rate": "101"}]}, "rates[1].rate"),
        ({"rates": [{"from": "2026-01-01", "rate": "1"}, {"from": "2026-01-01", "rate": "2"}]}, "rates[1].from"),
        ({"rates": [{"from": "2026-01-01", "rate": "1"}, 5]}, "rates[1]"),
        ({"rates": [{"from": "2026-01-01", "rate": "1"}] * 401}, "rates"),
        ({"due_on": "2027-12-30", "paid_on": "2028-01-05"}, "rates"),
    ],
)
def test_the_first_bad_field_of_interest(change: dict[str, Any], field: str) -> None:
    answer = post("interest", LATE | change)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_fifty_years_at_a_hundred_percent_are_answered() -> None:
    body = {
        "principal": "999999999999.99",
        "due_on": "2000-12-31",
        "paid_on": "2050-12-31",
        "rates": [{"from": date(2000 + year, 1, 1).isoformat(), "rate": "99.999999"} for year in range(51)],
    }
    assert post("interest", body).json()["days"] == 18262


# --- The limit -----------------------------------------------------------------------------------------------------


def test_six_hundred_calls_a_minute_then_a_429() -> None:
    """Most calls of the minute are written down as made, so that a slow machine has no time to forget them."""
    client, address = Client(), "/api/v1/calculators/billing?released_on=2025-06-02"
    assert client.get(address).status_code == 200
    key = ScopedRateThrottle.cache_format % {"scope": "calculators", "ident": "127.0.0.1"}
    cache.set(key, cache.get(key) * 599, 60)
    assert client.get(address).status_code == 200
    refused = client.get(address)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert set(refused.json()) == {"code", "message", "field", "link"}


def test_a_session_that_is_sent_along_needs_no_form_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["portage_session"] = "anything"
    answer = client.post("/api/v1/calculators/security", "{}", content_type="application/json")
    assert answer.status_code == 400

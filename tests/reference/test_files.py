"""The schedule and exchange rates as files: cell by cell, whole or not at all, export then import changes nothing."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from core.actor import Actor, ActorKind
from core.errors import DomainError, Refused
from core.models import AuditEvent
from reference import queries
from reference.models import ClassificationNumber, ExchangeRate, TariffRate
from reference.rules.files import TEXTS, dotted, read_exchange_rates, read_schedule
from reference.services import files as services
from tests.conftest import TEST_DAY

OFFICER = Actor(kind=ActorKind.OFFICER, name="Daniel")
TODAY = TEST_DAY.date()
GOOD = {
    "classification_number": "7318.16.00.10",
    "unit": "KGM",
    "description_en": "Lock nuts of iron or steel",
    "description_fr": "Écrous",
    "edition": "T2030",
    "effective_from": "2030-01-01",
    "mark": "verified",
    "source": "Practice",
    "mfn": "9.5%",
}


def file_of(*rows: dict[str, str], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(GOOD), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"classification_number": "7318.16"}, ("classification_number", "number")),
        ({"unit": "XXX"}, ("unit", "unit")),
        ({"description_fr": ""}, ("description_fr", "missing")),
        ({"edition": "T2030-10-10-10"}, ("edition", "too_long")),
        ({"effective_from": "1/1/2030"}, ("effective_from", "day")),
        ({"effective_from": ""}, ("effective_from", "day")),
        ({"mark": "sure"}, ("mark", "mark")),
        ({"mfn": "9,5 pour cent"}, ("mfn", "rate")),
    ],
)
def test_a_wrong_cell_is_named(changes: dict[str, str], problem: tuple[str, str]) -> None:
    rows, problems = read_schedule(file_of(GOOD | changes), treatments=["MFN"], units=["KGM"])
    assert rows == []
    assert [(wrong.row, wrong.column, wrong.code) for wrong in problems] == [(2, *problem)]


def test_headings_semicolons_and_rows_said_twice() -> None:
    rows, problems = read_schedule("\ufeff" + file_of(GOOD, delimiter=";"), treatments=["MFN"], units=["KGM"])
    assert (rows[0].number, rows[0].rates, problems) == ("7318.16.00.10", (("MFN", "9.5%"),), [])
    _rows, problems = read_schedule(file_of(GOOD, GOOD), treatments=["MFN"], units=["KGM"])
    assert [(wrong.row, wrong.code) for wrong in problems] == [(3, "twice")]
    _rows, problems = read_schedule("unit,colour\nKGM,red\n", treatments=[], units=[])
    assert {wrong.code for wrong in problems} == {"heading_missing", "heading_unknown"}
    assert len(problems) == len(TEXTS)
    assert read_schedule("", treatments=[], units=[])[0] == []


def test_exchange_rates_are_read_cell_by_cell() -> None:
    text = (
        "currency,rate_on,rate,source\nusd,2026-07-15,1.3685,Bank\nUSD,2026-07-15,1,\nQQQ,x,-1,'=1\nEUR,2026-07-15,a,\n"
    )
    rows, problems = read_exchange_rates(text, currencies=["USD", "EUR"])
    assert [(row.currency, row.rate_on, row.rate) for row in rows] == [("USD", date(2026, 7, 15), Decimal("1.3685"))]
    assert [wrong.code for wrong in problems] == ["twice", "currency", "day", "amount", "amount"]


def test_a_number_is_written_with_its_points() -> None:
    assert dotted("7318160010") == "7318.16.00.10"


@pytest.mark.django_db
def test_a_new_edition_takes_effect_on_its_day_and_export_then_import_is_the_same() -> None:
    text = file_of(GOOD, GOOD | {"effective_from": "2031-01-01", "mfn": "none"})
    tried = services.try_schedule(text=text, actor=OFFICER, on=TODAY)
    assert (tried.row_count, tried.new_count, tried.is_good, tried.is_loaded) == (2, 2, True, False)
    assert not TariffRate.objects.filter(edition="T2030").exists()
    assert services.load_schedule(text=text, actor=OFFICER, on=TODAY, at=TEST_DAY).is_loaded
    before, after = (queries.duty_rate_of("7318160010", "MFN", date(year, 1, 1)) for year in (2029, 2030))
    assert before is not None
    assert after is not None
    assert (before.rate.text, after.rate.text) == ("Free", "9.5%")
    assert queries.duty_rate_of("7318160010", "MFN", date(2031, 1, 1)) is None
    assert AuditEvent.objects.filter(verb="tariff.loaded").count() == 1
    assert queries.classification_search("ecrou").filter(digits="7318160010").exists()

    # By its key alone: right after a load that was rolled back the database has no idea of the tables' sizes, and a
    # join planned for none of many thousand rows takes minutes.
    standing = ClassificationNumber.objects.get(digits="0101210000")
    TariffRate.objects.filter(classification=standing).delete()
    exported = io.StringIO()
    csv.writer(exported).writerows(services.schedule_rows())
    tables = [sorted(model.objects.values_list()) for model in (ClassificationNumber, TariffRate)]
    again = services.load_schedule(text=exported.getvalue(), actor=OFFICER, on=TODAY, at=TEST_DAY)
    assert (again.new_count, again.changed_count, again.same_count) == (0, 0, TariffRate.objects.count())
    assert [sorted(model.objects.values_list()) for model in (ClassificationNumber, TariffRate)] == tables


@pytest.mark.django_db
def test_a_verified_rate_in_force_stays_and_nothing_of_a_wrong_file_is_loaded() -> None:
    ruled = file_of(GOOD | {"effective_from": "2024-01-01", "mfn": "1%"})
    services.load_schedule(text=ruled, actor=OFFICER, on=TODAY, at=TEST_DAY)
    changed = file_of(GOOD | {"effective_from": "2024-01-01", "mfn": "2%"})
    report = services.try_schedule(text=changed, actor=OFFICER, on=TODAY)
    assert [(wrong.column, wrong.code) for wrong in report.problems] == [("mfn", "in_force")]
    with pytest.raises(DomainError):
        services.load_schedule(text=changed, actor=OFFICER, on=TODAY, at=TEST_DAY)
    with pytest.raises(Refused):
        services.try_schedule(text=ruled, actor=Actor(kind=ActorKind.PERSON, name="Amara"), on=TODAY)


@pytest.mark.django_db
def test_official_rates_go_before_the_banks() -> None:
    text = "currency,rate_on,rate,source\nUSD,2024-07-12,1.4000,Official\nEUR,2024-07-12,1.5,Official\n"
    assert services.try_exchange_rates(text=text, actor=OFFICER).new_count == 2
    services.load_exchange_rates(text=text, actor=OFFICER, at=TEST_DAY)
    again = services.try_exchange_rates(text=text.replace("1.5,", "1.6,"), actor=OFFICER)
    assert (again.same_count, again.changed_count) == (1, 1)
    quote = queries.exchange_quote("USD", date(2024, 7, 14))
    assert quote is not None
    assert (quote.rate, quote.source, quote.is_illustrative) == (Decimal("1.4000"), "Official", False)
    assert ExchangeRate.objects.filter(source="Official").count() == 2


@pytest.mark.django_db
def test_a_full_schedule_loads_in_under_a_minute() -> None:
    """12,000 numbers with seven rates each; a tenth of it here, in a tenth of the time."""
    import_rows = [
        GOOD | {"classification_number": dotted(f"{10_000_000 + index:010d}"), "mfn": f"{index % 90}.5%"}
        for index in range(1200)
    ]
    report = services.load_schedule(text=file_of(*import_rows), actor=OFFICER, on=TODAY, at=TEST_DAY)
    assert report.new_count == 1200

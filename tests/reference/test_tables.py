"""The tables in the database: loading, reading, what officers enter."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from core.actor import Actor, ActorKind, system
from core.errors import DomainError, Refused
from core.models import AuditEvent
from reference import queries, services, shipped
from reference.models import (
    BillingOverride,
    ClassificationNumber,
    CodeEntry,
    ExchangeRate,
    InterestRate,
    Mark,
    Office,
    PolicyParameter,
    ReviewCycle,
    SalesTax,
    SurtaxOrder,
    TariffRate,
)
from reference.rules.billing import BillingPeriod
from tests.conftest import TEST_DAY

pytestmark = pytest.mark.django_db
OFFICER = Actor(kind=ActorKind.OFFICER, name="Daniel")
PERSON = Actor(kind=ActorKind.PERSON, name="Amara")


def test_loading_twice_changes_nothing_and_is_recorded() -> None:
    before = services.load_reference_tables(actor=system("test"), at=TEST_DAY)
    again = services.load_reference_tables(actor=system("test"), at=TEST_DAY)
    assert before == again
    assert again.rows["ClassificationNumber"] == 766
    assert again.rows["TariffRate"] == 2 * 4292
    assert again.rows["InterestRate"] == 40
    assert AuditEvent.objects.filter(verb="reference.loaded").count() >= 2


def test_loading_again_keeps_what_an_officer_entered() -> None:
    services.set_interest_rate(
        actor=OFFICER,
        effective_from=date(2026, 7, 1),
        effective_to=date(2026, 9, 30),
        prescribed_rate=Decimal("0.031"),
        source="Notice of July 2026",
        at=TEST_DAY,
    )
    services.load_reference_tables(actor=system("test"), at=TEST_DAY)
    row = InterestRate.objects.get(effective_from=date(2026, 7, 1))
    assert (row.prescribed_rate, row.specified_rate, row.mark) == (Decimal("0.031"), Decimal("0.091"), Mark.VERIFIED)


def test_loading_mends_a_fact() -> None:
    ClassificationNumber.objects.filter(number="7318.16.00.10").update(description_en="changed")
    services.load_reference_tables(actor=system("test"), at=TEST_DAY)
    row = queries.classification_of("7318160010")
    assert row is not None
    assert row.description_en == "Lock nuts of iron or steel"
    assert row.description_in("fr") != row.description_in("en")


@pytest.mark.parametrize(
    "call",
    [
        lambda actor: services.load_reference_tables(actor=actor, at=TEST_DAY),
        lambda actor: services.set_exchange_rate(
            actor=actor, currency="USD", rate_on=date(2026, 7, 1), rate=Decimal("1.3"), source="", at=TEST_DAY
        ),
    ],
)
def test_only_an_officer_writes(call: Any) -> None:
    with pytest.raises(Refused):
        call(PERSON)


def test_an_official_exchange_rate_goes_before_the_central_bank() -> None:
    day = date(2026, 7, 15)
    services.set_exchange_rate(
        actor=OFFICER, currency="USD", rate_on=day, rate=Decimal("1.3685"), source="Bank of Canada", at=TEST_DAY
    )
    quote = queries.exchange_quote("USD", day)
    assert quote is not None
    assert (quote.rate, quote.source, quote.is_illustrative) == (Decimal("1.3685"), "Bank of Canada", False)
    later = queries.exchange_quote("USD", date(2026, 7, 17))
    assert later is not None
    assert later.source == shipped.EUROPEAN_CENTRAL_BANK


def test_quotes_of_other_currencies() -> None:
    canadian = queries.exchange_quote("CAD", date(2026, 7, 15))
    dong = queries.exchange_quote("VND", date(2026, 7, 15))
    assert canadian is not None
    assert dong is not None
    assert (canadian.rate, canadian.is_illustrative) == (Decimal(1), False)
    assert (dong.mark, dong.rate_on) == ("illustrative", date(2018, 1, 1))
    assert queries.exchange_quote("ZZZ", date(2026, 7, 15)) is None
    ExchangeRate.objects.all().delete()
    assert queries.exchange_quote("VND", date(2026, 7, 15)) is not None
    names = dict(queries.currencies("fr"))
    assert names["CAD"] == "dollar canadien"
    assert "HRK" not in names


def test_an_official_rate_that_is_old_says_so() -> None:
    services.set_exchange_rate(
        actor=OFFICER, currency="VND", rate_on=date(2026, 1, 1), rate=Decimal("0.00006"), source="", at=TEST_DAY
    )
    quote = queries.exchange_quote("VND", date(2026, 7, 15))
    assert quote is not None
    assert quote.is_after_table_end


def test_a_change_to_the_calendar_moves_the_dates() -> None:
    assert queries.billing_dates_of(date(2025, 6, 2)).payment_due_on == date(2025, 7, 1)
    services.set_billing_override(
        actor=OFFICER,
        period_year=2025,
        period_month=6,
        payment_due_on=date(2025, 7, 3),
        last_day_to_pay=None,
        source="Notice",
        at=TEST_DAY,
    )
    assert queries.billing_dates_of(date(2025, 6, 2)).payment_due_on == date(2025, 7, 3)
    assert queries.payment_due_on(BillingPeriod(2025, 6)) == date(2025, 7, 3)
    assert queries.last_day_to_pay(BillingPeriod(2025, 6)) == date(2025, 7, 3)
    event = AuditEvent.objects.filter(verb="billing_override.set").latest("id")
    assert event.after is not None
    assert event.after["payment_due_on"] == "2025-07-03"


def test_policy_entered_holds_from_its_day() -> None:
    services.set_policy_parameter(
        actor=OFFICER,
        key="standing.suspend_after_days",
        effective_from=date(2026, 8, 1),
        value="45",
        source="Exercise",
        at=TEST_DAY,
    )
    policy = queries.policy()
    assert policy.count("standing.suspend_after_days", date(2026, 7, 31)) == 30
    assert policy.count("standing.suspend_after_days", date(2026, 8, 1)) == 45


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (
            lambda: services.set_interest_rate(
                actor=OFFICER,
                effective_from=date(2026, 7, 1),
                effective_to=date(2026, 6, 30),
                prescribed_rate=Decimal("0.02"),
                source="",
                at=TEST_DAY,
            ),
            "effective_to",
        ),
        (
            lambda: services.set_interest_rate(
                actor=OFFICER,
                effective_from=date(2026, 7, 1),
                effective_to=date(2026, 9, 30),
                prescribed_rate=Decimal("2"),
                source="",
                at=TEST_DAY,
            ),
            "prescribed_rate",
        ),
        (
            lambda: services.set_exchange_rate(
                actor=OFFICER, currency="CAD", rate_on=date(2026, 7, 1), rate=Decimal(1), source="", at=TEST_DAY
            ),
            "currency",
        ),
        (
            lambda: services.set_exchange_rate(
                actor=OFFICER, currency="USD", rate_on=date(2026, 7, 1), rate=Decimal(0), source="", at=TEST_DAY
            ),
            "rate",
        ),
        (
            lambda: services.set_billing_override(
                actor=OFFICER,
                period_year=2026,
                period_month=13,
                payment_due_on=None,
                last_day_to_pay=None,
                source="",
                at=TEST_DAY,
            ),
            "period_month",
        ),
        (
            lambda: services.set_billing_override(
                actor=OFFICER,
                period_year=2026,
                period_month=7,
                payment_due_on=date(2026, 7, 31),
                last_day_to_pay=date(2026, 7, 30),
                source="",
                at=TEST_DAY,
            ),
            "last_day_to_pay",
        ),
        (
            lambda: services.set_policy_parameter(
                actor=OFFICER, key="nothing", effective_from=date(2026, 7, 1), value="1", source="", at=TEST_DAY
            ),
            "key",
        ),
        (
            lambda: services.set_policy_parameter(
                actor=OFFICER,
                key="security.cap",
                effective_from=date(2026, 7, 1),
                value="much",
                source="",
                at=TEST_DAY,
            ),
            "value",
        ),
    ],
)
def test_a_bad_entry_names_its_field_and_writes_nothing(call: Any, field: str) -> None:
    events = AuditEvent.objects.count()
    with pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.field == field
    assert AuditEvent.objects.count() == events


def test_rates_of_duty() -> None:
    day = date(2026, 7, 15)
    own = queries.duty_rate_of("6404.11.91.00", "MFN", day)
    fallback = queries.duty_rate_of("0105949210", "UST", date(2026, 9, 15))
    assert own is not None
    assert fallback is not None
    assert (own.rate.text, own.is_listed, own.is_illustrative) == ("18%", True, True)
    assert (fallback.treatment, fallback.is_listed, fallback.is_illustrative) == ("MFN", False, False)
    assert queries.duty_rate_of("0000.00.00.00", "MFN", day) is None
    assert queries.duty_rate_of("6404.11.91.00", "MFN", date(2017, 1, 1)) is None


def test_finding_a_classification_number() -> None:
    assert queries.classification_search("7318.16").count() == 1
    assert queries.classification_search("lock nuts").get().number == "7318.16.00.10"
    assert queries.classification_search("bovins laitière").count() == 1
    assert queries.classification_of("9999.99.99.99") is None


@pytest.mark.parametrize(
    ("country", "on", "codes"),
    [
        ("FI", date(2026, 7, 15), {"MFN", "CEUT"}),
        ("VN", date(2026, 7, 15), {"MFN", "GPT", "CPTPT"}),
        ("RU", date(2026, 7, 15), {"GT"}),
        ("RU", date(2022, 3, 1), {"MFN"}),
        ("US", date(2026, 7, 15), {"MFN", "UST"}),
        ("GB", date(2024, 12, 14), {"MFN", "UKT"}),
        ("GB", date(2024, 12, 15), {"MFN", "UKT", "CPTPT"}),
    ],
)
def test_treatments_of_a_country(country: str, on: date, codes: set[str]) -> None:
    assert {row.code for row in queries.treatments_for(country, on)} == codes


def test_an_ended_treatment_is_not_offered() -> None:
    assert not queries.treatments(date(2020, 7, 1)).filter(code="MUST").exists()
    assert queries.treatments(date(2020, 6, 30)).filter(code="MUST").exists()


def test_lists_in_two_languages() -> None:
    assert queries.countries().get(code="DE").name_in("fr") == "Allemagne"
    office = queries.office_of("0453")
    assert office is not None
    assert (office.name_in("en"), office.mark) == ("Windsor", Mark.VERIFIED)
    assert queries.office_of("9999") is None
    assert queries.offices().count() == 8
    kilogram = queries.code_list(queries.UNITS).get(code="KGM")
    assert (kilogram.meaning_in("en"), kilogram.meaning_in("fr")) == ("Kilogram", "Kilogramme")
    assert queries.treatments(date(2026, 1, 1)).get(code="MFN").name_in("fr") == "Tarif de la nation la plus favorisée"
    assert not CodeEntry.objects.filter(meaning_fr="").exists()
    assert not Office.objects.filter(name_fr="").exists()


def test_the_tables_read_from_the_database() -> None:
    assert queries.specified_rates() == tuple(sorted(shipped.specified_rates(), key=lambda row: row.effective_from))
    assert len(queries.prescribed_rates()) == 40
    assert {row.order for row in queries.surtaxes_of("7318.16.00.10", "FI", date(2026, 7, 15))} == {"SOR/2025-267"}
    assert queries.review_schedule(2026).due_on == date(2026, 10, 15)
    tax = queries.sales_tax_of("QC", date(2026, 7, 15))
    assert tax is not None
    assert tax.provincial_rate == Decimal("0.09975")


def test_an_empty_database_answers_from_the_shipped_tables() -> None:
    for model in (InterestRate, SalesTax, SurtaxOrder, PolicyParameter, ReviewCycle):
        model.objects.all().delete()
    assert queries.specified_rates() == shipped.specified_rates()
    tax = queries.sales_tax_of("ON", date(2026, 7, 15))
    assert tax is not None
    assert tax.hst_rate == Decimal("0.13")
    assert queries.surtax_orders() == shipped.surtax_orders()
    assert queries.policy().card_limit(date(2026, 1, 1)).is_by_cycle
    assert queries.review_schedule(2025).cycle == "july"


def test_rows_name_themselves() -> None:
    services.set_billing_override(
        actor=OFFICER,
        period_year=2025,
        period_month=6,
        payment_due_on=None,
        last_day_to_pay=None,
        source="",
        at=TEST_DAY,
    )
    assert str(BillingOverride.objects.get()) == "2025-06"
    assert str(TariffRate.objects.filter(classification__number="6404.11.91.00", treatment_id="MFN").first()) == "18%"
    assert str(InterestRate.objects.get(effective_from=date(2026, 7, 1))) == "2026-07-01"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cycle", "due_on"), [("july", date(2025, 10, 15)), ("october", date(2026, 1, 15)), ("dated", date(2026, 1, 15))]
)
def test_one_setting_chooses_the_cycle_of_the_yearly_review(settings: Settings, cycle: str, due_on: date) -> None:
    settings.REVIEW_CYCLE = cycle
    assert queries.review_schedule(2025).due_on == due_on


@pytest.mark.django_db
def test_loading_says_what_it_did_unless_told_to_be_quiet() -> None:
    quiet, told = io.StringIO(), io.StringIO()
    call_command("load_reference", verbosity=0, stdout=quiet)
    call_command("load_reference", stdout=told)
    assert quiet.getvalue() == "" and "tariff" in told.getvalue().lower()

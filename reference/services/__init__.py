"""Writing the dated tables: loading the shipped ones, and what an officer enters."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from core import audit, once
from core.actor import Actor, ActorKind
from core.errors import DomainError, Refused
from reference import shipped
from reference.models import (
    BillingOverride,
    ClassificationNumber,
    CodeEntry,
    Country,
    ExchangeRate,
    ExciseRate,
    InterestRate,
    Mark,
    Office,
    PolicyParameter,
    ReviewCycle,
    SalesTax,
    SimaMeasure,
    SurtaxOrder,
    TariffRate,
    TariffTreatment,
    TreatmentCountry,
)
from reference.rules import policy, requirement
from reference.rules.excise import ExciseRateFrom
from reference.rules.rates import specified_rate
from reference.rules.search import search_text
from reference.rules.sima import SimaMeasureFrom

BATCH = 2000
TREATMENTS = ("MFN", "UST", "MXT", "CEUT", "CPTPT", "GPT")
# The edition's first day; before it the same rates stand in, marked illustrative.
EDITIONS = {"T2026-2": date(2026, 9, 1), "T2025": date(2025, 1, 1)}
FIRST_DAY = date(2018, 1, 1)
ENTERED_BY = {ActorKind.OFFICER, ActorKind.SYSTEM}


@dataclass(frozen=True)
class Loaded:
    """Rows of each table after loading, by the model's name."""

    rows: dict[str, int]


@transaction.atomic
def load_reference_tables(*, actor: Actor, at: datetime) -> Loaded:
    """Bring the shipped tables into the database; safe to repeat.

    Facts are brought up to date; interest and exchange rates, policy, cycles and calendar changes that are already
    there stay as they are, because an officer may have entered them.
    """
    _require_officer(actor)
    _refresh(
        Country,
        [Country(code=code, name_en=names[0], name_fr=names[1]) for code, names in shipped.territory_names().items()],
        key=["code"],
    )
    _refresh(
        TariffTreatment,
        [
            TariffTreatment(
                code=row["code"],
                number=int(row["number"]) if row["number"] else None,
                name_en=row["name_en"],
                name_fr=row["name_fr"],
                effective_to=shipped.optional_day(row["effective_to"]),
                mark=row["mark"],
                source=row["source"],
            )
            for row in shipped.rows("tariff-treatments.csv")
        ],
        key=["code"],
    )
    _refresh(
        TreatmentCountry,
        [
            TreatmentCountry(
                treatment_id=row["treatment"],
                country_id=row["country"],
                effective_from=shipped.day(row["effective_from"]),
                effective_to=shipped.optional_day(row["effective_to"]),
                mark=row["mark"],
                source=row["source"],
            )
            for row in shipped.rows("treatment-countries.csv")
        ],
        key=["treatment", "country", "effective_from"],
    )
    _load_tariff()
    _refresh(
        SalesTax,
        [
            SalesTax(
                province=row["province"],
                effective_from=shipped.day(row["effective_from"]),
                gst_rate=shipped.fraction(row["gst_percent"]),
                hst_rate=shipped.fraction(row["hst_percent"]),
                provincial_rate=shipped.fraction(row["provincial_percent"]),
                provincial_name=row["provincial_name"],
                collected_at_border=row["collected_at_border"],
                mark=row["mark"],
                source=row["source"],
            )
            for row in shipped.rows("sales-taxes.csv")
        ],
        key=["province", "effective_from"],
    )
    _refresh(
        SurtaxOrder,
        [
            SurtaxOrder(
                order=row.order,
                name=row.name,
                goods=row.goods,
                rate=row.rate,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                name_fr=row.name_fr,
                goods_fr=row.goods_fr,
                reach=" ".join(row.reach),
                prefixes=" ".join(row.prefixes),
                origins=" ".join(row.origins),
                excluded_origins=" ".join(row.excluded_origins),
                group=row.group,
                priority=row.priority,
                exemption=row.exemption,
                mark=row.mark,
                source=row.source,
            )
            for row in shipped.surtax_orders()
        ],
        key=["order", "effective_from"],
    )
    _refresh(
        SimaMeasure,
        [
            SimaMeasure(**_columns(row), prefixes=" ".join(row.prefixes), origins=" ".join(row.origins))
            for row in shipped.sima_measures()
        ],
        key=["case", "exporter", "effective_from"],
    )
    _refresh(
        ExciseRate,
        [ExciseRate(**_columns(row), prefixes=" ".join(row.prefixes)) for row in shipped.excise_rates()],
        key=["code", "effective_from"],
    )
    _refresh(
        Office,
        [
            Office(
                code=row["code"],
                name_en=row["name_en"],
                name_fr=row["name_fr"],
                province=row["province"],
                mark=row["mark"],
                source=row["source"],
            )
            for row in shipped.rows("offices.csv")
        ],
        key=["code"],
    )
    _refresh(
        CodeEntry,
        [
            CodeEntry(
                list_name=row["list"],
                code=row["code"],
                meaning_en=row["meaning_en"],
                meaning_fr=row["meaning_fr"],
                mark=row["mark"],
                source=row["source"],
            )
            for row in shipped.rows("code-lists.csv")
        ],
        key=["list_name", "code"],
    )
    _add_missing(
        InterestRate,
        [
            InterestRate(
                effective_from=shipped.day(row["effective_from"]),
                effective_to=shipped.day(row["effective_to"]),
                prescribed_rate=shipped.fraction(row["prescribed_percent"]),
                specified_rate=shipped.fraction(row["specified_percent"]),
                mark=row["mark"],
                basis=row["basis"],
                source=row["source"],
            )
            for row in shipped.rows("interest-rates.csv")
        ],
    )
    _add_missing(
        ExchangeRate,
        [
            ExchangeRate(
                currency=quote.currency, rate_on=quote.rate_on, rate=quote.rate, mark=quote.mark, source=quote.source
            )
            for quote in shipped.illustrative_quotes().values()
        ],
    )
    _add_missing(
        PolicyParameter,
        [
            PolicyParameter(
                key=row.key, effective_from=row.effective_from, value=row.value, mark=row.mark, source=row.source
            )
            for row in policy.BUILT_IN
        ],
    )
    _add_missing(
        ReviewCycle,
        [
            ReviewCycle(
                first_year=cycle.first_year,
                name=cycle.name,
                start_month=cycle.start_month,
                start_day=cycle.start_day,
                run_time=cycle.run_time,
                due_month=cycle.due_month,
                due_day=cycle.due_day,
                due_years_later=cycle.due_years_later,
                mark=cycle.mark,
                source=cycle.source,
            )
            for cycle in requirement.REVIEW_CYCLES
        ],
    )
    once.forget()
    loaded = Loaded(
        rows={
            model.__name__: model._default_manager.count()
            for model in (
                Country,
                TariffTreatment,
                TreatmentCountry,
                ClassificationNumber,
                TariffRate,
                SalesTax,
                SurtaxOrder,
                SimaMeasure,
                ExciseRate,
                Office,
                CodeEntry,
                InterestRate,
                ExchangeRate,
                PolicyParameter,
                ReviewCycle,
            )
        }
    )
    audit.record(
        actor=actor, verb="reference.loaded", target="reference.ClassificationNumber", after=loaded.rows, at=at
    )
    return loaded


@transaction.atomic
def set_interest_rate(
    *, actor: Actor, effective_from: date, effective_to: date, prescribed_rate: Decimal, source: str, at: datetime
) -> InterestRate:
    """Enter the prescribed rate of a quarter, a fraction; the specified rate follows from it (Customs Act s. 2)."""
    _require_officer(actor)
    if effective_to < effective_from:
        raise DomainError(
            _("The last day is before the first. Enter a last day on or after it."),
            code="days_out_of_order",
            field="effective_to",
        )
    if not 0 <= prescribed_rate < 1:
        raise DomainError(
            _("Enter a rate from 0 % to less than 100 %."), code="rate_out_of_range", field="prescribed_rate"
        )
    row, before = _locked(InterestRate, effective_from=effective_from)
    row.effective_to = effective_to
    row.prescribed_rate = prescribed_rate
    row.specified_rate = specified_rate(prescribed_rate)
    row.mark = Mark.VERIFIED
    row.basis = _("Entered by an officer")
    row.source = source
    return _saved(row, before, actor=actor, verb="interest_rate.set", at=at)


@transaction.atomic
def set_exchange_rate(
    *, actor: Actor, currency: str, rate_on: date, rate: Decimal, source: str, at: datetime
) -> ExchangeRate:
    """Enter an official rate: Canadian dollars for one unit on a day."""
    _require_officer(actor)
    if currency not in shipped.known_currencies() or currency == shipped.DOLLAR:
        raise DomainError(
            _("Enter the three letters of a foreign currency, such as USD."), code="currency_unknown", field="currency"
        )
    if not 0 < rate < 1_000_000:
        raise DomainError(_("Enter a rate above zero, such as 1.3725."), code="rate_out_of_range", field="rate")
    row, before = _locked(ExchangeRate, currency=currency, rate_on=rate_on)
    row.rate = rate
    row.mark = Mark.VERIFIED
    row.source = source
    return _saved(row, before, actor=actor, verb="exchange_rate.set", at=at)


@transaction.atomic
def set_billing_override(
    *,
    actor: Actor,
    period_year: int,
    period_month: int,
    payment_due_on: date | None,
    last_day_to_pay: date | None,
    source: str,
    at: datetime,
) -> BillingOverride:
    """Enter the agency's own dates for the billing period that ends in the month."""
    _require_officer(actor)
    if not 1 <= period_month <= 12:
        raise DomainError(_("Enter a month from 1 to 12."), code="month_out_of_range", field="period_month")
    if payment_due_on and last_day_to_pay and last_day_to_pay < payment_due_on:
        raise DomainError(
            _("The last day to pay is before the due date. Enter a day on or after it."),
            code="days_out_of_order",
            field="last_day_to_pay",
        )
    row, before = _locked(BillingOverride, period_year=period_year, period_month=period_month)
    row.payment_due_on = payment_due_on
    row.last_day_to_pay = last_day_to_pay
    row.source = source
    return _saved(row, before, actor=actor, verb="billing_override.set", at=at)


@transaction.atomic
def set_policy_parameter(
    *, actor: Actor, key: str, effective_from: date, value: str, source: str, at: datetime
) -> PolicyParameter:
    """Enter a value of policy from a day on; the kind of value must be the one the key has now."""
    _require_officer(actor)
    known = next((row for row in policy.BUILT_IN if row.key == key), None)
    if known is None:
        raise DomainError(_("No policy has this key. Choose one of the list."), code="policy_unknown", field="key")
    if not policy.is_same_kind(known.value, value):
        raise DomainError(
            _("Enter a value like the present one, “%(value)s”.") % {"value": known.value},
            code="value_of_another_kind",
            field="value",
        )
    row, before = _locked(PolicyParameter, key=key, effective_from=effective_from)
    row.value = value
    row.mark = policy.ASSUMED
    row.source = source
    return _saved(row, before, actor=actor, verb="policy_parameter.set", at=at)


def _require_officer(actor: Actor) -> None:
    if actor.kind not in ENTERED_BY:
        raise Refused(_("Only an officer changes the reference tables. Ask one to do it."), code="officer_only")


def _locked(model: type[models.Model], **key: Any) -> tuple[Any, dict[str, Any] | None]:
    """The row of the key, locked, with its values before; a new one where there is none."""
    row = model._default_manager.select_for_update().filter(**key).first()
    return (row, _values(row)) if row else (model(**key), None)


def _saved(row: Any, before: dict[str, Any] | None, *, actor: Actor, verb: str, at: datetime) -> Any:
    row.save()
    once.forget()
    audit.record(
        actor=actor,
        verb=verb,
        target=f"{row._meta.label}:{row.pk}",
        before=before,
        after=_values(row),
        reason=row.source,
        at=at,
    )
    return row


def _values(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def _load_tariff() -> None:
    table = list(shipped.rows("tariff.csv"))
    _refresh(
        ClassificationNumber,
        [
            ClassificationNumber(
                number=row["classification_number"],
                digits=row["classification_number"].replace(".", ""),
                unit=row["unit"],
                description_en=row["description_en"],
                description_fr=row["description_fr"],
                edition=row["edition"],
                search_text=search_text(row["description_en"], row["description_fr"]),
                mark=row["mark"],
                source=row["source"],
            )
            for row in table
        ],
        key=["number"],
    )
    ids = dict(ClassificationNumber.objects.values_list("number", "id"))
    rates = []
    for row in table:
        edition = row["edition"]
        for treatment in TREATMENTS:
            text = row[treatment.lower()]
            if text:
                rates += [
                    TariffRate(
                        classification_id=ids[row["classification_number"]],
                        treatment_id=treatment,
                        effective_from=effective_from,
                        text=text,
                        edition=edition,
                        mark=mark,
                    )
                    for effective_from, mark in ((FIRST_DAY, Mark.ILLUSTRATIVE), (EDITIONS[edition], Mark.VERIFIED))
                ]
    _refresh(TariffRate, rates, key=["classification", "treatment", "effective_from"])


def _columns(row: SimaMeasureFrom | ExciseRateFrom) -> dict[str, Any]:
    """A row's fields as columns, without its lists."""
    return {field.name: getattr(row, field.name) for field in fields(row) if field.name not in {"prefixes", "origins"}}


def _refresh(model: type[models.Model], rows: list[Any], *, key: list[str]) -> None:
    changing = [field.name for field in model._meta.concrete_fields if field.name not in key and not field.primary_key]
    model._default_manager.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=key, update_fields=changing
    )


def _add_missing(model: type[models.Model], rows: list[Any]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)

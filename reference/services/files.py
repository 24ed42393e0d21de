"""Loading a tariff schedule or official exchange rates from a file: tried out, then written in a few statements."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from core import audit, once
from core.actor import Actor, ActorKind
from core.bulk import BulkTable
from core.errors import DomainError, Refused
from reference import shipped
from reference.models import ClassificationNumber, CodeEntry, ExchangeRate, Mark, TariffRate, TariffTreatment
from reference.rules.files import (
    NOT_LISTED,
    TEXTS,
    CellProblem,
    ExchangeRow,
    ScheduleRow,
    Wrong,
    read_exchange_rates,
    read_schedule,
)
from reference.rules.search import search_text

BATCH = 2000
#: What :class:`~core.bulk.BulkTable` cannot write; of a rate only the edition is free text.
_UNFIT = frozenset("\\\t\r\n")
UNITS = "unit_of_measure"
FACTS = ("number", "unit", "description_en", "description_fr", "edition", "search_text", "mark", "source")


@dataclass(frozen=True)
class FileReport:
    """What a file holds: rows that could be read, what is new, changed or the same, and every wrong cell."""

    row_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    same_count: int = 0
    problems: tuple[CellProblem, ...] = ()
    is_loaded: bool = False

    @property
    def is_good(self) -> bool:
        return not self.problems and bool(self.row_count)


Rate = tuple[str, str, date, str, str, str]


@dataclass
class _Plan:
    numbers: list[ClassificationNumber] = field(default_factory=list)
    #: Number, treatment, day, text, edition and mark of each rate; those that are not there yet apart.
    new_rates: list[Rate] = field(default_factory=list)
    changed_rates: list[Rate] = field(default_factory=list)
    same_count: int = 0
    problems: list[CellProblem] = field(default_factory=list)


def try_schedule(*, text: str, actor: Actor, on: date) -> FileReport:
    """What loading the schedule would do; nothing is written."""
    _require_officer(actor)
    return _planned(text, on)[0]


@transaction.atomic
def load_schedule(*, text: str, actor: Actor, on: date, at: datetime) -> FileReport:
    """Load every row of the schedule, or none where one cell is wrong.

    Rates hold from the row's day; a verified rate already in force stays, so that earlier declarations keep theirs.
    """
    _require_officer(actor)
    report, plan = _planned(text, on)
    _require_good(report)
    ClassificationNumber.objects.bulk_create(
        plan.numbers, batch_size=BATCH, update_conflicts=True, unique_fields=["digits"], update_fields=list(FACTS)
    )
    _write_rates(plan)
    return _loaded(report, verb="tariff.loaded", model=ClassificationNumber, actor=actor, at=at)


def try_exchange_rates(*, text: str, actor: Actor) -> FileReport:
    """What loading the rates would do; nothing is written."""
    _require_officer(actor)
    return _planned_exchange(text)[0]


@transaction.atomic
def load_exchange_rates(*, text: str, actor: Actor, at: datetime) -> FileReport:
    """Load every official rate of the file, or none where one cell is wrong."""
    _require_officer(actor)
    report, rows = _planned_exchange(text)
    _require_good(report)
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(
                currency=row.currency, rate_on=row.rate_on, rate=row.rate, mark=Mark.VERIFIED, source=row.source
            )
            for row in rows
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["currency", "rate_on"],
        update_fields=["rate", "mark", "source"],
    )
    return _loaded(report, verb="exchange_rates.loaded", model=ExchangeRate, actor=actor, at=at)


def schedule_rows() -> Iterator[list[str]]:
    """The whole schedule, headings first, as :func:`load_schedule` reads it back; a row a number, day and edition."""
    treatments = list(TariffTreatment.objects.order_by("number", "code").values_list("code", flat=True))
    used = set(TariffRate.objects.order_by().values_list("treatment_id", flat=True).distinct())
    columns = [code for code in treatments if code in used]
    yield [*TEXTS, *(code.lower() for code in columns)]
    groups: dict[int, dict[tuple[date, str, str], dict[str, str]]] = {}
    for number, treatment, day, text, edition, mark in _rates_in_order():
        groups.setdefault(number, {}).setdefault((day, edition, mark), {})[treatment] = text or NOT_LISTED
    for row in ClassificationNumber.objects.order_by("number"):
        facts = [row.number, row.unit, row.description_en, row.description_fr]
        for (day, edition, mark), rates in groups.get(row.pk, {}).items():
            yield [
                *facts,
                edition,
                day.isoformat(),
                mark,
                row.source,
                *(rates.get(code, "") for code in columns),
            ]
        if row.pk not in groups:
            yield [*facts, row.edition, "", row.mark, row.source, *("" for _code in columns)]


def _rates_in_order() -> Iterable[tuple[int, str, date, str, str, str]]:
    names = ("classification_id", "treatment_id", "effective_from", "text", "edition", "mark")
    return TariffRate.objects.order_by("classification_id", "effective_from", "edition", "mark").values_list(*names)


def _planned(text: str, on: date) -> tuple[FileReport, _Plan]:
    rows, problems = read_schedule(
        text,
        treatments=list(TariffTreatment.objects.values_list("code", flat=True)),
        units={
            *CodeEntry.objects.filter(list_name=UNITS).values_list("code", flat=True),
            *ClassificationNumber.objects.order_by().values_list("unit", flat=True).distinct(),
        },
    )
    plan = _Plan()
    _plan_numbers(plan, rows)
    _plan_rates(plan, rows, on)
    report = FileReport(
        row_count=len(rows),
        new_count=len(plan.new_rates),
        changed_count=len(plan.changed_rates),
        same_count=plan.same_count,
        problems=tuple(sorted([*problems, *plan.problems], key=lambda problem: (problem.row, problem.column))),
    )
    return report, plan


def _plan_numbers(plan: _Plan, rows: list[ScheduleRow]) -> None:
    """Of each number the words, unit and edition of its latest row."""
    newest: dict[str, ScheduleRow] = {}
    for row in rows:
        other = newest.get(row.digits)
        if other is None or (row.effective_from or date.min) >= (other.effective_from or date.min):
            newest[row.digits] = row
    known = {row.digits: row for row in ClassificationNumber.objects.all()}
    for digits, row in newest.items():
        number = ClassificationNumber(
            digits=digits,
            number=row.number,
            unit=row.unit,
            description_en=row.description_en,
            description_fr=row.description_fr,
            edition=row.edition,
            search_text=search_text(row.description_en, row.description_fr),
            mark=row.mark,
            source=row.source,
        )
        old = known.get(digits)
        if old is None or any(getattr(old, name) != getattr(number, name) for name in FACTS):
            plan.numbers.append(number)


def _plan_rates(plan: _Plan, rows: list[ScheduleRow], on: date) -> None:
    names = ("classification__digits", "treatment_id", "effective_from", "text", "edition", "mark")
    known = {tuple(values[:3]): tuple(values[3:]) for values in TariffRate.objects.values_list(*names).order_by()}
    for row in rows:
        for treatment, text in row.rates:
            assert row.effective_from is not None
            old = known.get((row.digits, treatment, row.effective_from))
            wanted = (text, row.edition, row.mark)
            if old == wanted:
                plan.same_count += 1
                continue
            if old and old[0] != text and old[2] == Mark.VERIFIED and row.effective_from <= on:
                plan.problems.append(CellProblem(row.row, treatment.lower(), Wrong.IN_FORCE, text))
            rates = plan.new_rates if old is None else plan.changed_rates
            rates.append((row.digits, treatment, row.effective_from, *wanted))


def _write_rates(plan: _Plan) -> None:
    """What is new in one go; what is there is replaced. A text that the fast way cannot hold goes the other one."""
    ids = dict(ClassificationNumber.objects.values_list("digits", "id"))
    fast = [rate for rate in plan.new_rates if _UNFIT.isdisjoint(rate[4])]
    lines = [
        f"{ids[digits]}\t{treatment}\t{day.isoformat()}\t{text}\t{edition}\t{mark}\n"
        for digits, treatment, day, text, edition, mark in fast
    ]
    columns = ("classification_id", "treatment_id", "effective_from", "text", "edition", "mark")
    BulkTable(TariffRate, columns).write("".join(lines).encode())
    others = plan.changed_rates + [rate for rate in plan.new_rates if not _UNFIT.isdisjoint(rate[4])]
    TariffRate.objects.bulk_create(
        [
            TariffRate(
                classification_id=ids[digits],
                treatment_id=treatment,
                effective_from=effective_from,
                text=rate,
                edition=edition,
                mark=mark,
            )
            for digits, treatment, effective_from, rate, edition, mark in others
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["classification", "treatment", "effective_from"],
        update_fields=["text", "edition", "mark"],
    )


def _planned_exchange(text: str) -> tuple[FileReport, list[ExchangeRow]]:
    currencies = shipped.known_currencies() - {shipped.DOLLAR}
    rows, problems = read_exchange_rates(text, currencies=currencies)
    known = {
        (row.currency, row.rate_on): (row.rate, row.mark, row.source)
        for row in ExchangeRate.objects.filter(currency__in={row.currency for row in rows})
    }
    same = [row for row in rows if known.get((row.currency, row.rate_on)) == (row.rate, Mark.VERIFIED, row.source)]
    new = [row for row in rows if (row.currency, row.rate_on) not in known]
    report = FileReport(
        row_count=len(rows),
        new_count=len(new),
        changed_count=len(rows) - len(new) - len(same),
        same_count=len(same),
        problems=tuple(problems),
    )
    return report, rows


def _require_officer(actor: Actor) -> None:
    if actor.kind not in {ActorKind.OFFICER, ActorKind.SYSTEM}:
        raise Refused(_("Only an officer changes the reference tables. Ask one to do it."), code="officer_only")


def _require_good(report: FileReport) -> None:
    if not report.is_good:
        raise DomainError(
            _("Nothing was loaded. Check the file and put right what is listed."), code="file_wrong", field="file"
        )


def _loaded(report: FileReport, *, verb: str, model: type[models.Model], actor: Actor, at: datetime) -> FileReport:
    once.forget()
    after = {"rows": report.row_count, "new": report.new_count, "changed": report.changed_count}
    audit.record(actor=actor, verb=verb, target=model._meta.label, after=after, at=at)
    return FileReport(report.row_count, report.new_count, report.changed_count, report.same_count, is_loaded=True)

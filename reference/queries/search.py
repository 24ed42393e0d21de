"""Finding a classification number: by its digits, by words in either language, chapter by chapter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db.models import Case, Count, IntegerField, Min, Q, QuerySet, Value, When
from django.db.models.functions import Substr

from reference import shipped
from reference.models import ClassificationNumber, Mark, TariffRate, TariffTreatment
from reference.rules.dated import latest
from reference.rules.search import search_terms
from reference.rules.tariff import DutyRate, parse_duty_rate


def digits_of(number: str) -> str:
    return number.replace(".", "").replace(" ", "")


def classification_search(text: str) -> QuerySet[ClassificationNumber]:
    """Numbers that begin with the digits typed, or that hold each word or a synonym of it, best match first.

    Accents, capitals and plurals make no difference. A whole word of one's own ranks before a synonym or a beginning.
    """
    digits = digits_of(text)
    if digits and digits.isascii() and digits.isdigit():
        return ClassificationNumber.objects.filter(digits__startswith=digits)
    terms = search_terms(text)
    found = ClassificationNumber.objects.all()
    if not terms:
        return found.none() if text.strip() else found
    rank: Value | Case | object = Value(0)
    for stems in terms:
        own = stems[0]
        found = found.filter(_any(Q(search_text__contains=f" {other}") for other in stems))
        rank = rank + Case(  # type: ignore[operator]
            When(search_text__startswith=f" {own} ", then=0),
            When(search_text__contains=f" {own} ", then=1),
            When(search_text__contains=f" {own}", then=2),
            default=3,
            output_field=IntegerField(),
        )
    return found.annotate(rank=rank).order_by("rank", "number")


def _any(conditions: Iterable[Q]) -> Q:
    whole = Q()
    for condition in conditions:
        whole |= condition
    return whole


@dataclass(frozen=True)
class Narrowing:
    """One choice on the way to a number: a section, chapter or heading with how many numbers stand below it."""

    code: str
    title_en: str
    title_fr: str
    count: int

    def title_in(self, language: str) -> str:
        return self.title_fr if language.startswith("fr") else self.title_en


@cache
def _titles(name: str, key: str) -> dict[str, dict[str, str]]:
    return {row[key]: row for row in shipped.rows(name)}


def sections(words: str = "") -> list[Narrowing]:
    """The sections of the tariff that hold numbers, of all or of those the words find."""
    counts: dict[str, int] = {}
    for chapter in chapters(words=words):
        section = _titles("tariff-chapters.csv", "chapter")[chapter.code]["section"]
        counts[section] = counts.get(section, 0) + chapter.count
    rows = _titles("tariff-sections.csv", "section")
    return [Narrowing(code, rows[code]["title_en"], rows[code]["title_fr"], count) for code, count in counts.items()]


def section_title(code: str, language: str) -> str:
    """The section's title, or nothing for a code that is none."""
    return _title("tariff-sections.csv", "section", code, language)


def chapter_title(code: str, language: str) -> str:
    """The chapter's title, or nothing for a code that is none."""
    return _title("tariff-chapters.csv", "chapter", code, language)


def section_of(chapter: str) -> str:
    """The section in which a chapter stands, or nothing."""
    return _titles("tariff-chapters.csv", "chapter").get(chapter, {}).get("section", "")


def _title(name: str, key: str, code: str, language: str) -> str:
    row = _titles(name, key).get(code)
    if row is None:
        return ""
    return row["title_fr" if language.startswith("fr") else "title_en"]


def chapters(section: str = "", words: str = "") -> list[Narrowing]:
    """The chapters that hold numbers, of one section or of all."""
    rows = _titles("tariff-chapters.csv", "chapter")
    found = (
        classification_search(words)
        .order_by()
        .annotate(code=Substr("digits", 1, 2))
        .values("code")
        .annotate(count=Count("id"))
        .values_list("code", "count")
        .order_by("code")
    )
    return [
        Narrowing(code, rows[code]["title_en"], rows[code]["title_fr"], count)
        for code, count in found
        if code in rows and (not section or rows[code]["section"] == section)
    ]


def headings(chapter: str, words: str = "") -> list[Narrowing]:
    """The headings of a chapter, each with the goods of its first number."""
    found = list(
        classification_search(words)
        .filter(digits__startswith=chapter)
        .order_by()
        .annotate(code=Substr("digits", 1, 4))
        .values("code")
        .annotate(count=Count("id"), first=Min("id"))
        .order_by("code")
        .values_list("code", "count", "first")
    )
    firsts = ClassificationNumber.objects.in_bulk([first for _code, _count, first in found])
    return [
        Narrowing(f"{code[:2]}.{code[2:]}", firsts[first].description_en, firsts[first].description_fr, count)
        for code, count, first in found
    ]


@dataclass(frozen=True)
class ListedRate:
    """What a number bears under one treatment on a day, and the rows before and after it."""

    treatment: TariffTreatment
    rate: DutyRate
    effective_from: date
    edition: str
    is_illustrative: bool
    others: tuple[tuple[date, str], ...]


def rates_of_number(number: str, on: date) -> list[ListedRate]:
    """The listed rates of a number, a row a treatment, in one query; a treatment that is not listed bears MFN's."""
    rows: dict[str, list[TariffRate]] = {}
    known = TariffRate.objects.filter(classification__digits=digits_of(number)).select_related("treatment")
    for row in known.order_by("treatment__number", "treatment_id", "effective_from"):
        rows.setdefault(row.treatment_id, []).append(row)
    listed = []
    for group in rows.values():
        now = latest(group, on)
        if now is not None and now.text:
            listed.append(
                ListedRate(
                    treatment=now.treatment,
                    rate=parse_duty_rate(now.text),
                    effective_from=now.effective_from,
                    edition=now.edition,
                    is_illustrative=now.mark == Mark.ILLUSTRATIVE,
                    others=tuple((row.effective_from, row.text) for row in group if row.text != now.text),
                )
            )
    return listed

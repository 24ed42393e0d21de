"""The tariff and the exchange rates, open to everybody, read from the address."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core import clock
from core.paging import CountedPaginator
from reference import queries
from reference.queries import search
from support.forms.tariff import ExchangeForm, TariffNumberForm, TariffSearchForm
from support.services.tariff import number_sheet
from support.views.pages import exchange_rate_text

PAGE_SIZE = 25
MOST_WORDS_TYPED = 100
SAMPLE_VALUE = Decimal(1000)
SAMPLE_ORIGIN = "US"


@require_safe
def tariff(request: HttpRequest) -> HttpResponse:
    """Search by number or words; without either, the whole tariff by section."""
    form = TariffSearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context: dict[str, Any] = {"form": form, "words": words}
    if words:
        found = queries.classification_search(words)
        page = CountedPaginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": [_number_row(row) for row in page.object_list]}
    return render(request, "support/tariff.html", context)


@require_safe
def classify(request: HttpRequest) -> HttpResponse:
    """From section to chapter to heading to number; words narrow every step."""
    language = get_language() or "en"
    words = request.GET.get("words", "").strip()[:MOST_WORDS_TYPED]
    chapter, section = request.GET.get("chapter", "")[:2], request.GET.get("section", "")[:2]
    heading = request.GET.get("heading", "")[:5].replace(".", "")
    if heading:
        chapter = heading[:2]
    if chapter:
        section = search.section_of(chapter)
    context: dict[str, Any] = {
        "words": words,
        "section": section,
        "section_title": search.section_title(section, language),
        "chapter": chapter,
        "chapter_title": search.chapter_title(chapter, language),
        "heading": heading,
    }
    if (section and not context["section_title"]) or (chapter and not context["chapter_title"]):
        raise Http404
    if heading:
        found = queries.classification_search(words).filter(digits__startswith=heading)
        page = CountedPaginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {"step": "number", "page": page, "rows": [_number_row(row) for row in page.object_list]}
    elif chapter:
        context |= {"step": "heading", "choices": _choices(search.headings(chapter, words), language)}
    elif section:
        context |= {"step": "chapter", "choices": _choices(search.chapters(section, words), language)}
    else:
        context |= {"step": "section", "choices": _choices(search.sections(words), language)}
    return render(request, "support/classify.html", context)


@require_safe
def tariff_number(request: HttpRequest, number: str) -> HttpResponse:
    """One number: its rates by treatment, what else touches goods of the origin, and a sample worked out."""
    classification = queries.classification_of(number)
    if classification is None:
        raise Http404
    language, today = get_language() or "en", clock.today()
    initial: dict[str, Any] = {"origin": SAMPLE_ORIGIN, "on": today, "value": SAMPLE_VALUE}
    unit_names = {row.code: row.meaning_in(language) for row in queries.code_list(queries.UNITS)}
    listed = search.rates_of_number(classification.digits, today)
    units = tuple(sorted({unit for row in listed for unit in row.rate.units}))
    options: dict[str, Any] = {"units": units, "unit_names": unit_names}
    form = (
        TariffNumberForm(request.GET, **options)
        if "on" in request.GET
        else TariffNumberForm(initial=initial, **options)
    )
    given: dict[str, Any] = {**initial, "quantities": dict.fromkeys(units, Decimal(100))}
    if form.is_bound:
        if form.is_valid():
            given = {key: form.cleaned_data[key] for key in initial} | {"quantities": form.quantities()}
    else:
        form.initial.update({f"quantity_{unit}": 100 for unit in units})
    sheet = number_sheet(classification=classification, **given)
    context = {
        "form": form,
        "sheet": sheet,
        "number": classification,
        "description": classification.description_in(language),
        "unit": unit_names.get(classification.unit, classification.unit),
        "unit_names": unit_names,
        "origin_name": queries.country_names(language).get(sheet.origin, sheet.origin),
        "value": given["value"],
        "chapter": classification.digits[:2],
        "chapter_title": search.chapter_title(classification.digits[:2], language),
        "heading": f"{classification.digits[:2]}.{classification.digits[2:4]}",
        "treatments": [
            (row, row.listed.treatment.name_in(language), unit_names.get(row.missing_unit, row.missing_unit))
            for row in sheet.rows
        ],
        "measures": [(row, row.goods_in(language), unit_names.get(row.unit, row.unit)) for row in sheet.measures],
    }
    return render(request, "support/tariff_number.html", context)


@require_safe
def exchange_rates(request: HttpRequest) -> HttpResponse:
    """The rate of one currency on one day, with its source."""
    given = request.GET
    form = (
        ExchangeForm(given) if "currency" in given else ExchangeForm(initial={"currency": "USD", "on": clock.today()})
    )
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        quote = queries.exchange_quote(form.cleaned_data["currency"], form.cleaned_data["on"])
        context |= {"is_asked": True, "quote": quote, "on": form.cleaned_data["on"]}
        if quote is not None:
            context["rate_text"] = exchange_rate_text(quote.rate, get_language() or "en")
    return render(request, "support/exchange_rates.html", context)


def _choices(rows: list[search.Narrowing], language: str) -> list[dict[str, Any]]:
    return [{"code": row.code, "title": row.title_in(language), "count": row.count} for row in rows]


def _number_row(row: Any) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "number": row.number,
        "description": row.description_in(language),
        "unit": row.unit,
        "edition": row.edition,
        "is_illustrative": row.mark != "verified",
    }

"""Statements above the program account: of the legal entity and of each program type, for the managers of the whole."""

from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.paging import CountedPaginator
from delegation.access import BusinessSeat, business_page
from delegation.rules import Action
from statements import exports, queries, services
from statements.addresses import day_of
from statements.files.views import files_of, format_of, paper_response, paper_retried
from statements.levels.access import require_whole
from statements.models import LevelStatement
from statements.rules import Level
from statements.sheet import level_sheet_of
from statements.splits import explanation_of_level

PAGE_SIZE = 25
#: What stands in the address for the legal entity, beside the letters of the program types.
ENTITY = "entity"


@require_safe
@business_page(to=Action.VIEW_STATEMENTS)
def level_list(request: HttpRequest) -> HttpResponse:
    """The statements of the legal entity, newest first."""
    seat = require_whole(_seat(request))
    rows = queries.level_statements_of(seat.business.pk, Level.ENTITY)
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "statements/levels.html", {"seat": seat, "page": page})


@require_safe
@business_page(to=Action.VIEW_STATEMENTS)
def level(request: HttpRequest, day: str, level: str) -> HttpResponse:
    """One statement of the legal entity or of a program type, with what it adds up."""
    seat = require_whole(_seat(request))
    statement, now = _statement(seat, day, level), clock.now()
    if statement.read_at is None:
        services.mark_read(statement=statement, at=now)
    sheet = level_sheet_of(statement)
    explained = request.GET.get("explain", "")
    context = {
        "seat": seat,
        "statement": statement,
        "level": level,
        "name": exports.level_name(statement),
        "sheet": sheet,
        "boxes": _boxes(sheet.boxes, explained),
        "explanation": explanation_of_level(explained, sheet),
        "files": files_of(statement, on=date.min),
    }
    return render(request, "statements/level.html", context)


@require_safe
@business_page(to=Action.VIEW_STATEMENTS)
def level_file(request: HttpRequest, day: str, level: str, extension: str) -> HttpResponse:
    """A file of a statement of a higher level; one that can't be made is shown as missing."""
    seat = require_whole(_seat(request))
    statement = _statement(seat, day, level)
    back = _address(seat, day, level)
    return paper_response(request, statement, format_of(extension), back=back, actor=seat.actor, now=clock.now())


@require_POST
@business_page(to=Action.VIEW_STATEMENTS)
def try_level_file(request: HttpRequest, day: str, level: str, extension: str) -> HttpResponse:
    """Try once more to make a file that is missing."""
    seat = require_whole(_seat(request))
    statement = _statement(seat, day, level)
    back = _address(seat, day, level)
    return paper_retried(request, statement, format_of(extension), back=back, actor=seat.actor, now=clock.now())


def _statement(seat: BusinessSeat, day: str, level: str) -> LevelStatement:
    wanted = day_of(day)
    which = (Level.ENTITY, "") if level == ENTITY else (Level.PROGRAM, level)
    found = queries.level_statement_on(seat.business.pk, *which, wanted) if wanted else None
    return services.require_statement(found)


def _boxes(boxes: list[tuple[str, Any, Any]], explained: str) -> list[dict[str, Any]]:
    return [
        {
            "letter": letter,
            "name": name,
            "amount": amount,
            "href": f"?explain={letter}#explain" if amount else "",
            "is_current": letter == explained,
        }
        for letter, name, amount in boxes
    ]


def _address(seat: BusinessSeat, day: str, level: str) -> str:
    return reverse("statements:level", args=(seat.business.bn9, day, level))


def _seat(request: HttpRequest) -> BusinessSeat:
    return cast(BusinessSeat, request.seat)  # type: ignore[attr-defined]

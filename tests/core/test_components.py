"""The components, the frame around them and the geometry of the charts."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import template
from django.conf import settings
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from core import charts, context, style_page
from core.icons import ICONS
from core.templatetags import portage
from core.views import design

TEMPLATES = Path(settings.BASE_DIR) / "templates"
MONTHS = [(date(2025 + (month > 12), (month - 1) % 12 + 1, 24), Decimal(month * 1000)) for month in range(8, 20)]


def render(source: str, **values: Any) -> str:
    engine = engines["django"]
    return engine.from_string(CottonCompiler().process(source)).render(values, values.pop("request", None))


# --- Every component ----------------------------------------------------------------------------------------------
def test_no_template_carries_a_style_or_a_script_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle\s*=", text), path
        assert "<style" not in text, path
        assert not re.search(r"\son[a-z]+\s*=", text), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path


def test_the_style_page_shows_every_component() -> None:
    page = (TEMPLATES / "design" / "index.html").read_text()
    parts = {"chart_table", "chart_drawing"}
    shown_elsewhere = {"icon", "link", "field", "fields", "fieldset", "confirmation"}
    for path in (TEMPLATES / "components").glob("*.html"):
        if path.stem not in parts | shown_elsewhere:
            assert f"<c-{path.stem.replace('_', '-')}" in page, path.stem


def test_every_component_stands_in_the_list() -> None:
    listed = (Path(settings.BASE_DIR) / "docs" / "components.md").read_text()
    for path in (TEMPLATES / "components").glob("*.html"):
        if path.stem not in {"chart_table", "chart_drawing"}:
            assert f"<c-{path.stem.replace('_', '-')}>" in listed, path.stem


def test_a_button_is_a_link_or_a_button() -> None:
    assert '<a class="button" href="/pay/"' in render('<c-button href="/pay/">Pay</c-button>')
    html = render('<c-button kind="danger" name="decision" value="reject" row="Passerelle">Reject</c-button>')
    assert '<button class="button button--danger" type="submit"' in html
    assert 'value="reject"' in html
    assert '<span class="vh"> Passerelle</span>' in html


def test_text_of_others_is_escaped() -> None:
    html = render('<c-stat name="{{ name }}" :value="name">{{ name }}</c-stat>', name="<b>Aalto & Co</b>")
    assert "<b>" not in html
    assert html.count("&lt;b&gt;Aalto &amp; Co&lt;/b&gt;") == 3


def test_a_component_takes_nothing_from_the_page_around_it() -> None:
    html = render('<c-panel title="Own">x</c-panel>', action="LEAK", id="LEAK", tint="LEAK")
    assert "LEAK" not in html
    assert "panel--tint" not in html


@pytest.mark.parametrize("kind", ["success", "warning", "danger", "info", "neutral", "simulation"])
def test_a_badge_has_an_icon_and_a_word(kind: str) -> None:
    html = render(f'<c-badge kind="{kind}">Word</c-badge>')
    assert f"badge--{kind}" in html
    assert "<svg" in html
    assert "<span>Word</span>" in html


def test_an_error_summary_counts_and_links() -> None:
    form = style_page.ExampleForm(style_page.WRONG_ANSWERS)
    html = render('<c-error-summary :form="form" note="8 tries left" />', form=form)
    assert f"There are {len(form.error_list)} problems" in html
    assert 'href="#id_released_on"' in html
    assert "8 tries left" in html
    assert render('<c-error-summary :form="form" />', form=style_page.ExampleForm()).strip() == ""
    one = render('<c-error-summary :errors="errors" />', errors=[("id_a", "Wrong"), ("", "Elsewhere")])
    assert "There are 2 problems" in one
    assert 'href="#id_a"' in one


def test_the_boxes_mark_the_chosen_one_and_total_the_last() -> None:
    boxes = style_page.boxes()
    assert boxes[-1]["amount"] == Decimal("22274.33")
    html = render('<c-boxes :boxes="boxes" />', boxes=boxes)
    assert html.count('aria-current="true"') == 1
    assert "$22,274.33" in html
    assert "\u2212412.50" in html


def test_pagination_keeps_the_filter() -> None:
    request = RequestFactory().get("/", {"q": "a&b", "page": "2"})
    page = Paginator(range(412), 25).page(2)
    html = render('<c-pagination :page="page" />', page=page, request=request)
    assert "26 to 50 of 412" in html
    assert "?q=a%26b&amp;page=3" in html
    assert html.count('aria-current="page"') == 1
    assert render('<c-pagination :page="page" />', page=Paginator([1], 25).page(1)).strip() == ""
    assert 'rel="next"' in render('<c-pagination next="?cursor=x" />')


# --- Tags and filters ---------------------------------------------------------------------------------------------
def test_filters_speak_the_active_language() -> None:
    due_on = date(2026, 7, 31)
    source = "{{ a|money }} {{ a|amount }} {{ n|integer }} {{ r|percent:2 }} {{ d|weekday_day }} {{ b|bn }}"
    values = {"a": Decimal("1204.5"), "n": 12480, "r": Decimal("0.065"), "d": due_on, "b": "704123686RM0001"}
    english = "$1,204.50 1,204.50 12,480 6.50 % Friday 31 July 2026 704 123 686 RM0001"
    assert render(source, **values).replace("\u00a0", " ") == english
    with translation.override("fr"):
        assert "vendredi" in render(source, **values)
    dates = "{{ d|day }}|{{ d|day_month }}|{{ d|day_short }}|{{ d|month_year }}|{% period d d %}"
    assert render(dates, d=due_on).replace("\u00a0", " ") == (
        "31 July 2026|31 July|31 Jul 2026|July 2026|31 July to 31 July 2026"
    )


@pytest.mark.parametrize(
    "name",
    [
        "money", "amount", "integer", "percent", "day", "day_month", "day_short", "weekday_day", "month_year",
        "clock_time", "moment", "bn",
    ],
)  # fmt: skip
def test_nothing_is_shown_for_nothing(name: str) -> None:
    assert getattr(portage, name)(None) == ""


def test_what_is_no_number_is_shown_as_nothing() -> None:
    assert portage.money("x") == ""
    assert portage.amount(True) == ""
    assert portage.period(None, None) == ""


@pytest.mark.parametrize(
    ("due", "words", "edge"),
    [
        (date(2026, 7, 31), "in 6 days", "soon"),
        (date(2026, 7, 26), "in 1 day", "soon"),
        (date(2026, 7, 25), "today", "soon"),
        (date(2026, 7, 22), "3 days late", "overdue"),
        (date(2026, 8, 4), "in 10 days", "later"),
        (None, "", "later"),
    ],
)
def test_days_left(due: date | None, words: str, edge: str) -> None:
    today = date(2026, 7, 25)
    assert portage.days_left(due, today) == words
    assert portage.urgency(due, today) == edge


def test_a_figure_cell_names_its_column_and_greys_zero() -> None:
    cell = portage.num_cell(Decimal("0"), "Duty")
    assert cell == '<td role="cell" class="num zero"><span class="cell-label">Duty</span>0.00</td>'
    linked = portage.num_cell(Decimal("3.72"), "<E>", href="?explain=E", strong=True, second="5 %", kind="money")
    assert "&lt;E&gt;" in linked
    assert '<strong><a href="?explain=E">$3.72</a></strong><span class="second">5 %</span>' in linked


def test_an_unknown_icon_is_a_mistake() -> None:
    with pytest.raises(template.TemplateSyntaxError):
        portage.icon("flag")
    for name in ICONS:
        assert portage.icon(name, 16, "big").startswith('<svg class="icon big" width="16"')


def test_query_changes_and_takes_away() -> None:
    request = RequestFactory().get("/?page=2&q=x")
    assert render("{% query page=3 q=None %}", request=request) == "?page=3"
    assert render("{% query page=3 q=None %}") == "?page=3"


def test_a_missing_page_has_no_address() -> None:
    assert portage.safe_url("nowhere:at_all") == ""


def test_signs_fall_back() -> None:
    assert portage.badge_icon("?") == "minus"
    assert portage.alert_icon("?") == "info"
    assert portage.term_icon("?") == ""


# --- The frame ----------------------------------------------------------------------------------------------------
def frame(path: str = "/en/x/?q=1", **attributes: Any) -> context.Frame:
    request = RequestFactory().get(path)
    for name, value in attributes.items():
        setattr(request, name, value)
    return context.frame(request)["frame"]


def test_the_other_language_keeps_the_page_and_the_query() -> None:
    assert frame().other_language == context.OtherLanguage("fr", "Français", "/fr/x/?q=1")
    with translation.override("fr"):
        assert frame("/fr/x/").other_language.url == "/en/x/"


def test_the_account_bar_says_for_whom() -> None:
    seat = SimpleNamespace(
        business_name="Northlight",
        program_account_number="704123686RM0001",
        role_label="Editor",
        is_delegated=False,
        kind="own",
    )
    bar = frame(seat=seat).seat_bar
    assert bar is not None
    assert [label for label, _ in bar["facts"]] == ["Business", "Program account", "Your role"]
    seat.is_delegated, seat.kind = True, "client"
    client_bar = frame(seat=seat).seat_bar
    assert client_bar is not None and client_bar["facts"][0] == ("Acting for", "Northlight")
    assert frame(seat=seat).for_whom == "For Northlight, 704\u00a0123\u00a0686\u00a0RM0001"
    seat.kind, seat.program_account_number = "officer", ""
    officer_bar = frame(seat=seat).seat_bar
    assert officer_bar is not None and [label for label, _ in officer_bar["facts"]] == ["Seat", "Looking at"]
    assert (frame(seat=seat).for_whom, frame().for_whom) == ("", "")
    seat.kind = "own"
    assert frame(seat=seat).for_whom == "For Northlight"
    assert frame().seat_bar is None


def test_who_is_signed_in() -> None:
    person = SimpleNamespace(
        is_authenticated=True, get_full_name=lambda: "", get_username=lambda: "amara", is_staff=False, pk=1
    )
    assert frame(user=person).person_name == "amara"
    assert frame().person_name == ""
    assert frame(unread_notifications=lambda: 3).unread_count == 3
    assert frame(unread_notifications=2).unread_count == 2
    assert frame().unread_count == 0
    assert "data-warn-after" in frame().idle and 'data-person=""' in frame().idle
    assert 'data-person="1"' in frame(user=person).idle


def test_navigation_comes_from_the_settings(settings: Any) -> None:
    settings.FRAME_NAVIGATION = "tests.core.test_components.example_navigation"
    assert frame().navigation == [context.NavigationItem("Home", "/en/", True)]
    settings.FRAME_NAVIGATION = "tests.core.test_components.example_navigation_by_name"
    assert frame().navigation == [context.NavigationItem("Home", "/en/", False)]
    settings.FRAME_NAVIGATION = ""
    assert frame().navigation == []


def example_navigation(request: Any) -> list[tuple[str, str, bool]]:
    return [("Home", "/en/", True)]


def example_navigation_by_name(request: Any) -> list[dict[str, Any]]:
    return [{"label": "Home", "url": "/en/", "current": False}]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_style_page_renders(language: str) -> None:
    request = RequestFactory().get(f"/{language}/design/")
    with translation.override(language):
        html = design(request).content.decode()
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == 1
    assert " style=" not in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "no id stands twice"


def test_the_error_pages_need_no_request() -> None:
    for name in ("400", "403", "404", "429", "500", "errors/400", "errors/409", "errors/503", "errors/form_expired"):
        html = render(f"{{% include '{name}.html' %}}")
        assert html.count("<h1") == 1, name


# --- Charts -------------------------------------------------------------------------------------------------------
def chart(months: list[tuple[date, Decimal]], **more: Any) -> charts.Chart:
    return charts.column_chart(
        charts.monthly_points(months, "en"), key="k", title="T", description="D", name_head="M", value_head="C",
        language="en", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("highest", "step"),
    [("61480.20", "20000"), ("100", "25"), ("9", "2.5"), ("0", "1"), ("1500000", "500000"), ("0.6", "0.2")],
)
def test_the_step_of_the_grid_is_round(highest: str, step: str) -> None:
    assert charts.nice_step(Decimal(highest)) == Decimal(step)


def test_columns_stand_on_the_base_and_the_first_highest_is_marked() -> None:
    months = [*MONTHS[:3], (date(2025, 11, 24), Decimal(10000)), (date(2025, 12, 24), Decimal(0))]
    drawn = chart(months, cover=(Decimal(5000), "Covers $5,000.00"))
    for drawing in (drawn.wide, drawn.narrow):
        for column in drawing.columns:
            assert float(column.y) + float(column.height) == pytest.approx(float(drawing.base), abs=0.2)
        assert [column.is_highest for column in drawing.columns] == [False, False, True, False, False]
        assert drawing.columns[-1].height == "0"
        assert drawing.cover is not None and float(drawing.cover.y) < float(drawing.base)
    assert drawn.wide.columns[0].tick == "Aug" and drawn.narrow.columns[0].tick == "A"
    assert drawn.wide.columns[0].note == "2025"
    assert drawn.narrow.width == 312


def test_a_value_at_an_edge_leans_inward() -> None:
    last = chart([(day, Decimal(index)) for index, (day, _) in enumerate(MONTHS)])
    assert last.wide.columns[-1].value_anchor == "end"
    first = chart([(day, Decimal(12 - index)) for index, (day, _) in enumerate(MONTHS)])
    assert first.wide.columns[0].value_anchor == "start"


def test_a_chart_of_nothing_still_draws() -> None:
    empty = chart([(date(2026, 7, 24), Decimal(0))])
    assert empty.wide.columns[0].height == "0"
    assert len(empty.wide.grid) == 1
    assert not any(point.is_highest for point in empty.points)
    assert chart([]).wide.columns == ()


def test_coordinates_keep_their_point_in_french() -> None:
    with translation.override("fr"):
        html = render('<c-chart-columns :chart="chart" />', chart=chart(MONTHS))
    assert not re.search(r'(?:x|y|width|height|x1|y1)="\d+,\d', html)


def test_a_line_goes_through_every_dot() -> None:
    line = charts.line_chart(
        charts.monthly_points(MONTHS, "fr"), key="k", title="T", description="D", name_head="M", value_head="V",
        language="fr",
    )  # fmt: skip
    assert line.wide.path.count("L") == len(MONTHS) - 1
    assert line.narrow.dots[0].tick == "A"
    assert "<path d=" in render('<c-chart-line :chart="chart" />', chart=line)


def test_the_coverage_bar_keeps_every_tick_inside() -> None:
    bar = charts.coverage_bar(
        used=Decimal("25393.23"), covers=Decimal(50000), required_today=Decimal(44200),
        required_later=Decimal("61480.20"), description="d",
    )  # fmt: skip
    assert [float(tick.x[:-1]) < 100 for tick in bar.ticks] == [True, True]
    assert float(bar.used_width[:-1]) + float(bar.room_width[:-1]) == pytest.approx(
        50000 / (61480.20 * 1.04) * 100, abs=0.1
    )
    over = charts.coverage_bar(used=Decimal(10), covers=Decimal(5), description="d")
    assert over.room_width == "0.00%" and over.ticks == ()
    assert charts.coverage_bar(used=Decimal(0), covers=Decimal(0), description="d").used_width == "0.00%"


def test_progress_says_100_only_when_done() -> None:
    assert charts.progress_bar(8112, 12480, "en").percent == "65\u00a0%"
    assert charts.progress_bar(12479, 12480, "en").percent == "99\u00a0%"
    assert charts.progress_bar(12480, 12480, "en").percent == "100\u00a0%"
    assert charts.progress_bar(0, 0, "en").width == "100.00%"


def test_the_words_on_the_cover_line_leave_room_for_the_highest_figure() -> None:
    points = charts.monthly_points([(date(2026, month, 28), Decimal(1000 * month)) for month in (1, 2, 3)], "en")

    def place(cover: str) -> tuple[float, float]:
        chart = charts.column_chart(
            points,
            key="k",
            title="",
            description="",
            name_head="",
            value_head="",
            language="en",
            cover=(Decimal(cover), "Security covers"),
        )
        drawn = chart.wide.cover
        assert drawn is not None
        return float(drawn.y), float(drawn.text_y)

    for far in ("1000", "9000"):
        line, words = place(far)
        assert words < line
    line, words = place("3050")
    assert words > line

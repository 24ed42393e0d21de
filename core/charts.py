"""Where every bar, line and tick of a chart stands: pure geometry, drawn by the templates as SVG attributes.

Coordinates leave here as text with a decimal point, because a template would write a French number with a comma.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import format as formats

WIDE = 540
WIDEST = 860
NARROW = 312
#: Two labels nearer to each other than this overlap.
LABEL_HEIGHT = 18


@dataclass(frozen=True)
class Point:
    """One column or one dot: its name in the table, the tick under it and, on narrow screens, one letter."""

    name: str
    value: Decimal
    tick: str
    letter: str
    note: str = ""
    href: str = ""
    value_text: str = ""
    is_highest: bool = False


@dataclass(frozen=True)
class GridLine:
    y: str
    text: str
    text_y: str


@dataclass(frozen=True)
class Column:
    x: str
    y: str
    width: str
    height: str
    middle: str
    tick: str
    note: str
    value_text: str
    value_y: str
    value_x: str
    value_anchor: str
    is_highest: bool


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    tick: str
    note: str


@dataclass(frozen=True)
class Cover:
    y: str
    text: str
    text_y: str


@dataclass(frozen=True)
class Drawing:
    """One SVG of a chart: all that the template writes down."""

    width: int
    height: int
    left: str
    right: str
    base: str
    tick_y: str
    note_y: str
    axis_x: str
    text_x: str
    grid: tuple[GridLine, ...]
    columns: tuple[Column, ...] = ()
    dots: tuple[Dot, ...] = ()
    path: str = ""
    cover: Cover | None = None


@dataclass(frozen=True)
class Chart:
    """A chart for wide and for narrow screens, with the words read instead of it and the table beside it."""

    key: str
    title: str
    description: str
    wide: Drawing
    narrow: Drawing
    points: tuple[Point, ...]
    name_head: str
    value_head: str


@dataclass(frozen=True)
class Tick:
    x: str
    colour: str


@dataclass(frozen=True)
class CoverageBar:
    """Used and free security on one bar, with a tick for what is required today and one for what will be."""

    used_width: str
    room_x: str
    room_width: str
    ticks: tuple[Tick, ...]
    description: str


@dataclass(frozen=True)
class ProgressBar:
    width: str
    percent: str
    description: str


def _text(value: float) -> str:
    """At most one decimal, always with a point."""
    return f"{value:.1f}".removesuffix(".0")


def nice_step(highest: Decimal, *, lines: int = 3) -> Decimal:
    """The round distance between grid lines, 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return Decimal(1)
    rough = float(highest) / lines
    power = 10.0 ** math.floor(math.log10(rough))
    best = min((1.0, 2.0, 2.5, 5.0, 10.0), key=lambda factor: abs(factor * power - rough))
    return Decimal(str(best)) * Decimal(str(power))


def monthly_points(months: Sequence[tuple[date, Decimal]], language: str) -> tuple[Point, ...]:
    """Points of monthly totals by the last day of each month; the year stands under the first and each January."""
    points = []
    for index, (last_day, value) in enumerate(months):
        points.append(
            Point(
                name=formats.day_short(last_day, language),
                value=value,
                tick=formats.month_short(last_day, language),
                letter=formats.month_letter(last_day, language),
                note=str(last_day.year) if index == 0 or last_day.month == 1 else "",
            )
        )
    return tuple(points)


def _frame(
    highest: Decimal, *, width: int, height: int, language: str, top: float
) -> tuple[float, float, float, float, tuple[GridLine, ...]]:
    """Left, right and base of the plot, units a dollar, and the grid lines with their figures."""
    step = nice_step(highest)
    count = max(1, int(highest / step))
    left = 56.0 if width > NARROW else 48.0
    right = float(width - 2)
    base = float(height - 42)
    scale = (base - top) / max(float(highest), float(step * count)) if highest > 0 else 0.0
    places = 0 if step == step.to_integral_value() else 2
    lines = []
    for index in range(count + 1):
        y = base - float(step * index) * scale
        if highest <= 0 and index:
            break
        lines.append(
            GridLine(y=_text(y), text=formats.number(step * index, language, places=places), text_y=_text(y + 4.5))
        )
    return left, right, base, scale, tuple(lines)


def _drawing_of_columns(
    points: Sequence[Point], cover: tuple[Decimal, str] | None, *, width: int, height: int, language: str
) -> Drawing:
    highest = max([point.value for point in points] + ([cover[0]] if cover else []) + [Decimal(0)])
    left, right, base, scale, grid = _frame(highest, width=width, height=height, language=language, top=34.0)
    slot = (right - left) / max(1, len(points))
    bar = round(slot * (0.52 if width > NARROW else 0.6), 1)
    columns = []
    for index, point in enumerate(points):
        middle = left + slot * (index + 0.5)
        tall = max(0.0, float(point.value) * scale)
        # A label near either end would leave the drawing, so it leans inward there.
        anchor, value_x = "middle", middle
        if middle > right - 34:
            anchor, value_x = "end", right
        elif middle < left + 34:
            anchor, value_x = "start", left
        columns.append(
            Column(
                x=_text(middle - bar / 2),
                y=_text(base - tall),
                width=_text(bar),
                height=_text(tall),
                middle=_text(middle),
                tick=point.tick if width > NARROW else point.letter,
                note=point.note,
                value_text=point.value_text,
                value_y=_text(base - tall - 7),
                value_x=_text(value_x),
                value_anchor=anchor,
                is_highest=point.is_highest,
            )
        )
    line = None
    if cover:
        y = base - float(cover[0]) * scale
        # The words stand above the line, but below it where the highest column's figure stands close by.
        figures = [float(column.value_y) for column in columns if column.is_highest]
        is_close = any(abs(figure - (y - 7)) < LABEL_HEIGHT for figure in figures)
        line = Cover(y=_text(y), text=cover[1], text_y=_text(y + 17 if is_close else y - 7))
    return Drawing(
        width=width,
        height=height,
        left=_text(left),
        right=_text(right),
        base=_text(base),
        tick_y=_text(base + 17),
        note_y=_text(base + 34),
        axis_x=_text(left - 8),
        text_x=_text(left + 4),
        grid=grid,
        columns=tuple(columns),
        cover=line,
    )


def _with_highest(points: Sequence[Point], language: str, *, places: int = 2) -> tuple[Point, ...]:
    """The same points with their figures written and the first highest one marked."""
    highest = max((point.value for point in points), default=Decimal(0))
    found = False
    result = []
    for point in points:
        mark = not found and point.value == highest and highest > 0
        found = found or mark
        result.append(
            Point(
                name=point.name,
                value=point.value,
                tick=point.tick,
                letter=point.letter,
                note=point.note,
                href=point.href,
                value_text=formats.number(point.value, language, places=places),
                is_highest=mark,
            )
        )
    return tuple(result)


def column_chart(
    points: Sequence[Point],
    *,
    key: str,
    title: str,
    description: str,
    name_head: str,
    value_head: str,
    language: str,
    cover: tuple[Decimal, str] | None = None,
    width: int = WIDE,
    height: int = 290,
    places: int = 2,
) -> Chart:
    """Columns with the highest one dark and labelled; ``cover`` is an amount and the words on its line.

    ``key`` makes the ids of this chart unique on its page; ``places`` is 0 where the columns count.
    """
    marked = _with_highest(points, language, places=places)
    return Chart(
        key=key,
        title=title,
        description=description,
        wide=_drawing_of_columns(marked, cover, width=width, height=height, language=language),
        narrow=_drawing_of_columns(marked, cover, width=NARROW, height=218, language=language),
        points=marked,
        name_head=name_head,
        value_head=value_head,
    )


def _drawing_of_line(points: Sequence[Point], *, width: int, height: int, language: str) -> Drawing:
    highest = max((point.value for point in points), default=Decimal(0))
    left, right, base, scale, grid = _frame(highest, width=width, height=height, language=language, top=24.0)
    slot = (right - left) / max(1, len(points))
    dots = tuple(
        Dot(
            x=_text(left + slot * (index + 0.5)),
            y=_text(base - max(0.0, float(point.value) * scale)),
            tick=point.tick if width > NARROW else point.letter,
            note=point.note,
        )
        for index, point in enumerate(points)
    )
    return Drawing(
        width=width,
        height=height,
        left=_text(left),
        right=_text(right),
        base=_text(base),
        tick_y=_text(base + 17),
        note_y=_text(base + 34),
        axis_x=_text(left - 8),
        text_x=_text(left + 4),
        grid=grid,
        dots=dots,
        path=" ".join(f"{'M' if index == 0 else 'L'}{dot.x} {dot.y}" for index, dot in enumerate(dots)),
    )


def line_chart(
    points: Sequence[Point],
    *,
    key: str,
    title: str,
    description: str,
    name_head: str,
    value_head: str,
    language: str,
    width: int = WIDE,
    height: int = 260,
) -> Chart:
    """A line through one dot a point, for what changes rather than adds up."""
    marked = _with_highest(points, language)
    return Chart(
        key=key,
        title=title,
        description=description,
        wide=_drawing_of_line(marked, width=width, height=height, language=language),
        narrow=_drawing_of_line(marked, width=NARROW, height=218, language=language),
        points=marked,
        name_head=name_head,
        value_head=value_head,
    )


def _share(value: Decimal, whole: Decimal) -> float:
    return max(0.0, min(100.0, float(value / whole * 100)))


def coverage_bar(
    *,
    used: Decimal,
    covers: Decimal,
    required_today: Decimal | None = None,
    required_later: Decimal | None = None,
    description: str,
) -> CoverageBar:
    """Widths in percent of the bar; the largest figure stands just inside its right end."""
    largest = max([used, covers, required_today or Decimal(0), required_later or Decimal(0)])
    whole = largest * Decimal("1.04") if largest > 0 else Decimal(1)
    used_share = _share(used, whole)
    room_share = max(0.0, _share(covers, whole) - used_share)
    ticks = []
    if required_today is not None:
        ticks.append(Tick(x=f"{_share(required_today, whole):.2f}%", colour="#26313d"))
    if required_later is not None:
        ticks.append(Tick(x=f"{_share(required_later, whole):.2f}%", colour="#b3192e"))
    return CoverageBar(
        used_width=f"{used_share:.2f}%",
        room_x=f"{used_share:.2f}%",
        room_width=f"{room_share:.2f}%",
        ticks=tuple(ticks),
        description=description,
    )


def progress_bar(done: Decimal | int, total: Decimal | int, language: str, *, description: str = "") -> ProgressBar:
    """How much of a whole is done; an empty whole counts as done. Rounded down, so that 100 % means finished."""
    fraction = Decimal(1) if total <= 0 else max(Decimal(0), min(Decimal(1), Decimal(done) / Decimal(total)))
    whole_percent = int(fraction * 100)
    text = formats.percent(Decimal(whole_percent) / 100, language, places=0)
    return ProgressBar(width=f"{float(fraction) * 100:.2f}%", percent=text, description=description or text)

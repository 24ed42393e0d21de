"""What changed and when: dated facts of the rules that this portal follows, shown once their day has come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core import format as formats
from reference.rules.rates import SurtaxOrderFrom
from reference.rules.requirement import ReviewCycle, review_schedule

#: Older surtaxes were gone before the portal of importers existed.
FIRST_DAY = date(2024, 1, 1)
#: The first review that reached importers' own security.
FIRST_REVIEW = date(2025, 5, 20)


@dataclass(frozen=True)
class SurtaxLine:
    """One paragraph of a surtax order as it stands from a day on."""

    order: str
    rate: Decimal
    effective_from: date
    effective_to: date | None


@dataclass(frozen=True)
class Bulletin:
    """One piece of news; ``source`` names the law or the notice behind it."""

    slug: str
    published_on: date
    title: Any
    summary: Any
    paragraphs: tuple[Any, ...] = ()
    source: str = ""
    lines: tuple[SurtaxLine, ...] = ()


KNOWN: tuple[Bulletin, ...] = (
    Bulletin(
        slug="interest-resumes",
        published_on=date(2026, 1, 1),
        title=gettext_lazy("Interest on late payments is charged again"),
        summary=gettext_lazy("The relief that followed the launch has ended."),
        paragraphs=(
            gettext_lazy(
                "An amount still unpaid after its last day to pay bears interest from that day, at the specified rate."
            ),
            gettext_lazy("The first interest of the new year stands on the statement of 25 February 2026."),
        ),
        source="CN 25-02",
    ),
    Bulletin(
        slug="card-limit-per-cycle",
        published_on=date(2025, 9, 28),
        title=gettext_lazy("Card limit is now counted per billing cycle"),
        summary=gettext_lazy("A credit card pays at most $4,999.99 a billing cycle and program account."),
        paragraphs=(
            gettext_lazy("The limit used to hold for each payment, so that several could be made on one day."),
            gettext_lazy(
                "It is now counted from the 18th to the 17th, with security deposits included. A debit card has no "
                "limit of its own here."
            ),
        ),
        source="CARM Bulletin 5408",
    ),
    Bulletin(
        slug="own-security",
        published_on=date(2025, 5, 20),
        title=gettext_lazy("Release Prior to Payment needs your own financial security"),
        summary=gettext_lazy("A broker's security no longer covers an importer's goods."),
        paragraphs=(
            gettext_lazy(
                "Since 20 May 2025 an importer posts a bond or a cash deposit in its own name to have goods released "
                "before payment."
            ),
            gettext_lazy("Without it, goods are accounted and paid for at the port of entry before they are released."),
        ),
        source="SOR/86-1062 s. 16; SOR/2025-116",
    ),
    Bulletin(
        slug="late-accounting-penalties-resume",
        published_on=date(2025, 1, 20),
        title=gettext_lazy("Late accounting is penalized again"),
        summary=gettext_lazy("Goods must be accounted for within five business days of release."),
        paragraphs=(
            gettext_lazy(
                "From the launch until 19 January 2025 no late accounting penalty was charged. A declaration that "
                "comes later than the fifth business day now costs $100."
            ),
        ),
        source="C288; C292",
    ),
    Bulletin(
        slug="launch",
        published_on=date(2024, 10, 21),
        title=gettext_lazy("Importers account and pay in the portal"),
        summary=gettext_lazy("Every importer registers its business and gives its broker access."),
        paragraphs=(
            gettext_lazy(
                "The Commercial Accounting Declaration takes the place of the B3, and one Statement of Account a "
                "month that of the daily and monthly accounts of brokers."
            ),
            gettext_lazy("A broker acts for a client only with the access that the client approved in the portal."),
        ),
        source="SOR/86-1062",
    ),
    Bulletin(
        slug="bond-minimum",
        published_on=date(2024, 3, 27),
        title=gettext_lazy("The smallest bond is $5,000"),
        summary=gettext_lazy("Half of the highest month, at least $5,000 a program account."),
        paragraphs=(gettext_lazy("An earlier plan had asked for at least $25,000. A cash deposit has no minimum."),),
        source="D17-5-2",
    ),
)

_SURTAX_TITLES = {
    "SOR/2024-187 Sch. 1": gettext_lazy("Surtax on electric vehicles from China"),
    "SOR/2024-187 Sch. 2": gettext_lazy("Surtax on steel and aluminum goods of China"),
    "SOR/2025-66": gettext_lazy("Surtax on goods of the United States, first list"),
    "SOR/2025-95 (other goods)": gettext_lazy("Surtax on other goods of the United States"),
    "SOR/2025-95": gettext_lazy("Surtax on steel and aluminum of the United States"),
    "SOR/2025-118": gettext_lazy("Surtax on motor vehicles of the United States"),
    "SOR/2025-148 s. 2.1": gettext_lazy("Surtax on steel above the quota, second list"),
    "SOR/2025-148": gettext_lazy("Surtax on steel above the quota"),
    "SOR/2025-154": gettext_lazy("Surtax on steel melted and aluminum smelted in China"),
    "SOR/2025-267": gettext_lazy("Surtax on steel derivative goods"),
}


def bulletins(*, on: date, surtaxes: Iterable[SurtaxOrderFrom], cycles: Iterable[ReviewCycle]) -> Sequence[Bulletin]:
    """Everything published on or before the day, newest first."""
    known = [*KNOWN, *_of_reviews(on, tuple(cycles)), *_of_surtaxes(tuple(surtaxes))]
    return sorted(
        (bulletin for bulletin in known if bulletin.published_on <= on),
        key=lambda bulletin: (bulletin.published_on, bulletin.slug),
        reverse=True,
    )


def _of_reviews(on: date, cycles: tuple[ReviewCycle, ...]) -> list[Bulletin]:
    language = get_language() or "en"
    found = []
    for year in range(FIRST_REVIEW.year, on.year + 1):
        schedule = review_schedule(year, cycles=cycles)
        if schedule.run_on < FIRST_REVIEW:
            continue
        values = {
            "due": formats.day(schedule.due_on, language),
            "window": formats.period(schedule.window_start, schedule.window_end, language),
        }
        found.append(
            Bulletin(
                slug=f"yearly-review-{schedule.run_on.isoformat()}",
                published_on=schedule.run_on,
                title=_("The yearly review has run"),
                summary=_("Updates due %(due)s") % values,
                paragraphs=(
                    _("It looked at the twelve months of %(window)s and took each account's highest one.") % values,
                    _(
                        "Whoever needs more security now has until %(due)s to raise the bond or the deposit. After "
                        "that day Release Prior to Payment is suspended."
                    )
                    % values,
                ),
                source="D17-5-2 s. 7.8",
            )
        )
    return found


def _of_surtaxes(surtaxes: tuple[SurtaxOrderFrom, ...]) -> list[Bulletin]:
    """One bulletin for each order and day on which something of it began, and for each that ended for good."""
    begun: dict[tuple[str, date], list[SurtaxOrderFrom]] = {}
    for row in surtaxes:
        if row.effective_from >= FIRST_DAY:
            begun.setdefault((_title_key(row), row.effective_from), []).append(row)
    found = [_begun(key, day, rows, surtaxes) for (key, day), rows in begun.items()]
    ended: dict[tuple[str, date], list[SurtaxOrderFrom]] = {}
    for row in surtaxes:
        if row.effective_to is None or row.effective_to < FIRST_DAY:
            continue
        day = row.effective_to + timedelta(days=1)
        if not any(other.order == row.order and other.effective_from == day for other in surtaxes):
            ended.setdefault((_title_key(row), day), []).append(row)
    return [*found, *(_ended(key, day, rows) for (key, day), rows in ended.items())]


def _title_key(row: SurtaxOrderFrom) -> str:
    return next((key for key in _SURTAX_TITLES if row.order.startswith(key)), row.order)


def _begun(key: str, day: date, rows: Sequence[SurtaxOrderFrom], every: Sequence[SurtaxOrderFrom]) -> Bulletin:
    language = get_language() or "en"
    title = str(_SURTAX_TITLES.get(key, rows[0].name))
    eve = day - timedelta(days=1)
    earlier = [row for row in every if row.order == rows[0].order and row.effective_to == eve]
    now_free = set(rows[0].excluded_origins) - {code for row in earlier for code in row.excluded_origins}
    if earlier and "CA" in now_free:
        title = _("%(surtax)s: goods of Canada excluded") % {"surtax": title}
    rates = sorted({row.rate for row in rows})
    values = {
        "rate": formats.percent(rates[-1], language),
        "day": formats.day(day, language),
    }
    return Bulletin(
        slug=f"{slugify(key)}-{day.isoformat()}",
        published_on=day,
        title=title,
        summary=_("%(rate)s of the value for duty from %(day)s") % values,
        paragraphs=(
            _("Goods on the order's lists that are released from %(day)s bear a surtax of %(rate)s.") % values,
            _(
                "The surtax is computed on the value for duty alone and counts in the value for tax. The declaration "
                "finds it by the tariff number and the origin of each line, and a line can contest it."
            ),
        ),
        source=key,
        lines=tuple(SurtaxLine(row.order, row.rate, row.effective_from, row.effective_to) for row in rows),
    )


def _ended(key: str, day: date, rows: Sequence[SurtaxOrderFrom]) -> Bulletin:
    language = get_language() or "en"
    values = {
        "surtax": str(_SURTAX_TITLES.get(key, rows[0].name)),
        "day": formats.day(day, language),
    }
    return Bulletin(
        slug=f"{slugify(key)}-ended-{day.isoformat()}",
        published_on=day,
        title=_("%(surtax)s: ended") % values,
        summary=_("Goods released from %(day)s are free of it") % values,
        paragraphs=(
            _("The lines below no longer apply to goods released from %(day)s. Surtax paid before stays paid.")
            % values,
        ),
        source=key,
        lines=tuple(SurtaxLine(row.order, row.rate, row.effective_from, row.effective_to) for row in rows),
    )

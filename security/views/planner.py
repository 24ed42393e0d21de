"""The planner: the year to come if things change, what would cover it, and what that costs. Nothing is kept or sent."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from core import charts, clock
from core import format as formats
from core.money import ZERO
from delegation.access import Seat, account_page
from delegation.rules import Action
from documents import csv_file
from reference.queries import policy
from security import queries, rules
from security.forms import PlanForm
from security.queries import RppStatus
from security.rules import Change, DrivingMonth, Prices, ReviewOutcome, Slice, Way
from security.views.overview import monthly_chart
from security.views.parts import UNPROCESSABLE, language_in_use, seat_of, sees_totals, show

NAMES = {
    "now": gettext_lazy("As it stands"),
    "raise": gettext_lazy("Keep what is posted, raise the bond"),
    "add": gettext_lazy("Keep what is posted, add cash"),
    "mix": gettext_lazy("Your mix"),
    "bond": gettext_lazy("Bond only"),
    "cash": gettext_lazy("Cash only"),
}
#: Which ways answer a wish, the first there is.
WISHES = {"bond": ("raise", "bond"), "cash": ("add", "cash"), "mix": ("mix",)}


@dataclass(frozen=True)
class Planned:
    """The answer to one question: the months to come, the one that drives the requirement, and the ways to cover it."""

    months: tuple[tuple[date, Decimal], ...]
    before: DrivingMonth
    driving: DrivingMonth
    month: Decimal
    ways: tuple[Way, ...]
    cheapest: Way
    chosen: str
    due_on: date
    days: int


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def planner(request: HttpRequest) -> HttpResponse:
    """The question stands in the address, so that a plan can be kept as a bookmark, printed or sent on."""
    seat, on = seat_of(request), clock.today()
    form, status, planned = _answer(request, seat, on)
    language = language_in_use()
    cover = status.coverage.total if status.coverage.has_security else None
    return show(
        request,
        "planner",
        form,
        status=status,
        planned=planned,
        rows=[_row(way, planned) for way in planned.ways],
        chart=monthly_chart(planned.months, cover, key="planned", title=_("The year to come"))
        if sees_totals(seat)
        else None,
        costs=_cost_chart(planned, language),
        headroom=rules.headroom(planned.month, status.coverage) if status.coverage.has_security else None,
        asked=request.GET.urlencode(),
        sources=[policy().row(key, on) for key in (_premium_key(seat), "planner.cash_percent", "planner.gst_percent")],
        counting=queries.counting_rules(on),
    )


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def plan_file(request: HttpRequest) -> HttpResponse:
    """The same plan for a spreadsheet."""
    seat, on = seat_of(request), clock.today()
    form, _status, planned = _answer(request, seat, on)
    if form.errors:
        return HttpResponse(_("Correct the plan on its page first."), status=UNPROCESSABLE, content_type="text/plain")
    rows: list[list[Any]] = []
    if sees_totals(seat):
        rows += [[_("Month ending"), last.isoformat(), f"{total:.2f}", "", "", ""] for last, total in planned.months]
    for way in planned.ways:
        plan = way.plan
        amounts = (plan.bond, plan.cash, plan.covers, way.cost_until)
        rows.append([_("Way"), _name(plan.key), *(f"{amount:.2f}" for amount in amounts)])
    headings = [_("What"), _("Which"), _("Charges or bond"), _("Cash"), _("Covers"), _("Cost until the deadline")]
    response = HttpResponse(csv_file.render(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{seat.program_account.number}-plan.csv"'
    return response


def _answer(request: HttpRequest, seat: Seat, on: date) -> tuple[PlanForm, RppStatus, Planned]:
    """The form, where the account stands, and the plan; a question that cannot be read is answered as if unasked."""
    status = queries.rpp_status(seat.program_account.pk, on=on)
    slices, totals, past = _year(seat, status, on)
    language = language_in_use()
    choices = [(str(index), formats.day(last, language)) for index, (_first, last) in enumerate(slices)]
    defaults = _defaults(seat, on)
    form = PlanForm(request.GET or None, initial={**defaults, "way": "bond"}, months=choices)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    change = _change(given)
    months = rules.projected(totals, change, gst_rate=policy().amount("planner.gst_percent", on) / 100)
    driving = rules.driving_month(slices, months)
    prices = Prices(*(_rate(given.get(name), defaults[name]) for name in ("premium", "money")))
    due_on = _deadline(seat.program_account.pk, on)
    days = max((due_on - on).days, 1)
    cash = given.get("cash")
    found = rules.ways(
        month=driving.amount,
        cash=status.coverage.cash if cash is None else cash,
        now=status.coverage,
        prices=prices,
        days=days,
    )
    wishes = WISHES.get(given.get("way") or "bond", ())
    keys = {way.plan.key for way in found}
    chosen = next((key for key in wishes if key in keys), "now")
    planned = Planned(
        months=tuple((last, total) for (_first, last), total in zip(slices, months, strict=True)),
        before=past,
        driving=driving,
        month=driving.amount,
        ways=found,
        cheapest=rules.cheapest(found),
        chosen=chosen,
        due_on=due_on,
        days=days,
    )
    return form, status, planned


def _year(seat: Seat, status: RppStatus, on: date) -> tuple[tuple[Slice, ...], tuple[Decimal, ...], DrivingMonth]:
    """The twelve months to come with the totals of the last twelve; the requirement alone where totals are not seen."""
    calculation = queries.calculation_for(seat.program_account.pk, on=on)
    slices: list[Slice] = []
    last = calculation.slices[-1][1]
    for _number in range(rules.MONTHS_COUNTED):
        slices.append(rules.month_after(last))
        last = slices[-1][1]
    totals = calculation.totals
    if not sees_totals(seat) or not any(total > 0 for total in totals):
        totals = (status.requirement,) + (ZERO,) * (rules.MONTHS_COUNTED - 1)
    return tuple(slices), totals, rules.driving_month(slices, totals)


def _change(given: dict[str, Any]) -> Change:
    moved = given.get("moved") or ZERO
    return Change(
        growth=given.get("growth") or ZERO,
        tariff=given.get("tariff") or ZERO,
        goods=given.get("goods") or ZERO,
        moved=moved,
        moved_from=int(given["moved_from"]) if moved else None,
        moved_to=int(given["moved_to"]) if moved else None,
    )


def _premium_key(seat: Seat) -> str:
    return "planner.premium_abroad_percent" if seat.business.is_non_resident else "planner.premium_percent"


def _defaults(seat: Seat, on: date) -> dict[str, str]:
    dated = policy()
    return {"premium": dated.text(_premium_key(seat), on), "money": dated.text("planner.cash_percent", on)}


def _rate(given: Decimal | None, default: str) -> Decimal:
    return Decimal(default) / 100 if given is None else given


def _deadline(program_account_id: int, on: date) -> date:
    """The day by which to be covered: of the review that is pending, or else of the next one."""
    latest = queries.latest_review_of(program_account_id)
    if latest is not None and latest.outcome == ReviewOutcome.RISEN and latest.due_on >= on:
        return latest.due_on
    return queries.next_review(on).due_on


def _name(key: str) -> str:
    return str(NAMES[key])


def _row(way: Way, planned: Planned) -> dict[str, Any]:
    return {
        "name": _name(way.plan.key),
        "plan": way.plan,
        "way": way,
        "is_chosen": way.plan.key == planned.chosen,
        "is_cheapest": way is planned.cheapest,
    }


def _cost_chart(planned: Planned, language: str) -> charts.Chart:
    """What each way costs a year, as columns with their table."""
    points = [
        charts.Point(name=_name(way.plan.key), value=way.year_cost, tick=str(number), letter=str(number))
        for number, way in enumerate(planned.ways, start=1)
    ]
    return charts.column_chart(
        points,
        key="costs",
        title=_("Cost of each way, a year"),
        description=_("One column a way, in the order of the table; the dearest is dark."),
        name_head=_("Way"),
        value_head=_("Cost a year"),
        language=language,
    )

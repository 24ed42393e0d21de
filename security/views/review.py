"""The yearly review and the planner."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import charts, clock
from delegation.access import account_page
from delegation.rules import Action
from reference.queries import policy
from reference.rules.requirement import requirement_for
from security import queries, rules
from security.forms import (
    PlannerForm,
)
from security.rules import Coverage, ReviewOutcome
from security.views.overview import monthly_chart
from security.views.parts import address_of, seat_of, sees_totals, show


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def review(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    row = queries.latest_review_of(seat.program_account.pk)
    if row is None:
        schedule = queries.next_review(on)
        return show(request, "review_none", schedule=schedule)
    status = queries.rpp_status(seat.program_account.pk, on=on)
    _current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    required = upcoming.amount if upcoming else status.requirement
    lack = rules.shortfall(status.coverage, required)
    months = queries.slices_of(row)
    planned = PlannerForm(request.GET) if "month" in request.GET else None
    values = {"month": required, "cash": status.coverage.cash}
    if planned is not None and planned.is_valid():
        values = planned.cleaned_data
    bonds = [bond for bond in queries.bonds_of(seat.program_account.pk) if bond.covers]
    # What to raise it to can be said of a bond that is whole on this account; another needs its shares named.
    bond = bonds[0] if len(bonds) == 1 and bonds[0].share == bonds[0].amount else None
    driving = next(
        (first_last for first_last in queries.windows_of(row) if first_last[1] == row.driving_month_end), None
    )
    return show(
        request,
        "review",
        planned,
        review=row,
        status=status,
        required=required,
        lack=lack,
        bond=bond,
        raised_to=bond.amount + lack.bond if bond is not None else None,
        needed=requirement_for(required, on, policy=policy()),
        is_before_deadline=on <= row.due_on,
        has_risen=row.outcome in (ReviewOutcome.RISEN, ReviewOutcome.HELD),
        case=queries.open_case_of(seat.program_account.pk),
        planner=planned or PlannerForm(initial=values),
        plans=_plan_rows(values, status.coverage),
        planned_month=values["month"],
        ran_on=date.fromordinal(row.window_end.toordinal() + 1),
        reminders=rules.reminder_dates(row.due_on),
        today=on,
        driving=driving,
        declarations_href=address_of("declarations:list", seat.program_account.number),
        chart=monthly_chart(
            months, status.coverage.total if status.coverage.has_security else None, width=charts.WIDEST
        )
        if sees_totals(seat)
        else None,
        can_manage=seat.may(Action.MANAGE_SECURITY),
    )


def _plan_rows(values: dict[str, Decimal], now: Coverage) -> list[dict[str, Any]]:
    names = {
        "now": _("As it stands"),
        "mix": _("Your mix"),
        "bond": _("Bond only"),
        "cash": _("Cash only"),
    }
    return [
        {"name": names[plan.key], "plan": plan}
        for plan in rules.plans(month=values["month"], cash=values["cash"], now=now)
    ]

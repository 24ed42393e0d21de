"""The importer's dashboard of release prior to payment."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import charts, clock
from core import format as formats
from delegation.access import Seat, account_page
from delegation.rules import Action
from security import queries, rules
from security.models import AnnualReview, Bond, Endorsement, SecurityRequirement
from security.queries import Calculation, RppStatus
from security.rules import Coming, ComingKind, NextStep, Outlook, ReviewOutcome, StatusReason
from security.views.parts import address_of, language_in_use, seat_of, sees_totals, show

#: What each reason asks of the importer: the words of the link and the page.
WAYS_OUT = {
    StatusReason.NOT_ENROLLED: "security:enrol",
    StatusReason.PENDING_SECURITY: "security:submit",
    StatusReason.NO_SECURITY: "security:submit",
    StatusReason.DEBT_WITHOUT_SECURITY: "security:submit",
    StatusReason.INSUFFICIENT: "security:submit",
    StatusReason.ESTIMATE_LOW: "security:estimate",
    StatusReason.REVIEW_SHORTFALL: "security:review",
    StatusReason.OVERDUE_DEBT: "payments:pay",
}
#: The page where each next step is taken.
STEPS = {
    NextStep.ENROL: "security:enrol",
    NextStep.PAY_OVERDUE: "payments:pay",
    NextStep.POST_SECURITY: "security:submit",
    NextStep.COVER_REVIEW: "security:review",
    NextStep.RAISE_ESTIMATE: "security:estimate",
    NextStep.PAY_EARLY: "payments:pay",
    NextStep.REPLACE_BOND: "security:submit",
    NextStep.MOVE_PERIOD: "security:period",
}
NUDGES_SHOWN = 5


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def overview(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    account, sees_all = seat.program_account, sees_totals(seat)
    status = queries.rpp_status(account.pk, on=on)
    if sees_all:
        status = status.by_proven_month()
    current, upcoming = queries.requirements_around(account.pk, on=on)
    calculation = queries.calculation_for(account.pk, on=on)
    latest = queries.latest_review_of(account.pk)
    risen = latest if latest is not None and latest.outcome == ReviewOutcome.RISEN and on <= latest.due_on else None
    is_short_of_it = rules.shortfall(status.coverage, upcoming.amount if upcoming else status.requirement).is_short
    bonds = list(queries.bonds_of(account.pk).prefetch_related("versions"))
    low_by = queries.estimate_low_by(on)
    outlook = _outlook(status, upcoming, calculation, bonds, current=current, sees_all=sees_all, low_by=low_by)
    return show(
        request,
        "overview",
        status=status,
        reasons=[
            {"text": reason.label, "href": address_of(WAYS_OUT[reason], account.number) if reason in WAYS_OUT else ""}
            for reason in status.reasons
        ],
        step=_step(seat, rules.next_step(outlook, on=on)),
        current=current,
        upcoming=upcoming,
        lines=queries.lines_of(account, open_debt=status.open_debt, bonds=bonds),
        other_bonds=[bond for bond in bonds if not bond.covers],
        in_the_mail=_in_the_mail(account.pk, bonds),
        comes=_comes(status, upcoming, latest, bonds, is_short=is_short_of_it, on=on),
        latest=latest,
        is_review_pending=risen is not None and is_short_of_it,
        is_review_covered=risen is not None and not is_short_of_it,
        case=queries.open_case_of(account.pk),
        bar=_coverage_bar(status, upcoming.amount if upcoming else None) if status.is_enrolled and sees_all else None,
        chart=monthly_chart(calculation.months, status.coverage.total if status.coverage.has_security else None)
        if sees_all
        else None,
        nudges=list(queries.nudges_of(account.pk)[:NUDGES_SHOWN]) if sees_all and status.is_enrolled else [],
        thresholds=queries.thresholds(on),
        counting=queries.counting_rules(on),
        running=calculation.running,
        running_total=calculation.running_total if sees_all else None,
        headroom=rules.headroom(status.requirement, status.coverage) if status.coverage.has_security else None,
        sees_totals=sees_all,
        driving=calculation.driving,
        is_estimate=current is not None and current.source == rules.RequirementSource.ESTIMATE,
        can_manage=seat.may(Action.MANAGE_SECURITY),
        can_cancel=status.is_enrolled and seat.may(Action.MANAGE_SECURITY),
    )


def _in_the_mail(program_account_id: int, bonds: Sequence[Bond]) -> list[tuple[Endorsement, Bond]]:
    """Endorsements that are on their way for this account; only bonds on paper have any."""
    on_paper = {bond.pk: bond for bond in bonds if bond.is_on_paper}
    found = queries.endorsements_in_the_mail([program_account_id]) if on_paper else {}
    return [(row, on_paper[row.bond_id]) for row in found.get(program_account_id, ()) if row.bond_id in on_paper]


def _outlook(
    status: RppStatus,
    upcoming: SecurityRequirement | None,
    calculation: Calculation,
    bonds: Sequence[Bond],
    *,
    current: SecurityRequirement | None,
    sees_all: bool,
    low_by: Decimal,
) -> Outlook:
    """What the next step is judged from; what adds up everybody's charges counts only where the seat sees it."""
    required = max(status.requirement, upcoming.amount) if upcoming else status.requirement
    ending = [bond for bond in bonds if bond.covers and bond.ends_on is not None]
    nearest = min(ending, key=lambda bond: bond.ends_on or date.max, default=None)
    month = max(calculation.running_total, calculation.driving.amount)
    return Outlook(
        reasons=status.reasons,
        is_short_for_review=upcoming is not None
        and status.is_enrolled
        and rules.shortfall(status.coverage, required).is_short
        and required > status.requirement,
        is_estimate_low=sees_all
        and current is not None
        # What a review has measured since has a deadline of its own.
        and rules.is_estimate_low(source=current.source, requirement=required, month=month, by=low_by),
        level=status.nudge_level if sees_all else rules.Level.QUIET,
        bond_ends_on=nearest.ends_on if nearest else None,
        is_short_without_it=nearest is not None
        and not rules.stays_sufficient(status.coverage, status.requirement, less=nearest.amount),
        ends_on=status.ends_on if status.is_enrolled else None,
    )


def _step(seat: Seat, step: NextStep) -> dict[str, Any]:
    """The words and the button of the next step; no button where the seat may not take it."""
    room = STEPS.get(step, "")
    needed = Action.PAY if room.startswith("payments:") else Action.MANAGE_SECURITY
    may = seat.may(Action.VIEW_SECURITY if step == NextStep.COVER_REVIEW else needed)
    href = address_of(room, seat.program_account.number) if room and may else ""
    if step == NextStep.CONTACT:
        href = address_of("support:new_request")
    return {"key": step.value, "title": step.label, "href": href, "is_quiet": step == NextStep.NOTHING}


def _comes(
    status: RppStatus,
    upcoming: SecurityRequirement | None,
    latest: AnnualReview | None,
    bonds: Sequence[Bond],
    *,
    is_short: bool,
    on: date,
) -> tuple[Coming, ...]:
    """What comes next and when, of this account and of the yearly review; its deadline only for those still short."""
    # On the morning of a review it has run already: the next one is a year away.
    has_run = latest is not None and latest.window_end == on - timedelta(days=1)
    events = [Coming(queries.next_review(on + timedelta(days=int(has_run))).run_on, ComingKind.REVIEW_RUNS)]
    if upcoming is not None:
        events.append(Coming(upcoming.effective_on, ComingKind.REQUIREMENT, amount=upcoming.amount))
    if latest is not None and latest.outcome == ReviewOutcome.RISEN and is_short:
        events.append(Coming(latest.due_on, ComingKind.REVIEW_DUE, amount=latest.new_amount))
    if status.is_enrolled and status.ends_on is not None:
        events.append(Coming(status.ends_on, ComingKind.PERIOD_ENDS))
    for bond in bonds:
        if bond.covers and bond.ends_on is not None:
            events.append(Coming(bond.ends_on, ComingKind.BOND_ENDS, bond.agreement_number, bond.share))
        if bond.state == rules.BondState.SCHEDULED:
            events.append(Coming(bond.validity_start, ComingKind.BOND_STARTS, bond.agreement_number, bond.share))
    return rules.coming(events, on=on)


def _coverage_bar(status: RppStatus, later: Decimal | None) -> charts.CoverageBar:
    language = language_in_use()
    figures = {
        "used": formats.money(status.open_debt, language),
        "covers": formats.money(status.coverage.total, language),
        "required": formats.money(status.requirement, language),
    }
    return charts.coverage_bar(
        used=status.open_debt,
        covers=status.coverage.total,
        required_today=status.requirement,
        required_later=later,
        description=_("%(used)s of %(covers)s is used; %(required)s is required today") % figures,
    )


def monthly_chart(
    months: Sequence[tuple[date, Decimal]],
    cover: Decimal | None,
    *,
    width: int = charts.WIDE,
    key: str = "months",
    title: str = "",
) -> charts.Chart:
    language = language_in_use()
    words = _("Security covers %(amount)s")
    return charts.column_chart(
        charts.monthly_points(months, language),
        key=key,
        title=title or _("Monthly charges"),
        description=_("Twelve columns, one a month that ends on the day named; the highest is dark."),
        name_head=_("Month ending"),
        value_head=_("Charges"),
        language=language,
        cover=None if cover is None else (cover, words % {"amount": formats.money(cover, language)}),
        width=width,
    )

"""The importer's dashboard of release prior to payment."""

from datetime import date
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import charts, clock
from core import format as formats
from delegation.access import account_page
from delegation.rules import Action
from security import queries
from security.queries import RppStatus
from security.rules import ReviewOutcome, StatusReason
from security.views.parts import address_of, language_in_use, seat_of, sees_totals, show

#: What each reason asks of the importer: the words of the link and the page.
WAYS_OUT = {
    StatusReason.NOT_ENROLLED: "security:enrol",
    StatusReason.PENDING_SECURITY: "security:submit",
    StatusReason.NO_SECURITY: "security:submit",
    StatusReason.DEBT_WITHOUT_SECURITY: "security:submit",
    StatusReason.INSUFFICIENT: "security:submit",
    StatusReason.REVIEW_SHORTFALL: "security:review",
    StatusReason.OVERDUE_DEBT: "payments:pay",
}


@require_safe
@account_page(to=Action.VIEW_SECURITY)
def overview(request: HttpRequest) -> HttpResponse:
    seat = seat_of(request)
    on = clock.today()
    number = seat.program_account.number
    status = queries.rpp_status(seat.program_account.pk, on=on)
    current, upcoming = queries.requirements_around(seat.program_account.pk, on=on)
    calculation = queries.calculation_for(seat.program_account.pk, on=on)
    latest = queries.latest_review_of(seat.program_account.pk)
    reasons = [
        {"text": reason.label, "href": address_of(WAYS_OUT[reason], number) if reason in WAYS_OUT else ""}
        for reason in status.reasons
    ]
    return show(
        request,
        "overview",
        status=status,
        reasons=reasons,
        current=current,
        upcoming=upcoming,
        bonds=list(queries.bonds_of(seat.program_account.pk)),
        deposits=list(queries.deposits_of(seat.program_account.pk)),
        latest=latest,
        is_review_pending=latest is not None and latest.outcome == ReviewOutcome.RISEN and on <= latest.due_on,
        case=queries.open_case_of(seat.program_account.pk),
        bar=_coverage_bar(status, upcoming.amount if upcoming else None)
        if status.is_enrolled and sees_totals(seat)
        else None,
        chart=monthly_chart(calculation.months, status.coverage.total if status.coverage.has_security else None)
        if sees_totals(seat)
        else None,
        sees_totals=sees_totals(seat),
        driving=calculation.driving,
        can_manage=seat.may(Action.MANAGE_SECURITY),
        can_cancel=status.is_enrolled and seat.may(Action.MANAGE_SECURITY),
    )


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
    months: list[tuple[date, Decimal]], cover: Decimal | None, *, width: int = charts.WIDE
) -> charts.Chart:
    language = language_in_use()
    words = _("Security covers %(amount)s")
    return charts.column_chart(
        charts.monthly_points(months, language),
        key="months",
        title=_("Monthly charges"),
        description=_("Twelve columns, one a month that ends on the day named; the highest is dark."),
        name_head=_("Month ending"),
        value_head=_("Charges"),
        language=language,
        cover=None if cover is None else (cover, words % {"amount": formats.money(cover, language)}),
        width=width,
    )

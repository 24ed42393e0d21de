"""The living style page."""

from datetime import date
from decimal import Decimal

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import charts, style_page
from core import format as formats

MONTHS = (
    (date(2025, 8, 24), Decimal("28310.44")),
    (date(2025, 9, 24), Decimal("31902.15")),
    (date(2025, 10, 24), Decimal("36455.80")),
    (date(2025, 11, 24), Decimal("44180.62")),
    (date(2025, 12, 24), Decimal("24617.09")),
    (date(2026, 1, 24), Decimal("15208.77")),
    (date(2026, 2, 24), Decimal("19846.31")),
    (date(2026, 3, 24), Decimal("33790.08")),
    (date(2026, 4, 24), Decimal("47915.36")),
    (date(2026, 5, 24), Decimal("61480.20")),
    (date(2026, 6, 24), Decimal("17926.03")),
    (date(2026, 7, 24), Decimal("25978.01")),
)
RATES = (
    (date(2025, 8, 31), Decimal("6.00")),
    (date(2025, 11, 30), Decimal("6.00")),
    (date(2026, 2, 28), Decimal("6.25")),
    (date(2026, 5, 31), Decimal("6.50")),
    (date(2026, 8, 31), Decimal("6.50")),
)


def design(request: HttpRequest) -> HttpResponse:
    """Every component with the figures of one made-up business on one made-up day."""
    language = get_language() or "en"
    covers = Decimal("50000.00")
    context = {
        "today": date(2026, 7, 25),
        "due_on": date(2026, 7, 31),
        "lines": style_page.LINES,
        "line_totals": style_page.line_totals(),
        "boxes": style_page.boxes(),
        "form": style_page.ExampleForm(style_page.WRONG_ANSWERS),
        "empty_form": style_page.PaymentForm(initial={"amount": "rest", "method": "debit"}),
        "access_form": style_page.AccessForm(initial={"scope": "some", "sees": ["business"]}),
        "upload_form": style_page.UploadForm(),
        "page": Paginator(range(412), 25).page(2),
        "chart": charts.column_chart(
            charts.monthly_points(MONTHS, language),
            key="charges",
            title=_("Monthly charges"),
            description=_("Twelve columns. The highest is the month that ended on %(day)s, with %(amount)s.")
            % {
                "day": formats.day(date(2026, 5, 24), language),
                "amount": formats.money(Decimal("61480.20"), language),
            },
            name_head=_("Month ending"),
            value_head=_("Charges"),
            language=language,
            cover=(covers, _("Security covers %(amount)s") % {"amount": formats.money(covers, language)}),
        ),
        "line_chart": charts.line_chart(
            charts.monthly_points(RATES, language),
            key="rates",
            title=_("Specified rate"),
            description=_("The rate rose from 6.00 to 6.50 in four quarters."),
            name_head=_("Quarter of"),
            value_head=_("Percent"),
            language=language,
        ),
        "coverage": charts.coverage_bar(
            used=Decimal("25393.23"),
            covers=covers,
            required_today=Decimal("44200.00"),
            required_later=Decimal("61480.20"),
            description=_("Half of what the security covers is used; the requirement of October is above it."),
        ),
        "job": charts.progress_bar(8112, 12480, language),
        "card_room": charts.progress_bar(Decimal("1250.00"), Decimal("4999.99"), language),
        "used_share": Decimal("25393.23") / covers,
    }
    return render(request, "design/index.html", context)

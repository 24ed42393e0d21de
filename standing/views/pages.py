"""Standing explained: the verdict of a day, why, what would change it and when; and the notices as letters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.errors import Stranger
from delegation.access import Seat, account_page
from delegation.rules import Action
from standing import exports, queries
from standing.forms import DayForm


class SeatRequest(HttpRequest):
    seat: Seat


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def detail(request: SeatRequest) -> HttpResponse:
    """The verdict of today, or of any other day: what was known then, or what comes if nothing is paid."""
    seat, today = request.seat, clock.today()
    form = DayForm(request.GET if "on" in request.GET else None, initial={"on": today})
    day = today
    if form.is_bound and form.is_valid():
        day = form.cleaned_data["on"] or today
    account_id = seat.program_account.pk
    outlook = queries.outlook_of(account_id, on=day)
    context = {
        "form": form,
        "day": day,
        "is_today": day == today,
        "is_ahead": day > today,
        "outlook": outlook,
        "pay_amount": f"{outlook.standing.overdue:.2f}",
        "notices": queries.notices_of(account_id).filter(taken_on__lte=day),
        "enrolment": outlook.enrolment,
        "may_pay": seat.may(Action.PAY) and day == today,
    }
    return render(request, "standing/detail.html", context)


@require_safe
@account_page(to=Action.VIEW_STATEMENTS)
def letter(request: SeatRequest, notice_id: int) -> HttpResponse:
    """A notice as a letter, in the language asked for or the reader's own."""
    notice = queries.notice_of(request.seat.program_account.pk, notice_id)
    if notice is None:
        raise Stranger(_("There is no such notice. Open your standing to see those sent."), code="not_found")
    language = request.GET.get("language", "")
    if language not in ("en", "fr"):
        language = get_language() or "en"
    with override(language):
        content = exports.letter_pdf(notice, language)
    name = f"{notice.program_account.number}-{notice.step.lower()}-{notice.taken_on.isoformat()}-{language}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )

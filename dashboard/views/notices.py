"""The notices of a program account: what the portal wrote to its business, for everybody there to read."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core.http import in_language
from dashboard.queries import homes
from delegation.access import Seat, account_page
from delegation.rules import Action

PAGE_SIZE = 25


@require_safe
@account_page(to=Action.READ_NOTICES)
def notices(request: HttpRequest) -> HttpResponse:
    """Each notice once, whoever of the business received it; a third party has its own in its own inbox."""
    seat = cast(Seat, request.seat)  # type: ignore[attr-defined]
    language = get_language() or "en"
    page = Paginator(homes.notices_about(seat.program_account, language=language), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    rows = [(row, in_language(row.link, language) if row.link else "") for row in page.object_list]
    return render(request, "dashboard/notices.html", {"seat": seat, "page": page, "rows": rows})

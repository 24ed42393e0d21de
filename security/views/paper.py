"""The officers' desk of agreements on paper: the entry of one that has arrived, and endorsements in the mail."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import officer_page
from accounts.rules import OFFICER
from core.errors import DomainError, Stranger
from core.forms import PortageForm
from core.paging import CountedPaginator
from security import queries, services
from security.forms import AmountForm, PaperBondForm, RefuseEndorsementForm
from security.rules import EndorsementState
from security.views.parts import FORM, PAGE_SIZE, UNPROCESSABLE, acting, is_done


@FORM
@officer_page(OFFICER)
def paper_desk(request: HttpRequest) -> HttpResponse:
    """Endorsements in the mail, every agreement on paper, newest first, and the form for another."""
    form = PaperBondForm(request.POST or None)
    if request.method == "POST" and is_done(
        form,
        lambda: services.enter_paper_bond(
            program_account_number=form.cleaned_data["program_account"],
            provider_id=form.cleaned_data["provider"].pk,
            **{name: form.cleaned_data[name] for name in form.ELEMENTS},
            **acting(request.seat),  # type: ignore[attr-defined]
        ),
    ):
        messages.success(request, _("The agreement is entered. The importer and the surety were told."))
        return redirect("security:paper_desk")
    context = {
        "form": form,
        "in_the_mail": queries.open_endorsements(),
        "page": CountedPaginator(queries.paper_bonds(), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "security/paper_desk.html", context, status=UNPROCESSABLE if form.errors else 200)


@FORM
@officer_page(OFFICER)
def paper_endorsement(request: HttpRequest, pk: int) -> HttpResponse:
    """One endorsement in the mail: enter it once it is here, or refuse it."""
    row = queries.endorsement_by_id(pk)
    if row is None:
        raise Stranger(_("There is no such endorsement. Go back to the list."), code="not_found")
    act = request.POST.get("act", "")
    enter = AmountForm(request.POST if act == "enter" else None, prefix="enter", initial={"amount": row.amount})
    refuse = RefuseEndorsementForm(request.POST if act == "refuse" else None, prefix="refuse")
    here = {"endorsement_id": row.pk, **acting(request.seat)}  # type: ignore[attr-defined]
    acts: dict[str, tuple[PortageForm, Callable[..., Any]]] = {
        "enter": (enter, services.enter_endorsement),
        "refuse": (refuse, services.refuse_endorsement),
    }
    failed: PortageForm | None = None
    if request.method == "POST":
        if act not in acts:
            raise DomainError(_("Choose what to do with the endorsement."), code="unknown_act")
        form, service = acts[act]
        if is_done(form, lambda: service(**form.cleaned_data, **here)):
            messages.success(request, _("Done. Importer and surety were told."))
            return redirect("security:paper_desk")
        failed = form
    context = {
        "form": failed,
        "row": row,
        "enter": enter,
        "refuse": refuse,
        "is_open": row.state == EndorsementState.MAILED,
    }
    return render(request, "security/paper_endorsement.html", context, status=UNPROCESSABLE if failed else 200)

"""The pages of applications: the person's own, and the officers' desk."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import officer_page
from accounts.models import User
from accounts.rules import OFFICER
from accounts.services import enrol_in_importer_program
from core import clock
from core.actor import Actor
from core.errors import DomainError, Stranger
from core.http import actor_of
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from documents import queries as stored
from documents.attachment import attachment
from documents.services import Received, require_accepted
from reference import queries as reference
from registration.applications import queries, rules, services
from registration.applications.forms import DecisionForm, DeskForm, DetailsForm, DocumentsForm, WayForm
from registration.applications.models import Application
from registration.applications.queries import Papers
from registration.applications.rules import PAPER_HINTS, PAPER_LABELS, Answers, Paper

PAGE_SIZE = 25
BADGES = {
    Application.State.DRAFT: "neutral",
    Application.State.SUBMITTED: "info",
    Application.State.DOCS_MISSING: "warning",
    Application.State.UNDER_REVIEW: "info",
    Application.State.APPROVED: "success",
    Application.State.REJECTED: "danger",
    Application.State.WITHDRAWN: "neutral",
}
STEPS = {
    "registration:application_details": gettext_lazy("The business"),
    "registration:application_files": gettext_lazy("Documents"),
    "registration:application_review": gettext_lazy("Review and hand in"),
}


class AccountRequest(HttpRequest):
    seat: Seat


# --- The first questions ----------------------------------------------------------------------------------------------
@never_cache
@login_required
@require_safe
def way(request: HttpRequest) -> HttpResponse:
    """Who are you, where, with which numbers: the way that the answers open, and all that it takes."""
    form = WayForm(request.GET) if "shown" in request.GET else WayForm(initial=request.GET.dict())
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        answers = form.answers
        today = clock.today()
        context |= {
            "way": rules.way_in(answers),
            "answers": answers,
            "papers": _checklist(answers),
            "days": rules.wait_days(today, is_non_resident=answers.is_non_resident),
            "answer_by": rules.answer_by(today, is_non_resident=answers.is_non_resident),
        }
    return render(request, "registration/way.html", context)


def _checklist(answers: Answers) -> list[dict[str, Any]]:
    """The documents that will be wanted, those that depend on the books with their condition."""
    sure = rules.required_papers(answers.who, is_non_resident=answers.is_non_resident, books_elsewhere=False)
    perhaps = rules.required_papers(answers.who, is_non_resident=answers.is_non_resident, books_elsewhere=True)
    return [_paper(paper, is_sure=paper in sure) for paper in perhaps]


def _paper(paper: Paper, **more: Any) -> dict[str, Any]:
    return {"value": paper.value, "label": PAPER_LABELS[paper], "hint": PAPER_HINTS[paper], **more}


@never_cache
@login_required
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Begin with the answers given, or adapt the draft to them."""
    form = WayForm(request.POST)
    if not form.is_valid():
        return redirect("registration:way")
    row = services.begin(user=_person(request), answers=form.answers, actor=actor_of(request), at=clock.now())
    return redirect("registration:application_details", row.pk)


# --- The application --------------------------------------------------------------------------------------------------
@never_cache
@login_required
@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """Where an application stands, what comes next and when; a draft opens where it was left."""
    row = _own(request, pk)
    if row.is_draft:
        return redirect(_step_of(row), row.pk)
    papers = queries.papers_of(row)
    return render(request, "registration/application.html", {**_facts(row, papers), "steps": _tracker(row, papers)})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, pk: int) -> HttpResponse:
    """The first step of a draft; what is typed is kept while it is typed."""
    row = _own(request, pk)
    if not row.is_draft:
        return redirect("registration:application", pk)
    by: dict[str, Any] = {"actor": actor_of(request), "at": clock.now()}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in DetailsForm.base_fields}
        services.keep(application=row, typed=typed, at=by["at"])
        if "keep" in request.GET:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        initial={"profile": row.profile, **row.typed},
        application=row,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.describe(application=row, details=form.details, **by)
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            return redirect("registration:application_files", row.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _step(request, row, "registration:application_details", status=status, form=form)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload and see the documents, of a draft and of an application that is not decided."""
    row = _own(request, pk)
    if not (row.is_draft or row.is_waiting):
        return redirect("registration:application", pk)
    if row.is_draft and row.described_at is None:
        return redirect("registration:application_details", pk)
    papers = queries.papers_of(row)
    chosen = request.GET.get("paper", "")
    first = next((paper.value for paper in papers.missing), row.papers[0].value if row.papers else Paper.OTHER.value)
    initial = {"paper": chosen if chosen in list(Paper) else first}
    form = DocumentsForm(request.POST or None, request.FILES or None, initial=initial, papers=row.papers)
    if request.method == "POST" and form.is_valid():
        paper = Paper(form.cleaned_data["paper"])
        try:
            received = services.add_documents(
                application=row,
                paper=paper,
                files=form.cleaned_data["uploads"],
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            _say(request, received)
            return redirect(f"{reverse('registration:application_files', args=(pk,))}?paper={paper.value}")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _step(request, row, "registration:application_files", status=status, form=form, **_facts(row, papers))


def _say(request: HttpRequest, received: Received) -> None:
    """What came of each file, where it is not in the list anyway."""
    for name in received.repeated:
        messages.warning(request, _("You uploaded “%(name)s” already; it was left out.") % {"name": name})
    taken = [row for row in received.rows if not row.is_refused]
    if taken:
        names = ", ".join(row.name for row in taken)
        messages.success(request, _("Received: %(names)s. The check runs by itself.") % {"names": names})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything once more, then hand in."""
    row = _own(request, pk)
    if not row.is_draft:
        return redirect("registration:application", pk)
    if row.described_at is None:
        return redirect("registration:application_details", pk)
    if request.method == "POST":
        services.submit(application=row, actor=actor_of(request), at=clock.now())
        return redirect("registration:application", pk)
    papers = queries.papers_of(row)
    return _step(request, row, "registration:application_review", **_facts(row, papers))


@never_cache
@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = _own(request, pk)
    services.withdraw(application=row, actor=actor_of(request), at=clock.now())
    messages.success(request, _("The application was withdrawn. You can begin another."))
    return redirect("registration:way")


@never_cache
@login_required
@require_POST
def remove_file(request: HttpRequest, pk: int, public_id: UUID) -> HttpResponse:
    row = _own(request, pk)
    services.remove_document(application=row, public_id=public_id, actor=actor_of(request), at=clock.now())
    messages.success(request, _("The file was removed."))
    return redirect("registration:application_files", pk)


@never_cache
@login_required
@require_safe
def file(request: HttpRequest, pk: int, public_id: UUID) -> HttpResponse:
    """One's own file, as a download."""
    return attachment(require_accepted(_file(_own(request, pk), public_id)))


def _own(request: HttpRequest, pk: int) -> Application:
    """The door: an application is its applicant's; to anybody else there is none."""
    row = queries.application_of(_person(request).pk, pk)
    if row is None:
        raise Stranger(_("There is no such application of yours."), code="not_found")
    return row


def _file(row: Application, public_id: UUID) -> Any:
    document = stored.document_of(row.case, public_id)
    if document is None:
        raise Stranger(_("There is no such file in this application."), code="not_found")
    return document


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _step_of(row: Application) -> str:
    """Where a draft was left."""
    return "registration:application_details" if row.described_at is None else "registration:application_files"


def _step(
    request: HttpRequest, row: Application, name: str, *, status: int = HTTPStatus.OK, **context: Any
) -> HttpResponse:
    order = list(STEPS)
    place = order.index(name)
    steps = [
        {"title": title, "state": "done" if at < place else "now" if at == place else "next"}
        for at, title in enumerate(STEPS.values())
    ]
    template = f"registration/{name.removeprefix('registration:')}.html"
    context = {"application": row, "steps": steps, "place": place + 1, "current": STEPS[name], **context}
    return render(request, template, context, status=status)


def _facts(row: Application, papers: Papers) -> dict[str, Any]:
    """What the pages of one application show alike."""
    today = clock.today()
    files = [{"row": document, "category": PAPER_LABELS[Paper(document.category)]} for document in papers.files]
    return {
        "application": row,
        "badge": BADGES[Application.State(row.state)],
        "papers": papers,
        "files": files,
        "wanted": [_paper(paper, is_missing=paper in papers.missing) for paper in row.papers],
        "missing": [_paper(paper) for paper in papers.missing],
        "country": reference.country_names(get_language() or "en").get(row.country, row.country)
        if row.is_non_resident
        else "",
        "can_remove": row.state in (Application.State.DRAFT, Application.State.DOCS_MISSING),
        "days": rules.wait_days(today, is_non_resident=row.is_non_resident),
        "answer_by": row.answer_by or rules.answer_by(today, is_non_resident=row.is_non_resident),
    }


def _tracker(row: Application, papers: Papers) -> list[dict[str, Any]]:
    """The way of an application with where it is."""
    is_complete = row.complete_on is not None
    is_decided = row.decided_at is not None
    is_missing = row.state == Application.State.DOCS_MISSING
    titles = {
        Application.State.APPROVED: pgettext("application", "Approved"),
        Application.State.REJECTED: pgettext("application", "Rejected"),
        Application.State.WITHDRAWN: _("Withdrawn by you"),
    }
    steps: list[dict[str, Any]] = [
        {"title": _("Handed in"), "state": "done", "at": row.submitted_at},
        {
            "title": _("Documents complete"),
            "state": "done" if is_complete else "risk" if is_missing else "now" if row.is_waiting else "next",
            "on": row.complete_on,
        },
        {
            "title": _("An officer looks at it"),
            "state": "done" if is_decided else "now" if row.state == Application.State.UNDER_REVIEW else "next",
        },
    ]
    if row.state in titles:
        steps.append(
            {"title": titles[Application.State(row.state)], "state": "done", "at": row.decided_at or row.saved_at}
        )
    else:
        steps.append({"title": _("Answer"), "state": "next", "by": row.answer_by})
    return steps


# --- The officers' desk -----------------------------------------------------------------------------------------------
@never_cache
@require_safe
@officer_page(OFFICER)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, by the day its answer is due, each with its age in business days."""
    form = DeskForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = queries.desk(state=chosen.get("state", ""), kind=chosen.get("kind", ""))
    page = CountedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    today = clock.today()
    context = {
        "form": form,
        "page": page,
        "today": today,
        "is_filtered": any(chosen.values()),
        "rows": [
            {
                "application": row,
                "badge": BADGES[Application.State(row.state)],
                "age": rules.business_days_between(row.submitted_at.astimezone(clock.TORONTO).date(), today)
                if row.submitted_at
                else 0,
                "is_late": row.answer_by is not None and row.answer_by < today,
            }
            for row in page
        ],
    }
    return render(request, "registration/desk.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@officer_page(OFFICER)
def desk_application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application with its documents and what the register says; POST decides."""
    row = _handed_in(pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            decided = _decide(row, form, actor=request.seat.actor)  # type: ignore[attr-defined]
        except DomainError as refusal:
            form.add_domain_error(refusal)
        else:
            sentence = _("Application %(number)d: %(state)s.") % {
                "number": row.pk,
                "state": decided.get_state_display(),
            }
            messages.success(request, sentence)
            return redirect("registration:desk")
        row = _handed_in(pk)
    papers = queries.papers_of(row)
    context = {**_facts(row, papers), "form": form, "on_record": queries.on_record(row), "today": clock.today()}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "registration/desk_application.html", context, status=status)


@never_cache
@require_safe
@officer_page(OFFICER)
def desk_file(request: HttpRequest, pk: int, public_id: UUID) -> HttpResponse:
    """A file of an application, as a download; who opened it stands in the audit trail."""
    document = require_accepted(_file(_handed_in(pk), public_id))
    services.record_opened(document=document, actor=request.seat.actor, at=clock.now())  # type: ignore[attr-defined]
    return attachment(document)


def _handed_in(pk: int) -> Application:
    row = queries.application(pk)
    if row is None:
        raise Stranger(_("There is no such application."), code="not_found")
    return row


def _decide(row: Application, form: DecisionForm, *, actor: Actor) -> Application:
    message, at = form.cleaned_data["message"], clock.now()
    match form.cleaned_data["decision"]:
        case DecisionForm.APPROVE:
            return services.approve(application=row, reason=message, actor=actor, on=clock.today(), at=at)
        case DecisionForm.ASK:
            papers = form.cleaned_data["papers"]
            return services.ask_for_documents(application=row, papers=papers, message=message, actor=actor, at=at)
        case _:
            return services.reject(application=row, reason=message, actor=actor, at=at)


# --- An exporter's account that is to import --------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.EDIT_PROFILE)
def enrol_importer(request: AccountRequest) -> HttpResponse:
    """Enrol an exporter's program account in the importer program (CN 24-37)."""
    account = request.seat.program_account
    if request.method == "POST":
        enrol_in_importer_program(program_account=account, actor=request.seat.actor, at=clock.now())
        messages.success(request, _("This program account may import from now on."))
        return redirect("dashboard:home", account.number)
    return render(request, "registration/enrol_importer.html", {"account": account})

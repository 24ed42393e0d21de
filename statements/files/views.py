"""The files of a statement, which of them are missing, and the list of those that somebody asked for."""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.actor import Actor
from core.errors import DomainError, Stranger
from core.paging import CountedPaginator
from delegation.access import Seat, account_page
from delegation.rules import Action
from statements import rules
from statements.addresses import file_response
from statements.files import queries, services
from statements.files.content import MEDIA_TYPES, file_name
from statements.forms import MonthsForm
from statements.models import FileRequest, LevelStatement, Statement
from statements.rules import FileFormat, Missing

PAGE_SIZE = 25
#: Why a file is missing and what to do about it.
SENTENCES: dict[str, Any] = {
    Missing.CHARACTER: gettext_lazy(
        "It holds a character that the document's font does not have. CSV, XLSX and JSON hold every character; the PDF"
        " can be made once the name has been written in Latin letters."
    ),
    Missing.RENDERER: gettext_lazy(
        "It could not be laid out so that everybody can read it. Try again, or take the CSV."
    ),
    Missing.STORAGE: gettext_lazy("It could not be stored. Try again in a few minutes."),
    Missing.ACCESS: gettext_lazy("Your access changed since you asked for it. Ask for it again from your account."),
    Missing.NOTHING: gettext_lazy("There is nothing in what you asked for. Ask for other months."),
}
_BADGES = {
    FileRequest.State.REQUESTED: "info",
    FileRequest.State.RUNNING: "info",
    FileRequest.State.READY: "success",
    FileRequest.State.FAILED: "danger",
    FileRequest.State.EXPIRED: "neutral",
}


# --- Of one statement ------------------------------------------------------------------------------------------------


def format_of(extension: str) -> FileFormat:
    try:
        return FileFormat(extension.upper())
    except ValueError:
        raise Stranger(_("There is no such kind of file. Choose PDF, CSV, XLSX or JSON."), code="no_file") from None


def files_of(of: Statement | LevelStatement, *, on: date) -> dict[str, Any]:
    """For a statement's page: which files there are, and which are missing with why, in one query."""
    missing = {(row.file_format, row.language): row for row in queries.missing_papers(of)}
    shown = [(file_format, get_language() or "en") for file_format in FileFormat]
    return {
        "is_old": rules.is_old(of.statement_on, on=on),
        "rows": [
            {
                "format": file_format.value,
                "extension": file_format.lower(),
                "paper": paper,
                "why": SENTENCES[paper.problem] if paper else "",
            }
            for file_format, language in shown
            for paper in (missing.get((file_format.value, language)),)
        ],
        "missing_count": sum((file_format.value, language) in missing for file_format, language in shown),
    }


def paper_response(
    request: HttpRequest,
    of: Statement | LevelStatement,
    file_format: FileFormat,
    *,
    back: str,
    actor: Actor,
    now: datetime,
) -> HttpResponse:
    """The file, or the way back to its statement, where it is shown as missing."""
    made = services.make_paper(of=of, file_format=file_format, actor=actor, on=now.date(), at=now)
    if made is None:
        return redirect(f"{back}#files")
    return file_response(made, MEDIA_TYPES[file_format], file_name(of, file_format))


def paper_retried(
    request: HttpRequest,
    of: Statement | LevelStatement,
    file_format: FileFormat,
    *,
    back: str,
    actor: Actor,
    now: datetime,
) -> HttpResponse:
    if services.make_paper(of=of, file_format=file_format, actor=actor, on=now.date(), at=now) is not None:
        messages.success(request, _("The %(format)s could be made now.") % {"format": file_format.value})
    return redirect(f"{back}#files")


# --- Asked for -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(to=Action.VIEW_TRANSACTIONS)
def file_list(request: HttpRequest) -> HttpResponse:
    """The files that somebody asked for in this account, and the form that asks for older statements."""
    seat = _seat(request)
    may_ask = seat.may(Action.VIEW_STATEMENTS)
    if request.method == "POST":
        seat.require(Action.VIEW_STATEMENTS)
    initial = {name: request.GET[name] for name in ("first", "last", "file_format") if name in request.GET}
    form = MonthsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        answer = _ask(request, seat, form)
        if answer is not None:
            return answer
    page = CountedPaginator(_own(seat), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "request": row,
            "about": _about(row),
            "badge": _BADGES[FileRequest.State(row.state)],
            "state": FileRequest.State(row.state).label,
            "why": SENTENCES.get(row.problem, ""),
        }
        for row in page.object_list
    ]
    context = {
        "seat": seat,
        "page": page,
        "rows": rows,
        "form": form if may_ask else None,
        "is_waiting": any(row["request"].state in queries.WAITING for row in rows),
        "months": rules.AT_ONCE_MONTHS,
        "days": rules.FILE_KEPT_DAYS,
    }
    return render(request, "statements/files.html", context)


def _ask(request: HttpRequest, seat: Seat, form: MonthsForm) -> HttpResponse | None:
    """Asks and leads to the list; ``None`` when the form has to be shown again."""
    data = form.cleaned_data
    try:
        with override(data["language"]):
            asked = services.request_statements(
                program_account=seat.program_account,
                visibility=seat.visibility,
                first=data["first"],
                last=data["last"],
                file_format=FileFormat(data["file_format"]),
                actor=seat.actor,
                at=clock.now(),
            )
    except DomainError as problem:
        form.add_domain_error(problem)
        return None
    return to_list(request, seat, asked)


def to_list(request: HttpRequest, seat: Seat, asked: services.Asked) -> HttpResponse:
    """To the list of files, with what came of asking."""
    if asked.is_new:
        messages.success(request, _("The file is being made. You are told as soon as it is ready."))
    else:
        messages.info(request, _("You have asked for this already: it is in the list."))
    return redirect(
        f"{reverse('statements:files', args=(seat.program_account.number,))}#file-{asked.request.public_id}"
    )


@require_safe
@account_page(to=Action.VIEW_TRANSACTIONS)
def take_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A requested file; only whoever asked for it has it, and only while they see all that is in it."""
    seat = _seat(request)
    row = services.require(queries.request_of(_own(seat), public_id))
    seat.require(services.NEEDED[FileRequest.Kind(row.kind)])
    return file_response(services.take(request=row, at=clock.now()), row.media_type, row.name)


@require_POST
@account_page(to=Action.VIEW_TRANSACTIONS)
def retry_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have a requested file made that could not be made."""
    seat = _seat(request)
    row = services.require(queries.request_of(_own(seat), public_id))
    seat.require(services.NEEDED[FileRequest.Kind(row.kind)])
    services.try_again(request=row, actor=seat.actor, at=clock.now())
    messages.success(request, _("The file is being made. You are told as soon as it is ready."))
    return redirect("statements:files", seat.program_account.number)


def ready_count(seat: Seat) -> int:
    """How many requested files wait to be taken for the first time."""
    return _own(seat).filter(state=FileRequest.State.READY, read_at=None).count()


def _own(seat: Seat) -> Any:
    return queries.requests_of(
        seat.program_account.pk,
        user_id=cast(int, seat.actor.user_id),
        business_id=seat.actor.business_id,
        visibility=seat.visibility,
    )


def _about(row: FileRequest) -> str:
    if row.kind == FileRequest.Kind.HISTORY:
        return _("Transaction history")
    first, last = row.parameters["first"], row.parameters["last"]
    return (
        _("Statements of %(first)s") % {"first": first}
        if first == last
        else _("Statements of %(first)s to %(last)s") % {"first": first, "last": last}
    )


def _seat(request: HttpRequest) -> Seat:
    return cast(Seat, request.seat)  # type: ignore[attr-defined]

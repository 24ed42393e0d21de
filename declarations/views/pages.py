"""The list of an account's declarations, one of them, its beginning, its correction and its end."""

from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, Stranger
from declarations import queries, rules, services
from declarations.changes import services as changes
from declarations.forms import FilterForm, SubmitForm
from declarations.models import Declaration, DeclarationVersion, Line
from declarations.views.parts import (
    Question,
    SeatRequest,
    ask,
    countries,
    draft_to_edit,
    found,
    office_name,
    page_address,
    shown,
    statement_day,
)
from delegation.access import account_page
from delegation.rules import Action
from releases import queries as releases
from releases.models import Release

ROWS = 25
MOST_DRAFTS = 10


class _Counted(Paginator):
    """A paginator whose count came with the totals."""

    def __init__(self, rows: QuerySet[Any], count: int) -> None:
        super().__init__(rows, ROWS)
        self._known = count

    @cached_property
    def count(self) -> int:
        return self._known


@account_page(to=Action.VIEW_TRANSACTIONS)
def declarations(request: SeatRequest) -> HttpResponse:
    """Drafts to finish first, then what was accepted, with its totals."""
    seat = request.seat
    account_id, visibility = seat.program_account.pk, seat.visibility
    submitters, totals = queries.filers_and_totals(account_id, visibility=visibility)
    form = FilterForm(request.GET, submitters=submitters, auto_id="filter_%s")
    accepted = queries.declarations_of(account_id, visibility=visibility).exclude(
        state__in=(Declaration.State.DRAFT, Declaration.State.READY)
    )
    said: list[str] = []
    if form.is_valid():
        accepted, said = _filtered(accepted, form.cleaned_data, dict(form.fields["submitter"].choices))  # type: ignore[attr-defined]
    if said:
        totals = queries.totals_of(accepted)
    page: Page = _Counted(accepted, totals.count).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "shown": "; ".join(said),
        "page": page,
        "totals": totals,
        "tasks": queries.home_tasks(account_id, visibility, clock.today(), limit=MOST_DRAFTS),
        "today": clock.today(),
        "may_file": seat.may(Action.FILE_DECLARATION),
        "filer_id": seat.actor.business_id,
    }
    return render(request, "declarations/list.html", context)


def _filtered(
    rows: QuerySet[Declaration], given: dict[str, Any], submitters: dict[str, str]
) -> tuple[QuerySet[Declaration], list[str]]:
    said = []
    if given["submitter"]:
        rows = rows.filter(submitter_id=given["submitter"])
        said.append(_("submitted by %(name)s") % {"name": submitters[given["submitter"]]})
    if given["number"]:
        rows = rows.filter(number__startswith=given["number"])
        said.append(_("number beginning with %(number)s") % {"number": given["number"]})
    if given["released_from"]:
        rows = rows.filter(released_on__gte=given["released_from"])
        said.append(_("released from %(day)s") % {"day": given["released_from"].isoformat()})
    if given["released_to"]:
        rows = rows.filter(released_on__lte=given["released_to"])
        said.append(_("released to %(day)s") % {"day": given["released_to"].isoformat()})
    return rows, said


def _was_assessed(request: SeatRequest, number: str) -> bool:
    """Whether an entry of the book leads here that the agency made because nobody declared the goods."""
    if not queries.assessed_amounts(number):
        return False
    account_id, visibility = request.seat.program_account.pk, request.seat.visibility
    return releases.release_of_account(number, program_account_id=account_id, visibility=visibility) is not None


@account_page(to=Action.VIEW_TRANSACTIONS)
def detail(request: SeatRequest, declaration: str) -> HttpResponse:
    """One declaration as accepted, or as its filer has prepared it so far."""
    seat = request.seat
    try:
        row = found(request, declaration)
    except Stranger:
        if _was_assessed(request, declaration):
            return HttpResponseRedirect(reverse("releases:account_list", args=(seat.program_account.number,)))
        raise
    versions = list(queries.versions_of(row))
    draft = next((version for version in versions if version.state == DeclarationVersion.State.DRAFT), None)
    accepted = [version for version in versions if version.state == DeclarationVersion.State.ACCEPTED]
    version = _chosen(request, versions) or (accepted[-1] if accepted else versions[-1])
    is_filer = seat.may(Action.FILE_DECLARATION)
    writes_draft = is_filer and draft is not None and draft.submitter_id == seat.actor.business_id
    today = clock.today()
    context = {
        "declaration": row,
        "version": version,
        "versions": _history(versions),
        "draft": draft,
        "invoices": _invoices(version),
        "totals": _totals(version),
        "countries": countries(),
        "office": office_name(row),
        "explained": _explained(request, version),
        "consolidated": queries.consolidated_numbers(row, visibility=seat.visibility),
        "today": today,
        "statement_on": statement_day(row, on=row.accepted_at.astimezone(clock.TORONTO).date())
        if row.accepted_at and row.type != Declaration.Type.C
        else None,
        "may_edit": writes_draft and row.state != Declaration.State.READY,
        "may_reopen": writes_draft and row.state == Declaration.State.READY,
        "gst_rate": rules.GST_RATE,
        "under_review": any(version.state == DeclarationVersion.State.UNDER_REVIEW for version in versions),
        "may_change": is_filer and draft is None and row.state == Declaration.State.ACCEPTED,
        "may_correct": is_filer
        and draft is None
        and row.type != Declaration.Type.C
        and rules.can_correct(state=row.state, payment_due_on=row.payment_due_on, on=today),
    }
    return render(request, "declarations/detail.html", context)


def _chosen(request: SeatRequest, versions: list[DeclarationVersion]) -> DeclarationVersion | None:
    wanted = request.GET.get("version", "")
    return next((version for version in versions if str(version.number) == wanted), None)


def _lines(version: DeclarationVersion) -> list[Line]:
    return [line for invoice in version.invoices.all() for line in invoice.lines.all()]


def _totals(version: DeclarationVersion) -> dict[str, Decimal]:
    lines = _lines(version)
    sums = {name: sum((getattr(line, name) for line in lines), Decimal("0.00")) for name in queries.LINE_AMOUNTS}
    sums["excise"] = sums.pop("excise_duty") + sums.pop("excise_tax")
    return sums


def _history(versions: list[DeclarationVersion]) -> list[dict[str, Any]]:
    """Each version with its total and what it changed, the newest first."""
    history = []
    before = Decimal("0.00")
    for version in versions:
        total = _totals(version)["total"]
        history.append({"version": version, "total": total, "change": total - before})
        if version.state == DeclarationVersion.State.ACCEPTED:
            before = total
    return history[::-1]


def _invoices(version: DeclarationVersion) -> list[dict[str, Any]]:
    return [
        {
            "invoice": invoice,
            "lines": list(invoice.lines.all()),
            "value": sum((line.value for line in invoice.lines.all()), Decimal(0)),
        }
        for invoice in version.invoices.all()
    ]


def _explained(request: SeatRequest, version: DeclarationVersion) -> dict[str, Any] | None:
    """The line of ``?explain=<invoice>-<line>`` with its invoice."""
    wanted = request.GET.get("explain", "")
    for invoice in version.invoices.all():
        for line in invoice.lines.all():
            if f"{invoice.position}-{line.position}" == wanted:
                return {"invoice": invoice, "line": line}
    return None


@account_page(to=Action.FILE_DECLARATION)
def start(request: SeatRequest, transaction: str) -> HttpResponse:
    """Begin to account for a release, or go to what was begun before."""
    seat = request.seat
    release = releases.release_of_account(
        transaction, program_account_id=seat.program_account.pk, visibility=seat.visibility
    )
    if release is None:
        raise Stranger(_("There is no release of that number here. Check the number."), code="not_found")
    begun = queries.declaration_by_number(
        transaction, program_account_id=seat.program_account.pk, visibility=seat.visibility
    )
    if begun is not None:
        return HttpResponseRedirect(page_address("detail", begun))

    consolidated = queries.consolidating(release, visibility=seat.visibility)
    if consolidated is not None:
        return HttpResponseRedirect(page_address("detail", consolidated))
    if release.stream == Release.BillingStream.COURIER and release.accounted_on is None:
        return HttpResponseRedirect(reverse("declarations:consolidate", args=(seat.program_account.number,)))

    def act() -> str:
        row = services.start_draft(
            release=release, submitter=seat.provider or seat.business, actor=seat.actor, at=clock.now()
        )
        return page_address("edit", row)

    question = Question(
        title=_("Account for release %(number)s") % {"number": release.transaction_number},
        text=_("%(goods)s, cargo control number %(cargo)s, for %(importer)s.")
        % {
            "goods": release.goods,
            "cargo": release.cargo_control_number,
            "importer": seat.business_name,
        },
        button=_("Start the declaration"),
        back=reverse("releases:account_list", args=(seat.program_account.number,)),
    )
    return ask(request, question, act)


@account_page(to=Action.FILE_DECLARATION)
def correct(request: SeatRequest, declaration: str) -> HttpResponse:
    """Open a correction of what was accepted."""
    seat = request.seat
    row = found(request, declaration)

    def act() -> str:
        services.start_correction(
            declaration=row, submitter=seat.provider or seat.business, actor=seat.actor, at=clock.now()
        )
        return page_address("edit", row)

    question = Question(
        title=_("Correct declaration %(number)s") % {"number": row.number},
        text=_(
            "A copy opens for you to change. The accepted version stands until you submit the copy; "
            "then the difference is charged or credited, without interest."
        ),
        button=_("Start the correction"),
        back=page_address("detail", row),
    )
    return ask(request, question, act)


@account_page(to=Action.FILE_DECLARATION)
def discard(request: SeatRequest, declaration: str) -> HttpResponse:
    """Throw a correction away."""
    row = found(request, declaration)

    def act() -> str:
        services.discard_draft(declaration=row, actor=request.seat.actor, at=clock.now())
        return page_address("detail", row)

    question = Question(
        title=_("Discard the correction of %(number)s?") % {"number": row.number},
        text=_("What you changed is lost. The accepted version stays as it is."),
        button=_("Discard the correction"),
        back=page_address("edit", row),
        is_danger=True,
    )
    return ask(request, question, act)


@account_page(to=Action.FILE_DECLARATION)
def reopen(request: SeatRequest, declaration: str) -> HttpResponse:
    """Take a declaration back from the port to change it."""
    row = found(request, declaration)

    def act() -> str:
        services.reopen(declaration=row, actor=request.seat.actor, at=clock.now())
        return page_address("edit", row)

    question = Question(
        title=_("Change declaration %(number)s?") % {"number": row.number},
        text=_("It is no longer ready for the port until you submit it again. Throw printed copies away."),
        button=_("Change the declaration"),
        back=page_address("detail", row),
    )
    return ask(request, question, act)


@account_page(to=Action.FILE_DECLARATION)
def check(request: SeatRequest, declaration: str) -> HttpResponse:
    """Everything once more, then the submission."""
    seat = request.seat
    row = found(request, declaration)
    draft = draft_to_edit(request, row)
    if draft is None:
        return HttpResponseRedirect(page_address("detail", row))
    today = clock.today()
    is_correction = draft.kind != DeclarationVersion.Kind.ORIGINAL
    form = SubmitForm(request.POST if request.method == "POST" else None, is_correction=is_correction)
    if request.method == "POST" and form.is_valid():
        said: dict[str, Any] = {"actor": seat.actor, "at": clock.now(), "reason": form.cleaned_data.get("reason", "")}
        try:
            if draft.is_request:
                change = changes.send_for_review(declaration=row, **said)
                return HttpResponseRedirect(
                    reverse("declarations:change", args=(row.program_account.number, change.number))
                )
            services.submit(declaration=row, **said)
        except DomainError as refusal:
            services.reject_submission(declaration=row, reason=str(refusal.message), actor=seat.actor, at=clock.now())
            form.add_domain_error(refusal)
        else:
            return HttpResponseRedirect(page_address("submitted", row))
    version = queries.with_contents(draft)
    checks = shown(queries.checks(row, draft, on=today, invoices=list(version.invoices.all())), row)
    totals = _totals(version)
    context = {
        "declaration": row,
        "form": form,
        "version": version,
        "consolidated": queries.consolidated_numbers(row, visibility=seat.visibility),
        "invoices": _invoices(version),
        "totals": totals,
        "is_correction": is_correction,
        "difference": totals["total"] - row.total if is_correction else totals["total"],
        "checks": checks,
        "is_blocked": any(check.blocks and not check.passed for check in checks),
        "countries": countries(),
        "office": office_name(row),
        "statement_on": statement_day(row, on=today),
        "today": today,
    }
    return render(request, "declarations/check.html", context)


@account_page(to=Action.VIEW_TRANSACTIONS)
def submitted(request: SeatRequest, declaration: str) -> HttpResponse:
    """What was submitted and what happens next; stays at its address."""
    row = found(request, declaration)
    if row.state == Declaration.State.DRAFT:
        return HttpResponseRedirect(page_address("detail", row))
    accepted = queries.accepted_version(row)
    moment = accepted.accepted_at if accepted else row.saved_at
    context = {
        "declaration": row,
        "version": accepted,
        "moment": moment,
        "statement_on": statement_day(row, on=moment.astimezone(clock.TORONTO).date()) if moment else None,
        "office": office_name(row),
        "today": clock.today(),
    }
    return render(request, "declarations/submitted.html", context)

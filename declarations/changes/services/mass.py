"""Adjustments of many declarations by one file: tried row by row first, then asked for in a few statements."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Business, ProgramAccount
from core.actor import Actor
from core.audit import record_many
from core.errors import DomainError
from core.lazy import lazy_text
from core.money import ZERO
from declarations.changes import queries, rules
from declarations.changes.models import ChangeRequest, MassCase
from declarations.changes.rules import ChangeKind
from declarations.changes.services.parts import LineChange, event, reassessed, require_reason
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services import CATEGORY, Reassessment
from declarations.services.parts import day_of
from delegation import queries as delegations
from delegation import services as delegation
from delegation.rules import Visibility

#: Most declarations of one file.
MOST = 1000
_BATCH = 500
_Row = TypeVar("_Row", Invoice, Line)
_ASKED = gettext_lazy("Mass adjustment %(number)s was asked for")
_ASKED_BODY = gettext_lazy("%(filer)s asks to adjust %(count)s declarations: %(reason)s")


@dataclass(frozen=True)
class MassRow:
    """One row of the file: a changed line of a declaration, or what is wrong with it."""

    number: int
    declaration: str
    change: LineChange | None
    problem: str = ""


@dataclass
class Tried:
    """What would become of one declaration: its new lines and what they change, or the problem of a row."""

    declaration: Declaration
    rows: list[MassRow] = field(default_factory=list)
    fresh: dict[tuple[int, int], Line] = field(default_factory=dict)
    amount: Decimal = ZERO


@dataclass(frozen=True)
class Report:
    """The dry run: every row with its problem or the change of its declaration."""

    rows: list[tuple[MassRow, Decimal | None]]
    tried: list[Tried]

    @property
    def wrong_count(self) -> int:
        return sum(1 for row, _amount in self.rows if row.problem)

    @property
    def amount(self) -> Decimal:
        return sum((entry.amount for entry in self.tried), ZERO)


def try_rows(
    *,
    program_account: ProgramAccount,
    visibility: Visibility,
    code: str,
    rows: Sequence[MassRow],
    on: date,
) -> Report:
    """Assess every row without writing; a fixed number of statements whatever the number of declarations."""
    problems = {row.number: row.problem for row in rows if row.problem}
    wanted: dict[str, list[MassRow]] = defaultdict(list)
    for row in rows:
        if row.change is not None and not row.problem:
            wanted[row.declaration].append(row)
    if len(wanted) > MOST:
        raise DomainError(
            _("A file takes at most %(most)s declarations. Divide it.") % {"most": MOST},
            code="too_many_declarations",
            field="file",
        )
    found = _declarations(program_account, visibility, wanted)
    lines = _lines_in_force([row.pk for row in found.values()])
    tariffs: dict[date, Reassessment] = {}
    tried = []
    for number, its_rows in wanted.items():
        declaration = found.get(number)
        problem = (
            _("There is no declaration of that number here.")
            if declaration is None
            else _obstacle(declaration, code, on=on)
        )
        if declaration is None or problem:
            problems |= {row.number: problem for row in its_rows}
            continue
        tariff = tariffs.setdefault(declaration.released_on, Reassessment(declaration.released_on))
        entry = Tried(declaration, its_rows)
        problems |= _assess(entry, lines[declaration.pk], tariff)
        if not any(row.number in problems for row in its_rows):
            tried.append(entry)
    amounts = {entry.declaration.number: entry.amount for entry in tried}
    return Report(
        [
            (
                MassRow(row.number, row.declaration, row.change, problems.get(row.number, "")),
                None if row.number in problems else amounts.get(row.declaration),
            )
            for row in rows
        ],
        tried,
    )


def submit_case(
    *,
    program_account: ProgramAccount,
    visibility: Visibility,
    code: str,
    reason: str,
    rows: Sequence[MassRow],
    submitter: Business,
    actor: Actor,
    at: datetime,
) -> MassCase:
    """Ask for every adjustment of the file under one case number; ``DomainError`` while a single row is wrong."""
    require_reason(ChangeKind.ADJUSTMENT, code, reason)
    on = day_of(at)
    with transaction.atomic():
        numbers = {row.declaration for row in rows}
        locked = Declaration.objects.filter(program_account=program_account, number__in=numbers).order_by("pk")
        list(locked.select_for_update().values_list("pk", flat=True))
        report = try_rows(program_account=program_account, visibility=visibility, code=code, rows=rows, on=on)
        if report.wrong_count or not report.tried:
            raise DomainError(_("Correct the rows that are wrong and choose the file again."), code="rows_wrong")
        if actor.business_id not in (None, program_account.business_id):
            delegation.require_in_force(program_account=program_account, provider_id=actor.business_id, on=on)
        case = MassCase.objects.create(
            program_account=program_account,
            submitter=submitter,
            reason=reason.strip(),
            request_count=len(report.tried),
            asked_at=at,
        )
        versions = _write_versions(report.tried, code=code, reason=reason.strip(), submitter=submitter)
        requests = _write_requests(case, report.tried, versions, code=code, actor=actor, at=at)
        record_many(
            event(row, "declaration.change_asked", actor=actor, at=at, reason=row.reason, case=case.number)
            for row in requests
        )
        _tell(case, report.tried, at=at)
    return case


def _declarations(
    account: ProgramAccount, visibility: Visibility, numbers: Mapping[str, object]
) -> dict[str, Declaration]:
    rows = Declaration.objects.filter(
        delegations.seen(visibility), program_account=account, number__in=numbers
    ).prefetch_related("changes", "versions")
    return {row.number: row for row in rows.select_related("program_account")}


def _lines_in_force(declaration_ids: Sequence[int]) -> dict[int, dict[tuple[int, int], Line]]:
    versions = {row.pk: number for number, row in queries.in_force(declaration_ids).items()}
    lines: dict[int, dict[tuple[int, int], Line]] = defaultdict(dict)
    for line in Line.objects.filter(invoice__version__in=versions).select_related("invoice").order_by("position"):
        lines[versions[line.invoice.version_id]][line.invoice.position, line.position] = line
    return lines


def _obstacle(declaration: Declaration, code: str, *, on: date) -> str:
    """Why the declaration can't be adjusted now; empty where it can."""
    if declaration.state != Declaration.State.ACCEPTED:
        return _("The declaration is not accepted.")
    if any(row.is_open for row in declaration.changes.all()):
        return _("A request about this declaration is under review.")
    if any(version.state == DeclarationVersion.State.DRAFT for version in declaration.versions.all()):
        return _("A change of this declaration is being written.")
    if not rules.needs_review(state=declaration.state, payment_due_on=declaration.payment_due_on, on=on):
        return _("Before the payment due date it can be corrected without approval.")
    last_day = rules.last_day_to_ask(ChangeKind.ADJUSTMENT, code, accounted_on=queries.accounted_on(declaration))
    return _("The four years for adjustments are over.") if last_day and on > last_day else ""


def _assess(entry: Tried, lines: dict[tuple[int, int], Line], tariff: Reassessment) -> dict[int, str]:
    """The new lines of a declaration; the problems of its rows by their number."""
    for row in entry.rows:
        assert row.change is not None
        try:
            entry.fresh |= reassessed({**lines, **entry.fresh}, [row.change], tariff)
        except DomainError as problem:
            return {row.number: str(problem.message)}
    entry.amount = sum((line.total - lines[place].total for place, line in entry.fresh.items()), ZERO)
    if rules.runs_the_wrong_way(ChangeKind.ADJUSTMENT, entry.amount):
        words = _("This change gives money back, which an adjustment can't do. Make a refund claim instead.")
        return {row.number: words for row in entry.rows}
    return {}


def _write_versions(
    tried: Sequence[Tried], *, code: str, reason: str, submitter: Business
) -> dict[int, DeclarationVersion]:
    """A version under review for each declaration, with all its invoices and lines, by the declaration's id."""
    ids = [entry.declaration.pk for entry in tried]
    newest = dict(
        DeclarationVersion.objects.filter(declaration__in=ids)
        .order_by()
        .values("declaration")
        .annotate(newest=Max("number"))
        .values_list("declaration", "newest")
    )
    versions = DeclarationVersion.objects.bulk_create(
        [
            DeclarationVersion(
                declaration=entry.declaration,
                number=newest[entry.declaration.pk] + 1,
                kind=DeclarationVersion.Kind.ADJUSTMENT,
                state=DeclarationVersion.State.UNDER_REVIEW,
                reason=reason,
                reason_code=code,
                submitter=submitter,
            )
            for entry in tried
        ],
        batch_size=_BATCH,
    )
    made = {version.declaration_id: version for version in versions}
    fresh = {entry.declaration.pk: entry.fresh for entry in tried}
    in_force = queries.in_force(ids)
    old = list(
        Invoice.objects.filter(version__in=in_force.values()).select_related("version").prefetch_related("lines")
    )
    contents: list[tuple[Invoice, list[Line]]] = []
    for invoice in old:
        number = invoice.version.declaration_id
        lines = [fresh[number].get((invoice.position, line.position), line) for line in invoice.lines.all()]
        copy = _copy(invoice, version=made[number], total=sum(line.value for line in lines))
        contents.append((copy, lines))
    Invoice.objects.bulk_create([invoice for invoice, _lines in contents], batch_size=_BATCH)
    Line.objects.bulk_create(
        [_copy(line, invoice=invoice) for invoice, lines in contents for line in lines], batch_size=_BATCH
    )
    return made


def _copy(row: _Row, **changes: Any) -> _Row:
    """A row of its own with the same contents."""
    fields = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)(**{**fields, **changes})


def _write_requests(
    case: MassCase,
    tried: Sequence[Tried],
    versions: Mapping[int, DeclarationVersion],
    *,
    code: str,
    actor: Actor,
    at: datetime,
) -> list[ChangeRequest]:
    return ChangeRequest.objects.bulk_create(
        [
            ChangeRequest(
                number=f"{entry.declaration.number}-{len(entry.declaration.changes.all()) + 1}",
                declaration=entry.declaration,
                kind=ChangeKind.ADJUSTMENT,
                reason_code=code,
                reason=case.reason,
                submitter=case.submitter,
                asked_by=actor.name,
                asked_at=at,
                decide_by=rules.decide_by(day_of(at)),
                version=versions[entry.declaration.pk],
                amount=entry.amount,
                case=case,
            )
            for entry in tried
        ],
        batch_size=_BATCH,
    )


def _tell(case: MassCase, tried: Sequence[Tried], *, at: datetime) -> None:
    """One message a business for the whole case; another filer is told of its own declarations alone."""
    account = case.program_account
    counts = Counter(entry.declaration.submitter_id for entry in tried)
    counts |= {business_id: case.request_count for business_id in (account.business_id, case.submitter_id)}
    delegation.notify_businesses(
        [_notice(case, business_id, counts[business_id]) for business_id in sorted(counts)], at=at
    )


def _notice(case: MassCase, business_id: int, count: int) -> delegation.BusinessNotice:
    account = case.program_account
    given = {
        "number": case.number,
        "filer": case.submitter.legal_name,
        "count": str(count),
        "reason": case.reason,
    }
    return delegation.BusinessNotice(
        business_id=business_id,
        subject=lazy_text(_ASKED, **given),
        body=lazy_text(_ASKED_BODY, **given),
        category=CATEGORY,
        link=partial(reverse, "declarations:changes", args=(account.number,)),
        program_account_id=account.pk,
    )

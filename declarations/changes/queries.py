"""Questions about changes of declarations: requests, what is possible now, two versions beside each other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Sum, Value, When

from core.clock import TORONTO
from core.money import ZERO
from declarations import queries as declarations
from declarations.changes import rules
from declarations.changes.models import ChangeRequest, MassCase
from declarations.changes.rules import Cells, ChangeKind, ChangeState, Compared
from declarations.models import Declaration, DeclarationVersion, Line
from delegation import queries as delegations
from delegation.rules import Visibility
from ledger import queries as book
from ledger.rules import ItemKind, Revenue, Side
from security import queries as security

AMOUNTS = (
    "value_for_duty",
    "duty",
    "sima",
    "surtax",
    "excise_duty",
    "excise_tax",
    "gst",
    "hst",
    "provincial_tax",
    "total",
)
REVENUES: Mapping[Revenue, str] = {
    Revenue.DUTY: "duty",
    Revenue.SIMA: "sima",
    Revenue.SURTAX: "surtax",
    Revenue.EXCISE_DUTY: "excise_duty",
    Revenue.EXCISE_TAX: "excise_tax",
    Revenue.GST: "gst",
    Revenue.HST: "hst",
    Revenue.PST: "provincial_tax",
}
#: What two lines are compared by, in the order of the page.
CELLS = (
    "classification",
    "description",
    "origin",
    "treatment",
    "quantity",
    "unit",
    "value",
    "duty_rate_text",
    "surtax_order",
    "gst_exemption",
    *AMOUNTS,
)


# --- Requests --------------------------------------------------------------------------------------------------------


def requests_of(program_account_id: int, *, visibility: Visibility) -> QuerySet[ChangeRequest]:
    """The account's requests about declarations that the seat may see; what needs an answer first, then the newest."""
    return (
        _with_all(ChangeRequest.objects.all())
        .filter(
            delegations.seen(visibility, field="declaration__submitter_id"),
            declaration__program_account_id=program_account_id,
        )
        .annotate(urgency=_urgency())
        .order_by("urgency", "-asked_at", "-id")
    )


def pending_requests(
    program_account_id: int, *, visibility: Visibility, since: date, until: date
) -> QuerySet[ChangeRequest]:
    """Requests that waited for their decision on some day, as far as the seat may see their declarations."""
    first, last = (datetime.combine(day, time.max, TORONTO) for day in (since, until))
    waiting = Q(state__in=rules.OPEN) | Q(decided_at__gt=first)
    return requests_of(program_account_id, visibility=visibility).filter(waiting, asked_at__lte=last)


def request_of(program_account_id: int, number: str, *, visibility: Visibility) -> ChangeRequest | None:
    return requests_of(program_account_id, visibility=visibility).filter(number=number).first()


def desk(*, closed: bool) -> QuerySet[ChangeRequest]:
    """The officers' list: what waits by the day of its standard, or what was closed, the newest first."""
    rows = _with_all(ChangeRequest.objects.all())
    if closed:
        return rows.exclude(state__in=rules.OPEN).order_by("-id")
    return rows.filter(state__in=rules.OPEN).order_by("decide_by", "id")


def request_by_number(number: str) -> ChangeRequest | None:
    return _with_all(ChangeRequest.objects.all()).filter(number=number).first()


def accepted_by_number(number: str) -> Declaration | None:
    """Any account's accepted declaration, for an officer."""
    return (
        Declaration.objects.select_related("program_account__business", "submitter", "release")
        .filter(number=number, state=Declaration.State.ACCEPTED)
        .first()
    )


def case_of(number: str) -> MassCase | None:
    """A mass adjustment by its number, such as MA0000012."""
    digits = number.removeprefix("MA")
    if not digits.isdecimal() or len(digits) > 12:
        return None
    return MassCase.objects.select_related("program_account__business", "submitter").filter(pk=int(digits)).first()


def requests_in(case: MassCase) -> QuerySet[ChangeRequest]:
    return _with_all(case.requests.all()).order_by("id")


def changes_of(declaration: Declaration) -> QuerySet[ChangeRequest]:
    return declaration.changes.select_related("submitter").order_by("id")


def _with_all(rows: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
    return rows.select_related(
        "declaration__program_account__business",
        "declaration__submitter",
        "declaration__release",
        "submitter",
        "version",
        "notice",
        "case",
    )


def _urgency() -> Case:
    return Case(
        When(state=ChangeState.NEEDS_INFO, then=Value(0)),
        When(state=ChangeState.UNDER_REVIEW, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def matching(rows: QuerySet[ChangeRequest], text: str) -> QuerySet[ChangeRequest]:
    """By the beginning of a reference or a declaration's number, or by words of the vendor or the reason."""
    words = Q(declaration__vendor__icontains=text) | Q(reason__icontains=text)
    if text.upper().startswith("MA") and text[2:].isdecimal():
        words |= Q(case_id=int(text[2:14]))
    return rows.filter(Q(number__startswith=text) | words)


# --- What is possible ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ways:
    """What may be asked for about a declaration on a day, and what stands in the way."""

    may_correct: bool
    correct_until: date
    may_adjust: bool
    adjust_until: date
    may_refund: bool
    may_withdraw: bool
    notices: tuple[ChangeRequest, ...]
    open_request: ChangeRequest | None
    draft: DeclarationVersion | None


def ways_of(declaration: Declaration, *, on: date) -> Ways:
    """In two queries."""
    requests = list(changes_of(declaration))
    open_request = next((row for row in requests if row.is_open), None)
    draft = declarations.draft_of(declaration)
    is_accepted = declaration.state == Declaration.State.ACCEPTED
    is_free = is_accepted and open_request is None and draft is None
    until = rules.years_after(accounted_on(declaration), rules.YEARS)
    is_late = rules.needs_review(state=declaration.state, payment_due_on=declaration.payment_due_on, on=on)
    is_ab = declaration.type != Declaration.Type.C
    notices = tuple(
        row
        for row in requests
        if row.state in rules.DECIDED
        and row.decided_at is not None
        and on <= rules.appeal_window(_day(row.decided_at)).late_last_day
    )
    return Ways(
        may_correct=is_free and not is_late and is_ab,
        correct_until=declaration.payment_due_on,
        may_adjust=is_free and is_late and on <= until,
        adjust_until=until,
        may_refund=is_free and is_late and on <= until,
        may_withdraw=is_free,
        notices=notices if is_free else (),
        open_request=open_request,
        draft=draft,
    )


def accounted_on(declaration: Declaration) -> date:
    return _day(declaration.accepted_at) if declaration.accepted_at else declaration.released_on


def _day(at: datetime) -> date:
    return at.astimezone(TORONTO).date()


# --- Money -----------------------------------------------------------------------------------------------------------


def totals_of(version_ids: Collection[int]) -> dict[int, dict[str, Decimal]]:
    """The sums of many versions in one query, by the name of the amount."""
    sums = {f"sum_{name}": Sum(name) for name in AMOUNTS}
    lines = Line.objects.filter(invoice__version__in=version_ids).order_by()
    rows: list[Any] = list(lines.values("invoice__version").annotate(**sums))
    return {row["invoice__version"]: {name: row[f"sum_{name}"] or ZERO for name in AMOUNTS} for row in rows}


def in_force(declaration_ids: Collection[int]) -> dict[int, DeclarationVersion]:
    """The newest accepted version of each of many declarations, in one query."""
    rows = DeclarationVersion.objects.filter(
        declaration__in=declaration_ids, state=DeclarationVersion.State.ACCEPTED
    ).order_by("declaration_id", "number")
    return {row.declaration_id: row for row in rows}


def source_of(declaration: Declaration) -> str:
    return f"declaration:{declaration.number}"


def open_amount(declaration: Declaration, *, on: date) -> Decimal:
    """What of a declaration's own debts is not paid at the end of a day."""
    items = book.items_of_sources([source_of(declaration)], on=on)
    return sum((item.remaining for item in items if item.side == Side.DEBT), ZERO)


def paid_by_source(declarations_: Collection[Declaration], *, on: date) -> dict[str, Decimal]:
    """What of many declarations' debts was paid, in one query; interest that was charged with a late change is none."""
    paid: dict[str, Decimal] = {}
    for item in book.items_of_sources([source_of(row) for row in declarations_], on=on):
        if item.side == Side.DEBT and item.kind != ItemKind.INTEREST:
            paid[item.source] = paid.get(item.source, ZERO) + item.amount - item.remaining
    return paid


def payments_of(declaration: Declaration, *, on: date) -> list[tuple[date, Decimal]]:
    """When how much of a declaration's debts was paid, without what was taken back."""
    paid: dict[date, Decimal] = {}
    for item in book.items_of_sources([source_of(declaration)], on=on):
        if item.side != Side.DEBT or item.kind == ItemKind.INTEREST:
            continue
        for row in book.item_history(item):
            day = row.reverses.cleared_on if row.reverses else row.cleared_on
            paid[day] = paid.get(day, ZERO) + row.amount
    return sorted(paid.items())


def is_paid_or_secured(declaration: Declaration, *, on: date) -> bool:
    """The condition of an appeal: nothing of the declaration is open, or security covers the account's open debts."""
    holder = declaration.program_account_id
    return rules.is_paid_or_secured(
        open_amount=open_amount(declaration, on=on),
        account_debt=book.debt_of(holder, on=on),
        coverage=security.coverage_by_account([holder], on=on)[holder].total,
    )


@dataclass(frozen=True)
class AmountRow:
    """One amount before and after a change."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


def amount_rows(change: ChangeRequest) -> list[AmountRow]:
    """What a request changes, amount by amount; nothing for an appeal that asks for no amounts."""
    if change.version is None and change.kind != ChangeKind.WITHDRAWAL:
        return []
    accepted = change.declaration.versions.filter(state=DeclarationVersion.State.ACCEPTED)
    if change.version is not None:
        accepted = accepted.filter(number__lt=change.version.number)
    before = accepted.order_by("-number").first()
    assert before is not None  # only an accepted declaration is changed
    after_id = change.version_id or 0
    sums = totals_of([before.pk, after_id])
    return [AmountRow(name, sums[before.pk][name], sums.get(after_id, {}).get(name, ZERO)) for name in AMOUNTS]


# --- Two versions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Two versions: their lines in pairs, and every amount before, after and between."""

    before: DeclarationVersion
    after: DeclarationVersion
    lines: list[Compared]
    amounts: list[AmountRow]


def chosen_versions(
    versions: list[DeclarationVersion], first: str, second: str
) -> tuple[DeclarationVersion, DeclarationVersion]:
    """The two versions asked for by number; without a choice the newest and the one before it."""
    numbered = {str(version.number): version for version in versions}
    after = numbered.get(second, versions[-1])
    return numbered.get(first, versions[max(versions.index(after) - 1, 0)]), after


def comparison(before: DeclarationVersion, after: DeclarationVersion) -> Comparison:
    """Both versions as ``declarations.queries.versions_of`` loads them, so without another query."""
    old, new = _cells(before), _cells(after)
    amounts = []
    for name in AMOUNTS:
        first = sum((line.values[name] for line in old), ZERO)
        second = sum((line.values[name] for line in new), ZERO)
        amounts.append(AmountRow(name, first, second))
    return Comparison(before, after, rules.compared(old, new), amounts)


def _cells(version: DeclarationVersion) -> list[Cells]:
    return [
        Cells(invoice.position, line.position, {name: _value(line, name) for name in CELLS})
        for invoice in version.invoices.all()
        for line in invoice.lines.all()
    ]


def _value(line: Line, name: str) -> Any:
    value = getattr(line, name)
    return "" if name == "surtax_order" and line.surtax_is_contested else value

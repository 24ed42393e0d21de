"""Questions about declarations, each already joined for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    When,
    prefetch_related_objects,
)

from core.money import ZERO
from declarations.checks import Check as Check
from declarations.checks import checks as checks
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from delegation import queries as delegations
from delegation.rules import Visibility
from ledger import queries as ledger
from ledger.rules import Revenue
from reference import queries as reference
from releases import queries as releases
from releases.models import Release

#: The amounts of a line, in the order in which they are made.
LINE_AMOUNTS = (
    "value_for_duty",
    "duty",
    "sima",
    "surtax",
    "excise_duty",
    "excise_tax",
    "value_for_tax",
    "gst",
    "hst",
    "provincial_tax",
    "total",
)


def declarations_of(program_account_id: int, *, visibility: Visibility) -> QuerySet[Declaration]:
    """The account's declarations that the seat may see, the newest release first."""
    return (
        Declaration.objects.filter(delegations.seen(visibility), program_account_id=program_account_id)
        .select_related("submitter")
        .order_by("-released_on", "-id")
    )


def declaration_by_number(number: str, *, program_account_id: int, visibility: Visibility) -> Declaration | None:
    return (
        declarations_of(program_account_id, visibility=visibility)
        .filter(number=number)
        .annotate(office_names=reference.office_names(cast(Any, OuterRef("office"))))
        .select_related("release", "program_account__business", "submitter")
        .first()
    )


def versions_of(declaration: Declaration) -> QuerySet[DeclarationVersion]:
    """Every version with invoices and lines, oldest first."""
    return declaration.versions.prefetch_related(*_contents()).select_related("submitter").order_by("number")


def with_contents(version: DeclarationVersion) -> DeclarationVersion:
    """The same version with its invoices and lines loaded."""
    prefetch_related_objects([version], *_contents())
    return version


def _contents() -> tuple[Prefetch, Prefetch]:
    invoices = Prefetch("invoices", queryset=Invoice.objects.order_by("position"))
    lines = Prefetch("invoices__lines", queryset=Line.objects.order_by("position"))
    return invoices, lines


def consolidating(release: Release, *, visibility: Visibility) -> Declaration | None:
    """The consolidated declaration in which a release stands, where the seat may see it."""
    return (
        Declaration.objects.filter(delegations.seen(visibility), consolidated__release=release)
        .select_related("program_account")
        .first()
    )


def consolidated_numbers(declaration: Declaration, *, visibility: Visibility) -> list[str]:
    """The transaction numbers of the courier releases of a type F declaration, among those that the seat may see."""
    if declaration.type != Declaration.Type.F:
        return []
    seen = releases.releases_of_account(declaration.program_account_id, visibility=visibility)
    found = seen.filter(consolidated_in__declaration=declaration).order_by("id")
    return list(found.values_list("transaction_number", flat=True))


def draft_of(declaration: Declaration) -> DeclarationVersion | None:
    return declaration.versions.filter(state=DeclarationVersion.State.DRAFT).select_related("submitter").first()


def accepted_version(declaration: Declaration) -> DeclarationVersion | None:
    return declaration.versions.filter(state=DeclarationVersion.State.ACCEPTED).order_by("-number").first()


def newest_version(declaration: Declaration) -> DeclarationVersion:
    return declaration.versions.order_by("-number")[0]


def invoice_of(version: DeclarationVersion, position: int) -> Invoice | None:
    return version.invoices.filter(position=position).first()


def amounts_of(version: DeclarationVersion | None) -> dict[Revenue, Decimal]:
    """The version's duties and taxes by revenue class, as they are posted; empty without a version."""
    if version is None:
        return {}
    columns = {
        Revenue.DUTY: "duty",
        Revenue.SIMA: "sima",
        Revenue.SURTAX: "surtax",
        Revenue.EXCISE_DUTY: "excise_duty",
        Revenue.EXCISE_TAX: "excise_tax",
        Revenue.GST: "gst",
        Revenue.HST: "hst",
        Revenue.PST: "provincial_tax",
    }
    sums = Line.objects.filter(invoice__version=version).aggregate(
        **{f"sum_{name}": Sum(name) for name in columns.values()}
    )
    return {revenue: sums[f"sum_{name}"] or ZERO for revenue, name in columns.items()}


def penalty_entry(release: Release) -> Any:
    """The late accounting penalty of a release in the book, if one was charged."""
    return ledger.entry_by_key(f"late_accounting:{release.transaction_number}")


def assessed_before(declaration: Declaration) -> dict[Revenue, Decimal]:
    """What an officer assessed for a declaration's releases because nothing was declared; empty where nobody did."""
    if declaration.type != Declaration.Type.F:
        return assessed_amounts(declaration.number)
    return assessed_amounts(*declaration.consolidated.values_list("release__transaction_number", flat=True))


def assessed_amounts(*numbers: str) -> dict[Revenue, Decimal]:
    """What an officer assessed for the releases of these numbers, together."""
    found: dict[Revenue, Decimal] = {}
    for number in numbers:
        entry = ledger.entry_by_key(f"assessment:{number}")
        for revenue, amount in ledger.revenue_of_entries([entry.id])[entry.id].items() if entry else ():
            found[revenue] = found.get(revenue, ZERO) + amount
    return found


@dataclass(frozen=True)
class Totals:
    """What a list of declarations adds up to, in dollars, and how many they are."""

    count: int
    value_for_duty: Decimal = ZERO
    duty: Decimal = ZERO
    sima: Decimal = ZERO
    surtax: Decimal = ZERO
    excise: Decimal = ZERO
    gst: Decimal = ZERO
    hst: Decimal = ZERO
    provincial_tax: Decimal = ZERO
    total: Decimal = ZERO


_AMOUNTS = ("value_for_duty", "duty", "sima", "surtax", "excise", "gst", "hst", "provincial_tax", "total")


def totals_of(declarations: QuerySet[Declaration]) -> Totals:
    """The sums and the count of a list, in one query; only what the list itself shows is in them."""
    row = declarations.order_by().aggregate(many=Count("pk"), **{f"sum_{name}": Sum(name) for name in _AMOUNTS})
    return Totals(count=row["many"], **{name: row[f"sum_{name}"] or ZERO for name in _AMOUNTS})


def filers_and_totals(program_account_id: int, *, visibility: Visibility) -> tuple[list[tuple[int, str]], Totals]:
    """Who filed declarations of the account, among those that the seat may see, and what the accepted ones add up to.

    One query for the whole list as it stands before anything is filtered.
    """
    accepted = ~Q(state__in=(Declaration.State.DRAFT, Declaration.State.READY))
    rows: list[Any] = list(
        Declaration.objects.filter(delegations.seen(visibility), program_account_id=program_account_id)
        .order_by("submitter__legal_name", "submitter_id")
        .values("submitter_id", "submitter__legal_name")
        .annotate(many=Count("pk", filter=accepted), **{f"sum_{name}": Sum(name, filter=accepted) for name in _AMOUNTS})
    )
    sums = {name: sum((row[f"sum_{name}"] or ZERO for row in rows), ZERO) for name in _AMOUNTS}
    totals = Totals(count=sum(row["many"] for row in rows), **sums)
    return [(row["submitter_id"], row["submitter__legal_name"]) for row in rows], totals


def unfinished(program_account_id: int, *, visibility: Visibility) -> QuerySet[Declaration]:
    """First drafts, corrections being written and declarations ready for the port, the nearest date first."""
    return (
        Declaration.objects.filter(
            delegations.seen(visibility),
            program_account_id=program_account_id,
            versions__state=DeclarationVersion.State.DRAFT,
        )
        .select_related("submitter", "release")
        .annotate(
            finish_by=Case(
                When(state=Declaration.State.ACCEPTED, then="payment_due_on"),
                default="accounting_due_on",
                output_field=DateField(),
            )
        )
        .order_by("finish_by", "id")
    )


@dataclass(frozen=True)
class HomeTask:
    """Something to do before a day: ``kind`` is draft, correction, port or release (nothing begun yet)."""

    kind: str
    number: str
    goods: str
    submitter_id: int
    submitter_name: str
    due_on: date
    total: Decimal | None
    is_late: bool


_TASK_KINDS = {"DRAFT": "draft", "ACCEPTED": "correction", "READY": "port"}


def home_tasks(program_account_id: int, visibility: Visibility, on: date, *, limit: int = 25) -> list[HomeTask]:
    """What the account has to finish or to account for, the nearest date first, in two queries."""
    begun = [
        HomeTask(
            kind=_TASK_KINDS[row.state],
            number=row.number,
            goods=row.goods,
            submitter_id=row.submitter_id,
            submitter_name=row.submitter.legal_name,
            due_on=row.finish_by,  # type: ignore[attr-defined]
            total=row.total,
            is_late=row.state == Declaration.State.DRAFT
            and row.type in (Declaration.Type.AB, Declaration.Type.F)
            and row.accounting_due_on < on,
        )
        for row in unfinished(program_account_id, visibility=visibility)[:limit]
    ]
    waiting = [
        HomeTask(
            kind="release",
            number=row.transaction_number,
            goods=row.goods,
            submitter_id=row.submitter_id,
            submitter_name=row.submitter.legal_name,
            due_on=row.accounting_due_on or on,
            total=None,
            is_late=(row.accounting_due_on or on) < on,
        )
        for row in releases.to_account_for(program_account_id, visibility=visibility).filter(
            declaration=None, consolidated_in=None
        )[:limit]
    ]
    return sorted([*begun, *waiting], key=lambda task: (task.due_on, task.number))[:limit]


@dataclass(frozen=True)
class PreviewRow:
    """A declaration as the preview of a delegation shows it."""

    number: str
    released_on: date
    submitter_id: int
    submitter_name: str
    total: Decimal
    program_account_number: str


@dataclass(frozen=True)
class Preview:
    """The newest declarations of a business and how many each submitter filed."""

    rows: Sequence[PreviewRow]
    counts: Mapping[int, int]
    names: Mapping[int, str]
    #: By (program account, submitter).
    counts_by_account: Mapping[tuple[int, int], int]


def preview_transactions(*, business_id: int, program_account_ids: Sequence[int], limit: int = 5) -> Preview:
    """What a delegate might see of a business: rows and counts by submitter, in two queries."""
    found = Declaration.objects.filter(
        program_account__business_id=business_id,
        program_account_id__in=program_account_ids,
        state=Declaration.State.ACCEPTED,
    )
    rows = [
        PreviewRow(
            number=row.number,
            released_on=row.released_on,
            submitter_id=row.submitter_id,
            submitter_name=row.submitter.legal_name,
            total=row.total,
            program_account_number=row.program_account.number,
        )
        for row in found.select_related("submitter", "program_account").order_by("-released_on", "-id")[:limit]
    ]
    counted = found.order_by().values("program_account_id", "submitter_id", name=F("submitter__legal_name"))
    counts: dict[int, int] = {}
    names: dict[int, str] = {}
    by_account: dict[tuple[int, int], int] = {}
    for row in counted.annotate(many=Count("pk")):
        submitter = row["submitter_id"]
        counts[submitter] = counts.get(submitter, 0) + row["many"]
        names[submitter] = row["name"]
        by_account[row["program_account_id"], submitter] = row["many"]
    return Preview(rows=rows, counts=counts, names=names, counts_by_account=by_account)

"""Declarations that do not begin with one release: a month of courier goods, goods without any, a copy of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from declarations import rules
from declarations.models import ConsolidatedRelease, Declaration, DeclarationVersion, Invoice, Line
from declarations.services.assessing import Tariff, assessed, entry_of
from declarations.services.lines import InvoiceInput, save_totals, write_invoice
from declarations.services.parts import HEADER, day_of, open_draft, record
from reference import queries as reference
from reference.rules.billing import Stream
from reference.rules.rates import RateMissing
from releases import services as releases
from releases.models import Release


def start_consolidated(*, found: Sequence[Release], submitter: Business, actor: Actor, at: datetime) -> Declaration:
    """Open the type F declaration of courier releases of one program account and one calendar month.

    An open draft of the same filer for that month takes further releases in (SOR/86-1062 s. 7.4 and 7.5).
    ``DomainError`` for an empty choice or several months, ``Conflict`` when one of them is accounted for already.
    """
    if not found:
        raise DomainError(_("There is no courier release to account for in this month."), code="no_courier_release")
    with transaction.atomic():
        rows = list(Release.objects.select_for_update().filter(pk__in=[row.pk for row in found]).order_by("pk"))
        _require_consolidable(rows)
        days = [row.released_on for row in rows if row.released_on]
        newest = max(days)
        declaration = _open_of_month(rows[0].program_account_id, submitter, newest)
        if declaration is None:
            declaration = _begin(
                Declaration(
                    type=Declaration.Type.F,
                    program_account=rows[0].program_account,
                    submitter=submitter,
                    released_on=newest,
                    office=rows[0].office,
                    goods=_("Courier low value shipments"),
                ),
                actor=actor,
                at=at,
            )
        ConsolidatedRelease.objects.bulk_create(
            [ConsolidatedRelease(declaration=declaration, release=row) for row in rows]
        )
        declaration.released_on = max(newest, declaration.released_on)
        dates = reference.billing_dates_of(declaration.released_on, Stream.COURIER)
        declaration.accounting_due_on = dates.accounting_due_on
        declaration.payment_due_on = dates.payment_due_on
        declaration.last_day_to_pay = dates.last_day_to_pay
        declaration.save()
        record(declaration, "declaration.consolidated", actor=actor, at=at, after={"releases": len(rows)})
    return declaration


@dataclass(frozen=True)
class VoluntaryEntry:
    """Goods that entered without release: the day they came, where, and what they are."""

    entered_on: date
    office: str
    goods: str


def start_voluntary(
    *, entry: VoluntaryEntry, program_account: ProgramAccount, submitter: Business, actor: Actor, at: datetime
) -> Declaration:
    """Open a type V declaration, which has no release; ``DomainError`` for a day to come or before the rates begin."""
    on = day_of(at)
    if entry.entered_on > on:
        raise DomainError(
            _("Enter the day on which the goods entered Canada, today or before."),
            code="entered_in_future",
            field="entered_on",
        )
    try:
        rules.voluntary_interest(Decimal(1), entered_on=entry.entered_on, on=on, rates=reference.specified_rates())
    except RateMissing as missing:
        raise DomainError(
            _("No rate of interest is known for %(day)s. Ask the office of entry for help with goods that old.")
            % {"day": formats.day(missing.day, get_language() or "en")},
            code="rate_missing",
            field="entered_on",
        ) from missing
    if reference.office_of(entry.office) is None:
        raise DomainError(_("Choose an office from the list."), code="office_unknown", field="office")
    with transaction.atomic():
        return _begin(
            Declaration(
                type=Declaration.Type.V,
                program_account=program_account,
                submitter=submitter,
                released_on=entry.entered_on,
                office=entry.office,
                goods=entry.goods,
            ),
            actor=actor,
            at=at,
        )


@dataclass(frozen=True)
class LineChange:
    """A line of an earlier declaration and what it comes to today; ``problem`` where it can't be taken over."""

    invoice: Invoice
    before: Line
    after: Line | None
    problem: str = ""

    @property
    def difference(self) -> Decimal:
        return (self.after.total if self.after else Decimal("0.00")) - self.before.total


def copied_lines(*, declaration: Declaration, source: DeclarationVersion) -> list[LineChange]:
    """The lines of an earlier version assessed with the rates of the new draft's day; nothing is written.

    The exchange rate is the one of the new draft's day of release until the new day of shipment is entered.
    """
    changes = []
    for invoice in source.invoices.prefetch_related("lines").order_by("position"):
        lines = sorted(invoice.lines.all(), key=lambda line: line.position)
        tariff = Tariff(declaration.released_on, [entry_of(line) for line in lines])
        moved = write_invoice(Invoice(position=invoice.position), _moved(invoice, declaration))
        for line in lines:
            try:
                changes.append(LineChange(invoice, line, assessed(moved, line.position, entry_of(line), tariff)))
            except DomainError as problem:
                changes.append(LineChange(invoice, line, None, str(problem.message)))
    return changes


def copy_earlier(*, declaration: Declaration, source: DeclarationVersion, actor: Actor, at: datetime) -> Declaration:
    """Fill an empty draft with the invoices and lines of an earlier version, at the rates of its own day.

    Lines that the tariff of that day does not take are left out; the preview named them. ``Conflict`` when the draft
    has an invoice already.
    """
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        if draft.invoices.exists():
            raise Conflict(
                _("This draft has an invoice already. Remove it before you copy an earlier declaration."),
                code="draft_not_empty",
            )
        changes = copied_lines(declaration=declaration, source=source)
        for name in HEADER[:-1]:
            setattr(draft, name, getattr(source, name))
        draft.save(update_fields=HEADER[:-1])
        for invoice in source.invoices.order_by("position"):
            fresh = write_invoice(Invoice(version=draft, position=invoice.position), _moved(invoice, declaration))
            fresh.save(force_insert=True)
            taken = [change.after for change in changes if change.invoice.pk == invoice.pk and change.after]
            for position, line in enumerate(taken, start=1):
                line.invoice, line.position = fresh, position
            Line.objects.bulk_create(taken)
        save_totals(declaration, draft, at=at)
        record(
            declaration,
            "declaration.copied",
            actor=actor,
            at=at,
            after={"from": source.declaration.number, "total": declaration.total},
        )
    return declaration


def _moved(invoice: Invoice, declaration: Declaration) -> InvoiceInput:
    """The invoice as a new one, dated on the day of the new release until its own days are entered."""
    return InvoiceInput(
        number=invoice.number,
        dated_on=declaration.released_on,
        vendor=invoice.vendor,
        vendor_country=invoice.vendor_country,
        shipped_on=declaration.released_on,
        shipped_from=invoice.shipped_from,
        purchaser=invoice.purchaser,
        time_limit_months=invoice.time_limit_months,
        currency=invoice.currency,
        total=invoice.total,
    )


def _require_consolidable(rows: Sequence[Release]) -> None:
    numbers = [row.pk for row in rows]
    taken = {
        *Declaration.objects.filter(release__in=numbers).values_list("release_id", flat=True),
        *ConsolidatedRelease.objects.filter(release__in=numbers).values_list("release_id", flat=True),
    }
    for row in rows:
        if (
            row.stream != Release.BillingStream.COURIER
            or row.state != Release.State.RELEASED
            or row.accounted_on is not None
            or row.pk in taken
        ):
            raise Conflict(
                _("Release %(number)s can't be consolidated: it is no courier release, or is accounted for.")
                % {"number": row.transaction_number},
                code="release_not_consolidable",
            )
    if len({row.program_account_id for row in rows}) > 1 or not rules.is_of_one_month(
        row.released_on for row in rows if row.released_on
    ):
        raise DomainError(
            _("One consolidated declaration takes the releases of one program account and one calendar month."),
            code="several_months",
        )


def _open_of_month(account_id: int | None, submitter: Business, day: date) -> Declaration | None:
    return (
        Declaration.objects.select_for_update(of=("self",))
        .filter(
            type=Declaration.Type.F,
            state=Declaration.State.DRAFT,
            program_account_id=account_id,
            submitter=submitter,
            released_on__year=day.year,
            released_on__month=day.month,
        )
        .select_related("program_account")
        .first()
    )


def _begin(declaration: Declaration, *, actor: Actor, at: datetime) -> Declaration:
    """Give a declaration without a release of its own its number and its first draft."""
    on = day_of(at)
    declaration.number = releases.next_transaction_number(declaration.submitter_id)
    declaration.prepared_by = actor.name
    declaration.accounting_due_on = declaration.payment_due_on = declaration.last_day_to_pay = on
    declaration.created_at = declaration.saved_at = at
    declaration.save(force_insert=True)
    DeclarationVersion.objects.create(declaration=declaration, number=1, submitter=declaration.submitter)
    record(declaration, "declaration.started", actor=actor, at=at)
    return declaration

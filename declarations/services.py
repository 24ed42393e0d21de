"""Writing, checking and submitting declarations: amounts are computed on every save and posted once accepted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor, ActorKind
from core.clock import TORONTO, at_toronto
from core.errors import Conflict, DomainError, Refused
from core.models import JobRun
from core.money import ZERO
from declarations import queries, rules
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from delegation import services as delegations
from delegation.services import BusinessNotice
from ledger import services as ledger
from ledger.rules import EntryKind, Revenue, charge_draft
from reference import queries as reference
from reference.queries import DutyRateInForce
from reference.rules.rates import SurtaxOrderFrom, surtaxes_for
from reference.rules.tariff import QuantityMissing
from releases import queries as release_queries
from releases import services as releases
from releases.models import Release

MOST_LINES = 500
MOST_INVOICES = 50
#: How many releases the daily job works off in one transaction.
BATCH = 1000
CATEGORY = "declarations"
GST_STATUS = "gst_status"
METHODS = ("CASH", "INTERAC", "CARD")
_FILERS = (ActorKind.PERSON, ActorKind.SOFTWARE)


@dataclass(frozen=True)
class InvoiceInput:
    """An invoice as its vendor wrote it; ``total`` is in its own currency."""

    number: str
    dated_on: date
    vendor: str
    vendor_country: str
    shipped_on: date
    currency: str
    total: Decimal
    shipped_from: str = ""


@dataclass(frozen=True)
class LineEntry:
    """A line as the filer declares it; ``value`` in the invoice's currency, ``quantity`` in the tariff's unit."""

    classification: str
    origin: str
    treatment: str
    quantity: Decimal
    value: Decimal
    description: str = ""
    surtax_is_contested: bool = False
    sima: Decimal = ZERO
    excise_duty: Decimal = ZERO
    excise_tax: Decimal = ZERO
    gst_exemption: str = ""
    origin_proof: str = ""


@dataclass(frozen=True)
class InvoiceEntry:
    """An invoice with its lines, for filing in one go."""

    invoice: InvoiceInput
    lines: Sequence[LineEntry] = field(default_factory=tuple)


@dataclass(frozen=True)
class LineReport:
    """What became of one line that was tried out: its amounts, or what is wrong with it."""

    line: Line | None
    problem: DomainError | None


def start_draft(*, release: Release, submitter: Business, actor: Actor, at: datetime) -> Declaration:
    """Open the declaration of a release; the draft that exists already is returned as it is.

    ``DomainError`` for a release that was refused, ``Conflict`` when another filer has begun to account for it.
    """
    if release.state == Release.State.REFUSED or release.program_account is None:
        raise DomainError(_("These goods were not released, so there is nothing to account for."), code="not_released")
    with transaction.atomic():
        Release.objects.select_for_update().get(pk=release.pk)
        declaration = Declaration.objects.filter(release=release).select_related("submitter", "program_account").first()
        if declaration is not None:
            if declaration.submitter_id != submitter.pk:
                raise Conflict(
                    _("%(name)s is already accounting for this release. Ask them before you file.")
                    % {"name": declaration.submitter.legal_name},
                    code="declaration_of_another_filer",
                )
            return declaration
        asked_on = release.requested_at.astimezone(TORONTO).date()
        declaration = Declaration.objects.create(
            number=release.transaction_number,
            type=Declaration.Type.C if release.kind == Release.Kind.CTYPE else Declaration.Type.AB,
            program_account=release.program_account,
            release=release,
            submitter=submitter,
            prepared_by=actor.name,
            released_on=release.released_on or asked_on,
            accounting_due_on=release.accounting_due_on or asked_on,
            payment_due_on=release.payment_due_on or asked_on,
            last_day_to_pay=release.last_day_to_pay or asked_on,
            created_at=at,
            saved_at=at,
        )
        DeclarationVersion.objects.create(declaration=declaration, number=1, submitter=submitter)
        _record(declaration, "declaration.started", actor=actor, at=at)
    return declaration


def start_correction(*, declaration: Declaration, submitter: Business, actor: Actor, at: datetime) -> Declaration:
    """Open a correction: a draft copied from the newest version; possible until the payment due date.

    Source: Customs Act s. 32.2(3): until the prescribed day a change is a correction, without interest.
    """
    with transaction.atomic():
        declaration = _locked(declaration)
        draft = queries.draft_of(declaration)
        if draft is not None:
            _require_filer(draft, actor)
            return declaration
        if declaration.type == Declaration.Type.C:
            raise DomainError(
                _("This declaration was paid at the port. Ask the office of release to change it."),
                code="correction_at_port",
            )
        _require_correctable(declaration, on=_day_of(at))
        newest = queries.newest_version(declaration)
        draft = DeclarationVersion.objects.create(
            declaration=declaration,
            number=newest.number + 1,
            kind=DeclarationVersion.Kind.CORRECTION,
            submitter=submitter,
        )
        for invoice in newest.invoices.prefetch_related("lines").order_by("position"):
            lines = list(invoice.lines.all())
            invoice.pk = None
            invoice.version = draft
            invoice.save(force_insert=True)
            for line in lines:
                line.pk = None
                line.invoice = invoice
            Line.objects.bulk_create(lines)
        declaration.saved_at = at
        declaration.save(update_fields=("saved_at",))
        _record(declaration, "declaration.correction_started", actor=actor, at=at)
    return declaration


def discard_draft(*, declaration: Declaration, actor: Actor, at: datetime) -> None:
    """Throw a correction's draft away; a first draft stays, because its goods have to be accounted for."""
    with transaction.atomic():
        draft = _draft(declaration, actor)
        if draft.kind == DeclarationVersion.Kind.ORIGINAL:
            raise DomainError(
                _("The first declaration of a release can't be discarded. Change it, or submit it."),
                code="draft_needed",
            )
        draft.delete()
        _record(declaration, "declaration.correction_discarded", actor=actor, at=at)


def save_invoice(
    *, declaration: Declaration, entry: InvoiceInput, actor: Actor, at: datetime, position: int = 1
) -> Invoice:
    """Write an invoice of the draft and recompute its lines at its own exchange rate.

    The rate is the one of the day of direct shipment (Currency Exchange for Customs Valuation Regulations s. 3).
    ``DomainError`` for a currency without a rate, a shipment after the release, an unknown country or a total that is
    not above zero.
    """
    language = get_language() or "en"
    if entry.total <= 0:
        raise DomainError(_("Enter the invoice total, above zero."), code="total_not_positive", field="total")
    tariff = _Tariff(declaration.released_on)
    if entry.vendor_country not in tariff.countries:
        raise DomainError(_("Choose a country from the list."), code="country_unknown", field="vendor_country")
    if entry.shipped_on > declaration.released_on:
        raise DomainError(
            _("The day of direct shipment can't be after the release, %(day)s.")
            % {"day": formats.day(declaration.released_on, language)},
            code="shipped_after_release",
            field="shipped_on",
        )
    quote = reference.exchange_quote(entry.currency, entry.shipped_on)
    if quote is None:
        raise DomainError(
            _("There is no exchange rate for %(currency)s on %(day)s. Choose a currency from the list.")
            % {"currency": entry.currency, "day": formats.day(entry.shipped_on, language)},
            code="exchange_rate_missing",
            field="currency",
        )
    with transaction.atomic():
        draft = _draft(declaration, actor)
        known = Invoice.objects.filter(version=draft, position=position)
        if not 1 <= position <= MOST_INVOICES:
            raise DomainError(
                _("A declaration takes at most %(most)s invoices.") % {"most": MOST_INVOICES}, code="too_many_invoices"
            )
        invoice = known.first() or Invoice(version=draft, position=position)
        invoice.number = entry.number
        invoice.dated_on = entry.dated_on
        invoice.vendor = entry.vendor
        invoice.vendor_country = entry.vendor_country
        invoice.shipped_on = entry.shipped_on
        invoice.shipped_from = entry.shipped_from
        invoice.currency = entry.currency
        invoice.total = entry.total
        invoice.exchange_rate = quote.rate
        invoice.exchange_rate_on = quote.rate_on
        invoice.exchange_rate_source = quote.source[:120]
        invoice.exchange_rate_is_illustrative = quote.is_illustrative
        invoice.save()
        present = list(invoice.lines.order_by("position"))
        fresh = [_assessed(invoice, line.position, _entry_of(line), tariff) for line in present]
        invoice.lines.all().delete()
        Line.objects.bulk_create(fresh)
        _save_totals(declaration, draft, at=at)
    return invoice


def remove_invoice(*, declaration: Declaration, position: int, actor: Actor, at: datetime) -> None:
    """Take an invoice with its lines off the draft; those after it move up."""
    with transaction.atomic():
        draft = _draft(declaration, actor)
        Line.objects.filter(invoice__version=draft, invoice__position=position).delete()
        draft.invoices.filter(position=position).delete()
        for invoice in draft.invoices.filter(position__gt=position).order_by("position"):
            invoice.position -= 1
            invoice.save(update_fields=("position",))
        _save_totals(declaration, draft, at=at)


def save_line(
    *,
    declaration: Declaration,
    invoice: Invoice,
    entry: LineEntry,
    at: datetime,
    position: int | None = None,
    actor: Actor | None = None,
) -> Line:
    """Write one line of the draft and compute its duties and taxes; a new line where ``position`` is None.

    ``DomainError`` with the field at fault for an unknown number, a treatment the origin may not claim, a missing
    quantity, or too many lines.
    """
    with transaction.atomic():
        draft = _draft(declaration, actor)
        _require_of_draft(invoice, draft)
        if position is None:
            _require_room(invoice, 1)
            position = _last_position(invoice) + 1
        line = _assessed(invoice, position, entry, _Tariff(declaration.released_on))
        line.pk = invoice.lines.filter(position=position).values_list("pk", flat=True).first()
        line.save()
        _save_totals(declaration, draft, at=at)
    return line


def try_lines(*, declaration: Declaration, invoice: Invoice, entries: Sequence[LineEntry]) -> list[LineReport]:
    """Assess lines without writing any: each with its amounts or its problem."""
    tariff = _Tariff(declaration.released_on)
    reports = []
    for position, entry in enumerate(entries, start=1):
        try:
            reports.append(LineReport(_assessed(invoice, position, entry, tariff), None))
        except DomainError as problem:
            reports.append(LineReport(None, problem))
    return reports


def add_lines(
    *,
    declaration: Declaration,
    invoice: Invoice,
    entries: Sequence[LineEntry],
    at: datetime,
    actor: Actor | None = None,
) -> list[Line]:
    """Add many lines at once, all or none; a refusal's field begins with the line, ``lines[2].classification``."""
    with transaction.atomic():
        draft = _draft(declaration, actor)
        _require_of_draft(invoice, draft)
        _require_room(invoice, len(entries))
        tariff = _Tariff(declaration.released_on)
        first = _last_position(invoice) + 1
        lines = []
        for number, entry in enumerate(entries):
            try:
                lines.append(_assessed(invoice, first + number, entry, tariff))
            except DomainError as problem:
                raise _placed(problem, f"lines[{number}]") from problem
        Line.objects.bulk_create(lines)
        _save_totals(declaration, draft, at=at)
    return lines


def remove_line(
    *, declaration: Declaration, invoice: Invoice, position: int, at: datetime, actor: Actor | None = None
) -> None:
    """Take a line off the draft; those after it move up."""
    with transaction.atomic():
        draft = _draft(declaration, actor)
        _require_of_draft(invoice, draft)
        invoice.lines.filter(position=position).delete()
        after = invoice.lines.filter(position__gt=position)
        moved = list(after.order_by("position"))
        after.delete()
        for line in moved:
            line.pk = None
            line.position -= 1
        Line.objects.bulk_create(moved)
        _save_totals(declaration, draft, at=at)


def submit(*, declaration: Declaration, actor: Actor, at: datetime, reason: str = "") -> Declaration:
    """Accept the draft and post it: the whole amount for an original, the difference for a correction.

    A C-type declaration becomes ready for the port instead and is posted there. ``DomainError`` with the first open
    check; submitting what is accepted already returns it unchanged.
    """
    on = _day_of(at)
    with transaction.atomic():
        declaration = _locked(declaration)
        draft = queries.draft_of(declaration)
        if draft is None or declaration.state == Declaration.State.READY:
            return declaration
        _require_filer(draft, actor)
        for check in queries.checks(declaration, draft, on=on):
            if not check.passed and check.blocks:
                raise DomainError(check.message, code=check.code, field=_field_of(check))
        is_original = draft.kind == DeclarationVersion.Kind.ORIGINAL
        if not is_original:
            _require_correctable(declaration, on=on)
        draft.reason = reason
        if declaration.type == Declaration.Type.C:
            draft.save(update_fields=("reason",))
            declaration.state = Declaration.State.READY
            declaration.saved_at = at
            declaration.save(update_fields=("state", "saved_at"))
            _record(declaration, "declaration.ready_for_port", actor=actor, at=at)
            return declaration
        before = queries.amounts_of(queries.accepted_version(declaration))
        after = queries.amounts_of(draft)
        key = f"declaration:{declaration.number}:v{draft.number}"
        ledger.post_charge(
            key=key,
            kind=EntryKind.DECLARATION if is_original else EntryKind.CORRECTION,
            holder_id=declaration.program_account_id,
            submitter_id=declaration.submitter_id,
            amounts=_difference(before, after),
            source=f"declaration:{declaration.number}",
            memo=declaration.vendor or declaration.number,
            posted_on=on,
            billing_on=declaration.released_on,
            due_on=declaration.payment_due_on,
            last_day_to_pay=declaration.last_day_to_pay,
            at=at,
            actor=actor,
        )
        _accept(declaration, draft, key=key, at=at)
        releases.mark_accounted(release_id=declaration.release_id, on=on)
        _record(
            declaration,
            "declaration.accepted" if is_original else "declaration.corrected",
            actor=actor,
            at=at,
            before={"total": sum(before.values(), ZERO)},
            after={"total": declaration.total, "version": draft.number},
            reason=reason,
        )
        _tell_of_acceptance(declaration, draft, at=at)
    return declaration


def reopen(*, declaration: Declaration, actor: Actor, at: datetime) -> Declaration:
    """Take a C-type declaration back from the port to change it; ``Conflict`` once it was paid or never was ready."""
    with transaction.atomic():
        declaration = _locked(declaration)
        draft = queries.draft_of(declaration)
        if declaration.state != Declaration.State.READY or draft is None:
            raise Conflict(_("This declaration is not waiting at the port."), code="not_ready_for_port")
        _require_filer(draft, actor)
        declaration.state = Declaration.State.DRAFT
        declaration.saved_at = at
        declaration.save(update_fields=("state", "saved_at"))
        _record(declaration, "declaration.reopened", actor=actor, at=at)
    return declaration


def pay_at_counter(*, declaration: Declaration, method: str, actor: Actor, at: datetime) -> Declaration:
    """At the port: a ready C-type declaration is posted, paid and its goods released, in one step.

    ``method`` is CASH, INTERAC or CARD. ``Conflict`` when the declaration is not ready for the port.
    """
    if method not in METHODS:
        raise DomainError(_("Choose how it was paid."), code="method_unknown", field="method")
    with transaction.atomic():
        declaration = _locked(declaration)
        draft = queries.draft_of(declaration)
        if declaration.state != Declaration.State.READY or draft is None:
            raise Conflict(_("This declaration is not ready for payment at the port."), code="not_ready_for_port")
        on = _day_of(at)
        key = f"declaration:{declaration.number}:v{draft.number}"
        ledger.post_ctype(
            key=key,
            holder_id=declaration.program_account_id,
            submitter_id=declaration.submitter_id,
            payer_id=declaration.program_account.business_id,
            amounts=queries.amounts_of(draft),
            method=method,
            source=f"declaration:{declaration.number}",
            memo=declaration.vendor or declaration.number,
            posted_on=on,
            billing_on=on,
            at=at,
            actor=actor,
        )
        declaration.released_on = declaration.accounting_due_on = on
        declaration.payment_due_on = declaration.last_day_to_pay = on
        _accept(declaration, draft, key=key, at=at)
        releases.release_at_port(release_id=declaration.release_id, on=on, actor=actor, at=at)
        _record(
            declaration,
            "declaration.paid_at_port",
            actor=actor,
            at=at,
            after={"total": declaration.total, "method": method},
        )
        _tell_of_payment(declaration, at=at)
    return declaration


def file_declaration(
    *, release: Release, submitter: Business, invoices: Sequence[InvoiceEntry], actor: Actor, at: datetime
) -> Declaration:
    """Draft, fill and submit in one transaction: all or nothing (API, imports).

    A refusal's field is a path such as ``invoices[0].lines[2].classification``. ``Conflict`` when the release has been
    accounted for, or when a draft that somebody wrote by hand waits to be finished.
    """
    with transaction.atomic():
        declaration = start_draft(release=release, submitter=submitter, actor=actor, at=at)
        draft = queries.draft_of(declaration)
        if draft is None or declaration.state != Declaration.State.DRAFT:
            raise Conflict(
                _("Release %(number)s has been accounted for. Read its declaration, or correct it.")
                % {"number": release.transaction_number},
                code="already_accounted",
                field="release",
            )
        if draft.invoices.exists():
            raise Conflict(
                _("A draft for release %(number)s is being written in the portal. Finish it there.")
                % {"number": release.transaction_number},
                code="draft_exists",
                field="release",
            )
        for number, entry in enumerate(invoices):
            place = f"invoices[{number}]"
            try:
                invoice = save_invoice(
                    declaration=declaration, entry=entry.invoice, actor=actor, at=at, position=number + 1
                )
                add_lines(declaration=declaration, invoice=invoice, entries=entry.lines, at=at, actor=actor)
            except DomainError as problem:
                raise _placed(problem, place) from problem
        return submit(declaration=declaration, actor=actor, at=at)


# --- Late accounting -------------------------------------------------------------------------------------------------


def run_late_accounting(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: remind the day before, send the overdue notice once, and charge the penalty once a release.

    Set-based and safe to run twice: what was told or decided is marked on the release in the same transaction.
    """
    at = at_toronto(on, 0, 30)
    reminded = 0
    if not run.summary.get("reminded"):
        with transaction.atomic():
            soon = list(_for_notices(release_queries.due_for_accounting_on(on + timedelta(days=1))))
            delegations.notify_businesses([notice for row in soon for notice in _reminders(row)], at=at)
            run.summary = {**run.summary, "reminded": True}
            run.save(update_fields=("summary",))
        reminded = len(soon)
    overdue = release_queries.overdue_for_accounting(on=on)
    noticed = _in_batches(
        overdue.filter(overdue_notice_on=None), partial(_send_overdue_notices, on=on, at=at, actor=actor)
    )
    last_due = on - timedelta(days=rules.PENALTY_AFTER_DAYS)
    charged = _in_batches(
        overdue.filter(penalty_decided_on=None, accounting_due_on__lte=last_due),
        partial(_charge_penalties, on=on, at=at, actor=actor),
    )
    return {"reminders": reminded, "overdue_notices": noticed, "penalties": charged, "reminded": True}


def _in_batches(found: QuerySet[Release], work: Callable[[list[Release]], int]) -> int:
    """Work off everything found, each batch locked and marked in a transaction of its own."""
    done = 0
    while True:
        with transaction.atomic():
            batch = list(_for_notices(found.select_for_update(of=("self",)))[:BATCH])
            if not batch:
                return done
            done += work(batch)


def _for_notices(found: QuerySet[Release]) -> QuerySet[Release]:
    return found.select_related("program_account__business", "submitter").order_by("id")


def _send_overdue_notices(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    delegations.notify_businesses([notice for row in batch for notice in _overdue_notices(row)], at=at)
    audit.record_many(_event(row, "declaration.overdue_notice", actor=actor, at=at) for row in batch)
    releases.mark_overdue_notice(release_ids=[row.pk for row in batch], on=on)
    return len(batch)


def _charge_penalties(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    policy = reference.policy()
    dates = reference.billing_dates_of(on)
    amounts = {
        row.pk: rules.late_accounting_penalty(accounting_due_on=_due(row), on=on, policy=policy) or ZERO
        for row in batch
    }
    late = [row for row in batch if amounts[row.pk] > 0]
    drafts = [
        charge_draft(
            key=f"late_accounting:{row.transaction_number}",
            kind=EntryKind.PENALTY,
            holder_id=_account(row).pk,
            submitter_id=None,
            amounts={Revenue.PENALTY: amounts[row.pk]},
            source=f"release:{row.transaction_number}",
            memo=row.transaction_number,
            posted_on=on,
            billing_on=on,
            due_on=dates.payment_due_on,
            last_day_to_pay=dates.last_day_to_pay,
        )
        for row in late
    ]
    ledger.post_many(drafts=drafts, at=at, actor=actor)
    delegations.notify_businesses([notice for row in late for notice in _penalty_notices(row, amounts[row.pk])], at=at)
    audit.record_many(
        _event(row, "declaration.penalty_charged", actor=actor, at=at, after={"amount": amounts[row.pk]})
        for row in late
    )
    releases.mark_penalty_decided(release_ids=[row.pk for row in batch], on=on)
    return len(late)


def _due(release: Release) -> date:
    return release.accounting_due_on or _day_of(release.requested_at)


def _account(release: Release) -> ProgramAccount:
    assert release.program_account is not None  # goods are released to a program account only
    return release.program_account


def _event(
    release: Release, verb: str, *, actor: Actor, at: datetime, after: dict[str, object] | None = None
) -> audit.AuditEvent:
    account = _account(release)
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"releases.Release:{release.transaction_number}",
        business_id=account.business_id,
        program_account_id=account.pk,
        after=after,
        at=at,
    )


# --- What people are told --------------------------------------------------------------------------------------------


def _words(release: Release) -> dict[str, str]:
    language = get_language() or "en"
    return {
        "number": release.transaction_number,
        "goods": release.goods,
        "day": formats.weekday_day(_due(release), language),
        "filer": release.submitter.legal_name,
    }


def _notices(release: Release, *, subject: Callable[[], str], body: Callable[[], str]) -> list[BusinessNotice]:
    """The same words to the importer and, where another business asked for the release, to it."""
    account = _account(release)
    told = [account.business_id]
    if release.submitter_id != account.business_id:
        told.append(release.submitter_id)
    return [
        BusinessNotice(
            business_id=business_id,
            subject=subject,
            body=body,
            category=CATEGORY,
            link=partial(reverse, "declarations:start", args=(account.number, release.transaction_number)),
            program_account_id=account.pk,
        )
        for business_id in told
    ]


def _reminders(release: Release) -> list[BusinessNotice]:
    return _notices(
        release,
        subject=lambda: _("Account for release %(number)s by tomorrow") % _words(release),
        body=lambda: (
            _(
                "The declaration for %(goods)s is due on %(day)s and has not been submitted. "
                "%(filer)s asked for the release."
            )
            % _words(release)
        ),
    )


def _overdue_notices(release: Release) -> list[BusinessNotice]:
    return _notices(
        release,
        subject=lambda: _("Overdue: release %(number)s has not been accounted for") % _words(release),
        body=lambda: (
            _(
                "The declaration for %(goods)s was due on %(day)s. Submit it now. "
                "If it is still missing ten days after that day, a late accounting penalty is charged to the importer."
            )
            % _words(release)
        ),
    )


def _penalty_notices(release: Release, amount: Decimal) -> list[BusinessNotice]:
    return _notices(
        release,
        subject=lambda: _("Late accounting penalty for release %(number)s") % _words(release),
        body=lambda: (
            _(
                "%(amount)s was charged because %(goods)s, due on %(day)s, has not been accounted for. "
                "The declaration is still to be submitted."
            )
            % {**_words(release), "amount": formats.money(amount, get_language() or "en")}
        ),
    )


def _tell_of_acceptance(declaration: Declaration, draft: DeclarationVersion, *, at: datetime) -> None:
    """The importer sees at once what its broker filed; a broker what the importer corrected."""
    account = declaration.program_account
    told = account.business_id if draft.submitter_id != account.business_id else declaration.submitter_id
    if told == draft.submitter_id:
        return

    def words() -> dict[str, str]:
        language = get_language() or "en"
        return {
            "filer": draft.submitter.legal_name,
            "number": declaration.number,
            "vendor": declaration.vendor,
            "total": formats.money(declaration.total, language),
            "day": formats.weekday_day(declaration.payment_due_on, language),
        }

    is_original = draft.kind == DeclarationVersion.Kind.ORIGINAL
    delegations.notify_business(
        business_id=told,
        subject=lambda: (
            (
                _("%(filer)s filed declaration %(number)s")
                if is_original
                else _("%(filer)s corrected declaration %(number)s")
            )
            % words()
        ),
        body=lambda: _("Goods of %(vendor)s: %(total)s duties and taxes in all, payment due %(day)s.") % words(),
        category=CATEGORY,
        link=partial(reverse, "declarations:detail", args=(account.number, declaration.number)),
        program_account_id=account.pk,
        at=at,
    )


def _tell_of_payment(declaration: Declaration, *, at: datetime) -> None:
    account = declaration.program_account
    for business_id in sorted({account.business_id, declaration.submitter_id}):
        delegations.notify_business(
            business_id=business_id,
            subject=lambda: (
                _("Goods released: declaration %(number)s was paid at the port") % {"number": declaration.number}
            ),
            body=lambda: (
                _("%(total)s was paid at the counter.")
                % {"total": formats.money(declaration.total, get_language() or "en")}
            ),
            category=CATEGORY,
            link=partial(reverse, "declarations:detail", args=(account.number, declaration.number)),
            program_account_id=account.pk,
            at=at,
        )


# --- Inside ----------------------------------------------------------------------------------------------------------


class _Tariff:
    """The dated tables as they stood on the day of release, each row read once however many lines there are."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._rows: dict[str, object] = {}
        self._rates: dict[tuple[str, str], DutyRateInForce | None] = {}
        self._treatments: dict[str, frozenset[str]] = {}
        self._orders: tuple[SurtaxOrderFrom, ...] | None = None
        self._countries: frozenset[str] | None = None
        self._exemptions: frozenset[str] | None = None

    def row(self, number: str) -> reference.ClassificationNumber | None:
        if number not in self._rows:
            self._rows[number] = reference.classification_of(number)
        return self._rows[number]  # type: ignore[return-value]

    def rate(self, number: str, treatment: str) -> DutyRateInForce | None:
        if (number, treatment) not in self._rates:
            self._rates[number, treatment] = reference.duty_rate_of(number, treatment, self.on)
        return self._rates[number, treatment]

    def treatments(self, origin: str) -> frozenset[str]:
        if origin not in self._treatments:
            self._treatments[origin] = frozenset(row.code for row in reference.treatments_for(origin, self.on))
        return self._treatments[origin]

    def surtaxes(self, number: str, origin: str) -> tuple[SurtaxOrderFrom, ...]:
        if self._orders is None:
            self._orders = reference.surtax_orders()
        return surtaxes_for(self._orders, number, origin, self.on)

    @property
    def countries(self) -> frozenset[str]:
        if self._countries is None:
            self._countries = frozenset(reference.countries().values_list("code", flat=True))
        return self._countries

    @property
    def exemptions(self) -> frozenset[str]:
        if self._exemptions is None:
            self._exemptions = frozenset(reference.code_list(GST_STATUS).values_list("code", flat=True))
        return self._exemptions


def _day_of(at: datetime) -> date:
    return at.astimezone(TORONTO).date()


def _locked(declaration: Declaration) -> Declaration:
    return (
        Declaration.objects.select_for_update(of=("self",))
        .select_related("program_account", "submitter", "release")
        .get(pk=declaration.pk)
    )


def _draft(declaration: Declaration, actor: Actor | None = None) -> DeclarationVersion:
    """The draft, locked; ``Conflict`` when the declaration has been submitted meanwhile."""
    current = Declaration.objects.select_for_update().get(pk=declaration.pk)
    draft = queries.draft_of(current)
    if draft is None or current.state == Declaration.State.READY:
        raise Conflict(
            _("This declaration has been submitted. Open it to read it, or start a correction."), code="no_draft"
        )
    if actor is not None:
        _require_filer(draft, actor)
    return draft


def _require_filer(draft: DeclarationVersion, actor: Actor) -> None:
    """Only the business that writes a draft changes or submits it, because it answers for what it says."""
    if actor.kind in _FILERS and actor.business_id not in (None, draft.submitter_id):
        raise Refused(
            _("%(name)s is writing this declaration. Ask them to change or submit it.")
            % {"name": draft.submitter.legal_name},
            code="draft_of_another_filer",
        )


def _require_correctable(declaration: Declaration, *, on: date) -> None:
    if not rules.can_correct(state=declaration.state, payment_due_on=declaration.payment_due_on, on=on):
        raise DomainError(
            _("The time for corrections ended on %(day)s, the payment due date.")
            % {"day": formats.day(declaration.payment_due_on, get_language() or "en")},
            code="correction_too_late",
        )


def _require_of_draft(invoice: Invoice, draft: DeclarationVersion) -> None:
    if invoice.version_id != draft.pk:
        raise Conflict(
            _("This declaration has been submitted. Open it to read it, or start a correction."), code="no_draft"
        )


def _require_room(invoice: Invoice, added: int) -> None:
    if invoice.lines.count() + added > MOST_LINES:
        raise DomainError(
            _("An invoice takes at most %(most)s lines. Put the rest on another invoice.") % {"most": MOST_LINES},
            code="too_many_lines",
            field="lines",
        )


def _last_position(invoice: Invoice) -> int:
    return max(invoice.lines.values_list("position", flat=True), default=0)


def _field_of(check: queries.Check) -> str | None:
    if check.invoice is not None and check.field is not None:
        return f"invoices[{check.invoice - 1}].{check.field}"
    return check.field


def _placed(problem: DomainError, place: str) -> DomainError:
    """The same refusal with its field written as a path from the whole document."""
    path = f"{place}.{problem.field}" if problem.field else place
    return type(problem)(problem.message, code=problem.code, field=path, link=problem.link)


def _assessed(invoice: Invoice, position: int, entry: LineEntry, tariff: _Tariff) -> Line:
    """The line with its rates and amounts, not yet saved."""
    row = tariff.row(entry.classification)
    in_force = tariff.rate(entry.classification, entry.treatment) if row else None
    if row is None or in_force is None:
        raise DomainError(
            _("%(number)s is not in the tariff. Search for the goods by word or by the first digits.")
            % {"number": entry.classification},
            code="classification_unknown",
            field="classification",
        )
    if entry.origin not in tariff.countries:
        raise DomainError(_("Choose a country from the list."), code="country_unknown", field="origin")
    allowed = tariff.treatments(entry.origin)
    if entry.treatment not in allowed:
        raise DomainError(
            _("Goods of this origin can't claim %(treatment)s. They can claim: %(allowed)s.")
            % {"treatment": entry.treatment, "allowed": ", ".join(sorted(allowed))},
            code="treatment_not_for_origin",
            field="treatment",
        )
    if entry.value <= 0:
        raise DomainError(_("Enter the value of the goods, above zero."), code="value_not_positive", field="value")
    if entry.quantity <= 0:
        raise DomainError(_("Enter the quantity, above zero."), code="quantity_not_positive", field="quantity")
    if entry.gst_exemption and entry.gst_exemption not in tariff.exemptions:
        raise DomainError(
            _("Choose a GST status from the list, or leave it empty."), code="gst_status_unknown", field="gst_exemption"
        )
    orders = tariff.surtaxes(row.number, entry.origin)
    applied = () if entry.surtax_is_contested else orders
    try:
        assessed = rules.line_assessment(
            rules.LineInput(
                value=entry.value,
                exchange_rate=invoice.exchange_rate,
                duty_rate=in_force.rate,
                quantities={row.unit: entry.quantity},
                sima=entry.sima,
                surtax_rates=tuple(order.rate for order in applied),
                excise_duty=entry.excise_duty,
                excise_tax=entry.excise_tax,
                gst_rate=Decimal(0) if entry.gst_exemption else rules.GST_RATE,
            )
        )
    except QuantityMissing as missing:
        raise DomainError(
            _("The rate of duty is by quantity in %(unit)s, which %(given)s does not give. Choose another number.")
            % {"unit": missing.unit, "given": row.unit or _("this number")},
            code="quantity_missing",
            field="quantity",
        ) from missing
    return Line(
        invoice=invoice,
        position=position,
        classification=row.number,
        description=entry.description or row.description_in(get_language() or "en")[:200],
        origin=entry.origin,
        treatment=entry.treatment,
        quantity=entry.quantity,
        unit=row.unit,
        value=entry.value,
        origin_proof=entry.origin_proof,
        duty_rate_text=in_force.rate.text,
        rate_treatment=in_force.treatment,
        rate_is_illustrative=in_force.is_illustrative,
        surtax_order=", ".join(order.order for order in orders)[:120],
        surtax_rate=sum((order.rate for order in applied), Decimal(0)),
        surtax_is_contested=entry.surtax_is_contested,
        gst_exemption=entry.gst_exemption,
        value_for_duty=assessed.value_for_duty,
        duty=assessed.duty,
        sima=assessed.sima,
        surtax=assessed.surtax,
        excise_duty=assessed.excise_duty,
        excise_tax=assessed.excise_tax,
        value_for_tax=assessed.value_for_tax,
        gst=assessed.gst,
        total=assessed.total,
    )


def _entry_of(line: Line) -> LineEntry:
    return LineEntry(
        classification=line.classification,
        origin=line.origin,
        treatment=line.treatment,
        quantity=line.quantity,
        value=line.value,
        description=line.description,
        surtax_is_contested=line.surtax_is_contested,
        sima=line.sima,
        excise_duty=line.excise_duty,
        excise_tax=line.excise_tax,
        gst_exemption=line.gst_exemption,
        origin_proof=line.origin_proof,
    )


def _save_totals(declaration: Declaration, draft: DeclarationVersion, *, at: datetime) -> None:
    """Keep the list's figures true: a first draft shows its own, a correction leaves the accepted ones."""
    fields = ["saved_at"]
    declaration.saved_at = at
    if draft.kind == DeclarationVersion.Kind.ORIGINAL:
        fields += _copy_totals(declaration, draft)
    declaration.save(update_fields=fields)


def _copy_totals(declaration: Declaration, version: DeclarationVersion) -> list[str]:
    names = ("value_for_duty", "duty", "sima", "surtax", "excise_duty", "excise_tax", "gst", "total")
    sums = Line.objects.filter(invoice__version=version).aggregate(**{f"sum_{name}": Sum(name) for name in names})
    totals = {name: sums[f"sum_{name}"] or ZERO for name in names}
    totals["excise"] = totals.pop("excise_duty") + totals.pop("excise_tax")
    for name, amount in totals.items():
        setattr(declaration, name, amount)
    first = version.invoices.order_by("position").first()
    declaration.vendor = first.vendor if first else ""
    return [*totals, "vendor"]


def _accept(declaration: Declaration, draft: DeclarationVersion, *, key: str, at: datetime) -> None:
    draft.state = DeclarationVersion.State.ACCEPTED
    draft.accepted_at = at
    draft.entry_key = key
    draft.save()
    _copy_totals(declaration, draft)
    declaration.state = Declaration.State.ACCEPTED
    declaration.accepted_at = declaration.accepted_at or at
    declaration.saved_at = at
    declaration.version_count = draft.number
    declaration.save()


def _difference(before: Mapping[Revenue, Decimal], after: Mapping[Revenue, Decimal]) -> dict[Revenue, Decimal]:
    classes = before.keys() | after.keys()
    return {name: after.get(name, ZERO) - before.get(name, ZERO) for name in classes}


def _record(
    declaration: Declaration,
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"declarations.Declaration:{declaration.number}",
        business_id=declaration.program_account.business_id,
        program_account_id=declaration.program_account_id,
        before=before,
        after=after,
        reason=reason,
        at=at,
    )

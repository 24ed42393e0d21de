"""What an officer does: approve one request or a thousand, reject, ask for more, re-determine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.audit import record_many
from core.errors import DomainError
from core.lazy import lazy_text
from core.money import ZERO
from declarations.changes import queries, rules
from declarations.changes.models import ChangeMessage, ChangeRequest
from declarations.changes.rules import ChangeKind, ChangeState
from declarations.changes.services.parts import (
    LineChange,
    amended_version,
    change_amount,
    event,
    locked_request,
    notices,
    open_request,
    require_can_become,
    require_free,
    require_reason,
    tell,
    words,
)
from declarations.models import Declaration, DeclarationVersion, Invoice
from declarations.services.late_debts import clear_late_debts
from declarations.services.parts import change_of, day_of, locked_declaration
from delegation import services as delegations
from ledger import queries as book
from ledger import services as ledger
from ledger.rules import EntryDraft, EntryKind, Revenue, charge_draft
from reference import queries as reference
from reference.rules.billing import BillingDates, Stream, billing_on

#: How the key of the interest on a late change until its decision ends.
_LATE = ":late"
_APPROVED = gettext_lazy("%(kind)s %(number)s was approved")
_APPROVED_BODY = gettext_lazy(
    "Declaration %(declaration)s changes by %(amount)s, interest given %(interest)s. Reason: %(decision)s"
)
_REJECTED = gettext_lazy("%(kind)s %(number)s was rejected")
_REJECTED_BODY = gettext_lazy("Declaration %(declaration)s stays as it is. Reason: %(decision)s")
_ASKED = gettext_lazy("%(kind)s %(number)s: the officer needs information")
_ASKED_BODY = gettext_lazy("About declaration %(declaration)s: %(question)s")
_MADE = gettext_lazy("Declaration %(declaration)s was re-determined")


@dataclass(frozen=True)
class _Facts:
    """What many approvals look at, read in a few statements."""

    before: dict[int, dict[str, Decimal]]
    after: dict[int, dict[str, Decimal]]
    vendors: dict[int, str]
    paid: dict[str, Decimal]
    periods: dict[Stream, BillingDates]
    #: What changed each declaration before and the interest on it, by its source in the book.
    earlier: dict[str, list[Any]]


def approve(
    *, request: ChangeRequest, reason: str, actor: Actor, at: datetime, changes: Sequence[LineChange] = ()
) -> ChangeRequest:
    """Approve one request: its change is posted and comes into force.

    An appeal is allowed with the lines as the officer changes them. ``Conflict`` when the request is closed.
    """
    _require_decision(reason)
    with transaction.atomic():
        row = locked_request(request, ChangeState.APPROVED)
        if row.kind == ChangeKind.APPEAL and changes:
            _amend(row, changes)
        _approve([row], reason=reason, actor=actor, at=at)
    return row


def approve_many(
    *, requests: Sequence[ChangeRequest], reason: str, actor: Actor, at: datetime
) -> tuple[list[ChangeRequest], list[ChangeRequest]]:
    """Approve a whole case in a fixed number of statements: those approved, and those that were closed before."""
    _require_decision(reason)
    with transaction.atomic():
        ids = [row.pk for row in requests]
        declarations = Declaration.objects.filter(changes__in=ids).order_by("pk")
        list(declarations.select_for_update(of=("self",)).values_list("pk", flat=True))
        rows = list(
            ChangeRequest.objects.select_for_update(of=("self",))
            .filter(pk__in=ids)
            .select_related("declaration__program_account", "declaration__release", "submitter", "version")
            .order_by("pk")
        )
        ready = [row for row in rows if rules.can_become(row.state, ChangeState.APPROVED)]
        if ready:
            _approve(ready, reason=reason, actor=actor, at=at)
    return ready, [row for row in rows if row not in ready]


def reject(*, request: ChangeRequest, reason: str, actor: Actor, at: datetime) -> ChangeRequest:
    """Reject a request: nothing is posted; the version stays as rejected, with its reason."""
    _require_decision(reason)
    with transaction.atomic():
        row = locked_request(request, ChangeState.REJECTED)
        _decide(row, ChangeState.REJECTED, reason=reason, actor=actor, at=at)
        row.amount = ZERO
        row.save()
        if row.version is not None:
            row.version.state = DeclarationVersion.State.REJECTED
            row.version.save(update_fields=("state",))
        record_many([event(row, "declaration.change_rejected", actor=actor, at=at, reason=row.decision)])
        given = words(row, decision=row.decision)
        tell(row, lazy_text(_REJECTED, **given), lazy_text(_REJECTED_BODY, **given), at=at)
    return row


def ask_for_information(*, request: ChangeRequest, question: str, actor: Actor, at: datetime) -> ChangeRequest:
    """Ask the submitter; the request waits for an answer and stays open."""
    if not question.strip():
        raise DomainError(_("Write what you need to know."), code="message_missing", field="reason")
    with transaction.atomic():
        row = locked_request(request, ChangeState.REJECTED)
        ChangeMessage.objects.create(
            request=row, is_from_officer=True, author=actor.name, text=question.strip(), sent_at=at
        )
        row.state = ChangeState.NEEDS_INFO
        row.save(update_fields=("state",))
        record_many([event(row, "declaration.change_information_asked", actor=actor, at=at)])
        given = words(row, question=question.strip())
        tell(row, lazy_text(_ASKED, **given), lazy_text(_ASKED_BODY, **given), at=at)
    return row


def redetermine(
    *,
    declaration: Declaration,
    code: str,
    reason: str,
    changes: Sequence[LineChange],
    actor: Actor,
    at: datetime,
) -> ChangeRequest:
    """An officer's own new version (Customs Act s. 59): in force and payable at once, within four years."""
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        require_reason(ChangeKind.REDETERMINATION, code, reason)
        require_free(declaration)
        if on > rules.years_after(queries.accounted_on(declaration), rules.YEARS):
            raise DomainError(
                _("A declaration can be re-determined within four years of its accounting."), code="change_too_late"
            )
        if not changes:
            raise DomainError(_("Change at least one line."), code="nothing_changed")
        draft = amended_version(
            declaration,
            kind=DeclarationVersion.Kind.REDETERMINATION,
            changes=changes,
            submitter=declaration.submitter,
            reason_code=code,
        )
        draft.reason = reason.strip()
        row = open_request(
            declaration,
            kind=ChangeKind.REDETERMINATION,
            code=code,
            reason=reason,
            submitter=declaration.submitter,
            version=draft,
            amount=change_amount(declaration, draft),
            actor=actor,
            at=at,
        )
        _approve([row], reason=reason, actor=actor, at=at)
    return row


# --- What an approval does -------------------------------------------------------------------------------------------


def _require_decision(reason: str) -> None:
    if not reason.strip():
        raise DomainError(_("Give the reason for the decision."), code="reason_missing", field="reason")


def _amend(row: ChangeRequest, changes: Sequence[LineChange]) -> None:
    declaration = row.declaration
    row.version = amended_version(
        declaration,
        kind=DeclarationVersion.Kind.APPEAL,
        changes=changes,
        submitter=row.submitter,
        reason_code=row.reason_code,
    )
    row.version.reason = row.reason
    row.amount = change_amount(declaration, row.version)


def _decide(row: ChangeRequest, state: ChangeState, *, reason: str, actor: Actor, at: datetime) -> None:
    require_can_become(row, state)
    row.state, row.decision = state, reason.strip()
    row.decided_at, row.decided_by = at, actor.name


def _approve(rows: Sequence[ChangeRequest], *, reason: str, actor: Actor, at: datetime) -> None:
    """Post, put into force, record and tell: a fixed number of statements for any number of requests."""
    on = day_of(at)
    facts = _facts(rows, on=on)
    drafts: list[EntryDraft] = []
    for row in rows:
        _decide(row, ChangeState.APPROVED, reason=reason, actor=actor, at=at)
        if row.kind == ChangeKind.APPEAL and row.version is None:
            continue
        before = facts.before[row.declaration_id]
        after = facts.after.get(row.version_id or 0, dict.fromkeys(queries.AMOUNTS, ZERO))
        row.amount = after["total"] - before["total"]
        row.interest = _interest(row, paid=facts.paid.get(_source(row), ZERO), after=after["total"], on=on)
        drafts += _drafts(row, before, after, facts, on=on)
        _put_into_force(row, after, facts.vendors, key=entry_key_of(row), at=at)
    ledger.post_many(drafts=drafts, at=at, actor=actor)
    credited = [_source(row) for row in rows if row.amount < ZERO]
    clear_late_debts(sources=credited, on=on, at=at, actor=actor)
    versions = [row.version for row in rows if row.version is not None]
    DeclarationVersion.objects.bulk_update(versions, ("state", "accepted_at", "entry_key", "reason"), batch_size=_BATCH)
    Declaration.objects.bulk_update([row.declaration for row in rows], _COPIED, batch_size=_BATCH)
    ChangeRequest.objects.bulk_update(rows, _DECIDED, batch_size=_BATCH)
    record_many(
        event(
            row,
            "declaration.redetermined" if row.kind == ChangeKind.REDETERMINATION else "declaration.change_approved",
            actor=actor,
            at=at,
            reason=row.decision,
            amount=row.amount,
            interest=row.interest,
        )
        for row in rows
    )
    delegations.notify_businesses([notice for row in rows for notice in _decision_notices(row)], at=at)


_BATCH = 200
_COPIED = (
    "state",
    "saved_at",
    "version_count",
    "vendor",
    "value_for_duty",
    "duty",
    "sima",
    "surtax",
    "excise",
    "gst",
    "hst",
    "provincial_tax",
    "total",
)
_DECIDED = ("state", "version", "amount", "interest", "decided_at", "decided_by", "decision")


def _facts(rows: Sequence[ChangeRequest], *, on: date) -> _Facts:
    in_force = queries.in_force([row.declaration_id for row in rows])
    after_ids = [row.version_id for row in rows if row.version_id is not None]
    sums = queries.totals_of([*(version.pk for version in in_force.values()), *after_ids])
    vendors = Invoice.objects.filter(version__in=after_ids, position=1).values_list("version_id", "vendor")
    earlier: dict[str, list[Any]] = {}
    kinds = (EntryKind.ADJUSTMENT, EntryKind.REFUND, EntryKind.INTEREST)
    for entry in book.entries_of_sources([_source(row) for row in rows], kinds=kinds):
        earlier.setdefault(entry.source, []).append(entry)
    return _Facts(
        before={number: sums[version.pk] for number, version in in_force.items()},
        after={number: sums[number] for number in after_ids},
        vendors=dict(vendors),
        paid=queries.paid_by_source([row.declaration for row in rows], on=on),
        earlier=earlier,
        periods={
            stream: reference.billing_dates_of(on, stream)
            for stream in sorted({Stream(row.declaration.stream) for row in rows})
        },
    )


def _source(row: ChangeRequest) -> str:
    return queries.source_of(row.declaration)


def entry_key_of(row: ChangeRequest) -> str:
    """The key of a change's entry in the book: a version's own, or the withdrawal's."""
    number = row.declaration.number
    return f"declaration:{number}:v{row.version.number}" if row.version else f"declaration:{number}:withdrawn"


def _interest(row: ChangeRequest, *, paid: Decimal, after: Decimal, on: date) -> Decimal:
    """What is given with money that comes back: s. 80 after a refund claim, s. 66 after a decision of the agency."""
    principal = rules.paid_part(refund=-row.amount, paid=paid, owed_after=after)
    if principal <= ZERO or row.kind not in (ChangeKind.REFUND, ChangeKind.REDETERMINATION, ChangeKind.APPEAL):
        return ZERO
    rates = reference.prescribed_rates()
    if row.kind == ChangeKind.REFUND:
        return rules.refund_interest(principal, asked_on=day_of(row.asked_at), granted_on=on, rates=rates)
    parts = rules.latest_paid(queries.payments_of(row.declaration, on=on), principal)
    return rules.returned_interest(parts, given_on=on, rates=rates)


def _late_interest(row: ChangeRequest, earlier: Sequence[Any], *, on: date) -> Decimal:
    """What the change adds to the interest since the original due date, or takes off it; ``earlier`` from the book.

    The days of a relief window bear nothing, as with any late debt, and in one none is charged.
    """
    due_on = row.declaration.payment_due_on
    changes = [(entry.posted_on, entry.amount) for entry in earlier if entry.kind != EntryKind.INTEREST]
    charged = sum((entry.amount for entry in earlier if entry.key.endswith(_LATE)), ZERO)
    if row.amount >= ZERO and reference.late_interest_rule(on).value != "yes":
        return ZERO
    if on <= due_on or (row.amount < ZERO and not charged):
        return ZERO
    late = [(day, amount) for day, amount in (*changes, (on, row.amount)) if day > due_on]
    owed = rules.interest_until_decided(late, payment_due_on=due_on, rates=reference.late_rates())
    return owed - charged


def _drafts(
    row: ChangeRequest, before: dict[str, Decimal], after: dict[str, Decimal], facts: _Facts, *, on: date
) -> list[EntryDraft]:
    declaration = row.declaration
    amounts = change_of(_by_revenue(before), _by_revenue(after))
    dates = rules.due_dates(
        payment_due_on=declaration.payment_due_on,
        last_day_to_pay=declaration.last_day_to_pay,
        posted_on=on,
        period=facts.periods[Stream(declaration.stream)],
    )
    earlier = facts.earlier.get(_source(row), [])
    given: dict[str, Any] = {
        "holder_id": declaration.program_account_id,
        "submitter_id": declaration.submitter_id,
        "source": _source(row),
        "memo": declaration.vendor or declaration.number,
        "posted_on": on,
        "billing_on": billing_on(declaration.released_on, declaration.stream),
        "due_on": dates.due_on,
        "last_day_to_pay": dates.last_day_to_pay,
    }
    kind = EntryKind.REFUND if row.kind == ChangeKind.REFUND else EntryKind.ADJUSTMENT
    key = entry_key_of(row)
    drafts = [charge_draft(key=key, kind=kind, amounts=amounts, **given)]
    late = _late_interest(row, earlier, on=on)
    if late:
        drafts.append(
            charge_draft(
                key=f"{key}{_LATE}",
                kind=EntryKind.INTEREST,
                amounts={Revenue.INTEREST: late},
                **{**given, "memo": _source(row), "billing_on": on},
            )
        )
    if row.interest:
        drafts.append(
            charge_draft(
                key=f"{key}:interest",
                kind=EntryKind.INTEREST,
                amounts={Revenue.INTEREST: -row.interest},
                **{**given, "billing_on": on},
            )
        )
    return drafts


def _by_revenue(sums: dict[str, Decimal]) -> dict[Revenue, Decimal]:
    return {revenue: sums[name] for revenue, name in queries.REVENUES.items()}


def _put_into_force(
    row: ChangeRequest, after: dict[str, Decimal], vendors: dict[int, str], *, key: str, at: datetime
) -> None:
    declaration, version = row.declaration, row.version
    declaration.saved_at = at
    for name in ("value_for_duty", "duty", "sima", "surtax", "gst", "hst", "provincial_tax", "total"):
        setattr(declaration, name, after[name])
    declaration.excise = after["excise_duty"] + after["excise_tax"]
    if version is None:
        declaration.state = Declaration.State.WITHDRAWN
        return
    version.state = DeclarationVersion.State.ACCEPTED
    version.accepted_at, version.entry_key = at, key
    declaration.version_count = version.number
    declaration.vendor = vendors.get(version.pk, declaration.vendor)


def _decision_notices(row: ChangeRequest) -> list[delegations.BusinessNotice]:
    given = words(row, amount=row.amount, interest=row.interest, decision=row.decision)
    subject = _MADE if row.kind == ChangeKind.REDETERMINATION else _APPROVED
    return notices(row, lazy_text(subject, **given), lazy_text(_APPROVED_BODY, **given))

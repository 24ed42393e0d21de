"""What the services of changes share: locks, versions with other lines, the trail and the notices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Business
from core import audit
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict, DomainError
from core.lazy import lazy_text
from declarations import queries as declarations
from declarations.changes import queries, rules
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind, ChangeState
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services import CATEGORY, Reassessment
from declarations.services.parts import copy_version, require_no_open_change
from delegation import services as delegations
from delegation.services import BusinessNotice


@dataclass(frozen=True)
class LineChange:
    """Other particulars of one line; only what differs stands in ``values`` (fields of ``LineEntry``)."""

    invoice: int
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)


ASKED = gettext_lazy("%(kind)s %(number)s was asked for")
ASKED_BODY = gettext_lazy(
    "%(filer)s asks to change declaration %(declaration)s: %(reason)s. An officer decides by %(day)s."
)


def locked_request(change: ChangeRequest, wanted: ChangeState) -> ChangeRequest:
    """The request, locked after its declaration; ``Conflict`` when it can no longer go to the wanted state."""
    Declaration.objects.select_for_update().get(pk=change.declaration_id)
    row = (
        ChangeRequest.objects.select_for_update(of=("self",))
        .select_related("declaration__program_account", "declaration__release", "submitter", "version")
        .get(pk=change.pk)
    )
    require_can_become(row, wanted)
    return row


def require_can_become(row: ChangeRequest, wanted: ChangeState) -> None:
    if not rules.can_become(row.state, wanted):
        raise Conflict(
            _("Request %(number)s is closed: %(state)s. Open it to read what was decided.")
            % {"number": row.number, "state": row.get_state_display()},
            code="change_closed",
        )


def require_free(declaration: Declaration) -> None:
    """Accepted, with no request under review and no draft being written."""
    if declaration.state != Declaration.State.ACCEPTED:
        raise Conflict(
            _("Only an accepted declaration can be changed this way. Open it to see where it stands."),
            code="not_accepted",
        )
    require_no_open_change(declaration)
    if declarations.draft_of(declaration) is not None:
        raise Conflict(
            _("A change of this declaration is being written. Submit or discard it first."), code="draft_exists"
        )


def require_reason(kind: ChangeKind, code: str, reason: str) -> None:
    if rules.reason_of(kind, code) is None:
        raise DomainError(_("Choose the reason from the list."), code="reason_unknown", field="reason_code")
    if not reason.strip():
        raise DomainError(_("Say what is wrong and why."), code="reason_missing", field="reason")


def amended_version(
    declaration: Declaration,
    *,
    kind: DeclarationVersion.Kind,
    changes: Sequence[LineChange],
    submitter: Business,
    reason_code: str,
) -> DeclarationVersion:
    """A draft copied from the version in force in which some lines are assessed anew; all or none.

    ``DomainError`` whose field names the change at fault, ``changes[2].value``.
    """
    draft = copy_version(declaration, kind=kind, submitter=submitter, reason_code=reason_code)
    amend(draft, changes, on=declaration.released_on)
    return draft


def amend(draft: DeclarationVersion, changes: Sequence[LineChange], *, on: date) -> None:
    """Assess some lines of a draft anew by the tables of the day of release; refusals as :func:`amended_version`."""
    lines = {
        (line.invoice.position, line.position): line
        for line in Line.objects.filter(invoice__version=draft).select_related("invoice")
    }
    fresh = reassessed(lines, changes, Reassessment(on))
    Line.objects.filter(pk__in=[lines[place].pk for place in fresh]).delete()
    Line.objects.bulk_create(fresh.values())
    set_invoice_totals(draft, {place[0] for place in fresh})


def reassessed(
    lines: Mapping[tuple[int, int], Line], changes: Sequence[LineChange], tariff: Reassessment
) -> dict[tuple[int, int], Line]:
    """The changed lines by (invoice, line), not yet saved."""
    fresh: dict[tuple[int, int], Line] = {}
    for number, change in enumerate(changes):
        place = change.invoice, change.line
        if place not in lines:
            raise DomainError(
                _("There is no line %(line)s on invoice %(invoice)s. Check the numbers.")
                % {"line": change.line, "invoice": change.invoice},
                code="line_unknown",
                field=f"changes[{number}].line",
            )
        line = fresh.get(place) or lines[place]
        try:
            fresh[place] = tariff.line(line, line.invoice, change.values)
        except DomainError as problem:
            field_path = f"changes[{number}].{problem.field}" if problem.field else f"changes[{number}]"
            raise DomainError(problem.message, code=problem.code, field=field_path) from problem
    return fresh


def set_invoice_totals(draft: DeclarationVersion, positions: Iterable[int]) -> None:
    """An invoice's total follows its lines where a change touched them."""
    for invoice in Invoice.objects.filter(version=draft, position__in=positions).prefetch_related("lines"):
        invoice.total = sum(line.value for line in invoice.lines.all())
        invoice.save(update_fields=("total",))


def open_request(
    declaration: Declaration,
    *,
    kind: ChangeKind,
    code: str,
    reason: str,
    submitter: Business,
    actor: Actor,
    at: datetime,
    **more: Any,
) -> ChangeRequest:
    """The row of a request under review, with the next number of its declaration."""
    return ChangeRequest.objects.create(
        number=f"{declaration.number}-{declaration.changes.count() + 1}",
        declaration=declaration,
        kind=kind,
        reason_code=code,
        reason=reason.strip(),
        submitter=submitter,
        asked_by=actor.name,
        asked_at=at,
        decide_by=rules.decide_by(at.astimezone(TORONTO).date()),
        **more,
    )


def change_amount(declaration: Declaration, version: DeclarationVersion | None) -> Any:
    """What a version would add to what is owed; a withdrawal takes everything back."""
    if version is None:
        return -declaration.total
    return queries.totals_of([version.pk])[version.pk]["total"] - declaration.total


# --- The trail and the notices ---------------------------------------------------------------------------------------


def event(
    row: ChangeRequest, verb: str, *, actor: Actor, at: datetime, reason: str = "", **after: object
) -> audit.AuditEvent:
    account = row.declaration.program_account
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"declarations.Declaration:{row.declaration.number}",
        business_id=account.business_id,
        program_account_id=account.pk,
        after={"request": row.number, "kind": row.kind, **after},
        reason=reason,
        at=at,
    )


def notices(row: ChangeRequest, subject: Any, body: Any, *, but: int | None = None) -> list[BusinessNotice]:
    """The same words to the importer, the filer of the declaration and whoever asked, each once."""
    account = row.declaration.program_account
    told = {account.business_id, row.declaration.submitter_id, row.submitter_id} - {but}
    return [
        BusinessNotice(
            business_id=business_id,
            subject=subject,
            body=body,
            category=CATEGORY,
            link=partial(reverse, "declarations:change", args=(account.number, row.number)),
            program_account_id=account.pk,
        )
        for business_id in sorted(told)
    ]


def tell(row: ChangeRequest, subject: Any, body: Any, *, at: datetime, but: int | None = None) -> None:
    delegations.notify_businesses(notices(row, subject, body, but=but), at=at)


def words(row: ChangeRequest, **more: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": lambda: str(ChangeKind(row.kind).label),
        "declaration": row.declaration.number,
        "filer": row.submitter.legal_name,
        "reason": row.reason,
        "day": row.decide_by,
        **more,
    }


def tell_of_request(row: ChangeRequest, *, at: datetime) -> None:
    given = words(row)
    tell(row, lazy_text(ASKED, **given), lazy_text(ASKED_BODY, **given), at=at)

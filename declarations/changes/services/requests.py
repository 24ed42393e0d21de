"""What an importer or its broker asks for: adjustments, refunds, withdrawals and appeals, with words and files."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Business
from core import format as formats
from core.actor import Actor
from core.audit import record_many
from core.errors import Conflict, DomainError, Refused
from core.lazy import lazy_text
from declarations import queries as declarations
from declarations.changes import queries, rules
from declarations.changes.models import ChangeMessage, ChangeRequest
from declarations.changes.rules import ChangeKind, ChangeState
from declarations.changes.services.parts import (
    LineChange,
    amend,
    amended_version,
    change_amount,
    event,
    locked_request,
    open_request,
    require_free,
    require_reason,
    tell,
    tell_of_request,
    words,
)
from declarations.models import Declaration, DeclarationVersion
from declarations.services import filing
from declarations.services.parts import (
    copy_version,
    day_of,
    locked_declaration,
    open_draft,
    record,
    require_authority,
    require_filer,
)
from documents import services as documents
from documents.services import Folder, Incoming, Received

#: The kinds that bring a version of their own.
WITH_VERSION = (ChangeKind.ADJUSTMENT, ChangeKind.REFUND)
CATEGORY_OF_FILES = "change"
_TAKEN_BACK = gettext_lazy("%(kind)s %(number)s was taken back")
_TAKEN_BACK_BODY = gettext_lazy("Declaration %(declaration)s stays as it is.")
_ANSWERED = gettext_lazy("Answer to %(kind)s %(number)s")
_ANSWERED_BODY = gettext_lazy("%(filer)s answered; the review goes on.")


def start_change(
    *, declaration: Declaration, kind: ChangeKind, code: str, submitter: Business, actor: Actor, at: datetime
) -> DeclarationVersion:
    """Open the draft of an adjustment or a refund claim; after the payment due date, within its time.

    Source: Customs Act s. 32.2 and 74. ``DomainError`` before the due date (a correction does it) or after the time.
    """
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        _require_askable(declaration, kind, code, on=on)
        require_authority(declaration, actor, on=on)
        draft = copy_version(
            declaration, kind=DeclarationVersion.Kind(kind.value), submitter=submitter, reason_code=code
        )
        declaration.saved_at = at
        declaration.save(update_fields=("saved_at",))
        record(declaration, "declaration.change_started", actor=actor, at=at, after={"kind": kind.value})
    return draft


def send_for_review(*, declaration: Declaration, reason: str, actor: Actor, at: datetime) -> ChangeRequest:
    """Put the draft under review; nothing is posted until an officer approves it.

    ``DomainError`` with the first open check, or when the change goes the wrong way for its kind.
    """
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        draft = open_draft(declaration, actor)
        if not draft.is_request:
            raise Conflict(_("This draft needs no review. Submit it."), code="no_review_needed")
        require_filer(draft, actor)
        require_authority(declaration, actor, on=on)
        kind = ChangeKind(draft.kind)
        require_reason(kind, draft.reason_code, reason)
        _require_in_time(declaration, kind, draft.reason_code, on=on)
        for check in declarations.checks(declaration, draft, on=on):
            if not check.passed and check.blocks:
                raise DomainError(check.message, code=check.code, field=check.field)
        return _under_review(declaration, draft, reason=reason, actor=actor, at=at)


def request_change(
    *,
    declaration: Declaration,
    kind: ChangeKind,
    code: str,
    reason: str,
    changes: Sequence[LineChange],
    submitter: Business,
    actor: Actor,
    at: datetime,
) -> ChangeRequest:
    """An adjustment or refund claim in one call: the changed lines, the reason, under review; all or nothing."""
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        require_reason(kind, code, reason)
        _require_askable(declaration, kind, code, on=on)
        require_authority(declaration, actor, on=on)
        draft = amended_version(
            declaration,
            kind=DeclarationVersion.Kind(kind.value),
            changes=changes,
            submitter=submitter,
            reason_code=code,
        )
        return _under_review(declaration, draft, reason=reason, actor=actor, at=at)


def correct(
    *,
    declaration: Declaration,
    changes: Sequence[LineChange],
    reason: str,
    submitter: Business,
    actor: Actor,
    at: datetime,
) -> Declaration:
    """A correction in one call: the changed lines, submitted and posted; all or nothing (Customs Act s. 32.2(3)).

    ``Conflict`` where a draft is being written by hand; refusals as ``start_correction``, :func:`request_change` and
    ``submit``.
    """
    with transaction.atomic():
        if declarations.draft_of(locked_declaration(declaration)) is not None:
            raise Conflict(
                _("A draft of declaration %(number)s is being written in the portal. Finish it there.")
                % {"number": declaration.number},
                code="draft_exists",
                field="declaration",
            )
        begun = filing.start_correction(declaration=declaration, submitter=submitter, actor=actor, at=at)
        draft = declarations.draft_of(begun)
        assert draft is not None  # it was begun in this transaction
        amend(draft, changes, on=begun.released_on)
        return filing.submit(declaration=begun, reason=reason, actor=actor, at=at)


def request_withdrawal(
    *, declaration: Declaration, code: str, reason: str, submitter: Business, actor: Actor, at: datetime
) -> ChangeRequest:
    """Ask to withdraw a declaration as a whole (memoranda D17-2-3 and D17-2-4)."""
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        require_reason(ChangeKind.WITHDRAWAL, code, reason)
        require_free(declaration)
        require_authority(declaration, actor, on=day_of(at))
        row = open_request(
            declaration,
            kind=ChangeKind.WITHDRAWAL,
            code=code,
            reason=reason,
            submitter=submitter,
            amount=change_amount(declaration, None),
            actor=actor,
            at=at,
        )
        return _announce(row, actor=actor, at=at)


def lodge_appeal(
    *,
    notice: ChangeRequest,
    code: str,
    reason: str,
    late_reason: str = "",
    submitter: Business,
    actor: Actor,
    at: datetime,
) -> ChangeRequest:
    """Appeal against a decision: within 90 days, or with a reason for the delay within a year more.

    Only when the declaration's amounts are paid or secured (Customs Act s. 60(1), 60.1).
    """
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(notice.declaration)
        require_reason(ChangeKind.APPEAL, code, reason)
        require_free(declaration)
        require_authority(declaration, actor, on=on)
        notice.refresh_from_db()
        if notice.state not in rules.DECIDED or notice.decided_at is None:
            raise Conflict(_("There is no decision yet to appeal against."), code="not_decided")
        _require_in_appeal_time(notice, late_reason, on=on)
        if not queries.is_paid_or_secured(declaration, on=on):
            raise DomainError(
                _("%(amount)s of this declaration is not paid. Pay it or post security, then appeal.")
                % {"amount": formats.money(queries.open_amount(declaration, on=on), get_language() or "en")},
                code="not_paid_or_secured",
            )
        row = open_request(
            declaration,
            kind=ChangeKind.APPEAL,
            code=code,
            reason=reason,
            submitter=submitter,
            notice=notice,
            late_reason=late_reason.strip(),
            actor=actor,
            at=at,
        )
        return _announce(row, actor=actor, at=at)


def take_back(*, request: ChangeRequest, actor: Actor, at: datetime) -> ChangeRequest:
    """Its submitter gives a request up before it is decided; the declaration stays as it is."""
    with transaction.atomic():
        row = locked_request(request, ChangeState.TAKEN_BACK)
        _require_own(row, actor)
        row.state = ChangeState.TAKEN_BACK
        row.save(update_fields=("state",))
        if row.version is not None:
            row.version.state = DeclarationVersion.State.REJECTED
            row.version.save(update_fields=("state",))
        record_many([event(row, "declaration.change_taken_back", actor=actor, at=at)])
        given = words(row)
        tell(row, lazy_text(_TAKEN_BACK, **given), lazy_text(_TAKEN_BACK_BODY, **given), at=at)
    return row


def answer(*, request: ChangeRequest, text: str, actor: Actor, at: datetime) -> ChangeMessage:
    """The submitter writes to the officer; a request that waited for information goes on."""
    if not text.strip():
        raise DomainError(_("Write your message."), code="message_missing", field="text")
    with transaction.atomic():
        row = locked_request(request, ChangeState.TAKEN_BACK)
        _require_own(row, actor)
        message = ChangeMessage.objects.create(
            request=row, is_from_officer=False, author=actor.name, text=text.strip(), sent_at=at
        )
        if row.state == ChangeState.NEEDS_INFO:
            row.state = ChangeState.UNDER_REVIEW
            row.save(update_fields=("state",))
        record_many([event(row, "declaration.change_answered", actor=actor, at=at)])
        given = words(row)
        tell(row, lazy_text(_ANSWERED, **given), lazy_text(_ANSWERED_BODY, **given), at=at, but=row.submitter_id)
    return message


def add_files(*, request: ChangeRequest, files: Iterable[Incoming], actor: Actor, at: datetime) -> Received:
    """Documents for an open request; each is checked by the document store after the commit."""
    with transaction.atomic():
        row = locked_request(request, ChangeState.TAKEN_BACK)
        _require_own(row, actor)
        folder = Folder(case=row.files_case, category=CATEGORY_OF_FILES, business_id=row.submitter_id)
        return documents.receive(files=files, folder=folder, actor=actor, at=at)


def _require_askable(declaration: Declaration, kind: ChangeKind, code: str, *, on: date) -> None:
    if kind not in WITH_VERSION or rules.reason_of(kind, code) is None:
        raise DomainError(_("Choose the reason from the list."), code="reason_unknown", field="reason_code")
    require_free(declaration)
    if not rules.needs_review(state=declaration.state, payment_due_on=declaration.payment_due_on, on=on):
        raise DomainError(
            _("Until %(day)s this is a correction, without approval and without interest. Correct the declaration.")
            % {"day": formats.day(declaration.payment_due_on, get_language() or "en")},
            code="still_correctable",
        )
    _require_in_time(declaration, kind, code, on=on)


def _require_in_time(declaration: Declaration, kind: ChangeKind, code: str, *, on: date) -> None:
    last_day = rules.last_day_to_ask(kind, code, accounted_on=queries.accounted_on(declaration))
    if last_day is not None and on > last_day:
        raise DomainError(
            _("This could be asked for until %(day)s.") % {"day": formats.day(last_day, get_language() or "en")},
            code="change_too_late",
        )


def _require_in_appeal_time(notice: ChangeRequest, late_reason: str, *, on: date) -> None:
    assert notice.decided_at is not None
    window = rules.appeal_window(day_of(notice.decided_at))
    language = get_language() or "en"
    if on > window.late_last_day:
        raise DomainError(
            _("The time to appeal against this decision ended on %(day)s.")
            % {"day": formats.day(window.late_last_day, language)},
            code="appeal_too_late",
        )
    if on > window.last_day and not late_reason.strip():
        raise DomainError(
            _("The 90 days ended on %(day)s. Say why the appeal comes late.")
            % {"day": formats.day(window.last_day, language)},
            code="late_reason_missing",
            field="late_reason",
        )


def _require_own(row: ChangeRequest, actor: Actor) -> None:
    if actor.business_id not in (None, row.submitter_id):
        raise Refused(
            _("%(name)s asked for this change. Ask them to answer or to take it back.")
            % {"name": row.submitter.legal_name},
            code="change_of_another_filer",
        )


def _under_review(
    declaration: Declaration, draft: DeclarationVersion, *, reason: str, actor: Actor, at: datetime
) -> ChangeRequest:
    kind = ChangeKind(draft.kind)
    amount = change_amount(declaration, draft)
    if rules.runs_the_wrong_way(kind, amount):
        raise DomainError(
            _("This change gives money back, which an adjustment can't do. Make a refund claim instead.")
            if kind == ChangeKind.ADJUSTMENT
            else _("This change gives no money back. Ask for an adjustment instead."),
            code="wrong_kind",
        )
    draft.state = DeclarationVersion.State.UNDER_REVIEW
    draft.reason = reason.strip()
    draft.save(update_fields=("state", "reason"))
    given: dict[str, Any] = {"submitter": draft.submitter, "version": draft, "amount": amount}
    row = open_request(declaration, kind=kind, code=draft.reason_code, reason=reason, actor=actor, at=at, **given)
    return _announce(row, actor=actor, at=at)


def _announce(row: ChangeRequest, *, actor: Actor, at: datetime) -> ChangeRequest:
    record_many([event(row, "declaration.change_asked", actor=actor, at=at, reason=row.reason, amount=row.amount)])
    tell_of_request(row, at=at)
    return row

"""From a draft to an accepted declaration: started, submitted, posted, paid at the counter, corrected."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business
from core import format as formats
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict, DomainError
from core.money import ZERO
from declarations import queries
from declarations.models import ConsolidatedRelease, Declaration, DeclarationVersion
from declarations.services.late_debts import clear_late_debts
from declarations.services.lines import HeaderInput, InvoiceEntry, add_lines, at_place, save_header, save_invoice
from declarations.services.notices import tell_of_acceptance, tell_of_payment, tell_of_readiness, tell_of_rejection
from declarations.services.parts import (
    change_of,
    copy_totals,
    copy_version,
    day_of,
    locked_declaration,
    mark_releases_accounted,
    open_draft,
    record,
    require_authority,
    require_correctable,
    require_filer,
)
from declarations.services.starting import start_consolidated
from declarations.services.voluntary import billing_day, charge_interest_since_entry
from ledger import services as ledger
from ledger.rules import EntryKind
from releases import services as releases
from releases.models import Release

METHODS = ("CASH", "INTERAC", "CARD")


def start_draft(*, release: Release, submitter: Business, actor: Actor, at: datetime) -> Declaration:
    """Open the declaration of a release; the draft that exists already is returned as it is.

    ``DomainError`` for a release that was refused, ``Conflict`` when another filer has begun to account for it.
    """
    is_free = release.released_on is not None or release.kind == Release.Kind.CTYPE
    if release.state == Release.State.REFUSED or release.program_account is None or not is_free:
        raise DomainError(_("These goods were not released, so there is nothing to account for."), code="not_released")
    with transaction.atomic():
        Release.objects.select_for_update().get(pk=release.pk)
        if ConsolidatedRelease.objects.filter(release=release).exists():
            raise Conflict(
                _("This release is accounted for in a consolidated declaration of its month. Open that one."),
                code="release_is_consolidated",
            )
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
            goods=release.goods,
            office=release.office,
            released_on=release.released_on or asked_on,
            accounting_due_on=release.accounting_due_on or asked_on,
            payment_due_on=release.payment_due_on or asked_on,
            last_day_to_pay=release.last_day_to_pay or asked_on,
            created_at=at,
            saved_at=at,
        )
        DeclarationVersion.objects.create(
            declaration=declaration,
            number=1,
            submitter=submitter,
            cargo_control_numbers=release.cargo_control_number,
        )
        record(declaration, "declaration.started", actor=actor, at=at)
    return declaration


def start_correction(*, declaration: Declaration, submitter: Business, actor: Actor, at: datetime) -> Declaration:
    """Open a correction: a draft copied from the newest version; possible until the payment due date.

    Source: Customs Act s. 32.2(3): until the prescribed day a change is a correction, without interest.
    """
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        draft = queries.draft_of(declaration)
        if draft is not None:
            require_filer(draft, actor)
            return declaration
        if declaration.type == Declaration.Type.C:
            raise DomainError(
                _("This declaration was paid at the port. Ask the office of release to change it."),
                code="correction_at_port",
            )
        require_correctable(declaration, on=day_of(at))
        copy_version(declaration, kind=DeclarationVersion.Kind.CORRECTION, submitter=submitter)
        declaration.saved_at = at
        declaration.save(update_fields=("saved_at",))
        record(declaration, "declaration.correction_started", actor=actor, at=at)
    return declaration


def discard_draft(*, declaration: Declaration, actor: Actor, at: datetime) -> None:
    """Throw a correction's draft away; a first draft stays, because its goods have to be accounted for."""
    with transaction.atomic():
        draft = open_draft(declaration, actor)
        if draft.kind == DeclarationVersion.Kind.ORIGINAL:
            raise DomainError(
                _("The first declaration of a release can't be discarded. Change it, or submit it."),
                code="draft_needed",
            )
        draft.delete()
        record(declaration, "declaration.correction_discarded", actor=actor, at=at)


def submit(*, declaration: Declaration, actor: Actor, at: datetime, reason: str = "") -> Declaration:
    """Accept the draft and post it: the whole amount for an original, the difference for a correction.

    An original filed after an officer's own assessment posts the difference from it. A C-type declaration becomes ready
    for the port instead and is posted there. ``DomainError`` with the first open check; submitting what is accepted
    already returns it unchanged.
    """
    on = day_of(at)
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        draft = queries.draft_of(declaration)
        if draft is None or declaration.state == Declaration.State.READY:
            return declaration
        if draft.is_request:
            raise Conflict(_("An officer decides on this change. Send it for review."), code="needs_review")
        require_filer(draft, actor)
        require_authority(declaration, actor, on=on)
        for check in queries.checks(declaration, draft, on=on):
            if not check.passed and check.blocks:
                raise DomainError(check.message, code=check.code, field=_field_of(check))
        is_original = draft.kind == DeclarationVersion.Kind.ORIGINAL
        if not is_original:
            require_correctable(declaration, on=on)
        draft.reason = reason
        if declaration.type == Declaration.Type.C:
            draft.save(update_fields=("reason",))
            declaration.state = Declaration.State.READY
            declaration.saved_at = at
            declaration.save(update_fields=("state", "saved_at"))
            record(declaration, "declaration.ready_for_port", actor=actor, at=at)
            tell_of_readiness(declaration, at=at)
            return declaration
        if declaration.type == Declaration.Type.V and is_original:
            declaration.payment_due_on = declaration.last_day_to_pay = on
        if is_original:
            if declaration.release_id is not None:
                releases.locked_release(declaration.release_id)
            before = queries.assessed_before(declaration)
        else:
            before = queries.amounts_of(queries.accepted_version(declaration))
        after = queries.amounts_of(draft)
        key = f"declaration:{declaration.number}:v{draft.number}"
        ledger.post_charge(
            key=key,
            kind=EntryKind.DECLARATION if is_original else EntryKind.CORRECTION,
            holder_id=declaration.program_account_id,
            submitter_id=declaration.submitter_id,
            amounts=change_of(before, after),
            source=f"declaration:{declaration.number}",
            memo=declaration.vendor or declaration.number,
            posted_on=on,
            billing_on=billing_day(declaration, on=on),
            due_on=declaration.payment_due_on,
            last_day_to_pay=declaration.last_day_to_pay,
            at=at,
            actor=actor,
        )
        if sum(after.values(), ZERO) < sum(before.values(), ZERO):
            # What the agency assessed, or an earlier version declared, too much was never owed.
            clear_late_debts(sources=[f"declaration:{declaration.number}"], on=on, at=at, actor=actor)
        if declaration.type == Declaration.Type.V:
            charge_interest_since_entry(declaration, before, after, key=key, at=at, actor=actor)
        _accept(declaration, draft, key=key, at=at)
        mark_releases_accounted(declaration, on=on)
        record(
            declaration,
            "declaration.accepted" if is_original else "declaration.corrected",
            actor=actor,
            at=at,
            before={"total": sum(before.values(), ZERO)},
            after={"total": declaration.total, "version": draft.number},
            reason=reason,
        )
        tell_of_acceptance(declaration, draft, at=at)
    return declaration


def reject_submission(*, declaration: Declaration, reason: str, actor: Actor, at: datetime) -> None:
    """Note that a submission did not pass, and tell both sides why; the draft stays as it is."""
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        record(declaration, "declaration.rejected", actor=actor, at=at, reason=reason)
        tell_of_rejection(declaration, reason, at=at)


def reopen(*, declaration: Declaration, actor: Actor, at: datetime) -> Declaration:
    """Take a C-type declaration back from the port to change it; ``Conflict`` once it was paid or never was ready."""
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        draft = queries.draft_of(declaration)
        if declaration.state != Declaration.State.READY or draft is None:
            raise Conflict(_("This declaration is not waiting at the port."), code="not_ready_for_port")
        require_filer(draft, actor)
        declaration.state = Declaration.State.DRAFT
        declaration.saved_at = at
        declaration.save(update_fields=("state", "saved_at"))
        record(declaration, "declaration.reopened", actor=actor, at=at)
    return declaration


def pay_at_counter(
    *, declaration: Declaration, method: str, actor: Actor, at: datetime, card_left: Decimal | None = None
) -> Declaration:
    """At the port: a ready C-type declaration is posted, paid and its goods released, in one step.

    ``method`` is CASH, INTERAC or CARD; ``card_left`` is what a credit card may still pay, where that is known.
    ``Conflict`` when the declaration is not ready for the port or its goods are held there.
    """
    if method not in METHODS:
        raise DomainError(_("Choose how it was paid."), code="method_unknown", field="method")
    with transaction.atomic():
        declaration = locked_declaration(declaration)
        draft = queries.draft_of(declaration)
        if declaration.state != Declaration.State.READY or draft is None:
            raise Conflict(_("This declaration is not ready for payment at the port."), code="not_ready_for_port")
        assert declaration.release_id is not None  # goods at the port have their request
        on = day_of(at)
        amounts = queries.amounts_of(draft)
        if method == "CARD" and card_left is not None and sum(amounts.values(), ZERO) > card_left:
            raise DomainError(
                _("A credit card pays %(left)s more at most. Take cash or a debit card.")
                % {"left": formats.money(card_left, get_language() or "en")},
                code="card_limit",
                field="method",
            )
        key = f"declaration:{declaration.number}:v{draft.number}"
        ledger.post_ctype(
            key=key,
            holder_id=declaration.program_account_id,
            submitter_id=declaration.submitter_id,
            payer_id=declaration.program_account.business_id,
            amounts=amounts,
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
        record(
            declaration,
            "declaration.paid_at_port",
            actor=actor,
            at=at,
            after={"total": declaration.total, "method": method},
        )
        tell_of_payment(declaration, at=at)
    return declaration


def file_declaration(
    *,
    submitter: Business,
    invoices: Sequence[InvoiceEntry],
    actor: Actor,
    at: datetime,
    release: Release | None = None,
    consolidated: Sequence[Release] = (),
    header: HeaderInput | None = None,
) -> Declaration:
    """Draft, fill and submit in one transaction: all or nothing (API, imports).

    For one ``release``, or for the courier releases of a month in ``consolidated``. A refusal's field is a path such as
    ``invoices[0].lines[2].classification``. ``Conflict`` when the release has been accounted for, or when a draft that
    somebody wrote by hand waits to be finished.
    """
    with transaction.atomic():
        if release is None:
            declaration = start_consolidated(found=consolidated, submitter=submitter, actor=actor, at=at)
        else:
            declaration = start_draft(release=release, submitter=submitter, actor=actor, at=at)
        draft = queries.draft_of(declaration)
        if draft is None or declaration.state != Declaration.State.DRAFT:
            raise Conflict(
                _("Release %(number)s has been accounted for. Read its declaration, or correct it.")
                % {"number": declaration.number},
                code="already_accounted",
                field="release",
            )
        if draft.invoices.exists():
            raise Conflict(
                _("A draft for release %(number)s is being written in the portal. Finish it there.")
                % {"number": declaration.number},
                code="draft_exists",
                field="release",
            )
        if header is not None:
            try:
                save_header(declaration=declaration, entry=header, actor=actor, at=at)
            except DomainError as problem:
                raise at_place(problem, "header") from problem
        for number, entry in enumerate(invoices):
            place = f"invoices[{number}]"
            try:
                invoice = save_invoice(
                    declaration=declaration, entry=entry.invoice, actor=actor, at=at, position=number + 1
                )
                add_lines(declaration=declaration, invoice=invoice, entries=entry.lines, at=at, actor=actor)
            except DomainError as problem:
                raise at_place(problem, place) from problem
        return submit(declaration=declaration, actor=actor, at=at)


def _field_of(check: queries.Check) -> str | None:
    if check.invoice is not None and check.field is not None:
        return f"invoices[{check.invoice - 1}].{check.field}"
    return check.field


def _accept(declaration: Declaration, draft: DeclarationVersion, *, key: str, at: datetime) -> None:
    draft.state = DeclarationVersion.State.ACCEPTED
    draft.accepted_at = at
    draft.entry_key = key
    draft.save()
    copy_totals(declaration, draft)
    declaration.state = Declaration.State.ACCEPTED
    declaration.accepted_at = declaration.accepted_at or at
    declaration.saved_at = at
    declaration.version_count = draft.number
    declaration.save()

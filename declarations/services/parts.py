"""What the services of declarations share: the draft they lock, who may file it, the trail and the notices."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor, ActorKind
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused
from core.money import ZERO
from declarations import queries, rules
from declarations.changes.rules import OPEN
from declarations.models import Declaration, DeclarationVersion, Line
from delegation import services as delegations
from delegation.rules import Action
from delegation.services import BusinessNotice
from ledger.rules import Revenue
from releases import services as releases
from releases.models import Release

CATEGORY = "declarations"
GST_STATUS = "gst_status"
EXCISE_EXEMPTION = "excise_exemption"
#: What a version says about the whole consignment.
HEADER = ("transport_mode", "carrier", "unlading_port", "cargo_control_numbers")
_FILERS = (ActorKind.PERSON, ActorKind.SOFTWARE)


def due_day(release: Release) -> date:
    return release.accounting_due_on or day_of(release.requested_at)


def account_of(release: Release) -> ProgramAccount:
    assert release.program_account is not None  # goods are released to a program account only
    return release.program_account


def event_of(
    release: Release, verb: str, *, actor: Actor, at: datetime, after: dict[str, object] | None = None
) -> audit.AuditEvent:
    account = account_of(release)
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"releases.Release:{release.transaction_number}",
        business_id=account.business_id,
        program_account_id=account.pk,
        after=after,
        at=at,
    )


def words_of(release: Release) -> dict[str, str]:
    language = get_language() or "en"
    return {
        "number": release.transaction_number,
        "goods": release.goods,
        "day": formats.weekday_day(due_day(release), language),
        "filer": release.submitter.legal_name,
    }


def notices_for(release: Release, *, subject: Callable[[], str], body: Callable[[], str]) -> list[BusinessNotice]:
    """The same words to the importer and, where another business asked for the release, to it."""
    account = account_of(release)
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


def day_of(at: datetime) -> date:
    return at.astimezone(TORONTO).date()


def locked_declaration(declaration: Declaration) -> Declaration:
    return (
        Declaration.objects.select_for_update(of=("self",))
        .select_related("program_account", "submitter", "release")
        .get(pk=declaration.pk)
    )


def open_draft(declaration: Declaration, actor: Actor | None = None) -> DeclarationVersion:
    """The draft, locked; ``Conflict`` when the declaration has been submitted meanwhile."""
    current = Declaration.objects.select_for_update().get(pk=declaration.pk)
    draft = queries.draft_of(current)
    if draft is None or current.state == Declaration.State.READY:
        raise Conflict(
            _("This declaration has been submitted. Open it to read it, or start a correction."), code="no_draft"
        )
    if actor is not None:
        require_filer(draft, actor)
    return draft


def require_filer(draft: DeclarationVersion, actor: Actor) -> None:
    """Only the business that writes a draft changes or submits it, because it answers for what it says."""
    if actor.kind in _FILERS and actor.business_id not in (None, draft.submitter_id):
        raise Refused(
            _("%(name)s is writing this declaration. Ask them to change or submit it.")
            % {"name": draft.submitter.legal_name},
            code="draft_of_another_filer",
        )


def require_authority(declaration: Declaration, actor: Actor, *, on: date) -> None:
    """A broker's delegation and licence, and a person's own role in the program account, hold until it is written.

    A revocation and a change of role are before the submission or after it.
    """
    account = declaration.program_account
    if actor.kind not in _FILERS or actor.business_id is None:
        return
    if actor.business_id != account.business_id:
        delegations.require_in_force(program_account=account, provider_id=actor.business_id, on=on)
    elif actor.user_id is not None:
        delegations.require_role(program_account=account, user_id=actor.user_id, to=Action.FILE_DECLARATION)


def require_no_open_change(declaration: Declaration) -> None:
    """One thing at a time: what an officer has under review is decided or taken back first."""
    under_review = declaration.changes.filter(state__in=OPEN).first()
    if under_review is not None:
        raise Conflict(
            _("Request %(number)s about this declaration is under review. Wait for its decision, or take it back.")
            % {"number": under_review.number},
            code="change_under_review",
        )


def require_correctable(declaration: Declaration, *, on: date) -> None:
    require_no_open_change(declaration)
    if not rules.can_correct(state=declaration.state, payment_due_on=declaration.payment_due_on, on=on):
        raise DomainError(
            _("The time for corrections ended on %(day)s, the payment due date. Ask for an adjustment instead.")
            % {"day": formats.day(declaration.payment_due_on, get_language() or "en")},
            code="correction_too_late",
        )


def copy_totals(declaration: Declaration, version: DeclarationVersion) -> list[str]:
    names = (
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
    sums = Line.objects.filter(invoice__version=version).aggregate(**{f"sum_{name}": Sum(name) for name in names})
    totals = {name: sums[f"sum_{name}"] or ZERO for name in names}
    totals["excise"] = totals.pop("excise_duty") + totals.pop("excise_tax")
    for name, amount in totals.items():
        setattr(declaration, name, amount)
    first = version.invoices.order_by("position").first()
    declaration.vendor = first.vendor if first else ""
    return [*totals, "vendor"]


def copy_contents(source: DeclarationVersion, target: DeclarationVersion) -> None:
    """Header, invoices and lines of a version copied as they stand into another one that is empty."""
    for name in HEADER:
        setattr(target, name, getattr(source, name))
    target.save(update_fields=HEADER)
    for invoice in source.invoices.prefetch_related("lines").order_by("position"):
        lines = list(invoice.lines.all())
        invoice.pk = None
        invoice.version = target
        invoice.save(force_insert=True)
        for line in lines:
            line.pk = None
            line.invoice = invoice
        Line.objects.bulk_create(lines)


def copy_version(
    declaration: Declaration, *, kind: DeclarationVersion.Kind, submitter: Business, reason_code: str = ""
) -> DeclarationVersion:
    """A draft with the next number and the contents of the version in force."""
    in_force = queries.accepted_version(declaration)
    assert in_force is not None  # only an accepted declaration is changed
    draft = DeclarationVersion.objects.create(
        declaration=declaration,
        number=queries.newest_version(declaration).number + 1,
        kind=kind,
        submitter=submitter,
        reason_code=reason_code,
    )
    copy_contents(in_force, draft)
    return draft


def mark_releases_accounted(declaration: Declaration, *, on: date) -> None:
    """Note on every release that the declaration accounts for that its goods are accounted for."""
    if declaration.release_id is not None:
        releases.mark_accounted(release_id=declaration.release_id, on=on)
    if declaration.type == Declaration.Type.F:
        consolidated = list(declaration.consolidated.values_list("release_id", flat=True))
        releases.mark_all_accounted(release_ids=consolidated, on=on)


def change_of(before: Mapping[Revenue, Decimal], after: Mapping[Revenue, Decimal]) -> dict[Revenue, Decimal]:
    classes = before.keys() | after.keys()
    return {name: after.get(name, ZERO) - before.get(name, ZERO) for name in classes}


def record(
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

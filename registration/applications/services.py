"""What happens to an application: begun, described, handed in, completed with documents, decided by an officer."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import services as accounts
from accounts.models import Business, ProgramAccount, User
from accounts.services import BusinessDraft
from core import audit
from core.actor import Actor, ActorKind
from core.clock import TORONTO
from core.errors import Conflict, DomainError, Refused, Stranger
from core.lazy import lazy_text
from documents import queries as stored
from documents import services as documents
from documents.models import StoredDocument
from documents.services import Folder, Incoming, Received
from notifications.services import notify
from registration.applications import queries, rules
from registration.applications.models import Application
from registration.applications.rules import Answers, ApplicationState, Numbers, Paper, Way
from releases import services as releases

#: The longest text kept of one box.
LONGEST_TYPED = 200
_CASE = "registration.Application:"
_TRIES = 20

SUBMITTED = gettext_lazy("Your application for %(name)s was handed in")
ANSWER_BY = gettext_lazy("It is complete. An officer answers by %(day)s.")
MISSING = gettext_lazy("Documents are missing for %(name)s")
MISSING_BODY = gettext_lazy("The officer starts once the file is complete. Upload what the page lists as missing.")
CHECKING_BODY = gettext_lazy("Your files are being checked. You are told if one has to come again.")
FILE_REFUSED = gettext_lazy("The file %(file)s was refused")
COMPLETE = gettext_lazy("Your file for %(name)s is complete")
ASKED = gettext_lazy("The officer asks for documents for %(name)s")
APPROVED = gettext_lazy("Your application for %(name)s was approved")
APPROVED_ACCOUNT = gettext_lazy(
    "Program account %(number)s is open. You are the primary Business Account Manager. Name a backup next."
)
APPROVED_PROVIDER = gettext_lazy(
    "The business is registered. You are its primary Business Account Manager. Ask your clients for access next."
)
REJECTED = gettext_lazy("Your application for %(name)s was rejected")


@dataclass(frozen=True)
class Details:
    """What an application says about the business, as the form read it."""

    legal_name: str
    street: str
    city: str
    postal_code: str
    bn9: str = ""
    operating_name: str = ""
    region: str = ""
    country: str = "CA"
    program_name: str = ""
    profile: str = ProgramAccount.Profile.IMPORTER
    books_elsewhere: bool = False
    licence_number: str = ""
    licence_valid_until: date | None = None
    security_reference: str = ""


# --- What the person does ---------------------------------------------------------------------------------------------
def begin(*, user: User, answers: Answers, actor: Actor, at: datetime) -> Application:
    """The person's draft, new or with other first answers; what was typed into it stays.

    ``Refused`` for officers, ``DomainError`` where the answers lead elsewhere.
    """
    if actor.kind == ActorKind.OFFICER:
        raise Refused(
            _("Officers do not apply for businesses. Open the applications on your own pages."),
            code="officer_cannot_register",
        )
    if rules.way_in(answers) != Way.APPLY:
        raise DomainError(
            _("With these answers there is nothing to apply for yet. Answer again; the page says what comes first."),
            code="other_way",
        )
    with transaction.atomic():
        # The person's row is locked, so that two windows begin one draft.
        person = User.objects.select_for_update().get(pk=user.pk)
        row = queries.draft_of(person.pk)
        is_new = row is None
        if row is None:
            row = Application(user=person, started_at=at)
        row.kind = answers.who.value
        row.entity_type = answers.entity.value
        row.is_non_resident = answers.is_non_resident
        row.has_number = answers.numbers == Numbers.BUSINESS
        # Other questions follow from other answers, so the details have to be looked at again.
        row.described_at, row.saved_at = None, at
        row.save()
        if is_new:
            _record(row, "application.started", after={"kind": row.kind}, actor=actor, at=at)
    return row


def keep(*, application: Application, typed: Mapping[str, str], at: datetime) -> None:
    """Keep what stands in the boxes, right or wrong, so that an interruption loses nothing."""
    with transaction.atomic():
        row = _row(application)
        if not row.is_draft:
            return
        row.typed = {
            name: text.replace("\x00", "")[:LONGEST_TYPED] for name, text in typed.items() if isinstance(text, str)
        }
        row.saved_at = at
        row.save(update_fields=("typed", "saved_at"))


def describe(*, application: Application, details: Details, actor: Actor, at: datetime) -> Application:
    """Take the details of the business into the draft.

    ``DomainError`` on the field at fault: a business number that is missing or outside the simulation's own range, a
    country that is not abroad, a licence that has ended.
    """
    on = at.astimezone(TORONTO).date()
    with transaction.atomic():
        row = _row(application)
        _require(row, ApplicationState.SUBMITTED)
        values = asdict(details)
        _check_details(row, details, on=on)
        if not row.has_number:
            values["bn9"] = ""
        if row.is_sole_proprietor:
            values["legal_name"] = row.user.get_full_name()
        if not row.is_non_resident:
            values["country"] = "CA"
        for name, value in values.items():
            setattr(row, name, value)
        row.described_at, row.saved_at = at, at
        row.save()
    return row


def add_documents(
    *, application: Application, paper: Paper, files: Iterable[Incoming], actor: Actor, at: datetime
) -> Received:
    """Put files into an application that is not decided yet; each is checked after the commit."""
    with transaction.atomic():
        row = _row(application)
        _require(row, ApplicationState.WITHDRAWN)
        folder = Folder(case=row.case, category=paper.value, person_id=row.user_id)
        received = documents.receive(files=files, folder=folder, actor=actor, at=at)
        # Somebody works on it.
        row.saved_at = at
        row.save(update_fields=("saved_at",))
    return received


def remove_document(*, application: Application, public_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a file out again, before an officer has the application in hand."""
    with transaction.atomic():
        row = _row(application)
        if row.state not in (Application.State.DRAFT, Application.State.DOCS_MISSING):
            raise Conflict(
                _("The officer has the file already, so nothing can be taken out. Upload a better copy instead."),
                code="application_in_hand",
            )
        document = stored.document_of(row.case, public_id)
        if document is None:
            raise Stranger(_("There is no such file in this application."), code="not_found")
        documents.remove(document=document, actor=actor, at=at)


def submit(*, application: Application, actor: Actor, at: datetime) -> Application:
    """Hand the application in; sent twice, it is handed in once.

    It may be handed in before every document is there: the page and a notification say what is missing, and the
    officer's time begins once the file is complete.
    """
    with transaction.atomic():
        row = _row(application)
        if row.submitted_at is not None:
            return row
        _require(row, ApplicationState.SUBMITTED)
        if row.described_at is None:
            raise Conflict(_("Finish the details of the business first."), code="application_details")
        row.state, row.submitted_at = Application.State.SUBMITTED, at
        _sort_by_papers(row, at=at)
        row.saved_at = at
        row.save()
        _record(row, "application.submitted", after={"kind": row.kind, "state": row.state}, actor=actor, at=at)
        body: Any = CHECKING_BODY
        if row.state == Application.State.UNDER_REVIEW:
            body = lazy_text(ANSWER_BY, day=row.answer_by)
        elif row.state == Application.State.DOCS_MISSING:
            body = MISSING_BODY
        _notify(row, SUBMITTED, body, at=at)
    return row


def withdraw(*, application: Application, actor: Actor, at: datetime) -> Application:
    """Take the application back while nobody has decided; a draft goes the same way."""
    with transaction.atomic():
        row = _row(application)
        if row.state == Application.State.WITHDRAWN:
            return row
        _require(row, ApplicationState.WITHDRAWN)
        row.state, row.saved_at = Application.State.WITHDRAWN, at
        row.save(update_fields=("state", "saved_at"))
        _record(row, "application.withdrawn", actor=actor, at=at)
    return row


# --- What the check of a document brings ------------------------------------------------------------------------------
def document_checked(*, document: StoredDocument, actor: Actor, at: datetime) -> None:
    """Called by the document store at the end of each check: alerts, and the step that the last document allows."""
    key = document.case.removeprefix(_CASE)
    if key == document.case:
        return
    with transaction.atomic():
        row = _row(Application(pk=int(key)))
        if not row.is_waiting:
            return
        if document.is_refused:
            subject = lazy_text(FILE_REFUSED, file=document.name)
            tell_applicant(row, subject, document.sentence, at=at)
        before = row.state
        if row.state != Application.State.UNDER_REVIEW:
            _sort_by_papers(row, at=at)
        if row.state == before:
            return
        row.save()
        _record(
            row, "application.papers_checked", before={"state": before}, after={"state": row.state}, actor=actor, at=at
        )
        if row.state == Application.State.UNDER_REVIEW:
            _notify(row, COMPLETE, lazy_text(ANSWER_BY, day=row.answer_by), at=at)
        else:
            _notify(row, MISSING, MISSING_BODY, at=at)


# --- What officers do -------------------------------------------------------------------------------------------------
def ask_for_documents(
    *, application: Application, papers: Collection[Paper], message: str, actor: Actor, at: datetime
) -> Application:
    """Send the application back for documents; what came before the question does not answer it."""
    _require_officer(actor)
    with transaction.atomic():
        row = _row(application)
        _require(row, ApplicationState.DOCS_MISSING)
        if not papers:
            raise DomainError(_("Choose at least one kind of document."), code="no_papers", field="papers")
        row.state = Application.State.DOCS_MISSING
        row.asked = [paper.value for paper in Paper if paper in papers]
        row.asked_after = max((file.pk for file in queries.papers_of(row).files), default=0)
        row.message, row.complete_on, row.answer_by = message, None, None
        row.missing_since, row.reminded_after = at.astimezone(TORONTO).date(), 0
        row.save()
        _record(row, "application.documents_asked", after={"papers": row.asked}, reason=message, actor=actor, at=at)
        _notify(row, ASKED, message, at=at)
    return row


def approve(*, application: Application, reason: str, actor: Actor, on: date, at: datetime) -> Application:
    """Register the business, open its program account where one is asked for, and make the person its primary manager.

    A business without a number gets one of the simulation's own range. ``Conflict`` when somebody decided meanwhile, or
    when the business has its manager or is closed.
    """
    _require_officer(actor)
    with transaction.atomic():
        row = _row(application)
        _require(row, ApplicationState.APPROVED)
        business = _business_of(row, actor=actor, on=on, at=at)
        if row.is_importer:
            row.program_account = queries.importing_account(business, on=on) or accounts.open_program_account(
                business=business,
                rm=rules.next_rm(queries.numbers_of(business)),
                name=row.program_name,
                profile=row.profile,
                on=on,
                actor=actor,
                at=at,
            )
        else:
            accounts.recognise_provider(
                business=business,
                provider_kind=row.kind,
                licence_number=row.licence_number,
                licence_valid_until=row.licence_valid_until,
                actor=actor,
                at=at,
            )
            if row.kind == Application.Kind.CUSTOMS_BROKER:
                releases.account_security_number(business.pk)
        accounts.link_primary_manager(user=row.user, business=business, actor=actor, at=at)
        row.business, row.bn9 = business, business.bn9
        _decide(row, ApplicationState.APPROVED, reason, actor=actor, at=at)
        _record(row, "application.approved", after=_outcome(row), reason=reason, actor=actor, at=at)
        body: Any = APPROVED_PROVIDER
        if row.program_account is not None:
            body = lazy_text(APPROVED_ACCOUNT, number=row.program_account.number)
        _notify(row, APPROVED, body, at=at)
    return row


def reject(*, application: Application, reason: str, actor: Actor, at: datetime) -> Application:
    """Say no with a reason, which the person reads; they may apply again."""
    _require_officer(actor)
    with transaction.atomic():
        row = _row(application)
        _require(row, ApplicationState.REJECTED)
        _decide(row, ApplicationState.REJECTED, reason, actor=actor, at=at)
        _record(row, "application.rejected", reason=reason, actor=actor, at=at)
        _notify(row, REJECTED, reason, at=at)
    return row


def record_opened(*, document: StoredDocument, actor: Actor, at: datetime) -> None:
    """An officer opened a person's file: the audit trail says so."""
    audit.record(
        actor=actor,
        verb="document.opened",
        target=document.case,
        after={"document": str(document.public_id), "name": document.name},
        at=at,
    )


# --- Parts ------------------------------------------------------------------------------------------------------------
def _row(application: Application) -> Application:
    return Application.objects.select_for_update(of=("self",)).select_related("user").get(pk=application.pk)


def _require(row: Application, following: ApplicationState) -> None:
    """``Conflict`` where the application can't go there from where it stands: somebody was first."""
    if rules.can_become(row.state, following):
        return
    sentences: dict[str, Any] = {
        Application.State.APPROVED: _("This application was approved already. Open it to see what was issued."),
        Application.State.REJECTED: _("This application was rejected already. The person may apply again."),
        Application.State.WITHDRAWN: _("This application was withdrawn. The person may apply again."),
        Application.State.DRAFT: _("This application was not handed in yet."),
    }
    waiting = _("This application waits for something else now. Open it again to see where it stands.")
    raise Conflict(sentences.get(row.state, waiting), code="application_moved_on")


def _require_officer(actor: Actor) -> None:
    if actor.kind != ActorKind.OFFICER:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")


def _check_details(row: Application, details: Details, *, on: date) -> None:
    if row.has_number and not rules.is_of_own_range(details.bn9):
        raise DomainError(
            _("In this simulation business numbers begin with 70 or 71. Enter one of those, never a real one."),
            code="foreign_number",
            field="bn9",
        )
    if row.is_non_resident and details.country == "CA":
        raise DomainError(
            _("You said that the business is outside Canada. Choose its country, or answer the first questions again."),
            code="country_differs",
            field="country",
        )
    if details.licence_valid_until is not None and details.licence_valid_until < on:
        raise DomainError(
            _("This licence has ended. Renew it first, then apply with its new last day."),
            code="licence_ended",
            field="licence_valid_until",
        )


def _sort_by_papers(row: Application, *, at: datetime) -> None:
    """Put a submitted application where its documents allow; a complete file starts the officer's time."""
    papers = queries.papers_of(row)
    following = rules.state_of_papers(papers.missing, is_checking=papers.is_checking)
    if not rules.can_become(row.state, following):
        return
    row.state = Application.State(following.value)
    on = at.astimezone(TORONTO).date()
    row.missing_since, row.reminded_after = (on if row.state == Application.State.DOCS_MISSING else None), 0
    if row.state == Application.State.UNDER_REVIEW:
        row.complete_on = on
        row.answer_by = rules.answer_by(row.complete_on, is_non_resident=row.is_non_resident)


def _business_of(row: Application, *, actor: Actor, on: date, at: datetime) -> Business:
    """The business of the register, or a new one as the revenue agency would hand it over."""
    known = Business.objects.filter(bn9=row.bn9).first() if row.bn9 else None
    if known is not None:
        if known.closed_on is not None and known.closed_on <= on:
            raise Conflict(_("This business is closed. Reject the application and say so."), code="business_closed")
        return known
    draft = BusinessDraft(
        bn9=row.bn9 or _free_number(),
        legal_name=row.legal_name,
        operating_name=row.operating_name,
        street=row.street,
        city=row.city,
        region=row.region,
        postal_code=row.postal_code,
        country=row.country,
        language=row.user.language,
        is_non_resident=row.is_non_resident,
    )
    return accounts.record_business(draft=draft, actor=actor, at=at)


def _free_number() -> str:
    """A business number that nobody has; of two at once the later meets the register's own ``Conflict``."""
    for _attempt in range(_TRIES):
        number = rules.issued_number(secrets.randbelow(1_000_000))
        if not queries.is_issued(number):
            return number
    raise Conflict(_("No free business number was found. Approve once more."), code="no_number")  # pragma: no cover


def _decide(row: Application, state: ApplicationState, reason: str, *, actor: Actor, at: datetime) -> None:
    row.state, row.message = Application.State(state.value), reason
    row.decided_at, row.decided_by, row.saved_at = at, actor.name, at
    row.save()


def _outcome(row: Application) -> dict[str, Any]:
    return {"bn9": row.bn9, "program_account": row.program_account.number if row.program_account else ""}


def _notify(row: Application, sentence: Any, body: Any, *, at: datetime) -> None:
    tell_applicant(row, lazy_text(sentence, name=row.legal_name), body, at=at)


def tell_applicant(row: Application, subject: Any, body: Any, *, at: datetime) -> None:
    """One notification to whoever applied, with the page of the application."""
    notify(
        recipients=[row.user],
        subject=subject,
        body=body,
        category="registration",
        link=partial(reverse, "registration:application", args=(row.pk,)),
        business_id=row.business_id,
        at=at,
    )


def _record(row: Application, verb: str, *, actor: Actor, at: datetime, **details: Any) -> None:
    audit.record(actor=actor, verb=verb, target=row.case, business_id=row.business_id, at=at, **details)

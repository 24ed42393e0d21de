"""Questions about applications: the person's own, and the officers' desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from accounts.models import Business, ProgramAccount
from core.clock import at_toronto
from documents import queries as documents
from documents.models import StoredDocument
from registration import queries as registrations
from registration.applications import rules
from registration.applications.models import Application
from registration.applications.rules import Handed, Paper
from registration.rules import Identity, mismatches

OPEN = (Application.State.DRAFT, *rules.WAITING)


@dataclass(frozen=True)
class Papers:
    """The documents of one application: what came, what is missing, whether some are being checked."""

    files: Sequence[StoredDocument]
    missing: tuple[Paper, ...]

    @property
    def is_checking(self) -> bool:
        return any(file.is_waiting for file in self.files)


def applications_of(user_id: int) -> QuerySet[Application]:
    """A person's applications but those they withdrew, the newest first."""
    return (
        Application.objects.filter(user_id=user_id)
        .exclude(state=Application.State.WITHDRAWN)
        .select_related("business", "program_account")
        .order_by("-id")
    )


def application_of(user_id: int, pk: int) -> Application | None:
    """One application of this person."""
    found = Application.objects.filter(user_id=user_id, pk=pk)
    return found.select_related("business", "program_account").first()


def draft_of(user_id: int) -> Application | None:
    return Application.objects.filter(user_id=user_id, state=Application.State.DRAFT).first()


def papers_of(application: Application) -> Papers:
    files = list(documents.documents_of(application.case))
    handed = [Handed(file.category, file.pk) for file in files if file.is_accepted]
    missing = rules.missing_papers(
        application.required_papers, application.asked, handed, asked_after=application.asked_after
    )
    return Papers(files, missing)


# --- What a day brings ------------------------------------------------------------------------------------------------
def lacking_papers() -> list[int]:
    """Applications that wait for documents, the oldest first."""
    rows = Application.objects.filter(state=Application.State.DOCS_MISSING, missing_since__isnull=False)
    return list(rows.order_by("id").values_list("pk", flat=True))


def quiet_drafts(*, on: date, days: int) -> list[int]:
    """Drafts that nobody saved for so many days, or whose last file came so long ago, the oldest first."""
    before = at_toronto(on - timedelta(days=days - 1))
    rows = Application.objects.filter(state=Application.State.DRAFT, saved_at__lt=before)
    return list(rows.order_by("id").values_list("pk", flat=True))


def kept_long_enough(*, on: date, days: int) -> list[int]:
    """Applications that ended so many days ago and still hold files."""
    before = on - timedelta(days=days)
    ended = Q(decided_at__date__lt=before) | Q(state=Application.State.WITHDRAWN, saved_at__date__lt=before)
    closed = (Application.State.APPROVED, Application.State.REJECTED, Application.State.WITHDRAWN)
    rows = Application.objects.filter(ended, state__in=closed, files_removed_on=None)
    return list(rows.order_by("id").values_list("pk", flat=True))


# --- The officers' desk -----------------------------------------------------------------------------------------------
def desk(*, state: str = "", kind: str = "") -> QuerySet[Application]:
    """What waits, whose answer is due first at the top; those whose documents are missing after the complete ones."""
    rows = Application.objects.filter(state__in=[state] if state in rules.WAITING else rules.WAITING)
    if kind in Application.Kind.values:
        rows = rows.filter(kind=kind)
    return rows.select_related("user").order_by(F("answer_by").asc(nulls_last=True), "submitted_at", "id")


def application(pk: int) -> Application | None:
    """One application that was handed in, whoever's it is; a draft is its writer's own."""
    return (
        Application.objects.exclude(state=Application.State.DRAFT)
        .exclude(submitted_at=None)
        .filter(pk=pk)
        .select_related("user", "business", "program_account")
        .first()
    )


@dataclass(frozen=True)
class OnRecord:
    """What the register holds under the number of an application."""

    business: Business
    differing: list[str]
    accounts: Sequence[ProgramAccount]


def on_record(application: Application) -> OnRecord | None:
    """The business of the register and the fields in which the application differs from it; ``None`` without one."""
    business = Business.objects.filter(bn9=application.bn9).first() if application.bn9 else None
    if business is None:
        return None
    typed = Identity(
        name=application.legal_name,
        street=application.street,
        city=application.city,
        region=application.region,
        postal_code=application.postal_code,
    )
    differing = mismatches(typed, registrations.identity_of(business), operating_name=business.operating_name)
    return OnRecord(business, differing, list(business.program_accounts.order_by("number")))


def importing_account(business: Business, *, on: date) -> ProgramAccount | None:
    """The first open program account that may import."""
    rows = business.program_accounts.exclude(profile=ProgramAccount.Profile.EXPORTER).order_by("number")
    return rows.exclude(closed_on__lte=on).first()


def numbers_of(business: Business) -> list[str]:
    return list(business.program_accounts.values_list("number", flat=True))


def is_issued(bn9: str) -> bool:
    return Business.objects.filter(bn9=bn9).exists()

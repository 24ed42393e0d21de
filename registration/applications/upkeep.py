"""What a day brings to applications: reminders for missing documents, and files that were kept long enough.

The portal's own job; it decides nothing about an application itself.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy

from core import audit
from core.actor import Actor
from core.clock import TORONTO, at_toronto
from core.lazy import lazy_text
from core.models import JobRun
from documents import queries as stored
from documents import services as documents
from reference import queries as reference
from registration.applications import queries, rules
from registration.applications.models import Application
from registration.applications.services import tell_applicant

KEPT_DAYS = "registration.files_kept_days"
DRAFT_DAYS = "registration.drafts_kept_days"
REMINDER = gettext_lazy("Documents are still missing for %(name)s")
REMINDER_BODY = gettext_lazy(
    "They have been missing since %(day)s, and the officer's time has not begun. Upload what the page lists, or "
    "withdraw the application."
)
DRAFT_CLOSES = gettext_lazy("Your application for %(name)s is not finished")
DRAFT_CLOSES_BODY = gettext_lazy(
    "Nobody has worked on it since %(day)s. On %(end)s the draft is closed and its files are removed. Open it and go "
    "on, and it is kept."
)
DRAFT_CLOSED = gettext_lazy("Your draft for %(name)s was closed")
DRAFT_CLOSED_BODY = gettext_lazy(
    "Nobody had worked on it since %(day)s, so it was closed and its files were removed. You can begin again whenever "
    "you like."
)


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Remind who still owes documents, and remove the files of what was decided long ago. Safe to run again."""
    kept_days = reference.policy().count(KEPT_DAYS, on)
    reminders = sum(_remind(pk, on=on, actor=actor) for pk in queries.lacking_papers())
    removed = sum(_remove_files(pk, on=on, actor=actor) for pk in queries.kept_long_enough(on=on, days=kept_days))
    warned, closed = _tidy_drafts(on=on, actor=actor)
    return {"reminders": reminders, "files_removed": removed, "drafts_warned": warned, "drafts_closed": closed}


def _tidy_drafts(*, on: date, actor: Actor) -> tuple[int, int]:
    """How many writers were told that their draft closes, and how many drafts were closed."""
    kept_days = reference.policy().count(DRAFT_DAYS, on)
    quiet = queries.quiet_drafts(on=on, days=kept_days - rules.DRAFT_WARNING_DAYS)
    steps = [_tidy_draft(pk, kept_days=kept_days, on=on, actor=actor) for pk in quiet]
    return steps.count(rules.DraftStep.WARN), steps.count(rules.DraftStep.CLOSE)


def _tidy_draft(pk: int, *, kept_days: int, on: date, actor: Actor) -> rules.DraftStep | None:
    at = at_toronto(on)
    with transaction.atomic():
        row = Application.objects.select_for_update(of=("self",)).select_related("user").get(pk=pk)
        saved_on = row.saved_at.astimezone(TORONTO).date()
        step = rules.draft_step(saved_on, row.warned_on, kept_days=kept_days, on=on) if row.is_draft else None
        if step == rules.DraftStep.WARN:
            row.warned_on = on
            row.save(update_fields=("warned_on",))
            audit.record(actor=actor, verb="application.draft_warned", target=row.case, at=at)
            end = rules.draft_closes_on(saved_on, kept_days=kept_days, on=on)
            body = lazy_text(DRAFT_CLOSES_BODY, day=saved_on, end=end)
            tell_applicant(row, lazy_text(DRAFT_CLOSES, name=row.label()), body, at=at)
        elif step == rules.DraftStep.CLOSE:
            _close_draft(row, saved_on, on=on, actor=actor)
    return step


def _close_draft(row: Application, saved_on: date, *, on: date, actor: Actor) -> None:
    """The draft goes as if its writer had withdrawn it: what was typed and its files go with it."""
    at = at_toronto(on)
    files = list(stored.documents_of(row.case))
    for file in files:
        documents.remove(document=file, actor=actor, at=at)
    row.state, row.typed, row.saved_at, row.files_removed_on = Application.State.WITHDRAWN, {}, at, on
    row.save(update_fields=("state", "typed", "saved_at", "files_removed_on"))
    audit.record(actor=actor, verb="application.draft_closed", target=row.case, after={"files": len(files)}, at=at)
    body = lazy_text(DRAFT_CLOSED_BODY, day=saved_on)
    tell_applicant(row, lazy_text(DRAFT_CLOSED, name=row.label()), body, at=at)


def _remind(pk: int, *, on: date, actor: Actor) -> int:
    """At most one reminder, whichever is due; one that a standstill passed over is not caught up."""
    at = at_toronto(on)
    with transaction.atomic():
        row = Application.objects.select_for_update(of=("self",)).select_related("user").get(pk=pk)
        since = row.missing_since
        if row.state != Application.State.DOCS_MISSING or since is None:
            return 0
        due = rules.reminder_due(since, row.reminded_after, on=on)
        if due is None:
            return 0
        row.reminded_after = due
        row.save(update_fields=("reminded_after",))
        audit.record(actor=actor, verb="application.reminded", target=row.case, after={"days": due}, at=at)
        tell_applicant(row, lazy_text(REMINDER, name=row.legal_name), lazy_text(REMINDER_BODY, day=since), at=at)
    return 1


def _remove_files(pk: int, *, on: date, actor: Actor) -> int:
    """The files of one application; the row, its decision and the names of its files in the audit trail stay."""
    at = at_toronto(on)
    with transaction.atomic():
        row = Application.objects.select_for_update(of=("self",)).get(pk=pk)
        if row.files_removed_on is not None:
            return 0
        files = list(stored.documents_of(row.case))
        for file in files:
            documents.remove(document=file, actor=actor, at=at)
        row.files_removed_on = on
        row.save(update_fields=("files_removed_on",))
        audit.record(actor=actor, verb="application.files_removed", target=row.case, after={"files": len(files)}, at=at)
    return len(files)

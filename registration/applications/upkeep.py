"""What a day brings to applications: reminders for missing documents, and files that were kept long enough.

The portal's own job; it decides nothing about an application itself.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy

from core import audit
from core.actor import Actor
from core.clock import at_toronto
from core.lazy import lazy_text
from core.models import JobRun
from documents import queries as stored
from documents import services as documents
from reference import queries as reference
from registration.applications import queries, rules
from registration.applications.models import Application
from registration.applications.services import tell_applicant

KEPT_DAYS = "registration.files_kept_days"
REMINDER = gettext_lazy("Documents are still missing for %(name)s")
REMINDER_BODY = gettext_lazy(
    "They have been missing since %(day)s, and the officer's time has not begun. Upload what the page lists, or "
    "withdraw the application."
)


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Remind who still owes documents, and remove the files of what was decided long ago. Safe to run again."""
    kept_days = reference.policy().count(KEPT_DAYS, on)
    reminders = sum(_remind(pk, on=on, actor=actor) for pk in queries.lacking_papers())
    removed = sum(_remove_files(pk, on=on, actor=actor) for pk in queries.kept_long_enough(on=on, days=kept_days))
    return {"reminders": reminders, "files_removed": removed}


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

"""What a day brings to applications: reminders for missing documents, and the end of files kept long enough."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.jobs import fire, set_clock
from core.models import AuditEvent
from core.timetable import Firing, timetable
from documents import gateway
from documents.models import StoredDocument
from notifications.models import Notification
from reference import services as reference
from registration.applications import rules, services
from registration.applications.rules import Paper
from tests.builders import actor, signed_in
from tests.conftest import TEST_DAY
from tests.registration.applicants import ABROAD, Applicant

SINCE = date(2026, 7, 22)


@pytest.mark.parametrize(
    ("days", "reminded_after", "due"),
    [(0, 0, None), (6, 0, None), (7, 0, 7), (8, 7, None), (20, 7, None), (21, 7, 21), (60, 0, 45), (90, 45, None)],
)
def test_which_reminder_is_due(days: int, reminded_after: int, due: int | None) -> None:
    assert rules.reminder_due(SINCE, reminded_after, on=SINCE + timedelta(days=days)) == due


@pytest.mark.parametrize(
    ("quiet_days", "warned_after", "step"),
    [
        (75, None, None),
        (76, None, "warn"),
        (76, 76, None),
        (90, 76, None),
        (91, 76, "close"),
        # Told late: fourteen days remain all the same.
        (200, None, "warn"),
        (213, 200, None),
        (214, 200, "close"),
        # Worked on since then: the days begin anew.
        (80, -3, "warn"),
    ],
)
def test_what_becomes_of_a_draft_that_nobody_touches(
    quiet_days: int, warned_after: int | None, step: str | None
) -> None:
    warned_on = None if warned_after is None else SINCE + timedelta(days=warned_after)
    on = SINCE + timedelta(days=quiet_days)
    assert rules.draft_step(SINCE, warned_on, kept_days=90, on=on) == step
    if step == "warn":
        last = max(91, quiet_days + 14)
        assert rules.draft_closes_on(SINCE, kept_days=90, on=on) == SINCE + timedelta(days=last)


@pytest.fixture
def applicant(world: Any, settings: Any, tmp_path: Path) -> Applicant:
    settings.MEDIA_ROOT = tmp_path
    return Applicant(world, world.person("Ada Example", language="fr"), world.officer())


def day(after: int) -> dict[str, Any]:
    """The daily job so many days later, from the timetable."""
    due_at = datetime.combine(SINCE + timedelta(days=after), TEST_DAY.timetz())
    job = next(job for job in timetable() if job.name == "registration.daily")
    return fire(Firing(job=job, due_at=due_at)).summary


def test_who_owes_documents_is_reminded_on_each_step_once_and_not_after_they_came(applicant: Applicant) -> None:
    row = applicant.submitted(ABROAD)
    applicant.submitted()  # complete at once: never reminded
    before = Notification.objects.count()
    assert [day(after)["reminders"] for after in (6, 7, 8, 21, 22)] == [0, 1, 0, 1, 0]
    told = Notification.objects.order_by("-id")[: Notification.objects.count() - before]
    assert {note.user_id for note in told} == {applicant.user.pk}
    assert "22 juillet 2026" in told[0].body.replace("\u00a0", " ") and f"/applications/{row.pk}/" in told[0].link
    assert AuditEvent.objects.filter(verb="application.reminded").count() == 2
    for paper in row.required_papers:
        applicant.hand(row, paper)
    assert applicant.fresh(row).missing_since is None and day(45)["reminders"] == 0
    # Asked for more, the days are counted anew.
    applicant.ask(applicant.fresh(row), Paper.OTHER)
    assert (applicant.fresh(row).missing_since, applicant.fresh(row).reminded_after) == (SINCE, 0)


def test_the_files_of_a_decided_application_go_after_the_days_of_the_policy(
    applicant: Applicant, django_capture_on_commit_callbacks: Any
) -> None:
    row = applicant.described(ABROAD)
    document = applicant.hand(row, Paper.BOOKS)
    applicant.submit(row)
    applicant.reject(applicant.fresh(row))
    withdrawn = applicant.submitted(ABROAD)
    services.withdraw(application=withdrawn, **applicant.by)
    waiting = applicant.submitted(ABROAD)
    assert day(365)["files_removed"] == 0
    reference.set_policy_parameter(
        key="registration.files_kept_days",
        effective_from=SINCE + timedelta(days=365),
        value="400",
        source="A longer class",
        actor=actor(applicant.officer),
        at=TEST_DAY,
    )
    assert day(366)["files_removed"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert day(401)["files_removed"] == 1
    document.refresh_from_db()
    assert document.state == StoredDocument.State.REMOVED and gateway.content_of(document.public_id) is None
    removed_on = SINCE + timedelta(days=401)
    assert applicant.fresh(row).files_removed_on == removed_on and applicant.fresh(waiting).files_removed_on is None
    assert [day(402)["files_removed"], AuditEvent.objects.filter(verb="application.files_removed").count()] == [0, 2]
    set_clock(TEST_DAY + timedelta(days=402))
    page = signed_in(applicant.user).get(f"/en/register/applications/{row.pk}/").content.decode()
    assert "The files were removed on" in page and "books.pdf" not in page


def test_a_draft_that_nobody_hands_in_is_closed_after_a_warning_and_its_files_go(
    applicant: Applicant, django_capture_on_commit_callbacks: Any
) -> None:
    row = applicant.described(ABROAD)
    document = applicant.hand(row, Paper.BOOKS)
    kept = Applicant(applicant.world, applicant.world.person("Ben Example"), applicant.officer)
    worked_on = kept.described()
    figures = ("drafts_warned", "drafts_closed")
    assert [day(75)[name] for name in figures] == [0, 0]
    assert [day(76)[name] for name in figures] == [2, 0] and day(77)["drafts_warned"] == 0
    told = Notification.objects.filter(user=applicant.user).latest("id")
    assert "21 octobre 2026" in told.body.replace("\u00a0", " ") and f"/applications/{row.pk}/" in told.link
    kept.world.at += timedelta(days=80)
    kept.hand(worked_on, Paper.BOOKS)
    kept.world.at -= timedelta(days=80)
    assert day(90)["drafts_closed"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert [day(91)[name] for name in figures] == [0, 1]
    document.refresh_from_db()
    assert document.state == StoredDocument.State.REMOVED and gateway.content_of(document.public_id) is None
    closed = applicant.fresh(row)
    assert (closed.state, closed.typed, closed.files_removed_on) == ("WITHDRAWN", {}, SINCE + timedelta(days=91))
    assert kept.fresh(worked_on).is_draft and day(92)["drafts_closed"] == 0
    assert AuditEvent.objects.filter(verb="application.draft_closed").count() == 1
    set_clock(TEST_DAY + timedelta(days=92))
    browser = signed_in(applicant.user)
    link = Notification.objects.filter(user=applicant.user).latest("id").link
    assert browser.get(link).status_code == 200
    assert applicant.begin(ABROAD).pk != row.pk

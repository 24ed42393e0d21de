"""Files from their arrival through their check: kept apart, told to their case, and gone when refused or removed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.test import Client
from kombu.exceptions import OperationalError

from core.actor import Actor, ActorKind
from core.clock import wall_now
from core.errors import Conflict, DomainError, Unavailable
from core.models import AuditEvent
from documents import gateway, queries, services, tasks
from documents.attachment import attachment
from documents.models import StoredDocument
from documents.rules import Problem
from documents.services import Folder, Received
from tests.builders import World, signed_in
from tests.conftest import TEST_DAY
from tests.documents.samples import EICAR, PNG, pdf, upload

pytestmark = pytest.mark.django_db
CLERK = Actor(kind=ActorKind.PERSON, user_id=7, name="Cleo Clerk")
FOLDER = Folder(case="tests.Case:1", category="EXISTENCE", person_id=7)
State = StoredDocument.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def receive(*files: Any, folder: Folder = FOLDER) -> Received:
    return services.receive(files=files, folder=folder, actor=CLERK, at=TEST_DAY)


def check(row: StoredDocument) -> StoredDocument:
    return services.check(document_id=row.pk, actor=CLERK, at=TEST_DAY, wall_at=wall_now())


def accepted(*, name: str = "extract.pdf") -> StoredDocument:
    return check(receive(upload(name)).rows[0])


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(target=FOLDER.case).order_by("id").values_list("verb", flat=True))


def test_a_file_waits_is_checked_and_accepted(tmp_path: Path) -> None:
    row = receive(upload()).rows[0]
    assert (row.state, row.is_waiting, row.size) == (State.RECEIVED, True, len(pdf()))
    assert (tmp_path / gateway.key_of(row.public_id)).read_bytes() == pdf()
    done = check(row)
    assert (done.state, done.media_type, done.checked_at) == (State.ACCEPTED, "application/pdf", TEST_DAY)
    assert verbs() == ["document.received", "document.accepted"]
    assert list(queries.documents_of(FOLDER.case)) == [done]


def test_the_check_runs_by_itself_once_the_file_is_committed(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = receive(upload()).rows[0]
        assert StoredDocument.objects.get(pk=row.pk).state == State.RECEIVED
    assert StoredDocument.objects.get(pk=row.pk).state == State.ACCEPTED


@pytest.mark.parametrize(
    ("content", "problem"),
    [(EICAR, Problem.VIRUS), (PNG, Problem.DISAGREES), (b"%PDF-", Problem.DAMAGED)],
    ids=["virus", "another kind", "damaged"],
)
def test_the_bytes_of_a_refused_file_are_deleted_and_the_row_says_why(
    content: bytes, problem: Problem, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = receive(upload("extract.pdf", content)).rows[0]
    row.refresh_from_db()
    assert (row.state, row.problem, row.is_refused) == (State.REFUSED, problem, True)
    assert gateway.content_of(row.public_id) is None
    assert str(row.sentence)
    assert AuditEvent.objects.get(verb="document.refused").after["problem"] == problem


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("run.exe", b"MZ", Problem.KIND),
        ("a.exe.pdf", pdf(), Problem.DISGUISED),
        ("empty.pdf", b"", Problem.EMPTY),
    ],
)
def test_what_its_name_or_size_refuses_is_never_written(
    name: str, content: bytes, problem: Problem, tmp_path: Path
) -> None:
    row = receive(upload(name, content)).rows[0]
    assert (row.state, row.problem) == (State.REFUSED, problem)
    assert list(tmp_path.iterdir()) == []


def test_a_file_over_the_limit_is_refused_unread(settings: Any) -> None:
    settings.LARGEST_DOCUMENT = 10
    assert receive(upload()).rows[0].problem == Problem.TOO_LARGE


def test_one_bad_file_does_not_stop_the_others() -> None:
    received = receive(upload("a.exe"), upload("b.pdf"), upload("c.png", PNG))
    assert [row.state for row in received.rows] == [State.REFUSED, State.RECEIVED, State.RECEIVED]


def test_the_same_bytes_under_another_name_are_left_out_and_named() -> None:
    first = receive(upload("a.pdf"), upload("b.pdf"))
    assert ([row.name for row in first.rows], first.repeated) == (["a.pdf"], ["b.pdf"])
    assert receive(upload("c.pdf")).repeated == ["c.pdf"]
    other = receive(upload("a.pdf"), folder=Folder(case="tests.Case:2", category="BOOKS"))
    assert other.repeated == []


def test_what_was_refused_or_removed_may_come_again() -> None:
    virus = check(receive(upload("a.txt", EICAR)).rows[0])
    assert virus.is_refused
    assert len(receive(upload("a.txt", EICAR)).rows) == 1
    row = accepted(name="b.pdf")
    services.remove(document=row, actor=CLERK, at=TEST_DAY)
    assert len(receive(upload("b.pdf")).rows) == 1


def test_more_than_ten_at_once_are_refused_with_what_to_do() -> None:
    with pytest.raises(DomainError, match="at most 10 files"):
        receive(*[upload(f"{number}.pdf", pdf(str(number).encode())) for number in range(11)])
    assert not StoredDocument.objects.exists()


def test_a_second_check_changes_nothing() -> None:
    row = accepted()
    gateway.forget(row.public_id)
    assert check(row).state == State.ACCEPTED
    assert verbs().count("document.accepted") == 1


def test_a_file_removed_while_it_is_checked_stays_removed(settings: Any) -> None:
    row = receive(upload()).rows[0]
    settings.DOCUMENT_CHECKED = "tests.documents.test_services.nobody_asked"
    services.remove(document=row, actor=CLERK, at=TEST_DAY)
    assert check(row).state == State.REMOVED


class RemovedWhileRead(FileSystemStorage):
    """While a worker reads the bytes, their owner takes the file out."""

    def open(self, name: str, mode: str = "rb") -> File:
        kept = super().open(name, mode)
        services.remove(document=StoredDocument.objects.get(), actor=CLERK, at=TEST_DAY)
        return kept


def test_the_check_of_a_file_that_was_removed_meanwhile_has_no_outcome(settings: Any) -> None:
    row = receive(upload()).rows[0]
    settings.DOCUMENT_CHECKED = "tests.documents.test_services.nobody_asked"
    backend = {"BACKEND": "tests.documents.test_services.RemovedWhileRead"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    assert check(row).state == State.REMOVED
    assert verbs() == ["document.received", "document.removed"]


def nobody_asked(**_told: Any) -> None:
    raise AssertionError("a removed file was told to its case")


@pytest.mark.parametrize("content", [None, b"other bytes"])
def test_bytes_that_were_lost_or_changed_are_refused(content: bytes | None, tmp_path: Path) -> None:
    row = receive(upload()).rows[0]
    gateway.forget(row.public_id)
    if content is not None:
        gateway.keep(row.public_id, content)
    assert check(row).problem == Problem.LOST


def test_removing_takes_the_bytes_and_happens_once(django_capture_on_commit_callbacks: Any) -> None:
    row = accepted()
    with django_capture_on_commit_callbacks(execute=True):
        services.remove(document=row, actor=CLERK, at=TEST_DAY)
        services.remove(document=row, actor=CLERK, at=TEST_DAY)
    assert gateway.content_of(row.public_id) is None
    assert verbs().count("document.removed") == 1
    assert list(queries.documents_of(FOLDER.case)) == []


def test_a_check_that_was_lost_is_taken_up_again_by_the_sweep() -> None:
    row = receive(upload()).rows[0]
    fresh = receive(upload("b.png", PNG)).rows[0]
    StoredDocument.objects.filter(pk=row.pk).update(state=State.CHECKING, tried_at=wall_now() - timedelta(minutes=2))
    StoredDocument.objects.filter(pk=fresh.pk).update(state=State.CHECKING, tried_at=wall_now())
    tasks.sweep()
    row.refresh_from_db()
    fresh.refresh_from_db()
    assert (row.state, fresh.state) == (State.ACCEPTED, State.CHECKING)


def test_where_no_broker_answers_the_file_is_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_arguments: Any) -> None:
        raise OperationalError("no broker")

    # What is replaced is the message broker's own call, not ours.
    monkeypatch.setattr(tasks.check, "delay", unreachable)
    row = receive(upload()).rows[0]
    tasks.dispatch(row.pk)
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


def test_only_an_accepted_file_may_be_opened() -> None:
    row = accepted()
    assert services.require_accepted(row) == row
    for other in (None, receive(upload("b.png", PNG)).rows[0]):
        with pytest.raises(Conflict, match="has not passed its check"):
            services.require_accepted(other)


def test_a_file_leaves_as_a_download_under_its_safe_name() -> None:
    response = attachment(accepted(name="relevé d'identité.pdf"))
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/pdf"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response.content == pdf()


def test_a_file_whose_bytes_are_gone_says_so() -> None:
    row = accepted()
    gateway.forget(row.public_id)
    with pytest.raises(Unavailable, match="can't be read"):
        attachment(row)


def test_no_address_leads_to_the_files_themselves(world: World) -> None:
    row = accepted()
    officer = signed_in(world.officer())
    for tab in (Client(), officer):
        for root in ("/media/", "/documents/", "/static/", "/static/documents/"):
            assert tab.get(root + gateway.key_of(row.public_id)).status_code == 404


def test_officers_see_the_register_and_change_nothing(world: World) -> None:
    row = accepted()
    officer = signed_in(world.officer())
    assert "extract.pdf" in officer.get("/en/admin/documents/storeddocument/").content.decode()
    assert officer.post(f"/en/admin/documents/storeddocument/{row.pk}/change/", {"state": "REFUSED"}).status_code == 403
    assert str(row) == "extract.pdf"

"""The list of all one may act for as a file: short ones at once, long ones made aside, told, kept and removed."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.models import ProgramAccount
from core.actor import system
from core.clock import wall_now
from core.jobs import set_clock
from core.models import AuditEvent, JobRun, OutboxMessage
from delegation.rules import LONGEST_AT_ONCE
from documents import gateway, queries, services, tasks
from documents.models import RequestedFile
from documents.services import FileKind, Order, Product
from notifications.models import Notification
from tests.builders import Cast, actor, signed_in
from tests.conftest import TEST_DAY

pytestmark = pytest.mark.django_db
State = RequestedFile.State
MAKER = system("documents.make_file")
FILES = "delegation:switch_files"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def many(cast: Cast, count: int) -> None:
    """So many further program accounts of Northlight."""
    ProgramAccount.objects.bulk_create(
        ProgramAccount(business=cast.northlight, number=f"{cast.northlight.bn9}RM{rm:04d}", opened_on=TEST_DAY.date())
        for rm in range(2, count + 2)
    )


def make(row: RequestedFile) -> RequestedFile:
    return services.make_file(request_id=row.pk, actor=MAKER, at=TEST_DAY, wall_at=wall_now())


def test_a_long_list_is_asked_for_told_downloaded_and_gone_after_ten_days(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    many(cast, LONGEST_AT_ONCE)
    browser = signed_in(cast.amara)
    assert "Ask for the list as a file" in browser.get(reverse("delegation:switch")).content.decode()
    refused = browser.get(reverse("delegation:switch_csv"), follow=True)
    assert "This list is long." in refused.content.decode()
    # A search that finds few is still sent at once.
    assert browser.get(reverse("delegation:switch_csv"), {"search": "zzz"}).streaming

    asked = browser.post(reverse(FILES), {"search": ""}, follow=True).content.decode()
    assert "The file is being made." in asked and "Requested" in asked and "being made" in asked
    again = browser.post(reverse(FILES), {"search": " "}, follow=True).content.decode()
    assert "This file is being made already." in again
    row = RequestedFile.objects.get()
    assert "still being made" in take(browser, row).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    row.refresh_from_db()
    assert (row.state, row.name, row.kept_until) == (State.READY, "accounts.csv", TEST_DAY.date() + timedelta(days=10))
    told = Notification.objects.get(user=cast.amara, category="file")
    assert told.subject == "Your file is ready: Program accounts you may act for"
    assert "1 August 2026" in told.body.replace("\u00a0", " ") and told.link == reverse(FILES)

    page = browser.get(reverse(FILES)).content.decode()
    assert "Ready" in page and "Download" in page
    answer = browser.get(reverse("delegation:switch_file", args=(row.public_id,)))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == LONGEST_AT_ONCE + 2 and rows[1][2:] == [
        cast.account.number, "Business Account Manager", "Own business", ""
    ]  # fmt: skip
    assert "attachment" in answer["Content-Disposition"] and answer["Cache-Control"] == "private, no-store"
    # Nobody else finds it, though they know its address.
    assert signed_in(cast.wen).get(reverse("delegation:switch_file", args=(row.public_id,))).status_code == 404

    expire(10)
    assert gateway.content_of(row.public_id) is not None
    # The day after, it is over even before the job has come round.
    set_clock(TEST_DAY + timedelta(days=11))
    assert "no longer kept" in take(browser, row).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert expire(11) == {"files_removed": 1} and expire(11) == {"files_removed": 0}
    row.refresh_from_db()
    assert row.state == State.EXPIRED and gateway.content_of(row.public_id) is None
    assert "Expired" in browser.get(reverse(FILES)).content.decode()
    assert "no longer kept" in take(browser, row).content.decode()
    verbs = AuditEvent.objects.filter(target=f"documents.RequestedFile:{row.pk}").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "file.requested", "file.made", "file.downloaded", "file.expired"
    ]  # fmt: skip


def take(browser: Client, row: RequestedFile) -> Any:
    return browser.get(reverse("delegation:switch_file", args=(row.public_id,)), follow=True)


def expire(days: int) -> dict[str, int]:
    at = TEST_DAY + timedelta(days=days)
    return services.expire_files(run=JobRun(), on=at.date(), actor=MAKER)


def test_a_file_is_in_the_language_it_was_asked_in_and_told_in_the_readers(cast: Cast) -> None:
    cast.luc.wants_email = True
    cast.luc.save()
    order = Order("accounts_in_reach", cast.luc.pk, "fr", parameters={"search": "Desrosiers"})
    row, is_new = services.ask_for_file(order=order, actor=actor(cast.luc), at=TEST_DAY)
    same, is_second = services.ask_for_file(order=order, actor=actor(cast.luc), at=TEST_DAY)
    assert (is_new, is_second, same.pk) == (True, False, row.pk)
    done = make(row)
    content = gateway.content_of(done.public_id).decode("utf-8-sig")
    assert content.startswith("Entreprise,") and "Votre entreprise" in content and content.count("\n") == 2
    assert make(row).ready_at == done.ready_at and Notification.objects.filter(user=cast.luc).count() == 1
    assert reverse(FILES).replace("/en/", "/fr/") in OutboxMessage.objects.get(user_id=cast.luc.pk).body
    # After the first is made the same may be asked again: the list may have changed.
    assert services.ask_for_file(order=order, actor=actor(cast.luc), at=TEST_DAY)[1]


def test_a_file_whose_making_never_ends_is_given_up_and_said_so(cast: Cast) -> None:
    row, _new = services.ask_for_file(
        order=Order("accounts_in_reach", cast.amara.pk, "en"), actor=actor(cast.amara), at=TEST_DAY
    )
    RequestedFile.objects.update(try_count=2, tried_at=wall_now())
    assert queries.left_unmade(wall_at=wall_now()) == []
    assert queries.left_unmade(wall_at=wall_now() + timedelta(minutes=2)) == [row.pk]
    RequestedFile.objects.update(try_count=3)
    assert make(row).state == State.FAILED
    assert Notification.objects.get().subject.startswith("Your file could not be made")
    assert "Not made" in signed_in(cast.amara).get(reverse(FILES)).content.decode()


def test_a_file_is_made_at_once_where_no_broker_answers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_arguments: Any) -> None:
        raise OperationalError("no broker")

    # What is replaced is the message broker's own call, not ours.
    monkeypatch.setattr(tasks.make_file, "delay", unreachable)
    row, _new = services.ask_for_file(
        order=Order("accounts_in_reach", cast.amara.pk, "en"), actor=actor(cast.amara), at=TEST_DAY
    )
    tasks.dispatch_request(row.pk)
    row.refresh_from_db()
    assert row.state == State.READY


def _overtaken(*, order: Order, on: Any) -> Product:
    """A maker that a second worker overtakes while it works."""
    row = RequestedFile.objects.get()
    if row.try_count == 1:
        make(row)
    return Product("list.txt", "text/plain", f"try {row.try_count}".encode())


OVERTAKEN = FileKind(label="A list", make=_overtaken, page=lambda row: "/en/profile/")


def test_of_two_workers_at_once_one_makes_the_file_and_it_is_told_once(cast: Cast, settings: Any) -> None:
    settings.REQUESTED_FILES = {"overtaken": "tests.delegation.test_reach_files.OVERTAKEN"}
    row, _new = services.ask_for_file(
        order=Order("overtaken", cast.amara.pk, "en"), actor=actor(cast.amara), at=TEST_DAY
    )
    done = make(row)
    assert (done.state, gateway.content_of(done.public_id)) == (State.READY, b"try 2")
    assert Notification.objects.get().subject == "Your file is ready: A list"

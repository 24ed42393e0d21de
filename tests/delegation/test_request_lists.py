"""Requests to many clients at once: what the file may be, what each row is told, and that nothing is sent twice."""

import csv
import io
import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from core.errors import DomainError, Refused, Stranger
from core.models import AuditEvent
from delegation import services
from delegation.forms import LIST_SAMPLE, request_rows
from delegation.models import Delegation, RequestBatch
from delegation.services import WantedRequest
from tests.builders import World, actor, build_cast, business_number, signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import words

#: A number of our range under which nobody is registered.
NOBODY = business_number()


def listed(*numbers: str) -> list[WantedRequest]:
    return [WantedRequest(number, bn9, "Hello") for number, bn9 in enumerate(numbers, start=2)]


@pytest.fixture
def numbers(office: Office) -> dict[str, str]:
    """A business number for every guard, as Passerelle sees it, and a good one."""
    world, passerelle = office.cast.world, office.cast.passerelle
    office.asked()
    world.delegation(passerelle, office.cast.desrosiers)
    return {
        "good": world.business("Good Ltd.").bn9,
        "oneself": passerelle.bn9,
        "unknown_client": NOBODY,
        "unregistered": world.business("Quiet Ltd.", registered_at=None).bn9,
        "client_closed": world.business("Gone Ltd.", closed_on=world.today).bn9,
        "already_requested": office.northlight.bn9,
        "already_authorised": office.cast.desrosiers.bn9,
    }


# --- Reading the file -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "bn9,comment\n704123686,Hello\n",
        "\ufeffbn9,comment\r\n704123686,Hello\r\n",
        "BN9;Comment\n704 123 686;Hello\n\n;\n",
        'comment,bn9\n"Hello","704-123-686"\n',
    ],
)
def test_commas_semicolons_marks_and_blank_rows_are_read(text: str) -> None:
    assert request_rows(text) == [WantedRequest(2, "704123686", "Hello")]


def test_the_sample_can_be_sent_as_it_is() -> None:
    (row,) = request_rows(LIST_SAMPLE)
    assert (row.bn9, row.problem) == ("704123686", "")


def test_the_comment_may_be_left_out() -> None:
    assert request_rows("bn9\n704123686") == [WantedRequest(2, "704123686", "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,comment\n704123686,Hello", "The first row lacks these columns: bn9."),
        ("704123686\n704123686", "The first row lacks these columns: bn9."),
        ("bn9,comment,extra\n704123686,Hello,x", "Name each column once, from this list: bn9, comment."),
        ("bn9,bn9\n704123686,704123686", "Name each column once, from this list: bn9, comment."),
        ("bn9,comment\n,\n", "There are no rows under the first row."),
        ('bn9\n"704123686', "This file can't be read as CSV. Check its quotes and commas."),
        ("bn9\n704\x00", "This file can't be read as CSV. Check its quotes and commas."),
        ("bn9\n" + "704123686\n" * 1001, "This list has 1001 rows; at most 1000 are taken. Split it."),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        request_rows(text)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("704123686,a,b", "This row has 3 cells, the first row has 2."),
        ("70412368,", "Enter the nine digits of the business number, for example 704 123 686"),
        ("704123687,", "This is not a valid business number. Check each digit against your papers"),
        (",Hello", "Enter the business number, nine digits"),
        ("704123686," + "x" * 501, "Shorten the comment to 500 characters; it has 501."),
    ],
)
def test_a_row_that_is_wrong_by_itself_carries_its_words(row: str, said: str) -> None:
    assert request_rows(f"bn9,comment\n{row}\n")[0].problem == said


# --- The dry run ------------------------------------------------------------------------------------------------------
def test_each_row_is_told_what_would_become_of_it_and_nothing_is_sent(office: Office, numbers: dict[str, str]) -> None:
    before = Delegation.objects.count()
    wanted = [*listed(*numbers.values(), numbers["good"]), WantedRequest(99, "1", "", "Not a number.")]
    results = services.try_requests(
        provider_id=office.cast.passerelle.pk,
        wanted=wanted,
        actor=office.by(office.cast.ines)["actor"],
        on=office.moment["on"],
    )
    expected = [
        "good",
        "oneself",
        "unknown_client",
        "unknown_client",
        "client_closed",
        "already_requested",
        "already_authorised",
        "twice_in_the_list",
        "unreadable",
    ]
    assert [row.code for row in results] == expected
    assert results[2].message == results[3].message, "a business that is not registered reads like nobody"
    assert results[7].message == "The same number stands in row 2; it is asked once."
    assert results[8].message == "Not a number."
    assert Delegation.objects.count() == before


def test_a_list_says_of_each_row_what_a_single_request_says(office: Office, numbers: dict[str, str]) -> None:
    by = office.by(office.cast.ines)
    results = services.try_requests(
        provider_id=office.cast.passerelle.pk, wanted=listed(*numbers.values()), actor=by["actor"], on=by["on"]
    )
    for row in results[1:]:
        with pytest.raises(DomainError) as refusal:
            services.request_access(provider_id=office.cast.passerelle.pk, client_bn9=row.bn9, comment="", **by)
        assert (refusal.value.code, str(refusal.value.message)) == (row.code, row.message)


def test_a_thousand_rows_take_as_many_look_ups_as_one(office: Office) -> None:
    by = office.by(office.cast.ines)

    def asked(count: int) -> int:
        wanted = listed(*(business_number() for _row in range(count)))
        with CaptureQueriesContext(connection) as queries:
            services.try_requests(provider_id=office.cast.passerelle.pk, wanted=wanted, actor=by["actor"], on=by["on"])
        return len(queries)

    assert asked(1) == asked(1000)


def test_more_than_a_thousand_rows_are_refused_as_a_whole(office: Office) -> None:
    with pytest.raises(DomainError) as refusal:
        services.send_requests(
            provider_id=office.cast.passerelle.pk, wanted=listed(*["704123686"] * 1001), **office.by(office.cast.ines)
        )
    assert refusal.value.code == "too_many"
    assert not RequestBatch.objects.exists()


# --- Sending ----------------------------------------------------------------------------------------------------------
def test_the_good_rows_are_sent_and_the_same_list_again_sends_nothing(office: Office, numbers: dict[str, str]) -> None:
    before = Delegation.objects.count()
    given: dict[str, Any] = {
        "provider_id": office.cast.passerelle.pk,
        "wanted": listed(*numbers.values()),
        **office.by(office.cast.ines),
    }
    first = services.send_requests(**given)
    row = services.results_of(first)[0]
    assert (first.sent_count, row.code, first.sent_by_name) == (1, "sent", "Ines Caron")
    sent = Delegation.objects.get(pk=row.delegation_id or 0)
    assert (sent.client.bn9, sent.state, sent.comment) == (numbers["good"], "REQUESTED", "Hello")
    second = services.send_requests(**given)
    assert second.sent_count == 0
    assert services.results_of(second)[0].code == "already_requested"
    assert Delegation.objects.count() == before + 1
    events = AuditEvent.objects.filter(verb="delegation.list_sent").order_by("pk")
    assert [event.after for event in events] == [{"rows": 7, "sent": 1}, {"rows": 7, "sent": 0}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writer at a time there anyway")
def test_the_same_list_sent_twice_at_the_same_moment_asks_each_client_once(world: World) -> None:
    cast = build_cast(world)
    clients = [world.business(f"Client {number} Ltd.") for number in range(40)]
    wanted = listed(*(client.bn9 for client in clients))
    barrier = threading.Barrier(2)
    batches: list[RequestBatch] = []

    def send() -> None:
        barrier.wait()
        try:
            batches.append(
                services.send_requests(
                    provider_id=cast.passerelle.pk,
                    wanted=wanted,
                    actor=actor(cast.ines),
                    on=world.today,
                    at=world.at,
                )
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(batch.sent_count for batch in batches) == 40
    assert Delegation.objects.filter(provider=cast.passerelle, state="REQUESTED").count() == 40
    codes = {row.code for batch in batches for row in services.results_of(batch)}
    assert codes == {"sent", "already_requested"}


def test_only_managers_of_providers_send_lists(office: Office) -> None:
    cast = office.cast
    attempts = (
        (cast.passerelle, cast.stranger, Stranger),
        (cast.northlight, office.editor, Refused),
        (cast.keystone, cast.peter, Refused),
    )
    for business, user, problem in attempts:
        with pytest.raises(problem):
            services.send_requests(provider_id=business.pk, wanted=listed(NOBODY), **office.by(user))


# --- The pages --------------------------------------------------------------------------------------------------------
def page(office: Office, name: str, *more: Any) -> str:
    return reverse(f"delegation:{name}", args=(office.cast.passerelle.bn9, *more))


def test_a_list_is_tried_out_sent_and_its_result_downloaded(office: Office, numbers: dict[str, str]) -> None:
    browser, address = signed_in(office.cast.ines), page(office, "request_list")
    text = "bn9;comment\n" + "\n".join(f"{bn9};=1+1" for bn9 in numbers.values())
    upload = SimpleUploadedFile("list.csv", text.encode("utf-8-sig"), content_type="text/csv")
    before = Delegation.objects.count()
    tried = browser.post(address, {"file": upload}, headers={"Accept-Language": "en"})
    said = words(tried)
    assert "1 request can be sent." in said and "6 rows are left out." in said
    assert "already waiting for an answer" in said
    assert Delegation.objects.count() == before
    sent = browser.post(address, {"text": text, "send": "1"}, follow=True)
    batch = RequestBatch.objects.get()
    assert sent.redirect_chain[-1][0] == page(office, "request_batch", batch.pk)
    assert "Left out: 6." in words(sent)
    result = browser.get(page(office, "request_batch_csv", batch.pk))
    rows = list(csv.reader(io.StringIO(result.content.decode("utf-8-sig"))))
    assert rows[0][:2] == ["bn9", "comment"]
    assert rows[1][:4] == [numbers["good"], "'=1+1", "2", "sent"]
    assert len(rows) == 8
    assert words(browser.get(address)).count("1 request") == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose a file, or paste the rows."),
        ({"text": "  "}, "Choose a file, or paste the rows."),
        ({"text": "name\nx"}, "The first row lacks these columns: bn9."),
        ({"file": b""}, "This file is empty. Choose another"),
        ({"file": "bn9\nÉ".encode("latin-1")}, "This file isn&#x27;t in UTF-8. Save it as CSV UTF-8."),
        ({"file": b"bn9\n" + b" " * 1_000_001}, "This file is larger than 1 MB. Split it."),
    ],
)
def test_a_file_at_fault_is_told_on_the_page_and_what_was_pasted_stays(
    office: Office, data: dict[str, Any], said: str
) -> None:
    sent = {
        name: SimpleUploadedFile("list.csv", value) if isinstance(value, bytes) else value
        for name, value in data.items()
    }
    answer = signed_in(office.cast.ines).post(page(office, "request_list"), sent).content.decode()
    assert said in answer
    if data.get("text", "").strip():
        assert ">\nname\nx</textarea>" in answer.replace("\r", "")


def test_the_sample_is_a_csv(office: Office) -> None:
    answer = signed_in(office.cast.ines).get(page(office, "request_list_sample"))
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode().lstrip("\ufeff") == LIST_SAMPLE


def test_nobody_reads_the_lists_of_another_provider(office: Office) -> None:
    other = RequestBatch.objects.create(
        provider=office.cast.harbourline, sent_at=office.moment["at"], sent_count=0, rows=[]
    )
    for name in ("request_batch", "request_batch_csv"):
        assert signed_in(office.cast.ines).get(page(office, name, other.pk)).status_code == 404


def test_a_result_is_read_in_the_readers_own_language(office: Office, numbers: dict[str, str]) -> None:
    batch = services.send_requests(
        provider_id=office.cast.passerelle.pk, wanted=listed(*numbers.values()), **office.by(office.cast.ines)
    )
    with translation.override("fr"):
        results = services.results_of(batch)
    assert results[0].message == "La demande a été envoyée."
    assert "Aucune entreprise" in results[2].message

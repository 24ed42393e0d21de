"""The demo inbox of a practice world."""

import uuid
from typing import Any

import pytest
from django.test import Client

from core import outbox
from core.models import OutboxMessage
from tests.builders import World

pytestmark = pytest.mark.django_db
INBOX = "/en/practice/inbox/"


def send(world: World, to: str, count: int = 1, body: str = "Hello") -> OutboxMessage:
    row = None
    for number in range(count):
        row = outbox.send(to=to, language="en", subject=f"Message {number}", body=body, category="test", at=world.at)
    assert row is not None
    return row


def test_shows_the_newest_first_in_pages(client: Client, world: World) -> None:
    send(world, "a@example.com", 30)
    first = client.get(INBOX)
    assert [row.subject for row in first.context["outbox"]][:2] == ["Message 29", "Message 28"]
    assert len(first.context["outbox"]) == 25
    second = client.get(INBOX + first.context["older"])
    assert len(second.context["outbox"]) == 5 and second.context["newest"] and not second.context["older"]


def test_one_address_only_whatever_its_capitals(client: Client, world: World) -> None:
    send(world, "a@example.com", 30)
    send(world, "b@example.com")
    page = client.get(INBOX, {"to": " B@Example.com "})
    assert [row.to for row in page.context["outbox"]] == ["b@example.com"]
    older = client.get(INBOX, {"to": "a@example.com"}).context["older"]
    assert older.startswith("?to=a%40example.com&before=")


@pytest.mark.parametrize("query", [{"before": "x"}, {"before": "9" * 30}, {"to": "x" * 400}, {"to": "\x00"}])
def test_odd_queries(client: Client, query: dict[str, str]) -> None:
    assert client.get(INBOX, query).status_code == 200


def test_same_queries_for_1_and_50_rows(client: Client, world: World, django_assert_num_queries: Any) -> None:
    send(world, "a@example.com")
    with django_assert_num_queries(2):
        client.get(INBOX)
    send(world, "a@example.com", 49)
    with django_assert_num_queries(2):
        client.get(INBOX)


def test_one_message_is_text_only(client: Client, world: World) -> None:
    row = send(world, "a@example.com", body="<script>alert(1)</script>\nhttps://localhost/en/")
    page = client.get(f"{INBOX}{row.public_id}/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert client.get(f"{INBOX}{uuid.uuid4()}/").status_code == 404


def test_is_not_there_in_production(client: Client, world: World, settings: Any) -> None:
    row = send(world, "a@example.com")
    settings.IS_PRODUCTION = True
    assert client.get(INBOX).status_code == 404
    assert client.get(f"{INBOX}{row.public_id}/").status_code == 404

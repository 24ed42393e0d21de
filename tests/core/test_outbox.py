"""Every message is kept, delivered once, and tried again when its server is away."""

import socket

import pytest
from django.core.mail import get_connection, send_mail
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from core import outbox
from core.models import OutboxMessage
from tests.conftest import TEST_DAY

pytestmark = pytest.mark.django_db


def a_message(to: str = "amara@example.com") -> OutboxMessage:
    return outbox.send(to=to, language="en", subject="Your\n code", body="123456", category="code", at=TEST_DAY)


def test_a_message_is_delivered_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = a_message()
        assert message.state == OutboxMessage.State.WAITING
    message.refresh_from_db()
    assert (message.state, message.subject) == (OutboxMessage.State.SENT, "Your code")


def test_a_practice_address_that_bounces_is_marked_as_bounced() -> None:
    message = a_message("nobody@bounce.example")
    assert outbox.deliver_waiting() == 0
    message.refresh_from_db()
    assert message.state == OutboxMessage.State.BOUNCED


def test_a_server_that_is_away_delays_the_message_and_at_last_gives_up(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.SMTP_URL = "smtp://127.0.0.1"
        settings.SMTP_SERVER = {"host": "127.0.0.1", "port": taken.getsockname()[1], "timeout": 1}
        message = a_message()
        for _attempt in range(len(outbox.PAUSES) + 1):
            OutboxMessage.objects.update(next_attempt_at=TEST_DAY.replace(year=2020))
            assert outbox.deliver_waiting() == 0
        message.refresh_from_db()
    assert message.state == OutboxMessage.State.FAILED
    assert message.problem


def test_mail_of_libraries_goes_through_the_outbox_too() -> None:
    backend = get_connection("core.mail.OutboxBackend")
    send_mail("Hello", "Text", None, ["one@example.com", "two@example.com"], connection=backend)
    assert sorted(OutboxMessage.objects.values_list("to", flat=True)) == ["one@example.com", "two@example.com"]


def test_many_messages_are_one_write_and_none_is_none() -> None:
    outbox.send_many([])
    rows = [
        outbox.message(to=f"{n}@example.com", language="fr", subject="S", body="B", category="c", at=TEST_DAY)
        for n in range(3)
    ]
    outbox.send_many(rows)
    assert outbox.deliver_waiting() == 3

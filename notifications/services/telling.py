"""Telling people: a row in the portal for each, and an e-mail copy for those who asked for it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from core import outbox
from core.http import in_language
from core.models import OutboxMessage
from core.sql import insert_rows, prepared, typed
from notifications import queries, rules
from notifications.models import Notification
from notifications.rules import How

#: Lazy text, plain text or a callable; made into text while the recipient's language is active.
Words = Any
LONGEST_SUBJECT = 250
BATCH = 500


class Recipient(Protocol):
    """What is asked of a person who is told something."""

    pk: Any
    language: str
    wants_email: bool

    @property
    def address(self) -> str: ...


@dataclass(frozen=True)
class Draft:
    """One message to one person, not yet in words."""

    recipient: Recipient
    subject: Words
    body: Words
    category: str
    link: str | Callable[[], str] = ""
    business_id: int | None = None
    program_account_id: int | None = None


class Untold(NamedTuple):
    """One message to one person who has no e-mail copy of it, not yet in words."""

    user_id: int
    language: str
    subject: Words
    body: Words
    category: str
    link: str | Callable[[], str]
    business_id: int | None
    program_account_id: int | None


def notify(
    *,
    recipients: Iterable[Recipient],
    subject: Words,
    body: Words,
    category: str,
    link: str | Callable[[], str] = "",
    business_id: int | None = None,
    program_account_id: int | None = None,
    at: datetime,
) -> list[Notification]:
    """Tell each recipient once, in their own language; with the e-mail copy that they chose for the topic."""
    drafts = [
        Draft(recipient, subject, body, category, link, business_id, program_account_id)
        for recipient in {person.pk: person for person in recipients}.values()
    ]
    return notify_many(drafts=drafts, at=at)


def notify_many(*, drafts: Sequence[Draft], at: datetime) -> list[Notification]:
    """As :func:`notify` for many different messages, in three statements however many they are."""
    chosen = queries.choices_of({draft.recipient.pk for draft in drafts}) if drafts else {}
    rows: list[Notification] = []
    letters: list[OutboxMessage] = []
    # One language at a time, because switching it costs more than writing a message.
    for language, group in groupby(sorted(drafts, key=_language_of), key=_language_of):
        with translation.override(language):
            for draft in group:
                row = _row(draft, language, at)
                rows.append(row)
                row.email_copy = rules.copy_of(
                    draft.category,
                    chosen.get(draft.recipient.pk, {}),
                    wants_email=draft.recipient.wants_email,
                    has_address=bool(draft.recipient.address),
                ).value
                if row.email_copy == How.EACH:
                    letters.append(_letter(draft, row, language, at))
    with transaction.atomic():
        Notification.objects.bulk_create(rows, batch_size=BATCH)
        outbox.send_many(letters)
    return rows


def notify_without_copies(told: Sequence[Untold], *, at: datetime) -> None:
    """As :func:`notify_many` for people without e-mail copies, for jobs that tell the whole population."""
    rows = []
    # One language at a time, because switching it costs more than writing a message.
    for language, group in groupby(sorted(told, key=attrgetter("language")), key=attrgetter("language")):
        with translation.override(language or settings.LANGUAGE_CODE):
            for one in group:
                subject = " ".join(_text(one.subject).split())[:LONGEST_SUBJECT]
                link = in_language(_text(one.link), language)
                ids = (one.business_id, one.program_account_id)
                rows.append((one.user_id, subject, _text(one.body), one.category, link, *ids, How.NONE.value, at))
    insert_rows(Notification, _COLUMNS, rows)


def notify_by_query(said: str, values: Sequence[Any], *, category: str, at: datetime) -> int:
    """As :func:`notify_without_copies` for messages that the database writes itself; how many were told.

    The query gives the columns user_id, subject, body, link and program_account_id, one row a person and message.
    """
    shared = {"category": category, "email_copy": How.NONE.value, "created_at": at}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO notifications_notification
              (user_id, subject, body, link, program_account_id, {", ".join(shared)})
            SELECT user_id, subject, body, link, program_account_id,
              {", ".join(typed(Notification, name) for name in shared)}
            FROM ({said}) told""",
            [*prepared(Notification, shared), *values],
        )
        return int(cursor.rowcount)


_COLUMNS = (
    "user_id",
    "subject",
    "body",
    "category",
    "link",
    "business_id",
    "program_account_id",
    "email_copy",
    "created_at",
)


def mark_read(*, user_id: int, pk: int, at: datetime) -> None:
    """One message of this person; reading it again keeps the first moment."""
    Notification.objects.filter(user_id=user_id, pk=pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(*, user_id: int, at: datetime) -> int:
    return Notification.objects.filter(user_id=user_id, read_at__isnull=True).update(read_at=at)


def _language_of(draft: Draft) -> str:
    return draft.recipient.language or settings.LANGUAGE_CODE


def _text(words: Words) -> str:
    return str(words() if callable(words) else words)


def _row(draft: Draft, language: str, at: datetime) -> Notification:
    return Notification(
        user_id=draft.recipient.pk,
        subject=" ".join(_text(draft.subject).split())[:LONGEST_SUBJECT],
        body=_text(draft.body),
        category=draft.category,
        link=in_language(_text(draft.link), language),
        business_id=draft.business_id,
        program_account_id=draft.program_account_id,
        created_at=at,
    )


def _letter(draft: Draft, row: Notification, language: str, at: datetime) -> OutboxMessage:
    choices = settings.PORTAL_URL + reverse("notifications:choices")
    address = settings.PORTAL_URL + row.link if row.link.startswith("/") else row.link
    return outbox.message(
        to=draft.recipient.address,
        language=language,
        subject=row.subject,
        body=render_to_string("email/notification.txt", {"body": row.body, "address": address, "choices": choices}),
        category=draft.category,
        user_id=draft.recipient.pk,
        link=row.link,
        at=at,
    )

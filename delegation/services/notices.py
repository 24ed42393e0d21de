"""Telling the people of a business, one business at a time or many."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Membership, User
from core.clock import TORONTO
from delegation import queries
from notifications import services as notifications

MANAGERS = (Membership.Role.BAM,)
PROGRAM_MANAGERS = (Membership.Role.BAM, Membership.Role.PAM)


def people_of(
    business_id: int, roles: Iterable[str] = MANAGERS, *, program_account_id: int | None = None
) -> QuerySet[User]:
    """The active people of a business in some roles, managers unless told otherwise."""
    return queries.people_of(business_id, roles=roles, program_account_id=program_account_id)


def notify_business(
    *,
    business_id: int,
    subject: Any,
    body: Any,
    category: str,
    link: str | Callable[[], str] = "",
    program_account_id: int | None = None,
    at: datetime,
    include_delegates: bool = False,
) -> None:
    """Tell the managers of a business; with a program account its program managers too.

    ``include_delegates`` adds the managers of the providers whose delegation is in force there on that day.
    """
    people = list(
        people_of(
            business_id, PROGRAM_MANAGERS if program_account_id else MANAGERS, program_account_id=program_account_id
        )
    )
    if include_delegates:
        people += queries.managers_of_delegates(
            business_id, program_account_id=program_account_id, on=at.astimezone(TORONTO).date()
        )
    notifications.notify(
        recipients=people,
        subject=subject,
        body=body,
        category=category,
        link=link,
        business_id=business_id,
        program_account_id=program_account_id,
        at=at,
    )


@dataclass(frozen=True)
class BusinessNotice:
    """What the managers of one business are to be told; texts and link may be callables, written for each reader."""

    business_id: int
    subject: Any
    body: Any
    category: str
    link: str | Callable[[], str] = ""
    program_account_id: int | None = None


def notify_businesses(notices: Sequence[BusinessNotice], *, at: datetime) -> None:
    """Tell the managers of many businesses in a fixed number of statements; for population jobs."""
    told = _told(notices)
    _tell_with_copies(told, at=at)
    notifications.notify_without_copies(
        [
            notifications.Untold(
                user_id=reader.user_id,
                language=reader.language,
                subject=notice.subject,
                body=notice.body,
                category=notice.category,
                link=notice.link,
                business_id=notice.business_id,
                program_account_id=notice.program_account_id,
            )
            for reader, notice in told
            if not reader.may_want_a_copy
        ],
        at=at,
    )


def notify_readers_with_copies(notices: Sequence[BusinessNotice], *, at: datetime) -> None:
    """As :func:`notify_businesses`, for jobs that let the database tell everybody who gets no e-mail copies."""
    _tell_with_copies(_told(notices), at=at)


def _told(notices: Sequence[BusinessNotice]) -> list[tuple[queries.Reader, BusinessNotice]]:
    readers = queries.readers_of({notice.business_id for notice in notices})
    return [(reader, notice) for notice in notices for reader in readers.get(notice.business_id, ())]


def _tell_with_copies(told: Sequence[tuple[queries.Reader, BusinessNotice]], *, at: datetime) -> None:
    people = queries.users({reader.user_id for reader, _notice in told if reader.may_want_a_copy})
    notifications.notify_many(
        drafts=[
            notifications.Draft(
                recipient=people[reader.user_id],
                subject=notice.subject,
                body=notice.body,
                category=notice.category,
                link=notice.link,
                business_id=notice.business_id,
                program_account_id=notice.program_account_id,
            )
            for reader, notice in told
            if reader.may_want_a_copy
        ],
        at=at,
    )

"""What a person has been told, newest first, and which e-mail copies they want."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber, Substr

from notifications.models import Digest, EmailChoice, Notification
from notifications.rules import How


def of_person(*, user_id: int, only_unread: bool = False) -> QuerySet[Notification]:
    rows = Notification.objects.filter(user_id=user_id).order_by("-id")
    return rows.filter(read_at__isnull=True) if only_unread else rows


def counts(*, user_id: int) -> tuple[int, int]:
    """All and unread, asked at once."""
    found = Notification.objects.filter(user_id=user_id).aggregate(
        total=Count("pk"), unread=Count("pk", filter=Q(read_at__isnull=True))
    )
    return found["total"], found["unread"]


def unread_of(user_id: int) -> QuerySet[Notification]:
    return Notification.objects.filter(user_id=user_id, read_at__isnull=True)


def unread_count(*, user_id: int) -> int:
    return unread_of(user_id).count()


def one_of_person(*, user_id: int, pk: int) -> Notification | None:
    return Notification.objects.filter(user_id=user_id, pk=pk).first()


def about_account(*, program_account_id: int, people: QuerySet[Any], language: str) -> QuerySet[Notification]:
    """What these people were told of a program account, each notice once, in ``language`` where somebody reads it so.

    ``people`` gives the ids of persons.
    """
    read = Case(When(user__language=language, then=Value(0)), default=Value(1), output_field=IntegerField())
    # Copies of one notice differ in their words and in the language that their link begins with.
    same: list[Any] = [F("created_at"), F("category"), Substr("link", len("/en/"))]
    copies = Window(RowNumber(), partition_by=same, order_by=[read.asc(), F("id").asc()])
    told = Notification.objects.filter(program_account_id=program_account_id, user_id__in=people)
    return told.annotate(copy=copies).filter(copy=1).order_by("-created_at", "-id")


# --- E-mail copies ----------------------------------------------------------------------------------------------------
def choices_of(user_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """What each of these people chose, by topic; nobody who never chose."""
    found: dict[int, dict[str, str]] = {}
    rows = EmailChoice.objects.filter(user_id__in=list(user_ids))
    for user_id, topic, how in rows.values_list("user_id", "topic", "how"):
        found.setdefault(user_id, {})[topic] = how
    return found


def people_with_waiting_copies() -> tuple[int | None, int | None]:
    """The first and the last person, by their ids, for whom a summary waits."""
    found = _waiting().aggregate(first=Min("user_id"), last=Max("user_id"))
    return found["first"], found["last"]


def waiting_copies(first_id: int, last_id: int, *, on: date) -> QuerySet[Notification]:
    """The notices that wait for the summary of a range of people who had none for this day yet, person by person."""
    sent = Digest.objects.filter(user_id=OuterRef("user_id"), on=on)
    rows = _waiting().filter(~Exists(sent), user_id__gte=first_id, user_id__lte=last_id)
    return rows.select_related("user").order_by("user_id", "id")


def _waiting() -> QuerySet[Notification]:
    return Notification.objects.filter(email_copy=How.DIGEST.value, digest__isnull=True)

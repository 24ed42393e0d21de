"""What a person has been told, newest first."""

from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber, Substr

from notifications.models import Notification


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

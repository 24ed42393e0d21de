"""What a person has been told, newest first."""

from django.db.models import Count, Q, QuerySet

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

"""A surety's software: which credential a token belongs to, its calls and its deliveries."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from integrations.models import ApiCall, Delivery, SuretyClient
from security.models import SuretyEvent

LISTED = 25


def client_in_force(client_id: str) -> SuretyClient | None:
    return SuretyClient.objects.select_related("surety").filter(client_id=client_id, revoked_at=None).first()


def clients_of(surety_id: int) -> QuerySet[SuretyClient]:
    return SuretyClient.objects.filter(surety_id=surety_id).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    )


def client_of(surety_id: int, pk: int) -> SuretyClient | None:
    return SuretyClient.objects.filter(surety_id=surety_id, pk=pk, revoked_at=None).first()


def calls_of(surety_id: int) -> QuerySet[ApiCall]:
    return ApiCall.objects.filter(client__surety_id=surety_id).select_related("client").order_by("-id")


def latest_deliveries_of(surety_id: int) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(client__surety_id=surety_id)
    return rows.select_related("client", "event").order_by("-id")[:LISTED]


def clients_with_address() -> QuerySet[SuretyClient]:
    return SuretyClient.objects.filter(revoked_at=None, hook_since__isnull=False).exclude(hook_url="").order_by("pk")


def events_to_hand_over(client: SuretyClient, *, limit: int) -> QuerySet[SuretyEvent]:
    """Events since the address was given that were not put on their way to it yet."""
    return (
        SuretyEvent.objects.filter(provider_id=client.surety_id, created_at__gte=client.hook_since)
        .exclude(pk__in=Delivery.objects.filter(client=client).values("event_id"))
        .order_by("pk")[:limit]
    )


def deliveries_due(wall_at: datetime, *, limit: int) -> QuerySet[Delivery]:
    return (
        Delivery.objects.filter(state=Delivery.State.WAITING, next_attempt_at__lte=wall_at, client__revoked_at=None)
        .exclude(client__hook_url="")
        .select_related("client", "event")
        .order_by("pk")[:limit]
    )

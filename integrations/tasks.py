"""What workers wake: one line over the service, safe to run twice."""

from celery import shared_task

from core.clock import wall_now
from integrations import services


@shared_task(name="integrations.hand_over")
def hand_over() -> None:
    services.hand_over(wall_at=wall_now())

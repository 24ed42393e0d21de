"""What the beat wakes for payments."""

from celery import shared_task

from core import clock
from core.actor import system
from payments import services


@shared_task(name="payments.sweep")
def sweep() -> None:
    services.sweep_under_way(actor=system("payments.sweep"), at=clock.now())

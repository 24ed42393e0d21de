"""What the beat wakes for payments."""

from celery import shared_task

from core import clock
from core.actor import system
from payments import services
from payments.debits.run import send_waiting


@shared_task(name="payments.sweep")
def sweep() -> None:
    services.sweep_under_way(actor=system("payments.sweep"), at=clock.now())
    send_waiting(on=clock.today(), at=clock.now(), actor=system("payments.sweep"))

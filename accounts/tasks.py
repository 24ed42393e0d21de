"""What the beat wakes on the wall clock."""

from celery import shared_task

from accounts.services import email as email_services
from core import clock
from core.actor import system


@shared_task(name="accounts.close_lapsed_email_changes")
def close_lapsed_email_changes() -> None:
    email_services.close_lapsed_changes(actor=system("accounts"), at=clock.now(), wall_at=clock.wall_now())

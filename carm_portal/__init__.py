"""Wiring of the portal: settings, addresses, workers, the timetable of jobs. No domain word stands here."""

from carm_portal.celery import app as celery_app

__all__ = ["celery_app"]

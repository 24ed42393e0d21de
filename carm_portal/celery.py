"""The Celery application; tasks are found in each app's ``tasks`` module."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carm_portal.settings")
app = Celery("portage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_queue_folders(**_kwargs: object) -> None:
    """The embedded broker keeps its messages in folders that have to exist."""
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    for name in ("data_folder_in", "processed_folder"):
        if name in options:
            os.makedirs(options[name], exist_ok=True)

"""The bank behind a WSGI server: ``gunicorn counterparts.bank.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

# Set, not defaulted: the environment of a demo carries the portal's settings module.
os.environ["DJANGO_SETTINGS_MODULE"] = "counterparts.bank.settings"

application = get_wsgi_application()

from counterparts.bank.delivery import start_thread  # noqa: E402  the models load after the applications

if os.environ.get("BANK_DELIVERY_THREAD", "1") == "1":
    start_thread()

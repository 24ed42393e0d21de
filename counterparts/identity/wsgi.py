"""The provider behind a WSGI server: ``IDENTITY=gckey gunicorn counterparts.identity.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

# Set, not defaulted: the environment of a demo carries the portal's settings module.
os.environ["DJANGO_SETTINGS_MODULE"] = "counterparts.identity.settings"

application = get_wsgi_application()

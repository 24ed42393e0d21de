"""The least that Django's makemessages needs, so that it can run in a copy of the sources."""

SECRET_KEY = "reads-messages-only"
USE_I18N = True
LOCALE_PATHS = ["locale"]
INSTALLED_APPS: list[str] = []

"""The portal's own settings, with another Django ledger installed beside the book in the same database."""

from carm_portal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "mptt", "hordak"]  # noqa: F405
DEFAULT_CURRENCY = "CAD"
CURRENCIES = ["CAD"]

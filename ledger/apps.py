from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from ledger.checks import book_is_guarded


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = _("Book")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(book_is_guarded, Tags.database)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferenceConfig(AppConfig):
    name = "reference"
    verbose_name = _("Tables and rules")
    default_auto_field = "django.db.models.BigAutoField"

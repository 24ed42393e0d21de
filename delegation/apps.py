from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DelegationConfig(AppConfig):
    name = "delegation"
    verbose_name = _("Third-party access")
    default_auto_field = "django.db.models.BigAutoField"

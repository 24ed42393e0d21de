from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecurityConfig(AppConfig):
    name = "security"
    verbose_name = _("Financial security")
    default_auto_field = "django.db.models.BigAutoField"

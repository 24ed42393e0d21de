from django.apps import AppConfig


class StandingConfig(AppConfig):
    name = "standing"
    default_auto_field = "django.db.models.BigAutoField"

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(let_staff_see, dispatch_uid="accounts.let_staff_see")


def let_staff_see(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Officers and trainers may see every register of the portal's own apps; what they may do, the services decide."""
    from django.contrib.auth.models import Group, Permission
    from django.db.models import Q

    if "." in sender.name or not sender.models_module:
        return
    # Blocking people and resetting their codes are actions of the register of people.
    given = Permission.objects.using(using).filter(
        Q(codename__startswith="view_") | Q(codename="change_user"), content_type__app_label=sender.label
    )
    for name in ("officer", "trainer"):
        Group.objects.using(using).get_or_create(name=name)[0].permissions.add(*given)

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and businesses")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(let_staff_see, dispatch_uid="accounts.let_staff_see")


def let_staff_see(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Officers and trainers see every register and get its actions; what may be done, registers and services decide."""
    from django.contrib.auth.models import Group, Permission
    from django.db.models import Q

    if "." in sender.name or not sender.models_module:
        return
    # No register lets its rows be edited: to change one means to run its actions. Rates and policy are entered anew,
    # and credentials of a surety's software are issued.
    given = Permission.objects.using(using).filter(
        Q(codename__startswith="view_")
        | Q(codename__startswith="change_")
        | Q(codename__startswith="add_", content_type__app_label="reference")
        | Q(codename="add_suretyclient"),
        content_type__app_label=sender.label,
    )
    for name in ("officer", "trainer"):
        Group.objects.using(using).get_or_create(name=name)[0].permissions.add(*given)

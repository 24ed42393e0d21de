"""Keeps the chart of accounts in the database equal to ``rules.Account``."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ledger.rules import Account


def charting() -> migrations.RunPython:
    """The migration operation that writes the chart; use it again when an account is added."""
    return migrations.RunPython(_write, migrations.RunPython.noop)


def write(model: Any) -> None:
    """Create the accounts that are not there yet."""
    model.objects.bulk_create(
        [model(number=account.value, code=account.name) for account in Account], ignore_conflicts=True
    )


def _write(apps: Any, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    write(apps.get_model("ledger", "LedgerAccount"))

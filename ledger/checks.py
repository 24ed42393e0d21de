"""The system check that the database still guards the book."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from ledger import triggers

#: The last migration that created the triggers or the function.
_GUARDED_BY = "0005_leaner_writing"


def book_is_guarded(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """``ledger.E001`` for each database whose triggers differ; silent before the migration that creates them.

    A database that is a migration behind has other triggers, and must still be let through to be migrated.
    """
    messages: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if ("ledger", _GUARDED_BY) not in MigrationRecorder(connection).applied_migrations():
            continue
        if missing := triggers.differences(connection):
            messages.append(
                Error(
                    f"The book is not guarded: {', '.join(missing)} missing or changed in database '{alias}'.",
                    hint="Create them again with ledger.triggers.lock(connection), then run verify_ledger.",
                    id="ledger.E001",
                )
            )
    return messages

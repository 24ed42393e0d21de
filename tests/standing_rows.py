"""The reference tables and the chart of accounts: loaded once a run, put back by the database itself after a flush."""

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from ledger import chart
from ledger.models import LedgerAccount
from reference.models import Country


def load() -> None:
    """The tables as a new installation has them, and a copy of each beside it that no flush knows."""
    chart.write(LedgerAccount)
    call_command("load_reference", verbosity=0)
    with connection.cursor() as cursor:
        for table, kept in _tables():
            cursor.execute(f"DROP TABLE IF EXISTS {kept}")
            cursor.execute(f"CREATE TABLE {kept} AS SELECT * FROM {table}")


def put_back() -> None:
    """After a test that committed: the same rows under the same numbers, without reading the files again."""
    if Country.objects.exists():
        return
    chart.write(LedgerAccount)
    with connection.cursor() as cursor:
        for table, kept in _tables():
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {kept}")
        # A flush begins their numbers anew; the next row entered comes after those put back.
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _tables() -> list[tuple[str, str]]:
    """Each reference table, those that others point to first, and the name of its copy."""
    quote = connection.ops.quote_name
    return [(quote(model._meta.db_table), quote(f"kept_{model._meta.db_table}")) for model in _models()]


def _models() -> list[type[Model]]:
    return list(apps.get_app_config("reference").get_models(include_auto_created=True))

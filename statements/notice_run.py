"""The notices of a day as one set-based pass: counted and summed where the entries lie.

``ledger.queries.activity`` is the definition; the statement goes on with its very rows.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from core.sql import prepared, said, typed
from ledger import queries as ledger
from statements.models import DailyNotice


def write_notices(*, shared: Mapping[str, Any]) -> int:
    """One notice a program account with entries in these days, unless it has one of that day; how many were missing.

    ``shared`` are the columns that all of them have. Of two runs at once, one writes each notice and counts it.
    """
    active, active_values = said(ledger.activity_rows(since=shared["posted_since"], upto=shared["posted_upto"]))
    columns = ", ".join(shared)
    places = ", ".join(typed(DailyNotice, name) for name in shared)
    statement = f"""
        INSERT INTO statements_dailynotice (program_account_id, entry_count, charges, credits, {columns})
        WITH active (holder_id, entry_count, charges, credits) AS ({active})
        SELECT a.id, x.entry_count, x.charges, x.credits, {places}
        FROM active x JOIN accounts_programaccount a ON a.id = x.holder_id
        WHERE NOT EXISTS (SELECT 1 FROM statements_dailynotice o
          WHERE o.program_account_id = a.id AND o.notice_on = %s)
        ORDER BY a.id
        ON CONFLICT (program_account_id, notice_on) DO NOTHING"""
    values = prepared(DailyNotice, shared)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*active_values, *values, *prepared(DailyNotice, {"notice_on": shared["notice_on"]})])
        return int(cursor.rowcount)

"""The daily clearing of a whole population: who owes and has credit is paired where the items lie.

``rules.allocations`` is the definition. Along the debts of an account, oldest due first, and along its credits, oldest
first, each item takes a stretch of a line as long as what is left of it; a debt and a credit clear each other where
their stretches overlap.
"""

from collections.abc import Collection
from datetime import date, datetime

from core.actor import Actor
from core.sql import greatest, least
from ledger import services as book
from ledger.rules import Side
from payments.rules import CLASS_ORDER


def clear_oldest_first(*, holders: Collection[int], on: date, at: datetime, actor: Actor) -> tuple[int, list[int]]:
    """Clear what is due on a day, oldest first, for holders close to one another; how many clearings, and for whom.

    The caller holds the accounts. A second call finds nothing to clear.
    """
    if not holders:
        return 0, []
    chosen = ", ".join(str(int(number)) for number in holders)
    rank = " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(CLASS_ORDER))
    day = "COALESCE(due_on, posted_on)"
    # The bounds lead along the index, the list to those who are held.
    is_open = f"holder_id BETWEEN %s AND %s AND holder_id IN ({chosen}) AND cleared < amount AND posted_on <= %s"
    along = "CAST(SUM(amount - cleared) OVER (PARTITION BY holder_id ORDER BY {order}) AS BIGINT)"
    by_age = along.format(order=f"{day}, CASE kind {rank} ELSE {len(CLASS_ORDER)} END, id")
    pairs = f"""
        SELECT d.holder_id, d.id AS debt_item_id, c.id AS credit_item_id,
          {least("d.upto", "c.upto")} - {greatest("d.upto - d.rest", "c.upto - c.rest")} AS amount,
          ROW_NUMBER() OVER (PARTITION BY d.holder_id ORDER BY d.upto, c.upto) AS place
        FROM (SELECT id, holder_id, amount - cleared AS rest, {by_age} AS upto FROM ledger_openitem
            WHERE {is_open} AND side = '{Side.DEBT.value}' AND {day} <= %s) d
          JOIN (SELECT id, holder_id, amount - cleared AS rest, {along.format(order="posted_on, id")} AS upto
            FROM ledger_openitem WHERE {is_open} AND side = '{Side.CREDIT.value}') c
          ON c.holder_id = d.holder_id AND c.upto > d.upto - d.rest AND d.upto > c.upto - c.rest"""
    bounds = [min(holders), max(holders), on]
    return book.clear_selected(pairs=pairs, values=[*bounds, on, *bounds], cleared_on=on, at=at, actor=actor)

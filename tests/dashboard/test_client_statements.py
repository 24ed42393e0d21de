"""A provider's clients in one view of a month: what it filed, what else it may see, and never a sum of the rest."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs import set_clock
from dashboard.queries import client_statements as queries
from delegation import access
from delegation.models import Delegation
from delegation.rules import Action
from statements.sheet import sheet_of
from tests.builders import Cast, actor, signed_in
from tests.dashboard.conftest import charge, moment
from tests.dashboard.pages import address, see
from tests.statements import scene

pytestmark = pytest.mark.django_db


def month_of(cast: Cast, person: Any, business: Any, *, limit: int = 6) -> queries.Month:
    seat = access.business_for(actor(person), business.bn9, to=Action.VIEW, on=date(2026, 7, 26))
    with CaptureQueriesContext(connection) as asked:
        found = queries.client_statements(seat, scene.JULY)
    assert len(asked) <= limit
    return found


def test_the_statement_days_go_back_a_year() -> None:
    days = queries.months(date(2026, 2, 24), count=3)
    assert days == [date(2026, 1, 25), date(2025, 12, 25), date(2025, 11, 25)]
    assert queries.months(date(2026, 2, 25), count=1) == [date(2026, 2, 25)]


def test_each_access_shows_its_part_of_a_month(cast: Cast, narrow: Callable[..., Any]) -> None:
    for business, amount in ((cast.northlight, "100.00"), (cast.harbourline, "20.00"), (cast.passerelle, "3.00")):
        charge(cast.account, amount, date(2026, 7, 3), submitter=business)
    [statement] = scene.issue(scene.JULY)
    set_clock(moment(date(2026, 7, 26)))
    [row] = month_of(cast, cast.wen, cast.harbourline).rows
    assert (row.own, row.others, row.total) == (Decimal("20.00"), Decimal("103.00"), Decimal("123.00"))
    client = signed_in(cast.wen)
    page = see(client, "dashboard:client_statements", cast.harbourline.bn9)
    assert "$20.00" in page or "20.00" in page
    assert "103.00" in page
    assert "No statement of this month" in see(
        client, "dashboard:client_statements", cast.harbourline.bn9, query="?month=2026-06"
    )
    answer = client.get(address("dashboard:client_statements_csv", cast.harbourline.bn9))
    [line] = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (line["Filed by you"], line["Filed by others"], line["Total payable"]) == ("20.00", "103.00", "123.00")
    access_given = narrow(sees_client=True)
    [row] = month_of(cast, cast.ines, cast.passerelle).rows
    assert (row.own, row.others, row.total) == (Decimal("3.00"), Decimal("100.00"), None)
    Delegation.objects.filter(pk=access_given.pk).update(sees_client=False)
    found = month_of(cast, cast.ines, cast.passerelle)
    assert [(row.own, row.others, row.total) for row in found.rows] == [(Decimal("3.00"), None, None)]
    assert (found.own, found.others) == (Decimal("3.00"), Decimal("0.00"))
    partial = signed_in(cast.ines)
    page = see(partial, "dashboard:client_statements", cast.passerelle.bn9)
    assert "103.00" not in page
    assert "123.00" not in page
    assert "not shown" in page
    assert signed_in(cast.amara).get(address("dashboard:client_statements", cast.northlight.bn9)).status_code == 403
    # The importer's own statement says the same from the other side.
    split = {row.name: row.total for row in sheet_of(statement).by_filer}
    assert split == {
        cast.northlight.legal_name: Decimal("100.00"),
        cast.harbourline.legal_name: Decimal("20.00"),
        cast.passerelle.legal_name: Decimal("3.00"),
    }
    own = see(signed_in(cast.amara), "statements:detail", cast.account.number, "2026-07-25", query="?box=R")
    assert "By who filed" in own
    assert f"{cast.northlight.legal_name} (own)" in own

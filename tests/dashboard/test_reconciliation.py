"""Reconciliation and the account as of a day, from declarations that were really filed: pages, file and API."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs import set_clock
from core.money import ZERO
from dashboard.queries import as_of as as_of_queries
from dashboard.queries import reconciliation as queries
from dashboard.rules.reconciliation import Cause
from declarations.changes import services as changes
from declarations.services import InvoiceEntry, assess, file_declaration
from delegation import access
from delegation.rules import Action
from ledger import queries as ledger
from ledger.rules import Revenue
from payments.models import Payment
from payments.services import PaymentOrder, start_payment
from releases.models import Release
from statements import queries as statements
from tests.builders import Cast, actor, signed_in
from tests.dashboard.pages import address, see
from tests.declarations.changing import withdrawal
from tests.declarations.desk import BOOTS, INVOICE, drafted, filer, moment, released, secured
from tests.statements import scene

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 28)
SHIPPED = replace(INVOICE, shipped_on=date(2026, 6, 24), dated_on=date(2026, 6, 23))


@pytest.fixture
def filed(cast: Cast) -> dict[str, Any]:
    """July: two declarations on the statement, one filed after the cut-off, a draft, two payers, a release since."""
    world, account = cast.world, secured(cast.world, cast.account)

    def goods(day: date, filer: Any) -> Any:
        return released(world, account, filer, at=moment(day))

    def filed_at(release: Any, *, at: datetime) -> Any:
        return file_declaration(
            release=release,
            submitter=release.submitter,
            invoices=[InvoiceEntry(SHIPPED, (BOOTS,))],
            actor=filer(world, release.submitter),
            at=at,
        )

    scene.declare(account, "17042000099999", date(2026, 6, 3), submitter=cast.harbourline, gst="700.00")
    scene.issue(scene.JUNE)
    made = {
        "own": filed_at(goods(date(2026, 7, 2), cast.northlight), at=moment(date(2026, 7, 6))),
        "broker": filed_at(goods(date(2026, 7, 3), cast.harbourline), at=moment(date(2026, 7, 7))),
    }
    late = goods(date(2026, 7, 16), cast.northlight)
    scene.pay(account, "OWN", "300.00", date(2026, 7, 9), payer_id=cast.northlight.pk)
    scene.pay(account, "BROKER", "400.00", date(2026, 7, 10), payer_id=cast.harbourline.pk)
    scene.charge_interest(date(2026, 7, 24))
    scene.issue(scene.JULY)
    made["late"] = filed_at(late, at=moment(date(2026, 7, 26)))
    made["next"] = filed_at(goods(date(2026, 7, 20), cast.northlight), at=moment(date(2026, 7, 21)))
    made["draft"] = drafted(
        world, goods(date(2026, 7, 17), cast.northlight), at=moment(date(2026, 7, 22)), invoice=SHIPPED
    )
    made["payment"] = start_payment(
        order=PaymentOrder(Decimal("50.00"), Payment.Method.DEBIT_CARD),
        program_account=account,
        payer=cast.northlight,
        actor=actor(cast.amara, cast.northlight),
        at=moment(date(2026, 7, 27)),
    )
    set_clock(moment(TODAY))
    return made


def found_for(cast: Cast, user: Any, business: Any, day: date) -> queries.Reconciliation:
    seat = access.program_account_for(actor(user, business), cast.account.number, to=Action.VIEW_TRANSACTIONS, on=TODAY)
    known = queries.choices(cast.account.pk, on=TODAY)
    choice = next(row for row in known if row.statement_on == day)
    return queries.reconciliation(seat, choice, known=known, on=TODAY)


def test_every_difference_of_july_has_its_cause(filed: dict[str, Any], cast: Cast) -> None:
    total = filed["own"].total
    found = found_for(cast, cast.amara, cast.northlight, scene.JULY)
    july = statements.statement_on(cast.account.pk, scene.JULY)
    assert july is not None and found.balance is not None
    assert found.statement.start == 3 * total
    assert {row.cause: row.amount for row in found.statement.differences} == {
        Cause.OLD_DEBT: Decimal("700.00"),
        Cause.FILED_LATE: -total,
        Cause.INTEREST: july.box_e,
        Cause.OWN_PAYMENT: Decimal("-300.00"),
        Cause.BROKER_PAYMENT: Decimal("-400.00"),
    }
    assert {row.cause: row.amount for row in found.balance.differences} == {
        Cause.FILED_LATE: total,
        Cause.NEXT_PERIOD: total,
    }
    assert (found.statement.unexplained, found.balance.unexplained) == (ZERO, ZERO)
    assert [row.number for row in found.drafts] == [filed["draft"].number]
    coming = found_for(cast, cast.amara, cast.northlight, date(2026, 8, 25))
    assert coming.balance is not None
    assert (coming.statement.unexplained, coming.balance.unexplained) == (ZERO, ZERO)
    assert coming.statement.start == total
    assert Cause.CORRECTION in {row.cause for row in coming.statement.differences}


def test_changes_under_review_withdrawals_and_assessments_are_named(filed: dict[str, Any], cast: Cast) -> None:
    world, own, broker = cast.world, filed["own"], filed["broker"]
    wen = filer(world, cast.harbourline)
    change = withdrawal(broker, actor=wen, at=moment(date(2026, 7, 26)))
    gone = withdrawal(own, actor=filer(world, cast.northlight), at=moment(date(2026, 7, 26)))
    changes.approve(request=gone, reason="Filed twice.", actor=actor(cast.daniel), at=moment(date(2026, 7, 27)))
    overdue = filed["draft"].release
    Release.objects.filter(pk=overdue.pk).update(accounting_due_on=date(2026, 7, 24))
    assess(
        release=overdue,
        amounts={Revenue.GST: Decimal("80.00")},
        reason="Nothing came.",
        actor=actor(cast.daniel),
        at=moment(TODAY),
    )
    found = found_for(cast, cast.amara, cast.northlight, scene.JULY)
    assert found.balance is not None
    assert (found.statement.unexplained, found.balance.unexplained) == (ZERO, ZERO)
    assert {row.cause: row.amount for row in found.balance.differences}[Cause.ASSESSED] == Decimal("80.00")
    late = {row.cause: row.amount for row in found.statement.differences}
    assert late[Cause.CHANGED_LATE] == own.total and [row.number for row in found.changes] == [change.number]
    assert found.declared_count == 2
    client = signed_in(cast.amara)
    page = see(client, "dashboard:reconciliation", cast.account.number)
    assert change.number in page and "under review: declaration" in page and gone.number not in page
    page = see(client, "dashboard:as_of", cast.account.number, query="?since=2026-07-26&until=2026-07-28")
    assert "Change of a declaration under review" in page and change.number in page
    day = as_of_queries.as_of(
        cast.account.pk, since=date(2026, 7, 26), until=date(2026, 7, 26), known_on=date(2026, 7, 28)
    )
    raw = client.get(address("dashboard:reconciliation", cast.account.number)).content.decode()
    assert address("declarations:change", cast.account.number, change.number) in raw
    assert {row.number for row in day.pending if row.kind == "change"} == {change.number, gone.number}


def test_a_delegate_with_a_part_sees_its_own_lines_and_no_sum_of_others(
    filed: dict[str, Any], cast: Cast, narrow: Callable[..., Any]
) -> None:
    narrow()
    scene.declare(cast.account, "17042000011111", date(2026, 7, 5), submitter=cast.passerelle, gst="77.00")
    found = found_for(cast, cast.ines, cast.passerelle, scene.JULY)
    assert (found.declared_count, found.balance, found.statement.start) == (0, None, ZERO)
    assert (found.statement.end, found.statement.unexplained) == (Decimal("77.00"), ZERO)
    client = signed_in(cast.ines)
    page = see(client, "dashboard:reconciliation", cast.account.number)
    assert "Only the entries that your access includes" in page
    file = client.get(address("dashboard:reconciliation_csv", cast.account.number)).content.decode()
    hidden = [filed[name].number for name in ("own", "broker", "late", "next", "draft")]
    assert "17042000011111" in page and "17042000011111" in file
    assert not [number for number in [*hidden, "OWN", "BROKER"] if number in page or number in file]
    assert client.get(address("dashboard:as_of", cast.account.number)).status_code == 403
    assert signed_in(cast.luc).get(address("dashboard:reconciliation", cast.account.number)).status_code == 404


def test_the_page_and_the_file_say_what_the_bridge_says(filed: dict[str, Any], cast: Cast) -> None:
    client = signed_in(cast.amara)
    page = see(client, "dashboard:reconciliation", cast.account.number)
    assert "Accounted for after the cut-off: on the next statement" in page
    assert "Paid by a broker or another business" in page
    assert page.count("Every difference is explained.") == 2
    assert filed["late"].number in page and filed["draft"].number in page
    french = see(client, "dashboard:reconciliation", cast.account.number, language="fr")
    assert "Rapprochement" in french
    answer = client.get(address("dashboard:reconciliation_csv", cast.account.number))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
    parts = sorted({row[0] for row in rows})
    for part in parts:
        amounts = {row[1]: row[6] for row in rows if row[0] == part and row[1] in ("Start", "End", "Unexplained")}
        moved = sum(Decimal(row[6]) for row in rows if row[0] == part and row[1] not in amounts)
        assert Decimal(amounts["Start"]) + moved == Decimal(amounts["End"])
    unknown = client.get(address("dashboard:reconciliation", cast.account.number) + "?statement=2020-01-25")
    assert unknown.status_code == 404


def test_as_of_a_day_says_what_was_known_then(filed: dict[str, Any], cast: Cast) -> None:
    total = filed["own"].total
    client = signed_in(cast.amara)
    query = "?since=2026-07-01&until=2026-07-16"
    then = see(client, "dashboard:as_of", cast.account.number, query=query + "&known_on=2026-07-24")
    assert "As it was known on 24 July 2026" in then or "As it was known on July 24, 2026" in then
    now = as_of_queries.as_of(cast.account.pk, since=date(2026, 7, 1), until=date(2026, 7, 16), known_on=TODAY)
    back = as_of_queries.as_of(
        cast.account.pk, since=date(2026, 7, 1), until=date(2026, 7, 16), known_on=date(2026, 7, 24)
    )
    assert now.opening == Decimal("700.00")
    assert (now.charges, back.charges) == (3 * total, 2 * total)
    assert (now.credits, now.late) == (Decimal("-700.00"), ZERO)
    assert now.closing - back.closing == total
    assert now.statement is not None and back.statement is not None
    assert (now.statement.statement_on, back.statement.statement_on) == (scene.JULY, scene.JUNE)
    assert [row.number for row in now.pending] == []
    today = see(client, "dashboard:as_of", cast.account.number)
    assert filed["draft"].number in today and filed["payment"].reference in today
    wrong = see(client, "dashboard:as_of", cast.account.number, query="?since=2026-07-09&until=2026-07-01")
    assert "The end is before the start" in wrong
    long = see(client, "dashboard:as_of", cast.account.number, query="?since=2024-07-09&until=2026-07-01")
    assert "Choose a year at most" in long


def test_software_reads_the_same(filed: dict[str, Any], cast: Cast) -> None:
    client = signed_in(cast.amara)
    number = cast.account.number
    found = client.get(f"/api/v1/accounts/{number}/reconciliation/2026-07-25")
    assert found.status_code == 200, found.content
    body = found.json()
    assert body["statement_to_balance"]["unexplained"] == "0.00"
    late = next(row for row in body["declarations_to_statement"]["differences"] if row["cause"] == "filed_late")
    assert late["documents"] == [f"declaration:{filed['late'].number}"]
    days = client.get(f"/api/v1/accounts/{number}/as-of?since=2026-07-01&until=2026-07-28").json()
    assert days["days"][-1]["closing"] == days["closing"] == str(ledger.balance_of(cast.account.pk).net)
    assert days["pending"][-1]["number"] in (filed["draft"].number, filed["payment"].reference)
    assert client.get(f"/api/v1/accounts/{number}/as-of?since=soon").status_code == 400
    assert client.get(f"/api/v1/accounts/{number}/reconciliation/2020-01-25").status_code == 404


def test_the_balance_from_segments_is_the_sum_of_the_entries_on_every_day(cast: Cast) -> None:
    """Random postings: whole segments and cut ones together give what a plain sum gives, and queries don't grow."""
    random, posted = Random(4), []
    start = date(2026, 5, 10)
    for number in range(60):
        released_on = start + timedelta(days=random.randrange(60))
        # Known before its day: goods billed by the month, filed under the month's last day.
        known = released_on + timedelta(days=random.randrange(-20, 20))
        amount = Decimal(random.randrange(1, 9000)) / 100
        if number % 4 == 0:
            scene.pay(cast.account, f"R{number}", str(amount), known)
            posted.append((known, known, -amount))
        else:
            scene.declare(cast.account, f"{number:014d}", released_on, posted_on=known, gst=str(amount))
            posted.append((min(released_on, known), known, amount))
    for _try in range(80):
        on = start + timedelta(days=random.randrange(90))
        known = start + timedelta(days=random.randrange(90))
        naive = sum((amount for took, seen, amount in posted if took <= on and seen <= known), ZERO)
        assert ledger.net_known(cast.account.pk, on=on, known_on=known) == naive, (on, known)
    with CaptureQueriesContext(connection) as asked:
        found = as_of_queries.as_of(cast.account.pk, since=start, until=TODAY, known_on=TODAY)
    assert len(asked) <= 7
    assert found.closing == sum((amount for _took, _seen, amount in posted), ZERO)

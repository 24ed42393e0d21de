"""The monthly jobs: once however often they run, every box from the book, a chain without a gap."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core import jobs
from core.errors import DomainError
from core.models import AuditEvent, JobChunk, OutboxMessage
from core.money import ZERO
from core.timetable import timetable
from ledger import queries as ledger
from ledger.models import JournalEntry
from ledger.rules import EntryKind
from ledger.verification import findings
from notifications.models import EmailChoice, Notification
from statements import queries, rules, services
from statements.models import DailyNotice, InterestCharge, Statement
from tests.builders import Cast
from tests.statements import scene

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def boxes(statement: Statement) -> list[str]:
    return [str(getattr(statement, f"box_{letter}")) for letter in "abcdefgh"]


@pytest.fixture
def played(cast: Cast) -> tuple[Statement, Statement]:
    return scene.play(cast.account, cast.northlight, cast.harbourline)


# --- Statements ------------------------------------------------------------------------------------------------------


def test_every_box_to_the_cent(played: tuple[Statement, Statement]) -> None:
    june, july = played
    assert boxes(june) == ["0.00", "0.00", "0.00", "0.00", "0.00", "18412.66", "0.00", "18412.66"]
    assert boxes(july) == [
        "18412.66",
        "-236.40",
        "-19426.26",
        "0.00",
        "4.69",
        "23933.11",
        "-412.50",
        "22275.30",
    ]
    assert (july.payment_due_on, july.last_day_to_pay) == (date(2026, 7, 31), date(2026, 7, 31))
    assert (june.payment_due_on, june.last_day_to_pay) == (date(2026, 7, 1), date(2026, 7, 2))
    assert july.entry_count == 13
    assert list(findings()) == []


def test_a_statement_is_sealed_over_its_entries(played: tuple[Statement, Statement], cast: Cast) -> None:
    _june, july = played
    assert queries.seal_now(july) == july.seal != rules.seal_of([])
    # What is known only later changes the next statement, never one that was issued.
    scene.declare(cast.account, "17042000049999", date(2026, 7, 10), posted_on=date(2026, 7, 27), duty="10.00")
    assert queries.seal_now(july) == july.seal
    scene.issue(date(2026, 8, 25))
    august = queries.newest_statement(cast.account.pk)
    assert august and (august.box_a, august.box_b) == (july.box_h, Decimal("10.00"))


def test_running_twice_issues_once(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), submitter=cast.northlight, duty="100.00")
    run = scene.job_run("statements.monthly", scene.JULY)
    first = services.run_statements(run=run, on=scene.JULY, actor=scene.ACTOR)
    assert first == {"issued": 1, "total_payable": "100.00"}
    assert services.run_statements(run=run, on=scene.JULY, actor=scene.ACTOR) == {"issued": 0, "total_payable": "0.00"}
    assert Statement.objects.count() == 1
    assert AuditEvent.objects.filter(verb="statement.issued").count() == 1
    assert Notification.objects.filter(program_account_id=cast.account.pk, category="statement").count() == 1


def test_an_account_without_anything_gets_none_and_strangers_of_the_book_neither(cast: Cast) -> None:
    scene.declare(987654321, "1", date(2026, 7, 1), duty="100.00")
    assert scene.issue(scene.JULY) == []


def test_a_balance_is_billed_again_though_nothing_happened(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), duty="100.00")
    scene.issue(scene.JULY)
    [august] = scene.issue(date(2026, 8, 25))
    assert boxes(august)[0] == boxes(august)[-1] == "100.00"
    assert (august.entry_count, august.seal) == (0, rules.seal_of([]))


def test_a_month_without_a_run_is_made_up_for(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 3, 2), duty="100.00")
    [march] = scene.issue(date(2026, 3, 25))
    scene.declare(cast.account, "2", date(2026, 5, 4), duty="30.00")
    scene.pay(cast.account, "A", "50.00", date(2026, 5, 30))
    [july] = scene.issue(scene.JULY)
    assert boxes(march)[-1] == "100.00"
    assert boxes(july) == ["100.00", "30.00", "-50.00", "0.00", "0.00", "0.00", "0.00", "80.00"]


def test_a_settled_account_gets_no_further_statement(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), duty="100.00")
    scene.pay(cast.account, "A", "100.00", date(2026, 7, 20))
    [july] = scene.issue(scene.JULY)
    assert july.box_h == ZERO
    assert scene.issue(date(2026, 8, 25)) == []


def test_the_database_refuses_boxes_that_do_not_add_up(played: tuple[Statement, Statement]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.filter(pk=played[1].pk).update(box_h=Decimal("1.00"))


def test_each_manager_is_told_in_their_own_language(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), duty="1234.50")
    scene.declare(cast.overdue_account, "2", date(2026, 7, 1), duty="1234.50")
    scene.declare(cast.overdue_account, "3", date(2026, 6, 1), duty="-2000.00", kind=EntryKind.CORRECTION)
    scene.issue(scene.JULY)
    to_amara = Notification.objects.get(user=cast.amara)
    to_luc = Notification.objects.get(user=cast.luc)
    assert to_amara.subject.replace("\u00a0", " ") == "Your statement of 25 July 2026 is ready"
    assert "$1,234.50" in to_amara.body and "31 July 2026" in to_amara.body.replace("\u00a0", " ")
    assert to_amara.link.endswith(f"/accounts/{cast.account.number}/statements/2026-07-25/")
    assert to_luc.link.startswith("/fr/")
    assert "765,50\u00a0$" in to_luc.body


def test_the_database_tells_people_what_python_tells_those_with_an_email_copy(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 1), duty="1234567.50")
    scene.declare(cast.overdue_account, "3", date(2026, 6, 1), duty="-2000.00", kind=EntryKind.CORRECTION)
    told = {}
    for wants_email in (False, True):
        with transaction.atomic():
            User.objects.filter(pk__in=(cast.amara.pk, cast.luc.pk)).update(wants_email=wants_email)
            letters = OutboxMessage.objects.count()
            scene.issue(scene.JULY)
            assert OutboxMessage.objects.count() - letters == (2 if wants_email else 0)
            rows = Notification.objects.filter(category="statement").order_by("user_id")
            copy = {"EACH"} if wants_email else {"NONE"}
            assert set(rows.values_list("email_copy", flat=True)) == copy
            same = ("user_id", "subject", "body", "link", "business_id", "program_account_id", "created_at", "read_at")
            told[wants_email] = list(rows.values_list(*same))
            transaction.set_rollback(True)
    assert told[False] == told[True] and len(told[True]) == 2
    # Who chose no copies of this topic is told in the portal all the same, and nobody who has left.
    User.objects.filter(pk=cast.amara.pk).update(wants_email=True)
    EmailChoice.objects.create(user=cast.amara, topic="MONEY", how="NONE")
    User.objects.filter(pk=cast.luc.pk).update(is_active=False)
    scene.issue(scene.JULY)
    [row] = Notification.objects.filter(category="statement")
    assert (row.user_id, row.email_copy) == (cast.amara.pk, "NONE")


def test_mark_read_keeps_the_first_moment(played: tuple[Statement, Statement]) -> None:
    statement = played[1]
    services.mark_read(statement=statement, at=scene.at(scene.JULY))
    services.mark_read(statement=statement, at=scene.at(scene.JULY, 15))
    statement.refresh_from_db()
    assert statement.read_at == scene.at(scene.JULY)


def test_a_missing_statement_says_when_they_come() -> None:
    with pytest.raises(DomainError, match="25th"):
        services.require_statement(None)


def test_statements_of_many_accounts_take_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        account = cast.world.program_account(cast.world.business(f"Importer {number}"))
        scene.declare(account, f"{number}", date(2026, 7, 1), duty="100.00")
    with django_assert_max_num_queries(20):
        assert len(scene.issue(scene.JULY)) == 30


# --- A year ----------------------------------------------------------------------------------------------------------


def test_a_year_of_statements_is_a_chain_without_a_gap(cast: Cast) -> None:
    """Random declarations, corrections, payments and returns: A = H before, F = its lines, H = what the book says."""
    dice = Random(20260725)
    account, day, number = cast.account, date(2025, 8, 1), 0
    while day <= date(2026, 8, 24):
        for _unused in range(dice.randint(0, 2)):
            number += 1
            released_on = day - timedelta(days=dice.randint(0, 9))
            scene.declare(
                account,
                f"{number}",
                released_on,
                submitter=cast.harbourline,
                posted_on=day,
                kind=dice.choice((EntryKind.DECLARATION, EntryKind.CORRECTION)),
                duty=f"{dice.randint(-20_000, 90_000) / 100:.2f}",
                gst=f"{dice.randint(1, 5_000) / 100:.2f}",
            )
        if dice.random() < 0.15:
            number += 1
            paid = scene.pay(account, f"P{number}", f"{dice.randint(100, 400_000) / 100:.2f}", day)
            debts = list(ledger.open_items_of(account.pk, on=day, debts_only=True)[:1])
            if debts:
                amount = min(debts[0].remaining, ledger.balance_of(account.pk).credit, -paid.amount)
                scene.settle(debts[0].entry, paid, str(amount), day)
        if day.day == 24:
            scene.charge_interest(day)
        if day.day == 25:
            scene.issue(day)
        day += timedelta(days=1)
    statements = list(Statement.objects.filter(program_account=account).order_by("statement_on"))
    assert len(statements) == 12
    before = ZERO
    for statement in statements:
        entries = list(queries.entries_of(statement))
        sums = {letter: sum((row.amount for row in entries if row.box == letter), ZERO) for letter in "BCDEFG"}
        assert statement.box_a == before
        assert [sums[letter] for letter in "BCDEFG"] == [
            getattr(statement, f"box_{letter.lower()}") for letter in "BCDEFG"
        ]
        assert statement.box_h == before + sum(sums.values())
        assert statement.entry_count == len(entries)
        assert queries.seal_now(statement) == statement.seal
        charged = sum((row.amount for row in queries.interest_behind(statement)), ZERO)
        assert charged == sums["E"]
        before = statement.box_h
    # What the book says less what is released later or known since is what was billed.
    later = JournalEntry.objects.filter(holder_id=account.pk, billing_on__gt=statements[-1].period_end)
    unbilled = later.filter(category__in=("CHARGE", "CREDIT"), posted_on__lte=statements[-1].posted_upto)
    newest = ledger.net_on(account.pk, on=statements[-1].posted_upto)
    assert before == newest - sum((row.amount for row in unbilled), ZERO)
    assert list(findings()) == []


# --- Interest --------------------------------------------------------------------------------------------------------


def test_the_vector_through_the_job(cast: Cast) -> None:
    """10,000.00 due 30 January 2026 at 8.3 %: 25 days are charged in February, five in March, and they compound."""
    scene.declare(cast.account, "17042000000017", date(2026, 1, 5), duty="10000.00")
    assert scene.charge_interest(date(2026, 2, 24)) == 1
    [first] = InterestCharge.objects.all()
    assert (first.first_day, first.last_day, first.days) == (date(2026, 1, 31), date(2026, 2, 24), 25)
    assert (str(first.amount), first.rate, first.rate_is_illustrative) == ("57.00", Decimal("0.083"), True)
    debt = ledger.entry_by_key("declaration:17042000000017:v1")
    paid = scene.pay(cast.account, "A", "10000.00", date(2026, 3, 1))
    assert debt is not None
    scene.settle(debt, paid, "10000.00", date(2026, 3, 1))
    assert scene.charge_interest(date(2026, 3, 24)) == 2
    of_debt, of_interest = InterestCharge.objects.filter(posted_on=date(2026, 3, 24)).order_by("id")
    assert (of_debt.first_day, of_debt.last_day, str(of_debt.amount)) == (
        date(2026, 2, 25),
        date(2026, 3, 1),
        "11.38",
    )
    assert (str(of_interest.principal), of_interest.days, str(of_interest.amount)) == ("57.00", 28, "0.36")
    # 57.00 + 11.38 and five days on the 57.00 (0.06) are the 68.44 of one long calculation.
    assert first.amount + of_debt.amount + Decimal("0.06") == Decimal("68.44")


def test_interest_entries_fall_due_with_their_statement(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 6, 2), duty="10000.00")
    scene.charge_interest(date(2026, 7, 24))
    entry = JournalEntry.objects.select_related("item").get(kind=EntryKind.INTEREST)
    assert (entry.item.due_on, entry.item.last_day_to_pay) == (date(2026, 7, 31), date(2026, 7, 31))
    assert (entry.memo, entry.posted_on) == ("declaration:1", date(2026, 7, 24))
    [july] = scene.issue(scene.JULY)
    assert july.box_e == entry.amount == Decimal("51.80")
    assert list(queries.interest_behind(july)) == list(InterestCharge.objects.all())


def test_charging_twice_charges_once(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 6, 2), duty="10000.00")
    run = scene.job_run("statements.interest", date(2026, 7, 24), 23, 50)
    for _unused in range(2):
        assert services.run_interest(run=run, on=date(2026, 7, 24), actor=scene.ACTOR) == {"entries": 1}
    JobChunk.objects.all().update(done_at=None)
    services.run_interest(run=run, on=date(2026, 7, 24), actor=scene.ACTOR)
    assert InterestCharge.objects.count() == JournalEntry.objects.filter(kind=EntryKind.INTEREST).count() == 1
    assert AuditEvent.objects.filter(verb="interest.charged", program_account_id=cast.account.pk).count() == 1


def test_no_interest_in_the_relief_window(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2025, 2, 3), duty="10000.00")
    for month in (3, 7, 12):
        assert scene.charge_interest(date(2025, month, 24)) == 0
    assert scene.charge_interest(date(2026, 1, 24)) == 1
    charge = InterestCharge.objects.get()
    assert (charge.first_day, charge.days, str(charge.amount)) == (date(2026, 1, 1), 24, "54.72")


def test_a_penalty_bears_the_prescribed_rate_after_thirty_days(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 6, 10), kind=EntryKind.PENALTY, penalty="1000.00")
    assert scene.charge_interest(date(2026, 7, 9)) == 0
    assert scene.charge_interest(date(2026, 7, 24)) == 1
    charge = InterestCharge.objects.get()
    assert (charge.is_prescribed, charge.first_day, charge.days) == (True, date(2026, 6, 11), 44)
    assert charge.rate == Decimal("0.022")
    assert charge.amount == Decimal("2.66")


def test_a_returned_payment_is_charged_as_if_it_had_never_come(cast: Cast) -> None:
    debt = scene.declare(cast.account, "1", date(2026, 6, 2), duty="10000.00")
    paid = scene.pay(cast.account, "A", "10000.00", date(2026, 7, 6))
    scene.settle(debt, paid, "10000.00", date(2026, 7, 6))
    scene.charge_interest(date(2026, 7, 24))
    services.book.reverse_entry(
        key="return:A",
        entry_id=paid.pk,
        reason="no funds",
        posted_on=date(2026, 7, 30),
        at=scene.at(date(2026, 7, 30)),
        actor=scene.ACTOR,
        kind=EntryKind.PAYMENT_RETURN,
    )
    scene.charge_interest(date(2026, 8, 24))
    spans = InterestCharge.objects.filter(principal=Decimal("10000.00")).order_by("first_day")
    assert [(row.first_day, row.last_day) for row in spans] == [
        (date(2026, 7, 2), date(2026, 7, 6)),
        (date(2026, 7, 7), date(2026, 8, 24)),
    ]


def test_interest_of_many_takes_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        account = cast.world.program_account(cast.world.business(f"Importer {number}"))
        scene.declare(account, f"{number}", date(2026, 6, 2), duty="10000.00")
    with django_assert_max_num_queries(30):
        assert scene.charge_interest(date(2026, 7, 24)) == 30


# --- Daily notices ---------------------------------------------------------------------------------------------------


def test_a_notice_only_after_a_day_with_activity(cast: Cast) -> None:
    scene.declare(cast.account, "1", date(2026, 7, 18), duty="100.00")
    scene.pay(cast.account, "A", "30.00", date(2026, 7, 20))
    scene.declare(987654321, "2", date(2026, 7, 20), duty="1.00")
    tuesday = scene.job_run("statements.daily_notices", date(2026, 7, 21), 0, 40)
    assert services.run_daily_notices(run=tuesday, on=date(2026, 7, 21), actor=scene.ACTOR) == {"notices": 1}
    assert services.run_daily_notices(run=tuesday, on=date(2026, 7, 21), actor=scene.ACTOR) == {"notices": 0}
    for day in (20, 22, 26):
        run = scene.job_run("statements.daily_notices", date(2026, 7, day), 0, 40)
        assert services.run_daily_notices(run=run, on=date(2026, 7, day), actor=scene.ACTOR) == {"notices": 0}
    notice = DailyNotice.objects.get()
    assert (notice.posted_since, notice.posted_upto, notice.entry_count) == (date(2026, 7, 18), date(2026, 7, 20), 2)
    assert (notice.charges, notice.credits) == (Decimal("100.00"), Decimal("-30.00"))
    assert str(notice) == f"{cast.account.number} 2026-07-21"


# --- The clock -------------------------------------------------------------------------------------------------------


def test_the_clock_fires_interest_before_the_statement(cast: Cast) -> None:
    names = [job.name for job in timetable()]
    assert {"statements.interest", "statements.monthly", "statements.daily_notices"} <= set(names)
    scene.declare(cast.account, "1", date(2026, 6, 2), duty="10000.00")
    scene.issue(scene.JUNE)
    jobs.move_clock(to_at=scene.at(scene.JULY), actor=jobs.console_actor())
    july = queries.newest_statement(cast.account.pk)
    assert july and (july.statement_on, str(july.box_e)) == (scene.JULY, "51.80")
    assert str(july) == f"{cast.account.number} 2026-07-25"
    assert str(InterestCharge.objects.get()) == "declaration:1 51.80"


# --- The outlook -----------------------------------------------------------------------------------------------------


def test_the_outlook_of_an_account(
    played: tuple[Statement, Statement], cast: Cast, django_assert_max_num_queries: Any
) -> None:
    scene.declare(cast.account, "17042000045001", date(2026, 7, 22), duty="3118.90")
    with django_assert_max_num_queries(4):
        outlook = queries.billing_outlook(cast.account.pk, scene.JULY, newest=queries.newest_statement(cast.account.pk))
    assert outlook.newest is not None
    assert (outlook.newest.left, outlook.newest.state) == (Decimal("22275.30"), rules.StatementState.DUE)
    assert (outlook.balance, outlook.unbilled) == (Decimal("25394.20"), Decimal("3118.90"))
    assert outlook.charges_so_far == Decimal("3118.90")
    assert outlook.next_statement_on == date(2026, 8, 25)
    assert (outlook.next_payment_due_on, outlook.next_last_day_to_pay) == (date(2026, 8, 31), date(2026, 8, 31))


def test_the_outlook_of_an_account_without_a_statement(cast: Cast) -> None:
    outlook = queries.billing_outlook(cast.account.pk, date(2026, 7, 22), newest=None)
    assert (outlook.newest, outlook.balance, outlook.charges_so_far) == (None, ZERO, ZERO)
    assert outlook.next_statement_on == scene.JULY

"""Paying restores good standing at once; not paying is warned, noticed and suspended, over the real timetable."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from core.jobs import move_clock
from core.models import AuditEvent
from ledger.verification import findings
from notifications.models import Notification
from security import queries as security
from security.rules import RppState, SuspensionReason
from standing import queries, services
from standing.admin import StandingNoticeAdmin
from standing.models import StandingNotice
from standing.rules import Step
from tests.builders import Cast, signed_in
from tests.payments.conftest import ACTOR, moment, owe, paid
from tests.security.conftest import enrolled, secured

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = date(2026, 7, 22)
LAST_DAY = date(2026, 7, 31)


@pytest.fixture
def overdue_soon(cast: Cast) -> Cast:
    """Northlight, enrolled and secured, owes 5,000.00 by 31 July."""
    enrolled(cast.account, on=TODAY, estimate="40000.00")
    secured(cast.account, cast.keystone, "25000.00", on=TODAY)
    owe(cast.account, "5000.00", posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    return cast


def go_to(day: date) -> None:
    move_clock(to_at=moment(day), actor=ACTOR)


def rpp(cast: Cast) -> tuple[str, str]:
    enrolment = security.enrolment_of(cast.account.pk)
    assert enrolment is not None
    return enrolment.state, enrolment.reason


def steps(cast: Cast) -> list[tuple[str, date]]:
    found = StandingNotice.objects.filter(program_account=cast.account, last_day_to_pay=LAST_DAY)
    return sorted(found.values_list("step", "taken_on"), key=lambda row: (row[1], row[0]))


def test_not_paying_is_warned_noticed_and_suspended_until_paid(overdue_soon: Cast) -> None:
    cast = overdue_soon
    go_to(LAST_DAY)
    assert queries.standing_of(cast.account.pk, on=LAST_DAY).is_good
    assert steps(cast) == [("REMINDER", date(2026, 7, 26))]
    go_to(date(2026, 8, 1))
    verdict = queries.standing_of(cast.account.pk, on=date(2026, 8, 1))
    assert (verdict.is_good, verdict.overdue, verdict.overdue_since) == (False, D("5000.00"), date(2026, 8, 1))
    assert steps(cast)[1:] == [("WARNING", date(2026, 8, 1))]
    assert rpp(cast) == (RppState.ACTIVE, "")
    go_to(date(2026, 8, 29))
    assert steps(cast)[1:] == [("WARNING", date(2026, 8, 1))]
    go_to(date(2026, 8, 30))
    assert [step for step, _day in steps(cast)] == ["REMINDER", "WARNING", "ARREARS", "COLLECTIONS", "SUSPENSION"]
    assert {day for _step, day in steps(cast)[2:]} == {date(2026, 8, 30)}
    assert rpp(cast) == (RppState.SUSPENDED, SuspensionReason.OVERDUE_DEBT)
    assert Notification.objects.filter(user=cast.amara, category="standing").count() == 5
    overdue = queries.standing_of(cast.account.pk, on=date(2026, 8, 30)).overdue
    paid(cast.account, str(overdue - D("0.01")), at=moment(date(2026, 8, 30), 10))
    assert rpp(cast)[0] == RppState.SUSPENDED
    paid(cast.account, "0.01", at=moment(date(2026, 8, 30), 11))
    assert queries.standing_of(cast.account.pk, on=date(2026, 8, 30)).is_good
    assert rpp(cast) == (RppState.ACTIVE, "")
    assert queries.good_since(cast.account.pk, on=date(2026, 8, 30)) == date(2026, 8, 30)
    assert list(findings()) == []


def test_paying_in_time_keeps_good_standing(overdue_soon: Cast) -> None:
    cast = overdue_soon
    paid(cast.account, "5000.00", at=moment(TODAY))
    go_to(date(2026, 9, 2))
    assert queries.standing_of(cast.account.pk, on=date(2026, 9, 2)).is_good
    assert steps(cast) == [] and rpp(cast) == (RppState.ACTIVE, "")
    assert queries.good_since(cast.account.pk, on=date(2026, 9, 2)) == cast.account.opened_on


def test_the_steps_are_taken_once_and_leave_a_trace(overdue_soon: Cast) -> None:
    later = LAST_DAY + timedelta(days=45)
    first = services.take_steps(on=later, actor=ACTOR, at=moment(later))
    assert first == {"steps": 4, "suspended": 1}
    assert services.take_steps(on=later, actor=ACTOR, at=moment(later)) == {"steps": 0, "suspended": 0}
    verbs = AuditEvent.objects.filter(verb__startswith="standing.").values_list("verb", flat=True)
    assert sorted(verbs) == ["standing.arrears", "standing.collections", "standing.suspension", "standing.warning"]
    assert str(StandingNotice.objects.filter(step="WARNING").get()).endswith("WARNING")


def test_a_younger_debt_is_warned_about_after_the_older_is_paid(overdue_soon: Cast) -> None:
    cast = overdue_soon
    owe(cast.account, "10.00", posted_on=date(2026, 7, 17), due_on=date(2026, 8, 31))
    on = date(2026, 9, 5)
    services.take_steps(on=on, actor=ACTOR, at=moment(on))
    paid(cast.account, "5000.00", at=moment(on))
    assert rpp(cast)[0] == RppState.SUSPENDED
    assert services.take_steps(on=on, actor=ACTOR, at=moment(on)) == {"steps": 1, "suspended": 0}
    newest = queries.notices_of(cast.account.pk).filter(last_day_to_pay=date(2026, 8, 31)).get()
    assert (newest.step, newest.overdue) == (Step.WARNING, D("10.00"))


def test_the_steps_ask_the_same_number_of_questions_for_one_and_for_many(overdue_soon: Cast) -> None:
    cast, on = overdue_soon, date(2026, 8, 2)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            services.take_steps(on=on, actor=ACTOR, at=moment(on))
        return len(asked)

    for_one = questions()
    for number in range(2, 12):
        account = cast.world.program_account(cast.desrosiers, f"RM{number:04d}")
        owe(account, "5.00", posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    assert questions() <= for_one + 2
    assert StandingNotice.objects.count() == 11
    assert [row.overdue for row in queries.overdue_accounts(on=on)][-1] == D("5.00")


# --- Page and API


def text_of(answer: Any) -> str:
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words.replace("\u00a0", " ").replace("\u202f", " "))


def page_of(cast: Cast, user: Any) -> Any:
    return signed_in(user).get(reverse("standing:detail", args=(cast.account.number,)))


def test_the_page_of_a_good_account_says_what_would_change_it(overdue_soon: Cast) -> None:
    page = text_of(page_of(overdue_soon, overdue_soon.amara))
    assert "In good standing" in page and "Good since 4 March 2025" in page
    assert "$5,000.00 is to be paid by Friday 31 July 2026 (in 9 days)" in page
    assert "If it is not paid" in page and "30 August 2026" in page


def test_the_page_of_an_overdue_account_says_why_and_what_next(overdue_soon: Cast) -> None:
    cast = overdue_soon
    go_to(date(2026, 8, 3))
    answer = page_of(cast, cast.amara)
    page = text_of(answer)
    assert "Not in good standing" in page and "$5,000.00 is overdue since 1 August 2026" in page
    assert "Next step, on Sunday 30 August 2026 (in 27 days): Notice of arrears." in page
    assert "Pay $5,000.00" in page
    assert reverse("payments:pay", args=(cast.account.number,)) + "?amount=5000.00" in answer.content.decode()
    assert "Warning" in page


def test_an_open_credit_is_taken_off_what_comes_next(overdue_soon: Cast) -> None:
    cast = overdue_soon
    paid(cast.account, "1200.00", at=moment(TODAY))
    owe(cast.account, "80.00", posted_on=TODAY, due_on=LAST_DAY)
    outlook = queries.outlook_of(cast.account.pk, on=TODAY)
    assert (outlook.next_amount, outlook.next_last_day, outlook.next_label) == (D("3880.00"), LAST_DAY, "")


def test_officers_read_notices(overdue_soon: Cast) -> None:
    services.take_steps(on=date(2026, 8, 1), actor=ACTOR, at=moment(date(2026, 8, 1)))
    register = StandingNoticeAdmin(StandingNotice, AdminSite())
    request = RequestFactory().get("/")
    assert [row.step for row in register.get_queryset(request)] == ["WARNING"]
    assert not register.has_change_permission(request)


def test_the_page_of_an_account_without_anything(cast: Cast) -> None:
    page = text_of(page_of(cast, cast.amara))
    assert "Nothing is owed" in page and "In good standing" in page


def test_who_sees_standing(overdue_soon: Cast) -> None:
    cast = overdue_soon
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(cast.account,))
    cast.world.delegation(cast.passerelle, cast.northlight, sees_client=False, sees_others=False)
    seats = {reader: 200, cast.wen: 200, cast.ines: 403, cast.stranger: 404}
    api = reverse("api_standing", args=(cast.account.number,))
    for user, status in seats.items():
        assert page_of(cast, user).status_code == status
        assert signed_in(user).get(api).status_code == status
    assert "Make a payment" not in text_of(page_of(cast, reader))


def test_the_api_says_the_same(overdue_soon: Cast) -> None:
    cast = overdue_soon
    api, client = reverse("api_standing", args=(cast.account.number,)), signed_in(cast.amara)
    good = client.get(api).json()
    assert (good["is_good"], good["overdue"], good["good_since"], good["steps"]) == (True, "0.00", "2025-03-04", [])
    go_to(date(2026, 8, 3))
    bad = client.get(api).json()
    assert (bad["is_good"], bad["overdue"], bad["overdue_since"]) == (False, "5000.00", "2026-08-01")
    assert (bad["next_step"], bad["next_step_on"]) == ("ARREARS", "2026-08-30")
    assert bad["steps"][0] == {"step": "WARNING", "on": "2026-08-01", "is_taken": True}

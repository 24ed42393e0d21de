"""The inactivity rule: off unless switched on, never silent, lifted by an officer with a reason."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import rules, services
from accounts.models import LastActivity, User
from accounts.services import inactivity
from core import jobs
from core.actor import system
from core.clock import TORONTO, at_toronto
from core.errors import Conflict
from core.models import AuditEvent, JobRun, OutboxMessage
from core.timetable import Firing, timetable
from notifications.models import Notification
from reference import services as reference
from tests.accounts.provider import StandIn
from tests.accounts.test_sign_in import CODE, ada, newest_code
from tests.builders import Cast, World, actor, open_session, signed_in

__all__ = ["ada"]

START = date(2026, 1, 5)
JOB = "accounts.inactivity"


class TestRule:
    @pytest.mark.parametrize(
        ("active_on", "in_force_from", "end"),
        [
            (date(2021, 6, 1), date(2000, 1, 1), date(2021, 11, 28)),
            (date(2024, 2, 28), date(2000, 1, 1), date(2024, 8, 26)),
            # Switched on later: everybody has the full time of the first warning.
            (date(2025, 1, 1), date(2026, 1, 5), date(2026, 2, 4)),
        ],
    )
    def test_end(self, active_on: date, in_force_from: date, end: date) -> None:
        assert rules.deactivated_from(active_on, days=180, in_force_from=in_force_from) == end

    @pytest.mark.parametrize(
        ("left", "warned", "due"),
        [
            (31, None, None),
            (30, None, 30),
            (29, 30, None),
            (8, 30, None),
            (7, 30, 7),
            (6, 30, 7),
            (2, 7, None),
            (1, 7, 1),
            (1, None, 1),
            (0, 1, None),
            (-9, None, 1),
        ],
    )
    def test_warnings(self, left: int, warned: int | None, due: int | None) -> None:
        assert rules.warning_due(START + timedelta(days=left), START, warned_days=warned) == due

    @pytest.mark.parametrize(
        ("left", "warned", "warned_on", "may"),
        [
            (0, 1, START - timedelta(days=1), True),
            (-5, 1, START - timedelta(days=6), True),
            (1, 1, START - timedelta(days=1), False),
            (0, 1, START, False),
            (0, 7, START - timedelta(days=7), False),
            (0, None, None, False),
        ],
    )
    def test_never_silent(self, left: int, warned: int | None, warned_on: date | None, may: bool) -> None:
        end = START + timedelta(days=left)
        assert rules.may_deactivate(end, START, warned_days=warned, warned_on=warned_on) is may


def switch_on(world: World, on: date = START) -> None:
    reference.set_policy_parameter(
        key=inactivity.SWITCH,
        effective_from=on,
        value="yes",
        source="a scenario",
        actor=actor(world.officer()),
        at=world.at,
    )


def run(on: date) -> JobRun:
    scheduled = next(job for job in timetable() if job.name == JOB)
    return jobs.fire(Firing(job=scheduled, due_at=at_toronto(on, 0, 2)))


def person(world: World, name: str = "Ada Example", active_on: date | None = None, **fields: Any) -> User:
    user = world.person(name, **fields)
    if active_on is not None:
        LastActivity.objects.create(user=user, active_on=active_on)
    return user


@pytest.mark.django_db
class TestJob:
    def test_is_off_since_2022_and_was_on_before(self, world: World) -> None:
        user = person(world, active_on=date(2020, 1, 1))
        assert run(START).summary == {"applies": 0}
        assert not OutboxMessage.objects.exists() and LastActivity.objects.get(user=user).warned_days is None
        assert run(date(2022, 3, 17)).summary == {"applies": 0}
        assert run(date(2022, 3, 16)).summary["applies"] == 1

    def test_warns_three_times_then_deactivates(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        end = START + timedelta(days=180)
        user = person(world, active_on=START, language="fr", wants_email=False)
        for left in range(200, -10, -1):
            run(end - timedelta(days=left))
        letters = list(OutboxMessage.objects.filter(category="inactivity").order_by("id"))
        days = [(row.business_at.astimezone(TORONTO).date() - end).days for row in letters]
        assert days == [-30, -7, -1, 0]
        assert {row.to for row in letters} == {user.email} and {row.language for row in letters} == {"fr"}
        assert Notification.objects.filter(user=user, category="inactivity").count() == 4
        user.refresh_from_db()
        assert not user.is_active and LastActivity.objects.get(user=user).deactivated_on == end
        verbs = list(AuditEvent.objects.filter(target=f"accounts.User:{user.pk}").order_by("id"))
        assert [row.verb for row in verbs] == ["person.inactivity_warned"] * 3 + ["person.deactivated"]
        assert verbs[0].after == {"active_on": "2026-01-05", "deactivated_from": end.isoformat(), "days": 30}

    def test_switched_on_later_it_gives_everybody_the_time_of_the_first_warning(self, world: World) -> None:
        switch_on(world)
        user = person(world, active_on=date(2020, 1, 1))
        for number in range(31):
            user.refresh_from_db()
            assert user.is_active, number
            run(START + timedelta(days=number))
        user.refresh_from_db()
        assert not user.is_active
        assert OutboxMessage.objects.filter(category="inactivity").count() == 4

    def test_a_day_that_was_left_out_delays_the_end_and_never_the_warning(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        user = person(world, active_on=START)
        late = START + timedelta(days=250)
        run(late)
        user.refresh_from_db()
        assert user.is_active and LastActivity.objects.get(user=user).warned_days == 1
        assert "within 1 day" in OutboxMessage.objects.get().subject
        run(late + timedelta(days=1))
        user.refresh_from_db()
        assert not user.is_active

    def test_counts_nobody_from_before_it_knew_them(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        user = person(world)
        run(START)
        assert LastActivity.objects.get(user=user).active_on == START and not OutboxMessage.objects.exists()

    def test_leaves_officers_blocked_people_and_whoever_is_signed_in(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        here = person(world, "Here Now", active_on=date(2025, 1, 1))
        open_session(here)
        officer = world.officer("Olga Officer")
        LastActivity.objects.create(user=officer, active_on=date(2025, 1, 1))
        person(world, "Blocked One", active_on=date(2025, 1, 1), is_active=False)
        run(START)
        assert not OutboxMessage.objects.exists()
        assert LastActivity.objects.get(user=here).active_on == START

    def test_without_an_address_tells_inside_the_portal(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        person(world, active_on=START - timedelta(days=150), email="")
        run(START)
        assert Notification.objects.count() == 1 and not OutboxMessage.objects.exists()

    def test_done_twice_it_tells_once(self, world: World) -> None:
        switch_on(world, date(2025, 1, 1))
        person(world, active_on=START - timedelta(days=150))
        for _time in range(2):
            done = run(START)
            JobRun.objects.filter(pk=done.pk).update(state=JobRun.State.FAILED)
            done.chunks.update(done_at=None)
        assert OutboxMessage.objects.count() == 1
        assert AuditEvent.objects.filter(verb="person.inactivity_warned").count() == 1

    def test_asks_as_much_for_3_as_for_60(self, world: World, django_assert_max_num_queries: Any) -> None:
        switch_on(world, date(2025, 1, 1))
        for count, day in ((3, 0), (57, 1)):
            for number in range(count):
                person(world, f"P{number} Example", active_on=START + timedelta(days=day - 150))
            with django_assert_max_num_queries(45):
                run(START + timedelta(days=day))
        assert OutboxMessage.objects.count() == 60

    def test_agrees_with_the_rule_for_a_population(self, world: World) -> None:
        since = date(2025, 12, 1)
        switch_on(world, since)
        chance = random.Random(7)
        people = []
        for number in range(120):
            row = LastActivity(
                user=world.person(f"P{number} Example"),
                active_on=START - timedelta(days=chance.randint(0, 400)),
                warned_days=chance.choice([None, 30, 7, 1]),
            )
            row.warned_on = START - timedelta(days=chance.randint(0, 3)) if row.warned_days else None
            people.append(row)
        LastActivity.objects.bulk_create(people)
        run(START)
        for before in people:
            end = rules.deactivated_from(before.active_on, days=180, in_force_from=since)
            over = rules.may_deactivate(end, START, warned_days=before.warned_days, warned_on=before.warned_on)
            step = rules.warning_due(end, START, warned_days=before.warned_days)
            now = LastActivity.objects.select_related("user").get(user=before.user_id)
            assert now.user.is_active is not over
            assert now.warned_days == (before.warned_days if over or step is None else step)


@pytest.mark.django_db
class TestComingBack:
    def test_reads_what_happened_and_an_officer_lets_in_again(
        self, client: Client, provider: StandIn, ada: User, cast: Cast
    ) -> None:
        switch_on(cast.world, date(2025, 1, 1))
        LastActivity.objects.create(
            user=ada, active_on=date(2025, 1, 1), warned_days=1, warned_on=START - timedelta(days=1)
        )
        run(START)
        answer = provider.sign_in(client)
        assert answer["Location"] == "/en/sign-in/inactive/"
        page = client.get(answer["Location"])
        assert page.status_code == 403 and b"not used for a long time" in page.content
        officer = signed_in(cast.daniel)
        data = {"action": "reactivate", "_selected_action": [ada.pk, cast.amara.pk], "reason": "called back"}
        page = officer.post("/en/admin/accounts/user/", data, follow=True)
        assert b"was not deactivated for inactivity" in page.content
        assert not User.objects.get(pk=ada.pk).is_active, "of two nobody is let in where one was never out"
        data["_selected_action"] = [ada.pk]
        assert b"Done for 1 person" in officer.post("/en/admin/accounts/user/", data, follow=True).content
        event = AuditEvent.objects.get(verb="person.reactivated")
        assert (event.reason, event.actor_kind) == ("called back", "officer")
        row = LastActivity.objects.get(user=ada)
        assert (row.active_on, row.warned_days, row.deactivated_on) == (cast.world.today, None, None)
        provider.sign_in(client)
        answer = client.post(CODE, {"code": newest_code()}, follow=True)
        history = client.get("/en/profile/sign-ins/").content.decode()
        assert "Deactivated because it was not used" in history and "Let in again by an officer" in history

    def test_a_sign_in_begins_the_count_anew(self, client: Client, provider: StandIn, ada: User, world: World) -> None:
        LastActivity.objects.create(user=ada, active_on=date(2025, 1, 1), warned_days=7, warned_on=date(2025, 6, 1))
        provider.sign_in(client)
        client.post(CODE, {"code": newest_code()})
        row = LastActivity.objects.get(user=ada)
        assert (row.active_on, row.warned_days, row.warned_on) == (world.today, None, None)

    def test_lifting_a_block_counts_anew_too(self, world: World) -> None:
        user = person(world, active_on=date(2025, 1, 1))
        at = datetime.combine(START, datetime.min.time(), TORONTO)
        with pytest.raises(Conflict):
            services.reactivate(user=user, reason="r", actor=system("test"), at=at)
        services.block(user=user, reason="r", actor=system("test"), at=at)
        services.unblock(user=user, reason="r", actor=system("test"), at=at)
        assert LastActivity.objects.get(user=user).active_on == START

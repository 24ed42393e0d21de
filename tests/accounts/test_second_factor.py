"""Second factors as the services keep them: enrolled, proved, lost and helped with, and never twice for one code."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.db import connection

from accounts import gateway, queries, services
from accounts.models import OneTimeCode, SignInGuard, User
from core.errors import Conflict, Refused, Stranger
from core.models import AuditEvent, OutboxMessage
from notifications.models import Notification
from tests.accounts.authenticators import APP_SECRET, app_code, other_code
from tests.builders import World, actor, open_session

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 20, 14, 0, 10, tzinfo=UTC)
PERIOD = timedelta(seconds=30)


@pytest.fixture
def ada(world: World) -> User:
    return world.person("Ada Example", email="ada@example.com", contact_email="ada@work.example")


@pytest.fixture
def officer(world: World) -> User:
    return world.officer()


def shown(at: datetime = NOW) -> str:
    return app_code(APP_SECRET, at=at)


def enrol(user: User, *, at: datetime = NOW, name: str = "Work phone") -> gateway.Factor:
    factor = services.add_app(
        user=user, secret=APP_SECRET, code=shown(at), name=name, actor=actor(user), at=at, wall_at=at
    )
    assert factor is not None
    return factor


def codes_of(user: User) -> list[str]:
    return services.show_recovery_codes(user=user, actor=actor(user), at=NOW, wall_at=NOW)


def attempt(service: Any, user: User, code: str, at: datetime = NOW) -> services.Verdict:
    verdict: services.Verdict = service(user=user, code=code, actor=actor(user), at=at, wall_at=at)
    return verdict


def verbs(user: User) -> list[str]:
    rows = AuditEvent.objects.filter(target=queries.target_of(user)).order_by("id")
    return list(rows.values_list("verb", flat=True))


def letters(user: User, category: str = "second_factor") -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(user_id=user.pk, category=category).order_by("id"))


class TestApp:
    def test_the_first_brings_recovery_codes_and_is_told_to_both_addresses(self, ada: User) -> None:
        enrol(ada)
        factors = queries.factors_of(ada)
        assert factors.app is not None and factors.app.name == "Work phone" and factors.are_enrolled
        assert factors.recovery_left == 10 and factors.recovery is not None and not factors.recovery.are_shown
        assert verbs(ada) == ["person.authenticator_added", "person.recovery_codes_made"]
        assert [letter.to for letter in letters(ada)] == ["ada@example.com", "ada@work.example"]
        assert "Work phone" in letters(ada)[0].body

    def test_a_wrong_code_enrols_nothing(self, ada: User) -> None:
        wrong = services.add_app(
            user=ada, secret=APP_SECRET, code=other_code(shown()), name="x", actor=actor(ada), at=NOW, wall_at=NOW
        )
        assert wrong is None and not queries.is_factor_enrolled(ada) and not letters(ada)

    def test_the_key_is_encrypted_at_rest(self, ada: User) -> None:
        enrol(ada)
        kept = Authenticator.objects.get(user_id=ada.pk, type="totp").data["secret"]
        assert APP_SECRET not in kept and gateway.unsealed(kept) == APP_SECRET

    def test_a_rotated_secret_of_the_portal_still_opens_it(self, ada: User, settings: Any) -> None:
        enrol(ada)
        settings.SECRET_KEY_FALLBACKS = [configured.SECRET_KEY]
        settings.SECRET_KEY = "another secret of the portal, long enough for it"
        later = NOW + PERIOD
        assert attempt(services.try_app_code, ada, shown(later), later).is_right

    def test_another_app_takes_the_place_of_the_first_and_keeps_the_codes(self, ada: User) -> None:
        enrol(ada)
        codes = codes_of(ada)
        enrol(ada, name="New phone")
        factors = queries.factors_of(ada)
        assert [factor.name for factor in factors.all] == ["New phone"] and factors.recovery_left == 10
        assert attempt(services.try_recovery_code, ada, codes[0]).is_right

    @pytest.mark.parametrize(("periods", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_differ_by_one_period(self, ada: User, periods: int, is_right: bool) -> None:
        enrol(ada)
        later = NOW + 10 * PERIOD
        assert attempt(services.try_app_code, ada, shown(later + periods * PERIOD), later).is_right is is_right

    def test_each_code_works_once_and_not_the_one_that_enrolled(self, ada: User) -> None:
        enrol(ada)
        assert not attempt(services.try_app_code, ada, shown()).is_right
        later = NOW + PERIOD
        assert attempt(services.try_app_code, ada, shown(later), later).is_right
        assert not attempt(services.try_app_code, ada, shown(later), later).is_right
        assert queries.factors_of(ada).app.last_used_at == later  # type: ignore[union-attr]

    def test_without_an_app_no_code_is_right(self, ada: User) -> None:
        assert not attempt(services.try_app_code, ada, shown()).is_right
        assert not attempt(services.try_recovery_code, ada, "12345678").is_right


class TestNamesAndRemoval:
    def test_renaming(self, ada: User) -> None:
        factor = enrol(ada)
        services.rename_factor(user=ada, factor_id=factor.id, name="Blue phone", actor=actor(ada), at=NOW)
        assert queries.factors_of(ada).app.name == "Blue phone"  # type: ignore[union-attr]
        event = AuditEvent.objects.get(verb="person.authenticator_renamed")
        assert (event.before, event.after) == ({"name": "Work phone"}, {"name": "Blue phone", "kind": "app"})

    def test_with_the_last_one_the_recovery_codes_go(self, ada: User) -> None:
        factor = enrol(ada)
        services.remove_factor(user=ada, factor_id=factor.id, actor=actor(ada), at=NOW)
        assert queries.factors_of(ada) == gateway.Factors()
        assert verbs(ada)[-1] == "person.authenticator_removed"
        assert "removed" in letters(ada)[-1].subject

    def test_another_persons_is_not_there(self, ada: User, world: World) -> None:
        factor, other = enrol(ada), world.person("Somebody Else")
        with pytest.raises(Stranger):
            services.remove_factor(user=other, factor_id=factor.id, actor=actor(other), at=NOW)
        with pytest.raises(Stranger):
            services.rename_factor(user=other, factor_id=factor.id, name="x", actor=actor(other), at=NOW)
        assert queries.is_factor_enrolled(ada)

    def test_recovery_codes_are_no_factor_to_remove(self, ada: User) -> None:
        enrol(ada)
        row = Authenticator.objects.get(user_id=ada.pk, type="recovery_codes")
        with pytest.raises(Stranger):
            services.remove_factor(user=ada, factor_id=row.pk, actor=actor(ada), at=NOW)


class TestRecoveryCodes:
    def test_are_shown_once(self, ada: User) -> None:
        enrol(ada)
        codes = codes_of(ada)
        assert len(set(codes)) == 10 and all(len(code) == 8 and code.isdigit() for code in codes)
        with pytest.raises(Conflict, match="shown already"):
            codes_of(ada)
        assert verbs(ada).count("person.recovery_codes_shown") == 1

    def test_a_used_one_is_spent_and_told(self, ada: User) -> None:
        enrol(ada)
        code = codes_of(ada)[3]
        assert attempt(services.try_recovery_code, ada, code).is_right
        assert not attempt(services.try_recovery_code, ada, code).is_right
        assert queries.factors_of(ada).recovery_left == 9
        note = Notification.objects.get(user=ada)
        assert note.subject == "A recovery code was used" and "9 are left" in note.body and "soon" not in note.body
        assert AuditEvent.objects.get(verb="person.recovery_code_used").after == {"left": 9}

    def test_few_left_is_a_warning(self, ada: User) -> None:
        enrol(ada)
        for code in codes_of(ada)[:7]:
            assert attempt(services.try_recovery_code, ada, code).is_right
        assert "3 are left. Make new ones soon" in Notification.objects.latest("id").body

    def test_new_ones_end_the_old(self, ada: User) -> None:
        enrol(ada)
        old = codes_of(ada)
        services.make_recovery_codes(user=ada, actor=actor(ada), at=NOW)
        assert not attempt(services.try_recovery_code, ada, old[0]).is_right
        assert attempt(services.try_recovery_code, ada, codes_of(ada)[0]).is_right
        assert letters(ada)[-1].subject == "[Portage] New recovery codes were made"

    def test_need_something_to_recover(self, ada: User) -> None:
        with pytest.raises(Conflict):
            services.make_recovery_codes(user=ada, actor=actor(ada), at=NOW)
        with pytest.raises(Conflict):
            codes_of(ada)

    def test_in_french(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(language="fr")
        ada.refresh_from_db()
        enrol(ada)
        attempt(services.try_recovery_code, ada, codes_of(ada)[0])
        assert letters(ada)[0].language == "fr" and "authentification" in letters(ada)[0].subject
        assert Notification.objects.get(user=ada).subject == "Un code de récupération a été utilisé"


class TestTries:
    def test_five_wrong_ones_of_any_kind_make_a_pause_for_all(self, ada: User) -> None:
        enrol(ada)
        codes = codes_of(ada)
        for service, code in (
            (services.try_app_code, "000000"),
            (services.try_recovery_code, "00000000"),
            (services.try_emergency_code, "000000000000"),
            (services.try_confirmation_code, "000000"),
        ):
            assert attempt(service, ada, code).paused_until is None
        assert attempt(services.try_recovery_code, ada, "00000000").paused_until == NOW + timedelta(minutes=15)
        refused = attempt(services.try_recovery_code, ada, codes[0])
        assert not refused.is_right and refused.paused_until is not None
        assert queries.factors_of(ada).recovery_left == 10
        after = NOW + timedelta(minutes=15)
        assert attempt(services.try_recovery_code, ada, codes[0], after).is_right
        assert SignInGuard.objects.get(user=ada).failure_count == 0

    def test_a_right_one_clears_the_count(self, ada: User) -> None:
        enrol(ada)
        codes = codes_of(ada)
        for _again in range(4):
            attempt(services.try_app_code, ada, "000000")
        assert attempt(services.try_recovery_code, ada, codes[0]).is_right
        assert attempt(services.try_app_code, ada, "000000").paused_until is None


class TestConfirmationCode:
    def send(self, user: User, at: datetime = NOW) -> str:
        assert services.send_confirmation_code(user=user, at=at, wall_at=at) == 0
        return letters(user, "confirmation_code")[-1].subject.rpartition(" ")[2]

    def test_works_once_and_stands_nowhere_in_plain(self, ada: User) -> None:
        code = self.send(ada)
        row = OneTimeCode.objects.get()
        assert len(code) == 6 and code not in row.code_hash and len(row.code_hash) == 64
        assert str(row) == "Confirmation before a sensitive change: Ada Example"
        assert attempt(services.try_confirmation_code, ada, code).is_right
        assert not attempt(services.try_confirmation_code, ada, code).is_right

    def test_ends_with_the_third_wrong_try(self, ada: User) -> None:
        code = self.send(ada)
        tries = [attempt(services.try_confirmation_code, ada, other_code(code)).tries_left for _try in range(3)]
        assert tries == [2, 1, 0]
        assert not attempt(services.try_confirmation_code, ada, code).is_right
        assert OneTimeCode.objects.get().state == OneTimeCode.State.SPENT

    @pytest.mark.parametrize(("minutes", "is_right"), [(9, True), (10, False)])
    def test_lasts_ten_minutes(self, ada: User, minutes: int, is_right: bool) -> None:
        code = self.send(ada)
        later = NOW + timedelta(minutes=minutes)
        assert attempt(services.try_confirmation_code, ada, code, later).is_right is is_right

    def test_a_new_one_waits_30_seconds_and_replaces_the_old(self, ada: User) -> None:
        first = self.send(ada)
        assert services.send_confirmation_code(user=ada, at=NOW, wall_at=NOW + timedelta(seconds=10)) == 20
        second = self.send(ada, NOW + timedelta(seconds=30))
        if first != second:
            assert not attempt(services.try_confirmation_code, ada, first).is_right
        assert attempt(services.try_confirmation_code, ada, second).is_right

    def test_another_persons_code_is_worth_nothing(self, ada: User, world: World) -> None:
        other = world.person("Somebody Else", email="else@example.com")
        code = self.send(ada)
        self.send(other)
        if letters(other, "confirmation_code")[-1].subject.rpartition(" ")[2] != code:
            assert not attempt(services.try_confirmation_code, other, code).is_right


class TestOfficersHelp:
    def test_a_reset_takes_everything_and_tells(self, ada: User, officer: User) -> None:
        enrol(ada)
        open_session(ada)
        services.issue_emergency_code(user=ada, reason="lost", actor=actor(officer), at=NOW, wall_at=NOW)
        services.reset_second_factor(user=ada, reason="lost both", actor=actor(officer), at=NOW)
        assert queries.factors_of(ada) == gateway.Factors()
        assert not EmailAddress.objects.filter(user=ada).exists() and not Session.objects.exists()
        assert OneTimeCode.objects.get().state == OneTimeCode.State.REPLACED
        event = AuditEvent.objects.get(verb="person.second_factor_reset")
        assert (event.reason, event.after) == ("lost both", {"authenticators": 1, "sessions_ended": 1})
        assert {letter.to for letter in letters(ada)[-2:]} == {"ada@example.com", "ada@work.example"}
        assert "An officer reset your second factor" in letters(ada)[-1].subject

    def test_an_emergency_code_works_once(self, ada: User, officer: User) -> None:
        code = services.issue_emergency_code(user=ada, reason="lost", actor=actor(officer), at=NOW, wall_at=NOW)
        row = OneTimeCode.objects.get()
        assert len(code) == 12 and code not in row.code_hash
        assert (row.issued_by, row.reason) == (officer.get_full_name(), "lost")
        assert attempt(services.try_emergency_code, ada, code).is_right
        assert not attempt(services.try_emergency_code, ada, code).is_right
        assert verbs(ada)[:2] == ["person.emergency_code_issued", "person.emergency_code_used"]
        assert "used to sign in" in letters(ada)[-1].subject

    @pytest.mark.parametrize(("hours", "is_right"), [(23, True), (24, False)])
    def test_it_lasts_24_hours(self, ada: User, officer: User, hours: int, is_right: bool) -> None:
        code = services.issue_emergency_code(user=ada, reason="lost", actor=actor(officer), at=NOW, wall_at=NOW)
        later = NOW + timedelta(hours=hours)
        assert attempt(services.try_emergency_code, ada, code, later).is_right is is_right

    def test_a_second_one_replaces_the_first_and_ends_a_pause(self, ada: User, officer: User) -> None:
        first = services.issue_emergency_code(user=ada, reason="a", actor=actor(officer), at=NOW, wall_at=NOW)
        for _again in range(5):
            attempt(services.try_emergency_code, ada, other_code(first))
        second = services.issue_emergency_code(user=ada, reason="b", actor=actor(officer), at=NOW, wall_at=NOW)
        assert not attempt(services.try_emergency_code, ada, first).is_right
        assert attempt(services.try_emergency_code, ada, second).is_right

    def test_no_officer_helps_themselves(self, officer: User) -> None:
        with pytest.raises(Refused):
            services.issue_emergency_code(user=officer, reason="me", actor=actor(officer), at=NOW, wall_at=NOW)
        with pytest.raises(Refused):
            services.reset_second_factor(user=officer, reason="me", actor=actor(officer), at=NOW)
        assert not OneTimeCode.objects.exists()

    def test_starting_over_gives_up_everything(self, ada: User) -> None:
        enrol(ada)
        services.start_over(user=ada, actor=actor(ada), at=NOW)
        assert queries.factors_of(ada) == gateway.Factors() and queries.is_enrolling(ada)
        assert verbs(ada)[-1] == "person.second_factor_started_over"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_of_two_browsers_with_the_same_recovery_code_one_wins(world: World) -> None:
    user = world.person("Ada Example", email="ada@example.com")
    enrol(user)
    code = codes_of(user)[0]
    start = Barrier(4)

    def sign_in(_browser: int) -> bool:
        start.wait()
        try:
            return attempt(services.try_recovery_code, user, code).is_right
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(sign_in, range(4)))
    assert outcomes == [False, False, False, True]
    assert queries.factors_of(user).recovery_left == 9
    assert SignInGuard.objects.get(user=user).failure_count <= 3
    assert Notification.objects.filter(user=user).count() == 1

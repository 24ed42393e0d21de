"""People and their roles, as the services keep them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection

from accounts import queries, services
from accounts.models import Business, Membership, PracticeSeat, SignInGuard, User
from accounts.rules import Profile
from core.actor import system
from core.errors import Conflict, DomainError, Refused
from core.models import AuditEvent
from tests.builders import Cast, World, actor, business_number

PROFILE = Profile("Ada", "Example", "4165550123", "ada@work.example", "fr", "12", True)


@pytest.mark.django_db
class TestPeople:
    def test_entering_leaves_a_person_as_a_first_sign_in_would(self, world: World) -> None:
        user = services.enter_person(
            method="gckey",
            subject="s1",
            email="ada@example.com",
            profile=PROFILE,
            is_practice_seat=True,
            actor=system("prepare"),
            at=world.at,
        )
        assert (user.username, user.email, user.language) == ("gckey:s1", "ada@example.com", "fr")
        assert (user.get_full_name(), user.contact_email, user.extension) == ("Ada Example", "ada@work.example", "12")
        assert user.wants_email and user.is_practice_seat and user.profile_completed_at == world.at
        assert not user.is_staff and not user.has_usable_password()
        assert EmailAddress.objects.get().verified
        assert SocialAccount.objects.get().uid == "s1"

    def test_entering_twice_keeps_the_person(self, world: World) -> None:
        first, second = (
            services.enter_person(method="gckey", subject="s1", email=email, actor=system("prepare"), at=world.at)
            for email in ("a@example.com", "b@example.com")
        )
        assert first == second and second.email == "a@example.com"

    def test_an_officer(self, world: World) -> None:
        user = services.enter_person(
            method="staff", subject="s1", email="d@example.com", roles=["officer"], actor=system("prepare"), at=world.at
        )
        assert user.is_staff and user.groups.get().name == "officer"

    def test_profile(self, world: World) -> None:
        user = world.person(profile_completed_at=None)
        services.complete_profile(user=user, profile=PROFILE, actor=actor(user), at=world.at)
        assert user.profile_completed_at == world.at and user.telephone == "4165550123"
        later = world.at + timedelta(days=1)
        services.complete_profile(user=user, profile=PROFILE, actor=actor(user), at=later)
        assert user.profile_completed_at == world.at
        changed = Profile("Ada", "Changed", "4165550123", "ada@work.example", "en")
        services.update_profile(user=user, profile=changed, actor=actor(user), at=later)
        assert user.last_name == "Changed" and not user.wants_email
        events = list(AuditEvent.objects.filter(target=f"accounts.User:{user.pk}").order_by("id"))
        assert [event.verb for event in events] == [
            "person.profile_completed",
            "person.profile_updated",
            "person.profile_updated",
        ]
        assert events[2].before and events[2].after
        assert (events[2].before["last_name"], events[2].after["last_name"]) == ("Example", "Changed")

    def test_blocking_twice_is_once(self, world: World) -> None:
        user, officer = world.person(), world.officer()
        for _again in range(2):
            services.block(user=user, reason="lost", actor=actor(officer), at=world.at)
        user.refresh_from_db()
        assert not user.is_active
        services.unblock(user=user, reason="found", actor=actor(officer), at=world.at)
        user.refresh_from_db()
        assert user.is_active
        events = AuditEvent.objects.filter(verb__in=("person.blocked", "person.unblocked")).order_by("id")
        assert [(event.verb, event.reason) for event in events] == [
            ("person.blocked", "lost"),
            ("person.unblocked", "found"),
        ]

    def test_resetting_the_second_factor(self, world: World) -> None:
        user = services.enter_person(
            method="gckey", subject="s1", email="a@example.com", actor=system("prepare"), at=world.at
        )
        for _again in range(5):
            services.try_code(user=user, is_right=False, actor=actor(user), at=world.at, wall_at=world.at)
        assert services.try_code(user=user, is_right=True, actor=actor(user), at=world.at, wall_at=world.at)
        services.reset_second_factor(user=user, reason="lost", actor=actor(world.officer()), at=world.at)
        assert queries.is_enrolling(user)
        guard = SignInGuard.objects.get(user=user)
        assert (guard.failure_count, guard.paused_until) == (0, None)

    def test_practice_seats_are_exactly_the_named(self) -> None:
        seats = [services.SeatDraft("gckey", name, name.title(), "en", "fr") for name in ("amara", "luc", "wen")]
        services.place_practice_seats(seats=seats)
        services.place_practice_seats(seats=[seats[2], seats[0]])
        assert [seat.username for seat in PracticeSeat.objects.all()] == ["wen", "amara"]
        assert str(PracticeSeat.objects.first()) == "Wen"


@pytest.mark.django_db
class TestRoles:
    def test_the_first_manager(self, world: World) -> None:
        user, business = world.person(), world.business(registered_at=None)
        membership = services.link_primary_manager(user=user, business=business, actor=actor(user), at=world.at)
        assert (membership.role, membership.is_primary) == ("BAM", True)
        assert business.registered_at == world.at
        assert Business.objects.get(pk=business.pk).registered_at == world.at
        assert set(AuditEvent.objects.filter(business_id=business.pk).values_list("verb", flat=True)) == {
            "role.granted",
            "business.registered",
        }

    def test_a_registered_business_stays_its_managers(self, cast: Cast) -> None:
        newcomer = cast.world.person("New Comer")
        with pytest.raises(Conflict) as refusal:
            services.link_primary_manager(
                user=newcomer, business=cast.northlight, actor=actor(newcomer), at=cast.world.at
            )
        assert refusal.value.code == "already_registered"
        assert "Northlight Outdoor Supply Inc." in str(refusal.value)
        assert not queries.has_membership(newcomer)

    def test_one_person_may_manage_several_businesses(self, cast: Cast) -> None:
        other = cast.world.business("Other Ltd.", registered_at=None)
        services.link_primary_manager(user=cast.amara, business=other, actor=actor(cast.amara), at=cast.world.at)
        active = Membership.objects.filter(user=cast.amara, state=Membership.State.ACTIVE)
        assert set(active.values_list("business_id", flat=True)) == {cast.northlight.pk, other.pk}

    def test_a_new_role_replaces_the_old(self, cast: Cast) -> None:
        user = cast.world.person("Ed Itor")
        grant: dict[str, Any] = {
            "user": user,
            "business": cast.northlight,
            "actor": actor(cast.amara),
            "at": cast.world.at,
        }
        services.grant_role(role="READER", program_accounts=[cast.account], **grant)
        membership = services.grant_role(role="EDITOR", program_accounts=[cast.account], **grant)
        assert list(membership.program_accounts.all()) == [cast.account]
        assert list(Membership.objects.filter(user=user).order_by("id").values_list("role", "state")) == [
            ("READER", "REVOKED"),
            ("EDITOR", "ACTIVE"),
        ]
        event = AuditEvent.objects.filter(verb="role.granted").latest("id")
        assert event.before == {"role": "READER"} and (event.after or {})["program_accounts"] == [cast.account.number]

    def test_a_second_primary_manager(self, cast: Cast) -> None:
        user = cast.world.person("Sec Ond")
        with pytest.raises(Conflict) as refusal:
            services.grant_role(
                user=user,
                business=cast.northlight,
                role="BAM",
                is_primary=True,
                actor=actor(cast.amara),
                at=cast.world.at,
            )
        assert refusal.value.code == "already_registered"

    def test_the_primary_manager_is_not_replaced_by_the_way(self, cast: Cast) -> None:
        with pytest.raises(Refused):
            services.grant_role(
                user=cast.amara, business=cast.northlight, role="READER", actor=actor(cast.amara), at=cast.world.at
            )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_two_people_registering_at_once_give_one_primary(world: World) -> None:
    business = world.business(registered_at=None)
    people = [world.person(f"Person {number}") for number in range(4)]
    start = Barrier(len(people))

    def register(user: User) -> str:
        start.wait()
        try:
            services.link_primary_manager(user=user, business=business, actor=actor(user), at=world.at)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "linked"

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = sorted(pool.map(register, people))
    assert outcomes == ["already_registered"] * 3 + ["linked"]
    assert Membership.objects.filter(business=business, is_primary=True).count() == 1


@pytest.mark.django_db
class TestRegister:
    def draft(self, bn9: str) -> services.BusinessDraft:
        return services.BusinessDraft(
            bn9=bn9, legal_name="New Ltd.", street="1 Main Street", city="Calgary", region="AB", postal_code="T2G 0S9"
        )

    def test_a_business_is_recorded_once(self, world: World) -> None:
        number = business_number()
        business = services.record_business(draft=self.draft(number), actor=system("prepare"), at=world.at)
        assert (business.bn9, business.registered_at) == (number, None)
        with pytest.raises(Conflict) as refusal:
            services.record_business(draft=self.draft(number), actor=system("prepare"), at=world.at)
        assert number in str(refusal.value)

    def test_a_program_account_is_opened_once(self, world: World) -> None:
        opened = {
            "business": world.business(),
            "rm": "RM0001",
            "name": "Stores",
            "on": world.today,
            "actor": system("prepare"),
            "at": world.at,
        }
        assert services.open_program_account(**opened).rm == "RM0001"  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            services.open_program_account(**opened)  # type: ignore[arg-type]

    def test_a_released_business_can_be_registered_again(self, cast: Cast) -> None:
        services.release_business(business=cast.northlight, actor=system("prepare"), at=cast.world.at)
        assert not queries.has_membership(cast.amara)
        newcomer = cast.world.person("New Comer")
        business = Business.objects.get(pk=cast.northlight.pk)
        services.link_primary_manager(user=newcomer, business=business, actor=actor(newcomer), at=cast.world.at)
        assert queries.has_membership(newcomer)

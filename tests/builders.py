"""Builders of what tests need, each with a believable default."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.test import Client
from stdnum import luhn

from accounts import services as accounts
from accounts.adapters import CONFIRMED_AT
from accounts.gateway import Factor
from accounts.middleware import SAVED_AT
from accounts.models import Business, Membership, OpenSession, ProgramAccount, User
from core.actor import Actor, ActorKind
from core.clock import wall_now
from core.sessions import SessionStore
from delegation.models import Delegation
from tests.accounts.authenticators import APP_SECRET, SoftPasskey, app_code

_numbers = itertools.count(70412000)


def business_number() -> str:
    """A number of the product's own range (7xx xxx xxx with a Luhn digit), never used twice in a run."""
    stem = str(next(_numbers))
    return stem + luhn.calc_check_digit(stem)


@dataclass
class World:
    at: datetime
    _people: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def today(self) -> date:
        return self.at.date()

    def person(self, name: str = "Ada Example", **fields: Any) -> User:
        number = next(self._people)
        first, _space, last = name.partition(" ")
        defaults = {
            "username": f"gckey:test-{number}",
            "first_name": first,
            "last_name": last,
            "email": f"{first.lower()}.{last.lower().replace(' ', '')}@example.com",
            "method": User.Method.GCKEY,
            "telephone": "4165550123",
            # As a sign-in by a provider leaves it: an empty one would count as a password of the portal's own.
            "password": make_password(None),
            "profile_completed_at": self.at,
        }
        return User.objects.create(**{**defaults, **fields})

    def officer(self, name: str = "Daniel Okafor") -> User:
        user = self.person(name, method=User.Method.STAFF, is_staff=True)
        user.groups.add(Group.objects.get_or_create(name="officer")[0])
        return user

    def business(self, legal_name: str = "Northlight Outdoor Supply Inc.", **fields: Any) -> Business:
        defaults = {
            "bn9": business_number(),
            "legal_name": legal_name,
            "street": "1200 9 Avenue SE",
            "city": "Calgary",
            "region": "AB",
            "postal_code": "T2G 0S9",
            "registered_at": self.at - timedelta(days=400),
        }
        return Business.objects.create(**{**defaults, **fields})

    def broker(self, legal_name: str = "Harbourline Customs Brokers Ltd.", **fields: Any) -> Business:
        defaults = {
            "provider_kind": Business.ProviderKind.CUSTOMS_BROKER,
            "licence_number": "CB-4471",
            "licence_valid_until": self.today + timedelta(days=600),
            "account_security_number": f"{17042 + next(self._people):05d}",
        }
        return self.business(legal_name, **{**defaults, **fields})

    def surety(self, legal_name: str = "Keystone North Surety", **fields: Any) -> Business:
        return self.business(legal_name, **{"provider_kind": Business.ProviderKind.SURETY, **fields})

    def program_account(self, business: Business, rm: str = "RM0001", **fields: Any) -> ProgramAccount:
        defaults = {"number": business.bn9 + rm, "name": "Stores", "opened_on": date(2025, 3, 4)}
        return ProgramAccount.objects.create(business=business, **{**defaults, **fields})

    def membership(
        self,
        user: User,
        business: Business,
        role: str = Membership.Role.BAM,
        *,
        accounts: tuple[ProgramAccount, ...] = (),
        roles: Mapping[ProgramAccount, str] | None = None,
        **fields: Any,
    ) -> Membership:
        """A person in a business: one role in some program accounts, or by ``roles`` in each its own."""
        row = Membership.objects.create(
            user=user, business=business, role=role, started_at=self.at - timedelta(days=300), **fields
        )
        there = {"role": role, "added_actions": row.added_actions}
        row.program_accounts.set(accounts, through_defaults=there)
        for account, own in (roles or {}).items():
            row.program_accounts.add(account, through_defaults={"role": own})
        return row

    def delegation(
        self, provider: Business, client: Business, *, accounts: tuple[ProgramAccount, ...] = (), **fields: Any
    ) -> Delegation:
        defaults = {
            "asked_by": Delegation.Side.PROVIDER,
            "state": Delegation.State.ACTIVE,
            "access": Delegation.Access.PROGRAM_MANAGEMENT if accounts else Delegation.Access.BUSINESS_MANAGEMENT,
            "all_programs": not accounts,
            "requested_at": self.at - timedelta(days=200),
            "request_expires_on": self.today - timedelta(days=110),
            "valid_from": self.today - timedelta(days=190),
            "decided_at": self.at - timedelta(days=190),
        }
        row = Delegation.objects.create(provider=provider, client=client, **{**defaults, **fields})
        row.program_accounts.set(accounts)
        return row


def actor(user: User, business: Business | None = None) -> Actor:
    kind = ActorKind.OFFICER if user.is_staff else ActorKind.PERSON
    return Actor(kind=kind, user_id=user.pk, business_id=business.pk if business else None, name=str(user))


def signed_in(user: User | None) -> Client:
    """A browser in which this person has passed sign-in and second factor."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="accounts.backends.PersonBackend")
        # Signed in just now: the session is not due for another save, and a sensitive change asks nothing more.
        session = client.session
        session[SAVED_AT] = session[CONFIRMED_AT] = int(wall_now().timestamp())
        session.save()
        # Where a session lives in its cookie, what was put into it is a new cookie.
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def open_session(user: User, user_agent: str = "", *, browser: Client | None = None) -> OpenSession:
    """The row of a browser in which this person is signed in; of a browser of its own where none is given."""
    session = browser.session if browser else SessionStore()
    if browser is None:
        session.save()
    return accounts.note_open_session(
        user=user, session_key=session.session_key or "", user_agent=user_agent, wall_at=wall_now()
    )


def enrolled_app(user: User, name: str = "Work phone", *, secret: str = APP_SECRET) -> Factor:
    """An authenticator app of this person, enrolled a while ago, so that the code of now is fresh."""
    at = wall_now() - timedelta(minutes=5)
    factor = accounts.add_app(
        user=user, secret=secret, code=app_code(secret, at=at), name=name, actor=actor(user), at=at, wall_at=at
    )
    assert factor is not None
    return factor


def another_passkey(user: User, name: str = "Blue key") -> None:
    """A passkey that answered once and is then held by nobody, for lists."""
    credential = SoftPasskey().make({"rp": {"id": "localhost"}, "challenge": "asked-once"})
    data = {"name": name, "credential": credential}
    Authenticator.objects.create(user_id=user.pk, type=Authenticator.Type.WEBAUTHN, data=data)


@dataclass
class Cast:
    """Northlight and its people, a second importer, two brokers, a surety, an officer, a stranger."""

    world: World
    amara: User
    northlight: Business
    account: ProgramAccount
    luc: User
    desrosiers: Business
    overdue_account: ProgramAccount
    wen: User
    harbourline: Business
    ines: User
    passerelle: Business
    peter: User
    keystone: Business
    daniel: User
    stranger: User


def build_cast(world: World) -> Cast:
    northlight = world.business("Northlight Outdoor Supply Inc.")
    desrosiers = world.business("Desrosiers Acier ltée", language="fr", region="QC", city="Québec")
    harbourline = world.broker("Harbourline Customs Brokers Ltd.")
    passerelle = world.broker("Passerelle Courtage en douane inc.", language="fr")
    keystone = world.surety("Keystone North Surety")
    people = {
        "amara": world.person("Amara Osei"),
        "luc": world.person("Luc Desrosiers", language="fr"),
        "wen": world.person("Wen Zhao"),
        "ines": world.person("Ines Caron", language="fr"),
        "peter": world.person("Peter Vance"),
        "daniel": world.officer("Daniel Okafor"),
        "stranger": world.person("Sam Stranger"),
    }
    homes = {"amara": northlight, "luc": desrosiers, "wen": harbourline, "ines": passerelle, "peter": keystone}
    for name, business in homes.items():
        world.membership(people[name], business, is_primary=True)
    world.membership(people["stranger"], world.business("Somewhere Else Ltd."), is_primary=True)
    account = world.program_account(northlight)
    world.delegation(harbourline, northlight, sees_client=True, sees_others=True)
    return Cast(
        world=world,
        northlight=northlight,
        account=account,
        desrosiers=desrosiers,
        overdue_account=world.program_account(desrosiers),
        harbourline=harbourline,
        passerelle=passerelle,
        keystone=keystone,
        **people,
    )

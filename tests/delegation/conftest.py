"""What the tests of access share: a second program account, people in each role, a consultant."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Business, Membership, ProgramAccount, User
from core.errors import Refused, Stranger
from delegation import access, queries, services
from delegation.models import ClientGroup, Delegation
from delegation.rules import Action, Scope, SignedAs
from tests.builders import Cast, actor

#: A signature as a test gives it to a service.
SIGNED = SignedAs("Amara Osei", "Director", is_declared=True)


@dataclass
class Office:
    """Northlight with two program accounts and somebody in each role."""

    cast: Cast
    second: ProgramAccount
    backup: User
    pam: User
    editor: User
    reader: User
    consultant: Business
    cora: User

    @property
    def northlight(self) -> Business:
        return self.cast.northlight

    @property
    def account(self) -> ProgramAccount:
        return self.cast.account

    @property
    def moment(self) -> dict[str, Any]:
        """The business day of the test, as services take it."""
        return {"on": self.cast.world.today, "at": self.cast.world.at}

    def by(self, user: User) -> dict[str, Any]:
        return {"actor": actor(user), **self.moment}

    def signing(self, user: User) -> dict[str, Any]:
        """As ``by``, with a signature."""
        return {"signed": SIGNED, **self.by(user)}

    def membership(self, user: User) -> Membership:
        return Membership.objects.get(user=user, state=Membership.State.ACTIVE)

    def asked(self, *, comment: str = "We take over your marine shipments.") -> Delegation:
        """Passerelle asks Northlight for access."""
        return services.request_access(
            provider_id=self.cast.passerelle.pk,
            client_bn9=self.northlight.bn9,
            comment=comment,
            **self.by(self.cast.ines),
        )


@pytest.fixture
def office(cast: Cast) -> Office:
    world = cast.world
    second = world.program_account(cast.northlight, "RM0002", name="Rental fleet")
    people = {
        "backup": world.person("Bo Backup"),
        "pam": world.person("Pia Program"),
        "editor": world.person("Ed Editor"),
        "reader": world.person("Rae Reader"),
    }
    world.membership(people["backup"], cast.northlight)
    for name in ("pam", "editor", "reader"):
        world.membership(people[name], cast.northlight, name.upper(), accounts=(cast.account,))
    consultant = world.business("Tidewater Trade Advice Inc.", provider_kind=Business.ProviderKind.TRADE_CONSULTANT)
    cora = world.person("Cora Consult")
    world.membership(cora, consultant, is_primary=True)
    return Office(cast=cast, second=second, consultant=consultant, cora=cora, **people)


@dataclass
class Firm:
    """Harbourline with an editor and a reader, and with Northlight and Desrosiers as clients."""

    office: Office
    editor: User
    reader: User

    @property
    def provider(self) -> Business:
        return self.office.cast.harbourline

    @property
    def northlight(self) -> Business:
        return self.office.northlight

    @property
    def desrosiers(self) -> Business:
        return self.office.cast.desrosiers

    @property
    def by(self) -> dict[str, Any]:
        return self.office.by(self.office.cast.wen)

    def of(self, user: User) -> Membership:
        return self.office.membership(user)

    def group(self, name: str = "West", role: str = "EDITOR") -> ClientGroup:
        return services.create_group(provider_id=self.provider.pk, name=name, role=role, **self.by)

    def filled(self, *clients: Business, staff: tuple[User, ...] = (), role: str = "EDITOR") -> ClientGroup:
        group = self.group(role=role)
        services.add_clients(group_id=group.pk, client_ids=[client.pk for client in clients], **self.by)
        services.set_staff(group_id=group.pk, membership_ids=[self.of(user).pk for user in staff], **self.by)
        return group

    def reached(self, user: User) -> dict[int, str]:
        """By client, the role with which a person reaches it, as the door answers for each."""
        found = {}
        for client in (self.northlight, self.desrosiers):
            try:
                seat = access.business_for(
                    actor(user), client.bn9, to=Action.VIEW_BUSINESS, on=self.office.moment["on"]
                )
            except (Stranger, Refused) as refusal:
                if isinstance(refusal, Stranger):
                    continue
            else:
                assert seat.provider == self.provider
            row = queries.reaching(user_id=user.pk, on=self.office.moment["on"]).get(client=client)
            found[client.pk] = row.staff_role  # type: ignore[attr-defined]
        return found


@pytest.fixture
def firm(office: Office) -> Firm:
    cast = office.cast
    cast.world.delegation(cast.harbourline, cast.desrosiers, sees_client=True, sees_others=True)
    home = cast.world.program_account(cast.harbourline)
    editor, reader = cast.world.person("Edith Editor"), cast.world.person("Rolf Reader")
    cast.world.membership(editor, cast.harbourline, "EDITOR", accounts=(home,))
    cast.world.membership(reader, cast.harbourline, "READER", accounts=(home,))
    return Firm(office, editor, reader)


@pytest.fixture
def scope() -> Callable[..., Scope]:
    """A scope with defaults: all programs, Program Management, only their own."""

    def make(**fields: Any) -> Scope:
        return Scope(**{"access": "PROGRAM_MANAGEMENT", "all_programs": True, **fields})

    return make

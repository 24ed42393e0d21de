"""What the tests of access share: a second program account, people in each role, a consultant."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Business, Membership, ProgramAccount, User
from delegation import services
from delegation.models import Delegation
from delegation.rules import Scope, SignedAs
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


@pytest.fixture
def scope() -> Callable[..., Scope]:
    """A scope with defaults: all programs, Program Management, only their own."""

    def make(**fields: Any) -> Scope:
        return Scope(**{"access": "PROGRAM_MANAGEMENT", "all_programs": True, **fields})

    return make

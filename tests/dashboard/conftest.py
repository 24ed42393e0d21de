"""Northlight with a bond, charges, drafts, a statement and a request for access, all made by the services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from accounts.models import Business, ProgramAccount
from core.actor import system
from core.clock import TORONTO
from declarations import services as declarations
from declarations.models import Declaration
from delegation import services as delegations
from delegation.rules import PERMISSIONS, Role
from ledger.rules import EntryKind, Revenue
from ledger.services import post_charge
from reference import queries as reference
from releases import services as releases
from releases.models import Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest
from security import services as security
from statements.services import issue_statements
from tests.builders import Cast, actor

SYSTEM = system("tests")
_numbers = count(1)


def moment(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=TORONTO)


def charge(
    account: ProgramAccount, amount: str, released_on: date, *, submitter: Business, posted_on: date | None = None
) -> None:
    """A declaration's charge of a release, due when the billing calendar says."""
    dates = reference.billing_dates_of(released_on)
    number = next(_numbers)
    post_charge(
        key=f"declaration:home-{number}:v1",
        kind=EntryKind.DECLARATION,
        holder_id=account.pk,
        submitter_id=submitter.pk,
        amounts={Revenue.GST: Decimal(amount)},
        source=f"declaration:home-{number}",
        memo="",
        posted_on=posted_on or released_on,
        billing_on=released_on,
        due_on=dates.payment_due_on,
        last_day_to_pay=dates.last_day_to_pay,
        at=moment(posted_on or released_on),
        actor=SYSTEM,
    )


@dataclass
class Shop:
    """What a test can make happen at Northlight."""

    cast: Cast

    @property
    def account(self) -> ProgramAccount:
        return self.cast.account

    def secured(self, amount: str = "25000.00", *, on: date = date(2026, 1, 5), number: str = "CB-2204-0917") -> None:
        security.enrol(
            program_account_id=self.account.pk, estimate=Decimal("44200"), on=on, at=moment(on), actor=SYSTEM
        )
        bond = security.propose_bond(
            program_account_id=self.account.pk,
            provider_id=self.cast.keystone.pk,
            agreement_number=number,
            amount=Decimal(amount),
            validity_start=on,
            on=on,
            at=moment(on),
            actor=SYSTEM,
        )
        security.confirm_bond(bond_id=bond.pk, on=on, at=moment(on), actor=SYSTEM)

    def released(self, *, by: Business | None = None, cargo: str = "", at: datetime | None = None) -> Release:
        """Goods released for Northlight by itself or a broker."""
        return releases.request_release(
            request=ReleaseRequest(
                account_number=self.account.number,
                kind=ReleaseKind.PARS,
                cargo_control_number=cargo or f"8FTL{next(_numbers):07d}",
                office="0395",
                goods="Tents",
                estimated_value=Decimal("4000"),
            ),
            submitter=by or self.cast.northlight,
            staff_actions=PERMISSIONS[Role.BAM],
            actor=actor(self.cast.amara if by is None else by.memberships.order_by("pk")[0].user),
            at=at or self.cast.world.at,
        )

    def draft(self, release: Release, *, name: str = "Amara Osei") -> Declaration:
        found = declarations.start_draft(
            release=release, submitter=release.submitter, actor=actor(self.cast.amara), at=self.cast.world.at
        )
        assert found.prepared_by == name
        return found

    def statement(self, day: date = date(2026, 6, 25)) -> None:
        issue_statements(statement_on=day, actor=SYSTEM, at=moment(day, 0))

    def asked_for_access(self) -> Any:
        return delegations.request_access(
            provider_id=self.cast.passerelle.pk,
            client_bn9=self.cast.northlight.bn9,
            comment="",
            actor=actor(self.cast.ines),
            on=self.cast.world.today,
            at=self.cast.world.at - timedelta(days=1),
        )


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return Shop(cast)


@pytest.fixture
def narrow(cast: Cast) -> Callable[..., Any]:
    """Passerelle with a delegation that shows its own transactions only."""

    def make(**fields: Any) -> Any:
        return cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,), **fields)

    return make

"""A small town to play in: importers with a broker, goods that arrive, months that pass. Made by the services."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Business, ProgramAccount, User
from core import clock, jobs
from core.actor import Actor
from core.clock import at_toronto
from declarations import services as declarations
from declarations.models import Declaration
from declarations.services import InvoiceEntry, InvoiceInput, LineEntry
from delegation import services as delegations
from delegation.rules import PERMISSIONS, Role, Scope, SignedAs
from payments import services as payments
from payments.models import Payment
from payments.services import PaymentOrder
from releases import services as releases
from releases.models import Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest
from security import services as security
from tests.builders import World, actor

MANAGER = PERMISSIONS[Role.BAM]


@dataclass
class Home:
    """A business with its manager and, for an importer, its program account."""

    business: Business
    manager: User
    account: ProgramAccount | None = None

    @property
    def number(self) -> str:
        assert self.account is not None
        return self.account.number

    @property
    def bn9(self) -> str:
        return self.business.bn9

    @property
    def actor(self) -> Actor:
        return actor(self.manager, self.business)


@dataclass
class Town:
    """Everybody, and the clock. Amounts are in Canadian dollars, so that each can be recomputed by hand."""

    cargo: int = 0
    _worlds: dict[date, World] = field(default_factory=dict)
    _people: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def today(self) -> date:
        return clock.today()

    @property
    def world(self) -> World:
        return self._worlds.setdefault(self.today, World(at=clock.now(), _people=self._people))

    @property
    def moment(self) -> dict[str, Any]:
        at = clock.now()
        return {"on": at.date(), "at": at}

    # --- Who is there
    def importer(
        self, name: str = "Northlight Outdoor Supply Inc.", manager: str = "Amara Osei", **fields: Any
    ) -> Home:
        business = self.world.business(name, **fields)
        account = self.world.program_account(business)
        user = self.world.person(manager, username=f"gckey:{business.bn9}")
        self.world.membership(user, business, is_primary=True)
        return Home(business, user, account)

    def broker(self, name: str = "Harbourline Customs Brokers Ltd.", manager: str = "Wen Zhao", **fields: Any) -> Home:
        business = self.world.broker(name, **fields)
        user = self.world.person(manager, username=f"gckey:{business.bn9}")
        self.world.membership(user, business, is_primary=True)
        return Home(business, user)

    def surety(self, name: str = "Keystone North Surety", manager: str = "Peter Vance") -> Home:
        business = self.world.surety(name)
        user = self.world.person(manager, username=f"gckey:{business.bn9}")
        self.world.membership(user, business, is_primary=True)
        return Home(business, user)

    def officer(self) -> User:
        return self.world.officer()

    # --- What they agree on
    def delegate(self, broker: Home, importer: Home, **scope: Any) -> Any:
        """The broker asks and the importer approves everything, unless the scope says otherwise."""
        request = delegations.request_access(
            provider_id=broker.business.pk, client_bn9=importer.bn9, comment="", actor=broker.actor, **self.moment
        )
        everything = {"access": "BUSINESS_MANAGEMENT", "all_programs": True, "sees_client": True, "sees_others": True}
        return delegations.approve(
            delegation_id=request.pk,
            scope=Scope(**{**everything, **scope}),
            signed=SignedAs(importer.actor.name, "Director", is_declared=True),
            actor=importer.actor,
            **self.moment,
        )

    def enrol(self, importer: Home, *, estimate: str = "10000.00") -> None:
        assert importer.account is not None
        security.enrol(
            program_account_id=importer.account.pk, estimate=Decimal(estimate), actor=importer.actor, **self.moment
        )

    def secure(self, importer: Home, surety: Home, *, bond: str = "10000.00", estimate: str = "10000.00") -> None:
        """Enrols in Release Prior to Payment with a bond that the surety confirms."""
        assert importer.account is not None
        self.enrol(importer, estimate=estimate)
        row = security.propose_bond(
            program_account_id=importer.account.pk,
            provider_id=surety.business.pk,
            agreement_number=f"WSA-{importer.bn9}",
            amount=Decimal(bond),
            validity_start=self.today,
            actor=importer.actor,
            **self.moment,
        )
        security.confirm_bond(bond_id=row.pk, actor=surety.actor, **self.moment)

    # --- What they trade
    def release(
        self,
        importer: Home,
        *,
        by: Home | None = None,
        kind: ReleaseKind = ReleaseKind.PARS,
        arriving_in_days: int = 0,
    ) -> Release:
        by = by or importer
        self.cargo += 1
        return releases.request_release(
            request=ReleaseRequest(
                account_number=importer.number,
                kind=kind,
                cargo_control_number=f"8JRN{self.cargo:06d}",
                office="0453",
                goods="Hiking boots",
                estimated_value=Decimal("10000.00"),
                expected_arrival_on=self.today + timedelta(days=arriving_in_days),
            ),
            submitter=by.business,
            staff_actions=MANAGER,
            actor=by.actor,
            at=clock.now(),
        )

    def declare(self, importer: Home, value: str = "10000.00", *, by: Home | None = None) -> Declaration:
        """Boots for so many dollars arrive and are accounted for: duty 18 %, then GST 5 % on the sum."""
        release = self.release(importer, by=by)
        assert release.state == Release.State.RELEASED, release.refusal
        by = by or importer
        return declarations.file_declaration(
            release=release, submitter=by.business, invoices=[boots(value, self.today)], actor=by.actor, at=clock.now()
        )

    def pay(self, importer: Home, amount: Decimal | str, *, is_deposit: bool = False) -> Payment:
        """Pays by debit card, with the bank's word taken for granted."""
        assert importer.account is not None
        payment = payments.start_payment(
            order=PaymentOrder(
                amount=Decimal(amount),
                method=Payment.Method.DEBIT_CARD,
                purpose=Payment.Purpose.DEPOSIT if is_deposit else Payment.Purpose.DEBT,
            ),
            program_account=importer.account,
            payer=importer.business,
            actor=importer.actor,
            at=clock.now(),
        )
        return payments.receive(reference=payment.reference, actor=importer.actor, at=clock.now())

    # --- Time
    def move_to(self, year: int, month: int, day: int, hour: int = 8) -> None:
        """Lets the clock run on to that morning: everything of the timetable fires on the way."""
        jobs.move_clock(to_at=at_toronto(date(year, month, day), hour), actor=jobs.console_actor())


def boots(value: str, on: date) -> InvoiceEntry:
    """An invoice in Canadian dollars over hiking boots from China: most favoured nation, 18 %."""
    shipped_on = on - timedelta(days=6)
    return InvoiceEntry(
        invoice=InvoiceInput(
            number=f"RF-{on:%m%d}",
            dated_on=shipped_on - timedelta(days=1),
            vendor="Ridgeline Footwear Ltd.",
            vendor_country="CN",
            shipped_on=shipped_on,
            currency="CAD",
            total=Decimal(value),
        ),
        lines=(
            LineEntry(
                classification="6404.11.91.00",
                description="Hiking footwear, textile uppers",
                origin="CN",
                treatment="MFN",
                quantity=Decimal(240),
                value=Decimal(value),
            ),
        ),
    )

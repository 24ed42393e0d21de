"""An unregistered business with a real history: released, declared, billed and paid through the services."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts import services as accounts
from accounts.models import Business, ProgramAccount, User
from core.actor import system
from core.clock import TORONTO
from declarations import services as declarations
from declarations.models import Declaration
from declarations.services import InvoiceEntry, InvoiceInput, LineEntry
from delegation.rules import PERMISSIONS, Role
from payments import services as payments
from payments.models import Payment
from payments.services import PaymentOrder
from registration import services
from registration.models import PracticeCard, Registration
from registration.rules import Identity
from registration.services import Answers
from releases import services as releases
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest
from security import services as security
from statements import services as statements
from statements.models import Statement
from tests.builders import World, actor, signed_in
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]

SYSTEM = system("tests")
WALL = datetime(2026, 11, 22, 12, 0, tzinfo=TORONTO)


def moment(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=TORONTO)


@dataclass
class Larkspur:
    """Larkspur, free to be registered, and what its papers say."""

    business: Business
    account: ProgramAccount
    declaration: Declaration
    payment: Payment
    statement: Statement
    card: PracticeCard

    @property
    def identity(self) -> Identity:
        return Identity(
            name="Larkspur Marine Parts Ltd.",
            street="58 Water Street",
            city="Lunenburg",
            region="NS",
            postal_code="B0J 2C0",
        )

    @property
    def address(self) -> dict[str, str]:
        """The second step as somebody types it, with other capitals and punctuation than the record's."""
        return {
            "name": "LARKSPUR Marine Parts, Limited",
            "street": "58 Water St",
            "city": "lunenburg",
            "region": "Nova Scotia",
            "postal_code": "b0j2c0",
        }

    @property
    def answers(self) -> Answers:
        return Answers(
            declaration_number=self.declaration.number,
            declaration_total=self.declaration.total,
            payment_on=date(2026, 6, 29),
            payment_amount=self.payment.amount,
        )

    @property
    def typed_answers(self) -> dict[str, str]:
        return {
            "declaration_number": self.declaration.number,
            "declaration_total": f"{self.declaration.total:.2f}",
            "payment_on": "2026-06-29",
            "payment_amount": f"{self.payment.amount:.2f}",
            "statement_on": "",
            "statement_balance": "",
        }


def cleared(account: ProgramAccount, day: date, cargo: str) -> Declaration:
    """Goods released under Release Prior to Payment and accounted for by their importer."""
    business, at = account.business, moment(day)
    release = releases.request_release(
        request=ReleaseRequest(
            account_number=account.number,
            kind=ReleaseKind.PARS,
            cargo_control_number=cargo,
            office="0453",
            goods="Tide tables and pilot books",
            estimated_value=Decimal("1200.00"),
        ),
        submitter=business,
        staff_actions=PERMISSIONS[Role.BAM],
        actor=SYSTEM,
        at=at,
    )
    invoice = InvoiceInput(
        number="INV-1",
        dated_on=day,
        vendor="Baltic Chart House AB",
        vendor_country="SE",
        shipped_on=day,
        currency="CAD",
        total=Decimal("1200.00"),
    )
    line = LineEntry(
        classification="4901.91.00.00",
        origin="SE",
        treatment="MFN",
        quantity=Decimal("10"),
        value=Decimal("1200.00"),
    )
    return declarations.file_declaration(
        release=release, submitter=business, invoices=[InvoiceEntry(invoice, (line,))], actor=SYSTEM, at=at
    )


def with_rpp(world: World, account: ProgramAccount, day: date) -> None:
    surety = world.surety("Boreal Guarantee Company")
    moments: dict[str, Any] = {"on": day, "at": moment(day), "actor": SYSTEM}
    security.enrol(program_account_id=account.pk, estimate=Decimal("20000.00"), **moments)
    bond = security.propose_bond(
        program_account_id=account.pk,
        provider_id=surety.pk,
        agreement_number="BG-1",
        amount=Decimal("25000.00"),
        validity_start=day,
        **moments,
    )
    security.confirm_bond(bond_id=bond.pk, **moments)


@pytest.fixture
def larkspur(world: World) -> Larkspur:
    business = world.business(
        "Larkspur Marine Parts Ltd.",
        street="58 Water Street",
        city="Lunenburg",
        region="NS",
        postal_code="B0J 2C0",
        operating_name="Larkspur Marine",
    )
    account = world.program_account(business)
    with_rpp(world, account, date(2026, 5, 1))
    declaration = cleared(account, date(2026, 6, 8), "8PRT100001")
    statements.issue_statements(statement_on=date(2026, 6, 25), actor=SYSTEM, at=moment(date(2026, 6, 25)))
    statement = account.statements.get()
    payment = payments.start_payment(
        order=PaymentOrder(amount=statement.box_h, method=Payment.Method.DEBIT_CARD),
        program_account=account,
        payer=business,
        actor=SYSTEM,
        at=moment(date(2026, 6, 29)),
    )
    payment = payments.receive(reference=payment.reference, actor=SYSTEM, at=moment(date(2026, 6, 29), 22))
    business = accounts.release_business(business=business, actor=SYSTEM, at=moment(date(2026, 7, 20)))
    card = services.offer_card(business=business, actor=SYSTEM, at=moment(date(2026, 7, 20)))
    return Larkspur(business, account, declaration, payment, statement, card)


@pytest.fixture
def quarry(world: World) -> ProgramAccount:
    """An exporter without any history."""
    business = world.business("Quarry Lane Furniture", registered_at=None, region="ON", city="Guelph")
    return world.program_account(business, profile=ProgramAccount.Profile.EXPORTER)


@pytest.fixture
def newcomer(world: World) -> User:
    return world.person("Nadia Bergeron")


@pytest.fixture
def tab(newcomer: User) -> Client:
    return signed_in(newcomer)


@dataclass
class Wizard:
    """The steps of one person, called as the pages call them."""

    world: World
    user: User

    @property
    def by(self) -> dict[str, Any]:
        return {"actor": actor(self.user), "at": self.world.at}

    def begin(self) -> Registration:
        return services.begin(user=self.user, **self.by)

    def numbers(self, row: Registration, account: ProgramAccount, *, wall: datetime = WALL) -> Registration:
        return services.enter_numbers(
            registration=row, bn9=account.number[:9], rm=account.rm, on=self.world.today, wall=wall, **self.by
        )

    def identity(self, row: Registration, typed: Identity, *, wall: datetime = WALL, **more: Any) -> Registration:
        return services.enter_identity(registration=row, typed=typed, wall=wall, **self.by, **more)

    def answer(self, row: Registration, answers: Answers, *, wall: datetime = WALL) -> Registration:
        return services.enter_answers(registration=row, answers=answers, on=self.world.today, wall=wall, **self.by)

    def accept(self, row: Registration, *, accepted: bool = True) -> Registration:
        return services.accept_terms(registration=row, accepted=accepted, at=self.world.at, wall=WALL)

    def register(self, row: Registration) -> Registration:
        return services.register(registration=row, wall=WALL, **self.by)

    def up_to_proof(self, larkspur: Larkspur) -> Registration:
        return self.identity(self.numbers(self.begin(), larkspur.account), larkspur.identity)

    def up_to_review(self, larkspur: Larkspur) -> Registration:
        return self.accept(self.answer(self.up_to_proof(larkspur), larkspur.answers))


@pytest.fixture
def wizard(world: World, newcomer: User) -> Wizard:
    return Wizard(world, newcomer)

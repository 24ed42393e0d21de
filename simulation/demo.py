"""Making the demo world: a full customs year lived through the portal's own services, day by day.

Nothing is inserted behind the services' back. The same scenario gives the same world: chance comes from one seed.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

from accounts import services as accounts
from accounts.models import Business, Membership, ProgramAccount, User
from accounts.rules import Profile
from core import jobs
from core.actor import Actor, ActorKind, Channel
from core.clock import at_toronto, wall_now
from core.money import ZERO, round_cents
from counterparts.identity.seats import SEATS, seat_of
from counterparts.identity.subjects import subject_of
from declarations import services as declarations
from declarations.services import InvoiceEntry, InvoiceInput, LineEntry
from delegation import services as delegations
from delegation.rules import PERMISSIONS, Role, Scope, SignedAs
from documents import csv_file
from documents import services as documents
from ledger import queries as ledger
from notifications import services as notifications
from payments import services as payments
from payments.models import Payment
from payments.services import PaymentOrder
from reference.rules.calendar import is_business_day
from registration import services as registration
from registration.applications import services as applications
from releases import services as releases
from releases.models import Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest
from security import services as security
from simulation import demo_cases
from simulation.scenario import APPLICATIONS, FIRST_DAY, IMPORTERS, LAST_DAY, PROVIDERS, Goods, Importer, Provider
from simulation.seats import SEAT_NOTES
from statements import queries as statements

SEED = 20260725
MANAGER = PERMISSIONS[Role.BAM]


@dataclass(frozen=True)
class Event:
    """Something that happens in the demo year at a business moment."""

    at: datetime
    act: Callable[[datetime], None]


@dataclass
class DemoWorld:
    """The world while it is being made: who is who, and what is still to come."""

    on_progress: Callable[[str, int, int], None]
    until: date = LAST_DAY
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    people: dict[str, User] = field(default_factory=dict)
    businesses: dict[str, Business] = field(default_factory=dict)
    numbers: dict[str, ProgramAccount] = field(default_factory=dict)
    cargo: int = 100_000

    def build(self) -> None:
        """Live the year: prepare everybody on the first day, then every shipment and payment on its own day."""
        start = at_toronto(FIRST_DAY, 8)
        jobs.set_clock(start)
        self._prepare(start)
        end = at_toronto(self.until, 8)
        events = sorted((event for event in self._events() if event.at <= end), key=lambda event: event.at)
        for number, event in enumerate(events, start=1):
            jobs.run_until(to_at=event.at)
            event.act(event.at)
            self.on_progress(event.at.date().isoformat(), number, len(events))
        jobs.run_until(to_at=end)

    # --- Everybody ---------------------------------------------------------------------------------------------------

    def _prepare(self, at: datetime) -> None:
        for seat in SEATS:
            if seat.identity == "staff":
                self.person(seat.username, at)
        for provider in PROVIDERS:
            self._provider(provider, at)
        for importer in IMPORTERS:
            self._importer(importer, at)
        accounts.place_practice_seats(seats=SEAT_NOTES)

    def person(self, username: str, at: datetime, *, language: str = "en", email: str = "") -> User:
        if username in self.people:
            return self.people[username]
        seat = next((seat for seat in SEATS if seat.username == username), None)
        identity = seat.identity if seat else "gckey"
        first, last = (seat.first_name, seat.last_name) if seat else _names(username)
        address = email or (seat.email if seat and seat.email else f"{username}@practice.example")
        self.people[username] = accounts.enter_person(
            method=identity,
            subject=subject_of(secret=settings.COUNTERPART_SECRET, identity=identity, username=username),
            email=address,
            profile=Profile(
                first_name=first,
                last_name=last,
                telephone="4165550100",
                contact_email=address,
                language=language,
                wants_email=True,
            ),
            roles=seat.roles if seat else (),
            is_practice_seat=seat_of(identity, username) is not None,
            actor=jobs.console_actor(),
            at=at,
        )
        return self.people[username]

    def _provider(self, provider: Provider, at: datetime) -> None:
        business = accounts.record_business(
            draft=accounts.BusinessDraft(
                bn9=provider.bn9,
                legal_name=provider.legal_name,
                street=provider.street,
                city=provider.city,
                region=provider.region,
                postal_code=provider.postal_code,
                language=provider.language,
                provider_kind=provider.kind,
                licence_number=provider.licence_number,
                licence_valid_until=date(2029, 12, 31) if provider.licence_number else None,
                account_security_number=provider.account_security_number or None,
            ),
            actor=jobs.console_actor(),
            at=at,
        )
        self.businesses[provider.key] = business
        user = self.person(provider.manager, at, language=provider.language)
        accounts.link_primary_manager(user=user, business=business, actor=self.acting(provider.manager), at=at)

    def _importer(self, importer: Importer, at: datetime) -> None:
        business = accounts.record_business(
            draft=accounts.BusinessDraft(
                bn9=importer.bn9,
                legal_name=importer.legal_name,
                street=importer.street,
                city=importer.city,
                region=importer.region,
                postal_code=importer.postal_code,
                country=importer.country,
                language=importer.language,
                is_non_resident=importer.country != "CA",
            ),
            actor=jobs.console_actor(),
            at=at,
        )
        self.businesses[importer.key] = business
        self.numbers[importer.key] = accounts.open_program_account(
            business=business, rm="RM0001", name="Stores and warehouse", on=at.date(), actor=jobs.console_actor(), at=at
        )
        if importer.second_account:
            accounts.open_program_account(
                business=business,
                rm="RM0002",
                name=importer.second_account,
                on=at.date(),
                actor=jobs.console_actor(),
                at=at,
            )
        if not importer.is_registered:
            return
        user = self.person(importer.manager, at, language=importer.language, email=importer.email)
        accounts.link_primary_manager(user=user, business=business, actor=self.acting(importer.manager), at=at)
        if importer.broker:
            self._delegate(importer, at)
        if importer.security != "none":
            self._secure(importer, at)

    def _delegate(self, importer: Importer, at: datetime) -> None:
        """The broker asks, the importer approves: everything, all programs."""
        broker = self.businesses[importer.broker]
        request = delegations.request_access(
            provider_id=broker.pk,
            client_bn9=importer.bn9,
            comment="We clear your goods and account for them.",
            actor=self.acting(_provider(importer.broker).manager, broker),
            on=at.date(),
            at=at,
        )
        manager = self.acting(importer.manager, self.businesses[importer.key])
        delegations.approve(
            delegation_id=request.pk,
            scope=Scope(access="BUSINESS_MANAGEMENT", all_programs=True, sees_client=True, sees_others=True),
            signed=SignedAs(manager.name, "Director", is_declared=True),
            actor=manager,
            on=at.date(),
            at=at,
        )

    def _secure(self, importer: Importer, at: datetime) -> None:
        account = self.numbers[importer.key]
        actor = self.acting(importer.manager, self.businesses[importer.key])
        security.enrol(program_account_id=account.pk, estimate=importer.estimate, on=at.date(), at=at, actor=actor)
        if importer.security == "cash":
            self.pay(importer, importer.security_amount, at, purpose=Payment.Purpose.DEPOSIT)
            return
        surety = _provider(importer.surety)
        elements: dict[str, Any] = {
            "provider_id": self.businesses[importer.surety].pk,
            "agreement_number": f"{importer.surety[:2].upper()}-{importer.bn9[-4:]}-0917",
            "amount": importer.security_amount,
            "validity_start": at.date(),
            "on": at.date(),
            "at": at,
        }
        if importer.security == "paper":
            security.enter_paper_bond(
                program_account_number=account.number,
                signed_on=at.date(),
                approval_reference="RPP-2025-0117",
                actor=self.acting("daniel.okafor"),
                **elements,
            )
            return
        bond = security.propose_bond(program_account_id=account.pk, actor=actor, **elements)
        security.confirm_bond(
            bond_id=bond.pk, on=at.date(), at=at, actor=self.acting(surety.manager, self.businesses[importer.surety])
        )

    # --- The year ----------------------------------------------------------------------------------------------------

    def _events(self) -> Iterator[Event]:
        for importer in IMPORTERS:
            if importer.is_registered:
                yield from self._shipments(importer)
                yield from self._payments(importer)
        yield Event(at_toronto(date(2026, 7, 20), 17), self._read_everything)
        yield Event(at_toronto(date(2026, 7, 21), 10), self._ask_northlight)
        yield Event(at_toronto(date(2026, 7, 22), 9), self._open_draft)
        yield Event(at_toronto(date(2026, 7, 3), 11), self._apply)
        yield Event(at_toronto(date(2026, 7, 21), 14), lambda at: demo_cases.play(self, at))
        yield Event(at_toronto(date(2026, 7, 24), 16), self._free_practice_businesses)

    def _shipments(self, importer: Importer) -> Iterator[Event]:
        day = FIRST_DAY.replace(day=1)
        while day <= LAST_DAY:
            weight = importer.shape[day.month - 1]
            count = int(weight * float(importer.pace) + self.chance.random() * 1.3) if weight else 0
            for number in range(count):
                goods = importer.goods[(number + self.chance.randrange(len(importer.goods))) % len(importer.goods)]
                arrives = self._business_day(day.year, day.month)
                scale = importer.volume * (70 + self.chance.randrange(60)) / 100
                if FIRST_DAY + timedelta(days=2) <= arrives <= LAST_DAY - timedelta(days=5):
                    at = at_toronto(arrives, 9 + number % 7, self.chance.randrange(60))
                    by_itself = importer.files_itself and (not importer.broker or self.chance.random() < 0.12)
                    yield Event(at, self._shipment(importer, goods, scale, by_itself=by_itself))
            day = (day.replace(day=28) + timedelta(days=5)).replace(day=1)

    def _shipment(
        self, importer: Importer, goods: Goods, scale: Decimal, *, by_itself: bool
    ) -> Callable[[datetime], None]:
        def arrive(at: datetime) -> None:
            self._clear(importer, goods, scale, at, by_itself=by_itself)

        return arrive

    def _clear(self, importer: Importer, goods: Goods, scale: Decimal, at: datetime, *, by_itself: bool) -> None:
        """Ask for release; account for the goods at once. Without Release Prior to Payment: pay at the port."""
        key = importer.key if by_itself else importer.broker
        submitter = self.businesses[key]
        actor = self.acting(importer.manager if by_itself else _provider(key).manager, submitter)
        release = self.release(importer, goods, submitter, actor, at, kind=ReleaseKind.PARS, scale=scale)
        if release.state == Release.State.REFUSED:
            release = self.release(importer, goods, submitter, actor, at, kind=ReleaseKind.CTYPE, scale=scale)
        declaration = declarations.file_declaration(
            release=release, submitter=submitter, invoices=[self.invoice(goods, scale, at)], actor=actor, at=at
        )
        if release.kind == Release.Kind.CTYPE:
            declarations.pay_at_counter(
                declaration=declaration, method="INTERAC", actor=self.acting("daniel.okafor"), at=at
            )

    def release(
        self,
        importer: Importer,
        goods: Goods,
        submitter: Business,
        actor: Actor,
        at: datetime,
        *,
        kind: ReleaseKind,
        scale: Decimal,
    ) -> Release:
        self.cargo += 1
        return releases.request_release(
            request=ReleaseRequest(
                account_number=self.numbers[importer.key].number,
                kind=kind,
                cargo_control_number=f"8PRT{self.cargo}",
                office="0453" if importer.region == "ON" else "0809",
                goods=goods.description,
                estimated_value=round_cents(goods.unit_value * goods.quantity * scale),
                is_uncontrolled=kind == ReleaseKind.CLVS,
            ),
            submitter=submitter,
            staff_actions=MANAGER,
            actor=actor,
            at=at,
        )

    def invoice(self, goods: Goods, scale: Decimal, at: datetime) -> InvoiceEntry:
        quantity = max(1, int(goods.quantity * scale))
        value = round_cents(goods.unit_value * quantity)
        shipped_on = at.date() - timedelta(days=6)
        return InvoiceEntry(
            invoice=InvoiceInput(
                number=f"INV-{self.cargo}",
                dated_on=shipped_on - timedelta(days=1),
                vendor=goods.vendor,
                vendor_country=goods.vendor_country,
                shipped_on=shipped_on,
                currency=goods.currency,
                total=value,
            ),
            lines=(
                LineEntry(
                    classification=goods.classification,
                    description=goods.description,
                    origin=goods.origin,
                    treatment=goods.treatment,
                    quantity=Decimal(quantity),
                    value=value,
                ),
            ),
        )

    def _payments(self, importer: Importer) -> Iterator[Event]:
        """Each month shortly before the due date; one account is late once, one stops paying."""
        month = FIRST_DAY.replace(day=1)
        while month < LAST_DAY.replace(day=1):
            month = (month.replace(day=28) + timedelta(days=5)).replace(day=1)
            pays_on = month.replace(day=28)
            if importer.stops_paying_on and pays_on >= importer.stops_paying_on:
                return
            if importer.pays == "late_once" and month.month == 3:
                pays_on = (month + timedelta(days=40)).replace(day=9)
            if pays_on <= LAST_DAY:
                yield Event(at_toronto(pays_on, 13, 5), self._payment(importer))

    def _payment(self, importer: Importer) -> Callable[[datetime], None]:
        def pay(at: datetime) -> None:
            newest = statements.newest_statement(self.numbers[importer.key].pk)
            owed = ledger.balance_of(self.numbers[importer.key].pk).net
            amount = min(owed, newest.box_h) if newest else ZERO
            if amount > ZERO:
                self.pay(importer, amount, at)

        return pay

    def pay(
        self,
        importer: Importer,
        amount: Decimal,
        at: datetime,
        *,
        purpose: Payment.Purpose = Payment.Purpose.DEBT,
    ) -> None:
        business = self.businesses[importer.key]
        payment = payments.start_payment(
            order=PaymentOrder(amount=amount, method=Payment.Method.DEBIT_CARD, purpose=purpose),
            program_account=self.numbers[importer.key],
            payer=business,
            actor=self.acting(importer.manager, business),
            at=at,
        )
        payments.receive(reference=payment.reference, actor=self.acting(importer.manager, business), at=at)

    # --- The last days -----------------------------------------------------------------------------------------------

    def _read_everything(self, at: datetime) -> None:
        """People have read their notifications up to the last days, so that what is new stands out."""
        for user in self.people.values():
            notifications.mark_all_read(user_id=user.pk, at=at)

    def _ask_northlight(self, at: datetime) -> None:
        provider = self.businesses["passerelle"]
        delegations.request_access(
            provider_id=provider.pk,
            client_bn9=self.businesses["northlight"].bn9,
            comment="We take over your marine shipments through Halifax in August.",
            actor=self.acting("ines.caron", provider),
            on=at.date(),
            at=at,
        )

    def _open_draft(self, at: datetime) -> None:
        """A release of 22 July that Northlight has begun to account for."""
        importer = next(row for row in IMPORTERS if row.key == "northlight")
        business = self.businesses["northlight"]
        actor = self.acting("amara.osei", business)
        goods = importer.goods[0]
        release = self.release(importer, goods, business, actor, at, kind=ReleaseKind.PARS, scale=importer.volume)
        declaration = declarations.start_draft(release=release, submitter=business, actor=actor, at=at)
        entry = self.invoice(goods, importer.volume, at)
        invoice = declarations.save_invoice(declaration=declaration, entry=entry.invoice, actor=actor, at=at)
        declarations.save_line(declaration=declaration, invoice=invoice, entry=entry.lines[0], at=at)

    def _apply(self, at: datetime) -> None:
        """What waits on the desk: a new resident, a complete file from abroad, one that lacks documents."""
        for application in APPLICATIONS:
            user = self.person(application.username, at)
            by: dict[str, Any] = {"actor": self.acting(application.username), "at": at}
            row = applications.begin(user=user, answers=application.answers, **by)
            applications.describe(application=row, details=application.details, **by)
            for paper in application.papers:
                extract = ContentFile(csv_file.render(("Portage", paper), [(user, at.date())]), f"{paper.lower()}.csv")
                received = applications.add_documents(application=row, paper=paper, files=[extract], **by)
                for document in received.rows:
                    documents.check(document_id=document.pk, wall_at=wall_now(), **by)
            applications.submit(application=row, **by)

    def _free_practice_businesses(self, at: datetime) -> None:
        """Three businesses lose their former manager, so that newcomers may register them with a practice card."""
        for importer in IMPORTERS:
            if importer.is_practice:
                business = accounts.release_business(
                    business=self.businesses[importer.key], actor=jobs.console_actor(), at=at
                )
                registration.offer_card(business=business, actor=jobs.console_actor(), at=at)

    # --- Small things ------------------------------------------------------------------------------------------------

    def acting(self, username: str, business: Business | None = None) -> Actor:
        user = self.people[username]
        return Actor(
            kind=ActorKind.OFFICER if user.is_staff else ActorKind.PERSON,
            user_id=user.pk,
            business_id=business.pk if business else None,
            channel=Channel.CONSOLE,
            name=str(user),
        )

    def _business_day(self, year: int, month: int) -> date:
        day = date(year, month, 1 + self.chance.randrange(27))
        while not is_business_day(day):
            day += timedelta(days=1)
        return day


def _provider(key: str) -> Provider:
    return next(provider for provider in PROVIDERS if provider.key == key)


def _names(username: str) -> tuple[str, str]:
    first, _dot, last = username.partition(".")
    return first.capitalize(), last.capitalize()


def is_built() -> bool:
    """Whether this world has its people already, so that a second start keeps what was done in it."""
    return Membership.objects.exists()

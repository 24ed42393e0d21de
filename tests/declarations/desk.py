"""A filer's desk: release prior to payment switched on, goods released, invoices and lines to declare."""

import itertools
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Business, ProgramAccount
from core.actor import Actor, system
from core.clock import TORONTO
from declarations import services
from declarations.models import Declaration
from declarations.services import InvoiceEntry, InvoiceInput, LineEntry
from delegation.rules import PERMISSIONS, Role
from documents import services as documents
from documents.models import StoredDocument
from reference.queries import billing_dates_of
from reference.rules.billing import Stream
from releases.models import Release
from releases.rules import ReleaseKind
from releases.services import ReleaseRequest, request_release
from security.services import enrol, receive_deposit
from tests.builders import World
from tests.builders import actor as actor_for

_cargo = itertools.count(884120)
MANAGER = PERMISSIONS[Role.BAM]
SYSTEM = system("tests")


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TORONTO)


def secured(world: World, account: ProgramAccount) -> ProgramAccount:
    """Enrolled in release prior to payment with a deposit that covers everything."""
    given: Any = {"program_account_id": account.pk, "on": world.today, "at": world.at, "actor": SYSTEM}
    enrol(estimate=Decimal("20000.00"), **given)
    receive_deposit(amount=Decimal("100000.00"), payment_reference=f"test-{account.number}", method="CARD", **given)
    return account


def wanted(account: ProgramAccount | str, kind: ReleaseKind = ReleaseKind.PARS, **changes: Any) -> ReleaseRequest:
    fields: dict[str, Any] = {
        "account_number": account if isinstance(account, str) else account.number,
        "kind": kind,
        "cargo_control_number": f"8042PARS{next(_cargo)}",
        "office": "0453",
        "goods": "Hiking boots and packs",
        "estimated_value": Decimal("26500.00"),
    }
    return ReleaseRequest(**{**fields, **changes})


def filer(world: World, business: Business) -> Actor:
    """Somebody of the business, acting for it."""
    membership = business.memberships.select_related("user").order_by("pk")[0]
    return actor_for(membership.user, business)


def released(
    world: World, account: ProgramAccount, submitter: Business, *, at: datetime | None = None, **changes: Any
) -> Release:
    return request_release(
        request=wanted(account, **changes),
        submitter=submitter,
        staff_actions=MANAGER,
        actor=filer(world, submitter),
        at=at or world.at,
    )


INVOICE = InvoiceInput(
    number="SSP-88214",
    dated_on=date(2026, 7, 14),
    vendor="Summit Supply Partners LLC",
    vendor_country="US",
    shipped_on=date(2026, 7, 15),
    shipped_from="Detroit",
    currency="CAD",
    total=Decimal("9840.00"),
)
BOOTS = LineEntry(
    classification="6404.11.91.00",
    description="Hiking footwear, textile uppers",
    origin="CN",
    treatment="MFN",
    quantity=Decimal(240),
    value=Decimal("9840.00"),
)
PACKS = LineEntry(
    classification="4202.92.20.90", origin="VN", treatment="CPTPT", quantity=Decimal(300), value=Decimal("7350.00")
)
NUTS = LineEntry(
    classification="7318.16.00.10",
    description="Lock nuts of iron or steel",
    origin="FI",
    treatment="CEUT",
    quantity=Decimal(8200),
    value=Decimal("2210.00"),
)


def drafted(
    world: World, release: Release, *lines: LineEntry, invoice: InvoiceInput = INVOICE, at: datetime | None = None
) -> Declaration:
    """A draft with one invoice and its lines."""
    given: Any = {"actor": filer(world, release.submitter), "at": at or world.at}
    declaration = services.start_draft(release=release, submitter=release.submitter, **given)
    row = services.save_invoice(declaration=declaration, entry=invoice, **given)
    for line in lines or (BOOTS,):
        services.save_line(declaration=declaration, invoice=row, entry=line, **given)
    return declaration


def courier(world: World, account: ProgramAccount, submitter: Business, **changes: Any) -> Release:
    """Goods that came by courier, low in value: billed by the calendar month of their release."""
    release = released(world, account, submitter, **changes)
    dates = billing_dates_of(release.released_on or world.today, Stream.COURIER)
    Release.objects.filter(pk=release.pk).update(
        stream=Stream.COURIER,
        accounting_due_on=dates.accounting_due_on,
        payment_due_on=dates.payment_due_on,
        last_day_to_pay=dates.last_day_to_pay,
    )
    release.refresh_from_db()
    return release


def paper(world: World, declaration: Declaration, name: str = "invoice.txt") -> StoredDocument:
    """A paper kept with the declaration, checked and found good."""
    file = SimpleUploadedFile(name, f"Invoice of {declaration.number}".encode())
    given: Any = {"actor": SYSTEM, "at": world.at}
    received = services.add_evidence(declaration=declaration, kind="INVOICE", files=[file], **given)
    return documents.check(document_id=received.rows[0].pk, wall_at=world.at, **given)


def accepted(world: World, release: Release, *lines: LineEntry, **changes: Any) -> Declaration:
    """Filed in one go: 9,840.00 dollars of boots unless told otherwise."""
    entries = lines or (BOOTS,)
    invoice = INVOICE if not lines else _with_total(sum((line.value for line in entries), Decimal(0)))
    return services.file_declaration(
        release=release,
        submitter=release.submitter,
        invoices=[InvoiceEntry(invoice, entries)],
        actor=filer(world, release.submitter),
        **{"at": world.at, **changes},
    )


def _with_total(total: Decimal) -> InvoiceInput:
    return InvoiceInput(**{**INVOICE.__dict__, "total": total})

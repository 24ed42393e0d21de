"""The demo's cases that pages of changes, examination, couriers and people show, each through its own service."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts import services as accounts
from accounts.models import EmployeeRequest
from declarations import services as declarations
from declarations.changes import services as changes
from declarations.changes.rules import ChangeKind
from declarations.models import Declaration
from delegation import services as delegations
from delegation.rules import Grant, Role
from releases import services as releases
from releases.models import Admission
from releases.rules import ReleaseKind
from security import queries as security
from security.rules import Pattern, Share
from security.services import announce_endorsement, change_period, raise_bond
from simulation.scenario import IMPORTERS, PROVIDERS

if TYPE_CHECKING:
    from simulation.demo import DemoWorld

CLERK = "mila.novak"
SHARED = Decimal("6000.00")
MAILED = Decimal("12000.00")
_NORTHLIGHT, _BEAUMONT, _TAMARACK, _SAULT = (
    next(row for row in IMPORTERS if row.key == key) for key in ("northlight", "beaumont", "tamarack", "sault")
)


def play(world: "DemoWorld", at: datetime) -> None:
    """Everything of the last days, in the order in which it happens."""
    mix_roles(world, at)
    consolidate(world, at)
    change(world, at)
    share(world, at)
    season(world, at)
    mail(world, at)
    examine(world, at + timedelta(minutes=15))


def mix_roles(world: "DemoWorld", at: datetime) -> None:
    """A clerk who edits in one program account and only reads in the other."""
    business = world.businesses["northlight"]
    user = world.person(CLERK, at)
    first, second = business.program_accounts.order_by("number")
    roles = {first.pk: Grant(Role.EDITOR), second.pk: Grant(Role.READER)}
    manager = world.acting(_NORTHLIGHT.manager, business)
    delegations.request_employment(
        user_id=user.pk, bn9=business.bn9, comment="Warehouse office", actor=world.acting(CLERK), on=at.date(), at=at
    )
    asked = EmployeeRequest.objects.get(user=user, business=business)
    delegations.approve_employee(request_id=asked.pk, roles=roles, actor=manager, on=at.date(), at=at)


def consolidate(world: "DemoWorld", at: datetime) -> None:
    """Two low value shipments by courier, accounted for together in a declaration of type F."""
    courier, officer = world.businesses["harbourline"], world.acting("daniel.okafor")
    releases.admit(
        kind=Admission.Kind.COURIER, number=courier.bn9, reason="Courier program", actor=officer, on=at.date(), at=at
    )
    actor = world.acting("wen.zhao", courier)
    goods = replace(_NORTHLIGHT.goods[0], quantity=12)
    scale = Decimal(1)
    found = [
        world.release(_NORTHLIGHT, goods, courier, actor, at, kind=ReleaseKind.CLVS, scale=scale)
        for _number in range(2)
    ]
    declaration = declarations.start_consolidated(found=found, submitter=courier, actor=actor, at=at)
    entry = world.invoice(goods, scale * 2, at)
    invoice = declarations.save_invoice(declaration=declaration, entry=entry.invoice, actor=actor, at=at)
    declarations.save_line(declaration=declaration, invoice=invoice, entry=entry.lines[0], actor=actor, at=at)
    declarations.submit(declaration=declaration, actor=actor, at=at)


def change(world: "DemoWorld", at: datetime) -> None:
    """Two adjustments after the due date: an officer approved one, the other waits."""
    account = world.numbers["northlight"]
    due = Declaration.objects.filter(
        program_account=account,
        type=Declaration.Type.AB,
        state=Declaration.State.ACCEPTED,
        payment_due_on__lt=at.date(),
    ).select_related("submitter")
    for number, declaration in enumerate(due.order_by("-payment_due_on", "id")[:2]):
        username = _NORTHLIGHT.manager if declaration.submitter.provider_kind == "" else "wen.zhao"
        value = declaration.versions.get(number=1).invoices.get().lines.get(position=1).value
        asked = changes.request_change(
            declaration=declaration,
            kind=ChangeKind.ADJUSTMENT,
            code="VALUE",
            reason="The vendor sent a second invoice for freight.",
            changes=[changes.LineChange(1, 1, {"value": value + Decimal("180.00")})],
            submitter=declaration.submitter,
            actor=world.acting(username, declaration.submitter),
            at=at,
        )
        if number == 0:
            # What a late change adds is due with the next statement.
            changes.approve(
                request=asked, reason="The second invoice shows it.", actor=world.acting("daniel.okafor"), at=at
            )


def share(world: "DemoWorld", at: datetime) -> None:
    """A second program account, which the surety covers with a share of the bond that it has given already."""
    business, officer = world.businesses["beaumont"], world.acting("daniel.okafor")
    account = accounts.open_program_account(
        business=business, rm="RM0002", name="Service parts", on=at.date(), actor=officer, at=at
    )
    bond = security.bonds_of(world.numbers["beaumont"].pk).first()
    if bond is None:
        raise LookupError("the demo's importer has no bond to share")
    own = Share(world.numbers["beaumont"].pk, bond.amount)
    provider = next(row for row in PROVIDERS if row.key == _BEAUMONT.surety)
    raise_bond(
        bond_id=bond.pk,
        amount=bond.amount + SHARED,
        shares=[own, Share(account.pk, SHARED)],
        on=at.date(),
        at=at,
        actor=world.acting(provider.manager, world.businesses[provider.key]),
    )


def season(world: "DemoWorld", at: datetime) -> None:
    """Seeds are imported in a season: the enrolment ends with it, and the importer is warned before."""
    change_period(
        program_account_id=world.numbers["tamarack"].pk,
        pattern=Pattern.SEASONAL,
        ends_on=at.date() + timedelta(days=70),
        on=at.date(),
        at=at,
        actor=world.acting(_TAMARACK.manager, world.businesses["tamarack"]),
    )


def mail(world: "DemoWorld", at: datetime) -> None:
    """A bond on paper is to cover more: its endorsement is in the mail, and an officer will enter it."""
    business, account = world.businesses["sault"], world.numbers["sault"]
    bond = security.bonds_of(account.pk).get()
    announce_endorsement(
        bond_id=bond.pk,
        program_account_id=account.pk,
        amount=bond.amount + MAILED,
        announced_by_id=business.pk,
        on=at.date(),
        at=at,
        actor=world.acting(_SAULT.manager, business),
    )


def examine(world: "DemoWorld", at: datetime) -> None:
    """A release referred to examination, because its program account was selected."""
    account, officer = world.numbers["northlight"], world.acting("daniel.okafor")
    selected = releases.admit(
        kind=Admission.Kind.EXAMINATION, number=account.number, reason="Sample", actor=officer, on=at.date(), at=at
    )
    business = world.businesses["northlight"]
    actor = world.acting(_NORTHLIGHT.manager, business)
    goods = _NORTHLIGHT.goods[0]
    world.release(_NORTHLIGHT, goods, business, actor, at, kind=ReleaseKind.RMD, scale=Decimal("0.2"))
    releases.end_admission(admission_id=selected.pk, reason="Sample taken", actor=officer, on=at.date(), at=at)

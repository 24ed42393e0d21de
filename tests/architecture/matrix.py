"""Every route and every seat: who gets what. Read by ``test_matrix.py``, which walks the URL configuration.

How to add a route
------------------
One line in ``ENTRIES``, keyed by the route's full name (``"payments:pay"``); a route without a line fails the test.

* A page behind the door (``@account_page`` or ``@business_page``) whose address holds no more than ``number`` or
  ``bn9``: ``"payments:pay": Page()``. What each seat gets follows from the permission table in ``delegation.rules``.
* More in the address: name the object, ``Page(kwargs=lambda w: {"pk": w.waiting.pk})``; make it in :func:`build`, or
  in the lambda itself.
* A page of another business than Northlight: ``Page(of="broker")`` (Harbourline), ``"nominee"`` (Passerelle),
  ``"consultant"`` or ``"surety"``.
* A page that somebody whom the door lets in still does not get: ``Page(but={"broker_own": GONE})``.
* One address that answers in several ways, such as an API that lists and files: a tuple of entries.
* Posts only: ``Page(method="post", data=lambda w: {...})``. Every request is rolled back, so nothing one seat does is
  seen by the next; a redirect counts as success unless it leads to the sign-in.
* Open to everybody: ``PUBLIC``. For whoever is signed in: ``SIGNED_IN``.
* An API operation, where the door is called inside the view: ``Api(door=("account", Action.VIEW_STATEMENTS))``, also
  with ``kwargs``, ``method`` and ``data``; ``Api(seats={...})`` where no door is involved.
* An own page in the admin: ``ADMIN``. Those that the admin makes for each model are generated.
* A route that only passes on or is tested elsewhere: ``Skip("why")``.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group

from accounts import services as accounts
from accounts.models import Business, EmployeeRequest, Invitation, Membership, ProgramAccount, User
from core import audit, outbox
from core.actor import system
from core.clock import at_toronto, wall_now
from core.models import ClockMove, JobRun, OutboxMessage
from declarations import services as declarations
from declarations.changes import services as change_services
from declarations.services import InvoiceEntry
from delegation import rules, services
from delegation.models import ClientAssignment, ClientGroup, Delegation, GroupRequest, ProviderBlock, RequestBatch
from delegation.rules import Action, Role
from delegation.services import reach_file
from documents import services as documents
from documents.models import RequestedFile
from documents.services import Order
from ledger import queries as ledger
from ledger import services as book
from ledger.queries import entries_of_source
from ledger.rules import EntryKind, Revenue
from notifications.services import notify
from payments import plans
from payments import services as payments
from payments.models import BankEntry, DebitAgreement, Payment, RefundRequest, ReturnFile
from registration import services as registration
from registration.applications.rules import Paper
from registration.models import Registration
from releases import services as releases
from releases.models import Admission
from releases.rules import ReleaseKind
from releases.services import request_release
from security import services as security
from security.models import Bond, BondAllocation, Demand
from standing.models import StandingNotice
from statements.models import DailyNotice
from support.services import requests as support
from tests.builders import Cast, World, actor, build_cast, enrolled_app, open_session
from tests.declarations import changing, desk
from tests.documents.samples import pdf
from tests.registration.applicants import ABROAD, Applicant
from tests.statements import scene

SYSTEM = system("matrix")

# --- What a seat may get ----------------------------------------------------------------------------------------------
SUCCESS = "success"
REFUSED = "refused"  # 403
GONE = "not found"  # 404
SIGN_IN = "sign-in"  # redirected there
UNAUTHORIZED = "unauthorized"  # 401 or 403 of the API
UNKNOWN = "400"  # the call names something that does not exist for this seat

# --- The seats --------------------------------------------------------------------------------------------------------
SEATS = (
    "signed_out",
    "manager",
    "backup",
    "pam",
    "mixed",
    "editor",
    "reader",
    "other_manager",
    "broker_full",
    "broker_reader",
    "broker_own",
    "broker_program",
    "broker_unlicensed",
    "broker_expired",
    "broker_revoked",
    "broker_future",
    "consultant",
    "surety",
    "officer",
    "trainer",
    "staff",
)
STAFF = ("officer", "trainer", "staff")
OFFICERS = ("officer", "trainer")


@dataclass(frozen=True)
class Standing:
    """What a seat is towards one business: a role there, narrowed by visibility, licence and the role at home."""

    role: Role
    is_full: bool = True
    is_licensed: bool = False
    home: Role | None = None

    def actions(self, kind: str) -> frozenset[Action]:
        """The permission table, read again beside the door.

        On a business page a third party does no more than what concerns the business as a whole.
        """
        allowed = rules.PERMISSIONS[self.role]
        if self.home is not None:
            if kind == "business":
                allowed = allowed & rules.OF_THE_BUSINESS
            if not self.is_licensed:
                allowed -= {Action.REQUEST_RELEASE, Action.FILE_DECLARATION}
            if not self.is_full:
                allowed -= {Action.VIEW_STATEMENTS}
            allowed &= rules.PERMISSIONS[self.home]
        return allowed


_BUSINESS, _PROGRAM = Role.THIRD_PARTY_BUSINESS, Role.THIRD_PARTY_PROGRAM

#: Per business of an entry's ``of``, the seats known there. Everybody else is a stranger.
STANDINGS: Mapping[str, Mapping[str, Standing]] = {
    "client": {
        "manager": Standing(Role.BAM),
        "backup": Standing(Role.BAM),
        "pam": Standing(Role.PAM),
        "mixed": Standing(Role.PAM),
        "editor": Standing(Role.EDITOR),
        "reader": Standing(Role.READER),
        "broker_full": Standing(_BUSINESS, is_licensed=True, home=Role.BAM),
        "broker_reader": Standing(_BUSINESS, is_licensed=True, home=Role.READER),
        "broker_own": Standing(_PROGRAM, is_full=False, is_licensed=True, home=Role.BAM),
        "broker_program": Standing(_PROGRAM, is_licensed=True, home=Role.BAM),
        "broker_unlicensed": Standing(_BUSINESS, home=Role.BAM),
        "consultant": Standing(_BUSINESS, home=Role.BAM),
    },
    "broker": {"broker_full": Standing(Role.BAM), "broker_reader": Standing(Role.READER)},
    "nominee": {"broker_own": Standing(Role.BAM)},
    "consultant": {"consultant": Standing(Role.BAM)},
    "surety": {"surety": Standing(Role.BAM)},
}


@dataclass
class Stage:
    """The world in which every route is tried: people by seat, businesses by ``of``, and objects to point at."""

    cast: Cast
    people: dict[str, User | None]
    businesses: dict[str, Business]
    accounts: dict[str, ProgramAccount]
    objects: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["objects"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def moment(self) -> dict[str, Any]:
        return {"on": self.cast.world.today, "at": self.cast.world.at}


def _lost_letter(cast: Cast) -> OutboxMessage:
    """A message to Northlight's manager that her server refused for good."""
    row = outbox.send(
        to=cast.amara.email,
        language="en",
        subject="A",
        body="B",
        category="access",
        user_id=cast.amara.pk,
        at=cast.world.at,
    )
    OutboxMessage.objects.filter(pk=row.pk).update(state=OutboxMessage.State.FAILED)
    return row


def build(world: World) -> Stage:
    """Northlight with a person in each seat, and one object of each kind that an address names."""
    cast = build_cast(world)
    northlight, account, today = cast.northlight, cast.account, world.today
    people: dict[str, User | None] = {
        "signed_out": None,
        "manager": cast.amara,
        "other_manager": cast.luc,
        "broker_full": cast.wen,
        "broker_own": cast.ines,
        "surety": cast.peter,
        "officer": cast.daniel,
        "staff": world.person("Stella Staff", method=User.Method.STAFF, is_staff=True),
    }
    trainer = world.person("Tess Trainer", method=User.Method.STAFF, is_staff=True)
    trainer.groups.add(Group.objects.get_or_create(name="trainer")[0])
    people["trainer"] = trainer
    for seat, role in (("backup", "BAM"), ("pam", "PAM"), ("editor", "EDITOR"), ("reader", "READER")):
        person = world.person(f"{seat.title()} Example")
        world.membership(person, northlight, role, accounts=() if role == "BAM" else (account,))
        people[seat] = person
    second = world.program_account(northlight, "RM0002", name="Rental fleet")
    mixed = world.person("Max Mixed")
    world.membership(mixed, northlight, "READER", roles={account: "PAM", second: "READER"})
    people["mixed"] = mixed
    harbourline_account = world.program_account(cast.harbourline)
    broker_reader = world.person("Rita Reader")
    world.membership(broker_reader, cast.harbourline, "READER", accounts=(harbourline_account,))
    people["broker_reader"] = broker_reader
    world.delegation(cast.passerelle, northlight, accounts=(account,))
    full: dict[str, Any] = {"sees_client": True, "sees_others": True}
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    narrowed: tuple[tuple[str, dict[str, Any]], ...] = (
        ("broker_program", {**full, "accounts": (account,)}),
        ("broker_unlicensed", {**full, "licence_valid_until": yesterday}),
        ("broker_expired", {**full, "valid_until": yesterday}),
        ("broker_revoked", {**full, "state": Delegation.State.REVOKED}),
        ("broker_future", {**full, "valid_from": tomorrow}),
        ("consultant", {**full, "provider_kind": Business.ProviderKind.TRADE_CONSULTANT}),
    )
    for seat, fields in narrowed:
        of_business = {key: fields.pop(key) for key in ("licence_valid_until", "provider_kind") if key in fields}
        provider = world.broker(f"{seat} Ltd.", **of_business)
        person = world.person(f"{seat.title()} Manager")
        world.membership(person, provider, is_primary=True)
        world.program_account(provider)
        world.delegation(provider, northlight, **fields)
        people[seat] = person
    consultant = Membership.objects.get(user=people["consultant"]).business
    businesses = {
        "client": northlight,
        "broker": cast.harbourline,
        "nominee": cast.passerelle,
        "consultant": consultant,
        "surety": cast.keystone,
    }
    accounts = {
        "client": account,
        "broker": harbourline_account,
        "nominee": world.program_account(cast.passerelle),
        "consultant": ProgramAccount.objects.get(business=consultant),
        "surety": world.program_account(cast.keystone),
    }
    stage = Stage(cast=cast, people=people, businesses=businesses, accounts=accounts)
    stage.objects["second"] = second
    _add_objects(stage)
    return stage


def _add_objects(stage: Stage) -> None:
    """One of each object of the room of access; other rooms add theirs in their entry's lambda or here."""
    cast = stage.cast
    world, at = cast.world, cast.world.at
    newcomer = world.person("Nora Newcomer")
    invitation = Invitation.objects.create(
        business=cast.northlight,
        email="nora@example.com",
        role=Membership.Role.READER,
        token_hash=services.token_hash("matrix"),
        invited_by=cast.amara,
        invited_at=at,
        expires_at=at + timedelta(days=14),
    )
    invitation.program_accounts.set([cast.account], through_defaults={"role": invitation.role})
    asking, named = world.broker("Asking Brokers Ltd."), cast.passerelle
    waiting: dict[str, Any] = {
        "state": Delegation.State.REQUESTED,
        "request_expires_on": world.today + timedelta(days=90),
    }
    stage.objects |= {
        "member": Membership.objects.get(user=stage.people["reader"]),
        "backup": Membership.objects.get(user=stage.people["backup"]),
        "handover": services.offer_primary(
            membership_id=Membership.objects.get(user=stage.people["backup"]).pk,
            actor=actor(cast.amara),
            **stage.moment,
        ),
        "open_session": open_session(cast.amara),
        "factor": enrolled_app(cast.amara),
        "employee_request": EmployeeRequest.objects.create(user=newcomer, business=cast.northlight, requested_at=at),
        "invitation": invitation,
        "asked": world.delegation(asking, cast.northlight, **waiting),
        "block": ProviderBlock.objects.create(
            client=cast.northlight, provider=world.broker("Blocked Brokers Ltd."), reason="Unknown", blocked_at=at
        ),
        "sent": world.delegation(named, cast.desrosiers, **waiting),
        "nomination": world.delegation(
            named, world.business("Naming Imports Ltd."), asked_by=Delegation.Side.CLIENT, **waiting
        ),
        "notification": notify(
            recipients=[cast.amara], subject="Matrix", body="For Amara alone.", category="access", at=at
        )[0],
        # Passerelle's group: Harbourline has none, so that its reader reaches every client with the role at home.
        "client_group": ClientGroup.objects.create(provider=named, name="West", name_key="west", created_at=at),
        "group_request": GroupRequest.objects.create(
            membership=Membership.objects.get(user=stage.people["broker_reader"]),
            client=cast.northlight,
            requested_at=at,
        ),
        "batch": RequestBatch.objects.create(provider=cast.harbourline, sent_at=at, sent_count=0, rows=[]),
        "held": Delegation.objects.get(provider=cast.harbourline, client=cast.northlight),
        "held_in_part": Delegation.objects.get(provider=cast.passerelle, client=cast.northlight),
        "payment": payment_of(cast),
        "plan": plans.announce(
            program_account=cast.account,
            payer=cast.harbourline,
            amount=Decimal("10.00"),
            planned_on=world.today,
            on=world.today,
            at=at,
            actor=SYSTEM,
        ),
        "received": payments.receive(reference=payment_of(cast).reference, actor=SYSTEM, at=at),
        "debit_agreement": _debit_agreement(cast),
        "bank_entry": BankEntry.objects.create(
            bank_id="rt_matrix",
            file=ReturnFile.objects.create(day=world.today),
            kind="bill.paid",
            reference="B1",
            amount=Decimal("10.00"),
            state=BankEntry.State.OPEN,
        ),
        "run": JobRun.objects.create(job="payments.clearing", due_at=at_toronto(world.today, 1), started_at=at),
        "move": ClockMove.objects.create(from_at=at, to_at=at + timedelta(days=1), created_at=wall_now(), state="DONE"),
        "letter": outbox.send(to="nora@example.com", language="en", subject="A", body="B", category="access", at=at),
        "lost_letter": _lost_letter(cast),
    }
    stage.objects["credit"] = ledger.item_of_entry(ledger.entry_by_key(stage.objects["received"].entry_key).pk)
    stage.objects["refund"] = RefundRequest.objects.create(
        reference="R2M-4XK-77Q-PPA", program_account=cast.account, amount=Decimal("5.00"), requested_at=at
    )
    owed = book.post_charge(
        key="declaration:matrix:v1",
        kind=EntryKind.DECLARATION,
        holder_id=cast.account.pk,
        submitter_id=cast.northlight.pk,
        amounts={Revenue.GST: Decimal("1.00")},
        source="declaration:matrix",
        memo="",
        posted_on=world.today,
        billing_on=world.today,
        due_on=world.today + timedelta(days=60),
        last_day_to_pay=world.today + timedelta(days=60),
        at=at,
        actor=SYSTEM,
    )
    stage.objects["owed"] = ledger.item_of_entry(owed.pk)
    _add_statement(stage)
    _add_goods(stage)
    _add_application(stage)
    stage.objects["card"] = card = _unclaimed(world)
    under_way = registration.begin(user=cast.amara, actor=SYSTEM, at=at)
    Registration.objects.filter(pk=under_way.pk).update(
        state=Registration.State.REVIEW, business=card.business, bn9=card.business.bn9, rm="RM0001"
    )
    stage.objects["asked_question"] = support.ask_question(
        subject="Matrix",
        message="For Amara and officers alone.",
        actor=actor(cast.amara),
        on=world.today,
        at=at,
    )
    stage.objects["locked"] = locked = registration.begin(user=newcomer, actor=SYSTEM, at=at)
    Registration.objects.filter(pk=locked.pk).update(state=Registration.State.LOCKED, error_count=10)


def _add_application(stage: Stage) -> None:
    """An application of Amara's for a second business, handed in and lacking documents but one."""
    applicant = Applicant(stage.cast.world, stage.cast.amara, stage.cast.daniel)
    row = applicant.described(ABROAD)
    stage.objects["document"] = applicant.hand(row, Paper.BOOKS)
    stage.objects["application"] = applicant.submit(row)


def _requested_file(stage: Stage) -> RequestedFile:
    """The list of accounts that Amara asked for, made and kept."""
    user = stage.cast.amara
    row, _is_new = documents.ask_for_file(
        order=Order(reach_file.KIND, user.pk, "en"), actor=actor(user), at=stage.cast.world.at
    )
    return documents.make_file(request_id=row.pk, actor=SYSTEM, at=stage.cast.world.at, wall_at=wall_now())


def _add_statement(stage: Stage) -> None:
    """June's statement of Northlight, with one declaration of Harbourline's behind it."""
    cast = stage.cast
    scene.declare(cast.account, "17042000044600", date(2026, 6, 2), submitter=cast.harbourline, gst="3412.66")
    stage.objects["statement"] = next(
        statement for statement in scene.issue(scene.JUNE) if statement.program_account_id == cast.account.pk
    )
    scene.notify(date(2026, 6, 3))
    stage.objects["notice"] = DailyNotice.objects.get(program_account=cast.account)
    stage.objects["ready_file"] = scene.requested(cast, "2026-06")
    stage.objects["lost_file"] = scene.requested(cast, "2026-06", file_format="PDF", is_made=False)


def _add_goods(stage: Stage) -> None:
    """Northlight's security, and declarations: drafts of either filer, accepted, corrected, at the port."""
    cast = stage.cast
    world, account, northlight, broker = (
        cast.world,
        desk.secured(cast.world, cast.account),
        cast.northlight,
        cast.harbourline,
    )
    given: dict[str, Any] = {"actor": desk.filer(world, broker), "at": world.at}
    corrected = desk.accepted(world, desk.released(world, account, broker))
    declarations.start_correction(declaration=corrected, submitter=broker, **given)
    at_port = desk.drafted(world, desk.released(world, account, broker, kind=ReleaseKind.CTYPE))
    changed = desk.accepted(world, desk.released(world, account, broker))
    change = changing.withdrawal(changed, **given)
    stage.objects |= {
        "change": change,
        "change_file": changing.with_file(change, **given),
        "case": changing.case_of(changed, at=world.at),
        "withdrawable": desk.accepted(world, desk.released(world, account, broker)),
    }
    change_services.reject(request=change, reason="It was not.", actor=SYSTEM, at=world.at)
    stage.objects |= {
        "release": desk.released(world, account, broker),
        "own_release": desk.released(world, account, northlight),
        "own_draft": (begun := desk.drafted(world, desk.released(world, account, northlight))),
        "own_paper": desk.paper(world, begun),
        "draft": desk.drafted(world, desk.released(world, account, broker)),
        "declaration": (declared := desk.accepted(world, desk.released(world, account, broker))),
        "paper": desk.paper(world, declared),
        "corrected": corrected,
        "at_port": declarations.submit(declaration=at_port, **given),
        "admission": releases.admit(
            kind=Admission.Kind.CSA_MONTH, number=account.number, reason="Admitted", actor=SYSTEM, **stage.moment
        ),
        "demand": _demand(world, account, cast),
        "arrears_notice": StandingNotice.objects.create(
            program_account=account,
            step=StandingNotice.Step.ARREARS,
            last_day_to_pay=world.today,
            taken_on=world.today,
            overdue=Decimal("10.00"),
        ),
        "bond": security.propose_bond(
            program_account_id=account.pk,
            provider_id=cast.keystone.pk,
            agreement_number="KN-1",
            amount=Decimal("25000.00"),
            validity_start=world.today,
            actor=SYSTEM,
            **stage.moment,
        ),
    }
    on_paper = security.enter_paper_bond(
        program_account_number=account.number,
        provider_id=cast.keystone.pk,
        agreement_number="KN-P",
        amount=Decimal("5000.00"),
        signed_on=world.today,
        approval_reference="RARD 1",
        validity_start=world.today,
        actor=SYSTEM,
        **stage.moment,
    )
    stage.objects["endorsement"] = security.announce_endorsement(
        bond_id=on_paper.pk,
        program_account_id=account.pk,
        amount=Decimal("6000.00"),
        announced_by_id=cast.northlight.pk,
        actor=SYSTEM,
        **stage.moment,
    )
    security.keep_bond_copy(
        bond_id=stage.objects["bond"].pk, content=pdf(), actor=SYSTEM, at=world.at, wall_at=wall_now()
    )


def _demand(world: World, account: Any, cast: Cast) -> Demand:
    """A demand on a bond of Northlight's that has lapsed since, so that nothing else looks at it."""
    bond = Bond.objects.create(
        provider=cast.keystone,
        debtor=account.business,
        debtor_name=account.business.legal_name,
        program_account=account,
        agreement_number="KN-0",
        amount=Decimal("25000.00"),
        validity_start=world.today,
        state="LAPSED",
        proposed_on=world.today,
    )
    BondAllocation.objects.create(bond=bond, program_account=account, amount=bond.amount)
    return Demand.objects.create(
        bond=bond,
        program_account=account,
        asked=Decimal("10.00"),
        amount=Decimal("10.00"),
        reason="Unpaid",
        sent_on=world.today,
        answer_by=world.today,
    )


def _unclaimed(world: World) -> Any:
    """The practice card of a business that nobody has registered, with a declaration among its papers."""
    business = world.business("Larkspur Marine Parts Ltd.")
    account = desk.secured(world, world.program_account(business))
    release = request_release(
        request=desk.wanted(account), submitter=business, staff_actions=desk.MANAGER, actor=SYSTEM, at=world.at
    )
    invoices = [InvoiceEntry(desk.INVOICE, [desk.BOOTS])]
    declarations.file_declaration(release=release, submitter=business, invoices=invoices, actor=SYSTEM, at=world.at)
    accounts.release_business(business=business, actor=SYSTEM, at=world.at)
    return registration.offer_card(business=business, actor=SYSTEM, at=world.at)


def payment_of(cast: Cast) -> Payment:
    """A payment by Northlight that has not reached the bank."""
    return payments.start_payment(
        order=payments.PaymentOrder(amount=Decimal("10.00"), method=Payment.Method.DEBIT_CARD),
        program_account=cast.account,
        payer=cast.northlight,
        actor=SYSTEM,
        at=cast.world.at,
    )


def _debit_agreement(cast: Cast) -> DebitAgreement:
    """Northlight's agreement on pre-authorized debit, as the bank confirmed it."""
    return DebitAgreement.objects.create(
        reference="PAD-MATRIX",
        program_account=cast.account,
        version=1,
        holder="Northlight Imports Ltd.",
        institution="999",
        transit="00001",
        masked_account="****0001",
        mandate="md_matrix",
        certified_at=cast.world.at,
        since=cast.world.today,
    )


# --- The entries ------------------------------------------------------------------------------------------------------
Made = Callable[[Stage], dict[str, Any]]


def _nothing(stage: Stage) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Page:
    """A page. Without ``seats`` what each seat gets follows from the view's door and the permission table."""

    kwargs: Made = _nothing
    of: str = "client"
    method: str = "get"
    data: Made = _nothing
    door: tuple[str, Action] | None = None
    seats: Mapping[str, str] | None = None
    but: Mapping[str, str] = field(default_factory=dict)
    signed_out: str = SIGN_IN
    content_type: str = ""
    headers: Made = _nothing


@dataclass(frozen=True)
class Api(Page):
    """An API operation: nobody is redirected, and the door named here is the one its view calls."""

    signed_out: str = UNAUTHORIZED
    content_type: str = "application/json"


@dataclass(frozen=True)
class Skip:
    """A route that cannot be asked this way, with the reason."""

    why: str


Entry = Page | Skip | tuple[Page, ...]


def everybody(outcome: str, **others: str) -> dict[str, str]:
    return {seat: others.get(seat, outcome) for seat in SEATS}


PUBLIC = Page(seats=everybody(SUCCESS))
PUBLIC_POST = Page(seats=everybody(SUCCESS), method="post")
SIGNED_IN = Page(seats=everybody(SUCCESS, signed_out=SIGN_IN))


SIGNED_IN_POST = Page(seats=everybody(SUCCESS, signed_out=SIGN_IN), method="post")
#: Pages of officers and trainers, and those of officers alone; to people there is nothing at their addresses.
STEERING = everybody(GONE, officer=SUCCESS, trainer=SUCCESS, staff=REFUSED, signed_out=SIGN_IN)
OVERSIGHT = {**STEERING, "trainer": REFUSED}

#: Passerelle sees only what it submitted itself, and none of these objects is that.
HIDDEN: Mapping[str, str] = {"broker_own": GONE}
#: Credits are everybody's payments together, so only who sees them all uses them; the importer alone gives them away.
PART_OF_CREDIT: Mapping[str, str] = {"broker_own": REFUSED}
OWN_CREDIT: Mapping[str, str] = dict.fromkeys(
    ("broker_full", "broker_program", "broker_own", "broker_unlicensed", "consultant"), REFUSED
)
#: A draft is changed by the business that writes it, here Northlight itself.
OWN_DRAFT: Mapping[str, str] = {**HIDDEN, "broker_full": REFUSED, "broker_program": REFUSED}
#: A payment that Harbourline announced is its own to withdraw.
OF_ITS_BROKER: Mapping[str, str] = {
    **HIDDEN,
    "manager": GONE,
    "backup": GONE,
    "pam": GONE,
    "mixed": GONE,
    "editor": GONE,
    "broker_program": GONE,
    "broker_unlicensed": GONE,
    "consultant": GONE,
}
#: The importer signs for its bank account; whoever works for it does not.
OWN_BANK_ACCOUNT: Mapping[str, str] = dict.fromkeys(
    ("broker_full", "broker_program", "broker_own", "broker_unlicensed", "consultant"), REFUSED
)
#: The same for a draft of Harbourline's.
BROKERS_DRAFT: Mapping[str, str] = {
    **HIDDEN,
    "broker_program": REFUSED,
    "manager": REFUSED,
    "backup": REFUSED,
    "pam": REFUSED,
    "mixed": REFUSED,
    "editor": REFUSED,
}


def of_bond(w: Stage) -> dict[str, Any]:
    return {"pk": w.bond.pk}


def of_application(w: Stage) -> dict[str, Any]:
    return {"pk": w.application.pk}


def of_its_file(w: Stage) -> dict[str, Any]:
    return {"pk": w.application.pk, "public_id": w.document.public_id}


#: An application is Amara's, and nobody else's, officers included: they have their desk.
APPLICANTS_OWN = Page(kwargs=of_application, seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN))


#: What is for people and not for officers.
PEOPLE = {**everybody(SUCCESS), "signed_out": SIGN_IN, **dict.fromkeys(STAFF, REFUSED)}


def once(w: Stage) -> dict[str, Any]:
    return {"Idempotency-Key": "matrix"}


def of_draft(w: Stage, **more: Any) -> dict[str, Any]:
    return {"declaration": w.own_draft.number, **more}


def of_paper(w: Stage) -> dict[str, Any]:
    return {"declaration": w.declaration.number, "public_id": w.paper.public_id}


def of_change(w: Stage) -> dict[str, Any]:
    return {"reference": w.change.number}


def of_june(w: Stage) -> dict[str, Any]:
    return {"day": w.statement.statement_on.isoformat()}


def of_entry(w: Stage) -> dict[str, Any]:
    return {"entry_id": entries_of_source(f"declaration:{w.declaration.number}")[0].pk}


def of_notice(w: Stage) -> dict[str, Any]:
    return {"day": w.notice.notice_on.isoformat()}


def of_level(w: Stage) -> dict[str, Any]:
    return {**of_june(w), "level": "entity"}


#: The levels above add every program account up: not for whoever reaches only some of them.
SEES_PART: Mapping[str, str] = dict.fromkeys(("pam", "mixed", "editor", "reader"), REFUSED)
#: A requested file is for the person who asked for it, and for nobody else.
ASKED_BY_THE_MANAGER = everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN)


def seen_event(w: Stage) -> dict[str, Any]:
    """An event of Northlight's first program account, which its program manager holds too."""
    account = w.accounts["client"]
    row = audit.record(
        actor=SYSTEM,
        verb="statement.issued",
        business_id=account.business_id,
        program_account_id=account.pk,
        at=w.cast.world.at,
    )
    return {"pk": row.pk}


def filed_call(w: Stage) -> dict[str, Any]:
    """A whole declaration for Northlight's own release, as software sends it."""
    fields = ("number", "dated_on", "vendor", "vendor_country", "shipped_on", "currency", "total")
    line = ("classification", "origin", "treatment", "quantity", "value")
    return {
        "release": w.own_release.transaction_number,
        "invoices": [
            {
                **{name: str(getattr(desk.INVOICE, name)) for name in fields},
                "lines": [{name: str(getattr(desk.BOOTS, name)) for name in line}],
            }
        ],
    }


def assigned(w: Stage) -> ClientAssignment:
    """Northlight given singly to Harbourline's reader; taken back with everything else that a request wrote."""
    row, _made = ClientAssignment.objects.get_or_create(
        membership=Membership.objects.get(user=w.people["broker_reader"]),
        client=w.cast.northlight,
        defaults={"role": "READER", "assigned_at": w.cast.world.at},
    )
    return row


def release_call(w: Stage) -> dict[str, Any]:
    return {
        "filer": w.cast.northlight.bn9,
        "program_account": w.cast.account.number,
        "kind": "PARS",
        "cargo_control_number": "8042PARS999999",
        "office": "0453",
        "goods": "Hiking boots",
        "estimated_value": "1200.00",
    }


def bank_tells(w: Stage) -> dict[str, Any]:
    return {"type": "payment.approved", "data": {"reference": w.received.reference}}


def bank_signs(w: Stage) -> dict[str, Any]:
    timestamp = str(int(wall_now().timestamp()))
    signed = timestamp.encode() + b"." + json.dumps(bank_tells(w)).encode()
    signature = hmac.new(settings.COUNTERPART_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    return {"Bank-Timestamp": timestamp, "Bank-Signature": f"v1={signature}"}


#: Officers and trainers; staff without a group are known but refused; everybody else is led to the sign-in.
ADMIN = Page(seats={**everybody(SIGN_IN), "officer": SUCCESS, "trainer": SUCCESS, "staff": REFUSED})

_IN_FLOW = Skip("a step inside the sign-in, which the sign-in's own tests walk")

#: An authenticator of Northlight's manager; to everybody else there is none at its address.
OWN_FACTOR = Page(
    kwargs=lambda w: {"factor_id": w.factor.id}, seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN)
)

ENTRIES: dict[str, Entry] = {
    # core and the frame
    "livez": PUBLIC,
    "readyz": PUBLIC,
    "security_txt": PUBLIC,
    "schema": PUBLIC,
    "api_docs": PUBLIC,
    "set_language": PUBLIC_POST,
    "core:design": PUBLIC,
    # delegation: people
    "delegation:who_may_do_what": PUBLIC,
    "delegation:switch": SIGNED_IN,
    "delegation:switch_csv": SIGNED_IN,
    "delegation:switch_files": SIGNED_IN,
    "delegation:switch_file": Page(
        kwargs=lambda w: {"public_id": _requested_file(w).public_id},
        seats=everybody(GONE, signed_out=SIGN_IN, manager=SUCCESS),
    ),
    "delegation:employer_request": SIGNED_IN,
    "delegation:withdraw_employer_request": Page(
        kwargs=lambda w: {"bn9": w.cast.northlight.bn9}, method="post", seats=everybody(SUCCESS, signed_out=SIGN_IN)
    ),
    "delegation:accept_invitation": Page(
        kwargs=lambda w: {"token": "matrix"}, seats=everybody(SUCCESS, signed_out=SIGN_IN)
    ),
    "delegation:open_account": Page(),
    "delegation:people": Page(),
    "delegation:members": Page(),
    "delegation:member": Page(kwargs=lambda w: {"pk": w.member.pk}),
    "delegation:add_colleague": Page(),
    "delegation:remove_member": Page(kwargs=lambda w: {"pk": w.member.pk}),
    "delegation:business_profile": Page(),
    "delegation:edit_business_profile": Page(),
    "delegation:program_profile": Page(),
    "delegation:edit_program_profile": Page(),
    "delegation:primary": Page(),
    "delegation:offer_primary": Page(kwargs=lambda w: {"pk": w.backup.pk}, but={"backup": REFUSED}),
    "delegation:accept_primary": Page(kwargs=lambda w: {"pk": w.handover.pk}, but={"manager": REFUSED}),
    "delegation:decline_primary": Page(kwargs=lambda w: {"pk": w.handover.pk}, but={"manager": REFUSED}),
    "delegation:withdraw_primary": Page(kwargs=lambda w: {"pk": w.handover.pk}, but={"backup": REFUSED}),
    "delegation:licences": Page(seats=OVERSIGHT),
    "delegation:licence": Page(kwargs=lambda w: {"bn9": w.cast.harbourline.bn9}, seats=OVERSIGHT),
    "delegation:find_business": Page(seats=OVERSIGHT),
    "delegation:name_primary": Page(seats=OVERSIGHT),
    "delegation:employee_requests": Page(),
    "delegation:employee_request": Page(kwargs=lambda w: {"pk": w.employee_request.pk}),
    "delegation:reject_employee": Page(kwargs=lambda w: {"pk": w.employee_request.pk}),
    "delegation:invite_backup": Page(),
    "delegation:invitations": Page(),
    "delegation:invite": Page(),
    "delegation:withdraw_invitation": Page(kwargs=lambda w: {"pk": w.invitation.pk}),
    # delegation: third parties
    "delegation:third_parties": Page(),
    "delegation:third_party": Page(kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:edit_third_party": Page(kwargs=lambda w: {"pk": w.held_in_part.pk}),
    "delegation:revoke_third_party": Page(kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:third_party_confirmation": Page(kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:block_provider": Page(kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:blocked_providers": Page(),
    "delegation:unblock_provider": Page(kwargs=lambda w: {"pk": w.block.pk}),
    "delegation:renew": Page(),
    "delegation:nominate": Page(),
    "delegation:third_party_requests": Page(),
    "delegation:third_party_request": Page(kwargs=lambda w: {"pk": w.asked.pk}),
    "delegation:approve_request": Page(kwargs=lambda w: {"pk": w.asked.pk}),
    "delegation:reject_request": Page(kwargs=lambda w: {"pk": w.asked.pk}),
    "delegation:withdraw_request": Page(of="nominee", kwargs=lambda w: {"pk": w.sent.pk}),
    "delegation:accept_nomination": Page(of="nominee", kwargs=lambda w: {"pk": w.nomination.pk}),
    "delegation:clients": Page(of="broker"),
    "delegation:request_client": Page(of="broker"),
    "delegation:confirmation": Page(of="broker", kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:confirmation_pdf": Page(of="broker", kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:client": Page(of="broker", kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:end_client": Page(of="broker", kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:request_list": (
        Page(of="broker"),
        Page(of="broker", method="post", data=lambda w: {"text": "bn9\n" + w.cast.desrosiers.bn9, "send": "1"}),
    ),
    "delegation:request_list_sample": Page(of="broker"),
    "delegation:request_batch": Page(of="broker", kwargs=lambda w: {"pk": w.batch.pk}),
    "delegation:request_batch_csv": Page(of="broker", kwargs=lambda w: {"pk": w.batch.pk}),
    "delegation:assign_client": Page(of="broker", kwargs=lambda w: {"pk": w.held.pk}),
    "delegation:unassign_client": Page(
        of="broker", method="post", kwargs=lambda w: {"pk": w.held.pk, "assignment": assigned(w).pk}
    ),
    "delegation:client_groups": Page(of="broker"),
    "delegation:new_client_group": Page(of="broker"),
    "delegation:client_group": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:change_client_group": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:delete_client_group": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:add_group_clients": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:remove_group_clients": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:group_staff": Page(of="nominee", kwargs=lambda w: {"pk": w.client_group.pk}),
    "delegation:group_requests": Page(of="broker"),
    "delegation:approve_group_request": Page(of="broker", kwargs=lambda w: {"pk": w.group_request.pk}),
    "delegation:reject_group_request": Page(of="broker", kwargs=lambda w: {"pk": w.group_request.pk}),
    "delegation:my_clients": Page(of="broker"),
    "delegation:ask_for_clients": Page(of="broker"),
    # Each person takes back only what they asked for themselves.
    "delegation:withdraw_group_request": Page(
        of="broker", method="post", kwargs=lambda w: {"pk": w.group_request.pk}, but={"broker_full": GONE}
    ),
    "api_people": Api(door=("business", Action.MANAGE_PEOPLE)),
    "api_people_roles": Api(
        method="post",
        kwargs=lambda w: {"pk": w.member.pk},
        data=lambda w: {"roles": [{"program_account": w.cast.account.number, "role": "EDITOR"}]},
        headers=once,
        door=("business", Action.MANAGE_PEOPLE),
    ),
    "api_people_revoke": Api(
        method="post",
        kwargs=lambda w: {"pk": w.member.pk},
        headers=once,
        door=("business", Action.MANAGE_PEOPLE),
    ),
    "api_people_invitations": (
        Api(door=("business", Action.MANAGE_PEOPLE)),
        Api(
            method="post",
            data=lambda w: {
                "email": "nadia@example.com",
                "roles": [{"program_account": w.cast.account.number, "role": "READER"}],
            },
            headers=once,
            door=("business", Action.MANAGE_PEOPLE),
        ),
    ),
    "api_people_withdraw_invitation": Api(
        method="post",
        kwargs=lambda w: {"pk": w.invitation.pk},
        headers=once,
        door=("business", Action.MANAGE_PEOPLE),
    ),
    "api_clients": Api(of="broker", door=("business", Action.REQUEST_CLIENTS)),
    "api_client_requests": (
        Api(of="broker", door=("business", Action.REQUEST_CLIENTS)),
        Api(
            of="broker",
            method="post",
            data=lambda w: {"client": w.cast.desrosiers.bn9},
            headers=once,
            door=("business", Action.REQUEST_CLIENTS),
        ),
    ),
    "api_client_request_list": Api(
        of="broker",
        method="post",
        data=lambda w: {"dry_run": True, "requests": [{"client": w.cast.desrosiers.bn9}]},
        door=("business", Action.REQUEST_CLIENTS),
    ),
    "api_withdraw_client_request": Api(
        of="nominee",
        method="post",
        kwargs=lambda w: {"pk": w.sent.pk},
        headers=once,
        door=("business", Action.REQUEST_CLIENTS),
    ),
    # The provider that asked plays its client; nobody else knows of the request, its client included.
    "api_approve_in_practice": Api(
        method="post",
        kwargs=lambda w: {"pk": w.sent.pk},
        data=lambda w: {"access": "BUSINESS_MANAGEMENT", "all_programs": True},
        headers=once,
        seats=everybody(GONE, broker_own=SUCCESS, signed_out=UNAUTHORIZED),
    ),
    "api_reject_in_practice": Api(
        method="post",
        kwargs=lambda w: {"pk": w.sent.pk},
        data=lambda w: {"reason": "We have a broker."},
        headers=once,
        seats=everybody(GONE, broker_own=SUCCESS, signed_out=UNAUTHORIZED),
    ),
    # notifications: each person's own
    "notifications:list": SIGNED_IN,
    "notifications:choices": SIGNED_IN,
    "notifications:read_all": SIGNED_IN_POST,
    "notifications:message": Page(
        kwargs=lambda w: {"pk": w.notification.pk}, seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN)
    ),
    "notifications:open": Page(
        kwargs=lambda w: {"pk": w.notification.pk},
        method="post",
        seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN),
    ),
    # security
    "security:overview": Page(),
    "security:enrol": Page(),
    "security:period": Page(),
    "security:estimate": Page(),
    "security:planner": Page(),
    "security:plan_file": Page(),
    "security:submit": Page(),
    "security:cancel": Page(),
    "security:propose_bond": Page(),
    "security:deposit": Page(),
    "security:refund": Page(),
    "security:review": Page(),
    "security:reduction": Page(),
    "security:account_bond": Page(kwargs=lambda w: {"pk": w.bond.pk}),
    "security:desk": Page(of="surety"),
    "security:bond": Page(of="surety", kwargs=lambda w: {"pk": w.bond.pk}),
    "security:account_bond_copy": Page(kwargs=of_bond),
    "security:bond_copy": Page(of="surety", kwargs=of_bond),
    "security:officer_bond_copy": Page(kwargs=of_bond, seats=STEERING),
    "security:demand": Page(of="surety", kwargs=lambda w: {"pk": w.demand.pk}),
    "security:apply_deposit": Page(but=PART_OF_CREDIT),
    "security:paper_deposit": Page(),
    "security:account_lines": Page(),
    "security:account_lines_file": Page(),
    "security:portfolio": Page(of="surety"),
    "security:exposure_file": Page(of="surety"),
    "security:business_lines": Page(of="surety"),
    "security:business_lines_file": Page(of="surety"),
    "security:officer_lines": Page(seats=OVERSIGHT),
    "security:officer_lines_file": Page(seats=OVERSIGHT),
    "security:paper_desk": Page(seats=OVERSIGHT),
    "security:paper_endorsement": Page(kwargs=lambda w: {"pk": w.endorsement.pk}, seats=OVERSIGHT),
    # integrations: software has a token of its own
    "integrations:software": Page(of="surety"),
    "api_token": Skip("exchanges a client's secret for a token: tests/integrations/test_bond_api.py"),
    **dict.fromkeys(
        (
            "api_bonds",
            "api_bond_events",
            "api_bond_acknowledgements",
            "api_bond",
            "api_bond_confirmation",
            "api_bond_rejection",
            "api_bond_amendments",
            "api_bond_termination",
            "api_bond_usage",
            "api_bond_document",
            "api_bond_demands",
            "api_bond_demand",
            "api_bond_demand_payment",
            "api_bond_demand_rebuttal",
        ),
        Skip("for a token of software alone; strangers and people of every kind: tests/integrations/test_bond_api.py"),
    ),
    "api_security": Api(door=("account", Action.VIEW_SECURITY)),
    # releases
    "releases:list": Page(),
    "releases:request": Page(),
    "releases:account_list": Page(),
    "releases:detail": Page(of="broker", kwargs=lambda w: {"transaction_number": w.release.transaction_number}),
    "releases:csv": Page(),
    "releases:account_csv": Page(),
    "releases:desk": Page(seats=OVERSIGHT),
    "releases:desk_release": Page(
        seats=OVERSIGHT, kwargs=lambda w: {"transaction_number": w.release.transaction_number}
    ),
    "releases:admissions": Page(seats=OVERSIGHT),
    "releases:end_admission": Page(seats=OVERSIGHT, kwargs=lambda w: {"pk": w.admission.pk}),
    "declarations:overdue": Page(seats=OVERSIGHT),
    "declarations:late": Page(seats=OVERSIGHT, kwargs=lambda w: {"transaction": w.release.transaction_number}),
    "declarations:change_importer": Page(of="broker", kwargs=lambda w: {"transaction": w.release.transaction_number}),
    "dashboard:counter": Page(seats=OVERSIGHT),
    "dashboard:counter_declaration": Page(seats=OVERSIGHT, kwargs=lambda w: {"number": w.at_port.number}),
    "api_release": Api(
        data=lambda w: {"filer": w.cast.northlight.bn9},
        kwargs=lambda w: {"transaction_number": w.own_release.transaction_number},
        door=("business", Action.VIEW_TRANSACTIONS),
    ),
    "api_releases": (
        Api(data=lambda w: {"filer": w.cast.northlight.bn9}, door=("business", Action.VIEW_TRANSACTIONS)),
        Api(method="post", data=release_call, headers=once, door=("business", Action.REQUEST_RELEASE)),
    ),
    # declarations
    "declarations:list": Page(),
    "declarations:classifications": Page(),
    "declarations:sample": Page(),
    "declarations:sample_xlsx": Page(),
    "declarations:consolidate": Page(),
    "declarations:voluntary": Page(),
    "declarations:print": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:pdf": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:documents": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:document": Page(kwargs=of_paper, but=HIDDEN),
    "declarations:remove_document": Page(
        kwargs=lambda w: of_draft(w, public_id=w.own_paper.public_id), method="post", but=OWN_DRAFT
    ),
    "declarations:header": Page(kwargs=of_draft, but=OWN_DRAFT),
    "declarations:copy": Page(kwargs=of_draft, but=OWN_DRAFT),
    "declarations:start": Page(kwargs=lambda w: {"transaction": w.release.transaction_number}, but=HIDDEN),
    "declarations:detail": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:submitted": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:correct": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:discard": Page(kwargs=lambda w: {"declaration": w.corrected.number}, but=HIDDEN),
    "declarations:reopen": Page(kwargs=lambda w: {"declaration": w.at_port.number}, but=HIDDEN),
    "declarations:check": (
        Page(kwargs=of_draft, but=OWN_DRAFT),
        Page(kwargs=lambda w: {"declaration": w.draft.number}, but=BROKERS_DRAFT),
    ),
    "declarations:edit": (
        Page(kwargs=of_draft, but=OWN_DRAFT),
        Page(kwargs=lambda w: {"declaration": w.draft.number}, but=BROKERS_DRAFT),
    ),
    "declarations:invoice": Page(kwargs=lambda w: of_draft(w, position=1), but=OWN_DRAFT),
    "declarations:remove_invoice": Page(kwargs=lambda w: of_draft(w, position=1), method="post", but=OWN_DRAFT),
    "declarations:import": Page(kwargs=lambda w: of_draft(w, position=1), but=OWN_DRAFT),
    "declarations:new_line": Page(kwargs=lambda w: of_draft(w, position=1), but=OWN_DRAFT),
    "declarations:line": Page(kwargs=lambda w: of_draft(w, position=1, line=1), but=OWN_DRAFT),
    "declarations:remove_line": Page(kwargs=lambda w: of_draft(w, position=1, line=1), method="post", but=OWN_DRAFT),
    # changes of declarations
    "declarations:ways": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:start_change": Page(
        kwargs=lambda w: {"declaration": w.declaration.number, "kind": "adjustment"}, but=HIDDEN
    ),
    "declarations:withdraw": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:compare": Page(kwargs=lambda w: {"declaration": w.declaration.number}, but=HIDDEN),
    "declarations:changes": Page(),
    "declarations:mass": Page(),
    "declarations:mass_sample": Page(),
    "declarations:change": Page(kwargs=of_change, but=HIDDEN),
    "declarations:appeal": Page(kwargs=of_change, but=HIDDEN),
    "declarations:change_pdf": Page(kwargs=of_change, but=HIDDEN),
    "declarations:change_file": Page(kwargs=lambda w: {**of_change(w), "public_id": w.change_file}, but=HIDDEN),
    "declarations:desk": Page(seats=OVERSIGHT),
    "declarations:desk_change": Page(kwargs=of_change, seats=OVERSIGHT),
    "declarations:desk_pdf": Page(kwargs=of_change, seats=OVERSIGHT),
    "declarations:desk_file": Page(kwargs=lambda w: {**of_change(w), "public_id": w.change_file}, seats=OVERSIGHT),
    "declarations:desk_case": Page(kwargs=lambda w: {"case": w.case.number}, seats=OVERSIGHT),
    "declarations:redetermine": Page(kwargs=lambda w: {"declaration": w.declaration.number}, seats=OVERSIGHT),
    "api_changes": (
        Api(door=("account", Action.VIEW_TRANSACTIONS)),
        Api(
            method="post",
            data=lambda w: {
                "kind": "WITHDRAWAL",
                "declaration": w.withdrawable.number,
                "reason_code": "DUPLICATE",
                "reason": "Twice.",
            },
            headers=once,
            door=("account", Action.FILE_DECLARATION),
            but={"broker_own": UNKNOWN},
        ),
    ),
    "api_change": Api(kwargs=of_change, door=("account", Action.VIEW_TRANSACTIONS), but=HIDDEN),
    "api_declaration_comparison": Api(
        kwargs=lambda w: {"declaration": w.declaration.number},
        door=("account", Action.VIEW_TRANSACTIONS),
        but=HIDDEN,
    ),
    "api_corrections": Api(
        method="post",
        kwargs=lambda w: {"declaration": w.declaration.number},
        data=lambda w: {"reason": "Twice.", "changes": [{"invoice": 1, "line": 1, "description": "Boots"}]},
        headers=once,
        door=("account", Action.FILE_DECLARATION),
        but=HIDDEN,
    ),
    "api_declarations": (
        Api(door=("account", Action.VIEW_TRANSACTIONS)),
        Api(
            method="post",
            data=filed_call,
            headers=once,
            door=("account", Action.FILE_DECLARATION),
            but={"broker_own": UNKNOWN},
        ),
    ),
    "api_declaration": Api(
        kwargs=lambda w: {"declaration": w.declaration.number},
        door=("account", Action.VIEW_TRANSACTIONS),
        but=HIDDEN,
    ),
    # statements
    "statements:list": Page(),
    "statements:detail": Page(kwargs=of_june),
    "statements:csv": Page(kwargs=of_june),
    "statements:pdf": Page(kwargs=of_june),
    "statements:xlsx": Page(kwargs=of_june),
    "statements:json": Page(kwargs=of_june),
    "statements:try_file": Page(kwargs=lambda w: {**of_june(w), "extension": "csv"}, method="post"),
    "statements:history": Page(),
    "statements:request_export": Page(method="post"),
    "statements:save_filter": Page(method="post"),
    "statements:delete_filter": Page(kwargs=lambda w: {"pk": 1}, method="post"),
    "statements:schedule_filter": Page(kwargs=lambda w: {"pk": 1}, method="post"),
    "statements:files": Page(),
    "statements:file": Page(kwargs=lambda w: {"public_id": w.ready_file.public_id}, seats=ASKED_BY_THE_MANAGER),
    "statements:retry_file": Page(
        kwargs=lambda w: {"public_id": w.lost_file.public_id}, method="post", seats=ASKED_BY_THE_MANAGER
    ),
    "statements:notices": Page(),
    "statements:notice": Page(kwargs=of_notice),
    "statements:notice_csv": Page(kwargs=of_notice),
    "statements:levels": Page(but=SEES_PART),
    "statements:level": Page(kwargs=of_level, but=SEES_PART),
    "statements:level_file": Page(kwargs=lambda w: {**of_level(w), "extension": "csv"}, but=SEES_PART),
    "statements:try_level_file": Page(
        kwargs=lambda w: {**of_level(w), "extension": "csv"}, method="post", but=SEES_PART
    ),
    "api_statements": Api(door=("account", Action.VIEW_STATEMENTS)),
    "api_statement": Api(kwargs=of_june, door=("account", Action.VIEW_STATEMENTS)),
    "api_statement_file": Api(
        kwargs=lambda w: {**of_june(w), "extension": "json"}, door=("account", Action.VIEW_STATEMENTS)
    ),
    "api_statement_schema": PUBLIC,
    "api_declaration_schema": PUBLIC,
    "api_transactions": Api(door=("account", Action.VIEW_TRANSACTIONS)),
    "api_daily_notices": Api(door=("account", Action.VIEW_STATEMENTS)),
    "api_daily_notice": Api(kwargs=of_notice, door=("account", Action.VIEW_STATEMENTS)),
    "api_level_statements": Api(door=("business", Action.VIEW_STATEMENTS), but=SEES_PART),
    "api_level_statement": Api(kwargs=of_level, door=("business", Action.VIEW_STATEMENTS), but=SEES_PART),
    "api_level_statement_file": Api(
        kwargs=lambda w: {**of_level(w), "extension": "json"},
        door=("business", Action.VIEW_STATEMENTS),
        but=SEES_PART,
    ),
    # payments
    "payments:pay": Page(),
    "payments:pay_deposit": Page(),
    "payments:list": Page(),
    "payments:arranged": Page(),
    "payments:withdraw": Page(kwargs=lambda w: {"plan_id": w.plan.pk}, method="post", but=OF_ITS_BROKER),
    "payments:detail": Page(kwargs=lambda w: {"reference": w.payment.reference}, but=HIDDEN),
    "payments:receipt": Page(kwargs=lambda w: {"reference": w.received.reference}, but=HIDDEN),
    "payments:return": Page(kwargs=lambda w: {"reference": w.payment.reference}, but=HIDDEN),
    "payments:send": Page(kwargs=lambda w: {"reference": w.payment.reference}, method="post", but=HIDDEN),
    "payments:cancel": Page(kwargs=lambda w: {"reference": w.payment.reference}, method="post", but=HIDDEN),
    "payments:debits": Page(),
    "payments:debit_agreement": Page(but=OWN_BANK_ACCOUNT),
    "payments:debit_cancel": Page(method="post", but=OWN_BANK_ACCOUNT),
    "payments:debit_tell": Page(method="post", but=OWN_BANK_ACCOUNT),
    "payments:bank_files": Page(seats=OVERSIGHT),
    "payments:bank_entry": Page(seats=OVERSIGHT, kwargs=lambda w: {"pk": w.bank_entry.pk}),
    "payments:returned": Page(seats=OVERSIGHT),
    "api_debit_agreement": Api(door=("account", Action.PAY), but=OWN_BANK_ACCOUNT),
    "payments:credits": Page(),
    "payments:credit_preference": Page(but=OWN_CREDIT),
    "payments:credit_allocate": Page(but=PART_OF_CREDIT),
    "payments:credit_move": Page(but=OWN_CREDIT),
    "payments:credit_refund": Page(but=OWN_CREDIT),
    "payments:credit_withdraw_refund": Page(
        kwargs=lambda w: {"reference": w.refund.reference}, method="post", but=OWN_CREDIT
    ),
    "payments:credit_trace": Page(kwargs=lambda w: {"item": w.credit.pk}, but=HIDDEN),
    "payments:trace": Page(kwargs=lambda w: {"reference": w.received.reference}, but=HIDDEN),
    "api_credits": Api(door=("account", Action.VIEW_STATEMENTS)),
    "api_allocations": Api(
        method="post",
        data=lambda w: {"debts": [w.owed.pk], "credits": [w.credit.pk]},
        headers=once,
        door=("account", Action.PAY),
        but=PART_OF_CREDIT,
    ),
    "api_refunds": Api(door=("account", Action.PAY), but=OWN_CREDIT),
    "api_refund": Api(
        kwargs=lambda w: {"reference": w.refund.reference},
        method="delete",
        door=("account", Action.PAY),
        but=OWN_CREDIT,
    ),
    "api_announced_payments": Api(door=("account", Action.PAY)),
    "api_announced_payment": Api(
        kwargs=lambda w: {"plan_id": w.plan.pk}, method="delete", door=("account", Action.PAY), but=OF_ITS_BROKER
    ),
    "api_item_trace": Api(
        kwargs=lambda w: {"item": w.credit.pk}, door=("account", Action.VIEW_TRANSACTIONS), but=HIDDEN
    ),
    "api_payment": Api(
        kwargs=lambda w: {"reference": w.payment.reference},
        door=("account", Action.VIEW_TRANSACTIONS),
        but=HIDDEN,
    ),
    # Whoever brings it, what counts is the bank's signature.
    "bank_webhook": Page(
        method="post",
        data=bank_tells,
        headers=bank_signs,
        content_type="application/json",
        seats=everybody(SUCCESS),
    ),
    "api_payments": Api(door=("account", Action.VIEW_TRANSACTIONS)),
    # standing
    "standing:detail": Page(),
    "standing:letter": Page(kwargs=lambda w: {"notice_id": w.arrears_notice.pk}),
    "standing:desk": Page(seats=OVERSIGHT),
    "standing:desk_csv": Page(seats=OVERSIGHT),
    "standing:case": Page(seats=OVERSIGHT, kwargs=lambda w: {"number": w.cast.account.number}),
    "api_standing": Api(door=("account", Action.VIEW_STATEMENTS)),
    # support
    "support:calculators": PUBLIC,
    "support:calculator_duties": PUBLIC,
    "support:calculator_security": PUBLIC,
    "support:calculator_billing": PUBLIC,
    "support:calculator_interest": PUBLIC,
    "support:tariff": PUBLIC,
    "support:classify": PUBLIC,
    "support:exchange_rates": PUBLIC,
    "support:tariff_number": Page(kwargs=lambda w: {"number": "7318.16.00.10"}, seats=everybody(SUCCESS)),
    "support:help": PUBLIC,
    "support:must_register": PUBLIC,
    "support:samples": PUBLIC,
    "support:sample_file": Page(
        kwargs=lambda w: {"name": "duty-two-lines", "file": "declaration.xml"}, seats=everybody(SUCCESS)
    ),
    "support:contact": PUBLIC,
    "support:plan": PUBLIC,
    "support:plan_summary": PUBLIC,
    "support:plan_file": Skip("answers from the browser's own cookie; tests/support/test_planning.py"),
    "support:forget_plan": Page(method="post", seats=everybody(SUCCESS)),
    "support:send_plan": Page(),
    # requests: each person's own; the desk is the officers'
    "support:requests": SIGNED_IN,
    "support:new_request": SIGNED_IN,
    "support:request": Page(
        kwargs=lambda w: {"number": w.asked_question.number},
        seats={**everybody(GONE), "manager": SUCCESS, "signed_out": SIGN_IN},
    ),
    "support:withdraw_request": Page(
        method="post",
        kwargs=lambda w: {"number": w.asked_question.number},
        seats={**everybody(GONE), "manager": SUCCESS, "signed_out": SIGN_IN},
    ),
    "support:tariff_desk": Page(seats=OVERSIGHT),
    "support:tariff_schedule": Page(seats=OVERSIGHT),
    "support:desk": Page(seats=OVERSIGHT),
    "support:desk_request": Page(kwargs=lambda w: {"number": w.asked_question.number}, seats=OVERSIGHT),
    "api_calculator_tariff": Page(seats=everybody(SUCCESS), data=lambda w: {"q": "nuts"}),
    "api_calculator_tariff_number": Page(
        kwargs=lambda w: {"number": "7318160010"}, seats=everybody(SUCCESS), data=lambda w: {"origin": "CN"}
    ),
    "api_calculator_exchange_rate": Page(seats=everybody(SUCCESS), data=lambda w: {"currency": "USD"}),
    "api_calculator_billing": Page(seats=everybody(SUCCESS), data=lambda w: {"released_on": "2025-06-02"}),
    "api_calculator_duties": Api(
        method="post",
        data=lambda w: {"currency": "CAD", "shipped_on": "2026-03-02", "lines": [{"value": "100.00"}]},
        seats=everybody(SUCCESS),
    ),
    "api_calculator_security": Api(
        method="post",
        data=lambda w: {"monthly_totals": {"2025-08": "12000.00"}, "on": "2025-10-01"},
        seats=everybody(SUCCESS),
    ),
    "api_calculator_interest": Api(
        method="post",
        data=lambda w: {"principal": "10000.00", "due_on": "2026-01-30", "paid_on": "2026-03-01"},
        seats=everybody(SUCCESS),
    ),
    # dashboard
    "dashboard:public_home": PUBLIC,
    "dashboard:bulletins": PUBLIC,
    "dashboard:bulletin": Page(kwargs=lambda w: {"slug": "launch"}, seats=everybody(SUCCESS)),
    "dashboard:about": PUBLIC,
    "dashboard:accessibility": PUBLIC,
    "dashboard:privacy": PUBLIC,
    "dashboard:api": PUBLIC,
    "dashboard:start": SIGNED_IN,
    "dashboard:home": Page(),
    "dashboard:notices": Page(),
    "dashboard:as_of": Page(),
    "dashboard:explain": Page(kwargs=lambda w: {"what": "requirement"}),
    "dashboard:explain_entry": Page(kwargs=of_entry, but=HIDDEN),
    "api_explain_entry": Api(kwargs=of_entry, door=("account", Action.VIEW_TRANSACTIONS), but=HIDDEN),
    "api_statement_explanation": Api(
        kwargs=lambda w: {**of_june(w), "what": "H"}, door=("account", Action.VIEW_STATEMENTS)
    ),
    "api_level_statement_explanation": Api(
        kwargs=lambda w: {**of_level(w), "what": "H"}, door=("business", Action.VIEW_STATEMENTS), but=SEES_PART
    ),
    "api_explain": Api(kwargs=lambda w: {"what": "requirement"}, door=("account", Action.VIEW_SECURITY)),
    "dashboard:reconciliation": Page(),
    "dashboard:reconciliation_csv": Page(),
    "api_as_of": Api(door=("account", Action.VIEW_STATEMENTS)),
    "api_reconciliation": Api(kwargs=of_june, door=("account", Action.VIEW_TRANSACTIONS)),
    "dashboard:calendar": Page(),
    "dashboard:business": Page(),
    "dashboard:board": Page(of="broker"),
    "dashboard:board_csv": Page(of="broker"),
    "dashboard:client_statements": Page(of="broker"),
    "dashboard:client_statements_csv": Page(of="broker"),
    "dashboard:history": Page(),
    "dashboard:history_csv": Page(),
    "dashboard:history_event": Page(kwargs=seen_event),
    "dashboard:delegate": Page(kwargs=lambda w: {"other": w.cast.harbourline.bn9}),
    "dashboard:delegate_csv": Page(kwargs=lambda w: {"other": w.cast.harbourline.bn9}),
    "dashboard:client_activity": Page(of="broker", kwargs=lambda w: {"other": w.cast.northlight.bn9}),
    "dashboard:client_activity_csv": Page(of="broker", kwargs=lambda w: {"other": w.cast.northlight.bn9}),
    "dashboard:officer": Page(seats=OVERSIGHT),
    "dashboard:interest_desk": Page(seats=OVERSIGHT),
    "dashboard:reviews": Page(seats=OVERSIGHT),
    "dashboard:review": Page(kwargs=lambda w: {"cycle": "july", "year": 2026}, seats=OVERSIGHT),
    "dashboard:review_both": Page(kwargs=lambda w: {"year": 2026}, seats=OVERSIGHT),
    "dashboard:review_file": Page(kwargs=lambda w: {"cycle": "july", "year": 2026}, seats=OVERSIGHT),
    "dashboard:jobs": Page(seats=OVERSIGHT),
    "dashboard:job": Page(kwargs=lambda w: {"run_id": w.run.pk}, seats=OVERSIGHT),
    # simulation
    "simulation:clock": Page(seats=STEERING),
    "simulation:move": Page(kwargs=lambda w: {"move_id": w.move.pk}, seats=STEERING),
    # registration: each person's own; a step without a registration under way leads to the start
    "registration:first_setup": SIGNED_IN,
    "registration:help_codes": PUBLIC,
    "registration:start": SIGNED_IN,
    "registration:begin": Page(method="post", seats=PEOPLE),
    "registration:give_up": SIGNED_IN_POST,
    "registration:numbers": SIGNED_IN,
    "registration:identity": SIGNED_IN,
    "registration:proof": SIGNED_IN,
    "registration:terms": SIGNED_IN,
    "registration:review": SIGNED_IN,
    "registration:done": SIGNED_IN,
    "registration:by_hand": SIGNED_IN,
    "registration:strict_mode": Page(seats=STEERING),
    "registration:lift_lock": Page(kwargs=lambda w: {"pk": w.locked.pk}, seats=OVERSIGHT),
    "registration:practice_card": PUBLIC,
    # applications: each is its applicant's own; officers see them at their desk
    "registration:way": SIGNED_IN,
    "registration:apply": Page(
        method="post",
        data=lambda w: {"who": "IMPORTER", "where": "CANADA", "numbers": "NONE", "entity": "CORPORATION"},
        seats=PEOPLE,
    ),
    "registration:application": APPLICANTS_OWN,
    "registration:application_details": APPLICANTS_OWN,
    "registration:application_files": APPLICANTS_OWN,
    "registration:application_review": APPLICANTS_OWN,
    "registration:withdraw_application": replace(APPLICANTS_OWN, method="post"),
    "registration:application_file": replace(APPLICANTS_OWN, kwargs=of_its_file),
    "registration:remove_file": replace(APPLICANTS_OWN, kwargs=of_its_file, method="post"),
    "registration:desk": Page(seats=OVERSIGHT),
    "registration:desk_application": Page(kwargs=of_application, seats=OVERSIGHT),
    "registration:desk_file": Page(kwargs=of_its_file, seats=OVERSIGHT),
    "registration:enrol_importer": Page(),
    "registration:paper": Page(kwargs=lambda w: {"code": w.card.code, "kind": "declaration"}, seats=everybody(SUCCESS)),
    # accounts: the pages of the person
    "accounts:sign_in": Page(seats=everybody(SUCCESS)),
    "accounts:enrol": _IN_FLOW,
    "accounts:paused": _IN_FLOW,
    "accounts:blocked": _IN_FLOW,
    "accounts:signed_out": PUBLIC,
    "accounts:sign_out": PUBLIC_POST,
    "accounts:profile": SIGNED_IN,
    "accounts:profile_edit": SIGNED_IN,
    "accounts:history": SIGNED_IN,
    "accounts:security": SIGNED_IN,
    "accounts:end_session": Page(
        kwargs=lambda w: {"session_id": w.open_session.pk},
        method="post",
        seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN),
    ),
    "accounts:end_other_sessions": SIGNED_IN,
    "accounts:emergency": PUBLIC,
    "accounts:go_on": SIGNED_IN,
    "accounts:app": SIGNED_IN,
    "accounts:passkey": SIGNED_IN,
    "accounts:rename_factor": OWN_FACTOR,
    "accounts:remove_factor": OWN_FACTOR,
    "accounts:recovery_codes": SIGNED_IN,
    "accounts:start_over": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "mfa_authenticate": _IN_FLOW,
    "accounts:extend": SIGNED_IN_POST,
    "accounts:addresses": SIGNED_IN,
    "accounts:email_change": SIGNED_IN,
    "accounts:email_code": Page(kwargs=lambda w: {"purpose": "codes"}, seats=everybody(SUCCESS, signed_out=SIGN_IN)),
    "accounts:prove_contact": SIGNED_IN_POST,
    "accounts:use_sign_in_address": SIGNED_IN_POST,
    "accounts:letters": SIGNED_IN,
    "accounts:send_again": Page(
        kwargs=lambda w: {"public_id": w.lost_letter.public_id},
        method="post",
        seats=everybody(GONE, manager=SUCCESS, signed_out=SIGN_IN),
    ),
    "accounts:dormant": _IN_FLOW,
    "accounts:leave_for_other_method": SIGNED_IN_POST,
    "accounts:inbox": PUBLIC,
    "accounts:inbox_message": Page(kwargs=lambda w: {"public_id": w.letter.public_id}, seats=everybody(SUCCESS)),
    "accounts:profile_setup": SIGNED_IN,
    "account_confirm_login_code": _IN_FLOW,
    "account_login": PUBLIC,
    "openid_connect_login": _IN_FLOW,
    "openid_connect_callback": _IN_FLOW,
}

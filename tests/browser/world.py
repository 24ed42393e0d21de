"""The lived-in portal that the page list shows: one of everything, or many of everything, made by the services."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Business, EmailChange, EmployeeRequest, Invitation, Membership, PracticeSeat, User
from accounts.services import email as email_services
from core import audit, clock, jobs, outbox
from core.actor import system
from core.clock import at_toronto
from core.jobs import set_clock
from core.models import ClockMove, JobRun, OutboxMessage
from declarations import services as declarations
from declarations.changes import services as change_services
from delegation import queries, rules
from delegation import services as delegations
from delegation.models import Delegation
from delegation.rules import Scope, SignedAs
from documents import gateway
from ledger import queries as ledger
from notifications import services as notifications
from payments import services as payments
from payments.models import BankEntry, Payment, ReturnFile
from payments.services import PaymentOrder
from registration import services as registration
from registration.applications.rules import Paper
from registration.models import Registration
from registration.rules import Identity
from registration.services import Answers
from releases import services as releases
from releases.models import Admission
from releases.rules import ReleaseKind
from security import queries as security_queries
from security import services as security
from security.models import Demand
from security.rules import Share, demand_answer_due_on
from statements.models import DailyNotice, FileRequest, LevelStatement, SavedFilter, Statement
from support.models import SupportRequest
from support.services import requests as support
from tests.builders import actor, another_passkey, enrolled_app, open_session
from tests.declarations import changing
from tests.documents.samples import EICAR
from tests.journeys.town import Home, Town, boots
from tests.registration.applicants import ABROAD, BROKER, RESIDENT, Applicant

#: What stands here is somebody's own words or name, the same in both languages.
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
OWN_WORDS = "We clear your goods at Halifax and Windsor."


@dataclass
class Portal:
    """Who is there, and the objects that addresses name."""

    town: Town
    people: dict[str, User | None] = field(default_factory=dict)
    homes: dict[str, Home] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for held in (self.__dict__["homes"], self.__dict__["objects"]):
            if name in held:
                return held[name]
        raise AttributeError(name)


def build_portal(rows: int = 1) -> Portal:
    """Seven businesses on simulated 25 July 2026: statements issued, the yearly review run, something in each state.

    ``rows`` is how many of each thing that a list shows.
    """
    town = Town()
    portal = Portal(town)
    set_clock(at_toronto(date(2026, 6, 1), 9))
    _people_and_businesses(portal)
    _a_debt_that_nobody_paid(portal)
    set_clock(at_toronto(date(2026, 7, 13), 9))
    _trade(portal, rows)
    _a_practice_card(portal)
    town.move_to(2026, 7, 25)
    _payments(portal, rows)
    _under_way(portal, rows)
    _access(portal, rows)
    _managers(portal, rows)
    _groups(portal, rows)
    _registrations(portal)
    _locks_and_questions(portal, rows)
    _applications(portal, rows)
    _long_lists(portal, rows)
    return portal


def _people_and_businesses(portal: Portal) -> None:
    town, world = portal.town, portal.town.world
    portal.homes |= {
        "northlight": town.importer(),
        "desrosiers": town.importer("Desrosiers Acier ltée", "Luc Desrosiers", language="fr"),
        "lantern": town.importer("Prairie Lantern Co.", "June Moreau"),
        "harbourline": town.broker(),
        "passerelle": town.broker("Passerelle Courtage en douane inc.", "Ines Caron", language="fr"),
        "keystone": town.surety(),
    }
    portal.people = {
        "nobody": None,
        "amara": portal.northlight.manager,
        "luc": portal.desrosiers.manager,
        "june": portal.lantern.manager,
        "wen": portal.harbourline.manager,
        "ines": portal.passerelle.manager,
        "peter": portal.keystone.manager,
        "daniel": town.officer(),
        "newcomer": world.person("Nora Newcomer"),
        "unfinished": world.person("Uma Unfinished", profile_completed_at=None),
        "registrant": world.person("Rex Registrant"),
        "edith": world.person("Edith Editor"),
        "registered": world.person("Rosa Registered"),
        "guarded": world.person("Gail Guarded"),
        "unreached": world.person(
            "Una Unreached",
            contact_email="una@work.example",
            email_bounced_at=clock.now(),
            contact_bounced_at=clock.now(),
        ),
    }
    for number, (username, note) in enumerate({"amara.osei": "Importer", "wen.zhao": "Broker"}.items()):
        PracticeSeat.objects.create(
            method=User.Method.GCKEY,
            username=username,
            name=username.replace(".", " ").title(),
            note_en=note,
            note_fr={"Importer": "Importatrice", "Broker": "Courtière"}[note],
            position=number,
        )
    # Two program accounts, so that there is something to choose between.
    portal.objects["second"] = world.program_account(portal.northlight.business, "RM0002", name="Rental fleet, Canmore")
    town.secure(portal.northlight, portal.keystone, bond="5000.00", estimate="10000.00")
    town.secure(portal.desrosiers, portal.keystone, bond="5000.00", estimate="10000.00")
    town.delegate(portal.harbourline, portal.northlight)
    town.delegate(portal.passerelle, portal.desrosiers)


def _a_debt_that_nobody_paid(portal: Portal) -> None:
    portal.objects["unpaid"] = portal.town.declare(portal.desrosiers, "6000.00", by=portal.passerelle)


def _trade(portal: Portal, rows: int) -> None:
    """So many declarations of the broker, one of them large enough to raise the requirement of the yearly review."""
    town = portal.town
    filed = [town.declare(portal.northlight, "60000.00", by=portal.harbourline)]
    filed += [town.declare(portal.northlight, "100.00", by=portal.harbourline) for _row in range(rows - 1)]
    portal.objects["declaration"] = filed[0]
    portal.objects["refused"] = town.release(portal.lantern, by=portal.lantern)
    portal.objects["admission"] = releases.admit(
        kind=Admission.Kind.CSA_MONTH,
        number=portal.northlight.number,
        reason="Hiking boots.",
        actor=system("world"),
        on=town.today,
        at=clock.now(),
    )
    ctype = town.release(portal.lantern, kind=ReleaseKind.CTYPE)
    portal.objects["at_port"] = declarations.file_declaration(
        release=ctype,
        submitter=portal.lantern.business,
        invoices=[boots("1000.00", town.today)],
        actor=portal.lantern.actor,
        at=clock.now(),
    )
    town.pay(portal.desrosiers, "8000.00", is_deposit=True)


def _a_practice_card(portal: Portal) -> None:
    town = portal.town
    larkspur = town.importer("Larkspur Marine Parts Ltd.", "Former Manager", street="58 Water Street")
    town.secure(larkspur, portal.keystone)
    portal.objects["larkspur_filed"] = town.declare(larkspur)
    portal.objects["larkspur_paid"] = town.pay(larkspur, "1000.00")
    portal.homes["larkspur"] = larkspur
    juniper = town.importer("Juniper Kitchen Supply Inc.", "Former Other")
    portal.homes["juniper"] = juniper
    town.secure(juniper, portal.keystone)
    portal.objects["juniper_filed"] = town.declare(juniper)
    portal.objects["juniper_paid"] = town.pay(juniper, "500.00")


def _payments(portal: Portal, rows: int) -> None:
    town, northlight = portal.town, portal.northlight
    paid = [town.pay(northlight, "100.00") for _row in range(rows)]
    deposits = [town.pay(northlight, "50.00", is_deposit=True) for _row in range(rows)]
    entry = ledger.entry_by_key(paid[0].entry_key)
    portal.objects |= {"paid": paid[0], "deposit": deposits[0], "credit": ledger.item_of_entry(entry.pk)}
    under_way = payments.start_payment(
        order=PaymentOrder(amount=Decimal("25.00"), method=Payment.Method.CREDIT_CARD),
        program_account=northlight.account,
        payer=northlight.business,
        actor=northlight.actor,
        at=clock.now(),
    )
    # The bank knows of it and is silent now: the page that waits.
    Payment.objects.filter(pk=under_way.pk).update(state=Payment.State.AT_BANK, bank_session="waiting")
    portal.objects["under_way"] = under_way
    file, _made = ReturnFile.objects.get_or_create(day=date(2026, 7, 21))
    for number in range(rows):
        portal.objects["bank_entry"] = BankEntry.objects.create(
            bank_id=f"rt_world_{number}",
            file=file,
            kind="bill.paid",
            reference=f"bl_{number}",
            payee="123456789RM0001",
            amount=Decimal("10.00"),
            state=BankEntry.State.OPEN,
        )


def _under_way(portal: Portal, rows: int) -> None:
    """A release to account for, a draft with so many lines, a correction, a bond that waits, a reduction case."""
    town, broker = portal.town, portal.harbourline
    portal.objects["release"] = town.release(portal.northlight, by=broker)
    portal.objects["awaited"] = town.release(portal.northlight, by=broker, arriving_in_days=5)
    drafted = town.release(portal.northlight, by=broker)
    draft = declarations.start_draft(release=drafted, submitter=broker.business, actor=broker.actor, at=clock.now())
    entry = boots("100.00", town.today)
    invoice = declarations.save_invoice(declaration=draft, entry=entry.invoice, actor=broker.actor, at=clock.now())
    declarations.add_lines(
        declaration=draft, invoice=invoice, entries=list(entry.lines) * rows, at=clock.now(), actor=broker.actor
    )
    corrected = town.declare(portal.northlight, "300.00", by=broker)
    declarations.start_correction(declaration=corrected, submitter=broker.business, actor=broker.actor, at=clock.now())
    changes = [
        changing.withdrawal(town.declare(portal.northlight, "50.00", by=broker), actor=broker.actor, at=clock.now())
        for _row in range(rows + 1)
    ]
    decided = change_services.reject(request=changes.pop(), reason=OWN_WORDS, actor=broker.actor, at=clock.now())
    case = changing.case_of(decided.declaration, at=clock.now())
    for change in changes:
        change_services.ask_for_information(request=change, question=OWN_WORDS, actor=broker.actor, at=clock.now())
        change.case = case
        change.save(update_fields=("case",))
    portal.objects |= {"draft": draft, "corrected": corrected}
    portal.objects |= {"change": changes[0], "decided_change": decided, "case": case}
    bonds = [
        security.propose_bond(
            program_account_id=portal.northlight.account.pk if portal.northlight.account else None,
            provider_id=portal.keystone.business.pk,
            agreement_number=f"WAITING-{number}",
            amount=Decimal("5000.00"),
            validity_start=town.today,
            actor=portal.northlight.actor,
            **town.moment,
        )
        for number in range(rows)
    ]
    portal.objects["bond"] = bonds[0]
    given = security_queries.bonds_of(bonds[0].program_account_id).get(state="ACTIVE")
    second = Share(portal.objects["second"].pk, Decimal("5000.00"))
    portal.objects["given"] = security.raise_bond(
        bond_id=given.pk,
        amount=Decimal("10000.00"),
        shares=[Share(given.program_account_id, Decimal("5000.00")), second],
        actor=portal.keystone.actor,
        **town.moment,
    )
    portal.objects["demand"] = Demand.objects.create(
        bond=bonds[-1],
        program_account=bonds[-1].program_account,
        asked=Decimal("5000.00"),
        amount=Decimal("5000.00"),
        reason=OWN_WORDS,
        sent_on=town.today,
        answer_by=demand_answer_due_on(town.today),
    )
    for number in range(rows):
        on_paper = security.enter_paper_bond(
            program_account_number=portal.desrosiers.account.number,
            provider_id=portal.keystone.business.pk,
            agreement_number=f"PAPER-{number}",
            amount=Decimal("5000.00"),
            signed_on=town.today,
            approval_reference=OWN_WORDS[:40],
            validity_start=town.today,
            actor=portal.keystone.actor,
            **town.moment,
        )
        portal.objects["on_paper"] = on_paper
        portal.objects["endorsement"] = security.announce_endorsement(
            bond_id=on_paper.pk,
            program_account_id=portal.desrosiers.account.pk,
            amount=Decimal("6000.00"),
            announced_by_id=portal.desrosiers.business.pk,
            actor=portal.desrosiers.actor,
            **town.moment,
        )
    security.open_reduction_case(
        program_account_id=portal.desrosiers.account.pk,
        proposed_amount=Decimal("5000.00"),
        justification="The month of June was exceptional and will not come back.",
        actor=portal.desrosiers.actor,
        **town.moment,
    )
    portal.objects["releases"] = [town.release(portal.northlight, by=broker) for _row in range(rows)]


def _managers(portal: Portal, rows: int) -> None:
    """A second manager who is offered the primary role, another who could be, and profiles that were changed."""
    town, world, northlight = portal.town, portal.town.world, portal.northlight
    bo = world.person("Bo Backup")
    backup = world.membership(bo, northlight.business)
    portal.people["bo"] = bo
    deputies = [
        world.membership(world.person(f"Dora Deputy{number}"), portal.desrosiers.business) for number in range(rows)
    ]
    for number in range(rows + 1):
        handover = delegations.offer_primary(membership_id=backup.pk, actor=northlight.actor, **town.moment)
        if number < rows:
            delegations.withdraw_primary(handover_id=handover.pk, actor=northlight.actor, **town.moment)
        profile = queries.business_profile(northlight.business)
        delegations.change_business_profile(
            business_id=northlight.business.pk,
            profile={**profile, "telephone": f"40355501{number:02d}"},
            seen=rules.fingerprint(profile),
            actor=northlight.actor,
            **town.moment,
        )
        northlight.business.refresh_from_db()
        profile = queries.program_profile(northlight.account)
        delegations.change_program_profile(
            program_account_id=northlight.account.pk,
            profile={**profile, "telephone": f"40355502{number:02d}"},
            seen=rules.fingerprint(profile),
            actor=northlight.actor,
            **town.moment,
        )
        northlight.account.refresh_from_db()
    portal.objects |= {"handover": handover, "deputy": deputies[0]}


def _access(portal: Portal, rows: int) -> None:
    """People, requests in both directions, clients: so many of each."""
    town, world, at = portal.town, portal.town.world, clock.now()
    northlight, broker = portal.northlight, portal.harbourline
    asked = [town.broker(f"Asking Brokers {number} Ltd.", f"Ada Asker{number}") for number in range(rows)]
    waiting = [
        delegations.request_access(
            provider_id=home.business.pk,
            client_bn9=northlight.bn9,
            comment=OWN_WORDS,
            actor=home.actor,
            **town.moment,
        )
        for home in asked
    ]
    clients = [world.business(f"Client {number} Imports Ltd.") for number in range(rows)]
    for client in clients:
        world.delegation(broker.business, client, accounts=(world.program_account(client),))
    held = [
        world.delegation(world.broker(f"Acting Brokers {number} Ltd."), northlight.business, accounts=(account,))
        for number in range(rows)
        for account in [northlight.account]
    ]
    named = delegations.nominate_provider(
        client_id=portal.lantern.business.pk,
        provider_bn9=broker.bn9,
        scope=Scope(access="BUSINESS_MANAGEMENT", all_programs=True, sees_client=True, sees_others=True),
        comment=OWN_WORDS,
        signed=SignedAs("June Lantern", "Owner", is_declared=True),
        actor=portal.lantern.actor,
        **town.moment,
    )
    for number in range(rows):
        other = world.business(f"Sent {number} Ltd.")
        sent = delegations.request_access(
            provider_id=broker.business.pk, client_bn9=other.bn9, comment="", actor=broker.actor, **town.moment
        )
    blocks = [
        delegations.block_provider(
            client_id=northlight.business.pk,
            provider_id=world.broker(f"Unknown Brokers {number} Ltd.").pk,
            reason=OWN_WORDS,
            actor=northlight.actor,
            **town.moment,
        )
        for number in range(rows)
    ]
    Delegation.objects.filter(pk__in=[row.pk for row in held]).update(valid_until=world.today + timedelta(days=20))
    members, requests = [], []
    for number in range(rows):
        reader = world.person(f"Rita Reader{number}")
        members.append(world.membership(reader, northlight.business, "READER", accounts=(northlight.account,)))
        requests.append(
            EmployeeRequest.objects.create(
                user=world.person(f"Will Worker{number}"), business=northlight.business, requested_at=at
            )
        )
    for number in range(rows):
        invitation = Invitation.objects.create(
            business=northlight.business,
            email=f"invited{number}@example.com",
            role=Membership.Role.BAM,
            token_hash=delegations.token_hash(f"token-{number}"),
            invited_by=northlight.manager,
            invited_at=at,
            expires_at=at + timedelta(days=14),
        )
    delegations.request_employment(
        user_id=portal.people["newcomer"].pk,
        bn9=northlight.bn9,
        comment="I join the purchasing team.",
        actor=actor(portal.people["newcomer"]),
        **town.moment,
    )
    portal.objects |= {
        "asked": waiting[0],
        "requests": waiting,
        "held": held[0],
        "block": blocks[0],
        "client": Delegation.objects.get(provider=broker.business, client=northlight.business),
        "nomination": named,
        "sent": sent,
        "member": members[0],
        "request": requests[0],
        "invitation": invitation,
    }


def _groups(portal: Portal, rows: int) -> None:
    """So many client groups, clients and people in one of them, and requests of one person of the broker."""
    town, world, broker = portal.town, portal.town.world, portal.harbourline
    by: dict[str, Any] = {"actor": broker.actor, **town.moment}
    edith = portal.people["edith"]
    people = [world.membership(edith, broker.business, "EDITOR")]
    for number in range(rows):
        person = world.person(f"Otis Office{number}")
        people.append(world.membership(person, broker.business, "READER"))
    groups = [
        delegations.create_group(provider_id=broker.business.pk, name=f"Team {number}", role="EDITOR", **by)
        for number in range(rows + 1)
    ]
    first, *others = groups
    acting_for = Delegation.objects.filter(provider=broker.business, state=Delegation.State.ACTIVE).order_by("pk")
    clients = [row.client_id for row in acting_for]
    delegations.add_clients(group_id=first.pk, client_ids=clients[: rows + 1], **by)
    delegations.set_staff(group_id=first.pk, membership_ids=[row.pk for row in people], **by)
    northlight = portal.northlight.business
    for person in people[1:]:
        delegations.assign_client(
            provider_id=broker.business.pk, client_id=northlight.pk, membership_id=person.pk, role="READER", **by
        )
    for number in range(rows):
        client = world.business(f"Later {number} Imports Ltd.")
        world.delegation(broker.business, client, accounts=(world.program_account(client),))
    asked = [
        delegations.ask_for_group(group_id=group.pk, comment=OWN_WORDS, actor=actor(edith), **town.moment)
        for group in others
    ]
    listed = [world.business(f"Listed {number} Ltd.").bn9 for number in range(rows)]
    wanted = [delegations.WantedRequest(number, bn9, OWN_WORDS) for number, bn9 in enumerate(listed, start=2)]
    wanted += [delegations.WantedRequest(99, broker.bn9, OWN_WORDS)]
    batches = [delegations.send_requests(provider_id=broker.business.pk, wanted=wanted, **by) for _row in range(rows)]
    portal.objects |= {"client_group": first, "group_request": asked[0], "batch": batches[0]}


def _registrations(portal: Portal) -> None:
    """One newcomer at the last step with one business, another who has registered the other one."""
    from_accounts = portal.town
    for who, key in (("registrant", "larkspur"), ("registered", "juniper")):
        home = portal.homes[key]
        _give_up(home, from_accounts)
        card = registration.offer_card(business=home.business, actor=jobs.console_actor(), at=clock.now())
        portal.objects[f"{key}_card"] = card
        user = portal.people[who]
        row = registration.begin(user=user, actor=actor(user), at=clock.now())
        by: dict[str, Any] = {"actor": actor(user), "at": clock.now(), "wall": clock.wall_now()}
        registration.enter_numbers(registration=row, bn9=home.bn9, rm="RM0001", on=clock.today(), **by)
        registration.enter_identity(
            registration=row,
            typed=Identity(
                name=home.business.legal_name,
                street=home.business.street,
                city=home.business.city,
                region=home.business.region,
                postal_code=home.business.postal_code,
            ),
            **by,
        )
        paid = portal.objects[f"{key}_paid"]
        filed = portal.objects[f"{key}_filed"]
        registration.enter_answers(
            registration=row,
            answers=Answers(
                declaration_number=filed.number,
                declaration_total=filed.total,
                payment_on=paid.received_at.astimezone(clock.TORONTO).date(),
                payment_amount=paid.amount,
                statement_on=None,
                statement_balance=None,
            ),
            on=clock.today(),
            **by,
        )
        registration.accept_terms(registration=row, accepted=True, at=clock.now(), wall=clock.wall_now())
        if who == "registered":
            registration.register(registration=Registration.objects.get(pk=row.pk), **by)


def _locks_and_questions(portal: Portal, rows: int) -> None:
    """Registrations that strict mode locked, and what people asked officers: waiting, late, answered."""
    town, northlight, at = portal.town, portal.homes["northlight"], clock.now()
    for number in range(rows):
        locked = Registration.objects.create(
            user=town.world.person(f"Lou Locked{number}"),
            state=Registration.State.LOCKED,
            bn9=northlight.bn9,
            rm="RM0001",
            name="Northlite Supply",
            street=northlight.business.street,
            city=northlight.business.city,
            region=northlight.business.region,
            postal_code="T1W 1A1",
            business=northlight.business,
            error_count=10,
            started_at=at,
            saved_at=at,
        )
    amara = northlight.manager
    asked = support.ask_for_number(
        bn9=northlight.bn9,
        legal_name="Northlite Supply",
        side=SupportRequest.Side.IMPORTER,
        message=OWN_WORDS,
        actor=actor(amara),
        on=clock.today(),
        at=at,
    )
    answered = support.ask_for_number(
        bn9=portal.homes["desrosiers"].bn9,
        legal_name="Desrosiers Acier",
        side=SupportRequest.Side.IMPORTER,
        actor=actor(amara),
        on=clock.today(),
        at=at,
    )
    support.answer(
        number=answered.number,
        text=OWN_WORDS,
        program_account_ids=frozenset({portal.homes["desrosiers"].account.pk}),
        actor=actor(portal.people["daniel"]),
        on=clock.today(),
        at=at,
    )
    for number in range(rows - 1):
        for state, closed_at in ((SupportRequest.State.WAITING, None), (SupportRequest.State.REFUSED, at)):
            SupportRequest.objects.create(
                number=f"{state[:3]}-{number:03}-AAA",
                kind=SupportRequest.Kind.GENERAL,
                state=state,
                subject="Statement",
                message=OWN_WORDS,
                asked_by=amara,
                asked_at=at,
                answer_due_on=date(2026, 7, 20),
                closed_at=closed_at,
            )
    portal.people["locked"] = locked.user
    portal.objects |= {"locked": locked, "question": asked, "answered_question": answered}


def _applications(portal: Portal, rows: int) -> None:
    """A draft, one that lacks documents, complete ones on the desk, one approved; an account for exports only."""
    world, daniel = portal.town.world, portal.people["daniel"]
    world.at = clock.now()

    def applicant(name: str) -> Applicant:
        return Applicant(world, world.person(name), daniel)

    drafter, asked, approved = applicant("Dora Drafter"), applicant("Anders Applicant"), applicant("Ada Approved")
    portal.people |= {"drafter": drafter.user, "applicant": asked.user, "approved": approved.user}
    draft = drafter.described(ABROAD)
    for number in range(rows):
        drafter.hand(draft, Paper.BOOKS)
        drafter.hand(draft, Paper.BOOKS, content=EICAR + str(number).encode(), name=f"bad{number}.txt")
    complete = [applicant(f"Cora Complete{number}").complete(BROKER) for number in range(rows)]
    lacking = asked.complete(ABROAD)
    for _row in range(rows):
        asked.hand(lacking, Paper.OTHER)
    asked.ask(lacking, Paper.EXISTENCE, message=OWN_WORDS)
    portal.objects |= {
        "application_draft": draft,
        "application": lacking,
        "application_complete": complete[0],
        "application_approved": approved.approved(RESIDENT),
        "exporter": world.program_account(portal.lantern.business, "RM0009", profile="EXPORTER"),
    }


def _give_up(home: Home, town: Town) -> None:
    """The former manager leaves, so that somebody may register the business."""
    Membership.objects.filter(business=home.business).update(state=Membership.State.REVOKED, ended_at=town.moment["at"])
    Business.objects.filter(pk=home.business.pk).update(registered_at=None)
    home.business.refresh_from_db()


def _kept_files(portal: Portal, rows: int) -> None:
    """A daily notice of today, requested files in two states and filters that Amara keeps."""
    at, account, amara = clock.now(), portal.northlight.account, portal.northlight.manager
    portal.objects["notice"] = DailyNotice.objects.filter(program_account=account).order_by(
        "-notice_on"
    ).first() or DailyNotice.objects.create(
        program_account=account,
        notice_on=at.date(),
        posted_since=date(2026, 7, 1),
        posted_upto=at.date(),
        entry_count=1,
        issued_at=at,
    )
    for number in range(rows):
        is_ready = number % 2 == 0
        request = FileRequest.objects.create(
            program_account=account,
            user=amara,
            business_id=portal.northlight.business.pk,
            scope="all",
            kind=FileRequest.Kind.STATEMENTS,
            file_format="PDF",
            language="en",
            parameters={"first": "2026-06", "last": "2026-07"},
            fingerprint=f"{number:064d}",
            state="READY" if is_ready else "FAILED",
            problem="" if is_ready else "STORAGE",
            requested_at=at,
            expires_on=at.date() if is_ready else None,
        )
        if is_ready:
            gateway.keep(request.public_id, b"%PDF-1.7 statements of two months")
        SavedFilter.objects.create(
            user=amara, program_account=account, name=f"Payments {number}", query="type=payments", saved_at=at
        )


def _long_lists(portal: Portal, rows: int) -> None:
    """Rows of lists that only grow over years: statements, notices, messages, firings."""
    at, account = clock.now(), portal.northlight.account
    daniel = portal.people["daniel"]
    for number in range(1, rows):
        day = date(2020, 1, 25) + timedelta(days=31 * number)
        Statement.objects.create(
            program_account=account,
            period_start=day - timedelta(days=38),
            period_end=day - timedelta(days=8),
            statement_on=day,
            posted_since=day - timedelta(days=31),
            posted_upto=day - timedelta(days=1),
            payment_due_on=day + timedelta(days=5),
            last_day_to_pay=day + timedelta(days=5),
            issued_at=at,
        )
        LevelStatement.objects.create(
            business=portal.northlight.business,
            level=LevelStatement.Level.ENTITY,
            period_start=day - timedelta(days=38),
            period_end=day - timedelta(days=8),
            statement_on=day,
            payment_due_on=day + timedelta(days=5),
            last_day_to_pay=day + timedelta(days=5),
            account_count=1,
            seal="0" * 64,
            issued_at=at,
        )
        DailyNotice.objects.create(
            program_account=account,
            notice_on=day,
            posted_since=day,
            posted_upto=day,
            entry_count=1,
            issued_at=at,
        )
        ClockMove.objects.create(
            from_at=at - timedelta(days=number),
            to_at=at,
            asked_by=str(daniel),
            created_at=at,
            state=ClockMove.State.DONE,
            finished_at=at,
        )
    _kept_files(portal, rows)
    portal.objects["factor"] = enrolled_app(portal.people["guarded"])
    email_services.ask_change(
        user=portal.people["unreached"],
        purpose=EmailChange.Purpose.SIGN_IN,
        email="una@example.com",
        actor=actor(portal.people["unreached"]),
        at=at,
        wall_at=clock.wall_now(),
    )
    for number in range(rows):
        audit.record(actor=actor(portal.people["amara"]), verb="user.signed_in", at=at)
        event = audit.record(
            actor=actor(portal.people["wen"], portal.harbourline.business),
            verb="access.viewed",
            business_id=portal.northlight.business.pk,
            program_account_id=portal.northlight.account.pk if portal.northlight.account else None,
            after={"page": "statements:detail", "number": portal.northlight.number, "day": "2026-07-25"},
            at=at,
        )
        open_session(portal.people["amara"], FIREFOX)
        another_passkey(portal.people["guarded"])
        sent = outbox.send(
            to="amara.osei@example.com",
            language="en",
            subject=f"Message {number}",
            body="Words of a message.",
            category="access",
            user_id=portal.people["amara"].pk,
            at=at,
        )
        OutboxMessage.objects.filter(pk=sent.pk).update(state=OutboxMessage.State.FAILED)
        told = notifications.notify(
            recipients=[portal.northlight.manager], subject=f"News {number}", body=OWN_WORDS, category="access", at=at
        )
    move = ClockMove.objects.order_by("pk").last() or ClockMove.objects.create(
        from_at=at, to_at=at, asked_by=str(daniel), created_at=at
    )
    portal.objects |= {
        "letter": sent.public_id,
        "event": event,
        "notification": told[0],
        "move": move,
        "run": JobRun.objects.filter(job="security.annual_review").get(),
    }

"""Applications through their states: one outcome whoever comes at once, and everybody told."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import services as accounts
from accounts.models import Business, Membership, ProgramAccount, User
from core.actor import system
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from documents import services as documents
from documents.models import StoredDocument
from documents.services import Folder
from notifications.models import Notification
from registration.applications import queries, services
from registration.applications.models import Application
from registration.applications.rules import Answers, Entity, Numbers, Paper, Where, Who
from tests.builders import World, actor, business_number
from tests.documents.samples import EICAR, upload
from tests.registration.applicants import (
    ABROAD,
    BROKER,
    CONSULTANT,
    NEW_RESIDENT,
    RESIDENT,
    SOLE,
    SURETY,
    Applicant,
)

pytestmark = pytest.mark.django_db
State = Application.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def applicant(world: World, newcomer: User) -> Applicant:
    return Applicant(world, newcomer, world.officer())


def subjects(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("id").values_list("subject", flat=True))


# --- Begin and describe


def test_a_person_has_one_draft_that_takes_other_answers(applicant: Applicant) -> None:
    row = applicant.described()
    services.keep(application=row, typed={"city": "Guelph"}, at=applicant.world.at)
    again = applicant.begin(ABROAD)
    assert again.pk == row.pk
    assert (again.is_non_resident, again.has_number, again.described_at) == (True, True, None)
    assert again.typed == {"city": "Guelph"}
    assert AuditEvent.objects.filter(verb="application.started").count() == 1


def test_nobody_begins_where_a_number_comes_first(applicant: Applicant) -> None:
    with pytest.raises(DomainError, match="nothing to apply for yet"):
        applicant.begin(Answers(Who.IMPORTER, Where.ABROAD, Numbers.NONE, Entity.CORPORATION))
    with pytest.raises(DomainError):
        applicant.begin(Answers(Who.SURETY, Where.CANADA, Numbers.BOTH, Entity.CORPORATION))


def test_officers_do_not_begin(applicant: Applicant) -> None:
    with pytest.raises(Refused):
        services.begin(user=applicant.officer, answers=RESIDENT, **applicant.by_officer)


def test_the_database_holds_one_draft_a_person(applicant: Applicant) -> None:
    row = applicant.begin()
    twin = Application(
        user=row.user, kind="IMPORTER", entity_type="TRUST", started_at=row.started_at, saved_at=row.saved_at
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(
    ("answers", "given", "field"),
    [
        (RESIDENT, {"bn9": "123456782"}, "bn9"),
        (RESIDENT, {"bn9": ""}, "bn9"),
        (ABROAD, {"country": "CA"}, "country"),
    ],
)
def test_details_that_cannot_be_are_refused_on_their_field(
    applicant: Applicant, answers: Answers, given: dict[str, str], field: str
) -> None:
    row = applicant.begin(answers)
    with pytest.raises(DomainError) as refusal:
        applicant.describe(row, **given)
    assert refusal.value.field == field
    assert applicant.fresh(row).described_at is None


def test_a_licence_that_has_ended_is_refused(applicant: Applicant) -> None:
    row = applicant.begin(BROKER)
    with pytest.raises(DomainError, match="has ended"):
        applicant.describe(row, licence_valid_until=applicant.world.today - timedelta(days=1))
    applicant.describe(row, licence_valid_until=applicant.world.today)


def test_what_does_not_belong_is_not_taken(applicant: Applicant) -> None:
    resident = applicant.describe(applicant.begin(NEW_RESIDENT), bn9="704123686", country="SE")
    assert (resident.bn9, resident.country) == ("", "CA")
    sole = applicant.describe(applicant.begin(SOLE), legal_name="Somebody Else")
    assert sole.legal_name == applicant.user.get_full_name()


def test_nothing_is_kept_or_described_after_handing_in(applicant: Applicant) -> None:
    row = applicant.submitted()
    services.keep(application=row, typed={"city": "X"}, at=applicant.world.at)
    assert applicant.fresh(row).typed == {}
    with pytest.raises(Conflict):
        applicant.describe(row)


# --- Hand in


def test_a_resident_with_everything_is_under_review_at_once(applicant: Applicant) -> None:
    row = applicant.submitted(RESIDENT)
    assert (row.state, row.complete_on) == (State.UNDER_REVIEW, applicant.world.today)
    assert row.answer_by is not None and row.answer_by.isoformat() == "2026-08-05"
    assert subjects(applicant.user) == ["Your application for Tamarack Tools Ltd. was handed in"]
    assert applicant.submit(row).submitted_at == row.submitted_at
    assert AuditEvent.objects.filter(verb="application.submitted").count() == 1


def test_details_come_before_handing_in(applicant: Applicant) -> None:
    with pytest.raises(Conflict, match="Finish the details"):
        applicant.submit(applicant.begin())


def test_a_withdrawn_draft_is_not_handed_in(applicant: Applicant) -> None:
    row = applicant.described()
    services.withdraw(application=row, **applicant.by)
    with pytest.raises(Conflict, match="was withdrawn"):
        applicant.submit(row)


def test_the_officers_time_begins_when_the_file_is_complete(applicant: Applicant) -> None:
    row = applicant.submitted(ABROAD)
    assert (row.state, row.answer_by) == (State.DOCS_MISSING, None)
    applicant.world.at += timedelta(days=2)
    *first, last = row.required_papers
    for paper in first:
        applicant.hand(row, paper)
        assert applicant.fresh(row).state == State.DOCS_MISSING
    applicant.hand(row, last)
    done = applicant.fresh(row)
    assert (done.state, done.complete_on) == (State.UNDER_REVIEW, applicant.world.today)
    assert subjects(applicant.user)[-1] == "Your file for Tamarack Tools Ltd. is complete"


def test_while_files_are_checked_it_is_only_submitted_and_a_refused_one_raises_an_alert(applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    files = [upload("a.pdf", EICAR)]
    received = services.add_documents(application=row, paper=Paper.BOOKS, files=files, **applicant.by)
    assert applicant.submit(row).state == State.SUBMITTED
    documents.check(document_id=received.rows[0].pk, wall_at=applicant.world.at, **applicant.by)
    assert applicant.fresh(row).state == State.DOCS_MISSING
    assert subjects(applicant.user)[1:] == [
        "The file a.pdf was refused",
        "Documents are missing for Tamarack Tools Ltd.",
    ]
    assert "virus" in Notification.objects.get(subject="The file a.pdf was refused").body


def test_files_of_other_rooms_and_of_drafts_move_nothing(applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    applicant.hand(row, Paper.BOOKS, content=b"MZ", name="a.pdf")
    other = documents.receive(files=[upload()], folder=Folder(case="other.Case:1", category="X"), **applicant.by)
    documents.check(document_id=other.rows[0].pk, wall_at=applicant.world.at, **applicant.by)
    assert applicant.fresh(row).state == State.DRAFT
    assert subjects(applicant.user) == []


def test_a_further_file_leaves_a_complete_application_where_it_is(applicant: Applicant) -> None:
    row = applicant.complete(ABROAD)
    applicant.hand(row, Paper.OTHER)
    assert applicant.fresh(row).state == State.UNDER_REVIEW


def test_files_are_taken_out_only_while_no_officer_has_them(applicant: Applicant) -> None:
    row = applicant.complete(ABROAD)
    document = StoredDocument.objects.first()
    assert document is not None
    with pytest.raises(Conflict, match="has the file already"):
        services.remove_document(application=row, public_id=document.public_id, **applicant.by)
    applicant.ask(row)
    services.remove_document(application=row, public_id=document.public_id, **applicant.by)
    with pytest.raises(Stranger):
        services.remove_document(application=row, public_id=document.public_id, **applicant.by)


def test_withdrawing_happens_once_and_not_after_a_decision(applicant: Applicant) -> None:
    row = applicant.complete()
    services.withdraw(application=row, **applicant.by)
    assert services.withdraw(application=row, **applicant.by).state == State.WITHDRAWN
    assert AuditEvent.objects.filter(verb="application.withdrawn").count() == 1
    with pytest.raises(Conflict, match="was withdrawn"):
        applicant.approve(row)
    with pytest.raises(Conflict):
        services.add_documents(application=row, paper=Paper.OTHER, files=[upload()], **applicant.by)
    done = applicant.approved()
    with pytest.raises(Conflict, match="approved already"):
        services.withdraw(application=done, **applicant.by)


# --- Decide


def test_an_approval_gives_both_numbers_and_the_primary_manager(applicant: Applicant) -> None:
    row = applicant.approved(NEW_RESIDENT, profile="IMPORTER_EXPORTER")
    assert row.business is not None and row.program_account is not None
    assert (row.bn9, row.program_account.number) == (row.business.bn9, row.business.bn9 + "RM0001")
    assert (row.business.legal_name, row.business.country) == ("Tamarack Tools Ltd.", "CA")
    assert (row.program_account.profile, row.program_account.name) == ("IMPORTER_EXPORTER", "Hand tools")
    membership = Membership.objects.get(business=row.business)
    assert (membership.user, membership.role, membership.is_primary) == (applicant.user, "BAM", True)
    assert subjects(applicant.user)[-1] == "Your application for Tamarack Tools Ltd. was approved"
    event = AuditEvent.objects.get(verb="application.approved")
    assert (event.reason, event.actor_kind) == ("Papers agree.", "officer")


def test_a_number_of_the_register_keeps_what_the_register_says(applicant: Applicant) -> None:
    known = applicant.world.business("Tamarack Tools Limited", registered_at=None, city="Barrie")
    row = applicant.approved(RESIDENT, bn9=known.bn9)
    known.refresh_from_db()
    assert (row.business, known.city, known.registered_at) == (known, "Barrie", applicant.world.at)
    assert ProgramAccount.objects.get(business=known).rm == "RM0001"


def test_a_typed_number_that_nobody_knows_enters_the_register(applicant: Applicant) -> None:
    bn9 = business_number()
    row = applicant.approved(ABROAD, bn9=bn9)
    business = Business.objects.get(bn9=bn9)
    assert (row.business, business.is_non_resident, business.country) == (business, True, "SE")


def test_an_account_that_may_import_already_is_not_opened_twice(applicant: Applicant) -> None:
    known = applicant.world.business(registered_at=None)
    exporter = applicant.world.program_account(known, profile="EXPORTER")
    importer = applicant.world.program_account(known, "RM0002")
    row = applicant.approved(RESIDENT, bn9=known.bn9)
    assert row.program_account == importer
    assert set(known.program_accounts.all()) == {exporter, importer}


def test_beside_an_exporters_account_the_next_rm_is_opened(applicant: Applicant) -> None:
    known = applicant.world.business(registered_at=None)
    applicant.world.program_account(known, profile="EXPORTER")
    row = applicant.approved(RESIDENT, bn9=known.bn9)
    assert row.program_account is not None and row.program_account.rm == "RM0002"


@pytest.mark.parametrize(("answers", "has_number"), [(BROKER, True), (CONSULTANT, False), (SURETY, False)])
def test_a_provider_is_known_as_what_it_is(applicant: Applicant, answers: Answers, has_number: bool) -> None:
    row = applicant.approved(answers)
    business = Business.objects.get(bn9=row.bn9)
    assert business.provider_kind == answers.who
    assert row.program_account is None
    assert bool(business.account_security_number) == has_number
    assert business.licence_number == ("CB-9001" if answers is BROKER else "")
    assert Membership.objects.get(business=business).is_primary


def test_a_provider_of_one_kind_does_not_become_another(applicant: Applicant) -> None:
    known = applicant.world.surety("Boreal Guarantee", registered_at=None)
    row = applicant.complete(BROKER, bn9=known.bn9)
    with pytest.raises(Conflict, match="another kind of provider"):
        applicant.approve(row)
    assert applicant.fresh(row).state == State.UNDER_REVIEW
    assert not Membership.objects.filter(business=known).exists()


def test_nothing_is_issued_for_a_registered_or_a_closed_business(applicant: Applicant) -> None:
    registered = applicant.world.business("Taken Ltd.")
    row = applicant.complete(RESIDENT, bn9=registered.bn9)
    with pytest.raises(Conflict, match="already registered"):
        applicant.approve(row)
    assert not registered.program_accounts.exists()
    services.withdraw(application=row, **applicant.by)
    closed = applicant.world.business(registered_at=None, closed_on=applicant.world.today)
    with pytest.raises(Conflict, match="is closed"):
        applicant.approve(applicant.complete(RESIDENT, bn9=closed.bn9))


def test_only_officers_decide_and_only_what_is_complete(applicant: Applicant) -> None:
    row = applicant.complete()
    for service in (services.approve, services.reject):
        more = {"on": applicant.world.today} if service is services.approve else {}
        with pytest.raises(Stranger):
            service(application=row, reason="x", **more, **applicant.by)  # type: ignore[operator]
    with pytest.raises(Stranger):
        services.ask_for_documents(application=row, papers=[Paper.BOOKS], message="x", **applicant.by)
    missing = Applicant(applicant.world, applicant.world.person("Mia Missing"), applicant.officer).submitted(ABROAD)
    with pytest.raises(Conflict, match="waits for something else"):
        applicant.approve(missing)
    draft = Applicant(applicant.world, applicant.world.person("Dora Draft"), applicant.officer).described()
    with pytest.raises(Conflict, match="not handed in"):
        applicant.reject(draft)


def test_what_came_before_the_question_does_not_answer_it(applicant: Applicant) -> None:
    row = applicant.complete(ABROAD)
    applicant.ask(row, Paper.EXISTENCE, message="The extract is too old.")
    asked = applicant.fresh(row)
    assert (asked.state, asked.answer_by, asked.message) == (State.DOCS_MISSING, None, "The extract is too old.")
    assert queries.papers_of(asked).missing == (Paper.EXISTENCE,)
    assert subjects(applicant.user)[-1] == "The officer asks for documents for Tamarack Tools Ltd."
    applicant.hand(row, Paper.BOOKS)
    assert applicant.fresh(row).state == State.DOCS_MISSING
    applicant.hand(row, Paper.EXISTENCE)
    assert applicant.fresh(row).state == State.UNDER_REVIEW
    with pytest.raises(DomainError, match="at least one kind"):
        services.ask_for_documents(application=row, papers=[], message="x", **applicant.by_officer)


def test_a_rejection_is_told_with_its_reason_and_leaves_nothing(applicant: Applicant) -> None:
    row = applicant.reject(applicant.complete())
    assert (row.state, row.decided_by) == (State.REJECTED, str(applicant.officer))
    assert Notification.objects.latest("id").body == "The licence is another firm's."
    assert not Membership.objects.filter(user=applicant.user).exists()
    with pytest.raises(Conflict, match="rejected already"):
        applicant.approve(row)
    assert str(row).endswith("Tamarack Tools Ltd.")


def test_two_applications_for_one_number_make_one_manager(applicant: Applicant) -> None:
    bn9 = business_number()
    first = applicant.complete(RESIDENT, bn9=bn9)
    other = Applicant(applicant.world, applicant.world.person("Olga Other"), applicant.officer)
    second = other.complete(RESIDENT, bn9=bn9)
    applicant.approve(first)
    with pytest.raises(Conflict, match="already registered"):
        other.approve(second)
    assert Membership.objects.filter(business__bn9=bn9).count() == 1
    assert ProgramAccount.objects.filter(business__bn9=bn9).count() == 1


def test_an_exporters_account_is_enrolled_once_and_not_when_closed(world: World) -> None:
    business = world.business()
    account = world.program_account(business, profile="EXPORTER")
    by: dict[str, Any] = {"actor": system("tests"), "at": world.at}
    assert accounts.enrol_in_importer_program(program_account=account, **by).imports
    accounts.enrol_in_importer_program(program_account=account, **by)
    assert AuditEvent.objects.filter(verb="program_account.enrolled_as_importer").count() == 1
    closed = world.program_account(business, "RM0002", profile="EXPORTER", closed_on=world.today)
    with pytest.raises(Conflict, match="is closed"):
        accounts.enrol_in_importer_program(program_account=closed, **by)


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_decides(world: World) -> None:
    applicant = Applicant(world, world.person("Nadia Bergeron"), world.officer())
    row = applicant.complete()
    other = world.officer("Dana Second")
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def decide(what: str) -> None:
        barrier.wait()
        try:
            if what == "approve":
                applicant.approve(row)
            else:
                services.reject(application=row, reason="No.", actor=actor(other), at=world.at)
            outcomes.append(what)
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(what,)) for what in ("approve", "reject")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["approve", "conflict"], ["conflict", "reject"])
    assert Membership.objects.filter(user=applicant.user).count() == (1 if "approve" in outcomes else 0)

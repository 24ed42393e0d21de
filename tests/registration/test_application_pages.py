"""Applications over HTTP: the way in, the steps, the documents, where it stands, and the officers' desk."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, ProgramAccount, User
from core.models import AuditEvent
from documents.models import StoredDocument
from registration.applications.models import Application
from registration.applications.rules import Paper
from tests.builders import World, business_number, signed_in
from tests.documents.samples import EICAR, pdf, upload
from tests.registration.applicants import ABROAD, BROKER, RESIDENT, SOLE, Applicant

pytestmark = pytest.mark.django_db
State = Application.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def applicant(world: World, newcomer: User) -> Applicant:
    return Applicant(world, newcomer, world.officer())


@pytest.fixture
def officer(applicant: Applicant) -> Client:
    return signed_in(applicant.officer)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split()).replace("\u00a0", " ").replace("\u202f", " ")


def way(tab: Client, who: str, where: str, numbers: str, entity: str = "CORPORATION", language: str = "en") -> str:
    answers = {"who": who, "where": where, "numbers": numbers, "entity": entity, "shown": "1"}
    response = tab.get(f"/{language}/register/way/", answers)
    assert response.status_code == 200
    return words(response)


def at(row: Application, page: str = "") -> str:
    return f"/en/register/applications/{row.pk}/{page}"


def desk_of(row: Application) -> str:
    return f"/en/officers/applications/{row.pk}/"


TYPED = {
    "legal_name": "Tamarack Tools Ltd.",
    "street": "5 Mill Road",
    "city": "Guelph",
    "region": "ON",
    "postal_code": "N1G 1A1",
    "program_name": "Hand tools",
    "profile": "IMPORTER",
}


# --- The way in


@pytest.mark.parametrize("number", range(4))
def test_the_first_page_leads_everybody_on_with_their_answers_filled_in(number: int, tab: Client) -> None:
    html = tab.get("/en/welcome/").content.decode()
    links = [part.split('"')[0] for part in html.split('href="')[1:] if "/en/register/way/?who=" in part.split('"')[0]]
    assert len(links) == 4
    page = tab.get(links[number].replace("&amp;", "&"))
    assert page.status_code == 200
    assert page.content.decode().count(" checked") == 3
    assert "There is" not in words(page)


def test_who_has_both_numbers_goes_to_the_wizard(tab: Client) -> None:
    assert "two of three figures prove that it is yours" in way(tab, "IMPORTER", "CANADA", "BOTH")


def test_a_non_resident_without_a_number_is_told_kindly_before_anything_is_typed(tab: Client) -> None:
    html = way(tab, "IMPORTER", "ABROAD", "NONE")
    assert "nothing is started now" in html
    assert "Begin the application" not in html
    answers = {"who": "IMPORTER", "where": "ABROAD", "numbers": "NONE", "entity": "CORPORATION"}
    assert tab.post("/en/register/apply/", answers).status_code == 400
    assert not Application.objects.exists()


def test_a_trust_goes_to_the_revenue_agency_first(tab: Client) -> None:
    assert "A trust, an estate or a government body" in way(tab, "IMPORTER", "CANADA", "NONE", "TRUST")
    assert "Begin the application" in way(tab, "IMPORTER", "CANADA", "BUSINESS", "TRUST")


def test_documents_and_waiting_time_are_said_up_front(tab: Client) -> None:
    html = way(tab, "IMPORTER", "ABROAD", "BUSINESS")
    for sentence in (
        "Identification of the person who signs",
        "Where the books and records",
        "within 42 business days",
    ):
        assert sentence in html
    assert "within 10 business days" in way(tab, "IMPORTER", "CANADA", "NONE")
    assert "if the books are kept somewhere else" in way(tab, "IMPORTER", "CANADA", "NONE")


def test_unanswered_questions_are_said_one_by_one(tab: Client) -> None:
    html = words(tab.get("/en/register/way/", {"shown": "1"}))
    for sentence in ("There are 4 problems", "Choose what you come for", "Choose which numbers the business has"):
        assert sentence in html
    assert tab.post("/en/register/apply/", {}).url == "/en/register/way/"


def test_the_way_speaks_french(tab: Client) -> None:
    assert "Commencer la demande" in way(tab, "SURETY", "CANADA", "BUSINESS", language="fr")


def test_officers_do_not_apply(officer: Client) -> None:
    answers = {"who": "IMPORTER", "where": "CANADA", "numbers": "NONE", "entity": "CORPORATION"}
    assert officer.post("/en/register/apply/", answers).status_code == 403


# --- The whole way


def test_a_new_resident_business_gets_both_numbers(
    tab: Client, officer: Client, newcomer: User, django_capture_on_commit_callbacks: Any
) -> None:
    answers = {"who": "IMPORTER", "where": "CANADA", "numbers": "NONE", "entity": "CORPORATION"}
    response = tab.post("/en/register/apply/", answers)
    row = Application.objects.get()
    assert response.url == at(row, "details/")
    page = tab.get(response.url)
    assert page.content.decode().count('aria-current="step"') == 1
    assert "id_bn9" not in page.content.decode()
    response = tab.post(response.url, {**TYPED, "books_elsewhere": "on"})
    assert response.url == at(row, "files/")
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"paper": "BOOKS", "uploads": [upload("agreement.pdf"), upload("more.pdf", pdf(b"more"))]}
        response = tab.post(at(row, "files/"), sent)
    assert response.url == at(row, "files/") + "?paper=BOOKS"
    listed = words(tab.get(response.url))
    assert listed.count("Accepted") == 2
    assert '<option value="BOOKS" selected' in listed
    review = words(tab.get(at(row, "review/")))
    assert "given with the approval" in review and "agreement.pdf" in review
    assert tab.post(at(row, "review/")).url == at(row)
    assert "An officer answers by 5 August 2026" in words(tab.get(at(row)))
    queue = words(officer.get("/en/officers/applications/"))
    assert "Tamarack Tools Ltd." in queue and "5 August 2026" in queue
    assert "The business has no number" in words(officer.get(desk_of(row)))
    decision = {"decision": "approve", "message": "Papers agree."}
    assert officer.post(desk_of(row), decision).url == "/en/officers/applications/"
    row.refresh_from_db()
    account = ProgramAccount.objects.get(business=row.business)
    assert (account.name, account.rm, row.bn9[:2]) == ("Hand tools", "RM0001", "71")
    assert Membership.objects.get(user=newcomer).is_primary
    assert "is open" in words(tab.get(at(row)))
    assert tab.get("/en/home/").url == f"/en/accounts/{account.number}/"
    assert "was approved" in words(tab.get("/en/notifications/"))


def test_what_is_typed_is_kept_while_it_is_typed(tab: Client, applicant: Applicant) -> None:
    row = applicant.begin()
    assert tab.post(at(row, "details/?keep=1"), {**TYPED, "legal_name": ""}).status_code == 204
    page = words(tab.get(at(row, "details/")))
    assert 'value="5 Mill Road"' in page and "Last saved" in page
    assert tab.get(at(row)).url == at(row, "details/")
    assert tab.get(at(row, "files/")).url == at(row, "details/")
    assert tab.get(at(row, "review/")).url == at(row, "details/")
    wrong = tab.post(at(row, "details/"), {**TYPED, "legal_name": ""})
    assert wrong.status_code == 422 and "Enter the legal name" in words(wrong)


def test_a_sole_proprietor_is_told_under_which_name(tab: Client, applicant: Applicant, newcomer: User) -> None:
    row = applicant.begin(SOLE)
    page = tab.get(at(row, "details/")).content.decode()
    assert newcomer.get_full_name() in page and "id_legal_name" not in page
    tab.post(at(row, "details/"), TYPED)
    assert applicant.fresh(row).legal_name == newcomer.get_full_name()


def test_a_non_resident_chooses_its_country_and_never_canada(tab: Client, applicant: Applicant) -> None:
    row = applicant.begin(ABROAD)
    page = tab.get(at(row, "details/")).content.decode()
    assert '<option value="SE"' in page and '<option value="CA"' not in page
    typed = {**TYPED, "bn9": "123456782", "country": "SE", "region": ""}
    refused = tab.post(at(row, "details/"), typed)
    assert "begin with 70 or 71" in words(refused)
    assert tab.post(at(row, "details/"), {**typed, "bn9": business_number()}).url == at(row, "files/")


def test_a_broker_names_licence_and_security(tab: Client, applicant: Applicant) -> None:
    row = applicant.begin(BROKER)
    typed = {**TYPED, "bn9": business_number(), "licence_number": "CB-1", "security_reference": "BOND-1"}
    late = tab.post(at(row, "details/"), {**typed, "licence_valid_until": "2026-01-01"})
    assert "This licence has ended" in words(late)
    assert tab.post(at(row, "details/"), {**typed, "licence_valid_until": "2027-01-01"}).status_code == 302
    wanted = words(tab.get(at(row, "files/")))
    assert "security" in wanted and "$50,000.00" in wanted


# --- Documents


def test_each_refused_file_says_what_to_do(
    tab: Client, applicant: Applicant, django_capture_on_commit_callbacks: Any
) -> None:
    row = applicant.described(ABROAD)
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"paper": "EXISTENCE", "uploads": [upload("a.txt", EICAR), upload("b.exe"), upload("c.pdf")]}
        tab.post(at(row, "files/"), sent)
    page = words(tab.get(at(row, "files/")))
    for sentence in ("The scanner found a virus", "This kind of file is not taken", "c.pdf"):
        assert sentence in page
    assert page.count("Refused") == 2


def test_the_list_renews_itself_only_while_something_is_checked(tab: Client, applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    tab.post(at(row, "files/"), {"paper": "EXISTENCE", "uploads": [upload()]})
    assert 'hx-trigger="every 3s"' in tab.get(at(row, "files/")).content.decode()
    StoredDocument.objects.update(state="ACCEPTED")
    assert "every 3s" not in tab.get(at(row, "files/")).content.decode()


def test_the_same_file_again_is_said_kindly(tab: Client, applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    tab.post(at(row, "files/"), {"paper": "EXISTENCE", "uploads": [upload()]})
    again = tab.post(at(row, "files/"), {"paper": "BOOKS", "uploads": [upload("other.pdf")]}, follow=True)
    assert "You uploaded “other.pdf” already" in words(again)


def test_too_many_or_none_are_refused_on_the_field(tab: Client, applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    many = [upload(f"{number}.pdf", pdf(str(number).encode())) for number in range(11)]
    response = tab.post(at(row, "files/"), {"paper": "BOOKS", "uploads": many})
    assert response.status_code == 422 and "at most 10 files" in words(response)
    response = tab.post(at(row, "files/"), {"paper": "BOOKS"})
    assert "Choose at least one file" in words(response)
    response = tab.post(at(row, "files/"), {"paper": "BOOKS", "uploads": "text instead of a file"})
    assert response.status_code == 422


def test_a_file_is_opened_by_its_owner_and_by_officers_as_a_download(
    tab: Client, officer: Client, applicant: Applicant, world: World
) -> None:
    row = applicant.complete(ABROAD)
    document = StoredDocument.objects.first()
    assert document is not None
    address = at(row, f"files/{document.public_id}/")
    assert tab.get(address)["Content-Disposition"].startswith("attachment")
    assert signed_in(world.person("Other Person")).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert officer.get(address).status_code == 404
    opened = officer.get(f"{desk_of(row)}files/{document.public_id}/")
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert AuditEvent.objects.filter(verb="document.opened").count() == 1
    assert tab.get(f"{desk_of(row)}files/{document.public_id}/").status_code == 404
    StoredDocument.objects.update(state="CHECKING")
    assert tab.get(address).status_code == 409


def test_a_file_of_another_application_is_not_reached_through_ones_own(
    tab: Client, applicant: Applicant, world: World
) -> None:
    other = Applicant(world, world.person("Other Person"), applicant.officer)
    document = other.hand(other.described(ABROAD), Paper.BOOKS)
    mine = applicant.described(ABROAD)
    for page in (f"files/{document.public_id}/", f"files/{document.public_id}/remove/"):
        response = tab.post(at(mine, page)) if "remove" in page else tab.get(at(mine, page))
        assert response.status_code == 404
    document.refresh_from_db()
    assert document.is_accepted


def test_a_file_is_removed_from_a_draft(tab: Client, applicant: Applicant) -> None:
    row = applicant.described(ABROAD)
    document = applicant.hand(row, Paper.BOOKS)
    assert tab.post(at(row, f"files/{document.public_id}/remove/")).url == at(row, "files/")
    document.refresh_from_db()
    assert document.state == "REMOVED"


# --- Where it stands


def test_missing_documents_are_named_until_they_are_there(tab: Client, applicant: Applicant) -> None:
    row = applicant.submitted(ABROAD)
    page = words(tab.get(at(row)))
    assert "Documents are missing" in page and "Identification of the person who signs" in page
    for paper in row.required_papers:
        applicant.hand(row, paper)
    page = words(tab.get(at(row)))
    assert "Nothing is left for you to do" in page and "Documents are missing" not in page
    assert "Documents are missing for" not in words(tab.get(at(row)))


def test_one_withdraws_and_applies_again(tab: Client, applicant: Applicant) -> None:
    row = applicant.complete()
    assert tab.post(at(row, "withdraw/")).url == "/en/register/way/"
    assert "You withdrew this application" in words(tab.get(at(row)))
    for page in ("details/", "review/", "files/"):
        assert tab.get(at(row, page)).url == at(row)
    assert applicant.begin().pk != row.pk


def test_a_rejection_says_why(tab: Client, applicant: Applicant) -> None:
    row = applicant.reject(applicant.complete())
    assert "another firm" in words(tab.get(at(row)))


def test_an_application_is_nobody_elses(applicant: Applicant, world: World) -> None:
    row = applicant.complete()
    stranger = signed_in(world.person("Sam Stranger"))
    for page in ("", "details/", "files/", "review/"):
        assert stranger.get(at(row, page)).status_code == 404
    assert stranger.post(at(row, "withdraw/")).status_code == 404
    assert applicant.fresh(row).state == State.UNDER_REVIEW


def test_the_first_page_lists_ones_applications(tab: Client, applicant: Applicant) -> None:
    row = applicant.complete()
    html = words(tab.get("/en/welcome/"))
    assert f"Application {row.pk}: Tamarack Tools Ltd." in html and "Under review" in html


# --- The desk


def test_the_desk_puts_what_is_due_first_at_the_top_and_filters(
    officer: Client, applicant: Applicant, world: World
) -> None:
    abroad = applicant.complete(ABROAD, legal_name="Nordic Nets AB")
    other = Applicant(world, world.person("Rhea Resident"), applicant.officer)
    other.complete(RESIDENT, legal_name="Quick Quilts Ltd.")
    late = Applicant(world, world.person("Lena Late"), applicant.officer).complete(legal_name="Late Lamps Ltd.")
    Application.objects.filter(pk=late.pk).update(answer_by="2026-07-20", submitted_at=world.at.replace(day=6))
    html = words(officer.get("/en/officers/applications/"))
    places = [html.index(name) for name in ("Late Lamps", "Quick Quilts", "Nordic Nets")]
    assert places == sorted(places)
    assert "late</" in html and ">12</td>" in html
    only = words(officer.get("/en/officers/applications/", {"kind": "SURETY"}))
    assert "Nordic Nets" not in only and "Nothing waits" in only
    assert "Nordic Nets" in words(officer.get("/en/officers/applications/", {"state": "UNDER_REVIEW"}))
    assert abroad.pk


def test_the_officer_sees_where_the_register_differs(officer: Client, applicant: Applicant, world: World) -> None:
    known = world.business("Tamarack Tools Ltd.", registered_at=None, city="Barrie", street="5 Mill Rd")
    row = applicant.complete(RESIDENT, bn9=known.bn9)
    html = words(officer.get(desk_of(row)))
    assert "differs from the register in: city, province or state, postal code." in html
    registered = world.business("Taken Tools Ltd.")
    other = Applicant(world, world.person("Tara Twice"), applicant.officer).complete(RESIDENT, bn9=registered.bn9)
    assert "has its primary manager" in words(officer.get(desk_of(other)))
    refused = officer.post(desk_of(other), {"decision": "approve", "message": "x"})
    assert refused.status_code == 422 and "already registered in the portal" in words(refused)


def test_an_officer_asks_for_documents(officer: Client, tab: Client, applicant: Applicant) -> None:
    row = applicant.complete(ABROAD)
    nothing = officer.post(desk_of(row), {"decision": "ask", "message": "Newer, please."})
    assert "Choose at least one kind of document." in words(nothing)
    sent = {"decision": "ask", "message": "Newer, please.", "papers": ["EXISTENCE"]}
    assert officer.post(desk_of(row), sent).status_code == 302
    page = words(tab.get(at(row)))
    assert "Newer, please." in page and "Proof that the business exists" in page
    again = officer.post(desk_of(row), {"decision": "approve", "message": "x"})
    assert "waits for something else now" in words(again)


def test_an_officer_rejects_with_a_reason(officer: Client, applicant: Applicant) -> None:
    row = applicant.complete()
    assert "Enter a reason" in words(officer.post(desk_of(row), {"decision": "reject", "message": " "}))
    assert officer.post(desk_of(row), {"decision": "reject", "message": "No trade."}).status_code == 302
    assert "No trade." in words(officer.get(desk_of(row)))


def test_a_draft_is_not_on_the_desk(officer: Client, applicant: Applicant) -> None:
    row = applicant.described()
    assert officer.get(desk_of(row)).status_code == 404
    applicant_withdraws = signed_in(applicant.user).post(at(row, "withdraw/"))
    assert applicant_withdraws.status_code == 302
    assert officer.get(desk_of(row)).status_code == 404


# --- An exporter's account


def test_an_exporters_account_is_enrolled_from_its_page(world: World) -> None:
    business = world.business("Quarry Lane Furniture")
    manager = world.person("Quinn Quarry")
    world.membership(manager, business, is_primary=True)
    account = world.program_account(business, profile=ProgramAccount.Profile.EXPORTER)
    tab, address = signed_in(manager), f"/en/accounts/{account.number}/importer/"
    assert "opened for exports only" in words(tab.get(address))
    assert tab.post(address).url == f"/en/accounts/{account.number}/"
    account.refresh_from_db()
    assert account.profile == ProgramAccount.Profile.IMPORTER_EXPORTER
    assert "There is nothing to enrol" in words(tab.get(address))
    assert AuditEvent.objects.get(verb="program_account.enrolled_as_importer").before == {"profile": "EXPORTER"}

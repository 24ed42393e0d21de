"""The pages of client groups: what each says, what it keeps, whom it refuses."""

from typing import Any

import pytest
from django.urls import reverse

from delegation import services
from delegation.models import ClientAssignment, ClientGroup, Delegation, GroupRequest
from tests.builders import signed_in
from tests.delegation.conftest import Firm
from tests.delegation.test_pages import words


def url(firm: Firm, name: str, *more: Any) -> str:
    return reverse(f"delegation:{name}", args=(firm.provider.bn9, *more))


@pytest.fixture
def wen(firm: Firm) -> Any:
    return signed_in(firm.office.cast.wen)


def client_row(firm: Firm) -> Delegation:
    return Delegation.objects.get(provider=firm.provider, client=firm.northlight)


def test_the_first_group_warns_of_what_it_changes(firm: Firm, wen: Any) -> None:
    assert "From the first group on" in words(wen.get(url(firm, "client_groups")))
    assert "This is your first group" in words(wen.get(url(firm, "new_client_group")))
    answer = wen.post(url(firm, "new_client_group"), {"name": " West  Coast ", "role": "READER"}, follow=True)
    assert "The group was created." in words(answer) and "No clients in this group" in words(answer)
    group = ClientGroup.objects.get()
    assert (group.name, group.role, group.created_by_name) == ("West Coast", "READER", "Wen Zhao")
    assert "This is your first group" not in words(wen.get(url(firm, "new_client_group")))
    assert "West Coast" in words(wen.get(url(firm, "client_groups")))


def test_a_taken_name_is_told_beside_it_and_stays_typed(firm: Firm, wen: Any) -> None:
    group = firm.group("West")
    for address in (url(firm, "new_client_group"), url(firm, "change_client_group", firm.group("East").pk)):
        page = wen.post(address, {"name": "WEST", "role": "EDITOR"}).content.decode()
        assert "A group has or had this name" in page and 'value="WEST"' in page
    wen.post(url(firm, "change_client_group", group.pk), {"name": "North", "role": "READER"})
    group.refresh_from_db()
    assert (group.name, group.role) == ("North", "READER")


def test_clients_are_added_chosen_or_all_that_a_search_finds_and_removed(firm: Firm, wen: Any) -> None:
    group = firm.group()
    for number in range(30):
        firm.office.cast.world.delegation(firm.provider, firm.office.cast.world.business(f"Cedar {number:02d} Ltd."))
    add = url(firm, "add_group_clients", group.pk)
    assert "Choose at least one client" in words(wen.post(add, {}))
    stranger = firm.office.cast.keystone.pk
    assert "Choose among the clients listed" in words(wen.post(f"{add}?search=North", {"clients": [stranger]}))
    wen.post(f"{add}?search=North", {"clients": [firm.northlight.pk]})
    assert [client.pk for client in group.clients.all()] == [firm.northlight.pk]
    assert "Add all 30 clients found" in words(wen.get(f"{add}?search=cedar"))
    answer = wen.post(f"{add}?search=cedar", {"everything": "1"}, follow=True)
    assert "30 clients were added." in words(answer) and group.clients.count() == 31
    nothing = wen.post(f"{add}?search=cedar", {"everything": "1"})
    assert "Choose at least one client." in words(nothing)
    page = words(wen.get(url(firm, "client_group", group.pk) + "?search=northlight"))
    assert "Northlight Outdoor Supply Inc." in page and "Cedar 00" not in page and "Clients added" in page
    assert "Nothing found" in words(wen.get(url(firm, "client_group", group.pk) + "?search=zzz"))
    remove = url(firm, "remove_group_clients", group.pk)
    answer = wen.post(f"{remove}?search=North", {"clients": [firm.northlight.pk]}, follow=True)
    assert "1 client was removed." in words(answer) and group.clients.count() == 30


def test_people_are_chosen_and_a_manager_is_not_offered(firm: Firm, wen: Any) -> None:
    group = firm.filled(firm.northlight, staff=(firm.editor,))
    address = url(firm, "group_staff", group.pk)
    page = words(wen.get(address))
    assert "Edith Editor" in page and "Rolf Reader" in page and "Wen Zhao Business" not in page
    wen.post(address, {"staff": [firm.of(firm.reader).pk]})
    assert [person.user for person in group.staff.all()] == [firm.reader]
    assert "Choose among the people listed" in words(wen.post(address, {"staff": ["0"]}))


def test_deleting_the_last_group_says_that_everybody_gets_every_client_again(firm: Firm, wen: Any) -> None:
    first, second = firm.group("West"), firm.group("East")
    assert "your last group" not in words(wen.get(url(firm, "delete_client_group", first.pk)))
    wen.post(url(firm, "delete_client_group", first.pk))
    assert "your last group" in words(wen.get(url(firm, "delete_client_group", second.pk)))
    assert wen.get(url(firm, "client_group", first.pk)).status_code == 404


def test_a_client_is_given_singly_and_taken_back(firm: Firm, wen: Any) -> None:
    row = client_row(firm)
    details = url(firm, "client", row.pk)
    assert "Given to nobody in particular" in words(wen.get(details))
    address = url(firm, "assign_client", row.pk)
    assert "Choose a person" in words(wen.post(address, {"role": "READER"}))
    wen.post(address, {"role": "READER", "person": firm.of(firm.editor).pk})
    assert "Edith Editor" in words(wen.get(details))
    given = ClientAssignment.objects.get()
    end = url(firm, "unassign_client", row.pk, given.pk)
    assert wen.get(end).status_code == 405
    assert "taken back" in words(wen.post(end, follow=True))
    assert wen.post(end).status_code == 404


def test_a_colleague_who_left_meanwhile_gets_nothing(firm: Firm, wen: Any) -> None:
    membership = firm.of(firm.editor)
    services.revoke_membership(membership_id=membership.pk, reason="Left", **firm.by)
    answer = wen.post(url(firm, "assign_client", client_row(firm).pk), {"role": "READER", "person": membership.pk})
    assert "Choose among the people listed" in words(answer)


def test_staff_see_their_clients_and_ask_for_more(firm: Firm, wen: Any) -> None:
    group = firm.filled(firm.northlight, staff=(firm.editor,))
    firm.group("East")
    edith = signed_in(firm.editor)
    mine = words(edith.get(url(firm, "my_clients")))
    assert "Northlight Outdoor Supply Inc." in mine and "Desrosiers" not in mine and f"{group.name} (Editor)" in mine
    address = url(firm, "ask_for_clients")
    offered = words(edith.get(address))
    assert "East" in offered and "West" not in offered
    assert "Choose a group, or one client" in words(edith.post(address, {}))
    assert "Enter the business number of the client" in words(edith.post(address, {"wanted": "client"}))
    wrong = words(edith.post(address, {"wanted": "client", "bn9": firm.office.cast.keystone.bn9}))
    assert "No client of your business has this number." in wrong
    east = ClientGroup.objects.get(name="East")
    for data in ({"wanted": east.pk}, {"wanted": "client", "bn9": firm.desrosiers.bn9, "comment": "Mine now."}):
        assert "Your managers were asked." in words(edith.post(address, data, follow=True))
    again = words(edith.post(address, {"wanted": east.pk}))
    assert "You asked for this already." in again
    waiting = words(wen.get(url(firm, "group_requests")))
    assert "Group: East" in waiting and "Mine now." in waiting
    assert "Requests of your staff: 2" in words(wen.get(url(firm, "client_groups")))
    for_client, for_group = GroupRequest.objects.all()
    assert "works for every client of this group, as: Editor." in words(
        wen.get(url(firm, "approve_group_request", for_group.pk))
    )
    wen.post(url(firm, "approve_group_request", for_group.pk))
    assert "Choose a role" in words(wen.post(url(firm, "approve_group_request", for_client.pk), {}))
    wen.post(url(firm, "approve_group_request", for_client.pk), {"role": "READER"})
    assert set(firm.reached(firm.editor).values()) == {"EDITOR", "READER"}
    late = words(wen.post(url(firm, "reject_group_request", for_client.pk), {"reason": "No"}))
    assert "Somebody was there first" in late


def test_a_request_is_rejected_with_its_reason_or_withdrawn(firm: Firm, wen: Any) -> None:
    edith = signed_in(firm.editor)
    for number in (firm.northlight.bn9, firm.desrosiers.bn9):
        edith.post(url(firm, "ask_for_clients"), {"wanted": "client", "bn9": number})
    second, first = GroupRequest.objects.all()
    assert "Enter the reason" in words(wen.post(url(firm, "reject_group_request", first.pk), {}))
    wen.post(url(firm, "reject_group_request", first.pk), {"reason": "Rolf has it."})
    assert "Rolf has it." in words(edith.get(url(firm, "my_clients")))
    assert "withdrawn" in words(edith.post(url(firm, "withdraw_group_request", second.pk), follow=True))
    assert signed_in(firm.reader).post(url(firm, "withdraw_group_request", second.pk)).status_code == 404


def test_a_manager_is_told_that_they_need_not_ask(firm: Firm, wen: Any) -> None:
    assert "need not ask" in words(wen.get(url(firm, "ask_for_clients"), follow=True))
    assert "work for every client" in words(wen.get(url(firm, "my_clients")))


def test_a_business_without_clients_is_told_so(firm: Firm) -> None:
    amara = signed_in(firm.office.cast.amara)
    for name in ("client_groups", "new_client_group", "my_clients", "request_list"):
        page = amara.get(reverse(f"delegation:{name}", args=(firm.northlight.bn9,)))
        assert page.status_code == 403
        assert "Only a licensed customs broker or a trade consultant" in words(page)


def test_a_group_of_another_provider_is_not_there(firm: Firm, wen: Any) -> None:
    cast = firm.office.cast
    other = services.create_group(
        provider_id=cast.passerelle.pk, name="Theirs", role="EDITOR", **firm.office.by(cast.ines)
    )
    for name in ("client_group", "change_client_group", "delete_client_group", "add_group_clients", "group_staff"):
        assert wen.get(url(firm, name, other.pk)).status_code == 404


def test_the_menu_leads_staff_to_their_clients(firm: Firm) -> None:
    page = signed_in(firm.editor).get(reverse("releases:list", args=(firm.provider.bn9,))).content.decode()
    assert url(firm, "my_clients") in page and url(firm, "clients") not in page.replace(url(firm, "my_clients"), "")

"""Step 3: a broker asks and the importer approves, or the importer names the broker; it then sees exactly that."""

from delegation.models import Delegation
from notifications.models import Notification
from tests.journeys.person import Person
from tests.journeys.town import Town

#: What somebody types under the declaration.
SIGNATURE = {"signed_name": "Amara Osei", "signed_title": "Director", "is_declared": "on"}


def test_the_broker_asks_and_the_importer_approves_one_program_with_its_own_transactions_only(town: Town) -> None:
    northlight, harbourline, other = town.importer(), town.broker(), town.broker("Other Brokers Ltd.", "Olga Other")
    surety = town.surety()
    second = town.world.program_account(northlight.business, "RM0002", name="Rental fleet")
    town.secure(northlight, surety)
    town.delegate(other, northlight)
    theirs = town.declare(northlight, "4000.00", by=other)
    own = town.declare(northlight, "3000.00")

    wen = Person(harbourline.manager)
    wen.open(f"businesses/{harbourline.bn9}/clients/request/")
    wen.submit(having="bn9", bn9=northlight.bn9, comment="We clear your goods at Halifax.")
    assert wen.page.status == 200 and "Northlight" in wen.page.text
    assert wen.open(f"accounts/{northlight.number}/declarations/").status == 404

    amara = Person(northlight.manager)
    amara.open(f"businesses/{northlight.bn9}/third-parties/requests/")
    assert "Harbourline Customs Brokers Ltd." in amara.page.text
    asked = Delegation.objects.get(provider=harbourline.business)
    amara.open(f"businesses/{northlight.bn9}/third-parties/requests/{asked.pk}/")
    assert "We clear your goods at Halifax." in amara.page.text
    amara.open(f"businesses/{northlight.bn9}/third-parties/requests/{asked.pk}/approve/")
    assert northlight.account is not None
    amara.submit(
        "Check and sign",
        programs="some",
        program_accounts=[northlight.account.pk],
        access="PROGRAM_MANAGEMENT",
        sees=[],
    )
    assert amara.submit("Sign and approve access").status == 200 and "Error" in amara.page.html
    amara.submit("Sign and approve access", **SIGNATURE)
    assert "now has access" in amara.page.text

    assert wen.open(f"accounts/{northlight.number}/declarations/").status == 200
    assert theirs.number not in wen.page.text and own.number not in wen.page.text
    assert wen.open(f"accounts/{northlight.number}/declarations/{theirs.number}/").status == 404
    assert wen.open(f"accounts/{second.number}/declarations/").status == 404
    assert wen.open(f"accounts/{northlight.number}/statements/").status == 403
    filed = town.declare(northlight, "2000.00", by=harbourline)
    assert filed.number in wen.open(f"accounts/{northlight.number}/declarations/").text
    # The importer sees all three, at once.
    amara.open(f"accounts/{northlight.number}/declarations/")
    assert {theirs.number, own.number, filed.number} <= set(amara.page.text.split())
    assert Notification.objects.filter(user=harbourline.manager, category="access").exists()


def test_the_importer_widens_what_the_broker_sees_and_revokes_it(town: Town) -> None:
    northlight, harbourline, surety = town.importer(), town.broker(), town.surety()
    town.secure(northlight, surety)
    own = town.declare(northlight, "3000.00")
    given = town.delegate(harbourline, northlight, sees_client=False, sees_others=False)
    wen, amara = Person(harbourline.manager), Person(northlight.manager)
    assert own.number not in wen.open(f"accounts/{northlight.number}/declarations/").text
    amara.open(f"businesses/{northlight.bn9}/third-parties/{given.pk}/change/")
    amara.submit(having="sees", button="Check the change", sees=["client", "others"])
    assert "After the change" in amara.page.text
    amara.submit("Change the access", **SIGNATURE)
    assert own.number in wen.open(f"accounts/{northlight.number}/declarations/").text
    assert wen.open(f"accounts/{northlight.number}/statements/").status == 200
    amara.open(f"businesses/{northlight.bn9}/third-parties/{given.pk}/revoke/")
    amara.submit("Revoke access", reason="The contract ended.")
    assert wen.open(f"accounts/{northlight.number}/declarations/").status == 404


def test_the_importer_names_the_broker_who_accepts_in_its_own_received_requests(town: Town) -> None:
    northlight, harbourline = town.importer(), town.broker()
    amara, wen = Person(northlight.manager), Person(harbourline.manager)
    amara.open(f"businesses/{northlight.bn9}/third-parties/new/")
    amara.submit(
        having="bn9",
        bn9=harbourline.bn9,
        programs="all",
        access="BUSINESS_MANAGEMENT",
        sees=["client", "others"],
        comment="Please act for us.",
    )
    amara.submit("Sign and ask them to accept", **SIGNATURE)
    assert amara.page.status == 200, amara.page.text
    assert wen.open(f"accounts/{northlight.number}/declarations/").status == 404
    wen.open(f"businesses/{harbourline.bn9}/third-parties/requests/")
    assert "Northlight Outdoor Supply Inc." in wen.page.text
    asked = Delegation.objects.get(provider=harbourline.business)
    wen.open(f"businesses/{harbourline.bn9}/third-parties/requests/{asked.pk}/accept/")
    wen.submit("Accept to act for Northlight Outdoor Supply Inc.", **SIGNATURE)
    assert "You may now act for Northlight Outdoor Supply Inc." in wen.page.text
    assert wen.open(f"accounts/{northlight.number}/statements/").status == 200


def test_two_answers_to_one_request_end_in_one_access_and_a_clear_message(town: Town) -> None:
    northlight, harbourline = town.importer(), town.broker()
    wen, amara, second = Person(harbourline.manager), Person(northlight.manager), Person(northlight.manager)
    wen.open(f"businesses/{harbourline.bn9}/clients/request/")
    wen.submit(having="bn9", bn9=northlight.bn9)
    asked = Delegation.objects.get(provider=harbourline.business)
    address = f"businesses/{northlight.bn9}/third-parties/requests/{asked.pk}/"
    amara.open(address + "approve/")
    second.open(address + "reject/")
    amara.submit("Check and sign", programs="all", access="BUSINESS_MANAGEMENT")
    amara.submit("Sign and approve access", **SIGNATURE)
    second.submit("Reject request", reason="We do not know you.")
    assert second.page.status in (200, 409) and "Traceback" not in second.page.text
    asked.refresh_from_db()
    assert asked.state == Delegation.State.ACTIVE
    # The same request once more, and one to itself.
    wen.open(f"businesses/{harbourline.bn9}/clients/request/")
    wen.submit(having="bn9", bn9=northlight.bn9)
    assert "Error" in wen.page.html
    wen.open(f"businesses/{harbourline.bn9}/clients/request/")
    wen.submit(having="bn9", bn9=harbourline.bn9)
    assert harbourline.bn9 in wen.page.html.replace(" ", "") and wen.page.has_button("")
    assert Delegation.objects.count() == 1

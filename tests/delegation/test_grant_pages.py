"""The pages of grants: check and sign, block and unblock, renew several, search among many."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEvent
from delegation import services
from delegation.models import Delegation, ProviderBlock, Signature
from delegation.rules import Scope
from tests.builders import signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import PREVIEW, SIGNATURE, answers, url, words

State = Delegation.State


def harbourlines(office: Office) -> Delegation:
    return Delegation.objects.get(provider=office.cast.harbourline, client=office.northlight)


def hidden(page: Any) -> dict[str, list[str]]:
    """What the check page sends along by itself."""
    kept: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()):
        kept.setdefault(name, []).append(value)
    kept.pop("csrfmiddlewaretoken", None)
    return kept


# --- Check and sign ---------------------------------------------------------------------------------------------------
@PREVIEW
def test_an_approval_is_checked_signed_and_shown_with_its_signature(office: Office) -> None:
    row = office.asked()
    amara, address = signed_in(office.cast.amara), url(office, "approve_request", row.pk)
    check = amara.post(address, answers(act="check", sees=["client", "others"], valid_until="2027-06-30"))
    text = words(check)
    assert "Check and sign the access of Passerelle" in text and "I declare that I may sign" in text
    assert "All, statements and balances too" in text and "30 June 2027" in text and "sees 11 of your 11" in text
    row.refresh_from_db()
    assert row.state == State.REQUESTED
    kept = hidden(check)
    back = amara.post(address, {**kept, "act": "back"})
    assert back.context["form"]["valid_until"].value() == "2027-06-30"
    assert back.context["form"]["sees"].value() == ["client", "others"]
    unsigned = amara.post(address, {**kept, "act": "sign", "signed_name": "Amara Osei"})
    assert "Enter your title" in words(unsigned) and 'value="Amara Osei"' in unsigned.content.decode()
    assert hidden(unsigned) == kept
    done = amara.post(address, {**kept, "act": "sign", **SIGNATURE}, follow=True)
    text = words(done)
    assert "now has access" in text and "Amara Osei, Director" in text and "declaration of 21 October 2024" in text
    assert "The provider asked" in text and "Who had which access when" in text
    printed = words(amara.get(url(office, "third_party_confirmation", row.pk)))
    for phrase in ("Confirmation of a delegation", "Amara Osei, Director", "I declare that", "Passerelle", "CB-4471"):
        assert phrase in printed, phrase


def test_an_older_access_has_a_confirmation_without_signature(office: Office) -> None:
    page = signed_in(office.cast.amara).get(url(office, "third_party_confirmation", harbourlines(office).pk))
    assert "Nothing was signed" in words(page)


@PREVIEW
def test_a_change_shows_before_and_after_and_what_they_newly_see_or_lose(office: Office) -> None:
    held = harbourlines(office)
    amara, address = signed_in(office.cast.amara), url(office, "edit_third_party", held.pk)
    narrower = answers(
        act="check",
        applied="",
        preset="",
        programs="some",
        program_accounts=[office.account.pk],
        valid_from=str(held.valid_from),
    )
    page = amara.post(address, narrower)
    text = words(page)
    for phrase in (
        "Check the change for Harbourline",
        "All, statements and balances too",
        "Only their own",
        "They no longer see 7 declarations",
        "They no longer reach RM0002",
        "No longer: See statements and balances",
        "no signature is needed",
    ):
        assert phrase in text, phrase
    assert amara.post(address, {**hidden(page), "act": "sign"}).status_code == 302
    held.refresh_from_db()
    assert (held.sees_client, held.all_programs) == (False, False)
    assert not Signature.objects.exists()
    wider = amara.post(address, {**narrower, "programs": "all"})
    assert "They newly reach RM0002" in words(wider) and "I declare" in words(wider)
    stale = hidden(wider)
    services.edit_scope(
        delegation_id=held.pk,
        scope=harbourline_scope(held),
        **office.signing(office.backup),
    )
    refused = amara.post(address, {**stale, "act": "sign", **SIGNATURE})
    assert "Somebody changed this access meanwhile" in words(refused)
    same = amara.post(address, {**narrower, "programs": "all", "sees": ["client"]})
    assert "They see and may do the same as now" in words(same)


def harbourline_scope(held: Delegation) -> Any:
    return Scope(access="PROGRAM_MANAGEMENT", all_programs=True, sees_client=True, valid_from=held.valid_from)


def test_naming_checks_the_number_before_anything_is_signed(office: Office) -> None:
    amara, address = signed_in(office.cast.amara), url(office, "nominate")
    wrong = amara.post(address, answers(act="check", bn9=office.northlight.bn9, comment="Keep me"))
    assert "your own business number" in words(wrong) and "Keep me" in words(wrong)
    check = amara.post(address, answers(act="check", bn9=office.cast.passerelle.bn9, comment="Keep me"))
    assert "Check and sign what you offer" in words(check) and "Keep me" in words(check)
    assert not Delegation.objects.filter(provider=office.cast.passerelle).exists()
    done = amara.post(address, {**hidden(check), "act": "sign", **SIGNATURE}, follow=True)
    assert "was asked to accept" in words(done)


# --- Blocking ---------------------------------------------------------------------------------------------------------
def test_blocking_from_a_request_and_unblocking(office: Office) -> None:
    row = office.asked()
    amara = signed_in(office.cast.amara)
    details = amara.get(url(office, "third_party_request", row.pk))
    assert "You have no past with this provider" in words(details) and "Block this provider" in words(details)
    address = url(office, "block_provider", row.pk)
    assert "End the access" not in words(amara.get(address))
    assert "Enter your reason" in words(amara.post(address, {"reason": " "}))
    done = words(amara.post(address, {"reason": "They write to everybody."}, follow=True))
    assert "is blocked." in done and "They write to everybody." in done
    ines = signed_in(office.cast.ines)
    theirs = url(office, "third_party_request", row.pk, of=office.cast.passerelle)
    assert "everybody" not in words(ines.get(theirs))
    asked = ines.post(
        url(office, "request_client", of=office.cast.passerelle), {"bn9": office.northlight.bn9, "comment": "Again"}
    )
    assert "does not accept requests from you" in words(asked) and "Again" in asked.content.decode()
    named = amara.post(url(office, "nominate"), answers(act="check", bn9=office.cast.passerelle.bn9, comment=""))
    assert "You blocked this provider" in words(named)
    block = ProviderBlock.objects.get()
    assert "Unblock Passerelle" in words(amara.get(url(office, "unblock_provider", block.pk)))
    free = words(amara.post(url(office, "unblock_provider", block.pk), follow=True))
    assert "is no longer blocked" in free and "You blocked nobody" in free
    assert amara.post(url(office, "unblock_provider", block.pk)).status_code == 404


def test_blocking_a_third_party_ends_its_access_only_when_ticked(office: Office) -> None:
    held, amara = harbourlines(office), signed_in(office.cast.amara)
    address = url(office, "block_provider", held.pk)
    assert "End the access it has now" in words(amara.get(address))
    amara.post(address, {"reason": "Trial"})
    page = words(amara.get(url(office, "third_party", held.pk)))
    assert "Blocked" in page and "Unblock this provider" in page and "Revoke access" in page
    services.unblock_provider(block_id=ProviderBlock.objects.get().pk, **office.by(office.cast.amara))
    amara.post(address, {"reason": "Enough", "ends_access": "on"})
    held.refresh_from_db()
    assert held.state == State.REVOKED
    assert AuditEvent.objects.filter(verb="delegation.revoked").count() == 1


def test_a_program_manager_and_strangers_block_nobody(office: Office) -> None:
    row = office.asked()
    refused = signed_in(office.pam).post(url(office, "block_provider", row.pk), {"reason": "No"})
    assert "Ask a Business Account Manager" in words(refused)
    ines = signed_in(office.cast.ines)
    assert ines.get(url(office, "block_provider", row.pk, of=office.cast.passerelle)).status_code == 404
    assert signed_in(office.cast.stranger).get(url(office, "block_provider", row.pk)).status_code == 404
    assert not ProviderBlock.objects.exists()


# --- Renewing ---------------------------------------------------------------------------------------------------------
def test_several_are_renewed_after_a_dry_run_that_tells_each_row(office: Office) -> None:
    cast, on = office.cast, office.moment["on"]
    soon = harbourlines(office)
    Delegation.objects.filter(pk=soon.pk).update(valid_until=on + timedelta(days=5))
    ended = cast.world.delegation(cast.passerelle, office.northlight, state=State.EXPIRED, valid_until=on)
    far = cast.world.delegation(
        cast.world.broker("Far Ahead Ltd."), office.northlight, valid_until=on + timedelta(days=700)
    )
    amara, address = signed_in(cast.amara), url(office, "renew")
    assert amara.get(address, {"of": soon.pk}).content.decode().count(" checked") == 1
    empty = words(amara.post(address, {"act": "check", "valid_until": "2027-07-22"}))
    assert "Tick at least one access" in empty
    unknown = words(amara.post(address, {"act": "check", "rows": ["999999"], "valid_until": ""}))
    assert "Choose among those listed" in unknown
    given = {"act": "check", "rows": [soon.pk, ended.pk, far.pk], "valid_until": "2027-07-22"}
    check = amara.post(address, given)
    text = words(check)
    for phrase in ("Renewed at once", "Asked to accept again", "It lasts as long already", "22 July 2027"):
        assert phrase in text, phrase
    soon.refresh_from_db()
    assert soon.valid_until == on + timedelta(days=5)
    kept = hidden(check)
    again = amara.post(address, {**kept, "act": "back"})
    assert again.content.decode().count(" checked") == 3 and 'value="2027-07-22"' in again.content.decode()
    assert "Tick the declaration" in words(amara.post(address, {**kept, "act": "sign"}))
    done = words(amara.post(address, {**kept, "act": "sign", **SIGNATURE}, follow=True))
    assert "1 access was renewed." in done and "1 provider was asked to accept again." in done
    assert "Far Ahead Ltd.: It lasts as long already" in done
    past = words(amara.post(address, {"act": "check", "rows": [far.pk], "valid_until": "2026-07-01"}))
    assert "Nothing would be renewed" in past


def test_nothing_to_renew_is_said(office: Office) -> None:
    assert "Nothing to renew" in words(signed_in(office.cast.amara).get(url(office, "renew")))


# --- An importer with fifty providers ---------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "fr"])
def test_fifty_providers_are_paged_and_searched(office: Office, language: str) -> None:
    world = office.cast.world
    for number in range(50):
        world.delegation(world.broker(f"Many Brokers {number:02} Ltd."), office.northlight, accounts=(office.account,))
        world.delegation(
            world.broker(f"Asking Brokers {number:02} Ltd."),
            office.northlight,
            state=State.REQUESTED,
            valid_from=None,
            decided_at=None,
        )
    amara = signed_in(office.cast.amara)
    for name, hidden_one in (("third_parties", "Many Brokers 37"), ("third_party_requests", "Asking Brokers 12")):
        address = url(office, name).replace("/en/", f"/{language}/")
        assert len(amara.get(address).context["page"].object_list) == 25
        assert f"{hidden_one} Ltd." not in words(amara.get(address))
        found = amara.get(address, {"search": hidden_one[-10:].lower()})
        assert len(found.context["page"].object_list) == 1 and f"{hidden_one} Ltd." in words(found)
        number = found.context["page"].object_list[0].provider.bn9
        spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
        assert len(amara.get(address, {"search": spaced}).context["page"].object_list) == 1
        nothing = words(amara.get(address, {"search": "zzz"}))
        assert ("Nothing found" in nothing) == (language == "en") and "zzz" in nothing
        assert len(amara.get(address, {"search": "a\x00b"}).context["page"].object_list) == 25


def test_the_search_looks_at_the_other_side_only(office: Office) -> None:
    office.asked()
    amara: Client = signed_in(office.cast.amara)
    assert amara.get(url(office, "third_party_requests"), {"search": "northlight"}).context["page"].object_list == []

"""The profiles of a business and its program accounts: who reads, who changes, what stays of the old values."""

import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Business, ContactPerson
from core.errors import Conflict, Refused, Stranger
from core.models import AuditEvent
from delegation import queries, rules, services
from notifications.models import Notification
from tests.builders import signed_in
from tests.delegation.conftest import Office
from tests.delegation.test_pages import url, words

NEW = {
    "operating_name": "Northlight",
    "language": "fr",
    "telephone": "4035550100",
    "email": "office@northlight.example",
    "mailing_address": "PO Box 9\nCalgary AB T2G 0S9",
    "main_name": "Rosa Register",
    "main_position": "Controller",
    "main_telephone": "4035550101",
    "main_email": "",
    "other_name": "",
    "other_position": "",
    "other_telephone": "",
    "other_email": "",
}


def change(office: Office, by: Any, **values: str) -> Business:
    before = queries.business_profile(Business.objects.get(pk=office.northlight.pk))
    return services.change_business_profile(
        business_id=office.northlight.pk,
        profile={**before, **values},
        seen=rules.fingerprint(before),
        **office.by(by),
    )


def change_program(office: Office, by: Any, account: Any = None, **values: str) -> Any:
    account = account or office.account
    account.refresh_from_db()
    before = queries.program_profile(account)
    return services.change_program_profile(
        program_account_id=account.pk, profile={**before, **values}, seen=rules.fingerprint(before), **office.by(by)
    )


def profile_page(office: Office, name: str = "program_profile", account: Any = None) -> str:
    return reverse(f"delegation:{name}", args=((account or office.account).number,))


def test_a_manager_changes_the_profile_and_the_old_values_stay(office: Office) -> None:
    change(office, office.cast.amara, **NEW)
    office.northlight.refresh_from_db()
    assert queries.business_profile(office.northlight) == NEW
    event = AuditEvent.objects.get(verb="business.profile_changed")
    assert (event.before["language"], event.after["language"]) == ("en", "fr")
    assert "other_name" not in event.after
    assert "Changed: Operating name" in Notification.objects.filter(user=office.backup).latest("pk").body
    change(office, office.backup, main_name="", main_position="", main_telephone="")
    assert not ContactPerson.objects.exists()
    history = queries.profile_history(office.northlight)
    assert [row.before["main_name"] for row in history] == ["Rosa Register", ""]


def test_saving_what_is_there_changes_nothing(office: Office) -> None:
    change(office, office.cast.amara)
    change_program(office, office.cast.amara)
    assert not AuditEvent.objects.filter(verb__endswith="profile_changed").exists()


def test_of_two_who_change_at_once_the_second_is_told(office: Office) -> None:
    before = queries.business_profile(office.northlight)
    change(office, office.backup, telephone="4035550100")
    with pytest.raises(Conflict) as refusal:
        services.change_business_profile(
            business_id=office.northlight.pk,
            profile={**before, "telephone": "4035550199"},
            seen=rules.fingerprint(before),
            **office.by(office.cast.amara),
        )
    assert refusal.value.code == "profile_changed"


def test_a_program_manager_changes_the_own_program_accounts_profile_only(office: Office) -> None:
    change_program(office, office.pam, name="Stores, west", main_name="Wes West", main_email="wes@example.com")
    office.account.refresh_from_db()
    assert office.account.name == "Stores, west"
    contact = ContactPerson.objects.get()
    assert (contact.program_account, contact.business, str(contact)) == (office.account, office.northlight, "Wes West")
    event = AuditEvent.objects.get(verb="program_account.profile_changed")
    assert (event.program_account_id, event.before["name"]) == (office.account.pk, "Stores")
    with pytest.raises(Stranger):
        change_program(office, office.pam, office.second, name="Mine")
    with pytest.raises(Refused):
        change(office, office.pam, telephone="4035550100")


@pytest.mark.parametrize("who", ["editor", "reader"])
def test_an_employee_reads_the_program_profile_and_changes_none(office: Office, who: str) -> None:
    person = getattr(office, who)
    with pytest.raises(Refused):
        change_program(office, person, name="Mine")
    browser = signed_in(person)
    assert "Change the profile" not in words(browser.get(profile_page(office)))
    assert browser.get(profile_page(office, "edit_program_profile")).status_code == 403
    assert browser.get(url(office, "business_profile")).status_code == 403


def test_a_third_party_reads_the_profiles_without_their_past_and_changes_none(office: Office) -> None:
    change(office, office.cast.amara, telephone="4035550100")
    change(office, office.cast.amara, telephone="4035550199")
    change_program(office, office.cast.amara, name="New name")
    for refused in (change, change_program):
        with pytest.raises(Refused):
            refused(office, office.cast.wen, telephone="4035550111")
    browser = signed_in(office.cast.wen)
    for there in (url(office, "business_profile"), profile_page(office)):
        text = words(browser.get(there))
        assert "Contact details" in text
        assert "How the profile was before" not in text
        assert "403 555 0100" not in text
        assert "Change the profile" not in text
    assert browser.get(url(office, "edit_business_profile")).status_code == 403
    assert browser.get(profile_page(office, "edit_program_profile")).status_code == 403


# --- Pages ------------------------------------------------------------------------------------------------------------
def typed(office: Office, **values: str) -> dict[str, str]:
    before = queries.business_profile(Business.objects.get(pk=office.northlight.pk))
    return {**before, "seen": rules.fingerprint(before), **values}


def test_a_change_is_looked_at_once_more_and_then_saved(office: Office) -> None:
    browser, there = signed_in(office.cast.amara), url(office, "edit_business_profile")
    answers = typed(office, telephone="(403) 555-0100", mailing_address="PO Box 9\r\n\r\n Calgary ")
    checked = browser.post(there, {**answers, "act": "check"})
    assert "Check what changes" in words(checked)
    assert "403 555 0100" in words(checked)
    assert not AuditEvent.objects.filter(verb="business.profile_changed").exists()
    again = browser.post(there, {**answers, "act": "again"})
    assert 'value="(403) 555-0100"' in again.content.decode()
    saved = browser.post(there, {**answers, "act": "save"})
    assert saved["Location"] == url(office, "business_profile")
    shown = words(browser.get(saved["Location"]))
    assert "PO Box 9" in shown
    assert "How the profile was before" in shown
    assert "Amara Osei" in shown
    office.northlight.refresh_from_db()
    assert office.northlight.mailing_address == "PO Box 9\nCalgary"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"telephone": "call me"}, "Enter a telephone number of 7 to 15 digits"),
        ({"email": "nobody"}, "Enter an e-mail such as name@example.com"),
        ({"main_position": "Controller"}, "Enter the name of this contact"),
        ({"other_name": "Oz Other"}, "Enter a telephone number or an e-mail for this contact"),
        ({"main_name": "A", "main_telephone": "12"}, "Enter a telephone number of 7 to 15 digits"),
        ({"language": "de"}, "Choose English or French"),
        ({"mailing_address": "x" * 301}, "Shorten this to 300 characters"),
    ],
)
def test_bad_answers_are_told_at_their_field_and_kept(office: Office, values: dict[str, str], message: str) -> None:
    page = signed_in(office.cast.amara).post(url(office, "edit_business_profile"), typed(office, **values))
    assert message in words(page)
    assert next(iter(values.values())) in page.content.decode() or "language" in values
    assert not AuditEvent.objects.filter(verb="business.profile_changed").exists()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    answers = typed(office, telephone="4035550100")
    change(office, office.backup, email="office@northlight.example")
    page = signed_in(office.cast.amara).post(url(office, "edit_business_profile"), {**answers, "act": "save"})
    assert "Somebody changed this profile meanwhile" in words(page)
    assert "4035550100" in page.content.decode()


def test_an_unchanged_form_says_so(office: Office) -> None:
    browser = signed_in(office.cast.amara)
    page = browser.post(url(office, "edit_business_profile"), typed(office), follow=True)
    assert "Nothing differs from the profile" in words(page)


def test_the_program_profile_is_changed_on_its_page(office: Office) -> None:
    browser, there = signed_in(office.pam), profile_page(office, "edit_program_profile")
    before = queries.program_profile(office.account)
    assert re.search(r'name="name"[^>]*value="Stores"', browser.get(there).content.decode())
    answers = {**before, "seen": rules.fingerprint(before), "name": "Stores, west", "act": "save"}
    assert browser.post(there, answers).status_code == 302
    shown = words(browser.get(profile_page(office)))
    assert "Stores, west" in shown
    assert "Name of the program account" in shown


def test_legal_name_and_number_are_not_offered_and_support_is_named(office: Office) -> None:
    browser = signed_in(office.cast.amara)
    form = browser.get(url(office, "edit_business_profile")).content.decode()
    assert "legal_name" not in form
    assert 'name="bn9"' not in form
    page = browser.get(url(office, "business_profile"))
    assert "Ask support for a correction" in words(page)
    assert "GST/HST, payroll and excise accounts are held elsewhere" in words(page)
    assert reverse("support:contact") in page.content.decode()

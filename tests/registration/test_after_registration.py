"""What a registration brings along: every program account of the business, and a way out of the wizard for the rest."""

import pytest
from django.test import Client

from delegation.access import program_account_for
from delegation.rules import Action
from registration import services
from tests.builders import World, actor, signed_in
from tests.registration.conftest import Larkspur, Wizard

pytestmark = pytest.mark.django_db


def test_the_other_program_accounts_of_the_business_follow_by_themselves(
    wizard: Wizard, larkspur: Larkspur, world: World
) -> None:
    second = world.program_account(larkspur.business, "RM0002", name="Chandlery, Halifax")
    wizard.register(wizard.up_to_review(larkspur))
    seat = program_account_for(actor(wizard.user), second.number, to=Action.PAY, on=world.today)
    assert seat.program_account == second
    page = signed_in(wizard.user).get(f"/en/businesses/{larkspur.business.bn9}/").content.decode()
    assert "RM0001" in page and "RM0002" in page


def test_they_follow_a_registration_by_hand_too(wizard: Wizard, larkspur: Larkspur, world: World) -> None:
    second = world.program_account(larkspur.business, "RM0002")
    row = wizard.numbers(wizard.begin(), larkspur.account)
    officer = world.officer()
    services.register_by_hand(registration=row, reason="Papers were checked.", actor=actor(officer), at=world.at)
    seat = program_account_for(actor(wizard.user), second.number, to=Action.PAY, on=world.today)
    assert seat.program_account == second


def test_the_wizard_leads_to_the_officer_wherever_it_may_fail(tab: Client, wizard: Wizard, larkspur: Larkspur) -> None:
    wizard.up_to_proof(larkspur)
    for step in ("name-and-address", "proof"):
        assert 'href="/en/register/by-hand/"' in tab.get(f"/en/register/{step}/").content.decode()
    assert 'href="/en/register/way/"' in tab.get("/en/register/numbers/").content.decode()
    assert "Ask an officer" in tab.get("/en/register/by-hand/").content.decode()

"""A manager opens a further program account: the next number at once, and nobody else may."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts import rules
from accounts.models import Business, ProgramAccount
from accounts.services import open_next_program_account
from core.errors import Conflict, Refused
from core.models import AuditEvent
from tests.builders import Cast, actor, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("taken", "following"),
    [([], "RM0001"), (["RM0001"], "RM0002"), (["RM0003", "RM0001"], "RM0004"), (["RM9999"], None)],
)
def test_the_next_number_is_one_above_the_highest(taken: list[str], following: str | None) -> None:
    assert rules.next_rm(taken) == following


def opened(cast: Cast, business: Business | None = None) -> ProgramAccount:
    return open_next_program_account(
        business_id=(business or cast.northlight).pk,
        name="Warehouse",
        profile=ProgramAccount.Profile.IMPORTER,
        actor=actor(cast.amara, cast.northlight),
        on=cast.world.today,
        at=cast.world.at,
    )


def test_the_manager_opens_one_and_is_led_to_its_home(cast: Cast) -> None:
    url = reverse("delegation:open_account", args=(cast.northlight.bn9,))
    answer = signed_in(cast.amara).post(url, {"name": "East coast warehouse", "profile": "IMPORTER_EXPORTER"})
    account = ProgramAccount.objects.get(number=cast.northlight.bn9 + "RM0002")
    assert answer["Location"] == reverse("dashboard:home", args=(account.number,))
    assert (account.name, account.profile, account.opened_on) == (
        "East coast warehouse",
        "IMPORTER_EXPORTER",
        cast.world.today,
    )
    event = AuditEvent.objects.get(verb="program_account.opened", program_account_id=account.pk)
    assert event.business_id == cast.northlight.pk


def test_what_is_missing_is_asked_for_and_nothing_is_opened(cast: Cast) -> None:
    url = reverse("delegation:open_account", args=(cast.northlight.bn9,))
    answer = signed_in(cast.amara).post(url, {"name": "", "profile": "IMPORTER"})
    assert answer.status_code == 422 and "Enter what the program account is used for" in answer.content.decode()
    assert ProgramAccount.objects.filter(business=cast.northlight).count() == 1


def test_a_closed_or_unregistered_business_opens_none(cast: Cast) -> None:
    Business.objects.filter(pk=cast.northlight.pk).update(closed_on=cast.world.today)
    with pytest.raises(Refused) as refusal:
        opened(cast)
    assert refusal.value.code == "business_closed"
    Business.objects.filter(pk=cast.northlight.pk).update(
        closed_on=cast.world.today + timedelta(days=1), registered_at=None
    )
    with pytest.raises(Refused):
        opened(cast)


def test_when_every_number_is_used_the_page_says_whom_to_ask(cast: Cast) -> None:
    cast.world.program_account(cast.northlight, "RM9999")
    with pytest.raises(Conflict) as refusal:
        opened(cast)
    assert refusal.value.code == "no_number_left"
    url = reverse("delegation:open_account", args=(cast.northlight.bn9,))
    answer: Any = signed_in(cast.amara).post(url, {"name": "One more", "profile": "IMPORTER"})
    assert answer.status_code == 422 and "Ask an officer" in answer.content.decode()
    assert 'value="One more"' in answer.content.decode()

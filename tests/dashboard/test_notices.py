"""The notices of a program account: everybody of the business reads them, each once, and nobody else."""

from typing import Any

import pytest
from django.urls import reverse

from notifications.services import notify
from tests.builders import Cast, signed_in

pytestmark = pytest.mark.django_db


def told(cast: Cast, subject: str, *people: Any, account: Any = None) -> None:
    notify(
        recipients=people,
        subject=subject,
        body="Read it here.",
        category="statement",
        link=f"/en/accounts/{cast.account.number}/statements/",
        business_id=cast.northlight.pk,
        program_account_id=(account or cast.account).pk,
        at=cast.world.at,
    )


def page(cast: Cast, user: Any, number: str = "") -> str:
    answer = signed_in(user).get(reverse("dashboard:notices", args=(number or cast.account.number,)))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_reader_finds_once_what_two_managers_were_told(cast: Cast) -> None:
    backup, reader = cast.world.person("Bea Backup"), cast.world.person("Rita Reader")
    cast.world.membership(backup, cast.northlight)
    cast.world.membership(reader, cast.northlight, "READER", accounts=(cast.account,))
    told(cast, "Your statement of 25 July is ready", cast.amara, backup)
    shown = page(cast, reader)
    assert shown.count("Your statement of 25 July is ready") == 1
    assert f"/en/accounts/{cast.account.number}/statements/" in shown


def test_it_is_shown_in_the_readers_language_where_somebody_was_told_in_it(cast: Cast) -> None:
    french = cast.world.person("Fanny Fournier", language="fr")
    cast.world.membership(french, cast.northlight)
    told(cast, "In English", cast.amara)
    notify_again = {"body": "", "category": "statement", "business_id": cast.northlight.pk}
    notify(
        recipients=[french],
        subject="En fran\u00e7ais",
        link=f"/en/accounts/{cast.account.number}/statements/",
        program_account_id=cast.account.pk,
        at=cast.world.at,
        **notify_again,
    )
    assert "In English" in page(cast, cast.amara) and "En fran\u00e7ais" not in page(cast, cast.amara)
    answer = signed_in(french).get(f"/fr/accounts/{cast.account.number}/notices-received/").content.decode()
    assert "En fran\u00e7ais" in answer and "In English" not in answer


def test_another_account_and_another_business_stay_apart(cast: Cast) -> None:
    second = cast.world.program_account(cast.northlight, "RM0002")
    told(cast, "About the first", cast.amara)
    told(cast, "About the second", cast.amara, account=second)
    told(cast, "What the broker was told", cast.wen)
    shown = page(cast, cast.amara)
    assert "About the first" in shown and "About the second" not in shown and "What the broker" not in shown
    assert "About the second" in page(cast, cast.amara, second.number)


def test_without_any_notice_the_page_says_what_will_come(cast: Cast) -> None:
    assert "No notices yet" in page(cast, cast.amara)

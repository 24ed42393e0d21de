"""The navigation of each seat: six items at most, only what the seat may open, the current one marked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from accounts.models import Membership
from carm_portal import navigation
from tests.builders import signed_in
from tests.dashboard.conftest import Shop
from tests.dashboard.pages import address

pytestmark = pytest.mark.django_db


def labels(client: Client, url: str) -> tuple[list[str], list[str], HttpResponse]:
    response = client.get(url)
    assert response.status_code == 200
    items = navigation.items(response.wsgi_request)
    return [row["label"] for row in items], [row["label"] for row in items if row["current"]], response


def test_the_importer_has_six(shop: Shop) -> None:
    client = signed_in(shop.cast.amara)
    number = shop.account.number
    shown, current, _response = labels(client, address("dashboard:home", number))
    assert shown == [
        "Home",
        "Declarations",
        "Statements and payments",
        "Financial security",
        "People and access",
        "Releases",
    ]
    assert current == ["Home"]
    for page, label in (("security:overview", "Financial security"), ("releases:account_list", "Releases")):
        assert labels(client, address(page, number))[1] == [label]
    bn9 = shop.cast.northlight.bn9
    shown, current, _response = labels(client, address("delegation:people", bn9))
    assert len(shown) == 6
    assert current == ["People and access"]


def test_every_item_of_a_seat_opens(shop: Shop, narrow: Callable[..., Any]) -> None:
    cast = shop.cast
    narrow()
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.northlight, Membership.Role.READER, accounts=(shop.account,))
    pages = [
        (cast.amara, address("dashboard:home", shop.account.number)),
        (reader, address("dashboard:home", shop.account.number)),
        (cast.wen, address("dashboard:home", shop.account.number)),
        (cast.ines, address("dashboard:home", shop.account.number)),
        (cast.wen, address("dashboard:business", cast.harbourline.bn9)),
        (cast.peter, address("dashboard:business", cast.keystone.bn9)),
        (cast.amara, address("dashboard:business", cast.northlight.bn9)),
        (cast.daniel, address("dashboard:officer")),
    ]
    for user, page in pages:
        client = signed_in(user)
        response = client.get(page)
        items = navigation.items(response.wsgi_request)
        assert 0 < len(items) <= 6
        for language in ("en", "fr"):
            with translation.override(language):
                words = [str(row["label"]) for row in navigation.items(response.wsgi_request)]
            assert len(set(words)) == len(words), f"two entries of {user} read alike: {words}"
        for row in items:
            assert client.get(row["url"]).status_code == 200, (user, row)


def test_a_delegate_has_no_people_and_providers_have_their_own(shop: Shop) -> None:
    cast = shop.cast
    shown, _current, _response = labels(signed_in(cast.wen), address("dashboard:home", shop.account.number))
    assert "People and access" not in shown
    shown, _current, _response = labels(signed_in(cast.wen), address("dashboard:business", cast.harbourline.bn9))
    assert shown == ["Home", "Client board", "Clients", "Releases", "People and access"]
    shown, _current, _response = labels(signed_in(cast.peter), address("dashboard:business", cast.keystone.bn9))
    assert shown == ["Home", "Bonds", "People and access"]
    shown, current, _response = labels(signed_in(cast.daniel), address("dashboard:jobs"))
    assert shown == ["Overview", "Applications", "Requests", "Jobs", "Clock", "Registers"]
    assert current == ["Jobs"]


def test_without_a_seat_there_is_none(shop: Shop) -> None:
    assert labels(Client(), address("dashboard:about"))[0] == []
    assert labels(signed_in(shop.cast.amara), address("notifications:list"))[0] == []

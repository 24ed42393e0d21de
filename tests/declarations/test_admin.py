"""The officers' side: registers to read, and one act at the port."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from declarations import services
from declarations.models import Declaration
from releases.rules import ReleaseKind
from tests.builders import Cast, signed_in
from tests.declarations.desk import drafted, filer, released

pytestmark = pytest.mark.django_db
LIST = "/en/admin/declarations/declaration/"


@pytest.fixture
def daniel(cast: Cast) -> Client:
    wanted = ("view_declaration", "change_declaration", "view_release", "view_line", "view_invoice")
    wanted += ("view_declarationversion", "view_numberseries")
    Group.objects.get(name="officer").permissions.set(Permission.objects.filter(codename__in=wanted))
    return signed_in(cast.daniel)


@pytest.fixture
def ready(cast: Cast) -> Declaration:
    release = released(cast.world, cast.account, cast.harbourline, kind=ReleaseKind.CTYPE)
    return services.submit(
        declaration=drafted(cast.world, release), actor=filer(cast.world, cast.harbourline), at=cast.world.at
    )


def test_registers_are_read_only(cast: Cast, daniel: Client, ready: Declaration) -> None:
    for register in ("declarations/declaration", "releases/release", "releases/numberseries", "declarations/line"):
        assert daniel.get(f"/en/admin/{register}/").status_code == 200
        assert daniel.get(f"/en/admin/{register}/add/").status_code == 403
    for register in ("declarations/declarationversion", "declarations/invoice"):
        assert daniel.get(f"/en/admin/{register}/").status_code == 200
    page = daniel.get(f"{LIST}{ready.pk}/change/").content.decode()
    assert ready.number in page and 'name="_save"' not in page


def test_the_payment_is_taken_at_the_counter_one_by_one(cast: Cast, daniel: Client, ready: Declaration) -> None:
    chosen: dict[str, Any] = {"action": "at_the_counter", "_selected_action": [ready.pk]}
    assert daniel.post(LIST, chosen)["Location"] == f"/en/officers/counter/{ready.number}/"
    other = drafted(cast.world, released(cast.world, cast.account, cast.harbourline, kind=ReleaseKind.CTYPE))
    chosen["_selected_action"] = [ready.pk, other.pk]
    assert "one payment at a time" in daniel.post(LIST, chosen, follow=True).content.decode()
    for person in (cast.wen, cast.amara, cast.stranger):
        assert signed_in(person).post(LIST, chosen).status_code in (302, 403)
    assert Declaration.objects.get(pk=ready.pk).state == "READY"

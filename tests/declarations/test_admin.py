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


def mark_paid(client: Client, *declarations: Declaration, method: str) -> str:
    data: dict[str, Any] = {
        "action": "mark_paid",
        "method": method,
        "_selected_action": [row.pk for row in declarations],
    }
    return client.post(LIST, data, follow=True).content.decode()


def test_registers_are_read_only(cast: Cast, daniel: Client, ready: Declaration) -> None:
    for register in ("declarations/declaration", "releases/release", "releases/numberseries", "declarations/line"):
        assert daniel.get(f"/en/admin/{register}/").status_code == 200
        assert daniel.get(f"/en/admin/{register}/add/").status_code == 403
    for register in ("declarations/declarationversion", "declarations/invoice"):
        assert daniel.get(f"/en/admin/{register}/").status_code == 200
    page = daniel.get(f"{LIST}{ready.pk}/change/").content.decode()
    assert ready.number in page and 'name="_save"' not in page


def test_an_officer_marks_a_declaration_paid_at_the_counter(cast: Cast, daniel: Client, ready: Declaration) -> None:
    assert "choose how it was paid" in mark_paid(daniel, ready, method="")
    assert Declaration.objects.get().state == "READY"
    assert "1 declaration paid and released" in mark_paid(daniel, ready, method="INTERAC")
    assert Declaration.objects.get().state == "ACCEPTED"
    assert "not ready for payment" in mark_paid(daniel, ready, method="INTERAC")


def test_nobody_else_can(cast: Cast, ready: Declaration) -> None:
    for person in (cast.wen, cast.amara, cast.stranger):
        assert signed_in(person).post(LIST, {"action": "mark_paid", "method": "CASH"}).status_code in (302, 403)
    assert Declaration.objects.get().state == "READY"

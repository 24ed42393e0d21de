"""The counter: a C-type declaration is found, checked, paid within the card's limit, and its goods released."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command

from declarations import services
from declarations.models import Declaration
from payments.queries import card_room
from releases.models import Release
from releases.rules import ReleaseKind
from tests.builders import Cast, signed_in
from tests.declarations.desk import BOOTS, INVOICE, drafted, filer, released

pytestmark = pytest.mark.django_db


def presented(cast: Cast, value: str, *, is_ready: bool = True) -> Declaration:
    release = released(cast.world, cast.account, cast.harbourline, kind=ReleaseKind.CTYPE)
    line, invoice = replace(BOOTS, value=Decimal(value)), replace(INVOICE, total=Decimal(value))
    declaration = drafted(cast.world, release, line, invoice=invoice)
    if is_ready:
        services.submit(declaration=declaration, actor=filer(cast.world, cast.harbourline), at=cast.world.at)
    return declaration


def test_the_goods_are_released_when_the_declaration_is_paid(cast: Cast) -> None:
    declaration, unfinished = presented(cast, "9840.00"), presented(cast, "100.00", is_ready=False)
    daniel = signed_in(cast.daniel)
    page = daniel.get("/en/officers/counter/").content.decode()
    assert declaration.number in page and unfinished.number not in page
    assert "No C-type declaration has this number" in daniel.get("/en/officers/counter/?number=1").content.decode()
    one = daniel.get(f"/en/officers/counter/?number={declaration.number}")["Location"]
    assert "Take $2,351.76 and release" in daniel.get(one).content.decode()
    assert "Choose how it is paid" in daniel.post(one, {}).content.decode()
    assert daniel.post(one, {"method": "CARD"}).status_code == 302
    assert "Paid and released" in daniel.get(one).content.decode()
    assert Release.objects.get(transaction_number=declaration.number).state == "RELEASED"
    waiting = one.replace(declaration.number, unfinished.number)
    assert "Not ready for the port" in daniel.get(waiting).content.decode()
    assert "not ready for payment" in daniel.post(waiting, {"method": "CASH"}).content.decode()
    assert daniel.get("/en/officers/counter/12345678901234/").status_code == 404
    call_command("verify_ledger", verbosity=0)


def test_a_card_pays_no_more_than_its_limit_of_the_billing_period(cast: Cast) -> None:
    first, second = presented(cast, "9840.00"), presented(cast, "11880.00")
    daniel = signed_in(cast.daniel)
    assert daniel.post(f"/en/officers/counter/{first.number}/", {"method": "CARD"}).status_code == 302
    # 4,999.99 less the 2,351.76 of the first; the second comes to 2,839.32.
    page = daniel.post(f"/en/officers/counter/{second.number}/", {"method": "CARD"}).content.decode()
    assert "A credit card pays $2,648.23 more at most" in page
    assert card_room(cast.account.pk, on=cast.world.today).used == Decimal("2351.76")
    assert "2,648.23" in signed_in(cast.amara).get(f"/en/accounts/{cast.account.number}/").content.decode()
    assert daniel.post(f"/en/officers/counter/{second.number}/", {"method": "INTERAC"}).status_code == 302


def test_goods_on_hold_are_not_paid_for(cast: Cast) -> None:
    declaration = presented(cast, "100.00")
    Release.objects.filter(transaction_number=declaration.number).update(state="HELD")
    daniel = signed_in(cast.daniel)
    one = f"/en/officers/counter/{declaration.number}/"
    assert "The goods are not free to be released" in daniel.get(one).content.decode()
    assert "do not wait for payment at the port" in daniel.post(one, {"method": "CASH"}).content.decode()
    declaration.refresh_from_db()
    assert declaration.state == "READY"

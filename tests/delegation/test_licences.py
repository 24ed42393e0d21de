"""A broker's licence revoked: nothing is filed from then on, everybody concerned is told, it can come back."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import Business
from accounts.rules import is_licence_in_force
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from delegation import services
from delegation.models import Delegation, Signature
from notifications.models import Notification
from tests.builders import Cast, actor, signed_in
from tests.conftest import TEST_DAY
from tests.delegation.test_pages import words

ON = date(2026, 7, 22)


@pytest.mark.parametrize(
    ("valid_until", "revoked_on", "holds"),
    [
        (None, None, True),
        (ON, None, True),
        (ON - timedelta(days=1), None, False),
        (None, ON, False),
        (None, ON + timedelta(days=1), True),
        (ON + timedelta(days=9), ON - timedelta(days=1), False),
    ],
)
def test_when_a_licence_is_in_force(valid_until: date | None, revoked_on: date | None, holds: bool) -> None:
    assert is_licence_in_force(valid_until, revoked_on, on=ON) is holds


@pytest.mark.django_db
def test_an_officer_revokes_and_restores_and_the_authority_to_file_follows_at_once(cast: Cast) -> None:
    delegation = Delegation.objects.get(provider=cast.harbourline, client=cast.northlight)
    officer, broker = signed_in(cast.daniel), signed_in(cast.wen)
    listed = words(officer.get(reverse("delegation:licences"), {"search": "harbour"}))
    assert "Harbourline" in listed and "Passerelle" not in listed and "Licence valid" in listed
    assert "Nothing found" in words(officer.get(reverse("delegation:licences"), {"search": "zzz"}))
    page = reverse("delegation:licence", args=(cast.harbourline.bn9,))
    assert "Enter the reason" in words(officer.post(page, {"reason": " "}))
    filing = reverse("declarations:edit", args=(cast.account.number, "17042000044600"))
    assert broker.get(filing).status_code == 404, "past the door there is no such declaration yet"

    done = words(officer.post(page, {"reason": "Fraud found."}, follow=True))
    assert "The licence of Harbourline Customs Brokers Ltd. is revoked." in done and "Licence revoked" in done
    refused = broker.get(filing)
    assert refused.status_code == 403 and "is not in force today" in words(refused)
    with pytest.raises(Refused):
        services.require_in_force(provider_id=cast.harbourline.pk, program_account=cast.account, on=ON)
    # What it was given stays, and its client reads that the licence is revoked.
    delegation.refresh_from_db()
    assert delegation.state == Delegation.State.ACTIVE
    client_page = reverse("delegation:third_party", args=(cast.northlight.bn9, delegation.pk))
    assert "Licence revoked" in words(signed_in(cast.amara).get(client_page))
    hers, theirs = Notification.objects.get(user=cast.amara), Notification.objects.get(user=cast.wen)
    assert hers.link == client_page and "Fraud" not in hers.body and "Name another broker" in hers.body
    assert "Fraud found." in theirs.body and not Notification.objects.filter(user=cast.luc).exists()

    assert "Restore the licence" in words(officer.get(page))
    officer.post(page, {"reason": "Appeal won."})
    assert broker.get(filing).status_code == 404
    told = Notification.objects.filter(user=cast.amara).latest("id")
    assert told.subject == "The customs broker licence of Harbourline Customs Brokers Ltd. is in force again"
    verbs = AuditEvent.objects.filter(verb__startswith="business.licence").order_by("id")
    assert list(verbs.values_list("verb", "reason")) == [
        ("business.licence_revoked", "Fraud found."),
        ("business.licence_restored", "Appeal won."),
    ]


@pytest.mark.django_db
def test_only_officers_revoke_with_a_reason_brokers_only_and_once(cast: Cast) -> None:
    moment = {"on": ON, "at": TEST_DAY}
    broker, officer = cast.harbourline.pk, actor(cast.daniel)
    with pytest.raises(Stranger):
        services.revoke_licence(business_id=broker, reason="Mine", actor=actor(cast.wen), **moment)
    with pytest.raises(DomainError, match="Enter the reason"):
        services.revoke_licence(business_id=broker, reason=" ", actor=officer, **moment)
    with pytest.raises(Conflict):
        services.revoke_licence(business_id=cast.keystone.pk, reason="A surety", actor=officer, **moment)
    with pytest.raises(Conflict):
        services.restore_licence(business_id=broker, reason="Nothing to restore", actor=officer, **moment)
    services.revoke_licence(business_id=broker, reason="Once", actor=officer, **moment)
    with pytest.raises(Conflict):
        services.revoke_licence(business_id=broker, reason="Twice", actor=officer, **moment)
    assert Business.objects.get(pk=broker).licence_revoked_on == ON


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_provider_prints_the_confirmation_of_an_access_in_force(cast: Cast, language: str) -> None:
    row = Delegation.objects.get(provider=cast.harbourline, client=cast.northlight)
    Signature.objects.create(
        delegation=row,
        occasion=Signature.Occasion.APPROVED,
        business=cast.northlight,
        signer=cast.amara,
        name="Amara Osei",
        title="Director",
        text_dated=ON,
        scope={},
        signed_at=TEST_DAY,
    )
    browser = signed_in(cast.wen)
    here = f"/{language}/businesses/{cast.harbourline.bn9}/clients/{row.pk}/confirmation/"
    assert "confirmation/" in browser.get(here.removesuffix("confirmation/")).content.decode()
    page = words(browser.get(here))
    for phrase in ("Northlight Outdoor Supply Inc.", "CB-4471, ", "Amara Osei, Director"):
        assert phrase in page
    document = browser.get(f"{here}pdf/")
    assert document.content.startswith(b"%PDF") and document["Content-Type"] == "application/pdf"
    cast.harbourline.licence_revoked_on = ON
    cast.harbourline.save()
    Signature.objects.all().delete()
    if language == "en":
        assert "not in force: it may not release or account for goods" in words(browser.get(here))
    assert browser.get(f"{here}pdf/").status_code == 200
    row.state = Delegation.State.REVOKED
    row.save()
    assert browser.get(here).status_code == browser.get(f"{here}pdf/").status_code == 404

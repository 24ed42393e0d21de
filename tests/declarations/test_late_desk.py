"""The officers' desk of late accounting: the agency's own assessment, the penalty taken back, the right importer."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from declarations import services
from declarations.rules import AssessmentRefusal, assessment_refusal
from ledger.queries import balance_of, entries_of_source
from ledger.rules import Revenue
from notifications.models import Notification
from releases.models import Release
from tests.builders import Cast, actor, signed_in
from tests.declarations.desk import accepted, moment, released, secured
from tests.declarations.test_late_accounting import run

LATE = date(2026, 8, 10)
AMOUNTS = {Revenue.DUTY: Decimal("2000.00"), Revenue.GST: Decimal("600.00")}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"accounting_due_on": None}, AssessmentRefusal.NOT_RELEASED),
        ({"accounted_on": LATE}, AssessmentRefusal.ACCOUNTED),
        ({"on": date(2026, 7, 29)}, AssessmentRefusal.NOT_OVERDUE),
        ({"on": date(2026, 7, 30)}, None),
        ({"is_assessed": True}, AssessmentRefusal.ASSESSED),
        ({"total": Decimal(0)}, AssessmentRefusal.NOTHING),
    ],
)
def test_only_overdue_goods_are_assessed_once(changes: dict[str, Any], refusal: AssessmentRefusal | None) -> None:
    facts: dict[str, Any] = {
        "accounting_due_on": date(2026, 7, 29),
        "accounted_on": None,
        "on": LATE,
        "is_assessed": False,
        "total": Decimal("0.01"),
    }
    assert assessment_refusal(**{**facts, **changes}) == refusal


def assess(cast: Cast, release: Release, amounts: Any = AMOUNTS, on: date = LATE) -> Release:
    return services.assess(
        release=release, amounts=amounts, reason="No answer", actor=actor(cast.daniel), at=moment(on)
    )


@pytest.mark.django_db
def test_what_is_declared_after_an_assessment_is_charged_as_the_difference(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline)
    with pytest.raises(DomainError) as refusal:
        assess(cast, release, on=date(2026, 7, 29))
    assert refusal.value.code == "not_overdue"
    assess(cast, release)
    assert balance_of(account.pk).net == Decimal("2600.00")
    with pytest.raises(DomainError) as refusal:
        assess(cast, release)
    assert refusal.value.code == "already_assessed"
    with pytest.raises(DomainError) as refusal:
        services.change_importer(
            release=release,
            account_number=account.number,
            submitter=cast.harbourline,
            staff_actions=frozenset(),
            reason="Wrong",
            actor=actor(cast.wen, cast.harbourline),
            at=moment(LATE),
        )
    assert refusal.value.code == "already_assessed"
    page = signed_in(cast.amara).get(f"/en/accounts/{account.number}/declarations/{release.transaction_number}/")
    assert page["Location"].endswith(f"/accounts/{account.number}/releases/")
    assert signed_in(cast.amara).get(f"/en/accounts/{account.number}/declarations/1/").status_code == 404
    release.refresh_from_db()
    assert release.accounted_on is None
    # Boots for 9,840.00 dollars: duty 18 % is 1,771.20, GST 5 % of 11,611.20 is 580.56; 248.24 were too much.
    declaration = accepted(cast.world, release, at=moment(date(2026, 8, 12)))
    assert declaration.total == Decimal("2351.76") == balance_of(account.pk).net
    entries = entries_of_source(f"declaration:{release.transaction_number}")
    assert [entry.amount for entry in entries] == [Decimal("2600.00"), Decimal("-248.24")]
    assert Notification.objects.filter(user=cast.amara, subject__contains="The agency assessed release").exists()
    call_command("verify_ledger", verbosity=0)


@pytest.mark.django_db
def test_an_officer_works_off_what_is_late(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline, at=moment(date(2026, 7, 2)))
    in_time = released(cast.world, account, cast.harbourline)
    run(date(2026, 7, 22))
    daniel = signed_in(cast.daniel)
    page = daniel.get("/en/officers/late-accounting/").content.decode()
    assert release.transaction_number in page and in_time.transaction_number not in page
    assert "No release here" in daniel.get("/en/officers/late-accounting/?number=1").content.decode()
    found = daniel.get(f"/en/officers/late-accounting/?number={release.transaction_number}")
    one = found["Location"]
    page = daniel.get(one).content.decode()
    assert "Charge the assessment" in page and "Take the penalty back" in page
    page = daniel.post(one, {"act": "assess", "DUTY": "$5", "reason": "No answer"}).content.decode()
    assert "Leave out the dollar sign" in page and 'value="$5"' in page
    assert "at least one amount" in daniel.post(one, {"act": "assess", "reason": "No answer"}).content.decode()
    assert daniel.post(one, {"act": "assess", "GST": "50.00", "reason": "No answer"}).status_code == 302
    assert "Give the reason" in daniel.post(one, {"act": "waive"}).content.decode()
    assert daniel.post(one, {"act": "waive", "reason": "Strike"}).status_code == 302
    page = daniel.get(one).content.decode()
    assert "Assessed by the agency" in page and "waived on" in page and "Charge the assessment" not in page
    assert "no late accounting penalty to waive" in daniel.post(one, {"act": "waive", "reason": "x"}).content.decode()
    assert balance_of(account.pk).net == Decimal("50.00")
    release.refresh_from_db()
    with pytest.raises(Conflict):
        services.waive_penalty(release=release, reason="Twice", actor=actor(cast.daniel), at=cast.world.at)
    waived = AuditEvent.objects.get(verb="declaration.penalty_waived")
    assert (waived.reason, waived.after) == ("Strike", {"amount": "100.00"})
    assert Notification.objects.filter(user=cast.amara, body__contains="Strike").exists()
    assert (
        "Charge the assessment"
        not in daniel.get(one.replace(release.transaction_number, in_time.transaction_number)).content.decode()
    )
    assert daniel.get("/en/officers/late-accounting/1/").status_code == 404
    call_command("verify_ledger", verbosity=0)


@pytest.mark.django_db
def test_a_broker_corrects_the_program_account_on_its_page(cast: Cast, account: ProgramAccount) -> None:
    other = cast.world.program_account(cast.northlight, "RM0002")
    release = released(cast.world, account, cast.harbourline)
    wen = signed_in(cast.wen)
    one = f"/en/businesses/{cast.harbourline.bn9}/releases/{release.transaction_number}/"
    assert "Correct the program account" in wen.get(one).content.decode()
    page = wen.post(f"{one}importer/", {"account_number": other.number, "reason": "Typing"}).content.decode()
    assert "no Release Prior to Payment at this moment" in page and 'value="Typing"' in page
    secured(cast.world, other)
    assert wen.post(f"{one}importer/", {"account_number": other.number, "reason": "Typing"})["Location"] == one
    assert "Program account of the importer corrected" in wen.get(one).content.decode()
    assert wen.get(one.replace(release.transaction_number, "1") + "importer/").status_code == 404

"""After the request: arrival, examination, hold, admissions, the contingency plan and the right importer."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Business, ProgramAccount
from carm_portal.schedule import TIMETABLE
from core.errors import Conflict, DomainError
from core.jobs import fire
from core.models import AuditEvent
from core.timetable import Firing
from declarations import services as declarations
from declarations.models import Declaration
from delegation.rules import FULL
from ledger.queries import open_items_of
from notifications.models import Notification
from releases import queries, services
from releases.models import Admission, Release
from releases.rules import ReleaseKind, Step
from tests.builders import Cast, actor
from tests.declarations.desk import MANAGER, accepted, drafted, filer, moment, released, secured

pytestmark = pytest.mark.django_db
JOB = next(job for job in TIMETABLE if job.name == "releases.arrivals")
SOON = date(2026, 7, 24)


def codes(release: Release) -> list[str]:
    return list(queries.messages_of(release.pk).values_list("code", flat=True))


def arrive(on: date) -> dict[str, Any]:
    return fire(Firing(job=JOB, due_at=moment(on, 6))).summary


def admit(cast: Cast, kind: str, number: str) -> Admission:
    return services.admit(
        kind=Admission.Kind(kind),
        number=number,
        reason="Admitted",
        actor=actor(cast.daniel),
        on=cast.world.today,
        at=cast.world.at,
    )


def step(cast: Cast, release: Release, name: str, reason: str = "Papers") -> Release:
    return services.take_step(
        release=release, step=Step(name), reason=reason, actor=actor(cast.daniel), at=cast.world.at
    )


def test_goods_asked_for_before_arrival_are_released_when_they_arrive(cast: Cast, account: ProgramAccount) -> None:
    other = secured(cast.world, cast.world.program_account(cast.northlight, "RM0002"))
    release = released(cast.world, account, cast.harbourline, expected_arrival_on=SOON)
    chosen = released(cast.world, other, cast.northlight, expected_arrival_on=SOON)
    admit(cast, "EXAMINATION", other.number)
    assert (release.state, release.released_on, release.accounting_due_on) == ("AWAITING", None, None)
    with pytest.raises(DomainError) as refusal:
        declarations.start_draft(
            release=release, submitter=cast.harbourline, actor=filer(cast.world, cast.harbourline), at=cast.world.at
        )
    assert refusal.value.code == "not_released"
    assert arrive(SOON - timedelta(days=1)) == {"arrived": 0, "examinations": 0}
    assert arrive(SOON) == {"arrived": 2, "examinations": 1}
    release.refresh_from_db()
    chosen.refresh_from_db()
    assert (release.state, release.released_on, release.accounting_due_on) == ("RELEASED", SOON, date(2026, 7, 31))
    assert codes(release) == ["AWAITING_ARRIVAL", "ARRIVED", "RELEASED"]
    assert (chosen.state, codes(chosen)[-1], chosen.accounting_due_on) == ("EXAMINATION", "EXAMINATION", None)
    assert Notification.objects.filter(user=cast.wen, subject__endswith="Goods released").count() == 1
    assert AuditEvent.objects.filter(verb="release.arrived").count() == 2
    # The importer's history does not tell beforehand that its goods are selected.
    assert AuditEvent.objects.get(verb="admission.given").business_id is None
    assert arrive(SOON + timedelta(days=1)) == {"arrived": 0, "examinations": 0}


def test_an_officer_examines_holds_and_lets_go(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline, expected_arrival_on=SOON)
    for name, state in (("EXAMINE", "EXAMINATION"), ("HOLD", "HELD"), ("LET_GO", "AWAITING"), ("ARRIVE", "RELEASED")):
        release = step(cast, release, name, reason=f"Because of {name}")
        assert release.state == state
    assert release.released_on == cast.world.today and release.expected_arrival_on == cast.world.today
    assert codes(release) == [
        "AWAITING_ARRIVAL",
        "EXAMINATION",
        "HELD",
        "LET_GO",
        "AWAITING_ARRIVAL",
        "ARRIVED",
        "RELEASED",
    ]
    assert queries.messages_of(release.pk)[2].note == "Because of HOLD"
    assert AuditEvent.objects.get(verb="release.held").reason == "Because of HOLD"
    with pytest.raises(Conflict) as refusal:
        step(cast, release, "HOLD")
    assert refusal.value.code == "release_step_impossible"


def test_each_program_has_its_admission_and_its_dates(cast: Cast, account: ProgramAccount) -> None:
    courier = {"kind": ReleaseKind.CLVS, "estimated_value": Decimal("3300.00"), "is_uncontrolled": True}
    wants: list[tuple[str, str, str, dict[str, Any], tuple[str, date, date]]] = [
        (
            "CSA_MONTH",
            account.number,
            "NOT_CSA",
            {"kind": ReleaseKind.CSA},
            ("CSA_MONTH", date(2026, 8, 31), date(2026, 8, 31)),
        ),
        ("COURIER", cast.harbourline.bn9, "NOT_COURIER", courier, ("COURIER", date(2026, 8, 24), date(2026, 8, 31))),
        (
            "CONTINUOUS",
            account.number,
            "NOT_CONTINUOUS",
            {"kind": ReleaseKind.CONTINUOUS},
            ("CONTINUOUS", date(2026, 8, 24), date(2026, 8, 31)),
        ),
    ]
    for kind, number, refusal, request, dates in wants:
        assert released(cast.world, account, cast.harbourline, **request).refusal == refusal
        row = admit(cast, kind, number)
        release = released(cast.world, account, cast.harbourline, **request)
        assert (release.stream, release.accounting_due_on, release.payment_due_on) == dates
        services.end_admission(
            admission_id=row.pk, reason="Left", actor=actor(cast.daniel), on=cast.world.today, at=cast.world.at
        )
        assert released(cast.world, account, cast.harbourline, **request).refusal == refusal
    with pytest.raises(Conflict):
        services.end_admission(
            admission_id=row.pk, reason="Left", actor=actor(cast.daniel), on=cast.world.today, at=cast.world.at
        )
    assert AuditEvent.objects.filter(verb__in=("admission.given", "admission.ended")).count() == 6


def test_another_option_of_self_assessment_takes_the_place_of_the_first(cast: Cast, account: ProgramAccount) -> None:
    first = admit(cast, "CSA_MONTH", account.number)
    admit(cast, "CSA_PERIOD", account.number)
    first.refresh_from_db()
    assert first.ends_on == cast.world.today
    release = released(cast.world, account, cast.harbourline, kind=ReleaseKind.CSA)
    assert (release.stream, codes(release)) == ("CSA_PERIOD", ["CSA_DELIVER"])
    with pytest.raises(Conflict) as clash:
        admit(cast, "CSA_PERIOD", account.number)
    assert clash.value.code == "admitted_already"
    for kind, number, code in (
        ("CSA_MONTH", account.number[:9], "number_of_an_account"),
        ("COURIER", "1", "number_unknown"),
        ("CONTINUOUS", "700000000RM0001", "number_unknown"),
        ("CONTINGENCY", account.number, "not_a_broker"),
    ):
        with pytest.raises(DomainError) as refusal:
            admit(cast, kind, number)
        assert (refusal.value.code, refusal.value.field) == (code, "number")


def test_perishable_goods_go_by_the_brokers_contingency_account(cast: Cast) -> None:
    broker = cast.harbourline
    special = secured(cast.world, cast.world.program_account(broker, name="RPP Contingency - Harbourline"))
    request = {"contingency_account": special.number, "goods_category": "SEAFOOD"}
    assert released(cast.world, cast.account, broker, **request).refusal == "NO_CONTINGENCY_ACCT"
    admit(cast, "CONTINGENCY", special.number)
    assert released(cast.world, cast.account, broker).refusal == "NO_RPP"
    assert (
        released(cast.world, cast.account, broker, **{**request, "goods_category": "OTHER"}).refusal
        == "GOODS_NOT_LISTED"
    )
    release = released(cast.world, cast.account, broker, **request)
    assert (release.state, release.contingency_account) == ("RELEASED", special)
    # The importer stays liable, within five business days: what is declared is charged to its own account.
    assert (release.program_account, release.accounting_due_on) == (cast.account, date(2026, 7, 29))
    declaration = accepted(cast.world, release)
    assert [item.amount for item in open_items_of(cast.account.pk, on=cast.world.today)] == [declaration.total]
    assert not open_items_of(special.pk, on=cast.world.today)
    secured(cast.world, cast.account)
    assert released(cast.world, cast.account, broker, **request).refusal == "HAS_RPP"


def correct(cast: Cast, release: Release, account: ProgramAccount | str, submitter: Business) -> Release:
    return declarations.change_importer(
        release=release,
        account_number=account if isinstance(account, str) else account.number,
        submitter=submitter,
        staff_actions=MANAGER,
        reason="Typed the wrong importer",
        actor=filer(cast.world, submitter),
        at=cast.world.at,
    )


def test_a_release_is_put_on_the_right_importer_before_it_is_accounted_for(cast: Cast, account: ProgramAccount) -> None:
    broker, right = cast.harbourline, cast.overdue_account
    release = released(cast.world, account, broker)
    draft = drafted(cast.world, release)
    with pytest.raises(DomainError) as refusal:
        correct(cast, release, right, broker)
    assert (refusal.value.code, refusal.value.field) == ("no_delegation", "account_number")
    cast.world.delegation(broker, cast.desrosiers, sees_client=True, sees_others=True)
    with pytest.raises(DomainError) as refusal:
        correct(cast, release, right, broker)
    assert refusal.value.code == "no_rpp"
    with pytest.raises(DomainError) as refusal:
        correct(cast, release, account, broker)
    assert refusal.value.code == "importer_the_same"
    secured(cast.world, right)
    release = correct(cast, release, right, broker)
    assert (release.program_account, release.asked_for, codes(release)[-1]) == (
        right,
        right.number,
        "IMPORTER_CORRECTED",
    )
    assert Declaration.objects.get(pk=draft.pk).program_account == right
    assert not queries.releases_of_account(account.pk, visibility=FULL).exists()
    assert queries.release_of_account(release.transaction_number, program_account_id=right.pk, visibility=FULL)
    told = Notification.objects.get(user=cast.amara, subject__contains="no longer on your program account")
    assert "Desrosiers" not in told.body
    left, came = AuditEvent.objects.filter(verb__startswith="release.importer").order_by("id")
    assert (left.business_id, came.business_id) == (cast.northlight.pk, cast.desrosiers.pk)
    declarations.submit(declaration=draft, actor=filer(cast.world, broker), at=cast.world.at)
    assert open_items_of(right.pk, on=cast.world.today) and not open_items_of(account.pk, on=cast.world.today)
    with pytest.raises(DomainError) as refusal:
        correct(cast, release, account, broker)
    assert refusal.value.code == "importer_accounted_for"


def test_a_courier_release_keeps_its_billing_when_the_importer_is_corrected(
    cast: Cast, account: ProgramAccount
) -> None:
    other = secured(cast.world, cast.world.program_account(cast.northlight, "RM0002"))
    for number in (account.number, other.number):
        admit(cast, "CSA_MONTH" if number == account.number else "CSA_PERIOD", number)
    release = correct(
        cast, released(cast.world, account, cast.northlight, kind=ReleaseKind.CSA), other, cast.northlight
    )
    assert release.stream == "CSA_PERIOD"
    assert not Notification.objects.filter(subject__contains="no longer").exists()

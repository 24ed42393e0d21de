"""Enrolments for a period, estimates that prove too low, use that rises, and months counted in other ways."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import once
from core.errors import Conflict, DomainError
from core.jobs import set_clock
from core.models import AuditEvent
from ledger.rules import EntryKind, Revenue
from ledger.services import post_charge
from notifications.models import Notification
from reference.models import PolicyParameter
from security import queries, services
from security.models import AnnualReview, Nudge
from security.rules import Level, NudgeKind, Pattern, RequirementSource, RppState, Slice, StatusReason
from tests.security.conftest import (
    SYSTEM,
    charge,
    daily,
    enrolled,
    moment,
    pay_everything,
    review,
    secured,
    told,
    year_of_charges,
)

pytestmark = pytest.mark.django_db
M = Decimal
_numbers = count(1)


def args(on: date) -> dict[str, object]:
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def by_policy(**values: str) -> None:
    for key, value in values.items():
        PolicyParameter.objects.create(
            key=f"security.{key}", effective_from=date(2020, 1, 1), value=value, mark="assumed", source="A class"
        )
    once.forget()


# --- A period only ----------------------------------------------------------------------------------------------------
def test_a_season_has_its_end_in_sight_a_warning_and_an_end(cast, on):
    account = cast.account
    with pytest.raises(DomainError) as refusal:
        services.enrol(program_account_id=account.pk, estimate=M("8000"), pattern=Pattern.SEASONAL, **args(on))
    assert refusal.value.field == "ends_on" and queries.enrolment_of(account.pk) is None
    ends_on = date(2026, 9, 30)
    services.enrol(
        program_account_id=account.pk, estimate=M("8000"), pattern=Pattern.SEASONAL, ends_on=ends_on, **args(on)
    )
    secured(account, cast.keystone, "5000.00", on=on)
    status = queries.rpp_status(account.pk, on=on)
    assert (status.is_on, status.pattern, status.ends_on) == (True, Pattern.SEASONAL, ends_on)
    for ahead in (31, 30, 29, 7):
        daily(ends_on - timedelta(days=ahead))
    assert told(cast.amara, "RPP_PERIOD_ENDS") == 2
    # The season goes on for longer, and is warned of anew.
    later = date(2026, 10, 31)
    services.change_period(program_account_id=account.pk, pattern=Pattern.SEASONAL, ends_on=later, **args(ends_on))
    daily(ends_on + timedelta(days=1))
    assert queries.rpp_status(account.pk, on=later).is_on
    daily(later)
    assert queries.rpp_status(account.pk, on=later).is_on
    run = daily(later + timedelta(days=1))
    after = queries.rpp_status(account.pk, on=later + timedelta(days=1))
    assert (run.summary["periods_ended"], after.is_on, after.state) == (1, False, RppState.CANCELLED)
    assert told(cast.amara, "RPP_PERIOD_ENDED") == told(cast.wen, "RPP_PERIOD_ENDED") == 1
    assert AuditEvent.objects.filter(verb="rpp.period_ended", program_account_id=account.pk).exists()
    with pytest.raises(Conflict):
        services.change_period(
            program_account_id=account.pk, pattern=Pattern.YEAR_ROUND, ends_on=None, **args(date(2026, 11, 2))
        )
    again = enrolled(account, on=date(2026, 11, 2), estimate="9000.00")
    assert (again.state, again.pattern, again.ends_on) == (RppState.ACTIVE, Pattern.YEAR_ROUND, None)


# --- An estimate ------------------------------------------------------------------------------------------------------
def test_an_estimate_that_proves_too_low_is_told_once_a_month_and_raised(cast, on):
    account = cast.account
    enrolled(account, on=on, estimate="8000.00")
    secured(account, cast.keystone, "25000.00", on=on)
    charge(account, "8000.00", date(2026, 7, 23))
    assert daily(date(2026, 7, 24)).summary["nudged"] == 0
    charge(account, "0.01", date(2026, 7, 24))
    assert daily(date(2026, 7, 25)).summary["nudged"] == 1
    assert daily(date(2026, 7, 26)).summary["nudged"] == 0
    found = Nudge.objects.get()
    assert (found.kind, found.amount, found.limit, found.month_end) == (
        NudgeKind.ESTIMATE_LOW, M("8000.01"), M("8000.00"), date(2026, 7, 24),
    )  # fmt: skip
    words = Notification.objects.get(user=cast.amara, category="SEC_ESTIMATE_LOW")
    assert "$8,000.01" in words.body and "Raise your estimate" in words.body
    day = date(2026, 7, 26)
    with pytest.raises(DomainError) as refusal:
        services.raise_estimate(program_account_id=account.pk, amount=M("8000.00"), **args(day))
    assert (refusal.value.code, refusal.value.field) == ("not_higher", "estimate")
    services.raise_estimate(program_account_id=account.pk, amount=M("12000.00"), **args(day))
    requirement = queries.requirement_on(account.pk, on=day)
    assert (requirement.amount, requirement.source) == (M("12000.00"), RequirementSource.ESTIMATE)
    assert queries.enrolment_of(account.pk).estimate == M("12000.00")
    charge(account, "12000.00", date(2026, 8, 3))
    assert daily(date(2026, 8, 4)).summary["nudged"] == 0


def test_an_estimate_that_is_too_low_leaves_the_security_insufficient_until_it_is_raised_and_covered(cast, on, client):
    account = cast.account
    enrolled(account, on=on, estimate="10000.00")
    secured(account, cast.keystone, "5000.00", on=on)
    PolicyParameter.objects.filter(key="security.estimate_low_by").delete()
    by_policy(estimate_low_by="0.10")
    day = date(2026, 7, 24)
    charge(account, "11000.00", date(2026, 7, 23))
    assert daily(day).summary["nudged"] == 1, "of the use alone: a month a tenth above it is not too low yet"
    charge(account, "0.01", date(2026, 7, 23))
    daily(date(2026, 7, 25))
    day = date(2026, 7, 25)
    plain = queries.rpp_status(account.pk, on=day)
    status = plain.by_proven_month()
    # Who may not know everybody's charges reads of the requirement alone.
    assert (plain.is_sufficient, plain.reasons, plain.shortfall.missing) == (True, (), M(0))
    assert (status.is_on, status.is_sufficient, status.reasons) == (True, False, (StatusReason.ESTIMATE_LOW,))
    assert (status.requirement, status.shortfall.missing, status.shortfall.bond) == (
        M("10000.00"), M("1000.01"), M("500.01"),
    )  # fmt: skip
    set_clock(moment(day, 10))
    client.force_login(cast.amara)
    page = client.get(f"/en/accounts/{account.number}/security/").content.decode().replace("\u00a0", " ")
    assert "Your estimate has proved too low" in page and "A month of charges was above your estimate" in page
    assert "$11,000.01" in page and "Short by $1,000.01" in page and "$500.01" in page
    services.raise_estimate(program_account_id=account.pk, amount=M("11000.01"), **args(day))
    raised = queries.rpp_status(account.pk, on=day)
    assert raised.by_proven_month() == raised and raised.reasons == (StatusReason.INSUFFICIENT,)
    services.receive_deposit(program_account_id=account.pk, amount=M("1000.01"), payment_reference="L", **args(day))
    covered = queries.rpp_status(account.pk, on=day).by_proven_month()
    assert (covered.is_sufficient, covered.reasons) == (True, ())


def test_a_yearly_review_that_measured_the_month_gives_the_importer_until_its_deadline(cast, on):
    account = cast.account
    enrolled(account, on=on, estimate="10000.00")
    secured(account, cast.keystone, "5000.00", on=on)
    charge(account, "11000.01", date(2026, 7, 23))
    daily(date(2026, 7, 24))
    assert not queries.rpp_status(account.pk, on=date(2026, 7, 24)).by_proven_month().is_sufficient
    review(date(2026, 7, 25))
    told = AnnualReview.objects.get(program_account=account)
    assert (told.new_amount, told.due_on) == (M("11000.01"), date(2026, 10, 15))
    assert queries.rpp_status(account.pk, on=date(2026, 10, 14)).by_proven_month().is_sufficient
    assert not queries.rpp_status(account.pk, on=date(2026, 10, 15)).is_sufficient


def test_what_rests_on_history_is_no_estimate(cast, on):
    year_of_charges(cast.account, *["1000"] * 13)
    enrolled(cast.account, on=on)
    with pytest.raises(Conflict) as refusal:
        services.raise_estimate(program_account_id=cast.account.pk, amount=M("99999"), **args(on))
    assert refusal.value.code == "no_estimate"


# --- Use --------------------------------------------------------------------------------------------------------------
def test_each_threshold_is_told_once_and_again_after_use_fell(cast, on):
    account, day = cast.account, date(2026, 7, 26)
    enrolled(account, on=on, estimate="50000.00")
    secured(account, cast.keystone, "5000.00", on=on)
    charge(account, "7400.00", day)
    assert daily(day).summary["nudged"] == 0
    for amount, kind in (("100.00", NudgeKind.INFORMATION), ("2600.00", NudgeKind.EXCEEDED)):
        day += timedelta(days=1)
        charge(account, amount, day)
        assert (daily(day).summary["nudged"], told(cast.amara, f"SEC_{kind}")) == (1, 1)
        assert daily(day + timedelta(days=30)).summary["nudged"] == 0
    assert Nudge.objects.first().amount == M("10100.00") and Nudge.objects.first().limit == M("10000.00")
    assert queries.enrolment_of(account.pk).nudge_level == Level.EXCEEDED
    assert told(cast.wen, f"SEC_{NudgeKind.EXCEEDED}") == 0, "totals are nothing for delegates"
    pay_everything(account, day)
    daily(day + timedelta(days=31))
    assert queries.enrolment_of(account.pk).nudge_level == Level.QUIET
    charge(account, "9500.00", day + timedelta(days=32))
    assert daily(day + timedelta(days=33)).summary["nudged"] == 1
    assert told(cast.amara, f"SEC_{NudgeKind.WARNING}") == 1
    call_command("verify_ledger", verbosity=0)


def test_the_look_at_use_takes_the_same_statements_for_one_account_and_for_many(
    cast, world, on, django_assert_max_num_queries
):
    for number in range(12):
        account = world.program_account(cast.account.business, f"RM1{number:03d}")
        enrolled(account, on=on, estimate="5000.00")
        secured(account, cast.keystone, "5000.00", on=on)
        charge(account, "9500.00", date(2026, 7, 26))
    with django_assert_max_num_queries(26):
        assert services.nudge_everybody(on=date(2026, 7, 27), at=moment(date(2026, 7, 27))) == 24


# --- What counts ------------------------------------------------------------------------------------------------------
def _post(account, kind, revenue, amount, posted_on, billing_on=None):
    number = next(_numbers)
    post_charge(
        key=f"test:{kind}:{number}",
        kind=kind,
        holder_id=account.pk,
        submitter_id=account.business_id,
        amounts={revenue: M(amount)},
        source=f"test:{number}",
        memo="",
        posted_on=posted_on,
        billing_on=billing_on or posted_on,
        due_on=date(2030, 1, 1),
        last_day_to_pay=date(2030, 1, 1),
        at=moment(posted_on),
        actor=SYSTEM,
    )


@pytest.mark.parametrize(
    ("policy", "amount", "month"),
    [
        ({}, "1150.00", (date(2026, 5, 25), date(2026, 6, 24))),
        ({"counts_penalties": "no"}, "1000.00", (date(2026, 5, 25), date(2026, 6, 24))),
        ({"counts_interest": "yes"}, "1157.00", (date(2026, 5, 25), date(2026, 6, 24))),
        ({"month_cut": "calendar_months"}, "1100.00", (date(2026, 6, 1), date(2026, 6, 30))),
        ({"month_cut": "billing_periods"}, "1100.00", (date(2026, 6, 18), date(2026, 7, 17))),
        ({"month_basis": "release"}, "1050.00", (date(2026, 4, 25), date(2026, 5, 24))),
    ],
)
def test_every_strategy_gives_its_month_at_enrolment_and_in_the_review(
    cast, policy: dict[str, str], amount: str, month: Slice
):
    """Goods released on 20 May and known on 20 June; two penalties, and interest in June."""
    account = cast.account
    charge(account, "5.00", date(2025, 1, 5))
    _post(account, EntryKind.DECLARATION, Revenue.GST, "1000.00", date(2026, 6, 20), date(2026, 5, 20))
    _post(account, EntryKind.PENALTY, Revenue.PENALTY, "100.00", date(2026, 6, 21), date(2026, 6, 1))
    _post(account, EntryKind.INTEREST, Revenue.INTEREST, "7.00", date(2026, 6, 22))
    _post(account, EntryKind.PENALTY, Revenue.PENALTY, "50.00", date(2026, 5, 26), date(2026, 5, 19))
    by_policy(**policy)
    on = date(2026, 7, 25)
    driving = queries.calculation_for(account.pk, on=on).driving
    assert (driving.amount, (driving.first, driving.last)) == (M(amount), month)
    enrolled(account, on=on)
    review(on)
    found = AnnualReview.objects.get(program_account=account)
    assert (found.new_amount, found.driving_month_end) == (M(amount), month[1])
    assert dict(queries.slices_of(found))[month[1]] == M(amount)
    assert len(queries.counting_rules(on)) == 6


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    loads=st.lists(
        st.tuples(st.integers(1, 5000), st.dates(date(2026, 1, 1), date(2026, 6, 24)), st.sampled_from("ABCD")),
        min_size=1,
        max_size=6,
    ),
    carriers=st.permutations(["ABCD", "WXYZ", "MNOP", "8000"]),
)
def test_the_requirement_is_the_importers_whoever_carries_the_goods(cast, world, loads, carriers):
    """The same charges under other carriers' and other brokers' hands give the same requirement."""
    found = []
    for hands in (["ABCD"] * 4, carriers):
        account = world.program_account(cast.account.business, f"RM{2000 + next(_numbers):04d}")
        for cents, day, carrier in loads:
            number = next(_numbers)
            post_charge(
                key=f"declaration:{hands['ABCD'.index(carrier)]}-{number}:v1",
                kind=EntryKind.DECLARATION,
                holder_id=account.pk,
                submitter_id=[cast.account.business_id, cast.harbourline.pk]["ABCD".index(carrier) % 2],
                amounts={Revenue.GST: M(cents) / 100},
                source=f"declaration:{hands['ABCD'.index(carrier)]}-{number}",
                memo=hands["ABCD".index(carrier)],
                posted_on=day,
                billing_on=day,
                due_on=date(2030, 1, 1),
                last_day_to_pay=date(2030, 1, 1),
                at=moment(day),
                actor=SYSTEM,
            )
        found.append(queries.calculation_for(account.pk, on=date(2026, 7, 22)).driving)
    assert found[0] == found[1]

"""Enrolments, bonds, deposits and reduction requests through the services, on the real book."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from ledger import queries as book
from security import queries, services
from security.models import Bond, Deposit, SecurityRequirement
from security.rules import (
    BondState,
    CaseState,
    DepositState,
    RequirementSource,
    RppState,
    StatusReason,
    SuspensionReason,
)
from tests.security.conftest import (
    SYSTEM,
    charge,
    daily,
    enrolled,
    moment,
    pay_everything,
    secured,
    told,
    year_of_charges,
)

pytestmark = pytest.mark.django_db
M = Decimal


def args(on):
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def status(account, on):
    return queries.rpp_status(account.pk, on=on)


def deposit(account, amount, reference, on, **more):
    return services.receive_deposit(
        program_account_id=account.pk, amount=M(amount), payment_reference=reference, **more, **args(on)
    )


@pytest.fixture
def account(cast):
    """Northlight with fourteen months of charges; the highest of the last twelve slices is 61,500.00."""
    months = "900000 100 200 300 400 12000 48000 61500 700 800 900 1000 1100 1200"
    year_of_charges(cast.account, *months.split())
    return cast.account


# --- Enrolment


def test_the_requirement_is_the_highest_month_of_the_last_twelve_slices(account, on):
    enrolment = enrolled(account, on=on)
    requirement = queries.requirement_on(account.pk, on=on)
    assert enrolment.state == RppState.PENDING_SECURITY
    assert (requirement.amount, requirement.source, requirement.driving_month_end) == (
        M("61500.00"), RequirementSource.ENROLMENT, date(2026, 1, 24),
    )  # fmt: skip
    now = status(account, on)
    assert (now.is_on, now.state, now.requirement) == (False, RppState.PENDING_SECURITY, M("61500.00"))
    assert now.reasons == (StatusReason.PENDING_SECURITY,)
    assert (now.shortfall.bond, now.shortfall.cash) == (M("30750.00"), M("61500.00"))


def test_penalties_count_and_interest_and_paid_at_release_do_not(cast, account, on):
    calculation = queries.calculation_for(account.pk, on=on)
    assert calculation.has_history
    assert (calculation.slices[0][0], calculation.slices[-1][1]) == (date(2025, 6, 25), date(2026, 6, 24))
    assert calculation.months[6] == (date(2026, 1, 24), M("61500.00"))


def test_an_account_with_nothing_required_and_nothing_owed_is_active_at_once(cast, on):
    account = cast.account
    charge(account, "500", date(2025, 1, 10))
    pay_everything(account, date(2025, 1, 11))
    enrolment = enrolled(account, on=on)
    assert enrolment.state == RppState.ACTIVE
    assert status(account, on).is_on
    assert told(cast.amara, "RPP_ENROLLED") == 1
    assert told(cast.wen, "RPP_ENROLLED") == 1


def test_nothing_required_but_a_debt_keeps_the_indicator_off(cast, on):
    charge(cast.account, "12.50", date(2025, 1, 10))
    assert enrolled(cast.account, on=on).state == RppState.PENDING_SECURITY
    deposit(cast.account, "1", "P-1", on)
    assert status(cast.account, on).is_on


def test_without_twelve_months_of_history_an_estimate_is_asked(cast, on):
    charge(cast.account, "3000", date(2026, 5, 10))
    with pytest.raises(DomainError) as refusal:
        enrolled(cast.account, on=on)
    assert (refusal.value.code, refusal.value.field) == ("estimate_required", "estimate")
    assert queries.enrolment_of(cast.account.pk) is None
    enrolment = enrolled(cast.account, on=on, estimate="8000.00")
    assert enrolment.estimate == M("8000.00")
    assert status(cast.account, on).requirement == M("8000.00")
    assert queries.requirement_on(cast.account.pk, on=on).source == RequirementSource.ESTIMATE


def test_enrolment_happens_once(account, on):
    enrolled(account, on=on)
    with pytest.raises(Conflict) as refusal:
        enrolled(account, on=on)
    assert refusal.value.code == "already_enrolled"
    assert SecurityRequirement.objects.count() == 1


def test_an_exporter_cannot_enrol(cast, world, on):
    exporter = world.program_account(cast.northlight, "RM0002", profile=ProgramAccount.Profile.EXPORTER)
    with pytest.raises(DomainError, match="importer"):
        enrolled(exporter, on=on, estimate="0")
    assert status(exporter, on).reasons == (StatusReason.NOT_AN_IMPORTER,)
    with pytest.raises(DomainError, match="importer"):
        services.propose_bond(
            program_account_id=exporter.pk,
            provider_id=cast.keystone.pk,
            agreement_number="X",
            amount=M("5000"),
            validity_start=on,
            **args(on),
        )


def test_leaving_and_coming_back_computes_anew(cast, account, on):
    enrolled(account, on=on)
    services.cancel_rpp(program_account_id=account.pk, **args(on))
    assert status(account, on).reasons == (StatusReason.NOT_ENROLLED,)
    assert told(cast.amara, "RPP_CANCELLED") == 1
    with pytest.raises(Conflict):
        services.cancel_rpp(program_account_id=account.pk, **args(on))
    assert enrolled(account, on=on).state == RppState.PENDING_SECURITY
    services.remove_rpp(program_account_id=account.pk, reason="never secured", **args(on))
    assert queries.enrolment_of(account.pk).note == "never secured"
    charge(account, "5", date(2026, 6, 1), last_day=date(2026, 7, 2))
    with pytest.raises(DomainError) as refusal:
        enrolled(account, on=on)
    assert refusal.value.code == "overdue_debt"


def test_a_removal_needs_an_enrolment(cast, on):
    with pytest.raises(Conflict):
        services.remove_rpp(program_account_id=cast.account.pk, reason="", **args(on))


def test_the_transition_rule_by_the_second(cast):
    day = date(2025, 5, 20)
    before = queries.rpp_status(cast.account.pk, on=day, at=moment(day, 3).replace(second=0))
    after = queries.rpp_status(cast.account.pk, on=day, at=moment(day, 3).replace(second=1))
    assert (before.is_on, before.reasons) == (True, (StatusReason.EXEMPT,))
    assert (after.is_on, after.reasons) == (False, (StatusReason.NOT_ENROLLED,))


# --- Bonds


def propose(cast, on, **more):
    details = {
        "program_account_id": cast.account.pk,
        "provider_id": cast.keystone.pk,
        "agreement_number": "CB-2204-0917",
        "amount": M("30750.00"),
        "validity_start": on,
        **more,
    }
    return services.propose_bond(**details, **args(on))


def test_a_bond_covers_when_its_surety_confirms_it(cast, account, on):
    enrolled(account, on=on)
    bond = propose(cast, on)
    assert bond.state == BondState.PENDING_PROVIDER
    assert not status(account, on).is_on
    assert told(cast.peter, "WSA_TO_CONFIRM") == 1
    services.confirm_bond(bond_id=bond.pk, **args(on))
    now = status(account, on)
    assert (now.is_on, now.state, now.is_sufficient, now.coverage.total) == (True, RppState.ACTIVE, True, M("61500.00"))
    assert told(cast.amara, "WSA_CONFIRMED") == told(cast.amara, "RPP_ACTIVE") == 1
    assert told(cast.wen, "RPP_ACTIVE") == 1
    assert [version.state for version in queries.versions_of(bond.pk)] == [BondState.ACTIVE, BondState.PENDING_PROVIDER]
    verbs = AuditEvent.objects.filter(program_account_id=account.pk).values_list("verb", flat=True)
    assert {"rpp.enrolled", "bond.proposed", "bond.confirmed", "rpp.activated"} <= set(verbs)
    with pytest.raises(Conflict):
        services.confirm_bond(bond_id=bond.pk, **args(on))


def test_a_bond_below_the_requirement_turns_the_indicator_on_but_does_not_suffice(cast, account, on):
    enrolled(account, on=on)
    secured(account, cast.keystone, "5000.00", on=on)
    now = status(account, on)
    assert (now.is_on, now.is_sufficient, now.reasons) == (True, False, (StatusReason.INSUFFICIENT,))
    assert (now.shortfall.missing, now.shortfall.bond) == (M("51500.00"), M("25750.00"))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": M("3000.00")}, "bond_below_minimum", "amount"),
        ({"amount": M("4999.99")}, "bond_below_minimum", "amount"),
        ({"provider_id": 0}, "unknown_provider", "provider"),
        ({"validity_end": date(2026, 7, 22)}, "bad_validity", "validity_end"),
        ({"validity_start": date(2025, 1, 1), "validity_end": date(2026, 7, 21)}, "bad_validity", "validity_end"),
    ],
)
def test_a_bond_that_cannot_be(cast, on, change, code, field):
    with pytest.raises(DomainError) as refusal:
        propose(cast, on, **change)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Bond.objects.exists()


def test_a_broker_is_no_surety(cast, on):
    with pytest.raises(DomainError, match="financial security providers"):
        propose(cast, on, provider_id=cast.harbourline.pk)


def test_an_agreement_number_is_used_once_but_may_return_after_a_rejection(cast, on):
    bond = propose(cast, on)
    with pytest.raises(Conflict) as refusal:
        propose(cast, on, agreement_number="cb-2204-0917")
    assert refusal.value.code == "agreement_number_used"
    services.reject_bond(bond_id=bond.pk, reason="Wrong amount", **args(on))
    assert told(cast.amara, "WSA_REJECTED") == 1
    again = propose(cast, on)
    services.withdraw_bond(bond_id=again.pk, **args(on))
    assert told(cast.peter, "WSA_WITHDRAWN") == 1
    with pytest.raises(Conflict):
        services.confirm_bond(bond_id=again.pk, **args(on))


def test_a_bond_whose_last_day_has_passed_cannot_be_confirmed(cast, on):
    bond = propose(cast, on, validity_end=on + timedelta(days=5))
    with pytest.raises(DomainError) as refusal:
        services.confirm_bond(bond_id=bond.pk, **args(on + timedelta(days=6)))
    assert refusal.value.code == "validity_over"


def test_a_raise_covers_at_once_and_keeps_the_earlier_version(cast, account, on):
    enrolled(account, on=on)
    bond = secured(account, cast.keystone, "25000.00", on=on)
    with pytest.raises(DomainError) as refusal:
        services.raise_bond(bond_id=bond.pk, amount=M("25000.00"), **args(on))
    assert refusal.value.code == "not_higher"
    services.raise_bond(bond_id=bond.pk, amount=M("30750.00"), **args(on))
    assert status(account, on).is_sufficient
    assert [version.amount for version in queries.versions_of(bond.pk)] == [M("30750.00"), M("25000.00"), M("25000.00")]
    assert told(cast.amara, "WSA_AMENDED") == 1
    waiting = propose(cast, on, agreement_number="another")
    for act in (services.raise_bond, services.ask_bond_raise):
        with pytest.raises(Conflict):
            act(bond_id=waiting.pk, amount=M("40000.00"), **args(on))


def test_a_notice_of_termination_is_thirty_days(cast, account):
    day = date(2026, 1, 31)
    enrolled(account, on=day, estimate="100000")
    bond = secured(account, cast.keystone, "60000.00", on=day)
    with pytest.raises(DomainError) as refusal:
        services.give_termination_notice(bond_id=bond.pk, terminates_on=date(2026, 3, 1), **args(day))
    assert refusal.value.code == "notice_too_short"
    services.give_termination_notice(bond_id=bond.pk, terminates_on=date(2026, 3, 2), reason="Ends", **args(day))
    assert told(cast.amara, "WSA_TERMINATION_NOTICE") == 1
    with pytest.raises(Conflict):
        services.confirm_bond(bond_id=bond.pk, **args(day))
    daily(date(2026, 3, 1))
    assert status(account, date(2026, 3, 1)).is_on
    daily(date(2026, 3, 2))
    now = status(account, date(2026, 3, 2))
    assert (now.is_on, now.state, now.reason) == (False, RppState.SUSPENDED, SuspensionReason.NO_SECURITY)
    assert told(cast.amara, "WSA_ENDED") == told(cast.amara, "RPP_SUSPENDED") == told(cast.wen, "RPP_SUSPENDED") == 1
    with pytest.raises(Conflict):
        services.withdraw_termination_notice(bond_id=bond.pk, **args(date(2026, 3, 2)))


def test_a_notice_taken_back_leaves_the_bond_as_it_was(cast, account, on):
    bond = secured(account, cast.keystone, "60000.00", on=on)
    services.give_termination_notice(bond_id=bond.pk, terminates_on=on + timedelta(days=30), **args(on))
    assert services.withdraw_termination_notice(bond_id=bond.pk, **args(on)).terminates_on is None
    daily(on + timedelta(days=31))
    assert Bond.objects.get().state == BondState.ACTIVE
    assert told(cast.amara, "WSA_TERMINATION_NOTICE") == 2


def test_bonds_start_end_and_lapse_by_the_day(cast, account, on):
    enrolled(account, on=on)
    later = propose(cast, on, validity_start=on + timedelta(days=2), validity_end=on + timedelta(days=10))
    services.confirm_bond(bond_id=later.pk, **args(on))
    forgotten = propose(cast, on, agreement_number="forgotten")
    assert not status(account, on).is_on
    daily(on + timedelta(days=1))
    assert not status(account, on + timedelta(days=1)).is_on
    daily(on + timedelta(days=2))
    assert status(account, on + timedelta(days=2)).is_on
    assert told(cast.amara, "WSA_STARTED") == 1
    daily(on + timedelta(days=10))
    assert status(account, on + timedelta(days=10)).is_on
    daily(on + timedelta(days=11))
    assert not status(account, on + timedelta(days=11)).is_on
    daily(on + timedelta(days=31))
    assert {bond.pk: bond.state for bond in Bond.objects.all()} == {
        later.pk: BondState.EXPIRED,
        forgotten.pk: BondState.LAPSED,
    }
    assert told(cast.amara, "WSA_LAPSED") == 1


# --- Deposits


def test_a_deposit_covers_at_once_and_stands_in_the_book(cast, account, on):
    enrolled(account, on=on)
    received = deposit(account, "61500.00", "PAY-1", on, method="DEBIT")
    assert (book.deposits_of(account.pk), received.state) == (M("61500.00"), DepositState.ACTIVE)
    assert status(account, on).is_on
    assert status(account, on).is_sufficient
    assert deposit(account, "61500.00", "PAY-1", on).pk == received.pk
    assert book.deposits_of(account.pk) == M("61500.00")
    with pytest.raises(Conflict):
        deposit(account, "1.00", "PAY-1", on)
    assert told(cast.amara, "DEPOSIT_ACTIVE") == 1


def test_a_deposit_has_no_minimum_and_never_comes_by_pre_authorized_debit(cast, on):
    assert deposit(cast.account, "4999.99", "PAY-2", on).held == M("4999.99")
    with pytest.raises(DomainError) as refusal:
        deposit(cast.account, "5.00", "PAY-3", on, method="PAD")
    assert refusal.value.code == "deposit_by_pad"
    assert Deposit.objects.count() == 1


def test_cash_goes_back_as_far_as_the_rest_covers(cast, account, on):
    enrolled(account, on=on)
    deposit(account, "40000.00", "PAY-1", on)
    deposit(account, "30000.00", "PAY-2", on)
    assert queries.returnable_cash(account.pk, on=on) == M("8500.00")
    ask = {"program_account_id": account.pk, **args(on)}
    with pytest.raises(DomainError) as refusal:
        services.request_deposit_refund(amount=M("8500.01"), **ask)
    assert refusal.value.code == "deposit_needed"
    assert services.request_deposit_refund(amount=M("8500.00"), expected_held=M("70000.00"), **ask) == M("61500.00")
    with pytest.raises(Conflict):
        services.request_deposit_refund(amount=M("8500.00"), expected_held=M("70000.00"), **ask)
    assert (book.balance_of(account.pk).deposits, book.balance_of(account.pk).payable) == (M("61500.00"), M("8500.00"))
    pay_everything(account, on)
    services.cancel_rpp(**ask)
    secured(account, cast.keystone, "30750.00", on=on)
    assert services.request_deposit_refund(amount=M("61500.00"), **ask) == 0
    assert {row.state for row in Deposit.objects.all()} == {DepositState.REFUND_REQUESTED}
    assert told(cast.amara, "DEPOSIT_REFUNDED") == 2


# --- Suspension


def test_a_debt_suspends_until_it_is_paid(cast, account, on):
    enrolled(account, on=on)
    secured(account, cast.keystone, "5000.00", on=on)
    charge(account, "10", date(2026, 6, 1), last_day=date(2026, 7, 2))
    by_debt = {"program_account_ids": [account.pk], "reason": "OVERDUE_DEBT", **args(on)}
    assert services.suspend_rpp(**by_debt) == 1
    assert services.suspend_rpp(**by_debt) == 0
    assert status(account, on).reasons == (StatusReason.OVERDUE_DEBT, StatusReason.INSUFFICIENT)
    assert services.reassess_rpp(program_account_id=account.pk, **args(on)).state == RppState.SUSPENDED
    pay_everything(account, on)
    assert services.reassess_rpp(program_account_id=account.pk, **args(on)).state == RppState.ACTIVE
    assert told(cast.amara, "RPP_REINSTATED") == 1
    assert services.reassess_many(program_account_ids=[account.pk], **args(on)) == 0


def test_nobody_is_reassessed_who_never_enrolled(cast, on):
    assert services.reassess_rpp(program_account_id=cast.account.pk, **args(on)) is None


def test_an_officer_suspends_and_lifts(cast, account, on):
    enrolled(account, on=on)
    lift = {"program_account_id": account.pk, "reason": "cleared up", **args(on)}
    with pytest.raises(Conflict):
        services.lift_suspension(**lift)
    bond = secured(account, cast.keystone, "60000.00", on=on)
    services.suspend_rpp(program_account_ids=[account.pk], reason="OFFICER", note="Non-compliance", **args(on))
    pay_everything(account, on)
    assert services.reassess_rpp(program_account_id=account.pk, **args(on)).state == RppState.SUSPENDED
    assert services.lift_suspension(**lift).state == RppState.ACTIVE
    services.give_termination_notice(bond_id=bond.pk, terminates_on=on + timedelta(days=30), **args(on))
    later = on + timedelta(days=30)
    daily(later)
    with pytest.raises(DomainError) as refusal:
        services.lift_suspension(**{**lift, **args(later)})
    assert refusal.value.code == "no_security"


# --- Reduction requests


def ask_lower(account, amount, on):
    return services.open_reduction_case(
        program_account_id=account.pk,
        proposed_amount=M(amount),
        justification="The spring was exceptional.",
        **args(on),
    )


def decide(case, amount, on):
    return services.decide_reduction_case(
        case_id=case.pk, approved_amount=None if amount is None else M(amount), reasons="Seen", **args(on)
    )


def test_one_request_at_a_time_and_only_for_less(account, on):
    enrolled(account, on=on)
    for amount in ("0", "61500.00"):
        with pytest.raises(DomainError) as refusal:
            ask_lower(account, amount, on)
        assert refusal.value.field == "proposed_amount"
    case = ask_lower(account, "40000.00", on)
    with pytest.raises(Conflict):
        ask_lower(account, "30000.00", on)
    services.withdraw_reduction_case(case_id=case.pk, **args(on))
    with pytest.raises(Conflict):
        decide(case, "40000.00", on)


@pytest.mark.parametrize(
    ("approved", "state", "requirement"),
    [
        ("40000.00", CaseState.APPROVED, "40000.00"),
        ("50000.00", CaseState.PARTIALLY_APPROVED, "50000.00"),
        (None, CaseState.REFUSED, "61500.00"),
    ],
)
def test_an_officer_decides(cast, account, on, approved, state, requirement):
    enrolled(account, on=on)
    case = ask_lower(account, "40000.00", on)
    with pytest.raises(DomainError):
        decide(case, "61500.00", on)
    assert decide(case, approved, on).state == state
    assert status(account, on).requirement == M(requirement)
    assert told(cast.amara, "REDUCTION_DECISION") == 1

"""Asking for release: every decision is stored, numbered and audited."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection
from stdnum import luhn

from accounts.models import Business, ProgramAccount
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from delegation.rules import PERMISSIONS, Role
from releases.models import Release
from releases.rules import ReleaseKind, is_transaction_number
from releases.services import release_at_port, request_release
from tests.builders import Cast, business_number
from tests.declarations.desk import MANAGER, filer, moment, released, wanted

pytestmark = pytest.mark.django_db


def ask(cast: Cast, request, submitter: Business, **changes) -> Release:
    given = {"staff_actions": MANAGER, "actor": filer(cast.world, submitter), "at": cast.world.at, **changes}
    return request_release(request=request, submitter=submitter, **given)


def test_a_broker_gets_the_goods_released_with_all_the_dates(cast: Cast, account: ProgramAccount) -> None:
    release = ask(cast, wanted(account), cast.harbourline)
    assert (release.state, release.refusal) == ("RELEASED", "")
    assert release.released_on == date(2026, 7, 22)
    assert release.accounting_due_on == date(2026, 7, 29)
    assert release.payment_due_on == date(2026, 8, 31)
    assert release.transaction_number[:5] == cast.harbourline.account_security_number
    assert is_transaction_number(release.transaction_number)
    assert AuditEvent.objects.filter(
        verb="release.released", target=f"releases.Release:{release.transaction_number}", business_id=cast.northlight.pk
    ).exists()


def test_numbers_go_up_by_one(cast: Cast, account: ProgramAccount) -> None:
    numbers = [int(ask(cast, wanted(account), cast.harbourline).transaction_number[5:13]) for _time in range(3)]
    assert numbers == [1, 2, 3]


def test_an_importer_that_files_for_itself_gets_a_security_number_once(cast: Cast, account: ProgramAccount) -> None:
    cast.world.broker("Brokers with the first number", account_security_number="60001")
    first = ask(cast, wanted(account), cast.northlight)
    second = ask(cast, wanted(account), cast.northlight)
    cast.northlight.refresh_from_db()
    assert cast.northlight.account_security_number == "60002"
    assert [first.transaction_number[:5], second.transaction_number[:5]] == ["60002", "60002"]


def test_without_security_the_way_out_is_c_type_at_the_port(cast: Cast) -> None:
    refused = ask(cast, wanted(cast.account), cast.harbourline)
    assert (refused.state, refused.refusal, refused.released_on) == ("REFUSED", "NO_RPP", None)
    waiting = ask(cast, wanted(cast.account, ReleaseKind.CTYPE), cast.harbourline)
    assert (waiting.state, waiting.transaction_number[:5]) == ("AT_PORT", "00000")


def test_a_number_nobody_registered_is_refused(cast: Cast) -> None:
    release = ask(cast, wanted(business_number() + "RM0001"), cast.harbourline)
    assert (release.refusal, release.program_account) == ("NOT_REGISTERED", None)
    unregistered = cast.world.program_account(cast.world.business("Not here Ltd.", registered_at=None))
    assert ask(cast, wanted(unregistered), cast.harbourline).refusal == "NOT_REGISTERED"


def test_a_broker_without_delegation_is_refused(cast: Cast) -> None:
    assert ask(cast, wanted(cast.account), cast.passerelle).refusal == "NO_DELEGATION"


def test_a_delegation_for_another_program_account_gives_nothing(cast: Cast) -> None:
    other = cast.world.program_account(cast.northlight, "RM0002")
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(other,))
    assert ask(cast, wanted(cast.account), cast.passerelle).refusal == "NO_DELEGATION"
    assert ask(cast, wanted(other), cast.passerelle).refusal == "NO_RPP"


def test_a_broker_without_a_licence_is_refused(cast: Cast, account: ProgramAccount) -> None:
    cast.harbourline.licence_valid_until = cast.world.today - timedelta(days=1)
    assert ask(cast, wanted(account), cast.harbourline).refusal == "NO_DELEGATION"


def test_a_reader_asks_in_vain(cast: Cast, account: ProgramAccount) -> None:
    refused = ask(cast, wanted(account), cast.northlight, staff_actions=PERMISSIONS[Role.READER])
    assert refused.refusal == "NO_DELEGATION"


def test_a_program_manager_asks_for_the_own_program_accounts_only(cast: Cast, account: ProgramAccount) -> None:
    other = cast.world.program_account(cast.northlight, "RM0002")
    assert ask(cast, wanted(account), cast.northlight, held={account.pk}).state == "RELEASED"
    assert ask(cast, wanted(other), cast.northlight, held={account.pk}).refusal == "NO_DELEGATION"


def test_closed_and_exporters_accounts_are_refused(cast: Cast, account: ProgramAccount) -> None:
    account.closed_on = cast.world.today
    account.save()
    assert ask(cast, wanted(account), cast.harbourline).refusal == "ACCOUNT_CLOSED"
    exporter = cast.world.program_account(cast.northlight, "RM0002", profile=ProgramAccount.Profile.EXPORTER)
    assert ask(cast, wanted(exporter), cast.harbourline).refusal == "EXPORTER_ONLY"


def test_during_the_transition_no_own_security_was_needed(cast: Cast) -> None:
    at = moment(date(2025, 3, 10))
    cast.harbourline.licence_valid_until = None
    cast.world.delegation(cast.passerelle, cast.northlight, valid_from=None)
    assert ask(cast, wanted(cast.account), cast.passerelle, at=at).state == "RELEASED"


def test_the_same_cargo_is_released_once(cast: Cast, account: ProgramAccount) -> None:
    request = wanted(account)
    first = ask(cast, request, cast.harbourline)
    with pytest.raises(Conflict) as refusal:
        ask(cast, request, cast.harbourline)
    assert (refusal.value.code, refusal.value.field) == ("cargo_released_before", "cargo_control_number")
    assert first.transaction_number in str(refusal.value.message)
    assert Release.objects.count() == 1


def test_cargo_that_was_refused_can_be_asked_for_again(cast: Cast) -> None:
    request = wanted(cast.account)
    ask(cast, request, cast.harbourline)
    assert ask(cast, replace(request, kind=ReleaseKind.CTYPE), cast.harbourline).state == "AT_PORT"


def test_another_refusal_of_the_database_is_not_taken_for_a_repeated_cargo(cast: Cast, account: ProgramAccount) -> None:
    first = released(cast.world, account, cast.harbourline)
    Release.objects.filter(pk=first.pk).update(
        transaction_number=first.transaction_number[:5]
        + "00000002"
        + luhn.calc_check_digit(first.transaction_number[:5] + "00000002")
    )
    with pytest.raises(IntegrityError):
        ask(cast, wanted(account), cast.harbourline)


def test_an_unknown_office_is_a_mistake_of_the_form(cast: Cast, account: ProgramAccount) -> None:
    with pytest.raises(DomainError) as refusal:
        ask(cast, wanted(account, office="9999"), cast.harbourline)
    assert refusal.value.field == "office"
    assert not Release.objects.exists()


def test_only_goods_at_the_port_are_released_there(cast: Cast, account: ProgramAccount) -> None:
    release = released(cast.world, account, cast.harbourline)
    with pytest.raises(Conflict):
        release_at_port(
            release_id=release.pk, on=cast.world.today, actor=filer(cast.world, cast.harbourline), at=cast.world.at
        )
    assert connection.needs_rollback is False

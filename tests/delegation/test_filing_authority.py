"""Who may account for an importer on which day: consultants never, brokers while licence and delegation hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import ProgramAccount
from core.clock import today
from core.errors import DomainError, Refused
from core.models import AuditEvent
from declarations import services as declarations
from declarations.models import Declaration
from delegation import services
from delegation.models import Delegation
from delegation.rules import same_role
from ledger.models import JournalEntry
from tests.builders import Cast, World, actor, build_cast, signed_in
from tests.conftest import TEST_DAY
from tests.declarations.desk import drafted, filer, released, secured
from tests.declarations.test_api import call, post
from tests.declarations.test_races import at_once
from tests.delegation.test_pages import words
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]


@pytest.fixture
def account(cast: Cast) -> ProgramAccount:
    return secured(cast.world, cast.account)


def licence_ends(cast: Cast, days: int) -> None:
    cast.harbourline.licence_valid_until = cast.world.today + timedelta(days=days)
    cast.harbourline.save()


@pytest.mark.parametrize(("days", "files"), [(0, True), (-1, False)])
def test_a_broker_submits_by_page_on_the_last_day_of_its_licence_and_not_after(
    cast: Cast, account: ProgramAccount, days: int, files: bool
) -> None:
    assert today() == cast.world.today
    draft = drafted(cast.world, released(cast.world, account, cast.harbourline))
    licence_ends(cast, days)
    answer = signed_in(cast.wen).post(f"/en/accounts/{account.number}/declarations/{draft.number}/check/")
    draft.refresh_from_db()
    assert (answer.status_code, draft.state) == ((302, "ACCEPTED") if files else (403, "DRAFT"))
    if not files:
        assert "licence of Harbourline Customs Brokers Ltd. is not in force" in words(answer)
        refused = AuditEvent.objects.filter(verb="access.refused").latest("pk")
        assert refused.reason == "licence_not_in_force"


@pytest.mark.parametrize(("days", "status"), [(0, 201), (-1, 403)])
def test_a_broker_files_by_api_on_the_last_day_of_its_licence_and_not_after(
    cast: Cast, account: ProgramAccount, days: int, status: int
) -> None:
    release = released(cast.world, account, cast.harbourline)
    licence_ends(cast, days)
    answer = post(signed_in(cast.wen), account, call(release))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "licence_not_in_force"
        assert "is not in force today" in answer.content.decode()
    assert Declaration.objects.exists() == (status == 201)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_trade_consultant_files_neither_by_page_nor_by_api(
    cast: Cast, account: ProgramAccount, language: str
) -> None:
    release = released(cast.world, account, cast.northlight)
    consultant = cast.world.business("Tidewater Trade Advice Inc.", provider_kind="TRADE_CONSULTANT")
    cora = cast.world.person("Cora Consult")
    cast.world.membership(cora, consultant, is_primary=True)
    cast.world.delegation(consultant, cast.northlight, sees_client=True, sees_others=True)
    browser = signed_in(cora)
    page = browser.post(f"/{language}/accounts/{account.number}/declarations/start/{release.transaction_number}/")
    said = {"en": "A trade consultant may not do this", "fr": "Un conseiller en commerce ne peut pas le faire"}
    assert page.status_code == 403 and said[language] in words(page)
    answer = post(browser, account, call(release))
    assert (answer.status_code, answer.json()["code"]) == (403, "broker_only")


@pytest.mark.parametrize("code", ["not_in_force", "broker_only"])
def test_what_ended_after_the_door_is_noticed_when_the_submission_is_written(
    cast: Cast, account: ProgramAccount, code: str
) -> None:
    draft = drafted(cast.world, released(cast.world, account, cast.harbourline))
    if code == "not_in_force":
        Delegation.objects.filter(provider=cast.harbourline).update(state="REVOKED")
    else:
        cast.harbourline.provider_kind = "TRADE_CONSULTANT"
        cast.harbourline.save()
    wen = filer(cast.world, cast.harbourline)
    with pytest.raises(Refused) as refusal:
        declarations.submit(declaration=draft, actor=wen, at=cast.world.at)
    assert refusal.value.code == code
    draft.refresh_from_db()
    assert draft.state == "DRAFT"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_a_revocation_during_a_submission_has_one_outcome(unlocked_book: None, _round: int) -> None:
    call_command("load_reference", verbosity=0)
    cast = build_cast(World(at=TEST_DAY))
    account = secured(cast.world, cast.account)
    draft = drafted(cast.world, released(cast.world, account, cast.harbourline))
    held = Delegation.objects.get(provider=cast.harbourline)
    wen, amara = filer(cast.world, cast.harbourline), filer(cast.world, cast.northlight)
    moment: dict[str, Any] = {"on": cast.world.today, "at": cast.world.at}
    acts: list[Callable[[], Any]] = [
        lambda: declarations.submit(declaration=draft, actor=wen, at=cast.world.at),
        lambda: services.revoke(delegation_id=held.pk, reason="", actor=amara, **moment),
    ]
    submitted, _revoked = at_once(*acts)
    held.refresh_from_db()
    draft.refresh_from_db()
    assert held.state == "REVOKED"
    was_refused = isinstance(submitted, DomainError)
    assert draft.state == ("DRAFT" if was_refused else "ACCEPTED")
    entries = JournalEntry.objects.filter(source=f"declaration:{draft.number}").count()
    assert entries == (0 if was_refused else 1)
    order = list(
        AuditEvent.objects.filter(verb__in=("declaration.accepted", "delegation.revoked"))
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert order in (["delegation.revoked"], ["declaration.accepted", "delegation.revoked"])


@pytest.mark.django_db(transaction=True)
def test_a_role_changed_during_a_submission_has_one_outcome(unlocked_book: None) -> None:
    call_command("load_reference", verbosity=0)
    cast = build_cast(World(at=TEST_DAY))
    account = secured(cast.world, cast.account)
    second = cast.world.program_account(cast.northlight, "RM0002")
    editor = cast.world.person("Ed Editor")
    member = cast.world.membership(editor, cast.northlight, "READER", roles={account: "EDITOR", second: "READER"})
    draft = drafted(cast.world, released(cast.world, account, cast.northlight))
    amara, moment = filer(cast.world, cast.northlight), {"on": cast.world.today, "at": cast.world.at}
    reader = same_role("READER", {account.pk, second.pk})
    submitted, changed = at_once(
        lambda: declarations.submit(declaration=draft, actor=actor(editor, cast.northlight), at=cast.world.at),
        lambda: services.change_role(membership_id=member.pk, roles=reader, actor=amara, **moment),
    )
    assert not isinstance(changed, Exception)
    draft.refresh_from_db()
    was_refused = isinstance(submitted, Refused)
    assert draft.state == ("DRAFT" if was_refused else "ACCEPTED")
    assert JournalEntry.objects.filter(source=f"declaration:{draft.number}").count() == (0 if was_refused else 1)
    verbs = AuditEvent.objects.filter(verb__in=("declaration.accepted", "employee.role_changed"))
    order = list(verbs.order_by("pk").values_list("verb", flat=True))
    assert order == (["employee.role_changed"] if was_refused else ["declaration.accepted", "employee.role_changed"])
    # And afterwards there is none: what the role gave is gone, whatever opened the page.
    other = drafted(cast.world, released(cast.world, account, cast.northlight))
    with pytest.raises(Refused) as refusal:
        declarations.submit(declaration=other, actor=actor(editor, cast.northlight), at=cast.world.at)
    assert refusal.value.code == "role_too_narrow"

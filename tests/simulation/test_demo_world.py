"""The demo world is lived through the services, so it obeys every rule of the house."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Business, Membership, PracticeSeat, ProgramAccount
from core import clock
from core.models import JobRun
from declarations.models import ChangeRequest, Declaration
from ledger import queries as ledger
from registration.models import PracticeCard
from releases.models import Release
from security import queries as security
from simulation import demo_cases
from simulation.demo import DemoWorld, is_built
from simulation.reports import WORDS, figures_of
from simulation.scenario import LAST_DAY
from statements.models import Statement
from tests.builders import Cast
from tests.conftest import PROVE
from tools.demo import UNFINISHED

pytestmark = pytest.mark.django_db

#: The whole year takes a minute; its first ten weeks show the same machinery.
UNTIL = LAST_DAY if PROVE else date(2025, 9, 12)


def test_the_world_is_lived_in_and_its_books_are_sound() -> None:
    shown: list[str] = []
    world = DemoWorld(on_progress=lambda day, _number, _total: shown.append(day), until=UNTIL)
    world.build()
    if not PROVE:
        demo_cases.play(world, clock.now())
    assert is_built()
    assert clock.today() == UNTIL
    importers = Business.objects.filter(provider_kind="")
    assert importers.count() >= 12
    assert importers.filter(is_non_resident=True).exists()
    assert importers.filter(registered_at__isnull=True).exists()
    assert Business.objects.filter(provider_kind=Business.ProviderKind.CUSTOMS_BROKER).count() == 2
    assert Business.objects.filter(provider_kind=Business.ProviderKind.SURETY).count() == 2
    assert PracticeSeat.objects.count() >= 6
    assert Release.objects.filter(kind=Release.Kind.CTYPE, state=Release.State.RELEASED).exists()
    assert Declaration.objects.filter(state=Declaration.State.ACCEPTED).count() > 30
    assert Statement.objects.exists()
    assert not JobRun.objects.exclude(state=JobRun.State.DONE).exists()
    told = {figure.key for run in JobRun.objects.all() for figure in figures_of(run.summary, language="en")}
    assert told <= set(WORDS), "every figure that a job reports has words"
    short = [
        account
        for account in ProgramAccount.objects.filter(rpp_enrolment__isnull=False)
        if not security.rpp_status(account.pk, on=clock.today()).is_sufficient
    ]
    assert short, "one account is under-secured"
    assert shown == sorted(shown)
    mixed = Membership.objects.get(user=world.people[demo_cases.CLERK])
    assert set(mixed.programs.values_list("role", flat=True)) == {"EDITOR", "READER"}
    assert Declaration.objects.get(type=Declaration.Type.F).consolidated.count() == 2
    assert set(ChangeRequest.objects.values_list("state", flat=True)) == {"APPROVED", "UNDER_REVIEW"}
    approved = ChangeRequest.objects.get(state="APPROVED").declaration
    items = ledger.items_of_sources([f"declaration:{approved.number}"], on=UNTIL)
    assert not any(item.remaining for item in items if item.last_day_to_pay and item.last_day_to_pay < UNTIL)
    assert Release.objects.filter(state=Release.State.EXAMINATION).count() == 1
    shared = security.bonds_of(world.numbers["beaumont"].pk).get()
    assert [row.amount for row in shared.allocations.all()] == [shared.amount - demo_cases.SHARED, demo_cases.SHARED]
    assert security.enrolment_of(world.numbers["tamarack"].pk).ends_on
    on_paper = security.bonds_of(world.numbers["sault"].pk).get()
    assert on_paper.paper_form == "D120"
    assert security.open_endorsement_of(on_paper.pk).amount == on_paper.amount + demo_cases.MAILED
    if PROVE:
        assert PracticeCard.objects.count() == 3
    call_command("verify_ledger", stdout=StringIO())
    call_command("verify_audit", stdout=StringIO())


def test_seats_are_listed_for_the_console() -> None:
    out = StringIO()
    call_command("seats", stdout=out)
    assert "amara.osei" in out.getvalue()
    assert "Password of every seat" in out.getvalue()


def test_a_world_that_was_not_finished_is_never_taken_for_a_whole_one(cast: Cast, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    said = StringIO()
    call_command("load_demo", stdout=said)
    assert "is there already" in said.getvalue()
    (tmp_path / UNFINISHED).touch()
    with pytest.raises(CommandError, match="begun and not finished"):
        call_command("load_demo")


class Closed(StringIO):
    """A console that goes away as soon as the year begins."""

    def write(self, text: str) -> int:
        if text.startswith("Living"):
            raise OSError("the console is gone")
        return super().write(text)


def test_a_world_whose_making_stops_half_way_is_marked_as_unfinished(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    with pytest.raises(OSError, match="gone"):
        call_command("load_demo", stdout=Closed())
    assert is_built()
    with pytest.raises(CommandError, match="begun and not finished"):
        call_command("load_demo")

"""The audit trail can be added to and proved, never changed."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from core import audit, triggers
from core.actor import Actor, ActorKind, system
from core.models import AuditEvent, AuditSeal
from tests.conftest import TEST_DAY

pytestmark = pytest.mark.django_db


def some_events(count: int) -> None:
    audit.record_many(
        [
            audit.event(actor=system("test"), verb="thing.done", target=f"thing:{number}", at=TEST_DAY)
            for number in range(count)
        ]
    )


def test_an_event_tells_who_for_whom_and_what_changed() -> None:
    amara = Actor(kind=ActorKind.PERSON, user_id=7, business_id=3, request_id="r-1", name="Amara Osei")
    audit.record(
        actor=amara, verb="business.renamed", business_id=9, before={"name": "A"}, after={"name": "B"}, at=TEST_DAY
    )
    row = AuditEvent.objects.get(verb="business.renamed")
    assert (row.actor_name, row.actor_business_id, row.business_id, row.request_id) == ("Amara Osei", 3, 9, "r-1")
    assert (row.before, row.after) == ({"name": "A"}, {"name": "B"})


@pytest.mark.parametrize("attack", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete_an_event(attack: str) -> None:
    some_events(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        if attack == "update":
            AuditEvent.objects.update(reason="forged")
        else:
            AuditEvent.objects.all().delete()


def test_the_chain_of_seals_holds_until_something_is_forged() -> None:
    some_events(5)
    assert audit.seal_pending(settling=timedelta(0)) == 1
    some_events(1)
    assert audit.seal_pending(settling=timedelta(0)) == 1
    assert audit.seal_pending(settling=timedelta(0)) == 0
    assert audit.broken_seals() == []
    triggers.unlock_table("core_auditevent")
    AuditEvent.objects.filter(target="thing:1").update(reason="forged")
    triggers.lock_table("core_auditevent")
    first, _second = AuditSeal.objects.all()
    assert audit.broken_seals() == [first]


def test_an_event_that_just_happened_waits_to_be_sealed() -> None:
    some_events(2)
    assert audit.seal_pending() == 0
    assert AuditSeal.objects.count() == 0


def test_the_command_proves_an_honest_trail_and_names_a_forged_one() -> None:
    some_events(2)
    audit.seal_pending(settling=timedelta(0))
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "intact" in out.getvalue()
    triggers.unlock_table("core_auditevent")
    AuditEvent.objects.filter(target="thing:1").delete()
    triggers.lock_table("core_auditevent")
    err = StringIO()
    with pytest.raises(CommandError, match="1 broken"):
        call_command("verify_audit", stderr=err)
    assert "events" in err.getvalue()

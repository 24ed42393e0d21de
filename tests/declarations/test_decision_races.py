"""Two people decide about one declaration at once: one outcome, posted once, on the trail once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import DomainError
from core.models import AuditEvent
from declarations.changes import services
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.changes.services import LineChange
from declarations.models import Declaration
from ledger import queries as ledger
from ledger.models import JournalEntry
from ledger.verification import findings
from tests.builders import Cast
from tests.builders import actor as actor_for
from tests.declarations.changing import withdrawal
from tests.declarations.desk import accepted, filer, moment, released
from tests.declarations.test_races import at_once, desk, unlocked_book

__all__ = ["desk", "unlocked_book"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlocked_book")]
LATER = moment(date(2026, 10, 5))
DEARER = LineChange(1, 1, {"value": Decimal("10000.00")})


def decisions(request: ChangeRequest, cast: Cast) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Daniel approves and a second officer rejects."""
    given: dict[str, Any] = {"request": request, "at": LATER}
    daniel, other = actor_for(cast.daniel), actor_for(cast.world.officer("Ruth Adeyemi"))
    return (
        lambda: services.approve(reason="Agreed.", actor=daniel, **given),
        lambda: services.reject(reason="Not shown.", actor=other, **given),
    )


DECIDED = {f"declaration.change_{word}" for word in ("approved", "rejected", "taken_back")}


def decided(request: ChangeRequest, *calls: Callable[[], Any]) -> ChangeRequest:
    """The request after all calls at once: all but one were refused, and the trail and the book know of that one."""
    before = AuditEvent.objects.filter(verb__in=DECIDED).count()
    refusals = [row for row in at_once(*calls) if isinstance(row, DomainError)]
    assert [row.code for row in refusals] == ["change_closed"] * (len(calls) - 1)
    assert AuditEvent.objects.filter(verb__in=DECIDED).count() == before + 1
    assert list(findings()) == []
    return ChangeRequest.objects.get(pk=request.pk)


def test_of_two_officers_and_an_importer_who_takes_back_one_is_heard(desk: Cast) -> None:
    declaration = accepted(desk.world, released(desk.world, desk.account, desk.harbourline))
    wen = filer(desk.world, desk.harbourline)
    before = ledger.balance_of(desk.account.pk).net
    request = services.request_change(
        declaration=declaration,
        kind=ChangeKind.ADJUSTMENT,
        code="VALUE",
        reason="Freight",
        changes=[DEARER],
        submitter=desk.harbourline,
        actor=wen,
        at=LATER,
    )
    notice = decided(request, *decisions(request, desk))
    changed = ledger.balance_of(desk.account.pk).net - before
    # With an approval comes the interest of the days since the payment was due: 0.30.
    assert (notice.state, changed) in {("APPROVED", Decimal("38.24") + Decimal("0.30")), ("REJECTED", Decimal(0))}

    appeal = services.lodge_appeal(
        notice=notice, code="OTHER", reason="Freight", submitter=desk.harbourline, actor=wen, at=LATER
    )
    assert decided(appeal, *decisions(appeal, desk)).state in {"APPROVED", "REJECTED"}

    last = withdrawal(Declaration.objects.get(pk=declaration.pk), actor=wen, at=LATER)
    approve, _reject = decisions(last, desk)
    row = decided(last, approve, lambda: services.take_back(request=last, actor=wen, at=LATER))
    state = Declaration.objects.get(pk=declaration.pk).state
    assert (row.state, state) in {("APPROVED", "WITHDRAWN"), ("TAKEN_BACK", "ACCEPTED")}
    entries = JournalEntry.objects.filter(key=f"declaration:{declaration.number}:withdrawn")
    assert entries.exists() == (state == "WITHDRAWN") == (ledger.balance_of(desk.account.pk).net == 0)

"""Many requests at once: a dry run that says of each row what would become of it, and the sending of the good ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Business
from core import audit
from core.actor import Actor
from core.errors import DomainError
from delegation import queries, rules
from delegation.models import RequestBatch
from delegation.services.requests import REQUEST_PROBLEMS, asking_provider, request_problem, send_request

#: What became of a row.
GOOD, SENT = "good", "sent"
_WORDS: dict[str, Callable[[], str]] = {
    **REQUEST_PROBLEMS,
    GOOD: lambda: _("The request can be sent."),
    SENT: lambda: _("The request was sent."),
}


@dataclass(frozen=True)
class WantedRequest:
    """One row of a list: its number there, what it says, and what is wrong with it by itself."""

    number: int
    bn9: str
    comment: str
    problem: str = ""


@dataclass(frozen=True)
class RowResult:
    """What would become, or became, of one row: ``good``, ``sent``, or the code of what is wrong with its words."""

    number: int
    bn9: str
    comment: str
    code: str
    message: str
    delegation_id: int | None = None

    @property
    def is_good(self) -> bool:
        return self.code in (GOOD, SENT)


def try_requests(*, provider_id: int, wanted: Sequence[WantedRequest], actor: Actor, on: date) -> list[RowResult]:
    """What each row would become, in a fixed number of look-ups; nothing is written.

    ``DomainError`` for more rows than one list may have.
    """
    provider = asking_provider(provider_id, actor=actor, on=on)
    return _looked_at(provider, wanted, on=on)


def send_requests(
    *, provider_id: int, wanted: Sequence[WantedRequest], actor: Actor, on: date, at: datetime
) -> RequestBatch:
    """Send the good rows, each in its own transaction, and keep the result of all.

    The guards are asked again for each row as it is sent, so that the same list twice sends nothing twice.
    """
    provider = asking_provider(provider_id, actor=actor, on=on)
    results = [_sent(provider, row, actor=actor, on=on, at=at) for row in _looked_at(provider, wanted, on=on)]
    sent_count = sum(1 for row in results if row.code == SENT)
    batch = RequestBatch.objects.create(
        provider=provider,
        sent_at=at,
        sent_by_name=actor.name,
        sent_count=sent_count,
        rows=[row.__dict__ for row in results],
    )
    audit.record(
        actor=actor,
        verb="delegation.list_sent",
        target=f"delegation.RequestBatch:{batch.pk}",
        business_id=provider.pk,
        after={"rows": len(results), "sent": sent_count},
        at=at,
    )
    return batch


def results_of(batch: RequestBatch) -> list[RowResult]:
    """The rows of a list that was sent: what was told then, in the reader's own language where the code says it all."""
    rows = [RowResult(**row) for row in batch.rows]
    return [replace(row, message=_WORDS[row.code]()) if row.code in _WORDS else row for row in rows]


def _looked_at(provider: Business, wanted: Sequence[WantedRequest], *, on: date) -> list[RowResult]:
    if len(wanted) > rules.MOST_REQUESTS:
        raise DomainError(
            _("This list has %(count)s rows; at most %(most)s are taken. Split it.")
            % {"count": len(wanted), "most": rules.MOST_REQUESTS},
            code="too_many",
        )
    known = queries.businesses_by_number(row.bn9 for row in wanted)
    states = queries.open_states_of(provider_id=provider.pk, client_ids=[business.pk for business in known.values()])
    blocking = queries.clients_that_block(provider.pk, client_ids=[business.pk for business in known.values()])
    first: dict[str, int] = {}
    results = []
    for row in wanted:
        client = known.get(row.bn9)
        problem: DomainError | None
        if row.problem:
            problem = DomainError(row.problem, code="unreadable")
        elif row.bn9 in first:
            problem = DomainError(
                _("The same number stands in row %(row)s; it is asked once.") % {"row": first[row.bn9]},
                code="twice_in_the_list",
            )
        else:
            first[row.bn9] = row.number
            problem = request_problem(
                provider=provider,
                client=client,
                client_bn9=row.bn9,
                open_state=states.get(client.pk) if client else None,
                is_blocked=client is not None and client.pk in blocking,
                on=on,
            )
        results.append(_result(row, problem))
    return results


def _sent(provider: Business, row: RowResult, *, actor: Actor, on: date, at: datetime) -> RowResult:
    if not row.is_good:
        return row
    try:
        delegation = send_request(provider=provider, client_bn9=row.bn9, comment=row.comment, actor=actor, on=on, at=at)
    except DomainError as refusal:
        return _result(row, refusal)
    return RowResult(row.number, row.bn9, row.comment, SENT, _WORDS[SENT](), delegation.pk)


def _result(row: Any, problem: DomainError | None) -> RowResult:
    code, message = (GOOD, _WORDS[GOOD]()) if problem is None else (problem.code, str(problem.message))
    return RowResult(row.number, row.bn9, row.comment, code, message)

"""Filters of the transaction history that people keep for themselves, and the files made of them regularly."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core.actor import Actor, ActorKind
from core.errors import DomainError, Refused, Stranger
from core.lazy import lazy_text
from core.models import JobRun
from delegation import access
from delegation.rules import Action
from notifications.services import notify
from statements import queries
from statements.files.services import request_history
from statements.models import SavedFilter
from statements.report_rules import Every, report_days
from statements.rules import FileFormat

_STOPPED = gettext_lazy("Your regular report was stopped: %(name)s")
_ASK_AGAIN = gettext_lazy("Your access to the program account ended or changed. Ask for it again if you still may.")

MOST_FILTERS = 20


def save_filter(*, user_id: int, program_account_id: int, name: str, query: str, at: datetime) -> SavedFilter:
    """Keep a filter under a name; the same name again replaces what it stood for. ``DomainError`` beyond twenty."""
    with transaction.atomic():
        there = queries.saved_filters(user_id, program_account_id)
        if there.exclude(name=name).count() >= MOST_FILTERS:
            raise DomainError(
                _("You keep %(count)d filters already. Delete one first, then save this one.")
                % {"count": MOST_FILTERS},
                code="too_many_filters",
                field="name",
            )
        row, _is_new = SavedFilter.objects.update_or_create(
            user_id=user_id,
            program_account_id=program_account_id,
            name=name,
            defaults={"query": query, "saved_at": at},
        )
    return row


def delete_filter(*, user_id: int, program_account_id: int, pk: int) -> None:
    """Forget one of the person's own filters; deleted twice, it is gone once."""
    queries.saved_filters(user_id, program_account_id).filter(pk=pk).delete()


def schedule_filter(
    *,
    user_id: int,
    program_account_id: int,
    pk: int,
    every: Every | None,
    file_format: FileFormat,
    wanted: Mapping[str, Any],
    language: str,
    actor: Actor,
) -> SavedFilter:
    """Have a file of a saved filter made regularly, or no more (``every=None``); ``Stranger`` for an unknown one.

    ``wanted`` is the filter as ``queries.HistoryQuery.as_texts``; its days are those of each report.
    """
    with transaction.atomic():
        row = queries.saved_filters(user_id, program_account_id).select_for_update().filter(pk=pk).first()
        if row is None:
            raise Stranger(_("There is no such filter. Choose one from the history."), code="no_filter")
        row.every, row.file_format, row.language = every or "", file_format, language
        row.wanted = {name: value for name, value in wanted.items() if name not in ("since", "until")}
        row.business_id = actor.business_id
        row.save()
    return row


def run_reports(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: ask for the files of the filters whose day it is; each once, told and kept like any requested file."""
    count = 0
    for pk in queries.reports_due(on=on, every=[every for every in Every if report_days(every, on)]):
        with transaction.atomic():
            row = queries.saved_filter_to_report(pk, on=on)
            if row is not None:
                count += _report(row, on=on, at=run.due_at)
    return {"reports": count}


def _report(row: SavedFilter, *, on: date, at: datetime) -> bool:
    """Ask for one report as its person sees the account today; stop it where they no longer do."""
    days = report_days(row.every, on)
    assert days is not None  # asked for on one of its days
    person = Actor(kind=ActorKind.PERSON, user_id=row.user_id, name=str(row.user))
    try:
        seat = access.program_account_for(person, row.program_account.number, to=Action.VIEW_TRANSACTIONS, on=on)
    except (Refused, Stranger):
        return _stop(row, at=at)
    if seat.actor.business_id != row.business_id:
        return _stop(row, at=at)
    parameters = {**row.wanted, "since": days[0].isoformat(), "until": days[1].isoformat()}
    with override(row.language):
        request_history(
            program_account=seat.program_account,
            visibility=seat.visibility,
            parameters=parameters,
            file_format=FileFormat(row.file_format),
            actor=seat.actor,
            at=at,
        )
    row.made_on = on
    row.save(update_fields=("made_on",))
    return True


def _stop(row: SavedFilter, *, at: datetime) -> bool:
    row.every = ""
    row.save(update_fields=("every",))
    notify(
        recipients=[row.user],
        subject=lazy_text(_STOPPED, name=row.name),
        body=_ASK_AGAIN,
        category="statement",
        link=partial(reverse, "dashboard:start"),
        business_id=row.business_id,
        program_account_id=None,
        at=at,
    )
    return False

"""Goods not accounted for in time: reminders, overdue notices and the penalty, as a daily job."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core import audit
from core import format as formats
from core.actor import Actor
from core.clock import at_toronto
from core.models import JobRun
from core.money import ZERO
from declarations import rules
from declarations.services.parts import account_of, due_day, event_of, notices_for, words_of
from delegation import services as delegations
from delegation.services import BusinessNotice
from ledger import services as ledger
from ledger.rules import EntryKind, Revenue, charge_draft
from reference import queries as reference
from reference.rules.billing import shown_in
from releases import queries as release_queries
from releases import services as releases
from releases.models import Release

#: How many releases the daily job works off in one transaction.
BATCH = 1000


def run_late_accounting(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: remind the day before, send the overdue notice once, and charge the penalty once a release.

    Set-based and safe to run twice: what was told or decided is marked on the release in the same transaction.
    """
    at = at_toronto(on, 0, 30)
    reminded = 0
    if not run.summary.get("reminded"):
        with transaction.atomic():
            soon = list(_for_notices(release_queries.due_for_accounting_on(on + timedelta(days=1))))
            units = _by_unit(soon)
            delegations.notify_businesses([notice for rows in units.values() for notice in _reminders(rows)], at=at)
            run.summary = {**run.summary, "reminded": True}
            run.save(update_fields=("summary",))
        reminded = len(units)
    overdue = release_queries.overdue_for_accounting(on=on)
    noticed = _in_batches(
        overdue.filter(overdue_notice_on=None), partial(_send_overdue_notices, on=on, at=at, actor=actor)
    )
    last_due = on - timedelta(days=rules.PENALTY_AFTER_DAYS)
    charged = _in_batches(
        overdue.filter(penalty_decided_on=None, accounting_due_on__lte=last_due),
        partial(_charge_penalties, on=on, at=at, actor=actor),
    )
    return {"reminders": reminded, "overdue_notices": noticed, "penalties": charged, "reminded": True}


def _in_batches(found: QuerySet[Release], work: Callable[[list[Release]], int]) -> int:
    """Work off everything found, each batch locked and marked in a transaction of its own."""
    done = 0
    while True:
        with transaction.atomic():
            batch = list(_for_notices(found.select_for_update(of=("self",)))[:BATCH])
            if not batch:
                return done
            done += work(batch)


def _for_notices(found: QuerySet[Release]) -> QuerySet[Release]:
    return found.select_related("program_account__business", "submitter", "consolidated_in").order_by("id")


def _unit(release: Release) -> tuple[Any, ...]:
    consolidated = getattr(release, "consolidated_in", None)
    is_courier = release.stream == Release.BillingStream.COURIER
    return rules.accounting_unit(
        release.transaction_number,
        declaration_id=consolidated.declaration_id if consolidated else None,
        courier_month=(release.program_account_id, release.submitter_id, due_day(release)) if is_courier else None,
    )


def _by_unit(found: Iterable[Release]) -> dict[tuple[Any, ...], list[Release]]:
    """The releases that stand in one declaration, together."""
    units: dict[tuple[Any, ...], list[Release]] = {}
    for row in found:
        units.setdefault(_unit(row), []).append(row)
    return units


def _new_units(batch: list[Release], told: Q) -> list[list[Release]]:
    """The units of a batch without those of which an earlier batch told or decided."""
    courier = [row for row in batch if row.stream == Release.BillingStream.COURIER]
    earlier: set[tuple[Any, ...]] = set()
    if courier:
        same = Release.objects.filter(
            told,
            stream=Release.BillingStream.COURIER,
            program_account__in={row.program_account_id for row in courier},
            accounting_due_on__in={due_day(row) for row in courier},
        )
        earlier = {_unit(row) for row in _for_notices(same)}
    return [rows for unit, rows in _by_unit(batch).items() if unit not in earlier]


def _send_overdue_notices(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    units = _new_units(batch, Q(overdue_notice_on__isnull=False))
    delegations.notify_businesses([notice for rows in units for notice in _overdue_notices(rows)], at=at)
    audit.record_many(event_of(row, "declaration.overdue_notice", actor=actor, at=at) for row in batch)
    releases.mark_overdue_notice(release_ids=[row.pk for row in batch], on=on)
    return len(batch)


def _charge_penalties(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    policy = reference.policy()
    # Payable with the statement that first shows it, as the interest beside it is.
    dates = reference.billing_dates_of(shown_in(on).first_day)
    units = {rows[0].pk: rows for rows in _new_units(batch, Q(penalty_decided_on__isnull=False))}
    amounts = {
        number: rules.late_accounting_penalty(accounting_due_on=due_day(rows[0]), on=on, policy=policy) or ZERO
        for number, rows in units.items()
    }
    late = [rows[0] for number, rows in units.items() if amounts[number] > 0]
    drafts = [
        charge_draft(
            key=f"late_accounting:{row.transaction_number}",
            kind=EntryKind.PENALTY,
            holder_id=account_of(row).pk,
            submitter_id=None,
            amounts={Revenue.PENALTY: amounts[row.pk]},
            source=f"release:{row.transaction_number}",
            memo=row.transaction_number,
            posted_on=on,
            billing_on=on,
            due_on=dates.payment_due_on,
            last_day_to_pay=dates.last_day_to_pay,
        )
        for row in late
    ]
    ledger.post_many(drafts=drafts, at=at, actor=actor)
    delegations.notify_businesses(
        [notice for row in late for notice in _penalty_notices(units[row.pk], amounts[row.pk])], at=at
    )
    audit.record_many(
        event_of(row, "declaration.penalty_charged", actor=actor, at=at, after={"amount": amounts[row.pk]})
        for row in late
    )
    releases.mark_penalty_decided(release_ids=[row.pk for row in batch], on=on)
    return len(late)


def _words(rows: list[Release]) -> dict[str, str]:
    """Of the first release of a unit, with how many others stand in the same declaration."""
    words, others = words_of(rows[0]), len(rows) - 1
    if others:
        more = ngettext(
            "%(goods)s and %(count)d more courier release of the month",
            "%(goods)s and %(count)d more courier releases of the month",
            others,
        )
        words["goods"] = more % {"goods": words["goods"], "count": others}
    return words


def _reminders(rows: list[Release]) -> list[BusinessNotice]:
    return notices_for(
        rows[0],
        subject=lambda: _("Account for release %(number)s by tomorrow") % _words(rows),
        body=lambda: (
            _(
                "The declaration for %(goods)s is due on %(day)s and has not been submitted. "
                "%(filer)s asked for the release."
            )
            % _words(rows)
        ),
    )


def _overdue_notices(rows: list[Release]) -> list[BusinessNotice]:
    return notices_for(
        rows[0],
        subject=lambda: _("Overdue: release %(number)s has not been accounted for") % _words(rows),
        body=lambda: (
            _(
                "The declaration for %(goods)s was due on %(day)s. Submit it now. "
                "If it is still missing ten days after that day, a late accounting penalty is charged to the importer."
            )
            % _words(rows)
        ),
    )


def _penalty_notices(rows: list[Release], amount: Decimal) -> list[BusinessNotice]:
    return notices_for(
        rows[0],
        subject=lambda: _("Late accounting penalty for release %(number)s") % _words(rows),
        body=lambda: (
            _(
                "%(amount)s was charged because %(goods)s, due on %(day)s, has not been accounted for. "
                "The declaration is still to be submitted."
            )
            % {**_words(rows), "amount": formats.money(amount, get_language() or "en")}
        ),
    )

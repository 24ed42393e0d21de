"""Goods not accounted for in time: reminders, overdue notices and the penalty, as a daily job."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import get_language
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
            delegations.notify_businesses([notice for row in soon for notice in _reminders(row)], at=at)
            run.summary = {**run.summary, "reminded": True}
            run.save(update_fields=("summary",))
        reminded = len(soon)
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
    return found.select_related("program_account__business", "submitter").order_by("id")


def _send_overdue_notices(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    delegations.notify_businesses([notice for row in batch for notice in _overdue_notices(row)], at=at)
    audit.record_many(event_of(row, "declaration.overdue_notice", actor=actor, at=at) for row in batch)
    releases.mark_overdue_notice(release_ids=[row.pk for row in batch], on=on)
    return len(batch)


def _charge_penalties(batch: list[Release], *, on: date, at: datetime, actor: Actor) -> int:
    policy = reference.policy()
    dates = reference.billing_dates_of(on)
    amounts = {
        row.pk: rules.late_accounting_penalty(accounting_due_on=due_day(row), on=on, policy=policy) or ZERO
        for row in batch
    }
    late = [row for row in batch if amounts[row.pk] > 0]
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
    delegations.notify_businesses([notice for row in late for notice in _penalty_notices(row, amounts[row.pk])], at=at)
    audit.record_many(
        event_of(row, "declaration.penalty_charged", actor=actor, at=at, after={"amount": amounts[row.pk]})
        for row in late
    )
    releases.mark_penalty_decided(release_ids=[row.pk for row in batch], on=on)
    return len(late)


def _reminders(release: Release) -> list[BusinessNotice]:
    return notices_for(
        release,
        subject=lambda: _("Account for release %(number)s by tomorrow") % words_of(release),
        body=lambda: (
            _(
                "The declaration for %(goods)s is due on %(day)s and has not been submitted. "
                "%(filer)s asked for the release."
            )
            % words_of(release)
        ),
    )


def _overdue_notices(release: Release) -> list[BusinessNotice]:
    return notices_for(
        release,
        subject=lambda: _("Overdue: release %(number)s has not been accounted for") % words_of(release),
        body=lambda: (
            _(
                "The declaration for %(goods)s was due on %(day)s. Submit it now. "
                "If it is still missing ten days after that day, a late accounting penalty is charged to the importer."
            )
            % words_of(release)
        ),
    )


def _penalty_notices(release: Release, amount: Decimal) -> list[BusinessNotice]:
    return notices_for(
        release,
        subject=lambda: _("Late accounting penalty for release %(number)s") % words_of(release),
        body=lambda: (
            _(
                "%(amount)s was charged because %(goods)s, due on %(day)s, has not been accounted for. "
                "The declaration is still to be submitted."
            )
            % {**words_of(release), "amount": formats.money(amount, get_language() or "en")}
        ),
    )

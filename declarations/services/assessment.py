"""What an officer does about goods not accounted for: assess them, take a penalty back; and the right importer."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Business
from core import audit
from core import format as formats
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.money import ZERO
from declarations import queries, rules
from declarations.models import Declaration
from declarations.rules import AssessmentRefusal
from declarations.services.parts import account_of, day_of, event_of, notices_for, words_of
from delegation import services as delegations
from delegation.rules import Action
from ledger import services as ledger
from ledger.rules import EntryKind, Revenue
from reference.rules.billing import Stream, billing_on
from releases import services as releases
from releases.models import Release

#: The classes that an officer enters, in the order of the form.
ASSESSED = (
    Revenue.DUTY,
    Revenue.SIMA,
    Revenue.SURTAX,
    Revenue.EXCISE_DUTY,
    Revenue.EXCISE_TAX,
    Revenue.GST,
)
_REFUSALS = {
    AssessmentRefusal.NOT_RELEASED: gettext_lazy(
        "These goods were not released, so there is nothing to assess. Check the number."
    ),
    AssessmentRefusal.ACCOUNTED: gettext_lazy("These goods are accounted for. Open their declaration instead."),
    AssessmentRefusal.NOT_OVERDUE: gettext_lazy(
        "The day for accounting has not passed. Wait for the importer's declaration."
    ),
    AssessmentRefusal.ASSESSED: gettext_lazy(
        "These goods were assessed before. What the importer declares later corrects it."
    ),
    AssessmentRefusal.NOTHING: gettext_lazy("Enter at least one amount above zero."),
}


def assess(*, release: Release, amounts: Mapping[Revenue, Decimal], reason: str, actor: Actor, at: datetime) -> Release:
    """The agency's own assessment of goods that nobody accounted for: posted as their duties, due on their day.

    ``DomainError`` when the goods are accounted for, not overdue or assessed before. They stay to be accounted
    for; the declaration filed later posts only the difference.
    """
    on = day_of(at)
    with transaction.atomic():
        release = releases.locked_release(release.pk)
        total = sum(amounts.values(), ZERO)
        refusal = rules.assessment_refusal(
            accounting_due_on=release.accounting_due_on,
            accounted_on=release.accounted_on,
            on=on,
            is_assessed=bool(queries.assessed_amounts(release.transaction_number)),
            total=total,
        )
        if refusal is not None:
            raise DomainError(_REFUSALS[refusal], code=refusal.value)
        assert release.released_on is not None  # what is to be accounted for was released
        ledger.post_charge(
            key=f"assessment:{release.transaction_number}",
            kind=EntryKind.DECLARATION,
            holder_id=account_of(release).pk,
            submitter_id=None,
            amounts=amounts,
            source=f"declaration:{release.transaction_number}",
            memo=release.transaction_number,
            posted_on=on,
            billing_on=billing_on(release.released_on, Stream(release.stream)),
            due_on=release.payment_due_on,
            last_day_to_pay=release.last_day_to_pay,
            at=at,
            actor=actor,
        )
        _record(release, "declaration.assessed_by_officer", total, reason, actor=actor, at=at)
        delegations.notify_businesses(
            notices_for(
                release,
                subject=lambda: _("The agency assessed release %(number)s itself") % words_of(release),
                body=lambda: (
                    _(
                        "No declaration came for %(goods)s, due on %(day)s. %(amount)s was charged. "
                        "File the declaration: only the difference is then charged or credited."
                    )
                    % {**words_of(release), "amount": _money(total)}
                ),
            ),
            at=at,
        )
    return release


def waive_penalty(*, release: Release, reason: str, actor: Actor, at: datetime) -> Release:
    """Take the late accounting penalty of a release back, once (Customs Act s. 3.3); ``Conflict`` without one."""
    on = day_of(at)
    with transaction.atomic():
        release = releases.locked_release(release.pk)
        entry = queries.penalty_entry(release)
        if entry is None or release.penalty_waived_on is not None:
            raise Conflict(
                _("There is no late accounting penalty to waive here. Look at what was charged."), code="no_penalty"
            )
        ledger.reverse_entry(
            key=f"late_accounting:{release.transaction_number}:waived",
            entry_id=entry.id,
            reason=reason,
            posted_on=on,
            at=at,
            actor=actor,
        )
        releases.mark_penalty_waived(release_id=release.pk, on=on)
        release.penalty_waived_on = on
        _record(release, "declaration.penalty_waived", entry.amount, reason, actor=actor, at=at)
        delegations.notify_businesses(
            notices_for(
                release,
                subject=lambda: _("Late accounting penalty waived for release %(number)s") % words_of(release),
                body=lambda: (
                    _("%(amount)s was taken back. The reason: %(reason)s")
                    % {"amount": _money(entry.amount), "reason": reason}
                ),
            ),
            at=at,
        )
    return release


def change_importer(
    *,
    release: Release,
    account_number: str,
    submitter: Business,
    staff_actions: frozenset[Action],
    reason: str,
    actor: Actor,
    at: datetime,
    held: Collection[int] | None = None,
) -> Release:
    """Correct the program account of a release, and of the declaration begun for it; refusals as ``correct_importer``.

    ``DomainError`` also where the agency assessed the goods: what it charged stands on the first account.
    """
    with transaction.atomic():
        # An assessment that is being made meanwhile is waited for, and then seen.
        releases.locked_release(release.pk)
        if queries.assessed_amounts(release.transaction_number):
            raise DomainError(
                _("The agency has assessed these goods. Ask the office of release to correct the importer."),
                code="already_assessed",
                field="account_number",
            )
        release = releases.correct_importer(
            release=release,
            account_number=account_number,
            submitter=submitter,
            staff_actions=staff_actions,
            reason=reason,
            held=held,
            actor=actor,
            at=at,
        )
        Declaration.objects.filter(release=release).update(program_account=account_of(release), saved_at=at)
    return release


def _record(release: Release, verb: str, amount: Decimal, reason: str, *, actor: Actor, at: datetime) -> None:
    event = event_of(release, verb, actor=actor, at=at, after={"amount": amount})
    event.reason = reason
    audit.record_many([event])


def _money(amount: Decimal) -> str:
    return formats.money(amount, get_language() or "en")

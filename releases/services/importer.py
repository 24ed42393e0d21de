"""Correcting the program account of a release before the goods are accounted for (form A48)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Business
from core import audit
from core.actor import Actor
from core.errors import DomainError
from delegation import queries as delegations
from delegation.rules import Action
from delegation.services import BusinessNotice, notify_businesses
from reference import queries as reference
from releases import queries
from releases.models import Release, ReleaseMessage
from releases.rules import (
    PROGRAMMES,
    ImporterRefusal,
    ReleaseKind,
    importer_correction_refusal,
    release_refusal,
    stream_of,
)
from releases.services.life import locked_release
from releases.services.parts import CATEGORY, day_of, message
from releases.services.requests import Asker, ReleaseRequest, release_facts
from releases.services.words import IMPORTER_REFUSALS, WAY_OUT


def correct_importer(
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
    """Put a release on another program account, as if it had been asked for there; the dates stay.

    ``DomainError`` on ``account_number`` when the goods are not released or are accounted for already, or would be
    refused on the new account: without Release Prior to Payment above all.
    """
    with transaction.atomic():
        release = locked_release(release.pk)
        before, kind = release.program_account, ReleaseKind(release.kind)
        account = delegations.program_account(account_number)
        admitted = queries.admissions_for(account, submitter_id=submitter.pk, on=day_of(at))
        facts = release_facts(
            account,
            ReleaseRequest(account_number, kind, "", release.office, release.goods, release.estimated_value),
            asker=Asker(submitter, staff_actions, held, actor),
            admitted=admitted,
            contingency=None,
            at=at,
            dated=reference.policy(),
        )
        refusal = release_refusal(kind, facts)
        why = importer_correction_refusal(
            is_released=release.state == Release.State.RELEASED and kind != ReleaseKind.CTYPE,
            is_accounted=release.accounted_on is not None,
            is_same=account is not None and account == before,
            refusal=refusal,
        )
        if why is not None:
            words = WAY_OUT[refusal] if why == ImporterRefusal.REFUSED and refusal else IMPORTER_REFUSALS[why]
            code = refusal.value.lower() if why == ImporterRefusal.REFUSED and refusal else why.value
            raise DomainError(words, code=code, field="account_number")
        assert account is not None and before is not None  # released goods have one, and nobody is refused nothing
        release.program_account, release.asked_for = account, account.number
        release.contingency_account = None
        if kind in PROGRAMMES:
            release.stream = stream_of(kind, csa_option=admitted.csa_option).value
        release.save(update_fields=("program_account", "asked_for", "contingency_account", "stream"))
        message(release, ReleaseMessage.Code.IMPORTER_CORRECTED, at=at, note=reason).save(force_insert=True)
        audit.record_many(
            audit.event(
                actor=actor,
                verb=verb,
                target=f"releases.Release:{release.transaction_number}",
                business_id=side.business_id,
                program_account_id=side.pk,
                after={"cargo": release.cargo_control_number},
                reason=reason,
                at=at,
            )
            for side, verb in ((before, "release.importer_left"), (account, "release.importer_corrected"))
        )
        if before.business_id not in (account.business_id, submitter.pk):
            notify_businesses([_gone(release, before.business_id, before.pk)], at=at)
    return release


def _gone(release: Release, business_id: int, program_account_id: int) -> BusinessNotice:
    """What the importer is told whose goods they were not; it learns nothing of the other."""
    return BusinessNotice(
        business_id=business_id,
        subject=lambda: (
            _("Release %(number)s is no longer on your program account") % {"number": release.transaction_number}
        ),
        body=lambda: (
            _("%(filer)s corrected the importer of the goods. You have nothing to account for.")
            % {"filer": release.submitter.legal_name}
        ),
        category=CATEGORY,
        program_account_id=program_account_id,
    )

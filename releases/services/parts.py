"""What the services of releases share: the messages they send, the trail and the notices."""

from datetime import date, datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.clock import TORONTO
from delegation.services import BusinessNotice
from releases.models import Release, ReleaseMessage

CATEGORY = "declarations"


def day_of(at: datetime) -> date:
    return at.astimezone(TORONTO).date()


def message(
    release: Release, code: ReleaseMessage.Code, *, at: datetime, note: str = "", office: str = ""
) -> ReleaseMessage:
    """A message of the release, still to be saved."""
    return ReleaseMessage(release=release, code=code, sent_at=at, office=office or release.office, note=note)


def release_event(release: Release, verb: str, *, actor: Actor, at: datetime, reason: str = "") -> audit.AuditEvent:
    account = release.program_account
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"releases.Release:{release.transaction_number}",
        business_id=account.business_id if account else None,
        program_account_id=account.pk if account else None,
        after={"kind": release.kind, "cargo": release.cargo_control_number, "refusal": release.refusal},
        reason=reason,
        at=at,
    )


def notice(release: Release, code: ReleaseMessage.Code) -> BusinessNotice:
    """What the filer is told when something happens to a request of its own."""
    return BusinessNotice(
        business_id=release.submitter_id,
        subject=lambda: (
            _("Release %(number)s: %(message)s") % {"number": release.transaction_number, "message": code.label}
        ),
        body=lambda: (
            _("Goods: %(goods)s. Cargo control number %(cargo)s.")
            % {"goods": release.goods, "cargo": release.cargo_control_number}
        ),
        category=CATEGORY,
        link=partial(reverse, "releases:detail", args=(release.submitter.bn9, release.transaction_number)),
        program_account_id=None,
    )

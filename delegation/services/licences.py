"""A customs broker's licence is revoked, or comes back: from that moment the broker may file, or not."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Business
from core import audit
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Stranger
from core.lazy import lazy_text
from delegation import queries
from delegation.services.notices import BusinessNotice, notify_businesses
from delegation.services.parts import CATEGORY

REVOKED = gettext_lazy("The customs broker licence of %(provider)s was revoked")
REVOKED_CLIENT = gettext_lazy(
    "Since %(day)s it may not release or account for goods in your name. Name another broker, or file yourself. What "
    "it filed before stays, and it still sees what you gave it to see until you revoke its access."
)
REVOKED_OWN = gettext_lazy(
    "Since %(day)s your business may not release or account for goods for any client. Each client was told. Reason: "
    "%(reason)s"
)
RESTORED = gettext_lazy("The customs broker licence of %(provider)s is in force again")
RESTORED_CLIENT = gettext_lazy("Since %(day)s it may release and account for goods in your name again, as you gave it.")
RESTORED_OWN = gettext_lazy("Since %(day)s your business may file for its clients again. Reason: %(reason)s")


def revoke_licence(*, business_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Business:
    """End the authority to file of a broker at once (Customs Act s. 9, 10), whatever its clients gave it.

    The accesses stay as they are: they show what was given, and hold again if the licence comes back. ``Conflict``
    where the business is no broker or the licence is revoked already.
    """
    with transaction.atomic():
        row = _broker(business_id, reason, actor)
        if row.licence_revoked_on is not None:
            raise Conflict(
                _("This licence is revoked already. Open the list again to see since when."), code="licence_revoked"
            )
        row.licence_revoked_on = on
        _finish(row, "business.licence_revoked", reason, actor=actor, at=at)
        _tell(row, REVOKED, REVOKED_CLIENT, REVOKED_OWN, reason, on=on, at=at)
    return row


def restore_licence(*, business_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Business:
    """Take a revocation back. ``Conflict`` where there is none; the licence's own last day is left as it is."""
    with transaction.atomic():
        row = _broker(business_id, reason, actor)
        if row.licence_revoked_on is None:
            raise Conflict(_("This licence is not revoked. Nothing was changed."), code="licence_not_revoked")
        row.licence_revoked_on = None
        _finish(row, "business.licence_restored", reason, actor=actor, at=at)
        _tell(row, RESTORED, RESTORED_CLIENT, RESTORED_OWN, reason, on=on, at=at)
    return row


def _broker(business_id: int, reason: str, actor: Actor) -> Business:
    if actor.kind != ActorKind.OFFICER:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")
    if not reason.strip():
        raise DomainError(_("Enter the reason: the broker reads it."), code="no_reason", field="reason")
    row = Business.objects.select_for_update().get(pk=business_id)
    if row.provider_kind != Business.ProviderKind.CUSTOMS_BROKER:
        raise Conflict(_("Only a customs broker has a licence here. Choose a broker of the list."), code="no_broker")
    return row


def _finish(row: Business, verb: str, reason: str, *, actor: Actor, at: datetime) -> None:
    row.save(update_fields=("licence_revoked_on",))
    audit.record(
        actor=actor,
        verb=verb,
        target=f"accounts.Business:{row.pk}",
        business_id=row.pk,
        after={"licence": row.licence_number, "revoked_on": row.licence_revoked_on},
        reason=reason.strip(),
        at=at,
    )


def _tell(row: Business, subject: Any, to_client: Any, to_own: Any, reason: str, *, on: date, at: datetime) -> None:
    """The broker's managers and those of every client with an access, in a fixed number of statements."""
    heading = lazy_text(subject, provider=row.legal_name)

    def notice(business_id: int, body: Any, link: Callable[[], str]) -> BusinessNotice:
        return BusinessNotice(business_id, heading, body, CATEGORY, link)

    client_body = lazy_text(to_client, day=on)
    notices = [
        notice(given.client_id, client_body, partial(_page_of_client, given.client.bn9, given.pk))
        for given in queries.active_clients(row.pk)
    ]
    own_body = lazy_text(to_own, day=on, reason=reason.strip())
    notices.append(notice(row.pk, own_body, lambda: reverse("delegation:clients", args=(row.bn9,))))
    notify_businesses(notices, at=at)


def _page_of_client(bn9: str, delegation_id: int) -> str:
    return reverse("delegation:third_party", args=(bn9, delegation_id))

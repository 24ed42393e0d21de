"""What the services of standing share: the account they lock, the trail they leave, whom they tell."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict
from core.lazy import lazy_text
from core.money import ZERO
from delegation import services as delegations
from ledger import queries as ledger


def locked_account(program_account_id: int) -> ProgramAccount:
    """The program account's row, locked: what is decided about it is decided one after the other."""
    rows = ProgramAccount.objects.select_for_update(of=("self",), no_key=True).select_related("business")
    return rows.get(pk=program_account_id)


def require_overdue(account: ProgramAccount, *, on: date) -> Decimal:
    """What is overdue; ``Conflict`` when nothing is any more."""
    overdue = ledger.overdue_total(account.pk, on=on)
    if overdue <= ZERO:
        raise Conflict(_("Nothing is overdue on this account any more. Reload the page."), code="nothing_overdue")
    return overdue


def record(account: ProgramAccount, verb: str, *, actor: Actor, at: datetime, reason: str = "", **after: Any) -> None:
    audit.record_many([event(account, verb, actor=actor, at=at, reason=reason, **after)])


def event(account: ProgramAccount, verb: str, *, actor: Actor, at: datetime, reason: str = "", **after: Any) -> Any:
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"accounts.ProgramAccount:{account.number}",
        business_id=account.business_id,
        program_account_id=account.pk,
        after=after,
        reason=reason,
        at=at,
    )


def notice(account: ProgramAccount, subject: Any, body: Any, **values: Any) -> delegations.BusinessNotice:
    return delegations.BusinessNotice(
        business_id=account.business_id,
        program_account_id=account.pk,
        subject=lazy_text(subject, **values),
        body=lazy_text(body, **values),
        category="standing",
        link=partial(reverse, "standing:detail", args=(account.number,)),
    )


def tell(account: ProgramAccount, subject: Any, body: Any, *, at: datetime, **values: Any) -> None:
    delegations.notify_businesses([notice(account, subject, body, **values)], at=at)

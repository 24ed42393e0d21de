"""What the services of security share: the rows they lock, the trail they leave, whom they tell."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from accounts.models import ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor
from core.clock import wall_now
from notifications.services import Draft, notify_many
from security import messages, paper_messages, queries, rules
from security.models import (
    Bond,
    RppEnrolment,
    SuretyEvent,
)

#: What a surety's software hears of what its people are told; other categories keep their own name.
_KINDS = {
    messages.WSA_TO_CONFIRM: rules.TO_CONFIRM,
    messages.WSA_ENTERED: "bond.entered",
    paper_messages.WSA_MAILED: "endorsement.mailed",
    paper_messages.WSA_MAIL_REFUSED: "endorsement.refused",
    paper_messages.WSA_MAIL_WITHDRAWN: "endorsement.withdrawn",
    messages.WSA_WITHDRAWN: "bond.withdrawn",
    messages.WSA_RAISE_ASKED: rules.INCREASE_NEEDED,
}


def money(amount: Decimal) -> str:
    return formats.money(amount, get_language() or "en")


def locked_account(program_account_id: int) -> ProgramAccount:
    """The program account's row, locked: what happens to its security happens one after the other."""
    return ProgramAccount.objects.select_for_update(of=("self",)).select_related("business").get(pk=program_account_id)


def locked_accounts(program_account_ids: Collection[int]) -> dict[int, ProgramAccount]:
    """The rows of several program accounts, locked in one order by everybody."""
    rows = ProgramAccount.objects.select_for_update(of=("self",)).select_related("business")
    return {row.pk: row for row in rows.filter(pk__in=list(program_account_ids)).order_by("pk")}


def locked_enrolment(program_account_id: int) -> RppEnrolment | None:
    return (
        RppEnrolment.objects.select_for_update(of=("self",))
        .select_related("program_account")
        .filter(program_account_id=program_account_id)
        .first()
    )


def locked_enrolments(
    program_account_ids: Collection[int], *, states: Collection[str] = rules.ENROLLED
) -> list[RppEnrolment]:
    return list(
        RppEnrolment.objects.select_for_update(of=("self",))
        .select_related("program_account")
        .filter(program_account_id__in=list(program_account_ids), state__in=states)
        .order_by("pk")
    )


def event(
    actor: Actor, verb: str, about: Any, *, at: datetime, account: ProgramAccount | None = None, **details: Any
) -> Any:
    """A line of the trail of what it is about, under its own program account or the one given."""
    account = account or (about if isinstance(about, ProgramAccount) else about.program_account)
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"{about._meta.label}:{about.pk}",
        business_id=account.business_id,
        program_account_id=account.pk,
        at=at,
        **details,
    )


def record(actor: Actor, verb: str, about: Any, *, at: datetime, **details: Any) -> None:
    audit.record_many([event(actor, verb, about, at=at, **details)])


def tell(
    news: Sequence[tuple[ProgramAccount, str, messages.Message]],
    *,
    on: date,
    at: datetime,
    include_delegates: bool = False,
) -> None:
    """One message a program account to each of its people, all in a few statements.

    The very same message for several accounts reaches a person who looks after more than one of them once.
    """
    if not news:
        return
    people = queries.people_to_tell(
        {account.pk for account, _c, _m in news}, on=on, include_delegates=include_delegates
    )
    drafts: dict[tuple[int, int], Draft] = {}
    for account, category, message in news:
        for person in people[account.pk]:
            drafts.setdefault(
                (person.pk, id(message)),
                Draft(
                    recipient=person,
                    subject=message[0],
                    body=message[1],
                    category=category,
                    link=messages.account_link(account.number),
                    business_id=account.business_id,
                    program_account_id=account.pk,
                ),
            )
    notify_many(drafts=list(drafts.values()), at=at)


def publish(bonds: Sequence[Bond], kind: str, *, at: datetime, **more: Any) -> None:
    """Events for the sureties' software, in the transaction of what they tell of."""
    wall = wall_now()
    SuretyEvent.objects.bulk_create(
        [
            SuretyEvent(
                provider_id=bond.provider_id,
                bond=bond,
                kind=kind,
                data=rules.event_data(bond, **more),
                business_at=at,
                created_at=wall,
            )
            for bond in bonds
        ],
        batch_size=500,
    )


def tell_surety(bond: Bond, category: str, message: messages.Message, *, at: datetime) -> None:
    """Its managers by message, its software by event."""
    publish([bond], _KINDS.get(category, category.lower().replace("_", ".", 1)), at=at)
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=category,
                link=messages.desk_link(bond.provider.bn9, bond.pk),
                business_id=bond.provider_id,
            )
            for person in queries.managers_of(bond.provider_id)
        ],
        at=at,
    )


def tell_importer(bond: Bond, category: str, *, on: date, at: datetime) -> None:
    """Everybody who looks after a program account that the bond covers."""
    message = messages.bond_news(bond, category)
    shares = queries.shares_by_bond([bond.pk])[bond.pk]
    tell([(share.program_account, category, message) for share in shares], on=on, at=at)

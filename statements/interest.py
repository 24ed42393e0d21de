"""Interest taken back: what an earlier payment makes too much, and what an officer waives. Always by a new entry."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import DomainError
from core.models import JobRun
from core.money import ZERO
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import EntryKind, Revenue, charge_draft
from reference import queries as reference
from statements import interest_rules, queries

_CREDIT_DAYS = 7


@dataclass(frozen=True)
class _Charge:
    """An interest entry of one run: what it came to, and what was credited of it since (dollars)."""

    key: str
    item_id: int
    source: str
    posted_on: date
    amount: Decimal
    credited: Decimal

    @property
    def net(self) -> Decimal:
        return self.amount - self.credited


def credit_overcharge(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Decimal:
    """Credit the interest that payments known by now make too much; returns how much, in dollars.

    Each run is computed anew from the payments' own days. A credit meets the interest it corrects as of that
    interest's own day, so that interest on interest follows.
    """
    total = ZERO
    with transaction.atomic():
        hold_account(program_account_id)
        while found := _overcharged(program_account_id, on=on):
            charge, amount = found
            _credit(charge, amount, program_account_id=program_account_id, memo=reason, on=on, at=at, actor=actor)
            total += amount
        if total:
            _record("interest.recomputed", program_account_id, total, reason, at=at, actor=actor)
    return total


def hold_account(program_account_id: int) -> None:
    """Until the transaction ends nobody else takes interest of the account back: of two at once, one sees the other."""
    ProgramAccount.objects.select_for_update().get(pk=program_account_id)


def run_credits(*, run: JobRun, on: date, actor: Actor) -> dict[str, int]:
    """Every day: credit the interest on what a decision about a declaration took back in the days before.

    Looks a week back, so that a day without a run loses nothing; what was credited is not credited again.
    """
    credited = 0
    since = on - timedelta(days=_CREDIT_DAYS)
    for number in queries.credited_with_interest(since=since, on=on):
        credited += bool(
            credit_overcharge(
                program_account_id=number,
                reason="",
                on=on,
                at=run.due_at,
                actor=actor,
            )
        )
    return {"interest_credits": credited}


def waive(*, program_account_id: int, entry_key: str, reason: str, on: date, at: datetime, actor: Actor) -> Decimal:
    """Give up what is left of one interest entry (Customs Act s. 3.3); returns how much, in dollars.

    Interest that later runs charged on it was never owed either and is credited with it.
    ``DomainError`` for an entry that is no interest of this account, or of which nothing is left.
    """
    with transaction.atomic():
        hold_account(program_account_id)
        charge = next((row for row in _charges(program_account_id) if row.key == entry_key), None)
        if charge is None or charge.net <= ZERO:
            raise DomainError(
                _("There is no interest left on this entry. Choose another from the history."), code="nothing_to_waive"
            )
        paid = _payments_of(charge)
        _credit(charge, charge.net, program_account_id=program_account_id, memo=reason, on=on, at=at, actor=actor)
        _give_interest(charge, paid, program_account_id=program_account_id, on=on, at=at, actor=actor)
        _record("interest.waived", program_account_id, charge.net, reason, at=at, actor=actor)
        credit_overcharge(program_account_id=program_account_id, reason=reason, on=on, at=at, actor=actor)
    return charge.net


def waive_of_document(
    *,
    program_account_id: int,
    number: str,
    posted_on: date,
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """``waive`` for the interest that a run charged on a document, named as its reader knows it."""
    key = next(
        (
            row.key
            for row in _charges(program_account_id)
            if row.posted_on == posted_on and row.source.endswith(f":{number}") and row.net > ZERO
        ),
        "",
    )
    return waive(program_account_id=program_account_id, entry_key=key, reason=reason, on=on, at=at, actor=actor)


def _overcharged(program_account_id: int, *, on: date) -> tuple[_Charge, Decimal] | None:
    """The first interest entry that came to more than it should have, and by how much."""
    by_item: dict[int, list[_Charge]] = {}
    for charge in _charges(program_account_id):
        by_item.setdefault(charge.item_id, []).append(charge)
    specified, prescribed = reference.late_rates(), reference.late_penalty_rates()
    holders = range(program_account_id, program_account_id + 1)
    for late in queries.late_debts(holders=holders, through=on):
        charges = by_item.get(late.item_id, [])
        if not charges:
            continue
        owed = interest_rules.owed_by_run(
            late.debt,
            amount=late.debt.left + sum((part for _day, part in late.debt.paid), ZERO),
            run_days=[charge.posted_on for charge in charges],
            rates=prescribed if late.is_penalty else specified,
        )
        for charge in charges:
            if charge.net > owed[charge.posted_on]:
                return charge, charge.net - owed[charge.posted_on]
    return None


def _charges(program_account_id: int) -> list[_Charge]:
    """The account's interest entries, oldest first, each with what was credited of it."""
    entries = ledger.entries_between(
        program_account_id, posted_from=None, posted_to=None, kinds=(EntryKind.INTEREST,)
    ).order_by("posted_on", "id")
    rows = [(entry.key, entry) for entry in entries]
    credits = {key: -entry.amount for key, entry in rows if entry.amount < ZERO}
    return [
        _Charge(
            key=key,
            item_id=int(entry.source.partition(":")[2]),
            source=entry.memo,
            posted_on=entry.posted_on,
            amount=entry.amount,
            credited=sum((amount for name, amount in credits.items() if name.startswith(f"{key}:credit:")), ZERO),
        )
        for key, entry in rows
        if entry.amount > ZERO
    ]


def _credit(
    charge: _Charge, amount: Decimal, *, program_account_id: int, memo: str, on: date, at: datetime, actor: Actor
) -> None:
    """Post the credit and set it against what is still open of the interest, as of the day of that interest."""
    draft = charge_draft(
        key=f"{charge.key}:credit:{charge.credited + amount}",
        kind=EntryKind.INTEREST,
        holder_id=program_account_id,
        submitter_id=None,
        amounts={Revenue.INTEREST: -amount},
        source=f"interest:{charge.item_id}",
        memo=charge.source,
        posted_on=on,
        billing_on=on,
        due_on=None,
        last_day_to_pay=None,
    )
    [entry] = book.post_many(drafts=[draft], at=at, actor=actor)
    charged = ledger.entry_by_key(charge.key)
    debt = ledger.item_of_entry(charged.pk) if charged else None
    credit = ledger.item_of_entry(entry.pk)
    if debt is None or credit is None or debt.cleared == debt.amount:
        return
    book.clear(
        debt_item_id=debt.pk,
        credit_item_id=credit.pk,
        amount=min(amount, debt.amount - debt.cleared),
        cleared_on=charge.posted_on,
        at=at,
        actor=actor,
    )


def _payments_of(charge: _Charge) -> list[tuple[date, Decimal]]:
    """When how much of an interest entry was paid; what was taken back of it is no payment."""
    entry = ledger.entry_by_key(charge.key)
    item = ledger.item_of_entry(entry.pk) if entry else None
    if item is None:
        return []
    parts = ledger.counterparts_of([item.pk]).get(item.pk, [])
    return [(part.cleared_on, part.amount) for part in parts if part.kind != EntryKind.INTEREST]


def _give_interest(
    charge: _Charge,
    paid: list[tuple[date, Decimal]],
    *,
    program_account_id: int,
    on: date,
    at: datetime,
    actor: Actor,
) -> None:
    """With what had been paid of a waived amount comes interest at the prescribed rate (Customs Act s. 3.3(2))."""
    back = min(charge.net, sum((amount for _day, amount in paid), ZERO))
    amount = interest_rules.given_with_waiver(paid, back, given_on=on, rates=reference.prescribed_rates())
    if amount <= ZERO:
        return
    draft = charge_draft(
        key=f"{charge.key}:given",
        kind=EntryKind.INTEREST,
        holder_id=program_account_id,
        submitter_id=None,
        amounts={Revenue.INTEREST: -amount},
        source=f"interest:{charge.item_id}",
        memo=charge.source,
        posted_on=on,
        billing_on=on,
        due_on=None,
        last_day_to_pay=None,
    )
    book.post_many(drafts=[draft], at=at, actor=actor)


def _record(verb: str, program_account_id: int, amount: Decimal, reason: str, *, at: datetime, actor: Actor) -> None:
    account = queries.accounts_in(range(program_account_id, program_account_id + 1))[program_account_id]
    audit.record(
        actor=actor,
        verb=verb,
        target=f"accounts.ProgramAccount:{account.number}",
        business_id=account.business_id,
        program_account_id=program_account_id,
        after={"amount": amount},
        reason=reason,
        at=at,
    )

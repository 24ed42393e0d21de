"""Importers of every kind with a year and more of charges: what the yearly review's job is held to the rule on."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import ProgramAccount
from ledger.rules import EntryDraft, EntryKind, Revenue, charge_draft
from ledger.services import post_many
from security import services
from security.rules import Share
from tests.builders import Cast, World
from tests.security.conftest import SYSTEM, enrolled, moment, secured

ENROLLED_ON, SECURED_ON, TOLD_ON = date(2025, 7, 30), date(2025, 8, 1), date(2026, 7, 25)
KINDS = (EntryKind.DECLARATION, EntryKind.PENALTY, EntryKind.INTEREST, EntryKind.CTYPE)
#: The days on which some month, of whatever cut, begins or ends.
EDGES = (1, 17, 18, 19, 20, 24, 25)
#: Known on its own day, within the five business days of accounting, after a weekend more, or a month late.
LAGS = (0, 0, 1, 5, 7, 31)


def population(
    world: World, cast: Cast, count: int, seed: int, *, days: int = 400
) -> tuple[list[ProgramAccount], list[EntryDraft]]:
    """Accounts enrolled or not, secured or not, with none to forty charges at the segments' edges.

    What was charged became known in so many days from the first of July 2025.
    """
    chance = random.Random(seed)
    accounts: list[ProgramAccount] = []
    drafts: list[EntryDraft] = []
    for number in range(count):
        account = world.program_account(cast.northlight, f"RM{number + 100:04d}")
        accounts.append(account)
        if chance.random() < 0.7:
            enrolled(account, on=ENROLLED_ON, estimate=str(chance.randrange(0, 900_00) / Decimal(100)))
        if chance.random() < 0.3:
            amount = chance.randrange(5000_00, 20000_00) / Decimal(100)
            secured(account, cast.keystone, f"{amount}", on=SECURED_ON)
        if chance.random() < 0.4:
            services.receive_deposit(
                program_account_id=account.pk,
                amount=Decimal(chance.randrange(1, 500_00)) / 100,
                payment_reference=f"P{number}",
                on=SECURED_ON,
                at=moment(SECURED_ON),
                actor=SYSTEM,
            )
        entries = chance.choice([0, 1, 3, 12, 40])
        drafts += [_charge(account, f"{number}-{entry}", chance, days=days) for entry in range(entries)]
    post_many(drafts=drafts, at=moment(TOLD_ON), actor=SYSTEM)
    _share_a_bond(cast, accounts[:3])
    return accounts, drafts


def _share_a_bond(cast: Cast, accounts: Sequence[ProgramAccount]) -> None:
    """One bond over several accounts, a part of which covers none."""
    shared = secured(accounts[0], cast.keystone, "30000.00", on=SECURED_ON)
    parts = zip(accounts, ("5000.00", "7345.67", "15000.00"), strict=True)
    services.reallocate_bond(
        bond_id=shared.pk,
        shares=[Share(account.pk, Decimal(part)) for account, part in parts],
        on=SECURED_ON,
        at=moment(SECURED_ON),
        actor=SYSTEM,
    )


def _charge(account: ProgramAccount, name: str, chance: random.Random, *, days: int) -> EntryDraft:
    day = date(2025, 7, 1) + timedelta(days=chance.randrange(days))
    if chance.random() < 0.5:
        day = day.replace(day=chance.choice(EDGES))
    return charge_draft(
        key=f"declaration:{name}:v1",
        kind=chance.choice(KINDS),
        holder_id=account.pk,
        submitter_id=None,
        amounts={Revenue.OTHER: Decimal(chance.randrange(-2000_00, 20000_00)) / 100},
        source=f"declaration:{name}",
        memo="",
        posted_on=day,
        billing_on=day - timedelta(days=chance.choice(LAGS)),
        due_on=date(2030, 1, 1),
        last_day_to_pay=date(2030, 1, 1),
    )


def in_month(drafts: Sequence[EntryDraft], month: int, *, cut_day: int, by_release: bool) -> list[EntryDraft]:
    """The entries of one month, numbered by :func:`month_of`: one by one from their dates, no segments, no windows."""
    return [
        draft
        for draft in drafts
        if month_of(draft.billing_on if by_release else draft.posted_on, cut_day=cut_day) == month
    ]


def month_of(day: date, *, cut_day: int) -> int:
    """The number of the month that a day is in where months begin on ``cut_day``."""
    return day.year * 12 + day.month + (day.day >= cut_day)

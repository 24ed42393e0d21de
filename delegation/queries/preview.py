"""What a provider would see and may do, counted on the client's real declarations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from delegation import rules
from delegation.queries.businesses import is_licensed_broker
from delegation.rules import Action, Role, Scope


class PreviewRow(Protocol):
    """One declaration as the preview shows it."""

    submitter_id: int | None
    submitter_name: str
    released_on: date
    number: str
    total: Decimal
    program_account_number: str


class TransactionsPreview(Protocol):
    """The newest declarations and the count of all of them by who submitted them."""

    @property
    def rows(self) -> Sequence[PreviewRow]: ...

    @property
    def counts(self) -> Mapping[int | None, int]: ...

    @property
    def names(self) -> Mapping[int | None, str]: ...

    @property
    def counts_by_account(self) -> Mapping[tuple[int, int | None], int]: ...


@dataclass(frozen=True)
class NoTransactions:
    """What a portal without declarations has to show."""

    rows: tuple[PreviewRow, ...] = ()
    counts: Mapping[int | None, int] = field(default_factory=dict)
    names: Mapping[int | None, str] = field(default_factory=dict)
    counts_by_account: Mapping[tuple[int, int | None], int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeenRow:
    row: PreviewRow
    is_seen: bool


@dataclass(frozen=True)
class Preview:
    """What a provider would see and may do with a scope, counted on the client's real declarations."""

    total_count: int
    seen_count: int
    their_count: int
    filed_count: int
    client_count: int
    other_count: int
    other_names: tuple[str, ...]
    is_full: bool
    sees_client: bool
    sees_others: bool
    hidden_accounts: tuple[ProgramAccount, ...]
    chosen_accounts: tuple[ProgramAccount, ...]
    rows: tuple[SeenRow, ...]
    counts: Mapping[int | None, int]
    actions: frozenset[Action]

    @property
    def can_file(self) -> bool:
        return Action.FILE_DECLARATION in self.actions

    @property
    def chosen_names(self) -> str:
        return ", ".join(account.rm for account in self.chosen_accounts)


NEWEST = 5


def transactions_preview(
    *, business_id: int, program_account_ids: Iterable[int], limit: int = NEWEST
) -> TransactionsPreview:
    """The newest declarations of some program accounts and the counts of all, from the room that holds them."""
    source = getattr(settings, "TRANSACTIONS_PREVIEW", "")
    try:
        preview = import_string(source)
    except ImportError:
        return NoTransactions()
    return preview(business_id=business_id, program_account_ids=list(program_account_ids), limit=limit)


@dataclass(frozen=True)
class Difference:
    """What a provider newly sees and may do, and what it loses, when one scope takes the place of another."""

    gained_count: int
    lost_count: int
    gained_accounts: tuple[ProgramAccount, ...]
    lost_accounts: tuple[ProgramAccount, ...]
    gained_actions: tuple[Any, ...]
    lost_actions: tuple[Any, ...]
    gained_sights: tuple[Any, ...]
    lost_sights: tuple[Any, ...]

    @property
    def is_empty(self) -> bool:
        return not any(
            (
                self.gained_count,
                self.lost_count,
                self.gained_accounts,
                self.lost_accounts,
                self.gained_actions,
                self.lost_actions,
                self.gained_sights,
                self.lost_sights,
            )
        )


def what_changes(
    *, client: Business, provider: Business, before: Scope, after: Scope, accounts: Iterable[ProgramAccount], on: date
) -> Difference:
    """Two scopes through the provider's eyes, counted on the client's real declarations, both ways at once."""
    every_account = tuple(accounts)
    everything = transactions_preview(
        business_id=client.pk, program_account_ids=[account.pk for account in every_account], limit=0
    )
    is_licensed = is_licensed_broker(provider, on=on)
    reached, actions, seen_rows = [], [], []
    for scope in (before, after):
        visibility = rules.visibility_of(
            provider_id=provider.pk, client_id=client.pk, sees_client=scope.sees_client, sees_others=scope.sees_others
        )
        within = {row.pk for row in every_account if scope.all_programs or row.pk in scope.program_account_ids}
        reached.append(within)
        actions.append(rules.actions_of(Role(scope.access), visibility=visibility, is_licensed_broker=is_licensed))
        seen_rows.append({key for key in everything.counts_by_account if key[0] in within and visibility.shows(key[1])})
    counts = everything.counts_by_account
    return Difference(
        gained_count=sum(counts[key] for key in seen_rows[1] - seen_rows[0]),
        lost_count=sum(counts[key] for key in seen_rows[0] - seen_rows[1]),
        gained_accounts=tuple(row for row in every_account if row.pk in reached[1] - reached[0]),
        lost_accounts=tuple(row for row in every_account if row.pk in reached[0] - reached[1]),
        gained_actions=_labels(actions[1] - actions[0]),
        lost_actions=_labels(actions[0] - actions[1]),
        gained_sights=_newly_seen(before, after),
        lost_sights=_newly_seen(after, before),
    )


def _newly_seen(before: Scope, after: Scope) -> tuple[Any, ...]:
    """Whose declarations are opened by a change, those still to come too: so it counts with none there yet."""
    opened = (
        (_("Declarations you filed"), after.sees_client and not before.sees_client),
        (_("Declarations of other third parties"), after.sees_others and not before.sees_others),
    )
    return tuple(words for words, is_opened in opened if is_opened)


def _labels(actions: frozenset[Action]) -> tuple[Any, ...]:
    return tuple(rules.ACTION_LABELS[action] for action in Action if action in actions)


def what_they_see(
    *, client: Business, provider: Business | None, scope: Scope, accounts: Iterable[ProgramAccount], on: date
) -> Preview:
    """The client's declarations through the provider's eyes; without one, through those of a licensed broker."""
    provider_id = provider.pk if provider is not None else 0
    every_account = tuple(accounts)
    chosen = tuple(
        account for account in every_account if scope.all_programs or account.pk in scope.program_account_ids
    )
    chosen_numbers = {account.number for account in chosen}
    visibility = rules.visibility_of(
        provider_id=provider_id, client_id=client.pk, sees_client=scope.sees_client, sees_others=scope.sees_others
    )
    everything = transactions_preview(
        business_id=client.pk, program_account_ids=[account.pk for account in every_account]
    )
    chosen_ids = {account.pk for account in chosen}
    within: dict[int | None, int] = {}
    for (account_id, submitter), count in everything.counts_by_account.items():
        if account_id in chosen_ids:
            within[submitter] = within.get(submitter, 0) + count
    others = [key for key in everything.counts if key not in (client.pk, provider_id) and everything.counts[key]]
    return Preview(
        total_count=sum(everything.counts.values()),
        seen_count=sum(count for key, count in within.items() if visibility.shows(key)),
        their_count=within.get(provider_id, 0),
        filed_count=everything.counts.get(provider_id, 0),
        client_count=within.get(client.pk, 0),
        other_count=sum(within.get(key, 0) for key in others),
        other_names=tuple(sorted(everything.names[key] for key in others)[:2]),
        is_full=visibility.is_full,
        sees_client=scope.sees_client,
        sees_others=scope.sees_others,
        hidden_accounts=tuple(account for account in every_account if account not in chosen),
        chosen_accounts=chosen,
        rows=tuple(
            SeenRow(
                row=row,
                is_seen=row.program_account_number in chosen_numbers and visibility.shows(row.submitter_id),
            )
            for row in everything.rows
        ),
        actions=rules.actions_of(
            Role(scope.access),
            visibility=visibility,
            is_licensed_broker=provider is None or is_licensed_broker(provider, on=on),
        ),
        counts=everything.counts,
    )

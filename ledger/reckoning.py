"""A draft in whole cents: its lines, the sums kept beside them and its fingerprint, each worked out once.

Posting works with these plain numbers, which cost a small part of decimals and of enumerations.
"""

from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from core.money import cents
from ledger.rules import SEGMENT_COLUMNS, Account, Category, EntryDraft

_OWN = (int(Account.RECEIVABLE), int(Account.UNAPPLIED))
#: The accounts kept per holder: their places in a balance.
_KEPT = {
    int(number): place
    for place, number in enumerate((Account.RECEIVABLE, Account.UNAPPLIED, Account.DEPOSITS, Account.PAYABLE))
}
BALANCE_COLUMNS = ("receivable", "unapplied", "deposits", "payable")
#: The classes kept per segment: their places in a cell.
_CELLS = {category.value: place for place, category in enumerate(SEGMENT_COLUMNS)}

#: A line: account, holder, signed cents, revenue class or nothing.
Line = tuple[int, int, int, str]


class Reckoned(NamedTuple):
    draft: EntryDraft
    lines: list[Line]
    fingerprint: str
    #: Cents debited, and the effect on what the holder owes.
    debits: int
    effect: int


def lines_of(draft: EntryDraft) -> list[Line]:
    """``ValueError`` for a fraction of a cent."""
    return [
        (int(leg.account), leg.holder_id, cents(leg.amount), leg.revenue.value if leg.revenue else "")
        for leg in draft.legs
    ]


def reckon(draft: EntryDraft) -> Reckoned:
    """``ValueError`` for a draft that does not balance."""
    lines = lines_of(draft)
    if len(lines) < 2 or sum(line[2] for line in lines) != 0:
        raise ValueError(f"{draft.key} does not balance")
    debits = effect = 0
    for account, holder_id, amount, _revenue in lines:
        if amount > 0:
            debits += amount
        if account in _OWN and holder_id == draft.holder_id:
            effect += amount
    return Reckoned(draft, lines, fingerprint(draft, lines), debits, effect)


def payload_hash(draft: EntryDraft) -> str:
    return fingerprint(draft, lines_of(draft))


def fingerprint(draft: EntryDraft, lines: Iterable[Line]) -> str:
    """A fingerprint of everything that moves money or dates, so that a repeated key can be told from a clash.

    The memo is left out: it is written in the language of whoever asked. The text is JSON, put together by hand because
    an encoder takes five times as long; entries posted long ago keep it, so it never changes.
    """
    item, submitter_id = draft.item, draft.submitter_id
    legs = ", ".join(
        [f'[{account}, {holder}, {amount}, "{revenue}"]' for account, holder, amount, revenue in sorted(lines)]
    )
    opened = (
        f'["{item.side.value}", "{item.kind.value}", {cents(item.amount)}, "{item.due_on}", "{item.last_day_to_pay}"]'
        if item
        else "null"
    )
    text = (
        f'["{draft.kind.value}", {draft.holder_id}, {"null" if submitter_id is None else submitter_id}, '
        f"{quoted(draft.source)}, {quoted(draft.method)}, "
        f'"{draft.posted_on}", "{draft.billing_on}", "{draft.reverses_id or ""}", [{legs}], {opened}]'
    )
    return sha256(text.encode()).hexdigest()


def balance_of(lines: Iterable[Line]) -> list[int]:
    """What the lines add to their holder's balance, in the order of ``BALANCE_COLUMNS``."""
    sums = [0, 0, 0, 0]
    for account, _holder_id, amount, _revenue in lines:
        if (place := _KEPT.get(account)) is not None:
            sums[place] += amount
    return sums


def moved(entries: Iterable[Reckoned]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """What the entries add, in cents: rows of segments and rows of balances, each sorted, keys first."""
    balances: dict[int, list[int]] = {}
    segments: dict[tuple[int, int, int], list[int]] = {}
    for draft, lines, _fingerprint, _debits, effect in entries:
        for account, holder_id, amount, _revenue in lines:
            if (place := _KEPT.get(account)) is not None:
                if (sums := balances.get(holder_id)) is None:
                    sums = balances[holder_id] = [0] * len(BALANCE_COLUMNS)
                sums[place] += amount
        if draft.category != Category.NONE:
            where = (draft.holder_id, draft.posted_segment, draft.billing_segment)
            if (cell := segments.get(where)) is None:
                cell = segments[where] = [0] * len(_CELLS)
            cell[_CELLS[draft.category.value]] += effect
    return (
        [(*place, *cell) for place, cell in sorted(segments.items())],
        [(holder, *sums) for holder, sums in sorted(balances.items())],
    )

"""What the book knows without asking a database: its accounts, its kinds, and how each event becomes balanced lines.

Signs: a debit is positive, a credit negative. A holder owes what stands on ``RECEIVABLE`` and is owed what stands on
``UNAPPLIED``; an entry's ``amount`` is its effect on the two together, so a charge is positive and a payment negative.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

from core.calendar import segment_of
from core.errors import DomainError
from core.money import ZERO, cents


class Account(IntegerChoices):
    """The chart of accounts; the number is the ``LedgerAccount``'s primary key."""

    BANK = 1000, _("Bank clearing")
    RECEIVABLE = 1100, _("Accounts receivable")
    UNAPPLIED = 2000, _("Unapplied credit")
    DEPOSITS = 2100, _("Security deposits held")
    PAYABLE = 2200, _("Disbursements payable")
    TRANSFER = 2300, _("Credits on their way between program accounts")
    DUTY = 4010, _("Customs duty")
    SIMA = 4020, _("Anti-dumping and countervailing duty (SIMA)")
    SURTAX = 4030, _("Surtax")
    EXCISE_TAX = 4040, _("Excise tax")
    EXCISE_DUTY = 4050, _("Excise duty")
    GST = 4060, _("GST")
    HST = 4070, _("HST")
    PST = 4080, _("Provincial tax")
    INTEREST = 4090, _("Interest")
    PENALTY = 4100, _("Penalties")
    OTHER = 4110, _("Other charges")


class Revenue(TextChoices):
    """The class under which a charge is credited; every statement line is split by it."""

    DUTY = "DUTY", _("Customs duty")
    SIMA = "SIMA", _("Anti-dumping and countervailing duty (SIMA)")
    SURTAX = "SURTAX", _("Surtax")
    EXCISE_TAX = "EXCISE_TAX", _("Excise tax")
    EXCISE_DUTY = "EXCISE_DUTY", _("Excise duty")
    GST = "GST", _("GST")
    HST = "HST", _("HST")
    PST = "PST", _("Provincial tax")
    INTEREST = "INTEREST", _("Interest")
    PENALTY = "PENALTY", _("Penalties")
    OTHER = "OTHER", _("Other charges")

    @property
    def account(self) -> Account:
        return Account[self.name]


class EntryKind(TextChoices):
    DECLARATION = "DECLARATION", _("Declaration")
    CORRECTION = "CORRECTION", _("Correction")
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")
    INTEREST = "INTEREST", _("Interest")
    PENALTY = "PENALTY", _("Penalty")
    PAYMENT = "PAYMENT", _("Payment")
    PAYMENT_RETURN = "PAYMENT_RETURN", _("Returned payment")
    CLEARING = "CLEARING", _("Clearing")
    REFUND = "REFUND", _("Refund")
    DISBURSEMENT = "DISBURSEMENT", _("Disbursement")
    PAYOUT = "PAYOUT", _("Payout")
    TRANSFER_OUT = "TRANSFER_OUT", _("Credit moved to another program account")
    TRANSFER_IN = "TRANSFER_IN", _("Credit moved from another program account")
    DEPOSIT = "DEPOSIT", _("Security deposit")
    DEPOSIT_REFUND = "DEPOSIT_REFUND", _("Security deposit returned")
    DEPOSIT_APPLIED = "DEPOSIT_APPLIED", _("Security deposit applied to debt")
    CTYPE = "CTYPE", _("C-type declaration, paid at release")
    CTYPE_PAYMENT = "CTYPE_PAYMENT", _("Payment at release")
    REVERSAL = "REVERSAL", _("Reversal")


class Category(TextChoices):
    """The column of a holder's segment that an entry moves; ``NONE`` moves no column."""

    CHARGE = "CHARGE", _("Charges")
    PENALTY = "PENALTY", _("Penalties")
    INTEREST = "INTEREST", _("Interest")
    CTYPE = "CTYPE", _("C-type charges")
    CREDIT = "CREDIT", _("Credits")
    PAYMENT = "PAYMENT", _("Payments")
    CTYPE_PAYMENT = "CTYPE_PAYMENT", _("C-type payments")
    DISBURSEMENT = "DISBURSEMENT", _("Disbursements")
    NONE = "NONE", _("No effect on the balance")

    @property
    def column(self) -> str:
        """The field of ``HolderSegment``; ``KeyError`` for ``NONE``."""
        return SEGMENT_COLUMNS[self]


SEGMENT_COLUMNS: dict[Category, str] = {
    Category.CHARGE: "charges",
    Category.PENALTY: "penalties",
    Category.INTEREST: "interest",
    Category.CTYPE: "ctype",
    Category.CREDIT: "credits",
    Category.PAYMENT: "payments",
    Category.CTYPE_PAYMENT: "ctype_payments",
    Category.DISBURSEMENT: "disbursements",
}
# What a yearly window counts by default: every debit but interest and what was paid at release.
COUNTED_BY_DEFAULT = (Category.CHARGE, Category.PENALTY)


class Side(TextChoices):
    DEBT = "DEBT", _("Owed")
    CREDIT = "CREDIT", _("Credit")


class ItemKind(TextChoices):
    CHARGE = "CHARGE", _("Duties and taxes")
    PENALTY = "PENALTY", _("Penalty")
    INTEREST = "INTEREST", _("Interest")
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")
    NSF = "NSF", _("Returned payment")
    DISBURSEMENT = "DISBURSEMENT", _("Disbursement")
    TRANSFER = "TRANSFER", _("Credit moved to another program account")
    CREDIT = "CREDIT", _("Credit")
    PAYMENT = "PAYMENT", _("Payment")


class Box(TextChoices):
    """The boxes of a statement that the book fills (layout: RYAN, CBSA-DN); A is the statement before, H the sum."""

    CORRECTIONS = "B", _("Corrections to the previous statement")
    PAYMENTS = "C", _("Payments received since the previous statement")
    DISBURSEMENTS = "D", _("Disbursements")
    INTEREST_AND_PENALTIES = "E", _("Interest and penalties")
    CHARGES = "F", _("Charges of the current period")
    CREDITS = "G", _("Credits of the current period")


@dataclass(frozen=True)
class Leg:
    """One signed line to be posted; ``revenue`` only on lines of a revenue account."""

    account: Account
    holder_id: int
    amount: Decimal
    revenue: Revenue | None = None


@dataclass(frozen=True)
class ItemDraft:
    """The open item an entry will make; ``amount`` is positive on both sides."""

    side: Side
    kind: ItemKind
    amount: Decimal
    due_on: date | None = None
    last_day_to_pay: date | None = None


@dataclass(frozen=True)
class EntryDraft:
    """An entry ready to be posted by ``services.post_many``; make one with the functions of this module."""

    key: str
    kind: EntryKind
    category: Category
    holder_id: int
    submitter_id: int | None
    source: str
    memo: str
    posted_on: date
    billing_on: date
    legs: tuple[Leg, ...]
    item: ItemDraft | None = None
    method: str = ""
    reverses_id: UUID | None = None

    @property
    def amount(self) -> Decimal:
        """The effect on what the holder owes, in dollars."""
        own = (Account.RECEIVABLE, Account.UNAPPLIED)
        return sum_of(leg.amount for leg in self.legs if leg.account in own and leg.holder_id == self.holder_id)

    @property
    def total_debit(self) -> Decimal:
        return sum_of(leg.amount for leg in self.legs if leg.amount > 0)

    @property
    def posted_segment(self) -> int:
        return segment_of(self.posted_on)

    @property
    def billing_segment(self) -> int:
        return segment_of(self.billing_on)


def sum_of(amounts: Iterable[Decimal]) -> Decimal:
    """The sum in dollars; ``0.00`` of nothing."""
    return sum(amounts, ZERO)


def imbalance(legs: Iterable[Leg]) -> Decimal:
    """What is missing for debits and credits to be equal; zero in any entry that may be posted."""
    return sum_of(leg.amount for leg in legs)


def positive(amount: Decimal) -> Decimal:
    """The amount itself; ``DomainError`` unless it is above zero, ``ValueError`` for a fraction of a cent."""
    cents(amount)
    if amount <= 0:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    return amount


_CHARGE_KINDS: dict[EntryKind, tuple[Category | None, ItemKind]] = {
    EntryKind.DECLARATION: (None, ItemKind.CHARGE),
    EntryKind.CORRECTION: (None, ItemKind.CHARGE),
    EntryKind.ADJUSTMENT: (None, ItemKind.ADJUSTMENT),
    EntryKind.REFUND: (None, ItemKind.ADJUSTMENT),
    EntryKind.INTEREST: (Category.INTEREST, ItemKind.INTEREST),
    EntryKind.PENALTY: (Category.PENALTY, ItemKind.PENALTY),
    EntryKind.PAYMENT_RETURN: (Category.PENALTY, ItemKind.NSF),
    EntryKind.CTYPE: (Category.CTYPE, ItemKind.CHARGE),
}


def charge_draft(
    *,
    key: str,
    kind: EntryKind,
    holder_id: int,
    submitter_id: int | None,
    amounts: Mapping[Revenue, Decimal],
    source: str,
    memo: str,
    posted_on: date,
    billing_on: date,
    due_on: date | None,
    last_day_to_pay: date | None,
) -> EntryDraft:
    """A charge (total above zero), a credit (below) or a mere reclassification (zero).

    A total above zero stands on the receivable and opens a debt, one below stands on unapplied credit and opens a
    credit, so that the receivable always equals the open debts. ``amounts`` are signed dollars by revenue class.
    ``ValueError`` for a kind that is no charge, a fraction of a cent, or a debt without its dates.
    """
    if kind not in _CHARGE_KINDS:
        raise ValueError(f"{kind} is not a kind of charge")
    total = sum_of(amounts.values())
    if total > 0 and (due_on is None or last_day_to_pay is None):
        raise ValueError("a debt needs its due date and its last day to pay")
    category, item_kind = _CHARGE_KINDS[kind]
    item: ItemDraft | None = None
    if total > 0:
        item = ItemDraft(Side.DEBT, item_kind, total, due_on, last_day_to_pay)
    elif total < 0:
        item = ItemDraft(Side.CREDIT, ItemKind.CREDIT, -total)
    classes = {revenue: amount for revenue, amount in amounts.items() if amount} or {Revenue.OTHER: ZERO}
    own = Leg(Account.UNAPPLIED if total < 0 else Account.RECEIVABLE, holder_id, total)
    legs = [Leg(revenue.account, holder_id, -amount, revenue) for revenue, amount in classes.items()]
    return EntryDraft(
        key=key,
        kind=kind,
        category=category or (Category.CREDIT if total < 0 else Category.CHARGE),
        holder_id=holder_id,
        submitter_id=submitter_id,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=billing_on,
        legs=(own, *legs),
        item=item,
    )


@dataclass(frozen=True)
class _Move:
    """An event that moves one amount from one account to another: (debited, credited, column, side, item kind)."""

    debit: Account
    credit: Account
    category: Category = Category.NONE
    side: Side | None = None
    item_kind: ItemKind | None = None


_MOVES: dict[EntryKind, _Move] = {
    EntryKind.PAYMENT: _Move(Account.BANK, Account.UNAPPLIED, Category.PAYMENT, Side.CREDIT, ItemKind.PAYMENT),
    EntryKind.CTYPE_PAYMENT: _Move(
        Account.BANK, Account.UNAPPLIED, Category.CTYPE_PAYMENT, Side.CREDIT, ItemKind.PAYMENT
    ),
    EntryKind.DEPOSIT_APPLIED: _Move(
        Account.DEPOSITS, Account.UNAPPLIED, Category.PAYMENT, Side.CREDIT, ItemKind.PAYMENT
    ),
    EntryKind.DISBURSEMENT: _Move(
        Account.UNAPPLIED, Account.PAYABLE, Category.DISBURSEMENT, Side.DEBT, ItemKind.DISBURSEMENT
    ),
    # Both halves of a move between two accounts stand with the payments (box C), so the business's sum stays.
    EntryKind.TRANSFER_OUT: _Move(Account.UNAPPLIED, Account.TRANSFER, Category.PAYMENT, Side.DEBT, ItemKind.TRANSFER),
    EntryKind.TRANSFER_IN: _Move(Account.TRANSFER, Account.UNAPPLIED, Category.PAYMENT, Side.CREDIT, ItemKind.PAYMENT),
    EntryKind.CLEARING: _Move(Account.UNAPPLIED, Account.RECEIVABLE),
    EntryKind.DEPOSIT: _Move(Account.BANK, Account.DEPOSITS),
    EntryKind.DEPOSIT_REFUND: _Move(Account.DEPOSITS, Account.PAYABLE),
    EntryKind.PAYOUT: _Move(Account.PAYABLE, Account.BANK),
}


def move_draft(
    *,
    key: str,
    kind: EntryKind,
    holder_id: int,
    submitter_id: int | None,
    amount: Decimal,
    source: str,
    memo: str,
    posted_on: date,
    method: str = "",
) -> EntryDraft:
    """An event that moves one amount (dollars) between two accounts: payment, clearing, deposit, disbursement, payout.

    ``KeyError`` for any other kind, ``ValueError`` for a fraction of a cent. Only a clearing's amount may be negative:
    that undoes one.
    """
    move = _MOVES[kind]
    item = None
    if kind != EntryKind.CLEARING:
        positive(amount)
    if move.side is not None and move.item_kind is not None:
        due_on = posted_on if move.side == Side.DEBT else None
        item = ItemDraft(move.side, move.item_kind, amount, due_on, due_on)
    return EntryDraft(
        key=key,
        kind=kind,
        category=move.category,
        holder_id=holder_id,
        submitter_id=submitter_id,
        source=source,
        memo=memo,
        posted_on=posted_on,
        billing_on=posted_on,
        legs=(Leg(move.debit, holder_id, amount), Leg(move.credit, holder_id, -amount)),
        item=item,
        method=method,
    )


def reversal_draft(
    original: EntryDraft, *, original_id: UUID, key: str, kind: EntryKind, memo: str, posted_on: date
) -> EntryDraft:
    """The mirror of an entry: every line with the other sign, in the same column, known on ``posted_on``.

    ``billing_on`` stays the original's, so a reversal of an earlier period is a correction to the previous statement.
    """
    item = None
    if original.item is not None:
        back_to_debt = original.item.side == Side.CREDIT
        debt_kind = ItemKind.NSF if kind == EntryKind.PAYMENT_RETURN else ItemKind.ADJUSTMENT
        item = ItemDraft(
            side=Side.DEBT if back_to_debt else Side.CREDIT,
            kind=debt_kind if back_to_debt else ItemKind.CREDIT,
            amount=original.item.amount,
            due_on=posted_on if back_to_debt else None,
            last_day_to_pay=posted_on if back_to_debt else None,
        )
    return replace(
        original,
        key=key,
        kind=kind,
        memo=memo,
        posted_on=posted_on,
        legs=tuple(replace(leg, amount=-leg.amount) for leg in original.legs),
        item=item,
        reverses_id=original_id,
    )


_BY_POSTING: dict[Category, Box] = {
    Category.PAYMENT: Box.PAYMENTS,
    Category.CTYPE_PAYMENT: Box.PAYMENTS,
    Category.DISBURSEMENT: Box.DISBURSEMENTS,
    Category.INTEREST: Box.INTEREST_AND_PENALTIES,
    Category.PENALTY: Box.INTEREST_AND_PENALTIES,
    Category.CTYPE: Box.CHARGES,
}
_BY_PERIOD: dict[Category, Box] = {Category.CHARGE: Box.CHARGES, Category.CREDIT: Box.CREDITS}


def box_of(
    *, category: Category, posted_on: date, billing_on: date, period: tuple[date, date], since: date, upto: date
) -> Box | None:
    """The box of the statement in which an entry appears, or ``None`` when it belongs to another statement.

    ``period`` is the billing period by release date (REG s.10.1: the 18th to the 17th), ``since`` to ``upto`` the days
    whose postings the statement is the first to show. A charge waits for the statement of its own period; one that
    became known later corrects the previous statement. Everything else is shown as soon as it is known. Each entry
    thus falls in exactly one statement, which is what makes A(this) = H(previous).
    """
    if posted_on > upto:
        return None
    is_new = posted_on >= since
    if category in _BY_POSTING:
        return _BY_POSTING[category] if is_new else None
    if category not in _BY_PERIOD or billing_on > period[1]:
        return None
    if billing_on >= period[0]:
        return _BY_PERIOD[category]
    return Box.CORRECTIONS if is_new else None

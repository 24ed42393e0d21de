"""Questions about payments, what is owed and what a card may still pay."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery, Sum, TextChoices
from django.utils.translation import gettext_lazy as _

from core.money import ZERO
from delegation import queries as delegations
from delegation.rules import FULL, Visibility
from ledger import queries as ledger
from ledger.queries import JournalEntry
from ledger.rules import Category, EntryKind, ItemKind, Side
from payments import rules
from payments.debits import queries as debits
from payments.models import ChosenItem, Payment, PlannedPayment
from reference import queries as reference
from reference.rules.billing import billing_period_of
from reference.rules.calendar import business_days_after
from reference.rules.policy import Policy
from statements import queries as statements
from statements.models import Statement

#: A card payment counts against the limit from its start until it is declined or cancelled.
_COUNTS = (Payment.State.STARTED, Payment.State.AT_BANK, Payment.State.RECEIVED)
_UNDER_WAY = (Payment.State.STARTED, Payment.State.AT_BANK)
#: How many open items a person chooses from at most; beyond that an amount is typed.
LONGEST_CHOICE = 100
_MONEY_IN = (
    EntryKind.PAYMENT,
    EntryKind.PAYMENT_RETURN,
    EntryKind.DEPOSIT_APPLIED,
    EntryKind.TRANSFER_IN,
    EntryKind.TRANSFER_OUT,
)


@dataclass(frozen=True)
class CardRoom:
    """The credit card limit of a program account in the cycle of a day (dollars)."""

    limit: Decimal
    used: Decimal
    left: Decimal
    is_by_cycle: bool
    cycle_start: date
    cycle_end: date


@dataclass(frozen=True)
class Position:
    """What one program account owes on a day, in dollars; sums by due date, credits apart.

    ``on_statement`` is what is left to pay of everything billed so far after open credits; ``unbilled`` waits for the
    next statement; ``changed`` is what corrections added to (or took from) the newest statement since it was issued.
    """

    statement: Statement | None
    on_statement: Decimal
    paid_since: Decimal
    changed: Decimal
    unbilled: Decimal
    overdue: Decimal
    credit: Decimal
    card: CardRoom

    @property
    def total(self) -> Decimal:
        """Everything owed after credits, billed or not."""
        return self.on_statement + self.unbilled


@dataclass(frozen=True)
class ClearedLine:
    """One debt that a payment paid, wholly or in part (dollars)."""

    kind: str
    source: str
    due_on: date | None
    amount: Decimal
    left: Decimal

    @property
    def label(self) -> Any:
        return ItemKind(self.kind).label


@dataclass(frozen=True)
class Use:
    """What became of a payment: the lines a seat may see, the sum of those it may not, and what is left."""

    lines: Sequence[ClearedLine]
    hidden: Decimal
    hidden_count: int
    left: Decimal


class WayKind(TextChoices):
    """How money that is not here yet will come."""

    PLANNED = "PLANNED", _("Arranged")
    UNDER_WAY = "UNDER_WAY", _("Begun at the bank")
    DEBIT = "DEBIT", _("Pre-authorized debit")


@dataclass(frozen=True)
class OnItsWay:
    """A payment that is expected: who pays, how much (dollars) and when."""

    kind: WayKind
    payer: str
    amount: Decimal
    expected_on: date

    @property
    def text(self) -> Any:
        """What it is, as people call it."""
        return self.kind.label


@dataclass(frozen=True)
class PayableItem:
    """An open debt that can be chosen, with what is left of it (dollars)."""

    id: int
    kind: str
    source: str
    due_on: date | None
    left: Decimal

    @property
    def label(self) -> str:
        number = self.source.partition(":")[2]
        return f"{ItemKind(self.kind).label} {number}".strip()


def card_room(
    program_account_id: int,
    *,
    on: date,
    excluding: str = "",
    dated: Policy | None = None,
    used: Decimal | None = None,
) -> CardRoom:
    """What a credit card may still pay for the account in this billing cycle, with deposits and counters of ports.

    ``used`` where the sums of ``card_payments`` and ``card_payments_at_counter`` are known already.
    """
    period = billing_period_of(on)
    limit = (dated or reference.policy()).card_limit(on)
    if used is None:
        paid = card_payments(program_account_id, on=on).exclude(reference=excluding)
        at_counter = card_payments_at_counter(program_account_id, on=on).order_by().aggregate(total=Sum("amount"))
        used = (paid.aggregate(total=Sum("amount"))["total"] or ZERO) - (at_counter["total"] or ZERO)
    return CardRoom(
        limit=limit.amount,
        used=used,
        left=rules.card_room(limit=limit.amount, is_by_cycle=limit.is_by_cycle, used_in_cycle=used),
        is_by_cycle=limit.is_by_cycle,
        cycle_start=period.first_day,
        cycle_end=period.last_day,
    )


def card_payments(program_account_id: Any, *, on: date) -> QuerySet[Payment]:
    """What counts against the card limit in the cycle of a day; of an outer query's rows with ``OuterRef``."""
    return Payment.objects.filter(
        program_account_id=program_account_id,
        method=Payment.Method.CREDIT_CARD,
        state__in=_COUNTS,
        cycle_start=billing_period_of(on).first_day,
    )


def card_payments_at_counter(program_account_id: Any, *, on: date) -> QuerySet[JournalEntry]:
    """Cards taken at a port for C-type goods in the cycle of a day, amounts below zero; also with ``OuterRef``."""
    period = billing_period_of(on)
    paid = ledger.entries_between(
        program_account_id, posted_from=period.first_day, posted_to=period.last_day, kinds=(EntryKind.CTYPE_PAYMENT,)
    )
    return paid.filter(method="CARD")


def position(program_account_id: int, on: date) -> Position:
    """What the account owes on a day, in a fixed number of queries."""
    here: Any = OuterRef("program_account_id")
    paid = ledger.entries_between(here, posted_from=None, posted_to=on, kinds=_MONEY_IN)
    # The fee of a returned payment is a charge, not money that went back.
    paid = paid.exclude(category=Category.PENALTY).order_by()
    since = paid.filter(posted_on__gt=OuterRef("posted_upto")).values("holder_id").annotate(total=Sum("amount"))
    known = statements.statements_of(program_account_id).annotate(money_in=Subquery(since.values("total")))
    statement: Any = known.first()
    items = ledger.open_items_of(program_account_id, on=on)
    sums = rules.owed(items, billed_until=statement.payment_due_on if statement else None, on=on)
    paid_since = -(statement.money_in or ZERO) if statement else ZERO
    return Position(
        statement=statement,
        on_statement=sums.on_statement,
        paid_since=paid_since,
        changed=sums.billed - sums.credit - (statement.box_h - paid_since) if statement else ZERO,
        unbilled=sums.to_come,
        overdue=sums.overdue_now,
        credit=sums.credit,
        card=card_room(program_account_id, on=on),
    )


def order_bill_payment_by(last_day: date) -> date:
    """The last day on which a bill payment ordered at a bank still arrives in time."""
    day = last_day
    while business_days_after(day, rules.BILL_PAYMENT_BUSINESS_DAYS) > last_day:
        day -= timedelta(days=1)
    return day


def left_of_items(program_account_id: int, *, on: date) -> dict[int, Decimal]:
    """What is left of each open debt of the account, in dollars."""
    items = ledger.open_items_of(program_account_id, on=on, debts_only=True)
    return {item.pk: item.remaining for item in items}


def payable_items(
    program_account_id: int, *, on: date, visibility: Visibility = FULL, limit: int = LONGEST_CHOICE
) -> list[PayableItem]:
    """The open debts among which a seat may choose, oldest due first."""
    items = ledger.open_items_of(program_account_id, on=on, debts_only=True).filter(delegations.seen(visibility))
    return [
        PayableItem(id=item.pk, kind=item.kind, source=item.source, due_on=item.due_on, left=item.remaining)
        for item in items[:limit]
    ]


def chosen_items(payment: Payment) -> list[int]:
    """The numbers of the items that a payment is meant for, in their order; none means the oldest due first."""
    return list(ChosenItem.objects.filter(payment=payment).order_by("id").values_list("item_id", flat=True))


def on_its_way(
    program_account_id: int, on: date, *, visibility: Visibility = FULL, besides: int | None = None
) -> tuple[OnItsWay, ...]:
    """Payments of others than ``besides`` (a business) that are expected and not here yet, the nearest first."""
    planned = PlannedPayment.objects.filter(state=PlannedPayment.State.ANNOUNCED, planned_on__gte=on)
    begun = under_way().filter(purpose=Payment.Purpose.DEBT)
    mine: dict[str, Any] = {"program_account_id": program_account_id}
    seen = delegations.seen(visibility, field="payer_id")
    found = [
        OnItsWay(kind=WayKind.PLANNED, payer=row.payer.legal_name, amount=row.left, expected_on=row.planned_on)
        for row in planned.filter(seen, **mine).exclude(payer_id=besides).select_related("payer")
    ]
    found += [
        OnItsWay(kind=WayKind.UNDER_WAY, payer=row.payer.legal_name, amount=row.amount, expected_on=on)
        for row in begun.filter(seen, **mine).exclude(payer_id=besides).select_related("payer")
    ]
    debit = debits.next_debit(program_account_id, on=on) if visibility.is_full else None
    if debit is not None:
        found.append(OnItsWay(kind=WayKind.DEBIT, payer=debit.payer, amount=debit.amount, expected_on=debit.on))
    return tuple(sorted(found, key=lambda way: (way.expected_on, way.payer)))


def plans_of(
    program_account_id: int, *, visibility: Visibility = FULL, payer_id: int | None = None
) -> QuerySet[PlannedPayment]:
    """What was announced for the account, as far as a seat may see it; of one payer alone where one is given."""
    plans = PlannedPayment.objects.filter(
        delegations.seen(visibility, field="payer_id"), program_account_id=program_account_id
    ).select_related("payer", "program_account")
    return plans.filter(payer_id=payer_id) if payer_id is not None else plans


def payments_of(program_account_id: int, *, visibility: Visibility = FULL) -> QuerySet[Payment]:
    """The account's payments that a seat may see, newest first, with their payer."""
    return (
        Payment.objects.filter(delegations.seen(visibility, field="payer_id"), program_account_id=program_account_id)
        .select_related("payer")
        .order_by("-id")
    )


def received_from(payment: Payment, *, since: datetime) -> Decimal:
    """What the payer of a payment has brought to its account for debts since a moment, in dollars, and that held."""
    rows = Payment.objects.filter(
        program_account_id=payment.program_account_id,
        payer_id=payment.payer_id,
        purpose=Payment.Purpose.DEBT,
        state=Payment.State.RECEIVED,
        received_at__gte=since,
    )
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


def payment_of(program_account_id: int, reference_text: str, *, visibility: Visibility = FULL) -> Payment | None:
    """One payment of the account that a seat may see."""
    return (
        payments_of(program_account_id, visibility=visibility)
        .filter(reference=reference_text)
        .select_related("program_account__business", "payer")
        .first()
    )


def payment_by_reference(reference_text: str) -> Payment | None:
    return Payment.objects.filter(reference=reference_text).select_related("program_account__business", "payer").first()


def payment_of_form(form_key: str) -> Payment | None:
    return Payment.objects.filter(form_key=form_key).select_related("program_account__business", "payer").first()


def under_way() -> QuerySet[Payment]:
    """Payments whose outcome is not known yet."""
    return Payment.objects.filter(state__in=_UNDER_WAY).order_by("id")


def holders_with_both(holders: Collection[int]) -> list[int]:
    """Those of the holders that have both open debts and open credits."""
    return [
        number for number, balance in ledger.balances_of(holders).items() if balance.receivable > 0 < balance.credit
    ]


def open_positions(
    holders: Any, *, on: date, billed: Mapping[int, tuple[date, date]] | None = None
) -> Iterator[tuple[int, Sequence[rules.OpenDebt], Sequence[rules.OpenCredit]]]:
    """Open debts and credits of every holder that has both, in one query.

    ``billed`` says of a holder what its statements have billed: due by the first day, known by the second.
    """
    debts: dict[int, list[rules.OpenDebt]] = {}
    credits: dict[int, list[rules.OpenCredit]] = {}
    for item in ledger.open_items_of(holders, on=on):
        if item.side == Side.DEBT:
            until = (billed or {}).get(item.holder_id, (date.min, date.min))
            debts.setdefault(item.holder_id, []).append(open_debt(item, on=on, billed_until=until))
        else:
            credits.setdefault(item.holder_id, []).append(open_credit(item))
    for holder_id in sorted(debts.keys() & credits.keys()):
        yield holder_id, debts[holder_id], credits[holder_id]


def open_debt(item: Any, *, on: date, billed_until: tuple[date, date] = (date.min, date.min)) -> rules.OpenDebt:
    """An open item of the book as the rules of allocation see it."""
    due_on = item.due_on or item.posted_on
    return rules.OpenDebt(
        id=item.pk,
        kind=item.kind,
        due_on=due_on,
        left=item.remaining,
        is_billed=due_on <= billed_until[0] and item.posted_on <= billed_until[1],
        is_overdue=item.last_day_to_pay is not None and item.last_day_to_pay < on,
    )


def open_credit(item: Any) -> rules.OpenCredit:
    return rules.OpenCredit(id=item.pk, posted_on=item.posted_on, left=item.remaining)


def billed_until(program_account_ids: Collection[int]) -> dict[int, tuple[date, date]]:
    """Of each account with a statement: the newest's due date, and the day until which it took what became known."""
    rows = Statement.objects.filter(program_account_id__in=program_account_ids).order_by().values("program_account_id")
    found = rows.annotate(due=Max("payment_due_on"), known=Max("posted_upto"))
    return {number: (due, known) for number, due, known in found.values_list("program_account_id", "due", "known")}


def use_of(payment: Payment, *, visibility: Visibility = FULL) -> Use:
    """What a received payment cleared, line by line, and what is left of it as a credit."""
    entry = None if payment.is_deposit else ledger.entry_by_key(payment.entry_key)
    item = ledger.item_of_entry(entry.pk) if entry else None
    if item is None:
        return Use(lines=(), hidden=ZERO, hidden_count=0, left=ZERO)
    lines: list[ClearedLine] = []
    hidden, hidden_count = ZERO, 0
    for clearing in ledger.item_history(item):
        debt = clearing.debt_item
        if not visibility.shows(debt.submitter_id):
            hidden += clearing.amount
            hidden_count += 1
            continue
        lines.append(
            ClearedLine(
                kind=debt.kind,
                source=debt.source,
                due_on=debt.due_on,
                amount=clearing.amount,
                left=debt.amount - debt.cleared,
            )
        )
    return Use(lines=lines, hidden=hidden, hidden_count=hidden_count, left=item.amount - item.cleared)


def under_way_of(program_account_id: int, *, visibility: Visibility = FULL) -> list[Payment]:
    """The account's unfinished payments that a seat may see, newest first."""
    return list(payments_of(program_account_id, visibility=visibility).filter(state__in=_UNDER_WAY)[:5])

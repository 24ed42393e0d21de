"""Questions about statements, the entries behind them and late debts."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, ExpressionWrapper, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Substr
from django.utils.translation import gettext_lazy as _

from accounts.models import Business, ProgramAccount
from core.fields import MoneyField
from core.lazy import lazy_text
from core.money import ZERO
from delegation import queries as delegations
from delegation.rules import Visibility
from ledger import queries as ledger
from ledger.rules import Box, EntryKind, ItemKind, Revenue, Side
from reference import queries as reference
from reference.rules.billing import BillingPeriod
from releases.models import Release
from statements import interest_rules, rules
from statements.models import DailyNotice, InterestCharge, LevelStatement, SavedFilter, Statement
from statements.rules import Debt, ItemState, Level, StatementState, Undone

#: A payment older than this was charged its interest by one of the monthly runs since.
_LOOK_BACK = timedelta(days=400)
_DECLARATION = "declaration:"
_INTEREST_START = "late_payment.interest_start"


# --- Statements ------------------------------------------------------------------------------------------------------


def statements_of(program_account_id: int) -> QuerySet[Statement]:
    """The account's statements, newest first."""
    return Statement.objects.filter(program_account_id=program_account_id).order_by("-statement_on")


def statement_on(program_account_id: int, day: date) -> Statement | None:
    return (
        Statement.objects.filter(program_account_id=program_account_id, statement_on=day)
        .select_related("program_account__business")
        .first()
    )


def statements_of_day(program_account_ids: Collection[int], day: date) -> QuerySet[Statement]:
    """The statements of these program accounts of one day, with their accounts."""
    rows = Statement.objects.filter(program_account_id__in=program_account_ids, statement_on=day)
    return rows.select_related("program_account").order_by("program_account_id")


def newest_statement(program_account_id: int) -> Statement | None:
    return statements_of(program_account_id).first()


def issued_before(period_end: date) -> tuple[date | None, date | None]:
    """The last period that has statements before that one, and the last day whose postings they show."""
    last = Statement.objects.filter(period_end__lt=period_end).aggregate(
        period=Max("period_end"), day=Max("posted_upto")
    )
    return last["period"], last["day"]


def newest_statement_id() -> int:
    """Statements made later have higher numbers."""
    newest: int | None = Statement.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def issued_since(after_id: int, *, period_end: date) -> tuple[int, Decimal]:
    """How many statements of a period were made after that number, and what they ask for together."""
    made = Statement.objects.filter(pk__gt=after_id, period_end=period_end)
    found = made.aggregate(count=Count("pk"), total=Sum("box_h"))
    return found["count"], found["total"] or ZERO


def statements_told_with_copies(after_id: int, *, period_end: date) -> Iterator[Statement]:
    """Those of them whose business has a reader of e-mail copies, in order, with their accounts; a batch at a time."""
    told = delegations.has_reader_with_copies(OuterRef("program_account__business_id"))
    made = Statement.objects.filter(told, pk__gt=after_id, period_end=period_end)
    return made.select_related("program_account").order_by("pk").iterator(chunk_size=1000)


@dataclass(frozen=True)
class AccountKey:
    number: str
    business_id: int


def accounts_in(holders: range) -> dict[int, AccountKey]:
    """Number and business of the program accounts of a range."""
    rows = _in_range(holders).values_list("pk", "number", "business_id")
    return {pk: AccountKey(number, business_id) for pk, number, business_id in rows.iterator()}


def hold_accounts(holders: range) -> None:
    """Until the transaction ends nobody else charges interest to these program accounts, or takes any back."""
    for _number in _in_range(holders).order_by("pk").select_for_update(no_key=True).values_list("pk").iterator():
        pass


def _in_range(holders: range) -> QuerySet[ProgramAccount]:
    return ProgramAccount.objects.filter(pk__gte=holders.start, pk__lt=holders.stop)


def credited_with_interest(*, since: date, on: date) -> list[int]:
    """The accounts that were credited in these days with something that interest was charged on; one statement.

    A decision, a correction, a penalty waived, or a declaration filed after the agency's own assessment; the interest
    names its document.
    """
    kinds = (
        EntryKind.ADJUSTMENT,
        EntryKind.REFUND,
        EntryKind.CORRECTION,
        EntryKind.DECLARATION,
        EntryKind.REVERSAL,
    )
    bore = InterestCharge.objects.filter(item_source=OuterRef("source"), program_account_id=OuterRef("holder_id"))
    return ledger.holders_credited(posted_from=since, posted_to=on, kinds=kinds, bearing=Exists(bore))


def account_range() -> tuple[int | None, int | None]:
    ends = ProgramAccount.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"], ends["last"]


def sealed_lines(
    account_ids: Collection[int], *, period: tuple[date, date], since: date, upto: date
) -> Iterator[tuple[int, list[tuple[str, str, Decimal]]]]:
    """(account, its lines: key, box, amount) behind these accounts' statements, in a fixed order and one query."""
    if not account_ids:
        return
    holders = range(min(account_ids), max(account_ids) + 1)
    rows = ledger.statement_lines(holders, period=period, since=since, upto=upto)
    for account_id, lines in groupby(rows, key=lambda row: row[0]):
        if account_id in account_ids:
            yield account_id, [(key, box, amount) for _account_id, key, box, amount in lines]


def seal_now(statement: Statement) -> str:
    """The hash over the entries as they stand now; differs from ``seal`` if what was issued had been changed."""
    found = sealed_lines(
        {statement.program_account_id},
        period=(statement.period_start, statement.period_end),
        since=statement.posted_since,
        upto=statement.posted_upto,
    )
    return rules.seal_of(next((lines for _account_id, lines in found), []))


def entries_of(statement: Statement) -> QuerySet[Any]:
    """The entries behind a statement with their ``box``, by box and date."""
    return ledger.statement_entries(
        statement.program_account_id,
        period=(statement.period_start, statement.period_end),
        since=statement.posted_since,
        upto=statement.posted_upto,
    )


def lines_of(statement: Statement) -> QuerySet[Any]:
    """``entries_of`` with what each charged by class, its ``submitter_name`` and its release, in one query."""
    releases = Release.objects.filter(transaction_number=Substr(OuterRef("source"), len(_DECLARATION) + 1))
    named = _named(ledger.with_revenue(entries_of(statement)))
    return named.annotate(
        stream=Subquery(releases.values("stream")[:1]), released_on=Subquery(releases.values("released_on")[:1])
    )


def open_amounts(program_account_id: int) -> dict[date | None, Decimal]:
    """What is open now by due date, open credits under ``None``: what ``rules.still_to_pay`` asks for."""
    return ledger.open_by_due_date(program_account_id)


@dataclass(frozen=True)
class StatementRow:
    """A statement with how it stands on a day; ``left`` is what is still to pay of it."""

    statement: Statement
    left: Decimal
    state: StatementState


def stand_of(statement: Statement, open_by_due_date: dict[date | None, Decimal], *, on: date) -> StatementRow:
    left = rules.still_to_pay(statement.box_h, open_by_due_date, statement.payment_due_on)
    state = rules.statement_state(statement.box_h, left, last_day_to_pay=statement.last_day_to_pay, on=on)
    return StatementRow(statement, left, state)


@dataclass(frozen=True)
class BillingOutlook:
    """The newest statement, what has been charged since, and the dates of the next one."""

    newest: StatementRow | None
    open_by_due_date: Mapping[date | None, Decimal]
    #: Everything owed after open credits, billed or not; below zero when credits are larger.
    balance: Decimal
    #: What is open and stands on no statement yet.
    unbilled: Decimal
    next_period: BillingPeriod
    #: Charges released in the period of the next statement and known so far.
    charges_so_far: Decimal
    next_payment_due_on: date
    next_last_day_to_pay: date

    @property
    def next_statement_on(self) -> date:
        return self.next_period.statement_on


def billing_outlook(program_account_id: int, on: date, *, newest: Statement | None) -> BillingOutlook:
    """Where the account stands after its newest statement, in three queries."""
    open_by_due_date = open_amounts(program_account_id)
    period = rules.next_statement_period(on, newest_on=newest.statement_on if newest else None)
    cut = rules.cut_off(period.statement_on, shown_through=newest.posted_upto if newest else None)
    figures = ledger.statement_figures(
        program_account_id, period=(period.first_day, period.last_day), since=cut.since, upto=cut.upto
    ).get(program_account_id, ledger.StatementFigures())
    billed_through = newest.payment_due_on if newest else date.min
    dates = reference.billing_dates_of(period.first_day)
    return BillingOutlook(
        newest=stand_of(newest, open_by_due_date, on=on) if newest else None,
        open_by_due_date=open_by_due_date,
        balance=sum(open_by_due_date.values(), ZERO),
        unbilled=sum(
            (amount for due_on, amount in open_by_due_date.items() if due_on is not None and due_on > billed_through),
            ZERO,
        ),
        next_period=period,
        charges_so_far=figures.charges,
        next_payment_due_on=dates.payment_due_on,
        next_last_day_to_pay=dates.last_day_to_pay,
    )


# --- Levels ----------------------------------------------------------------------------------------------------------


def level_statements_of(business_id: int, level: Level, program: str = "") -> QuerySet[LevelStatement]:
    """The statements of one level of a business, newest first."""
    rows = LevelStatement.objects.filter(business_id=business_id, level=level, program=program)
    return rows.order_by("-statement_on")


def level_statement_on(business_id: int, level: Level, program: str, day: date) -> LevelStatement | None:
    found = level_statements_of(business_id, level, program).filter(statement_on=day)
    return found.select_related("business").first()


def statements_below(level: LevelStatement) -> list[Statement]:
    """The program accounts' statements that a level adds up, by number."""
    rows = Statement.objects.filter(program_account__business_id=level.business_id, period_end=level.period_end)
    if level.program:
        rows = rows.filter(program_account__number__contains=level.program)
    return list(rows.select_related("program_account").order_by("program_account__number"))


def programs_of(level: LevelStatement) -> list[LevelStatement]:
    """The program types of the same business and period, by their letters."""
    rows = LevelStatement.objects.filter(
        business_id=level.business_id, period_end=level.period_end, level=Level.PROGRAM
    )
    return list(rows.order_by("program"))


def revenue_of(statements: Collection[Statement]) -> dict[int, dict[Box, dict[Revenue, Decimal]]]:
    """The boxes of these statements of one run split by revenue class, by program account; one query."""
    first = next(iter(statements), None)
    if first is None:
        return {}
    return ledger.statement_revenue(
        [row.program_account_id for row in statements],
        period=(first.period_start, first.period_end),
        since=first.posted_since,
        upto=first.posted_upto,
    )


# --- Daily notices ---------------------------------------------------------------------------------------------------


def daily_notices_of(program_account_id: int) -> QuerySet[DailyNotice]:
    return DailyNotice.objects.filter(program_account_id=program_account_id).order_by("-notice_on")


def notice_on(program_account_id: int, day: date) -> DailyNotice | None:
    return DailyNotice.objects.filter(program_account_id=program_account_id, notice_on=day).first()


def unread_notice_count(program_account_id: int) -> int:
    return DailyNotice.objects.filter(program_account_id=program_account_id, read_at=None).count()


# --- Interest --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LateDebt:
    """A late item of the book as the interest rule wants it; a penalty bears the prescribed rate."""

    item_id: int
    holder_id: int
    source: str
    is_penalty: bool
    debt: Debt


def late_debts(*, holders: range, through: date) -> Iterator[LateDebt]:
    """Every debt of these accounts that was not fully paid by its last day, with what was paid of it since.

    Three queries whatever the number of accounts. Interest items bear interest from the day after they were posted,
    which keeps the compounding of Customs Act s. 3.1 going between two monthly entries.
    """
    accrued = dict(
        InterestCharge.objects.filter(program_account_id__gte=holders.start, program_account_id__lt=holders.stop)
        .order_by()
        .values("item_id")
        .annotate(through=Max("posted_on"))
        .values_list("item_id", "through")
    )
    mode_on = cache(partial(reference.policy().text, _INTEREST_START))
    for late in ledger.late_items(holders, on=through, cleared_since=through - _LOOK_BACK):
        item = late.item
        is_penalty = item.kind == ItemKind.PENALTY
        runs_after: date | None = None
        due_on, last_day_to_pay = item.due_on or item.posted_on, item.last_day_to_pay or item.posted_on
        if item.kind == ItemKind.INTEREST:
            due_on = last_day_to_pay = item.posted_on
        elif is_penalty:
            due_on, last_day_to_pay = item.posted_on, item.posted_on + timedelta(days=rules.PENALTY_FREE_DAYS)
        elif item.kind in (ItemKind.CHARGE, ItemKind.ADJUSTMENT):
            runs_after = interest_rules.runs_after(due_on, mode_on(due_on), billing_on=item.billing_on)
        yield LateDebt(
            item_id=item.pk,
            holder_id=item.holder_id,
            source=item.source,
            is_penalty=is_penalty,
            debt=Debt(
                due_on=due_on,
                last_day_to_pay=last_day_to_pay,
                accrued_through=accrued.get(item.pk),
                # What was taken back as a whole was never owed, whatever had been paid on it meanwhile.
                left=ZERO if late.is_reversed else late.remaining,
                paid=() if late.is_reversed else late.paid,
                undone=() if late.is_reversed else tuple(Undone(*row) for row in late.undone),
                runs_after=runs_after,
            ),
        )


def interest_behind(statement: Statement) -> QuerySet[InterestCharge]:
    """The interest charges shown on a statement."""
    return InterestCharge.objects.filter(
        program_account_id=statement.program_account_id,
        posted_on__range=(statement.posted_since, statement.posted_upto),
    ).order_by("first_day", "id")


def charges_of_entry(key: str) -> QuerySet[InterestCharge]:
    """The parts of one interest entry."""
    return InterestCharge.objects.filter(entry_key=key).order_by("first_day", "id")


# --- Transaction history ---------------------------------------------------------------------------------------------

#: What a person finds under one word of the history's filter.
HISTORY_TYPES: dict[str, tuple[EntryKind, ...]] = {
    "charges": (EntryKind.DECLARATION, EntryKind.CORRECTION, EntryKind.ADJUSTMENT, EntryKind.CTYPE),
    "payments": (
        EntryKind.PAYMENT,
        EntryKind.CTYPE_PAYMENT,
        EntryKind.PAYMENT_RETURN,
        EntryKind.DEPOSIT_APPLIED,
        EntryKind.TRANSFER_IN,
        EntryKind.TRANSFER_OUT,
    ),
    "interest": (EntryKind.INTEREST, EntryKind.PENALTY),
    "refunds": (EntryKind.REFUND, EntryKind.DISBURSEMENT, EntryKind.PAYOUT),
    "security": (EntryKind.DEPOSIT, EntryKind.DEPOSIT_REFUND, EntryKind.DEPOSIT_APPLIED),
    "reversals": (EntryKind.REVERSAL, EntryKind.PAYMENT_RETURN),
}


@dataclass(frozen=True)
class HistoryQuery:
    """What is looked for in the history; an empty one finds everything."""

    since: date | None = None
    until: date | None = None
    type: str = ""
    status: str = ""
    submitter_id: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    number: str = ""

    @property
    def is_contiguous(self) -> bool:
        """Whether it leaves nothing out between its two days, so that a balance can run along."""
        return self == HistoryQuery(since=self.since, until=self.until)

    def as_texts(self) -> dict[str, Any]:
        """For a row's JSON; ``history_query`` reads it again."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        texts = {
            name: value if isinstance(value, int) else str(value)
            for name, value in found.items()
            if value not in (None, "")
        }
        return texts


def history_query(texts: Mapping[str, Any]) -> HistoryQuery:
    kinds: dict[str, Callable[[str], Any]] = {
        "since": date.fromisoformat,
        "until": date.fromisoformat,
        "least": Decimal,
        "most": Decimal,
    }
    return HistoryQuery(**{name: kinds[name](value) if name in kinds else value for name, value in texts.items()})


def transactions_of(
    program_account_id: int, *, visibility: Visibility, wanted: HistoryQuery, on: date
) -> QuerySet[Any]:
    """The account's entries that a seat may see, newest first, with ``submitter_name``: the transaction history."""
    kinds = HISTORY_TYPES.get(wanted.type)
    entries = ledger.entries_between(program_account_id, posted_from=wanted.since, posted_to=wanted.until, kinds=kinds)
    entries = entries.filter(delegations.seen(visibility))
    if wanted.submitter_id is not None:
        entries = entries.filter(submitter_id=wanted.submitter_id)
    if wanted.number:
        entries = entries.filter(source__endswith=f":{wanted.number}")
    if wanted.status:
        entries = entries.filter(_of_state(ItemState(wanted.status), on))
    if wanted.least is not None or wanted.most is not None:
        # By its size, whether it was charged or paid.
        size: Any = entries.annotate(size=Abs("amount", output_field=MoneyField()))
        entries = size.filter(
            Q() if wanted.least is None else Q(size__gte=wanted.least),
            Q() if wanted.most is None else Q(size__lte=wanted.most),
        )
    return _named(entries)


def _of_state(state: ItemState, on: date) -> Q:
    debt, open_now = Q(item__side=Side.DEBT), Q(item__cleared__lt=F("item__amount"))
    return {
        ItemState.OPEN: debt & open_now,
        ItemState.PARTLY: debt & open_now & Q(item__cleared__gt=ZERO),
        ItemState.CLEARED: Q(item__isnull=False) & Q(item__cleared=F("item__amount")),
        ItemState.OVERDUE: debt & open_now & Q(item__last_day_to_pay__lt=on),
        ItemState.CREDIT: Q(item__side=Side.CREDIT) & open_now,
    }[state]


@dataclass(frozen=True)
class HistoryTotals:
    """What the entries of a filter add up to: charges above zero, credits and payments below, what is open."""

    entry_count: int
    charged: Decimal
    credited: Decimal
    owed: Decimal
    credit_left: Decimal

    @property
    def net(self) -> Decimal:
        return self.charged + self.credited


def history_totals(entries: QuerySet[Any]) -> HistoryTotals:
    """The totals of these entries alone, in one query: nothing that they leave out has a part in them."""
    left: Any = ExpressionWrapper(F("item__amount") - F("item__cleared"), output_field=MoneyField())
    debt, credit = Q(item__side=Side.DEBT), Q(item__side=Side.CREDIT)
    found = entries.order_by().aggregate(
        entry_count=Count("pk"),
        charged=Sum("amount", filter=Q(amount__gt=ZERO), output_field=MoneyField()),
        credited=Sum("amount", filter=Q(amount__lt=ZERO), output_field=MoneyField()),
        owed=Sum(left, filter=debt, output_field=MoneyField()),
        credit_left=Sum(left, filter=credit, output_field=MoneyField()),
    )
    return HistoryTotals(found.pop("entry_count"), **{name: value or ZERO for name, value in found.items()})


def is_too_long(entries: QuerySet[Any]) -> bool:
    """Whether there are more entries than an export makes at once; counts no further than that."""
    most = settings.HISTORY_ROWS_AT_ONCE
    return len(entries.order_by().values_list("pk")[most : most + 1]) > 0


def saved_filters(user_id: int, program_account_id: int) -> QuerySet[SavedFilter]:
    """A person's own filters of an account's history, by name."""
    return SavedFilter.objects.filter(user_id=user_id, program_account_id=program_account_id)


def reports_due(*, on: date, every: Collection[str]) -> list[int]:
    """The saved filters of which a file is made on a day, in order."""
    rows = SavedFilter.objects.filter(every__in=every).exclude(made_on=on)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def saved_filter_to_report(pk: int, *, on: date) -> SavedFilter | None:
    """One of them, locked; ``None`` where its file of the day was asked for meanwhile."""
    rows = SavedFilter.objects.select_for_update(of=("self",)).select_related("user", "program_account")
    return rows.filter(pk=pk).exclude(made_on=on).first()


def older_than(entries: QuerySet[Any], *, posted_on: date, entry_id: UUID) -> QuerySet[Any]:
    """The rows of a history after one of its rows."""
    return entries.filter(Q(posted_on__lt=posted_on) | Q(posted_on=posted_on, id__lt=entry_id))


def newer_than(entries: QuerySet[Any], *, posted_on: date, entry_id: UUID) -> QuerySet[Any]:
    """The rows of a history before one of its rows, the nearest first."""
    newer = entries.filter(Q(posted_on__gt=posted_on) | Q(posted_on=posted_on, id__gt=entry_id))
    return newer.order_by("posted_on", "id")


def balance_after(program_account_id: int, *, posted_on: date, entry_id: UUID) -> Decimal:
    """What the account owed right after an entry: its balance now less what was posted since."""
    entries = ledger.entries_between(program_account_id, posted_from=posted_on, posted_to=None)
    return ledger.net_before(program_account_id, newer_than(entries, posted_on=posted_on, entry_id=entry_id))


def counterparts_of(item_ids: Collection[int]) -> dict[int, list[ledger.Counterpart]]:
    return ledger.counterparts_of(item_ids)


def submitters_of(program_account_id: int, *, visibility: Visibility) -> list[tuple[int, str]]:
    """Whoever submitted something that this seat may see, by name."""
    shown = Business.objects.filter(delegations.seen(visibility, field="pk"))
    filed = shown.filter(pk__in=ledger.submitters_of(program_account_id))
    return list(filed.order_by("legal_name", "pk").values_list("pk", "legal_name"))


def submitters_by_number(program_account_id: int, *, visibility: Visibility) -> dict[str, int]:
    """The same by business number."""
    shown = Business.objects.filter(delegations.seen(visibility, field="pk"))
    filed = shown.filter(pk__in=ledger.submitters_of(program_account_id))
    return dict(filed.values_list("bn9", "pk"))


def _named(entries: QuerySet[Any]) -> QuerySet[Any]:
    name = Business.objects.filter(pk=OuterRef("submitter_id")).values("legal_name")[:1]
    return entries.annotate(submitter_name=Subquery(name))


# --- Messages --------------------------------------------------------------------------------------------------------


def statement_subject(statement_on: date) -> Any:
    return lazy_text(_("Your statement of %(day)s is ready"), day=statement_on)


def statement_body(amount: Decimal | str, *, is_payable: bool, last_day_to_pay: date) -> Any:
    """What the message says; an amount that the database has still to write may be a mark in its place."""
    if is_payable:
        return lazy_text(
            _("Total payable: %(amount)s. Pay by %(due)s; after that interest runs and good standing ends."),
            amount=amount,
            due=last_day_to_pay,
        )
    return lazy_text(_("Nothing is payable: the balance is %(amount)s."), amount=amount)

"""When late interest starts, what an earlier payment or an officer takes back of it, and all of it again on paper."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest
from django.urls import reverse

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.jobs import set_clock
from core.models import AuditEvent
from core.money import ZERO
from dashboard.queries import entries
from dashboard.queries.as_of import as_of
from ledger import queries as ledger
from ledger.models import JournalEntry, OpenItem
from ledger.rules import EntryKind, ItemKind, Side
from ledger.verification import findings
from payments import earlier
from payments.models import Payment
from payments.services import allocate
from reference import queries as reference
from reference.rules.billing import billing_dates
from reference.rules.policy import is_same_kind
from reference.rules.rates import RateFrom, rates_in_force
from reference.rules.rates import interest as accrued
from statements import explain, interest, interest_rules, rules
from statements.models import InterestCharge, Statement
from statements.rules import Debt, Undone
from statements.sheet import sheet_of
from tests.builders import Cast, signed_in
from tests.statements import scene

STARTS = [
    # (released on, due date, mode, last day without interest)
    ("2025-03-04", "2025-03-31", "due_date", "2025-03-31"),
    (
        "2025-03-04",
        "2025-03-31",
        "ceiling",
        "2025-04-03",
    ),  # reported: interest from 4 April 2025 on the statement of March
    ("2026-06-17", "2026-07-01", "ceiling", "2026-07-04"),
    ("2026-01-02", "2026-01-30", "due_date", "2026-01-30"),  # reported: accrual of January 2026 from the 31st
    ("2026-01-18", "2026-03-03", "ceiling", "2026-03-06"),
    ("2026-03-20", "2026-03-20", "ceiling", "2026-03-20"),  # goods without release: payable on the day itself
    ("2025-12-03", "2026-03-20", "ceiling", "2026-03-20"),  # and what changes them later
]
RATE = rates_in_force([RateFrom(date(2020, 1, 1), Decimal("0.09"), mark="verified")])


@pytest.mark.parametrize(("billing_on", "due_on", "mode", "last"), STARTS)
def test_the_last_day_without_interest(billing_on: str, due_on: str, mode: str, last: str) -> None:
    billed = date.fromisoformat(billing_on)
    assert interest_rules.runs_after(date.fromisoformat(due_on), mode, billing_on=billed) == date.fromisoformat(last)


@pytest.mark.parametrize(("mode", "days", "amount"), [("due_date", 30, "74.24"), ("ceiling", 27, "66.79")])
def test_interest_in_both_modes(mode: str, days: int, amount: str) -> None:
    due_on = date(2025, 3, 31)
    runs_after = interest_rules.runs_after(due_on, mode, billing_on=date(2025, 3, 4))
    debt = Debt(due_on, due_on, None, Decimal("10000.00"), runs_after=runs_after)
    [part] = rules.accruals(debt, through=date(2025, 4, 30), rates=RATE)
    assert (part.days, part.amount) == (days, Decimal(amount))
    in_time = replace(debt, left=ZERO, paid=((date(2025, 4, 3), Decimal("10000.00")),))
    charged = rules.accruals(in_time, through=date(2025, 4, 30), rates=RATE)
    assert bool(charged) is (mode == "due_date")


def test_each_run_is_computed_anew_from_the_days_of_payment() -> None:
    due_on, runs = date(2026, 3, 31), [date(2026, 4, 24), date(2026, 5, 24)]
    late = Debt(due_on, due_on, runs[-1], Decimal("10000.00"))
    whole = interest_rules.owed_by_run(late, amount=Decimal("10000.00"), run_days=runs, rates=RATE)
    paid = replace(late, left=ZERO, paid=((date(2026, 4, 1), Decimal("10000.00")),))
    assert interest_rules.owed_by_run(paid, amount=Decimal("10000.00"), run_days=runs, rates=RATE) == {
        runs[0]: Decimal("2.47"),
        runs[1]: ZERO,
    }
    assert whole == {runs[0]: Decimal("59.35"), runs[1]: Decimal("74.24")}


def test_a_payment_that_came_back_is_computed_anew_as_the_runs_charged_it() -> None:
    due_on, runs = date(2026, 3, 31), [date(2026, 4, 24), date(2026, 5, 24)]
    whole = Decimal("10000.00")
    returned = Undone(date(2026, 4, 10), date(2026, 5, 4), whole)
    debt = Debt(due_on, due_on, runs[-1], whole, undone=(returned,))
    owed = interest_rules.owed_by_run(debt, amount=whole, run_days=runs, rates=RATE)
    # April saw it paid on the 10th; May charges everything since then.
    assert owed == {runs[0]: Decimal("24.68"), runs[1]: Decimal("109.07")}


@pytest.mark.parametrize(
    ("paid", "waived", "amount"),
    [
        ([], "100.00", "0.00"),
        ([(date(2026, 3, 31), "10000.00")], "10000.00", "74.24"),
        # The later payment first, 30 days; then what is left of the earlier one, 60 days.
        ([(date(2026, 3, 1), "9000.00"), (date(2026, 3, 31), "4000.00")], "5000.00", "44.60"),
    ],
)
def test_what_was_paid_of_a_waived_amount_comes_back_with_interest(
    paid: list[tuple[date, str]], waived: str, amount: str
) -> None:
    payments = [(day, Decimal(text)) for day, text in paid]
    given_on = date(2026, 4, 30)
    found = interest_rules.given_with_waiver(payments, Decimal(waived), given_on=given_on, rates=RATE)
    assert found == Decimal(amount)


def test_the_mode_is_a_word_that_an_officer_may_switch() -> None:
    assert is_same_kind("due_date", "ceiling")
    assert not is_same_kind("due_date", "yes")


def _overdue(cast: Cast) -> None:
    """250,000.00 due on 1 July (last day 2 July), unpaid through the run of 24 August."""
    scene.declare(cast.account, "17042000044600", date(2026, 6, 2), submitter=cast.harbourline, gst="250000.00")
    scene.issue(scene.JUNE)
    scene.charge_interest(date(2026, 7, 24))
    scene.issue(scene.JULY)
    scene.charge_interest(date(2026, 8, 24))


def _charged() -> Decimal:
    return sum((row.amount for row in JournalEntry.objects.filter(kind=EntryKind.INTEREST)), ZERO)


@pytest.mark.django_db
def test_a_cheque_received_earlier_takes_back_what_was_charged_too_much(cast: Cast) -> None:
    _overdue(cast)
    before = _charged()
    entered = {
        "program_account_id": cast.account.pk,
        "business_id": cast.northlight.pk,
        "amount": Decimal("250000.00"),
        "received_on": date(2026, 7, 3),
        "number": "004417",
        "reason": "Found in the mail room",
        "on": date(2026, 8, 26),
        "at": scene.at(date(2026, 8, 26)),
        "actor": scene.ACTOR,
    }
    credited = earlier.enter_cheque(**entered)
    # Two days late, 2 and 3 July: the rest, with the interest on interest, goes.
    rates = reference.late_rates()
    [part] = rules.accruals(
        Debt(date(2026, 7, 1), date(2026, 7, 2), None, Decimal("250000.00")), through=date(2026, 7, 3), rates=rates
    )
    august = InterestCharge.objects.filter(posted_on=date(2026, 8, 24), is_prescribed=False)
    assert august.count() == 2
    [left_item] = OpenItem.objects.filter(kind=ItemKind.INTEREST, posted_on=date(2026, 7, 24))
    still = left_item.amount - left_item.cleared
    assert still == part.amount
    assert before - credited == _charged()
    [again] = rules.accruals(
        Debt(date(2026, 7, 24), date(2026, 7, 24), None, part.amount), through=date(2026, 8, 24), rates=rates
    )
    assert _charged() == part.amount + again.amount
    assert ledger.net_on(cast.account.pk, on=date(2026, 8, 26)) == _charged()
    assert earlier.enter_cheque(**entered) == ZERO
    for changes in ({"amount": Decimal("25000.00")}, {"received_on": date(2026, 7, 4)}):
        with pytest.raises(Conflict, match="entered on the account before"):
            earlier.enter_cheque(**{**entered, **changes})
    [cheque] = Payment.objects.filter(program_account=cast.account)
    receipt = signed_in(cast.amara).get(reverse("payments:detail", args=(cast.account.number, cheque.reference)))
    assert "Cheque 004417" in receipt.content.decode()
    assert JournalEntry.objects.get(kind=EntryKind.PAYMENT).source == f"payment:{cheque.reference}"
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"interest.recomputed", "payment.entered_late"} <= verbs
    assert list(findings()) == []
    # By the day of receipt the cheque stands in July, as it was known in August it does not.
    july = {"since": date(2026, 7, 1), "until": date(2026, 7, 31)}
    assert as_of(cast.account.pk, **july, known_on=date(2026, 8, 26)).credits == Decimal("-250000.00")
    assert as_of(cast.account.pk, **july, known_on=date(2026, 8, 25)).credits == ZERO
    for changes, code in (
        ({"amount": ZERO}, "amount_not_positive"),
        ({"received_on": date(2026, 8, 27)}, "received_out_of_range"),
    ):
        with pytest.raises(DomainError) as refusal:
            earlier.enter_cheque(**{**entered, **changes, "number": "5"})
        assert refusal.value.code == code


@pytest.mark.django_db
def test_an_officer_waives_what_is_left_of_one_entry(cast: Cast) -> None:
    _overdue(cast)
    entry = JournalEntry.objects.filter(kind=EntryKind.INTEREST).order_by("posted_on")[0]
    given = {
        "program_account_id": cast.account.pk,
        "entry_key": entry.key,
        "reason": "Flood at the importer",
        "on": date(2026, 8, 26),
        "at": scene.at(date(2026, 8, 26)),
        "actor": scene.ACTOR,
    }
    assert interest.waive(**given) == entry.amount
    with pytest.raises(DomainError):
        interest.waive(**given)
    assert ledger.item_of_entry(entry.pk).cleared == entry.amount
    assert not JournalEntry.objects.filter(key=f"{entry.key}:given").exists()  # nobody had paid it
    assert AuditEvent.objects.get(verb="interest.waived").reason == "Flood at the importer"
    # The interest that the waived interest had borne in August was too much as well.
    rest = {name: given[name] for name in ("program_account_id", "reason", "on", "at", "actor")}
    assert AuditEvent.objects.get(verb="interest.recomputed").after["amount"] > "0.00"
    assert interest.credit_overcharge(**rest) == ZERO
    [statement] = scene.issue(date(2026, 9, 25))
    box = explain.explanation_of("E", sheet_of(statement), account_number=cast.account.number)
    assert box is not None
    assert any(step.value.startswith(("-", "−")) for step in box.steps)
    assert list(findings()) == []


@pytest.mark.django_db
def test_a_waiver_of_interest_that_was_paid_gives_interest_with_it(cast: Cast) -> None:
    _overdue(cast)
    entry = JournalEntry.objects.filter(kind=EntryKind.INTEREST).order_by("posted_on")[0]
    scene.settle(
        entry, scene.pay(cast.account, "PAID", f"{entry.amount}", date(2026, 8, 1)), f"{entry.amount}", scene.JULY
    )
    interest.waive(
        program_account_id=cast.account.pk,
        entry_key=entry.key,
        reason="Flood at the importer",
        on=date(2026, 8, 26),
        at=scene.at(date(2026, 8, 26)),
        actor=scene.ACTOR,
    )
    given = JournalEntry.objects.get(key=f"{entry.key}:given")
    whole = accrued(entry.amount, scene.JULY, date(2026, 8, 26), reference.prescribed_rates()).amount
    assert -given.amount == whole > ZERO
    told = entries.explanation_of(given, sees_all=True, language="en")
    assert told.adds_up
    assert [rule.source for rule in told.rules] == ["Customs Act s. 3.3(2)"]
    assert list(findings()) == []


# --- A simulated half-year, recomputed by hand -----------------------------------------------------------------------


def _half_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _daily(principal: Decimal, first: date, last: date) -> Decimal:
    """Day by day, with no code of the product but its table of rates."""
    table = sorted((row.effective_from, row.rate) for row in reference.specified_rates())
    grown, day = principal, first
    while day <= last:
        rate = [value for start, value in table if start <= day][-1]
        grown += grown * rate / 365
        day += timedelta(days=1)
    return grown - principal


class Naive:
    """One importer's account on paper: debts with due dates, payments oldest due first, one interest entry a debt."""

    def __init__(self) -> None:
        self.debts: list[dict] = []
        self.balance = self.previous = ZERO
        self.credit = ZERO
        self.statements: list[Decimal] = []
        self.unbilled: list[tuple[date, Decimal]] = []
        self.since = ZERO

    def charge(self, amount: Decimal, released_on: date, due: date, last: date, on: date) -> None:
        self.debts.append({"left": amount, "due": due, "last": last, "from": due, "parts": []})
        self.unbilled.append((released_on, amount))
        self.balance += amount

    def pay(self, amount: Decimal, on: date) -> None:
        self.balance -= amount
        self.since -= amount
        self.credit += amount

    def clear(self, on: date) -> None:
        for debt in sorted(self.debts, key=lambda row: row["due"]):
            used = min(self.credit, debt["left"]) if debt["due"] <= on else ZERO
            if used > ZERO:
                debt["parts"].append((used, on))
                debt["left"] -= used
                self.credit -= used

    def interest(self, on: date, due: date, last: date) -> None:
        for debt in list(self.debts):
            amount, parts = ZERO, debt["parts"]
            late = [(used, day) for used, day in parts if day > debt["last"]]
            if debt["left"] > ZERO and on > debt["last"]:
                late.append((debt["left"], on))
            ended: dict[date, Decimal] = {}
            for used, day in late:
                ended[day] = ended.get(day, ZERO) + used
            for day, used in ended.items():
                amount += _half_up(_daily(used, debt["from"] + timedelta(days=1), day))
            if on > debt["last"]:
                debt["parts"] = []
                if amount:
                    debt["from"] = on
            if amount:
                new = {"left": amount, "due": due, "last": on, "from": on, "parts": []}
                self.debts.append(new)
                self.balance += amount
                self.since += amount

    def issue(self, period_end: date) -> None:
        billed = [row for row in self.unbilled if row[0] <= period_end]
        self.unbilled = [row for row in self.unbilled if row[0] > period_end]
        self.previous += self.since + sum((amount for _day, amount in billed), ZERO)
        self.since = ZERO
        self.statements.append(self.previous)


@pytest.mark.django_db
def test_months_of_several_importers_agree_with_a_recomputation_on_paper(cast: Cast) -> None:
    """Statements, interest and balances of five importers over five months, to the cent."""
    random = Random(20)
    accounts: list[ProgramAccount] = [cast.account]
    for name in ("Two", "Three", "Four", "Five"):
        accounts.append(cast.world.program_account(cast.world.business(f"{name} Imports Ltd.")))
    paper = {account.pk: Naive() for account in accounts}
    lateness = {account.pk: index * 9 for index, account in enumerate(accounts)}
    day, serial = date(2026, 2, 1), 0
    while day <= date(2026, 6, 30):
        if day.day == 25:  # in the night before anything else
            scene.issue(day)
            for naive in paper.values():
                naive.issue(day.replace(day=17))
        for account in accounts:
            naive = paper[account.pk]
            if random.random() < 0.06:
                serial += 1
                amount = Decimal(random.randrange(500, 900000)) / 100
                dates = billing_dates(day)
                scene.declare(account, f"{serial:014d}", day, gst=str(amount))
                naive.charge(amount, day, dates.payment_due_on, dates.last_day_to_pay, day)
            due = sum((row["left"] for row in naive.debts if row["due"] + timedelta(lateness[account.pk]) <= day), ZERO)
            if due > naive.credit and random.random() < 0.4:
                serial += 1
                amount = due - naive.credit + Decimal(random.randrange(0, 3))
                scene.pay(account, f"P{serial}", str(amount), day)
                naive.pay(amount, day)
            naive.clear(day)
        allocate(holders=[row.pk for row in accounts], on=day, actor=scene.ACTOR, at=scene.at(day))
        if day.day == 24:
            dates = reference.billing_dates_of(day.replace(day=17))
            scene.charge_interest(day)
            for naive in paper.values():
                naive.interest(day, dates.payment_due_on, dates.last_day_to_pay)
        day += timedelta(days=1)
    for account in accounts:
        issued = list(
            Statement.objects.filter(program_account=account).order_by("statement_on").values_list("box_h", flat=True)
        )
        expected = paper[account.pk].statements
        assert issued == expected[len(expected) - len(issued) :]
        assert not any(expected[: len(expected) - len(issued)])
        assert ledger.balance_of(account.pk).net == paper[account.pk].balance
    charged = InterestCharge.objects.filter(amount__gt=ZERO).count()
    assert charged > 8
    assert OpenItem.objects.filter(side=Side.CREDIT).exists()
    assert list(findings()) == []


@pytest.mark.django_db
def test_the_officers_desk_enters_a_cheque_and_waives(cast: Cast) -> None:
    _overdue(cast)
    set_clock(scene.at(date(2026, 8, 26)))
    client = signed_in(cast.daniel)
    url = reverse("dashboard:interest_desk")
    waiver = {
        "act": "waive",
        "waiver-account": cast.account.number,
        "waiver-number": "17042000044600",
        "waiver-posted_on": "2026-08-24",
        "waiver-reason": "Flood",
    }
    assert "Interest waived" in client.post(url, waiver, follow=True).content.decode()
    assert "There is no interest left" in client.post(url, waiver).content.decode()
    cheque = {
        "act": "cheque",
        "cheque-account": cast.account.number,
        "cheque-method": "CHEQUE",
        "cheque-number": "004417",
        "cheque-amount": "250000.00",
        "cheque-received_on": "2026-07-02",
        "cheque-reason": "Mail room",
    }
    unknown = client.post(url, {**cheque, "cheque-account": "704123686RM0009"}).content.decode()
    assert "There is no program account of this number" in unknown and "004417" in unknown
    assert "The payment is entered" in client.post(url, cheque, follow=True).content.decode()
    # Received on the last day to pay: no interest at all is left.
    assert ledger.balance_of(cast.account.pk).net == ZERO
    assert list(findings()) == []

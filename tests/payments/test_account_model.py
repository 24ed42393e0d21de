"""Any sequence of charges, payments, clearings, moves, refunds and reversals against a plain model of two accounts.

After every step the book is proved, and each account holds exactly what the model says: what is owed less what is in
credit, what is payable; and every item's trace adds up to its amount.
"""

import itertools
import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.actor import system
from core.clock import wall_now
from core.errors import DomainError
from core.money import ZERO, from_cents
from ledger import queries as ledger
from ledger import services as book
from ledger.rules import EntryKind, Revenue
from ledger.verification import findings
from payments import rules
from payments import services as payments
from payments.credits import queries, services
from payments.credits.rules import RefundState
from payments.models import Payment
from tests.builders import World
from tests.payments.conftest import moment

PROVES = os.environ.get("PORTAGE_PROVE") == "1"
ACTOR = system("model")
START = date(2026, 6, 1)
amounts = st.integers(1, 60_000).map(from_cents)
which = st.integers(0, 1)
some = st.integers(0, 7)


class AccountMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        world = World(at=wall_now())
        business = world.business()
        self.accounts = [world.program_account(business, f"RM000{number}") for number in (1, 2)]
        self.day = START
        self.keys = itertools.count(1)
        # The plain model: what each account owes less its credits, and what is payable to it.
        self.net = [ZERO, ZERO]
        self.payable = [ZERO, ZERO]
        self.reversible: list[tuple[int, Any, Decimal, EntryKind]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    @property
    def now(self) -> Any:
        return moment(self.day)

    @rule(days=st.integers(1, 30))
    def days_pass_and_credits_meet_what_is_due(self, days: int) -> None:
        self.day += timedelta(days=days)
        payments.allocate(holders=[row.pk for row in self.accounts], on=self.day, actor=ACTOR, at=self.now)
        for account in self.accounts:
            known = queries.credits_of(account.pk, on=self.day)
            due = [item for item in known.debts if item.due_on <= self.day]
            assert not (due and known.credits), "a due debt and a credit are never open together after a clearing"

    @rule(at=which, amount=amounts, due_in=st.integers(0, 45), is_interest=st.booleans())
    def something_is_charged(self, at: int, amount: Decimal, due_in: int, is_interest: bool) -> None:
        due_on = self.day + timedelta(days=due_in)
        entry = book.post_charge(
            key=f"charge:{next(self.keys)}",
            kind=EntryKind.INTEREST if is_interest else EntryKind.DECLARATION,
            holder_id=self.accounts[at].pk,
            submitter_id=None,
            amounts={Revenue.INTEREST if is_interest else Revenue.GST: amount},
            source="charge",
            memo="",
            posted_on=self.day,
            billing_on=self.day,
            due_on=due_on,
            last_day_to_pay=due_on,
            at=self.now,
            actor=ACTOR,
        )
        self.net[at] += amount
        self.reversible.append((at, entry.pk, -amount, EntryKind.REVERSAL))

    @rule(at=which, amount=amounts, is_repeated=st.booleans())
    def somebody_pays(self, at: int, amount: Decimal, is_repeated: bool) -> None:
        account = self.accounts[at]
        order = payments.PaymentOrder(amount=amount, method=Payment.Method.DEBIT_CARD)
        payment = payments.start_payment(
            order=order, program_account=account, payer=account.business, actor=ACTOR, at=self.now
        )
        for _time in range(2 if is_repeated else 1):
            payment = payments.receive(reference=payment.reference, actor=ACTOR, at=self.now)
        self.net[at] -= amount
        entry = ledger.entry_by_key(payment.entry_key)
        self.reversible.append((at, entry.pk, amount, EntryKind.PAYMENT_RETURN))

    @rule(at=which, method=st.sampled_from(list(rules.Preference)))
    def a_method_is_chosen(self, at: int, method: rules.Preference) -> None:
        services.choose_preference(program_account=self.accounts[at], method=method, at=self.now, actor=ACTOR)

    @rule(at=which, debt=some, credit=some)
    def an_item_is_paid_by_hand(self, at: int, debt: int, credit: int) -> None:
        account = self.accounts[at]
        known = queries.credits_of(account.pk, on=self.day)
        if not known.debts or not known.credits:
            return
        wanted, given = known.debts[debt % len(known.debts)], known.credits[credit % len(known.credits)]
        order = {"program_account": account, "debt_ids": [wanted.pk], "credit_ids": [given.pk]}
        if given.remaining < wanted.remaining:
            with pytest.raises(DomainError) as refused:
                services.allocate_by_hand(**order, at=self.now, actor=ACTOR)
            assert refused.value.code == "not_in_full"
        else:
            services.allocate_by_hand(**order, at=self.now, actor=ACTOR)
            wanted.refresh_from_db()
            assert wanted.cleared == wanted.amount

    @rule(at=which, amount=amounts)
    def credit_is_moved(self, at: int, amount: Decimal) -> None:
        here, there = self.accounts[at], self.accounts[1 - at]
        order = {"program_account": here, "to": there, "amount": amount, "once": str(next(self.keys))}
        if amount > queries.credits_of(here.pk, on=self.day).free:
            with pytest.raises(DomainError) as refused:
                services.move_credit(**order, at=self.now, actor=ACTOR)
            assert refused.value.code == "more_than_free"
            return
        for _time in range(2):
            services.move_credit(**order, at=self.now, actor=ACTOR)
        self.net[at] += amount
        self.net[1 - at] -= amount

    @rule(at=which, amount=amounts, is_approved=st.booleans())
    def a_refund_is_asked_and_decided(self, at: int, amount: Decimal, is_approved: bool) -> None:
        account = self.accounts[at]
        now = {"at": self.now, "actor": ACTOR}
        try:
            row = services.request_refund(program_account=account, amount=amount, **now)
        except DomainError:
            return
        if not is_approved:
            services.reject_refund(refund=row, reason="No", on=self.day, **now)
            return
        services.approve_refund(refund=row, reason="Yes", on=self.day, **now)
        self.net[at] += amount
        self.payable[at] += amount

    @rule()
    def approved_refunds_are_paid_out(self) -> None:
        for at, account in enumerate(self.accounts):
            for row in queries.refund_requests_of(account.pk).filter(state=RefundState.APPROVED):
                services.pay_refund(refund=row, reason="Cheque", on=self.day, at=self.now, actor=ACTOR)
                self.payable[at] -= row.amount

    @precondition(lambda self: self.reversible)
    @rule(number=some)
    def a_payment_comes_back_or_a_charge_is_reversed(self, number: int) -> None:
        at, entry_id, effect, kind = self.reversible.pop(number % len(self.reversible))
        book.reverse_entry(
            key=f"back:{entry_id}",
            entry_id=entry_id,
            reason="",
            posted_on=self.day,
            at=self.now,
            actor=ACTOR,
            kind=kind,
        )
        self.net[at] += effect

    @invariant()
    def the_book_is_sound_and_says_what_the_model_says(self) -> None:
        assert list(findings()) == []
        for at, account in enumerate(self.accounts):
            balance = ledger.balance_of(account.pk)
            assert (balance.net, balance.payable) == (self.net[at], self.payable[at])
            known = queries.credits_of(account.pk, on=self.day)
            for item in (*known.debts, *known.credits):
                trace = queries.trace_of(account.pk, item.pk)
                assert trace.total == item.amount and trace.left == item.remaining


@pytest.mark.sqlite
@pytest.mark.django_db
def test_any_sequence_leaves_the_book_as_the_plain_model_says() -> None:
    run_state_machine_as_test(
        AccountMachine,
        settings=settings(
            max_examples=150 if PROVES else 6,
            stateful_step_count=40 if PROVES else 15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

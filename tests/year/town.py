"""Two hundred importers, or five, day by day: their goods, and when and how they pay."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from core import jobs
from core.clock import at_toronto
from core.errors import DomainError
from declarations import services as declarations
from ledger import queries as ledger
from ledger import services as book
from ledger.models import OpenItem
from ledger.rules import EntryKind, Side
from payments import earlier
from payments import services as payments
from payments.models import Payment
from payments.services import PaymentOrder
from releases.models import Release
from statements import interest
from statements.models import InterestCharge, Statement
from tests.year.trade import DAY, Importer, Trade


class Town(Trade):
    """Plays them from one day to another, the daily jobs of the product firing on the way."""

    def play(self) -> None:
        while self.today < self.last:
            self.today += DAY
            if self.today.day == 25:
                # Nothing of the year is committed, so the database's own statistics never learn of it.
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
            jobs.move_clock(to_at=at_toronto(self.today, 9), actor=jobs.console_actor())
            for number, importer in enumerate(self.importers):
                self._day(number, importer)
        jobs.move_clock(to_at=at_toronto(self.today + DAY, 0, 45), actor=jobs.console_actor())

    def _day(self, number: int, importer: Importer) -> None:
        for act in importer.plan.pop(self.today, ()):
            act(number, importer)
        if self.dice.random() < self.busyness / 30:
            self._release(number, importer)
        if self.dice.random() < self.busyness / 400:
            self._volunteer(number, importer)
        if self.today.day == 25:
            self._plan_payment(number, importer)
        if self.today.day == 26 and self.dice.random() < 0.3:
            self._ask_favours(number, importer)

    # --- Money
    def _plan_payment(self, number: int, importer: Importer) -> None:
        statement = Statement.objects.filter(program_account=importer.account, statement_on=self.today).first()
        if statement is None or statement.box_h <= 0:
            return
        due = statement.payment_due_on
        if importer.habit == "in parts":
            for days in (-2, 3, 19):
                importer.at(due + timedelta(days=days), lambda n, i: self._pay(n, i, share=Decimal("0.4")))
        elif importer.habit != "never" or self.dice.random() < 0.1:
            low, high = {"late": (1, 12), "later": (15, 50)}.get(importer.habit, (-5, 0))
            day = due + timedelta(days=self.dice.randint(low, high))
            more = Decimal(50) if importer.habit == "too much" else Decimal(0)
            by_cheque = importer.habit in ("late", "later") and self.dice.random() < 0.25
            act = self._cheque if by_cheque else self._pay
            importer.at(max(day, self.today + DAY), lambda n, i: act(n, i, more=more))

    def _pay(self, number: int, importer: Importer, *, share: Decimal = Decimal(1), more: Decimal = Decimal(0)) -> None:
        amount = (payments.balance_due(importer.account.pk) * share).quantize(Decimal("0.01")) + more
        if amount <= 0:
            return
        order = PaymentOrder(amount=amount, method=Payment.Method.DEBIT_CARD)
        given: dict[str, Any] = {"actor": importer.actor, "at": self.now}
        payment = payments.start_payment(
            order=order, program_account=importer.account, payer=importer.business, **given
        )
        payment = payments.receive(reference=payment.reference, **given)
        self.note(number, "pay", name=payment.entry_key, amount=amount)
        if self.dice.random() < 0.08:
            key = payment.entry_key
            self._soon(importer, 2, 40, lambda n, i: self._return(n, i, key))

    def _return(self, number: int, importer: Importer, key: str) -> None:
        entry = ledger.entry_by_key(key)
        assert entry is not None
        if OpenItem.objects.filter(holder_id=importer.account.pk, kind="DISBURSEMENT").exists():
            return  # what was paid out again cannot be taken back
        book.reverse_entry(
            key=f"{key}:returned",
            entry_id=entry.pk,
            reason="Not honoured",
            posted_on=self.today,
            at=self.now,
            actor=self.officer,
            kind=EntryKind.PAYMENT_RETURN,
        )
        self.note(number, "take_back", name=key)

    def _cheque(self, number: int, importer: Importer, *, more: Decimal = Decimal(0)) -> None:
        amount = payments.balance_due(importer.account.pk) + more
        if amount <= 0:
            return
        received = self.today - timedelta(days=self.dice.randint(0, 45))
        cheque = f"{next(self.cheques):06d}"
        earlier.enter_cheque(
            program_account_id=importer.account.pk,
            business_id=importer.business.pk,
            amount=amount,
            received_on=received,
            number=cheque,
            reason="Mail room",
            on=self.today,
            at=self.now,
            actor=self.officer,
        )
        self.note(number, "cheque", name=cheque, amount=amount, received=received)

    def _ask_favours(self, number: int, importer: Importer) -> None:
        pk = importer.account.pk
        given: dict[str, Any] = {"on": self.today, "at": self.now, "actor": self.officer}
        penalized = Release.objects.filter(
            program_account_id=pk, penalty_decided_on__isnull=False, penalty_waived_on=None
        ).order_by("pk")
        for release in penalized:
            if ledger.entry_by_key(f"late_accounting:{release.transaction_number}"):
                declarations.waive_penalty(release=release, reason="Flood", actor=self.officer, at=self.now)
                self.note(number, "waive_penalty", name=release.transaction_number)
                break
        charges = list(InterestCharge.objects.filter(program_account_id=pk).order_by("pk"))
        if charges and self.dice.random() < 0.5:
            charge = self.dice.choice(charges)
            self._waive_interest(number, pk, charge, given)
        credits = list(ledger.open_items_of(pk, on=self.today).filter(side=Side.CREDIT).order_by("posted_on", "id"))
        if credits and not ledger.balance_of(pk).receivable:
            amount = credits[0].remaining
            book.post_disbursement(
                key=f"year:{pk}:{self.today}",
                credit_item_id=credits[0].pk,
                amount=amount,
                source=f"disbursement:{self.today}",
                memo="",
                posted_on=self.today,
                at=self.now,
                actor=self.officer,
            )
            self.note(number, "disburse", amount=amount)

    def _waive_interest(self, number: int, pk: int, charge: InterestCharge, given: dict[str, Any]) -> None:
        name = charge.item_source.partition(":")[2]
        if charge.item_source.startswith("interest:"):
            return
        try:
            interest.waive_of_document(
                program_account_id=pk, number=name, posted_on=charge.posted_on, reason="Flood", **given
            )
        except DomainError:
            return  # it was taken back before
        self.note(number, "waive_interest", source=name, run=charge.posted_on)

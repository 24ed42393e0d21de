"""Pre-authorized debit from the agreement to the last return, on the real book and with the real bank."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.urls import reverse

from core.errors import Conflict, DomainError, Unavailable
from core.jobs import fire
from core.models import AuditEvent, JobRun
from core.timetable import Firing, timetable
from ledger import queries as ledger
from notifications.models import Notification
from payments import queries, returns, tasks
from payments.debits import files, services
from payments.debits import queries as debits
from payments.debits.rules import BankAccount
from payments.models import BankEntry, Debit, DebitAgreement, DebitFile, Payment, ReturnFile
from reference import services as reference
from statements.models import Statement
from tests.builders import Cast, actor, signed_in
from tests.counterparts.processes import Counterpart
from tests.payments.conftest import ACTOR, moment, owe, paid

pytestmark = pytest.mark.django_db
D = Decimal
_years = count(2031)


def a_july() -> date:
    """The 2nd of July of a year that no other test has asked the bank about: a fetched day takes nothing more."""
    day = date(next(_years), 7, 2)
    while day.weekday() > 2:
        day = date(next(_years), 7, 2)
    return day


def billed(cast: Any, amount: str, *, due_on: date) -> Statement:
    """A charge and the statement that shows it, a week before it is due; for whoever has an ``account``."""
    issued = due_on - timedelta(days=7)
    owe(cast.account, amount, posted_on=issued - timedelta(days=9), due_on=due_on)
    return Statement.objects.create(
        program_account=cast.account,
        period_start=issued - timedelta(days=38),
        period_end=issued - timedelta(days=8),
        statement_on=issued,
        posted_since=issued - timedelta(days=31),
        posted_upto=issued - timedelta(days=1),
        payment_due_on=due_on,
        last_day_to_pay=due_on,
        box_f=D(amount),
        box_h=D(amount),
        issued_at=moment(issued),
    )


def signed(cast: Cast, account: str, *, on: date, once: str = "form", certified: bool = True) -> DebitAgreement:
    return services.sign(
        program_account=cast.account,
        account=BankAccount("Northlight Imports Ltd.", "999", "00001", account),
        is_certified=certified,
        once=f"{once}:{on}",
        on=on,
        at=moment(on),
        actor=actor(cast.amara),
    )


def run(name: str, day: date) -> JobRun:
    job = next(job for job in timetable() if job.name == name)
    return fire(Firing(job, moment(day, 20 if name == "payments.bank_files" else 6, 30)))


def days(first: date, last: date) -> None:
    """Both jobs of every day from the first to the last."""
    while first <= last:
        run("payments.debits", first)
        run("payments.bank_files", first)
        first += timedelta(days=1)


def told(cast: Cast) -> list[str]:
    return list(Notification.objects.filter(user=cast.amara, category="payment").values_list("subject", flat=True))


def owed(cast: Cast, on: date) -> list[str]:
    return [str(item.remaining) for item in ledger.open_items_of(cast.account.pk, on=on, debts_only=True)]


def test_a_statement_is_announced_taken_less_what_was_paid_and_cleared_once(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    agreement = signed(cast, "1000001", on=due_on - timedelta(days=20))
    assert agreement.masked_account == "****0001" and agreement.certified_by
    statement = billed(cast, "500.00", due_on=due_on)
    early = debits.next_debit(cast.account.pk, on=statement.statement_on)
    assert early is not None and (early.amount, early.on, early.is_announced) == (D("500.00"), due_on, False)
    days(due_on - timedelta(days=6), due_on - timedelta(days=5))
    debit = Debit.objects.get()
    assert (debit.state, debit.amount, debit.due_on) == (Debit.State.ANNOUNCED, D("500.00"), due_on)
    assert sum("500.00 will be taken" in subject for subject in told(cast)) == 1
    paid(cast.account, "120.00", at=moment(due_on - timedelta(days=1)))
    later = debits.next_debit(cast.account.pk, on=due_on)
    assert later is not None and (later.amount, later.is_announced, later.is_sent) == (D("380.00"), True, False)
    run("payments.debits", due_on)
    sent = debits.next_debit(cast.account.pk, on=due_on)
    assert sent is not None and (sent.amount, sent.is_sent) == (D("380.00"), True)
    told_by_bank = run("payments.bank_files", due_on).summary
    assert (told_by_bank["bank_entries"], told_by_bank["bank_open"]) == (1, 0)
    debit.refresh_from_db()
    assert debit.state == Debit.State.PAID and debit.payment is not None
    assert (debit.payment.method, debit.payment.amount) == (Payment.Method.PRE_AUTHORIZED, D("380.00"))
    assert owed(cast, due_on) == [] and debits.next_debit(cast.account.pk, on=due_on) is None
    BankEntry.objects.update(state=BankEntry.State.WAITING)
    assert files.work_entries(on=due_on, at=moment(due_on), actor=ACTOR) == (1, 0)
    assert Payment.objects.count() == 2 and DebitFile.objects.get().debit_count == 1
    days(due_on + timedelta(days=1), due_on + timedelta(days=1))
    assert Debit.objects.count() == 1


def test_what_was_paid_whole_is_not_taken_and_a_late_agreement_waits(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000001", on=due_on - timedelta(days=4))
    billed(cast, "50.00", due_on=due_on)
    run("payments.debits", due_on - timedelta(days=3))
    assert not Debit.objects.exists() and debits.next_debit(cast.account.pk, on=due_on) is None
    DebitAgreement.objects.update(since=due_on - timedelta(days=20))
    run("payments.debits", due_on - timedelta(days=2))
    paid(cast.account, "50.00", at=moment(due_on - timedelta(days=1)))
    assert run("payments.debits", due_on).summary["debits_sent"] == 0
    debit = Debit.objects.get()
    assert (debit.state, debit.reason) == (Debit.State.DROPPED, "nothing_left")
    assert not DebitFile.objects.exists()


def test_no_money_costs_the_fee_and_the_debt_stays(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000002", on=due_on - timedelta(days=20))
    billed(cast, "80.00", due_on=due_on)
    days(due_on - timedelta(days=1), due_on + timedelta(days=1))
    debit = Debit.objects.get(presentation=1)
    assert (debit.state, debit.reason, debit.payment) == (Debit.State.RETURNED, "nsf", None)
    assert owed(cast, due_on + timedelta(days=30)) == ["80.00", "15.00"]
    assert queries.position(cast.account.pk, due_on + timedelta(days=1)).paid_since == 0
    assert debits.agreement_of(cast.account.pk) is not None
    assert any("80.00 came back" in subject for subject in told(cast))
    again = debits.next_debit(cast.account.pk, on=due_on + timedelta(days=2))
    assert again is not None and (again.amount, again.is_second) == (D("80.00"), True)
    days(due_on + timedelta(days=2), again.on + timedelta(days=3))
    # No third try, and the fee once.
    assert [(row.state, row.presentation) for row in debits.debits_of(cast.account.pk)] == [
        (Debit.State.RETURNED, 2),
        (Debit.State.RETURNED, 1),
    ]
    assert owed(cast, due_on + timedelta(days=40)) == ["80.00", "15.00"]
    came_back = debits.returned_debit(cast.account.pk)
    assert came_back is not None and came_back[1] == D("80.00")
    assert sum("80.00 came back" in subject for subject in told(cast)) == 2


def test_the_second_try_pays_what_is_left_by_then(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000007", on=due_on - timedelta(days=20))
    billed(cast, "80.00", due_on=due_on)
    days(due_on - timedelta(days=1), due_on + timedelta(days=1))
    again = debits.next_debit(cast.account.pk, on=due_on + timedelta(days=2))
    assert again is not None and again.is_second
    note = Notification.objects.filter(user=cast.amara, subject__contains="80.00 came back").get()
    assert "asked once more" in note.body
    paid(cast.account, "30.00", at=moment(due_on + timedelta(days=1)))
    run("payments.debits", again.on)
    run("payments.bank_files", again.on)
    assert [(row.state, row.amount) for row in debits.debits_of(cast.account.pk)] == [
        (Debit.State.PAID, D("50.00")),
        (Debit.State.RETURNED, D("80.00")),
    ]
    assert owed(cast, due_on + timedelta(days=30)) == ["15.00"]
    assert debits.returned_debit(cast.account.pk) is None


def test_a_late_return_undoes_a_payment_that_was_cleared(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000004", on=due_on - timedelta(days=20))
    billed(cast, "60.00", due_on=due_on)
    days(due_on - timedelta(days=1), due_on)
    assert owed(cast, due_on) == [] and Debit.objects.get().state == Debit.State.PAID
    last = due_on + timedelta(days=9)
    days(due_on + timedelta(days=1), last)
    payment = Payment.objects.get()
    assert (payment.state, payment.reason) == (Payment.State.RETURNED, "late_return")
    assert owed(cast, last) == ["60.00"]


@pytest.mark.parametrize(("account", "reason"), [("1000003", "account_closed"), ("1000005", "mandate_revoked")])
def test_an_account_that_gives_no_more_ends_the_agreement(
    cast: Cast, bank: Counterpart, account: str, reason: str
) -> None:
    due_on = a_july()
    agreement = signed(cast, account, on=due_on - timedelta(days=20))
    billed(cast, "70.00", due_on=due_on)
    days(due_on - timedelta(days=1), due_on + timedelta(days=6))
    agreement.refresh_from_db()
    assert (agreement.state, agreement.reason) == (DebitAgreement.State.RETURNED, reason)
    assert any("has ended" in subject for subject in told(cast))
    assert AuditEvent.objects.filter(verb="debit.agreement_returned").count() == 1


def test_an_agreement_is_refused_changed_and_cancelled_in_versions(cast: Cast, bank: Counterpart) -> None:
    day = date(2026, 7, 22)
    for account, certified, code in (
        ("1000006", True, "mandate_refused"),
        ("12", True, "bank_account_wrong"),
        ("1000001", False, "not_certified"),
    ):
        with pytest.raises(DomainError) as refusal:
            signed(cast, account, on=day, once=account, certified=certified)
        assert refusal.value.code == code
    assert not DebitAgreement.objects.exists()
    first = signed(cast, "1000001", on=day)
    assert signed(cast, "1000001", on=day) == first
    second = signed(cast, "1000002", on=day + timedelta(days=1))
    first.refresh_from_db()
    assert (first.state, first.is_ended_at_bank) == (DebitAgreement.State.AMENDED, True)
    assert (second.version, second.since) == (2, day)
    services.end_by_bank(agreement=first, reason="mandate_revoked", at=moment(day), actor=ACTOR)
    assert debits.agreement_of(cast.account.pk) == second
    ended = {"program_account_id": cast.account.pk, "on": day, "at": moment(day), "actor": actor(cast.amara)}
    assert services.tell_brokers(**ended) > 0
    assert Notification.objects.filter(user=cast.wen, subject__contains="pays by pre-authorized debit").exists()
    services.cancel(**ended)
    for again in (services.cancel, services.tell_brokers):
        with pytest.raises(Conflict) as nothing:
            again(**ended)  # type: ignore[operator]
        assert nothing.value.code == "no_agreement"
    assert [row.state for row in debits.agreements_of(cast.account.pk)] == ["CANCELLED", "AMENDED"]


def test_a_silent_bank_is_asked_again_and_nobody_pays_twice(cast: Cast, bank: Counterpart, settings: Any) -> None:
    due_on = a_july()
    signed(cast, "1000001", on=due_on - timedelta(days=20))
    billed(cast, "90.00", due_on=due_on)
    run("payments.debits", due_on - timedelta(days=1))
    address, settings.BANK_URL = settings.BANK_URL, ""
    with pytest.raises(Unavailable):
        signed(cast, "1000001", on=due_on, once="silent")
    assert run("payments.debits", due_on).summary["debits_sent"] == 0
    assert run("payments.bank_files", due_on).summary["bank_days"] == 0
    assert services.end_at_bank(on=due_on) == 0
    file = DebitFile.objects.get()
    assert (file.tries, file.sent_at) == (1, None)
    assert sum("later than announced" in subject for subject in told(cast)) == 1
    assert Debit.objects.get().state == Debit.State.SENT
    settings.BANK_URL = address
    tasks.sweep()
    file.refresh_from_db()
    assert file.sent_at is not None
    run("payments.bank_files", due_on + timedelta(days=1))
    assert not ReturnFile.objects.filter(fetched_at=None).exists()
    assert Debit.objects.get().state == Debit.State.PAID and owed(cast, due_on + timedelta(days=1)) == []


def test_ending_here_while_the_bank_is_silent_is_told_later_and_drops_the_debit(
    cast: Cast, bank: Counterpart, settings: Any
) -> None:
    due_on = a_july()
    agreement = signed(cast, "1000001", on=due_on - timedelta(days=20))
    billed(cast, "90.00", due_on=due_on)
    run("payments.debits", due_on - timedelta(days=1))
    address, settings.BANK_URL = settings.BANK_URL, ""
    services.cancel(program_account_id=cast.account.pk, on=due_on, at=moment(due_on), actor=actor(cast.amara))
    agreement.refresh_from_db()
    assert not agreement.is_ended_at_bank and Debit.objects.get().state == Debit.State.DROPPED
    settings.BANK_URL = address
    run("payments.debits", due_on)
    agreement.refresh_from_db()
    assert agreement.is_ended_at_bank and not DebitFile.objects.exists()


def test_a_debit_whose_mandate_is_gone_is_refused_by_the_bank(cast: Cast, bank: Counterpart) -> None:
    due_on = a_july()
    signed(cast, "1000001", on=due_on - timedelta(days=20))
    billed(cast, "90.00", due_on=due_on)
    DebitAgreement.objects.update(mandate="md_nobody")
    days(due_on - timedelta(days=1), due_on)
    debit = Debit.objects.get()
    assert debit.state == Debit.State.RETURNED and debit.payment is None
    assert DebitFile.objects.get().refused_count == 1
    assert owed(cast, due_on) == ["90.00"]


def entered(kind: str, reference: str, amount: str = "0.00", **more: str) -> BankEntry:
    day = date(2026, 7, 22)
    file, _made = ReturnFile.objects.get_or_create(day=day, defaults={"fetched_at": moment(day)})
    return BankEntry.objects.create(
        bank_id=f"rt_{BankEntry.objects.count()}", file=file, kind=kind, reference=reference, amount=D(amount), **more
    )


def test_every_entry_finds_its_place_or_waits_for_an_officer(cast: Cast) -> None:
    day = date(2026, 7, 22)
    owe(cast.account, "100.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    card = paid(cast.account, "40.00", at=moment(day), method=Payment.Method.CREDIT_CARD)
    deposit = paid(cast.account, "10.00", at=moment(day), purpose=Payment.Purpose.DEPOSIT)
    entered("payment.charged_back", card.reference, "40.00")
    entered("bill.paid", "B1", "25.00", payee=cast.account.number, payer="Nora")
    for kind, number, payee in (
        ("bill.paid", "B2", "123456789RM0001"),
        ("payment.charged_back", "nobody", ""),
        ("payment.charged_back", deposit.reference, ""),
        ("mandate.revoked", "nobody", ""),
        ("debit.paid", "nobody", ""),
        ("debit.returned", "nobody", ""),
        ("something.new", "nobody", ""),
    ):
        entered(kind, number, "5.00", payee=payee)
    assert files.work_entries(on=day, at=moment(day, 20), actor=ACTOR) == (3, 6)
    assert files.work_entries(on=day, at=moment(day, 20), actor=ACTOR) == (0, 0)
    card.refresh_from_db()
    assert (card.state, card.reason) == (Payment.State.RETURNED, "charged_back")
    bill = Payment.objects.get(method=Payment.Method.BILL_PAYMENT)
    assert bill.amount == D("25.00") and owed(cast, day) == ["75.00"]
    assert debits.open_entries().count() == 6
    daniel, entry = signed_in(cast.daniel), debits.open_entries()[0]
    page = reverse("payments:bank_entry", args=(entry.pk,))
    assert page in daniel.get(reverse("payments:bank_files")).content.decode()
    assert daniel.post(page, {"note": ""}).status_code in (200, 422) and debits.open_entries().count() == 6
    assert daniel.post(page, {"note": "The payer was asked and paid anew"}).status_code == 302
    entry.refresh_from_db()
    assert (entry.state, entry.note) == (BankEntry.State.DONE, "The payer was asked and paid anew")
    assert daniel.get(page).status_code == 404 and debits.open_entries().count() == 5
    with pytest.raises(Conflict):
        files.close_entry(entry_id=entry.pk, note="Twice", actor=ACTOR, at=moment(day))
    deposit.refresh_from_db()
    assert (deposit.state, deposit.reason) == (Payment.State.RETURNED, "charged_back")
    assert ledger.deposits_of(cast.account.pk) == D("0.00")


def test_a_payment_comes_back_once_with_its_fee(cast: Cast) -> None:
    day = date(2026, 7, 22)
    owe(cast.account, "100.00", posted_on=date(2026, 6, 17), due_on=date(2026, 7, 2))
    payment = paid(cast.account, "100.00", at=moment(day), payer=cast.harbourline)
    again = {"payment": payment, "reason": "nsf", "on": day, "at": moment(day, 15), "actor": ACTOR, "fee": True}
    assert returns.return_payment(**again).state == Payment.State.RETURNED
    assert returns.return_payment(**again).state == Payment.State.RETURNED
    assert sorted(owed(cast, day)) == ["100.00", "15.00"]
    assert AuditEvent.objects.filter(verb__in=("payment.returned", "payment.fee_charged")).count() == 2
    readers = set(Notification.objects.filter(subject__contains="came back").values_list("user__email", flat=True))
    assert cast.amara.email in readers and len(readers) > 1
    reference.set_policy_parameter(
        key="payments.nsf_fee", effective_from=day, value="0.00", source="a scenario", actor=ACTOR, at=moment(day)
    )
    second = paid(cast.account, "10.00", at=moment(day))
    returns.return_payment(**{**again, "payment": second})
    assert sorted(owed(cast, day)) == ["100.00", "15.00"]

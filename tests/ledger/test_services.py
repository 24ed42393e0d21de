"""What the verbs do to the book, once per key, and what they refuse."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError
from ledger import queries, services
from ledger.models import Clearing, JournalEntry, OpenItem, Posting
from ledger.rules import EntryDraft, EntryKind, ItemKind, Revenue, charge_draft
from ledger.services import ClearingPair
from ledger.verification import findings
from tests.ledger.examples import (
    ACTOR,
    AT,
    BROKER,
    DAY,
    HOLDER,
    charge,
    ctype,
    deposit,
    dollars,
    item_of,
    payment,
    settle,
    undo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sound_book(db: None) -> Any:
    """Whatever a test did, the book proves afterwards."""
    yield
    assert list(findings()) == []


def balance() -> tuple[str, str, str, str]:
    found = queries.balance_of(HOLDER)
    return str(found.receivable), str(found.credit), str(found.deposits), str(found.payable)


def draft(number: int, **changes: Any) -> EntryDraft:
    values: dict[str, Any] = {
        "key": f"interest:{number}",
        "kind": EntryKind.INTEREST,
        "holder_id": number,
        "submitter_id": None,
        "amounts": {Revenue.INTEREST: Decimal("1.23")},
        "source": "interest",
        "memo": "",
        "posted_on": DAY,
        "billing_on": DAY,
        "due_on": DAY,
        "last_day_to_pay": DAY,
    }
    return charge_draft(**(values | changes))


# --- Charges and payments --------------------------------------------------------------------------------------------


def test_a_charge_stands_on_the_receivable() -> None:
    entry = charge()
    assert balance() == ("105.00", "0.00", "0.00", "0.00")
    assert (entry.amount, entry.total_debit, entry.posting_count) == (dollars("105.00"), dollars("105.00"), 3)
    assert entry.recorded_by == "system:test"
    assert entry.id.version == 7
    item = item_of(entry)
    assert (item.kind, item.amount, item.due_on, item.submitter_id) == (
        ItemKind.CHARGE,
        dollars("105.00"),
        DAY + timedelta(days=28),
        BROKER,
    )


def test_a_credit_stands_on_unapplied_credit() -> None:
    charge(kind=EntryKind.CORRECTION, amounts={Revenue.DUTY: dollars("-40.00")})
    assert balance() == ("0.00", "40.00", "0.00", "0.00")
    assert queries.balance_of(HOLDER).net == dollars("-40.00")


def test_a_payment_waits_as_credit() -> None:
    entry = payment(actor=Actor(kind=ActorKind.PERSON, user_id=12))
    assert balance() == ("0.00", "105.00", "0.00", "0.00")
    assert (entry.recorded_by, entry.method) == ("person:12", "card")


def test_interest_and_penalty_are_charges_of_their_class() -> None:
    common: dict[str, Any] = {
        "holder_id": HOLDER, "source": "run", "memo": "", "posted_on": DAY, "billing_on": DAY, "due_on": DAY,
        "last_day_to_pay": DAY, "at": AT, "actor": ACTOR,
    }  # fmt: skip
    interest = services.post_interest(key="i", amount=dollars("68.44"), **common)
    penalty = services.post_penalty(key="p", amount=dollars("100.00"), submitter_id=BROKER, **common)
    assert queries.revenue_of_entries([interest.id, penalty.id]) == {
        interest.id: {Revenue.INTEREST: dollars("68.44")},
        penalty.id: {Revenue.PENALTY: dollars("100.00")},
    }
    assert item_of(penalty).submitter_id == BROKER


def test_the_textbook_month() -> None:
    """Charged 1,204.50 and 300.00, corrected by -100.00, paid 1,000.00: 404.50 is left."""
    first = charge("d:1:v1", amounts={Revenue.DUTY: dollars("1204.50")})
    charge("d:2:v1", amounts={Revenue.GST: dollars("300.00")})
    credit = charge("d:1:v2", kind=EntryKind.CORRECTION, amounts={Revenue.DUTY: dollars("-100.00")})
    paid = payment(amount="1000.00")
    settle(first, credit, "100.00")
    settle(first, paid, "1000.00")
    assert balance() == ("404.50", "0.00", "0.00", "0.00")
    left = [(item.source, item.remaining) for item in queries.open_items_of(HOLDER, on=DAY)]
    assert left == [("d:1", dollars("104.50")), ("d:2", dollars("300.00"))]


# --- Once per key ----------------------------------------------------------------------------------------------------


def test_the_same_key_and_payload_returns_the_earlier_entry() -> None:
    first = charge()
    assert charge(memo="said otherwise", at=AT + timedelta(hours=1)).id == first.id
    assert Posting.objects.count() == 3
    assert balance()[0] == "105.00"


@pytest.mark.parametrize(
    "changes",
    [
        {"amounts": {Revenue.DUTY: Decimal("105.00")}},
        {"holder_id": HOLDER + 1},
        {"submitter_id": None},
        {"posted_on": DAY + timedelta(days=1)},
        {"source": "declaration:2"},
    ],
)
def test_the_same_key_with_another_payload_is_a_conflict(changes: dict[str, Any]) -> None:
    charge()
    with pytest.raises(Conflict) as refusal:
        charge(**changes)
    assert refusal.value.code == "key_reused"


def test_a_batch_may_repeat_keys_old_and_new() -> None:
    old = services.post_many(drafts=[draft(1)], at=AT, actor=ACTOR)[0]
    entries = services.post_many(drafts=[draft(2), draft(1), draft(2), draft(3)], at=AT, actor=ACTOR)
    assert [entry.key for entry in entries] == ["interest:2", "interest:1", "interest:2", "interest:3"]
    assert entries[1].id == old.id
    assert JournalEntry.objects.count() == 3
    with pytest.raises(Conflict):
        services.post_many(drafts=[draft(4), draft(4, source="other")], at=AT, actor=ACTOR)


def test_a_population_is_posted_in_a_few_statements(django_assert_max_num_queries: Any) -> None:
    # SQLite takes 999 values a statement.
    with django_assert_max_num_queries(40 if connection.vendor == "postgresql" else 120):
        services.post_many(drafts=[draft(number) for number in range(1, 1001)], at=AT, actor=ACTOR)
    assert OpenItem.objects.count() == 1000
    services.post_many(drafts=[], at=AT, actor=ACTOR)


def test_a_batch_by_copy_posts_what_post_many_posts(django_assert_max_num_queries: Any) -> None:
    old = services.post_many(drafts=[draft(1), draft(2)], at=AT, actor=ACTOR)
    odd = draft(3, memo="tab\t, line\n, back\\slash and \\N", key="odd\\key", due_on=None, last_day_to_pay=None,
                amounts={Revenue.DUTY: Decimal("-5.00")}, kind=EntryKind.ADJUSTMENT)  # fmt: skip
    drafts = [draft(2), odd, draft(2), *(draft(number) for number in range(10, 1010))]
    with django_assert_max_num_queries(30 if connection.vendor == "postgresql" else 80):
        numbers = services.post_batch(drafts=drafts, at=AT, actor=ACTOR)
    assert numbers[0] == numbers[2] == old[1].id
    assert services.post_batch(drafts=drafts, at=AT, actor=ACTOR) == numbers
    assert JournalEntry.objects.count() == 1003
    entry = JournalEntry.objects.get(pk=numbers[1])
    assert (entry.memo, entry.key, entry.amount, entry.recorded_by, entry.reverses_id) == (
        odd.memo, "odd\\key", dollars("-5.00"), old[0].recorded_by, None,
    )  # fmt: skip
    assert queries.balance_of(3).credit == dollars("5.00")
    assert services.post_many(drafts=[draft(500)], at=AT, actor=ACTOR)[0].id == numbers[3 + 490]


def test_one_entry_keeps_whatever_was_typed() -> None:
    texts = {"memo": 'tab\t, line\n, "quoted", back\\slash and (1,2)', "source": 'x,"y"\\'}
    odd = draft(3, key='odd\\"key",(', amounts={Revenue.DUTY: Decimal("2.00"), Revenue.GST: Decimal("0.10")}, **texts)
    first = services.post_many(drafts=[odd], at=AT, actor=ACTOR)[0]
    stored = JournalEntry.objects.get(key=odd.key)
    assert (stored.memo, stored.source, stored.amount, stored.posting_count) == (*texts.values(), dollars("2.10"), 3)
    assert services.post_many(drafts=[odd], at=AT, actor=ACTOR)[0].id == first.id


def test_what_was_posted_is_left_out_of_a_batch_wherever_it_stands() -> None:
    old = services.post_many(drafts=[draft(2)], at=AT, actor=ACTOR)[0]
    drafts = [draft(1), draft(2), draft(3)]
    assert services.post_batch(drafts=drafts, at=AT, actor=ACTOR)[1] == old.id
    assert JournalEntry.objects.count() == OpenItem.objects.count() == 3
    ids = [entry.id for entry in services.post_many(drafts=drafts, at=AT, actor=ACTOR)]
    assert ids == services.post_batch(drafts=drafts, at=AT, actor=ACTOR)
    assert ids[0] < ids[2]


def test_a_batch_by_copy_is_all_or_none() -> None:
    charged = charge()
    twice = [EntryDraft(**{**draft(number).__dict__, "reverses_id": charged.id}) for number in (1, 2)]
    with pytest.raises(IntegrityError):
        services.post_batch(drafts=[draft(5), *twice], at=AT, actor=ACTOR)
    services.post_many(drafts=[draft(6)], at=AT, actor=ACTOR)
    with pytest.raises(Conflict, match="interest:6") as refusal:
        services.post_batch(drafts=[draft(7), draft(6, source="other")], at=AT, actor=ACTOR)
    assert refusal.value.code == "key_reused"
    assert JournalEntry.objects.count() == 2


def test_an_entry_that_was_posted_is_as_it_is_read_back() -> None:
    entry = payment(amount="12.34")
    stored = JournalEntry.objects.get(pk=entry.id)
    fields = [field.attname for field in JournalEntry._meta.concrete_fields]
    assert [getattr(entry, name) for name in fields] == [getattr(stored, name) for name in fields]


def test_a_draft_that_does_not_balance_is_a_mistake() -> None:
    crooked = draft(1)
    for legs in (crooked.legs[:1], (crooked.legs[0], crooked.legs[0])):
        with pytest.raises(ValueError, match="does not balance"):
            services.post_many(drafts=[EntryDraft(**{**crooked.__dict__, "legs": legs})], at=AT, actor=ACTOR)


def test_a_refusal_of_the_database_is_not_taken_for_a_race() -> None:
    with pytest.raises(IntegrityError):
        services.post_many(
            drafts=[draft(1, key="a"), EntryDraft(**{**draft(2).__dict__, "reverses_id": charge().id}),
                    EntryDraft(**{**draft(3).__dict__, "reverses_id": JournalEntry.objects.get().id})],
            at=AT, actor=ACTOR,
        )  # fmt: skip
    assert JournalEntry.objects.count() == 1


# --- Clearing --------------------------------------------------------------------------------------------------------


def test_clearing_moves_credit_to_the_receivable() -> None:
    debt, credit = charge(), payment(amount="100.00")
    row = settle(debt, credit, "60.00")
    assert balance() == ("45.00", "40.00", "0.00", "0.00")
    assert row.entry.kind == EntryKind.CLEARING
    settle(debt, credit, "40.00")
    assert list(Clearing.objects.values_list("key", flat=True)) == [
        f"clearing:{item_of(debt).id}:{item_of(credit).id}:1",
        f"clearing:{item_of(debt).id}:{item_of(credit).id}:2",
    ]


def test_one_credit_clears_three_debts_exactly() -> None:
    debts = [
        item_of(charge(f"d:{number}", amounts={Revenue.DUTY: dollars(amount)}))
        for number, amount in enumerate(("200.00", "150.00", "200.00"))
    ]
    credit = item_of(payment(amount="550.00"))
    rows = services.clear_many(
        pairs=[ClearingPair(debt.id, credit.id, debt.amount) for debt in debts], cleared_on=DAY, at=AT, actor=ACTOR
    )
    assert [row.amount for row in rows] == [dollars("200.00"), dollars("150.00"), dollars("200.00")]
    assert JournalEntry.objects.filter(kind=EntryKind.CLEARING).count() == 1
    assert list(queries.open_items_of(HOLDER, on=DAY)) == []


def test_clearing_many_holders_makes_one_entry_each() -> None:
    pairs = []
    for holder in (3, 1, 2):
        debt = item_of(charge(f"d:{holder}", holder_id=holder))
        credit = item_of(payment(f"p:{holder}", holder_id=holder))
        pairs.append(ClearingPair(debt.id, credit.id, dollars("105.00"), key=f"run:{holder}"))
    rows = services.clear_many(pairs=pairs, cleared_on=DAY, at=AT, actor=ACTOR)
    assert [row.key for row in rows] == ["run:3", "run:1", "run:2"]
    again = services.clear_many(pairs=pairs, cleared_on=DAY, at=AT, actor=ACTOR)
    assert [row.id for row in again] == [row.id for row in rows]
    assert JournalEntry.objects.filter(kind=EntryKind.CLEARING).count() == 3


def test_what_a_query_selects_is_cleared_as_many_pairs_are() -> None:
    rows = []
    for holder in (3, 1, 2):
        debt = item_of(charge(f"d:{holder}", holder_id=holder))
        for number in (1, 2):
            credit = item_of(payment(f"p:{holder}:{number}", holder_id=holder, amount="50.00"))
            rows.append(
                f"SELECT {holder} AS holder_id, {debt.id} AS debt_item_id, {credit.id} AS credit_item_id, "
                f"{number} AS place"
            )
    pairs = (
        f"SELECT holder_id, debt_item_id, credit_item_id, place, %s AS amount FROM ({' UNION ALL '.join(rows)}) chosen"
    )
    found = services.clear_selected(pairs=pairs, values=[5000], cleared_on=DAY, at=AT, actor=ACTOR)
    assert found == (6, [1, 2, 3])
    entries = JournalEntry.objects.filter(kind=EntryKind.CLEARING).order_by("id")
    assert [(entry.holder_id, entry.total_debit) for entry in entries] == [
        (number, dollars("100.00")) for number in (1, 2, 3)
    ]
    assert all(entry.id.version == 7 for entry in entries)
    assert [row.amount for row in Clearing.objects.all()] == [dollars("50.00")] * 6
    assert queries.balance_of(3).receivable == dollars("5.00")


def test_a_clearing_key_is_used_once() -> None:
    debt, credit = charge(), payment()
    first = settle(debt, credit, "5.00", key="mine")
    assert settle(debt, credit, "5.00", key="mine").id == first.id
    with pytest.raises(Conflict) as refusal:
        settle(debt, credit, "6.00", key="mine")
    assert refusal.value.code == "key_reused"


@pytest.mark.parametrize(("paid", "asked", "left"), [("50.00", "50.01", "50.00"), ("500.00", "105.01", "105.00")])
def test_no_item_is_cleared_beyond_what_is_left(paid: str, asked: str, left: str) -> None:
    debt, credit = charge(), payment(amount=paid)
    with pytest.raises(Conflict) as refusal:
        settle(debt, credit, asked)
    assert refusal.value.code == "more_than_open"
    assert left in str(refusal.value)
    assert Clearing.objects.count() == 0


def test_a_batch_counts_its_own_clearings() -> None:
    debt, credit = item_of(charge()), item_of(payment())
    pair = ClearingPair(debt.id, credit.id, dollars("60.00"))
    with pytest.raises(Conflict):
        services.clear_many(pairs=[pair, pair], cleared_on=DAY, at=AT, actor=ACTOR)
    assert queries.balance_of(HOLDER).receivable == dollars("105.00")


def test_only_a_debt_and_a_credit_of_one_holder_are_a_pair() -> None:
    debt, credit = charge(), payment()
    other = payment("payment:other", holder_id=HOLDER + 1)
    for left, right in ((credit, debt), (debt, other)):
        with pytest.raises(DomainError) as refusal:
            settle(left, right, "1.00")
        assert refusal.value.code == "not_a_pair"
    with pytest.raises(DomainError) as unknown:
        services.clear(debt_item_id=0, credit_item_id=1, amount=dollars("1.00"), cleared_on=DAY, at=AT, actor=ACTOR)
    assert unknown.value.code == "no_such_item"
    with pytest.raises(DomainError) as nothing:
        settle(debt, credit, "0.00")
    assert nothing.value.code == "amount_not_positive"


# --- At release ------------------------------------------------------------------------------------------------------


def test_a_ctype_charge_is_paid_at_once() -> None:
    entry = ctype()
    assert ctype().id == entry.id
    assert balance() == ("0.00", "0.00", "0.00", "0.00")
    assert [item.remaining for item in queries.items_on(DAY)] == [Decimal("0.00"), Decimal("0.00")]
    segment = queries.HolderSegment.objects.get()
    assert (segment.ctype, segment.ctype_payments, segment.charges, segment.payments) == (
        dollars("105.00"),
        dollars("-105.00"),
        dollars("0.00"),
        dollars("0.00"),
    )


def test_a_ctype_charge_of_nothing_takes_no_payment() -> None:
    ctype({Revenue.GST: dollars("0.00")})
    assert JournalEntry.objects.count() == 1


def test_a_ctype_credit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="credit"):
        ctype({Revenue.GST: dollars("-1.00")})


# --- Deposits, disbursements, payouts --------------------------------------------------------------------------------


def held(verb: Any, amount: str, key: str, **more: Any) -> JournalEntry:
    entry: JournalEntry = verb(
        key=key, holder_id=HOLDER, amount=dollars(amount), source="deposit:1", memo="", posted_on=DAY, at=AT,
        actor=ACTOR, **more,
    )  # fmt: skip
    return entry


def test_a_deposit_is_held_applied_and_returned() -> None:
    deposit(amount="5000.00")
    assert balance() == ("0.00", "0.00", "5000.00", "0.00")
    applied = held(services.apply_deposit, "1000.00", "apply")
    assert item_of(applied).kind == ItemKind.PAYMENT
    held(services.post_deposit_refund, "4000.00", "refund")
    assert balance() == ("0.00", "1000.00", "0.00", "4000.00")
    held(services.post_payout, "4000.00", "payout", method="cheque")
    assert held(services.post_payout, "4000.00", "payout", method="cheque").key == "payout"
    assert balance() == ("0.00", "1000.00", "0.00", "0.00")


def test_no_more_is_drawn_than_is_held() -> None:
    with pytest.raises(Conflict) as refusal:
        held(services.apply_deposit, "0.01", "a")
    assert "$0.00" in str(refusal.value)
    deposit(amount="100.00")
    for verb, more in (
        (services.apply_deposit, {}),
        (services.post_deposit_refund, {}),
        (services.post_payout, {"method": "cheque"}),
    ):
        with pytest.raises(Conflict) as refusal:
            held(verb, "100.01", "b", **more)
        assert refusal.value.code == "more_than_held"


def test_an_open_credit_can_be_disbursed() -> None:
    credit = payment(amount="50.00")

    def disburse(amount: str, key: str) -> JournalEntry:
        return services.post_disbursement(
            key=key, credit_item_id=item_of(credit).id, amount=dollars(amount), source="request:1", memo="",
            posted_on=DAY, at=AT, actor=ACTOR,
        )  # fmt: skip

    first = disburse("30.00", "one")
    assert disburse("30.00", "one").id == first.id
    assert balance() == ("0.00", "20.00", "0.00", "30.00")
    with pytest.raises(Conflict):
        disburse("20.01", "two")
    undo(first)
    assert balance() == ("0.00", "50.00", "0.00", "0.00")


# --- Reversal --------------------------------------------------------------------------------------------------------


def test_a_reversed_charge_opens_the_credit_that_had_cleared_it() -> None:
    debt, credit = charge(), payment(amount="100.00")
    settle(debt, credit, "60.00")
    mirror = undo(debt)
    assert balance() == ("0.00", "100.00", "0.00", "0.00")
    assert (mirror.amount, mirror.memo, mirror.reverses_id) == (dollars("-105.00"), "entered by mistake", debt.id)
    assert [item.entry.key for item in queries.open_items_of(HOLDER, on=DAY)] == ["payment:1"]
    settle(charge("declaration:2:v1"), credit, "100.00")


def test_a_returned_payment_opens_the_debts_it_had_cleared() -> None:
    first, second, paid = charge("d:1"), charge("d:2"), payment(amount="200.00")
    settle(first, paid, "105.00")
    settle(second, paid, "95.00")
    returned = undo(paid, kind=EntryKind.PAYMENT_RETURN)
    assert balance() == ("210.00", "0.00", "0.00", "0.00")
    assert item_of(returned).kind == ItemKind.NSF
    assert queries.credit_of(HOLDER) == dollars("0.00")


def test_a_reversal_happens_once_per_key_and_per_entry() -> None:
    entry = charge()
    mirror = undo(entry)
    assert undo(entry).id == mirror.id
    for again in (lambda: undo(entry, "undo:2"), lambda: undo(mirror, "undo:3")):
        with pytest.raises(Conflict) as refusal:
            again()
        assert refusal.value.code == "already_reversed"
    other = charge("declaration:2:v1")
    with pytest.raises(Conflict) as clash:
        undo(other)
    assert clash.value.code == "key_reused"


def test_a_clearing_can_be_undone_and_made_again() -> None:
    debt, credit = charge(), payment()
    row = settle(debt, credit, "105.00")
    undo(row.entry)
    assert balance() == ("105.00", "105.00", "0.00", "0.00")
    settle(debt, credit, "105.00")
    undo(debt, "undo:2")
    assert balance() == ("0.00", "105.00", "0.00", "0.00")


def test_what_is_left_of_a_clearing_is_undone() -> None:
    first, second, credit = charge("d:1"), charge("d:2"), payment(amount="210.00")
    rows = services.clear_many(
        pairs=[ClearingPair(item_of(debt).id, item_of(credit).id, dollars("105.00")) for debt in (first, second)],
        cleared_on=DAY,
        at=AT,
        actor=ACTOR,
    )
    undo(first, "undo:1")
    undo(rows[0].entry, "undo:2")
    assert balance() == ("105.00", "210.00", "0.00", "0.00")
    with pytest.raises(Conflict):
        undo(rows[0].entry, "undo:3")


def test_a_clearing_with_nothing_left_cannot_be_undone() -> None:
    debt, credit = charge(), payment()
    row = settle(debt, credit, "105.00")
    undo(debt)
    with pytest.raises(Conflict) as refusal:
        undo(row.entry, "undo:2")
    assert refusal.value.code == "already_reversed"


def test_a_disbursed_payment_that_returns_is_owed() -> None:
    credit = payment(amount="50.00")
    services.post_disbursement(
        key="out", credit_item_id=item_of(credit).id, amount=dollars("50.00"), source="request:1", memo="",
        posted_on=DAY, at=AT, actor=ACTOR,
    )  # fmt: skip
    undo(credit, kind=EntryKind.PAYMENT_RETURN)
    assert balance() == ("50.00", "0.00", "0.00", "50.00")
    [item] = queries.open_items_of(HOLDER, on=DAY, debts_only=True)
    assert (item.kind, item.remaining) == (ItemKind.DISBURSEMENT, dollars("50.00"))


def test_a_reversed_deposit_must_still_be_there() -> None:
    first = deposit(amount="100.00")
    held(services.apply_deposit, "60.00", "apply")
    with pytest.raises(Conflict) as refusal:
        undo(first)
    assert refusal.value.code == "more_than_held"
    undo(JournalEntry.objects.get(key="apply"), "undo:2")
    undo(first)
    assert balance() == ("0.00", "0.00", "0.00", "0.00")


def test_a_reversed_ctype_charge_leaves_its_payment_as_credit() -> None:
    undo(ctype())
    assert balance() == ("0.00", "105.00", "0.00", "0.00")


def test_a_credit_entry_can_be_reversed() -> None:
    credit = charge(kind=EntryKind.CORRECTION, amounts={Revenue.DUTY: dollars("-40.00")})
    settle(charge("d:2"), credit, "40.00")
    undo(credit)
    assert balance() == ("105.00", "0.00", "0.00", "0.00")


def test_an_entry_that_does_not_exist_cannot_be_reversed() -> None:
    with pytest.raises(JournalEntry.DoesNotExist):
        services.reverse_entry(key="u", entry_id=UUID(int=0), reason="", posted_on=DAY, at=AT, actor=ACTOR)


def test_the_proof_says_that_the_book_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    charge(posted_on=date(2026, 1, 25))
    call_command("verify_ledger")
    assert "sound" in capsys.readouterr().out

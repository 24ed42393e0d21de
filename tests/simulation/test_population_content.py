"""What a generated population holds: valid rows of every state, lines that add up, security, figures, the review."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from random import Random
from uuid import UUID

import pytest
from django.db import models

from accounts.models import Business, Membership, ProgramAccount, User
from core.money import ZERO
from declarations.models import ConsolidatedRelease, Declaration, DeclarationVersion, Invoice, Line
from ledger import services as book
from ledger.models import Clearing, JournalEntry, OpenItem
from ledger.queries import balances_of
from ledger.reckoning import payload_hash
from ledger.rules import EntryKind, Revenue, move_draft, reversal_draft
from ledger.verification import findings
from payments.models import Payment
from reference.queries import policy
from reference.rules.requirement import JULY_CYCLE
from releases.models import Release
from releases.rules import transaction_number
from security import queries, rules
from security.models import (
    AnnualReview,
    Bond,
    BondAllocation,
    BondVersion,
    Deposit,
    DepositRequest,
    RppEnrolment,
    SecurityRequirement,
)
from security.rules import BondState, DepositState, RppState
from security.services import pay_deposit_refund
from simulation.population import figures, laws, parts
from simulation.population.services import generate_population
from simulation.population.tables import number_of
from statements import services as statements
from statements.models import Statement
from tests.security.conftest import SYSTEM, daily, moment, review

pytestmark = pytest.mark.django_db
M = Decimal
LAST, RUN = laws.LAST_KNOWN_ON, date(2026, 7, 25)
#: How far a small population may be from each figure that was published.
TOLERANCES = {"charged_a_declaration": M("0.25"), "paid_share": M("0.20"), "rpp_share": M("0.015")}


@pytest.mark.parametrize(("series", "sequence"), [("20001", 1), ("00000", 37), ("60007", 99_999_999)])
def test_a_number_is_that_of_the_releases(series: str, sequence: int) -> None:
    from_rules = transaction_number(series, sequence)
    assert number_of(series, sequence) == from_rules


@pytest.mark.parametrize(("chance", "wanted"), [(0.0, "A"), (0.49, "A"), (0.5, "B"), (0.999999, "B"), (1.0, "A")])
def test_a_share_is_chosen_by_chance(chance: float, wanted: str) -> None:
    assert parts.chosen((("A", 0.5), ("B", 0.5)), chance) == wanted


def test_lines_parts_and_corrections_keep_their_sums() -> None:
    dice = Random(2)
    for _unused in range(300):
        lines = laws.goods(dice)
        assert 1 <= len(lines) <= 3 and min(line[0] for line in lines) > 0
        assert all(laws.line_of(value, rate) == (value, rate, duty, gst) for value, rate, duty, gst in lines)
        assert len(laws.corrected(lines, dice)) == len(lines)
        assert 0 < laws.parcel(dice)[0] <= laws.COURIER_LIMIT
    paid = [laws.part_paid(laws.PAYERS[2], 100_01, dice) for _unused in range(3_000)]
    assert min(paid) < 100_01 and 100_01 in paid and max(paid) == 200_00


@pytest.fixture
def city() -> None:
    generate_population(program_accounts=700, declarations=5_000, seed=5)


def test_its_rows_are_valid_and_the_same_as_the_services_make(city: None) -> None:
    assert list(findings()) == []
    for model in (Business, User, Membership, Release, Declaration, DeclarationVersion, Payment, RppEnrolment, OpenItem,
                  SecurityRequirement, Bond, BondAllocation, BondVersion, Deposit, DepositRequest):  # fmt: skip
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField) and field.choices:
                known = {str(value) for value, _label in field.flatchoices} | ({""} if field.blank else set())
                assert set(model._default_manager.values_list(field.name, flat=True).distinct()) <= known, field
    assert Counter(Declaration.objects.values_list("type", flat=True)).keys() == {"AB", "C", "F"}
    assert not User.objects.exclude(password__startswith="!").exists() and not User.objects.exclude(method="").exists()
    assert Membership.objects.filter(role="BAM", is_primary=True).count() > 150
    assert Business.objects.filter(is_non_resident=True).exclude(country="CA").exists()
    assert not Business.objects.filter(provider_kind="CUSTOMS_BROKER", licence_valid_until=None).exists()
    # Lines add up to what their version charges, and consolidated parcels to their declaration.
    lines = {
        row["invoice__version"]: (row["value"], row["due"], row["tax"])
        for row in Line.objects.order_by()
        .values("invoice__version")
        .annotate(value=models.Sum("value_for_duty"), due=models.Sum("duty"), tax=models.Sum("gst"))
    }
    assert Invoice.objects.count() == DeclarationVersion.objects.count() == len(lines)
    newest = DeclarationVersion.objects.filter(number=models.F("declaration__version_count")).select_related(
        "declaration"
    )
    assert newest.count() == 5_000
    for version in newest:
        declared = version.declaration
        assert lines[version.pk] == (declared.value_for_duty, declared.duty, declared.gst)
        assert declared.total == declared.duty + declared.gst
    parcels = ConsolidatedRelease.objects.filter(release__kind="CLVS", release__stream="COURIER")
    assert parcels.count() == ConsolidatedRelease.objects.count() > 5
    # Payments in part, too much paid, and credits that were used.
    assert OpenItem.objects.filter(side="DEBT", cleared__gt=ZERO, cleared__lt=models.F("amount")).exists()
    assert Clearing.objects.filter(credit_item__kind="CREDIT").exists()
    over = Payment.objects.filter(method="CREDIT_CARD").values("program_account", "cycle_start")
    assert not over.annotate(paid=models.Sum("amount")).filter(paid__gt=M("4999.99")).exists()
    # Posted again by the services, each is the entry that is there.
    before = JournalEntry.objects.count()
    port = Declaration.objects.filter(type="C", duty__gt=0).first()
    assert port is not None and port.accepted_at is not None
    entry = JournalEntry.objects.get(key=f"declaration:{port.number}:v1:payment")
    book.post_ctype(
        key=f"declaration:{port.number}:v1", holder_id=port.program_account_id, submitter_id=port.submitter_id,
        payer_id=entry.submitter_id, amounts={Revenue.DUTY: port.duty, Revenue.GST: port.gst}, method=entry.method,
        source=f"declaration:{port.number}", memo=port.number, posted_on=port.released_on, billing_on=port.released_on,
        at=port.accepted_at, actor=SYSTEM,
    )  # fmt: skip
    clearing = JournalEntry.objects.get(key=f"declaration:{port.number}:v1:clearing")
    assert Clearing.objects.get(entry=clearing).key == f"ctype:{UUID(str(clearing.pk))}"
    for kind in (EntryKind.CORRECTION, EntryKind.DECLARATION):
        again = JournalEntry.objects.filter(kind=kind, category="CREDIT" if kind == EntryKind.CORRECTION else "CHARGE")
        for entry in again.select_related("item")[:3]:
            amounts = {Revenue(row.revenue): -row.amount for row in entry.postings.exclude(revenue="")}
            book.post_charge(
                key=entry.key, kind=kind, holder_id=entry.holder_id, submitter_id=entry.submitter_id, amounts=amounts,
                source=entry.source, memo=entry.memo, posted_on=entry.posted_on, billing_on=entry.billing_on,
                due_on=entry.item.due_on, last_day_to_pay=entry.item.last_day_to_pay, at=entry.recorded_at,
                actor=SYSTEM,
            )  # fmt: skip
    assert JournalEntry.objects.count() == before


def test_its_deposits_are_in_the_book_as_the_services_post_them(city: None) -> None:
    before = JournalEntry.objects.count()
    assert set(Deposit.objects.values_list("state", flat=True)) == set(DepositState.values)
    for deposit in Deposit.objects.all():
        entry = JournalEntry.objects.get(key=f"deposit:{deposit.payment_reference}")
        book.post_deposit(
            key=entry.key, holder_id=entry.holder_id, payer_id=entry.submitter_id, amount=deposit.amount,
            method=entry.method, source=entry.source, memo=entry.memo, posted_on=entry.posted_on,
            at=entry.recorded_at, actor=SYSTEM,
        )  # fmt: skip
    drawn: dict[str, Callable[..., JournalEntry]] = {
        EntryKind.DEPOSIT_REFUND: book.post_deposit_refund, EntryKind.DEPOSIT_APPLIED: book.apply_deposit,
        EntryKind.PAYOUT: partial(book.post_payout, method="CHEQUE"),
    }  # fmt: skip
    for kind, post in drawn.items():
        entries = JournalEntry.objects.filter(kind=kind)
        assert entries.exists(), kind
        for entry in entries:
            post(
                key=entry.key, holder_id=entry.holder_id, amount=entry.total_debit, source=entry.source,
                memo=entry.memo, posted_on=entry.posted_on, at=entry.recorded_at, actor=SYSTEM,
            )  # fmt: skip
    for asked in DepositRequest.objects.all():
        deposit = Deposit.objects.get(program_account=asked.program_account_id)
        keys = {
            "APPLICATION": {f"deposit-applied:{asked.reference}"}, "PAPER": {f"return:{deposit.payment_reference}"},
            "REFUND": {f"deposit-refund:{asked.reference}"},
        }[asked.kind]  # fmt: skip
        if deposit.state == DepositState.RETURNED:
            keys.add(f"deposit-payout:{asked.reference}")
        posted = JournalEntry.objects.filter(holder_id=asked.program_account_id, key__in=keys)
        assert posted.count() == len(keys), asked
    for mirror in JournalEntry.objects.filter(kind=EntryKind.REVERSAL):
        first = mirror.reverses
        assert first is not None
        draft = move_draft(
            key=first.key, kind=EntryKind.DEPOSIT, holder_id=first.holder_id, submitter_id=first.submitter_id,
            amount=first.total_debit, source=first.source, memo=first.memo, posted_on=first.posted_on,
            method=first.method,
        )  # fmt: skip
        taken_back = reversal_draft(
            draft, original_id=first.pk, key=mirror.key, kind=EntryKind.REVERSAL, memo="", posted_on=mirror.posted_on
        )
        assert mirror.payload_hash == payload_hash(taken_back) and mirror.billing_on == first.billing_on
    assert JournalEntry.objects.count() == before
    # Whatever is on its way back can be paid out by an officer, and is in the book as payable until then.
    waiting = Deposit.objects.filter(state=DepositState.REFUND_REQUESTED)[0]
    request = DepositRequest.objects.get(program_account=waiting.program_account_id, kind="REFUND")
    assert balances_of([waiting.program_account_id])[waiting.program_account_id].payable == waiting.amount
    pay_deposit_refund(request_id=request.pk, reason="Cheque 1", on=LAST, at=moment(LAST), actor=SYSTEM)
    waiting.refresh_from_db()
    assert waiting.state == DepositState.RETURNED
    used = Deposit.objects.filter(state=DepositState.APPLIED)[0]
    request = DepositRequest.objects.get(program_account=used.program_account_id)
    credit = OpenItem.objects.get(source=f"deposit-applied:{request.reference}")
    assert (used.applied, used.held, credit.cleared) == (request.amount, ZERO, credit.amount)
    assert list(findings()) == []


def test_its_security_has_every_state_and_its_figures_are_near_the_published_ones(city: None) -> None:
    assert set(Bond.objects.values_list("state", flat=True)) == set(BondState.values)
    assert set(RppEnrolment.objects.values_list("state", flat=True)) == set(RppState.values)
    assert set(SecurityRequirement.objects.values_list("source", flat=True)) == {"ENROLMENT", "ESTIMATE"}
    assert not Release.objects.filter(stream="RPP", program_account__rpp_enrolment=None).exists()
    at_port = RppEnrolment.objects.filter(program_account__releases__stream="AT_RELEASE")
    assert set(at_port.values_list("state", flat=True)) == {"PENDING_SECURITY"}, (
        "some who pay at the port enrolled lately"
    )
    for bond in Bond.objects.select_related("debtor", "program_account").prefetch_related("versions", "allocations"):
        last = bond.versions.all()[0]
        (share,) = bond.allocations.all()
        assert (share.program_account_id, share.amount) == (bond.program_account_id, bond.amount)
        assert last.shares == {bond.program_account.number: int(bond.amount * 100)}
        assert last.debtor_name == bond.debtor_name == bond.debtor.legal_name
        assert (last.state, last.amount, last.terminates_on) == (bond.state, bond.amount, bond.terminates_on)
        assert M(5000) <= bond.amount <= M(10_000_000)
    # Nothing is left to do on the last day that is known, and every state is the one that its facts give.
    assert daily(LAST).summary["bonds"] == 0
    enrolments = list(RppEnrolment.objects.all())
    facts = queries.facts_by_account([row.program_account_id for row in enrolments], on=LAST)
    for row in enrolments:
        known = facts[row.program_account_id]
        if row.state in rules.ENROLLED:
            assert rules.reassessed(row.state, row.reason, known) == (row.state, row.reason), (row, known)
    held = sum((known.coverage.cash for known in facts.values()), ZERO)
    assert held == sum((deposit.held for deposit in Deposit.objects.all()), ZERO) > 0
    table = figures.measured()
    for target in laws.TARGETS:
        if target.name in TOLERANCES and target.value is not None:
            assert abs(table[target.name] / target.value - 1) < TOLERANCES[target.name], (target, table[target.name])
    assert set(table) == {target.name for target in laws.TARGETS}


def test_the_yearly_review_and_a_statement_run_on_it_and_the_review_is_the_rule(city: None) -> None:
    issued = statements.issue_statements(statement_on=date(2026, 6, 25), actor=SYSTEM, at=moment(date(2026, 6, 25)))
    assert issued.count == Statement.objects.count() > 300
    schedule = JULY_CYCLE.schedule(2026)
    parameters = policy().security_parameters(RUN)
    accounts = Random(8).sample(list(ProgramAccount.objects.order_by("pk")), 60)
    before = {row.pk: queries.requirement_on(row.pk, on=RUN) for row in accounts}
    covered = queries.coverage_by_account([row.pk for row in accounts], on=RUN)
    review(RUN)
    assert AnnualReview.objects.count() == 700
    for account in accounts:
        entries = JournalEntry.objects.filter(holder_id=account.pk, category__in=("CHARGE", "PENALTY"))
        posted = list(entries.values_list("posted_on", "amount"))
        totals = [sum((sum_ for day, sum_ in posted if first <= day <= last), ZERO) for first, last in schedule.slices]
        driving = rules.driving_month(schedule.slices, totals)
        old, enrolment = before[account.pk], RppEnrolment.objects.filter(program_account=account).first()
        outcome, new = rules.review_outcome(
            old=old.amount if old else None, old_source=old.source if old else "", new=driving.amount,
            state=enrolment.state if enrolment else "", has_full_window=account.opened_on <= schedule.window_start,
        )  # fmt: skip
        found = AnnualReview.objects.get(program_account=account)
        missing = rules.shortfall(rules.Coverage(covered[account.pk].bond, covered[account.pk].cash, parameters), new)
        assert (found.outcome, found.new_amount, found.months, found.shortfall) == (
            outcome, new, [int(total * 100) for total in totals], missing.missing,
        )  # fmt: skip
    assert len(set(AnnualReview.objects.values_list("outcome", flat=True))) == 4
    assert list(findings()) == []

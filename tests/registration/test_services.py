"""The steps through the services, on a real history."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Membership
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused, Stranger
from core.models import AuditEvent
from notifications.models import Notification
from registration import queries, services
from registration.models import PracticeCard, Registration
from registration.rules import Identity, Question, Step, Verdict
from registration.services import Answers, StepRefused
from tests.builders import actor
from tests.registration.conftest import SYSTEM, WALL, Wizard, cleared, moment, with_rpp

pytestmark = pytest.mark.django_db
State = Registration.State


def audited(verb: str) -> int:
    return AuditEvent.objects.filter(verb=verb).count()


# --- The whole way


def test_the_person_becomes_the_primary_manager(wizard, larkspur, newcomer):
    row = wizard.register(wizard.up_to_review(larkspur))
    larkspur.business.refresh_from_db()
    membership = Membership.objects.get(user=newcomer)
    assert row.state == State.REGISTERED
    assert (membership.business, membership.role, membership.is_primary) == (larkspur.business, "BAM", True)
    assert larkspur.business.registered_at == wizard.world.at
    assert row.proven_by == [Question.DECLARATION, Question.PAYMENT]
    assert (audited("registration.started"), audited("registration.completed")) == (1, 1)


def test_sent_twice_it_registers_once(wizard, larkspur):
    row = wizard.up_to_review(larkspur)
    assert wizard.register(row).pk == wizard.register(row).pk
    assert Membership.objects.filter(user=wizard.user, state=Membership.State.ACTIVE).count() == 1
    assert audited("registration.completed") == 1


def test_an_exporter_without_history_registers_without_questions(wizard, quarry, newcomer):
    row = wizard.numbers(wizard.begin(), quarry)
    row = wizard.identity(row, queries.identity_of(quarry.business))
    assert queries.record_of(quarry.number, on=wizard.world.today).offered == []
    row = wizard.answer(row, Answers())
    assert (row.state, row.proven_by) == (State.TERMS, [])
    wizard.register(wizard.accept(row))
    assert Membership.objects.get(user=newcomer).business == quarry.business


# --- Beginning


def test_a_registration_under_way_is_resumed(wizard):
    assert wizard.begin() == wizard.begin()


def test_who_belongs_to_a_business_can_register_another(cast, larkspur, world):
    amara = Wizard(world, cast.amara)
    amara.register(amara.up_to_review(larkspur))
    again = amara.begin()
    assert again.state == State.NUMBERS
    assert Membership.objects.filter(user=cast.amara, state="ACTIVE").count() == 2


def test_officers_do_not_register(wizard, cast):
    with pytest.raises(Refused):
        services.begin(user=cast.daniel, actor=actor(cast.daniel), at=wizard.world.at)


def test_giving_up_wins_no_tries(wizard, larkspur):
    row = wizard.begin()
    for _attempt in range(3):
        with pytest.raises(StepRefused):
            services.enter_numbers(
                registration=row, bn9="704000000", rm="RM0001", on=wizard.world.today, wall=WALL, **wizard.by
            )
    services.abandon(registration=row, **wizard.by)
    services.abandon(registration=row, **wizard.by)
    again = wizard.begin()
    assert again.pk != row.pk
    assert services.tries_of(again).left(WALL) == 7
    assert audited("registration.abandoned") == 1


# --- Numbers


@pytest.mark.parametrize("number", ["704000007RM0001", "{bn9}RM0009"])
def test_unknown_numbers_are_refused_alike(wizard, larkspur, number):
    number = number.format(bn9=larkspur.business.bn9)
    row = wizard.begin()
    with pytest.raises(StepRefused) as problem:
        services.enter_numbers(
            registration=row, bn9=number[:9], rm=number[9:], on=wizard.world.today, wall=WALL, **wizard.by
        )
    assert (problem.value.code, problem.value.field, problem.value.tries_left) == ("numbers_unknown", "bn9", 9)
    row.refresh_from_db()
    assert (row.state, row.business, row.bn9) == (State.NUMBERS, None, number[:9])


def test_a_registered_business_is_not_named(wizard, cast):
    with pytest.raises(StepRefused) as problem:
        wizard.numbers(wizard.begin(), cast.account)
    assert problem.value.code == "already_registered"
    assert "Northlight" not in str(problem.value)


@pytest.mark.parametrize("which", ["account", "business"])
def test_a_closed_account_is_refused(wizard, larkspur, which):
    row = getattr(larkspur, which)
    row.closed_on = wizard.world.today
    row.save()
    with pytest.raises(StepRefused) as problem:
        wizard.numbers(wizard.begin(), larkspur.account)
    assert (problem.value.code, problem.value.field) == ("account_closed", "rm")


def test_an_account_that_closes_tomorrow_is_open_today(wizard, larkspur):
    larkspur.account.closed_on = wizard.world.today + timedelta(days=1)
    larkspur.account.save()
    assert wizard.numbers(wizard.begin(), larkspur.account).state == State.IDENTITY


def test_the_same_numbers_again_keep_what_is_proven(wizard, larkspur):
    row = wizard.numbers(wizard.up_to_review(larkspur), larkspur.account)
    assert (row.state, row.proven_by) == (State.REVIEW, ["declaration", "payment"])


def test_other_numbers_begin_the_proof_anew(wizard, larkspur, quarry):
    row = wizard.up_to_review(larkspur)
    services.keep(registration=row, step=Step.PROOF, typed={"payment_on": "2026-06-29"}, at=wizard.world.at)
    row = wizard.numbers(row, quarry)
    assert (row.state, row.business, row.proven_by, row.terms_accepted_at) == (
        State.IDENTITY, quarry.business, [], None,
    )  # fmt: skip
    assert Step.PROOF not in row.typed
    with pytest.raises(Conflict):
        wizard.register(row)


def test_wrong_numbers_after_right_ones_leave_nothing_to_register(wizard, larkspur):
    row = wizard.up_to_review(larkspur)
    with pytest.raises(StepRefused):
        services.enter_numbers(
            registration=row, bn9="704000007", rm="RM0001", on=wizard.world.today, wall=WALL, **wizard.by
        )
    with pytest.raises(Conflict):
        wizard.register(row)
    assert not Membership.objects.filter(user=wizard.user).exists()


# --- Name and address


def test_the_parts_that_differ_are_named_and_cost_one_try(wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    typed = replace(larkspur.identity, name="Larkspur", city="Halifax")
    with pytest.raises(StepRefused) as problem:
        wizard.identity(row, typed)
    assert list(problem.value.problems) == ["name", "city"]
    assert problem.value.tries_left == 9
    assert not any(word in str(problem.value.problems) for word in ("Marine", "Lunenburg"))
    row.refresh_from_db()
    assert (row.name, row.city, row.state) == ("Larkspur", "Halifax", State.IDENTITY)


def test_every_part_has_its_sentence(wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    with pytest.raises(StepRefused) as problem:
        wizard.identity(row, Identity("a", "b", "c", "d", "e"))
    assert list(problem.value.problems) == ["name", "street", "city", "region", "postal_code"]


def test_the_operating_name_will_do(wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    assert wizard.identity(row, replace(larkspur.identity, name="larkspur marine")).state == State.PROOF


def test_strict_training_compares_to_the_letter(wizard, larkspur):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    with pytest.raises(StepRefused):
        wizard.identity(row, replace(larkspur.identity, name="Larkspur Marine Parts Ltd"), is_strict=True)


def test_a_wrong_address_at_the_end_stops_the_registration(wizard, larkspur):
    row = wizard.up_to_review(larkspur)
    with pytest.raises(StepRefused):
        wizard.identity(row, replace(larkspur.identity, city="Halifax"))
    with pytest.raises(Conflict):
        wizard.register(row)


# --- Proof


def test_the_record_offers_what_it_holds(larkspur, wizard):
    record = queries.record_of(larkspur.account.number, on=wizard.world.today)
    assert record.declarations == {larkspur.declaration.number: Decimal("60.00")}
    assert record.payments == {date(2026, 6, 29): (Decimal("60.00"),)}
    assert record.statements == {date(2026, 6, 25): Decimal("60.00")}
    assert record.offered == list(Question)


def test_what_is_older_than_a_year_proves_nothing(larkspur):
    assert queries.record_of(larkspur.account.number, on=date(2027, 8, 1)).offered == []


def test_two_declarations_and_two_payments_each_answer(wizard, larkspur, django_assert_num_queries):
    with django_assert_num_queries(1):
        record = queries.record_of(larkspur.account.number, on=wizard.world.today)
    again = Answers(payment_on=date(2026, 6, 29), payment_amount=Decimal("60.00"))
    assert services.verdicts_of(again, record)[Question.PAYMENT] == Verdict.RIGHT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"declaration_total": None}, "declaration_total"),
        ({"declaration_number": ""}, "declaration_number"),
        ({"payment_amount": None}, "payment_amount"),
        ({"payment_on": None}, "payment_on"),
        ({"statement_on": date(2026, 6, 25)}, "statement_balance"),
        ({"statement_balance": Decimal("60.00")}, "statement_on"),
    ],
)
def test_half_an_answer_is_asked_for_without_costing_a_try(wizard, larkspur, changes, field):
    row = wizard.up_to_proof(larkspur)
    with pytest.raises(StepRefused) as problem:
        wizard.answer(row, replace(larkspur.answers, **changes))
    assert list(problem.value.problems) == [field]
    assert problem.value.tries_left == 10


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"declaration_total": Decimal("60.01")}, "declaration_total", "do not match a declaration"),
        ({"declaration_number": "17042000031186"}, "declaration_total", "do not match a declaration"),
        ({"payment_amount": Decimal("6.00")}, "payment_amount", "do not match a payment"),
        ({"payment_on": date(2026, 6, 30)}, "payment_amount", "do not match a payment"),
        ({"statement_on": date(2026, 6, 25), "statement_balance": Decimal("1.00")}, "statement_balance", "not the"),
        ({"statement_on": date(2026, 6, 25), "statement_balance": Decimal("0.00")}, "statement_balance", "0.00"),
        ({"statement_on": date(2026, 5, 25), "statement_balance": Decimal("5.00")}, "statement_balance", "not the"),
    ],
)
def test_a_wrong_answer_costs_a_try_and_right_ones_stay_right(wizard, larkspur, changes, field, words):
    row = wizard.up_to_proof(larkspur)
    with pytest.raises(StepRefused) as problem:
        wizard.answer(row, replace(larkspur.answers, **changes))
    assert list(problem.value.problems) == [field]
    assert words in problem.value.problems[field]
    assert problem.value.tries_left == 9
    assert Verdict.RIGHT in problem.value.verdicts.values()
    row.refresh_from_db()
    assert row.state == State.PROOF


def test_two_wrong_answers_cost_two_tries(wizard, larkspur):
    row = wizard.up_to_proof(larkspur)
    wrong = replace(larkspur.answers, declaration_total=Decimal("1.00"), payment_amount=Decimal("1.00"))
    with pytest.raises(StepRefused) as problem:
        wizard.answer(row, wrong)
    assert problem.value.tries_left == 8


@pytest.mark.parametrize(("answers", "words"), [(Answers(), "2 more questions"), (None, "1 more question")])
def test_too_few_answers_are_asked_for(wizard, larkspur, answers, words):
    row = wizard.up_to_proof(larkspur)
    given = answers or Answers(declaration_number=larkspur.declaration.number, declaration_total=Decimal("60.00"))
    with pytest.raises(StepRefused) as problem:
        wizard.answer(row, given)
    assert words in problem.value.problems["answers"]
    assert problem.value.tries_left == 10


def test_a_statement_and_a_payment_prove_it_too(wizard, larkspur):
    row = wizard.up_to_proof(larkspur)
    answers = Answers(
        payment_on=date(2026, 6, 29),
        payment_amount=Decimal("60.00"),
        statement_on=date(2026, 6, 25),
        statement_balance=Decimal("60.00"),
    )
    assert wizard.answer(row, answers).proven_by == ["payment", "statement"]


def test_where_the_record_has_one_kind_one_answer_is_enough(wizard, world, larkspur, newcomer):
    business = world.business("Alder Cove Ltd.")
    account = world.program_account(business)
    with_rpp(world, account, world.today)
    cleared(account, world.today, "8PRT100777")
    business.registered_at = None
    business.save()
    row = wizard.numbers(wizard.begin(), account)
    row = wizard.identity(row, queries.identity_of(business))
    number, total = next(iter(queries.record_of(account.number, on=world.today).declarations.items()))
    assert wizard.answer(row, Answers(declaration_number=number, declaration_total=total)).state == State.TERMS


# --- Terms


def test_terms_have_to_be_accepted(wizard, larkspur):
    row = wizard.answer(wizard.up_to_proof(larkspur), larkspur.answers)
    with pytest.raises(DomainError) as problem:
        wizard.accept(row, accepted=False)
    assert (problem.value.code, problem.value.field) == ("terms_not_accepted", "accepted")
    assert wizard.accept(row).terms_accepted_at == wizard.world.at


# --- Order, pause, what was typed


@pytest.mark.parametrize("step", ["identity", "answer", "accept", "register"])
def test_no_step_can_be_skipped(wizard, larkspur, step):
    row = wizard.begin()
    ways = {
        "identity": lambda: wizard.identity(row, larkspur.identity),
        "answer": lambda: wizard.answer(row, larkspur.answers),
        "accept": lambda: wizard.accept(row),
        "register": lambda: wizard.register(row),
    }
    with pytest.raises(Conflict) as problem:
        ways[step]()
    assert problem.value.code == "registration_step"


def test_ten_errors_begin_a_pause_on_the_wall_clock(wizard, larkspur):
    row = wizard.up_to_proof(larkspur)
    wrong = replace(larkspur.answers, declaration_total=Decimal("1.00"), payment_amount=Decimal("1.00"))
    for left in (8, 6, 4, 2, 0):
        with pytest.raises(StepRefused) as problem:
            wizard.answer(row, wrong)
        assert problem.value.tries_left == left
    assert audited("registration.paused") == 1
    with pytest.raises(Refused) as refusal:
        wizard.answer(row, larkspur.answers)
    assert refusal.value.code == "registration_paused"
    assert "15 minutes" in str(refusal.value)
    with pytest.raises(Refused) as refusal:
        wizard.answer(row, larkspur.answers, wall=WALL + timedelta(minutes=14, seconds=20))
    assert "1 minute;" in str(refusal.value)
    services.keep(registration=row, step=Step.PROOF, typed={"payment_on": "2026-06-29"}, at=wizard.world.at)
    assert wizard.answer(row, larkspur.answers, wall=WALL + timedelta(minutes=15)).state == State.TERMS


def test_what_was_typed_is_kept_as_it_was(wizard, larkspur):
    row = wizard.begin()
    typed = {"bn9": "70\x00x", "rm": "y" * 500, "other": 5}
    services.keep(registration=row, step=Step.NUMBERS, typed=typed, at=wizard.world.at)
    row.refresh_from_db()
    assert row.typed == {"NUMBERS": {"bn9": "70x", "rm": "y" * 200}}


def test_a_closed_registration_stays_as_it_is(wizard, larkspur):
    row = wizard.up_to_review(larkspur)
    wizard.register(row)
    services.keep(registration=row, step=Step.NUMBERS, typed={"bn9": "1"}, at=wizard.world.at)
    services.abandon(registration=row, **wizard.by)
    with pytest.raises(Conflict) as problem:
        wizard.numbers(row, larkspur.account)
    assert problem.value.code == "registration_closed"
    row.refresh_from_db()
    assert (row.state, "NUMBERS" in row.typed) == (State.REGISTERED, False)


# --- Two people


def test_of_two_people_the_first_registers_and_the_second_is_told(wizard, larkspur, world):
    other = Wizard(world, world.person("Olga Second"))
    row, late = wizard.up_to_review(larkspur), other.up_to_review(larkspur)
    wizard.register(row)
    with pytest.raises(Conflict) as problem:
        other.register(late)
    assert problem.value.code == "already_registered"
    late.refresh_from_db()
    assert late.state == State.REVIEW
    assert not Membership.objects.filter(user=other.user).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_two_at_once_make_one_manager(wizard, larkspur, world):
    other = Wizard(world, world.person("Olga Second"))
    rows = [(wizard, wizard.up_to_review(larkspur)), (other, other.up_to_review(larkspur))]
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def run(who: Wizard, row: Registration) -> None:
        barrier.wait()
        try:
            who.register(row)
            outcomes.append("registered")
        except Conflict as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_registered", "registered"]
    assert Membership.objects.filter(business=larkspur.business, state="ACTIVE", is_primary=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_beginning_twice_at_once_makes_one_registration(wizard):
    barrier = threading.Barrier(2)
    found: list[int] = []

    def run() -> None:
        barrier.wait()
        try:
            found.append(wizard.begin().pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert Registration.objects.count() == 1


# --- Officers


def test_an_officer_registers_by_hand(wizard, larkspur, cast, newcomer):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    done = services.register_by_hand(
        registration=row, reason="Articles checked.", actor=actor(cast.daniel), at=wizard.world.at
    )
    assert (done.state, done.reason) == (State.REGISTERED, "Articles checked.")
    assert Membership.objects.get(user=newcomer).is_primary
    event = AuditEvent.objects.get(verb="registration.completed_by_hand")
    assert (event.reason, event.actor_name) == ("Articles checked.", "Daniel Okafor")
    note = Notification.objects.get(user=newcomer)
    assert "Larkspur Marine Parts Ltd." in note.subject
    assert note.link.endswith("/register/done/")


def test_by_hand_needs_numbers_and_an_open_registration(wizard, larkspur, cast):
    officer = {"reason": "x", "actor": actor(cast.daniel), "at": wizard.world.at}
    row = wizard.begin()
    with pytest.raises(Conflict) as problem:
        services.register_by_hand(registration=row, **officer)
    assert problem.value.code == "registration_step"
    services.abandon(registration=row, **wizard.by)
    for service in (services.register_by_hand, services.lift_pause):
        with pytest.raises(Conflict) as problem:
            service(registration=row, **officer)
        assert problem.value.code == "registration_closed"


def test_an_officer_lifts_the_pause(wizard, larkspur, cast):
    row = wizard.begin()
    for _attempt in range(10):
        with pytest.raises(StepRefused):
            services.enter_numbers(
                registration=row, bn9="704000007", rm="RM0001", on=wizard.world.today, wall=WALL, **wizard.by
            )
    row = services.lift_pause(
        registration=row, reason="Called; papers seen.", actor=actor(cast.daniel), at=wizard.world.at
    )
    assert services.tries_of(row).left(WALL) == 10
    assert wizard.numbers(row, larkspur.account).state == State.IDENTITY
    assert AuditEvent.objects.get(verb="registration.pause_lifted").reason == "Called; papers seen."


@pytest.mark.parametrize("service", [services.register_by_hand, services.lift_pause])
def test_nobody_else_does_what_officers_do(wizard, larkspur, service):
    row = wizard.numbers(wizard.begin(), larkspur.account)
    person = Actor(kind=ActorKind.PERSON, user_id=wizard.user.pk)
    with pytest.raises(Stranger):
        service(registration=row, reason="x", actor=person, at=wizard.world.at)


# --- Practice cards


def test_a_card_is_offered_once(larkspur, world):
    again = services.offer_card(business=larkspur.business, actor=SYSTEM, at=world.at)
    assert again == larkspur.card
    assert (len(again.code), audited("practice_card.offered")) == (12, 1)


def test_cards_go_round_and_those_of_registered_businesses_are_out(larkspur, quarry, world, wizard):
    other = services.offer_card(business=quarry.business, actor=SYSTEM, at=world.at)
    first = services.take_card(actor=SYSTEM, at=moment(date(2026, 7, 22), 9))
    second = services.take_card(actor=SYSTEM, at=moment(date(2026, 7, 22), 10))
    third = services.take_card(actor=SYSTEM, at=moment(date(2026, 7, 22), 11))
    assert [first, second, third] == [larkspur.card, other, larkspur.card]
    assert services.take_card(actor=SYSTEM, at=world.at, instead_of=other.code) == larkspur.card
    wizard.register(wizard.up_to_review(larkspur))
    assert services.take_card(actor=SYSTEM, at=world.at) == other
    with pytest.raises(Conflict) as problem:
        services.take_card(actor=SYSTEM, at=world.at, instead_of=other.code)
    assert problem.value.code == "no_card_left"


def test_the_last_card_is_shared_by_two_at_once(larkspur, world):
    with transaction.atomic():
        PracticeCard.objects.select_for_update().get(pk=larkspur.card.pk)
        assert services.take_card(actor=SYSTEM, at=world.at) == larkspur.card


def test_a_card_names_the_days_of_its_papers_in_one_query(larkspur, world, django_assert_num_queries):
    with django_assert_num_queries(1):
        card = queries.card_by_code(larkspur.card.code, on=world.today)
        assert (card.number, card.declared_on, card.paid_on, card.stated_on) == (
            larkspur.account.number, date(2026, 6, 8), date(2026, 6, 29), date(2026, 6, 25),
        )  # fmt: skip

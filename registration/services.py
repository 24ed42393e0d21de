"""The wizard's steps: each checks, counts errors and moves on; the last makes the person the manager."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import services as accounts
from accounts.models import Business, ProgramAccount, User
from core import audit, once
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused, Stranger
from core.lazy import lazy_text
from notifications.services import notify
from reference import services as reference
from reference.models import PolicyParameter
from reference.rules.policy import STRICT_MODE
from registration import queries, rules
from registration.models import PracticeCard, Registration
from registration.rules import Identity, Question, Step, Tries, Verdict

#: No 0, 1, I, L or O, so that a code can be read out.
_CARD_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CARD_LENGTH = 12
#: The longest text kept of one box.
LONGEST_TYPED = 200
BY_HAND_SUBJECT = gettext_lazy("An officer registered %(business)s for you")
LOCK_LIFTED_SUBJECT = gettext_lazy("An officer lifted the lock on your registration")
LOCK_LIFTED_BODY = gettext_lazy(
    "You have all ten tries again. Begin with the numbers; what you typed stands in the boxes. Have the registration "
    "papers at hand: where strict mode is on, each letter and comma counts."
)
BY_HAND_BODY = gettext_lazy(
    "You are its primary Business Account Manager now. Name a backup next, so that the business is never without one."
)


@dataclass(frozen=True)
class Answers:
    """What somebody answered; ``None`` where nothing was given."""

    declaration_number: str = ""
    declaration_total: Decimal | None = None
    payment_on: date | None = None
    payment_amount: Decimal | None = None
    statement_on: date | None = None
    statement_balance: Decimal | None = None


class StepRefused(DomainError):
    """A refused step: ``problems`` maps each field at fault to its sentence, ``tries_left`` says how often yet."""

    def __init__(
        self,
        problems: Mapping[str, str],
        *,
        tries_left: int,
        code: str,
        verdicts: Mapping[Question, Verdict] | None = None,
    ) -> None:
        field, message = next(iter(problems.items()))
        super().__init__(message, code=code, field=field)
        self.problems = dict(problems)
        self.tries_left = tries_left
        self.verdicts = dict(verdicts or {})


def begin(*, user: User, actor: Actor, at: datetime) -> Registration:
    """The person's registration under way, or a new one.

    ``Refused`` for officers. Errors made before count on, so that beginning again wins no tries.
    """
    if actor.kind == ActorKind.OFFICER:
        raise Refused(
            _("Officers do not register businesses for themselves. Open the registrations in the back office."),
            code="officer_cannot_register",
        )
    with transaction.atomic():
        # The person's row is locked, so that two windows begin one registration.
        person = User.objects.select_for_update().get(pk=user.pk)
        found = queries.open_registration(person.pk)
        if found is not None:
            return found
        earlier = queries.newest_registration(person.pk)
        row = Registration.objects.create(
            user=person,
            error_count=earlier.error_count if earlier else 0,
            paused_until=earlier.paused_until if earlier else None,
            started_at=at,
            saved_at=at,
        )
        _record(row, "registration.started", actor=actor, at=at)
    return row


def keep(*, registration: Registration, step: Step, typed: Mapping[str, str], at: datetime) -> None:
    """Keep what stands in the boxes of a step, right or wrong, so that an interruption loses nothing."""
    with transaction.atomic():
        row = Registration.objects.select_for_update().get(pk=registration.pk)
        if row.state in queries.CLOSED:
            return
        row.typed[step.value] = {
            name: text.replace("\x00", "")[:LONGEST_TYPED] for name, text in typed.items() if isinstance(text, str)
        }
        row.saved_at = at
        row.save(update_fields=("typed", "saved_at"))


def enter_numbers(
    *,
    registration: Registration,
    bn9: str,
    rm: str,
    actor: Actor,
    on: date,
    at: datetime,
    wall: datetime,
    is_strict: bool = False,
) -> Registration:
    """Step 1: business number and program account; importers, exporters and providers alike.

    ``StepRefused`` for numbers nobody has, for a closed account, and for a business that has its manager already.
    Other numbers than before begin the proof anew.
    """
    refusal: StepRefused | None = None
    with transaction.atomic():
        row = _locked(registration, step=Step.NUMBERS, wall=wall)
        account = queries.account_by_number(bn9 + rm)
        unfit = _unfit(account, on=on)
        is_same = row.business_id is not None and row.bn9 == bn9 and row.rm == rm
        row.bn9, row.rm = bn9, rm
        if unfit is not None:
            code, field, sentence = unfit
            row.business = None
            problems = {field: sentence}
            refusal = _refuse(
                row, Step.NUMBERS, problems, code=code, actor=actor, at=at, wall=wall, is_strict=is_strict
            )
        elif account is not None:
            if not is_same:
                row.business = account.business
                row.state = Registration.State.NUMBERS
                row.proven_by, row.terms_accepted_at = [], None
                row.typed.pop(Step.PROOF.value, None)
            _move(row, Step.NUMBERS, at=at)
    if refusal is not None:
        raise refusal
    return row


def enter_identity(
    *,
    registration: Registration,
    typed: Identity,
    actor: Actor,
    at: datetime,
    wall: datetime,
    is_strict: bool = False,
) -> Registration:
    """Step 2: legal or operating name and address; the answer names the parts that differ and reveals nothing.

    ``is_strict`` compares to the letter, and the tenth error locks.
    """
    refusal: StepRefused | None = None
    with transaction.atomic():
        row = _locked(registration, step=Step.IDENTITY, wall=wall)
        business = _business(row)
        row.name, row.street, row.city = typed.name, typed.street, typed.city
        row.region, row.postal_code = typed.region, typed.postal_code
        wrong = rules.mismatches(
            typed, queries.identity_of(business), operating_name=business.operating_name, is_strict=is_strict
        )
        if wrong:
            problems = {field: _mismatch(field) for field in wrong}
            refusal = _refuse(
                row,
                Step.IDENTITY,
                problems,
                code="identity_differs",
                actor=actor,
                at=at,
                wall=wall,
                is_strict=is_strict,
            )
        else:
            _move(row, Step.IDENTITY, at=at)
    if refusal is not None:
        raise refusal
    return row


def enter_answers(
    *,
    registration: Registration,
    answers: Answers,
    actor: Actor,
    on: date,
    at: datetime,
    wall: datetime,
    is_strict: bool = False,
) -> Registration:
    """Step 3: enough right answers and none wrong; each wrong answer is one error, an unfinished one is none.

    Where the record holds no history the step passes by itself.
    """
    refusal: StepRefused | None = None
    with transaction.atomic():
        row = _locked(registration, step=Step.PROOF, wall=wall)
        record = queries.record_of(row.bn9 + row.rm, on=on)
        verdicts = verdicts_of(answers, record)
        if rules.is_proven(verdicts, record.offered):
            row.proven_by = [question.value for question, verdict in verdicts.items() if verdict == Verdict.RIGHT]
            _move(row, Step.PROOF, at=at)
        else:
            refusal = _refuse(
                row,
                Step.PROOF,
                _answer_problems(verdicts, answers) or _too_few(verdicts),
                code="answers_differ",
                errors=sum(verdict == Verdict.WRONG for verdict in verdicts.values()),
                verdicts=verdicts,
                actor=actor,
                at=at,
                wall=wall,
                is_strict=is_strict,
            )
    if refusal is not None:
        raise refusal
    return row


def accept_terms(*, registration: Registration, accepted: bool, at: datetime, wall: datetime) -> Registration:
    """Step 4: the terms, delegation included."""
    with transaction.atomic():
        row = _locked(registration, step=Step.TERMS, wall=wall)
        if not accepted:
            raise DomainError(
                _("Tick the box to accept the terms. Without them the business can't be registered."),
                code="terms_not_accepted",
                field="accepted",
            )
        row.terms_accepted_at = at
        _move(row, Step.TERMS, at=at)
    return row


def register(*, registration: Registration, actor: Actor, at: datetime, wall: datetime) -> Registration:
    """Step 5: the person becomes the primary Business Account Manager; sent twice, it does so once.

    Of two people at once exactly one does; the other gets ``Conflict`` (``already_registered``).
    """
    with transaction.atomic():
        done = Registration.objects.select_for_update().get(pk=registration.pk)
        if done.state == Registration.State.REGISTERED:
            return done
        row = _locked(registration, step=Step.REVIEW, wall=wall)
        _link(row, business=_business(row), verb="registration.completed", actor=actor, at=at)
    return row


# --- What officers do -------------------------------------------------------------------------------------------------
def register_by_hand(*, registration: Registration, reason: str, actor: Actor, at: datetime) -> Registration:
    """An officer has checked the papers: the person becomes the primary manager without the remaining steps.

    ``Conflict`` when the registration is closed, names no business yet, or the business has its manager.
    """
    _require_officer(actor)
    with transaction.atomic():
        row = _row(registration)
        _require_open(row)
        account = queries.account_by_number(row.bn9 + row.rm)
        if account is None:
            raise Conflict(
                _("This registration names no program account that exists. The person has to enter the numbers first."),
                code="registration_step",
            )
        row.reason = reason
        # The next registration of this person does not begin with the errors of this one.
        row.error_count, row.paused_until = 0, None
        _link(row, business=account.business, verb="registration.completed_by_hand", actor=actor, at=at)
        notify(
            recipients=[row.user],
            subject=lazy_text(BY_HAND_SUBJECT, business=account.business.legal_name),
            body=BY_HAND_BODY,
            category="registration",
            link=partial(reverse, "registration:done"),
            business_id=account.business_id,
            at=at,
        )
    return row


def lift_pause(*, registration: Registration, reason: str, actor: Actor, at: datetime) -> Registration:
    """An officer gives the person all tries back at once; ``Conflict`` when the registration is closed or locked."""
    _require_officer(actor)
    with transaction.atomic():
        row = _row(registration)
        _require_open(row)
        if row.state == Registration.State.LOCKED:
            raise Conflict(
                _("This registration is locked, not paused. Lift the lock instead."), code="registration_locked"
            )
        before = {"errors": row.error_count, "paused_until": row.paused_until}
        row.error_count, row.paused_until = 0, None
        row.save(update_fields=("error_count", "paused_until"))
        _record(row, "registration.pause_lifted", before=before, reason=reason, actor=actor, at=at)
    return row


def lift_lock(*, registration: Registration, reason: str, actor: Actor, at: datetime) -> Registration:
    """An officer ends the lock of strict mode and the person is told; the steps begin anew with what was typed.

    ``DomainError`` without a reason, ``Conflict`` when nothing is locked (any more).
    """
    _require_officer(actor)
    _require_reason(reason)
    with transaction.atomic():
        row = _row(registration)
        if row.state != Registration.State.LOCKED:
            raise Conflict(
                _("This registration is not locked (any more). Nothing was changed."), code="registration_not_locked"
            )
        before = {"state": row.state, "errors": row.error_count}
        row.state, row.error_count, row.paused_until = Registration.State.NUMBERS, 0, None
        row.save(update_fields=("state", "error_count", "paused_until"))
        _record(row, "registration.lock_lifted", before=before, reason=reason, actor=actor, at=at)
        notify(
            recipients=[row.user],
            subject=LOCK_LIFTED_SUBJECT,
            body=LOCK_LIFTED_BODY,
            category="registration",
            link=partial(reverse, "registration:start"),
            at=at,
        )
    return row


def switch_strict_mode(*, is_on: bool, reason: str, actor: Actor, on: date, at: datetime) -> None:
    """An officer or trainer switches strict mode for this world from ``on``; locks that are there stay.

    ``DomainError`` without a reason, ``Conflict`` when the mode is as asked for already.
    """
    _require_officer(actor)
    _require_reason(reason)
    with transaction.atomic():
        # Of two who switch at once, the second waits here and then finds what the first has done.
        list(PolicyParameter.objects.select_for_update().filter(key=STRICT_MODE).order_by("pk"))
        once.forget()
        if queries.is_strict_mode(on) == is_on:
            words = _("Strict mode is on already.") if is_on else _("Strict mode is off already.")
            raise Conflict(words, code="strict_mode_unchanged")
        reference.set_policy_parameter(
            actor=actor,
            key=STRICT_MODE,
            effective_from=on,
            value="yes" if is_on else "no",
            source=reason,
            at=at,
        )


def abandon(*, registration: Registration, actor: Actor, at: datetime) -> None:
    """Give up this registration so that another can begin; ``Conflict`` while it is locked."""
    with transaction.atomic():
        row = _row(registration)
        if row.state in queries.CLOSED:
            return
        if row.state == Registration.State.LOCKED:
            raise Conflict(
                _("A locked registration can't be given up. An officer has to lift the lock first."),
                code="registration_locked",
            )
        row.state, row.saved_at = Registration.State.ABANDONED, at
        row.save(update_fields=("state", "saved_at"))
        _record(row, "registration.abandoned", actor=actor, at=at)


# --- Practice cards ---------------------------------------------------------------------------------------------------
def offer_card(*, business: Business, actor: Actor, at: datetime) -> PracticeCard:
    """Make an unregistered business available to newcomers; the card that exists is returned."""
    with transaction.atomic():
        code = "".join(secrets.choice(_CARD_ALPHABET) for _position in range(_CARD_LENGTH))
        card, created = PracticeCard.objects.get_or_create(business=business, defaults={"code": code})
        if created:
            audit.record(
                actor=actor,
                verb="practice_card.offered",
                target=f"registration.PracticeCard:{card.pk}",
                business_id=business.pk,
                at=at,
            )
    return card


def take_card(*, actor: Actor, at: datetime, instead_of: str = "") -> PracticeCard:
    """Hand out the card that was untouched the longest; ``Conflict`` when every business is registered.

    ``instead_of`` is the code of a card that is given back for another.
    """
    with transaction.atomic():
        cards = queries.free_cards(excluding=[instead_of])
        # Two people at once get two cards; only where a single one is left they share it.
        card = cards.select_for_update(of=("self",), skip_locked=True).first() or cards.first()
        if card is None:
            raise Conflict(
                _("No other practice business is free. Use a practice seat, or ask your trainer for a fresh world."),
                code="no_card_left",
            )
        card.taken_at = at
        card.save(update_fields=("taken_at",))
        audit.record(
            actor=actor,
            verb="practice_card.taken",
            target=f"registration.PracticeCard:{card.pk}",
            business_id=card.business_id,
            at=at,
        )
    return card


# --- Answers ----------------------------------------------------------------------------------------------------------
def verdicts_of(answers: Answers, record: queries.Record) -> dict[Question, Verdict]:
    """How each question was answered against the record; questions it can't answer are left out."""
    ways = {
        Question.DECLARATION: _declaration_verdict,
        Question.PAYMENT: _payment_verdict,
        Question.STATEMENT: _statement_verdict,
    }
    return {question: ways[question](answers, record) for question in record.offered}


def _declaration_verdict(answers: Answers, record: queries.Record) -> Verdict:
    if not answers.declaration_number:
        return Verdict.EMPTY if answers.declaration_total is None else Verdict.INCOMPLETE
    known = record.declarations.get(answers.declaration_number)
    return rules.amount_verdict(answers.declaration_total, () if known is None else (known,))


def _payment_verdict(answers: Answers, record: queries.Record) -> Verdict:
    if answers.payment_on is None:
        return Verdict.EMPTY if answers.payment_amount is None else Verdict.INCOMPLETE
    return rules.amount_verdict(answers.payment_amount, record.payments.get(answers.payment_on, ()))


def _statement_verdict(answers: Answers, record: queries.Record) -> Verdict:
    if answers.statement_on is None:
        return Verdict.EMPTY if answers.statement_balance is None else Verdict.INCOMPLETE
    known = record.statements.get(answers.statement_on)
    return rules.amount_verdict(answers.statement_balance, () if known is None else (known,), refuses_zero=True)


def _answer_problems(verdicts: Mapping[Question, Verdict], answers: Answers) -> dict[str, str]:
    ways = {Verdict.INCOMPLETE: _incomplete, Verdict.WRONG: _wrong}
    return dict(ways[verdict](question, answers) for question, verdict in verdicts.items() if verdict in ways)


def _too_few(verdicts: Mapping[Question, Verdict]) -> dict[str, str]:
    """What to say when nothing is wrong but too little was answered."""
    missing = rules.answers_needed(verdicts) - sum(verdict == Verdict.RIGHT for verdict in verdicts.values())
    sentence = ngettext("Answer %(count)s more question.", "Answer %(count)s more questions.", missing)
    return {"answers": sentence % {"count": missing}}


def _incomplete(question: Question, answers: Answers) -> tuple[str, str]:
    match question:
        case Question.DECLARATION if answers.declaration_number:
            return "declaration_total", _(
                "Enter the total of duties and taxes on the declaration, in dollars and cents"
            )
        case Question.DECLARATION:
            return "declaration_number", _("Enter the number of the declaration, 14 digits")
        case Question.PAYMENT if answers.payment_on:
            return "payment_amount", _("Enter the amount of the payment, in dollars and cents")
        case Question.PAYMENT:
            return "payment_on", _("Enter the date of the payment")
        case _ if answers.statement_on:
            return "statement_balance", _("Enter the balance of the statement, box H")
        case _:
            return "statement_on", _("Choose the statement")


def _wrong(question: Question, answers: Answers) -> tuple[str, str]:
    match question:
        case Question.DECLARATION:
            return "declaration_total", _("This number and total do not match a declaration of the last 12 months")
        case Question.PAYMENT:
            return "payment_amount", _("This date and amount do not match a payment")
        case _ if answers.statement_balance == 0:
            return "statement_balance", _("A balance of 0.00 proves nothing. Take another statement or question")
        case _:
            return "statement_balance", _("This is not the balance of that statement")


def _mismatch(field: str) -> str:
    return {
        "name": _("The name differs from the record. Enter the legal or operating name as registered"),
        "street": _("The street address differs from the record"),
        "city": _("The city differs from the record"),
        "region": _("The province or state differs from the record"),
        "postal_code": _("The postal code differs from the record"),
    }[field]


def _unfit(account: ProgramAccount | None, *, on: date) -> tuple[str, str, str] | None:
    """Why these numbers can't be registered: code, field and sentence. A registered business is not named."""
    if account is None:
        return (
            "numbers_unknown",
            "bn9",
            _("No program account has these numbers. Check the nine digits and the RM number on a declaration"),
        )
    if account.business.registered_at is not None:
        return (
            "already_registered",
            "bn9",
            _("A business with these numbers is registered already. Request access from its managers instead"),
        )
    for closed_on in (account.business.closed_on, account.closed_on):
        if closed_on is not None and closed_on <= on:
            return "account_closed", "rm", _("This program account is closed. Enter an open one of the same business")
    return None


# --- The row ----------------------------------------------------------------------------------------------------------
def tries_of(registration: Registration) -> Tries:
    """How many errors were made, until when there is a pause, and whether there is a lock."""
    return Tries(
        errors=registration.error_count,
        paused_until=registration.paused_until,
        is_locked=registration.state == Registration.State.LOCKED,
    )


def _row(registration: Registration) -> Registration:
    return (
        Registration.objects.select_for_update(of=("self",)).select_related("user", "business").get(pk=registration.pk)
    )


def _locked(registration: Registration, *, step: Step, wall: datetime) -> Registration:
    """The row, locked, when ``step`` may be answered now.

    ``Refused`` during the pause and under the lock, ``Conflict`` when it was finished in another window or an earlier
    step is open.
    """
    row = _row(registration)
    _require_open(row)
    tries = tries_of(row)
    if tries.is_locked:
        raise Refused(
            _("There were ten wrong answers in strict mode. Ask an officer to lift the lock; what you typed is kept."),
            code="registration_locked",
        )
    if tries.paused_until is not None and tries.is_paused(wall):
        minutes = tries.minutes_left(wall)
        raise Refused(
            ngettext(
                "There were ten wrong answers. Try again in %(count)s minute; what you typed is kept.",
                "There were ten wrong answers. Try again in %(count)s minutes; what you typed is kept.",
                minutes,
            )
            % {"count": minutes},
            code="registration_paused",
        )
    if not rules.is_reached(row.state, step):
        raise Conflict(_("Finish the steps before this one first."), code="registration_step")
    return row


def _require_open(row: Registration) -> None:
    if row.state in queries.CLOSED:
        raise Conflict(
            _("This registration was finished in another window. Go to the home page."), code="registration_closed"
        )


def _require_officer(actor: Actor) -> None:
    if actor.kind != ActorKind.OFFICER:
        raise Stranger(_("There is nothing at this address for you. Check the account you act for."), code="not_found")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError(_("Enter the reason: it is kept in the audit trail."), code="reason_missing", field="reason")


def _refuse(
    row: Registration,
    step: Step,
    problems: Mapping[str, str],
    *,
    code: str,
    actor: Actor,
    at: datetime,
    wall: datetime,
    is_strict: bool,
    errors: int = 1,
    verdicts: Mapping[Question, Verdict] | None = None,
) -> StepRefused:
    """Count the errors and stand at ``step`` again, or lock; gives the refusal to raise once that is committed."""
    tries = tries_of(row).after_errors(errors, wall, is_strict=is_strict)
    row.error_count, row.paused_until = tries.errors, tries.paused_until
    row.state = Registration.State.LOCKED if tries.is_locked else Registration.State(step.value)
    row.saved_at = at
    row.save()
    if tries.is_locked:
        _record(row, "registration.locked", after={"step": step.value}, actor=actor, at=at)
    if tries.paused_until is not None:
        _record(row, "registration.paused", after={"step": step.value}, actor=actor, at=at)
    return StepRefused(problems, tries_left=tries.left(wall), code=code, verdicts=verdicts)


def _move(row: Registration, passed: Step, *, at: datetime) -> None:
    row.state = Registration.State(rules.after(row.state, passed).value)
    row.saved_at = at
    row.save()


def _business(row: Registration) -> Business:
    """The business of a row past its first step; the database holds no such row without one."""
    assert row.business is not None
    return row.business


def _link(row: Registration, *, business: Business, verb: str, actor: Actor, at: datetime) -> None:
    accounts.link_primary_manager(user=row.user, business=business, actor=actor, at=at)
    row.business = business
    row.state, row.saved_at = Registration.State.REGISTERED, at
    row.save()
    _record(row, verb, after={"proven_by": row.proven_by}, reason=row.reason, actor=actor, at=at)


def _record(
    row: Registration,
    verb: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"registration.Registration:{row.pk}",
        business_id=row.business_id,
        before=before,
        after=after,
        reason=reason,
        at=at,
    )

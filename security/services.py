"""Everything that changes financial security: enrolments, bonds, deposits, reduction requests, the yearly review."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor
from core.clock import TORONTO
from core.errors import Conflict, DomainError
from core.jobs import ranges_of, run_chunks
from core.models import JobChunk, JobRun
from core.money import ZERO, cents
from ledger import queries as book
from ledger.services import post_deposit, post_deposit_refund
from notifications.services import Draft, notify_many
from reference.queries import policy
from reference.rules.requirement import ReviewSchedule, requirement_for
from security import messages, queries, rules
from security.models import (
    AnnualReview,
    Bond,
    BondVersion,
    Deposit,
    ReductionCase,
    RppEnrolment,
    SecurityRequirement,
)
from security.rules import (
    BondState,
    CaseState,
    Coverage,
    DepositState,
    RequirementSource,
    ReviewOutcome,
    RppState,
    SuspensionReason,
)

CHUNK = 2500
REFUSED_METHOD = "PAD"


def _money(amount: Decimal) -> str:
    return formats.money(amount, get_language() or "en")


# --- Release prior to payment


def enrol(
    *, program_account_id: int, estimate: Decimal | None = None, on: date, at: datetime, actor: Actor
) -> RppEnrolment:
    """Enrol a program account: the requirement is computed from the book, or taken from the importer's estimate.

    ``Conflict`` when it is enrolled already; ``DomainError`` for an exporter's or closed account, for overdue debts of
    an earlier enrolment, and without the estimate that an importer without twelve months of history must give.
    """
    with transaction.atomic():
        account = _locked_account(program_account_id)
        if not account.imports or account.closed_on is not None:
            raise DomainError(
                _("Only an open importer's program account can be enrolled. Choose another program account."),
                code="not_an_importer",
            )
        enrolment = RppEnrolment.objects.select_for_update().filter(program_account=account).first()
        if enrolment is not None and enrolment.state in rules.ENROLLED:
            raise Conflict(
                _("This program account is enrolled already. Open its financial security to see where it stands."),
                code="already_enrolled",
                link=messages.account_link(account.number),
            )
        if enrolment is not None and book.overdue_total(account.pk, on=on) > 0:
            raise DomainError(
                _("Amounts are overdue on this program account. Pay them, then enrol again."), code="overdue_debt"
            )
        calculation = queries.calculation_for(account.pk, on=on)
        if not calculation.has_history and estimate is None:
            raise DomainError(
                _("There are not yet twelve months to compute from. Enter your highest month as you expect it."),
                code="estimate_required",
                field="estimate",
            )
        amount, source = rules.enrolment_requirement(
            highest=calculation.driving.amount, has_history=calculation.has_history, estimate=estimate
        )
        SecurityRequirement.objects.create(
            program_account=account,
            amount=amount,
            source=source,
            driving_month_end=calculation.driving.last,
            effective_on=on,
            computed_on=on,
        )
        facts = queries.facts_by_account([account.pk], on=on)[account.pk]
        before = enrolment.state if enrolment else ""
        enrolment = enrolment or RppEnrolment(program_account=account)
        enrolment.state = rules.initial_state(facts)
        enrolment.reason = enrolment.note = ""
        enrolment.estimate = estimate if source == RequirementSource.ESTIMATE else None
        enrolment.enrolled_on = enrolment.changed_on = on
        enrolment.save()
        _record(
            actor,
            "rpp.enrolled",
            enrolment,
            at=at,
            before={"state": before},
            after={"state": enrolment.state, "requirement": amount, "source": source},
        )
        needed = requirement_for(amount, on, policy=policy())
        message = messages.enrolled(number=account.number, state=enrolment.state, requirement=amount, needed=needed)
        _tell([(account, messages.RPP_ENROLLED, message)], on=on, at=at, include_delegates=True)
    return enrolment


def cancel_rpp(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """The importer leaves the programme. ``Conflict`` when it is not enrolled."""
    return _leave(
        program_account_id=program_account_id,
        following=RppState.CANCELLED,
        category=messages.RPP_CANCELLED,
        note="",
        on=on,
        at=at,
        actor=actor,
    )


def remove_rpp(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """An officer removes a suspended or never secured enrolment. ``Conflict`` from any other state."""
    return _leave(
        program_account_id=program_account_id,
        following=RppState.REMOVED,
        category=messages.RPP_REMOVED,
        note=reason,
        on=on,
        at=at,
        actor=actor,
    )


def _leave(
    *,
    program_account_id: int,
    following: RppState,
    category: str,
    note: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> RppEnrolment:
    with transaction.atomic():
        enrolment = _locked_enrolment(program_account_id)
        if enrolment is None or not rules.can_rpp_become(enrolment.state, following):
            raise Conflict(
                _("This enrolment cannot be ended in its present state. Reload the page to see where it stands."),
                code="not_enrolled",
            )
        before = {"state": enrolment.state, "reason": enrolment.reason}
        enrolment.state, enrolment.reason, enrolment.note, enrolment.changed_on = following, "", note, on
        enrolment.save()
        verb = "rpp.cancelled" if following == RppState.CANCELLED else "rpp.removed"
        _record(actor, verb, enrolment, at=at, before=before, after={"state": enrolment.state}, reason=note)
        account = enrolment.program_account
        words = messages.cancelled if following == RppState.CANCELLED else messages.removed
        _tell([(account, category, words(number=account.number))], on=on, at=at, include_delegates=True)
    return enrolment


def reassess_rpp(*, program_account_id: int, on: date, at: datetime, actor: Actor) -> RppEnrolment | None:
    """Bring the enrolment in line with coverage and debts of the day; None when the account is not enrolled.

    Called whenever money or security moves: security arrives, a debt is paid, a bond ends. Safe to call at any time.
    """
    _reassess([program_account_id], on=on, at=at, actor=actor)
    return queries.enrolment_of(program_account_id)


def reassess_many(*, program_account_ids: Collection[int], on: date, at: datetime, actor: Actor) -> int:
    """As :func:`reassess_rpp` for many accounts in a few statements; returns how many changed."""
    return _reassess(program_account_ids, on=on, at=at, actor=actor)


def _reassess(program_account_ids: Collection[int], *, on: date, at: datetime, actor: Actor) -> int:
    with transaction.atomic():
        enrolments = _locked_enrolments(program_account_ids)
        if not enrolments:
            return 0
        facts = queries.facts_by_account([row.program_account_id for row in enrolments], on=on)
        changes = []
        for enrolment in enrolments:
            following = rules.reassessed(enrolment.state, enrolment.reason, facts[enrolment.program_account_id])
            if following != (enrolment.state, enrolment.reason):
                changes.append((enrolment, following))
        _change(changes, note="", on=on, at=at, actor=actor)
    return len(changes)


def suspend_rpp(
    *,
    program_account_ids: Collection[int],
    reason: str,
    on: date,
    at: datetime,
    actor: Actor,
    note: str = "",
) -> int:
    """Suspend those of the accounts that are active, or suspended for a lighter cause; returns how many changed."""
    because = SuspensionReason(reason)
    with transaction.atomic():
        changes = []
        for enrolment in _locked_enrolments(program_account_ids):
            following = rules.suspended(enrolment.state, enrolment.reason, because=because)
            if following is not None:
                changes.append((enrolment, following))
        _change(changes, note=note, on=on, at=at, actor=actor)
    return len(changes)


def lift_suspension(*, program_account_id: int, reason: str, on: date, at: datetime, actor: Actor) -> RppEnrolment:
    """An officer ends a suspension of whatever cause. ``Conflict`` when there is none, ``DomainError`` unsecured."""
    with transaction.atomic():
        enrolment = _locked_enrolment(program_account_id)
        if enrolment is None or enrolment.state != RppState.SUSPENDED:
            raise Conflict(_("This program account is not suspended. Reload the page."), code="not_suspended")
        facts = queries.facts_by_account([program_account_id], on=on)[program_account_id]
        if facts.requirement > 0 and not facts.coverage.has_security:
            raise DomainError(
                _("No security is posted. Ask the importer for a bond or a deposit first."), code="no_security"
            )
        _change([(enrolment, (RppState.ACTIVE, ""))], note=reason, on=on, at=at, actor=actor)
    return enrolment


def _change(
    changes: Sequence[tuple[RppEnrolment, tuple[str, str]]], *, note: str, on: date, at: datetime, actor: Actor
) -> None:
    """Write new states, tell the importer and its brokers, and leave a trace, in a few statements."""
    events, news = [], []
    for enrolment, (state, reason) in changes:
        before = {"state": enrolment.state, "reason": enrolment.reason}
        account = enrolment.program_account
        if state == RppState.SUSPENDED:
            verb, category = "rpp.suspended", messages.RPP_SUSPENDED
            message = messages.suspended(number=account.number, reason=reason)
        else:
            verb = "rpp.reinstated" if enrolment.state == RppState.SUSPENDED else "rpp.activated"
            category = messages.RPP_REINSTATED if enrolment.state == RppState.SUSPENDED else messages.RPP_ACTIVE
            message = messages.reinstated(number=account.number)
        if state != enrolment.state:
            enrolment.changed_on = on
        enrolment.state, enrolment.reason, enrolment.note = state, reason, note
        after = {"state": state, "reason": reason}
        events.append(_event(actor, verb, enrolment, at=at, before=before, after=after, reason=note))
        news.append((account, category, message))
    RppEnrolment.objects.bulk_update(
        [enrolment for enrolment, _following in changes], ("state", "reason", "note", "changed_on"), batch_size=500
    )
    audit.record_many(events)
    _tell(news, on=on, at=at, include_delegates=True)


# --- Bonds


def propose_bond(
    *,
    program_account_id: int,
    provider_id: int,
    agreement_number: str,
    amount: Decimal,
    validity_start: date,
    validity_end: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """The importer enters a bond; it has no effect until the surety confirms it (FSR s. 5(2)).

    ``DomainError`` for a provider that is no registered surety, an amount under the minimum or impossible dates;
    ``Conflict`` for an agreement number that this surety has used.
    """
    with transaction.atomic():
        account = _locked_account(program_account_id)
        provider = queries.registered_sureties().select_for_update().filter(pk=provider_id).first()
        if provider is None:
            raise DomainError(
                _("Choose one of the financial security providers registered in the portal."),
                code="unknown_provider",
                field="provider",
            )
        if not account.imports:
            raise DomainError(
                _("Only an importer's program account can be secured. Choose another program account."),
                code="not_an_importer",
            )
        _require_minimum(amount, on)
        if validity_end is not None and (validity_end <= validity_start or validity_end < on):
            raise DomainError(
                _("The bond must end after it begins, and not before today. Correct the date or leave it empty."),
                code="bad_validity",
                field="validity_end",
            )
        if queries.is_agreement_number_used(provider.pk, agreement_number):
            raise Conflict(
                _("%(provider)s has a bond of this number already. Check the number on your agreement.")
                % {"provider": provider.legal_name},
                code="agreement_number_used",
                field="agreement_number",
            )
        bond = Bond.objects.create(
            agreement_number=agreement_number,
            provider=provider,
            debtor_id=account.business_id,
            program_account=account,
            amount=amount,
            validity_start=validity_start,
            validity_end=validity_end,
            state=BondState.PENDING_PROVIDER,
            proposed_on=on,
        )
        _keep_versions([bond], on=on, at=at, actor=actor)
        _record(actor, "bond.proposed", bond, at=at, after={"amount": amount, "provider": provider.bn9})
        _tell_surety(bond, messages.WSA_TO_CONFIRM, messages.bond_to_confirm(bond), at=at)
    return bond


def withdraw_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer takes back a bond that the surety has not answered."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.WITHDRAWN)
        bond.decided_on = on
        _save_bond(bond, BondState.WITHDRAWN, "bond.withdrawn", on=on, at=at, actor=actor)
        _tell_surety(bond, messages.WSA_WITHDRAWN, messages.bond_news(bond, messages.WSA_WITHDRAWN), at=at)
    return bond


def confirm_bond(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety confirms what the importer entered: from now on, or from its first day, the bond covers."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.ACTIVE)
        if bond.state != BondState.PENDING_PROVIDER:
            raise _wrong_state()
        if bond.validity_end is not None and bond.validity_end < on:
            raise DomainError(
                _("The last day of this bond has passed. Reject it and ask the importer for a new one."),
                code="validity_over",
            )
        following = rules.confirmed_state(validity_start=bond.validity_start, on=on)
        bond.decided_on = on
        _save_bond(bond, following, "bond.confirmed", on=on, at=at, actor=actor)
        _tell_importer(bond, messages.WSA_CONFIRMED, on=on, at=at)
        _reassess([bond.program_account_id], on=on, at=at, actor=actor)
    return bond


def reject_bond(*, bond_id: int, reason: str, on: date, at: datetime, actor: Actor) -> Bond:
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.REJECTED)
        bond.decided_on, bond.reason = on, reason
        _save_bond(bond, BondState.REJECTED, "bond.rejected", on=on, at=at, actor=actor, reason=reason)
        _tell_importer(bond, messages.WSA_REJECTED, on=on, at=at)
    return bond


def ask_bond_raise(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The importer asks the surety for a higher amount; nothing changes until the surety raises the bond."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise _wrong_state()
        if amount <= bond.amount:
            raise _not_higher(bond)
        if bond.asked_amount == amount:
            raise Conflict(
                _("%(provider)s was asked for this already. You are told as soon as the bond changes.")
                % {"provider": bond.provider.legal_name},
                code="asked_already",
            )
        bond.asked_amount = amount
        bond.save(update_fields=("asked_amount",))
        _record(actor, "bond.raise_asked", bond, at=at, before={"amount": bond.amount}, after={"amount": amount})
        _tell_surety(bond, messages.WSA_RAISE_ASKED, messages.bond_raise_asked(bond, amount), at=at)
    return bond


def raise_bond(*, bond_id: int, amount: Decimal, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety raises the amount; it covers at once. ``DomainError`` unless the new amount is higher."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state not in (BondState.ACTIVE, BondState.SCHEDULED):
            raise _wrong_state()
        if amount <= bond.amount:
            raise _not_higher(bond)
        before = bond.amount
        bond.amount, bond.asked_amount = amount, None
        _save_bond(bond, bond.state, "bond.raised", on=on, at=at, actor=actor, before={"amount": before})
        _tell_importer(bond, messages.WSA_AMENDED, on=on, at=at)
        _reassess([bond.program_account_id], on=on, at=at, actor=actor)
    return bond


def give_termination_notice(
    *, bond_id: int, terminates_on: date, reason: str = "", on: date, at: datetime, actor: Actor
) -> Bond:
    """The surety ends the bond, at the earliest 30 days after the notice (FSR s. 7); it covers until then."""
    with transaction.atomic():
        bond = _locked_bond(bond_id, BondState.TERMINATION_PENDING)
        earliest = rules.earliest_termination_on(on)
        if terminates_on < earliest:
            raise DomainError(
                _("A bond ends at least 30 days after the notice. Enter %(day)s or later.")
                % {"day": formats.day(earliest, get_language() or "en")},
                code="notice_too_short",
                field="terminates_on",
            )
        bond.terminates_on, bond.reason = terminates_on, reason
        _save_bond(bond, BondState.TERMINATION_PENDING, "bond.notice_given", on=on, at=at, actor=actor, reason=reason)
        _tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def withdraw_termination_notice(*, bond_id: int, on: date, at: datetime, actor: Actor) -> Bond:
    """The surety takes back its notice before the date."""
    with transaction.atomic():
        bond = _bond(bond_id)
        if bond.state != BondState.TERMINATION_PENDING:
            raise _wrong_state()
        bond.terminates_on, bond.reason = None, ""
        _save_bond(bond, BondState.ACTIVE, "bond.notice_withdrawn", on=on, at=at, actor=actor)
        _tell_importer(bond, messages.WSA_TERMINATION_NOTICE, on=on, at=at)
    return bond


def _require_minimum(amount: Decimal, on: date) -> None:
    minimum = policy().security_parameters(on).bond_minimum
    if amount < minimum:
        raise DomainError(
            _("A bond is for at least %(minimum)s. Enter that or more, or post a cash deposit instead.")
            % {"minimum": _money(minimum)},
            code="bond_below_minimum",
            field="amount",
        )


def _not_higher(bond: Bond) -> DomainError:
    return DomainError(
        _("Enter an amount above %(amount)s, what the bond is for now.") % {"amount": _money(bond.amount)},
        code="not_higher",
        field="amount",
    )


def _wrong_state() -> Conflict:
    return Conflict(
        _("The bond has changed in the meantime and this is no longer possible. Reload the page."), code="wrong_state"
    )


def _bond(bond_id: int) -> Bond:
    return (
        Bond.objects.select_for_update(of=("self",))
        .select_related("provider", "debtor", "program_account")
        .get(pk=bond_id)
    )


def _locked_bond(bond_id: int, following: BondState) -> Bond:
    bond = _bond(bond_id)
    if not rules.can_bond_become(bond.state, following):
        raise _wrong_state()
    return bond


def _save_bond(
    bond: Bond,
    state: str,
    verb: str,
    *,
    on: date,
    at: datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    earlier = {"state": bond.state, **(before or {})}
    bond.state = state
    bond.save()
    _keep_versions([bond], on=on, at=at, actor=actor)
    after = {"state": state, "amount": bond.amount, "terminates_on": bond.terminates_on}
    _record(actor, verb, bond, at=at, before=earlier, after=after, reason=reason)


def _keep_versions(bonds: Sequence[Bond], *, on: date, at: datetime, actor: Actor) -> None:
    known = dict(
        BondVersion.objects.filter(bond__in=bonds)
        .order_by()
        .values("bond_id")
        .annotate(last=Max("number"))
        .values_list("bond_id", "last")
    )
    BondVersion.objects.bulk_create(
        [
            BondVersion(
                bond=bond,
                number=known.get(bond.pk, 0) + 1,
                state=bond.state,
                amount=bond.amount,
                validity_start=bond.validity_start,
                validity_end=bond.validity_end,
                terminates_on=bond.terminates_on,
                effective_on=on,
                recorded_at=at,
                recorded_by=actor.name,
            )
            for bond in bonds
        ]
    )


# --- Deposits


def receive_deposit(
    *,
    program_account_id: int,
    amount: Decimal,
    payment_reference: str,
    method: str = "",
    on: date,
    at: datetime,
    actor: Actor,
) -> Deposit:
    """Cash security that a payment brought in; it covers at once and may cure a suspension.

    The same reference again returns the deposit it made; ``Conflict`` when it was for something else. ``DomainError``
    for a pre-authorized debit: security is paid by card or from the bank (reported).
    """
    if method.upper() == REFUSED_METHOD:
        raise DomainError(
            _("A deposit cannot be paid by pre-authorized debit. Pay it by card, debit or from your bank."),
            code="deposit_by_pad",
            field="method",
        )
    with transaction.atomic():
        account = _locked_account(program_account_id)
        earlier = queries.deposit_by_reference(payment_reference)
        if earlier is not None:
            if (earlier.program_account_id, earlier.amount) != (program_account_id, amount):
                raise Conflict(
                    _("This payment was used for another deposit. Check the reference."), code="reference_used"
                )
            return earlier
        deposit = Deposit.objects.create(
            program_account=account, amount=amount, payment_reference=payment_reference, active_on=on
        )
        post_deposit(
            key=f"deposit:{payment_reference}",
            holder_id=account.pk,
            payer_id=actor.business_id,
            amount=amount,
            method=method,
            source=f"deposit:{payment_reference}",
            memo=payment_reference,
            posted_on=on,
            at=at,
            actor=actor,
        )
        _record(actor, "deposit.received", deposit, at=at, after={"amount": amount, "reference": payment_reference})
        _tell(
            [(account, messages.DEPOSIT_ACTIVE, messages.deposit_active(deposit, number=account.number))], on=on, at=at
        )
        _reassess([account.pk], on=on, at=at, actor=actor)
    return deposit


def request_deposit_refund(
    *,
    program_account_id: int,
    amount: Decimal,
    expected_held: Decimal | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Decimal:
    """Make cash security payable back, oldest deposit first; returns what is still held.

    Allowed while the rest covers what is required now and from the yearly review on. ``DomainError`` beyond that;
    ``Conflict`` when ``expected_held``, what the person saw, is no longer held (the same request twice, say).
    """
    with transaction.atomic():
        account = _locked_account(program_account_id)
        held = book.deposits_of(account.pk)
        if expected_held is not None and held != expected_held:
            raise Conflict(
                _("The deposit has changed since you opened this page: %(held)s is held now. Check and ask again.")
                % {"held": _money(held)},
                code="deposit_changed",
            )
        possible = queries.returnable_cash(account.pk, on=on)
        if amount > possible:
            raise DomainError(
                _("Up to %(amount)s can go back today: the rest is needed to cover the requirement or a debt.")
                % {"amount": _money(possible)},
                code="deposit_needed",
                field="amount",
            )
        rest = amount
        deposits = list(queries.active_deposits_of(account.pk).select_for_update())
        before = sum((deposit.returned for deposit in queries.deposits_of(account.pk)), ZERO)
        for deposit in deposits:
            part = min(deposit.held, rest)
            deposit.returned += part
            rest -= part
            if deposit.held == 0:
                deposit.state = DepositState.RETURNED
        Deposit.objects.bulk_update(deposits, ("returned", "state"))
        key = f"deposit-refund:{account.number}:{cents(before + amount)}"
        post_deposit_refund(
            key=key,
            holder_id=account.pk,
            amount=amount,
            source=key,
            memo=account.number,
            posted_on=on,
            at=at,
            actor=actor,
        )
        _record(
            actor,
            "deposit.refund_asked",
            account,
            at=at,
            before={"held": held},
            after={"held": held - amount},
        )
        _tell(
            [(account, messages.DEPOSIT_REFUNDED, messages.deposit_refunded(amount, number=account.number))],
            on=on,
            at=at,
        )
        _reassess([account.pk], on=on, at=at, actor=actor)
    return held - amount


# --- Requests for a lower requirement


def open_reduction_case(
    *,
    program_account_id: int,
    proposed_amount: Decimal,
    justification: str,
    on: date,
    at: datetime,
    actor: Actor,
) -> ReductionCase:
    """Ask an officer for a lower requirement. ``Conflict`` while another request is open."""
    with transaction.atomic():
        account = _locked_account(program_account_id)
        if queries.open_case_of(account.pk) is not None:
            raise Conflict(
                _("A request is open already. Wait for its decision, or withdraw it first."), code="case_open"
            )
        requirement = _applicable_requirement(account.pk, on=on)
        if not ZERO < proposed_amount < requirement:
            raise DomainError(
                _("Propose an amount above zero and below %(amount)s, the requirement.")
                % {"amount": _money(requirement)},
                code="not_lower",
                field="proposed_amount",
            )
        case = ReductionCase.objects.create(
            program_account=account,
            requirement=requirement,
            proposed_amount=proposed_amount,
            justification=justification,
            submitted_at=at,
        )
        _record(
            actor, "reduction.asked", case, at=at, before={"amount": requirement}, after={"amount": proposed_amount}
        )
    return case


def withdraw_reduction_case(*, case_id: int, on: date, at: datetime, actor: Actor) -> ReductionCase:
    with transaction.atomic():
        case = _open_case(case_id)
        case.state, case.decided_at, case.decided_by = CaseState.WITHDRAWN, at, actor.name
        case.save()
        _record(actor, "reduction.withdrawn", case, at=at)
        _suspend_if_deadline_missed(case.program_account_id, on=on, at=at, actor=actor)
    return case


def decide_reduction_case(
    *, case_id: int, approved_amount: Decimal | None, reasons: str, on: date, at: datetime, actor: Actor
) -> ReductionCase:
    """An officer approves an amount, or with None refuses. An approved amount holds until the next yearly review.

    A refusal after the review's deadline suspends at once an account that is still short.
    """
    with transaction.atomic():
        case = _open_case(case_id)
        if approved_amount is not None and not ZERO < approved_amount < case.requirement:
            raise DomainError(
                _("Approve an amount above zero and below %(amount)s, or refuse the request.")
                % {"amount": _money(case.requirement)},
                code="not_lower",
                field="approved_amount",
            )
        case.decided_at, case.decided_by, case.decision_note = at, actor.name, reasons
        case.approved_amount = approved_amount
        if approved_amount is None:
            case.state = CaseState.REFUSED
        elif approved_amount == case.proposed_amount:
            case.state = CaseState.APPROVED
        else:
            case.state = CaseState.PARTIALLY_APPROVED
        case.save()
        _record(actor, "reduction.decided", case, at=at, after={"state": case.state, "amount": approved_amount})
        account = case.program_account
        if approved_amount is not None:
            _lower_requirement(account.pk, approved_amount, on=on)
        message = messages.reduction_decided(case, number=account.number)
        _tell([(account, messages.REDUCTION_DECISION, message)], on=on, at=at)
        _reassess([account.pk], on=on, at=at, actor=actor)
        _suspend_if_deadline_missed(account.pk, on=on, at=at, actor=actor)
    return case


def _open_case(case_id: int) -> ReductionCase:
    case = ReductionCase.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=case_id)
    if case.state != CaseState.SUBMITTED:
        raise Conflict(_("This request was decided already. Reload the page."), code="case_closed")
    return case


def _applicable_requirement(program_account_id: int, *, on: date) -> Decimal:
    """The higher of what is required now and what the yearly review will require."""
    versions = (
        queries.requirement_on(program_account_id, on=on),
        queries.upcoming_requirement(program_account_id, on=on),
    )
    return max((version.amount for version in versions if version is not None), default=ZERO)


def _lower_requirement(program_account_id: int, amount: Decimal, *, on: date) -> None:
    """New versions where the approved amount is below the one in force and below the one to come."""
    current = queries.requirement_on(program_account_id, on=on)
    upcoming = queries.upcoming_requirement(program_account_id, on=on)
    days = [
        day
        for day, version in ((on, current), (upcoming.effective_on if upcoming else on, upcoming))
        if version is not None and amount < version.amount
    ]
    SecurityRequirement.objects.bulk_create(
        [
            SecurityRequirement(
                program_account_id=program_account_id,
                amount=amount,
                source=RequirementSource.REDUCTION,
                effective_on=day,
                computed_on=on,
            )
            for day in days
        ]
    )


def _suspend_if_deadline_missed(program_account_id: int, *, on: date, at: datetime, actor: Actor) -> None:
    review = queries.latest_review_of(program_account_id)
    if review is not None and on >= review.suspend_on:
        _suspend_short([review], on=on, at=at, actor=actor)


# --- The yearly review


def run_annual_review(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Recompute the requirement of every importer's program account, when a cycle runs on this day.

    Idempotent: an account is reviewed once a cycle and year, however often and at however many places this runs.
    """
    schedule = queries.review_running_on(on)
    if schedule is None:
        return {"skipped": True}
    _work_off(run, "security.services.review_chunk", actor)
    return {
        "cycle": schedule.cycle,
        "year": schedule.year,
        "outcomes": queries.outcome_counts(schedule.cycle, schedule.year),
    }


def run_review_deadline(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """The day after the deadline: suspend who was told of a rise and is still short without an open case."""
    schedule = queries.review_suspending_on(on)
    if schedule is None:
        return {"skipped": True}
    suspended = _work_off(run, "security.services.deadline_chunk", actor)
    return {"cycle": schedule.cycle, "year": schedule.year, "suspended": suspended}


def _work_off(run: JobRun, work: str, actor: Actor) -> int:
    ends = queries.first_and_last_account()
    return run_chunks(run=run, ranges=ranges_of(*ends, size=CHUNK), work=work, actor=actor)


def review_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """Review the accounts of one range; those reviewed before in this cycle and year are left as they are."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    schedule = queries.review_running_on(on)
    if schedule is None:
        return 0
    with transaction.atomic():
        return _review(range(chunk.first_id, chunk.last_id + 1), schedule, run=chunk.run, on=on, at=at, actor=actor)


@dataclass(frozen=True)
class _Finding:
    row: queries.AccountRow
    review: AnnualReview
    lack: rules.Shortfall


def _review(accounts: range, schedule: ReviewSchedule, *, run: JobRun, on: date, at: datetime, actor: Actor) -> int:
    rows = queries.account_rows(accounts, on=on, not_reviewed_in=(schedule.cycle, schedule.year))
    if not rows:
        return 0
    dated = policy()
    parameters = dated.security_parameters(on)
    slices = schedule.slices
    charges = dict(book.charges_by_window(accounts, slices))
    cash = book.deposits_by_holder(accounts)
    nothing = [ZERO] * len(slices)
    findings = []
    for row in rows:
        totals = charges.get(row.id, nothing)
        driving = rules.driving_month(slices, totals)
        old = row.requirement if row.has_requirement else None
        outcome, new = rules.review_outcome(
            old=old,
            old_source=row.requirement_source,
            new=driving.amount,
            state=row.state,
            has_full_window=row.opened_on <= schedule.window_start,
        )
        coverage = Coverage(row.bond, cash.get(row.id, ZERO), parameters)
        lack = rules.shortfall(coverage, new)
        review = AnnualReview(
            cycle=schedule.cycle,
            year=schedule.year,
            program_account_id=row.id,
            run=run,
            window_start=schedule.window_start,
            window_end=schedule.window_end,
            due_on=schedule.due_on,
            suspend_on=schedule.suspend_on,
            old_amount=old,
            new_amount=new,
            driving_month_end=driving.last,
            months=[cents(total) for total in totals],
            covered=coverage.total,
            shortfall=lack.missing,
            outcome=outcome,
            notified_at=at if outcome == ReviewOutcome.RISEN else None,
        )
        findings.append(_Finding(row, review, lack))
    AnnualReview.objects.bulk_create([finding.review for finding in findings], batch_size=500)
    SecurityRequirement.objects.bulk_create(
        [
            SecurityRequirement(
                program_account_id=finding.row.id,
                amount=finding.review.new_amount,
                source=RequirementSource.REVIEW,
                driving_month_end=finding.review.driving_month_end,
                effective_on=schedule.due_on,
                computed_on=on,
                review=finding.review,
            )
            for finding in findings
            if finding.review.outcome in (ReviewOutcome.RISEN, ReviewOutcome.SAME_OR_LOWER)
        ],
        batch_size=500,
    )
    risen = [finding for finding in findings if finding.review.outcome == ReviewOutcome.RISEN]
    _tell_of_reviews(
        [
            (
                finding.row.id,
                messages.ANNUAL_REVIEW_INCREASE,
                messages.review_increase(
                    number=finding.row.number,
                    year=schedule.year,
                    old=finding.review.old_amount or ZERO,
                    new=finding.review.new_amount,
                    needed=requirement_for(finding.review.new_amount, on, policy=dated),
                    lack=finding.lack,
                    due_on=schedule.due_on,
                ),
                messages.review_link(finding.row.number),
            )
            for finding in risen
        ],
        on=on,
        at=at,
    )
    audit.record(
        actor=actor,
        verb="review.chunk_done",
        target=f"core.JobRun:{run.pk}",
        after={"first": rows[0].id, "last": rows[-1].id, "reviewed": len(rows), "risen": len(risen)},
        at=at,
    )
    return len(rows)


def deadline_chunk(*, chunk: JobChunk, actor: Actor) -> int:
    """Suspend those of one range who missed the deadline; returns how many changed."""
    at = chunk.run.due_at.astimezone(TORONTO)
    on = at.date()
    schedule = queries.review_suspending_on(on)
    if schedule is None:
        return 0
    reviews = AnnualReview.objects.filter(
        cycle=schedule.cycle,
        year=schedule.year,
        outcome=ReviewOutcome.RISEN,
        program_account_id__gte=chunk.first_id,
        program_account_id__lte=chunk.last_id,
    )
    with transaction.atomic():
        return _suspend_short(reviews, on=on, at=at, actor=actor)


def _suspend_short(reviews: Iterable[AnnualReview], *, on: date, at: datetime, actor: Actor) -> int:
    by_account = {review.program_account_id: review for review in reviews}
    if not by_account:
        return 0
    facts = queries.facts_by_account(list(by_account), on=on)
    with_case = queries.accounts_with_open_case(list(by_account))
    short = [
        number
        for number, review in by_account.items()
        if rules.is_to_suspend(
            outcome=review.outcome,
            is_sufficient=facts[number].is_sufficient,
            has_open_case=number in with_case,
            suspend_on=review.suspend_on,
            on=on,
        )
    ]
    return suspend_rpp(program_account_ids=short, reason=SuspensionReason.REVIEW_SHORTFALL, on=on, at=at, actor=actor)


def hold_review(*, review_id: int, reason: str, on: date, at: datetime, actor: Actor) -> AnnualReview:
    """An officer holds back the consequence of a review (a paper increase on its way, say)."""
    return _set_outcome(review_id, ReviewOutcome.RISEN, ReviewOutcome.HELD, "review.held", reason, at=at, actor=actor)


def release_review(*, review_id: int, reason: str, on: date, at: datetime, actor: Actor) -> AnnualReview:
    """End the hold; after the deadline an account that is still short is suspended at once."""
    with transaction.atomic():
        review = _set_outcome(
            review_id, ReviewOutcome.HELD, ReviewOutcome.RISEN, "review.released", reason, at=at, actor=actor
        )
        _suspend_short([review], on=on, at=at, actor=actor)
    return review


def _set_outcome(
    review_id: int, state: str, following: str, verb: str, reason: str, *, at: datetime, actor: Actor
) -> AnnualReview:
    with transaction.atomic():
        review = (
            AnnualReview.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=review_id)
        )
        if review.outcome != state:
            raise Conflict(_("This review is not in the state for that. Reload the page."), code="wrong_state")
        review.outcome, review.note = following, reason
        review.save(update_fields=("outcome", "note"))
        _record(actor, verb, review, at=at, before={"outcome": state}, after={"outcome": following}, reason=reason)
    return review


# --- Every day


def run_daily(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Bonds that start, end or lapse today, requirements that begin to hold, reminders of the yearly review."""
    at = run.due_at.astimezone(TORONTO)
    with transaction.atomic():
        bonds = _move_bonds(on=on, at=at, actor=actor)
        lowered = queries.suspended_with_requirement_from(on)
        reassessed = _reassess({*lowered, *(bond.program_account_id for bond in bonds)}, on=on, at=at, actor=actor)
        reminded = _remind(on=on, at=at)
    return {"bonds": len(bonds), "reassessed": reassessed, "reminded": reminded}


def _move_bonds(*, on: date, at: datetime, actor: Actor) -> list[Bond]:
    due = (
        Q(state=BondState.PENDING_PROVIDER, proposed_on__lt=on - timedelta(days=rules.PROPOSAL_DAYS))
        | Q(state=BondState.SCHEDULED, validity_start__lte=on)
        | Q(state__in=rules.COVERING, validity_end__lt=on)
        | Q(state=BondState.TERMINATION_PENDING, terminates_on__lte=on)
    )
    bonds = list(
        Bond.objects.select_for_update(of=("self",))
        .filter(due)
        .select_related("provider", "debtor", "program_account")
        .order_by("pk")
    )
    categories = {
        BondState.ACTIVE: messages.WSA_STARTED,
        BondState.LAPSED: messages.WSA_LAPSED,
        BondState.EXPIRED: messages.WSA_ENDED,
        BondState.TERMINATED: messages.WSA_ENDED,
    }
    events, news = [], []
    for bond in bonds:
        before = {"state": bond.state}
        following = BondState(
            rules.daily_bond_state(
                bond.state,
                proposed_on=bond.proposed_on,
                validity_start=bond.validity_start,
                validity_end=bond.validity_end,
                terminates_on=bond.terminates_on,
                on=on,
            )
        )
        bond.state = following
        events.append(
            _event(actor, f"bond.{following.lower()}", bond, at=at, before=before, after={"state": following})
        )
        category = categories[following]
        news.append((bond.program_account, category, messages.bond_news(bond, category)))
    Bond.objects.bulk_update(bonds, ("state",), batch_size=500)
    _keep_versions(bonds, on=on, at=at, actor=actor)
    audit.record_many(events)
    _tell(news, on=on, at=at)
    return bonds


def _remind(*, on: date, at: datetime) -> int:
    """Remind, once a day of reminder, those told of a rise who would still be short on the deadline."""
    due_days = [on + timedelta(days=days) for days in rules.REMINDER_DAYS]
    reviews = list(
        AnnualReview.objects.filter(outcome=ReviewOutcome.RISEN, due_on__in=due_days)
        .exclude(reminded_on=on)
        .order_by("program_account_id")
    )
    by_due: dict[date, list[AnnualReview]] = defaultdict(list)
    for review in reviews:
        by_due[review.due_on].append(review)
    news = []
    reminded = []
    for due_on, those in by_due.items():
        rows = {row.id: row for row in queries.account_rows([row.program_account_id for row in those], on=due_on)}
        coverages = queries.coverage_by_account(list(rows), on=on)
        for review in those:
            row = rows[review.program_account_id]
            lack = rules.shortfall(coverages[row.id], row.requirement)
            if lack.is_short and row.state in rules.ENROLLED:
                review.reminded_on = on
                reminded.append(review)
                message = messages.review_reminder(review, number=row.number, lack=lack)
                news.append((row.id, messages.ANNUAL_REVIEW_REMINDER, message, messages.review_link(row.number)))
    AnnualReview.objects.bulk_update(reminded, ("reminded_on",), batch_size=500)
    _tell_of_reviews(news, on=on, at=at)
    return len(reminded)


# --- Shared


def _locked_account(program_account_id: int) -> ProgramAccount:
    """The program account's row, locked: what happens to its security happens one after the other."""
    return ProgramAccount.objects.select_for_update(of=("self",)).select_related("business").get(pk=program_account_id)


def _locked_enrolment(program_account_id: int) -> RppEnrolment | None:
    return (
        RppEnrolment.objects.select_for_update(of=("self",))
        .select_related("program_account")
        .filter(program_account_id=program_account_id)
        .first()
    )


def _locked_enrolments(program_account_ids: Collection[int]) -> list[RppEnrolment]:
    return list(
        RppEnrolment.objects.select_for_update(of=("self",))
        .select_related("program_account")
        .filter(program_account_id__in=list(program_account_ids), state__in=rules.ENROLLED)
        .order_by("pk")
    )


def _event(actor: Actor, verb: str, about: Any, *, at: datetime, **details: Any) -> Any:
    account = about if isinstance(about, ProgramAccount) else about.program_account
    return audit.event(
        actor=actor,
        verb=verb,
        target=f"{about._meta.label}:{about.pk}",
        business_id=account.business_id,
        program_account_id=account.pk,
        at=at,
        **details,
    )


def _record(actor: Actor, verb: str, about: Any, *, at: datetime, **details: Any) -> None:
    audit.record_many([_event(actor, verb, about, at=at, **details)])


def _tell(
    news: Sequence[tuple[ProgramAccount, str, messages.Message]],
    *,
    on: date,
    at: datetime,
    include_delegates: bool = False,
) -> None:
    """One message a program account to each of its people, all in a few statements."""
    if not news:
        return
    people = queries.people_to_tell(
        {account.pk for account, _c, _m in news}, on=on, include_delegates=include_delegates
    )
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=category,
                link=messages.account_link(account.number),
                business_id=account.business_id,
                program_account_id=account.pk,
            )
            for account, category, message in news
            for person in people[account.pk]
        ],
        at=at,
    )


def _tell_of_reviews(news: Sequence[tuple[int, str, messages.Message, str]], *, on: date, at: datetime) -> None:
    if not news:
        return
    people = queries.people_to_tell([number for number, _c, _m, _l in news], on=on)
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=category,
                link=link,
                program_account_id=number,
            )
            for number, category, message, link in news
            for person in people[number]
        ],
        at=at,
    )


def _tell_surety(bond: Bond, category: str, message: messages.Message, *, at: datetime) -> None:
    notify_many(
        drafts=[
            Draft(
                recipient=person,
                subject=message[0],
                body=message[1],
                category=category,
                link=messages.desk_link(bond.provider.bn9, bond.pk),
                business_id=bond.provider_id,
            )
            for person in queries.managers_of(bond.provider_id)
        ],
        at=at,
    )


def _tell_importer(bond: Bond, category: str, *, on: date, at: datetime) -> None:
    _tell([(bond.program_account, category, messages.bond_news(bond, category))], on=on, at=at)

"""A broker's word that it pays for its client: announced, withdrawn, filled by what the broker pays."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from core.lazy import lazy_text
from core.money import ZERO
from delegation import services as delegations
from payments.messages import PLAN_BODY, PLAN_SUBJECT, PLAN_WITHDRAWN_BODY, PLAN_WITHDRAWN_SUBJECT
from payments.models import Payment, PlannedPayment
from payments.queries import received_from

#: How far ahead a payment may be announced (assumed: two billing cycles).
LONGEST_AHEAD = timedelta(days=62)


def announce(
    *,
    program_account: ProgramAccount,
    payer: Business,
    amount: Decimal,
    planned_on: date,
    on: date,
    at: datetime,
    actor: Actor,
) -> PlannedPayment:
    """Tell a client that its broker pays so much (dollars) by a day; the client sees it before paying itself.

    The same amount and day announced again is one plan. ``DomainError`` for an amount not above zero, a day that is
    past or more than 62 days ahead, or where the payer is the importer itself.
    """
    if payer.pk == program_account.business_id:
        raise DomainError(
            _("Only who pays for somebody else announces it. Pay when you are ready."), code="own_account"
        )
    if amount <= ZERO:
        raise DomainError(_("Enter an amount greater than zero."), code="amount_not_positive", field="amount")
    if not on <= planned_on <= on + LONGEST_AHEAD:
        raise DomainError(
            _("Enter a day from today on, at most 62 days ahead."), code="planned_out_of_range", field="planned_on"
        )
    with transaction.atomic():
        ProgramAccount.objects.select_for_update(no_key=True).get(pk=program_account.pk)
        plan, is_new = PlannedPayment.objects.get_or_create(
            program_account=program_account,
            payer=payer,
            amount=amount,
            planned_on=planned_on,
            state=PlannedPayment.State.ANNOUNCED,
            defaults={"person": actor.name, "announced_at": at},
        )
        if is_new:
            _record(plan, "payment.arranged", actor=actor, at=at)
            _tell(plan, PLAN_SUBJECT, PLAN_BODY, at=at)
    return plan


def withdraw(*, plan: PlannedPayment, at: datetime, actor: Actor) -> PlannedPayment:
    """Take an announcement back and tell the client; again changes nothing. ``Conflict`` once it was paid."""
    with transaction.atomic():
        plan = (
            PlannedPayment.objects.select_for_update(of=("self",), no_key=True)
            .select_related("payer", "program_account")
            .get(pk=plan.pk)
        )
        if plan.state == PlannedPayment.State.PAID:
            raise Conflict(_("This was paid already. Open the payment to see its receipt."), code="plan_paid")
        if plan.state == PlannedPayment.State.WITHDRAWN:
            return plan
        plan.state = PlannedPayment.State.WITHDRAWN
        plan.save(update_fields=("state",))
        _record(plan, "payment.arrangement_withdrawn", actor=actor, at=at)
        _tell(plan, PLAN_WITHDRAWN_SUBJECT, PLAN_WITHDRAWN_BODY, at=at)
    return plan


def fill(payment: Payment) -> None:
    """What a payer paid counts towards what it announced for the account, the nearest day first."""
    unused = payment.amount
    plans = PlannedPayment.objects.select_for_update(no_key=True).filter(
        program_account_id=payment.program_account_id,
        payer_id=payment.payer_id,
        state=PlannedPayment.State.ANNOUNCED,
    )
    for plan in plans.order_by("planned_on", "id"):
        part = min(plan.left, unused)
        if part <= ZERO:
            break
        plan.paid += part
        unused -= part
        if plan.left == ZERO:
            plan.state = PlannedPayment.State.PAID
        plan.save(update_fields=("paid", "state"))


def reopen(payment: Payment, *, at: datetime, actor: Actor) -> None:
    """A payment that came back no longer counts towards what its payer announced; the furthest day is taken up first.

    What the payer's other payments since have brought still counts. To be called after the payment became returned.
    """
    plans = PlannedPayment.objects.select_for_update(of=("self",), no_key=True).filter(
        program_account_id=payment.program_account_id,
        payer_id=payment.payer_id,
        announced_at__lte=payment.received_at,
        paid__gt=ZERO,
    )
    counted = list(
        plans.exclude(state=PlannedPayment.State.WITHDRAWN)
        .select_related("program_account")
        .order_by("-planned_on", "-id")
    )
    if not counted:
        return
    brought = received_from(payment, since=min(plan.announced_at for plan in counted))
    missing = min(payment.amount, sum((plan.paid for plan in counted), ZERO) - brought)
    for plan in counted:
        part = min(plan.paid, missing)
        if part <= ZERO:
            break
        missing -= part
        plan.paid -= part
        plan.state = PlannedPayment.State.ANNOUNCED
        plan.save(update_fields=("paid", "state"))
        _record(plan, "payment.arrangement_reopened", actor=actor, at=at)


def _record(plan: PlannedPayment, verb: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"payments.PlannedPayment:{plan.pk}",
        business_id=plan.program_account.business_id,
        program_account_id=plan.program_account_id,
        after={"amount": plan.amount, "planned_on": plan.planned_on, "state": plan.state},
        at=at,
    )


def _tell(plan: PlannedPayment, subject: Any, body: Any, *, at: datetime) -> None:
    delegations.notify_business(
        business_id=plan.program_account.business_id,
        subject=lazy_text(subject, payer=plan.payer.legal_name, amount=plan.left),
        body=lazy_text(body, day=plan.planned_on),
        category="payment",
        link=partial(reverse, "payments:pay", args=(plan.program_account.number,)),
        program_account_id=plan.program_account_id,
        at=at,
    )

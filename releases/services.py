"""Asking for release: the decision, the number, and the dates that follow from it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Business, ProgramAccount
from core import audit
from core.actor import Actor, ActorKind
from core.clock import TORONTO
from core.errors import Conflict, DomainError
from delegation import queries as delegations
from delegation.rules import Action
from reference import queries as reference
from reference.rules.billing import Stream
from reference.rules.policy import is_own_security_required, is_registration_required
from releases import queries
from releases.models import NumberSeries, Release
from releases.rules import (
    CTYPE_PREFIX,
    Refusal,
    ReleaseFacts,
    ReleaseKind,
    filer_number,
    release_refusal,
    transaction_number,
)
from security import queries as security

#: What to do after each refusal, said with it.
WAY_OUT: dict[str, Any] = {
    Refusal.NOT_REGISTERED: gettext_lazy(
        "This importer is not registered in the portal, and since 21 October 2024 nothing is released without it, "
        "C-type included. Ask the importer to register the business, then ask for release again."
    ),
    Refusal.ACCOUNT_CLOSED: gettext_lazy(
        "This program account is closed. Use the importer's open program account, or ask the importer to open one."
    ),
    Refusal.EXPORTER_ONLY: gettext_lazy(
        "This program account is for export only. The importer has to enrol it as an importer before any release."
    ),
    Refusal.NO_DELEGATION: gettext_lazy(
        "The importer has not given you access to this program account. Request access; once it is approved, ask again."
    ),
    Refusal.NO_RPP: gettext_lazy(
        "The importer has no Release Prior to Payment at this moment. Either the importer enrols and posts security, "
        "or the goods are released as C-type: the declaration is paid at the port before release."
    ),
}
#: The series from which importers that file for themselves get their account security number.
FILERS = "ASEC"


@dataclass(frozen=True)
class ReleaseRequest:
    """What somebody asks to have released."""

    account_number: str
    kind: ReleaseKind
    cargo_control_number: str
    office: str
    goods: str
    estimated_value: Decimal


def request_release(
    *,
    request: ReleaseRequest,
    submitter: Business,
    staff_actions: frozenset[Action],
    actor: Actor,
    at: datetime,
    held: Collection[int] | None = None,
) -> Release:
    """Decide at once and store the request, released or refused.

    ``staff_actions`` is what the person may do at home, ``held`` the program accounts of the own business that the
    person's role reaches (``None`` is all). ``DomainError`` for an office that does not exist, ``Conflict`` when the
    same cargo was released before under this filer.
    """
    on = at.astimezone(TORONTO).date()
    if reference.office_of(request.office) is None:
        raise DomainError(_("Choose an office from the list."), code="office_unknown", field="office")
    account = delegations.program_account(request.account_number)
    facts = _facts(account, request.kind, submitter, staff_actions, held, actor, at, on)
    refusal = release_refusal(request.kind, facts)
    try:
        with transaction.atomic():
            release = Release(
                transaction_number=_next_number(request.kind, submitter),
                program_account=account,
                asked_for=request.account_number,
                submitter=submitter,
                kind=request.kind,
                cargo_control_number=request.cargo_control_number,
                office=request.office,
                goods=request.goods,
                estimated_value=request.estimated_value,
                stream=Stream.AT_RELEASE if request.kind == ReleaseKind.CTYPE else Stream.RPP,
                state=_state(request.kind, refusal),
                refusal=refusal or "",
                requested_at=at,
                requested_by=actor.name,
            )
            if release.state == Release.State.RELEASED:
                dates = reference.billing_dates_of(on, Stream(release.stream))
                release.released_on = on
                release.accounting_due_on = dates.accounting_due_on
                release.payment_due_on = dates.payment_due_on
                release.last_day_to_pay = dates.last_day_to_pay
            release.save(force_insert=True)
            _record(release, actor=actor, at=at)
    except IntegrityError as clash:
        earlier = queries.earlier_release_of_cargo(request.cargo_control_number, submitter_id=submitter.pk)
        if earlier is None:
            raise
        raise Conflict(
            _(
                "Cargo control number %(number)s was released before, under transaction %(transaction)s. "
                "Open that release, or check the number."
            )
            % {"number": request.cargo_control_number, "transaction": earlier.transaction_number},
            code="cargo_released_before",
            field="cargo_control_number",
        ) from clash
    return release


def mark_accounted(*, release_id: int, on: date) -> None:
    """Note the day on which the goods of a release were accounted for; called as its declaration is accepted."""
    Release.objects.filter(pk=release_id, accounted_on=None).update(accounted_on=on)


def mark_all_accounted(*, release_ids: Collection[int], on: date) -> None:
    """The same for the many releases of a consolidated declaration."""
    Release.objects.filter(pk__in=release_ids, accounted_on=None).update(accounted_on=on)


def next_transaction_number(submitter_id: int) -> str:
    """A number for a declaration that has no release of its own; inside a transaction."""
    prefix = account_security_number(submitter_id)
    return transaction_number(prefix, _next(prefix))


def mark_overdue_notice(*, release_ids: Collection[int], on: date) -> None:
    """Note that the overdue notice of these releases left; none leaves twice."""
    Release.objects.filter(pk__in=release_ids).update(overdue_notice_on=on)


def mark_penalty_decided(*, release_ids: Collection[int], on: date) -> None:
    """Note that the late accounting penalty of these releases was charged, or found not to apply."""
    Release.objects.filter(pk__in=release_ids).update(penalty_decided_on=on)


def release_at_port(*, release_id: int, on: date, actor: Actor, at: datetime) -> Release:
    """Release goods whose C-type declaration was paid at the counter; once."""
    with transaction.atomic():
        release = Release.objects.select_for_update(of=("self",)).select_related("program_account").get(pk=release_id)
        if release.state != Release.State.AT_PORT or release.program_account is None:
            raise Conflict(_("These goods do not wait for payment at the port."), code="release_not_at_port")
        release.state = Release.State.RELEASED
        release.released_on = release.accounted_on = release.accounting_due_on = on
        release.payment_due_on = release.last_day_to_pay = on
        release.save()
        _record(release, actor=actor, at=at)
    return release


def _facts(
    account: ProgramAccount | None,
    kind: ReleaseKind,
    submitter: Business,
    staff_actions: frozenset[Action],
    held: Collection[int] | None,
    actor: Actor,
    at: datetime,
    on: date,
) -> ReleaseFacts:
    is_registered = account is not None and account.business.registered_at is not None
    rpp_is_on = (
        account is not None and kind != ReleaseKind.CTYPE and security.rpp_status(account.pk, on=on, at=at).is_on
    )
    dated = reference.policy()
    return ReleaseFacts(
        is_registered=is_registered,
        registration_is_required=is_registration_required(on, policy=dated),
        account_is_open=account is not None and (account.closed_on is None or account.closed_on > on),
        account_imports=account is not None and account.imports,
        requester_has_authority=account is not None
        and queries.may_request_release(
            account=account,
            submitter=submitter,
            staff_actions=staff_actions,
            on=on,
            held=held,
            user_id=actor.user_id if actor.kind == ActorKind.PERSON else None,
        ),
        rpp_is_on=rpp_is_on,
        own_security_is_required=is_own_security_required(on, policy=dated),
    )


def _state(kind: ReleaseKind, refusal: Refusal | None) -> Release.State:
    if refusal is not None:
        return Release.State.REFUSED
    return Release.State.AT_PORT if kind == ReleaseKind.CTYPE else Release.State.RELEASED


def _next_number(kind: ReleaseKind, submitter: Business) -> str:
    prefix = CTYPE_PREFIX if kind == ReleaseKind.CTYPE else account_security_number(submitter.pk)
    return transaction_number(prefix, _next(prefix))


def _next(prefix: str) -> int:
    """The next of a series; the update holds its row until the end of the transaction, so that no two are alike."""
    NumberSeries.objects.get_or_create(prefix=prefix)
    NumberSeries.objects.filter(prefix=prefix).update(last=F("last") + 1)
    return NumberSeries.objects.get(prefix=prefix).last


def account_security_number(submitter_id: int) -> str:
    """The filer's account security number; an importer that files for itself gets one with its first request."""
    submitter = Business.objects.select_for_update().get(pk=submitter_id)
    if submitter.account_security_number is None:
        number = filer_number(_next(FILERS))
        while Business.objects.filter(account_security_number=number).exists():
            number = filer_number(_next(FILERS))
        submitter.account_security_number = number
        submitter.save(update_fields=("account_security_number",))
    return submitter.account_security_number


def _record(release: Release, *, actor: Actor, at: datetime) -> None:
    account = release.program_account
    audit.record(
        actor=actor,
        verb=f"release.{release.state.lower()}",
        target=f"releases.Release:{release.transaction_number}",
        business_id=account.business_id if account else None,
        program_account_id=account.pk if account else None,
        after={"kind": release.kind, "cargo": release.cargo_control_number, "refusal": release.refusal},
        at=at,
    )

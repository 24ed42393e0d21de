"""Asking for release: the decision, the number, and the dates that follow from it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core import format as formats
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError
from delegation import queries as delegations
from delegation.rules import Action
from reference import queries as reference
from reference.rules.billing import Stream
from reference.rules.policy import Policy, is_own_security_required, is_registration_required
from releases import queries
from releases.models import Release, ReleaseMessage
from releases.rules import (
    FIELDS,
    PROGRAMMES,
    ContingencyFacts,
    Fault,
    Particulars,
    Refusal,
    ReleaseFacts,
    ReleaseKind,
    first_state,
    release_refusal,
    request_faults,
    stream_of,
)
from releases.services.numbers import next_number
from releases.services.parts import day_of, message, release_event
from releases.services.words import FAULTS
from security import queries as security

Code = ReleaseMessage.Code


@dataclass(frozen=True)
class ReleaseRequest:
    """What somebody asks to have released.

    ``expected_arrival_on`` is for PARS and IID (none: the goods are here), ``department`` and ``permit_number`` for
    IID, ``is_uncontrolled`` for courier goods; ``contingency_account`` is the broker's BN15 under the contingency plan,
    with the ``goods_category``.
    """

    account_number: str
    kind: ReleaseKind
    cargo_control_number: str
    office: str
    goods: str
    estimated_value: Decimal
    expected_arrival_on: date | None = None
    department: str = ""
    permit_number: str = ""
    is_uncontrolled: bool = False
    contingency_account: str = ""
    goods_category: str = ""

    @property
    def particulars(self) -> Particulars:
        return Particulars(
            kind=self.kind,
            cargo_control_number=self.cargo_control_number,
            estimated_value=self.estimated_value,
            expected_arrival_on=self.expected_arrival_on,
            department=self.department,
            permit_number=self.permit_number,
            is_uncontrolled=self.is_uncontrolled,
            has_contingency=bool(self.contingency_account),
            goods_category=self.goods_category,
        )


@dataclass(frozen=True)
class Asker:
    """Who asks: the business, what its person may do at home, and the program accounts of it that the role reaches."""

    submitter: Business
    staff_actions: frozenset[Action]
    held: Collection[int] | None
    actor: Actor


def request_faults_of(wanted: ReleaseRequest, *, on: date) -> list[DomainError]:
    """Everything that is wrong with a request, each with its field and its way out."""
    limit = reference.policy().amount("courier.value_limit", on)
    found = request_faults(wanted.particulars, on=on, courier_limit=limit)
    return [_mistake(fault, limit) for fault in found]


def request_release(
    *,
    request: ReleaseRequest,
    submitter: Business,
    staff_actions: frozenset[Action],
    actor: Actor,
    at: datetime,
    held: Collection[int] | None = None,
) -> Release:
    """Decide at once and store the request: released, refused, or accepted until the goods arrive.

    ``staff_actions`` is what the person may do at home, ``held`` the program accounts of the own business that the
    person's role reaches (``None`` is all). ``DomainError`` for an office that does not exist or a request that does
    not fit its kind, ``Conflict`` when the same cargo was released before under this filer.
    """
    on = day_of(at)
    if reference.office_of(request.office) is None:
        raise DomainError(_("Choose an office from the list."), code="office_unknown", field="office")
    for mistake in request_faults_of(request, on=on):
        raise mistake
    account = delegations.program_account(request.account_number)
    contingency = delegations.program_account(request.contingency_account) if request.contingency_account else None
    admitted = queries.admissions_for(account, submitter_id=submitter.pk, contingency=contingency, on=on)
    asker = Asker(submitter, staff_actions, held, actor)
    facts = release_facts(
        account, request, asker=asker, admitted=admitted, contingency=contingency, at=at, dated=reference.policy()
    )
    refusal = release_refusal(request.kind, facts)
    try:
        with transaction.atomic():
            release = _stored(request, account, contingency, asker, refusal, admitted, at)
            _begin(release, at=at)
            audit.record_many([release_event(release, f"release.{release.state.lower()}", actor=actor, at=at)])
    except IntegrityError as clash:
        earlier = queries.earlier_release_of_cargo(request.cargo_control_number, submitter_id=submitter.pk)
        if earlier is None:
            raise
        raise _released_before(request, earlier) from clash
    return release


def set_dates(release: Release, *, on: date) -> None:
    """Free the goods on a day; what is due after it is fixed with it."""
    dates = reference.billing_dates_of(on, Stream(release.stream))
    release.state = Release.State.RELEASED
    release.released_on = on
    release.accounting_due_on = dates.accounting_due_on
    release.payment_due_on = dates.payment_due_on
    release.last_day_to_pay = dates.last_day_to_pay


def release_facts(
    account: ProgramAccount | None,
    wanted: ReleaseRequest,
    *,
    asker: Asker,
    admitted: queries.Admissions,
    contingency: ProgramAccount | None,
    at: datetime,
    dated: Policy,
) -> ReleaseFacts:
    """What is known of an importer and of who asks, as of a moment."""
    on = day_of(at)
    kind, actor = wanted.kind, asker.actor
    own_security = is_own_security_required(on, policy=dated)
    plan = None
    if wanted.contingency_account:
        plan = ContingencyFacts(
            is_in_force=dated.holds("contingency.in_force", on),
            covers_all_goods=dated.holds("contingency.covers_all_goods", on),
            category=wanted.goods_category,
            account_is_admitted=contingency is not None
            and contingency.business_id == asker.submitter.pk
            and _is_open(contingency, on)
            and admitted.contingency
            and security.rpp_status(contingency.pk, on=on, at=at).is_on,
        )
    return ReleaseFacts(
        is_registered=account is not None and account.business.registered_at is not None,
        registration_is_required=is_registration_required(on, policy=dated),
        account_is_open=account is not None and _is_open(account, on),
        account_imports=account is not None and account.imports,
        requester_has_authority=account is not None
        and queries.may_request_release(
            account=account,
            submitter=asker.submitter,
            staff_actions=asker.staff_actions,
            on=on,
            held=asker.held,
            user_id=actor.user_id if actor.kind == ActorKind.PERSON else None,
        ),
        rpp_is_on=account is not None
        and kind != ReleaseKind.CTYPE
        and security.rpp_status(account.pk, on=on, at=at).is_on,
        own_security_is_required=own_security,
        programme_is_open=kind not in PROGRAMMES or admitted.to(kind),
        contingency=plan,
    )


def _stored(
    wanted: ReleaseRequest,
    account: ProgramAccount | None,
    contingency: ProgramAccount | None,
    asker: Asker,
    refusal: Refusal | None,
    admitted: queries.Admissions,
    at: datetime,
) -> Release:
    on = day_of(at)
    state = first_state(
        wanted.kind,
        refusal=refusal,
        expected_arrival_on=wanted.expected_arrival_on,
        on=on,
        is_selected=admitted.examination,
    )
    release = Release(
        transaction_number=next_number(wanted.kind, asker.submitter),
        program_account=account,
        asked_for=wanted.account_number,
        submitter=asker.submitter,
        kind=wanted.kind,
        cargo_control_number=wanted.cargo_control_number,
        office=wanted.office,
        goods=wanted.goods,
        estimated_value=wanted.estimated_value,
        expected_arrival_on=wanted.expected_arrival_on,
        department=wanted.department,
        permit_number=wanted.permit_number,
        goods_category=wanted.goods_category,
        contingency_account=contingency if refusal is None else None,
        stream=stream_of(wanted.kind, csa_option=admitted.csa_option) if refusal is None else Stream.RPP,
        state=state.value,
        refusal=refusal or "",
        requested_at=at,
        requested_by=asker.actor.name,
    )
    if release.state == Release.State.RELEASED:
        set_dates(release, on=on)
    release.save(force_insert=True)
    return release


def _begin(release: Release, *, at: datetime) -> None:
    """The first messages of a request."""
    codes = {
        Release.State.AWAITING: [Code.AWAITING_ARRIVAL],
        Release.State.EXAMINATION: [Code.ARRIVED, Code.EXAMINATION],
        Release.State.AT_PORT: [Code.AT_PORT],
        Release.State.REFUSED: [Code.REFUSED],
        Release.State.RELEASED: [Code.CSA_DELIVER if release.kind == Release.Kind.CSA else Code.RELEASED],
    }[Release.State(release.state)]
    ReleaseMessage.objects.bulk_create(message(release, code, at=at) for code in codes)


def _is_open(account: ProgramAccount, on: date) -> bool:
    return account.closed_on is None or account.closed_on > on


def _mistake(fault: Fault, limit: Decimal) -> DomainError:
    words: Any = FAULTS[fault]
    if fault == Fault.VALUE_TOO_HIGH:
        words = str(words) % {"limit": formats.money(limit, get_language() or "en")}
    return DomainError(words, code=fault.value, field=FIELDS[fault])


def _released_before(wanted: ReleaseRequest, earlier: Release) -> Conflict:
    return Conflict(
        _(
            "Cargo control number %(number)s was released before, under transaction %(transaction)s. "
            "Open that release, or check the number."
        )
        % {"number": wanted.cargo_control_number, "transaction": earlier.transaction_number},
        code="cargo_released_before",
        field="cargo_control_number",
    )

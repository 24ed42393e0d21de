"""Asking officers and answering: a reference number, a day by which the answer is due, and one reader of the answer."""

import secrets
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Business, User
from core import audit
from core.actor import Actor, ActorKind
from core.errors import Conflict, DomainError, Refused, Stranger
from core.lazy import lazy_text
from notifications.services import notify
from support import queries
from support.models import SupportRequest
from support.rules import requests as rules

#: No 0, 1, I, L or O, so that a reference can be read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CATEGORY = "support"
State = SupportRequest.State
Side = SupportRequest.Side
ANSWERED = gettext_lazy("Your request %(number)s was answered")
REFUSED = gettext_lazy("Your request %(number)s was refused")
READ_IT = gettext_lazy("Open it in the portal to read the answer. Nobody but you and officers can.")
READ_REASON = gettext_lazy("Open it in the portal to read the reason.")

_ASKING_PROBLEMS = {
    "not_a_licensed_broker": (
        gettext_lazy("Only a customs broker with a valid licence asks for a client. Ask as the business itself."),
        "provider",
    ),
    "too_many_waiting": (
        gettext_lazy("Five of your questions wait for an answer. Wait for one of them, or withdraw it."),
        None,
    ),
}
_ANSWER_PROBLEMS = {
    "number_missing": (
        gettext_lazy("Tick at least one program account of the record, or refuse with a reason."),
        "program_accounts",
    ),
    "text_missing": (gettext_lazy("Enter the answer: the person reads it."), "text"),
}


def new_number() -> str:
    """Nine characters in threes, such as ``P7K-2MX-94T``; random, so that none can be guessed."""
    text = "".join(secrets.choice(_ALPHABET) for _position in range(9))
    return "-".join(text[start : start + 3] for start in range(0, 9, 3))


def ask_for_number(
    *,
    bn9: str,
    legal_name: str,
    side: str,
    provider_id: int | None = None,
    message: str = "",
    actor: Actor,
    on: date,
    at: datetime,
) -> SupportRequest:
    """Ask which RM number a business has, as somebody of the business or as its licensed customs broker.

    ``DomainError`` for a broker without a valid licence, ``Conflict`` when the same question waits already. Whether the
    business exists makes no difference here, so that asking reveals nothing.
    """
    with transaction.atomic():
        person = _asking(actor)
        provider = _provider(person, side, provider_id, on=on)
        _check(
            rules.asking_problem(
                as_broker=side == Side.BROKER, is_licensed_broker=provider is not None, waiting_count=_waiting(person)
            )
        )
        same = SupportRequest.objects.filter(
            asked_by=person, kind=SupportRequest.Kind.RM_NUMBER, state=State.WAITING, bn9=bn9
        ).first()
        if same is not None:
            raise Conflict(
                _("You asked this already: request %(number)s waits for its answer.") % {"number": same.number},
                code="already_asked",
                link=reverse("support:request", args=(same.number,)),
            )
        return _ask(
            person,
            kind=SupportRequest.Kind.RM_NUMBER,
            bn9=bn9,
            legal_name=legal_name,
            side=side,
            provider=provider,
            message=message,
            actor=actor,
            on=on,
            at=at,
        )


def ask_question(*, subject: str, message: str, actor: Actor, on: date, at: datetime) -> SupportRequest:
    """Ask anything else; ``DomainError`` when five questions wait already."""
    with transaction.atomic():
        person = _asking(actor)
        _check(rules.asking_problem(as_broker=False, is_licensed_broker=False, waiting_count=_waiting(person)))
        return _ask(
            person, kind=SupportRequest.Kind.GENERAL, subject=subject, message=message, actor=actor, on=on, at=at
        )


def withdraw(*, number: str, actor: Actor, at: datetime) -> SupportRequest:
    """Take one's own question back; ``Stranger`` for anybody else's, ``Conflict`` once it is closed."""
    with transaction.atomic():
        row = SupportRequest.objects.select_for_update().filter(number=number, asked_by_id=actor.user_id or 0).first()
        if row is None:
            raise Stranger(_("You have no request with this reference."), code="not_found")
        _close(row, State.WITHDRAWN, at=at)
        _record(row, "support_request.withdrawn", actor=actor, at=at)
    return row


def answer(
    *,
    number: str,
    text: str,
    program_account_ids: frozenset[int] = frozenset(),
    actor: Actor,
    on: date,
    at: datetime,
) -> SupportRequest:
    """An officer answers; for a number, with program accounts of the record. Only who asked is told.

    ``DomainError`` where the answer is incomplete, ``Conflict`` when somebody answered or withdrew meanwhile.
    """
    with transaction.atomic():
        row = _locked(number, actor)
        claim = queries.claim_of(row, on=on)
        problem = rules.answer_problem(
            asks_number=row.asks_number, gives=program_account_ids, known=claim.account_ids, text=text
        )
        if problem is not None:
            words, field = _ANSWER_PROBLEMS[problem]
            raise DomainError(words, code=problem, field=field)
        row.answer, row.answered_by = text.strip(), actor.name
        _close(row, State.ANSWERED, at=at)
        row.program_accounts.set(program_account_ids)
        _record(
            row,
            "support_request.answered",
            after={"program_account_ids": sorted(program_account_ids), "asked_by": row.asked_by_id},
            business_id=claim.business.pk if claim.business and row.asks_number else None,
            actor=actor,
            at=at,
        )
        _tell(row, ANSWERED, READ_IT, at=at)
    return row


def refuse(*, number: str, reason: str, actor: Actor, at: datetime) -> SupportRequest:
    """An officer refuses with a reason that the person reads; ``Conflict`` as for an answer."""
    with transaction.atomic():
        row = _locked(number, actor)
        if not reason.strip():
            raise DomainError(_("Enter the reason: the person reads it."), code="reason_missing", field="text")
        row.answer, row.answered_by = reason.strip(), actor.name
        _close(row, State.REFUSED, at=at)
        _record(row, "support_request.refused", reason=row.answer, actor=actor, at=at)
        _tell(row, REFUSED, READ_REASON, at=at)
    return row


def _asking(actor: Actor) -> User:
    """The person, locked, so that two windows count the same questions."""
    if actor.kind != ActorKind.PERSON or actor.user_id is None:
        raise Refused(
            _("Officers answer questions and do not ask any here. Open the requests in your own pages."),
            code="officer_cannot_ask",
        )
    return User.objects.select_for_update().get(pk=actor.user_id)


def _waiting(person: User) -> int:
    return SupportRequest.objects.filter(asked_by=person, state=State.WAITING).count()


def _provider(person: User, side: str, provider_id: int | None, *, on: date) -> Business | None:
    if side != Side.BROKER:
        return None
    return next((row for row in queries.brokers_of(person.pk, on=on) if row.pk == provider_id), None)


def _check(problem: str | None) -> None:
    if problem is not None:
        words, field = _ASKING_PROBLEMS[problem]
        raise DomainError(words, code=problem, field=field)


def _ask(person: User, *, actor: Actor, on: date, at: datetime, **what: Any) -> SupportRequest:
    row = SupportRequest.objects.create(
        number=new_number(), asked_by=person, asked_at=at, answer_due_on=rules.answer_due_on(on), **what
    )
    _record(row, "support_request.asked", after={"kind": row.kind, "bn9": row.bn9}, actor=actor, at=at)
    return row


def _locked(number: str, actor: Actor) -> SupportRequest:
    if actor.kind != ActorKind.OFFICER:
        raise Stranger(_("There is nothing at this address for you."), code="not_found")
    row = SupportRequest.objects.select_for_update(of=("self",)).filter(number=number).first()
    if row is None:
        raise Stranger(_("There is no request with this reference."), code="not_found")
    return row


def _close(row: SupportRequest, state: str, *, at: datetime) -> None:
    if not rules.can_become(row.state, state):
        raise Conflict(
            _("Somebody was there first: its state is now “%(state)s”. Nothing was changed.")
            % {"state": row.get_state_display()},
            code="already_closed",
        )
    row.state, row.closed_at = state, at
    row.save()


def _tell(row: SupportRequest, subject: Any, body: Any, *, at: datetime) -> None:
    notify(
        recipients=[row.asked_by],
        subject=lazy_text(subject, number=row.number),
        body=body,
        category=CATEGORY,
        link=partial(reverse, "support:request", args=(row.number,)),
        at=at,
    )


def _record(
    row: SupportRequest,
    verb: str,
    *,
    after: dict[str, Any] | None = None,
    reason: str = "",
    business_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        target=f"support.SupportRequest:{row.pk}",
        business_id=business_id,
        after=after,
        reason=reason,
        at=at,
    )

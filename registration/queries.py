"""What the record of an unregistered business can prove, and the papers of a practice card."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import TruncDate

from accounts.models import Business, Membership, ProgramAccount
from declarations.models import Declaration
from payments.models import Payment
from reference import queries as dated_tables
from reference.rules import policy
from registration.models import PracticeCard, Registration
from registration.rules import IDENTITY_FIELDS, Identity, Question, mismatches, recent_days
from statements.models import Statement

CLOSED = (Registration.State.REGISTERED, Registration.State.ABANDONED)


@dataclass(frozen=True)
class Record:
    """What the book holds of one program account that may serve as an answer."""

    declarations: dict[str, Decimal]
    payments: dict[date, tuple[Decimal, ...]]
    statements: dict[date, Decimal]

    @property
    def offered(self) -> list[Question]:
        """The questions this record can answer; a statement of 0.00 proves nothing."""
        found = []
        if self.declarations:
            found.append(Question.DECLARATION)
        if self.payments:
            found.append(Question.PAYMENT)
        if any(self.statements.values()):
            found.append(Question.STATEMENT)
        return found


def record_of(number: str, *, on: date) -> Record:
    """The last year's declarations, payments and statements of a program account (BN15), in one query."""
    days = recent_days(on)
    declarations = (
        _accepted()
        .filter(program_account__number=number, released_on__range=days)
        .values_list(Value(Question.DECLARATION.value, output_field=CharField()), "number", "released_on", "total")
    )
    payments = (
        _received()
        .filter(program_account__number=number, received_on__range=days)
        .values_list(Value(Question.PAYMENT.value, output_field=CharField()), "reference", "received_on", "amount")
    )
    statements = (
        Statement.objects.filter(program_account__number=number, statement_on__range=days)
        .order_by()
        .values_list(
            Value(Question.STATEMENT.value, output_field=CharField()),
            Value("", output_field=CharField()),
            "statement_on",
            "box_h",
        )
    )
    found = Record(declarations={}, payments={}, statements={})
    for question, reference, day, amount in declarations.union(payments, statements, all=True):
        match question:
            case Question.DECLARATION:
                found.declarations[reference] = amount
            case Question.PAYMENT:
                found.payments[day] = (*found.payments.get(day, ()), amount)
            case _:
                found.statements[day] = amount
    return found


def _accepted() -> QuerySet[Declaration]:
    return Declaration.objects.filter(state=Declaration.State.ACCEPTED).order_by()


def _received() -> QuerySet[Any]:
    """Received payments with the business day on which the money came."""
    return (
        Payment.objects.filter(state=Payment.State.RECEIVED).order_by().annotate(received_on=TruncDate("received_at"))
    )


def account_by_number(number: str) -> ProgramAccount | None:
    """The program account (BN15) with its business."""
    return ProgramAccount.objects.select_related("business").filter(number=number).first()


def identity_of(business: Business) -> Identity:
    return Identity(
        name=business.legal_name,
        street=business.street,
        city=business.city,
        region=business.region,
        postal_code=business.postal_code,
    )


def open_registration(user_id: int) -> Registration | None:
    """The person's registration under way, if any."""
    return Registration.objects.filter(user_id=user_id).exclude(state__in=CLOSED).select_related("business").first()


def newest_registration(user_id: int) -> Registration | None:
    """The person's registration that began last, whatever became of it."""
    return Registration.objects.filter(user_id=user_id).select_related("business").order_by("-id").first()


def completed_registration(user_id: int) -> Registration | None:
    """The person's newest registration that made a manager."""
    return (
        Registration.objects.filter(user_id=user_id, state=Registration.State.REGISTERED)
        .select_related("business")
        .order_by("-id")
        .first()
    )


def is_strict_mode(on: date) -> bool:
    """Whether strict mode for classes is on in this world on a day."""
    return policy.is_registration_strict(on, policy=dated_tables.policy())


def strict_mode_row(on: date) -> policy.PolicyRow:
    """The dated row that says so, with its day and its reason."""
    return dated_tables.policy().row(policy.STRICT_MODE, on)


@dataclass(frozen=True)
class Compared:
    """What somebody typed beside what the record holds, for an officer's eyes only."""

    field: str
    typed: str
    recorded: str
    is_same: bool
    is_same_in_strict_mode: bool


def compared(registration: Registration) -> list[Compared]:
    """Name and address as typed last, field by field beside the record; empty before that step."""
    if registration.business is None or not registration.name:
        return []
    record = identity_of(registration.business)
    typed = Identity(**{name: getattr(registration, name) for name in IDENTITY_FIELDS})
    operating_name = registration.business.operating_name
    names = {field.name: field.verbose_name for field in Registration._meta.concrete_fields}
    differing = mismatches(typed, record, operating_name=operating_name)
    differing_strictly = mismatches(typed, record, operating_name=operating_name, is_strict=True)
    return [
        Compared(
            field=str(names[name]),
            typed=getattr(typed, name),
            recorded=getattr(record, name),
            is_same=name not in differing,
            is_same_in_strict_mode=name not in differing_strictly,
        )
        for name in IDENTITY_FIELDS
    ]


def locked_registrations() -> QuerySet[Registration]:
    """Registrations that wait for an officer to lift their lock, the longest first."""
    return (
        Registration.objects.filter(state=Registration.State.LOCKED)
        .select_related("user", "business")
        .order_by("saved_at", "id")
    )


def locked_registration(pk: int) -> Registration | None:
    return locked_registrations().filter(pk=pk).first()


def memberships_of(user_id: int) -> QuerySet[Membership]:
    """The businesses to which this person belongs already."""
    return (
        Membership.objects.filter(user_id=user_id, state=Membership.State.ACTIVE)
        .select_related("business")
        .order_by("business__legal_name")
    )


# --- Practice cards ---------------------------------------------------------------------------------------------------
def free_cards(*, excluding: Collection[str] = ()) -> QuerySet[PracticeCard]:
    """Cards whose business nobody has registered yet, the longest untouched first."""
    return (
        PracticeCard.objects.filter(business__registered_at__isnull=True)
        .exclude(code__in=excluding)
        .select_related("business")
        .order_by(F("taken_at").asc(nulls_first=True), "id")
    )


def card_by_code(code: str, *, on: date) -> Any | None:
    """A card that can still be used, with its program account (``number``) and the days of its papers.

    ``declared_on``, ``paid_on`` and ``stated_on`` are ``None`` where the record holds no such paper.
    """
    accounts = ProgramAccount.objects.filter(business=OuterRef("business"), closed_on=None).order_by("number")
    return (
        free_cards()
        .filter(code=code)
        .annotate(number=Subquery(accounts.values("number")[:1]))
        .annotate(
            declared_on=Subquery(_declarations_of(OuterRef("number"), on=on).values("released_on")[:1]),
            paid_on=Subquery(_payments_of(OuterRef("number"), on=on).values("received_on")[:1]),
            stated_on=Subquery(_statements_of(OuterRef("number"), on=on).values("statement_on")[:1]),
        )
        .first()
    )


def declaration_paper(number: str, *, on: date) -> Declaration | None:
    """The newest declaration of a program account that may serve as an answer."""
    return _declarations_of(number, on=on).select_related("program_account__business", "submitter").first()


def receipt_paper(number: str, *, on: date) -> Payment | None:
    return _payments_of(number, on=on).select_related("program_account__business", "payer").first()


def statement_paper(number: str, *, on: date) -> Statement | None:
    return _statements_of(number, on=on).select_related("program_account__business").first()


def _declarations_of(number: Any, *, on: date) -> QuerySet[Declaration]:
    return (
        _accepted()
        .filter(program_account__number=number, released_on__range=recent_days(on))
        .order_by("-released_on", "-id")
    )


def _payments_of(number: Any, *, on: date) -> QuerySet[Any]:
    return (
        _received()
        .filter(program_account__number=number, received_on__range=recent_days(on))
        .order_by("-received_at", "-id")
    )


def _statements_of(number: Any, *, on: date) -> QuerySet[Statement]:
    """Statements that prove something: one of 0.00 is refused as an answer."""
    return (
        Statement.objects.filter(program_account__number=number, statement_on__range=recent_days(on))
        .exclude(box_h=Decimal("0.00"))
        .order_by("-statement_on")
    )

"""What the counter of an office reads of a presented declaration, from three rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core.money import ZERO
from declarations import queries as declarations
from declarations.models import Declaration, DeclarationVersion
from declarations.queries import Check
from payments import queries as payments


@dataclass(frozen=True)
class Presented:
    """A C-type declaration on the counter: what it says, what is wrong with it, and what a card may still pay."""

    declaration: Declaration
    draft: DeclarationVersion | None
    checks: Sequence[Check]
    amounts: Mapping[Any, Decimal]
    card_left: Decimal

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    @property
    def is_ready(self) -> bool:
        release = self.declaration.release
        return self.declaration.state == Declaration.State.READY and release is not None and release.state == "AT_PORT"


def presented(number: str, *, on: date) -> Presented | None:
    """The C-type declaration of a number, ``None`` where there is none: only those are paid at the counter."""
    declaration = _ctype().filter(number=number).first()
    if declaration is None:
        return None
    draft = declarations.draft_of(declaration)
    shown = draft or declarations.newest_version(declaration)
    return Presented(
        declaration=declaration,
        draft=draft,
        checks=declarations.checks(declaration, draft, on=on) if draft else [],
        amounts=declarations.amounts_of(shown),
        card_left=payments.card_room(declaration.program_account_id, on=on).left,
    )


def waiting_at_port() -> QuerySet[Declaration]:
    """Declarations that wait for their payment, the oldest first."""
    return _ctype().filter(state=Declaration.State.READY, release__state="AT_PORT").order_by("saved_at", "id")


def _ctype() -> QuerySet[Declaration]:
    found = Declaration.objects.filter(type=Declaration.Type.C)
    return found.select_related("program_account__business", "submitter", "release")

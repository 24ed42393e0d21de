"""What officers admit importers, couriers and contingency accounts to, and whom they select for examination."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Business, ProgramAccount
from core import audit
from core.actor import Actor
from core.errors import Conflict, DomainError
from delegation import queries as delegations
from releases import queries
from releases.models import Admission

#: What is given to a business as a whole; everything else to one program account.
OF_A_BUSINESS = frozenset({Admission.Kind.COURIER})
_CSA = (Admission.Kind.CSA_MONTH, Admission.Kind.CSA_PERIOD)


def admit(*, kind: Admission.Kind, number: str, reason: str, actor: Actor, on: date, at: datetime) -> Admission:
    """Admit the business or program account of a number from a day on.

    ``DomainError`` for a number that does not fit the kind or that nobody has, and for a contingency account of anybody
    but a licensed broker; ``Conflict`` where the admission is in force already. Another option of customs self
    assessment takes the place of the earlier one.
    """
    with transaction.atomic():
        business, account = _holder(kind, number)
        if kind == Admission.Kind.CONTINGENCY and not delegations.is_licensed_broker(business, on=on):
            raise DomainError(
                _("Only a licensed customs broker has a contingency account. Check the number."),
                code="not_a_broker",
                field="number",
            )
        Business.objects.select_for_update().get(pk=business.pk)
        present = list(queries.admissions_in_force(on).filter(business=business, program_account=account))
        if any(row.kind == kind for row in present):
            raise Conflict(
                _("This is in force already. End it first to change it."), code="admitted_already", field="number"
            )
        if kind in _CSA:
            for row in present:
                if row.kind in _CSA:
                    _close(row, on=on)
        row = Admission.objects.create(
            kind=kind, business=business, program_account=account, starts_on=on, reason=reason
        )
        _record(row, "admission.given", actor=actor, at=at, reason=reason)
    return row


def end_admission(*, admission_id: int, reason: str, actor: Actor, on: date, at: datetime) -> Admission:
    """End an admission today; ``Conflict`` when it has ended."""
    with transaction.atomic():
        row = Admission.objects.select_for_update().get(pk=admission_id)
        if row.ends_on is not None:
            raise Conflict(_("This has ended already."), code="admission_ended")
        _close(row, on=on)
        _record(row, "admission.ended", actor=actor, at=at, reason=reason)
    return row


def _holder(kind: Admission.Kind, number: str) -> tuple[Business, ProgramAccount | None]:
    if kind in OF_A_BUSINESS:
        business = delegations.business_by_number(number[:9])
        if business is not None and len(number) in (9, 15):
            return business, None
    else:
        account = delegations.program_account(number)
        if account is not None:
            return account.business, account
        if len(number) == 9:
            raise DomainError(
                _("This is given to a program account. Enter its nine digits, RM and four digits."),
                code="number_of_an_account",
                field="number",
            )
    raise DomainError(_("Nobody here has this number. Check the digits."), code="number_unknown", field="number")


def _close(row: Admission, *, on: date) -> None:
    """The day of the end is the first on which it no longer holds."""
    row.ends_on = on
    row.save(update_fields=("ends_on",))


def _record(row: Admission, verb: str, *, actor: Actor, at: datetime, reason: str) -> None:
    """In the trail; not in the history of an importer whose goods are selected, who is not to know of it before."""
    is_open = row.kind != Admission.Kind.EXAMINATION
    audit.record(
        actor=actor,
        verb=verb,
        target=f"releases.Admission:{row.pk}",
        business_id=row.business_id if is_open else None,
        program_account_id=row.program_account_id if is_open else None,
        after={"kind": row.kind, "starts_on": row.starts_on.isoformat()},
        reason=reason,
        at=at,
    )

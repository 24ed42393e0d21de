"""What a surety sees: its bonds, its exposure, its demands and its events."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Sum

from accounts.models import ProgramAccount
from core.money import ZERO
from security import rules
from security.models import (
    Bond,
    BondVersion,
    Demand,
    SuretyEvent,
)
from security.rules import (
    COVERING,
    BondState,
)


def bonds_given_by(provider_id: int) -> QuerySet[Bond]:
    """A surety's portfolio, newest first; what waits for its answer apart."""
    return (
        Bond.objects.filter(provider_id=provider_id)
        .exclude(state=BondState.PENDING_PROVIDER)
        .select_related("debtor", "program_account")
        .annotate(more_accounts=Count("allocations") - 1)
        .order_by("-id")
    )


def bonds_to_answer(provider_id: int) -> QuerySet[Bond]:
    """What waits for a surety's answer, oldest first."""
    return (
        Bond.objects.filter(provider_id=provider_id, state=BondState.PENDING_PROVIDER)
        .select_related("debtor", "program_account")
        .annotate(more_accounts=Count("allocations") - 1)
        .order_by("id")
    )


def bond_given_by(provider_id: int, bond_id: int) -> Bond | None:
    """One bond of this surety; None for anybody else's."""
    return (
        Bond.objects.filter(provider_id=provider_id, pk=bond_id)
        .select_related("debtor", "program_account", "provider")
        .first()
    )


def demands_on(provider_id: int) -> QuerySet[Demand]:
    """What a surety was asked to pay, newest first."""
    return Demand.objects.filter(bond__provider_id=provider_id).select_related("bond__debtor", "program_account")


def changed_since(bonds: QuerySet[Bond], moment: datetime) -> QuerySet[Bond]:
    """Those of the bonds of which a version was recorded at the moment or later."""
    later = BondVersion.objects.filter(bond=OuterRef("pk"), recorded_at__gte=moment)
    return bonds.filter(Exists(later))


def demand_on(provider_id: int, demand_id: int) -> Demand | None:
    return demands_on(provider_id).filter(pk=demand_id).first()


def is_agreement_number_used(provider_id: int, agreement_number: str) -> bool:
    """Whether a bond of this number stands or stood; one that never came about may be entered again."""
    return (
        Bond.objects.filter(provider_id=provider_id, agreement_number__iexact=agreement_number)
        .exclude(state__in=rules.NEVER_GIVEN)
        .exists()
    )


def secures_somebody_else(provider_id: int, agreement_number: str, *, debtor_id: int) -> bool:
    """Whether the agreement was given for another debtor: nobody's security covers another's goods since 2025-05-20."""
    found = Bond.objects.filter(provider_id=provider_id, agreement_number__iexact=agreement_number)
    return found.exclude(state__in=rules.NEVER_GIVEN).exclude(debtor_id=debtor_id).exists()


def exposure_of(provider_id: int) -> Decimal:
    """What a surety answers for today."""
    total: Decimal | None = Bond.objects.filter(provider_id=provider_id, state__in=COVERING).aggregate(
        total=Sum("amount")
    )["total"]
    return total or ZERO


def bonds_of_surety(provider_id: int) -> QuerySet[Bond]:
    """Every bond of a surety in every state, with the number of its latest version."""
    return (
        Bond.objects.filter(provider_id=provider_id)
        .select_related("debtor", "program_account", "provider")
        .prefetch_related("allocations__program_account")
        .annotate(version=Max("versions__number"))
        .order_by("-id")
    )


def account_to_secure(number: str) -> ProgramAccount | None:
    return ProgramAccount.objects.filter(number=number).first()


def events_for(provider_id: int, *, after: int = 0) -> QuerySet[SuretyEvent]:
    """What a surety's software has not acknowledged, oldest first, later than the event ``after``."""
    return SuretyEvent.objects.filter(provider_id=provider_id, pk__gt=after, acknowledged_at=None).order_by("id")

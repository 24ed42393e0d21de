"""What a surety's software changes in a bond, by the version of it that the software knows."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict
from security.models import Bond
from security.rules import Share, VersionKind
from security.services.bond_parts import bond_to_change
from security.services.riders import extend_bond, lower_bond, raise_bond, reallocate_bond, rename_bond_debtor


def amend_bond(
    *,
    bond_id: int,
    kind: VersionKind,
    prior_version: int,
    amount: Decimal | None = None,
    shares: Sequence[Share] = (),
    debtor_name: str = "",
    validity_end: date | None = None,
    on: date,
    at: datetime,
    actor: Actor,
) -> Bond:
    """One rider of a kind, with its refusals; ``Conflict`` unless the caller knows the latest version."""
    with transaction.atomic():
        latest = bond_to_change(bond_id).versions.aggregate(last=Max("number"))["last"]
        if prior_version != latest:
            raise Conflict(
                _("The bond is at version %(version)d now. Read it again and repeat the change.") % {"version": latest},
                code="version_conflict",
                field="prior_version",
            )
        riders: dict[VersionKind, tuple[Callable[..., Bond], dict[str, Any]]] = {
            VersionKind.INCREASE: (raise_bond, {"amount": amount, "shares": shares}),
            VersionKind.DECREASE: (lower_bond, {"amount": amount, "shares": shares}),
            VersionKind.REALLOCATION: (reallocate_bond, {"shares": shares}),
            VersionKind.NAME_CHANGE: (rename_bond_debtor, {"debtor_name": debtor_name}),
            VersionKind.EXTENSION: (extend_bond, {"validity_end": validity_end}),
        }
        change, given = riders[kind]
        return change(bond_id=bond_id, on=on, at=at, actor=actor, **given)

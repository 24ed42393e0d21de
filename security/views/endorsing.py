"""What importer and surety say of an endorsement in the mail, on the page of a bond on paper."""

from typing import Any

from core import clock
from delegation.access import BusinessSeat, Seat
from security import queries, rules, services
from security.forms import EndorsementForm
from security.models import Bond
from security.views.parts import acting, is_done

MAIL_ACTS = frozenset({"mail", "recall"})


def by_mail(bond: Bond, form: EndorsementForm, business_id: int, *, may: bool) -> dict[str, Any]:
    """What the page shows of endorsements; for a bond that is not on paper, and never was raised by mail, nothing."""
    rows = list(queries.endorsements_of_bond(bond.pk)) if bond.is_on_paper else []
    waiting = next((row for row in rows if row.state == rules.EndorsementState.MAILED), None)
    can_mail = may and waiting is None and bond.is_on_paper and bond.state in rules.AMENDABLE
    return {
        "earlier_endorsements": [row for row in rows if row != waiting],
        "in_the_mail": waiting,
        "mail_form": form,
        "can_mail": can_mail,
        "mail_days": queries.endorsement_days(clock.today()) if can_mail else 0,
        "can_recall": may and waiting is not None and waiting.announced_by_id == business_id,
    }


def done_by_mail(
    act: str, form: EndorsementForm, bond: Bond, seat: Seat | BusinessSeat, *, default_account_id: int
) -> bool:
    """Note an endorsement in the mail, or take that back; whether it went, with refusals of the first on the form."""
    if act == "recall":
        waiting = queries.open_endorsement_of(bond.pk)
        services.withdraw_endorsement(
            endorsement_id=waiting.pk if waiting else 0, announced_by_id=seat.business.pk, **acting(seat)
        )
        return True
    return is_done(
        form,
        lambda: services.announce_endorsement(
            bond_id=bond.pk,
            program_account_id=form.account_id() or default_account_id,
            amount=form.cleaned_data["amount"],
            announced_by_id=seat.business.pk,
            **acting(seat),
        ),
    )

"""Who sees the levels above the program account."""

from django.utils.translation import gettext as _

from core.errors import Refused
from delegation.access import BusinessSeat


def require_whole(seat: BusinessSeat) -> BusinessSeat:
    """The seat, if it reaches the whole business; ``Refused`` when it reaches some of its program accounts only.

    The levels add every program account up, so whoever may not see each of them sees none of the sums (assumed).
    """
    if seat.program_account_ids is not None:
        raise Refused(
            _(
                "This statement adds up all program accounts, and your role reaches some of them. Open the statement of"
                " a program account, or ask a Business Account Manager of %(business)s."
            )
            % {"business": seat.business_name},
            code="role_too_narrow",
        )
    return seat

"""What importers and sureties are told of an endorsement in the mail."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from security.messages import Message
from security.models import Endorsement
from security.rules import EndorsementState

WSA_MAILED = "WSA_MAILED"
WSA_MAIL_REFUSED = "WSA_MAIL_REFUSED"
WSA_MAIL_EXPIRED = "WSA_MAIL_EXPIRED"
WSA_MAIL_WITHDRAWN = "WSA_MAIL_WITHDRAWN"
#: The category of the news of each state; an endorsement that was entered is told as the changed bond.
CATEGORIES = {
    EndorsementState.MAILED: WSA_MAILED,
    EndorsementState.REFUSED: WSA_MAIL_REFUSED,
    EndorsementState.EXPIRED: WSA_MAIL_EXPIRED,
    EndorsementState.WITHDRAWN: WSA_MAIL_WITHDRAWN,
}


def endorsement_news(row: Endorsement) -> Message:
    """The news of the endorsement's state, the same for importer and surety."""
    names = {"number": row.bond.agreement_number, "provider": row.bond.provider.legal_name}
    amount, last_day, reason = row.amount, row.open_until, row.reason

    def unchanged() -> str:
        stays = formats.money(row.bond.amount, get_language() or "en")
        return _(
            "The bond stays at %(amount)s. After the deadline of the yearly review an account that is short is"
            " suspended."
        ) % {"amount": stays}

    match EndorsementState(row.state):
        case EndorsementState.REFUSED:
            return (
                lambda: _("The endorsement of bond %(number)s was refused") % names,
                lambda: _("Reason: %(reason)s.") % {"reason": reason.rstrip(".")} + " " + unchanged(),
            )
        case EndorsementState.EXPIRED:
            return (
                lambda: _("The endorsement of bond %(number)s did not arrive") % names,
                lambda: (
                    _("It was waited for until %(day)s.") % {"day": formats.day(last_day, get_language() or "en")}
                    + " "
                    + unchanged()
                ),
            )
        case EndorsementState.WITHDRAWN:
            return (
                lambda: _("The endorsement of bond %(number)s does not come by mail after all") % names,
                unchanged,
            )
    return (
        lambda: _("A signed endorsement of bond %(number)s of %(provider)s is in the mail") % names,
        lambda: (
            _("It raises the bond to %(amount)s. It is waited for until %(day)s; until then it covers nothing more.")
            % {
                "amount": formats.money(amount, get_language() or "en"),
                "day": formats.day(last_day, get_language() or "en"),
            }
        ),
    )

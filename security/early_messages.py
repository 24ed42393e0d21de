"""What importers are told in good time: of use, of a low estimate, of the end of their period."""

from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from security.messages import Message
from security.models import Nudge
from security.rules import NudgeKind

RPP_PERIOD_ENDS = "RPP_PERIOD_ENDS"
RPP_PERIOD_ENDED = "RPP_PERIOD_ENDED"


def category_of(nudge: Nudge) -> str:
    return f"SEC_{nudge.kind}"


def nudged(nudge: Nudge, *, number: str) -> Message:
    """Which threshold was passed, by how much, and what to do."""
    account = formats.bn(number)

    def figures() -> dict[str, str]:
        language = get_language() or "en"
        share = nudge.amount / nudge.limit if nudge.limit else nudge.limit
        return {
            "account": account,
            "owed": formats.money(nudge.amount, language),
            "covered": formats.money(nudge.limit, language),
            "share": formats.percent(share, language, places=1),
            "day": formats.day(nudge.month_end, language) if nudge.month_end else "",
        }

    if nudge.kind == NudgeKind.ESTIMATE_LOW:
        return (
            lambda: _("Your estimate for %(account)s has proved too low") % figures(),
            lambda: (
                _(
                    "%(owed)s was charged in the month that ends on %(day)s; you estimated %(covered)s. Raise your"
                    " estimate and post what is missing, before the yearly review asks for it."
                )
                % figures()
            ),
        )
    if nudge.kind == NudgeKind.EXCEEDED:
        return (
            lambda: _("You owe more than the security of %(account)s covers") % figures(),
            lambda: (
                _(
                    "%(owed)s is owed and %(covered)s is covered (%(share)s). Pay early, raise the bond or add cash:"
                    " an officer may ask for more security."
                )
                % figures()
            ),
        )
    return (
        lambda: _("%(share)s of the security of %(account)s is used") % figures(),
        lambda: (
            _("%(owed)s is owed and %(covered)s is covered. Paying early makes room; so does more security.")
            % figures()
        ),
    )


def period_ends(*, number: str, ends_on: date) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Release Prior to Payment of %(account)s ends on %(day)s") % _of_end(account, ends_on),
        lambda: _(
            "You enrolled for a period. Move its last day if you need releases for longer; afterwards each is paid at"
            " the border."
        ),
    )


def period_ended(*, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Release Prior to Payment of %(account)s has ended with its period") % {"account": account},
        lambda: _(
            "Enrol again when you import again: the requirement is then computed afresh. A cash deposit can be"
            " returned once nothing is owed."
        ),
    )


def _of_end(account: str, day: date) -> dict[str, str]:
    return {"account": account, "day": formats.day(day, get_language() or "en")}

"""The sentences of standing's notifications."""

from django.utils.translation import gettext_lazy as _

from standing.rules import Step

SUBJECTS = {
    Step.WARNING: _("%(amount)s is overdue: good standing has ended"),
    Step.ARREARS: _("Notice of arrears: %(amount)s is still unpaid"),
    Step.SUSPENSION: _("Release Prior to Payment is suspended: %(amount)s is unpaid"),
}
BODIES = {
    Step.WARNING: _(
        "The last day to pay was %(last_day)s. Interest runs every day. Pay now and standing is good again at once; "
        "unpaid on %(suspends_on)s, Release Prior to Payment is suspended."
    ),
    Step.ARREARS: _(
        "The last day to pay was %(last_day)s. Pay now, or apply to the Federal Court within 30 days of this notice. "
        "Interest goes on until the day of payment."
    ),
    Step.SUSPENSION: _(
        "The last day to pay was %(last_day)s. Until it is paid your goods are released only as C-type, paid at the "
        "port. Pay what is overdue and release is reinstated at once."
    ),
}

"""The sentences of standing's notifications."""

from django.utils.translation import gettext_lazy as _

from standing.rules import Step

SUBJECTS = {
    Step.REMINDER: _("%(amount)s is to be paid by %(last_day)s"),
    Step.WARNING: _("%(amount)s is overdue: good standing has ended"),
    Step.ARREARS: _("Notice of arrears: %(amount)s is still unpaid"),
    Step.COLLECTIONS: _("Transferred for collection: %(amount)s is still unpaid"),
    Step.SUSPENSION: _("Release Prior to Payment is suspended: %(amount)s is unpaid"),
    Step.ENFORCEMENT: _("Set-off and court are possible now: %(amount)s is unpaid"),
}
BODIES = {
    Step.REMINDER: _(
        "Pay it by that day and nothing happens. Unpaid after it, interest runs every day and good standing ends."
    ),
    Step.WARNING: _(
        "The last day to pay was %(last_day)s. Interest runs every day. Pay now and standing is good again at once; "
        "unpaid on %(suspends_on)s, Release Prior to Payment is suspended."
    ),
    Step.ARREARS: _(
        "The last day to pay was %(last_day)s. Pay now, or apply to the Federal Court within 30 days of this notice. "
        "Interest goes on until the day of payment."
    ),
    Step.COLLECTIONS: _(
        "The last day to pay was %(last_day)s. The account was transferred for collection. Payments still go to this "
        "portal: pay what is overdue, or ask for a payment arrangement."
    ),
    Step.SUSPENSION: _(
        "The last day to pay was %(last_day)s. Until it is paid your goods are released only as C-type, paid at the "
        "port. Pay what is overdue and release is reinstated at once."
    ),
    Step.ENFORCEMENT: _(
        "The last day to pay was %(last_day)s, and 91 days have passed since the notice of arrears. Credits of the "
        "business may be set off against the debt. Pay what is overdue, or ask for a payment arrangement."
    ),
}
HELD = _("Steps for overdue amounts are held back")
HELD_BODY = _("An officer decided it: %(reason)s Interest goes on until what is overdue is paid.")
HOLD_ENDED = _("Steps for overdue amounts go on")
HOLD_ENDED_BODY = _("The hold has ended. Pay what is overdue and standing is good again at once.")
ARRANGED = _("Payment arrangement: %(count)s instalments, the first of %(amount)s by %(day)s")
ARRANGED_BODY = _(
    "Steps for overdue amounts pause while every instalment and every new amount is paid by its day. Interest goes on."
)
BROKEN = _("The payment arrangement is broken")
BROKEN_BODY = _(
    "More is overdue than the arrangement lets stand, so the steps for overdue amounts go on. Pay what is overdue now."
)
ENDED = _("The payment arrangement was ended")
ENDED_BODY = _("An officer decided it: %(reason)s Pay what is overdue now.")
KEPT = _("The payment arrangement is complete")
KEPT_BODY = _("Nothing is overdue any more: the account is in good standing.")
DETAINED = _("Your goods may be detained")
DETAINED_BODY = _(
    "%(amount)s is overdue. Goods that arrive for you are examined and may be held until it is paid (Customs Act "
    "s. 97.25). Pay what is overdue and this ends at once."
)
FREED = _("Your goods are no longer detained")
FREED_BODY = _("Goods that arrive for you are released as usual again.")
SET_OFF = _("%(amount)s was set off against your debt")
SET_OFF_BODY = _("A credit of program account %(source)s was applied to what is overdue here (Customs Act s. 97.26).")
SURETY_PAID = _("Your surety paid %(amount)s of your debt")
SURETY_PAID_BODY = _("It was applied to what is overdue. Your bond is lower by that amount; you may owe it to them.")

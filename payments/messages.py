"""The sentences of payments: notifications, and what the bank's reasons mean to a person."""

from django.utils.translation import gettext_lazy as _

PAYMENT_SUBJECT = _("Payment of %(amount)s received")
PAYMENT_BODY = _("%(payer)s paid. Reference %(reference)s. It was used on the oldest amounts due first.")

CHOSEN_BODY = _("%(payer)s paid. Reference %(reference)s. It was used on the items that were chosen.")
PLAN_SUBJECT = _("%(payer)s has arranged to pay %(amount)s for you")
PLAN_BODY = _("It is planned for %(day)s. If you pay the same amounts too, the second payment stays as a credit.")
PLAN_WITHDRAWN_SUBJECT = _("%(payer)s no longer pays %(amount)s for you")
PLAN_WITHDRAWN_BODY = _("The payment planned for %(day)s was withdrawn. Pay what is due yourself.")

#: What a refusal or an end at the bank means and what to do next, by the bank's reason.
REASONS = {
    "refused": _("The bank refused the card. Use another card or debit."),
    "insufficient_funds": _("There was not enough money. Use another card or account, or pay a smaller amount."),
    "expired_card": _("The card has expired. Use another card."),
    "wrong_security_code": _("The security code was wrong. Try again with the code on the card."),
    "over_limit": _("The amount is over the card's own limit. Pay a smaller amount or use debit."),
    "frozen_account": _("The bank account is frozen. Use another account, or ask your bank."),
    "unknown_instrument": _("The bank does not know this card or account. Check the number and try again."),
    "cancelled_by_payer": _("You cancelled it. Start again when you want to pay."),
    "session_expired": _("It was not finished within 30 minutes. Start again when you want to pay."),
    "given_up": _("It never reached the bank. Start again when you want to pay."),
}
OTHER_REASON = _("The bank gave no reason. Try again or use another way to pay.")

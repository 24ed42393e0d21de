"""The sentences of payments: notifications, and what the bank's reasons mean to a person."""

from django.utils.translation import gettext_lazy as _

PAYMENT_SUBJECT = _("Payment of %(amount)s received")
PAYMENT_BODY = _("%(payer)s paid. Reference %(reference)s. It was used on the oldest amounts due first.")

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

#: What the importer hears when a request for a refund is decided or paid, by its new state.
REFUND_SUBJECTS = {
    "APPROVED": _("Your refund of %(amount)s was approved"),
    "REJECTED": _("Your refund of %(amount)s was rejected"),
    "PAID": _("Your refund of %(amount)s was paid out"),
}
REFUND_BODIES = {
    "APPROVED": _("Request %(reference)s. It leaves your credits at once and stands on your next statement, box D."),
    "REJECTED": _("Request %(reference)s. Reason: %(reason)s"),
    "PAID": _("Request %(reference)s. The cheque goes to the importer."),
}

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

AGREEMENT_SUBJECT = _("Pre-authorized debit is set up")
AGREEMENT_BODY = _(
    "From %(since)s each statement of %(number)s is taken on its due date from account %(account)s. "
    "Tell your broker, so that the same amount is not paid twice."
)
AGREEMENT_ENDED_SUBJECT = _("Pre-authorized debit has ended")
AGREEMENT_ENDED_BODY = _("Nothing more is taken for %(number)s. Pay the statements yourself from now on.")
AGREEMENT_RETURNED_BODY = _(
    "The bank ended the agreement for %(number)s. Pay the open statement now, then set up another account."
)
BROKER_SUBJECT = _("%(name)s pays by pre-authorized debit")
BROKER_BODY = _(
    "The statements of %(number)s are taken from the importer’s account on their due date. "
    "Do not pay them as well: a second payment stays as a credit."
)
PRE_NOTICE_SUBJECT = _("%(amount)s will be taken on %(day)s")
PRE_NOTICE_BODY = _(
    "Statement of %(statement_on)s, program account %(number)s, by pre-authorized debit from account %(account)s. "
    "What is paid before then is not taken again."
)
DEBIT_LATE_SUBJECT = _("Your debit is taken later than announced")
DEBIT_LATE_BODY = _(
    "The practice bank does not answer. The debit of %(amount)s is sent again by itself; do not pay twice."
)
RETURNED_SUBJECT = _("A payment of %(amount)s came back")
RETURNED_BODY = _("%(why)s What it had paid is owed again. Pay it now to stay in good standing.")
AGAIN_BODY = _(
    "%(why)s The bank is asked once more on %(day)s. Have the money ready, or pay another way before that day."
)
FEE_SENTENCE = _("A fee of %(fee)s was charged.")

#: Why money came back, by the bank's or the officer's reason.
RETURN_REASONS = {
    "nsf": _("There was not enough money in the account."),
    "late_return": _("The bank took the money back some days later."),
    "account_closed": _("The bank account is closed."),
    "mandate_revoked": _("The account’s holder revoked the agreement at the bank."),
    "charged_back": _("The card’s holder disputed the payment."),
    "refused": _("The bank refused the debit."),
    "stopped": _("Payment was stopped."),
}
OTHER_RETURN = _("The bank gave no reason.")
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

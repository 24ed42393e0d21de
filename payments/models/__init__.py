"""What payments keeps: a module a subject."""

from payments.credits.models import OffsettingPreference, RefundRequest

from .chosen import ChosenItem
from .debits import BankEntry, Debit, DebitAgreement, DebitFile, ReturnFile
from .payment import Payment
from .planned import PlannedPayment

__all__ = (
    "BankEntry",
    "ChosenItem",
    "Debit",
    "DebitAgreement",
    "DebitFile",
    "OffsettingPreference",
    "Payment",
    "PlannedPayment",
    "RefundRequest",
    "ReturnFile",
)

"""What payments keeps: a module a subject."""

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
    "Payment",
    "PlannedPayment",
    "ReturnFile",
)

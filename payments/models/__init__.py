"""What payments keeps: a module a subject."""

from .debits import BankEntry, Debit, DebitAgreement, DebitFile, ReturnFile
from .payment import Payment

__all__ = ("BankEntry", "Debit", "DebitAgreement", "DebitFile", "Payment", "ReturnFile")

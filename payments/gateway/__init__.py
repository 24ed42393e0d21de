"""The bank as the portal sees it: one module with time limits, so that a real provider could take its place."""

from payments.gateway.bills import bill_page
from payments.gateway.calls import TIME_LIMIT
from payments.gateway.cards import BankSession, cancel_session, open_session, read_session
from payments.gateway.debits import (
    DebitOrder,
    FileReceipt,
    Mandate,
    RefusedDebit,
    ReturnEntry,
    cancel_mandate,
    open_mandate,
    read_mandate,
    return_file,
    send_debits,
)
from payments.gateway.notices import SIGNATURE_LIFETIME, Notice, is_signed, read_notice

__all__ = [
    "SIGNATURE_LIFETIME",
    "TIME_LIMIT",
    "BankSession",
    "DebitOrder",
    "FileReceipt",
    "Mandate",
    "Notice",
    "RefusedDebit",
    "ReturnEntry",
    "bill_page",
    "cancel_mandate",
    "cancel_session",
    "is_signed",
    "open_mandate",
    "open_session",
    "read_mandate",
    "read_notice",
    "read_session",
    "return_file",
    "send_debits",
]

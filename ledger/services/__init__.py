"""The only way money moves. Every verb is one transaction and happens once per key.

The same key with the same payload returns the earlier entry; the same key with another payload raises ``Conflict``.
Amounts are ``Decimal`` dollars. In each transaction the lines come first, then their entry (which the database checks
and seals), then open items and clearings, and the balances last and in order of holder, so that locks are short and
no two postings can wait for each other.
"""

from ledger.services.charges import post_charge, post_ctype, post_interest, post_penalty
from ledger.services.clearing import ClearingPair, clear, clear_many
from ledger.services.clearing_run import clear_selected
from ledger.services.many import post_batch, post_many
from ledger.services.money import (
    apply_deposit,
    post_deposit,
    post_deposit_refund,
    post_disbursement,
    post_payment,
    post_payout,
)
from ledger.services.reversal import reverse_entry
from ledger.services.transfers import post_transfer

__all__ = [
    "ClearingPair",
    "apply_deposit",
    "clear",
    "clear_many",
    "clear_selected",
    "post_batch",
    "post_charge",
    "post_ctype",
    "post_deposit",
    "post_deposit_refund",
    "post_disbursement",
    "post_interest",
    "post_many",
    "post_payment",
    "post_payout",
    "post_penalty",
    "post_transfer",
    "reverse_entry",
]

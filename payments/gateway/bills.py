"""Online bill payment: the payer goes to their own bank with the account number; no session of ours exists."""

from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.conf import settings


def bill_page(*, payee: str, on: date, language: str, amount: Decimal | None = None) -> str:
    """The address of the bank's bill page with account (BN15), business day and amount; none without a bank."""
    if not settings.BANK_URL:
        return ""
    filled = {"payee": payee, "on": on.isoformat(), **({"amount": f"{amount:.2f}"} if amount is not None else {})}
    return f"{settings.BANK_URL}/{language}/bills/?{urlencode(filled)}"

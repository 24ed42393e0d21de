"""Every way to pay with its limit, its posting time and its last moment, in words.

Sources: bulletin 5408 (credit card limit, none for debit), the agency's answers to questions (two to three business
days for electronic payments, five to ten for cheques), D17-5-2 as reported (no pre-authorized debit for deposits).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core import format as formats
from payments.models import Payment
from payments.queries import CardRoom


@dataclass(frozen=True)
class MethodTerms:
    """One way to pay as a row of the table on the payment page."""

    method: Payment.Method
    limit: str
    posting: str
    cut_off: str
    is_for_debts_only: bool = False

    @property
    def label(self) -> Any:
        return self.method.label


def terms(room: CardRoom, *, order_by: date | None, language: str) -> list[MethodTerms]:
    """The rows in the active language; ``order_by`` is the last day on which a bill payment is still in time."""
    limit = formats.money(room.limit, language)
    by_cycle = _("%(limit)s per billing cycle and program account, deposits included") % {"limit": limit}
    at_once = _("At once")
    midnight = _("Midnight, Eastern time, on the last day to pay")
    in_time = (
        _("Ordered by %(day)s") % {"day": formats.weekday_day(order_by, language)}
        if order_by
        else _("Three business days before the last day to pay")
    )
    method = Payment.Method
    return [
        MethodTerms(method.DEBIT_CARD, _("None here; your bank may have one"), at_once, midnight),
        MethodTerms(
            method.CREDIT_CARD,
            by_cycle if room.is_by_cycle else _("%(limit)s at a time") % {"limit": limit},
            at_once,
            midnight,
        ),
        MethodTerms(
            method.BILL_PAYMENT, _("That of your bank; you may split it"), _("In 2 to 3 business days"), in_time, True
        ),
        MethodTerms(
            method.PRE_AUTHORIZED,
            _("None: it takes the whole balance"),
            _("On the due date"),
            _("An agreement in force before the due date"),
            True,
        ),
        MethodTerms(
            method.CHEQUE,
            _("Canadian dollars only, with the program account on it"),
            _("In 5 to 10 business days, counted from the day it is received"),
            _("Received on the last day to pay"),
            True,
        ),
        MethodTerms(
            method.COUNTER,
            _("Debit, or a card under the same limit"),
            _("Counted from the day it is paid"),
            _("The hours of the counter on the last day to pay"),
            True,
        ),
    ]

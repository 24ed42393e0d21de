"""What importers are told of their cash security: that it paid debts, what an officer decided, that it was paid out."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from security.messages import Message
from security.models import DepositRequest
from security.rules import RequestKind, RequestState

DEPOSIT_APPLIED = "DEPOSIT_APPLIED"
DEPOSIT_DECISION = "DEPOSIT_DECISION"
DEPOSIT_PAID_OUT = "DEPOSIT_PAID_OUT"


def deposit_applied(row: DepositRequest, *, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("Your cash deposit paid debts of %(account)s") % {"account": account},
        lambda: (
            _(
                "%(amount)s of it was used, reference %(reference)s, the oldest debt first. Your security is lower by"
                " it: see what is covered."
            )
            % {"amount": formats.money(row.amount, get_language() or "en"), "reference": row.reference}
        ),
    )


def deposit_request_decided(row: DepositRequest, *, number: str) -> Message:
    account = formats.bn(number)
    if row.state == RequestState.APPROVED:
        return (
            lambda: _("You may bring a deposit on paper for %(account)s") % {"account": account},
            lambda: (
                _("Bring or send it for exactly %(amount)s and write the reference %(reference)s on it.")
                % {"amount": formats.money(row.amount, get_language() or "en"), "reference": row.reference}
            ),
        )
    return (
        lambda: (
            (
                _("Your request to bring a deposit on paper for %(account)s was refused")
                if row.kind == RequestKind.PAPER
                else _("Your request to pay debts of %(account)s with the deposit was refused")
            )
            % {"account": account}
        ),
        lambda: _("Reasons: %(reasons)s") % {"reasons": row.decision},
    )


def deposit_paid_out(row: DepositRequest, *, number: str) -> Message:
    account = formats.bn(number)
    return (
        lambda: _("A cash deposit for %(account)s was paid out") % {"account": account},
        lambda: (
            _("%(amount)s has left for you, reference %(reference)s.")
            % {"amount": formats.money(row.amount, get_language() or "en"), "reference": row.reference}
        ),
    )

"""The receipt of a payment as a document."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from core.clock import TORONTO
from documents import pdf
from payments.models import Payment
from payments.queries import Use


def receipt_pdf(payment: Payment, use: Use) -> bytes:
    """The PDF/UA receipt of a received payment in the active language; figures in Canadian dollars."""
    language = get_language() or "en"
    account = payment.program_account
    number = formats.bn(account.number)
    facts = [
        (_("Reference"), payment.reference),
        (_("Amount"), formats.money(payment.amount, language)),
        (_("For"), str(payment.get_purpose_display())),
        (_("By"), str(payment.get_method_display())),
        (_("Paid by"), payment.payer.legal_name),
        (_("To program account"), f"{number}, {account.business.legal_name}"),
        (
            _("Received"),
            formats.moment(payment.received_at.astimezone(TORONTO), language) if payment.received_at else "",
        ),
    ]
    return pdf.render(
        "receipt",
        {
            "title": _("Receipt for payment %(reference)s") % {"reference": payment.reference},
            "context": account.business.legal_name,
            "footer": payment.reference,
            "facts": [{"label": label, "value": value} for label, value in facts],
            "sections": [] if payment.is_deposit else [_paid(use, language)],
            "note": _("The deposit is held as security and is never used for debts by itself.")
            if payment.is_deposit
            else _("What is left as a credit is used when the next amount falls due."),
        },
        language,
    )


def _paid(use: Use, language: str) -> dict[str, Any]:
    rows = [
        [
            f"{line.label} {line.source.partition(':')[2]}".strip(),
            formats.day(line.due_on, language) if line.due_on else "",
            formats.number(line.amount, language),
        ]
        for line in use.lines
    ]
    if use.hidden_count:
        rows.append([_("Items hidden from you"), "", formats.number(use.hidden, language)])
    return {
        "title": _("What it paid, Canadian dollars"),
        "columns": [_("Item"), _("Due"), _("Paid")],
        "wide": [True, False, False],
        "right": [2],
        "rows": rows,
        "total": [_("Left as a credit"), "", formats.number(use.left, language)],
        "note": "",
    }

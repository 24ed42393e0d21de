"""The Statement of Adjustment as a document."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core import format as formats
from core.clock import TORONTO
from declarations.changes import queries
from declarations.changes.models import ChangeRequest
from documents import pdf

#: The amounts of a comparison in words.
AMOUNT_LABELS: Mapping[str, Any] = {
    "value_for_duty": gettext_lazy("Value for duty"),
    "duty": gettext_lazy("Customs duty"),
    "sima": gettext_lazy("SIMA"),
    "surtax": gettext_lazy("Surtax"),
    "excise_duty": gettext_lazy("Excise duty"),
    "excise_tax": gettext_lazy("Excise tax"),
    "gst": gettext_lazy("GST"),
    "hst": gettext_lazy("HST"),
    "provincial_tax": gettext_lazy("Provincial tax"),
    "total": gettext_lazy("Total payable"),
}


def statement_pdf(request: ChangeRequest) -> bytes:
    """The PDF/UA Statement of Adjustment in the active language: the decision, its reason and every amount."""
    language = get_language() or "en"
    declaration = request.declaration
    account = declaration.program_account
    facts = [
        (_("Reference"), request.number),
        (_("Declaration number"), declaration.number),
        (_("Program account"), f"{formats.bn(account.number)}, {account.business.legal_name}"),
        (_("Kind"), str(request.get_kind_display())),
        (_("Decision"), str(request.get_state_display())),
        (_("Decided"), _moment(request, language)),
        (_("Reason code"), f"{request.reason_code}, {request.reason_label}"),
        (_("Authority"), request.authority),
        (_("Explanation"), request.reason),
        (_("Reason for the decision"), request.decision),
        (_("Interest given"), formats.money(request.interest, language)),
    ]
    return pdf.render(
        "receipt",
        {
            "title": _("Statement of Adjustment %(number)s") % {"number": request.number},
            "context": account.business.legal_name,
            "footer": request.number,
            "facts": [{"label": label, "value": value} for label, value in facts],
            "sections": _sections(request, language),
            "note": _("You may appeal within 90 days of this decision, once its amounts are paid or secured."),
        },
        language,
    )


def _moment(request: ChangeRequest, language: str) -> str:
    return formats.moment(request.decided_at.astimezone(TORONTO), language) if request.decided_at else ""


def _sections(request: ChangeRequest, language: str) -> list[dict[str, Any]]:
    rows = [
        [
            str(AMOUNT_LABELS[row.name]),
            *(formats.number(amount, language) for amount in (row.before, row.after, row.change)),
        ]
        for row in queries.amount_rows(request)
    ]
    if not rows:
        return []
    return [
        {
            "title": _("Amounts, Canadian dollars"),
            "columns": [_("Amount"), _("Before"), _("After"), _("Difference")],
            "wide": [True, False, False, False],
            "right": [1, 2, 3],
            "rows": rows[:-1],
            "total": rows[-1],
        }
    ]

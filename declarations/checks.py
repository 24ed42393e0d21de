"""What is looked at before a declaration is submitted: stops and advice, each with the place to put it right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core import format as formats
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.rules import needs_origin_proof
from reference import queries as reference
from reference.rules.sima import sima_measures
from reference.rules.surtax import SMALL_DECLARATION


@dataclass(frozen=True)
class Check:
    """One thing looked at before submission; ``blocks`` tells a stop from an advice."""

    code: str
    message: str
    passed: bool
    blocks: bool = True
    field: str | None = None
    invoice: int | None = None
    line: int | None = None


def checks(
    declaration: Declaration, draft: DeclarationVersion, *, on: date, invoices: Sequence[Invoice] | None = None
) -> Sequence[Check]:
    """What is looked at before submission, in the order of the page; ``invoices`` where they are loaded already."""
    language = get_language() or "en"
    if invoices is None:
        invoices = list(draft.invoices.prefetch_related("lines").order_by("position"))
    lines = [(invoice, line) for invoice in invoices for line in invoice.lines.all()]
    found = [
        _release_check(declaration),
        Check(
            "invoice_missing",
            _("Invoice entered") if invoices else _("Enter the invoice"),
            passed=bool(invoices),
            field="invoice",
        ),
    ]
    for invoice in invoices:
        found += _invoice_checks(invoice)
    if lines:
        day = {"day": formats.day(declaration.released_on, language)}
        found.append(
            Check("classifications_in_force", _("Classification numbers in force on %(day)s") % day, passed=True)
        )
    found += _treatment_checks(declaration, lines) + _small_checks(lines)
    unproved = [
        (invoice, line) for invoice, line in lines if needs_origin_proof(line.treatment) and not line.origin_proof
    ]
    if unproved:
        invoice, line = unproved[0]
        values = {
            "lines": ", ".join(str(other.position) for _invoice, other in unproved[:MOST_NAMED]),
            "treatment": line.treatment,
        }
        message = ngettext(
            "Line %(lines)s: name the proof of origin for %(treatment)s, or use MFN",
            "Lines %(lines)s: name the proofs of origin, or use MFN",
            len(unproved),
        )
        found.append(
            Check(
                "origin_proof_missing",
                message % values,
                passed=False,
                blocks=False,
                invoice=invoice.position,
                line=line.position,
            )
        )
    measures = reference.sima_measures() if lines else ()
    unsaid = [
        (invoice, line)
        for invoice, line in lines
        if not line.sima_subject and sima_measures(measures, line.classification, line.origin, declaration.released_on)
    ]
    if unsaid:
        invoice, line = unsaid[0]
        found.append(
            Check(
                "sima_subject_missing",
                ngettext(
                    "Line %(lines)s: a SIMA measure names such goods. Say whether they are subject to it",
                    "Lines %(lines)s: SIMA measures name such goods. Say whether they are subject to them",
                    len(unsaid),
                )
                % {"lines": ", ".join(str(other.position) for _invoice, other in unsaid[:MOST_NAMED])},
                passed=False,
                blocks=False,
                invoice=invoice.position,
                line=line.position,
            )
        )
    late = on > declaration.accounting_due_on and declaration.version_count == 0
    with_days = (Declaration.Type.AB, Declaration.Type.F)
    if declaration.type in with_days and declaration.version_count == 0:
        day = {"day": formats.day(declaration.accounting_due_on, language)}
        found.append(
            Check(
                "accounting_late",
                _("The goods were to be accounted for by %(day)s. Submit now; a late accounting penalty may follow.")
                % day
                if late
                else _within(declaration),
                passed=not late,
                blocks=False,
            )
        )
    return found


def _treatment_checks(declaration: Declaration, lines: Sequence[tuple[Invoice, Line]]) -> list[Check]:
    """Each treatment may be claimed for its origin on the day of release, which may have moved since it was entered."""
    allowed = reference.treatments_of_many({line.origin for _invoice, line in lines}, declaration.released_on)
    wrong = [(invoice, line) for invoice, line in lines if line.treatment not in allowed[line.origin]]
    if not wrong:
        return [Check("treatment_not_for_origin", _("Tariff treatments agree with the origins"), True)] if lines else []
    return [
        Check(
            "treatment_not_for_origin",
            _("Line %(line)s: goods of %(origin)s can't claim %(treatment)s. They can claim: %(allowed)s.")
            % {
                "line": line.position,
                "origin": line.origin,
                "treatment": line.treatment,
                "allowed": ", ".join(sorted(allowed[line.origin])),
            },
            passed=False,
            invoice=invoice.position,
            line=line.position,
        )
        for invoice, line in wrong[:MOST_NAMED]
    ]


def _small_checks(lines: Sequence[tuple[Invoice, Line]]) -> list[Check]:
    """A claim of the small declaration holds only while all its goods total 5,000 dollars or less."""
    claimed = [(invoice, line) for invoice, line in lines if line.surtax_ground == Line.SurtaxGround.SMALL]
    total = sum((line.value_for_duty for _invoice, line in lines), Decimal(0))
    if not claimed or total <= SMALL_DECLARATION:
        return []
    language = get_language() or "en"
    invoice, line = claimed[0]
    return [
        Check(
            "surtax_small_too_large",
            _(
                "Line %(line)s claims the exemption of small declarations, up to %(most)s; this one totals %(total)s. "
                "Take the reason out."
            )
            % {
                "line": line.position,
                "most": formats.money(SMALL_DECLARATION, language),
                "total": formats.money(total, language),
            },
            passed=False,
            invoice=invoice.position,
            line=line.position,
        )
    ]


def _release_check(declaration: Declaration) -> Check:
    if declaration.type == Declaration.Type.V:
        return Check("without_release", _("Goods without release: interest runs since they entered"), passed=True)
    if declaration.type == Declaration.Type.F:
        count = declaration.consolidated.count()
        message = ngettext("%(count)d courier release matched", "%(count)d courier releases matched", count)
        return Check("release_matched", message % {"count": count}, passed=True)
    return Check("release_matched", _("Release found and matched"), passed=True)


def _within(declaration: Declaration) -> str:
    if declaration.type == Declaration.Type.F:
        return _("By the 24th of the month after the releases")
    return _("Within the five business days of release")


#: How many lines a check names before it would fill the page.
MOST_NAMED = 10


def _invoice_checks(invoice: Invoice) -> list[Check]:
    rows = list(invoice.lines.all())
    if not rows:
        return [
            Check(
                "lines_missing",
                _("Invoice %(number)s: add at least one line") % {"number": invoice.number},
                passed=False,
                field="lines",
                invoice=invoice.position,
            )
        ]
    language = get_language() or "en"
    total = sum((line.value for line in rows), Decimal(0))
    values: Mapping[str, Any] = {
        "currency": invoice.currency,
        "total": formats.number(invoice.total, language),
        "lines": formats.number(total, language),
    }
    agrees = total == invoice.total
    return [
        Check(
            "invoice_total_differs",
            _("Invoice total equals its lines, %(currency)s %(total)s") % values
            if agrees
            else _("The lines add up to %(currency)s %(lines)s, the invoice to %(total)s. Correct one of them.")
            % values,
            passed=agrees,
            field="total",
            invoice=invoice.position,
        )
    ]

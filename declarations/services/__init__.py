"""Everything that changes a declaration; each part of it in a file of its own."""

from declarations.services.filing import (
    METHODS,
    discard_draft,
    file_declaration,
    pay_at_counter,
    reopen,
    start_correction,
    start_draft,
    submit,
)
from declarations.services.late_accounting import BATCH, run_late_accounting
from declarations.services.lines import (
    MOST_INVOICES,
    MOST_LINES,
    InvoiceEntry,
    InvoiceInput,
    LineEntry,
    LineReport,
    Reassessment,
    add_lines,
    remove_invoice,
    remove_line,
    save_invoice,
    save_line,
    try_lines,
)
from declarations.services.parts import CATEGORY, GST_STATUS

__all__ = [
    "BATCH",
    "CATEGORY",
    "GST_STATUS",
    "METHODS",
    "MOST_INVOICES",
    "MOST_LINES",
    "InvoiceEntry",
    "InvoiceInput",
    "LineEntry",
    "LineReport",
    "Reassessment",
    "add_lines",
    "discard_draft",
    "file_declaration",
    "pay_at_counter",
    "remove_invoice",
    "remove_line",
    "reopen",
    "run_late_accounting",
    "save_invoice",
    "save_line",
    "start_correction",
    "start_draft",
    "submit",
    "try_lines",
]

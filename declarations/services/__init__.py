"""Everything that changes a declaration; each part of it in a file of its own."""

from declarations.services.assessing import LineEntry
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
    HeaderInput,
    InvoiceEntry,
    InvoiceInput,
    LineReport,
    add_lines,
    remove_invoice,
    remove_line,
    save_header,
    save_invoice,
    save_line,
    try_lines,
)
from declarations.services.parts import CATEGORY, EXCISE_EXEMPTION, GST_STATUS
from declarations.services.starting import (
    LineChange,
    VoluntaryEntry,
    copied_lines,
    copy_earlier,
    start_consolidated,
    start_voluntary,
)

__all__ = [
    "BATCH",
    "CATEGORY",
    "EXCISE_EXEMPTION",
    "GST_STATUS",
    "METHODS",
    "MOST_INVOICES",
    "MOST_LINES",
    "HeaderInput",
    "InvoiceEntry",
    "InvoiceInput",
    "LineChange",
    "LineEntry",
    "LineReport",
    "VoluntaryEntry",
    "add_lines",
    "copied_lines",
    "copy_earlier",
    "discard_draft",
    "file_declaration",
    "pay_at_counter",
    "remove_invoice",
    "remove_line",
    "reopen",
    "run_late_accounting",
    "save_header",
    "save_invoice",
    "save_line",
    "start_consolidated",
    "start_correction",
    "start_draft",
    "start_voluntary",
    "submit",
    "try_lines",
]

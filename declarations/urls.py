from django.urls import path

from declarations.views import editor, evidence, importing, late, pages, printing, starting

app_name = "declarations"

_LIST = "accounts/<str:number>/declarations/"
_ONE = _LIST + "<str:declaration>/"
_INVOICE = _ONE + "edit/invoices/<int:position>/"

urlpatterns = [
    path(_LIST, pages.declarations, name="list"),
    path(_LIST + "start/<str:transaction>/", pages.start, name="start"),
    path(_LIST + "tariff/", editor.classifications, name="classifications"),
    path(_LIST + "lines.csv", importing.sample, name="sample"),
    path(_LIST + "lines.xlsx", importing.sample_xlsx, name="sample_xlsx"),
    path(_LIST + "consolidate/", starting.consolidate, name="consolidate"),
    path(_LIST + "voluntary/", starting.voluntary, name="voluntary"),
    path(_ONE, pages.detail, name="detail"),
    path(_ONE + "correct/", pages.correct, name="correct"),
    path(_ONE + "discard/", pages.discard, name="discard"),
    path(_ONE + "reopen/", pages.reopen, name="reopen"),
    path(_ONE + "check/", pages.check, name="check"),
    path(_ONE + "submitted/", pages.submitted, name="submitted"),
    path(_ONE + "print/", printing.print_page, name="print"),
    path(_ONE + "declaration.pdf", printing.pdf, name="pdf"),
    path(_ONE + "documents/", evidence.documents, name="documents"),
    path(_ONE + "documents/<uuid:public_id>/", evidence.document, name="document"),
    path(_ONE + "documents/<uuid:public_id>/remove/", evidence.remove_document, name="remove_document"),
    path(_ONE + "edit/header/", starting.header, name="header"),
    path(_ONE + "edit/copy/", starting.copy, name="copy"),
    path(_ONE + "edit/", editor.edit, name="edit"),
    path(_INVOICE, editor.invoice, name="invoice"),
    path(_INVOICE + "remove/", editor.remove_invoice, name="remove_invoice"),
    path(_INVOICE + "import/", importing.import_lines, name="import"),
    path(_INVOICE + "lines/new/", editor.line, name="new_line"),
    path(_INVOICE + "lines/<int:line>/", editor.line, name="line"),
    path(_INVOICE + "lines/<int:line>/remove/", editor.remove_line, name="remove_line"),
    path("businesses/<str:bn9>/releases/<str:transaction>/importer/", late.change_importer, name="change_importer"),
    path("officers/late-accounting/", late.overdue, name="overdue"),
    path("officers/late-accounting/<str:transaction>/", late.late, name="late"),
]

from django.urls import path

from declarations.changes.views import account as changes
from declarations.changes.views import mass, officers
from declarations.views import editor, evidence, importing, late, pages, printing, starting

app_name = "declarations"

_LIST = "accounts/<str:number>/declarations/"
_ONE = _LIST + "<str:declaration>/"
_CHANGES = "accounts/<str:number>/changes/"
_CHANGE = _CHANGES + "<str:reference>/"
_DESK = "officers/changes/"
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
    path(_ONE + "change/", changes.ways, name="ways"),
    path(_ONE + "change/<slug:kind>/", changes.start, name="start_change"),
    path(_ONE + "withdraw/", changes.withdraw, name="withdraw"),
    path(_ONE + "compare/", changes.compare, name="compare"),
    path(_CHANGES, changes.changes, name="changes"),
    path(_CHANGES + "mass/", mass.mass, name="mass"),
    path(_CHANGES + "mass.csv", mass.mass_sample, name="mass_sample"),
    path(_CHANGE, changes.change, name="change"),
    path(_CHANGE + "appeal/", changes.appeal, name="appeal"),
    path(_CHANGE + "statement.pdf", changes.change_pdf, name="change_pdf"),
    path(_CHANGE + "files/<uuid:public_id>/", changes.change_file, name="change_file"),
    path(_DESK, officers.desk, name="desk"),
    path(_DESK + "<str:reference>/", officers.desk_change, name="desk_change"),
    path(_DESK + "<str:reference>/statement.pdf", officers.desk_pdf, name="desk_pdf"),
    path(_DESK + "<str:reference>/files/<uuid:public_id>/", officers.desk_file, name="desk_file"),
    path("officers/cases/<str:case>/", officers.desk_case, name="desk_case"),
    path("officers/declarations/<str:declaration>/redetermine/", officers.redetermine, name="redetermine"),
]

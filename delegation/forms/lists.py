"""Asking clients for access: one by its business number, or many as a CSV."""

import csv
import io
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.forms import BusinessNumberField, PortageForm
from delegation import rules
from delegation.forms.parts import COMMENT_LENGTH, comment_field
from delegation.services import WantedRequest


class RequestClientForm(PortageForm):
    """A provider names the client and says why."""

    bn9 = BusinessNumberField(label=_("Business number of the client"), help_text=_("Nine digits"))
    comment = comment_field(_("Comment for the client"), _("Say who you are and what you will do for them"))


#: The columns of a list of requests; the first is needed.
LIST_COLUMNS = ("bn9", "comment")
LIST_SAMPLE = 'bn9,comment\r\n704123686,"We clear your goods at Halifax, and file for you."\r\n'
MOST_BYTES = 1_000_000


class RequestListForm(PortageForm):
    """Many requests as a CSV, chosen as a file or pasted; ``rows`` are what it says."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("At most 1,000 rows and 1 MB, in UTF-8; the first row names the columns"),
        required=False,
        error_messages={"empty": _("This file is empty. Choose another")},
    )
    text = forms.CharField(
        label=_("Or paste the rows"),
        help_text=_("With the first row that names the columns: bn9, comment"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        upload: UploadedFile | None = given.get("file")
        at_fault = "file" if upload is not None else "text"
        try:
            if upload is not None:
                given["text"] = _text_of(upload)
            elif not given.get("text", "").strip() and not self.errors:
                at_fault = "file"
                raise ValueError(gettext("Choose a file, or paste the rows."))
            if not self.errors:
                given["rows"] = request_rows(given["text"])
        except ValueError as problem:
            self.add_error(at_fault, ValidationError(str(problem), code="invalid"))
        return given


def _text_of(upload: UploadedFile) -> str:
    if (upload.size or 0) > MOST_BYTES:
        raise ValueError(gettext("This file is larger than 1 MB. Split it."))
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(gettext("This file isn't in UTF-8. Save it as CSV UTF-8.")) from None


def request_rows(text: str) -> list[WantedRequest]:
    """The rows of a CSV with a header; ``ValueError`` in words for one that cannot be read as a whole.

    Commas and semicolons part the cells; a row that is wrong by itself carries its problem.
    """
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas.")) from None
    if "\0" in text or not rows:
        raise ValueError(gettext("This file can't be read as CSV. Check its quotes and commas."))
    header = [name.strip().lower() for name in rows[0]]
    if "bn9" not in header:
        raise ValueError(gettext("The first row lacks these columns: %(names)s.") % {"names": "bn9"})
    if not set(header) <= set(LIST_COLUMNS) or len(set(header)) < len(header):
        raise ValueError(
            gettext("Name each column once, from this list: %(names)s.") % {"names": ", ".join(LIST_COLUMNS)}
        )
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(gettext("There are no rows under the first row."))
    if len(filled) > rules.MOST_REQUESTS:
        raise ValueError(
            gettext("This list has %(count)s rows; at most %(most)s are taken. Split it.")
            % {"count": len(filled), "most": rules.MOST_REQUESTS}
        )
    return [_request_row(number, header, row) for number, row in filled]


def _request_row(number: int, header: list[str], row: list[str]) -> WantedRequest:
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    if len(row) != len(header):
        problem = gettext("This row has %(count)s cells, the first row has %(needed)s.")
        return WantedRequest(number, cells.get("bn9", ""), "", problem % {"count": len(row), "needed": len(header)})
    return wanted_request(number, bn9=cells["bn9"], comment=cells.get("comment", ""))


def wanted_request(number: int, *, bn9: str, comment: str) -> WantedRequest:
    """One row with its number in bare digits, or with what is wrong with it by itself."""
    try:
        digits = BusinessNumberField().clean(bn9)
        if len(comment) > COMMENT_LENGTH:
            raise ValidationError(
                gettext("Shorten the comment to %(most)s characters; it has %(count)s.")
                % {"most": COMMENT_LENGTH, "count": len(comment)}
            )
    except ValidationError as problem:
        return WantedRequest(number, bn9[:20], comment[:COMMENT_LENGTH], problem.messages[0])
    return WantedRequest(number, digits, comment)

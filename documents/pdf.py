"""PDFs that everybody can read: Typst templates compiled to PDF/UA-1, or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import gettext as _
from django.utils.translation import override

#: What ``render`` raises when the result would not conform: nothing is given out rather than something half right.
NotRendered = typst.TypstError
_HERE = Path(__file__).resolve().parent
_TEMPLATES = _HERE / "typst"
_FONTS = _HERE / "fonts"


def render(template: str, data: Mapping[str, Any], language: str) -> bytes:
    """The PDF of ``documents/typst/<template>.typ`` filled with ``data`` (texts only; ``title`` is required).

    Tagged, with title and language, and the words of the simulation on every page. ``NotRendered`` when the result
    would not conform to PDF/UA-1. Numbers, dates and sentences come already written in ``language`` ("en" or "fr").
    """
    with override(language):
        frame = {
            "language": language,
            "banner": _("Training simulation"),
            "banner_text": _("not the Government of Canada. Nothing here reaches the CBSA."),
            "page_of": _("Page {page} of {pages}"),
        }
    return bytes(
        typst.compile(
            str(_TEMPLATES / f"{template}.typ"),
            root=str(_TEMPLATES),
            font_paths=[str(_FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            sys_inputs={"data": json.dumps({**frame, **data}, ensure_ascii=False)},
        )
    )

"""A QR code as the path of an SVG: squares in whole units, so that it needs no style and no script."""

from dataclasses import dataclass

import qrcode


@dataclass(frozen=True)
class Picture:
    """``path`` is drawn in a box of ``size`` by ``size`` units, quiet zone included."""

    size: int
    path: str


def picture_of(text: str) -> Picture:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return Picture(size=len(rows), path="".join(squares))

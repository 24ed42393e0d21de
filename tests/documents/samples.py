"""Small files of each kind, sound and otherwise, made here so that nothing of the sort lies in the tree."""

import io
import zipfile
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile

#: The harmless test text of the virus scanners, in two pieces.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 17 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40 + b"\xff\xd9"
TIFF = b"II*\x00\x08\x00\x00\x00" + b"\x00" * 16
TIFF_BIG = b"MM\x00*\x00\x00\x00\x08" + b"\x00" * 16


def pdf(body: bytes = b"", *, trailer: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n"
        + body
        + b"\ntrailer << /Root 1 0 R "
        + trailer
        + b">>\n%%EOF\n"
    )


def pdf_with_objects(objects: bytes) -> bytes:
    """A PDF whose objects are packed into a stream."""
    packed = zlib.compress(objects)
    return pdf(b"2 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + packed + b"\nendstream endobj")


def package(main: str, **more: bytes) -> bytes:
    """An office file: ``main`` is its main part."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("[Content_Types].xml", "<Types/>")
        written.writestr(main, "<document/>")
        for name, content in more.items():
            written.writestr(name, content)
    return target.getvalue()


DOCX = package("word/document.xml")
XLSX = package("xl/workbook.xml")


def upload(name: str = "extract.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf() if content is None else content)

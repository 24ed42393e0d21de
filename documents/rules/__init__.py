"""What a file has to be before somebody may open it: its name, its size, and what its bytes say it is. Pure.

Which kinds and sizes the agency's portal takes is published nowhere, so kinds, limits and checks are ours (assumed).
The marks of each kind are those of its own specification (ISO 32000 for PDF, ISO/IEC 15948 for PNG, ISO/IEC 29500 for
the office formats).
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext_lazy as _

LARGEST_BYTES = 10_000_000
MOST_FILES = 10
LONGEST_NAME = 120
#: A package of an office format may hold so many parts and unpack to so many bytes, at most so many times its size.
MOST_PARTS = 2_000
MOST_UNPACKED = 100_000_000
MOST_RATIO = 200
#: How much the object streams of a PDF may unpack to, together.
_MOST_INFLATED = 20_000_000


class Kind(StrEnum):
    """What a stored file may be."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    CSV = "text/csv"
    TXT = "text/plain"


KIND_OF_EXTENSION = {
    "pdf": Kind.PDF,
    "png": Kind.PNG,
    "jpg": Kind.JPEG,
    "jpeg": Kind.JPEG,
    "tif": Kind.TIFF,
    "tiff": Kind.TIFF,
    "docx": Kind.DOCX,
    "xlsx": Kind.XLSX,
    "csv": Kind.CSV,
    "txt": Kind.TXT,
}
#: What a browser's file dialogue offers.
ACCEPT = ",".join(f".{extension}" for extension in KIND_OF_EXTENSION)
_TEXTS = frozenset({Kind.CSV, Kind.TXT})
#: Endings that make a file run; before another ending they are a disguise.
_RUNNING = frozenset(
    [
        "app",
        "bat",
        "cmd",
        "com",
        "cpl",
        "dll",
        "exe",
        "hta",
        "htm",
        "html",
        "jar",
        "js",
        "jse",
        "lnk",
        "mjs",
        "msi",
        "php",
        "pif",
        "ps1",
        "py",
        "reg",
        "scr",
        "sh",
        "svg",
        "vbe",
        "vbs",
        "wsf",
        "xhtml",
    ]
)


class DocumentState(StrEnum):
    """Where a stored file stands."""

    RECEIVED = "RECEIVED"
    CHECKING = "CHECKING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    REMOVED = "REMOVED"


#: From each state, where a file may go next. A refused or removed one has no bytes any more.
NEXT: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.RECEIVED: frozenset({DocumentState.CHECKING, DocumentState.REMOVED}),
    DocumentState.CHECKING: frozenset({DocumentState.ACCEPTED, DocumentState.REFUSED, DocumentState.REMOVED}),
    DocumentState.ACCEPTED: frozenset({DocumentState.REMOVED}),
    DocumentState.REFUSED: frozenset({DocumentState.REMOVED}),
    DocumentState.REMOVED: frozenset(),
}


def can_become(state: str, following: DocumentState) -> bool:
    return following in NEXT[DocumentState(state)]


class Problem(StrEnum):
    """Why a file is refused."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    NAME = "NAME"
    DISGUISED = "DISGUISED"
    KIND = "KIND"
    DISAGREES = "DISAGREES"
    DAMAGED = "DAMAGED"
    ENCRYPTED = "ENCRYPTED"
    ACTIVE = "ACTIVE"
    BOMB = "BOMB"
    VIRUS = "VIRUS"
    LOST = "LOST"


#: What is wrong, and what to do about it.
SENTENCES: dict[str, Any] = {
    Problem.EMPTY: _("The file is empty. Open it on your computer, save it again and upload that."),
    Problem.TOO_LARGE: _("The file is too large. Scan it in black and white or split it, then upload the parts."),
    Problem.NAME: _(
        "The name of the file holds hidden characters. Rename it with letters and digits and upload it again."
    ),
    Problem.DISGUISED: _("The name has two endings, one of them of a program. Give the file one ending, such as .pdf."),
    Problem.KIND: _("This kind of file is not taken. Save it as PDF, PNG, JPEG, TIFF, DOCX, XLSX, CSV or TXT."),
    Problem.DISAGREES: _(
        "The content is not what the ending of the name says. Save the file anew in the right format."
    ),
    Problem.DAMAGED: _("The file is damaged or incomplete. Open it, save it again and upload that."),
    Problem.ENCRYPTED: _("The file is protected with a password. Save a copy without protection and upload that."),
    Problem.ACTIVE: _("The file holds scripts, macros or actions. Print it to a new PDF and upload that."),
    Problem.BOMB: _("The file unpacks to far more than its size. Save it as PDF and upload that."),
    Problem.VIRUS: _("The scanner found a virus. Do not open the file; clean your computer, then upload a sound copy."),
    Problem.LOST: _("The file did not arrive whole. Upload it again."),
}


@dataclass(frozen=True)
class Verdict:
    """What a check says: the kind of a sound file, or the problem of another."""

    kind: Kind | None = None
    problem: Problem | None = None


# --- The name ---------------------------------------------------------------------------------------------------------
def safe_name(original: str) -> str:
    """The name as it is shown and given back: no folders, no hidden characters, at most 120 characters with its ending.

    A name of which nothing is left becomes "document".
    """
    last = unicodedata.normalize("NFC", original).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(character for character in last if not _is_hidden(character))
    plain = re.sub(r"[<>:\"|?*]", "_", " ".join(plain.split())).strip(". ") or "document"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def extension_of(name: str) -> str:
    """The ending of a name in small letters, without its point; empty where it has none."""
    return PurePosixPath(name).suffix.removeprefix(".").lower()


def name_problem(original: str) -> Problem | None:
    """What is wrong with the name a file comes with: hidden characters, a disguise, a kind that is not taken."""
    if any(_is_hidden(character) for character in original):
        return Problem.NAME
    name = safe_name(original)
    endings = [part.lower().strip() for part in name.split(".")[1:]]
    if any(ending in _RUNNING for ending in endings[:-1]):
        return Problem.DISGUISED
    return None if extension_of(name) in KIND_OF_EXTENSION else Problem.KIND


def first_problem(original: str, size: int, *, largest: int = LARGEST_BYTES) -> Problem | None:
    """What can be said before the content is read; ``size`` in bytes."""
    if size > largest:
        return Problem.TOO_LARGE
    return name_problem(original) or (Problem.EMPTY if size == 0 else None)


def _is_hidden(character: str) -> bool:
    """Control and format characters, which includes those that turn the direction of writing."""
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


# --- The content ------------------------------------------------------------------------------------------------------
def verdict_of(name: str, content: bytes, *, has_virus: Callable[[bytes], bool]) -> Verdict:
    """What the bytes of a file say; ``has_virus`` is the scanner, asked for the file and for each part of a package.

    The ending must agree with the content: a text is a text by its bytes, and its ending says which.
    """
    if not content:
        return Verdict(problem=Problem.EMPTY)
    if has_virus(content):
        return Verdict(problem=Problem.VIRUS)
    named = KIND_OF_EXTENSION.get(extension_of(name))
    if named is None:
        return Verdict(problem=Problem.KIND)
    if content.startswith(b"PK\x03\x04"):
        return _package_verdict(named, content, has_virus)
    found = _kind_by_marks(content)
    if found is None:
        found = named if named in _TEXTS and _is_text(content) else None
    if found is None or found != named:
        return Verdict(problem=Problem.DISAGREES)
    problem = _PROBLEMS_OF[found](content)
    return Verdict(problem=problem) if problem else Verdict(kind=found)


def _kind_by_marks(content: bytes) -> Kind | None:
    """The kind that the first bytes claim; ``None`` where they bear no mark, as those of a text."""
    if b"%PDF-" in content[:1024]:
        return Kind.PDF
    for mark, kind in (
        (b"\x89PNG\r\n\x1a\n", Kind.PNG),
        (b"\xff\xd8\xff", Kind.JPEG),
        (b"II*\x00", Kind.TIFF),
        (b"MM\x00*", Kind.TIFF),
    ):
        if content.startswith(mark):
            return kind
    return None


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters, or one of the older encodings of a single byte likewise."""
    if re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", content):
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return not text.lstrip("\ufeff \t\r\n").startswith(("#!", "<!", "<html", "<HTML", "<?", "<script", "<svg"))


def _png_problem(content: bytes) -> Problem | None:
    return None if content[12:16] == b"IHDR" and b"IEND" in content[-16:] else Problem.DAMAGED


def _jpeg_problem(content: bytes) -> Problem | None:
    return None if b"\xff\xd9" in content[-64:] else Problem.DAMAGED


def _tiff_problem(content: bytes) -> Problem | None:
    """The first directory has to lie inside the file."""
    place = int.from_bytes(content[4:8], "little" if content.startswith(b"II") else "big")
    return None if len(content) >= 10 and 8 <= place <= len(content) - 2 else Problem.DAMAGED


def _text_problem(content: bytes) -> Problem | None:
    return None if content.strip() else Problem.EMPTY


# --- PDF --------------------------------------------------------------------------------------------------------------
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_END = b"endstream"
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|XFA)(?=[\s/<(\[\]>)]|$)")
_ENCRYPTED = re.compile(rb"/Encrypt(?=[\s/<(\[]|$)")
#: The dictionary of a stream stands right before it; so far back it is looked for.
_LONGEST_HEAD = 4_000


def _pdf_problem(content: bytes) -> Problem | None:
    """Encryption, scripts and actions, also where names are written in hexadecimal or packed in object streams."""
    if b"%%EOF" not in content[-2048:]:
        return Problem.DAMAGED
    skeleton, packed = _pdf_parts(content)
    if sum(map(len, packed)) >= _MOST_INFLATED:
        return Problem.BOMB
    if _ENCRYPTED.search(skeleton):
        return Problem.ENCRYPTED
    if any(_ACTIVE.search(part) for part in (skeleton, *packed)):
        return Problem.ACTIVE
    return None


def _pdf_parts(content: bytes) -> tuple[bytes, list[bytes]]:
    """What stands outside the streams, and the object streams unpacked, together up to a limit; names spelt out."""
    outside: list[bytes] = []
    packed: list[bytes] = []
    place, room = 0, _MOST_INFLATED
    for found in _STREAM.finditer(content):
        if found.start() < place:
            continue
        end = content.find(_END, found.end())
        if end < 0:
            break
        head = _spelt_out(content[place : found.start()])
        outside.append(head)
        if b"/ObjStm" in head[-_LONGEST_HEAD:] and room > 0:
            packed.append(_inflated(content[found.end() : end], room))
            room -= len(packed[-1])
        place = end + len(_END)
    outside.append(_spelt_out(content[place:]))
    return b"\n".join(outside), [_spelt_out(part) for part in packed]


def _spelt_out(part: bytes) -> bytes:
    """Names as they are read: #4A stands for J."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), part)


def _inflated(body: bytes, most: int) -> bytes:
    """The unpacked object stream; as it is where it is not packed or broken."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return body[:most]


# --- Packages of the office formats -----------------------------------------------------------------------------------
def _package_verdict(named: Kind, content: bytes, has_virus: Callable[[bytes], bool]) -> Verdict:
    """Looks into a zip package without unpacking it anywhere, and never further than the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                return Verdict(problem=Problem.ENCRYPTED)
            if _is_bomb(parts):
                return Verdict(problem=Problem.BOMB)
            if any(has_virus(package.read(part)) for part in parts):
                return Verdict(problem=Problem.VIRUS)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        return Verdict(problem=Problem.DAMAGED)
    found = _office_kind(names)
    if found is None or found != named:
        return Verdict(problem=Problem.DISAGREES)
    if any(
        PurePosixPath(name).name.lower() in {"vbaproject.bin", "vbadata.xml"} or "/activeX/" in name for name in names
    ):
        return Verdict(problem=Problem.ACTIVE)
    if any(name.startswith(("/", "\\")) or ".." in PurePosixPath(name).parts for name in names):
        return Verdict(problem=Problem.DAMAGED)
    return Verdict(kind=found)


def _is_bomb(parts: list[zipfile.ZipInfo]) -> bool:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    return len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(packed, 10_000)


def _office_kind(names: set[str]) -> Kind | None:
    if "[Content_Types].xml" not in names:
        return None
    return Kind.DOCX if "word/document.xml" in names else Kind.XLSX if "xl/workbook.xml" in names else None


_PROBLEMS_OF: dict[Kind, Callable[[bytes], Problem | None]] = {
    Kind.PDF: _pdf_problem,
    Kind.PNG: _png_problem,
    Kind.JPEG: _jpeg_problem,
    Kind.TIFF: _tiff_problem,
    Kind.CSV: _text_problem,
    Kind.TXT: _text_problem,
}

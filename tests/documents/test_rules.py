"""What a file has to be: a table of names and of contents, sound ones and every way of not being so."""

import io
import zipfile

import pytest
from django.utils.translation import override

from documents import gateway, rules
from documents.rules import DocumentState, Kind, Problem, Verdict
from tests.documents.samples import DOCX, EICAR, JPEG, PNG, TIFF, TIFF_BIG, XLSX, package, pdf, pdf_with_objects


def short(value: object) -> str:
    """Bytes have no place in the name of a test: those of a package differ from minute to minute."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def verdict(name: str, content: bytes) -> Verdict:
    return rules.verdict_of(name, content, has_virus=gateway.has_virus)


@pytest.mark.parametrize(
    ("original", "shown"),
    [
        ("extract.pdf", "extract.pdf"),
        ("C:\\Users\\me\\extract.pdf", "extract.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("  two   words .pdf", "two words .pdf"),
        ('what<is>"this"?.pdf', "what_is__this__.pdf"),
        ("...", "document"),
        ("", "document"),
        ("Cafe\u0301.pdf", "Café.pdf"),
        ("noending", "noending"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_name_is_made_safe(original: str, shown: str) -> None:
    assert rules.safe_name(original) == shown


@pytest.mark.parametrize(
    ("original", "problem"),
    [
        ("extract.pdf", None),
        ("EXTRACT.PDF", None),
        ("Statement.v2.2026.pdf", None),
        ("invoice.exe.pdf", Problem.DISGUISED),
        ("invoice.pdf.exe", Problem.KIND),
        ("page.html.txt", Problem.DISGUISED),
        ("macro.docm", Problem.KIND),
        ("noending", Problem.KIND),
        ("nul\x00.pdf", Problem.NAME),
        ("line\nbreak.pdf", Problem.NAME),
        ("a\u202efdp.txt", Problem.NAME),
    ],
    ids=repr,
)
def test_a_name_that_plays_a_trick_is_refused(original: str, problem: Problem | None) -> None:
    assert rules.name_problem(original) == problem


@pytest.mark.parametrize(
    ("size", "problem"),
    [(0, Problem.EMPTY), (1, None), (10_000_000, None), (10_000_001, Problem.TOO_LARGE)],
)
def test_size_is_looked_at_before_the_content(size: int, problem: Problem | None) -> None:
    assert rules.first_problem("a.pdf", size) == problem


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", pdf(), Kind.PDF),
        ("a.pdf", b"\n\n" + pdf(), Kind.PDF),
        ("a.pdf", pdf(b"2 0 obj << /Length 9 >>\nstream\n/JS /Launch\nendstream endobj"), Kind.PDF),
        ("a.pdf", pdf_with_objects(b"<< /Type /Page /Title (JS) >>"), Kind.PDF),
        ("a.pdf", pdf(b"<< /OpenAction [1 0 R /Fit] >>"), Kind.PDF),
        ("a.pdf", pdf(b"2 0 obj << >>\nstream\nno end of this one"), Kind.PDF),
        ("a.pdf", pdf(b"2 0 obj << >>\nstream\nword stream\n/JS x\nendstream endobj"), Kind.PDF),
        ("a.png", PNG, Kind.PNG),
        ("a.jpg", JPEG, Kind.JPEG),
        ("a.jpeg", JPEG, Kind.JPEG),
        ("a.tif", TIFF, Kind.TIFF),
        ("a.tiff", TIFF_BIG, Kind.TIFF),
        ("a.docx", DOCX, Kind.DOCX),
        ("a.xlsx", XLSX, Kind.XLSX),
        ("a.csv", b"a;b\r\n1;2\r\n", Kind.CSV),
        ("a.txt", "\ufeffDéclaration".encode(), Kind.TXT),
        ("a.txt", "Déclaration".encode("latin-1"), Kind.TXT),
    ],
    ids=short,
)
def test_a_sound_file_is_taken_as_what_it_is(name: str, content: bytes, kind: Kind) -> None:
    assert verdict(name, content) == Verdict(kind=kind)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.pdf", b"", Problem.EMPTY),
        ("a.txt", b" \n ", Problem.EMPTY),
        ("a.exe", b"MZ", Problem.KIND),
        ("a.pdf", PNG, Problem.DISAGREES),
        ("a.png", pdf(), Problem.DISAGREES),
        ("a.txt", pdf(), Problem.DISAGREES),
        ("a.csv", DOCX, Problem.DISAGREES),
        ("a.docx", XLSX, Problem.DISAGREES),
        ("a.docx", package("other/part.xml"), Problem.DISAGREES),
        ("a.pdf", b"only words", Problem.DISAGREES),
        ("a.txt", b"MZ\x90\x00\x03", Problem.DISAGREES),
        ("a.txt", b"<!DOCTYPE html><p>", Problem.DISAGREES),
        ("a.csv", b"#!/bin/sh\n", Problem.DISAGREES),
        ("a.pdf", b"%PDF-1.7\nhalf", Problem.DAMAGED),
        ("a.png", PNG[:-8], Problem.DAMAGED),
        ("a.jpg", JPEG[:-2], Problem.DAMAGED),
        ("a.tif", b"II*\x00\xff\xff\x00\x00" + b"\x00" * 8, Problem.DAMAGED),
        ("a.docx", DOCX[:60], Problem.DAMAGED),
        ("a.docx", DOCX.replace(b"[Content_Types].xml", b"[Content_Typos].xml"), Problem.DISAGREES),
        ("a.docx", package("word/document.xml", **{"../../evil.xml": b"x"}), Problem.DAMAGED),
        ("a.pdf", pdf(trailer=b"/Encrypt 5 0 R "), Problem.ENCRYPTED),
        ("a.pdf", pdf(trailer=b"/#45ncrypt 5 0 R "), Problem.ENCRYPTED),
        ("a.pdf", pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), Problem.ACTIVE),
        ("a.pdf", pdf(b"<< /S /J#61vaScript >>"), Problem.ACTIVE),
        ("a.pdf", pdf(b"<< /S /Launch /F (cmd.exe) >>"), Problem.ACTIVE),
        ("a.pdf", pdf_with_objects(b"<< /S /JavaScript /JS (x) >>"), Problem.ACTIVE),
        ("a.pdf", pdf(b"2 0 obj << /Type /ObjStm >>\nstream\n<< /JS (x) >>\nendstream endobj"), Problem.ACTIVE),
        ("a.pdf", pdf_with_objects(b" " * 30_000_000), Problem.BOMB),
        ("a.docx", package("word/document.xml", **{"word/vbaProject.bin": b"x"}), Problem.ACTIVE),
        ("a.xlsx", package("xl/workbook.xml", **{"xl/activeX/activeX1.bin": b"x"}), Problem.ACTIVE),
        ("a.docx", package("word/document.xml", **{"word/big.xml": b"0" * 50_000_000}), Problem.BOMB),
        ("a.txt", EICAR, Problem.VIRUS),
        ("a.pdf", pdf(EICAR), Problem.VIRUS),
        ("a.docx", package("word/document.xml", **{"word/media/a.bin": EICAR}), Problem.VIRUS),
    ],
    ids=short,
)
def test_every_way_of_not_being_sound_has_its_own_name(name: str, content: bytes, problem: Problem) -> None:
    assert verdict(name, content) == Verdict(problem=problem)


def test_a_package_with_a_password_is_refused() -> None:
    content = bytearray(DOCX)
    # The flag of encryption in the central directory and in the first part's own head.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert verdict("a.docx", bytes(content)).problem == Problem.ENCRYPTED


def test_a_package_of_very_many_parts_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for number in range(rules.MOST_PARTS + 1):
            written.writestr(f"word/{number}", "")
    assert verdict("a.docx", target.getvalue()).problem == Problem.BOMB


def test_a_package_with_broken_parts_is_damaged() -> None:
    broken = DOCX[:50] + b"\xff\xff\xff" + DOCX[53:]
    assert verdict("a.docx", broken).problem == Problem.DAMAGED


def test_every_problem_says_what_to_do_in_two_languages() -> None:
    for problem in Problem:
        english = str(rules.SENTENCES[problem])
        with override("fr"):
            assert str(rules.SENTENCES[problem]) != english, problem
        assert english.count(".") >= 1 and len(english.split()) > 6


def test_the_states_lead_forward_only() -> None:
    assert rules.can_become(DocumentState.RECEIVED, DocumentState.CHECKING)
    assert not rules.can_become(DocumentState.ACCEPTED, DocumentState.CHECKING)
    assert not rules.can_become(DocumentState.REMOVED, DocumentState.ACCEPTED)

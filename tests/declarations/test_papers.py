"""What goes on paper: the printed declaration, and the papers kept with it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from declarations import services
from documents import services as documents
from documents.models import StoredDocument
from releases.rules import ReleaseKind
from tests.builders import Cast, signed_in
from tests.declarations.desk import NUTS, SYSTEM, accepted, drafted, paper, released
from tests.declarations.test_pages import base, text

pytestmark = pytest.mark.django_db


def test_a_declaration_is_printed_in_both_languages(cast: Cast, account: ProgramAccount) -> None:
    wen = signed_in(cast.wen)
    declaration = accepted(cast.world, released(cast.world, account, cast.harbourline), NUTS)
    page = text(wen.get(f"{base(account)}{declaration.number}/print/"))
    assert account.number[:3] in page and "RM 0001" in page.replace("RM0001", "RM 0001") and "690.63" in page
    assert "version 1" in page and "Original" in page and "two copies" not in page
    assert "22 July 2026, 09:00" in page, "the hour of acceptance is Toronto's"
    for language, mark in (("en", b"(en"), ("fr", b"(fr")):
        answer = wen.get(f"{base(account, language)}{declaration.number}/declaration.pdf")
        assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
        assert mark in answer.content
    at_port = drafted(cast.world, released(cast.world, account, cast.harbourline, kind=ReleaseKind.CTYPE))
    page = text(wen.get(f"{base(account)}{at_port.number}/print/?version=1"))
    assert "Print two copies" in page and "2,351.76" in page


def test_papers_are_kept_with_a_declaration_and_each_opening_is_noted(cast: Cast, account: ProgramAccount) -> None:
    wen, amara = signed_in(cast.wen), signed_in(cast.amara)
    draft = drafted(cast.world, released(cast.world, account, cast.harbourline))
    address = f"{base(account)}{draft.number}/documents/"
    assert "No file yet" in text(wen.get(address))
    file = SimpleUploadedFile("invoice.txt", b"One invoice")
    assert "Choose at least one file" in text(wen.post(address, {"kind": "INVOICE"}))
    assert wen.post(address, {"kind": "INVOICE", "uploads": file}).status_code == 302
    row = StoredDocument.objects.get()
    assert "Waits for its check" in text(wen.get(address))
    documents.check(document_id=row.pk, actor=SYSTEM, at=cast.world.at, wall_at=cast.world.at)
    assert "Commercial invoice" in text(amara.get(address))
    one = f"{address}{row.public_id}/"
    assert amara.get(one).content == b"One invoice"
    assert AuditEvent.objects.filter(verb="declaration.evidence_opened").count() == 1
    assert wen.post(f"{one}remove/").status_code == 302 and "No file yet" in text(wen.get(address))
    kept = paper(cast.world, draft, "other.txt")
    services.submit(declaration=draft, actor=SYSTEM, at=cast.world.at)
    assert "Filed, so it stays" in text(wen.get(address))
    given: Any = {"declaration": draft, "actor": SYSTEM, "at": cast.world.at}
    with pytest.raises(Conflict) as refusal:
        services.remove_evidence(public_id=kept.public_id, **given)
    assert refusal.value.code == "evidence_filed"
    services.remove_evidence(public_id=row.public_id, **given)  # removed before: nothing more happens
    with pytest.raises(DomainError) as unknown:
        services.add_evidence(kind="POEM", files=[], **given)
    assert unknown.value.field == "kind"

"""Changes in the browser and by API: each step on its page, each seat its own rows."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import ProgramAccount
from declarations.changes import services
from declarations.changes.forms import MassForm
from declarations.changes.models import ChangeRequest, MassCase
from declarations.models import Declaration
from tests.builders import Cast, actor, signed_in
from tests.declarations import changing
from tests.declarations.desk import accepted, released

pytestmark = pytest.mark.django_db


@pytest.fixture
def declaration(cast: Cast, account: ProgramAccount) -> Declaration:
    """Filed by Harbourline, and its payment due date is over."""
    row = accepted(cast.world, released(cast.world, account, cast.harbourline))
    Declaration.objects.filter(pk=row.pk).update(payment_due_on=cast.world.today - timedelta(days=1))
    row.refresh_from_db()
    return row


@pytest.fixture
def officer(cast: Cast) -> Client:
    return signed_in(cast.daniel)


def page_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"declarations:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def send(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"declarations:{name}", args=args), data)


def test_an_adjustment_from_the_page_of_ways_to_the_statement_of_adjustment(
    cast: Cast, declaration: Declaration, officer: Client
) -> None:
    wen = signed_in(cast.wen)
    here = (declaration.program_account.number, declaration.number)
    ways = page_of(wen, "ways", *here, learned_on="2026-07-01")
    assert "Ask for an adjustment" in ways
    assert "correct it by Tuesday 29" in ways
    assert "Change it" in page_of(wen, "detail", *here)
    assert send(wen, "start_change", *here, "gift").status_code == 404
    assert "Choose the reason" in send(wen, "start_change", *here, "adjustment").content.decode()
    assert send(wen, "start_change", *here, "adjustment", reason_code="VALUE").status_code == 302
    again = send(wen, "start_change", *here, "refund", reason_code="ERROR")
    assert "A change of this declaration is being written" in again.content.decode()
    assert "An officer decides on it." in page_of(wen, "edit", *here)
    assert "Send for review" in page_of(wen, "check", *here)
    sent = send(wen, "check", *here, reason="The freight of line 1")
    change = ChangeRequest.objects.get()
    assert sent["Location"].endswith(f"/changes/{change.number}/")
    account = declaration.program_account.number
    assert "Decision by" in page_of(wen, "change", account, change.number)
    assert "under review" in page_of(wen, "ways", *here)
    pdf = ("change_pdf", account, change.number)
    assert wen.get(reverse(f"declarations:{pdf[0]}", args=pdf[1:])).status_code == 404
    assert change.number in page_of(officer, "desk")
    decide = ("desk_change", change.number)
    assert "Give the reason" in send(officer, *decide, decision="approve").content.decode()
    assert send(officer, *decide, decision="ask", reason="Which freight?").status_code == 302
    assert "Which freight?" in page_of(wen, "change", account, change.number)
    here = ("change", account, change.number)
    assert "Write your message" in send(wen, *here, act="answer").content.decode()
    assert send(wen, *here, act="answer", text="The sea freight.").status_code == 302
    bill = SimpleUploadedFile("bill.pdf", b"%PDF-1.7 bill")
    assert send(wen, *here, act="files", uploads=bill).status_code == 302
    assert send(signed_in(cast.amara), *here, act="take_back").status_code == 403
    assert send(officer, *decide, decision="approve", reason="It is shown.").status_code == 302
    assert send(officer, *decide, decision="reject", reason="No.").status_code == 302
    assert "Statement of adjustment" in page_of(wen, *here)
    assert change.number in page_of(officer, "desk", tab="closed")
    for client, name, args in ((wen, *pdf[:1], pdf[1:]), (officer, "desk_pdf", (change.number,))):
        answer = client.get(reverse(f"declarations:{name}", args=args))
        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert send(wen, *here, act="take_back").status_code == 200
    # Passerelle sees only what it filed itself.
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    ines = signed_in(cast.ines)
    assert change.number not in page_of(ines, "changes", account)
    assert ines.get(reverse("declarations:change", args=(account, change.number))).status_code == 404
    compared = page_of(wen, "compare", *(account, declaration.number))
    assert "Total payable" in compared


def test_a_withdrawal_and_an_appeal_about_it(cast: Cast, declaration: Declaration, officer: Client) -> None:
    account, number = declaration.program_account.number, declaration.number
    wen = signed_in(cast.wen)
    assert send(wen, "withdraw", account, number, reason_code="DUPLICATE", reason="Twice.").status_code == 302
    refused = send(wen, "withdraw", account, number, reason_code="DUPLICATE", reason="Twice.")
    assert "under review" in refused.content.decode()
    change = ChangeRequest.objects.get()
    assert send(wen, "appeal", account, change.number).status_code == 302
    file = changing.with_file(change, actor=actor(cast.wen, cast.harbourline), at=cast.world.at)
    assert wen.get(reverse("declarations:change_file", args=(account, change.number, file))).status_code == 200
    assert officer.get(reverse("declarations:desk_file", args=(change.number, file))).status_code == 200
    other = "00000000-0000-0000-0000-000000000000"
    assert officer.get(reverse("declarations:desk_file", args=(change.number, other))).status_code == 404
    send(officer, "desk_change", change.number, decision="reject", reason="It was not.")
    assert "Appeal against" in page_of(wen, "ways", account, number)
    lodged = send(wen, "appeal", account, change.number, reason_code="OTHER", reason="It was.")
    appeal = ChangeRequest.objects.get(kind="APPEAL")
    assert lodged["Location"].endswith(f"/{appeal.number}/")
    again = send(wen, "appeal", account, change.number, reason_code="OTHER", reason="It was.")
    assert "under review" in again.content.decode()
    desk = page_of(officer, "desk_change", appeal.number)
    assert "line-1-1-value" in desk
    lines = {"line-1-1-classification": "6404.11.91.00", "line-1-1-origin": "CN", "line-1-1-treatment": "MFN"}
    wrong = {**lines, "line-1-1-quantity": "none", "line-1-1-value": "9000", "decision": "approve", "reason": "Yes."}
    assert "is not a number" in send(officer, "desk_change", appeal.number, **wrong).content.decode()
    right = {**wrong, "line-1-1-quantity": "240"}
    assert send(officer, "desk_change", appeal.number, **right).status_code == 302
    declaration.refresh_from_db()
    assert str(declaration.total) == "2151.00"
    listed = page_of(wen, "changes", account, kind="APPEAL", state="APPROVED", text=number)
    assert appeal.number in listed
    assert "No request matches" in page_of(wen, "changes", account, text="nothing like it")


def test_an_officer_finds_and_redetermines_a_declaration(cast: Cast, declaration: Declaration, officer: Client) -> None:
    assert "no accepted declaration" in page_of(officer, "desk", declaration="1")
    found = officer.get(reverse("declarations:desk"), {"declaration": declaration.number})
    assert found["Location"].endswith("/redetermine/")
    lines = {
        "line-1-1-classification": "6404.11.91.00",
        "line-1-1-origin": "CN",
        "line-1-1-treatment": "MFN",
        "line-1-1-quantity": "240",
        "line-1-1-value": "10000.00",
        "reason_code": "VERIFICATION",
        "reason": "Verified.",
    }
    unknown = send(officer, "redetermine", declaration.number, **{**lines, "line-1-1-origin": "ZZ"})
    assert "Choose a country" in unknown.content.decode()
    assert send(officer, "redetermine", declaration.number, **lines).status_code == 302
    declaration.refresh_from_db()
    assert str(declaration.total) == "2390.00"
    for name, args in (("desk_change", ("x",)), ("desk_case", ("MA1",)), ("redetermine", ("1",))):
        assert officer.get(reverse(f"declarations:{name}", args=args)).status_code == 404


def test_a_file_is_tried_then_asked_for_and_decided_row_by_row(
    cast: Cast, declaration: Declaration, officer: Client
) -> None:
    account = declaration.program_account.number
    wen = signed_in(cast.wen)
    head = "declaration,invoice,line,value,treatment\n"
    given = {"reason_code": "VALUE", "reason": "Freight"}

    def tried(text: str, **more: Any) -> str:
        return send(wen, "mass", account, **given, content=head + text, **more).content.decode()

    assert "Choose a CSV file" in send(wen, "mass", account, **given).content.decode()
    assert "is not a number" in tried(f"{declaration.number},1,1,-5,\n")
    assert "must be corrected" in tried(f"{declaration.number},1,1,10000,XX\n", submit="1")
    good = f"{declaration.number},1,1,10000.00,\n"
    page = tried(good)
    assert "Ask for all of them" in page
    assert "$38.24" in page
    file = SimpleUploadedFile("rows.csv", (head + good).encode())
    assert "Ask for all of them" in send(wen, "mass", account, **given, file=file).content.decode()
    sent = send(wen, "mass", account, **given, content=head + good, submit="1")
    case = MassCase.objects.get()
    assert sent["Location"].endswith(f"?text={case.number}")
    assert case.number in page_of(wen, "changes", account, text=case.number)
    number = ChangeRequest.objects.get().number
    assert number in page_of(officer, "desk_case", case.number)
    assert "Give the reason" in send(officer, "desk_case", case.number, decision="approve").content.decode()
    done = send(officer, "desk_case", case.number, decision="approve", rows=[number], reason="Agreed.")
    assert done.status_code == 302
    declaration.refresh_from_db()
    assert str(declaration.total) == "2390.00"
    assert "attachment" in wen.get(reverse("declarations:mass_sample", args=(account,)))["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("number,price\n1,2\n", "must name the columns"),
        ("declaration,invoice,line\n", "1 to 5000 rows"),
        ('declaration,invoice,line\n"1,2', "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content: str, words: str) -> None:
    form = MassForm({"reason_code": "VALUE", "reason": "Freight", "content": content})
    assert not form.is_valid()
    assert words in str(form.errors)


def test_each_row_of_a_file_says_what_is_wrong_with_it() -> None:
    rows = (
        "1,1\n",
        "1,1,1,,,,,,,,,9\n",
        "1,x,1,,,,,,,\n",
        "1,1,1,,,,,,,\n",
        "1,1,1,,,,1e400,,,\n",
        "1,1,1,12345678901234,,,,,,\n",
        "1,1,1,,cn,,1.5,,,\n",
    )
    head = "declaration,invoice,line,classification,origin,treatment,quantity,value,gst_exemption,origin_proof\n"
    form = MassForm({"reason_code": "VALUE", "reason": "Freight", "content": head + "".join(rows)})
    assert form.is_valid(), form.errors
    found = form.cleaned_data["rows"]
    assert [bool(row.problem) for row in found] == [True] * 6 + [False]
    assert found[-1].change.values["origin"] == "CN"
    big = SimpleUploadedFile("x.csv", b"a" * 2_000_001)
    wrong = SimpleUploadedFile("x.csv", "é".encode("latin-1"))
    zero = SimpleUploadedFile("x.csv", b"a\x00b")
    for file in (big, wrong, zero):
        assert not MassForm({"reason_code": "VALUE", "reason": "F"}, {"file": file}).is_valid()


def test_software_asks_reads_and_compares(cast: Cast, declaration: Declaration) -> None:
    wen, account = signed_in(cast.wen), declaration.program_account.number
    address = f"/api/v1/accounts/{account}/changes"

    def ask(key: str, user: Client = wen, **body: Any) -> Any:
        given = {"reason_code": "VALUE", "reason": "Freight", "declaration": declaration.number, **body}
        return user.post(address, json.dumps(given), "application/json", headers={"Idempotency-Key": key})

    line = {"invoice": 1, "line": 1, "value": "10000.00"}
    assert ask("1", kind="ADJUSTMENT").json()["field"] == "changes"
    assert ask("2", kind="WITHDRAWAL", declaration=None).json()["field"] == "declaration"
    assert ask("3", kind="APPEAL", decision="none").json()["code"] == "decision_unknown"
    assert ask("4", kind="WITHDRAWAL", declaration="00000000000000").json()["code"] == "declaration_unknown"
    assert ask("5", kind="REFUND", changes=[line], reason_code="ERROR").json()["code"] == "wrong_kind"
    made = ask("6", kind="ADJUSTMENT", changes=[line])
    assert (made.status_code, made.json()["amount"], made.json()["state"]) == (201, "38.24", "UNDER_REVIEW")
    assert ask("6", kind="ADJUSTMENT", changes=[line]).json() == made.json()
    assert ask("7", kind="WITHDRAWAL", reason_code="DUPLICATE").status_code == 409
    number = made.json()["number"]
    services.reject(request=ChangeRequest.objects.get(), reason="No.", actor=actor(cast.daniel), at=cast.world.at)
    read = wen.get(f"{address}/{number}").json()
    assert (read["state"], read["decision"], read["amounts"][-1]["change"]) == ("REJECTED", "No.", "38.24")
    assert wen.get(f"{address}/none").status_code == 404
    assert [row["number"] for row in wen.get(address).json()["results"]] == [number]
    appeal = ask("8", kind="APPEAL", decision=number)
    assert appeal.status_code == 201, appeal.json()
    compared = wen.get(f"/api/v1/accounts/{account}/declarations/{declaration.number}/comparison?from=1&to=2").json()
    assert compared["lines"][0]["outcome"] == "changed"
    assert "value" in compared["lines"][0]["differing"]
    cast.world.delegation(cast.passerelle, cast.northlight, accounts=(cast.account,))
    ines = signed_in(cast.ines)
    assert ines.get(address).json()["results"] == []
    assert ines.get(f"/api/v1/accounts/{account}/declarations/{declaration.number}/comparison").status_code == 404
    assert date.fromisoformat(read["decide_by"]) > cast.world.today

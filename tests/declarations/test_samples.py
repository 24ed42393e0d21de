"""The library of worked samples: every one is sent as it stands, and answered to the cent with what it says."""

import json
import os
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import etree

from declarations import samples, services, xml_calls
from declarations.models import Declaration
from declarations.samples.parts import ACCOUNT, RELEASES, Sample, Setting
from ledger.queries import balance_of
from releases import services as releases
from releases.models import Admission
from tests.builders import Cast, actor, signed_in
from tests.declarations.desk import filer, secured

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "examples" / "library"
ADMITTED = {
    Setting.CSA: ("CSA_MONTH", ACCOUNT),
    Setting.EXAMINED: ("EXAMINATION", ACCOUNT),
    Setting.COURIER: ("COURIER", "filer"),
}
#: Of an answer, what a sample promises.
KEPT = (
    *("code", "field", "kind", "type", "state", "refusal", "stream", "released_on"),
    *("accounting_due_on", "payment_due_on", "reason_code", "authority", "amount"),
    *("value_for_duty", "duty", "sima", "surtax", "excise", "gst", "hst", "provincial_tax", "total"),
)
LINE = (
    *("classification", "treatment", "duty_rate", "surtax_order", "surtax_rate", "surtax_base", "sima_code"),
    *("value_for_duty", "duty", "sima", "surtax", "excise_duty", "excise_tax", "value_for_tax"),
    *("gst", "hst", "provincial_tax", "total"),
)
NOT_MONEY = ("classification", "treatment", "duty_rate", "surtax_order", "surtax_rate", "sima_code")


def kept(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"status": status, **{name: body[name] for name in KEPT if name in body}}
    if "invoices" in body:
        found["exchange_rates"] = [invoice["exchange_rate"] for invoice in body["invoices"]]
        found["lines"] = [
            {name: line[name] for name in LINE} for invoice in body["invoices"] for line in invoice["lines"]
        ]
    return found


class Desk:
    """A filer who sends a sample with the own numbers in place of the sample's."""

    def __init__(self, cast: Cast, sample: Sample) -> None:
        self.cast, self.sample, self.count = cast, sample, 0
        self.numbers = {ACCOUNT: cast.account.number}
        self.client: Client = signed_in(cast.wen)
        if sample.setting != Setting.NO_RPP:
            secured(cast.world, cast.account)
        if sample.setting in ADMITTED:
            kind, number = ADMITTED[sample.setting]
            releases.admit(
                kind=Admission.Kind(kind),
                number=cast.harbourline.bn9 if number == "filer" else cast.account.number,
                reason="Admitted",
                actor=actor(cast.daniel),
                on=cast.world.today,
                at=cast.world.at,
            )

    def send(self, address: str, text: str, media: str = "application/json") -> tuple[int, dict[str, Any]]:
        self.count += 1
        for written, own in self.numbers.items():
            text = text.replace(written, own)
        answer = self.client.post(address, text, media, headers={"Idempotency-Key": f"key-{self.count}"})
        return answer.status_code, answer.json()

    def release(self) -> tuple[int, dict[str, Any]]:
        for count, written in enumerate(RELEASES[: self.sample.release_count]):
            cargo = str(self.sample.release["cargo_control_number"]) + (f"{count}" if count else "")
            status, body = self.send(
                "/api/v1/releases", json.dumps({**self.sample.release, "cargo_control_number": cargo})
            )
            if status == 201:
                self.numbers[written] = body["transaction_number"]
        return status, body

    def declare(self, text: str, media: str = "application/json") -> tuple[int, dict[str, Any]]:
        return self.send(f"/api/v1/accounts/{self.cast.account.number}/declarations", text, media)

    def work(self) -> tuple[int, dict[str, Any]]:
        files, answer = samples.files_of(self.sample), self.release()
        if self.sample.declaration is not None:
            answer = self.declare(files["declaration.json"])
        if self.sample.is_filed_twice:
            answer = self.declare(files["declaration.json"])
        if self.sample.correction is not None:
            address = (
                f"/api/v1/accounts/{self.cast.account.number}/declarations/{self.numbers[RELEASES[0]]}/corrections"
            )
            answer = self.send(address, files["correction.json"])
        if self.sample.change is not None:
            answer = self.send(f"/api/v1/accounts/{self.cast.account.number}/changes", files["change.json"])
        return answer


@pytest.mark.django_db
@pytest.mark.parametrize("sample", samples.SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_answered_with_what_it_says(cast: Cast, sample: Sample) -> None:
    given = kept(*Desk(cast, sample).work())
    if out := os.environ.get("PORTAGE_ANSWERS"):  # how answers.json is made anew: a file a sample, joined afterwards
        Path(out, f"{sample.name}.json").write_text(json.dumps(given))
    assert given == sample.answer


@pytest.mark.django_db
def test_xml_files_the_same_declaration_and_is_refused_in_the_same_words(cast: Cast) -> None:
    """The XML of a sample is what its JSON is; what is no declaration is told by line, column or place."""
    sample = samples.sample_named("duty-two-lines")
    assert sample is not None
    xml = samples.files_of(sample)["declaration.xml"]
    desk = Desk(cast, sample)
    desk.release()
    wrong = [
        (xml.replace("</lines>", ""), "xml_not_well_formed", None),
        (
            xml.replace("<?xml version='1.0' encoding='UTF-8'?>", "<!DOCTYPE d [<!ENTITY e 'x'>]>"),
            "xml_not_plain",
            None,
        ),
        (xml.replace("urn:portage:declaration:1", "urn:other"), "xml_not_a_declaration", None),
        (xml.replace("vendor_country>", "country>"), "xml_element_unknown", "invoices[0]"),
        (xml.replace("<currency>CAD", "<currency><b/>CAD"), "xml_element_unknown", "invoices[0].currency"),
        (
            xml.replace("<currency>", "<currency>CAD</currency><currency>"),
            "xml_element_repeated",
            "invoices[0].currency",
        ),
        (xml.replace("<origin>CN", "<origin>China"), "invalid", "invoices[0].lines[0].origin"),
        (
            xml.replace("<treatment>MFN", "<treatment>CEUT"),
            "treatment_not_for_origin",
            "invoices[0].lines[0].treatment",
        ),
        ("x" * (xml_calls.MOST_BYTES + 1), "xml_too_large", None),
    ]
    for text, code, field in wrong:
        status, body = desk.declare(text, "application/xml")
        assert (status, body["code"], body["field"]) == (400, code, field)
    assert not Declaration.objects.exists()
    assert kept(*desk.declare(xml, "text/xml; charset=utf-8")) == sample.answer


def test_the_schema_takes_every_sample_and_refuses_what_it_should(client: Client) -> None:
    schema = etree.XMLSchema(etree.fromstring(client.get("/api/v1/schemas/declaration.xsd").content))
    written = [samples.files_of(sample)["declaration.xml"] for sample in samples.SAMPLES if sample.has_xml]
    assert len(written) >= 8
    for text in written:
        schema.assertValid(etree.fromstring(text.encode()))
    for good, bad in [
        (">CN<", ">China<"),
        ("<total>", "<sum/><total>"),
        ("2026-07-14", "14 July"),
        ("<value>", "<value>x"),
    ]:
        assert not schema.validate(etree.fromstring(written[0].replace(good, bad).encode()))
    for sample in samples.SAMPLES:
        if sample.has_xml:
            text = samples.files_of(sample)["declaration.xml"]
            assert xml_calls.read(text.encode()) == as_text(sample.declaration)


def as_text(value: Any) -> Any:
    """What JSON holds, with its numbers and truths as XML writes them."""
    if isinstance(value, Mapping):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    "sample", [sample for sample in samples.SAMPLES if "lines" in (sample.answer or {})], ids=lambda s: s.name
)
def test_the_amounts_of_a_sample_follow_from_each_other(sample: Sample) -> None:
    """Worked out anew in plain arithmetic, without the rules of the portal."""
    answer = sample.answer
    for line in answer["lines"]:
        money = {name: Decimal(line[name]) for name in LINE if name not in NOT_MONEY and line[name] is not None}
        parts = sum(money[name] for name in ("duty", "sima", "surtax", "excise_duty", "excise_tax"))
        assert money["value_for_tax"] == money["value_for_duty"] + parts
        assert money["total"] == parts + money["gst"] + money["hst"] + money["provincial_tax"]
        assert money["gst"] in (0, cents(money["value_for_tax"] * Decimal("0.05")))
        assert bool(money["gst"]) != (bool(money["hst"]) or sample.name == "tax-gst-exempt")
        base = money.get("surtax_base", money["value_for_duty"])
        assert money["surtax"] == cents(base * Decimal(line["surtax_rate"]) / 100)
        if line["duty_rate"].endswith("%") and line["duty_rate"].count("%") == 1 and line["duty_rate"][0].isdigit():
            rate = line["duty_rate"].rstrip("%")
            assert not rate.replace(".", "").isdigit() or money["duty"] == cents(
                money["value_for_duty"] * Decimal(rate) / 100
            )
    for box in ("value_for_duty", "duty", "sima", "surtax", "gst", "hst", "provincial_tax", "total"):
        assert Decimal(answer[box]) == sum(Decimal(line[box]) for line in answer["lines"])


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_files_of_the_library_are_those_of_the_list(tmp_path: Path) -> None:
    assert {sample.name for sample in samples.SAMPLES} == set(samples.answers())
    call_command("write_samples", str(tmp_path), verbosity=0)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    kept_files = {path.relative_to(LIBRARY): path.read_text() for path in LIBRARY.rglob("*") if path.is_file()}
    assert written == kept_files


@pytest.mark.django_db
def test_software_corrects_what_nobody_writes_by_hand(cast: Cast) -> None:
    sample = samples.sample_named("change-correction-value")
    assert sample is not None
    desk = Desk(cast, sample)
    desk.release()
    assert desk.declare(samples.files_of(sample)["declaration.json"])[1]["total"] == "2351.76"
    declaration = Declaration.objects.get()
    address = f"/api/v1/accounts/{cast.account.number}/declarations/{declaration.number}/corrections"
    body = samples.files_of(sample)["correction.json"]
    given: dict[str, Any] = {"actor": filer(cast.world, cast.harbourline), "at": cast.world.at}
    services.start_correction(declaration=declaration, submitter=cast.harbourline, **given)
    assert desk.send(address, body)[1]["code"] == "draft_exists"
    services.discard_draft(declaration=declaration, **given)
    status, answer = desk.send(address, body)
    assert (status, answer["total"], answer["version_count"]) == (201, "2375.66", 2)
    assert balance_of(cast.account.pk).receivable == Decimal("2375.66")
    assert desk.send(address.replace(declaration.number, "17042000099999"), body)[0] == 404

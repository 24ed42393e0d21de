"""The open tariff: found by words, walked from section to number, one number explained, a rate looked up."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

pytestmark = pytest.mark.django_db


def page(name: str, query: str = "", language: str = "en", **kwargs: Any) -> str:
    with translation.override(language):
        address = reverse(f"support:{name}", kwargs=kwargs)
    response = Client().get(f"{address}?{query}")
    assert response.status_code == 200, address
    html = response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "{{" not in html
    assert "<c-" not in html
    return re.sub(r"\s+", " ", html)


def test_a_number_is_found_by_words_in_either_language_or_by_digits() -> None:
    assert "7318.16.00.10" in page("tariff", "q=Lock+NUT")
    assert "7318.16.00.10" in page("tariff", "q=7318.16")
    assert "6403.91.00.10" in page("tariff", "q=work+boots")
    assert "bovin" in page("tariff", "q=bovins+laitiere", language="fr").split("</form>")[-1].lower()
    assert "Nothing was found" in page("tariff", "q=zzzz")
    assert "Nothing was found" in page("tariff", "q=%2A%2A")


def test_classifying_leads_from_section_to_number(client: Client) -> None:
    assert "section=12" in page("classify")
    assert "chapter=64" in page("classify", "section=12")
    assert "heading=64.03" in page("classify", "chapter=64")
    numbers = page("classify", "heading=64.03&words=slipper")
    assert "6403.59.91.00" in numbers
    assert "6403.91.00.10" not in numbers
    assert "Nothing fits these words here" in page("classify", "chapter=64&words=horse")
    assert client.get(reverse("support:classify"), {"chapter": "77"}).status_code == 404


def test_one_number_shows_its_rates_what_touches_it_and_a_sample(client: Client) -> None:
    html = page("tariff_number", "origin=CN&on=2026-07-15&value=1000", number="7318.16.00.10")
    assert "SOR/2025-267" in html
    assert "Formosa Practice Screw" in html
    assert "Goods of China may not claim it." in html
    assert "312.50" in html  # 25 % surtax and 5 % GST of $1,250
    wine = reverse("support:tariff_number", args=["2204211010"])
    assert "Needs the quantity: Litre" in page("tariff_number", "origin=FR&on=2026-10-01&value=10", number="2204211010")
    assert "Error" in client.get(wine, {"on": "x", "origin": "FR", "value": "-1"}).content.decode()
    assert client.get(reverse("support:tariff_number", args=["0000000000"])).status_code == 404


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_tariff_page_opens_in_both_languages(language: str) -> None:
    for name in ("tariff", "classify", "exchange_rates"):
        assert f'<html lang="{language}">' in page(name, language=language)
    assert page("tariff_number", language=language, number="2204.21.10.10").count("<h1") == 1


def test_an_exchange_rate_says_its_day_and_source() -> None:
    html = page("exchange_rates", "currency=USD&on=2024-07-14")
    assert "12 July 2024" in html
    assert "European Central Bank" in html
    assert "none is made at weekends" in html
    assert "The table ends before" in page("exchange_rates", "currency=USD&on=2030-01-04")


def test_a_search_costs_the_same_for_one_and_for_many(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):
        page("tariff", "q=steel")
    with django_assert_max_num_queries(8):
        page("classify", "chapter=84")
    with django_assert_max_num_queries(8):
        page("tariff_number", "origin=CN&on=2026-07-15&value=1000", number="7318.16.00.10")


def test_an_officer_tries_a_file_out_then_loads_it(client: Client, cast: Any) -> None:
    client.force_login(cast.daniel)
    address = reverse("support:tariff_desk")
    wrong = "currency,rate_on,rate,source\nUSD,soon,1.4,Official\n"

    def send(text: str | bytes, **fields: str) -> str:
        content = text if isinstance(text, bytes) else text.encode()
        file = SimpleUploadedFile("file.csv", content)
        return client.post(address, {"kind": "exchange", "file": file, **fields}, follow=True).content.decode()

    assert "Type a day, such as 2027-01-01." in send(wrong)
    assert "1 row can be loaded." in send(wrong.replace("soon", "2024-07-12"))
    assert "Nothing was loaded." in send(wrong, load="1")
    assert "1 row was loaded." in send(wrong.replace("soon", "2024-07-12"), load="1")
    assert "not UTF-8" in send(b"\xff\xfe")
    exported = client.get(reverse("support:tariff_schedule")).content.decode("utf-8-sig")
    assert exported.startswith("classification_number,unit,")
    file = SimpleUploadedFile("schedule.csv", exported.encode())
    tried = client.post(address, {"kind": "schedule", "file": file}).content.decode()
    assert "New: 0; changed: 0" in tried
    file = SimpleUploadedFile("schedule.csv", exported.encode())
    assert (
        "were loaded."
        in client.post(address, {"kind": "schedule", "file": file, "load": "1"}, follow=True).content.decode()
    )


def test_the_same_over_the_open_api(client: Client) -> None:
    found = client.get("/api/v1/tariff", {"q": "lock nuts"}).json()
    assert [row["number"] for row in found] == ["7318.16.00.10"]
    sheet = client.get("/api/v1/tariff/7318160010", {"origin": "CN", "on": "2026-07-15"}).json()
    assert [(row["order"], row["percent"], row["is_applied"]) for row in sheet["surtaxes"]] == [
        ("SOR/2025-267", "25", True)
    ]
    assert {row["treatment"]: row["may_be_claimed"] for row in sheet["rates"]}["UST"] is False
    assert client.get("/api/v1/tariff/0000000000").status_code == 404
    assert client.get("/api/v1/tariff/7318160010", {"origin": "China"}).status_code == 400
    quote = client.get("/api/v1/exchange-rates", {"currency": "USD", "on": "2024-07-14"}).json()
    assert quote["rate_on"] == "2024-07-12"
    assert client.get("/api/v1/exchange-rates", {"currency": "XAU"}).status_code in {400, 404}
    assert client.get("/api/v1/exchange-rates", {"currency": "AUD", "on": "1999-01-01"}).status_code == 400


def test_worked_samples_are_listed_and_each_file_can_be_read(client: Client) -> None:
    html, french = page("samples"), page("samples", language="fr")
    assert "treatment_not_for_origin" in html
    assert "$2,719.26" in html
    assert "2 719,26 $" in french
    assert (
        client.get(reverse("support:sample_file", args=["duty-two-lines", "answer.json"])).json()["total"] == "2719.26"
    )
    xml = client.get(reverse("support:sample_file", args=["duty-two-lines", "declaration.xml"]))
    assert (xml["Content-Type"], b"<treatment>CPTPT</treatment>" in xml.content) == (
        "application/xml; charset=utf-8",
        True,
    )
    for name, file in [("duty-two-lines", "other.json"), ("nothing", "answer.json")]:
        assert client.get(reverse("support:sample_file", args=[name, file])).status_code == 404

"""What a sample is made of, and the files that it becomes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from declarations import xml_calls

#: Stand in the samples for the reader's own program account and the numbers of its releases.
ACCOUNT = "704123686RM0001"
RELEASES = ("17042000000126", "17042000000134")
RELEASE = RELEASES[0]
#: The business day on which the answers were given.
ANSWERED_ON = "2026-07-20"
_ANSWERS = Path(__file__).resolve().parent / "answers.json"


class Topic(TextChoices):
    RELEASES = "releases", _("Release requests")
    DUTY = "duty", _("Duty, treatments and exchange rates")
    TRADE = "trade", _("Anti-dumping duty and surtaxes")
    TAXES = "taxes", _("Excise, GST and casual goods")
    CHANGES = "changes", _("Changes after acceptance")
    REFUSED = "refused", _("Calls that are refused")


class Setting(TextChoices):
    """What has to be so before the sample is sent."""

    RPP = "rpp", _("The importer is enrolled in Release Prior to Payment.")
    NO_RPP = "no_rpp", _("The importer is not enrolled in Release Prior to Payment.")
    CSA = "csa", _("The importer is admitted to customs self assessment.")
    COURIER = "courier", _("The filer is admitted to the courier program.")
    EXAMINED = "examined", _("The importer's next goods are selected for examination.")


@dataclass(frozen=True)
class Sample:
    """One worked case: calls in the order in which they are sent; the last one's answer is what the sample shows."""

    name: str
    topic: Topic
    title: Promise | str
    release: Mapping[str, Any]
    declaration: Mapping[str, Any] | None = None
    correction: Mapping[str, Any] | None = None
    change: Mapping[str, Any] | None = None
    setting: Setting = Setting.RPP
    release_count: int = 1
    is_filed_twice: bool = False
    has_xml: bool = False

    @property
    def parts(self) -> Mapping[str, Mapping[str, Any] | None]:
        return {
            "release": self.release,
            "declaration": self.declaration,
            "correction": self.correction,
            "change": self.change,
        }

    @property
    def answer(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = answers()[self.name]
        return found

    @property
    def total(self) -> Decimal | None:
        """What the declaration comes to, where the answer is one."""
        total = self.answer.get("total")
        return Decimal(total) if total is not None else None

    @property
    def file_names(self) -> list[str]:
        names = [f"{part}.json" for part, body in self.parts.items() if body is not None]
        if self.has_xml:
            names.append("declaration.xml")
        return [*names, "answer.json"]


@cache
def answers() -> Mapping[str, Any]:
    """What every sample is answered with; the file ships with the product and never changes while it runs."""
    found: Mapping[str, Any] = json.loads(_ANSWERS.read_text(encoding="utf-8"))
    return found


def files_of(sample: Sample) -> dict[str, str]:
    """The files of a sample by their names."""
    files = {f"{part}.json": _json(body) for part, body in sample.parts.items() if body is not None}
    if sample.has_xml and sample.declaration is not None:
        files["declaration.xml"] = xml_calls.write(sample.declaration)
    return {**files, "answer.json": _json(sample.answer)}


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


# --- Short ways to write calls ---------------------------------------------------------------------------------------
def release(kind: str = "PARS", **changes: Any) -> dict[str, Any]:
    """A request for release of goods that are here."""
    return {
        "program_account": ACCOUNT,
        "kind": kind,
        "cargo_control_number": "8042PARS884120",
        "office": "0453",
        "goods": "Hiking boots and packs",
        "estimated_value": "2500.00",
        **changes,
    }


def line(classification: str, origin: str, treatment: str, quantity: str, value: str, **more: Any) -> dict[str, Any]:
    given = {"origin": origin, "treatment": treatment, "quantity": quantity, "value": value}
    return {"classification": classification, **given, **more}


def invoice(*lines: dict[str, Any], currency: str = "CAD", **changes: Any) -> dict[str, Any]:
    """An invoice that adds up to its lines."""
    return {
        "number": "SSP-88214",
        "dated_on": "2026-07-14",
        "vendor": "Summit Supply Partners LLC",
        "vendor_country": "US",
        "shipped_on": "2026-07-15",
        "currency": currency,
        "total": str(sum((Decimal(row["value"]) for row in lines), Decimal("0.00"))),
        **changes,
        "lines": list(lines),
    }


def declaration(*invoices: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A declaration of one release."""
    return {"release": RELEASE, **more, "invoices": list(invoices)}


@dataclass(frozen=True)
class Of:
    """Makes samples of one topic whose release says nothing particular."""

    topic: Topic
    words: dict[str, Any] = field(default_factory=dict)

    def __call__(self, name: str, title: Promise | str, *lines: dict[str, Any], **more: Any) -> Sample:
        """A declaration of one invoice with these lines; ``call`` in their place where the sample is another one."""
        call = more.pop("call", None) or declaration(invoice(*lines, **more.pop("invoice", {})))
        return Sample(name, self.topic, title, more.pop("release", release()), call, **{**self.words, **more})

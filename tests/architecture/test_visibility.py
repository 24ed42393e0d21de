"""What a grant hides leaves no trace: whatever is added out of its sight, not one page or answer changes.

Random grants meet random data. Every page and API operation of a program account is opened as the provider's person,
first with what the grant shows, then again with what it hides beside it. Lists, counts, totals, charts, searches, files
and suggestions may not differ by a character; that is stronger than looking for the hidden rows in them.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test.client import ClientHandler
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import Business, ProgramAccount
from core.actor import system
from delegation import rules
from delegation.models import Delegation
from payments import services as payments
from payments.models import Payment
from tests.architecture.matrix import ENTRIES, Api, Page, Skip
from tests.architecture.test_matrix import Browser, door_of, routes
from tests.builders import Cast
from tests.conftest import PROVE
from tests.declarations import desk

SUBMITTERS = ("northlight", "harbourline", "passerelle")
ACCOUNTS = ("first", "second")
KINDS = ("release", "draft", "declaration", "payment")
#: What differs between two answers that say the same: the tokens of forms, the second in which a calendar was made.
NOISE = re.compile(r'name="(csrfmiddlewaretoken|key)" value="[^"]*"|DTSTAMP:\w+')


@dataclass(frozen=True)
class Thing:
    """One transaction of a kind, by somebody, in one of the two program accounts."""

    kind: str
    submitter: str
    account: str
    dollars: int


@dataclass(frozen=True)
class Grant:
    """What Northlight gives Passerelle."""

    accounts: tuple[str, ...]
    sees_client: bool
    sees_others: bool

    @property
    def is_whole(self) -> bool:
        return len(self.accounts) == len(ACCOUNTS)

    def shows(self, thing: Thing) -> bool:
        """Said again in plain words, so that the rule itself is under test as well."""
        if thing.account not in self.accounts:
            return False
        return {"passerelle": True, "northlight": self.sees_client, "harbourline": self.sees_others}[thing.submitter]


@dataclass(frozen=True)
class Scene:
    cast: Cast
    accounts: dict[str, ProgramAccount]

    def business(self, name: str) -> Business:
        found: Business = getattr(self.cast, name)
        return found


THINGS = st.builds(
    Thing, st.sampled_from(KINDS), st.sampled_from(SUBMITTERS), st.sampled_from(ACCOUNTS), st.integers(100, 9000)
)
GRANTS = st.builds(Grant, st.sampled_from([("first",), ("second",), ("first", "second")]), st.booleans(), st.booleans())


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """Northlight with two secured program accounts, and all three able to file for them."""
    second = cast.world.program_account(cast.northlight, "RM0002")
    for account in (cast.account, second):
        desk.secured(cast.world, account)
    return Scene(cast, {"first": cast.account, "second": second})


def make(scene: Scene, thing: Thing) -> None:
    world, account, submitter = scene.cast.world, scene.accounts[thing.account], scene.business(thing.submitter)
    if thing.kind == "payment":
        payments.start_payment(
            order=payments.PaymentOrder(amount=Decimal(thing.dollars), method=Payment.Method.DEBIT_CARD),
            program_account=account,
            payer=submitter,
            actor=system("visibility"),
            at=world.at,
        )
        return
    line = desk.LineEntry(**{**desk.BOOTS.__dict__, "value": Decimal(thing.dollars)})
    release = desk.released(world, account, submitter, goods=f"Goods for {thing.dollars}")
    if thing.kind == "draft":
        desk.drafted(world, release, line)
    elif thing.kind == "declaration":
        desk.accepted(world, release, line)


def granted(scene: Scene, grant: Grant) -> Delegation:
    chosen = tuple(scene.accounts[name] for name in grant.accounts)
    return scene.cast.world.delegation(
        scene.cast.passerelle,
        scene.cast.northlight,
        accounts=() if grant.is_whole else chosen,
        sees_client=grant.sees_client,
        sees_others=grant.sees_others,
    )


def addresses(scene: Scene) -> Iterator[str]:
    """Every page and API operation of the client that an address of a program account or business opens by itself."""
    for name, listed in ENTRIES.items():
        if isinstance(listed, Skip) or name not in routes():
            continue
        route = routes()[name]
        if not route.parameters & {"number", "bn9"} or route.parameters - {"number", "bn9"}:
            continue
        for entry in listed if isinstance(listed, tuple) else (listed,):
            if (
                entry.method != "get"
                or entry.of != "client"
                or (entry.seats is not None and not isinstance(entry, Api))
            ):
                continue
            assert isinstance(entry, Page) and door_of(route, entry)
            if "bn9" in route.parameters:
                yield reverse(name, args=(scene.cast.northlight.bn9,))
            else:
                yield from (reverse(name, args=(account.number,)) for account in scene.accounts.values())
    for account in scene.accounts.values():
        yield reverse("statements:history", args=(account.number,)) + "?format=csv"
        yield reverse("declarations:list", args=(account.number,)) + "?search=1704"
        yield reverse("releases:account_list", args=(account.number,)) + "?search=PARS"
        yield reverse("dashboard:home", args=(account.number,)) + "?page=2"
    yield reverse("delegation:switch") + "?search=North"
    yield reverse("releases:list", args=(scene.cast.passerelle.bn9,))
    yield reverse("dashboard:business", args=(scene.cast.passerelle.bn9,))


def answers(scene: Scene, browser: Browser) -> dict[str, str]:
    """What the provider's person is shown at every address; how often they looked does not count."""
    cache.clear()
    return {address: told(browser.get(address)) for address in sorted(set(addresses(scene)))}


def told(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.get("Content-Type", "").startswith("application/pdf"):
        shown = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
        ).stdout
        return f"{response.status_code} {shown.decode()}"
    if "spreadsheetml" in response.get("Content-Type", ""):
        sheets = load_workbook(BytesIO(content), read_only=True).worksheets
        return f"{response.status_code} {[row for sheet in sheets for row in sheet.iter_rows(values_only=True)]}"
    return f"{response.status_code} {NOISE.sub('', content.decode())}"


@pytest.mark.django_db
@settings(
    max_examples=40 if PROVE else 4,
    deadline=None,
    # A failure names what it saw; making it smaller would take minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(grant=GRANTS, things=st.lists(THINGS, min_size=3, max_size=8))
def test_what_is_hidden_changes_nothing_that_is_shown(scene: Scene, grant: Grant, things: list[Thing]) -> None:
    # Beyond its program accounts the provider cannot have submitted anything.
    things = [thing for thing in things if thing.submitter != "passerelle" or thing.account in grant.accounts]
    hidden = [thing for thing in things if not grant.shows(thing)]
    with transaction.atomic():
        granted(scene, grant)
        browser = Browser("broker_own", scene.cast.ines, ClientHandler(enforce_csrf_checks=False))
        for thing in things:
            if grant.shows(thing):
                make(scene, thing)
        before = answers(scene, browser)
        for thing in hidden:
            make(scene, thing)
        after = answers(scene, browser)
        changed = [address for address, text in before.items() if after[address] != text]
        assert not changed, f"{grant} lets {hidden} show at {changed}: {difference(before, after, changed[0])}"
        transaction.set_rollback(True)


def difference(before: dict[str, str], after: dict[str, str], address: str) -> str:
    old, new = before[address].splitlines(), after[address].splitlines()
    return " | ".join(line.strip() for line in new if line not in old)[:600]


@pytest.mark.django_db
def test_what_is_shown_is_really_there(scene: Scene) -> None:
    """Otherwise nothing would differ because nothing was shown at all."""
    granted(scene, Grant(("first", "second"), sees_client=True, sees_others=True))
    browser = Browser("broker_own", scene.cast.ines, ClientHandler(enforce_csrf_checks=False))
    before = answers(scene, browser)
    for kind in KINDS:
        make(scene, Thing(kind, "harbourline", "first", 1234))
    after = answers(scene, browser)
    changed = {address.split("?")[0] for address, text in before.items() if after[address] != text}
    number = scene.cast.account.number
    for name in ("declarations:list", "releases:account_list", "payments:list", "security:overview", "dashboard:home"):
        assert reverse(name, args=(number,)) in changed, name
    assert rules.visibility_of(provider_id=1, client_id=2, sees_client=True, sees_others=True).is_full, (
        "all three boxes show everything"
    )

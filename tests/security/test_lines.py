"""The search of security lines and a surety's portfolio: who sees which lines, and what they add up to."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ProgramAccount
from security import queries, services
from security.models import Bond
from security.queries import Search
from tests.builders import Cast, signed_in
from tests.security.conftest import SYSTEM, charge, enrolled, moment, secured

pytestmark = pytest.mark.django_db
M = Decimal


def args(on: date) -> dict[str, Any]:
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))[1:]


@pytest.fixture
def account(cast: Cast, on: date) -> ProgramAccount:
    """A deposit of 500 of which 100 went back, two bonds in force, one that ends in 40 days, one that waits."""
    account = cast.account
    enrolled(account, on=on - timedelta(days=400), estimate="9000.00")
    services.receive_deposit(
        program_account_id=account.pk, amount=M("500.00"), payment_reference="=PAY-1", **args(on - timedelta(days=300))
    )
    secured(account, cast.keystone, "5000.00", on=on - timedelta(days=200), number="CB-OLD")
    newer = secured(account, cast.keystone, "7000.00", on=on - timedelta(days=100), number="CB-NEW")
    services.give_termination_notice(bond_id=newer.pk, terminates_on=on + timedelta(days=40), reason="", **args(on))
    services.request_deposit_refund(program_account_id=account.pk, amount=M("100.00"), **args(on))
    services.propose_bond(
        program_account_id=account.pk, provider_id=cast.keystone.pk, agreement_number="CB-WAITS",
        amount=M("6000.00"), validity_start=on, **args(on),
    )  # fmt: skip
    charge(account, "5900.00", on - timedelta(days=2))
    return account


def test_a_line_says_who_covers_what_and_the_file_has_what_the_page_has(
    cast: Cast, account: ProgramAccount, on: date
) -> None:
    amara = signed_in(cast.amara)
    found = {line.reference: line for line in queries.lines_of_accounts([account.pk], Search())[0:10]}
    amounts = {name: (row.original, row.released, row.used, row.balance) for name, row in found.items()}
    # 5,900.00 is owed: cash first, then the older bond, then the newer one.
    assert amounts == {
        "CB-WAITS": (M("6000.00"), M("0"), M("0"), M("6000.00")),
        "CB-NEW": (M("7000.00"), M("0"), M("500.00"), M("6500.00")),
        "CB-OLD": (M("5000.00"), M("0"), M("5000.00"), M("0")),
        "=PAY-1": (M("500.00"), M("100.00"), M("400.00"), M("0")),
    }
    assert {row.reference: row.ends_on for row in found.values()}["CB-NEW"] == on + timedelta(days=40)
    looked_for = {
        "": ["CB-WAITS", "CB-NEW", "CB-OLD", "'=PAY-1"],
        "?group=IN_FORCE&kind=bond": ["CB-NEW", "CB-OLD"],
        "?kind=deposit": ["'=PAY-1"],
        "?group=WAITING": ["CB-WAITS"],
        "?group=ENDED": [],
        "?q=cb-": ["CB-WAITS", "CB-NEW", "CB-OLD"],
        f"?q={account.number[:9]}+rm": ["CB-WAITS", "CB-NEW", "CB-OLD", "'=PAY-1"],
        f"?first={on + timedelta(days=41)}": ["CB-WAITS", "CB-OLD", "'=PAY-1"],
        f"?last={on - timedelta(days=150)}": ["CB-OLD", "'=PAY-1"],
        f"?ends={on + timedelta(days=60)}": ["CB-NEW"],
    }
    for name in ("account_lines", "business_lines"):
        for query, wanted in looked_for.items():
            argument = account.number if name == "account_lines" else cast.northlight.bn9
            page = text(amara.get(reverse(f"security:{name}", args=[argument]) + query))
            cells = rows_of(amara.get(reverse(f"security:{name}_file", args=[argument]) + query))
            assert [row[1] for row in cells] == wanted, (name, query)
            assert all(reference.lstrip("'") in page for reference in wanted)
    bad = amara.get(reverse("security:account_lines", args=[account.number]) + "?first=2026-02-01&last=2026-01-01")
    assert "not before the first" in text(bad)
    officers = rows_of(signed_in(cast.daniel).get(reverse("security:officer_lines_file") + "?group=IN_FORCE"))
    assert [row[8:] for row in officers] == [
        ["7000.00", "0.00", "500.00", "6500.00"],
        ["5000.00", "0.00", "5000.00", "0.00"],
        ["500.00", "100.00", "400.00", "0.00"],
    ]
    services.request_deposit_refund(program_account_id=account.pk, amount=M("400.00"), **args(on))
    ended = queries.lines_of_accounts([account.pk], Search(group="ENDED", ends=on))[0:5]
    assert [(row.reference, row.released, row.ends_on) for row in ended] == [("=PAY-1", M("500.00"), on)]


def test_nobody_sees_lines_or_use_that_are_not_theirs_to_see(cast: Cast, account: ProgramAccount, on: date) -> None:
    peter, stranger = signed_in(cast.peter), signed_in(cast.stranger)
    bn9 = cast.keystone.bn9
    page = text(peter.get(reverse("security:business_lines", args=[bn9])))
    assert "CB-OLD" in page and "PAY-1" not in page
    other = cast.world.surety("Other Surety Ltd.")
    assert queries.lines_of_surety(other.pk, Search()).count() == 0
    hidden = queries.lines_of_accounts([account.pk], Search(), knows=[])[0:10]
    assert {(line.used, line.balance) for line in hidden} == {(None, None)}
    for name, argument in (
        ("account_lines_file", account.number),
        ("business_lines", cast.northlight.bn9),
        ("portfolio", bn9),
        ("exposure_file", bn9),
    ):
        assert stranger.get(reverse(f"security:{name}", args=[argument])).status_code == 404
    assert signed_in(cast.wen).get(reverse("security:business_lines", args=[cast.northlight.bn9])).status_code == 404
    assert signed_in(cast.amara).get(reverse("security:portfolio", args=[cast.northlight.bn9])).status_code == 404


def test_a_surety_sees_what_it_answers_for_and_what_its_software_reads(
    cast: Cast, account: ProgramAccount, on: date
) -> None:
    charge(account, "1000.00", on - timedelta(days=90), last_day=on - timedelta(days=3))
    bond = Bond.objects.get(agreement_number="CB-OLD")
    demand = services.send_demand(program_account_id=account.pk, bond_id=bond.pk, reason="Unpaid", **args(on))
    found = queries.portfolio_of(cast.keystone.pk, on=on)
    assert (found.amount, found.used, found.room) == (M("12000.00"), M("6500.00"), M("5500.00"))
    used = [queries.used_of_bond(row, on=on) for row in Bond.objects.filter(agreement_number__in=("CB-OLD", "CB-NEW"))]
    assert sum(used) == found.used
    assert [(row.name, row.bond_count, row.ends_on) for row in found.debtors] == [
        (cast.northlight.legal_name, 2, on + timedelta(days=40))
    ]
    assert [(row.days, row.count, row.amount) for row in found.endings] == [
        (30, 0, M("0")),
        (60, 1, M("7000.00")),
        (90, 1, M("7000.00")),
    ]
    assert [row.agreement_number for row in found.waiting] == ["CB-WAITS"]
    assert (list(found.to_answer), found.demanded, found.paid) == ([demand], M("1000.00"), M("0"))
    peter = signed_in(cast.peter)
    page = text(peter.get(reverse("security:portfolio", args=[cast.keystone.bn9])))
    assert "in 60 days" in page and "1 bond, $7,000.00" in page and "$6,500.00" in page
    cells = rows_of(peter.get(reverse("security:exposure_file", args=[cast.keystone.bn9])))
    assert cells == [[
        cast.northlight.legal_name, "2", "12000.00", "6500.00", "5500.00", "1000.00", "0.00",
        (on + timedelta(days=40)).isoformat(),
    ]]  # fmt: skip
    services.close_paid_demand(demand_id=demand.pk, reference="KN 7", **args(on))
    found = queries.portfolio_of(cast.keystone.pk, on=on)
    assert (found.demanded, found.paid) == (M("0"), M("1000.00"))


def test_the_lists_ask_as_much_for_many_lines_as_for_few(cast: Cast, account: ProgramAccount, on: date) -> None:
    peter, amara = signed_in(cast.peter), signed_in(cast.amara)
    pages = [
        (peter, reverse("security:portfolio", args=[cast.keystone.bn9])),
        (peter, reverse("security:business_lines", args=[cast.keystone.bn9])),
        (amara, reverse("security:account_lines", args=[account.number])),
        (amara, reverse("security:business_lines", args=[cast.northlight.bn9])),
    ]

    def count(client: Any, address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    few = [count(*page) for page in pages]
    for number in range(12):
        business = cast.world.business(f"Importer {number} Ltd.")
        secured(cast.world.program_account(business), cast.keystone, "5000.00", on=on)
        secured(account, cast.keystone, "5000.00", on=on)
    assert [count(*page) for page in pages] == few
    assert max(few) <= 16

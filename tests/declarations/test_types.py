"""Other beginnings than one release: courier months, goods without release, copies; how the goods came."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from declarations import queries, services
from declarations.models import Declaration, Line
from declarations.services import HeaderInput, VoluntaryEntry
from delegation.rules import FULL, Visibility
from ledger.models import JournalEntry
from ledger.queries import balance_of
from notifications.models import Notification
from reference import queries as reference
from reference.rules.dated import latest
from releases.models import Release
from tests.builders import Cast, signed_in
from tests.declarations import desk
from tests.declarations.desk import BOOTS, PACKS, accepted, courier, drafted, filer, moment, released
from tests.declarations.test_pages import INVOICE, LINE, base, text

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def wen(cast: Cast) -> Client:
    return signed_in(cast.wen)


def fill(client: Client, account: ProgramAccount, number: str, **invoice: Any) -> None:
    """An invoice with one line, entered on the pages."""
    one = f"{base(account)}{number}/edit/invoices/1/"
    assert client.post(one, {**INVOICE, **invoice}).status_code == 302
    assert client.post(f"{one}lines/new/", LINE).status_code == 302


def test_the_courier_releases_of_a_month_become_one_declaration(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    first, second = (courier(cast.world, account, cast.harbourline) for _number in range(2))
    hers = courier(cast.world, account, cast.northlight)
    address = f"{base(account)}consolidate/"
    assert wen.get(f"{base(account)}start/{first.transaction_number}/").headers["Location"] == address
    page = text(wen.get(address))
    assert "July 2026" in page and "24 August 2026" in page
    assert "Choose a month" in text(wen.post(address))
    assert wen.post(address, {"month": "2026-07-01"}).status_code == 302
    row = Declaration.objects.get(type="F")
    assert (row.released_on, row.accounting_due_on) == (date(2026, 7, 22), date(2026, 8, 24))
    assert row.payment_due_on == date(2026, 8, 31)
    all_three = [release.transaction_number for release in (first, second, hers)]
    assert queries.consolidated_numbers(row, visibility=FULL) == all_three
    own_only = Visibility(is_full=False, submitter_ids=frozenset({cast.harbourline.pk}))
    assert queries.consolidated_numbers(row, visibility=own_only) == all_three[:2]
    third = courier(cast.world, account, cast.harbourline)
    assert wen.post(address, {"month": "2026-07-01"}).status_code == 302
    assert Declaration.objects.filter(type="F").count() == 1 and third.consolidated_in.declaration_id == row.pk
    assert "No courier release waits" in text(wen.get(address))
    assert f"/{row.number}/" in wen.get(f"{base(account)}start/{third.transaction_number}/").headers["Location"]
    with pytest.raises(Conflict) as refusal:
        services.start_draft(
            release=third, submitter=cast.harbourline, actor=filer(cast.world, cast.harbourline), at=cast.world.at
        )
    assert refusal.value.code == "release_is_consolidated"
    fill(wen, account, row.number)
    assert "courier releases matched" in text(wen.get(f"{base(account)}{row.number}/check/"))
    assert wen.post(f"{base(account)}{row.number}/check/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.total) == ("ACCEPTED", D("2351.76"))
    assert set(Release.objects.filter(stream="COURIER").values_list("accounted_on", flat=True)) == {cast.world.today}
    entry = JournalEntry.objects.get(key=f"declaration:{row.number}:v1")
    assert (entry.billing_on, entry.item.due_on) == (date(2026, 8, 17), date(2026, 8, 31))
    call_command("verify_ledger", verbosity=0)
    page = text(wen.get(f"{base(account)}{row.number}/"))
    assert "Courier releases" in page and third.transaction_number in page


def test_only_courier_releases_of_one_month_are_consolidated(cast: Cast, account: ProgramAccount) -> None:
    given: Any = {
        "submitter": cast.harbourline,
        "actor": filer(cast.world, cast.harbourline),
        "at": cast.world.at,
    }
    one, ordinary = courier(cast.world, account, cast.harbourline), released(cast.world, account, cast.harbourline)
    august = courier(cast.world, account, cast.harbourline, at=moment(date(2026, 8, 3)))
    for found, code in (
        ([], "no_courier_release"),
        ([ordinary], "release_not_consolidable"),
        ([one, august], "several_months"),
    ):
        with pytest.raises(DomainError) as refusal:
            services.start_consolidated(found=found, **given)
        assert refusal.value.code == code
    assert not Declaration.objects.exists()


def test_goods_without_release_are_payable_at_once_with_interest_since_they_came(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    address = f"{base(account)}voluntary/"
    given = {"entered_on": "2026-06-22", "office": "0453", "goods": "Spare parts"}
    assert "today or before" in text(wen.post(address, {**given, "entered_on": "2026-07-23"}))
    assert "Ask the office of entry" in text(wen.post(address, {**given, "entered_on": "1999-07-23"}))
    assert wen.post(address, given).status_code == 302
    row = Declaration.objects.get(type="V")
    assert row.number.startswith(cast.harbourline.account_security_number or "?") and row.release is None
    fill(wen, account, row.number, dated_on="2026-06-20", shipped_on="2026-06-20")
    assert "interest since the goods entered" in text(wen.get(f"{base(account)}{row.number}/check/"))
    assert wen.post(f"{base(account)}{row.number}/check/").status_code == 302
    row.refresh_from_db()
    assert (row.total, row.payment_due_on) == (D("2351.76"), cast.world.today)
    charge = JournalEntry.objects.get(key=f"declaration:{row.number}:v1")
    late = JournalEntry.objects.get(key=f"declaration:{row.number}:v1:interest")
    assert (charge.billing_on, charge.item.due_on) == (cast.world.today, cast.world.today)
    grown = row.total
    for number in range(1, 31):  # thirty days from the day after they came, each at the rate of its day
        rate = latest(reference.specified_rates(), date(2026, 6, 22) + timedelta(days=number))
        assert rate is not None
        grown += grown * rate.rate / 365
    assert late.item.amount == (grown - row.total).quantize(D("0.01"))
    assert balance_of(account.pk).receivable == row.total + late.item.amount
    call_command("verify_ledger", verbosity=0)
    assert "Entered Canada" in text(wen.get(f"{base(account)}{row.number}/"))
    assert "Payment due at once" in text(wen.get(f"{base(account)}{row.number}/submitted/"))


def test_an_earlier_declaration_is_copied_with_the_rates_of_the_new_day(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    old = accepted(cast.world, released(cast.world, account, cast.harbourline), BOOTS, PACKS)
    Line.objects.filter(position=1).update(duty_rate_text="10%", duty=D("984.00"), total=D("1525.20"))
    later = moment(cast.world.today + timedelta(days=1))
    release = released(cast.world, account, cast.harbourline, at=later)
    actor = filer(cast.world, cast.harbourline)
    new = services.start_draft(release=release, submitter=cast.harbourline, actor=actor, at=later)
    address = f"{base(account)}{new.number}/edit/copy/"
    page = text(wen.get(f"{address}?source={old.number}"))
    assert "10 %" in page and "18 %" in page and "826.56" in page and not new.versions.get().invoices.exists()
    assert "Choose the declaration" in text(wen.post(address, {"source": ""}))
    assert wen.post(address, {"source": old.number}).status_code == 302
    new.refresh_from_db()
    invoice = new.versions.get().invoices.get()
    assert (invoice.shipped_on, new.vendor) == (release.released_on, old.vendor)
    assert [line.total for line in invoice.lines.order_by("position")] == [D("2351.76"), D("367.50")]
    assert AuditEvent.objects.filter(verb="declaration.copied").count() == 1
    assert "has an invoice already" in text(wen.post(address, {"source": old.number}))


def test_a_line_that_the_tariff_takes_no_more_is_left_out_of_a_copy(cast: Cast, account: ProgramAccount) -> None:
    old = accepted(cast.world, released(cast.world, account, cast.harbourline), BOOTS, PACKS)
    Line.objects.filter(position=1).update(classification="9999.99.99.99")
    source = queries.accepted_version(old)
    assert source is not None
    release = released(cast.world, account, cast.harbourline)
    given: Any = {"actor": filer(cast.world, cast.harbourline), "at": cast.world.at}
    new = services.start_draft(release=release, submitter=cast.harbourline, **given)
    changes = services.copied_lines(declaration=new, source=source)
    assert "not in the tariff" in changes[0].problem and changes[0].difference == -changes[0].before.total
    services.copy_earlier(declaration=new, source=source, **given)
    assert [line.position for line in new.versions.get().invoices.get().lines.all()] == [1]


def test_how_the_goods_came_is_said_once_and_goes_with_every_version(
    cast: Cast, account: ProgramAccount, wen: Client
) -> None:
    draft = drafted(cast.world, released(cast.world, account, cast.harbourline))
    address = f"{base(account)}{draft.number}/edit/header/"
    given = {"transport_mode": "HIGHWAY", "carrier": "80 42", "unlading_port": "0453", "cargo_control_numbers": "A, B"}
    assert "two to four letters or digits" in text(wen.post(address, given))
    assert wen.post(address, {**given, "carrier": "abcd"}).status_code == 302
    version = draft.versions.get()
    assert (version.transport_mode, version.carrier, version.unlading_port) == ("HIGHWAY", "ABCD", "0453")
    actor = filer(cast.world, cast.harbourline)
    for entry, code in (
        (HeaderInput(transport_mode="BALLOON"), "mode_unknown"),
        (HeaderInput(unlading_port="9999"), "office_unknown"),
    ):
        with pytest.raises(DomainError) as refusal:
            services.save_header(declaration=draft, entry=entry, actor=actor, at=cast.world.at)
        assert refusal.value.code == code
    invoice = draft.versions.get().invoices.get()
    type(invoice).objects.update(total=D("1.00"))
    page = text(wen.post(f"{base(account)}{draft.number}/check/"))
    assert "Correct one of them" in page
    rejected = Notification.objects.filter(subject=f"Declaration {draft.number} was rejected")
    assert {row.user_id for row in rejected} >= {cast.amara.pk, cast.wen.pk} and "9,840.00" in rejected[0].body
    assert AuditEvent.objects.filter(verb="declaration.rejected").count() == 1
    invoice.save()
    services.submit(declaration=draft, actor=actor, at=cast.world.at)
    services.start_correction(declaration=draft, submitter=cast.harbourline, actor=actor, at=cast.world.at)
    copied = queries.draft_of(draft)
    assert copied is not None and (copied.carrier, copied.cargo_control_numbers) == ("ABCD", "A, B")
    told = {row.user_id for row in Notification.objects.filter(subject__contains="filed declaration")}
    assert {cast.amara.pk, cast.wen.pk} <= told


def test_an_office_that_does_not_exist_takes_no_goods(cast: Cast, account: ProgramAccount) -> None:
    entry = VoluntaryEntry(entered_on=date(2026, 7, 1), office="9999", goods="Parts")
    with pytest.raises(DomainError) as refusal:
        services.start_voluntary(
            entry=entry, program_account=account, submitter=cast.northlight, actor=desk.SYSTEM, at=cast.world.at
        )
    assert refusal.value.field == "office" and not Declaration.objects.exists()

"""Drafts, submission, corrections and the port: exact cents from the line to the book."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Business, ProgramAccount
from core.actor import Actor
from core.errors import Conflict, DomainError, Refused
from core.models import AuditEvent
from declarations import queries, services
from declarations.models import Declaration, DeclarationVersion, Invoice, Line
from declarations.services import InvoiceEntry
from ledger.queries import balance_of, open_items_of
from notifications.models import Notification
from reference.models import ClassificationNumber, TariffRate
from releases.models import Release
from releases.rules import ReleaseKind
from tests.builders import Cast
from tests.builders import actor as actor_for
from tests.declarations.desk import (
    BOOTS,
    INVOICE,
    NUTS,
    PACKS,
    SYSTEM,
    accepted,
    drafted,
    filer,
    moment,
    released,
)

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def release(cast: Cast, account: ProgramAccount) -> Release:
    return released(cast.world, account, cast.harbourline)


@pytest.fixture
def wen(cast: Cast) -> Actor:
    return actor_for(cast.wen, cast.harbourline)


def first_line(declaration: Declaration) -> Line:
    return Line.objects.filter(invoice__version__declaration=declaration).order_by("-invoice__version", "position")[0]


# --- Drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_takes_number_and_dates_from_its_release(cast: Cast, release: Release, wen: Actor) -> None:
    draft = services.start_draft(release=release, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    assert (draft.number, draft.type, draft.state) == (release.transaction_number, "AB", "DRAFT")
    assert draft.accounting_due_on == date(2026, 7, 29)
    again = services.start_draft(release=release, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    assert (again.pk, DeclarationVersion.objects.count()) == (draft.pk, 1)


def test_another_filer_cannot_begin_the_same_declaration(cast: Cast, release: Release, wen: Actor) -> None:
    services.start_draft(release=release, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    with pytest.raises(Conflict) as refusal:
        services.start_draft(
            release=release, submitter=cast.northlight, actor=actor_for(cast.amara, cast.northlight), at=cast.world.at
        )
    assert refusal.value.code == "declaration_of_another_filer"


def test_refused_goods_cannot_be_accounted_for(cast: Cast, wen: Actor) -> None:
    refused = released(cast.world, cast.account, cast.harbourline)
    with pytest.raises(DomainError) as refusal:
        services.start_draft(release=refused, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    assert refusal.value.code == "not_released"


def test_a_line_is_assessed_when_it_is_saved(cast: Cast, release: Release) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    line = first_line(declaration)
    assert (line.value_for_duty, line.duty, line.gst, line.total) == (
        D("9840.00"),
        D("1771.20"),
        D("580.56"),
        D("2351.76"),
    )
    assert (line.duty_rate_text, line.unit, line.surtax_order) == ("18%", "PAR", "")
    declaration.refresh_from_db()
    assert (declaration.total, declaration.duty, declaration.vendor) == (
        D("2351.76"),
        D("1771.20"),
        "Summit Supply Partners LLC",
    )


def test_a_surtax_found_by_the_portal_can_be_contested(cast: Cast, release: Release) -> None:
    declaration = drafted(cast.world, release, NUTS)
    line = first_line(declaration)
    assert (line.surtax, line.value_for_tax, line.gst, line.total) == (
        D("552.50"),
        D("2762.50"),
        D("138.13"),
        D("690.63"),
    )
    assert line.surtax_order == "SOR/2025-267"
    services.save_line(
        declaration=declaration,
        invoice=line.invoice,
        entry=replace(NUTS, surtax_is_contested=True),
        at=cast.world.at,
        position=1,
    )
    line = first_line(declaration)
    assert (line.surtax, line.gst, line.surtax_order) == (D("0.00"), D("110.50"), "SOR/2025-267")
    assert Line.objects.count() == 1


def test_the_rate_of_the_day_of_shipment_converts_and_a_new_invoice_recomputes(cast: Cast, release: Release) -> None:
    declaration = drafted(cast.world, release, BOOTS, PACKS)
    draft = queries.draft_of(declaration)
    assert draft is not None
    invoice = services.save_invoice(
        declaration=declaration,
        entry=replace(INVOICE, currency="USD", total=D("17190.00")),
        actor=filer(cast.world, cast.harbourline),
        at=cast.world.at,
    )
    lines = list(invoice.lines.order_by("position"))
    expected = (D("9840.00") * invoice.exchange_rate).quantize(D("0.01"), rounding="ROUND_HALF_UP")
    assert invoice.exchange_rate > 1
    assert lines[0].value_for_duty == expected
    assert [line.position for line in lines] == [1, 2]
    declaration.refresh_from_db()
    assert declaration.total == lines[0].total + lines[1].total


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"total": D("0.00")}, "total_not_positive", "total"),
        ({"vendor_country": "ZZ"}, "country_unknown", "vendor_country"),
        ({"currency": "XXX"}, "exchange_rate_missing", "currency"),
        ({"shipped_on": date(2026, 7, 23)}, "shipped_after_release", "shipped_on"),
    ],
)
def test_an_invoice_says_which_field_is_wrong(
    cast: Cast, release: Release, wen: Actor, change: dict[str, Any], code: str, field: str
) -> None:
    declaration = services.start_draft(release=release, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    with pytest.raises(DomainError) as refusal:
        services.save_invoice(declaration=declaration, entry=replace(INVOICE, **change), actor=wen, at=cast.world.at)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"classification": "9999.99.99.99"}, "classification_unknown", "classification"),
        ({"classification": "boots"}, "classification_unknown", "classification"),
        ({"origin": "ZZ"}, "country_unknown", "origin"),
        ({"treatment": "CEUT"}, "treatment_not_for_origin", "treatment"),
        ({"value": D("0.00")}, "value_not_positive", "value"),
        ({"quantity": D(0)}, "quantity_not_positive", "quantity"),
        ({"gst_exemption": "99"}, "gst_status_unknown", "gst_exemption"),
    ],
)
def test_a_line_says_which_field_is_wrong(
    cast: Cast, release: Release, change: dict[str, Any], code: str, field: str
) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    invoice = first_line(declaration).invoice
    with pytest.raises(DomainError) as refusal:
        services.save_line(declaration=declaration, invoice=invoice, entry=replace(BOOTS, **change), at=cast.world.at)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert Line.objects.count() == 1


def test_a_rate_by_a_unit_that_the_quantity_does_not_give_is_said(cast: Cast, release: Release) -> None:
    number = ClassificationNumber.objects.get(number="6404.11.91.00")
    TariffRate.objects.filter(classification=number, treatment="MFN").update(text="$1.25/kg")
    declaration = drafted(cast.world, release, PACKS)
    with pytest.raises(DomainError) as refusal:
        services.save_line(
            declaration=declaration, invoice=first_line(declaration).invoice, entry=BOOTS, at=cast.world.at
        )
    assert (refusal.value.code, refusal.value.field) == ("quantity_missing", "quantity")


def test_amounts_that_the_filer_gives_are_taxed_and_a_gst_status_frees(cast: Cast, release: Release) -> None:
    declaration = drafted(
        cast.world, release, replace(PACKS, sima=D("10.00"), excise_duty=D("3.33"), excise_tax=D("2.00"))
    )
    line = first_line(declaration)
    assert (line.value_for_tax, line.gst, line.total) == (D("7365.33"), D("368.27"), D("383.60"))
    declaration.refresh_from_db()
    assert (declaration.excise, declaration.sima) == (D("5.33"), D("10.00"))
    services.save_line(
        declaration=declaration,
        invoice=line.invoice,
        entry=replace(PACKS, gst_exemption="52"),
        at=cast.world.at,
        position=1,
    )
    assert first_line(declaration).total == D("0.00")


def test_lines_move_up_when_one_is_removed_and_invoices_too(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS, PACKS, NUTS)
    invoice = first_line(declaration).invoice
    services.remove_line(declaration=declaration, invoice=invoice, position=2, at=cast.world.at, actor=wen)
    assert list(invoice.lines.order_by("position").values_list("position", "classification")) == [
        (1, "6404.11.91.00"),
        (2, "7318.16.00.10"),
    ]
    services.save_invoice(declaration=declaration, entry=INVOICE, actor=wen, at=cast.world.at, position=2)
    services.remove_invoice(declaration=declaration, position=1, actor=wen, at=cast.world.at)
    assert list(Invoice.objects.values_list("position", flat=True)) == [1]
    declaration.refresh_from_db()
    assert declaration.total == D("0.00")


def test_there_is_room_for_a_bounded_number_of_lines_and_invoices(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    invoice = first_line(declaration).invoice
    with pytest.raises(DomainError) as refusal:
        services.add_lines(
            declaration=declaration, invoice=invoice, entries=[PACKS] * 1000, at=cast.world.at, actor=wen
        )
    assert (refusal.value.code, refusal.value.field) == ("too_many_lines", "lines")
    with pytest.raises(DomainError) as refusal:
        services.save_invoice(declaration=declaration, entry=INVOICE, actor=wen, at=cast.world.at, position=51)
    assert refusal.value.code == "too_many_invoices"


def test_many_lines_come_all_or_none_and_the_wrong_one_is_named(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    invoice = first_line(declaration).invoice
    entries = [PACKS, NUTS, replace(BOOTS, classification="1")]
    reports = services.try_lines(declaration=declaration, invoice=invoice, entries=entries)
    assert [not report.problems for report in reports] == [True, True, False]
    assert reports[1].line is not None and reports[1].line.total == D("690.63")
    with pytest.raises(DomainError) as refusal:
        services.add_lines(declaration=declaration, invoice=invoice, entries=entries, at=cast.world.at)
    assert refusal.value.field == "lines[2].classification"
    assert Line.objects.count() == 1
    added = services.add_lines(declaration=declaration, invoice=invoice, entries=entries[:2], at=cast.world.at)
    assert [line.position for line in added] == [2, 3]


def test_many_lines_cost_no_more_queries_than_a_few(
    cast: Cast, release: Release, django_assert_max_num_queries: Any
) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    with django_assert_max_num_queries(30):
        services.add_lines(
            declaration=declaration,
            invoice=first_line(declaration).invoice,
            entries=[BOOTS, PACKS, NUTS] * 50,
            at=cast.world.at,
        )


# --- Submission ------------------------------------------------------------------------------------------------------


def test_submitting_posts_the_book_and_tells_the_importer(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    done = services.submit(declaration=declaration, actor=wen, at=cast.world.at)
    assert (done.state, done.version_count, done.total) == ("ACCEPTED", 1, D("2351.76"))
    (debt,) = open_items_of(cast.account.pk, on=cast.world.today)
    assert (debt.amount, debt.due_on, debt.billing_on) == (D("2351.76"), date(2026, 8, 31), date(2026, 7, 22))
    assert (debt.submitter_id, debt.source) == (cast.harbourline.pk, f"declaration:{done.number}")
    release.refresh_from_db()
    assert release.accounted_on == cast.world.today
    told = Notification.objects.get(user=cast.amara, category="declarations")
    assert "Harbourline" in told.subject and "$2,351.76" in told.body
    assert told.link.endswith(f"/declarations/{done.number}/")
    assert AuditEvent.objects.filter(verb="declaration.accepted").count() == 1
    call_command("verify_ledger", verbosity=0)


def test_submitting_twice_posts_once(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    for _time in range(2):
        services.submit(declaration=declaration, actor=wen, at=cast.world.at)
    assert balance_of(cast.account.pk).receivable == D("2351.76")
    assert AuditEvent.objects.filter(verb="declaration.accepted").count() == 1


def test_goods_free_of_everything_are_accepted_for_nothing(cast: Cast, release: Release, wen: Actor) -> None:
    entry = replace(PACKS, gst_exemption="52", value=D("9840.00"))
    done = services.submit(declaration=drafted(cast.world, release, entry), actor=wen, at=cast.world.at)
    assert (done.state, done.total) == ("ACCEPTED", D("0.00"))
    assert balance_of(cast.account.pk).receivable == D("0.00")
    call_command("verify_ledger", verbosity=0)


@pytest.mark.parametrize(
    ("lines", "code", "field"),
    [
        ((PACKS,), "invoice_total_differs", "invoices[0].total"),
        (None, "invoice_missing", "invoice"),
        ((), "lines_missing", "invoices[0].lines"),
    ],
)
def test_the_first_open_check_stops_the_submission(
    cast: Cast, release: Release, wen: Actor, lines: Any, code: str, field: str
) -> None:
    given: Any = {"actor": wen, "at": cast.world.at}
    declaration = services.start_draft(release=release, submitter=cast.harbourline, **given)
    if lines is not None:
        invoice = services.save_invoice(declaration=declaration, entry=INVOICE, **given)
        for line in lines:
            services.save_line(declaration=declaration, invoice=invoice, entry=line, at=cast.world.at)
    with pytest.raises(DomainError) as refusal:
        services.submit(declaration=declaration, **given)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert balance_of(cast.account.pk).receivable == 0


def test_what_is_accepted_is_not_changed_any_more(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = accepted(cast.world, release)
    line = first_line(declaration)
    with pytest.raises(Conflict) as refusal:
        services.save_line(declaration=declaration, invoice=line.invoice, entry=PACKS, at=cast.world.at, position=1)
    assert refusal.value.code == "no_draft"
    services.start_correction(declaration=declaration, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    with pytest.raises(Conflict):
        services.save_line(declaration=declaration, invoice=line.invoice, entry=PACKS, at=cast.world.at, position=1)


def test_only_the_filer_changes_its_draft(cast: Cast, release: Release) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    amara = actor_for(cast.amara, cast.northlight)
    for act in (
        lambda: services.submit(declaration=declaration, actor=amara, at=cast.world.at),
        lambda: services.save_invoice(declaration=declaration, entry=INVOICE, actor=amara, at=cast.world.at),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "draft_of_another_filer"


def test_goods_can_be_accounted_for_late(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = drafted(cast.world, release, BOOTS)
    draft = queries.draft_of(declaration)
    assert draft is not None
    late = next(
        check for check in queries.checks(declaration, draft, on=date(2026, 8, 3)) if check.code == "accounting_late"
    )
    assert (late.passed, late.blocks) == (False, False)
    done = services.submit(declaration=declaration, actor=wen, at=moment(date(2026, 8, 3)))
    assert (done.state, done.payment_due_on) == ("ACCEPTED", date(2026, 8, 31))


# --- Filing in one call ----------------------------------------------------------------------------------------------


def test_filing_in_one_call_says_where_it_is_wrong_and_writes_nothing(cast: Cast, release: Release, wen: Actor) -> None:
    wrong = [
        InvoiceEntry(INVOICE, [BOOTS]),
        InvoiceEntry(INVOICE, [PACKS, NUTS, replace(BOOTS, classification="9999.99.99.99")]),
    ]
    with pytest.raises(DomainError) as refusal:
        services.file_declaration(
            release=release, submitter=cast.harbourline, invoices=wrong, actor=wen, at=cast.world.at
        )
    assert refusal.value.field == "invoices[1].lines[2].classification"
    with pytest.raises(DomainError) as refusal:
        services.file_declaration(
            release=release,
            submitter=cast.harbourline,
            invoices=[InvoiceEntry(replace(INVOICE, currency="XXX"), [BOOTS])],
            actor=wen,
            at=cast.world.at,
        )
    assert refusal.value.field == "invoices[0].currency"
    assert not Declaration.objects.exists()


def test_a_release_is_accounted_for_once_and_a_written_draft_is_respected(
    cast: Cast, account: ProgramAccount, release: Release, wen: Actor
) -> None:
    accepted(cast.world, release)
    with pytest.raises(Conflict) as refusal:
        accepted(cast.world, release)
    assert refusal.value.code == "already_accounted"
    other = released(cast.world, account, cast.harbourline)
    drafted(cast.world, other, BOOTS)
    with pytest.raises(Conflict) as refusal:
        accepted(cast.world, other)
    assert refusal.value.code == "draft_exists"


# --- Corrections -----------------------------------------------------------------------------------------------------


def corrected(cast: Cast, declaration: Declaration, entry: Any, by: Business, at: Any = None) -> Declaration:
    given: Any = {"actor": filer(cast.world, by), "at": at or cast.world.at}
    services.start_correction(declaration=declaration, submitter=by, **given)
    draft = queries.draft_of(declaration)
    assert draft is not None
    services.save_invoice(declaration=declaration, entry=replace(INVOICE, total=entry.value), **given)
    services.save_line(declaration=declaration, invoice=draft.invoices.get(), entry=entry, at=given["at"], position=1)
    return services.submit(declaration=declaration, reason="The value was wrong", **given)


def test_a_correction_posts_the_difference_due_on_the_same_day(cast: Cast, release: Release) -> None:
    declaration = accepted(cast.world, release)
    done = corrected(cast, declaration, replace(BOOTS, value=D("10840.00")), cast.harbourline)
    assert (done.version_count, done.total) == (2, D("2590.76"))
    debts = sorted((item.amount, item.due_on) for item in open_items_of(cast.account.pk, on=cast.world.today))
    assert debts == [(D("239.00"), date(2026, 8, 31)), (D("2351.76"), date(2026, 8, 31))]
    assert list(done.versions.order_by("number").values_list("kind", "state", "reason")) == [
        ("ORIGINAL", "ACCEPTED", ""),
        ("CORRECTION", "ACCEPTED", "The value was wrong"),
    ]
    assert queries.versions_of(done)[0].invoices.all()[0].lines.all()[0].value == D("9840.00")
    call_command("verify_ledger", verbosity=0)


def test_a_correction_downwards_is_a_credit(cast: Cast, release: Release) -> None:
    done = corrected(cast, accepted(cast.world, release), replace(BOOTS, value=D("8840.00")), cast.harbourline)
    assert done.total == D("2112.76")
    assert balance_of(cast.account.pk).credit == D("239.00")
    call_command("verify_ledger", verbosity=0)


def test_the_importer_corrects_what_its_broker_filed_and_the_broker_is_told(cast: Cast, release: Release) -> None:
    declaration = accepted(cast.world, release)
    done = corrected(cast, declaration, replace(BOOTS, description="Boots"), cast.northlight)
    assert (done.version_count, done.submitter_id) == (2, cast.harbourline.pk)
    told = Notification.objects.filter(user=cast.wen, category="declarations").order_by("-id")
    assert "Northlight" in told[0].subject and "corrected" in told[0].subject and "filed" in told[1].subject
    assert balance_of(cast.account.pk).receivable == D("2351.76")
    call_command("verify_ledger", verbosity=0)


def test_a_correction_is_started_once_and_can_be_discarded(cast: Cast, release: Release, wen: Actor) -> None:
    declaration = accepted(cast.world, release)
    given: Any = {"declaration": declaration, "actor": wen, "at": cast.world.at}
    for _time in range(2):
        services.start_correction(submitter=cast.harbourline, **given)
    assert declaration.versions.count() == 2
    with pytest.raises(Refused):
        services.start_correction(
            declaration=declaration,
            submitter=cast.northlight,
            actor=actor_for(cast.amara, cast.northlight),
            at=cast.world.at,
        )
    services.discard_draft(**given)
    assert (declaration.versions.count(), Invoice.objects.count(), Line.objects.count()) == (1, 1, 1)


def test_a_first_draft_is_not_discarded(cast: Cast, release: Release, wen: Actor) -> None:
    with pytest.raises(DomainError) as refusal:
        services.discard_draft(declaration=drafted(cast.world, release), actor=wen, at=cast.world.at)
    assert refusal.value.code == "draft_needed"


def test_after_the_payment_due_date_no_correction_is_started_or_submitted(
    cast: Cast, release: Release, wen: Actor
) -> None:
    declaration = accepted(cast.world, release)
    services.start_correction(declaration=declaration, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    late = moment(date(2026, 9, 1))
    with pytest.raises(DomainError) as refusal:
        services.submit(declaration=declaration, actor=wen, at=late)
    assert refusal.value.code == "correction_too_late"
    services.discard_draft(declaration=declaration, actor=wen, at=late)
    with pytest.raises(DomainError) as refusal:
        services.start_correction(declaration=declaration, submitter=cast.harbourline, actor=wen, at=late)
    assert "31\u00a0August\u00a02026" in str(refusal.value.message)


# --- At the port -----------------------------------------------------------------------------------------------------


@pytest.fixture
def at_port(cast: Cast) -> Declaration:
    """A C-type declaration of an importer without release prior to payment, ready for the port."""
    release = released(cast.world, cast.account, cast.harbourline, kind=ReleaseKind.CTYPE)
    declaration = drafted(cast.world, release, BOOTS)
    return services.submit(
        declaration=declaration, actor=filer(cast.world, cast.harbourline), at=cast.world.at, reason=""
    )


def test_a_c_type_declaration_is_paid_at_the_counter_and_the_goods_are_released(
    cast: Cast, at_port: Declaration
) -> None:
    assert (at_port.type, at_port.state) == ("C", "READY")
    assert balance_of(cast.account.pk).receivable == 0
    officer = actor_for(cast.daniel)
    at = cast.world.at + timedelta(days=1)
    paid = services.pay_at_counter(declaration=at_port, method="INTERAC", actor=officer, at=at)
    assert (paid.state, paid.released_on, paid.total) == ("ACCEPTED", date(2026, 7, 23), D("2351.76"))
    assert Release.objects.get().state == "RELEASED"
    assert (balance_of(cast.account.pk).receivable, balance_of(cast.account.pk).credit) == (0, 0)
    assert {row.user_id for row in Notification.objects.filter(category="declarations")} == {cast.amara.pk, cast.wen.pk}
    with pytest.raises(Conflict):
        services.pay_at_counter(declaration=at_port, method="INTERAC", actor=officer, at=at)
    call_command("verify_ledger", verbosity=0)


def test_what_was_paid_at_the_port_is_not_corrected_in_the_portal(cast: Cast, at_port: Declaration, wen: Actor) -> None:
    services.pay_at_counter(declaration=at_port, method="CASH", actor=actor_for(cast.daniel), at=cast.world.at)
    with pytest.raises(DomainError) as refusal:
        services.start_correction(declaration=at_port, submitter=cast.harbourline, actor=wen, at=cast.world.at)
    assert refusal.value.code == "correction_at_port"


def test_a_declaration_is_taken_back_from_the_port_to_change_it(cast: Cast, at_port: Declaration, wen: Actor) -> None:
    again = services.submit(declaration=at_port, actor=wen, at=cast.world.at)
    assert again.state == "READY"
    with pytest.raises(Conflict):
        services.save_invoice(declaration=at_port, entry=INVOICE, actor=wen, at=cast.world.at)
    assert services.reopen(declaration=at_port, actor=wen, at=cast.world.at).state == "DRAFT"
    services.save_invoice(declaration=at_port, entry=INVOICE, actor=wen, at=cast.world.at)
    with pytest.raises(Conflict):
        services.reopen(declaration=at_port, actor=wen, at=cast.world.at)
    with pytest.raises(Conflict):
        services.pay_at_counter(declaration=at_port, method="CASH", actor=SYSTEM, at=cast.world.at)


def test_the_counter_takes_known_methods_only(cast: Cast, at_port: Declaration) -> None:
    with pytest.raises(DomainError) as refusal:
        services.pay_at_counter(declaration=at_port, method="SHELLS", actor=SYSTEM, at=cast.world.at)
    assert refusal.value.field == "method"

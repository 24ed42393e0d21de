"""Changes after the due date: asked for, decided, posted to the cent, and never twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.models import ProgramAccount
from core.actor import Actor
from core.errors import DomainError, Refused
from core.models import AuditEvent
from dashboard.queries.entries import explanation_of
from declarations import queries as declarations
from declarations import services as filing
from declarations.changes import queries, services
from declarations.changes.models import ChangeRequest
from declarations.changes.rules import ChangeKind
from declarations.changes.services import LineChange, MassRow
from declarations.models import Declaration, DeclarationVersion, Line
from delegation.rules import FULL
from documents.queries import documents_of
from ledger import services as ledger
from ledger.models import JournalEntry
from ledger.queries import balance_of, open_items_of
from ledger.rules import Revenue
from notifications.models import Notification
from reference import queries as reference
from reference.rules.rates import interest
from reference.services import set_policy_parameter
from standing.queries import standing_of
from statements.interest import run_credits
from statements.models import InterestCharge
from statements.services import charge_interest
from tests.builders import Cast
from tests.builders import actor as actor_for
from tests.declarations.changing import withdrawal
from tests.declarations.desk import BOOTS, PACKS, SYSTEM, accepted, moment, released
from tests.statements.scene import job_run

pytestmark = pytest.mark.django_db
D = Decimal
#: Boots of 9,840.00 filed in July: 2,351.76 due on 31 August.
DUE = date(2026, 8, 31)
LATER = date(2026, 10, 5)
DEARER = LineChange(1, 1, {"value": D("10000.00")})  # 2,390.00, so 38.24 more
CHEAPER = LineChange(1, 1, {"value": D("9000.00")})  # 2,151.00, so 200.76 less


@pytest.fixture
def wen(cast: Cast) -> Actor:
    return actor_for(cast.wen, cast.harbourline)


@pytest.fixture
def officer(cast: Cast) -> Actor:
    return actor_for(cast.daniel)


@pytest.fixture
def declaration(cast: Cast, account: ProgramAccount) -> Declaration:
    return accepted(cast.world, released(cast.world, account, cast.harbourline))


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def paid(declaration: Declaration, *, on: date) -> None:
    """Every open debt of the account paid and cleared on a day."""
    holder = declaration.program_account_id
    given: dict[str, Any] = {"at": moment(on), "actor": SYSTEM}
    for number, item in enumerate(open_items_of(holder, on=on, debts_only=True)):
        key = f"test:{holder}:{on}:{number}"
        entry = ledger.post_payment(
            key=key,
            holder_id=holder,
            payer_id=None,
            amount=item.remaining,
            method="CARD",
            source=key,
            memo="",
            posted_on=on,
            **given,
        )
        credit = next(row for row in open_items_of(holder, on=on) if row.entry_id == entry.id)
        ledger.clear(debt_item_id=item.pk, credit_item_id=credit.pk, amount=item.remaining, cleared_on=on, **given)


def asked(
    declaration: Declaration,
    wen: Actor,
    kind: ChangeKind = ChangeKind.ADJUSTMENT,
    changes: Sequence[LineChange] = (DEARER,),
    *,
    code: str = "VALUE",
    on: date = LATER,
) -> ChangeRequest:
    return services.request_change(
        declaration=declaration,
        kind=kind,
        code=code,
        reason="Freight of the vendor was left out.",
        changes=changes,
        submitter=declaration.submitter,
        actor=wen,
        at=moment(on),
    )


def refused(code: str, act: Any) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def test_an_adjustment_is_written_reviewed_and_posted_with_interest_from_the_first_due_date(
    cast: Cast, declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    account = declaration.program_account
    begin: dict[str, Any] = {"kind": ChangeKind.ADJUSTMENT, "code": "VALUE", "submitter": cast.harbourline}
    refused(
        "still_correctable",
        lambda: services.start_change(declaration=declaration, actor=wen, at=moment(DUE), **begin),
    )
    refused(
        "correction_too_late",
        lambda: filing.start_correction(
            declaration=declaration, submitter=cast.harbourline, actor=wen, at=moment(LATER)
        ),
    )
    at = moment(LATER)
    draft = services.start_change(declaration=declaration, actor=wen, at=at, **begin)
    invoice = draft.invoices.get()
    filing.save_line(declaration=declaration, invoice=invoice, entry=BOOTS, at=at, position=1, actor=wen)
    line = {**BOOTS.__dict__, "value": D("10000.00")}
    filing.save_line(declaration=declaration, invoice=invoice, entry=type(BOOTS)(**line), at=at, position=1)
    send: dict[str, Any] = {"declaration": declaration, "actor": wen, "at": at}
    refused("needs_review", lambda: filing.submit(reason="Freight", **send))
    refused("reason_missing", lambda: services.send_for_review(reason=" ", **send))
    refused("invoice_total_differs", lambda: services.send_for_review(reason="Freight", **send))
    DeclarationVersion.objects.get(pk=draft.pk).invoices.update(total=D("10000.00"))
    request = services.send_for_review(reason="Freight of the vendor was left out.", **send)
    assert (request.number, request.amount, request.decide_by) == (
        f"{declaration.number}-1",
        D("38.24"),
        date(2027, 1, 3),
    )
    assert (fresh(declaration).total, balance_of(account.pk).receivable) == (D("2351.76"), D("2351.76"))
    # One thing at a time, and the sender alone writes.
    refused("change_under_review", lambda: asked(declaration, wen))
    refused("change_under_review", lambda: services.start_change(declaration=declaration, actor=wen, at=at, **begin))
    with pytest.raises(Refused):
        services.take_back(request=request, actor=actor_for(cast.amara, cast.northlight), at=at)
    decided = moment(date(2026, 10, 12))
    refused(
        "message_missing",
        lambda: services.ask_for_information(request=request, question=" ", actor=officer, at=decided),
    )
    services.ask_for_information(request=request, question="Which freight?", actor=officer, at=decided)
    assert fresh(request).state == "NEEDS_INFO"
    refused("message_missing", lambda: services.answer(request=request, text="", actor=wen, at=decided))
    services.answer(request=request, text="See the bill of lading.", actor=wen, at=decided)
    bill = SimpleUploadedFile("bill.pdf", b"%PDF-1.4 bill")
    services.add_files(request=request, files=[bill], actor=wen, at=decided)
    assert documents_of(request.files_case).get().name == "bill.pdf"
    refused("reason_missing", lambda: services.approve(request=request, reason="", actor=officer, at=decided))
    approved = services.approve(request=request, reason="The bill shows it.", actor=officer, at=decided)
    assert (approved.state, approved.amount, approved.interest) == ("APPROVED", D("38.24"), D("0.00"))
    row = fresh(declaration)
    assert (row.total, row.duty, row.gst, row.version_count) == (D("2390.00"), D("1800.00"), D("590.00"), 2)
    version = fresh(draft)
    assert (version.state, version.reason_code, version.entry_key) == (
        "ACCEPTED",
        "VALUE",
        f"declaration:{declaration.number}:v2",
    )
    item = open_items_of(account.pk, on=date(2026, 10, 12)).get(amount=D("38.24"))
    due = date(2026, 10, 30)
    assert (item.due_on, item.last_day_to_pay, item.posted_on) == (due, due, date(2026, 10, 12))
    late = JournalEntry.objects.get(key=f"declaration:{declaration.number}:v2:late")
    assert late.amount == interest(D("38.24"), DUE, date(2026, 10, 12), reference.late_rates()).amount
    assert explanation_of(late, sees_all=True, language="en").adds_up
    assert standing_of(account.pk, on=date(2026, 10, 30)).overdue == declaration.total
    charge_interest(
        holders=range(account.pk, account.pk + 1),
        through=date(2026, 11, 24),
        actor=SYSTEM,
        at=moment(date(2026, 11, 24)),
    )
    charge = InterestCharge.objects.get(item_id=item.pk)
    assert (charge.principal, charge.first_day) == (D("38.24"), date(2026, 10, 31))
    refused("change_closed", lambda: services.reject(request=request, reason="No", actor=officer, at=decided))
    verbs = set(AuditEvent.objects.filter(target__endswith=declaration.number).values_list("verb", flat=True))
    assert {
        "declaration.change_started",
        "declaration.change_asked",
        "declaration.change_information_asked",
        "declaration.change_answered",
        "declaration.change_approved",
    } <= verbs
    told = Notification.objects.filter(subject__contains="was approved").values_list("user_id", flat=True)
    assert {cast.amara.pk, cast.wen.pk} <= set(told)
    call_command("verify_ledger")


def test_the_days_of_a_relief_window_bear_nothing_in_a_late_change(
    declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    for day, applies in ((date(2026, 9, 5), "no"), (date(2026, 9, 20), "yes")):
        set_policy_parameter(
            actor=SYSTEM, key="late_payment.interest_applies", effective_from=day, value=applies, source="Relief",
            at=moment(DUE),
        )  # fmt: skip
    services.approve(request=asked(declaration, wen), reason="Shown", actor=officer, at=moment(LATER))
    late = JournalEntry.objects.get(key=f"declaration:{declaration.number}:v2:late").amount
    whole = interest(D("38.24"), DUE, LATER, reference.specified_rates()).amount
    assert late == interest(D("38.24"), DUE, LATER, reference.late_rates()).amount < whole


def test_a_rejection_posts_nothing_and_a_request_taken_back_leaves_room_for_another(
    cast: Cast, declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    at = moment(LATER)
    request = asked(declaration, wen)
    services.take_back(request=request, actor=wen, at=at)
    assert fresh(request.version).state == "REJECTED"
    refused("change_closed", lambda: services.approve(request=request, reason="Late", actor=officer, at=at))
    second = asked(declaration, wen)
    services.reject(request=second, reason="Nothing shows it.", actor=officer, at=at)
    refused("change_closed", lambda: services.approve(request=second, reason="Yes", actor=officer, at=at))
    row = fresh(second)
    assert (row.number, row.state, row.decision, row.amount) == (
        f"{declaration.number}-2",
        "REJECTED",
        "Nothing shows it.",
        D("0.00"),
    )
    assert fresh(declaration).total == D("2351.76")
    assert balance_of(declaration.program_account_id).receivable == D("2351.76")
    third = asked(declaration, wen)
    assert third.version is not None
    assert third.version.number == 4
    refused("line_unknown", lambda: asked(_another(cast), wen, changes=[LineChange(1, 9, {"value": D(1)})]))
    problem = refused(
        "classification_unknown",
        lambda: asked(_another(cast), wen, changes=[DEARER, LineChange(1, 1, {"classification": "9999999999"})]),
    )
    assert problem.field == "changes[1].classification"
    refused("reason_unknown", lambda: asked(declaration, wen, code="NONE"))
    refused("wrong_kind", lambda: asked(_another(cast), wen, changes=[CHEAPER]))
    refused("wrong_kind", lambda: asked(_another(cast), wen, ChangeKind.REFUND, code="ERROR"))
    refused("change_too_late", lambda: asked(_another(cast), wen, on=date(2030, 8, 1)))
    assert DeclarationVersion.objects.filter(state="DRAFT").count() == 0


def _another(cast: Cast) -> Declaration:
    return accepted(cast.world, released(cast.world, cast.account, cast.harbourline))


def test_a_refund_claim_is_credited_with_interest_from_the_91st_day(
    declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    holder = declaration.program_account_id
    paid(declaration, on=DUE)
    request = asked(declaration, wen, ChangeKind.REFUND, [CHEAPER], code="ERROR", on=date(2026, 9, 1))
    assert request.amount == D("-200.76")
    # Asked for on 1 September: the 91st day is 1 December.
    services.approve(request=request, reason="Agreed.", actor=officer, at=moment(date(2026, 12, 31)))
    row = fresh(request)
    assert row.interest > 0
    assert balance_of(holder).credit == D("200.76") + row.interest
    assert balance_of(holder).receivable == 0
    call_command("verify_ledger")


def test_a_correction_needs_no_review_and_a_claim_a_known_reason(
    cast: Cast, declaration: Declaration, wen: Actor
) -> None:
    given: dict[str, Any] = {"declaration": declaration, "actor": wen, "at": cast.world.at}
    start: dict[str, Any] = {**given, "submitter": cast.harbourline, "code": "VALUE"}
    refused("reason_unknown", lambda: services.start_change(kind=ChangeKind.REFUND, **start))
    filing.start_correction(submitter=cast.harbourline, **given)
    refused("no_review_needed", lambda: services.send_for_review(reason="Freight", **given))


def test_a_withdrawal_takes_every_cent_back(cast: Cast, declaration: Declaration, wen: Actor, officer: Actor) -> None:
    ask: dict[str, Any] = {"declaration": declaration, "submitter": cast.harbourline, "actor": wen}
    request = services.request_withdrawal(code="DUPLICATE", reason="Filed twice.", at=cast.world.at, **ask)
    refused(
        "change_under_review",
        lambda: filing.start_correction(at=cast.world.at, **ask),
    )
    services.approve(request=request, reason="It was.", actor=officer, at=cast.world.at)
    row = fresh(declaration)
    assert (row.state, row.total, row.duty, row.value_for_duty) == ("WITHDRAWN", 0, 0, 0)
    assert balance_of(declaration.program_account_id).net == 0
    assert [amount.after for amount in queries.amount_rows(fresh(request))] == [0] * 10
    refused(
        "not_accepted",
        lambda: services.request_withdrawal(code="DUPLICATE", reason="Again.", at=cast.world.at, **ask),
    )
    call_command("verify_ledger")


def test_a_withdrawal_of_casual_goods_takes_the_tax_of_the_province_back(
    cast: Cast, account: ProgramAccount, wen: Actor, officer: Actor
) -> None:
    lines = (replace(BOOTS, province="ON"), replace(PACKS, province="BC"))
    declaration = accepted(cast.world, released(cast.world, account, cast.harbourline), *lines)
    assert declaration.hst > 0 and declaration.provincial_tax > 0
    request = withdrawal(declaration, actor=wen, at=cast.world.at)
    services.approve(request=request, reason="It was.", actor=officer, at=cast.world.at)
    row = fresh(declaration)
    assert (row.total, row.hst, row.provincial_tax) == (0, 0, 0)
    assert fresh(request).amount == -declaration.total
    assert balance_of(declaration.program_account_id).net == 0
    call_command("verify_ledger")


def test_interest_on_what_was_never_owed_is_taken_back(
    cast: Cast, declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    holder = declaration.program_account_id

    def interest_through(day: date) -> D:
        holders = range(holder, holder + 1)
        charge_interest(holders=holders, through=day, actor=SYSTEM, at=moment(day))
        charged = JournalEntry.objects.filter(kind="INTEREST", posted_on=day)
        return sum((row.amount for row in charged), D("0.00"))

    def credits_of(day: date) -> dict[str, int]:
        run = job_run("statements.interest_credits", day)
        return run_credits(run=run, on=day, actor=SYSTEM)

    charged = interest_through(date(2026, 9, 24)) + interest_through(date(2026, 10, 24))
    request = asked(declaration, wen, ChangeKind.REFUND, [CHEAPER], code="ERROR", on=date(2026, 10, 26))
    services.approve(request=request, reason="Agreed.", actor=officer, at=moment(date(2026, 10, 27)))
    assert credits_of(date(2026, 10, 28)) == {"interest_credits": 1}
    # 24 days on 2,151.00 from 1 September, then 30 more with the interest on that interest.
    rates = reference.late_rates()
    first = interest(D("2151.00"), DUE, date(2026, 9, 24), rates).amount
    second = interest(D("2151.00"), date(2026, 9, 24), date(2026, 10, 24), rates).amount
    on_interest = interest(first, date(2026, 9, 24), date(2026, 10, 24), rates).amount
    net = balance_of(holder).net
    assert net == D("2151.00") + first + second + on_interest
    assert charged > first + second + on_interest
    assert credits_of(date(2026, 10, 29)) == {"interest_credits": 0}
    request = withdrawal(declaration, actor=wen, at=moment(date(2026, 11, 2)))
    services.approve(request=request, reason="Filed twice.", actor=officer, at=moment(date(2026, 11, 3)))
    credits_of(date(2026, 11, 4))
    assert balance_of(holder).net == 0
    call_command("verify_ledger")


def test_an_officer_redetermines_and_the_importer_appeals_once_it_is_paid(
    cast: Cast, declaration: Declaration, wen: Actor, officer: Actor
) -> None:
    at = moment(LATER)
    act: dict[str, Any] = {"declaration": declaration, "code": "VERIFICATION", "reason": "Verified.", "actor": officer}
    refused("nothing_changed", lambda: services.redetermine(changes=[], at=at, **act))
    refused("change_too_late", lambda: services.redetermine(changes=[DEARER], at=moment(date(2030, 8, 1)), **act))
    paid(declaration, on=DUE)
    notice = services.redetermine(changes=[DEARER], at=at, **act)
    assert (notice.state, fresh(declaration).total) == ("APPROVED", D("2390.00"))
    lodge: dict[str, Any] = {
        "notice": notice,
        "code": "VALUE",
        "reason": "The verification was wrong.",
        "submitter": cast.northlight,
        "actor": actor_for(cast.amara, cast.northlight),
    }
    undecided = _taken_back(cast, wen)
    # The deposit of the account covers what is open; without it the amount is paid first.
    ledger.apply_deposit(
        key="test:deposit",
        holder_id=declaration.program_account_id,
        amount=D("100000.00"),
        source="test",
        memo="",
        posted_on=LATER,
        at=at,
        actor=SYSTEM,
    )
    refused("not_paid_or_secured", lambda: services.lodge_appeal(at=at, **lodge))
    paid(declaration, on=LATER)
    refused("late_reason_missing", lambda: services.lodge_appeal(at=moment(date(2027, 1, 4)), **lodge))
    refused("appeal_too_late", lambda: services.lodge_appeal(at=moment(date(2028, 1, 4)), **lodge))
    appeal = services.lodge_appeal(at=moment(date(2027, 1, 4)), late_reason="Illness.", **lodge)
    refused("not_decided", lambda: services.lodge_appeal(at=at, **{**lodge, "notice": undecided}))
    decided = moment(date(2027, 1, 31))
    back = LineChange(1, 1, {"value": D("9840.00")})
    before = balance_of(declaration.program_account_id).credit
    services.approve(request=appeal, reason="Allowed.", changes=[back], actor=officer, at=decided)
    row = fresh(appeal)
    assert (row.amount, fresh(declaration).total) == (D("-38.24"), D("2351.76"))
    assert row.interest > 0  # from 6 October, the day after the payment
    # The interest since the first due date, paid with the change, was never owed either.
    [charged, taken] = JournalEntry.objects.filter(key__endswith=":late").order_by("posted_on")
    owed = interest(D("38.24"), DUE, charged.posted_on, reference.late_rates()).amount
    assert charged.amount == -taken.amount == owed
    assert balance_of(declaration.program_account_id).credit - before == D("38.24") + row.interest - taken.amount
    second = services.lodge_appeal(at=moment(date(2027, 2, 1)), **{**lodge, "notice": row})
    services.approve(request=second, reason="Nothing changes.", actor=officer, at=moment(date(2027, 2, 2)))
    assert (fresh(second).amount, queries.amount_rows(fresh(second))) == (0, [])
    call_command("verify_ledger")


def _taken_back(cast: Cast, wen: Actor) -> ChangeRequest:
    request = asked(_another(cast), wen)
    services.take_back(request=request, actor=wen, at=moment(LATER))
    return request


@pytest.mark.parametrize("values", [("9841.37", "9840.00"), ("12345.67", "9840.00")])
def test_a_change_and_its_reversal_cancel_to_the_cent(
    declaration: Declaration, officer: Actor, values: tuple[str, str]
) -> None:
    for value in values:
        services.redetermine(
            declaration=declaration,
            code="CORRECTED",
            reason="Put right.",
            changes=[LineChange(1, 1, {"value": D(value)})],
            actor=officer,
            at=moment(LATER),
        )
    assert balance_of(declaration.program_account_id).net == D("2351.76")
    assert fresh(declaration).total == D("2351.76")


def test_one_file_adjusts_many_declarations_and_reports_every_row(
    cast: Cast, account: ProgramAccount, wen: Actor, officer: Actor, django_assert_max_num_queries: Any
) -> None:
    filed = [accepted(cast.world, released(cast.world, account, cast.harbourline), BOOTS, PACKS) for _ in range(3)]
    busy, withdrawn, own = _another(cast), _another(cast), _another(cast)
    asked(busy, wen)
    Declaration.objects.filter(pk=withdrawn.pk).update(state="WITHDRAWN")
    services.start_change(
        declaration=own,
        kind=ChangeKind.ADJUSTMENT,
        code="VALUE",
        submitter=cast.harbourline,
        actor=wen,
        at=moment(LATER),
    )
    good = [MassRow(number, row.number, LineChange(1, 1, {"value": D("10000.00")})) for number, row in enumerate(filed)]
    bad = [
        MassRow(10, filed[0].number, LineChange(1, 7, {"value": D(1)})),
        MassRow(11, "00000000000000", DEARER),
        MassRow(12, busy.number, DEARER),
        MassRow(13, withdrawn.number, DEARER),
        MassRow(14, own.number, DEARER),
        MassRow(15, filed[1].number, None, "The row changes nothing."),
        MassRow(16, filed[2].number, LineChange(1, 2, {"value": D("1.00")})),
    ]
    common: dict[str, Any] = {"program_account": account, "visibility": FULL, "code": "VALUE"}
    report = services.try_rows(rows=[*good, *bad], on=LATER, **common)
    assert [(row.number, bool(row.problem)) for row, _amount in report.rows] == [
        (0, False),
        (1, False),
        (2, True),
        *((number, True) for number in range(10, 17)),
    ]
    early = services.try_rows(rows=good, on=DUE, **common)
    assert early.wrong_count == 3
    assert services.try_rows(rows=good, on=date(2030, 8, 1), **common).wrong_count == 3
    send: dict[str, Any] = {**common, "reason": "Freight", "submitter": cast.harbourline, "actor": wen}
    refused("rows_wrong", lambda: services.submit_case(rows=[*good, *bad], at=moment(LATER), **send))
    many = [MassRow(number, f"{number:014}", DEARER) for number in range(services.MOST + 1)]
    refused("too_many_declarations", lambda: services.try_rows(rows=many, on=LATER, **common))
    with django_assert_max_num_queries(60):
        case = services.submit_case(rows=good, at=moment(LATER), **send)
    requests = list(queries.requests_in(case))
    assert [row.amount for row in requests] == [D("38.24")] * 3
    assert {row.version.invoices.get().total for row in requests if row.version} == {D("17350.00")}
    assert Line.objects.filter(invoice__version__change__case=case).count() == 6
    services.reject(request=requests[2], reason="Not this one.", actor=officer, at=moment(LATER))
    with django_assert_max_num_queries(50):
        done, left = services.approve_many(requests=requests, reason="Agreed.", actor=officer, at=moment(LATER))
    assert ([row.pk for row in done], [row.pk for row in left]) == ([row.pk for row in requests[:2]], [requests[2].pk])
    assert {fresh(row).version_count for row in filed[:2]} == {2}
    assert queries.case_of(case.number) == case
    assert queries.case_of("MA-nothing") is None
    told = Notification.objects.filter(subject__contains=case.number)
    assert {row.user_id for row in told} >= {cast.amara.pk, cast.wen.pk}
    call_command("verify_ledger")


def test_two_versions_stand_side_by_side(declaration: Declaration, officer: Actor) -> None:
    services.redetermine(
        declaration=declaration,
        code="CORRECTED",
        reason="Put right.",
        changes=[DEARER],
        actor=officer,
        at=moment(LATER),
    )
    before, after = list(declarations.versions_of(declaration))
    found = queries.comparison(before, after)
    assert [(pair.outcome.value, "value" in pair.differing) for pair in found.lines] == [("changed", True)]
    assert {row.name: row.change for row in found.amounts}["total"] == D("38.24")


def test_a_declaration_after_the_agencys_assessment_takes_late_interest_back(
    cast: Cast, account: ProgramAccount, officer: Actor
) -> None:
    release = released(cast.world, account, cast.harbourline)
    assessed_on, run_on, filed_on = date(2026, 8, 3), date(2026, 9, 24), date(2026, 10, 5)
    amounts = {Revenue.DUTY: D("3000.00"), Revenue.GST: D("500.00")}
    filing.assess(release=release, amounts=amounts, reason="Nothing came.", actor=officer, at=moment(assessed_on))
    holders = range(account.pk, account.pk + 1)
    charge_interest(holders=holders, through=run_on, actor=SYSTEM, at=moment(run_on))
    declaration = accepted(cast.world, release, at=moment(filed_on))
    assert declaration.total == D("2351.76")
    for day in (date(2026, 10, 6), date(2026, 10, 7)):
        found = run_credits(run=job_run("statements.interest_credits", day), on=day, actor=SYSTEM)
        assert found == {"interest_credits": 1 if day.day == 6 else 0}
    left = interest(D("2351.76"), DUE, run_on, reference.late_rates()).amount
    assert balance_of(account.pk).net == D("2351.76") + left
    call_command("verify_ledger")

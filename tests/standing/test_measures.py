"""What officers decide about overdue accounts: holds, instalments, detention, demands on the surety, set-off."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.urls import reverse

from core.errors import DomainError
from core.jobs import fire, set_clock
from core.models import AuditEvent
from core.timetable import Firing, timetable
from ledger import queries as ledger
from ledger.verification import findings
from notifications.models import Notification
from payments.models import Payment
from releases import queries as releases
from security import queries as security
from security import services as rpp
from security.models import Demand
from security.rules import BondState, DemandState, RppState
from standing import queries, services
from standing.models import Arrangement, Hold, StandingNotice
from tests.builders import Cast, signed_in
from tests.payments.conftest import ACTOR, moment, owe, paid
from tests.security.conftest import enrolled, secured
from tests.standing.test_overdue import LAST_DAY, TODAY, text_of
from tests.standing.test_overdue import rpp as rpp_of

pytestmark = pytest.mark.django_db
D = Decimal
DAY_40 = LAST_DAY + timedelta(days=40)


@pytest.fixture
def late(cast: Cast) -> Cast:
    """Northlight, enrolled and secured, has owed 5,000.00 since 31 July; no job has run yet."""
    enrolled(cast.account, on=TODAY, estimate="40000.00")
    secured(cast.account, cast.keystone, "25000.00", on=date(2026, 6, 1))
    owe(cast.account, "5000.00", posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    return cast


def now(day: date) -> dict[str, Any]:
    return {"on": day, "at": moment(day), "actor": ACTOR}


def open_on(day: date) -> None:
    """The pages play on a day, without the jobs of the days between."""
    set_clock(moment(day))


def taken(cast: Cast, day: date) -> list[str]:
    services.take_steps(**now(day))
    return sorted(StandingNotice.objects.filter(program_account=cast.account).values_list("step", flat=True))


def decide(cast: Cast, act: str, **fields: Any) -> Any:
    """An officer sends one form of the account's page."""
    data = {"act": act, **{f"{act}-{name}": value for name, value in fields.items()}}
    return signed_in(cast.daniel).post(reverse("standing:case", args=(cast.account.number,)), data)


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(DomainError) as refusal:
        call(**given)
    assert refusal.value.code == code


def test_a_hold_keeps_back_every_step_but_the_warning_until_its_last_day(late: Cast) -> None:
    here = {"program_account_id": late.account.pk, "ground": Hold.Ground.APPEAL, "reason": "Court file T-1."}
    refused("nothing_overdue", services.hold_steps, **here, **now(TODAY))
    refused("day_passed", services.hold_steps, **here, until=LAST_DAY, **now(DAY_40))
    services.hold_steps(**here, until=DAY_40 + timedelta(days=5), **now(DAY_40))
    refused("held_already", services.hold_steps, **here, **now(DAY_40))
    assert taken(late, DAY_40) == ["WARNING"] and rpp_of(late)[0] == RppState.ACTIVE
    outlook = queries.outlook_of(late.account.pk, on=DAY_40)
    assert outlook.is_paused and [row.is_taken for row in outlook.steps] == [True, False, False, False, False]
    after = DAY_40 + timedelta(days=6)
    assert services.daily.end_past_holds(**now(after)) == 1
    assert taken(late, after) == ["ARREARS", "COLLECTIONS", "SUSPENSION", "WARNING"]
    assert rpp_of(late)[0] == RppState.SUSPENDED
    refused("not_held", services.end_hold, program_account_id=late.account.pk, reason="x", **now(after))


def test_instalments_pause_the_steps_while_kept_and_a_missed_one_suspends_again(late: Cast) -> None:
    taken(late, DAY_40)
    here = {"program_account_id": late.account.pk, "reason": "Cash flow"}
    first = DAY_40 + timedelta(days=10)
    refused("instalments_out_of_range", services.agree_arrangement, count=25, first_on=first, **here, **now(DAY_40))
    refused("day_passed", services.agree_arrangement, count=2, first_on=LAST_DAY, **here, **now(DAY_40))
    services.agree_arrangement(count=2, first_on=first, **here, **now(DAY_40))
    refused("arranged_already", services.agree_arrangement, count=2, first_on=first, **here, **now(DAY_40))
    rpp.lift_suspension(**here, **now(DAY_40))
    assert services.review_arrangements(**now(first)) == 0
    paid(late.account, "2500.00", at=moment(first))
    assert services.review_arrangements(**now(first + timedelta(days=1))) == 0
    assert taken(late, first + timedelta(days=1)).count("SUSPENSION") == 1 and rpp_of(late)[0] == RppState.ACTIVE
    missed = first + timedelta(days=32)
    assert services.review_arrangements(**now(missed)) == 1
    assert Arrangement.objects.get().state == Arrangement.State.BROKEN
    assert rpp_of(late)[0] == RppState.SUSPENDED
    services.agree_arrangement(count=1, first_on=missed, **here, **now(missed))
    assert services.end_arrangement(**here, **now(missed)).state == Arrangement.State.ENDED
    refused("no_arrangement", services.end_arrangement, **here, **now(missed))
    services.agree_arrangement(count=1, first_on=missed, **here, **now(missed))
    paid(late.account, "2500.00", at=moment(missed))
    assert services.review_arrangements(**now(missed)) == 0
    assert Arrangement.objects.first().state == Arrangement.State.KEPT
    assert rpp_of(late)[0] == RppState.ACTIVE and list(findings()) == []


def test_a_detention_refers_goods_to_examination_until_the_debt_is_paid(late: Cast) -> None:
    here = {"program_account_id": late.account.pk, "reason": "No answer"}
    refused("not_detained", services.end_detention, **here, **now(DAY_40))
    services.detain(**here, **now(DAY_40))
    assert releases.selected_for_examination([late.account.pk], on=DAY_40) == {late.account.pk}
    asked = {"submitter_id": late.northlight.pk, "on": DAY_40}
    assert releases.admissions_for(late.account, **asked).examination
    assert queries.outlook_of(late.account.pk, on=DAY_40).detention is not None
    paid(late.account, "5000.00", at=moment(DAY_40))
    assert not releases.admissions_for(late.account, **asked).examination
    assert releases.selected_for_examination([late.account.pk], on=DAY_40) == set()
    assert services.measures.end_paid_detentions(**now(DAY_40 + timedelta(days=1))) == 1
    assert releases.detentions([late.account.pk], on=DAY_40 + timedelta(days=1)) == {}
    verbs = AuditEvent.objects.filter(verb__startswith="standing.").values_list("verb", flat=True)
    assert sorted(verbs) == ["standing.detained", "standing.freed"]


def test_a_demand_is_rebutted_amended_paid_and_lowers_the_bond(late: Cast) -> None:
    bond = security.bonds_of(late.account.pk).get()
    owe(late.account, "700.00", posted_on=date(2026, 5, 20), due_on=LAST_DAY)  # before the bond was valid
    taken(late, DAY_40)
    ask = {"program_account_id": late.account.pk, "reason": "Unpaid"}
    refused("nothing_to_demand", rpp.send_demand, bond_id=bond.pk, **ask, **now(LAST_DAY))
    refused("unknown_bond", rpp.send_demand, bond_id=bond.pk + 9, **ask, **now(DAY_40))
    demand = rpp.send_demand(bond_id=bond.pk, **ask, **now(DAY_40))
    assert (demand.asked, demand.answer_by) == (D("5000.00"), DAY_40 + timedelta(days=60))
    refused("demanded_already", rpp.send_demand, bond_id=bond.pk, **ask, **now(DAY_40))
    answer = {"provider_id": late.keystone.pk, "demand_id": demand.pk, "text": "Half was paid."}
    refused("answer_too_late", rpp.rebut_demand, **answer, **now(DAY_40 + timedelta(days=61)))
    open_on(DAY_40)
    page = reverse("security:demand", args=(late.keystone.bn9, demand.pk))
    desk = signed_in(late.peter)
    assert "$5,000.00" in text_of(desk.get(page)) and desk.post(page, {"text": ""}).status_code == 422
    assert desk.post(page, {"text": "Half was paid."}).status_code == 302
    refused("demand_closed", rpp.rebut_demand, **answer, **now(DAY_40))
    assert "Rebutted" in text_of(desk.get(reverse("security:desk", args=(late.keystone.bn9,))))
    assert signed_in(late.amara).get(page).status_code == 404
    assert decide(late, "decide", amount="6000.00", reason="Too much").status_code == 422
    assert decide(late, "decide", amount="4000.00", reason="In part").status_code == 302
    assert decide(late, "paid", reference="CHQ 17").status_code == 302
    from_surety = Payment.objects.get(method=Payment.Method.CHEQUE)
    assert (from_surety.payer, from_surety.person, from_surety.state) == (late.keystone, "CHQ 17", "RECEIVED")
    demand.refresh_from_db()
    bond.refresh_from_db()
    assert (demand.state, demand.amount, bond.amount) == (DemandState.PAID, D("4000.00"), D("21000.00"))
    assert ledger.overdue_total(late.account.pk, on=DAY_40) == D("1700.00")
    assert Notification.objects.filter(user=late.peter, category="WSA_DEMAND").count() == 3
    refused("demand_closed", services.receive_from_surety, demand_id=demand.pk, reference_text="CHQ 17", **now(DAY_40))
    second = rpp.send_demand(bond_id=bond.pk, **ask, **now(DAY_40))
    rpp.decide_demand(demand_id=second.pk, amount=None, reason="Paid meanwhile", **now(DAY_40))
    assert Demand.objects.get(pk=second.pk).state == DemandState.WITHDRAWN and list(findings()) == []
    third = rpp.send_demand(bond_id=bond.pk, **ask, **now(DAY_40))
    assert services.measures.end_paid_demands(**now(DAY_40)) == 0
    paid(late.account, "1700.00", at=moment(DAY_40))
    job = next(job for job in timetable() if job.name == "standing.daily")
    fire(Firing(job, moment(DAY_40 + timedelta(days=1), 0, 20)))
    third.refresh_from_db()
    assert (third.state, third.decision) == (DemandState.WITHDRAWN, "The importer has paid")
    assert Notification.objects.filter(user=late.peter, category="WSA_DEMAND").count() == 7


def test_a_bond_that_a_claim_uses_up_ends_and_release_stops(late: Cast) -> None:
    bond = security.bonds_of(late.account.pk).get()
    owe(late.account, "30000.00", posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    demand = rpp.send_demand(program_account_id=late.account.pk, bond_id=bond.pk, reason="Unpaid", **now(DAY_40))
    assert demand.asked == D("25000.00")
    services.receive_from_surety(demand_id=demand.pk, reference_text="W-1", **now(DAY_40))
    bond.refresh_from_db()
    assert (bond.state, bond.terminates_on) == (BondState.TERMINATED, DAY_40)
    assert rpp_of(late) == (RppState.SUSPENDED, "NO_SECURITY")
    answered = rpp.send_demand(
        program_account_id=late.account.pk, bond_id=bond.pk, reason="The rest", **now(DAY_40 + timedelta(days=9))
    )
    rpp.decide_demand(demand_id=answered.pk, amount=None, reason="Kept for later", **now(DAY_40 + timedelta(days=9)))
    # For a year the ended bond still answers for debts of its time.
    demandable = partial(security.demandable, bond, program_account_id=late.account.pk)
    assert demandable(on=DAY_40 + timedelta(days=300)) == D("10000.00")
    assert demandable(on=DAY_40 + timedelta(days=400)) == D("0.00")


def test_a_credit_of_another_program_account_is_set_off_from_the_91st_day(late: Cast) -> None:
    other = late.world.program_account(late.northlight, "RM0002")
    stranger = late.world.program_account(late.desrosiers, "RM0002")
    paid(other, "1200.00", at=moment(DAY_40))
    taken(late, DAY_40)
    overdue = D("5000.00")
    ask = {"program_account_id": late.account.pk, "reason": "s. 97.26", "expected_overdue": overdue}
    day = DAY_40 + timedelta(days=91)
    refused("too_early_to_enforce", services.set_off, source_id=other.pk, **ask, **now(day - timedelta(days=1)))
    refused("not_of_the_business", services.set_off, source_id=stranger.pk, **ask, **now(day))
    assert taken(late, day).count("ENFORCEMENT") == 1
    assert queries.credits_of_business(late.account) == [(other, D("1200.00"))]
    assert services.set_off(source_id=other.pk, **ask, **now(day)) == D("1200.00")
    assert ledger.overdue_total(late.account.pk, on=day) == D("3800.00")
    assert ledger.credit_of(other.pk) == D("0.00")
    refused("overdue_changed", services.set_off, source_id=other.pk, **ask, **now(day))
    ask["expected_overdue"] = D("3800.00")
    refused("no_credit", services.set_off, source_id=other.pk, **ask, **now(day))
    assert list(findings()) == []


def test_the_officers_desk_and_page(late: Cast) -> None:
    second = late.world.program_account(late.desrosiers, "RM0002")
    owe(second, "12.00", posted_on=date(2026, 6, 17), due_on=date(2026, 8, 20))
    other = late.world.program_account(late.northlight, "RM0002")
    paid(other, "200.00", at=moment(TODAY))
    taken(late, DAY_40)
    open_on(DAY_40)
    desk, client = reverse("standing:desk"), signed_in(late.daniel)
    page = text_of(client.get(desk))
    assert "2 accounts" in page and "RPP suspended" in page
    narrowed = text_of(client.get(desk, {"step": "WARNING", "measure": ""}))
    assert late.northlight.legal_name not in narrowed and "$12.00" in narrowed
    assert "No such account is overdue" in text_of(client.get(desk, {"q": "nobody"}))
    file = client.get(reverse("standing:desk_csv"), {"measure": "suspended"}).content.decode("utf-8-sig")
    assert file.splitlines()[1].startswith(f"{late.account.number},") and len(file.splitlines()) == 2
    assert client.get(reverse("standing:case", args=("100000001RM0009",))).status_code == 404
    assert decide(late, "hold", ground="DISCRETION", until="", reason="").status_code == 422
    assert decide(late, "hold", ground="DISCRETION", until="", reason="Talks").status_code == 302
    assert decide(late, "arrange", count="3", first_on="2026-10-01", reason="Talks").status_code == 302
    assert decide(late, "reinstate", reason="Talks").status_code == 302
    assert decide(late, "suspend", reason="Broke a promise").status_code == 302
    assert decide(late, "detain", reason="No answer").status_code == 302
    mine = text_of(signed_in(late.amara).get(reverse("standing:detail", args=(late.account.number,))))
    assert "Steps are held back" in mine and "Payment arrangement" in mine and "Your goods may be detained" in mine
    page = text_of(client.get(reverse("standing:case", args=(late.account.number,))))
    assert "End the detention" in page and "Let the steps go on" in page
    for act in ("end_hold", "end_arrangement", "free"):
        assert decide(late, act, reason="Over").status_code == 302
    assert decide(late, "free", reason="Over").status_code == 409
    bond = security.bonds_of(late.account.pk).get()
    assert decide(late, "demand", bond=str(bond.pk), reason="Unpaid").status_code == 302
    open_on(DAY_40 + timedelta(days=91))
    page = text_of(client.get(reverse("standing:case", args=(late.account.number,))))
    assert "Set a credit off against the debt" in page
    answer = decide(late, "set_off", source=str(other.pk), expected_overdue="5000.00", reason="s. 97.26")
    assert answer.status_code == 302


def test_the_page_of_another_day_and_the_letters(late: Cast) -> None:
    taken(late, DAY_40)
    open_on(DAY_40)
    client = signed_in(late.amara)
    page = reverse("standing:detail", args=(late.account.number,))
    before, ahead = client.get(page, {"on": "2026-07-31"}), client.get(page, {"on": "2027-01-31"})
    assert "In good standing" in text_of(before) and "A day that has passed" in text_of(before)
    assert "A day to come" in text_of(ahead) and "Not in good standing" in text_of(ahead)
    assert "Error:" in text_of(client.get(page, {"on": "2026-02-31"}))
    api = reverse("api_standing", args=(late.account.number,))
    assert client.get(api, {"on": "2026-07-31"}).json()["is_good"] is True
    assert client.get(api, {"on": "soon"}).status_code == 400
    arrears = StandingNotice.objects.get(step="ARREARS")
    letter = reverse("standing:letter", args=(late.account.number, arrears.pk))
    for language in ("en", "fr", ""):
        answer = client.get(letter, {"language": language})
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    assert client.get(reverse("standing:letter", args=(late.account.number, 0))).status_code == 404


def test_a_demand_without_an_answer_is_due_after_sixty_days(late: Cast) -> None:
    bond = security.bonds_of(late.account.pk).get()
    owe(late.account, "300.00", posted_on=date(2026, 6, 17), due_on=LAST_DAY)
    demand = rpp.send_demand(program_account_id=late.account.pk, bond_id=bond.pk, reason="Unpaid", **now(DAY_40))
    refused("demand_closed", rpp.decide_demand, demand_id=demand.pk, amount=D("1.00"), reason="Less", **now(DAY_40))
    order = {"reason": "No answer came within 60 days"}
    assert rpp.uphold_unanswered(**order, **now(demand.answer_by)) == 0
    after = demand.answer_by + timedelta(days=1)
    assert [rpp.uphold_unanswered(**order, **now(after)) for _time in range(2)] == [1, 0]
    demand.refresh_from_db()
    assert (demand.state, demand.decided_on, demand.amount) == (DemandState.UPHELD, after, demand.asked)
    told = Notification.objects.filter(user=late.peter, category="WSA_DEMAND").latest("pk")
    assert "stands: pay" in told.subject and "No answer came within 60 days" in told.body

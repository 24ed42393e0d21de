"""Agreements on paper with prior approval: entered by an officer, raised by mail or by the surety's software."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from django.urls import reverse
from django.utils import translation

from accounts.models import ProgramAccount
from core.errors import Conflict, DomainError
from core.jobs import set_clock
from core.models import AuditEvent
from notifications.models import Notification
from security import messages, paper_messages, queries, rules, services
from security.models import Bond, Endorsement, SuretyEvent
from security.rules import BondState, EndorsementState, RppState, Share, SuspensionReason, VersionKind
from tests.builders import Cast, World, signed_in
from tests.security.conftest import SYSTEM, charge, daily, deadline, enrolled, moment, review, secured, told

pytestmark = pytest.mark.django_db
M = Decimal
DESK = "/en/officers/paper-agreements/"
#: The July cycle of 2026: the review, the deadline, the day on which a missed one suspends, and 25 business days on.
RUN, DUE, AFTER = date(2026, 7, 25), date(2026, 10, 15), date(2026, 10, 16)
LAST, OVER = date(2026, 11, 20), date(2026, 11, 21)


def args(on: date) -> dict[str, Any]:
    return {"on": on, "at": moment(on), "actor": SYSTEM}


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ").replace("&#x27;", "'")


def elements(cast: Cast, on: date, **changed: Any) -> dict[str, Any]:
    return {
        "program_account_number": cast.account.number,
        "provider_id": cast.keystone.pk,
        "agreement_number": "KN-P-1",
        "amount": M("25000.00"),
        "signed_on": on - timedelta(days=9),
        "approval_reference": "RARD 2026-118",
        "validity_start": on,
        **args(on),
        **changed,
    }


def on_paper(cast: Cast, on: date, **changed: Any) -> Bond:
    return services.enter_paper_bond(**elements(cast, on, **changed))


def state_of(account: ProgramAccount) -> tuple[str, str]:
    row = queries.enrolment_of(account.pk)
    assert row is not None
    return row.state, row.reason


def test_an_agreement_on_paper_covers_at_once_and_reinstates_who_lacked_security(cast: Cast, on: date) -> None:
    charge(cast.account, "40000.00", on - timedelta(days=20))
    enrolled(cast.account, on=on, estimate="50000.00")
    first = secured(cast.account, cast.keystone, "25000.00", on=on)
    Bond.objects.filter(pk=first.pk).update(state=BondState.EXPIRED)
    services.reassess_rpp(program_account_id=cast.account.pk, **args(on))
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.NO_SECURITY)
    bond = on_paper(cast, on)
    assert (bond.state, bond.channel, bond.paper_form) == (BondState.ACTIVE, Bond.Channel.PAPER, "BSF259")
    assert (bond.debtor_name, bond.approval_reference) == (cast.northlight.legal_name, "RARD 2026-118")
    status = queries.rpp_status(cast.account.pk, on=on)
    assert (status.coverage.total, status.is_sufficient, status.is_on) == (M("50000.00"), True, True)
    assert state_of(cast.account) == (RppState.ACTIVE, "")
    assert [row.kind for row in bond.versions.all()] == [VersionKind.ON_PAPER]
    assert (told(cast.amara, "WSA_ENTERED"), told(cast.peter, "WSA_ENTERED")) == (1, 1)
    assert told(cast.amara, "RPP_REINSTATED") == 1
    assert SuretyEvent.objects.filter(kind="bond.entered", bond=bond).count() == 1
    line = AuditEvent.objects.get(verb="bond.entered")
    assert (line.program_account_id, line.after["approval"], line.after["form"]) == (
        cast.account.pk,
        "RARD 2026-118",
        "BSF259",
    )


def test_one_that_starts_later_covers_from_its_first_day(cast: Cast, on: date) -> None:
    later = on + timedelta(days=5)
    bond = on_paper(cast, on, validity_start=later, validity_end=later + timedelta(days=365))
    assert bond.state == BondState.SCHEDULED
    assert not queries.rpp_status(cast.account.pk, on=on).coverage.has_security
    daily(later)
    bond.refresh_from_db()
    assert bond.state == BondState.ACTIVE
    assert queries.rpp_status(cast.account.pk, on=later).coverage.total == M("50000.00")


def test_the_day_of_the_signature_decides_the_form(cast: Cast, on: date) -> None:
    old = on_paper(cast, on, signed_on=date(2026, 2, 9))
    new = on_paper(cast, on, agreement_number="KN-P-2", signed_on=date(2026, 2, 10))
    assert [old.paper_form, new.paper_form] == ["D120", "BSF259"]
    assert secured(cast.account, cast.keystone, "5000.00", on=on).paper_form == ""


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"approval_reference": "  "}, "not_approved", "approval_reference"),
        ({"signed_on": date(2026, 7, 23)}, "signed_later", "signed_on"),
        ({"program_account_number": "999999999RM0009"}, "debtor_not_found", "program_account"),
        ({"provider_id": 0}, "unknown_provider", "provider"),
        ({"amount": M("0.00")}, "bond_below_minimum", "amount"),
        ({"amount": M("4999.99")}, "bond_below_minimum", "amount"),
        ({"validity_end": date(2026, 7, 22)}, "bad_validity", "validity_end"),
        ({"validity_start": date(2025, 1, 1), "validity_end": date(2026, 7, 21)}, "bad_validity", "validity_end"),
    ],
)
def test_what_is_wrong_with_an_agreement_is_said_beside_its_field(
    cast: Cast, on: date, changed: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        on_paper(cast, on, **changed)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Bond.objects.exists()


def test_a_number_is_used_once_and_secures_one_debtor(cast: Cast, world: World, on: date) -> None:
    secured(cast.account, cast.keystone, "5000.00", on=on, number="KN-1")
    with pytest.raises(Conflict) as used:
        on_paper(cast, on, agreement_number="kn-1")
    assert used.value.code == "agreement_number_used"
    other = world.program_account(cast.desrosiers, rm="RM0007")
    with pytest.raises(DomainError) as somebodys:
        on_paper(cast, on, agreement_number="KN-1", program_account_number=other.number)
    assert somebodys.value.code == "security_of_another"


def test_the_database_keeps_no_paper_without_signature_and_approval(cast: Cast, on: date) -> None:
    bond = secured(cast.account, cast.keystone, "5000.00", on=on)
    with pytest.raises(IntegrityError):
        Bond.objects.filter(pk=bond.pk).update(channel=Bond.Channel.PAPER, signed_on=on)


def test_an_officer_enters_the_agreement_and_the_importer_sees_what_it_is(cast: Cast, on: date) -> None:
    officer, amara = signed_in(cast.daniel), signed_in(cast.amara)
    assert reverse("security:paper_desk") in text(officer.get(reverse("dashboard:officer")))
    assert "No agreement on paper yet" in text(officer.get(DESK))
    given = {
        "program_account": f"{cast.account.number[:9]} {cast.account.number[9:]}",
        "provider": cast.keystone.pk,
        "agreement_number": "KN-P-1",
        "amount": "25000.00",
        "signed_on": "2026-02-09",
        "approval_reference": "RARD 2026-118",
        "validity_start": str(on),
        "validity_end": "",
    }
    for name, value, words in (
        ("approval_reference", "", "taken with prior approval only"),
        ("provider", "0", "Choose a surety of the list"),
        ("amount", "-5", "Enter an amount of at least $0.01"),
        ("amount", "0", "Enter an amount of at least $0.01"),
        ("amount", "4999.99", "A bond is for at least $5,000.00"),
        ("program_account", "999999998RM0009", "There is no program account of this number"),
        ("signed_on", str(on + timedelta(days=1)), "cannot be signed after today"),
        ("validity_end", str(on), "must end after it begins"),
    ):
        answer = officer.post(DESK, {**given, name: value})
        assert answer.status_code == 422 and words in text(answer), name
    assert not Bond.objects.exists()
    assert officer.post(DESK, given).status_code == 302
    bond = Bond.objects.get()
    shown = text(officer.get(DESK))
    assert "KN-P-1" in shown and "D120" in shown and "Prior approval RARD 2026-118" in shown
    assert "has a bond of this number already" in text(officer.post(DESK, given))
    page = reverse("security:account_bond", args=[cast.account.number, bond.pk])
    assert "Form D120, signed on" in text(amara.get(page))
    cast.daniel.user_permissions.set(Permission.objects.filter(content_type__app_label="security"))
    register = text(officer.get(reverse("admin:security_bond_change", args=[bond.pk])))
    assert "D120" in register and "RARD 2026-118" in register
    assert signed_in(cast.amara).get(DESK).status_code == 404


def test_the_news_is_told_in_both_languages(cast: Cast, on: date) -> None:
    bond = on_paper(cast, on)
    subject, body = messages.bond_news(bond, messages.WSA_ENTERED)
    assert subject() == "Bond KN-P-1 of Keystone North Surety was entered from paper"
    assert body().startswith("Form BSF259 over $25,000.00 for Northlight Outdoor Supply Inc.: it is valid from ")
    with translation.override("fr"):
        assert subject() == "Le cautionnement KN-P-1 (Keystone North Surety), reçu sur papier, a été saisi"
        assert body().startswith("Formulaire BSF259")
    assert Notification.objects.filter(category="WSA_ENTERED").count() == 2


# --- Endorsements by mail


@pytest.fixture
def short(cast: Cast) -> Bond:
    """44,200.00 was required and covered by a bond on paper of 25,000.00; the review of 2026 finds 61,480.20."""
    enrolled(cast.account, on=date(2025, 7, 30), estimate="44200.00")
    bond = on_paper(cast, date(2025, 7, 30), signed_on=date(2025, 7, 28))
    charge(cast.account, "61480.20", date(2026, 5, 3))
    review(RUN)
    return bond


def mailed(bond: Bond, on: date, amount: str = "30740.10", **changed: Any) -> Endorsement:
    given = {
        "bond_id": bond.pk,
        "program_account_id": bond.program_account_id,
        "amount": M(amount),
        "announced_by_id": bond.debtor_id,
        **args(on),
    }
    return services.announce_endorsement(**{**given, **changed})


@pytest.mark.parametrize(
    ("mailed_on", "last_day"),
    [
        # Thanksgiving and Remembrance Day are not counted, nor is a Saturday.
        (date(2026, 10, 9), date(2026, 11, 17)),
        (DUE, LAST),
        (date(2026, 10, 17), date(2026, 11, 23)),
    ],
)
def test_an_endorsement_is_waited_for_25_business_days(mailed_on: date, last_day: date) -> None:
    assert rules.open_until(mailed_on, days=25) == last_day


@pytest.mark.parametrize(
    ("mailed_on", "on", "holds"),
    [
        (DUE, AFTER, True),
        (DUE, LAST, True),
        (DUE, OVER, False),
        (DUE, DUE - timedelta(days=1), False),
        # Mailed after the deadline it is no ground for more time.
        (AFTER, AFTER, False),
    ],
)
def test_what_holds_a_suspension_back(mailed_on: date, on: date, holds: bool) -> None:
    assert rules.holds_back(mailed_on=mailed_on, last_day=LAST, due_on=DUE, on=on) is holds


@pytest.mark.parametrize("state", EndorsementState)
def test_only_what_is_in_the_mail_can_become_anything(state: EndorsementState) -> None:
    following = {other for other in EndorsementState if rules.can_endorsement_become(state, other)}
    assert following == (set(EndorsementState) - {state} if state == EndorsementState.MAILED else set())


def test_what_an_endorsement_adds_covers_its_own_account() -> None:
    held = [Share(1, M("10.00")), Share(2, M("5.00"))]
    assert rules.shares_with_more(held, program_account_id=2, more=M("2.50")) == [
        Share(1, M("10.00")),
        Share(2, M("7.50")),
    ]
    assert rules.shares_with_more(held, program_account_id=3, more=M("2.50"))[2] == Share(3, M("2.50"))


def test_an_endorsement_in_the_mail_holds_the_suspension_back_and_covers_once_entered(cast: Cast, short: Bond) -> None:
    row = mailed(short, DUE)
    assert (row.mailed_on, row.open_until, row.state) == (DUE, LAST, EndorsementState.MAILED)
    assert (told(cast.amara, "WSA_MAILED"), told(cast.peter, "WSA_MAILED")) == (1, 1)
    daily(AFTER)
    assert deadline(AFTER).summary["suspended"] == 0
    assert state_of(cast.account) == (RppState.ACTIVE, "")
    daily(LAST)
    assert state_of(cast.account) == (RppState.ACTIVE, "")
    bond = services.enter_endorsement(endorsement_id=row.pk, amount=M("30740.10"), **args(LAST))
    assert bond.amount == M("30740.10") and queries.rpp_status(cast.account.pk, on=LAST).is_sufficient
    assert bond.versions.first().kind == VersionKind.INCREASE  # type: ignore[union-attr]
    row.refresh_from_db()
    assert (row.state, row.decided_on, row.decided_by) == (EndorsementState.ENTERED, LAST, SYSTEM.name)
    assert told(cast.amara, "WSA_AMENDED") == 1
    daily(OVER)
    assert state_of(cast.account) == (RppState.ACTIVE, "")
    verbs = AuditEvent.objects.filter(verb__startswith="endorsement.").values_list("verb", flat=True)
    assert sorted(verbs) == ["endorsement.entered", "endorsement.mailed"]


def test_without_one_in_the_mail_the_same_account_is_suspended(cast: Cast, short: Bond) -> None:
    assert deadline(AFTER).summary["suspended"] == 1
    late = mailed(short, AFTER)
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    services.enter_endorsement(endorsement_id=late.pk, amount=M("30740.10"), **args(OVER))
    assert state_of(cast.account) == (RppState.ACTIVE, "")


def test_a_refusal_after_the_deadline_suspends_and_both_sides_read_why(cast: Cast, short: Bond) -> None:
    row = mailed(short, DUE)
    deadline(AFTER)
    services.refuse_endorsement(endorsement_id=row.pk, reason="It is not signed.", **args(AFTER))
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    assert (told(cast.amara, "WSA_MAIL_REFUSED"), told(cast.peter, "WSA_MAIL_REFUSED")) == (1, 1)
    note = Notification.objects.get(user=cast.amara, category="WSA_MAIL_REFUSED")
    assert "Reason: It is not signed. The bond stays at" in note.body
    for close in (
        lambda: services.enter_endorsement(endorsement_id=row.pk, amount=M("40000.00"), **args(AFTER)),
        lambda: services.refuse_endorsement(endorsement_id=0, reason="Again", **args(AFTER)),
    ):
        with pytest.raises(Conflict) as refusal:
            close()
        assert refusal.value.code == "endorsement_closed"


def test_one_entered_that_is_too_low_suspends_too(cast: Cast, short: Bond) -> None:
    row = mailed(short, DUE)
    deadline(AFTER)
    services.enter_endorsement(endorsement_id=row.pk, amount=M("30740.09"), **args(AFTER))
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)


def test_what_does_not_arrive_is_closed_after_its_last_day_and_suspends(cast: Cast, short: Bond) -> None:
    row = mailed(short, DUE)
    deadline(AFTER)
    assert daily(LAST).summary["endorsements_not_arrived"] == 0
    assert daily(OVER).summary["endorsements_not_arrived"] == 1
    row.refresh_from_db()
    assert (row.state, row.decided_on) == (EndorsementState.EXPIRED, OVER)
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    assert told(cast.amara, "WSA_MAIL_EXPIRED") == 1
    assert SuretyEvent.objects.filter(kind="endorsement.expired").count() == 1
    assert daily(OVER + timedelta(days=1)).summary["endorsements_not_arrived"] == 0


def test_one_that_never_came_before_the_deadline_suspends_nobody_yet(cast: Cast, short: Bond) -> None:
    mailed(short, RUN)
    daily(date(2026, 9, 30))
    assert Endorsement.objects.get().state == EndorsementState.EXPIRED
    assert state_of(cast.account) == (RppState.ACTIVE, "")


def test_only_who_said_so_takes_it_back_and_then_the_deadline_counts(cast: Cast, short: Bond) -> None:
    row = mailed(short, DUE)
    deadline(AFTER)
    with pytest.raises(Conflict) as refusal:
        services.withdraw_endorsement(endorsement_id=row.pk, announced_by_id=cast.keystone.pk, **args(AFTER))
    assert refusal.value.code == "not_announced_by_you"
    services.withdraw_endorsement(endorsement_id=row.pk, announced_by_id=cast.northlight.pk, **args(AFTER))
    assert state_of(cast.account) == (RppState.SUSPENDED, SuspensionReason.REVIEW_SHORTFALL)
    assert told(cast.peter, "WSA_MAIL_WITHDRAWN") == 1


def test_what_cannot_be_in_the_mail(cast: Cast, world: World, short: Bond) -> None:
    electronic = secured(cast.account, cast.keystone, "5000.00", on=RUN)
    second = world.program_account(cast.northlight, rm="RM0002")
    over = on_paper(cast, RUN, agreement_number="KN-P-9")
    Bond.objects.filter(pk=over.pk).update(state=BondState.TERMINATED)
    for code, bond, changed in (
        ("not_on_paper", electronic, {}),
        ("wrong_state", over, {}),
        ("not_covered", short, {"program_account_id": second.pk}),
        ("not_higher", short, {"amount": M("25000.00")}),
    ):
        with pytest.raises(DomainError) as refusal:
            mailed(bond, RUN, **changed)
        assert refusal.value.code == code
    mailed(short, RUN)
    with pytest.raises(Conflict) as again:
        mailed(short, RUN, amount="40000.00")
    assert again.value.code == "endorsement_open"


def test_a_bond_over_two_accounts_is_raised_for_the_one_that_was_named(cast: Cast, world: World, short: Bond) -> None:
    second = world.program_account(cast.northlight, rm="RM0002")
    shares = [Share(cast.account.pk, M("25000.00")), Share(second.pk, M("5000.00"))]
    services.raise_bond(bond_id=short.pk, amount=M("30000.00"), shares=shares, **args(RUN))
    row = mailed(short, RUN, amount="34000.00", program_account_id=second.pk)
    services.enter_endorsement(endorsement_id=row.pk, amount=M("33000.00"), **args(RUN))
    held = {share.program_account_id: share.amount for share in short.allocations.all()}
    assert held == {cast.account.pk: M("25000.00"), second.pk: M("8000.00")}


@pytest.mark.parametrize("state", [state for state in EndorsementState if state != EndorsementState.ENTERED])
def test_every_news_of_an_endorsement_is_told_in_both_languages(short: Bond, state: EndorsementState) -> None:
    row = mailed(short, RUN)
    row.state, row.reason = state, "Not signed"
    subject, body = paper_messages.endorsement_news(row)
    english = subject(), body()
    assert "KN-P-1" in english[0] and "$" in english[1]
    with translation.override("fr"):
        french = subject(), body()
    assert "KN-P-1" in french[0] and "endorsement" not in french[0] and "\u00a0$" in french[1]
    assert not set(english) & set(french)


def test_importer_surety_and_officer_do_all_of_it_on_their_pages(cast: Cast, short: Bond) -> None:
    set_clock(moment(DUE))
    amara, peter, officer = signed_in(cast.amara), signed_in(cast.peter), signed_in(cast.daniel)
    mine = reverse("security:account_bond", args=[cast.account.number, short.pk])
    theirs = reverse("security:bond", args=[cast.keystone.bn9, short.pk])
    overview = reverse("security:overview", args=[cast.account.number])
    assert "Raise it by mail" in text(amara.get(mine)) and "Raise it by mail" in text(peter.get(theirs))
    answer = amara.post(mine, {"act": "mail", "mail-amount": "25000.00"})
    assert answer.status_code == 422 and "above $25,000.00" in text(answer)
    assert amara.post(mine, {"act": "mail", "mail-amount": "30740.10"}).status_code == 302
    shown = text(amara.get(mine))
    assert "It does not come after all" in shown and "Raise it by mail" not in shown
    told_of = text(amara.get(overview))
    assert "An endorsement of bond KN-P-1 is in the mail" in told_of and "does not suspend you" in told_of
    assert "In the mail" in text(peter.get(theirs)) and "It does not come after all" not in text(peter.get(theirs))
    assert peter.post(theirs, {"act": "recall"}).status_code == 409
    assert amara.post(mine, {"act": "recall"}).status_code == 302
    assert amara.post(mine, {"act": "recall"}).status_code == 409
    assert peter.post(theirs, {"act": "mail", "mail-amount": ""}).status_code == 422
    assert peter.post(theirs, {"act": "mail", "mail-amount": "30740.10"}).status_code == 302
    row = Endorsement.objects.get(state=EndorsementState.MAILED)
    page = reverse("security:paper_endorsement", args=[row.pk])
    assert page in text(officer.get(DESK))
    assert "$30,740.10" in text(officer.get(page))
    assert officer.get(reverse("security:paper_endorsement", args=[row.pk + 99])).status_code == 404
    assert officer.post(page, {"act": "dance"}).status_code == 400
    assert "why you refuse" in text(officer.post(page, {"act": "refuse", "refuse-reason": ""}))
    low = officer.post(page, {"act": "enter", "enter-amount": "25000.00"})
    assert low.status_code == 422 and "above $25,000.00" in text(low)
    assert officer.post(page, {"act": "enter", "enter-amount": "30740.10"}).status_code == 302
    assert "Enter the endorsement" not in text(officer.get(page))
    assert "Increase rider" in text(amara.get(mine))
    assert "in the mail" not in text(amara.get(overview))
    second = mailed(short, DUE, amount="40000.00")
    refused = reverse("security:paper_endorsement", args=[second.pk])
    assert officer.post(refused, {"act": "refuse", "refuse-reason": "Not signed"}).status_code == 302
    assert "Not signed" in text(amara.get(mine)) and "Not signed" in text(officer.get(refused))
    set_clock(moment(AFTER))
    mailed(short, AFTER, amount="41000.00")
    assert "It was mailed after the deadline" in text(amara.get(overview))
    register = reverse("admin:security_endorsement_changelist")
    cast.daniel.user_permissions.set(Permission.objects.filter(content_type__app_label="security"))
    assert officer.get(register).status_code == 200


def test_the_surety_names_the_account_of_a_bond_over_two(cast: Cast, world: World, short: Bond) -> None:
    second = world.program_account(cast.northlight, rm="RM0002")
    shares = [Share(cast.account.pk, M("25000.00")), Share(second.pk, M("5000.00"))]
    services.raise_bond(bond_id=short.pk, amount=M("30000.00"), shares=shares, **args(RUN))
    peter, amara = signed_in(cast.peter), signed_in(cast.amara)
    theirs = reverse("security:bond", args=[cast.keystone.bn9, short.pk])
    assert "Choose the program account" in text(peter.post(theirs, {"act": "mail", "mail-amount": "36000.00"}))
    given = {"act": "mail", "mail-amount": "36000.00", "mail-program_account": str(second.pk)}
    assert peter.post(theirs, given).status_code == 302
    assert Endorsement.objects.get().program_account_id == second.pk
    told_of = text(amara.get(reverse("security:overview", args=[second.number])))
    assert "It raises the bond once an officer enters it" in told_of


def test_the_latest_review_of_each_of_many_is_that_of_each_one(cast: Cast, short: Bond) -> None:
    charge(cast.overdue_account, "70000.00", date(2026, 5, 3))
    review(date(2027, 7, 25))
    accounts = [cast.account.pk, cast.overdue_account.pk]
    found = queries.latest_reviews_of(accounts)
    assert {row.year for row in found} == {2027}
    assert {row.pk for row in found} == {queries.latest_review_of(pk).pk for pk in accounts}  # type: ignore[union-attr]

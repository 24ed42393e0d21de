"""The wizard over HTTP, in both languages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from core.clock import wall_now
from registration import services
from registration.models import PracticeCard, Registration
from tests.builders import signed_in
from tests.registration.conftest import SYSTEM, Wizard

pytestmark = pytest.mark.django_db
State = Registration.State


def page(response):
    return " ".join(response.content.decode().split()).replace("\u00a0", " ").replace("\u202f", " ")


def problems(response):
    return [problem.message for problem in response.context["form"].error_list]


def at(tab: Client, step: str, language: str = "en") -> str:
    return f"/{language}/register/{step}/"


def fill(tab: Client, step: str, data: dict[str, str], language: str = "en", **more):
    return tab.post(at(tab, step, language), data, **more)


def begun(tab: Client, language: str = "en") -> None:
    response = tab.post(f"/{language}/register/begin/")
    assert response.url == f"/{language}/register/numbers/"


def numbers_of(larkspur) -> dict[str, str]:
    bn9 = larkspur.business.bn9
    return {"bn9": f"{bn9[:3]} {bn9[3:6]} {bn9[6:]}", "rm": "rm 0001"}


def up_to(tab: Client, larkspur, step: str, language: str = "en") -> None:
    begun(tab, language)
    ways = {
        "numbers": numbers_of(larkspur),
        "name-and-address": larkspur.address,
        "proof": larkspur.typed_answers,
        "terms": {"accepted": "on"},
    }
    for name, data in ways.items():
        if name == step:
            return
        assert fill(tab, name, data, language).status_code == 302


# --- The whole way


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_newcomer_registers_a_business(language, tab, larkspur, newcomer):
    start = tab.get(f"/{language}/register/")
    assert start.status_code == 200
    assert f"/{language}/employer/" in page(start)
    begun(tab, language)
    steps = [
        ("numbers", numbers_of(larkspur), "name-and-address"),
        ("name-and-address", larkspur.address, "proof"),
        ("proof", larkspur.typed_answers, "terms"),
        ("terms", {"accepted": "on"}, "review"),
    ]
    for name, data, following in steps:
        shown = tab.get(at(tab, name, language))
        assert shown.status_code == 200
        assert shown.content.decode().count('aria-current="step"') == 1
        response = fill(tab, name, data, language)
        assert response.status_code == 302, problems(response)
        assert response.url == f"/{language}/register/{following}/"
    review = tab.get(f"/{language}/register/review/")
    assert "LARKSPUR Marine Parts, Limited" in page(review)
    assert page(review).count("<dl") >= 4
    response = tab.post(f"/{language}/register/review/")
    assert response.url == f"/{language}/register/done/"
    done = tab.get(response.url)
    bn9 = larkspur.business.bn9
    assert f"/{language}/businesses/{bn9}/people/backup/" in page(done)
    assert f"/{language}/accounts/{bn9}RM0001/security/enrol/" in page(done)
    assert f"/{language}/businesses/{bn9}/third-parties/" in page(done)
    assert Membership.objects.get(user=newcomer).is_primary
    again = tab.post(f"/{language}/register/review/")
    assert again.url == f"/{language}/register/done/"
    assert Membership.objects.filter(user=newcomer).count() == 1


def test_signed_out_one_signs_in_first_and_comes_back(larkspur):
    response = Client().get("/en/register/")
    assert (response.status_code, response.url) == (302, "/en/sign-in/?next=/en/register/")


@pytest.mark.parametrize("step", ["numbers", "name-and-address", "proof", "terms", "review", "done"])
def test_an_address_opened_too_early_leads_to_the_step_one_is_at(step, tab, larkspur):
    assert tab.get(at(tab, step)).url == "/en/register/"
    begun(tab)
    expected = {"numbers": 200, "done": "/en/register/"}.get(step, "/en/register/numbers/")
    response = tab.get(at(tab, step))
    assert (response.status_code if expected == 200 else response.url) == expected


def test_posting_to_a_later_step_changes_nothing(tab, larkspur):
    begun(tab)
    assert fill(tab, "review", {}).url == "/en/register/numbers/"
    assert fill(tab, "terms", {"accepted": "on"}).url == "/en/register/numbers/"
    assert Registration.objects.get().state == State.NUMBERS


def test_a_registration_is_resumed_with_what_was_typed(tab, larkspur):
    up_to(tab, larkspur, "proof")
    later = page(tab.get("/en/register/"))
    assert "Continue the registration" in later
    assert tab.post("/en/register/begin/").url == "/en/register/proof/"
    assert 'value="58 Water St"' in page(tab.get("/en/register/name-and-address/"))
    assert 'value="rm 0001"' in page(tab.get("/en/register/numbers/"))


def test_a_page_keeps_what_is_typed_by_itself(tab, larkspur):
    up_to(tab, larkspur, "proof")
    response = tab.post("/en/register/proof/?keep=1", {"declaration_number": "1704 20"})
    assert response.status_code == 204
    assert 'value="1704 20"' in page(tab.get("/en/register/proof/"))
    assert Registration.objects.get().error_count == 0
    assert tab.post("/en/register/review/?keep=1").status_code == 204


def test_a_changed_answer_leads_back_to_the_review(tab, larkspur):
    up_to(tab, larkspur, "review")
    assert "/en/register/review/" in page(tab.get("/en/register/name-and-address/"))
    response = fill(tab, "name-and-address", {**larkspur.address, "name": "Larkspur Marine"})
    assert response.url == "/en/register/review/"
    assert "Larkspur Marine<" in page(tab.get("/en/register/review/"))


def test_giving_up_begins_anew(tab, larkspur):
    up_to(tab, larkspur, "proof")
    assert tab.post("/en/register/give-up/").url == "/en/register/"
    assert tab.post("/en/register/give-up/").url == "/en/register/"
    assert "was given up" in page(tab.get("/en/register/"))
    begun(tab)
    assert Registration.objects.count() == 2


# --- Wrong input


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bn9": ""}, "Enter the business number, nine digits"),
        ({"bn9": "12345"}, "Enter the nine digits of the business number"),
        ({"bn9": "704123687"}, "not a valid business number"),
        ({"bn9": "706339074RM0001"}, "without the program account"),
        ({"bn9": "1" * 400}, "Enter the nine digits of the business number"),
        ({"rm": ""}, "Enter the program account, for example RM0001"),
        ({"rm": "RT0001"}, "Enter RM and four digits"),
        ({"rm": "RM0000"}, "Enter RM and four digits"),
        ({"rm": "1"}, "Enter RM and four digits"),
    ],
)
def test_malformed_numbers_cost_no_try_and_stay_in_their_boxes(changes, words, tab, larkspur):
    begun(tab)
    response = fill(tab, "numbers", {**numbers_of(larkspur), **changes})
    assert response.status_code == 422
    assert words in page(response)
    assert "<title>Error: " in page(response)
    _name, value = next(iter(changes.items()))
    if value and len(value) < 20:
        assert f'value="{value}"' in page(response)
        assert f'value="{value}"' in page(tab.get("/en/register/numbers/"))
    assert Registration.objects.get().error_count == 0


def test_the_digits_of_the_program_account_are_enough(tab, larkspur):
    begun(tab)
    assert fill(tab, "numbers", {**numbers_of(larkspur), "rm": "0001"}).status_code == 302


@pytest.mark.parametrize(("language", "words"), [("en", "No program account has these numbers"), ("fr", "")])
def test_unknown_numbers_are_refused_neutrally(language, words, tab, larkspur):
    begun(tab, language)
    response = fill(tab, "numbers", {"bn9": "704123686", "rm": "RM0001"}, language)
    assert response.status_code == 422
    assert words in page(response)
    assert response.context["tries_left"] == 9


def test_a_registered_business_leads_to_its_managers(tab, cast):
    begun(tab)
    response = fill(tab, "numbers", {"bn9": cast.northlight.bn9, "rm": "RM0001"})
    assert response.status_code == 422
    assert "registered already" in page(response)
    assert "/en/employer/" in page(response)
    assert "Northlight" not in page(response)


def test_an_address_that_differs_names_the_part_and_reveals_nothing(tab, larkspur):
    up_to(tab, larkspur, "name-and-address")
    assert "Larkspur" not in page(tab.get("/en/register/name-and-address/"))
    response = fill(tab, "name-and-address", {**larkspur.address, "city": "Halifax"})
    assert problems(response) == ["The city differs from the record"]
    assert "Lunenburg" not in page(response)
    assert "You have 9 tries left" in page(response)
    assert 'value="Halifax"' in page(response)


@pytest.mark.parametrize("name", ["name", "street", "city", "postal_code"])
def test_parts_of_the_address_may_not_be_missing(name, tab, larkspur):
    up_to(tab, larkspur, "name-and-address")
    response = fill(tab, "name-and-address", {**larkspur.address, name: " "})
    assert response.status_code == 422
    assert Registration.objects.get().error_count == 0


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [("1,204.50", "1204.50"), ("$60.00", "60.00"), ("1 204,50", "1204.50"), ("60,00 $", "60.00")],
)
def test_marks_in_an_amount_are_refused_with_what_to_type(typed, suggestion, tab, larkspur):
    up_to(tab, larkspur, "proof")
    response = fill(tab, "proof", {**larkspur.typed_answers, "declaration_total": typed})
    assert response.status_code == 422
    assert problems(response) == [f"Leave out the dollar sign, commas and spaces: type {suggestion}"]
    assert "Not complete" in page(response)
    assert f'value="{larkspur.payment.amount:.2f}"' in page(response)
    assert Registration.objects.get().error_count == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"declaration_number": "12"},
        {"payment_on": "29/06/2026"},
        {"payment_on": "2026-02-30"},
        {"declaration_total": "-1.00"},
        {"statement_on": "2020-01-25"},
        {"statement_balance": "abc"},
    ],
)
def test_malformed_answers_cost_no_try(changes, tab, larkspur):
    up_to(tab, larkspur, "proof")
    assert fill(tab, "proof", {**larkspur.typed_answers, **changes}).status_code == 422
    assert Registration.objects.get().error_count == 0


def test_the_proof_page_as_the_picture_shows_it(tab, larkspur):
    up_to(tab, larkspur, "proof")
    shown = page(tab.get("/en/register/proof/"))
    assert "Answer two of these three questions" in shown
    assert '<option value="2026-06-25">25 June 2026</option>' in shown
    answers = {
        **larkspur.typed_answers,
        "declaration_total": "",
        "statement_on": "2026-06-25",
        "statement_balance": "1204.50",
    }
    response = fill(tab, "proof", answers)
    assert problems(response) == [
        "Enter the total of duties and taxes on the declaration, in dollars and cents",
        "This is not the balance of that statement",
    ]
    text = page(response)
    assert "There are 2 problems" in text
    assert "You have 9 tries left. After that there is a pause of 15 minutes" in text
    for badge in ("Not complete", "No match", "Matches"):
        assert text.count(badge) == 1
    assert '<a href="#id_statement_balance">' in text
    assert 'value="2026-06-29"' in text
    assert fill(tab, "proof", larkspur.typed_answers).url == "/en/register/terms/"


def test_nothing_answered_asks_for_two(tab, larkspur):
    up_to(tab, larkspur, "proof")
    response = fill(tab, "proof", {})
    assert problems(response) == ["Answer 2 more questions."]
    assert '<a href="#id_declaration_number">' in page(response)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_ten_wrong_answers_bring_a_pause_and_then_new_tries(language, tab, larkspur):
    up_to(tab, larkspur, "proof", language)
    wrong = {**larkspur.typed_answers, "declaration_total": "1.00", "payment_amount": "2.00"}
    for _attempt in range(4):
        assert fill(tab, "proof", wrong, language).status_code == 422
    response = fill(tab, "proof", wrong, language)
    assert response.url == f"/{language}/register/proof/"
    pause = tab.get(response.url)
    assert (pause.status_code, pause["Retry-After"]) == (429, "900")
    assert tab.get(f"/{language}/register/numbers/").status_code == 429
    # What is sent during the pause is kept, not judged.
    assert fill(tab, "proof", larkspur.typed_answers, language).status_code == 429
    Registration.objects.update(paused_until=wall_now() - timedelta(seconds=1))
    shown = tab.get(f"/{language}/register/proof/")
    assert f'value="{larkspur.declaration.number}"' in page(shown)
    assert fill(tab, "proof", larkspur.typed_answers, language).url == f"/{language}/register/terms/"


def test_without_history_the_proof_passes_by_itself(tab, quarry):
    begun(tab)
    fill(tab, "numbers", {"bn9": quarry.business.bn9, "rm": "RM0001"})
    business = quarry.business
    fill(
        tab,
        "name-and-address",
        {
            "name": business.legal_name,
            "street": business.street,
            "city": business.city,
            "region": business.region,
            "postal_code": business.postal_code,
        },
    )
    shown = page(tab.get("/en/register/proof/"))
    assert "Nothing to ask about" in shown
    assert "I cannot answer" not in shown
    assert fill(tab, "proof", {}).url == "/en/register/terms/"
    fill(tab, "terms", {"accepted": "on"})
    assert "Not needed: no past activity on record" in page(tab.get("/en/register/review/"))
    fill(tab, "review", {})
    # An exporter needs no Release Prior to Payment.
    assert "security/enrol" not in page(tab.get("/en/register/done/"))


def test_terms_have_to_be_ticked(tab, larkspur):
    up_to(tab, larkspur, "terms")
    response = fill(tab, "terms", {})
    assert response.status_code == 422
    assert "Tick the box to accept the terms" in page(response)


def test_who_cannot_answer_learns_how_an_officer_helps(tab, larkspur):
    assert "Begin the registration first" in page(tab.get("/en/register/by-hand/"))
    up_to(tab, larkspur, "proof")
    shown = page(tab.get("/en/register/by-hand/"))
    assert f"Give the number of your registration: {Registration.objects.get().pk}." in shown
    assert "/en/contact/" in shown


# --- Others


def test_the_second_of_two_is_told_and_can_ask_for_access(tab, larkspur, world):
    up_to(tab, larkspur, "review")
    other = Wizard(world, world.person("Olga Second"))
    other.register(other.up_to_review(larkspur))
    for response in (tab.post("/en/register/review/"), tab.get("/en/register/review/")):
        assert response.status_code == 409
        assert "/en/employer/" in page(response)
        assert "Larkspur" not in page(response)
    assert Membership.objects.filter(business=larkspur.business, state="ACTIVE").count() == 1


def test_a_provider_is_led_to_its_clients(tab, larkspur):
    larkspur.business.provider_kind = larkspur.business.ProviderKind.TRADE_CONSULTANT
    larkspur.business.save()
    up_to(tab, larkspur, "review")
    fill(tab, "review", {})
    shown = page(tab.get("/en/register/done/"))
    assert "clients/request/" in shown
    assert "security/enrol" not in shown


def test_a_member_may_register_another_business(cast, larkspur):
    tab = signed_in(cast.amara)
    shown = page(tab.get("/en/register/"))
    assert "You belong to these already" in shown
    assert "Northlight Outdoor Supply Inc." in shown
    up_to(tab, larkspur, "review")
    assert tab.post("/en/register/review/").url == "/en/register/done/"


def test_an_officer_is_refused(cast):
    assert signed_in(cast.daniel).post("/en/register/begin/").status_code == 403


def test_nobody_sees_the_registration_of_another(tab, larkspur, world):
    up_to(tab, larkspur, "review")
    stranger = signed_in(world.person("Sam Other"))
    for step in ("numbers", "name-and-address", "proof", "terms", "review", "done"):
        assert stranger.get(at(stranger, step)).url == "/en/register/"
    assert "Larkspur" not in page(stranger.get("/en/register/"))


def test_who_left_the_business_finds_no_dead_links(tab, larkspur, newcomer):
    up_to(tab, larkspur, "review")
    fill(tab, "review", {})
    Membership.objects.filter(user=newcomer).update(state=Membership.State.REVOKED)
    shown = page(tab.get("/en/register/done/"))
    assert "is registered" in shown
    assert "/people/backup/" not in shown


# --- Practice card


def test_a_newcomer_takes_a_card_and_its_papers_answer(larkspur, newcomer):
    visitor = Client()
    assert "Take a practice card" in page(visitor.get("/en/practice-card/"))
    assert visitor.post("/en/practice-card/").url == "/en/practice-card/"
    card = page(visitor.get("/en/practice-card/"))
    code = PracticeCard.objects.get().code
    assert all(text in card for text in ("Larkspur Marine Parts Ltd.", "58 Water Street", "RM0001", "/en/register/"))
    papers = {
        "declaration": [larkspur.declaration.number, "$60.00", "8 June 2026"],
        "receipt": ["2026-06-29", "$60.00", larkspur.payment.reference],
        "statement": ["25 June 2026", "H, total payable", "$60.00"],
    }
    for kind, words in papers.items():
        address = f"/en/practice-card/{code}/{kind}/"
        assert address in card
        shown = page(Client().get(address))
        assert all(word in shown for word in [*words, "Practice paper"]), kind
    # The card stays with the tab through sign-in.
    visitor.force_login(newcomer, backend="accounts.backends.PersonBackend")
    begun(visitor)
    shown = page(visitor.get("/en/register/numbers/"))
    assert "Your practice card" in shown
    assert f"/en/practice-card/{code}/statement/" in shown


def test_a_card_is_kept_until_another_is_asked_for(larkspur, quarry, world):
    services.offer_card(business=quarry.business, actor=SYSTEM, at=world.at)
    visitor = Client()
    visitor.post("/en/practice-card/")
    first = visitor.session["practice_card"]
    visitor.post("/en/practice-card/")
    assert visitor.session["practice_card"] == first
    visitor.post("/en/practice-card/", {"another": "1"})
    assert visitor.session["practice_card"] != first
    assert "None: this business has no history" in page(visitor.get("/en/practice-card/"))


def test_the_last_card_cannot_be_changed(larkspur):
    visitor = Client()
    visitor.post("/en/practice-card/")
    assert "No other practice business is free" in page(
        visitor.post("/en/practice-card/", {"another": "1"}, follow=True)
    )
    assert "Larkspur" in page(visitor.get("/en/practice-card/"))


def test_a_used_card_and_its_papers_are_gone(larkspur, wizard):
    visitor = Client()
    visitor.post("/en/practice-card/")
    wizard.register(wizard.up_to_review(larkspur))
    assert visitor.get(f"/en/practice-card/{larkspur.card.code}/declaration/").status_code == 404
    shown = page(visitor.get("/en/practice-card/"))
    assert "No practice business is free" in shown
    assert "Larkspur" not in shown


def test_a_used_card_can_be_changed_for_a_free_one(larkspur, quarry, wizard, world):
    visitor = Client()
    visitor.post("/en/practice-card/")
    services.offer_card(business=quarry.business, actor=SYSTEM, at=world.at)
    wizard.register(wizard.up_to_review(larkspur))
    assert "Your card was used" in page(visitor.get("/en/practice-card/"))
    visitor.post("/en/practice-card/")
    assert "Quarry Lane Furniture" in page(visitor.get("/en/practice-card/"))


@pytest.mark.parametrize("address", ["NOSUCHCODE22/declaration", "{code}/passport", "é/receipt", "%00/receipt"])
def test_unguessed_papers_do_not_exist(address, larkspur):
    response = Client().get(f"/en/practice-card/{address.format(code=larkspur.card.code)}/")
    assert response.status_code == 404


def test_a_paper_that_the_record_does_not_hold_does_not_exist(quarry, world):
    card = services.offer_card(business=quarry.business, actor=SYSTEM, at=world.at)
    assert Client().get(f"/en/practice-card/{card.code}/receipt/").status_code == 404


# --- Cost


def test_the_steps_ask_few_queries(tab, larkspur):
    tab.post("/en/practice-card/")
    up_to(tab, larkspur, "review")
    counts = {}
    for step in ("numbers", "name-and-address", "proof", "terms", "review"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert tab.get(at(tab, step)).status_code == 200
        # The session's own saving is not the page's.
        counts[step] = sum(
            "django_session" not in query["sql"] and "SAVEPOINT" not in query["sql"] for query in queries
        )
    assert max(counts.values()) <= 8, counts


def test_a_total_of_zero_is_a_fine_answer(tab, larkspur):
    larkspur.declaration.total = Decimal("0.00")
    larkspur.declaration.save()
    up_to(tab, larkspur, "proof")
    assert fill(tab, "proof", {**larkspur.typed_answers, "declaration_total": "0.00"}).status_code == 302

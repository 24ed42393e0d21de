"""Who needs what: the plan, what it lacks, and how it becomes invitations."""

import threading
from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Invitation
from core.errors import DomainError, Refused, Stranger
from core.models import AuditEvent, OutboxMessage
from delegation.rules import PERMISSIONS, Action, Role, who_may_do_what
from support import queries
from support.rules import planning as rules
from support.rules.planning import ROLE_CARDS, Known, Plan, PlannedPerson, PlanRole
from support.services import planning as services
from tests.builders import actor, signed_in
from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]

PLAN = "/en/help/who-needs-what/"
SUMMARY = PLAN + "plan/"
PRIMARY = PlannedPerson("Amara", PlanRole.PRIMARY, "amara@plan.test")
BACKUP = PlannedPerson("Joel", PlanRole.BACKUP, "joel@plan.test")
EDITOR = PlannedPerson("Tomas", PlanRole.EDITOR, "tomas@plan.test", ("RM0001",))
READER = PlannedPerson("Mei", PlanRole.READER, "mei@plan.test", ("RM0001",))
BROKER = PlannedPerson("Harbourline", PlanRole.BROKER)
COURIER = PlannedPerson("Courier", PlanRole.BROKER_IN_PART)
KNOWN = Known(own={"me@plan.test"}, members={"in@plan.test"}, waiting={"wait@plan.test"}, accounts={"RM0001": 1})
TWO = Known(own=(), members=(), waiting=(), accounts={"RM0001": 1, "RM0002": 2})


def person(role=PlanRole.READER, email="new@plan.test", programs=()):
    return PlannedPerson("Somebody", role, email, tuple(programs))


# --- The rules


@pytest.mark.parametrize(
    ("people", "codes"),
    [
        ([PRIMARY, BACKUP, EDITOR, BROKER], []),
        ([], ["no_primary", "no_backup"]),
        ([PRIMARY], ["no_backup"]),
        ([BACKUP, EDITOR], ["no_primary"]),
        ([PRIMARY, person(PlanRole.PRIMARY), BACKUP], ["several_primaries"]),
        ([PRIMARY, BACKUP, COURIER], ["pays_blind"]),
        ([PRIMARY, BACKUP, person(email="JOEL@plan.test ")], ["same_email"]),
        ([PRIMARY, BACKUP, person(email="")], ["no_email"]),
        ([PRIMARY, *(person(PlanRole.BACKUP, f"b{number}@plan.test") for number in range(3))], ["many_managers"]),
        ([PRIMARY, BACKUP, person(PlanRole.BACKUP)], []),
    ],
)
def test_what_a_plan_lacks(people, codes):
    assert [warning.code for warning in rules.plan_warnings(people)] == codes


def test_who_pays_blindly_is_read_from_the_one_table():
    for card in ROLE_CARDS:
        warned = [warning.code for warning in rules.plan_warnings([PlannedPerson("X", card.role)])]
        allowed = card.column.allowed
        assert ("pays_blind" in warned) == (Action.PAY in allowed and Action.VIEW_STATEMENTS not in allowed)
    assert ROLE_CARDS[0].column.allowed == PERMISSIONS[Role.BAM]


@pytest.mark.parametrize(
    ("typed", "programs"),
    [
        ("", ()),
        ("RM0001", ("RM0001",)),
        ("rm0001, 0002;RM0001", ("RM0001", "RM0002")),
        ("RM0000", None),
        ("RT0001", None),
        ("RM1", None),
        (" ".join(f"RM000{number}" for number in range(1, 8)), None),
    ],
)
def test_program_accounts_as_people_type_them(typed, programs):
    assert rules.programs_of(typed) == programs


def test_a_plan_survives_being_kept():
    plan = Plan("Café Müller", (PRIMARY, EDITOR, BROKER))
    assert rules.unpacked(rules.packed(plan)) == plan


@pytest.mark.parametrize(
    "kept", [None, [], {}, {"b": "x"}, {"b": "x", "p": [["a", "KING", "", []]]}, {"b": "", "p": [1]}]
)
def test_what_is_no_plan_is_none(kept):
    assert rules.unpacked(kept) is None


@pytest.mark.parametrize(
    ("who", "known", "problem"),
    [
        (person(PlanRole.PRIMARY), KNOWN, "registers"),
        (person(PlanRole.BROKER), KNOWN, "third_party"),
        (person(email=""), KNOWN, "no_email"),
        (person(email="ME@plan.test"), KNOWN, "yourself"),
        (person(email="in@plan.test"), KNOWN, "member"),
        (person(email="wait@plan.test"), KNOWN, "waiting"),
        (person(email="above@plan.test"), KNOWN, "twice"),
        (person(), KNOWN, None),
        (person(), TWO, "no_program"),
        (person(programs=["RM0002"]), TWO, None),
        (person(programs=["RM0003"]), TWO, "unknown_program"),
        (person(PlanRole.BACKUP, programs=["RM0003"]), TWO, None),
        (person(PlanRole.BACKUP), Known((), (), (), {"RM0001": 1}, frozenset({1})), "beyond_your_programs"),
        (person(), Known((), (), (), {"RM0001": 1, "RM0002": 2}, frozenset({1})), "no_program"),
        (
            person(programs=["RM0002"]),
            Known((), (), (), {"RM0001": 1, "RM0002": 2}, frozenset({1})),
            "beyond_your_programs",
        ),
    ],
)
def test_why_a_line_cannot_be_sent(who, known, problem):
    assert rules.invitation_problem(who, known, earlier={"above@plan.test"}) == problem


def test_every_problem_has_its_words():
    codes = {"registers", "third_party", "no_email", "yourself", "member", "waiting", "twice", "no_program"}
    assert codes | {"unknown_program", "beyond_your_programs"} == set(services.PROBLEMS)


def test_an_empty_plan_shows_all_roles():
    assert rules.cards_of([]) == list(ROLE_CARDS)
    assert [card.role for card in rules.cards_of([BROKER, PRIMARY])] == [PlanRole.PRIMARY, PlanRole.BROKER]


# --- Sending


def send(cast, people, places, user=None, held=None):
    return services.send_plan(
        business_id=cast.northlight.pk,
        people=people,
        places=places,
        held=held,
        actor=actor(user or cast.amara, cast.northlight),
        on=cast.world.today,
        at=cast.world.at,
    )


def looked(cast, people):
    known = queries.known_of(cast.northlight.pk, user_id=cast.amara.pk, held=None, at=cast.world.at)
    return [row.problem for row in services.looked_through(people, known)]


@pytest.mark.django_db
def test_each_gets_one_invitation_and_none_a_second(cast):
    people = [PRIMARY, BACKUP, EDITOR, EDITOR, BROKER]
    assert looked(cast, people) == ["registers", "", "", "twice", "third_party"]
    assert send(cast, people, {1, 2}) == 2
    sent = Invitation.objects.order_by("email")
    assert [(row.email, row.role) for row in sent] == [(BACKUP.email, "BAM"), (EDITOR.email, "EDITOR")]
    assert [account.pk for account in sent[1].program_accounts.all()] == [cast.account.pk]
    assert OutboxMessage.objects.filter(to__in=[BACKUP.email, EDITOR.email]).count() == 2
    assert AuditEvent.objects.get(verb="plan.sent").after == {"invitations": 2}
    assert looked(cast, people)[1:3] == ["waiting", "waiting"]
    with pytest.raises(DomainError):
        send(cast, people, {1, 2})
    assert Invitation.objects.count() == 2


@pytest.mark.django_db
def test_one_line_that_cannot_be_sent_stops_all(cast):
    with pytest.raises(DomainError) as problem:
        send(cast, [BACKUP, PlannedPerson("Luc", PlanRole.READER, "", ())], {0, 1})
    assert problem.value.code == "plan_line"
    assert "Luc: No e-mail" in str(problem.value)
    with pytest.raises(DomainError):
        send(cast, [BACKUP], set())
    assert not Invitation.objects.exists()
    assert not OutboxMessage.objects.filter(to=BACKUP.email).exists()


@pytest.mark.django_db
def test_members_are_known_and_an_expired_invitation_may_follow(cast):
    member = PlannedPerson("Amara again", PlanRole.READER, cast.amara.email.upper())
    assert looked(cast, [member]) == ["yourself"]
    send(cast, [BACKUP], {0})
    Invitation.objects.update(expires_at=cast.world.at - timedelta(days=1))
    assert looked(cast, [BACKUP]) == [""]


@pytest.mark.django_db
def test_only_who_decides_on_people_sends(cast):
    reader = cast.world.person("Rae Reader")
    cast.world.membership(reader, cast.northlight, "READER", accounts=(cast.account,))
    for user, refusal in ((reader, Refused), (cast.luc, Stranger)):
        with pytest.raises(refusal):
            send(cast, [BACKUP], {0}, user=user)
    assert not Invitation.objects.exists()


# --- The pages


def typed(*people, **more):
    boxes = {"lines": str(len(people)), "business_name": "Northlight"}
    for number, who in enumerate(people, start=1):
        boxes |= {
            f"name_{number}": who.name,
            f"role_{number}": who.role.value,
            f"email_{number}": who.email,
            f"programs_{number}": " ".join(who.programs),
        }
    return boxes | more


@pytest.mark.django_db
def test_a_plan_is_made_without_an_account_and_kept_by_the_browser(world):
    tab = Client()
    assert "Amara, who owns the business" in tab.get(PLAN).content.decode()
    assert tab.get(SUMMARY).url == PLAN
    saved = tab.post(PLAN, typed(PRIMARY, EDITOR, COURIER))
    assert saved.url == SUMMARY
    assert saved.cookies["portage_plan"]["httponly"]
    page = tab.get(SUMMARY).content.decode()
    for words in ("There is no backup manager", "Courier", "tomas@plan.test", "Register my business"):
        assert words in page
    columns = tuple(card.column for card in rules.cards_of([PRIMARY, EDITOR, COURIER]))
    assert page.count("<strong>Yes</strong>") == sum(
        answer == "yes" for row in who_may_do_what(columns) for _label, answer in row.cells
    )
    assert 'value="tomas@plan.test"' in tab.get(PLAN).content.decode()
    gone = tab.post(PLAN + "forget/", follow=True).content.decode()
    assert "was removed from this browser" in gone and "tomas@plan.test" not in gone


@pytest.mark.django_db
def test_people_are_added_and_removed_without_losing_what_is_typed(world):
    tab = Client()
    more = tab.post(PLAN, typed(PRIMARY, EDITOR, add="1")).content.decode()
    assert "Person 3" in more and "tomas@plan.test" in more
    fewer = tab.post(PLAN, typed(PRIMARY, EDITOR, remove="1")).content.decode()
    assert "Person 2" not in fewer and "amara@plan.test" in fewer
    strange = tab.post(PLAN, {"lines": "x", "add": "1"}).content.decode()
    assert "Person 5" in strange


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name_2": ""}, "Enter the name of this person"),
        ({"email_2": "tomas"}, "Enter an e-mail such as"),
        ({"programs_2": "RM1"}, "Enter RM numbers with spaces between"),
        ({"role_2": "KING"}, "Choose what they do"),
        ({"name_1": "", "email_1": "", "name_2": "", "email_2": "", "programs_2": ""}, "Enter at least one person"),
    ],
)
def test_a_mistake_is_named_and_nothing_typed_is_lost(world, change, words):
    page = Client().post(PLAN, typed(PRIMARY, EDITOR, **change)).content.decode()
    assert words in page
    assert 'value="Northlight"' in page


@pytest.mark.django_db
def test_a_plan_that_no_browser_would_keep_is_refused(world):
    """Random letters, because repeated ones are packed small."""
    letters = Random(7)
    people = [
        PlannedPerson(
            "".join(chr(letters.randrange(0x4E00, 0x9F00)) for _place in range(60)),
            PlanRole.READER,
            "".join(letters.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _place in range(90)) + "@plan.test",
            tuple(f"RM{letters.randrange(1, 9999):04}" for _program in range(6)),
        )
        for _number in range(12)
    ]
    page = Client().post(PLAN, typed(*people)).content.decode()
    assert "too long for a browser to keep" in page


@pytest.mark.django_db
def test_the_plan_as_files(world):
    tab = Client()
    assert tab.get(PLAN + "plan.csv").status_code == 404
    tab.post(PLAN, typed(PRIMARY, PlannedPerson("=SUM(A1)", PlanRole.READER, "x@plan.test", ("RM0001",))))
    table = tab.get(PLAN + "plan.csv")
    assert table["Content-Disposition"] == 'attachment; filename="who-needs-what.csv"'
    assert "'=SUM(A1)" in table.content.decode("utf-8-sig")
    text = tab.get(PLAN + "plan.txt").content.decode()
    assert "There is no backup manager" in text and "Amara <amara@plan.test>" in text
    assert tab.get(PLAN + "plan.exe").status_code == 404


@pytest.mark.django_db
def test_a_changed_cookie_is_no_plan(world):
    tab = Client()
    tab.post(PLAN, typed(PRIMARY))
    tab.cookies["portage_plan"] = tab.cookies["portage_plan"].value[:-2] + "xx"
    assert tab.get(SUMMARY).url == PLAN


@pytest.mark.django_db
def test_after_signing_in_the_plan_becomes_invitations(cast):
    tab = Client()
    tab.post(PLAN, typed(PRIMARY, BACKUP, READER, BROKER))
    kept = tab.cookies["portage_plan"].value
    tab = signed_in(cast.amara)
    address = f"/en/businesses/{cast.northlight.bn9}/people/plan/"
    assert "There is no plan in this browser" in tab.get(address).content.decode()
    tab.cookies["portage_plan"] = kept
    assert address in tab.get(SUMMARY).content.decode()
    page = tab.get(address).content.decode()
    for words in ("Joel", "mei@plan.test", "nominate it under brokers", "needs no invitation"):
        assert words in page
    assert "Tick at least one person" in tab.post(address, {}).content.decode()
    assert not Invitation.objects.exists()
    done = tab.post(address, {"people": ["1", "2"]}, follow=True).content.decode()
    assert "Invitations sent: 2." in done and "Nobody is left to invite" in done
    again = tab.post(address, {"people": ["1", "2"]}).content.decode()
    assert "be invited any more" in again
    assert Invitation.objects.count() == 2
    for user, status in ((cast.luc, 404),):
        assert signed_in(user).get(address).status_code == status


@pytest.mark.django_db
def test_a_refusal_of_the_service_stands_on_the_page(cast):
    tab = Client()
    tab.post(PLAN, typed(PRIMARY, BACKUP))
    kept = tab.cookies["portage_plan"].value
    tab = signed_in(cast.amara)
    tab.cookies["portage_plan"] = kept
    address = f"/en/businesses/{cast.northlight.bn9}/people/"
    assert address + "plan/" in tab.get(address + "invitations/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlocked_book")
def test_a_plan_sent_from_two_windows_at_once_invites_each_person_once(cast):
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run() -> None:
        barrier.wait()
        try:
            send(cast, [BACKUP, EDITOR], {0, 1})
            outcomes.append("sent")
        except DomainError as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _window in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["plan_line", "sent"]
    assert Invitation.objects.count() == 2

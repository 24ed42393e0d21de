"""Every verb of the audit trail has a sentence, in English and in French, and every page has words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from dashboard import verbs
from dashboard.verbs import ActKind
from delegation.models import GroupRequest
from releases.models import Release
from security.rules import BondState
from standing.rules import Step
from tests.architecture.test_matrix import routes

VERB = re.compile(r"[a-z_]+\.[a-z_]+")
#: The verbs that a service makes from a state.
MADE = {
    "release": [state.lower() for state in Release.State.values],
    "payment": ["cancelled", "declined"],
    "bond": [state.lower() for state in BondState.values],
    "demand": ["upheld", "withdrawn"],
    "standing": [step.value.lower() for step in Step],
    "delegation": ["approved_in_practice", "rejected_in_practice"],
    "group_request": [state.lower() for state in GroupRequest.State.values if state != GroupRequest.State.WAITING],
}

#: Dated policy parameters, categories of notifications, events for software, systems and files, which look like verbs.
WRITTEN_ALIKE = frozenset(
    {
        "_subject.txt",
        "accounts.csv",
        "accounts.email_change",
        "contingency.covers_all_goods",
        "contingency.in_force",
        "courier.value_limit",
        "demand.decided",
        "documents.check",
        "offices.csv",
        "people.inactive_after_days",
        "registration.drafts_kept_days",
        "registration.files_kept_days",
        "people.inactivity_applies",
        "standing.notice_of_arrears_after_days",
        "standing.collections_after_days",
        "standing.enforcement_after_notice_days",
        "standing.remind_before_days",
        "standing.suspend_after_days",
        "tariff.csv",
    }
)


def writers() -> list[Path]:
    """The modules that append to the audit trail: services, the door, and the ground floor's own."""
    base = Path(settings.BASE_DIR)
    found = [*base.glob("*/services.py"), *base.glob("*/services/*.py"), *base.glob("*/applications/*.py")]
    found += base.glob("statements/files/services.py")
    return [*found, base / "core/jobs.py", base / "delegation/rules/permissions.py"]


def recorded() -> Iterator[tuple[str, str]]:
    """Every verb that stands in one of these modules, with the module."""
    for path in writers():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                room = re.fullmatch(r"([a-z_]+)\.", str(node.values[0].value))
                if room:
                    assert room[1] in MADE, f"{path} makes verbs of {room[1]}: say in MADE which"
                    yield from ((f"{room[1]}.{state}", path.name) for state in MADE[room[1]])
            elif isinstance(node, ast.Constant) and VERB.fullmatch(str(node.value)):
                yield str(node.value), path.name


def test_every_verb_that_is_recorded_has_a_sentence() -> None:
    without = sorted(
        {f"{verb} ({path})" for verb, path in recorded() if verb not in verbs.SENTENCES and verb not in WRITTEN_ALIKE}
    )
    assert not without, f"Give these verbs a sentence in dashboard/verbs.py: {without}"


def test_the_walk_finds_what_the_portal_records() -> None:
    found = {verb for verb, _path in recorded()}
    assert {"access.refused", "bond.lapsed", "clock.move_asked", "declaration.accepted", "person.signed_in"} <= found
    assert len(found) > 90


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_sentence_begins_with_the_person_and_is_translated(language: str) -> None:
    with translation.override("en"):
        english = {verb: verbs.sentence(verb, "Amara") for verb in verbs.SENTENCES}
    with translation.override(language):
        words = {verb: verbs.sentence(verb, "Amara") for verb in verbs.SENTENCES}
    assert all(said.startswith("Amara ") for said in words.values())
    assert len(set(words.values())) == len(words), "two verbs read the same"
    if language == "fr":
        assert [verb for verb in words if words[verb] == english[verb]] == []


def test_a_verb_of_an_older_release_is_shown_as_it_is() -> None:
    assert verbs.sentence("lantern.lit", "Amara") == "Amara: lantern.lit"
    assert verbs.kind_of("lantern.lit") == ActKind.CHANGED


def test_each_verb_is_of_one_kind() -> None:
    assert verbs.kind_of("access.viewed") == ActKind.VIEWED
    assert verbs.kind_of("access.downloaded") == ActKind.DOWNLOADED
    assert verbs.kind_of("release.refused") == ActKind.REFUSED
    assert verbs.kind_of("person.code_rejected") == ActKind.SIGN_IN
    assert verbs.kind_of("payment.started") == ActKind.CHANGED
    assert set(verbs.SIGN_IN_VERBS) | set(verbs.KINDS) | verbs.NAMELESS <= set(verbs.SENTENCES)


def test_words_find_their_verbs() -> None:
    assert verbs.verbs_saying("bond will END") == [
        "bond.notice_given",
        "bond.notice_withdrawn",
        "bond.termination_pending",
    ]
    assert verbs.verbs_saying("unheard of") == []


def test_every_page_behind_the_door_belongs_to_a_part_of_the_portal() -> None:
    behind = [name for name, route in routes().items() if hasattr(route.callback, "door") or name.startswith("api_")]
    behind = [name for name in behind if not name.startswith("simulation:")]  # officers steer the clock there
    nameless = [
        name
        for name in behind
        if not name.startswith("api_calculator") and name != "api_docs" and verbs.room_of(name) == name
    ]
    assert not nameless, f"Give these routes a part of the portal in dashboard/verbs.py: {nameless}"
    assert verbs.room_of("nowhere:page") == "nowhere:page"

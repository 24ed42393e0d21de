"""Habits of the house that no linter knows: who may ask the database, the clock, and what files may be called."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/apps.py") if path.parent.name != "carm_portal")


def sources(*stems: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            # "services_email" is a part of the services and keeps their habits.
            if (
                not stems
                or path.stem.split("_")[0] in stems
                or set(path.relative_to(ROOT / room).parts[:-1]) & set(stems)
            ):
                yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", list(sources("views", "api", "templatetags")), ids=name_of)
def test_views_api_and_tags_leave_the_database_to_queries_and_services(path: Path) -> None:
    asked = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "objects"
    ]
    assert asked == [], f"{name_of(path)} uses .objects in lines {asked}: write a query or a service"


@pytest.mark.parametrize("path", list(sources("services", "rules", "queries", "models")), ids=name_of)
def test_below_the_entry_points_nobody_asks_for_the_time_or_the_request(path: Path) -> None:
    tree = ast.parse(path.read_text())
    asks = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr)
        in {("clock", "now"), ("clock", "today"), ("timezone", "now"), ("date", "today"), ("datetime", "now")}
    ]
    takes = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any(arg.arg == "request" for arg in node.args.args)
    ]
    assert asks == [], f"{name_of(path)} asks for the time in lines {asks}: take it as an argument"
    assert takes == [], f"{name_of(path)} takes a request in lines {takes}: take an Actor"


@pytest.mark.parametrize("path", list(sources()), ids=name_of)
def test_no_file_is_a_drawer_for_everything(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "misc", "common", "signals"}


@pytest.mark.parametrize("path", list(sources("services", "rules", "queries", "models", "money")), ids=name_of)
def test_no_float_comes_near_money(path: Path) -> None:
    floats = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert floats == [], f"{name_of(path)} has floats in lines {floats}"

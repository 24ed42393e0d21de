"""The scripts of tools/ that judge other things: a judge that lets everything pass is worse than none."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from benchmarks import harness
from tools import bench, coverage_gate, own_redis, run_tests, servers, setup, timing, translations
from tools.coverage_gate import Measured

ROOT = Path(__file__).resolve().parent.parent.parent


# --- Set-up ---


@pytest.fixture
def environment_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("")
    return tmp_path


def test_nothing_is_up_to_date_without_a_stamp(environment_folder):
    assert not setup.is_up_to_date("run")


@pytest.mark.parametrize(
    ("installed", "asked", "expected"),
    [("run", "run", True), ("dev", "run", True), ("dev", "dev", True), ("run", "dev", False)],
)
def test_the_tests_environment_serves_the_demo_but_not_the_other_way_round(
    environment_folder, installed, asked, expected
):
    setup.STAMP.write_text(setup.wanted_stamp(installed))
    assert setup.is_up_to_date(asked) is expected


def test_another_lock_file_makes_the_environment_stale(environment_folder, monkeypatch, tmp_path):
    setup.STAMP.write_text(setup.wanted_stamp("dev"))
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "uv.lock").write_text("other")
    assert not setup.is_up_to_date("run")


def test_pip_gets_the_versions_of_the_lock():
    versions = setup.locked_versions((ROOT / "uv.lock").read_text(encoding="utf-8"))
    assert any(line.startswith("django==5.2.") for line in versions)
    assert len(versions) > 60


def test_a_missing_venv_module_is_answered_with_the_one_command(monkeypatch, capsys):
    monkeypatch.setattr(setup, "has_venv_module", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        setup.ensure_venv_module()
    assert stopped.value.code == 1
    assert "sudo apt-get install -y --no-install-recommends python3-venv" in capsys.readouterr().out


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unfit_python_is_refused_with_the_way_out(monkeypatch, capsys, version):
    class Version(tuple):
        major, minor = version

    monkeypatch.setattr(setup.sys, "version_info", Version((*version, 0)))
    with pytest.raises(SystemExit):
        setup.check_python()
    assert "3.11, 3.12 or 3.13" in capsys.readouterr().out


# --- Servers ---


def test_missing_programs_are_named_as_packages(monkeypatch):
    monkeypatch.setattr(servers, "find_program", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        servers.need("postgres", "pdftotext")
    assert "Missing: postgresql, poppler-utils" in str(stopped.value)
    assert "sudo apt-get install -y postgresql poppler-utils" in str(stopped.value)


def test_servers_that_run_already_are_used_as_they_are(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    with servers.servers() as running:
        environment = running.environment()
    assert environment["DATABASE_URL"] == "postgres://elsewhere/db"
    assert environment["REDIS_URL"] == "redis://elsewhere/0"
    assert environment["PORTAGE_MODE"] == "test"


def test_a_private_cluster_starts_answers_and_leaves_nothing_behind(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    code = (
        "import os, psycopg2, redis\n"
        "connection = psycopg2.connect(os.environ['DATABASE_URL'])\n"
        "print(connection.server_version >= 150000, redis.from_url(os.environ['REDIS_URL']).ping())\n"
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "servers.py"), "run", "--", sys.executable, "-c", code],
        env={**environment, "TMPDIR": str(tmp_path)} if os.geteuid() else environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True"]


def test_the_exit_code_of_the_command_is_handed_on():
    environment = {**os.environ, "DATABASE_URL": "postgres://x/y", "REDIS_URL": "redis://x/0"}
    command = [
        sys.executable,
        str(ROOT / "tools" / "servers.py"),
        "run",
        "--",
        sys.executable,
        "-c",
        "raise SystemExit(7)",
    ]
    assert subprocess.run(command, env=environment, check=False).returncode == 7


# --- Coverage ---


def test_one_missing_line_in_a_rule_is_a_problem_however_good_the_rest_is():
    files = [Measured("ledger/rules.py", 100, (7,)), Measured("ledger/views.py", 100, ())]
    assert coverage_gate.problems_of(files) == ["ledger/rules.py: lines without a test: 7"]


def test_rules_may_be_a_package():
    assert coverage_gate.problems_of([Measured("counterparts/bank/rules.py", 10, (3,))]) != []
    assert coverage_gate.problems_of([Measured("counterparts/bank/services.py", 20, (3,))]) == []
    assert coverage_gate.problems_of([Measured("reference/rules/billing.py", 10, (3,))]) != []


def test_the_rest_is_held_to_its_bar_as_a_whole():
    good = [Measured("a/views.py", 100, tuple(range(1, 11))), Measured("a/services.py", 50, ())]
    assert coverage_gate.problems_of(good) == []
    bad = [Measured("a/views.py", 100, tuple(range(1, 12)))]
    assert "covered to 89.0 %" in coverage_gate.problems_of(bad)[0]


def test_nothing_to_cover_counts_as_covered():
    assert coverage_gate.percent([]) == 100.0


# --- Translations ---

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Pay"
msgstr "Payer"

#, fuzzy
msgid "Release"
msgstr "Relâche"

msgid "Empty"
msgstr ""

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "%(n)s jour"
msgstr[1] ""
"""


def catalogue(text: str) -> Catalog:
    return read_po(io.StringIO(text), locale="fr")


def test_missing_fuzzy_empty_and_half_translated_messages_are_found():
    extracted = Catalog()
    for message in ("Pay", "Release", "Empty", "New", ("%(n)s day", "%(n)s days")):
        extracted.add(message)
    kinds = [line.split()[0] for line in translations.problems_of(extracted, catalogue(PO))]
    assert sorted(kinds) == ["empty", "empty", "fuzzy", "missing"]


def test_a_complete_catalogue_has_no_problem():
    extracted = Catalog()
    extracted.add("Pay")
    assert translations.problems_of(extracted, catalogue(PO)) == []


def test_compiled_translations_answer(tmp_path):
    po = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(PO, encoding="utf-8")
    mo = translations.compile_file(po)
    assert b"Payer" in mo.read_bytes()
    assert b"Rel\xc3\xa2che" not in mo.read_bytes()


# --- The test runner and the benchmarks ---


@pytest.mark.parametrize(
    "line",
    [
        "========= 12 passed in 3.21s =========",
        "=== 1 failed, 12 passed, 2 skipped in 61.02s (0:01:01) ===",
        "==== no tests ran in 0.01s ====",
        "=== 2 errors in 0.40s ===",
    ],
)
def test_the_closing_line_of_pytest_is_recognised(line):
    assert run_tests.SUMMARY.match(line)


@pytest.mark.parametrize("line", ["=== FAILURES ===", "=== short test summary info ===", "12 passed"])
def test_other_lines_are_not_taken_for_it(line):
    assert not run_tests.SUMMARY.match(line)


@pytest.mark.parametrize(
    ("nodeid", "kind"),
    [
        ("tests/ledger/test_book.py::test_x", "unit"),
        ("tests/journeys/test_year.py::test_x", "journey"),
        ("tests/browser/test_pages.py::test_x[en]", "browser"),
        ("tests/test_alone.py::test_x", "unit"),
    ],
)
def test_the_kind_of_a_test_is_its_folder(nodeid, kind):
    assert timing.kind_of(nodeid) == kind


def test_a_benchmark_ends_with_one_line_of_json(capsys):
    harness.report("pages", "small", [harness.at_least("a", 0.061, 0.05), harness.at_most("b", 2, 1.5)])
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "name": "pages",
        "size": "small",
        "checks": [
            {"name": "a", "value": 0.061, "target": 0.05, "ok": True},
            {"name": "b", "value": 2, "target": 1.5, "ok": False},
        ],
    }


@pytest.mark.parametrize("arguments", [["nonsense"], [""], ["../pages"], ["harness"]])
def test_an_unknown_benchmark_is_answered_with_the_known_ones(monkeypatch, capsys, arguments):
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    assert bench.main() == 2
    assert "NAME must be one of" in capsys.readouterr().out


# --- One Redis database for each worker ---


@pytest.mark.parametrize(
    ("worker", "address"), [("", "redis://h:1/0"), ("gw0", "redis://h:1/0"), ("gw3", "redis://h:1/3")]
)
def test_each_worker_of_a_run_in_parallel_empties_a_cache_of_its_own(worker, address):
    assert own_redis.own_database("redis://h:1/0", worker) == address
    assert own_redis.own_database("", worker) == ""

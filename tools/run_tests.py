"""``make test``: the whole suite on PostgreSQL, then the journeys and the ledger's tests on SQLite, then the coverage.

Arguments are handed to pytest (``make test ARGS="tests/core -k money"``): then only those tests run, on PostgreSQL and
without the coverage bar.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import coverage_gate, servers

ROOT = Path(__file__).resolve().parent.parent
SQLITE_FOLDERS = ("tests/journeys", "tests/ledger")
SUMMARY = re.compile(r"^=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* =+$")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def pytest_command(*arguments: str, parallel: int, is_covered: bool) -> list[str]:
    plugins = ["-p", "tools.own_redis", "-p", "tools.timing"]
    command = [sys.executable, "-m", "pytest", *plugins, "--durations=15", "--durations-min=1"]
    if parallel > 1:
        # By file, because the fixtures that start processes belong to one file each; in the order that is collected.
        command += ["-n", str(parallel), "--dist", "loadfile", "--no-loadscope-reorder"]
    if is_covered:
        command += ["-p", "tools.lines"]
    return [*command, *arguments]


def run(title: str, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Shows the command's output as it comes; gives its exit code and pytest's own last summary line."""
    print(f"\n### {title}", flush=True)
    summary = ""
    begun = time.monotonic()
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}
    child = subprocess.Popen(
        command, cwd=ROOT, env={**environment, **colour}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        for line in child.stdout:
            print(line, end="", flush=True)
            if SUMMARY.match(COLOURS.sub("", line.rstrip())):
                summary = line.rstrip()
        code = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    print(f"### {title}: exit code {code} after {time.monotonic() - begun:.0f} s", flush=True)
    return code, summary


def main() -> int:
    signal.signal(signal.SIGTERM, servers.end_on_signal)
    chosen = sys.argv[1:]
    # The plain command line must not depend on what the terminal happens to hold.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    servers.need("postgres", "redis-server", "chromium", "xgettext", "pdftotext")
    for old in ROOT.glob(".coverage*"):
        if old.is_file():
            old.unlink()
    parallel = int(os.environ.get("TEST_PROCESSES") or min(2, os.cpu_count() or 1))
    with servers.servers() as running, tempfile.TemporaryDirectory(prefix="portage-tests-") as folder:
        environment = {**running.environment(), "PORTAGE_VAR": folder}
        environment["COVERAGE_FILE"] = f"{folder}/coverage-postgresql"
        command = pytest_command(*chosen, parallel=1 if chosen else parallel, is_covered=not chosen)
        code, summary = run("On PostgreSQL", command, environment)
        if chosen:
            return code
        folders = [name for name in SQLITE_FOLDERS if any((ROOT / name).glob("**/test_*.py"))]
        codes, sqlite_summary = [code], ""
        if folders:
            # A file, as in the demo: the database in memory knows neither its journal nor its locks.
            environment["DATABASE_URL"] = f"sqlite:///{folder}/portage.sqlite3"
            environment["TEST_DATABASE_NAME"] = f"{folder}/test.sqlite3"
            environment["COVERAGE_FILE"] = f"{folder}/coverage-sqlite"
            command = pytest_command(*folders, parallel=parallel, is_covered=True)
            sqlite_code, sqlite_summary = run("Journeys and ledger on SQLite", command, environment)
            codes.append(sqlite_code)
        print("\n### Coverage", flush=True)
        measured = sorted(str(path) for path in Path(folder).glob("coverage-*"))
        combine = [sys.executable, "-m", "coverage", "combine", "--quiet", "--data-file", str(coverage_gate.DATA_FILE)]
        subprocess.run([*combine, *measured], cwd=ROOT, check=False)
        codes.append(coverage_gate.gate() if coverage_gate.DATA_FILE.exists() else 1)
    if sqlite_summary:
        print(f"\nOn SQLite:\n{sqlite_summary}\nOn PostgreSQL:")
    print(summary, flush=True)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())

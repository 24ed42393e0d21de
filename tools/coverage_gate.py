"""Checks the coverage that ``make test`` measured: every rules.py and services.py in full, the rest 90 % or more."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA_FILE = ROOT / ".coverage"
FULL = ("rules.py", "services.py")
FULL_PACKAGES = ("rules", "services")
REST_PERCENT = 90
SHOWN = 15


@dataclass(frozen=True)
class Measured:
    """One file's statements and the numbers of the lines that no test ran."""

    path: str
    statements: int
    missing: tuple[int, ...]

    @property
    def must_be_full(self) -> bool:
        path = Path(self.path)
        # The counterparts' services run in processes of their own, where a lost race or a pause of hours can't be
        # arranged from outside: they count with the rest, their pure rules do not.
        if path.parts[0] == "counterparts" and path.name == "services.py":
            return False
        # An app whose rules fill a package keeps them to the same bar.
        return path.name in FULL or path.stem.split("_")[0] in FULL_PACKAGES or path.parent.name in FULL_PACKAGES


def percent(files: list[Measured]) -> float:
    """Covered share of all statements in percent; nothing to cover counts as everything."""
    statements = sum(file.statements for file in files)
    return 100.0 if not statements else 100 * (statements - sum(len(file.missing) for file in files)) / statements


def problems_of(files: list[Measured]) -> list[str]:
    """A sentence for each file that must be covered in full and is not, and one when the rest is below its bar."""
    found = [
        f"{file.path}: lines without a test: {', '.join(map(str, file.missing[:SHOWN]))}"
        + (" ..." if len(file.missing) > SHOWN else "")
        for file in files
        if file.must_be_full and file.missing
    ]
    rest = [file for file in files if not file.must_be_full]
    if percent(rest) < REST_PERCENT:
        worst = sorted(rest, key=lambda file: len(file.missing), reverse=True)[:SHOWN]
        found.append(
            f"The rest is covered to {percent(rest):.1f} %, below {REST_PERCENT} %. Most lines are missing in:"
        )
        found += [f"  {file.path}: {len(file.missing)} of {file.statements}" for file in worst if file.missing]
    return found


def read(data_file: Path) -> list[Measured]:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [
            sys.executable,
            "-m",
            "coverage",
            "json",
            "--data-file",
            str(data_file),
            "-o",
            report.name,
            "-q",
            "-i",
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"The coverage data could not be read:\n{done.stdout}{done.stderr}")
        files = json.loads(Path(report.name).read_text(encoding="utf-8"))["files"]
    return [
        Measured(path, entry["summary"]["num_statements"], tuple(entry["missing_lines"]))
        for path, entry in sorted(files.items())
    ]


def newest_source() -> float:
    """When a measured source file last changed, as the file system's time stamp."""
    folders = [path.parent for path in ROOT.glob("*/apps.py")]
    return max(
        (file.stat().st_mtime for folder in folders for file in folder.rglob("*.py") if "migrations" not in file.parts),
        default=0.0,
    )


def is_current() -> bool:
    return DATA_FILE.exists() and DATA_FILE.stat().st_mtime >= newest_source()


def gate() -> int:
    files = read(DATA_FILE)
    problems = problems_of(files)
    for line in problems:
        print(line)
    full = [file for file in files if file.must_be_full]
    rest = [file for file in files if not file.must_be_full]
    print(
        f"Coverage: rules.py and services.py {percent(full):.2f} % (must be 100), the rest {percent(rest):.1f} % "
        f"(must be {REST_PERCENT} or more)."
    )
    return 1 if problems else 0


def main() -> int:
    if not is_current():
        print("Coverage: there is no measurement newer than the sources; 'make test' makes one and checks it.")
        return 0
    return gate()


if __name__ == "__main__":
    sys.exit(main())

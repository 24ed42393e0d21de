"""``make check``: everything that can be judged without running the tests."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tools import servers

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SIDE_BY_SIDE = 2
SHOWN_LINES = 100
NO_DATABASE = {"PORTAGE_MODE": "test", "DATABASE_URL": "sqlite://:memory:", "REDIS_URL": ""}
# Made up, and complete: what a real deployment sets, so that Django's deployment check judges the settings themselves.
PRODUCTION = {
    "PORTAGE_MODE": "production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-for-the-check-only",
    "COUNTERPART_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz-for-the-check-only",
    "ALLOWED_HOSTS": "portage.example",
    "PORTAL_URL": "https://portage.example",
    "DATABASE_URL": "postgres://portage:portage@127.0.0.1:5432/portage",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "GCKEY_URL": "https://gckey.portage.example",
    "PARTNER_URL": "https://partner.portage.example",
    "STAFF_URL": "https://staff.portage.example",
    "BANK_URL": "https://bank.portage.example",
}


@dataclass(frozen=True)
class Step:
    """One command; ``environment`` is added to ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


def mypy_of_counterpart(name: str, folder: Path) -> Step:
    """mypy with the counterpart's own settings: the Django plugin knows one settings module for each run."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = text.replace('"carm_portal.settings"', f'"counterparts.{name}.settings"').replace('"^counterparts/", ', "")
    config = folder / name / "pyproject.toml"
    config.parent.mkdir()
    config.write_text(text, encoding="utf-8")
    sources = [f"counterparts/{part}" for part in ("shell", name) if (ROOT / "counterparts" / part).is_dir()]
    command = [str(BIN / "mypy"), "--config-file", str(config), "--cache-dir", f".mypy_cache/{name}", *sources]
    environment = {"PORTAGE_MODE": "test", "IDENTITY": "gckey", "COUNTERPART_VAR": str(folder)}
    return Step(f"types of the {name} counterpart", command, environment)


def steps(folder: Path) -> list[Step]:
    tool = {name: str(BIN / name) for name in ("ruff", "mypy", "djlint", "lint-imports")}
    templates = [str(path.relative_to(ROOT)) for path in (ROOT / "templates", *ROOT.glob("counterparts/*/templates"))]
    counterparts = sorted(path.parent.name for path in ROOT.glob("counterparts/*/settings.py"))
    identity = {"PORTAGE_MODE": "test", "IDENTITY": "gckey", "COUNTERPART_VAR": str(folder)}
    makemigrations = ["makemigrations", "--check", "--dry-run"]
    return [
        Step("types", [tool["mypy"], "."], NO_DATABASE),
        Step("formatting", [tool["ruff"], "format", "--check", "."]),
        Step("lint", [tool["ruff"], "check", "--output-format", "concise", "."]),
        Step("templates", [tool["djlint"], "--lint", "--quiet", *templates]),
        Step("imports", [tool["lint-imports"], "--no-cache"]),
        Step("migrations", python("manage.py", *makemigrations), NO_DATABASE),
        Step("deployment", python("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
        Step("translations", python("tools/translations.py", "check")),
        *(mypy_of_counterpart(name, folder) for name in counterparts),
        *(
            Step(
                f"migrations of the {name} counterpart",
                python("-m", f"counterparts.{name}.manage", *makemigrations),
                identity,
            )
            for name in counterparts
        ),
        Step("coverage", python("-m", "tools.coverage_gate")),
    ]


def run(step: Step) -> tuple[int, str, float]:
    begun = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **step.environment}
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - begun


def shown(output: str) -> str:
    lines = output.rstrip().splitlines()
    cut = [f"... ({len(lines) - SHOWN_LINES} lines before)"] if len(lines) > SHOWN_LINES else []
    return "\n".join("    " + line for line in [*cut, *lines[-SHOWN_LINES:]])


def main() -> int:
    wanted = sys.argv[1:]
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="portage-check-") as name, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        chosen = [step for step in steps(Path(name)) if not wanted or step.name in wanted]
        if any(step.name == "translations" for step in chosen):
            servers.need("xgettext")
        for future in as_completed(futures := {pool.submit(run, step): step for step in chosen}):
            step = futures[future]
            code, output, seconds = future.result()
            print(f"{'FAILED' if code else 'ok':<7} {step.name} ({seconds:.0f} s)", flush=True)
            if code or step.name in {"coverage", "translations"}:
                print(shown(output), flush=True)
            if code:
                failed.append(step.name)
    print(f"make check: {', '.join(failed)} failed." if failed else "make check: everything is in order.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

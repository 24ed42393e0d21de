"""``make bench NAME=pages SIZE=small``: runs one benchmark with a PostgreSQL and a Redis of its own."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import servers

ROOT = Path(__file__).resolve().parent.parent
#: ``sqlite`` is known to ``statements`` and ``annual_review`` alone.
SIZES = ("small", "country", "sqlite")
#: What one benchmark asks of PostgreSQL beside that. Where nobody keeps a copy by the log, a bulk load needs none.
SETTINGS = {"country": {"wal_level": "minimal", "max_wal_senders": "0"}}
NOT_BENCHMARKS = {"__init__", "harness", "review_country"}


def sized_for_this_machine() -> dict[str, str]:
    """A quarter of the machine's memory, as PostgreSQL's manual advises, and no checkpoint in mid-measurement."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "shared_buffers": f"{memory // 4 >> 20}MB",
        "max_wal_size": f"{memory // 4 >> 20}MB",
        "checkpoint_timeout": "30min",
    }


def names() -> list[str]:
    return sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem not in NOT_BENCHMARKS)


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    size = sys.argv[2] if len(sys.argv) > 2 else SIZES[0]
    if not re.fullmatch(r"[a-z0-9_]+", name) or name not in names():
        print(f"NAME must be one of: {', '.join(names()) or '(there are none yet)'}. Example: make bench NAME=pages")
        return 2
    if size not in SIZES:
        print(f"SIZE must be one of: {', '.join(SIZES)}.")
        return 2
    with (
        servers.servers(**sized_for_this_machine(), **SETTINGS.get(name, {})) as running,
        tempfile.TemporaryDirectory(prefix="portage-bench-") as folder,
    ):
        environment = {
            **running.environment(),
            "PORTAGE_MODE": "practice",
            "PORTAGE_VAR": folder,
            "PYTHONUNBUFFERED": "1",
        }
        environment["DJANGO_SETTINGS_MODULE"] = "carm_portal.settings"
        os.environ.pop("VIRTUAL_ENV", None)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--size", size]
        return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

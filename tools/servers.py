#!/usr/bin/env python3
"""A private PostgreSQL cluster and a private Redis on free ports, for as long as one command runs.

``python tools/servers.py run -- COMMAND ...`` starts what DATABASE_URL and REDIS_URL do not name already, runs the
command with both set, and stops everything again. ``need`` installs the named programs with apt-get where it may and
otherwise says which packages are missing. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 60
PACKAGES = {
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "chromium": "chromium",
    "xgettext": "gettext",
    "pdftotext": "poppler-utils",
}
OTHER_NAMES = {"chromium": ("chromium-browser", "google-chrome", "google-chrome-stable")}


@dataclass(frozen=True)
class Servers:
    """Where the two answer."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "PORTAGE_MODE": "test"}


def find_program(name: str) -> str | None:
    """The program's path; Debian keeps PostgreSQL's own outside the search path, newest version taken."""
    if name == "postgres" or name == "initdb":
        folders = [Path(found).parent for found in [shutil.which(name)] if found]
        versions = Path("/usr/lib/postgresql").glob("*/bin")
        folders += sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
        return next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    if name == "chromium" and os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    return next((found for one in (name, *OTHER_NAMES.get(name, ())) if (found := shutil.which(one))), None)


def missing_packages(programs: list[str]) -> list[str]:
    return [PACKAGES[program] for program in programs if not find_program(program)]


def need(*programs: str) -> None:
    """Sees to it that the programs are there, or ends with the sentence that names the missing packages."""
    missing = missing_packages(list(programs))
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(missing)} with apt-get ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *missing]):
            done = subprocess.run(
                ["apt-get", *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                text=True,
            )
            if done.returncode:
                print(done.stdout[-2000:] + done.stderr[-2000:], flush=True)
        missing = missing_packages(list(programs))
    if missing:
        sys.exit(
            f"Missing: {', '.join(missing)}. Install with this command, then start again:\n\n"
            f"  sudo apt-get install -y {' '.join(missing)}"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"{Path(str(process.args[0])).name} did not start:\n{log.read_text(errors='replace')[-3000:]}")  # type: ignore[index]


def stop_process(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgresql(log_folder: Path, **extra: str) -> Iterator[str]:
    """A cluster in a temporary folder that trades safety for speed. PostgreSQL refuses root: there its user runs it."""
    need("postgres")
    user = None
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in names else "nobody"
    folder = Path(tempfile.mkdtemp(prefix="portage-postgresql-"))
    try:
        if user:
            shutil.chown(folder, user)
        data, log = folder / "data", log_folder / "postgresql.log"
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            [str(find_program("initdb")), "-D", str(data), *options],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            sys.exit(f"initdb failed:\n{made.stdout}{made.stderr}")
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "jit": "off",
            "timezone": "UTC",
            **extra,
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(find_program("postgres")), "-D", str(data), *flags],
                user=user,
                cwd=folder,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            wait_for_port(port, process, log)
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            stop_process(process, signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis(log_folder: Path) -> Iterator[str]:
    """A Redis that writes nothing to disk."""
    need("redis-server")
    port, log = free_port(), log_folder / "redis.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(find_program("redis-server")),
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ],
            cwd=log_folder,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        wait_for_port(port, process, log)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        stop_process(process, signal.SIGTERM)


@contextlib.contextmanager
def servers(**extra: str) -> Iterator[Servers]:
    """Both servers; DATABASE_URL and REDIS_URL name ones that run already. ``extra`` are settings of PostgreSQL."""
    with contextlib.ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portage-servers-")))
        database_url = os.environ.get("DATABASE_URL") or stack.enter_context(postgresql(logs, **extra))
        redis_url = os.environ.get("REDIS_URL") or stack.enter_context(redis(logs))
        yield Servers(database_url=database_url, redis_url=redis_url)


def end_on_signal(number: int, frame: object) -> None:
    """A polite end unwinds the context managers, so that no server outlives us."""
    raise SystemExit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, end_on_signal)
    signal.signal(signal.SIGHUP, end_on_signal)
    match sys.argv[1:]:
        case ["run", "--", *command] if command:
            with servers() as running:
                sys.exit(subprocess.run(command, env=running.environment(), check=False).returncode)
        case ["need", *programs] if programs and set(programs) <= set(PACKAGES):
            need(*programs)
        case _:
            sys.exit(f"Usage: {sys.argv[0]} run -- COMMAND ... | need {'|'.join(PACKAGES)} ...")


if __name__ == "__main__":
    main()

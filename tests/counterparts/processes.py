"""Starts and stops the counterparts as the processes they are: free ports, temporary folders, the real server.

Used by the tests of this room and by the browser journeys:

    with identity_process("gckey", portal_url) as gckey, bank_process(portal_url) as bank:
        ... gckey.url, bank.url, gckey.manage("outage", "on")
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "a-secret-of-the-tests-that-protects-nothing"
START_SECONDS = 60.0


@dataclass
class Counterpart:
    """One running counterpart."""

    name: str
    url: str
    module: str
    env: dict[str, str]
    server: subprocess.Popen[bytes]

    def manage(self, *arguments: str) -> str:
        """Runs one of its management commands; the output, or an error that shows what went wrong."""
        return _manage(self.module, self.env, *arguments)

    def stop(self) -> None:
        self.server.terminate()
        try:
            self.server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def compile_catalogs() -> None:
    """The French catalogs as the set-up compiles them, when they are missing or older than their source."""
    for source in (ROOT / "counterparts").glob("*/locale/*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        handle, name = tempfile.mkstemp(dir=source.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as compiled, source.open("rb") as text:
            write_mo(compiled, read_po(text, locale=source.parent.parent.name))
        os.replace(name, target)


@contextmanager
def identity_process(
    identity: str, portal_url: str, *, secret: str = SECRET, port: int | None = None, **variables: str
) -> Iterator[Counterpart]:
    """A provider (gckey, partner or staff) that knows the portal at this address, until the block ends."""
    with _process(
        identity, "counterparts.identity", portal_url, secret, port, {"IDENTITY": identity, **variables}
    ) as it:
        yield it


@contextmanager
def bank_process(
    portal_url: str, *, secret: str = SECRET, port: int | None = None, **variables: str
) -> Iterator[Counterpart]:
    """The bank that serves the portal at this address, until the block ends."""
    with _process("bank", "counterparts.bank", portal_url, secret, port, variables) as it:
        yield it


@contextmanager
def _process(
    name: str, module: str, portal_url: str, secret: str, port: int | None, variables: dict[str, str]
) -> Iterator[Counterpart]:
    compile_catalogs()
    folder = tempfile.mkdtemp(prefix=f"portage-{name}-")
    port = port or free_port()
    env = {
        **os.environ,
        "COUNTERPART_VAR": folder,
        "COUNTERPART_SECRET": secret,
        "PORTAL_URL": portal_url,
        "PORTAGE_MODE": "test",
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    try:
        _manage(module, env, "migrate", "--verbosity=0")
        _manage(module, env, "seed")
        command = [sys.executable, "-m", "gunicorn", f"{module}.wsgi", "--bind", f"127.0.0.1:{port}"]
        command += ["--workers", "1", "--threads", "4", "--log-level", "warning", "--worker-tmp-dir", folder]
        server = subprocess.Popen(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
        counterpart = Counterpart(name, f"http://localhost:{port}", module, env, server)
        try:
            _wait_for(counterpart)
            yield counterpart
        finally:
            counterpart.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _manage(module: str, env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", f"{module}.manage", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _wait_for(counterpart: Counterpart) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if counterpart.server.poll() is not None:
            raise RuntimeError(f"{counterpart.name} ended with {counterpart.server.returncode} while starting")
        try:
            with urllib.request.urlopen(f"{counterpart.url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{counterpart.name} did not start within {START_SECONDS:.0f} seconds")

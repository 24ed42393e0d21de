"""How fast a signed-in page with 25 rows is, beside a constant page through the same middleware and session.

Both are asked for in turns from the same gunicorn with three workers, by a few clients at once; the ratio of what they
answer in a second is held to its target. ``small`` asks for a few seconds, ``country`` for longer.
"""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.utils.module_loading import import_string

from benchmarks.harness import Check, at_least, report, size_asked_for
from tests.counterparts.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
ROWS = 25
CLIENTS = 4
TARGET = 0.05
SECONDS = {"small": 3.0, "country": 10.0}
ROUNDS = 3
PATIENCE = 60.0


@contextmanager
def portal() -> Iterator[int]:
    """The portal at a free port until the block ends."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="portage-bench-") as folder:
        command = [sys.executable, "-m", "gunicorn", "carm_portal.wsgi", "--bind", f"127.0.0.1:{port}"]
        command += ["--workers", "3", "--log-level", "warning", "--worker-tmp-dir", folder]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.constant.settings"}
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"gunicorn ended with {server.returncode}")
        try:
            if ask(port, "/livez", "")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def ask(port: int, path: str, cookie: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answers_per_second(port: int, path: str, cookie: str, *, seconds: float) -> float:
    """How many answers a few clients get together in a second; an answer other than 200 ends the run."""
    counts = [0] * CLIENTS
    problems: list[str] = []
    end = time.perf_counter() + seconds

    def keep_asking(client: int) -> None:
        while time.perf_counter() < end and not problems:
            status, _body = ask(port, path, cookie)
            if status != 200:
                problems.append(f"{path} answered {status}")
            counts[client] += 1

    begun = time.perf_counter()
    threads = [threading.Thread(target=keep_asking, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0])
    return sum(counts) / (time.perf_counter() - begun)


def measure(port: int, cookie: str, pages: dict[str, str], *, seconds: float) -> list[Check]:
    addresses = {"constant": "/en/constant/", **pages}
    for name, path in addresses.items():
        status, body = ask(port, path, cookie)
        rows = body.count(b'<tr role="row"')
        print(f"{name}: {status}, {len(body)} bytes, {rows} rows", flush=True)
        if name != "constant" and rows < ROWS:
            raise RuntimeError(f"{path} shows {rows} rows only")
        answers_per_second(port, path, cookie, seconds=1.0)
    rates: dict[str, list[float]] = {name: [] for name in addresses}
    for _round in range(ROUNDS):
        for name, path in addresses.items():
            rates[name].append(answers_per_second(port, path, cookie, seconds=seconds))
    typical = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in typical.items():
        print(f"{name}: {rate:.1f} a second", flush=True)
    return [at_least(f"{name}_of_constant", typical[name] / typical["constant"], TARGET) for name in pages]


def main() -> None:
    size = size_asked_for()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.constant.settings"
    django.setup()
    # Models can be imported only now.
    cookie, pages = import_string("benchmarks.constant.world.prepare")(ROWS)
    with portal() as port:
        checks = measure(port, cookie, pages, seconds=SECONDS[size])
    report("pages", size, checks)


if __name__ == "__main__":
    main()

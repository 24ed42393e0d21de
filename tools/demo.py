#!/usr/bin/env python3
"""Starts the whole of Portage on one machine and watches over it: ``make demo``.

The portal answers on PORT (8000 unless told otherwise). The identity providers and the bank take free ports and learn
at each start where the portal is. Data stays in ``var/``; ``--reset`` empties it first. Ctrl-C stops everything.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
WEB_WORKERS = ("--workers", "3")
# One process each: the bank tells the portal its news from a thread, and a second process would tell it twice.
COUNTERPART_WORKERS = ("--workers", "1", "--threads", "4")
START_PATIENCE_SECONDS = 90
STOP_PATIENCE_SECONDS = 15
WORD_EVERY_SECONDS = 5
LOG_TAIL_LINES = 20
PRACTICE_SECRET = "practice-only-counterpart-secret"
IDENTITIES = ("gckey", "partner", "staff")
DATA_PATTERNS = ("portage.sqlite3*", "worlds", "documents", "queue", "beat*", "counterparts", "static", "log")
#: Lies in the folder while the sample world is made (``manage.py load_demo``); found at a start, nobody used it yet.
UNFINISHED = "demo-world-unfinished"


class DemoError(Exception):
    """Something that the person at the keyboard has to put right; the text says how."""


@dataclass(frozen=True)
class Ports:
    portal: int
    gckey: int
    partner: int
    staff: int
    bank: int


@dataclass(frozen=True)
class Service:
    """One process of the demo: ready when ``probe_url`` answers, or when its log says ``ready_text``."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    probe_url: str = ""
    ready_text: str = ""


# --- Ports ------------------------------------------------------------------------------------------------------------


def parse_port(text: str) -> int:
    """The portal's port from PORT's text; ``DemoError`` for anything but a number from 1 to 65535."""
    if not text.strip():
        return DEFAULT_PORT
    if not re.fullmatch(r"\d{1,5}", text.strip()) or not 1 <= int(text) <= 65535:
        raise DemoError(f"PORT is '{text}': it must be a number from 1 to 65535, for example: make demo PORT=8080")
    return int(text)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now; an old connection that is still fading away does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
        return True


def pick_ports(portal: int, host: str = "127.0.0.1") -> Ports:
    """The portal's port as asked and four free ones; ``DemoError`` when the portal's is taken."""
    if portal < 1024 and os.geteuid() != 0:
        raise DemoError(f"Port {portal} is reserved for root. Choose another one, for example: make demo PORT=8080")
    if not is_free(portal, host):
        other = DEFAULT_PORT + 80 if portal != DEFAULT_PORT + 80 else DEFAULT_PORT + 81
        raise DemoError(
            f"Port {portal} is taken by another program (or by another demo that still runs).\n"
            f"Stop that program, or choose another port, for example: make demo PORT={other}"
        )
    with contextlib.ExitStack() as held:
        chosen: list[int] = []
        while len(chosen) < 4:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            if probe.getsockname()[1] != portal:
                chosen.append(probe.getsockname()[1])
    return Ports(portal, *chosen)


# --- What is started --------------------------------------------------------------------------------------------------


def environment_for(ports: Ports, var: Path, inherited: dict[str, str]) -> dict[str, str]:
    """What every process is told: who is where, and where the data lives."""
    return {
        # Said outright, because a .env written for the deployment must not turn the demo into half of one.
        "PORTAGE_MODE": "practice",
        "COUNTERPART_SECRET": PRACTICE_SECRET,
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "PORTAGE_VAR": str(var),
        "PORTAL_URL": f"http://localhost:{ports.portal}",
        "GCKEY_URL": f"http://localhost:{ports.gckey}",
        "PARTNER_URL": f"http://localhost:{ports.partner}",
        "STAFF_URL": f"http://localhost:{ports.staff}",
        "BANK_URL": f"http://localhost:{ports.bank}",
        "COUNTERPART_VAR": str(var / "counterparts"),
    }


def gunicorn(application: str, host: str, port: int, *how: str) -> list[str]:
    options = ["--bind", f"{host}:{port}", *how, "--timeout", "120", "--graceful-timeout", "5", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", application, *options, "--access-logfile", "-"]


def services_for(ports: Ports, host: str) -> list[Service]:
    identities = [
        Service(
            name,
            gunicorn("counterparts.identity.wsgi", "127.0.0.1", getattr(ports, name), *COUNTERPART_WORKERS),
            {"IDENTITY": name, "DJANGO_SETTINGS_MODULE": "counterparts.identity.settings"},
            f"http://127.0.0.1:{getattr(ports, name)}/livez",
        )
        for name in IDENTITIES
    ]
    bank = Service(
        "bank",
        gunicorn("counterparts.bank.wsgi", "127.0.0.1", ports.bank, *COUNTERPART_WORKERS),
        {"DJANGO_SETTINGS_MODULE": "counterparts.bank.settings"},
        f"http://127.0.0.1:{ports.bank}/livez",
    )
    command = [sys.executable, "-m", "celery", "-A", "carm_portal", "worker", "--beat", "--loglevel", "INFO"]
    worker = Service("worker", [*command, "--pool", "solo", "--concurrency", "1"], ready_text=" ready.")
    web = Service(
        "web",
        gunicorn("carm_portal.wsgi", host, ports.portal, *WEB_WORKERS),
        {},
        f"http://127.0.0.1:{ports.portal}/livez",
    )
    return [*identities, bank, worker, web]


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


def preparation(ports: Ports) -> list[tuple[str, list[list[str]], dict[str, str]]]:
    """Title, commands and extra environment of each step that must be done before anything can be started."""
    steps: list[tuple[str, list[list[str]], dict[str, str]]] = [
        (
            "Preparing the portal's database",
            [manage("migrate", "--no-input"), manage("createcachetable"), manage("load_reference")],
            {},
        ),
        ("Collecting the static files", [manage("collectstatic", "--no-input")], {}),
    ]
    for name in IDENTITIES:
        module = [sys.executable, "-m", "counterparts.identity.manage"]
        environment = {"IDENTITY": name, "DJANGO_SETTINGS_MODULE": "counterparts.identity.settings"}
        steps.append((f"Preparing {name}", [[*module, "migrate", "--no-input"], [*module, "seed"]], environment))
    bank = [sys.executable, "-m", "counterparts.bank.manage"]
    commands = [[*bank, "migrate", "--no-input"], [*bank, "seed"]]
    steps.append(("Preparing the bank", commands, {"DJANGO_SETTINGS_MODULE": "counterparts.bank.settings"}))
    return steps


def reset(var: Path, database_url: str) -> None:
    """Removes the demo's data and nothing else that somebody may keep in the folder."""
    if database_url:
        raise DemoError(
            "DATABASE_URL is set, so the demo's data lives in that database. Empty it yourself, or unset "
            "DATABASE_URL to start over with the data in var/."
        )
    for pattern in (*DATA_PATTERNS, UNFINISHED):
        for target in var.glob(pattern):
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()


# --- Watching over it -------------------------------------------------------------------------------------------------


def tail_of(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    if not log.exists():
        return "(it wrote nothing)"
    text = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    return "\n".join("    " + line for line in text[-lines:]) or "(it wrote nothing)"


def answers(url: str) -> bool:
    """Whether a server answers there with anything but a fault of its own."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return bool(response.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


class Supervisor:
    """Runs steps and keeps services: every child has a process group of its own and is ended by its id."""

    def __init__(self, *, environment: dict[str, str], logs: Path, say: Callable[[str], None]) -> None:
        self.environment = environment
        self.logs = logs
        self.say = say
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.is_ending = threading.Event()
        logs.mkdir(parents=True, exist_ok=True)

    def log_of(self, name: str) -> Path:
        return self.logs / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.log"

    def spawn(self, name: str, command: list[str], extra: dict[str, str], output: IO[bytes] | int) -> None:
        self.children[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start(self, service: Service) -> None:
        with self.log_of(service.name).open("wb") as output:
            self.spawn(service.name, service.command, service.environment, output)

    def run_steps(self, steps: list[tuple[str, list[list[str]], dict[str, str]]]) -> None:
        """Runs the steps side by side, each step's commands one after the other; the first failure ends it all."""
        waiting = {title: list(commands) for title, commands, _ in steps}
        extras = {title: extra for title, _, extra in steps}
        begun = {title: time.monotonic() for title in waiting}
        next_word = time.monotonic() + WORD_EVERY_SECONDS
        for title in waiting:
            self.log_of(title).write_bytes(b"")
        while waiting:
            if time.monotonic() > next_word:
                next_word += WORD_EVERY_SECONDS
                self.say(f"  still at it: {', '.join(waiting)}")
            for title in list(waiting):
                child = self.children.get(title)
                if child is not None and child.poll() is None:
                    continue
                if child is not None and child.returncode:
                    raise DemoError(
                        f"{title} failed. The last lines of {self.log_of(title)}:\n{tail_of(self.log_of(title))}\n"
                        "Where the data in var/ comes from another version, 'make demo-reset' starts over."
                    )
                if not waiting[title]:
                    self.children.pop(title, None)
                    del waiting[title]
                    self.say(f"{title}: done in {time.monotonic() - begun[title]:.0f} s")
                    continue
                with self.log_of(title).open("ab") as output:
                    self.spawn(title, waiting[title].pop(0), extras[title], output)
            time.sleep(0.05)

    def run_shown(self, title: str, command: list[str]) -> None:
        """Runs a command whose own words are worth showing while it works."""
        self.say(f"{title} ...")
        begun = time.monotonic()
        self.spawn(title, command, {}, subprocess.PIPE)
        child = self.children[title]
        assert child.stdout is not None
        with self.log_of(title).open("wb") as log:
            for line in child.stdout:
                log.write(line)
                self.say("  " + line.decode(errors="replace").rstrip())
        child.wait()
        del self.children[title]
        if child.returncode:
            raise DemoError(f"{title} failed: see the lines above, or {self.log_of(title)}.")
        self.say(f"{title}: done in {time.monotonic() - begun:.0f} s")

    def output_of(self, title: str, command: list[str]) -> str:
        """What a command prints, or nothing when it fails."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log_of(title).write_text(done.stdout + done.stderr, encoding="utf-8")
        return done.stdout if done.returncode == 0 else ""

    def raise_if_dead(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                log = self.log_of(name)
                raise DemoError(
                    f"The process '{name}' ended by itself (exit code {child.returncode}). "
                    f"The last lines of {log}:\n{tail_of(log)}"
                )

    def is_ready(self, service: Service) -> bool:
        if service.probe_url:
            return answers(service.probe_url)
        return service.ready_text in self.log_of(service.name).read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, services: list[Service]) -> None:
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        next_word = time.monotonic() + WORD_EVERY_SECONDS
        waiting = list(services)
        while waiting:
            self.raise_if_dead()
            waiting = [service for service in waiting if not self.is_ready(service)]
            if waiting and time.monotonic() > deadline:
                service = waiting[0]
                raise DemoError(
                    f"'{service.name}' was not ready within {START_PATIENCE_SECONDS} s. "
                    f"The last lines of {self.log_of(service.name)}:\n{tail_of(self.log_of(service.name))}"
                )
            if waiting and time.monotonic() > next_word:
                next_word += WORD_EVERY_SECONDS
                self.say(f"  waiting for {', '.join(service.name for service in waiting)}")
            time.sleep(0.2)

    def watch(self) -> None:
        while not self.is_ending.wait(1):
            self.raise_if_dead()

    def stop(self) -> None:
        """Asks every child to end, waits, and ends those that did not listen."""
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.children.clear()


# --- The whole --------------------------------------------------------------------------------------------------------


def one_demo_at_a_time(var: Path) -> IO[str]:
    """A lock on the data folder: two demos on one database would fire every job twice."""
    var.mkdir(parents=True, exist_ok=True)
    handle = (var / "demo.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise DemoError(
            f"Another demo already uses the data in {var}. Stop that one first (Ctrl-C in its window)."
        ) from None
    return handle


@contextlib.contextmanager
def ended_by_signals(supervisor: Supervisor) -> Iterator[None]:
    """Ctrl-C, a polite kill and a closed window all end the demo in the same orderly way."""

    def end(number: int, frame: FrameType | None) -> None:
        supervisor.is_ending.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()


def run(*, portal: int, host: str, var: Path, with_data: bool) -> None:
    ports = pick_ports(portal, host)
    supervisor = Supervisor(
        environment=environment_for(ports, var, dict(os.environ)),
        logs=var / "log",
        say=lambda text: print(text, flush=True),
    )
    for folder in ("queue/messages", "queue/done", "queue/control", "documents", "counterparts"):
        (var / folder).mkdir(parents=True, exist_ok=True)
    with ended_by_signals(supervisor):
        begun = time.monotonic()
        print("Preparing the databases and the static files ...", flush=True)
        supervisor.run_steps(preparation(ports))
        services = services_for(ports, host)
        if with_data:
            # The bank first: in the sample year its files are fetched every evening, as they are in any other.
            [bank] = [service for service in services if service.name == "bank"]
            supervisor.start(bank)
            supervisor.wait_until_ready([bank])
            supervisor.run_shown("Loading the demo world (kept when it is there already)", manage("load_demo"))
        print(f"Starting {', '.join(service.name for service in services)} ...", flush=True)
        for service in services:
            if service.name not in supervisor.children:
                supervisor.start(service)
        supervisor.wait_until_ready(services)
        seats = supervisor.output_of("seats", manage("seats")).strip()
        print(f"\nPortage is ready after {time.monotonic() - begun:.0f} s.\n\n  http://localhost:{ports.portal}/\n")
        if seats:
            print(seats + "\n")
        print(f"Logs: {var / 'log'}\nCtrl-C stops everything.", flush=True)
        supervisor.watch()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    parser.add_argument("--without-data", action="store_true", help="do not load the demo world")
    options = parser.parse_args()
    var = Path(os.environ.get("PORTAGE_VAR") or ROOT / "var").resolve()
    host = os.environ.get("PORTAGE_HOST") or "127.0.0.1"
    try:
        portal = parse_port(os.environ.get("PORT", ""))
        pick_ports(portal, host)
        lock = one_demo_at_a_time(var)
        try:
            begun = not options.without_data and (var / UNFINISHED).exists()
            if begun:
                print("The sample world was not finished last time; it is made anew.", flush=True)
            if options.reset or begun:
                print(f"Removing the demo's data from {var} ...", flush=True)
                reset(var, os.environ.get("DATABASE_URL", ""))
            run(portal=portal, host=host, var=var, with_data=not options.without_data)
        finally:
            lock.close()
    except DemoError as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The data is kept; 'make demo' continues with it.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The deployment files: valid against the published Compose schema, and every start command in them really starts.

No container engine is needed: each service's command runs here as a plain process in the environment that the compose
file gives it, with the addresses of PostgreSQL, Redis and the ports replaced, and its own health check judges it.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from jsonschema import Draft202012Validator
from psycopg2 import sql

from tools import demo, servers

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = Path(__file__).parent / "compose-schema" / "compose-spec.json"
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OWN = sorted(name for name, service in SERVICES.items() if "build" in service)
LASTING = sorted(set(OWN) - {"migrate"})
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
START_PATIENCE_SECONDS = 120


def interpolated(text: str, values: dict[str, str]) -> str:
    """Compose's own substitution: ${NAME}, ${NAME:-default}, ${NAME:?message} and $$ for one dollar sign."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match["name"], "")
        if not value and match["kind"] == "?":
            raise ValueError(match["rest"])
        return value or (match["rest"] if match["kind"] == "-" else "") or ""

    return VARIABLE.sub(value_of, text).replace("$$", "$")


def example_variables() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


# --- The files themselves ---


def test_the_compose_file_follows_the_published_schema():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    problems = [error.message for error in Draft202012Validator(schema).iter_errors(COMPOSE)]
    assert problems == []


def test_the_schema_would_notice_a_mistake():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    broken = {**COMPOSE, "services": {**SERVICES, "web": {**SERVICES["web"], "comand": ["gunicorn"]}}}
    assert list(Draft202012Validator(schema).iter_errors(broken))


def test_the_whole_deployment_is_described():
    assert set(SERVICES) == {
        "web",
        "worker",
        "beat",
        "gckey",
        "partner",
        "staff",
        "bank",
        "postgres",
        "redis",
        "migrate",
    }


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_portal_waits_for_what_it_needs(name):
    conditions = {needed: how["condition"] for needed, how in SERVICES[name]["depends_on"].items()}
    assert conditions == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "redis": "service_healthy",
    }


def test_every_variable_of_the_compose_file_is_explained_in_the_example():
    used = {match["name"] for match in VARIABLE.finditer(COMPOSE_TEXT)}
    assert used <= set(example_variables())


def test_secrets_have_no_default():
    required = {match["name"] for match in VARIABLE.finditer(COMPOSE_TEXT) if match["kind"] == "?"}
    assert required == {"SECRET_KEY", "COUNTERPART_SECRET", "POSTGRES_PASSWORD"}
    assert all(example_variables()[name] == "" for name in required)


def test_the_image_runs_without_root_and_starts_as_the_web_service_does():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = text[text.rindex("\nFROM ") :]
    users = re.findall(r"^USER (\S+)", last_stage, re.MULTILINE)
    assert users == ["portage"]
    command = json.loads(re.findall(r"^CMD (\[.*\])", last_stage, re.MULTILINE)[-1])
    assert SERVICES["web"]["command"][: len(command)] == command


def test_the_demo_runs_the_same_processes():
    in_demo = {service.name for service in demo.services_for(demo.Ports(8000, 1, 2, 3, 4), "127.0.0.1")}
    # The demo's one worker carries the beat, and its database and queue are files.
    assert in_demo | {"beat"} == set(LASTING)


# --- The start commands ---


@dataclass
class Deployment:
    """The services of the compose file as processes of this machine."""

    folder: Path
    values: dict[str, str]
    replaced: dict[str, str]
    ports: dict[str, int]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment_of(self, name: str) -> dict[str, str]:
        given = {
            key: interpolated(str(value), self.values) for key, value in SERVICES[name].get("environment", {}).items()
        }
        own = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "HOSTNAME": "portage-deployment-test",
            "PYTHONUNBUFFERED": "1",
            "PORTAGE_VAR": str(self.folder / "portage"),
            "COUNTERPART_VAR": str(self.folder / name),
        }
        # With coverage asked for, the processes measure themselves as well.
        coverage = {key: value for key, value in os.environ.items() if key.startswith(("COV_", "COVERAGE_"))}
        return {**own, **coverage, **given, **{key: self.replaced[key] for key in self.replaced if key in given}}

    def command_of(self, words: list[str]) -> list[str]:
        """The command with this machine's free ports and folders; a worker gets a name that its ping can find."""
        changed = []
        for word in words:
            for text, port in self.ports.items():
                word = re.sub(rf"(?:0\.0\.0\.0|127\.0\.0\.1):{text}\b", f"127.0.0.1:{port}", word)
            changed.append(interpolated(word.replace("/var/lib/portage", str(self.folder / "portage")), self.values))
        return changed

    def start(self, name: str) -> subprocess.Popen[bytes]:
        command = self.command_of(SERVICES[name]["command"])
        if name == "worker":
            command += ["--hostname", "celery@portage-deployment-test"]
        with self.log_of(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment_of(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.processes[name]

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def is_healthy(self, name: str) -> bool:
        kind, *words = SERVICES[name]["healthcheck"]["test"]
        words = self.command_of(words)
        command = words if kind == "CMD" else ["sh", "-c", words[0]]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment_of(name), capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of its own: other tests' messages must not reach this worker."""
    with servers.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database on the server that the tests use; a file where they use SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/portage.sqlite3"
        return
    name = f"deployment_{secrets.token_hex(4)}"
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            yield url.rsplit("/", 1)[0] + f"/{name}"
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    finally:
        connection.close()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, redis_url: str, database_url: str) -> Iterator[Deployment]:
    values = example_variables()
    values |= {name: secrets.token_urlsafe(60) for name in ("SECRET_KEY", "COUNTERPART_SECRET", "POSTGRES_PASSWORD")}
    ports = {port: servers.free_port() for port in ("8000", "8101", "8102", "8103", "8104")}
    folder = tmp_path_factory.mktemp("deployment")
    (folder / "portage").mkdir()
    started = Deployment(folder, values, {"DATABASE_URL": database_url, "REDIS_URL": redis_url}, ports)
    try:
        for name in ("gckey", "partner", "staff", "bank"):
            started.start(name)
        assert started.start("migrate").wait(timeout=300) == 0, started.log_of("migrate").read_text()[-3000:]
        for name in ("web", "worker", "beat"):
            started.start(name)
        yield started
    finally:
        started.stop()


@pytest.mark.xdist_group("deployment")
@pytest.mark.parametrize("name", LASTING)
def test_the_start_command_starts_and_its_health_check_agrees(deployment, name):
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not deployment.is_healthy(name):
        ended = deployment.processes[name].poll()
        log = deployment.log_of(name).read_text(errors="replace")[-3000:]
        assert ended is None, f"{name} ended with {ended}:\n{log}"
        assert time.monotonic() < deadline, f"{name} is not healthy:\n{log}"
        time.sleep(0.3)
    assert deployment.processes[name].poll() is None


@pytest.mark.xdist_group("deployment")
@pytest.mark.parametrize(("name", "port"), [("gckey", "8101"), ("partner", "8102"), ("staff", "8103")])
def test_each_provider_calls_itself_by_its_public_address(deployment, name, port):
    url = f"http://127.0.0.1:{deployment.ports[port]}/.well-known/openid-configuration"
    with urllib.request.urlopen(url, timeout=10) as response:
        found = json.load(response)
    assert found["issuer"] == deployment.values[f"{name.upper()}_URL"]


@pytest.mark.xdist_group("deployment")
def test_a_health_check_fails_when_nothing_answers(deployment):
    silent = Deployment(deployment.folder, deployment.values, deployment.replaced, {"8000": servers.free_port()})
    assert not silent.is_healthy("web")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "PORTAL_URL"])
def test_production_refuses_to_start_without(missing, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAGE_MODE": "production",
        "PORTAGE_VAR": str(tmp_path),
        "SECRET_KEY": "x" * 60,
        "COUNTERPART_SECRET": "y" * 60,
        "ALLOWED_HOSTS": "portage.example",
        "PORTAL_URL": "https://portage.example",
        "DATABASE_URL": "postgres://portage@127.0.0.1/portage",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
    }
    environment[missing] = ""
    code = "import django.conf; django.conf.settings.DEBUG"
    environment["DJANGO_SETTINGS_MODULE"] = "carm_portal.settings"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert f"{missing} is missing" in done.stderr

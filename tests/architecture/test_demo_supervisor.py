"""The supervisor behind ``make demo``: ports, messages, children that die, an orderly end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tools import demo, servers

PYTHON = sys.executable


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = demo.Supervisor(environment=dict(os.environ), logs=tmp_path / "log", say=said.append)
    yield supervisor
    supervisor.stop()


def sleeper(name: str = "sleeper", **more: str) -> demo.Service:
    return demo.Service(name, [PYTHON, "-c", "import time; time.sleep(60)"], **more)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("text", "port"), [("", 8000), ("  ", 8000), ("8080", 8080), ("65535", 65535)])
def test_port_is_read_from_its_text(text, port):
    assert demo.parse_port(text) == port


@pytest.mark.parametrize("text", ["0", "65536", "-1", "80a", "8000.0", "eighty", "999999"])
def test_a_bad_port_is_refused_with_an_example(text):
    with pytest.raises(demo.DemoError, match=r"must be a number from 1 to 65535.*PORT=8080"):
        demo.parse_port(text)


def test_a_taken_port_is_said_with_what_to_do(taken_port):
    with pytest.raises(demo.DemoError) as refused:
        demo.pick_ports(taken_port)
    assert f"Port {taken_port} is taken" in str(refused.value)
    assert "make demo PORT=8080" in str(refused.value)


def test_the_example_never_names_the_taken_port(monkeypatch):
    monkeypatch.setattr(socket.socket, "bind", lambda *_: (_ for _ in ()).throw(OSError))
    with pytest.raises(demo.DemoError, match="PORT=8081"):
        demo.pick_ports(8080)


def test_the_other_processes_get_free_ports_of_their_own():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        portal = probe.getsockname()[1]
    ports = demo.pick_ports(portal)
    others = [ports.gckey, ports.partner, ports.staff, ports.bank]
    assert ports.portal == portal
    assert len({portal, *others}) == 5
    assert all(demo.is_free(port) for port in others)


def test_a_port_whose_last_connection_fades_away_counts_as_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    assert demo.is_free(port)


def test_every_process_learns_where_the_others_are(tmp_path):
    environment = demo.environment_for(demo.Ports(8000, 1, 2, 3, 4), tmp_path, {"PATH": "/bin"})
    assert environment["PORTAL_URL"] == "http://localhost:8000"
    assert [environment[name] for name in ("GCKEY_URL", "PARTNER_URL", "STAFF_URL", "BANK_URL")] == [
        "http://localhost:1",
        "http://localhost:2",
        "http://localhost:3",
        "http://localhost:4",
    ]
    assert environment["COUNTERPART_VAR"] == str(tmp_path / "counterparts")
    assert environment["PATH"] == "/bin"


def test_the_demo_starts_the_portal_its_worker_and_the_outside_world():
    services = demo.services_for(demo.Ports(8000, 1, 2, 3, 4), "127.0.0.1")
    assert {service.name for service in services} == {"web", "worker", "gckey", "partner", "staff", "bank"}
    assert {service.environment["IDENTITY"] for service in services if "IDENTITY" in service.environment} == {
        "gckey",
        "partner",
        "staff",
    }


def test_a_child_that_dies_is_named_with_its_last_lines(supervisor):
    supervisor.start(demo.Service("bank", [PYTHON, "-c", "print('no money'); raise SystemExit(3)"]))
    with pytest.raises(demo.DemoError) as died:
        supervisor.watch()
    assert "'bank' ended by itself (exit code 3)" in str(died.value)
    assert "no money" in str(died.value)


def test_a_service_that_never_answers_is_named(supervisor, monkeypatch):
    monkeypatch.setattr(demo, "START_PATIENCE_SECONDS", 0)
    service = sleeper(probe_url="http://127.0.0.1:9/")
    supervisor.start(service)
    with pytest.raises(demo.DemoError, match="'sleeper' was not ready"):
        supervisor.wait_until_ready([service])


def test_a_service_without_an_address_is_ready_when_its_log_says_so(supervisor):
    service = demo.Service(
        "worker",
        [PYTHON, "-c", "import time; print('worker ready.', flush=True); time.sleep(60)"],
        ready_text=" ready.",
    )
    supervisor.start(service)
    supervisor.wait_until_ready([service])
    assert supervisor.is_ready(service)
    assert not supervisor.is_ready(demo.Service("worker", [], ready_text=" finished."))


def test_steps_run_each_in_order_and_a_failure_shows_its_log(supervisor, said, tmp_path):
    mark = tmp_path / "mark"
    first = [PYTHON, "-c", f"open({str(mark)!r}, 'w').close()"]
    second = [PYTHON, "-c", f"open({str(mark)!r}).close()"]
    supervisor.run_steps([("Two commands", [first, second], {}), ("One command", [[PYTHON, "-c", ""]], {})])
    assert {line.split(":")[0] for line in said} == {"Two commands", "One command"}
    with pytest.raises(demo.DemoError, match=r"(?s)Broken failed.*out of paper"):
        supervisor.run_steps([("Broken", [[PYTHON, "-c", "raise SystemExit('out of paper')"]], {})])


def test_what_the_loader_prints_is_shown_as_it_comes(supervisor, said):
    supervisor.run_shown("Loading", [PYTHON, "-c", "print('business 1 of 12')"])
    assert "  business 1 of 12" in said
    with pytest.raises(demo.DemoError, match="Loading failed"):
        supervisor.run_shown("Loading", [PYTHON, "-c", "raise SystemExit(1)"])


def test_stopping_ends_children_and_grandchildren(supervisor, tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    supervisor.start(demo.Service("parent", [PYTHON, "-c", code]))
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = [supervisor.children["parent"].pid, int(pid_file.read_text())]
    supervisor.stop()
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in pids if is_alive(pid) and not is_zombie(pid)] == []


def is_zombie(pid: int) -> bool:
    """Where nobody reaps orphans (a bare container) an ended grandchild stays in the table."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_two_demos_never_share_one_data_folder(tmp_path):
    lock = demo.one_demo_at_a_time(tmp_path)
    with pytest.raises(demo.DemoError, match="Another demo already uses"):
        demo.one_demo_at_a_time(tmp_path)
    lock.close()
    demo.one_demo_at_a_time(tmp_path).close()


def test_a_reset_removes_the_data_and_nothing_else(tmp_path):
    for name in ("portage.sqlite3", "portage.sqlite3-wal", "beat.db", "notes.txt"):
        (tmp_path / name).write_text("x")
    for name in ("documents", "counterparts", "queue", "log"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    demo.reset(tmp_path, "")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_sample_world_that_was_not_finished_is_made_anew(tmp_path):
    """Nobody has used it: the making was stopped or failed."""
    (tmp_path / "portage.sqlite3").touch()
    (tmp_path / demo.UNFINISHED).touch()
    environment = {**os.environ, "PORT": str(servers.free_port()), "PORTAGE_VAR": str(tmp_path)}
    environment["DATABASE_URL"] = "postgres://db/portage"
    done = subprocess.run(
        [PYTHON, str(Path(demo.__file__))], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "not finished last time" in done.stdout
    assert "Empty it yourself" in done.stderr, "a database that the demo does not own is left to its owner"
    demo.reset(tmp_path, "")
    assert not (tmp_path / demo.UNFINISHED).exists(), "the mark goes with the data"


def test_a_reset_never_claims_to_empty_a_database_that_it_does_not_own(tmp_path):
    with pytest.raises(demo.DemoError, match="Empty it yourself"):
        demo.reset(tmp_path, "postgres://db/portage")


def test_the_command_itself_says_that_the_port_is_taken(taken_port, tmp_path):
    environment = {**os.environ, "PORT": str(taken_port), "PORTAGE_VAR": str(tmp_path)}
    done = subprocess.run(
        [PYTHON, str(Path(demo.__file__))], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert f"Port {taken_port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_polite_kill_ends_the_children_too(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from tools import demo\n"
        f"supervisor = demo.Supervisor(environment=dict(os.environ), logs=pathlib.Path({str(tmp_path)!r}), say=print)\n"
        "try:\n"
        "    with demo.ended_by_signals(supervisor):\n"
        "        supervisor.start(demo.Service('child', [sys.executable, '-c', 'import time; time.sleep(60)']))\n"
        "        print(supervisor.children['child'].pid, flush=True)\n"
        "        supervisor.watch()\n"
        "except KeyboardInterrupt:\n"
        "    print('ended', flush=True)\n"
    )
    root = Path(demo.__file__).resolve().parent.parent
    process = subprocess.Popen(
        [PYTHON, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    guard = threading.Timer(30, process.kill)
    guard.start()
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    process.wait()
    guard.cancel()
    assert "ended" in rest
    assert not is_alive(child) or is_zombie(child)

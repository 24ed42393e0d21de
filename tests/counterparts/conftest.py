"""A running bank, a portal that only listens to it, and the portal's side of the API."""

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.counterparts.processes import SECRET, Counterpart, bank_process


@dataclass
class Portal:
    """A portal that only listens to the bank."""

    url: str = ""
    status: int = 204
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def events_of(self, session_id: str) -> list[dict[str, Any]]:
        events = [json.loads(body) for _path, _headers, body in list(self.heard)]
        return [event for event in events if event["data"]["id"] == session_id]


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    portal = Portal()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if portal.status == 204:
                portal.heard.append((self.path, dict(self.headers.items()), body))
            self.send_response(portal.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    portal.url = f"http://localhost:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield portal
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def bank(portal: Portal) -> Iterator[Counterpart]:
    with bank_process(portal.url, BANK_DELIVERY_THREAD="0", BANK_SLOW_SECONDS="0.5") as running:
        yield running


class Client:
    """The portal's side of the API."""

    def __init__(self, bank: Counterpart, portal: Portal) -> None:
        self.bank, self.portal = bank, portal
        self.headers = {"Authorization": f"Bearer {SECRET}"}

    def order(self, **changed: Any) -> dict[str, Any]:
        return {
            "reference": uuid.uuid4().hex,
            "amount": "22274.33",
            "method": "card",
            "payee": "123456789RM0001",
            "return_url": f"{self.portal.url}/en/pay/back/?step=1",
            "language": "en",
            **changed,
        }

    def post(self, order: Any, path: str = "payments") -> requests.Response:
        return requests.post(f"{self.bank.url}/api/{path}", json=order, headers=self.headers, timeout=30)

    def read(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.bank.url}/api/{path}", headers=self.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, **changed: Any) -> dict[str, Any]:
        answer = self.post(self.order(**changed))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def state(self, session_id: str) -> dict[str, Any]:
        return self.read(f"payments/{session_id}")


@pytest.fixture
def client(bank: Counterpart, portal: Portal) -> Client:
    return Client(bank, portal)


def run_sql(bank: Counterpart, statement: str) -> None:
    database = sqlite3.connect(Path(bank.env["COUNTERPART_VAR"]) / "bank.sqlite3", timeout=20)
    with database:
        database.execute(statement)
    database.close()


def make_due(bank: Counterpart) -> None:
    """Lets the waiting time of the events pass."""
    run_sql(bank, "UPDATE bank_webhookdelivery SET next_at = '2026-01-01 00:00:00' WHERE delivered_at IS NULL")

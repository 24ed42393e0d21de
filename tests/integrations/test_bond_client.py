"""The worked client of a surety's developer, run as it is against a portal that answers over HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from core.clock import wall_now
from core.jobs import set_clock
from integrations import gateway, services
from integrations.models import Delivery
from security import services as bonds
from tests.integrations.conftest import SYSTEM, Software
from tests.security.conftest import charge, moment

pytestmark = pytest.mark.django_db
CLIENT = "examples/bond_client/bond_client.py"


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


class Portal:
    """Answers in the test's own thread, and so in its transaction, while the client runs as a process of its own."""

    def __init__(self, server: WSGIServer, software: Software) -> None:
        self.server = server
        self.environment = {
            **os.environ,
            "BOND_API": f"http://127.0.0.1:{server.server_port}/api/v1",
            "BOND_CLIENT_ID": software.client.client_id,
            "BOND_CLIENT_SECRET": software.secret,
            "BOND_SIGNING_SECRET": gateway.hook_secret(software.client.client_id),
        }

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, CLIENT, *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str) -> Any:
        client = self.started(*arguments)
        while client.poll() is None:
            self.server.handle_request()
        said, problem = client.communicate()
        assert client.returncode == 0, problem
        return json.loads(said)

    @contextmanager
    def listening(self) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The client that waits for one event, and its address."""
        listener = self.started("listen", "--port", "0", "--most", "1")
        assert listener.stderr is not None
        try:
            yield listener, listener.stderr.readline().rpartition(" ")[2].strip()
        finally:
            listener.kill()
            listener.communicate()


@pytest.fixture
def portal(software: Software) -> Iterator[Portal]:
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        server.timeout = 0.05
        yield Portal(server, software)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_worked_client_goes_from_its_token_to_a_paid_demand(cast: Any, software: Software, portal: Portal) -> None:
    told = portal.run(
        "tour",
        *("--account", cast.account.number),
        *("--debtor", cast.northlight.legal_name),
        *("--number", "KN-9", "--today", "2026-07-22"),
    )
    steps = ("filed", "filed_once", "raised_to", "stale_change", "notice", "reinstated")
    assert {name: told[name] for name in steps} == {
        "filed": "ACTIVE",
        "filed_once": True,
        "raised_to": "30000.00",
        "stale_change": "BA205",
        "notice": "2026-08-21",
        "reinstated": "ACTIVE",
    }
    assert told["usage"]["balance"] == "30000.00" and told["demands"] == []
    assert told["events"] == ["bond.filed", "bond.raised", "bond.notice_given", "bond.notice_withdrawn"]
    [bond] = portal.run("list")["results"]

    charge(cast.account, "900.00", date(2026, 7, 23), last_day=date(2026, 8, 4))
    day = date(2026, 10, 1)
    set_clock(moment(day))
    with portal.listening() as (listener, address):
        services.set_address(
            client_pk=software.client.pk, address=address, actor=SYSTEM, at=moment(day), wall_at=wall_now()
        )
        demand = bonds.send_demand(
            program_account_id=cast.account.pk,
            bond_id=bond["id"],
            reason="Unpaid",
            on=day,
            at=moment(day),
            actor=SYSTEM,
        )
        assert services.hand_over(wall_at=wall_now()) == 1
        said, _address = listener.communicate(timeout=5)
    event = json.loads(said)
    assert event["type"] == "demand.sent"
    assert event["data"]["demand"] == {"id": demand.pk, "state": "SENT", "amount": "900.00"}
    assert Delivery.objects.get().status == 204
    assert portal.run("rebut", str(demand.pk), "--text", "Paid on 4 August.")["state"] == "REBUTTED"
    assert portal.run("pay", str(demand.pk), "--reference", "CHQ 1")["state"] == "PAID"
    assert portal.run("show", str(bond["id"]))["amount"] == "29100.00"

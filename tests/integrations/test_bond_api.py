"""The Bond API as a surety's developer meets it: tokens, scopes, bonds, events, deliveries, the page and the desk."""

import hashlib
import hmac
import json
import threading
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import wall_now
from core.errors import Conflict
from core.jobs import set_clock
from integrations import gateway, services
from integrations.models import ApiCall, Delivery, SuretyClient
from security import queries as security_queries
from security import services as bonds
from security.models import Bond, SuretyEvent
from security.services.riders import lower_bond
from tests.builders import signed_in
from tests.integrations.conftest import ALL, SYSTEM, Software, code, token_of
from tests.security.conftest import charge, enrolled, moment, review, run_job, secured, told

pytestmark = pytest.mark.django_db


def raise_to(amount, version):
    return {"type": "INCREASE", "amount": amount, "prior_version": version}


def lower_to(amount, version):
    return {"type": "DECREASE", "amount": amount, "prior_version": version}


def test_a_bond_is_filed_changed_and_ended_by_software(cast, software, filing):
    first = software.call("POST", "", filing, key="one")
    assert first.status_code == 201 and first.json()["state"] == "ACTIVE" and first.json()["amount"] == "25000.00"
    assert software.call("POST", "", filing, key="one").json() == first.json() and Bond.objects.count() == 1
    assert code(software.call("POST", "", {**filing, "amount": "26000.00"}, key="one")) == (400, "BA299")
    pk = f"/{first.json()['id']}"
    assert code(software.call("POST", f"{pk}/amendments", raise_to("30000.00", 9))) == (409, "BA205")
    raised = software.call("POST", f"{pk}/amendments", raise_to("30000.00", 1)).json()
    assert (raised["amount"], raised["version"]) == ("30000.00", 2)
    assert code(software.call("POST", f"{pk}/amendments", raise_to("30000.00", 2))) == (400, "BA002")
    charge(cast.account, "60000.00", date(2026, 7, 1))
    enrolled(cast.account, on=date(2026, 7, 22), estimate="60000.00")
    assert code(software.call("POST", f"{pk}/amendments", lower_to("29999.99", 2))) == (400, "BA304")
    use = software.call("GET", f"{pk}/usage").json()
    assert (use["used"], use["balance"]) == ("30000.00", "0.00")
    late = software.call("POST", f"{pk}/termination", {"terminates_on": "2026-08-20"}, language="fr")
    assert code(late) == (400, "BA204") and late.json()["field"] == "terminates_on"
    ended = software.call("POST", f"{pk}/termination", {"terminates_on": "2026-08-21"}).json()
    assert (ended["state"], ended["terminates_on"]) == ("TERMINATION_PENDING", "2026-08-21")
    assert code(software.call("POST", f"{pk}/amendments", raise_to("31000.00", 3))) == (409, "BA202")
    assert software.call("DELETE", f"{pk}/termination").json()["state"] == "ACTIVE"
    assert code(software.call("DELETE", f"{pk}/termination")) == (409, "BA202")
    rows = software.call("GET", "?state=ACTIVE&program_account=" + cast.account.number).json()["results"]
    assert [row["agreement_number"] for row in rows] == ["KN-77"]
    kinds = [event["type"] for event in software.call("GET", "/events").json()["results"]]
    assert kinds == ["bond.filed", "bond.raised", "bond.notice_given", "bond.notice_withdrawn"]
    assert Bond.objects.get().channel == Bond.Channel.API
    assert ApiCall.objects.filter(client=software.client, code="BA204").exists()


def test_a_bond_on_paper_is_raised_by_software_as_any_other(cast, software):
    day = date(2026, 7, 22)
    enrolled(cast.account, on=day, estimate="60000.00")
    on_paper = bonds.enter_paper_bond(
        program_account_number=cast.account.number,
        provider_id=cast.keystone.pk,
        agreement_number="D120-77",
        amount=Decimal("25000.00"),
        signed_on=date(2024, 11, 4),
        approval_reference="RARD 2024-3",
        validity_start=date(2024, 11, 4),
        on=day,
        at=moment(day),
        actor=SYSTEM,
    )
    read = software.call("GET", f"/{on_paper.pk}").json()
    assert (read["channel"], read["version"], read["versions"][0]["kind"]) == ("PAPER", 1, "ON_PAPER")
    raised = software.call("POST", f"/{on_paper.pk}/amendments", raise_to("30000.00", 1)).json()
    assert (raised["amount"], raised["version"], raised["channel"]) == ("30000.00", 2, "PAPER")
    status = security_queries.rpp_status(cast.account.pk, on=day)
    assert (status.coverage.total, status.is_sufficient) == (Decimal("60000.00"), True)
    assert told(cast.amara, "WSA_AMENDED") == 1
    kinds = [event["type"] for event in software.call("GET", "/events").json()["results"]]
    assert kinds == ["bond.entered", "bond.raised"]


def test_what_is_wrong_with_a_filing_is_said_in_codes(cast, software, filing):
    wrong: dict[str, dict] = {
        "BA001": {"amount": None},
        "BA002": {"program": "CARRIER"},
        "BA003": {"validity_start": "tomorrow"},
        "BA101": {"program_account": "999999999RM0009"},
        "BA103": {"debtor_name": "Somebody Else Inc."},
        "BA301": {"amount": "4999.99"},
    }
    told = {known: code(software.call("POST", "", filing | change)) for known, change in wrong.items()}
    assert told == {known: (400, known) for known in wrong}
    assert code(software.call("POST", "", {**filing, "validity_end": "2026-07-22"})) == (400, "BA003")
    software.call("POST", "", filing)
    assert code(software.call("POST", "", filing)) == (409, "BA201")
    pk = f"/{Bond.objects.get().pk}"
    lowered = software.call("POST", f"{pk}/amendments", lower_to("20000.00", 1))
    assert lowered.json()["amount"] == "20000.00"


def test_strangers_scopes_and_revoked_credentials(cast, world, software, filing):
    others = Software(world.surety("Prairie Guarantee Co."))
    pk = software.call("POST", "", filing).json()["id"]
    for method, path, data in (
        ("GET", "", None),
        ("GET", "/usage", None),
        ("POST", "/confirmation", None),
        ("POST", "/rejection", {"reason": "No"}),
        ("POST", "/amendments", raise_to("30000.00", 1)),
        ("POST", "/termination", {"terminates_on": "2026-10-01"}),
        ("DELETE", "/termination", None),
    ):
        assert others.call(method, f"/{pk}{path}", data).status_code == 404, path
    assert others.call("GET", "").json()["results"] == [] and others.call("GET", "/events").json()["results"] == []
    event = SuretyEvent.objects.get()
    assert others.call("POST", "/events/acknowledgements", {"ids": [event.pk]}).json() == {"acknowledged": 0}
    reader = Software(cast.keystone, ["bonds.read"])
    assert reader.call("GET", f"/{pk}").status_code == 200
    assert code(reader.call("POST", "", filing)) == (403, "scope_missing")
    assert code(reader.call("GET", "/events")) == (403, "scope_missing")
    now: dict = {"actor": SYSTEM, "at": moment(date(2026, 7, 22)), "wall_at": wall_now()}
    secret = services.rotate_secret(client_pk=software.client.pk, reason="Lost", **now)
    assert software.call("GET", "").status_code == 401
    assert token_of(software.client, software.secret).status_code == 401
    software.token = token_of(software.client, secret).json()["access_token"]
    assert software.call("GET", "").status_code == 200
    services.revoke_client(client_pk=software.client.pk, reason="Gone", **now)
    assert code(software.call("GET", "")) == (401, "authentication_failed")
    assert token_of(software.client, secret).status_code == 401
    assert Client().get("/api/v1/bonds").status_code == 401
    assert Client().post("/api/v1/oauth/token", {"grant_type": "password"}).status_code == 400
    cast.keystone.closed_on = date(2026, 7, 1)
    cast.keystone.save()
    assert code(reader.call("GET", f"/{pk}")) == (403, "BA104")
    assert secret not in json.dumps(list(SuretyClient.objects.values()), default=str)


@pytest.mark.parametrize("seat", ["nobody", "amara", "wen", "peter", "daniel"])
def test_people_are_no_software_whatever_their_seat(cast, software, filing, seat):
    """Not even the surety's own manager: only a token of its software opens these operations."""
    pk = software.call("POST", "", filing).json()["id"]
    client = Client() if seat == "nobody" else signed_in(getattr(cast, seat))
    for method, path in (
        ("get", "/bonds"),
        ("post", "/bonds"),
        ("get", "/bonds/events"),
        ("post", "/bonds/events/acknowledgements"),
        ("get", f"/bonds/{pk}"),
        ("post", f"/bonds/{pk}/confirmation"),
        ("post", f"/bonds/{pk}/rejection"),
        ("post", f"/bonds/{pk}/amendments"),
        ("post", f"/bonds/{pk}/termination"),
        ("get", f"/bonds/{pk}/usage"),
    ):
        answer = getattr(client, method)(f"/api/v1{path}", content_type="application/json")
        assert answer.status_code == 401, (seat, method, path)


def test_a_proposal_is_confirmed_and_a_review_is_told_then_acknowledged(cast, software):
    enrolled(cast.account, on=date(2025, 7, 30), estimate="44200.00")
    secured(cast.account, cast.keystone, "22100.00", on=date(2025, 7, 30), number="KN-1")
    proposed = [
        bonds.propose_bond(
            program_account_id=cast.account.pk,
            provider_id=cast.keystone.pk,
            agreement_number=number,
            amount=5000,
            validity_start=date(2026, 7, 22),
            on=date(2026, 7, 22),
            at=moment(date(2026, 7, 22)),
            actor=SYSTEM,
        ).pk
        for number in ("KN-2", "KN-3")
    ]
    assert software.call("POST", f"/{proposed[0]}/rejection", {"reason": "Not ours"}).json()["state"] == "REJECTED"
    with pytest.raises(Conflict):
        lower_bond(bond_id=proposed[0], amount=1, on=date(2026, 7, 22), at=moment(date(2026, 7, 22)), actor=SYSTEM)
    assert software.call("POST", f"/{proposed[1]}/confirmation").json()["state"] == "ACTIVE"
    charge(cast.account, "70000.00", date(2026, 5, 3))
    review(date(2026, 7, 25))
    set_clock(moment(date(2026, 7, 25)))
    for _twice in range(2):
        run_job("security.surety_events", "security.services.run_surety_events", date(2026, 7, 25), minute=8 + _twice)
    told = software.call("GET", "/events").json()["results"]
    results = [event["data"] for event in told if event["type"] == "review.result"]
    assert [(data["agreement_number"], data["raise_to"], data["due_on"]) for data in results] == [
        ("KN-1", "30000.00", "2026-10-15"),
        ("KN-3", "12900.00", "2026-10-15"),
    ]
    assert {"bond.to_confirm", "bond.confirmed", "bond.rejected"} <= {event["type"] for event in told}
    ids = [event["id"] for event in told]
    assert software.call("POST", "/events/acknowledgements", {"ids": ids}).json() == {"acknowledged": len(ids)}
    assert software.call("GET", "/events").json() == {"results": [], "has_more": False}
    SuretyEvent.objects.update(created_at=wall_now() - timedelta(days=31))
    run_job("security.surety_events", "security.services.run_surety_events", date(2026, 7, 26), minute=8)
    assert not SuretyEvent.objects.exists()


class Listener(BaseHTTPRequestHandler):
    status = 200
    heard: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.headers["Portage-Signature"], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_events_are_signed_and_tried_again_until_the_address_takes_them(cast, software, filing):
    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Listener.heard, Listener.status = [], 500
    peter = signed_in(cast.peter)
    page = reverse("integrations:software", args=[cast.keystone.bn9])
    field = f"c{software.client.pk}-hook_url"
    refused = peter.post(page, {"client": software.client.pk, field: "ftp://x"})
    assert refused.status_code == 422 and "ftp://x" in refused.content.decode()
    assert peter.post(page, {"client": "0", field: ""}).status_code == 404
    assert peter.post(page, {"client": software.client.pk, field: "x" * 301}).status_code == 422
    address = f"http://127.0.0.1:{server.server_port}/events"
    assert peter.post(page, {"client": software.client.pk, field: address}).url == page
    software.call("POST", "", filing)
    wall = wall_now()
    assert services.hand_over(wall_at=wall) == 0 and services.hand_over(wall_at=wall) == 0
    Listener.status = 204
    assert services.hand_over(wall_at=wall + timedelta(minutes=1)) == 1
    server.shutdown()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.status) == (Delivery.State.DELIVERED, 2, 204)
    signature, body = Listener.heard[-1]
    stamp, digest = (part.split("=")[1] for part in signature.split(","))
    secret = gateway.hook_secret(software.client.client_id)
    assert digest == hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body)["type"] == "bond.filed" and len(Listener.heard) == 2
    shown = peter.get(page).content.decode()
    assert "bond.filed" in shown and secret in shown and "POST /api/v1/bonds" in shown and address in shown
    Delivery.objects.update(state="WAITING", attempts=5, next_attempt_at=wall)
    server.server_close()
    assert services.hand_over(wall_at=wall) == 0
    row.refresh_from_db()
    assert row.state == Delivery.State.GIVEN_UP and row.problem
    lost = Delivery.objects.select_related("client", "event").get()
    assert services._deliver(lost, wall_at=wall) is False


def test_an_officer_issues_changes_and_revokes_a_credential(cast):
    daniel = signed_in(cast.daniel)
    page = reverse("admin:integrations_suretyclient_add")
    given = {"surety": cast.keystone.pk, "name": "Core system", "scopes": list(ALL)}
    shown = daniel.post(page, given)
    assert shown.status_code == 200 and "no-store" in shown["Cache-Control"]
    client = SuretyClient.objects.get()
    secret = shown.context["secret"]
    assert secret in shown.content.decode() and token_of(client, secret).status_code == 200
    listing = reverse("admin:integrations_suretyclient_changelist")
    act = {"_selected_action": [client.pk], "reason": "Yearly change"}
    changed = daniel.post(listing, {**act, "action": "rotate"}).context["secret"]
    assert token_of(client, secret).status_code == 401 and token_of(client, changed).status_code == 200
    for action in ("rotate", "revoke"):
        daniel.post(listing, {**act, "action": action, "reason": ""})
    assert token_of(client, changed).status_code == 200
    daniel.post(listing, {**act, "action": "revoke"})
    for action in ("rotate", "revoke"):
        daniel.post(listing, {**act, "action": action})
    assert token_of(client, changed).status_code == 401
    assert (
        "Revoked"
        in signed_in(cast.peter).get(reverse("integrations:software", args=[cast.keystone.bn9])).content.decode()
    )
    now: dict = {"actor": SYSTEM, "at": moment(date(2026, 7, 22)), "wall_at": wall_now()}
    wrongs: tuple[dict, ...] = (
        {"surety_id": cast.northlight.pk, "scopes": ALL},
        {"surety_id": cast.keystone.pk, "scopes": ["x"]},
    )
    for wrong in wrongs:
        with pytest.raises(services.DomainError):
            services.issue_client(name="X", **wrong, **now)
    assert signed_in(cast.amara).get(reverse("integrations:software", args=[cast.northlight.bn9])).status_code == 404


def test_a_demand_is_read_rebutted_and_paid_by_software(cast, software, filing):
    pk = software.call("POST", "", filing).json()["id"]
    since = "?updated_since=2026-07-22T00:00:00-04:00"
    assert [row["id"] for row in software.call("GET", since).json()["results"]] == [pk]
    assert software.call("GET", "?updated_since=2026-07-23T12:00:00-04:00").json()["results"] == []
    charge(cast.account, "900.00", date(2026, 7, 23), last_day=date(2026, 8, 4))
    day = date(2026, 10, 1)
    set_clock(moment(day))
    demand = bonds.send_demand(
        program_account_id=cast.account.pk, bond_id=pk, reason="Unpaid", on=day, at=moment(day), actor=SYSTEM
    )
    [told] = software.call("GET", "/demands?state=SENT").json()["results"]
    assert (told["bond"], told["asked"], told["answer_by"]) == (pk, "900.00", "2026-11-30")
    one = f"/demands/{demand.pk}"
    assert software.call("GET", one).json() == told
    stranger = Software(cast.world.business("Other Guarantee Ltd.", provider_kind="SURETY"))
    assert stranger.call("GET", one).status_code == 404 and stranger.call("GET", "/demands").json()["results"] == []
    assert stranger.call("POST", f"{one}/payment", {"reference": "X"}).status_code == 404
    reader = Software(cast.keystone, ("bonds.read",))
    assert code(reader.call("POST", f"{one}/payment", {"reference": "X"})) == (403, "scope_missing")
    assert code(software.call("POST", f"{one}/rebuttal", {})) == (400, "BA001")
    answered = software.call("POST", f"{one}/rebuttal", {"text": "Paid on 4 August."}).json()
    assert (answered["state"], answered["rebuttal"]) == ("REBUTTED", "Paid on 4 August.")
    assert code(software.call("POST", f"{one}/rebuttal", {"text": "Again."})) == (409, "BA202")
    paid = [software.call("POST", f"{one}/payment", {"reference": "CHQ 1"}, key="pay").json() for _time in range(2)]
    assert paid[0] == paid[1] and (paid[0]["state"], paid[0]["reference"]) == ("PAID", "CHQ 1")
    assert software.call("GET", f"/{pk}").json()["amount"] == "24100.00"
    assert code(software.call("POST", f"{one}/payment", {"reference": "CHQ 2"})) == (409, "BA202")

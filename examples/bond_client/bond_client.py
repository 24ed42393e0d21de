"""A surety's software, worked through: token, bonds, events. Needs nothing but Python 3.11.

python bond_client.py list
    python bond_client.py file --account 704123686RM0001 --debtor "Northlight Outdoor Supply Inc." --number KN-42 ...
python bond_client.py confirm 17
python bond_client.py amend 17 --type INCREASE --amount 30000.00
python bond_client.py events --acknowledge
python bond_client.py listen --port 9000
python bond_client.py tour --account 704123686RM0001 --debtor "Northlight Outdoor Supply Inc." --number KN-43
"""

import argparse
import hashlib
import hmac
import itertools
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

LIFETIME = 300
TIME_LIMIT = 20
TYPES = ("INCREASE", "DECREASE", "REALLOCATE", "NAME_CHANGE", "EXTEND")
NOTICE_DAYS = 30


class Refusal(Exception):
    """What the API said, with its code."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body}")
        try:
            self.code = str(json.loads(body).get("code", ""))
        except ValueError:
            self.code = ""


class BondApi:
    def __init__(self, base: str, client_id: str, secret: str) -> None:
        self.base = base.rstrip("/")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        request = urllib.request.Request(f"{self.base}/oauth/token", data=urllib.parse.urlencode(form).encode())
        self.token = str(_answer(request)["access_token"])

    def hand_in(self, path: str, pdf: bytes, *, key: str = "") -> None:
        """A signed copy in the place of an earlier one."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/pdf", "Accept-Language": "en"}
        headers["Idempotency-Key"] = key or str(uuid.uuid4())
        _answer(urllib.request.Request(f"{self.base}{path}", data=pdf, headers=headers, method="PUT"))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> Any:
        """One call. Keep the key of a change and send it again when no answer came: it is done once."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept-Language": "en"}
        if method != "GET":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        data = json.dumps(body).encode() if body is not None else None
        return _answer(urllib.request.Request(f"{self.base}{path}", data=data, headers=headers, method=method))


def _answer(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=TIME_LIMIT) as answer:
            body = answer.read()
            return json.loads(body) if body else None
    except urllib.error.HTTPError as problem:
        raise Refusal(problem.code, problem.read().decode()) from problem


def is_genuine(secret: str, header: str, body: bytes, *, now: float) -> bool:
    """Whether the portal signed these bytes within the last five minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > LIFETIME:
        return False
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def listen(port: int, secret: str, *, most: int = 0) -> None:
    """Take events: answer 204 for a genuine one, 401 otherwise. The same event may come twice: its id tells.

    It ends after ``most`` of them, or never.
    """

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            genuine = is_genuine(secret, self.headers.get("Portage-Signature", ""), body, now=time.time())
            if genuine:
                show(json.loads(body))
            self.send_response(204 if genuine else 401)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", port), Hook)
    sys.stderr.write(f"Listening on http://127.0.0.1:{server.server_port}/\n")
    sys.stderr.flush()
    for _event in range(most) if most else itertools.count():
        server.handle_request()


def show(what: Any) -> None:
    sys.stdout.write(json.dumps(what, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Work with the Bond API.")
    parser.add_argument("--base", default=os.environ.get("BOND_API", "http://localhost:8000/api/v1"))
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list")
    filing = acts.add_parser("file")
    for name in ("account", "debtor", "number", "amount", "start"):
        filing.add_argument(f"--{name}", required=True)
    filing.add_argument("--share", nargs=2, action="append", metavar=("ACCOUNT", "AMOUNT"), default=[])
    tour = acts.add_parser("tour", help="a bond from its filing to its reinstatement")
    for name in ("account", "debtor", "number"):
        tour.add_argument(f"--{name}", required=True)
    tour.add_argument("--today", default=datetime.now(tz=UTC).date().isoformat(), help="the portal's business day")
    for act in ("show", "usage", "confirm", "reject", "amend", "end", "keep"):
        one = acts.add_parser(act)
        one.add_argument("bond", type=int)
        if act in ("reject", "end"):
            one.add_argument("--reason", default="Not renewed")
        if act == "end":
            one.add_argument("--on", required=True)
        if act == "amend":
            one.add_argument("--type", required=True, choices=TYPES)
            for name in ("amount", "debtor", "until"):
                one.add_argument(f"--{name}")
            one.add_argument("--share", nargs=2, action="append", metavar=("ACCOUNT", "AMOUNT"), default=[])
    copy = acts.add_parser("copy")
    copy.add_argument("bond", type=int)
    copy.add_argument("file")
    acts.add_parser("demands")
    for act, words in (("pay", "--reference"), ("rebut", "--text")):
        demand = acts.add_parser(act)
        demand.add_argument("demand", type=int)
        demand.add_argument(words, required=True)
    events = acts.add_parser("events")
    events.add_argument("--acknowledge", action="store_true")
    hook = acts.add_parser("listen")
    hook.add_argument("--port", type=int, default=9000)
    hook.add_argument("--most", type=int, default=0, help="end after so many events")
    return parser.parse_args(given)


def elements_of(asked: argparse.Namespace, *, amount: str, start: str) -> dict[str, Any]:
    """The elements of a written security agreement."""
    return {
        "agreement_number": asked.number,
        "program_account": asked.account,
        "debtor_name": asked.debtor,
        "program": "IMPORTATION_RPP",
        "legislative_authority": "AIG_FSR",
        "amount": amount,
        "validity_start": start,
    }


def _shares(given: list[list[str]]) -> dict[str, Any]:
    return {"allocations": [{"program_account": number, "amount": amount} for number, amount in given]} if given else {}


def _amendment(asked: argparse.Namespace, version: int) -> dict[str, Any]:
    body: dict[str, Any] = {"type": asked.type, "prior_version": version, **_shares(asked.share)}
    if asked.type == "EXTEND":
        return {**body, "validity_end": asked.until}
    return body | {name: value for name, value in (("amount", asked.amount), ("debtor_name", asked.debtor)) if value}


def tour(api: BondApi, asked: argparse.Namespace) -> dict[str, Any]:
    """Everything once: filed, raised, a stale change refused, notice given and taken back, its use, its events."""
    key = str(uuid.uuid4())
    elements = elements_of(asked, amount="25000.00", start=asked.today)
    bond = api.call("POST", "/bonds", elements, key=key)
    again = api.call("POST", "/bonds", elements, key=key)  # as after a lost connection: nothing happens twice
    one = f"/bonds/{bond['id']}"
    raised = api.call(
        "POST", f"{one}/amendments", {"type": "INCREASE", "amount": "30000.00", "prior_version": bond["version"]}
    )
    try:
        api.call(
            "POST", f"{one}/amendments", {"type": "INCREASE", "amount": "31000.00", "prior_version": bond["version"]}
        )
        stale = ""
    except Refusal as refusal:
        stale = refusal.code
    ends = date.fromisoformat(asked.today) + timedelta(days=NOTICE_DAYS)
    noticed = api.call("POST", f"{one}/termination", {"terminates_on": ends.isoformat(), "reason": "A tour"})
    kept = api.call("DELETE", f"{one}/termination")
    told = api.call("GET", "/bonds/events")["results"]
    return {
        "filed": bond["state"],
        "filed_once": again["id"] == bond["id"],
        "raised_to": raised["amount"],
        "stale_change": stale,
        "notice": noticed["terminates_on"],
        "reinstated": kept["state"],
        "usage": api.call("GET", f"{one}/usage"),
        "demands": api.call("GET", "/bonds/demands")["results"],
        "events": [event["type"] for event in told if event["data"]["bond"] == bond["id"]],
    }


def act(api: BondApi, asked: argparse.Namespace) -> Any:
    if asked.act == "list":
        return api.call("GET", "/bonds")
    if asked.act == "file":
        elements = elements_of(asked, amount=asked.amount, start=asked.start)
        return api.call("POST", "/bonds", {**elements, **_shares(asked.share)})
    if asked.act == "tour":
        return tour(api, asked)
    if asked.act == "events":
        told = api.call("GET", "/bonds/events")
        if asked.acknowledge and told["results"]:
            api.call("POST", "/bonds/events/acknowledgements", {"ids": [event["id"] for event in told["results"]]})
        return told
    if asked.act == "demands":
        return api.call("GET", "/bonds/demands")
    if asked.act == "pay":
        return api.call("POST", f"/bonds/demands/{asked.demand}/payment", {"reference": asked.reference})
    if asked.act == "rebut":
        return api.call("POST", f"/bonds/demands/{asked.demand}/rebuttal", {"text": asked.text})
    one = f"/bonds/{asked.bond}"
    match asked.act:
        case "show":
            return api.call("GET", one)
        case "usage":
            return api.call("GET", f"{one}/usage")
        case "confirm":
            return api.call("POST", f"{one}/confirmation")
        case "reject":
            return api.call("POST", f"{one}/rejection", {"reason": asked.reason})
        case "amend":
            version = api.call("GET", one)["version"]
            return api.call("POST", f"{one}/amendments", _amendment(asked, version))
        case "copy":
            with open(asked.file, "rb") as pdf:
                return api.hand_in(f"{one}/document", pdf.read())
        case "end":
            return api.call("POST", f"{one}/termination", {"terminates_on": asked.on, "reason": asked.reason})
    return api.call("DELETE", f"{one}/termination")


def main() -> int:
    asked = arguments()
    try:
        if asked.act == "listen":
            listen(asked.port, os.environ["BOND_SIGNING_SECRET"], most=asked.most)
            return 0
        show(act(BondApi(asked.base, os.environ["BOND_CLIENT_ID"], os.environ["BOND_CLIENT_SECRET"]), asked))
    except KeyError as missing:
        sys.stderr.write(f"Set {missing} first: see the README.\n")
        return 2
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

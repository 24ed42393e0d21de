"""A surety's software, worked through: token, bonds, events. Needs nothing but Python 3.11.

python bond_client.py list
    python bond_client.py file --account 123456782RM0001 --debtor Northlight --number KN-42 --amount 25000.00 ...
python bond_client.py confirm 17
python bond_client.py events --acknowledge
python bond_client.py listen --port 9000
"""

import argparse
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

LIFETIME = 300
TIME_LIMIT = 20


class Refusal(Exception):
    """What the API said, with its code."""


class BondApi:
    def __init__(self, base: str, client_id: str, secret: str) -> None:
        self.base = base.rstrip("/")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        request = urllib.request.Request(f"{self.base}/oauth/token", data=urllib.parse.urlencode(form).encode())
        self.token = str(_answer(request)["access_token"])

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
            return json.load(answer)
    except urllib.error.HTTPError as problem:
        raise Refusal(f"{problem.code} {problem.read().decode()}") from problem


def is_genuine(secret: str, header: str, body: bytes, *, now: float) -> bool:
    """Whether the portal signed these bytes within the last five minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > LIFETIME:
        return False
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def listen(port: int, secret: str) -> None:
    """Take events: answer 204 for a genuine one, 401 otherwise. The same event may come twice: its id tells."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            genuine = is_genuine(secret, self.headers.get("Portage-Signature", ""), body, now=time.time())
            if genuine:
                show(json.loads(body))
            self.send_response(204 if genuine else 401)
            self.end_headers()

    HTTPServer(("127.0.0.1", port), Hook).serve_forever()


def show(what: Any) -> None:
    sys.stdout.write(json.dumps(what, indent=2, ensure_ascii=False) + "\n")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Work with the Bond API.")
    parser.add_argument("--base", default=os.environ.get("BOND_API", "http://localhost:8000/api/v1"))
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list")
    filing = acts.add_parser("file")
    for name in ("account", "debtor", "number", "amount", "start"):
        filing.add_argument(f"--{name}", required=True)
    for act in ("show", "usage", "confirm", "reject", "amend", "end", "keep"):
        one = acts.add_parser(act)
        one.add_argument("bond", type=int)
        if act in ("reject", "end"):
            one.add_argument("--reason", default="Not renewed")
        if act == "end":
            one.add_argument("--on", required=True)
        if act == "amend":
            one.add_argument("--amount", required=True)
    acts.add_parser("demands")
    for act, words in (("pay", "--reference"), ("rebut", "--text")):
        demand = acts.add_parser(act)
        demand.add_argument("demand", type=int)
        demand.add_argument(words, required=True)
    events = acts.add_parser("events")
    events.add_argument("--acknowledge", action="store_true")
    hook = acts.add_parser("listen")
    hook.add_argument("--port", type=int, default=9000)
    return parser.parse_args(given)


def act(api: BondApi, asked: argparse.Namespace) -> Any:
    if asked.act == "list":
        return api.call("GET", "/bonds")
    if asked.act == "file":
        elements = {
            "agreement_number": asked.number,
            "program_account": asked.account,
            "debtor_name": asked.debtor,
            "program": "IMPORTATION_RPP",
            "legislative_authority": "AIG_FSR",
            "amount": asked.amount,
            "validity_start": asked.start,
        }
        return api.call("POST", "/bonds", elements)
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
            return api.call("POST", f"{one}/amendments", {"amount": asked.amount, "prior_version": version})
        case "end":
            return api.call("POST", f"{one}/termination", {"terminates_on": asked.on, "reason": asked.reason})
    return api.call("DELETE", f"{one}/termination")


def main() -> int:
    asked = arguments()
    try:
        if asked.act == "listen":
            listen(asked.port, os.environ["BOND_SIGNING_SECRET"])
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

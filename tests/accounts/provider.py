"""A stand-in for an identity provider that says whatever a test wants it to say, over real HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from django.http import HttpResponse
from django.test import Client

METHODS = ("gckey", "partner", "staff")


@dataclass
class StandIn:
    """``claims`` is what the next sign-in says; ``status`` other than 200 is an outage."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "subject-1"})
    status: int = 200
    token_status: int = 200
    person_status: int = 200

    def providers(self) -> dict[str, Any]:
        """The portal's settings with every provider being this one."""
        return {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": method,
                        "name": method,
                        "client_id": "portage",
                        "secret": "s" * 32,
                        "settings": {"server_url": f"{self.url}/.well-known/openid-configuration"},
                    }
                    for method in METHODS
                ],
            }
        }

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.status != 200:
            return self.status, {}
        if path.endswith("/openid-configuration"):
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
            }
        if path == "/token":
            now = int(time.time())
            identity = {"iss": self.url, "aud": "portage", "iat": now, "exp": now + 60, "sub": self.claims["sub"]}
            token = jwt.encode(identity, "k" * 32, algorithm="HS256")
            return self.token_status, {"access_token": "a", "token_type": "Bearer", "id_token": token}
        return self.person_status, self.claims

    def sign_in(self, client: Client, method: str = "gckey", *, language: str = "en", **fields: str) -> HttpResponse:
        """Through the provider and back, as far as the portal's next page."""
        leaving = client.post(f"/{language}/sign-in/oidc/{method}/login/", fields)
        assert leaving.status_code == 302, leaving.content
        state = parse_qs(urlsplit(leaving["Location"]).query)["state"][0]
        return client.get(f"/{language}/sign-in/oidc/{method}/login/callback/", {"code": "c", "state": state})  # type: ignore[return-value]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    provider = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = provider.answer(urlsplit(self.path).path)
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = _reply

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()

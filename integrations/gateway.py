"""Outside the portal's own rows: the OAuth2 provider that keeps secrets, and the addresses of sureties."""

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.utils.crypto import get_random_string, salted_hmac

TIME_LIMIT = 5.0


@dataclass(frozen=True)
class Answer:
    """How an address took an event; ``status`` None when it did not answer at all."""

    status: int | None
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def issue(*, name: str, scopes: list[str]) -> tuple[str, str]:
    """A new client that may only exchange its secret for tokens; the identifier and the secret, never told again."""
    client = Client(
        id=get_adapter().generate_client_id(),
        name=name[:100],
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS.value,
        response_types="",
    )
    client.set_scopes(scopes)
    client.set_default_scopes(scopes)
    secret = get_random_string(48)
    client.set_secret(secret)
    client.save(force_insert=True)
    return client.pk, secret


def rotate(client_id: str) -> str:
    """A new secret; the old one and every token got with it stop at once."""
    client = Client.objects.get(pk=client_id)
    secret = get_random_string(48)
    client.set_secret(secret)
    client.save(update_fields=("secret",))
    Token.objects.filter(client_id=client_id).delete()
    return secret


def revoke(client_id: str) -> None:
    Client.objects.filter(pk=client_id).delete()


def hook_secret(client_id: str) -> str:
    """What signs the events of one client: derived, so that no row holds it."""
    return salted_hmac("integrations.hook", client_id, algorithm="sha256").hexdigest()


def deliver(address: str, *, body: bytes, headers: dict[str, str]) -> Answer:
    """Post an event; redirects are not followed, and in production only public addresses are called.

    The name is looked up once and that very address is called, so that it cannot turn into another in between.
    """
    parts = urlsplit(address)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        found = socket.getaddrinfo(host, parts.port or (443 if is_tls else 80), type=socket.SOCK_STREAM)
        target = found[0][4]
        if settings.IS_PRODUCTION and not is_public_ip(str(target[0])):
            return Answer(None, "the address is not public")
        connection = http.client.HTTPConnection(host, timeout=TIME_LIMIT)
        plain = socket.create_connection((str(target[0]), int(target[1])), timeout=TIME_LIMIT)
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
        try:
            connection.request("POST", path, body=body, headers={**headers, "Host": parts.netloc})
            return Answer(connection.getresponse().status)
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as problem:
        return Answer(None, str(problem)[:300])


def is_public_ip(address: str) -> bool:
    """Whether an address lies outside private, local and reserved networks."""
    return ipaddress.ip_address(address).is_global

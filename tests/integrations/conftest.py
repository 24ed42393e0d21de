"""A surety's software with a token of its own, and what it files."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Business
from core.actor import system
from core.clock import wall_now
from integrations import services
from tests.security.conftest import moment

SYSTEM = system("tests")
ALL = ("bonds.read", "bonds.write", "events.read")


def issued(surety: Business, scopes: Sequence[str] = ALL) -> Any:
    return services.issue_client(
        surety_id=surety.pk,
        name="Policy system",
        scopes=scopes,
        actor=SYSTEM,
        at=moment(date(2026, 7, 22)),
        wall_at=wall_now(),
    )


def token_of(client: Any, secret: str) -> Any:
    return Client().post(
        "/api/v1/oauth/token",
        {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret},
    )


class Software:
    """A caller with a token of its own."""

    def __init__(self, surety: Business, scopes: Sequence[str] = ALL) -> None:
        self.client, self.secret = issued(surety, scopes)
        self.token = token_of(self.client, self.secret).json()["access_token"]
        self.count = 0

    def call(self, method: str, path: str, data: Any = None, *, key: str | None = None, language: str = "en") -> Any:
        body = json.dumps(data).encode() if data is not None else b""
        return self.send(method, path, body, key=key, language=language)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        kind: str = "application/json",
        key: str | None = None,
        language: str = "en",
    ) -> Any:
        self.count += 1
        return Client().generic(
            method,
            f"/api/v1/bonds{path}",
            body,
            content_type=kind,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key or f"k{self.count}",
                "Accept-Language": language,
            },
        )


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def software(cast: Any) -> Software:
    return Software(cast.keystone)


@pytest.fixture
def filing(cast: Any) -> dict[str, Any]:
    return {
        "agreement_number": "KN-77",
        "program_account": cast.account.number,
        "debtor_name": cast.northlight.legal_name,
        "program": "IMPORTATION_RPP",
        "legislative_authority": "AIG_FSR",
        "amount": "25000.00",
        "validity_start": "2026-07-22",
    }

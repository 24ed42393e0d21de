"""An authenticator app and a passkey in the tests' own hands, as the browser would bring their answers."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ORIGIN = "http://localhost:8000"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


def app_code(secret: str = APP_SECRET, *, at: datetime | None = None) -> str:
    """What the app shows at this moment of the wall clock, by the sign-in library's own arithmetic."""
    seconds = int(time.time() if at is None else at.timestamp())
    code: str = format_hotp_value(hotp_value(secret, seconds // 30))
    return code


def other_code(code: str) -> str:
    """Surely not this one, nor one of the periods beside it in any likelihood that a test would meet."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


@dataclass
class SoftPasskey:
    """A key pair that signs what a portal at ``origin`` asks."""

    origin: str = ORIGIN
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a registration."""
        public = ES256.from_cryptography_key(self.key.public_key())
        kept = AttestedCredentialData.create(Aaguid(b"\0" * 16), self.id, public)
        data = AuthenticatorData.create(
            self._relying_party(options["rp"]["id"]), PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT, 1, bytes(kept)
        )
        response = {"attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {})))}
        return self._answer("webauthn.create", options, response)

    def prove(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a sign-in."""
        data = bytes(AuthenticatorData.create(self._relying_party(options["rpId"]), PRESENT_AND_VERIFIED, 2))
        told = self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": None,
        }
        return self._answer("webauthn.get", options, response)

    def _answer(self, kind: str, options: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {**response, "clientDataJSON": websafe_encode(self._client_data(kind, options))},
        }

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    @staticmethod
    def _relying_party(name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()

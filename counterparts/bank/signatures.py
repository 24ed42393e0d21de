"""How the bank signs what it tells the portal. Only the standard library."""

import hashlib
import hmac

SIGNATURE_HEADER = "Bank-Signature"
TIMESTAMP_HEADER = "Bank-Timestamp"
TOLERANCE_SECONDS = 300


def signature_of(*, secret: str, timestamp: str, body: bytes) -> str:
    """``v1=`` and the HMAC-SHA256 of ``<timestamp>.<body>`` in hexadecimal."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_genuine(*, secret: str, timestamp: str, body: bytes, signature: str, at: float) -> bool:
    """Whether the body comes from the bank and not from long ago."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(at - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = signature_of(secret=secret, timestamp=timestamp, body=body)
    return hmac.compare_digest(expected.encode(), signature.encode())

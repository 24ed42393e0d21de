"""The portal's own signature (Ed25519) under files that leave it; its key is made at first use and kept."""

import os
from base64 import b64decode, b64encode
from binascii import Error
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def sign(message: bytes) -> str:
    return b64encode(_key().sign(message)).decode()


def public_key() -> str:
    """The key that others check with, 32 bytes in base64."""
    return b64encode(_key().public_key().public_bytes_raw()).decode()


def is_signed(message: bytes, signature: str, *, key: str) -> bool:
    """Whether the signature is the key's over the message; False too for what is no key or no signature at all."""
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(key, validate=True)).verify(
            b64decode(signature, validate=True), message
        )
    except (InvalidSignature, Error, ValueError):
        return False
    return True


def _key() -> Ed25519PrivateKey:
    path = Path(settings.SIGNING_KEY_FILE)
    if not path.exists():
        _make(path)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def _make(path: Path) -> None:
    """Appears under its name whole and for its owner alone; where two make one at once, the first one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{token_hex(8)}")
    made = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()

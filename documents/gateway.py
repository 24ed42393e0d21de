"""Where the bytes of stored files lie, and the scanner that looks for viruses."""

import hashlib
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

#: The industry's test text, which every scanner calls a virus; in two pieces, so that no scanner calls this file one.
_TEST_VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def key_of(public_id: UUID) -> str:
    """Where a file lies under the documents' own folder: never its name, so that no name can lead anywhere."""
    return f"{public_id.hex[:2]}/{public_id.hex}"


def keep(public_id: UUID, content: bytes) -> None:
    default_storage.save(key_of(public_id), ContentFile(content))


def content_of(public_id: UUID) -> bytes | None:
    """The bytes; ``None`` where they are gone."""
    try:
        with default_storage.open(key_of(public_id)) as kept:
            return bytes(kept.read())
    except FileNotFoundError:
        return None


def forget(public_id: UUID) -> None:
    default_storage.delete(key_of(public_id))


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def has_virus(content: bytes) -> bool:
    """The simulated scanner: it knows the one virus that does no harm."""
    return _TEST_VIRUS in content

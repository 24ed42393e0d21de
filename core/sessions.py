"""Sessions whose keys cannot be read in the database: a row is found by the hash of what the browser holds."""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

#: Hexadecimal digits kept of the hash, as many as Django's column has room for: 160 bits.
KEPT = 40


def hash_of(key: str) -> str:
    """What stands in the database for a session's key; the key itself has more chance in it than the hash keeps."""
    return hashlib.sha256(key.encode()).hexdigest()[:KEPT]


class SessionStore(DatabaseStore):
    """Django's database sessions behind a hash. The pages are synchronous, so its asynchronous half is not here."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        found = self.model.objects.filter(
            session_key=hash_of(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(hash_of(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        row = super().create_model_instance(data)
        row.session_key = hash_of(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            super().delete(hash_of(key))

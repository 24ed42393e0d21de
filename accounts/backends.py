"""Who stands behind a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts import queries
from accounts.models import User


class PersonBackend(AuthenticationBackend):
    """Loads the person together with the number on the bell, which every page shows."""

    def get_user(self, user_id: Any) -> User | None:
        user = queries.signed_in_person(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

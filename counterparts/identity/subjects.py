"""Who a person is to the portal: a pairwise subject that can be computed without the provider running.

Nothing but the standard library is imported here, so that whoever makes a demo world may use it.
"""

import hashlib
import hmac


def subject_of(*, secret: str, identity: str, username: str) -> str:
    """The ``sub`` claim of one credential of one provider; it tells the portal nothing about the user name."""
    message = f"{identity}:{username.strip().lower()}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()[:32]

"""What a rule or a service says when it will not do something: always a sentence that tells what to do next."""

from typing import Any


class DomainError(Exception):
    """A refusal in the person's language.

    ``code`` is stable and machine-readable, ``field`` names the form or API field at fault, ``link`` is the way out.
    """

    status = 400

    def __init__(self, message: Any, *, code: str, field: str | None = None, link: str | None = None) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
        self.field = field
        self.link = link

    def __str__(self) -> str:
        return str(self.message)


class Refused(DomainError):
    """The person is known here but may not do this."""

    status = 403


class Stranger(DomainError):
    """The object does not exist for this person; answered 404, so that existence never leaks."""

    status = 404


class Conflict(DomainError):
    """Somebody, or the same request, was there first."""

    status = 409


class Unavailable(DomainError):
    """A counterpart outside the portal does not answer now; nothing was lost."""

    status = 503

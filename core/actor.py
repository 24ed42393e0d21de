"""Who acts: a person, software, the system itself or an officer, on behalf of which business, through which door."""

from dataclasses import dataclass, replace
from enum import StrEnum


class ActorKind(StrEnum):
    PERSON = "person"
    SOFTWARE = "software"
    SYSTEM = "system"
    OFFICER = "officer"


class Channel(StrEnum):
    PAGE = "page"
    API = "api"
    ADMIN = "admin"
    JOB = "job"
    CONSOLE = "console"


@dataclass(frozen=True)
class Actor:
    """Passed to every service. ``business_id`` is the business the actor belongs to while acting (a broker's own)."""

    kind: ActorKind
    user_id: int | None = None
    client_id: str = ""
    business_id: int | None = None
    channel: Channel = Channel.PAGE
    request_id: str = ""
    name: str = ""

    def acting_for(self, business_id: int | None) -> "Actor":
        return replace(self, business_id=business_id)


def system(name: str, *, channel: Channel = Channel.JOB) -> Actor:
    """The portal itself, as it acts in a job or at the console."""
    return Actor(kind=ActorKind.SYSTEM, channel=channel, name=name)

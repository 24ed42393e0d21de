"""Reading credentials."""

import datetime as dt
import hashlib

from counterparts.identity import rules
from counterparts.identity.models import Credential, FailedAttempts


def credential_named(username: str) -> Credential | None:
    return Credential.objects.filter(username=rules.normal_username(username)).first()


def active_credential_with_subject(subject: str) -> Credential | None:
    return Credential.objects.filter(subject=subject, state=Credential.State.ACTIVE).first()


def minutes_of_pause(key: str, *, at: dt.datetime) -> int:
    """Minutes left of the pause after too many failures; 0 when there is none."""
    row = FailedAttempts.objects.filter(key=key, paused_until__gt=at).first()
    return rules.minutes_left(row.paused_until, at) if row and row.paused_until else 0


def questions_asked_of(username: str, bank: str) -> list[str]:
    """The person's recovery questions; for a user name nobody has, three that stay the same each time."""
    credential = credential_named(username)
    if credential is not None and credential.bank == bank:
        chosen = list(credential.questions.values_list("question", flat=True))
        if chosen:
            return chosen
    seed = hashlib.sha256(rules.normal_username(username).encode()).digest()
    order = sorted(rules.QUESTIONS, key=lambda question: hashlib.sha256(seed + question.encode()).digest())
    return order[: rules.QUESTIONS_ASKED]

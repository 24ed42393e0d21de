"""Creating, opening and recovering credentials, and telling the provider about the portal."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from counterparts.identity import rules
from counterparts.identity.models import Credential, FailedAttempts, RecoveryQuestion
from counterparts.identity.queries import credential_named, minutes_of_pause
from counterparts.identity.seats import PRACTICE_ANSWER, PRACTICE_PASSWORD, seats_of
from counterparts.identity.subjects import subject_of

CLIENT_ID = "portage"
CALLBACKS = (
    "/{language}/sign-in/oidc/{identity}/login/callback/",
    "/{language}/accounts/oidc/{identity}/login/callback/",
)


class Problem(StrEnum):
    UNKNOWN = "unknown"
    PAUSED = "paused"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Outcome:
    """The credential that may pass, or the one reason it may not."""

    credential: Credential | None = None
    problem: Problem | None = None
    minutes: int = 0


class UsernameTaken(Exception):
    """Somebody has this user name already."""


def check_sign_in(*, username: str, password: str, bank: str, at: dt.datetime) -> Outcome:
    """Whether this person may sign in; the state of a credential is told only to whoever knows its password."""
    key = f"sign-in:{rules.normal_username(username)[:40]}"
    if minutes := minutes_of_pause(key, at=at):
        return Outcome(problem=Problem.PAUSED, minutes=minutes)
    credential = credential_named(username)
    if credential is None or credential.bank != bank:
        make_password(password)  # as slow as a real check, so that time tells nothing
        return _failure(key, at=at)
    if not credential.check_password(password):
        return _failure(key, at=at)
    FailedAttempts.objects.filter(key=key).delete()
    if credential.state == Credential.State.REVOKED:
        return Outcome(problem=Problem.REVOKED)
    if credential.state == Credential.State.EXPIRED:
        return Outcome(problem=Problem.EXPIRED)
    return Outcome(credential=credential)


def open_credential(
    *, username: str, password: str, bank: str, answers: Sequence[tuple[str, str]], at: dt.datetime
) -> Credential:
    """A new credential with its recovery questions, all of it or nothing."""
    username = rules.normal_username(username)
    try:
        with transaction.atomic():
            credential = Credential.objects.create(
                username=username,
                subject=_subject(username),
                bank=bank,
                password=make_password(password),
                created_at=at,
            )
            _write_questions(credential, [(question, _hashed_answer(answer)) for question, answer in answers])
    except IntegrityError as error:
        raise UsernameTaken from error
    return credential


def recover_password(
    *, username: str, bank: str, answers: Sequence[tuple[str, str]], password: str, at: dt.datetime
) -> Outcome:
    """A new password for whoever answers all the questions."""
    key = f"recover:{rules.normal_username(username)[:40]}"
    if minutes := minutes_of_pause(key, at=at):
        return Outcome(problem=Problem.PAUSED, minutes=minutes)
    credential = credential_named(username)
    if credential is None or credential.bank != bank:
        return _failure(key, at=at)
    given = dict(answers)
    kept = list(credential.questions.all())
    right = [check_password(rules.normal_answer(given.get(row.question, "")), row.answer) for row in kept]
    if not kept or not all(right):
        return _failure(key, at=at)
    with transaction.atomic():
        credential.set_password(password)
        credential.save(update_fields=["password"])
        FailedAttempts.objects.filter(key__in=[key, f"sign-in:{credential.username[:40]}"]).delete()
    return Outcome(credential=credential)


def set_state(*, username: str, state: str) -> bool:
    """Revokes, expires or restores a credential; False when nobody has that user name."""
    return bool(Credential.objects.filter(username=rules.normal_username(username)).update(state=state))


def register_portal() -> Client:
    """The portal as this provider's only client, written anew at each start because ports move."""
    languages = ["", *(f"/{code}" for code, _name in settings.LANGUAGES)]
    paths = [
        callback.replace("/{language}", language).format(identity=settings.IDENTITY)
        for callback in CALLBACKS
        for language in languages
    ]
    client = Client.objects.filter(id=CLIENT_ID).first() or Client(id=CLIENT_ID)
    client.name = "Portage"
    client.type = Client.Type.CONFIDENTIAL
    client.skip_consent = True
    client.set_scopes(["openid", "profile", "email"])
    client.set_default_scopes(["openid"])
    client.set_response_types(["code"])
    client.grant_types = Client.GrantType.AUTHORIZATION_CODE
    client.set_redirect_uris([settings.PORTAL_URL + path for path in paths])
    client.set_post_logout_redirect_uris(
        [settings.PORTAL_URL + path for path in ("/", "/en/", "/fr/", "/en/signed-out/", "/fr/signed-out/")]
    )
    client.set_secret(settings.COUNTERPART_SECRET)
    client.save()
    return client


def seed_seats(*, at: dt.datetime, reset: bool = False) -> int:
    """The practice people; those who are there keep their password unless everything is reset. Returns the new ones."""
    # One hash for all: the practice password is printed on the page, and hashing it for each costs seconds.
    password = make_password(PRACTICE_PASSWORD)
    answer = _hashed_answer(PRACTICE_ANSWER)
    created = 0
    with transaction.atomic():
        for credential in Credential.objects.all():
            if credential.subject != (subject := _subject(credential.username)):
                credential.subject = subject
                credential.save(update_fields=["subject"])
        for seat in seats_of(settings.IDENTITY):
            fixed = {
                "bank": seat.bank,
                "first_name": seat.first_name,
                "last_name": seat.last_name,
                "email": seat.email,
                "roles": list(seat.roles),
            }
            first = {**fixed, "subject": _subject(seat.username), "password": password, "state": seat.state}
            credential, is_new = Credential.objects.update_or_create(
                username=seat.username,
                defaults=first if reset else fixed,
                create_defaults={**first, "created_at": at},
            )
            created += is_new
            if (is_new or reset) and settings.IDENTITY != "staff":
                credential.questions.all().delete()
                _write_questions(credential, [(name, answer) for name in rules.QUESTIONS[: rules.QUESTIONS_ASKED]])
        if reset:
            FailedAttempts.objects.all().delete()
    return created


def _subject(username: str) -> str:
    return subject_of(secret=settings.COUNTERPART_SECRET, identity=settings.IDENTITY, username=username)


def _hashed_answer(answer: str) -> str:
    return make_password(rules.normal_answer(answer))


def _write_questions(credential: Credential, hashed: Sequence[tuple[str, str]]) -> None:
    RecoveryQuestion.objects.bulk_create(
        RecoveryQuestion(credential=credential, position=position, question=question, answer=answer)
        for position, (question, answer) in enumerate(hashed, start=1)
    )


def _failure(key: str, *, at: dt.datetime) -> Outcome:
    """One more failure; the fifth begins a pause, and an old pause begins a new count."""
    with transaction.atomic():
        row, _is_new = FailedAttempts.objects.select_for_update().get_or_create(key=key)
        if row.paused_until is not None and row.paused_until <= at:
            row.failures, row.paused_until = 0, None
        row.failures += 1
        row.paused_until = rules.paused_until(row.failures, at)
        row.save()
    if row.paused_until is not None:
        return Outcome(problem=Problem.PAUSED, minutes=rules.minutes_left(row.paused_until, at))
    return Outcome(problem=Problem.UNKNOWN)

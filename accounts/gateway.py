"""The only place below the entry points that knows how the sign-in library keeps credentials, addresses and factors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

_APP, _PASSKEY, _RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


@dataclass(frozen=True)
class Factor:
    """An authenticator app, a passkey or a security key, by the name its owner gave it."""

    id: int
    is_app: bool
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class RecoveryState:
    """How many recovery codes are left, and whether they were shown already, which happens once."""

    left: int
    made_at: datetime
    are_shown: bool


@dataclass(frozen=True)
class Factors:
    """What stands between a person's password and being signed in, besides the e-mailed code."""

    app: Factor | None = None
    passkeys: tuple[Factor, ...] = ()
    recovery: RecoveryState | None = None

    @property
    def are_enrolled(self) -> bool:
        return self.app is not None or bool(self.passkeys)

    @property
    def recovery_left(self) -> int:
        return self.recovery.left if self.recovery else 0

    @property
    def all(self) -> tuple[Factor, ...]:
        return ((self.app,) if self.app else ()) + self.passkeys


def has_verified_email(user_id: int) -> bool:
    return EmailAddress.objects.filter(user_id=user_id, verified=True).exists()


def users_with_verified(email: str) -> list[int]:
    """Everybody who has proven this address; it may be shared."""
    return list(EmailAddress.objects.filter(email__iexact=email, verified=True).values_list("user_id", flat=True))


def set_email(user_id: int, email: str, *, is_verified: bool) -> None:
    """The one address to which this person's sign-in codes go."""
    EmailAddress.objects.filter(user_id=user_id).delete()
    EmailAddress.objects.create(user_id=user_id, email=email, primary=True, verified=is_verified)


def remember_credential(user_id: int, *, method: str, subject: str) -> None:
    SocialAccount.objects.get_or_create(provider=method, uid=subject, defaults={"user_id": user_id})


def user_id_of(*, method: str, subject: str) -> int | None:
    return SocialAccount.objects.filter(provider=method, uid=subject).values_list("user_id", flat=True).first()


def forget_second_factor(user_id: int) -> None:
    """The next sign-in enrols an address again."""
    EmailAddress.objects.filter(user_id=user_id).delete()
    Authenticator.objects.filter(user_id=user_id).delete()


# --- Second factors ---------------------------------------------------------------------------------------------------
def factors_of(user_id: int) -> Factors:
    """Everything enrolled, in one statement."""
    rows = list(Authenticator.objects.filter(user_id=user_id).order_by("id"))
    apps = [_factor(row) for row in rows if row.type == _APP]
    passkeys = tuple(_factor(row) for row in rows if row.type == _PASSKEY)
    recovery = next((_recovery(row) for row in rows if row.type == _RECOVERY), None)
    return Factors(app=apps[0] if apps else None, passkeys=passkeys, recovery=recovery)


def is_factor_enrolled(user_id: int) -> bool:
    return Authenticator.objects.filter(user_id=user_id, type__in=(_APP, _PASSKEY)).exists()


def sealed(text: str) -> str:
    """The text as it may stand in the database."""
    sealed_text: str = get_adapter().encrypt(text)
    return sealed_text


def unsealed(text: str) -> str:
    plain: str = get_adapter().decrypt(text)
    return plain


def new_secret() -> str:
    """A fresh key for an authenticator app, in the letters and digits that such an app takes."""
    secret: str = generate_totp_secret()
    return secret


def app_counter(secret: str, code: str, counters: Iterable[int]) -> int | None:
    """The period whose code this is; none of them when the code is wrong."""
    for counter in counters:
        if constant_time_compare(format_hotp_value(hotp_value(secret, counter)), code):
            return counter
    return None


def add_app(user_id: int, *, secret: str, name: str, counter: int) -> Factor:
    """The one authenticator app of this person, in place of an earlier one; the code that enrolled it is used up."""
    Authenticator.objects.filter(user_id=user_id, type=_APP).delete()
    data = {"secret": sealed(secret), "name": name, "last_counter": counter}
    return _factor(Authenticator.objects.create(user_id=user_id, type=_APP, data=data))


def take_app_code(user_id: int, code: str, counters: Iterable[int], *, wall_at: datetime) -> bool:
    """Whether the app shows this code now; each period's code is taken once, whoever saw it being typed."""
    row = Authenticator.objects.select_for_update().filter(user_id=user_id, type=_APP).first()
    if row is None:
        return False
    fresh = [counter for counter in counters if counter > row.data.get("last_counter", -1)]
    counter = app_counter(unsealed(row.data["secret"]), code, fresh)
    if counter is None:
        return False
    row.data["last_counter"] = counter
    row.last_used_at = wall_at
    row.save(update_fields=("data", "last_used_at"))
    return True


def begin_passkey(user: Any) -> dict[str, Any]:
    """What the browser asks a new passkey; the answer must fit this very browser's session."""
    options: dict[str, Any] = webauthn.begin_registration(user, False)
    return options


def add_passkey(user_id: int, *, name: str, credential: dict[str, Any]) -> Factor | None:
    """Keep a passkey; nothing when the answer doesn't fit the question, or comes too late."""
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except (ValidationError, ValueError, TypeError, KeyError):
        return None
    data = {"name": name, "credential": credential}
    return _factor(Authenticator.objects.create(user_id=user_id, type=_PASSKEY, data=data))


def begin_passkey_proof(user: Any) -> dict[str, Any]:
    """What the browser asks the person's passkeys."""
    options: dict[str, Any] = webauthn.begin_authentication(user)
    return options


def take_passkey_proof(user: Any, credential: dict[str, Any], *, wall_at: datetime) -> bool:
    """Whether one of the person's passkeys signed the question of this browser's session."""
    try:
        webauthn.parse_authentication_response(credential)
        row = webauthn.complete_authentication(user, credential)
    except (ValidationError, ValueError, TypeError, KeyError):
        return False
    row.last_used_at = wall_at
    row.save(update_fields=("last_used_at",))
    return True


def rename_factor(user_id: int, factor_id: int, name: str) -> Factor | None:
    row = _app_or_passkey(user_id, factor_id)
    if row is None:
        return None
    before = _factor(row)
    row.data["name"] = name
    row.save(update_fields=("data",))
    return before


def remove_factor(user_id: int, factor_id: int) -> Factor | None:
    """What was removed; with the last one the recovery codes go too, since they stand in for something."""
    row = _app_or_passkey(user_id, factor_id)
    if row is None:
        return None
    removed = _factor(row)
    row.delete()
    if not is_factor_enrolled(user_id):
        Authenticator.objects.filter(user_id=user_id).delete()
    return removed


def make_recovery_codes(user_id: int) -> None:
    """A fresh set; codes of an earlier one are worth nothing from here on."""
    Authenticator.objects.filter(user_id=user_id, type=_RECOVERY).delete()
    data = {"seed": sealed(RecoveryCodes.generate_seed()), "used_mask": 0}
    Authenticator.objects.create(user_id=user_id, type=_RECOVERY, data=data)


def show_recovery_codes(user_id: int, *, wall_at: datetime) -> list[str]:
    """The unused codes, once for each set; nothing the second time."""
    row = Authenticator.objects.select_for_update().filter(user_id=user_id, type=_RECOVERY).first()
    if row is None or row.data.get("viewed_at"):
        return []
    row.data["viewed_at"] = wall_at.timestamp()
    row.save(update_fields=("data",))
    codes: list[str] = RecoveryCodes(row).get_unused_codes()
    return codes


def take_recovery_code(user_id: int, code: str, *, wall_at: datetime) -> bool:
    """Whether this was one of the unused codes; then it is used."""
    row = Authenticator.objects.filter(user_id=user_id, type=_RECOVERY).first()
    if row is None:
        return False
    codes = RecoveryCodes(row)
    if not codes.validate_code(code):
        return False
    codes.instance.last_used_at = wall_at
    codes.instance.save(update_fields=("last_used_at",))
    return True


def _app_or_passkey(user_id: int, factor_id: int) -> Authenticator | None:
    rows = Authenticator.objects.select_for_update().filter(user_id=user_id, type__in=(_APP, _PASSKEY))
    row: Authenticator | None = rows.filter(pk=factor_id).first()
    return row


def _factor(row: Authenticator) -> Factor:
    return Factor(
        id=row.pk,
        is_app=row.type == _APP,
        name=row.data.get("name", ""),
        added_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def _recovery(row: Authenticator) -> RecoveryState:
    left = len(RecoveryCodes(row).get_unused_codes())
    return RecoveryState(left=left, made_at=row.created_at, are_shown=bool(row.data.get("viewed_at")))

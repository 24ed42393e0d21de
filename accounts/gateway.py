"""The only place below the entry points that knows how the sign-in library stores credentials and addresses."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount


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

"""What a person is told by e-mail when something about their second factor changes, always in their own language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import outbox

CATEGORY = "second_factor"


@dataclass(frozen=True)
class Letter:
    """``text`` may name the authenticator as ``%(name)s``; ``advice`` is for whoever did not do this."""

    subject: Any
    text: Any
    advice: Any


_LOOK = _(
    "It was not you? Remove what you do not know under Sign-in and security, sign out the other browsers there, and "
    "change the password at your provider."
)
_ASK = _("You did not ask for this? Contact the help desk at once, and change the password at your provider.")

APP_ADDED = Letter(
    _("An authenticator app was added to your sign-in"),
    _(
        "The authenticator app “%(name)s” was added. From now on your sign-in asks for its code, and no code is "
        "e-mailed."
    ),
    _LOOK,
)
APP_REMOVED = Letter(
    _("An authenticator app was removed from your sign-in"),
    _("The authenticator app “%(name)s” was removed and can no longer be used to sign in."),
    _LOOK,
)
PASSKEY_ADDED = Letter(
    _("A passkey was added to your sign-in"),
    _("The passkey “%(name)s” was added. From now on your sign-in asks for it, and no code is e-mailed."),
    _LOOK,
)
PASSKEY_REMOVED = Letter(
    _("A passkey was removed from your sign-in"),
    _("The passkey “%(name)s” was removed and can no longer be used to sign in."),
    _LOOK,
)
CODES_MADE = Letter(
    _("New recovery codes were made"),
    _("New recovery codes were made for your sign-in. Codes from an earlier list no longer work."),
    _LOOK,
)
STARTED_OVER = Letter(
    _("Your second factor is being set up anew"),
    _("The address for your codes and every authenticator were given up. The next sign-in asks for a new address."),
    _ASK,
)
RESET = Letter(
    _("An officer reset your second factor"),
    _(
        "An officer removed the address for your codes, every authenticator and all recovery codes, and signed you out "
        "everywhere. Your next sign-in asks for an address for codes, as the first one did."
    ),
    _ASK,
)
EMERGENCY_ISSUED = Letter(
    _("An officer issued an emergency code for your sign-in"),
    _(
        "The code was given to whoever asked for it in your name. It works once, for 24 hours, instead of your second "
        "factor."
    ),
    _ASK,
)
EMERGENCY_USED = Letter(
    _("An emergency code was used to sign in"),
    _(
        "Somebody signed in as you with the emergency code that an officer issued, and must now set up the second "
        "factor anew."
    ),
    _ASK,
)


def write(user: User, letter: Letter, *, name: str = "", at: datetime) -> None:
    """To the address that receives codes and, where it is another, to the contact e-mail: one of them may be lost."""
    with translation.override(user.language):
        words = {
            "person": user,
            "text": str(letter.text) % {"name": name} if name else str(letter.text),
            "advice": letter.advice,
            "link": settings.PORTAL_URL + reverse("accounts:security"),
        }
        subject, body = f"[Portage] {letter.subject}", render_to_string("email/second_factor.txt", words)
    for address in {address.lower(): address for address in (user.email, user.contact_email) if address}.values():
        outbox.send(
            to=address,
            language=user.language,
            subject=subject,
            body=body,
            category=CATEGORY,
            user_id=user.pk,
            at=at,
        )

"""What a signer of an access declares, by date. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class DeclarationText:
    """What a signer declares, from a day on; an old signature keeps the text it was made under."""

    since: date
    by_client: Any
    by_provider: Any


#: The dated texts, oldest first. Ours: the agency's wording is not public (assumed).
DECLARATION_TEXTS = (
    DeclarationText(
        date(2024, 10, 21),
        by_client=_(
            "I declare that I may sign for this business, that I read what this access lets the service provider see "
            "and do, and that the business answers for what is declared in its name."
        ),
        by_provider=_(
            "I declare that I may sign for this service provider, and that it will use this access only to act for "
            "the client, as the client chose."
        ),
    ),
)


def declaration_text(on: date) -> DeclarationText:
    """The text in force on a day; before the first one, the first."""
    return next((text for text in reversed(DECLARATION_TEXTS) if text.since <= on), DECLARATION_TEXTS[0])


@dataclass(frozen=True)
class SignedAs:
    """A signature as it was typed: name, title in the business, and the tick under the declaration."""

    name: str
    title: str
    is_declared: bool


def signature_problem(signed: SignedAs | None, *, is_person: bool) -> str | None:
    """Why a grant is not signed, as a code. People sign; the portal itself and officers need not (assumed)."""
    if signed is None:
        return "unsigned" if is_person else None
    if not signed.name.strip():
        return "no_name"
    if not signed.title.strip():
        return "no_title"
    return None if signed.is_declared else "not_declared"

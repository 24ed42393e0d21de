"""What importer and filer are told at each step of a declaration's life."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import format as formats
from declarations.models import Declaration, DeclarationVersion
from declarations.services.parts import CATEGORY
from delegation import services as delegations


def tell_of_acceptance(declaration: Declaration, version: DeclarationVersion, *, at: datetime) -> None:
    """Both sides learn that a version was accepted, whoever of them filed it."""
    words = {
        "filer": version.submitter.legal_name,
        "number": declaration.number,
        "vendor": declaration.vendor,
    }
    is_original = version.kind == DeclarationVersion.Kind.ORIGINAL

    def subject() -> str:
        text = (
            _("%(filer)s filed declaration %(number)s")
            if is_original
            else _("%(filer)s corrected declaration %(number)s")
        )
        return text % words

    def body() -> str:
        language = get_language() or "en"
        return _("Goods of %(vendor)s: %(total)s duties and taxes in all, payment due %(day)s.") % {
            **words,
            "total": formats.money(declaration.total, language),
            "day": formats.weekday_day(declaration.payment_due_on, language),
        }

    _tell(declaration, subject, body, at=at)


def tell_of_readiness(declaration: Declaration, *, at: datetime) -> None:
    """A C-type declaration waits for its payment at the port."""
    _tell(
        declaration,
        lambda: _("Declaration %(number)s is ready for the port") % {"number": declaration.number},
        lambda: (
            _("Bring two printed copies to office %(office)s and pay %(total)s there; then the goods are released.")
            % {"office": declaration.office, "total": formats.money(declaration.total, get_language() or "en")}
        ),
        at=at,
    )


def tell_of_payment(declaration: Declaration, *, at: datetime) -> None:
    """What was paid at the counter is released."""
    _tell(
        declaration,
        lambda: _("Goods released: declaration %(number)s was paid at the port") % {"number": declaration.number},
        lambda: (
            _("%(total)s was paid at the counter.")
            % {"total": formats.money(declaration.total, get_language() or "en")}
        ),
        at=at,
    )


def tell_of_rejection(declaration: Declaration, reason: str, *, at: datetime) -> None:
    """A submission that did not pass; nothing of it was written, the draft stays."""
    _tell(
        declaration,
        lambda: _("Declaration %(number)s was rejected") % {"number": declaration.number},
        lambda: _("%(reason)s Nothing was posted; change the draft and submit it again.") % {"reason": reason},
        at=at,
    )


def _tell(declaration: Declaration, subject: Callable[[], str], body: Callable[[], str], *, at: datetime) -> None:
    account = declaration.program_account
    for business_id in sorted({account.business_id, declaration.submitter_id}):
        delegations.notify_business(
            business_id=business_id,
            subject=subject,
            body=body,
            category=CATEGORY,
            link=partial(reverse, "declarations:detail", args=(account.number, declaration.number)),
            program_account_id=account.pk,
            at=at,
        )

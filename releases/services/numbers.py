"""The numbers of releases: one series under each filer's account security number."""

from django.db.models import F

from accounts.models import Business
from releases.models import NumberSeries
from releases.rules import CTYPE_PREFIX, ReleaseKind, filer_number, transaction_number

#: The series from which importers that file for themselves get their account security number.
FILERS = "ASEC"


def next_number(kind: ReleaseKind, submitter: Business) -> str:
    prefix = CTYPE_PREFIX if kind == ReleaseKind.CTYPE else account_security_number(submitter.pk)
    return transaction_number(prefix, _next(prefix))


def next_transaction_number(submitter_id: int) -> str:
    """A number for a declaration that has no release of its own; inside a transaction."""
    prefix = account_security_number(submitter_id)
    return transaction_number(prefix, _next(prefix))


def _next(prefix: str) -> int:
    """The next of a series; the update holds its row until the end of the transaction, so that no two are alike."""
    NumberSeries.objects.get_or_create(prefix=prefix)
    NumberSeries.objects.filter(prefix=prefix).update(last=F("last") + 1)
    return NumberSeries.objects.get(prefix=prefix).last


def account_security_number(submitter_id: int) -> str:
    """The filer's account security number; an importer that files for itself gets one with its first request."""
    submitter = Business.objects.select_for_update().get(pk=submitter_id)
    if submitter.account_security_number is None:
        number = filer_number(_next(FILERS))
        while Business.objects.filter(account_security_number=number).exists():
            number = filer_number(_next(FILERS))
        submitter.account_security_number = number
        submitter.save(update_fields=("account_security_number",))
    return submitter.account_security_number

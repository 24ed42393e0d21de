"""Filters of the transaction history that people keep for themselves."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import DomainError
from statements import queries
from statements.models import SavedFilter

MOST_FILTERS = 20


def save_filter(*, user_id: int, program_account_id: int, name: str, query: str, at: datetime) -> SavedFilter:
    """Keep a filter under a name; the same name again replaces what it stood for. ``DomainError`` beyond twenty."""
    with transaction.atomic():
        there = queries.saved_filters(user_id, program_account_id)
        if there.exclude(name=name).count() >= MOST_FILTERS:
            raise DomainError(
                _("You keep %(count)d filters already. Delete one first, then save this one.")
                % {"count": MOST_FILTERS},
                code="too_many_filters",
                field="name",
            )
        row, _is_new = SavedFilter.objects.update_or_create(
            user_id=user_id,
            program_account_id=program_account_id,
            name=name,
            defaults={"query": query, "saved_at": at},
        )
    return row


def delete_filter(*, user_id: int, program_account_id: int, pk: int) -> None:
    """Forget one of the person's own filters; deleted twice, it is gone once."""
    queries.saved_filters(user_id, program_account_id).filter(pk=pk).delete()

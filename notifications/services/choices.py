"""Which e-mail copies a person wants, topic by topic."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from core import audit
from core.actor import Actor
from notifications import queries
from notifications.models import EmailChoice
from notifications.rules import How, Topic


def choose_copies(*, user_id: int, chosen: Mapping[Topic, How], actor: Actor, at: datetime) -> None:
    """Keep what the person chose; what was told before stays as it was sent or waits for its summary."""
    with transaction.atomic():
        before = queries.choices_of([user_id]).get(user_id, {})
        EmailChoice.objects.bulk_create(
            [EmailChoice(user_id=user_id, topic=topic.value, how=how.value) for topic, how in chosen.items()],
            update_conflicts=True,
            unique_fields=["user", "topic"],
            update_fields=["how"],
        )
        audit.record(
            actor=actor,
            verb="person.email_copies_chosen",
            target=f"accounts.User:{user_id}",
            before=before,
            after={topic.value: how.value for topic, how in chosen.items()},
            at=at,
        )

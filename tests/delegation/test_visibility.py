"""The visibility as a rule and as a condition of the database never disagree, whatever was granted."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import audit
from core.actor import system
from core.models import AuditEvent
from delegation import queries, rules
from delegation.rules import FULL, Visibility
from tests.builders import World

IDS = st.integers(1, 6)
GRANTS = st.builds(
    lambda provider, client, sees_client, sees_others: rules.visibility_of(
        provider_id=provider, client_id=client, sees_client=sees_client, sees_others=sees_others
    ),
    IDS,
    IDS,
    st.booleans(),
    st.booleans(),
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GRANTS | st.just(FULL), st.lists(IDS | st.none(), max_size=12))
def test_the_rule_and_the_query_show_the_same_rows(
    world: World, visibility: Visibility, submitters: list[int | None]
) -> None:
    """Any nullable column will do; the audit trail has one that stands on no other table."""
    with transaction.atomic():
        known = [
            audit.record(actor=system("test").acting_for(submitter), verb="visibility.tried", at=world.at)
            for submitter in submitters
        ]
        rows = AuditEvent.objects.filter(pk__in=[row.pk for row in known])
        seen = set(rows.filter(queries.seen(visibility, field="actor_business_id")).values_list("pk", flat=True))
        assert seen == {row.pk for row in known if visibility.shows(row.actor_business_id)}
        transaction.set_rollback(True)

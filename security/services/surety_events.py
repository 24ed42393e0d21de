"""What sureties' software is told: the results of the yearly review, acknowledgement, and how long it is kept."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

from core.actor import Actor
from core.clock import TORONTO, wall_now
from core.models import JobRun
from reference.queries import policy
from security import queries, rules
from security.models import SuretyEvent

BATCH = 2500
KEPT = timedelta(days=30)


def acknowledge_events(*, provider_id: int, event_ids: Collection[int], wall_at: datetime) -> int:
    """The surety's software has these; they are not listed again. Others' and unknown ones are left alone."""
    return SuretyEvent.objects.filter(provider_id=provider_id, pk__in=list(event_ids), acknowledged_at=None).update(
        acknowledged_at=wall_at
    )


def run_surety_events(*, run: JobRun, on: date, actor: Actor) -> dict[str, Any]:
    """Tell the sureties of accounts that today's yearly review found short; drop events kept for thirty days."""
    at = run.due_at.astimezone(TORONTO)
    rate = policy().security_parameters(on).bond_rate
    wall = wall_now()
    told = 0
    found = queries.reviews_found_short(on).iterator(chunk_size=BATCH)
    while reviews := list(islice(found, BATCH)):
        by_account = {review.program_account_id: review for review in reviews}
        rows = []
        for share in queries.shares_covering(list(by_account)):
            bond, review = share.bond, by_account[share.program_account_id]
            raise_to = rules.raised_to(bond.amount, review.shortfall, bond_rate=rate)
            rows.append(
                SuretyEvent(
                    provider_id=bond.provider_id,
                    bond=bond,
                    kind=rules.REVIEW_RESULT,
                    key=f"review:{review.pk}:{bond.pk}",
                    data=rules.event_data(
                        bond,
                        program_account=share.program_account.number,
                        raise_to=str(raise_to),
                        due_on=review.due_on.isoformat(),
                    ),
                    business_at=at,
                    created_at=wall,
                )
            )
        with transaction.atomic():
            SuretyEvent.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
        told += len(rows)
    dropped, _by_model = SuretyEvent.objects.filter(created_at__lt=wall - KEPT).delete()
    return {"told": told, "dropped": dropped}

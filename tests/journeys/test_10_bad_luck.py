"""The bank, the worker, Redis or a provider is down: a friendly page or a queued job, and nothing is lost."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import caches
from kombu import pools

from carm_portal.celery import app
from core import jobs
from core.models import ClockMove
from payments import services as payments
from payments.models import Payment
from tests.counterparts.processes import free_port
from tests.journeys.person import Person
from tests.journeys.town import Town


@pytest.fixture
def nobody_at_the_broker() -> Iterator[None]:
    """Celery sends for real, to an address where nobody listens."""
    kept = {name: app.conf[name] for name in ("task_always_eager", "broker_url", "task_publish_retry_policy")}
    app.conf.update(
        task_always_eager=False,
        broker_url=f"redis://127.0.0.1:{free_port()}/0",
        task_publish_retry_policy={"max_retries": 0},
    )
    _forget_connections()
    yield
    app.conf.update(kept)
    _forget_connections()


def _forget_connections() -> None:
    pools.reset()
    app._after_fork()


def test_the_bank_is_down_and_the_payment_waits_to_be_sent_again(town: Town, settings: Any) -> None:
    settings.BANK_URL = f"http://127.0.0.1:{free_port()}"
    northlight = town.importer()
    town.secure(northlight, town.surety())
    town.declare(northlight)
    amara = Person(northlight.manager)
    amara.open(f"accounts/{northlight.number}/pay/")
    for _look in range(2):
        if not Payment.objects.exists():
            given = {"choice": "other"} if "choice" in {n for form in amara.page.forms for n in form.names} else {}
            amara.submit(having="method", amount="2390.00", method="DEBIT_CARD", **given)
    payment = Payment.objects.get()
    assert amara.page.status == 200 and f"/payments/{payment.reference}/" in amara.page.url
    assert "Traceback" not in amara.page.text and payment.is_under_way
    # The very same payment is sent again once the bank answers, or given up without a trace in the book.
    assert Payment.objects.count() == 1
    payments.receive(reference=payment.reference, actor=northlight.actor, at=town.moment["at"])
    assert "$2,390.00" in amara.open(f"accounts/{northlight.number}/payments/{payment.reference}/").text
    assert payments.balance_due(payment.program_account_id) == Decimal("0.00")


def test_no_worker_and_the_move_of_the_clock_waits_in_the_queue(
    town: Town, nobody_at_the_broker: None, django_capture_on_commit_callbacks: Any
) -> None:
    daniel = Person(town.officer())
    daniel.open("officers/clock/")
    with django_capture_on_commit_callbacks(execute=True):
        daniel.submit(having="to", to="2026-05-06")
    move = ClockMove.objects.get()
    assert move.state == ClockMove.State.WAITING and daniel.page.status == 200
    assert f"/officers/clock/{move.pk}/" in daniel.page.url
    # A second one is not begun beside it.
    daniel.open("officers/clock/")
    if any("to" in form.names for form in daniel.page.forms):
        daniel.submit(having="to", to="2026-05-07")
        assert "already moving" in daniel.page.text
    assert ClockMove.objects.count() == 1
    # The worker comes back.
    jobs.work_clock_move(move_id=move.pk)
    move.refresh_from_db()
    assert move.state == ClockMove.State.DONE and move.fired_count == move.firing_count > 0
    assert str(town.today) == "2026-05-06"


def test_redis_is_down_and_the_pages_and_calculators_go_on(town: Town, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "core.caches.ForgivingRedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    northlight = town.importer()
    amara = Person(northlight.manager)
    caches["default"].set("a", 1)
    assert caches["default"].get("a") is None
    assert amara.open(f"accounts/{northlight.number}/security/").status == 200
    answer = Person().client.get("/api/v1/calculators/billing", {"released_on": "2025-06-02"})
    assert answer.status_code == 200 and answer.json()["last_day_to_pay"] == "2025-07-02"

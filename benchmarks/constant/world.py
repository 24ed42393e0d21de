"""The account whose pages are measured."""

from datetime import datetime

from django.core.management import call_command

from core.clock import TORONTO
from core.jobs import set_clock
from tests import standing_rows
from tests.builders import signed_in
from tests.journeys.town import Town


def prepare(rows: int) -> tuple[str, dict[str, str]]:
    """An account with so many declarations and payments; the cookie of its manager, and the pages by name."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    standing_rows.load()
    set_clock(datetime(2026, 7, 13, 9, 0, tzinfo=TORONTO))
    town = Town()
    importer, broker = town.importer(), town.broker()
    town.secure(importer, town.surety())
    town.delegate(broker, importer)
    for _row in range(rows):
        town.declare(importer, "100.00", by=broker)
        town.pay(importer, "10.00")
    cookies = signed_in(importer.manager).cookies
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    base = f"/en/accounts/{importer.number}"
    return cookie, {"declarations": f"{base}/declarations/", "payments": f"{base}/payments/"}

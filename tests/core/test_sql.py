"""Words that the database writes are those that Python writes."""

import pytest
from django.db import connection

from core import format
from core.money import from_cents
from core.sql import money_words

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_database_writes_money_as_python_does(language: str) -> None:
    cents = (0, 5, -5, 99, 100, 99_999, 100_000, -76_550, 123_456_789, -9_900_000_000_001)
    rows = " UNION ALL ".join(f"SELECT {place} AS place, CAST({value} AS BIGINT)" for place, value in enumerate(cents))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH amounts (place, cents) AS ({rows}) SELECT {money_words('cents', language)} FROM amounts "
            "WHERE place >= %s ORDER BY place",
            [0],
        )
        assert [words for (words,) in cursor.fetchall()] == [
            format.money(from_cents(value), language) for value in cents
        ]

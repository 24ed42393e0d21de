"""One request reads a dated table once and forgets it; a page of a list is one statement."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import once
from core.paging import CountedPaginator
from reference import queries, services
from reference.models import Country, PolicyParameter
from tests.builders import Cast, actor

KEY = "standing.suspend_after_days"


def _asked(captured: CaptureQueriesContext) -> int:
    return sum("reference_policyparameter" in query["sql"] for query in captured.captured_queries)


def test_outside_a_request_every_question_is_asked(db: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        queries.policy()
        queries.policy()


def test_inside_it_is_asked_once_and_forgotten_at_the_end(db: None) -> None:
    on = date(2026, 7, 22)
    with once.remembering():
        before = queries.policy().count(KEY, on)
        PolicyParameter.objects.create(key=KEY, effective_from=on, value=str(before + 1), mark="assumed", source="-")
        assert queries.policy().count(KEY, on) == before
    assert queries.policy().count(KEY, on) == before + 1


def test_a_write_is_seen_by_the_same_request(cast: Cast) -> None:
    at = datetime.fromisoformat("2026-07-22T09:00:00-04:00")
    with once.remembering():
        before = queries.policy().count(KEY, at.date())
        services.set_policy_parameter(
            actor=actor(cast.daniel), key=KEY, effective_from=at.date(), value=str(before + 1), source="A notice", at=at
        )
        assert queries.policy().count(KEY, at.date()) == before + 1


def test_two_requests_share_nothing(client: Client, db: None) -> None:
    for _visit in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/en/about/")
        assert _asked(captured) == 1


def test_forgetting_outside_a_request_is_nothing() -> None:
    once.forget()


@pytest.mark.parametrize(
    ("asked", "number", "first"),
    [(None, 1, 0), ("2", 2, 10), ("x", 1, 0), ("0", 26, 250), ("99", 26, 250), ("9" * 30, 26, 250)],
)
def test_a_page_knows_the_number_of_all_rows(db: None, asked: str | None, number: int, first: int) -> None:
    rows = Country.objects.order_by("code")
    many = rows.count()
    page = CountedPaginator(rows, 10).get_page(asked)
    last = -(-many // 10)
    assert (page.paginator.count, page.number) == (many, min(number, last))
    assert page.object_list[0] == rows[min(first, (last - 1) * 10)]


def test_an_empty_list_is_one_empty_page_in_one_statement(db: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        page = CountedPaginator(Country.objects.filter(code="--").order_by("code"), 10).get_page(None)
        assert (page.paginator.count, page.paginator.num_pages, list(page.object_list)) == (0, 1, [])

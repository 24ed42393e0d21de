"""Pages of a list in one statement: each row brings the number of all rows along."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window

_COUNT = "rows_in_all"
#: Beyond this a page number is a typing error, and its offset would not fit the database's numbers.
LAST_PAGE = 1_000_000


class CountedPaginator(Paginator):
    """Django's paginator of a query, without the second statement that only counts."""

    object_list: QuerySet[Any]

    def get_page(self, number: Any) -> Page:
        wanted = int(number) if str(number or 1).isdecimal() and number else 1
        if 1 <= wanted <= LAST_PAGE:
            start = (wanted - 1) * self.per_page
            counted = self.object_list.annotate(**{_COUNT: Window(Count("*"))})
            rows = list(counted[start : start + self.per_page])
            if rows or wanted == 1:
                # The parent's count is worked out once and kept; this is that one place.
                self.__dict__["count"] = getattr(rows[0], _COUNT) if rows else 0
                return Page(rows, wanted, self)
        return super().get_page(number)

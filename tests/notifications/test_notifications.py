"""Telling people, each in their own language, and the pages where they read it."""

from typing import Any

import pytest
from django.utils.translation import get_language, gettext_lazy

from core.models import OutboxMessage
from notifications import queries, services
from notifications.models import Notification
from tests.builders import Cast, signed_in

pytestmark = pytest.mark.django_db
LIST = "/en/notifications/"


def tell(cast: Cast, *people: Any, count: int = 1, **changed: Any) -> list[Notification]:
    words: dict[str, Any] = {"subject": "Subject", "body": "Text", "category": "test", "link": "/en/profile/"}
    rows: list[Notification] = []
    for _again in range(count):
        rows += services.notify(recipients=people or [cast.amara], at=cast.world.at, **{**words, **changed})
    return rows


class TestNotify:
    def test_each_in_their_own_language_whatever_the_callers(self, cast: Cast) -> None:
        tell(
            cast,
            cast.amara,
            cast.luc,
            subject=gettext_lazy("Notifications"),
            body=lambda: f"spoken in {get_language()}",
            link=lambda: f"/{get_language()}/profile/",
        )
        rows = {row.user_id: row for row in Notification.objects.all()}
        assert (rows[cast.amara.pk].body, rows[cast.amara.pk].link) == ("spoken in en", "/en/profile/")
        assert (rows[cast.luc.pk].body, rows[cast.luc.pk].link) == ("spoken in fr", "/fr/profile/")
        assert get_language() == "en"

    def test_once_a_person_and_a_link_in_their_language(self, cast: Cast) -> None:
        rows = tell(cast, cast.luc, cast.luc)
        assert [row.link for row in rows] == ["/fr/profile/"]
        assert (rows[0].created_at, rows[0].is_unread, str(rows[0])) == (cast.world.at, True, "Subject")

    def test_long_and_broken_subjects(self, cast: Cast) -> None:
        (row,) = tell(cast, subject="a\nb " + "x" * 300)
        assert row.subject.startswith("a b x") and len(row.subject) == 250

    def test_an_e_mail_copy_for_whoever_asked(self, cast: Cast) -> None:
        cast.amara.wants_email = cast.luc.wants_email = True
        cast.luc.contact_email, cast.luc.email = "", ""
        tell(cast, cast.amara, cast.luc, cast.wen, business_id=cast.northlight.pk, program_account_id=cast.account.pk)
        letter = OutboxMessage.objects.get()
        assert (letter.to, letter.user_id, letter.language) == (cast.amara.address, cast.amara.pk, "en")
        assert "http://localhost:8000/en/profile/" in letter.body and "training simulation" in letter.body
        assert Notification.objects.filter(business_id=cast.northlight.pk).count() == 3

    def test_a_copy_without_a_link(self, cast: Cast) -> None:
        cast.amara.wants_email = True
        tell(cast, link="")
        assert "Open it in the portal" not in OutboxMessage.objects.get().body

    def test_many_in_as_many_statements_as_few(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        cast.amara.wants_email = True
        drafts = [services.Draft(person, "s", "b", "test") for person in (cast.amara, cast.luc) * 100]
        with django_assert_max_num_queries(8):
            services.notify_many(drafts=drafts, at=cast.world.at)
        assert Notification.objects.count() == 200 and OutboxMessage.objects.count() == 100
        assert services.notify_many(drafts=[], at=cast.world.at) == []

    def test_reading_again_keeps_the_first_moment(self, cast: Cast) -> None:
        (row,) = tell(cast)
        services.mark_read(user_id=cast.amara.pk, pk=row.pk, at=cast.world.at)
        services.mark_read(user_id=cast.amara.pk, pk=row.pk, at=cast.world.at.replace(year=2027))
        row.refresh_from_db()
        assert row.read_at == cast.world.at and not row.is_unread


class TestPages:
    def test_the_bell_counts_and_the_list_marks(self, cast: Cast) -> None:
        tell(cast, count=3)
        page = signed_in(cast.amara).get(LIST).content.decode()
        assert '<span class="count">3' in page and "Unread" in page
        assert b'class="count"' not in signed_in(cast.luc).get("/fr/notifications/").content

    def test_pages_of_25_with_as_many_queries_for_1_as_for_50(self, cast: Cast, django_assert_num_queries: Any) -> None:
        browser = signed_in(cast.amara)
        tell(cast)
        with django_assert_num_queries(5) as few:
            browser.get(LIST)
        tell(cast, count=49)
        with django_assert_num_queries(len(few.captured_queries)):
            page = browser.get(LIST).context["page"]
        assert len(page.object_list) == 25 and page.paginator.num_pages == 2
        assert len(browser.get(LIST, {"page": "2"}).context["page"].object_list) == 25
        assert browser.get(LIST, {"page": "x"}).status_code == 200

    def test_only_unread(self, cast: Cast) -> None:
        rows = tell(cast, count=2)
        services.mark_read(user_id=cast.amara.pk, pk=rows[0].pk, at=cast.world.at)
        browser = signed_in(cast.amara)
        assert [row.pk for row in browser.get(LIST, {"show": "unread"}).context["page"]] == [rows[1].pk]
        assert browser.post(f"{LIST}read-all/")["Location"] == LIST
        assert queries.unread_count(user_id=cast.amara.pk) == 0
        assert b"Nothing is unread" in browser.get(LIST, {"show": "unread"}).content

    def test_reading_one(self, cast: Cast) -> None:
        (row,) = tell(cast, body="Line one\n\n<b>Line two</b>")
        browser = signed_in(cast.amara)
        page = browser.get(f"{LIST}{row.pk}/").content.decode()
        assert "&lt;b&gt;Line two" in page and 'href="/en/profile/"' in page
        assert queries.unread_count(user_id=cast.amara.pk) == 0
        assert 'href="/fr/profile/"' in browser.get(f"/fr/notifications/{row.pk}/").content.decode()

    def test_following_one(self, cast: Cast) -> None:
        (row,) = tell(cast)
        browser = signed_in(cast.amara)
        assert browser.get(f"{LIST}{row.pk}/open/").status_code == 405
        assert browser.post(f"{LIST}{row.pk}/open/")["Location"] == "/en/profile/"
        assert queries.unread_count(user_id=cast.amara.pk) == 0
        (bare,) = tell(cast, link="")
        assert browser.post(f"{LIST}{bare.pk}/open/")["Location"] == LIST

    def test_another_persons_is_not_there(self, cast: Cast) -> None:
        (row,) = tell(cast)
        browser = signed_in(cast.wen)
        assert browser.get(f"{LIST}{row.pk}/").status_code == 404
        assert browser.post(f"{LIST}{row.pk}/open/").status_code == 404
        row.refresh_from_db()
        assert row.is_unread

    def test_nothing_yet(self, cast: Cast) -> None:
        assert b"No notifications yet" in signed_in(cast.amara).get(LIST).content

    def test_needs_a_sign_in(self, client: Any) -> None:
        assert client.get(LIST)["Location"].startswith("/en/sign-in/")

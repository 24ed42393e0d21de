"""Which e-mail copies a person gets: each, a summary a day, or none, topic by topic."""

from datetime import timedelta
from typing import Any

import pytest

from core.jobs import fire
from core.models import AuditEvent, OutboxMessage
from core.timetable import Firing, timetable
from notifications import rules, services
from notifications.models import Digest, Notification
from notifications.rules import How, Topic
from notifications.services.digest import MOST_LISTED
from tests.builders import Cast, actor, signed_in
from tests.conftest import TEST_DAY

CHOICES = "/en/notifications/e-mail-copies/"
MORNING = TEST_DAY.replace(hour=6) + timedelta(days=1)


@pytest.mark.parametrize(
    ("category", "topic"),
    [
        ("access", "ACCESS"),
        ("sign_in", "ACCESS"),
        ("registration", "REGISTRATION"),
        ("RPP_SUSPENDED", "SECURITY"),
        ("ANNUAL_REVIEW_INCREASE", "SECURITY"),
        ("statement", "MONEY"),
        ("declarations", "GOODS"),
        ("support", "OTHER"),
        ("unheard of", "OTHER"),
    ],
)
def test_each_category_counts_by_a_topic(category: str, topic: str) -> None:
    assert rules.topic_of(category) == topic


@pytest.mark.parametrize(
    ("category", "chosen", "wants_email", "has_address", "how"),
    [
        ("access", {}, False, True, "NONE"),
        ("access", {}, True, True, "EACH"),
        ("access", {"ACCESS": "DIGEST"}, True, True, "DIGEST"),
        ("access", {"ACCESS": "NONE"}, True, True, "NONE"),
        ("access", {"MONEY": "NONE"}, True, True, "EACH"),
        ("access", {"ACCESS": "EACH"}, False, False, "NONE"),
        ("inactivity", {"OTHER": "EACH"}, True, True, "NONE"),
    ],
)
def test_what_becomes_of_a_copy(
    category: str, chosen: dict[str, str], wants_email: bool, has_address: bool, how: str
) -> None:
    assert rules.copy_of(category, chosen, wants_email=wants_email, has_address=has_address) == how


def tell(cast: Cast, category: str, *, count: int = 1) -> None:
    for number in range(count):
        services.notify(
            recipients=[cast.amara, cast.luc],
            subject=f"{category} {number}",
            body="Text",
            category=category,
            link="/en/profile/",
            at=TEST_DAY,
        )


def summaries(cast: Cast, at: Any = MORNING) -> list[OutboxMessage]:
    job = next(job for job in timetable() if job.name == "notifications.digest")
    fire(Firing(job=job, due_at=at))
    return list(OutboxMessage.objects.filter(category="digest").order_by("id"))


@pytest.mark.django_db
def test_a_person_chooses_and_is_told_at_once_once_a_day_or_not_by_mail(cast: Cast) -> None:
    browser = signed_in(cast.amara)
    page = browser.get(CHOICES).content.decode()
    assert "Everything else" in page and page.count('value="NONE" selected') == len(Topic)
    wrong = browser.post(CHOICES, {topic.value: "DIGEST" for topic in Topic if topic != Topic.MONEY})
    assert wrong.status_code == 422 and 'value="DIGEST" selected' in wrong.content.decode()
    chosen = {topic.value: "NONE" for topic in Topic} | {"ACCESS": "EACH", "MONEY": "DIGEST"}
    saved = browser.post(CHOICES, chosen, follow=True).content.decode()
    assert "Your choice is saved." in saved and 'value="EACH" selected' in saved
    # Chosen once more, the later choice holds.
    services.choose_copies(
        user_id=cast.luc.pk, chosen=dict.fromkeys(Topic, How.EACH), actor=actor(cast.luc), at=TEST_DAY
    )
    services.choose_copies(
        user_id=cast.luc.pk, chosen=dict.fromkeys(Topic, How.DIGEST), actor=actor(cast.luc), at=TEST_DAY
    )
    event = AuditEvent.objects.filter(verb="person.email_copies_chosen").latest("id")
    assert (event.before["MONEY"], event.after["MONEY"]) == ("EACH", "DIGEST")

    tell(cast, "access")
    tell(cast, "statement", count=2)
    tell(cast, "RPP_SUSPENDED")
    (at_once,) = OutboxMessage.objects.all()
    assert (at_once.user_id, at_once.subject) == (cast.amara.pk, "access 0") and CHOICES in at_once.body
    assert Notification.objects.filter(user=cast.amara).count() == 4

    hers, his = summaries(cast)
    assert (hers.to, hers.subject) == (cast.amara.address, "[Portage] Your summary of the day: 2 notices")
    assert "statement 0" in hers.body and "statement 1" in hers.body and "access" not in hers.body.split("Read")[0]
    assert "http://localhost:8000/en/profile/" in hers.body and "23 July 2026" in hers.body.replace("\u00a0", " ")
    assert his.language == "fr" and "access 0" in his.body and "/fr/notifications/" in his.body
    # The job run again, for the same morning or the next, sends nothing twice.
    assert len(summaries(cast)) == 2 and len(summaries(cast, MORNING + timedelta(days=1))) == 2
    assert list(Digest.objects.order_by("user_id").values_list("notice_count", flat=True)) == [2, 4]


@pytest.mark.django_db
def test_a_summary_waits_for_the_next_day_and_tells_how_many_more(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for person in (cast.amara, cast.luc):
        services.choose_copies(user_id=person.pk, chosen={Topic.ACCESS: How.DIGEST}, actor=actor(person), at=TEST_DAY)
    tell(cast, "access")
    assert len(summaries(cast)) == 2
    tell(cast, "access", count=MOST_LISTED + 2)
    cast.luc.email = cast.luc.contact_email = ""
    cast.luc.save()
    # That day's summary has left already.
    assert len(summaries(cast, MORNING + timedelta(minutes=1))) == 2
    with django_assert_max_num_queries(30):
        later = summaries(cast, MORNING + timedelta(days=1))
    assert "and 2 more" in later[-1].body and f"access {MOST_LISTED}" not in later[-1].body
    assert len(later) == 3, "who has no address any more gets no letter"
    assert not Notification.objects.filter(email_copy="DIGEST", digest=None).exists()

"""The whole country in one review: the rule table, the dry run against the run itself, and the signed file."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from core import jobs, signatures
from core.models import AuditEvent, JobChunk, JobRun
from core.money import ZERO
from notifications.models import Notification
from reference.rules.policy import POLICY
from reference.rules.requirement import JULY_CYCLE, OCTOBER_CYCLE, requirement_by
from security import messages, queries
from security.models import AnnualReview, SecurityRequirement
from security.result_file import parts_of
from security.rules import ReviewOutcome
from security.rules.country import SIZES, RiseReason, rise_reason, size_of
from tests.security.conftest import SYSTEM, charge, enrolled, moment, review, secured
from tests.security.test_review import population

M = Decimal
RUN = date(2026, 7, 25)
JULY, OCTOBER = JULY_CYCLE.schedule(2026), OCTOBER_CYCLE.schedule(2026)


@pytest.mark.parametrize(
    ("old", "source", "old_month", "month", "reason"),
    [
        (None, "", None, date(2026, 5, 24), RiseReason.FIRST),
        (M("0.00"), "REVIEW", None, date(2026, 5, 24), RiseReason.FIRST),
        (M("10.00"), "ESTIMATE", None, date(2026, 5, 24), RiseReason.ESTIMATE),
        (M("10.00"), "REDUCTION", date(2025, 5, 24), date(2026, 5, 24), RiseReason.REDUCTION),
        (M("10.00"), "REVIEW", date(2025, 5, 24), date(2026, 5, 24), RiseReason.SAME_MONTH),
        (M("10.00"), "REVIEW", date(2025, 4, 24), date(2026, 5, 24), RiseReason.OTHER_MONTH),
        (M("10.00"), "ENROLMENT", None, date(2026, 5, 24), RiseReason.OTHER_MONTH),
    ],
)
def test_why_a_requirement_rises(old, source, old_month, month, reason):
    assert rise_reason(old=old, old_source=source, old_month_end=old_month, month_end=month) == reason


@pytest.mark.parametrize(
    ("amount", "place"),
    [("0.00", 0), ("0.01", 1), ("5000.00", 1), ("5000.01", 2), ("10000000.00", 8), ("10000000.01", 9)],
)
def test_classes_of_size_end_with_their_round_amount(amount, place):
    assert size_of(M(amount)) == place <= len(SIZES)


def rows_written():
    return [model.objects.count() for model in (AnnualReview, SecurityRequirement, Notification, AuditEvent, JobRun)]


@pytest.mark.django_db
def test_a_dry_run_says_what_the_review_then_finds_and_writes_nothing(world, cast):
    population(world, cast, 40, 5)
    before = rows_written()
    dry = queries.country(JULY, is_dry=True, on=RUN)
    named = list(queries.reviewed_accounts(JULY, is_dry=True, on=RUN))
    assert rows_written() == before and not queries.is_written(JULY)
    run = review(RUN)
    after = rows_written()
    assert queries.country(JULY, is_dry=False, on=RUN) == dry
    assert list(queries.reviewed_accounts(JULY, is_dry=False, on=RUN)) == named
    assert queries.country(JULY, is_dry=True, on=date(2026, 9, 1)) == dry
    assert queries.is_written(JULY) and queries.runs_of_reviews(range(2026, 2027)) == {("july", 2026): run}
    # The cells add up to what the rows say, and by the same rules.
    found = list(AnnualReview.objects.select_related("program_account"))
    assert dry.total.accounts == len(found) == sum(tally.accounts for tally in dry.by_outcome().values())
    assert dry.total.new == sum((row.new_amount for row in found), ZERO)
    risen = [row for row in found if row.outcome == ReviewOutcome.RISEN]
    assert dry.total.risen == len(risen) == sum(tally.accounts for tally in dry.by_reason().values()) > 3
    counted = [row for row in found if row.outcome != ReviewOutcome.NOT_ENROLLED]
    assert dry.total.shortfall == sum((row.shortfall for row in counted), ZERO) > 0
    assert dry.total.short == sum(1 for row in counted if row.shortfall)
    for place, tally in dry.by_size().items():
        assert tally.accounts == sum(1 for row in counted if size_of(row.new_amount) == place)
    ends = [last for _first, last in JULY.slices]
    for end, tally in dry.by_month(ends).items():
        assert tally.accounts == sum(1 for row in counted if row.driving_month_end == end)
    largest = max(risen, key=lambda row: row.new_amount - (row.old_amount or ZERO))
    assert (dry.rises[0].program_account_id, dry.rises[0].by) == (
        largest.program_account_id, largest.new_amount - (largest.old_amount or ZERO),
    )  # fmt: skip
    # Run again, it leaves everything as it is.
    JobRun.objects.filter(pk=run.pk).update(state=JobRun.State.RUNNING)
    run.chunks.all().delete()
    review(RUN)
    assert rows_written() == after
    # The reasons are those of the rule, next year too, when the last review is what stood before.
    following, next_run = JULY_CYCLE.schedule(2027), date(2027, 7, 25)
    for number, row in enumerate(risen):
        charge(
            row.program_account, "5000000.00", date(2027, (row.driving_month_end.month + number % 2 - 2) % 6 + 1, 20)
        )
    reasons = set()
    for day, found in ((RUN, dry), (next_run, queries.country(following, is_dry=True, on=next_run))):
        for rise in found.rises:
            before_it = queries.requirement_on(rise.program_account_id, on=day)
            assert rise.reason == rise_reason(
                old=before_it.amount if before_it else None,
                old_source=before_it.source if before_it else "",
                old_month_end=before_it.driving_month_end if before_it else None,
                month_end=rise.month_end,
            )
            reasons.add(rise.reason)
    assert reasons >= {RiseReason.ESTIMATE, RiseReason.SAME_MONTH, RiseReason.OTHER_MONTH}


@pytest.mark.django_db
def test_the_file_of_results_is_signed_and_one_changed_byte_is_seen(cast, client, tmp_path, settings, capsys):
    settings.SIGNING_KEY_FILE = str(tmp_path / "keys" / "signing.key")
    enrolled(cast.account, on=date(2025, 7, 30), estimate="44200.00")
    secured(cast.account, cast.keystone, "25000.00", on=date(2025, 7, 30))
    charge(cast.account, "61480.20", date(2026, 5, 3))
    review(RUN)
    client.force_login(cast.daniel)
    url = reverse("dashboard:review_file", args=("july", 2026))
    whole = b"".join(client.get(url).streaming_content)
    head, *rows, last = [json.loads(line) for line in whole.splitlines()]
    assert (head["cycle"], head["dry_run"], last["accounts"]) == ("july", False, len(rows))
    assert {"new_requirement": "61480.20", "shortfall": "11480.20"}.items() <= rows[0].items()
    path = tmp_path / "result.jsonl"
    path.write_bytes(whole)
    call_command("verify_review_result", path)
    assert f"unchanged: {len(rows)} accounts" in capsys.readouterr().out
    flipped = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 31)]
    for changed in (*flipped, whole[:-1] + b" ", whole + b" ", whole[:-9], b""):
        path.write_bytes(changed)
        with pytest.raises(CommandError):
            call_command("verify_review_result", path)
    path.write_bytes(whole)
    own = signatures.public_key()
    settings.SIGNING_KEY_FILE = str(tmp_path / "other.key")
    with pytest.raises(CommandError, match="not signed by this key"):
        call_command("verify_review_result", path)
    call_command("verify_review_result", path, "--public-key", own)
    with pytest.raises(CommandError, match="no file"):
        call_command("verify_review_result", tmp_path / "none")
    assert not signatures.is_signed(b"", "no signature", key="no key")
    dry = tmp_path / "dry.jsonl"
    call_command("review_dry_run", "october", "2026", "--on", "2026-07-25", "--file", str(dry))
    assert json.loads(dry.read_text().splitlines()[0])["dry_run"] is True
    assert "RISEN" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no cycle"):
        call_command("review_dry_run", "march", "2026")


@pytest.mark.django_db
def test_a_file_of_many_parts_adds_up(world, cast, tmp_path, settings):
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    population(world, cast, 12, 6)
    parts = list(parts_of(JULY, is_dry=True, on=RUN, at=moment(RUN), lines=4))
    assert (
        len(parts) > 3 and json.loads(parts[-1].splitlines()[-1])["accounts"] == len(b"".join(parts).splitlines()) - 2
    )


@pytest.mark.django_db
def test_officers_see_every_review_in_the_whole_country_and_run_one_that_was_missed(
    world, cast, client, django_assert_max_num_queries, settings, tmp_path
):
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    population(world, cast, 20, 7)
    client.force_login(cast.daniel)
    listed = client.get(reverse("dashboard:reviews")).content.decode()
    year = world.today.year
    assert "July to October" in listed and signatures.public_key() in listed and "Planned" in listed
    url = reverse("dashboard:review", args=("july", 2026))
    with django_assert_max_num_queries(14):
        dry = client.get(url).content.decode()
    assert "Nothing is written, nobody is told" in dry and "Largest rises" in dry and not queries.is_written(JULY)
    with django_assert_max_num_queries(14):
        side = client.get(reverse("dashboard:review_both", args=(2026,))).content.decode()
    assert side.count("<svg") >= 4 and "October to January" in side
    refused = client.post(reverse("dashboard:reviews"), {"run": f"july-{year + 1}"}, follow=True).content.decode()
    assert "still to come" in refused
    assert client.post(reverse("dashboard:reviews"), {"run": "march-x"}).status_code == 404
    assert client.get(reverse("dashboard:review", args=("march", 2026))).status_code == 404
    review(RUN)
    written = client.get(url).content.decode()
    assert "As it was written" in written and "Nothing is written" not in written
    assert "Nothing is written" in client.get(url, {"dry": "1"}).content.decode()
    run = JobRun.objects.get()
    assert url in client.get(reverse("dashboard:job", args=(run.pk,))).content.decode()


@pytest.mark.django_db
def test_the_notices_that_the_database_writes_are_those_of_the_messages_to_the_letter(world, cast):
    readers = {"en": cast.amara, "fr": world.person("Pat Roy", language="fr"), "": world.person("Lee Oh", language="")}
    for reader in list(readers.values())[1:]:
        world.membership(reader, cast.northlight, "BAM")
    population(world, cast, 30, 8)
    enrolled(cast.account, on=date(2025, 7, 30), estimate="1234567.89")
    charge(cast.account, "30000000.05", date(2026, 5, 3))
    review(RUN)
    parameters = POLICY.security_parameters(RUN)
    risen = AnnualReview.objects.filter(outcome=ReviewOutcome.RISEN).select_related("program_account")
    notes = Notification.objects.filter(category="ANNUAL_REVIEW_INCREASE")
    seen = set()
    for row in risen:
        number = row.program_account.number
        subject, body = messages.review_increase(
            number=number,
            year=2026,
            old=row.old_amount or ZERO,
            new=row.new_amount,
            needed=requirement_by(row.new_amount, parameters),
            missing=row.shortfall,
            due_on=row.due_on,
        )
        for language, reader in readers.items():
            with translation.override(language or "en"):
                note = notes.get(user=reader, program_account_id=row.program_account_id)
                assert (note.subject, note.body) == (subject(), body())
                assert note.link == f"/{language or 'en'}/accounts/{number}/security/review/"
        seen.add(bool(row.shortfall))
    assert seen == {True, False} and notes.count() == 3 * len(risen) > 30


@pytest.mark.django_db
def test_a_correction_that_lands_during_the_review_counts_in_the_next_one(world, cast):
    accounts, _drafts = population(world, cast, 12, 9)
    before = {row.number: row.new for row in queries.reviewed_accounts(JULY, is_dry=True, on=RUN)}
    run = JobRun.objects.create(job="security.annual_review", due_at=moment(RUN, 0, 5), started_at=moment(RUN))
    middle = accounts[6].pk
    halves = [(accounts[0].pk, middle - 1), (middle, accounts[-1].pk)]
    for position, (first, last) in enumerate(halves):
        part = JobChunk.objects.create(
            run=run, position=position, work="security.services.review_chunk", first_id=first, last_id=last
        )
        jobs.work_chunk(chunk_id=part.pk, actor=SYSTEM)
        for account in (accounts[0], accounts[-1]):
            charge(account, "9000000.00", RUN)
    found = {row.program_account.number: row.new_amount for row in AnnualReview.objects.all()}
    assert found == {account.number: before[account.number] for account in accounts}
    following = JULY_CYCLE.schedule(2027)
    later = {row.number: row.new for row in queries.reviewed_accounts(following, is_dry=True, on=RUN)}
    assert later[accounts[0].number] >= M("18000000.00") and later[accounts[-1].number] >= M("18000000.00")

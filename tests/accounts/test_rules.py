"""The rules of codes and credentials, at their edges."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import rules

AT = datetime(2026, 7, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("416 555 0123", "4165550123"),
        ("(416) 555-0123", "4165550123"),
        ("+1 416.555.0123", "14165550123"),
        ("416\u00a0555\u202f0123", "4165550123"),
        ("416 555 0123 x9", ""),
        ("٤١٦٥٥٥٠١٢٣", ""),
        ("", ""),
    ],
)
def test_digits(typed: str, digits: str) -> None:
    assert rules.digits_of(typed) == digits


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("012345", "012345"),
        (" 012 345 ", "012345"),
        ("012-345", "012345"),
        ("12345", ""),
        ("1234567", ""),
        ("12345x", ""),
    ],
)
def test_code(typed: str, code: str) -> None:
    assert rules.code_of(typed) == code


@pytest.mark.parametrize(("failures", "pause"), [(0, None), (4, None), (5, 15), (6, 15)])
def test_pause(failures: int, pause: int | None) -> None:
    expected = None if pause is None else AT + timedelta(minutes=pause)
    assert rules.paused_until(failures, AT) == expected


def test_pause_ends_at_its_last_moment() -> None:
    assert rules.is_paused(AT, AT - timedelta(microseconds=1))
    assert not rules.is_paused(AT, AT)
    assert not rules.is_paused(None, AT)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (1, 1), (60, 1), (61, 2), (900, 15)])
def test_minutes_left(seconds: int, minutes: int) -> None:
    assert rules.minutes_left(AT + timedelta(seconds=seconds), AT) == minutes


@pytest.mark.parametrize(("seconds_ago", "wait"), [(0, 30), (0.5, 30), (29, 1), (29.9, 1), (30, 0), (31, 0)])
def test_resend(seconds_ago: float, wait: int) -> None:
    assert rules.seconds_until_resend(AT - timedelta(seconds=seconds_ago), AT) == wait
    assert rules.seconds_until_resend(None, AT) == 0


@pytest.mark.parametrize(
    ("method", "roles", "groups"),
    [
        ("staff", ["officer"], {"officer"}),
        ("staff", ["officer", "trainer", "root"], {"officer", "trainer"}),
        ("staff", [], set()),
        ("staff", None, set()),
        ("staff", "officer", set()),
        ("gckey", ["officer"], set()),
        ("partner", ["trainer"], set()),
    ],
)
def test_staff_groups(method: str, roles: object, groups: set[str]) -> None:
    assert rules.staff_groups(method, roles) == groups


def test_username() -> None:
    assert rules.username_of("gckey", "abc") == "gckey:abc"


@pytest.mark.parametrize(
    ("user_agent", "names"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Windows")),
        ("Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537 Chrome/140 Safari/537", ("Chrome", "ChromeOS")),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537 EdgA/140", ("Edge", "Android")),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537 OPR/120", ("Opera", "Linux")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", ("Safari", "macOS")),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) CriOS/140 Safari/605", ("Chrome", "iPhone")),
        ("Mozilla/5.0 (iPad; CPU like Mac OS X) FxiOS/140 Safari/605", ("Firefox", "iPad")),
        ("curl/8.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_browser_in_plain_words(user_agent: str, names: tuple[str, str]) -> None:
    assert rules.browser_of(user_agent) == names


def test_a_session_was_last_seen_its_lifetime_before_its_end() -> None:
    assert rules.last_seen(AT + timedelta(minutes=20), timedelta(minutes=20)) == AT


@pytest.mark.parametrize(
    ("has_app", "has_passkey", "left", "ways"),
    [
        (False, False, 0, ("email",)),
        (False, False, 5, ("email",)),
        (True, False, 0, ("app",)),
        (True, False, 1, ("app", "recovery")),
        (False, True, 10, ("passkey", "recovery")),
        (True, True, 10, ("app", "passkey", "recovery")),
    ],
)
def test_a_code_is_mailed_only_where_no_authenticator_is_enrolled(
    has_app: bool, has_passkey: bool, left: int, ways: tuple[str, ...]
) -> None:
    assert rules.ways_to_prove(has_app=has_app, has_passkey=has_passkey, recovery_left=left) == ways


@pytest.mark.parametrize(
    ("text", "recovery", "emergency"),
    [
        ("1234 5678", "12345678", ""),
        ("1234-5678", "12345678", ""),
        ("1234567", "", ""),
        ("١٢٣٤٥٦٧٨", "", ""),
        ("1234 5678 9012", "", "123456789012"),
        ("abcd efgh", "", ""),
    ],
)
def test_long_codes(text: str, recovery: str, emergency: str) -> None:
    assert (rules.recovery_code_of(text), rules.emergency_code_of(text)) == (recovery, emergency)


def test_a_key_is_read_in_groups_of_four() -> None:
    assert rules.in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
    assert rules.in_groups("") == ""


def test_the_period_of_now_and_one_to_either_side() -> None:
    assert rules.app_counters(datetime.fromtimestamp(59, UTC)) == (0, 1, 2)


@pytest.mark.parametrize(
    ("minutes_ago", "is_confirmed"), [(0, True), (14, True), (15, False), (60, False), (-1, False), (None, False)]
)
def test_a_confirmation_counts_for_a_quarter_of_an_hour(minutes_ago: int | None, is_confirmed: bool) -> None:
    confirmed_at = None if minutes_ago is None else AT - timedelta(minutes=minutes_ago)
    assert rules.is_confirmed(confirmed_at, AT, timedelta(minutes=15)) is is_confirmed


@pytest.mark.parametrize(("left", "are_few"), [(0, True), (3, True), (4, False)])
def test_three_recovery_codes_are_few(left: int, are_few: bool) -> None:
    assert rules.are_few(left) is are_few

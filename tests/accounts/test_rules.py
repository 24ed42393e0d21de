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

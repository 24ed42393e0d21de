"""The file of a review's results: one line of JSON about it, one an account, and a last one that signs them all.

The last line holds the number of accounts, the SHA-256 of all lines before it, and the portal's signature over both.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from core import signatures
from reference.rules.requirement import ReviewSchedule
from security import queries

KIND = "portage-review-result/1"
#: So many lines go out at once.
LINES = 500


@dataclass(frozen=True)
class Verdict:
    """Whether a file is whole and signed by the key; ``problem`` says what is wrong, in a word of the list below."""

    accounts: int
    problem: str = ""
    about: str = ""


def parts_of(schedule: ReviewSchedule, *, is_dry: bool, on: date, at: datetime, lines: int = LINES) -> Iterator[bytes]:
    """The file in parts of some hundred lines: what it takes in memory does not grow with the country."""
    digest, count, part = hashlib.sha256(), 0, [_head(schedule, is_dry=is_dry, at=at)]
    for row in queries.reviewed_accounts(schedule, is_dry=is_dry, on=on):
        part.append(_line(_facts(row)))
        count += 1
        if len(part) >= lines:
            text = b"".join(part)
            digest.update(text)
            yield text
            part = []
    text = b"".join(part)
    digest.update(text)
    yield text + _last(count, digest.hexdigest())


def verdict_on(path: Path, *, key: str) -> Verdict:
    """Read a file once and check it against a public key."""
    digest, count, before, about = hashlib.sha256(), -1, b"", ""
    with path.open("rb") as file:
        for line in file:
            if before:
                digest.update(before)
                about = about or before.decode(errors="replace").strip()
                count += 1
            before = line
    try:
        last = json.loads(before)
        told, sha256, signature = last["accounts"], last["sha256"], last["signature"]
    except (ValueError, KeyError, TypeError):
        return Verdict(0, "no_signature")
    if sha256 != digest.hexdigest() or told != count or before != _line(last):
        return Verdict(max(count, 0), "changed", about)
    if last.get("public_key") != key or not signatures.is_signed(_signed(told, sha256), str(signature), key=key):
        return Verdict(count, "not_signed", about)
    return Verdict(count, about=about)


def _head(schedule: ReviewSchedule, *, is_dry: bool, at: datetime) -> bytes:
    return _line(
        {
            "kind": KIND,
            "cycle": schedule.cycle,
            "year": schedule.year,
            "window_start": schedule.window_start.isoformat(),
            "window_end": schedule.window_end.isoformat(),
            "due_on": schedule.due_on.isoformat(),
            "dry_run": is_dry,
            "made_at": at.isoformat(),
        }
    )


def _facts(row: queries.ReviewedAccount) -> dict[str, Any]:
    return {
        "program_account": row.number,
        "outcome": row.outcome,
        "old_requirement": None if row.old is None else str(row.old),
        "new_requirement": str(row.new),
        "driving_month_end": row.month_end.isoformat() if row.month_end else None,
        "months_in_cents": row.months,
        "covered": str(row.covered),
        "shortfall": str(row.shortfall),
    }


def _last(count: int, sha256: str) -> bytes:
    return _line(
        {
            "accounts": count,
            "sha256": sha256,
            "public_key": signatures.public_key(),
            "signature": signatures.sign(_signed(count, sha256)),
        }
    )


def _signed(count: int, sha256: str) -> bytes:
    return f"{KIND} {count} {sha256}".encode()


def _line(facts: Any) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode() + b"\n"

"""What every benchmark shares: the size asked for, a steady clock and the closing line of JSON."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

SIZES = ("small", "country")


@dataclass(frozen=True)
class Check:
    """A ratio against a reference measured in the same run, and the target that it is held to."""

    name: str
    value: float
    target: float
    ok: bool


def at_least(name: str, value: float, target: float) -> Check:
    """Higher is better."""
    return Check(name, round(value, 4), target, value >= target)


def at_most(name: str, value: float, target: float) -> Check:
    """Lower is better."""
    return Check(name, round(value, 4), target, value <= target)


def size_asked_for(sizes: Sequence[str] = SIZES) -> str:
    """``small``, ``country`` or another that the benchmark knows, from ``--size``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sizes, default=sizes[0])
    size: str = parser.parse_args().size
    return size


def calls_per_second(call: Callable[[], object], *, seconds: float = 2.0, rounds: int = 3) -> float:
    """Median over ``rounds`` of how often ``call`` runs in a second, after one call to warm up."""
    call()
    rates = []
    for _ in range(rounds):
        count, begun = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - begun) < seconds:
            call()
            count += 1
        rates.append(count / elapsed)
    return statistics.median(rates)


def closing_line(name: str, size: str, checks: list[Check]) -> str:
    return json.dumps({"name": name, "size": size, "checks": [asdict(check) for check in checks]})


def report(name: str, size: str, checks: list[Check]) -> None:
    """The last thing that a benchmark prints: one line of JSON."""
    print(closing_line(name, size, checks), flush=True)

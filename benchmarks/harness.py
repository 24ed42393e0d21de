"""What every benchmark shares: the size asked for, a steady clock and the closing line of JSON."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
SIZES = ("small", "country")
#: Names a part of a benchmark to the process that measures it, and where it leaves what it measured.
_PART = "PORTAGE_BENCH_PART"


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


def new_database(name: str) -> str:
    """The address of an empty database on the server that the benchmark has."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        server.cursor().execute(f"CREATE DATABASE {name}")
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def in_a_process_of_its_own(benchmark: str, size: str, part: int, *, url: str) -> Any:
    """What one part of a benchmark measured, in a process that has seen no other and on a database of its own."""
    result = Path(os.environ["PORTAGE_VAR"]) / f"{benchmark}-{part}.json"
    environment = {**os.environ, "DATABASE_URL": url, _PART: f"{part} {result}"}
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", "--size", size]
    subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=True)
    return json.loads(result.read_text())


def part_asked_for() -> tuple[int, Path] | None:
    """Which part this process is to measure, and the file for what it finds; None where it is to lead the others."""
    if _PART not in os.environ:
        return None
    part, _space, path = os.environ[_PART].partition(" ")
    return int(part), Path(path)


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

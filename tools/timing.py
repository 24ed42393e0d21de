"""A pytest plugin (``-p tools.timing``): where the time of a test run went, by kind of test."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

SLOWEST_SHOWN = 3
KINDS = {"journeys": "journey", "browser": "browser", "architecture": "architecture"}


@dataclass
class Share:
    """What one kind of test took, in seconds, by test."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def slowest(self) -> list[tuple[str, float]]:
        return sorted(self.seconds.items(), key=lambda pair: pair[1], reverse=True)[:SLOWEST_SHOWN]


def kind_of(nodeid: str) -> str:
    """The kind by the test's folder: tests/journeys, tests/browser and tests/architecture; anything else is a unit."""
    parts = nodeid.split("::")[0].split("/")
    return KINDS.get(parts[1], "unit") if len(parts) > 1 else "unit"


class Timing:
    def __init__(self) -> None:
        self.shares: dict[str, Share] = defaultdict(Share)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.shares[kind_of(report.nodeid)].seconds[report.nodeid] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        total = sum(share.total for share in self.shares.values())
        if not total:
            return
        terminalreporter.write_sep("-", "time by kind of test")
        for kind, share in sorted(self.shares.items(), key=lambda pair: pair[1].total, reverse=True):
            terminalreporter.write_line(
                f"{kind:<12} {share.total:7.1f} s  {share.total / total:6.1%}  {len(share.seconds)} tests"
            )
            for nodeid, seconds in share.slowest():
                terminalreporter.write_line(f"             {seconds:7.1f} s  {nodeid}")


def pytest_configure(config: pytest.Config) -> None:
    # With pytest-xdist the reports of the workers come back to the process that shows them: only that one counts.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Timing(), "portage-timing")

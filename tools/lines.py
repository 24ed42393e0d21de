"""A pytest plugin (``-p tools.lines``): which lines of the product the tests run.

SlipCover puts its marks into the product's own code alone, so that the frameworks below run as fast as ever; a tracer
made the tests half as slow again and found the same lines. The bar counts on units and journeys: browser and
architecture tests drive whole pages through the same code again, so they come last, and what they reach is left out.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData
from slipcover import FileMatcher, ImportManager, Slipcover

from tools.timing import kind_of

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "pyproject.toml"
UNMEASURED_KINDS = frozenset({"browser", "architecture"})
#: A mark once met stays where it is: code that runs is never rewritten.
NEVER = -1


class Lines:
    """The marks, and the lines met until the first test that doesn't count."""

    def __init__(self) -> None:
        asked = Coverage(config_file=str(CONFIG)).config
        self.folders = [ROOT / name for name in asked.source or ()]
        self.product = FileMatcher(sources=self.folders, omit=list(asked.run_omit or ()))
        self.marks = Slipcover(d_miss_threshold=NEVER)
        self.met: dict[str, list[int]] | None = None
        ImportManager(self.marks, self.product).__enter__()

    def close(self) -> None:
        if self.met is None:
            self.met = {name: file["executed_lines"] for name, file in self.marks.get_coverage()["files"].items()}

    def write(self, name: str) -> None:
        """Adds to what ``coverage combine`` reads; files that no test imported are named without a line."""
        data = CoverageData(basename=name, suffix=f"lines.{os.getpid()}")
        data.add_lines(self.met or {})
        data.touch_files(
            [
                str(path.relative_to(ROOT))
                for folder in self.folders
                for path in folder.rglob("*.py")
                if self.product.matches(path)
            ]
        )
        data.write()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: kind_of(item.nodeid) in UNMEASURED_KINDS)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if kind_of(item.nodeid) in UNMEASURED_KINDS:
            self.close()
        return (yield)

    def pytest_sessionfinish(self) -> None:
        self.close()
        self.write(os.environ["COVERAGE_FILE"])


# Made as soon as pytest reads its command line, before it imports the product.
_lines = Lines()


def pytest_configure(config: pytest.Config) -> None:
    # The counterparts and the deployed services run as processes of their own and measure themselves.
    os.environ["COVERAGE_PROCESS_START"] = str(CONFIG)
    config.pluginmanager.register(_lines, "portage-lines")

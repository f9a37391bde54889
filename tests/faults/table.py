"""The table of faults at the end of a test run: what was made to fail, where, and what came of it.

A test of a fault has the mark `fault(where, what)`; without `what` its own name says what fails. What it saw the fault
end in, it hands to the fixture `ended`. So the table is of what ran, and of what was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest

PLACES = ("network", "payload", "disk", "process", "clock", "reader")
WIDTH, WHAT = 110, 44


@pytest.fixture
def ended(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Call it with what the user was told, or saw."""
    return lambda told: record_property("ended", told)


def pytest_runtest_setup(item: pytest.Item) -> None:
    mark = item.get_closest_marker("fault")
    if mark is not None:
        where, *what = mark.args
        assert where in PLACES, where
        item.user_properties.append(("fault", (where, *(what or [_in_words(item.name)]))))


def _in_words(name: str) -> str:
    words, _, case = name.removeprefix("test_").partition("[")
    return case.removesuffix("]") or words.replace("_", " ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    faults: dict[tuple[str, str], tuple[bool, str]] = {}
    for result in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(result, []):
            told: dict[str, Any] = dict(getattr(report, "user_properties", ()))
            if "fault" in told:
                faults[told["fault"]] = (result == "passed", str(told.get("ended", "nothing lost, nothing told")))
    if not faults:
        return
    terminalreporter.section("faults")
    for where, of_place in groupby(
        sorted(faults, key=lambda fault: PLACES.index(fault[0])), key=lambda fault: fault[0]
    ):
        cases = list(of_place)
        terminalreporter.write_line(f"{where}: {_count(faults[case][0] for case in cases)}")
        for case in cases:
            good, told = faults[case]
            line = f"  {'ok  ' if good else 'FAIL'}  {case[1][:WHAT]:<{WHAT}}  {' '.join(told.split())}"
            terminalreporter.write_line(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…")
    terminalreporter.write_line(f"in all: {_count(good for good, _ in faults.values())}")


def _count(good: Any) -> str:
    results = list(good)
    return f"{len(results)} faults, {sum(results)} ended as they should"

"""What is built again: whatever reads what has changed, and nothing else; never what only looks as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.data_versions import create_state, exclusion, node_versions, note, outdated, set_sources

CALENDAR = "macro.outcomes.as_of_date"


def node(kind: str, *folders: str, reads: tuple[str, ...] = (), macros: tuple[str, ...] = ()) -> dict[str, Any]:
    depends_on: dict[str, Any] = {"macros": list(macros)}
    if kind != "seed":
        depends_on["nodes"] = list(reads)
    return {"resource_type": kind, "fqn": ["outcomes", *folders], "depends_on": depends_on}


# raw.a -> staged_a, raw.b -> staged_b, both -> facts -> ages, which looks at the calendar by way of another macro.
MANIFEST = {
    "sources": {"source.a": {"name": "a"}, "source.b": {"name": "b"}},
    "macros": {
        CALENDAR: {"depends_on": {"macros": []}},
        "macro.outcomes.age": {"depends_on": {"macros": [CALENDAR]}},
        "macro.outcomes.text": {"depends_on": {"macros": []}},
    },
    "nodes": {
        "model.ages": node("model", "marts", "ages", reads=("model.facts",), macros=("macro.outcomes.age",)),
        "model.facts": node("model", "marts", "facts", reads=("model.staged_a", "model.staged_b", "seed.areas")),
        "model.staged_a": node("model", "staging", "staged_a", reads=("source.a",), macros=("macro.outcomes.text",)),
        "model.staged_b": node("model", "staging", "staged_b", reads=("source.b",)),
        "seed.areas": node("seed", "areas"),
        "test.staged_a": node("test", "staging", "test_a", reads=("model.staged_a",)),
        "test.facts": node("test", "marts", "test_facts", reads=("model.facts",)),
        "test.both": node("test", "test_both", reads=("model.staged_a", "model.staged_b")),
        "unit_test.facts": node("unit_test", "marts", "unit", reads=("model.facts",)),
    },
}
ALL = {name for name in MANIFEST["nodes"] if not name.startswith("unit_test")}
OF_A = {"model.staged_a", "model.facts", "model.ages", "test.staged_a", "test.facts", "test.both"}
SOURCES = {"a": "1", "b": "1"}


def versions(sources: dict[str, str] = SOURCES, *, code: str = "c", day: str = "2026-01-01") -> dict[str, str]:
    return node_versions(MANIFEST, sources, code=code, day=day)


@pytest.mark.parametrize(
    ("changed", "differ"),
    [
        (versions(), set()),
        (versions({"a": "2", "b": "1"}), OF_A),
        (versions(day="2026-01-02"), {"model.ages"}),
        (versions(code="d"), ALL),
    ],
    ids=["nothing", "a source", "the day", "the code"],
)
def test_versions_differ_where_something_that_is_read_does(changed: dict[str, str], differ: set[str]) -> None:
    before = versions()
    assert before.keys() == ALL
    assert {name for name in before if before[name] != changed[name]} == differ


def test_what_is_read_comes_before_who_reads_it() -> None:
    order = list(versions())
    assert order.index("model.staged_a") < order.index("model.facts") < order.index("model.ages")


class Night:
    """Builds on one build database."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "build.duckdb"
        with duckdb.connect(self.db) as con:
            create_state(con, "c")

    def build(self, content: str, *, fails: tuple[str, ...] = (), told: set[str] | None = None) -> set[str]:
        """Builds what is outdated with this content of raw.a; returns what that was."""
        with duckdb.connect(self.db) as con:
            set_sources(con, {"a": content, "b": "1"})
        found, building = outdated(self.db, MANIFEST, day="2026-01-01", told=ALL if told is None else told)
        note(self.db, found, building - set(fails))
        return building


@pytest.fixture
def night(tmp_path: Path) -> Night:
    made = Night(tmp_path)
    assert made.build("1") == ALL
    return made


def test_nothing_is_built_where_nothing_has_changed(night: Night) -> None:
    assert night.build("1") == set()
    assert night.build("2") == OF_A
    assert night.build("2") == set()


def test_what_failed_is_built_again(night: Night) -> None:
    assert night.build("2", fails=("test.facts",)) == OF_A
    assert night.build("2") == {"test.facts"}


def test_content_that_comes_back_after_a_failure_is_built_again(night: Night) -> None:
    """The tables may hold what the failed build put there."""
    night.build("2", fails=tuple(OF_A))
    assert night.build("1") == OF_A


def test_a_node_whose_result_was_lost_is_built_again(night: Night) -> None:
    assert night.build("1", told=ALL - {"test.both"}) == {"test.both"}


def test_folders_are_left_out_as_a_whole_where_nothing_in_them_is_built() -> None:
    assert exclusion(MANIFEST, ALL - {"model.facts", "test.facts"}) == [
        "fqn:outcomes.areas",
        "fqn:outcomes.marts.ages",
        "fqn:outcomes.staging",
        "fqn:outcomes.test_both",
    ]

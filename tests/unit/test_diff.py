"""What changed between two builds, as the command tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.home import Home

Observation = tuple[str, str, str, float | None]
EARLIER: list[Observation] = [
    ("rate", "X", "2023", 1.0),
    ("rate", "X", "2024", 2.0),
    ("rate", "X", "2022", None),
    ("rate", "X", "2021", 4.0),
    ("rate", "X", "2020", None),
]
LATER: list[Observation] = [
    ("rate", "X", "2023", 1.5),  # revised
    ("rate", "X", "2024", 2.0),
    ("rate", "X", "2022", 3.0),  # filled
    ("rate", "X", "2021", None),  # lost; as is a row that is gone
    ("rate", "X", "2025", 5.0),  # new period
    ("rate", "Y", "2025", 6.0),  # new area
    ("count", "X", "2025", 7.0),  # new indicator
    ("count", "X", "2024", None),  # nothing to tell
]


def mart(path: Path, observations: list[Observation], *, unit: str, status: str) -> Path:
    """A mart file with the tables that are compared."""
    path.parent.mkdir(parents=True)
    with duckdb.connect(path) as con:
        con.execute("create schema mart")
        con.execute(
            "create table mart.fct_observation (indicator_id varchar, ref_area varchar, time_period varchar, "
            "breakdown varchar default 'total', obs_value double, is_latest boolean default true)"
        )
        con.executemany(
            "insert into mart.fct_observation (indicator_id, ref_area, time_period, obs_value) values (?, ?, ?, ?)",
            observations,
        )
        con.execute("insert into mart.fct_observation values ('rate', 'X', '1999', 'total', random(), false)")
        con.execute("create table mart.dim_indicator as select 'rate' as indicator_id, ? as unit_measure", [unit])
        con.execute("create table mart.dim_area as select 'X' as area_code, 'Place' as area_name")
        con.execute(
            "create table mart.mart_measure_coverage as select '1a' as measure_id, ? as status, 1 as sort_order",
            [status],
        )
        con.execute("create table mart.build as select ? as build_id", [path.parent.name])
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Two kept builds, the second one published."""
    home = Home(tmp_path / "home")
    mart(home.builds / "b1" / "outcomes.duckdb", EARLIER, unit="percent", status="answered")
    second = mart(home.builds / "b2" / "outcomes.duckdb", LATER, unit="per 100", status="awaiting_source")
    home.mart.write_bytes(second.read_bytes())
    monkeypatch.setenv("OUTCOMES_HOME", str(home.root))
    return home


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments])


@pytest.mark.usefixtures("home")
def test_every_kind_of_change_is_told() -> None:
    found = json.loads(diff("--json").stdout)
    assert (found["build_id"], found["earlier"], found["later"]) == ("b2", "b1", "published")
    changes: dict[str, list[dict[str, Any]]] = {"observations": [], "indicators": [], "areas": [], "measures": []}
    for row in found["rows"]:
        changes[row.pop("of")].append(row)
    told = {
        (row["change"], row["indicator_id"], row["ref_area"], row["time_period"]): (row["old_value"], row["new_value"])
        for row in changes["observations"]
    }
    assert told == {
        ("revised value", "rate", "X", "2023"): (1.0, 1.5),
        ("filled value", "rate", "X", "2022"): (None, 3.0),
        ("lost value", "rate", "X", "2021"): (4.0, None),
        ("new period", "rate", "X", "2025"): (None, 5.0),
        ("new area", "rate", "Y", "2025"): (None, 6.0),
        ("new indicator", "count", "X", "2025"): (None, 7.0),
    }
    assert changes["indicators"] == [{"change": "changed metadata", "id": "rate"}]
    assert changes["areas"] == []
    assert [(row["measure_id"], row["old_status"], row["new_status"]) for row in changes["measures"]] == [
        ("1a", "answered", "awaiting_source")
    ]


@pytest.mark.usefixtures("home")
def test_people_read_it_by_kind_and_indicator() -> None:
    told = diff("b1", "b2").stdout.splitlines()
    assert told == diff().stdout.splitlines()
    assert "revised value: rate (1)" in told
    assert "    X 2023: 1 → 1.5" in told
    assert "changed metadata of indicators: rate" in told
    assert "measure 1a: answered, now awaiting_source" in told


def test_a_build_beside_itself(home: Home) -> None:
    assert diff(str(home.mart), "published").stdout == "nothing changed\n"


def test_unknown_build_is_named_with_those_that_are_kept(home: Home) -> None:
    result = diff("b7")
    assert result.exit_code == 1
    assert "expected `published`, a mart file or a kept build (b1, b2), found 'b7'" in result.stderr
    (home.builds / "b1" / "outcomes.duckdb").unlink()
    (home.builds / "b1").rmdir()
    assert "no build before the published one" in diff().stderr

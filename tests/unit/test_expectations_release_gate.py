"""The release gate on a small build that is right, and on the same build with one thing wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.model import CheckedSuite, CheckResult, Suite
from expectations.release_gate import MEASURES, GateError, release_gate, run_gate
from expectations.runner import Runner

HOME = "E47000004"

BUILD = f"""
create schema mart;
create table mart.fct_observation as
select indicator_id, 'ofcom_fixed_coverage' as dataset, ref_area, '2025-07-01' as time_period,
       'total' as breakdown, obs_value, obs_status, 'percent' as unit_measure, basis,
       'r1' as release_id, true as is_latest
from (values
    ('premises_gigabit_all', '{HOME}', 90.67::double, 'A', 'published'),
    ('premises_gigabit_all', 'E08000012', 93.1, 'A', 'published'),
    ('premises_ultrafast_all', '{HOME}', null, 'O', 'published'),
    ('premises_ultrafast_all', 'E08000012', 89.0, 'P', 'published')
) as given(indicator_id, ref_area, obs_value, obs_status, basis);
insert into mart.fct_observation
select * replace ('r0' as release_id, false as is_latest) from mart.fct_observation;
create table mart.mart_measure_coverage as
select 'm' || number as measure_id,
       case when number < 20 then 'answered' when number < 30 then 'illustrative_only'
            else 'awaiting_source' end as status,
       case when number < 20 then 'published' when number < 30 then 'illustrative' end as basis
from range({MEASURES}) as numbers(number);
"""


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


def gate(runner: Runner, folder: Path, change: str = "", origin: str = "live") -> dict[tuple[str, str], CheckResult]:
    build = folder / "build.duckdb"
    with duckdb.connect(str(build)) as connection:
        connection.execute(BUILD + change)
    checked = run_gate(build, runner, home_area=HOME, origin=origin)
    assert len(checked) == len(release_gate(HOME, origin))
    return {(result.table_name, result.check_name): result for suite in checked for result in suite.results}


def failed(results: dict[tuple[str, str], CheckResult]) -> dict[str, CheckResult]:
    return {name: result for (_, name), result in results.items() if not result.passed}


def test_a_right_build_passes(runner: Runner, tmp_path: Path) -> None:
    results = gate(runner, tmp_path)
    assert failed(results) == {}
    assert len(results) == 16
    assert results["mart.fct_observation", "grain_unique"].found == "unique in 8 rows"
    assert results["mart.fct_observation", "observations_present"].found == "8"
    assert {result.kind for result in results.values()} == {"release_gate"}


FACT, COVERAGE = "mart.fct_observation", "mart.mart_measure_coverage"

WRONG = {
    "observations_present": (f"delete from {FACT}", {"observations_present", "home_area_present"}, "0"),
    "grain_unique": (
        f"insert into {FACT} from {FACT} where not is_latest and ref_area = 'E08000012' and obs_value > 90",
        {"grain_unique"},
        "2 rows share key (indicator_id, dataset, ref_area, time_period, breakdown, release_id): "
        "premises_gigabit_all / ofcom_fixed_coverage / E08000012 / 2025-07-01 / total / r0",
    ),
    "one_latest_per_key": (
        f"update {FACT} set is_latest = true where ref_area = 'E08000012' and obs_value > 90",
        {"one_latest_per_key"},
        "2 rows share key (indicator_id, ref_area, time_period, breakdown): "
        "premises_gigabit_all / E08000012 / 2025-07-01 / total",
    ),
    "status_accepted": (
        f"update {FACT} set obs_status = '[x]' where obs_value is null",
        {"status_accepted", "status_fits_missing"},
        "1 of 3 values do not fit: [x] "
        "(example ofcom_fixed_coverage / premises_ultrafast_all / E47000004 / 2025-07-01)",
    ),
    "status_fits_value": (
        f"update {FACT} set obs_status = 'M' where obs_value > 93",
        {"status_fits_value"},
        "1 of 3 values do not fit: M (example ofcom_fixed_coverage / premises_gigabit_all / E08000012 / 2025-07-01)",
    ),
    "status_fits_missing": (
        f"update {FACT} set obs_value = null where obs_status = 'P'",
        {"status_fits_missing"},
        "1 of 2 values do not fit: P (example ofcom_fixed_coverage / premises_ultrafast_all / E08000012 / 2025-07-01)",
    ),
    "basis_accepted": (
        f"update {FACT} set basis = 'illustrative' where obs_value > 93",
        {"basis_accepted"},
        "1 of 2 values do not fit: illustrative",
    ),
    "percent_not_above_100": (
        f"update {FACT} set obs_value = 100.4 where obs_value > 93",
        {"percent_not_above_100"},
        "1 of 2 values do not fit: 100.4 (indicator premises_gigabit_all)",
    ),
    "percent_not_below_0": (
        f"update {FACT} set obs_value = -2 where obs_value > 93",
        {"percent_not_below_0"},
        "1 of 2 values do not fit: -2 (indicator premises_gigabit_all)",
    ),
    "home_area_present": (
        f"delete from {FACT} where ref_area = '{HOME}'",
        {"home_area_present"},
        "E47000004 missing",
    ),
    "every_measure_listed": (
        f"delete from {COVERAGE} where measure_id = 'm40'",
        {"every_measure_listed"},
        "87 rows",
    ),
    "measure_id_unique": (
        f"update {COVERAGE} set measure_id = 'm40' where measure_id = 'm41'",
        {"measure_id_unique"},
        "2 rows share key (measure_id): m40 (measure m40)",
    ),
    "measure_id_filled": (
        f"update {COVERAGE} set measure_id = null where measure_id = 'm41'",
        {"measure_id_filled"},
        "1 of 88 cells are empty",
    ),
    "status_filled": (
        f"update {COVERAGE} set status = null where measure_id = 'm41'",
        {"status_filled"},
        "1 of 88 cells are empty (measure m41)",
    ),
    "answered_from_published": (
        f"update {COVERAGE} set basis = 'illustrative' where measure_id = 'm3'",
        {"answered_from_published"},
        "1 of 20 values do not fit: illustrative (measure m3)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_check_fails_on_what_it_is_for(runner: Runner, tmp_path: Path, name: str) -> None:
    change, failing, found = WRONG[name]
    wrong = failed(gate(runner, tmp_path, change))
    assert set(wrong) == failing
    assert wrong[name].found == found
    assert wrong[name].severity == ("warn" if name.startswith("percent") else "error")


def test_a_coverage_status_of_its_own_making_fails(runner: Runner, tmp_path: Path) -> None:
    results = gate(runner, tmp_path, f"update {COVERAGE} set status = 'done' where measure_id = 'm70'")
    assert not results[COVERAGE, "status_accepted"].passed
    assert results[FACT, "status_accepted"].passed


def test_illustrative_rows_are_for_the_sample_only(runner: Runner, tmp_path: Path) -> None:
    change = f"update {FACT} set basis = 'illustrative'"
    assert failed(gate(runner, tmp_path, change, origin="sample")) == {}


def test_no_basis_is_never_accepted(runner: Runner, tmp_path: Path) -> None:
    wrong = failed(gate(runner, tmp_path, f"update {FACT} set basis = null", origin="sample"))
    assert wrong["basis_accepted"].sample_failing == "(none)"


def test_a_build_without_its_tables_cannot_be_judged(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(GateError, match="mart_measure_coverage"):
        gate(runner, tmp_path, f"drop table {COVERAGE}")
    with pytest.raises(GateError, match=r"absent\.duckdb"):
        run_gate(tmp_path / "absent.duckdb", runner, home_area=HOME, origin="live")


def test_the_build_is_only_read(runner: Runner, tmp_path: Path) -> None:
    gate(runner, tmp_path)
    build = tmp_path / "build.duckdb"
    before = build.stat().st_mtime_ns, build.read_bytes()
    run_gate(build, runner, home_area=HOME, origin="live")
    assert (build.stat().st_mtime_ns, build.read_bytes()) == before


def test_a_verdict_on_the_very_same_rows_stands_and_no_other(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(runner, tmp_path)
    build = tmp_path / "build.duckdb"
    first = [suite.document for suite in run_gate(build, runner, home_area=HOME, origin="live")]
    asked: list[str] = []

    class Counting(Runner):
        def check(self, suite: Suite, *frame: Any, **subject: Any) -> CheckedSuite:
            asked.append(suite.name)
            return super().check(suite, *frame, **subject)

    stored = json.loads(json.dumps(first))
    again = run_gate(build, Counting(), home_area=HOME, origin="live", before=stored)
    assert asked == []
    assert [suite.document for suite in again] == first
    with duckdb.connect(str(build)) as connection:
        connection.execute(f"update {FACT} set obs_status = 'Z' where indicator_id = 'premises_ultrafast_all'")
    broken = run_gate(build, Counting(), home_area=HOME, origin="live", before=stored)
    assert asked == ["observation_status"]
    wrong = {result.check_name for suite in broken for result in suite.results if not result.passed}
    assert wrong == {"status_accepted", "status_fits_value", "status_fits_missing"}
    asked.clear()
    run_gate(build, Counting(), home_area=HOME, origin="sample", before=[suite.document for suite in broken])
    assert asked == ["observation_basis"]  # which the sample may fill otherwise
    asked.clear()
    monkeypatch.setattr("expectations.release_gate.expectations_code", lambda: "other code")
    run_gate(build, Counting(), home_area=HOME, origin="live", before=[suite.document for suite in broken])
    assert len(asked) == len(first)

"""What the reconciliations find: one fault each, put into a copy of the sample build, is named with its rows."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from orchestration.home import DBT_PROJECT_DIR, Home
from orchestration.transform import dbt_checks, dbt_environment, dbt_executable, read_json

pytestmark = pytest.mark.end_to_end

LCR, HALTON, ST_HELENS = "E47000004", "E06000006", "E08000013"
SELECTED = ["tag:reconciliation", "mart_corrections", "source_markers_are_known"]
FAULTS = (
    # St Helens is read from another row: the six no longer make what ONS prints.
    f"update mart.fct_observation set obs_value = obs_value + 10 where dataset = 'ons_regional_gdp' "
    f"and indicator_id = 'gdp_current_prices' and ref_area = '{ST_HELENS}' and time_period = '2019-01-01/P1Y'",
    f"update mart.fct_observation set obs_value = obs_value + 100 where dataset = 'nomis_nm_2002_1' "
    f"and indicator_id = 'population' and ref_area = '{HALTON}'",
    f"update mart.fct_observation set obs_value = 99 where dataset = 'ons_explore_local_statistics' "
    f"and indicator_id = 'employment_rate' and ref_area = '{LCR}' and time_period = '2023-01-01/P1Y'",
    f"update mart.fct_observation set obs_value = 101 where indicator_id = 'premises_gigabit_all' "
    f"and dataset = 'ofcom_fixed_coverage' and ref_area = '{HALTON}'",
    f"update mart.fct_observation set numerator = -1 where indicator_id = 'premises_gigabit_non_residential' "
    f"and ref_area = '{HALTON}'",
    # An earlier release of house building had one area more in a year, and lacked another year.
    "insert into raw.release by name select * replace ('earlier' as release_id, date '2023-04-06' as published_at, "
    "date '2023-04-06' as revised_at, date '2023-04-06' as known_from, 'whole' as kind) "
    "from raw.release where dataset = 'ons_house_building'",
    "insert into intermediate.int_observation_conformed by name select * replace ('earlier' as release_id) "
    "from intermediate.int_observation_conformed where dataset = 'ons_house_building' "
    "and time_period <> '2012-04-01/P1Y'",
    "delete from intermediate.int_observation_conformed where dataset = 'ons_house_building' "
    f"and release_id <> 'earlier' and ref_area = '{HALTON}' and indicator_id = 'housing_starts' "
    "and time_period = '2015-04-01/P1Y'",
    # A sign that the publisher never used before.
    "update intermediate.int_observation_conformed set obs_value = null, source_flag = '[zz]' "
    f"where dataset = 'desnz_household_energy_efficiency' and ref_area = '{HALTON}'",
    # A correction of a figure that is another one by now.
    f"insert into reference.corrections values ('mended', 'ons_explore_local_statistics', 'employment_rate', '{LCR}', "
    "'2023-01-01/P1Y', 'total', 'obs_value', '7.2', '72', 'a comma', 'seen', date '2026-01-01')",
)


@dataclass(frozen=True)
class Checked:
    """Checks of the faulty build by name, as mart_quality would hold them, and the manifest that declares them."""

    checks: dict[str, dict[str, Any]]
    manifest: dict[str, Any]


@pytest.fixture(scope="module")
def faulty(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    home = Home(tmp_path_factory.mktemp("faulty"))
    home.build.mkdir(parents=True)
    shutil.copy(sample_home.build_db, home.build_db)
    with duckdb.connect(home.build_db) as con:
        for fault in FAULTS:
            (changed,) = con.execute(fault).fetchone() or (0,)
            assert changed, fault
    target = home.root / "target"
    command = [dbt_executable(), "build", "--select", *SELECTED, "--exclude", "test_type:unit", "--target-path"]
    done = subprocess.run(
        [*command, str(target)],
        cwd=DBT_PROJECT_DIR,
        env={**os.environ, **dbt_environment(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (target / "run_results.json").is_file(), done.stdout[-4000:]
    manifest = read_json(target / "manifest.json")
    checks = dbt_checks(read_json(target / "run_results.json"), manifest, home.build_db)
    return Checked({check["check_name"]: check for check in checks}, manifest)


@pytest.mark.parametrize(
    ("check", "severity", "rows"),
    [
        ("six_authorities_make_the_published_total", "error", ["gdp_current_prices", "published_total=38734"]),
        ("computed_area_is_the_published_one", "warn", ["indicator_id=population", "published_value=1551722"]),
        ("home_area_lies_between_its_members", "warn", ["employment_rate", "obs_value=99"]),
        ("percentages_lie_between_0_and_100", "error", ["premises_gigabit_all", "obs_value=101"]),
        ("derived_premises_are_not_negative", "error", ["premises_gigabit_non_residential", "numerator=-1"]),
        ("closed_periods_keep_their_areas", "warn", ["2012-04-01/P1Y, areas_before=0", "2015-04-01/P1Y"]),
        ("source_markers_are_known", "warn", ["desnz_household_energy_efficiency, marker=zz", "observations=1"]),
        ("corrections_are_still_needed", "warn", ["correction_id=mended", "published_now=72", "delete the row"]),
    ],
)
def test_fault_is_named_with_its_rows(faulty: Checked, check: str, severity: str, rows: list[str]) -> None:
    result = faulty.checks[check]
    assert (result["passed"], result["severity"]) == (False, severity)
    assert result["expected"] != "no rows returned by the test"
    for row in rows:
        assert row in result["sample_failing"]


def test_reconciliations_can_be_listed(faulty: Checked) -> None:
    """`dbt ls --select tag:reconciliation`: each says in its description what it holds against what."""
    nodes = faulty.manifest["nodes"].values()
    described = {node["name"]: node["description"] for node in nodes if "reconciliation" in node["tags"]}
    assert {"ofcom_speed_bands_add_up", "aggregates_follow_their_rule"} < set(described)
    assert "" not in described.values()

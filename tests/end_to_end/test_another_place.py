"""Another combined authority from the same published files: Greater Manchester by its own configuration.

Golden figures are the publishers' own. Few datasets, so that it takes a minute: a place changes the same in all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.home import PROJECT_ROOT, Home
from sources.place import load_place
from tests.end_to_end.runs import Finished, outcomes

pytestmark = [pytest.mark.end_to_end, pytest.mark.published]

PLACE = PROJECT_ROOT / "places" / "greater_manchester.yml"
MANCHESTER, LIVERPOOL = "E47000001", "E47000004"
DATASETS = (
    "ons_business_demography",
    "ons_lad_cauth_lookup",
    "defra_collected_waste",
    "dft_bus",
    "dft_road_traffic",
    "dfe_lait",
    "orr_station_usage",
)
INDICATORS = ("employment-rate", "healthy-life-expectancy")  # files of Explore Local Statistics
# indicator, period, breakdown: value as the publisher prints it, decimals
GOLDEN = {
    # ONS, Explore Local Statistics, rows of E47000001: "Economically inactive", 2023-01-01/P1Y.
    ("economic_inactivity_rate", "2023-01-01/P1Y", "total"): (24.7, 1),
    # The same, "Male|Female healthy life expectancy", 2022-01-01/P3Y.
    ("healthy_life_expectancy", "2022-01-01/P3Y", "sex=male"): (57.0, 1),
    ("healthy_life_expectancy", "2022-01-01/P3Y", "sex=female"): (57.9, 1),
    # ONS, Business demography 2024, table 1.1d: Bolton 1,700, Bury 1,140, Manchester 3,835, Oldham 1,200, Rochdale 980,
    # Salford 1,510, Stockport 1,405, Tameside 790, Trafford 1,395, Wigan 1,195.
    ("business_births", "2024-01-01/P1Y", "total"): (15_150, 0),
    # Table 3.1d: 11,700, 8,625, 26,230, 8,405, 7,750, 11,365, 13,360, 7,050, 12,580, 10,265.
    ("active_enterprises", "2024-01-01/P1Y", "total"): (117_330, 0),
    ("business_birth_rate", "2024-01-01/P1Y", "total"): (100 * 15_150 / 117_330, 9),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, published_dir: Path) -> Finished:
    """The main job for Greater Manchester on some of the real published files."""
    folder = tmp_path_factory.mktemp("place")
    mirror = folder / "mirror"
    mirror.mkdir()
    (mirror / "published").symlink_to(published_dir)
    listed: dict[str, list[dict[str, Any]]] = yaml.safe_load((published_dir / "mirror.yml").read_text())["datasets"]
    chosen = {name: [_below(entry) for entry in listed[name]] for name in DATASETS}
    first = listed["ons_explore_local_statistics"][0]
    chosen["ons_explore_local_statistics"] = [
        _below(first | {"files": f"ons/explore_local_statistics/{name}.csv"}) for name in INDICATORS
    ]
    (mirror / "mirror.yml").write_text(yaml.safe_dump({"datasets": chosen}), encoding="utf-8")
    return outcomes(Home(folder / "home"), "run", "--from", f"mirror:{mirror}", OUTCOMES_PLACE=str(PLACE))


def _below(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"files": f"published/{entry['files']}"}


@pytest.fixture(scope="module")
def mart(run: Finished) -> duckdb.DuckDBPyConnection:
    assert run.code == 0, run.err
    return duckdb.connect(run.home.mart, read_only=True)


@pytest.mark.parametrize(("figure", "published"), GOLDEN.items(), ids=lambda value: str(value[0]))
def test_figures_are_the_publishers_own(
    mart: duckdb.DuckDBPyConnection, figure: tuple[str, str, str], published: tuple[float, int]
) -> None:
    found = mart.execute(
        "select obs_value from mart.fct_observation where is_latest and ref_area = ? "
        "and indicator_id = ? and time_period = ? and breakdown = ?",
        [MANCHESTER, *figure],
    ).fetchall()
    value, decimals = published
    assert [round(row[0], decimals) for row in found] == [round(value, decimals)]


def test_a_lookalike_stands_for_its_members_once(mart: duckdb.DuckDBPyConnection) -> None:
    """The disposal authority and Wigan for waste, the former county for buses."""
    found = mart.execute(
        "select distinct dataset, n_components from mart.fct_observation where ref_area = ? "
        "and value_origin = 'aggregated' and dataset in ('defra_collected_waste', 'dft_bus') order by all",
        [MANCHESTER],
    ).fetchall()
    assert found == [("defra_collected_waste", 2), ("dft_bus", 1)]


def test_the_home_area_is_that_of_the_place(mart: duckdb.DuckDBPyConnection) -> None:
    home = mart.execute("select area_code from mart.dim_area where is_home_area").fetchall()
    members = mart.execute("select area_code from mart.dim_area where is_home_member order by 1").fetchall()
    assert home == [(MANCHESTER,)]
    assert [code for (code,) in members] == sorted(load_place(PLACE).authorities.values())


def test_measures_are_answered_for_the_place_and_no_other(mart: duckdb.DuckDBPyConnection) -> None:
    areas = mart.execute("select distinct area_code from mart.mart_scorecard where value is not null").fetchall()
    assert areas == [(MANCHESTER,)]
    newest = mart.execute(
        "select area_code, newest_period, round(latest_value, 1) from mart.mart_measure_coverage "
        "where measure_id = '7a'"
    ).fetchall()
    assert newest == [(MANCHESTER, "2023-01-01/P1Y", 24.7)]
    ranked = mart.execute(
        "select comparator_value, judgement from mart.mart_comparison "
        "where area_code = ? and indicator_id = 'economic_inactivity_rate' and time_period = '2023-01-01/P1Y'",
        [MANCHESTER],
    ).fetchall()
    assert ranked == [(21.0, "worse")]  # England's 21.0 lies below 23.2 to 26.2


@pytest.mark.parametrize("table", ["dim_target", "dim_baseline", "mart_claims", "mart_target"])
def test_what_another_place_has_written_does_not_show(mart: duckdb.DuckDBPyConnection, table: str) -> None:
    assert mart.execute(f"from mart.{table}").fetchall() == []


def test_other_places_are_there_to_be_compared_with(mart: duckdb.DuckDBPyConnection) -> None:
    found = mart.execute(
        "select round(obs_value) from mart.fct_observation where is_latest and ref_area = ? "
        "and indicator_id = 'business_births' and time_period = '2024-01-01/P1Y'",
        [LIVERPOOL],
    ).fetchall()
    assert found == [(6_045,)]


def test_questions_mean_the_place(run: Finished) -> None:
    done = outcomes(run.home, "show", "economic_inactivity_rate", "--json", OUTCOMES_PLACE=str(PLACE))
    assert done.code == 0, done.err
    assert {row["area_code"] for row in json.loads(done.out)["rows"]} == {MANCHESTER}

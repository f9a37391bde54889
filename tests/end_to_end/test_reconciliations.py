"""Corrections and reconciliations: each fault, put into a copy of the sample build, is named with its rows; and what
they say of the publishers' real files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from orchestration.dbt_checks import dbt_checks
from orchestration.dbt_process import call_dbt, ensure_manifest
from orchestration.home import Home
from orchestration.transform import read_json

pytestmark = pytest.mark.end_to_end

LCR, HALTON, ST_HELENS = "E47000004", "E06000006", "E08000013"
SELECTED = [
    "tag:reconciliation",
    "claims_is_sound",
    "fct_observation_is_sound",
    "corrections_are_still_needed",
    "source_markers_are_known",
]
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
    # A correction of a figure that is another one by now (a unit test of mart_corrections shows how it comes to that).
    "update mart.mart_corrections set state = 'expired', published_now = 91, release_id = 'newest' "
    "where correction_id = 'els_arts_upper_tlc'",
    # Rows that break one thing each of what is asked of every row of their table.
    "insert into framework.claims select * from framework.claims where claim_id = 'LIS401'",
    "update framework.claims set figure = null, unit = null where claim_id = 'LIS446'",
    "update framework.claims set comparison = 'about' where claim_id = 'LIS520'",
    "update framework.claims set indicator_id = 'unknown' where claim_id = 'LIS457'",
    "update framework.claims set definition_unclear = true, note = null where claim_id = 'LIS462'",
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
    done = call_dbt(home, "test", "--select", *SELECTED, target=target)
    assert (target / "run_results.json").is_file(), done.stdout[-4000:]
    manifest = read_json(ensure_manifest(home))
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
        (
            "corrections_are_still_needed",
            "warn",
            ["correction_id=els_arts_upper_tlc", "published_now=91", "delete the row"],
        ),
    ],
)
def test_fault_is_named_with_its_rows(faulty: Checked, check: str, severity: str, rows: list[str]) -> None:
    result = faulty.checks[check]
    assert (result["passed"], result["severity"]) == (False, severity)
    assert result["expected"] != "no rows returned by the test"
    for row in rows:
        assert row in result["sample_failing"]


@pytest.mark.parametrize(
    ("check", "found", "such_as"),
    [
        ("claims_claim_id_is_unique", "claim_id_is_unique: 1", "LIS401"),
        ("claims_is_complete", "figure_is_missing: 1, unit_is_missing: 1", "LIS446; LIS446"),
        ("claims_comparison_is_known", "comparison_is_known: 1", "about"),
        ("claims_indicator_id_is_in_indicators", "indicator_id_is_in_indicators: 1", "unknown"),
        ("claims_an_indicator_comes_with_its_key", "an_indicator_comes_with_its_key: 1", "LIS457"),
        ("claims_what_is_unclear_is_said", "what_is_unclear_is_said: 1", "LIS462"),
    ],
)
def test_each_thing_asked_of_a_table_is_a_check_that_names_what_breaks_it(
    faulty: Checked, check: str, found: str, such_as: str
) -> None:
    told = faulty.checks[check]
    assert (told["passed"], told["severity"], told["table_name"]) == (False, "error", "claims")
    assert (told["found"], told["sample_failing"]) == (found, such_as)


def test_what_holds_of_a_table_passes_beside_what_does_not(faulty: Checked) -> None:
    claims = {name: told["passed"] for name, told in faulty.checks.items() if told["table_name"] == "claims"}
    assert sum(not passed for passed in claims.values()) == 6
    assert claims["claims_replay_is_known"]
    assert claims["claims_area_code_is_in_areas"]
    checks = faulty.checks.values()
    observations = [told for told in checks if told["check_id"].startswith("test.outcomes.fct_observation_is_sound.")]
    assert len(observations) > 10
    assert all(told["passed"] for told in observations)


def test_reconciliations_can_be_listed(faulty: Checked) -> None:
    """`dbt ls --select tag:reconciliation`: each says in its description what it holds against what."""
    nodes = faulty.manifest["nodes"].values()
    described = {node["name"]: node["description"] for node in nodes if "reconciliation" in node["tags"]}
    assert {"ofcom_speed_bands_add_up", "aggregates_follow_their_rule"} < set(described)
    assert "" not in described.values()


# --- on the publishers' real files ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mirror_mart(mirror_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The mart that the publishers' real files make."""
    with duckdb.connect(mirror_home.mart, read_only=True) as con:
        yield con


@pytest.mark.published
def test_impossible_limits_are_withheld_and_what_was_published_can_be_found(
    mirror_mart: duckdb.DuckDBPyConnection,
) -> None:
    """ONS, Explore Local Statistics, Engaged with the arts: in six regions the upper limit is below the value."""
    corrections = mirror_mart.execute(
        "select ref_area, state, field, published, corrected, published_now, evidence like '%uci_95%' "
        "from mart.mart_corrections order by ref_area"
    ).fetchall()
    published = {"TLC": 88, "TLE": 88, "TLF": 89, "TLG": 88, "TLI": 89, "TLJ": 92}
    assert corrections == [(area, "applied", "upper_ci", was, None, was, True) for area, was in published.items()]
    # Every value stays, and so does every lower limit; the North West, where the limits are possible, keeps both.
    rows = mirror_mart.execute(
        "select area_code, value, lower_ci, upper_ci, source_flag from mart.mart_indicator_series "
        "where indicator_id = 'arts_engagement' and area_code in ('TLD', 'TLJ') order by area_code"
    ).fetchall()
    assert rows == [
        ("TLD", 89, 89, 89, None),
        ("TLJ", 93, 92, None, "corrected: upper confidence limit 92 below the value 93: withheld"),
    ]
    broken = mirror_mart.execute(
        "select check_name, passed from mart.mart_quality "
        "where check_id like '%fct_observation_limits_enclose_the_value%' order by all"
    ).fetchall()
    assert broken == [("fct_observation_lower_limit", True), ("fct_observation_upper_limit", True)]


@pytest.mark.published
def test_closed_periods_that_changed_between_releases_are_shown_and_stop_nothing(
    mirror_mart: duckdb.DuckDBPyConnection, mirror_home: Home
) -> None:
    """Explore Local Statistics: broadband of July 2025 became that of January 2026; noughts of Northern Ireland became
    blanks; healthy life expectancy came for more areas, in eleven periods for men and women, and for a new period."""
    (check,) = mirror_mart.execute(
        "select severity, passed, found, sample_failing from mart.mart_quality "
        "where check_name = 'closed_periods_keep_their_areas'"
    ).fetchall()
    assert check[:2] == ("warn", False)
    assert check[2].startswith("Got 24 results")
    assert "time_period=2025-07-01, areas_before=413, areas_now=0" in check[3]
    with duckdb.connect(mirror_home.build_db, read_only=True) as con:
        changes = con.execute(
            "select part, min(areas_now - areas_before), max(areas_now - areas_before), count(*) "
            "from intermediate.int_reconciled_partition where areas_now <> areas_before group by part order by part"
        ).fetchall()
    assert changes == [
        ("gigabit-capable-broadband", -413, -413, 1),
        ("gross-value-added", -11, -11, 1),
        ("healthy-life-expectancy", 43, 54, 22),
    ]


@pytest.mark.published
def test_members_add_up_to_what_ons_prints_for_the_city_region(mirror_home: Home) -> None:
    """ONS, enterprise regions, 26 May 2021: value added and product of 22 years, within rounding of the six and it."""
    with duckdb.connect(mirror_home.build_db, read_only=True) as con:
        compared = con.execute(
            "select indicator_id, count(*), max(abs(computed_total - published_total)) <= 3.5 "
            "from intermediate.int_reconciled_total where same_vintage group by all order by all"
        ).fetchall()
        # Department for Education, counts of 2018/19: 62.26; Explore Local Statistics prints 62.
        schools = con.execute(
            "select round(computed_value, 2), published_value, round(tolerance, 2) "
            "from intermediate.int_reconciled_area where indicator_id = 'ks2_rwm_expected'"
        ).fetchall()
    assert compared == [("gdp_current_prices", 22, True), ("gva_current_prices", 22, True)]
    assert schools == [(62.26, 62, 0.53)]


@pytest.mark.published
def test_failing_checks_say_what_and_show_rows(mirror_mart: duckdb.DuckDBPyConnection) -> None:
    failing = mirror_mart.execute(
        "select expected, found, sample_failing from mart.mart_quality where not passed"
    ).fetchall()
    assert failing
    assert all(all(part for part in row) for row in failing)

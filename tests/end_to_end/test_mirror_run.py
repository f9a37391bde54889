"""The main job on the publishers' real files, against figures that the publishers print themselves.

Every expected figure was read from the publisher's own file or follows from its counts by the arithmetic given.
It is compared after rounding as published; the mart keeps full precision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.home import Home
from tests.end_to_end.runs import Finished, assert_mart_is_whole, outcomes

pytestmark = [pytest.mark.end_to_end, pytest.mark.published]

LCR, LIVERPOOL = "E47000004", "E08000012"
FORMER_COUNTY = "E11000002"  # Merseyside: five boroughs without Halton, never the city region
NOT_IN_THE_MIRROR = {
    "charity_commission_register",
    "data_gov_uk_open_datasets",
    "network_rail_timetable",
    "ofcom_fixed_performance",
    "dbt_uk_innovation_survey",
    "dcms_community_life",
    "desnz_final_energy_consumption",
    "desnz_ghg_emissions",
    "desnz_renewable_electricity",
    "dfe_16_to_18_results",
    "dfe_key_stage_4",
    "dft_walking_cycling",
    "hmrc_regional_trade_smaller_areas",
    "hmrc_uktradeinfo_rts",
    "ipo_facts_and_figures",
    "hesa_finance",
    "hesa_hebci",
    "lcrca_returns",
    "mhclg_indices_of_deprivation_file_10",
    "ons_boundaries",
    "ons_gerd",
    "ons_gva_by_local_authority",
    "ons_healthy_life_expectancy",
    "mhclg_epc_live_tables",
    "mhclg_live_table_253a",
    "mhclg_nndr3",
    "voa_business_floorspace",
    "nomis_nm_189_1_classes",
    "nomis_nm_142_1_classes",
    "nomis_nm_189_1_lsoa",
}

# area, indicator, period, breakdown, figure, decimals as published, dataset that serves it
GOLDEN = [
    # ONS, Business demography UK 2024 (20 November 2025), tables 1.1d and 3.1d: counts rounded to 5 by ONS.
    # Births: Halton 450, Knowsley 450, Liverpool 2,345, Sefton 1,040, St Helens 615, Wirral 1,145.
    # Active: 3,865 + 3,715 + 16,425 + 8,785 + 5,110 + 9,550. Rate: 6,045 / 47,450.
    (LIVERPOOL, "business_births", "2024-01-01/P1Y", "total", 2345, 0, "ons_business_demography"),
    (LCR, "business_births", "2024-01-01/P1Y", "total", 6045, 0, "ons_business_demography"),
    (LCR, "active_enterprises", "2024-01-01/P1Y", "total", 47450, 0, "ons_business_demography"),
    (LCR, "business_birth_rate", "2024-01-01/P1Y", "total", 12.74, 2, "ons_business_demography"),
    # Ofcom, Connected Nations, July 2025 (19 November 2025): premises counts of the six over all premises
    # (765,759 all, 721,003 residential, 44,756 neither). ONS prints 90.7 for gigabit, all premises.
    (LCR, "premises_gigabit_all", "2025-07-01", "total", 90.67, 2, "ofcom_fixed_coverage"),
    (LCR, "premises_gigabit_residential", "2025-07-01", "total", 92.31, 2, "ofcom_fixed_coverage"),
    (LCR, "premises_gigabit_non_residential", "2025-07-01", "total", 64.24, 2, "ofcom_fixed_coverage"),
    (LCR, "premises_ultrafast_all", "2025-07-01", "total", 91.19, 2, "ofcom_fixed_coverage"),
    (LCR, "premises_ultrafast_residential", "2025-07-01", "total", 92.80, 2, "ofcom_fixed_coverage"),
    (LCR, "premises_ultrafast_non_residential", "2025-07-01", "total", 65.33, 2, "ofcom_fixed_coverage"),
    # Liverpool's own rows of the same files: 212,513 of 236,817 and 200,738 of 219,628 premises.
    (LIVERPOOL, "premises_gigabit_all", "2025-07-01", "total", 89.7, 1, "ofcom_fixed_coverage"),
    (LIVERPOOL, "premises_gigabit_residential", "2025-07-01", "total", 91.4, 1, "ofcom_fixed_coverage"),
    # DESNZ, Household Energy Efficiency, February 2026, table 4.4, cumulative to December 2025:
    # 8,055 + 10,753 + 32,057 + 20,259 + 9,937 + 21,167.
    (LCR, "households_eco_measures", "2025-12-31", "total", 102228, 0, "desnz_household_energy_efficiency"),
    (LIVERPOOL, "households_eco_measures", "2025-12-31", "total", 32057, 0, "desnz_household_energy_efficiency"),
    # ONS, Regional GDP of 26 May 2021, table 5: 4,692 + 4,243 + 15,194 + 3,376 + 5,066 + 6,163.
    (LCR, "gdp_current_prices", "2019-01-01/P1Y", "total", 38734, 0, "ons_regional_gdp"),
    (LIVERPOOL, "gdp_chained_volume", "2019-01-01/P1Y", "total", 14874, 0, "ons_regional_gdp"),
    # ONS, Explore Local Statistics, files of 26 June 2026: the city region's own rows.
    (LCR, "gva_per_hour_worked", "2023-01-01/P1Y", "total", 37.33, 2, "ons_explore_local_statistics"),
    (LCR, "gva_per_filled_job", "2023-01-01/P1Y", "total", 57573.49, 2, "ons_explore_local_statistics"),
    (LIVERPOOL, "gva_per_hour_worked", "2023-01-01/P1Y", "total", 37.48, 2, "ons_explore_local_statistics"),
    (LCR, "healthy_life_expectancy", "2022-01-01/P3Y", "sex=male", 56.9, 1, "ons_explore_local_statistics"),
    (LCR, "healthy_life_expectancy", "2022-01-01/P3Y", "sex=female", 57.6, 1, "ons_explore_local_statistics"),
    (LCR, "employment_rate", "2023-01-01/P1Y", "total", 72.0, 1, "ons_explore_local_statistics"),
    (LCR, "economic_inactivity_rate", "2023-01-01/P1Y", "total", 24.2, 1, "ons_explore_local_statistics"),
    (LCR, "uk_exports_value", "2019-01-01/P1Y", "total", 10105, 0, "ons_explore_local_statistics"),
    (LCR, "uk_exports_value", "2023-01-01/P1Y", "total", 11899, 0, "ons_explore_local_statistics"),
    (LCR, "residents_rqf3_plus_share", "2023-01-01/P1Y", "total", 64.6, 1, "ons_explore_local_statistics"),
    (LCR, "residents_no_qualifications_rqf_share", "2023-01-01/P1Y", "total", 8.2, 1, "ons_explore_local_statistics"),
    (LCR, "ks2_rwm_expected", "2024-09-01/P1Y", "total", 58, 0, "ons_explore_local_statistics"),
    # DfE, Key stage 2, 2021/22 (provisional): 9,888 of 18,172 pupils; Liverpool 2,971 of 5,586, printed as 53.
    (LCR, "ks2_rwm_expected", "2021-09-01/P1Y", "total", 54.4, 1, "dfe_key_stage_2"),
    (LIVERPOOL, "ks2_rwm_expected", "2021-09-01/P1Y", "total", 53.2, 1, "dfe_key_stage_2"),
    # DfE, NEET by local authority, 2022: 4.4; the city region from the six rates weighted by their lists (33,770.7).
    (LIVERPOOL, "neet_rate", "2022-01-01/P1Y", "total", 4.4, 1, "dfe_neet"),
    (LCR, "neet_rate", "2022-01-01/P1Y", "total", 3.67, 2, "dfe_neet"),
    # DfE, Local Authority Interactive Tool, April 2026.
    (LIVERPOOL, "attainment_8", "2024-09-01/P1Y", "total", 42.1, 1, "dfe_lait"),
    (LIVERPOOL, "gcse_english_maths_grade5", "2024-09-01/P1Y", "total", 38.1, 1, "dfe_lait"),
    (LIVERPOOL, "ks1_reading_expected", "2022-09-01/P1Y", "total", 64, 0, "dfe_lait"),
    (LIVERPOOL, "a_level_points_per_entry", "2024-09-01/P1Y", "total", 34.05, 2, "dfe_lait"),
    (LIVERPOOL, "emissions_per_head", "2023-01-01/P1Y", "total", 3.33, 2, "ons_explore_local_statistics"),
    # DfT, local_authority_traffic.csv: 495.6 + 770.5 + 1,104.6 + 636.3 + 587.4 + 903.1 million vehicle miles.
    (LCR, "car_and_taxi_vehicle_miles", "2023-01-01/P1Y", "total", 4497500000, 0, "dft_road_traffic"),
    (LCR, "all_motor_vehicle_miles", "2023-01-01/P1Y", "total", 5644100000, 0, "dft_road_traffic"),
    # DfT, BUS01e, January 2023: Merseyside 72.312 and Halton 3.276 million journeys.
    (LCR, "bus_passenger_journeys", "2021-04-01/P1Y", "total", 75.587, 3, "dft_bus"),
    # ORR, table 1410, 2020-21: 85 stations (Wirral 25, Liverpool 22, Sefton 18, St Helens 10, Knowsley 6, Halton 4).
    (LCR, "rail_station_entries_exits", "2019-04-01/P1Y", "total", 110871920, 0, "orr_station_usage"),
    (LCR, "rail_station_entries_exits", "2020-04-01/P1Y", "total", 27579802, 0, "orr_station_usage"),
    (LCR, "rail_stations", "2020-04-01/P1Y", "total", 85, 0, "orr_station_usage"),
    # Nomis, Annual Population Survey, January to December 2021, the last year of NVQ levels.
    (LIVERPOOL, "residents_nvq4_plus_share", "2021-01-01/P1Y", "total", 44.1, 1, "nomis_nm_17_5"),
    (LIVERPOOL, "residents_nvq4_plus", "2021-01-01/P1Y", "total", 147300, 0, "nomis_nm_17_5"),
    (LIVERPOOL, "residents_nvq4_plus_share", "2020-01-01/P1Y", "total", 42.7, 1, "nomis_nm_17_5"),
    # Nomis, mid-year population 2021: the city region's own row of a reply with every unitary authority twice.
    (LCR, "population", "2021-01-01/P1Y", "total", 1551722, 0, "nomis_nm_2002_1"),
    ("E06000006", "population", "2021-01-01/P1Y", "total", 128577, 0, "nomis_nm_2002_1"),
    # MHCLG, Live Table 122 (25 November 2021): 97 + 810 + 2,363 + 646 + 721 + 574; one loss is a figure.
    (LCR, "net_additional_dwellings", "2020-04-01/P1Y", "total", 5211, 0, "mhclg_live_table_122"),
    ("E08000014", "net_additional_dwellings", "2015-04-01/P1Y", "total", -189, 0, "mhclg_live_table_122"),
    # ONS, house building to 2022-23, serves as far as it goes; MHCLG, Live Table 253 (10 March 2022), before that.
    # The newer ONS file has 490 for Halton in 2020-21, the table 600: 3,130, not 3,240.
    (LCR, "housing_completions", "2022-04-01/P1Y", "total", 2850, 0, "ons_house_building"),
    (LCR, "housing_completions", "2020-04-01/P1Y", "total", 3130, 0, "ons_house_building"),
    (LCR, "housing_completions", "1998-04-01/P1Y", "total", 3740, 0, "mhclg_live_table_253"),
    (LIVERPOOL, "housing_completions", "1980-04-01/P1Y", "total", 1730, 0, "mhclg_live_table_253"),
]


@pytest.fixture(scope="module")
def mart(mirror_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(mirror_home.mart, read_only=True) as con:
        yield con


def test_run_is_good_although_the_mirror_lacks_datasets(mirror_run: Finished, mirror_home: Home) -> None:
    assert mirror_run.code == 0
    assert assert_mart_is_whole(mirror_home) in mirror_run.out
    assert f"{len(NOT_IN_THE_MIRROR)} missing" in mirror_run.out
    for dataset in NOT_IN_THE_MIRROR:
        assert dataset in mirror_run.out
    assert "illustrative figures" not in mirror_run.out


@pytest.mark.parametrize(("area", "indicator", "period", "breakdown", "figure", "decimals", "dataset"), GOLDEN)
def test_figure_is_the_published_one(
    mart: duckdb.DuckDBPyConnection,
    area: str,
    indicator: str,
    period: str,
    breakdown: str,
    figure: float,
    decimals: int,
    dataset: str,
) -> None:
    rows = mart.execute(
        "select obs_value, dataset, basis from mart.fct_observation "
        "where is_latest and ref_area = ? and indicator_id = ? and time_period = ? and breakdown = ?",
        [area, indicator, period, breakdown],
    ).fetchall()
    assert len(rows) == 1
    value, served_by, basis = rows[0]
    assert round(value, decimals) == figure
    assert (served_by, basis) == (dataset, "published")


def test_confidence_limits_are_the_published_ones(mart: duckdb.DuckDBPyConnection) -> None:
    # ONS, Explore Local Statistics, employment-rate.csv of 26 June 2026: 24.2 (22.1 to 26.3).
    limits = mart.execute(
        "select round(lower_ci, 1), round(upper_ci, 1) from mart.fct_observation where is_latest and ref_area = ? "
        "and indicator_id = 'economic_inactivity_rate' and time_period = '2023-01-01/P1Y'",
        [LCR],
    ).fetchall()
    assert limits == [(22.1, 26.3)]


def test_series_that_changed_its_definition_is_not_spliced(mart: duckdb.DuckDBPyConnection) -> None:
    # NVQ levels end with 2021; from 2022 the survey asks for RQF levels.
    last = mart.execute(
        "select max(time_period) from mart.fct_observation where is_latest and ref_area = ? "
        "and indicator_id = 'residents_nvq4_plus_share' and obs_value is not null",
        [LIVERPOOL],
    ).fetchone()
    assert last == ("2021-01-01/P1Y",)


def test_excerpt_makes_no_comparator(mart: duckdb.DuckDBPyConnection) -> None:
    """27 of 361 authorities say nothing about other combined authorities, not even where all members are there."""
    kinds = mart.execute("select distinct kind from mart.dim_release where dataset = 'ofcom_fixed_coverage'").fetchall()
    assert kinds == [("excerpt",)]
    rows = mart.execute(
        "select distinct dataset, ref_area from mart.fct_observation "
        "inner join mart.dim_release using (dataset, release_id) "
        "where value_origin = 'aggregated' and kind <> 'whole' order by all"
    ).fetchall()
    assert rows == [("nomis_nm_17_5", LCR), ("ofcom_fixed_coverage", LCR)]
    weighted = mart.execute(
        "select distinct ref_area from mart.fct_observation "
        "where dataset = 'ofcom_full_fibre_take_up' and value_origin = 'aggregated' and obs_value is not null"
    ).fetchall()
    assert weighted == [(LCR,)]


def test_comparators_come_from_whole_releases(mart: duckdb.DuckDBPyConnection) -> None:
    areas = mart.execute(
        "select count(*), count(obs_value) from mart.fct_observation inner join mart.dim_area on area_code = ref_area "
        "where is_latest and indicator_id = 'business_births' and time_period = '2024-01-01/P1Y' "
        "and area_type = 'combined_authority'"
    ).fetchone()
    expected = mart.execute(
        "select count(distinct parent_code) from mart.bridge_area_membership inner join mart.dim_area "
        "on area_code = parent_code where area_type = 'combined_authority' and bridge_area_membership.valid_to is null"
    ).fetchone()
    assert areas == (*expected, *expected)


def test_former_county_is_kept_as_itself_and_never_a_component(mart: duckdb.DuckDBPyConnection) -> None:
    own, aggregated = mart.execute(
        "select count(*), count(*) filter (where value_origin = 'aggregated') from mart.fct_observation "
        "where ref_area = ?",
        [FORMER_COUNTY],
    ).fetchone()
    assert own > 0
    assert aggregated == 0
    memberships = mart.execute(
        "select count(*) from mart.bridge_area_membership where ? in (parent_code, member_code)", [FORMER_COUNTY]
    ).fetchone()
    assert memberships == (0,)


def test_what_the_mirror_lacks_is_missing_and_the_rest_is_fresh(mart: duckdb.DuckDBPyConnection) -> None:
    statuses = dict(mart.execute("select dataset, status from mart.mart_freshness").fetchall())
    assert {dataset for dataset, status in statuses.items() if status == "missing"} == NOT_IN_THE_MIRROR
    assert {status for dataset, status in statuses.items() if dataset not in NOT_IN_THE_MIRROR} == {"ok"}
    said = mart.execute("select count(*) from mart.mart_freshness where status = 'missing' and message = ''").fetchone()
    assert said == (0,)


def test_earlier_releases_are_kept_and_do_not_serve(mart: duckdb.DuckDBPyConnection) -> None:
    """Explore Local Statistics, healthy life expectancy: the release of October 2025 and the one that replaced it."""
    rows = mart.execute(
        "select realtime_start, realtime_end, is_latest from mart.fct_observation "
        "where dataset = 'ons_explore_local_statistics' and indicator_id = 'healthy_life_expectancy' "
        "and ref_area = ? and breakdown = 'sex=male' and time_period = '2021-01-01/P3Y' order by realtime_start",
        [LIVERPOOL],
    ).fetchall()
    assert len(rows) == 2
    (first_start, first_end, first_serves), (second_start, second_end, second_serves) = rows
    assert (first_serves, second_serves) == (False, True)
    assert first_start < second_start <= first_end
    assert second_end is None


def test_nothing_is_invented(mart: duckdb.DuckDBPyConnection) -> None:
    assert mart.execute("select distinct basis from mart.fct_observation").fetchall() == [("published",)]
    assert mart.execute("select illustrative_rows from mart.build").fetchone() == (0,)


def test_no_share_of_an_authority_is_made_of_an_excerpt(mart: duckdb.DuckDBPyConnection) -> None:
    # The mirror holds seven of 33,755 small areas; three of Liverpool's six are in decile 1.
    rows = mart.execute("select count(*) from mart.fct_observation where indicator_id like 'imd%'").fetchone()
    assert rows == (0,)
    answered = mart.execute(
        "select count(*) from mart.mart_measure_coverage where measure_id like '2.%' and latest_value is not null"
    ).fetchone()
    assert answered == (0,)


def test_territorial_level_checks_and_never_serves(mart: duckdb.DuckDBPyConnection) -> None:
    # ONS, Subregional productivity, June 2023, table A3: TLD7, GBP per hour, 2021.
    rows = mart.execute(
        "select round(obs_value, 2), is_latest from mart.fct_observation where dataset = 'ons_itl_productivity' "
        "and ref_area = 'TLD7' and indicator_id = 'gva_per_hour_worked' and time_period = '2021-01-01/P1Y'"
    ).fetchall()
    assert rows == [(33.37, False)]


def test_mobile_coverage_of_ofcom_is_kept_beside_the_figure_that_serves(mart: duckdb.DuckDBPyConnection) -> None:
    """Ofcom, Connected Nations 2025, mobile coverage, July 2025: Barnsley, uncovered by all operators 0.33 and 9.06."""
    rows = mart.execute(
        "select indicator_id, round(obs_value, 2), is_latest from mart.fct_observation "
        "where dataset = 'ofcom_mobile_coverage' and ref_area = 'E08000038' order by indicator_id"
    ).fetchall()
    # The file has Barnsley under its code of before 2025, E08000016.
    assert rows == [("mobile_4g_coverage", 99.67, False), ("mobile_5g_coverage", 90.94, False)]


def test_gross_value_added_was_put_out_again_without_a_revision(mart: duckdb.DuckDBPyConnection) -> None:
    """The files of 29 May and 26 June 2026 differ in no value, but for noughts that became blanks."""
    changes = mart.execute(
        "select change, count(distinct ref_area), min(ref_area), max(old_value), count(new_value) "
        "from mart.mart_revisions where indicator_id like 'gva_per_%' group by change"
    ).fetchall()
    assert changes == [("lost", 11, "N09000001", 0.0, 0)]


def test_form_of_real_releases_drifts_and_is_absorbed(mart: duckdb.DuckDBPyConnection) -> None:
    """Healthy life expectancy of 2 October 2025 and of 19 February 2026: other names, order and areas."""
    drift = mart.execute(
        "select what, severity, state from mart.mart_drift where part = 'healthy-life-expectancy' "
        "order by what, expected"
    ).fetchall()
    assert {(severity, state) for _, severity, state in drift} == {("cosmetic", "landed")}
    assert [what for what, _, _ in drift] == [
        "areas gone", "areas new", "column order", "header text", "header text", "header text", "optional column new"
    ]  # fmt: skip
    renamed = mart.execute("select found from mart.mart_drift where expected like 'lci_95 as %'").fetchall()
    assert renamed == [("'lci_95'",)]
    # A July figure under a January date, taken back two days later.
    taken_back = mart.execute(
        "select expected from mart.mart_drift where what = 'periods withdrawn' and published_at = '2026-01-14'"
    ).fetchall()
    assert taken_back == [("'2025-01-15' (1 in all)",)]
    forms = mart.execute(
        "select count(*), count(distinct schema_hash) from mart.dim_release where part = 'gross-value-added'"
    ).fetchall()
    assert forms == [(2, 1)]


def test_aggregate_is_traced_to_the_rows_of_its_members(mirror_home: Home) -> None:
    """Births and active enterprises of the six authorities in 2024, tables 1.1d and 3.1d."""
    done = outcomes(mirror_home, "trace", "business_birth_rate", "Liverpool City Region", "2024", "--json")
    assert done.code == 0, done.err
    chain = json.loads(done.out)
    (value,) = chain["rows"]
    assert (value["numerator"], value["denominator"]) == (6045, 47450)
    counts = {row["area_name"]: (row["numerator"], row["denominator"]) for row in chain["components"]}
    assert counts == {
        "Halton": (450, 3865),
        "Knowsley": (450, 3715),
        "Liverpool": (2345, 16425),
        "Sefton": (1040, 8785),
        "St Helens": (615, 5110),
        "Wirral": (1145, 9550),
    }
    (release,) = chain["releases"]
    assert (release["dataset"], release["published_at"]) == ("ons_business_demography", "2025-11-20")
    assert {row["source_locator"].partition("!")[0] for row in chain["components"]} == {
        f"{release['sha256'][:12]}/Table 1.1d"
    }
    told = outcomes(mirror_home, "trace", "business_birth_rate", LCR).out
    assert "12.7 percent (6,045 / 47,450)" in told
    assert "aggregated from 6 members, rule ratio" in told
    assert "E08000012 Liverpool  14.3 (2,345 / 16,425)" in told


def test_figure_that_was_taken_back_is_traced_too(mirror_home: Home) -> None:
    told = outcomes(mirror_home, "trace", "premises_gigabit_all", LCR, "2025-01-15").out
    assert "does not serve: known from 2026-01-12 to 2026-01-14" in told
    assert "gigabit-capable-broadband.2026-01-12_4182826c.csv!row 55" in told


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (("business_birth", LCR), "no indicator 'business_birth'; nearest: business_births, business_birth_rate"),
        (("business_births", "Atlantis"), "no area 'Atlantis'"),
        (("business_births", LCR, "1066"), "in '1066'; newest periods: 2024-01-01/P1Y"),
        (("healthy_life_expectancy", LCR), "no breakdown 'total' .* there is sex=female, sex=male"),
    ],
)
def test_question_without_a_number_is_told_what_there_is(
    mirror_home: Home, question: tuple[str, ...], answer: str
) -> None:
    done = outcomes(mirror_home, "trace", *question)
    assert (done.code, done.out) == (1, "")
    assert re.search(answer, done.err), done.err


def test_city_region_is_judged_against_england_by_published_limits(mart: duckdb.DuckDBPyConnection) -> None:
    """Explore Local Statistics of 26 June 2026: inactivity 24.2 % (22.1 to 26.3), England 21.0 %; male healthy life
    expectancy 56.9 years, England 60.9."""
    rows = mart.execute(
        "select indicator_id, round(value, 1), round(comparator_value, 1), round(gap, 1), gap_unit, judgement "
        "from mart.mart_comparison where area_code = ? and (indicator_id, breakdown, time_period) in "
        "(('economic_inactivity_rate', 'total', '2023-01-01/P1Y'), "
        "('healthy_life_expectancy', 'sex=male', '2022-01-01/P3Y')) order by all",
        [LCR],
    ).fetchall()
    assert rows == [
        ("economic_inactivity_rate", 24.2, 21.0, 3.2, "percentage points", "worse"),
        ("healthy_life_expectancy", 56.9, 60.9, -4.0, "years", "worse"),
    ]


def test_inactivity_has_no_significant_trend(mart: duckdb.DuckDBPyConnection) -> None:
    row = mart.execute(
        "select trend, round(chi_squared, 2), first_period, last_period from mart.mart_trend "
        "where area_code = ? and indicator_id = 'economic_inactivity_rate'",
        [LCR],
    ).fetchone()
    assert row == ("no significant change", 0.08, "2019-01-01/P1Y", "2023-01-01/P1Y")


def test_counts_of_a_register_give_an_interval_and_survey_counts_none(mart: duckdb.DuckDBPyConnection) -> None:
    methods = mart.execute(
        "select indicator_id, interval_method, judgement from mart.mart_comparison where area_code = ? and "
        "(indicator_id, time_period) in (('business_birth_rate', '2024-01-01/P1Y'), ('neet_rate', '2022-01-01/P1Y'), "
        "('premises_gigabit_all', '2025-07-01')) order by all",
        [LCR],
    ).fetchall()
    # Births 6,045 of 47,450 active enterprises: 12.74 %, Wilson 12.44 to 13.04; England's 11.2 % lies below.
    assert methods == [
        ("business_birth_rate", "wilson", "better"),
        ("neet_rate", None, "not compared"),
        ("premises_gigabit_all", None, "not compared"),
    ]

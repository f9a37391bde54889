"""The main job on the bundled sample: what it says, the mart it publishes, and what it leaves behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner

from expectations.release_gate import COVERAGE_STATUSES
from orchestration.cli import main
from orchestration.home import PROJECT_ROOT, Home
from sources.catalogue import load_catalogue
from tests.end_to_end.runs import SECRETS, Finished, assert_landing_is_readable, assert_mart_is_whole, outcomes
from tests.home import HOME_AUTHORITIES

pytestmark = pytest.mark.end_to_end

LCR = "E47000004"
PROVIDER_MEMBERSHIPS = PROJECT_ROOT / "dbt_project" / "seeds" / "geography" / "provider_memberships.csv"
PLAIN_TYPES = {"VARCHAR", "DOUBLE", "BIGINT", "DATE", "TIMESTAMP", "BOOLEAN"}
# The interface that readers rely on, in this order.
OBSERVATION_COLUMNS = [
    "indicator_id", "dataset", "ref_area", "time_period", "period_start", "period_end", "freq", "breakdown",
    "obs_value", "numerator", "denominator", "lower_ci", "upper_ci", "obs_status", "conf_status", "source_flag",
    "unit_measure", "value_origin", "basis", "n_components", "release_id", "source_locator", "realtime_start",
    "realtime_end", "is_latest",
]  # fmt: skip
# DESNZ, UK local authority and regional greenhouse gas emissions 2005 to 2024 (June 2026), kt CO2e, sum of the six.
EMISSIONS_2024 = {
    "emissions_transport": 1928.3,
    "emissions_domestic": 1707.3,
    "emissions_industry": 1140.1,
    "emissions_commercial": 653.4,
}


@pytest.fixture(scope="module")
def sample_home(sample_run: Finished) -> Home:
    """The home of the run that these tests are about, whatever build serves the others."""
    assert sample_run.code == 0, sample_run.err
    return sample_run.home


@pytest.fixture(scope="module")
def mart(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, opened as a BI tool would."""
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        yield con


# --- what the command says --------------------------------------------------------------------------------


def test_summary_says_where_everything_is_and_what_came_of_it(sample_run: Finished, sample_home: Home) -> None:
    assert sample_run.code == 0
    for path in (
        sample_home.scorecard,
        sample_home.mart,
        sample_home.current / "parquet",
        sample_home.current / "csv",
        sample_home.current / "results.json",
        sample_home.current / "data_docs" / "index.html",
    ):
        assert str(path) in sample_run.out
        assert path.exists()
    assert assert_mart_is_whole(sample_home) in sample_run.out
    assert "of 88 answered" in sample_run.out
    assert " 0 failed" in sample_run.out
    assert "illustrative figures are invented" in sample_run.out


def test_progress_names_every_dataset_and_step(sample_run: Finished) -> None:
    for dataset in load_catalogue():
        assert f"{dataset}: ok: " in sample_run.err
    for step in ("building from", "dbt build", "release gate", "publish"):
        assert step in sample_run.err


@pytest.mark.parametrize(("command", "rows"), [("coverage", 88), ("freshness", len(load_catalogue())), ("claims", 77)])
def test_questions_to_the_mart_are_answered(
    sample_home: Home, monkeypatch: pytest.MonkeyPatch, command: str, rows: int
) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(sample_home.root))
    as_json = CliRunner().invoke(main, [command, "--json"])
    assert as_json.exit_code == 0, as_json.output
    assert len(json.loads(as_json.stdout)["rows"]) == rows
    as_table = CliRunner().invoke(main, [command])
    assert len(as_table.stdout.splitlines()) >= rows + 1


def test_an_indicator_is_shown_and_sql_is_answered(sample_home: Home) -> None:
    shown = outcomes(sample_home, "show", "economic_inactivity_rate", "--area", "Liverpool City Region")
    assert shown.code == 0, shown.err
    assert "Liverpool City Region (E47000004)" in shown.out
    assert "England" in shown.out
    question = "select count(distinct measure_id) as measures from mart_scorecard"
    answered = outcomes(sample_home, "sql", question, "--json")
    assert json.loads(answered.out)["rows"] == [{"measures": 88}], answered.err


# --- the published file -----------------------------------------------------------------------------------


def test_mart_holds_nothing_but_tables_of_plain_types(mart: duckdb.DuckDBPyConnection) -> None:
    assert mart.execute("select distinct schema_name from duckdb_tables()").fetchall() == [("mart",)]
    assert mart.execute("select view_name from duckdb_views() where not internal").fetchall() == []
    types = mart.execute("select distinct data_type from duckdb_columns() where schema_name = 'mart'").fetchall()
    assert {name for (name,) in types} <= PLAIN_TYPES


def test_mart_is_in_the_format_that_every_client_reads(mart: duckdb.DuckDBPyConnection, sample_home: Home) -> None:
    (tags,) = mart.execute("select tags from duckdb_databases() where database_name = current_database()").fetchone()
    assert tags["storage_version"].startswith("v1.0.0")
    assert mart.execute("select storage_version from mart.build").fetchone() == ("v1.0.0",)
    assert not list(sample_home.published.rglob("*.wal"))


def test_every_table_and_column_is_explained(mart: duckdb.DuckDBPyConnection) -> None:
    unexplained = mart.execute(
        "select table_name, '' from duckdb_tables() where coalesce(trim(comment), '') = '' union all "
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'mart' and coalesce(trim(comment), '') = ''"
    ).fetchall()
    assert unexplained == []
    blank = "least(length(trim(description)), length(trim(table_description))) = 0 or data_type is null"
    assert mart.execute(f"select table_name, column_name from mart.data_dictionary where {blank}").fetchall() == []
    dictionary = mart.execute("select table_name, column_name from mart.data_dictionary order by all").fetchall()
    columns = mart.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'mart' order by all"
    ).fetchall()
    assert dictionary == columns


def test_observations_have_the_columns_that_readers_rely_on(mart: duckdb.DuckDBPyConnection) -> None:
    assert [column[0] for column in mart.execute("from mart.fct_observation limit 0").description] == (
        OBSERVATION_COLUMNS
    )


def test_observation_grain_and_latest_are_unique(mart: duckdb.DuckDBPyConnection) -> None:
    key = "indicator_id, ref_area, time_period, breakdown"
    for columns, condition in ((f"{key}, dataset, release_id", "true"), (key, "is_latest")):
        rows, keys = mart.execute(
            f"select count(*), count(distinct ({columns})) from mart.fct_observation where {condition}"
        ).fetchone()
        assert rows == keys > 0


def test_every_measure_is_covered_or_says_why_not(mart: duckdb.DuckDBPyConnection) -> None:
    rows = mart.execute("select measure_id, status, reason, basis from mart.mart_measure_coverage").fetchall()
    assert len(rows) == len({measure for measure, *_ in rows}) == 88
    assert {status for _, status, _, _ in rows} <= set(COVERAGE_STATUSES)
    assert [measure for measure, status, reason, _ in rows if status != "answered" and not (reason or "").strip()] == []
    measures = mart.execute("select measure_id from mart.dim_measure order by all").fetchall()
    assert measures == sorted((measure,) for measure, *_ in rows)


def test_emissions_of_the_home_area_are_the_published_ones(mart: duckdb.DuckDBPyConnection) -> None:
    rows = mart.execute(
        "select indicator_id, obs_value, n_components from mart.fct_observation "
        "where is_latest and basis = 'published' and ref_area = ? and time_period = '2024-01-01/P1Y'",
        [LCR],
    ).fetchall()
    found = {indicator: (value, components) for indicator, value, components in rows}
    for indicator, expected in EMISSIONS_2024.items():
        value, components = found[indicator]
        assert value == pytest.approx(expected, abs=0.05 + 1e-9), indicator
        assert components == 6


def test_combined_authorities_are_sums_over_sums_never_means(mart: duckdb.DuckDBPyConnection) -> None:
    births = mart.execute(
        "select numerator, denominator, obs_value, release_id from mart.fct_observation "
        "inner join mart.bridge_area_membership on member_code = ref_area and parent_code = ? "
        "where is_latest and indicator_id = 'business_birth_rate' and time_period = '2024-01-01/P1Y'",
        [LCR],
    ).fetchall()
    (rate, origin) = mart.execute(
        "select obs_value, value_origin from mart.fct_observation "
        "where is_latest and ref_area = ? and indicator_id = 'business_birth_rate' and time_period = '2024-01-01/P1Y'",
        [LCR],
    ).fetchone()
    numerators, denominators, rates, releases = zip(*births, strict=True)
    assert len(rates) == 6
    assert len(set(releases)) == 1
    assert origin == "aggregated"
    assert rate == pytest.approx(100 * sum(numerators) / sum(denominators))
    assert rate != pytest.approx(sum(rates) / len(rates), abs=1e-3)


def test_every_aggregate_is_recomputed_from_its_members(mart: duckdb.DuckDBPyConnection) -> None:
    """An oracle over the whole mart: within one release, by the declared rule, from all members or not at all."""
    aggregates = mart.execute(
        """
        with provided as (
            select dataset, parent_code, member_code from read_csv(?, all_varchar = true)
        ),
        members as (
            select dataset, parent_code, member_code, count(*) over (partition by dataset, parent_code) as expected
            from (
                select dataset, parent_code, member_code from provided
                union all
                select datasets.dataset, parent_code, member_code
                from (select distinct dataset from mart.fct_observation) as datasets, mart.bridge_area_membership
                where valid_to is null and datasets.dataset not in (select dataset from provided)
            )
        )
        select
            made.indicator_id, made.ref_area, made.time_period, made.breakdown, made.release_id,
            made.obs_value, made.n_components,
            rules.aggregation_rule, rules.ratio_multiplier, any_value(members.expected),
            list(parts.obs_value), list(parts.numerator), list(parts.denominator)
        from mart.fct_observation as made
        inner join mart.dim_indicator as rules using (indicator_id)
        inner join members on members.parent_code = made.ref_area and members.dataset = made.dataset
        left join mart.fct_observation as parts
            on parts.ref_area = members.member_code and parts.release_id = made.release_id
            and parts.indicator_id = made.indicator_id and parts.time_period = made.time_period
            and parts.breakdown = made.breakdown
        where made.value_origin = 'aggregated' and rules.aggregation_rule in ('sum', 'ratio')
        group by all
        """,
        [str(PROVIDER_MEMBERSHIPS)],
    ).fetchall()
    whole = {"sum": 0, "ratio": 0}
    for *where, value, components, rule, multiplier, expected, values, numerators, denominators in aggregates:
        if components < expected:
            assert value is None, where
            continue
        whole[rule] += 1
        assert len(values) == expected, where
        recomputed = sum(values) if rule == "sum" else multiplier * sum(numerators) / sum(denominators)
        assert value == pytest.approx(recomputed), where
    assert whole["sum"] > 100
    assert whole["ratio"] > 100
    forbidden = mart.execute(
        "select distinct aggregation_rule from mart.fct_observation inner join mart.dim_indicator using (indicator_id) "
        "where value_origin = 'aggregated' and aggregation_rule not in ('sum', 'ratio', 'weighted')"
    ).fetchall()
    assert forbidden == []


def test_invented_figures_are_marked_and_answer_nothing(mart: duckdb.DuckDBPyConnection) -> None:
    by_basis = dict(mart.execute("select basis, count(*) from mart.fct_observation group by basis").fetchall())
    assert set(by_basis) == {"published", "illustrative"}
    build = mart.execute("select published_rows, illustrative_rows from mart.build").fetchone()
    assert build == (by_basis["published"], by_basis["illustrative"])
    # What is derived from a published and an invented figure is invented too; nothing gets better on its way.
    unmarked = mart.execute(
        "select count(*) from mart.fct_observation as facts inner join mart.dim_release as releases using (release_id) "
        "where facts.basis <> releases.basis and (facts.basis = 'published' or facts.value_origin = 'published')"
    ).fetchone()
    assert unmarked == (0,)
    answered = mart.execute(
        "select distinct basis from mart.mart_measure_coverage where status in ('answered', 'proxy', 'weak_proxy')"
    ).fetchall()
    assert answered == [("published",)]
    only_invented = mart.execute(
        "select count(*), count(distinct basis), min(basis) from mart.mart_measure_coverage "
        "where status = 'illustrative_only'"
    ).fetchone()
    assert only_invented[0] > 0
    assert only_invented[1:] == (1, "illustrative")


def test_build_states_what_it_is(mart: duckdb.DuckDBPyConnection) -> None:
    found = mart.execute("from mart.build")
    names = [column[0] for column in found.description]
    ((*values,),) = found.fetchall()
    build = dict(zip(names, values, strict=True))
    assert build["built_from"] == "sample"
    assert build["started_at"] < build["finished_at"]
    assert build["build_id"].startswith(f"{build['started_at']:%Y%m%dT%H%M%SZ}-")
    assert build["duckdb_version"] == duckdb.__version__
    datasets = build["datasets_ok"], build["datasets_stale"], build["datasets_missing"]
    assert datasets == (len(load_catalogue()), 0, 0)


def test_quality_holds_every_kind_of_check(mart: duckdb.DuckDBPyConnection, sample_home: Home) -> None:
    kinds = dict(mart.execute("select kind, count(*) from mart.mart_quality group by kind").fetchall())
    assert set(kinds) == {"contract", "dbt_test", "release_gate"}
    ran = json.loads(sample_home.dbt_results.read_text(encoding="utf-8"))["results"]
    tests = {result["unique_id"] for result in ran if result["unique_id"].startswith("test.")}
    told = mart.execute("select check_id from mart.mart_quality where kind = 'dbt_test'").fetchall()
    # A row for each thing that is asked of a table; one for every other test.
    assert {check if check in tests else check.rpartition(".")[0] for (check,) in told} == tests
    assert len(set(told)) == len(told) > 3 * len(tests) > 300
    passed, warned, failed = mart.execute(
        "select checks_passed, checks_warned, checks_failed from mart.build"
    ).fetchone()
    assert passed + warned + failed == sum(kinds.values())
    assert (
        failed
        == mart.execute("select count(*) from mart.mart_quality where not passed and severity = 'error'").fetchone()[0]
    )
    contracts = mart.execute("select count(distinct dataset) from mart.mart_quality where kind = 'contract'").fetchone()
    assert contracts == (len(load_catalogue()),)
    unsaid = mart.execute(
        "select check_id from mart.mart_quality where coalesce(expected, '') = '' or coalesce(found, '') = '' "
        "or severity not in ('error', 'warn') or (not passed and coalesce(sample_failing, '') = '')"
    ).fetchall()
    assert unsaid == []


# --- what lies beside it ----------------------------------------------------------------------------------


def test_parquet_holds_the_same_rows(mart: duckdb.DuckDBPyConnection, sample_home: Home) -> None:
    tables = {name for (name,) in mart.execute("select table_name from duckdb_tables()").fetchall()}
    folder = sample_home.current / "parquet"
    assert {path.stem for path in folder.iterdir()} == tables
    for table in tables:
        file = f"read_parquet('{folder / table}.parquet')"
        rows, copied = mart.execute(
            f'select (select count(*) from mart."{table}"), (select count(*) from {file})'
        ).fetchone()
        assert rows == copied, table
        assert copied or table in ("mart_revisions", "mart_drift"), table  # of the sample no release came twice
        assert mart.execute(f'(from mart."{table}" except all from {file})').fetchall() == [], table


def test_map_is_drawn_of_our_own_squares(mart: duckdb.DuckDBPyConnection, sample_home: Home) -> None:
    drawn = mart.execute("select area_code, basis from mart.mart_area_boundary where geojson is not null").fetchall()
    assert sorted(drawn) == [(area, "illustrative") for area in (*HOME_AUTHORITIES, LCR)]
    assert mart.execute("select count(tile_row) from mart.mart_area_boundary").fetchone() == (16,)
    collection = json.loads((sample_home.current / "boundaries.geojson").read_text(encoding="utf-8"))
    assert sorted(feature["id"] for feature in collection["features"]) == [*HOME_AUTHORITIES, LCR]


def test_data_docs_have_a_page_for_every_table_that_was_checked(sample_home: Home) -> None:
    docs = sample_home.current / "data_docs"
    index = (docs / "index.html").read_text(encoding="utf-8")
    assert len(list(docs.rglob("*.html"))) > len(load_catalogue())
    for dataset in load_catalogue():
        assert dataset in index


def test_run_is_in_the_history(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with history(sample_home, monkeypatch) as instance:
        (run,) = instance.get_runs()
        assert (run.job_name, run.status) == ("nightly", dg.DagsterRunStatus.SUCCESS)
        assert run.tags["outcomes/from"] == "sample"
        for dataset in load_catalogue():
            materialized = instance.get_latest_materialization_event(dg.AssetKey(["landed", dataset]))
            assert materialized is not None, dataset
        published = instance.get_latest_materialization_event(dg.AssetKey(["published", "outcomes"]))
        assert published is not None and published.asset_materialization is not None
        build = published.asset_materialization.metadata["build"].value
    assert build == assert_mart_is_whole(sample_home)


def test_landing_zone_has_every_dataset(sample_home: Home) -> None:
    assert assert_landing_is_readable(sample_home) >= len(load_catalogue())


def test_nothing_outside_the_home_was_written(sample_home: Home) -> None:
    assert {path.name for path in sample_home.root.iterdir()} == {
        "landing", "raw", "build", "published", "dagster", "run.lock",
    }  # fmt: skip
    scratch = Path(f"{sample_home.root}-scratch")
    assert list(scratch.iterdir()) == []


def history(home: Home, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """Dagster's instance as the project configures it, on the history of `home`."""
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", str(home.dagster_storage))
    return dg.DagsterInstance.from_config(str(PROJECT_ROOT))


@pytest.mark.parametrize(
    ("area", "indicator", "share", "counts"),
    [
        # MHCLG, Indices of Deprivation 2025, File 10 (version 2): shares of four decimals.
        ("E06000006", "imd_decile1_share", 31.25, (25, 80)),
        ("E08000011", "imd_decile1_share", 40.00, (40, 100)),
        ("E08000012", "imd_decile1_share", 36.75, (111, 302)),
        ("E08000013", "imd_decile1_share", 23.14, (28, 121)),
        ("E08000014", "imd_decile1_share", 18.85, (36, 191)),
        ("E08000015", "imd_decile1_share", 23.44, (49, 209)),
        (LCR, "imd_decile1_share", 28.81, (289, 1003)),
        ("E08000012", "imd_health_decile1_share", 60.60, (183, 302)),
        (LCR, "imd_health_decile1_share", 44.47, (446, 1003)),
    ],
)
def test_most_deprived_tenth_is_as_published_and_adds_up_by_counts(
    mart: duckdb.DuckDBPyConnection, area: str, indicator: str, share: float, counts: tuple[int, int]
) -> None:
    rows = mart.execute(
        "select round(obs_value, 2), numerator, denominator, time_period, basis from mart.fct_observation "
        "where is_latest and ref_area = ? and indicator_id = ?",
        [area, indicator],
    ).fetchall()
    assert rows == [(share, *counts, "2025-10-01", "published")]


def test_claims_are_replayed_from_published_figures(mart: duckdb.DuckDBPyConnection) -> None:
    claims = {
        claim: (status, found if found is None else round(found, 2))
        for claim, status, found in mart.execute(
            "select claim_id, status, found_value from mart.mart_claims"
        ).fetchall()
    }
    assert len(claims) == 77
    # ONS: inactivity 2018 of Explore Local Statistics; value added of 2018 as of June 2021, of 2023 as of April 2025;
    # value added per hour 36.49 over England's 41.50 in 2022, 30.12 over 34.29 of the United Kingdom in 2017.
    golden = {
        "LIS569a": ("reproduced", 25.7),
        "LIS397a": ("reproduced", 32.42),
        "GP27b": ("reproduced", 43.31),
        "LIS432a": ("revised_since", 30.12),
        "GP48": ("revised_since", 12.08),
        "LIS636a": ("no_open_source", None),
        "GP27a": ("reproduced", 1.55),
        "LIS439a": ("definition_unclear", None),
        # DfE: 64.6 % in England; of the city region no published figure, an estimate stands beside the claim of 59 %.
        "LIS1700b": ("reproduced", 64.6),
        "LIS1700a": ("definition_unclear", 58.26),
        "LIS446": ("no_open_source", None),
        "LIS520": ("no_open_source", None),
    }
    assert {claim: claims[claim] for claim in golden} == golden


def test_one_query_leads_from_a_value_to_the_row_of_its_file(
    mart: duckdb.DuckDBPyConnection, sample_home: Home
) -> None:
    value, title, sha256, locator, dataset = mart.execute(
        "select value, source_title, sha256, source_locator, dataset from mart.mart_indicator_series where "
        " indicator_id = 'economic_inactivity_rate' and area_code = 'E47000004' and time_period = '2023-01-01/P1Y'"
    ).fetchone()
    (landed,) = (sample_home.landing / dataset).glob(f"{sha256}.*")
    row = landed.read_text(encoding="utf-8").splitlines()[int(locator.rsplit("row ", 1)[1]) - 1]
    assert hashlib.sha256(landed.read_bytes()).hexdigest() == sha256
    assert {"E47000004", "2023-01-01/P1Y", f"{value:g}"} <= set(row.split(",")), (title, row)


def test_scorecard_has_every_measure_judged_or_the_reason_why_not(mart: duckdb.DuckDBPyConnection) -> None:
    measures = mart.execute(
        "select count(*), count(distinct measure_id) from mart.mart_scorecard where is_headline"
    ).fetchone()
    assert measures == (88, 88)
    # The figure is the one that the coverage shows, and an answer is never one that is invented.
    differing = mart.execute(
        "select measure_id from mart.mart_scorecard inner join mart.mart_measure_coverage using (measure_id) "
        "where is_headline and (value is distinct from latest_value or time_period is distinct from newest_period)"
    ).fetchall()
    assert differing == []
    unexplained = mart.execute(
        "select measure_id from mart.mart_scorecard where reason is null or (value is not null and judgement is null)"
    ).fetchall()
    assert unexplained == []


def test_exports_over_value_added_is_a_proxy(mart: duckdb.DuckDBPyConnection) -> None:
    # ONS: exports GBP 11,899 million, value added of the six 43,315.
    row = mart.execute(
        "select status, indicator_id, newest_period, round(latest_value, 2) from mart.mart_measure_coverage "
        "where measure_id = '11b'"
    ).fetchone()
    assert row == ("proxy", "trade_to_gva_ratio", "2023-01-01/P1Y", 27.47)


def test_lists_of_industries_are_added_up_for_the_city_region_once(mart: duckdb.DuckDBPyConnection) -> None:
    # BRES 2021, Merseyside (UKD7): motors and generators 35, batteries 20, lighting 100, electricity 125, heat 0;
    # repair 2,645, waste and recovery 2,500, vehicles 3,500, scrap 225, second-hand 1,075, renting 3,680, 1,175.
    expected = {"low_carbon_employment": 280, "circular_employment": 2645 + 2500 + 3500 + 225 + 1075 + 3680 + 1175}
    rows = mart.execute(
        "select indicator_id, ref_area, obs_value, basis, value_origin from mart.fct_observation "
        "where time_period = '2021-01-01/P1Y' and indicator_id in ('low_carbon_employment', 'circular_employment')"
    ).fetchall()
    assert sorted(rows) == sorted((name, LCR, count, "published", "derived") for name, count in expected.items())


def test_growth_of_enterprises_is_made_of_the_six(mart: duckdb.DuckDBPyConnection) -> None:
    rows = mart.execute(
        "select time_period, obs_value, n_components, basis from mart.fct_observation "
        "where indicator_id = 'low_carbon_enterprises_growth' and ref_area = ?",
        [LCR],
    ).fetchall()
    assert rows == [("2025-01-01/P1Y", pytest.approx(10), 6, "illustrative")]


@pytest.mark.parametrize(
    ("measure", "status", "indicator", "period", "estimate", "basis"),
    [
        # By hand from the authorities' figures of the department's tool and pupils of key stage 2 in 2018/19.
        ("6a.ks4", "answered", "attainment_8", "2024-09-01/P1Y", 42.08, "published"),
        # Averages are published, their number of students is invented: so is what comes of both.
        ("6a.ks5", "illustrative_only", "a_level_points_per_entry", "2024-09-01/P1Y", None, "illustrative"),
        # Means of Explore Local Statistics 2022/23 and mid-year populations of 2022 beside the emissions.
        ("28", "weak_proxy", "wellbeing_satisfaction", "2022-04-01/P1Y", 7.26, "published"),
        ("13a", "illustrative_only", "hei_business_contracts", "2022-09-01/P1Y", None, "illustrative"),
        ("15b", "illustrative_only", "he_research_income", "2022-09-01/P1Y", None, "illustrative"),
    ],
)
def test_estimates_with_a_weight_answer_as_far_as_both_are_published(
    mart: duckdb.DuckDBPyConnection,
    measure: str,
    status: str,
    indicator: str,
    period: str,
    estimate: float | None,
    basis: str,
) -> None:
    row = mart.execute(
        "select status, indicator_id, newest_period, round(latest_value, 2), basis from mart.mart_measure_coverage "
        "where measure_id = ?",
        [measure],
    ).fetchone()
    assert row is not None
    assert (*row[:3], row[4]) == (status, indicator, period, basis)
    assert estimate is None or row[3] == estimate


def test_published_attainment_is_not_displaced_by_invented(mart: duckdb.DuckDBPyConnection) -> None:
    """Both are loaded for 2024/25; the estimate for the area is one, of status E."""
    rows = mart.execute(
        "select dataset, basis, obs_status, count(*) from mart.fct_observation where is_latest "
        "and indicator_id = 'attainment_8' and time_period = '2024-09-01/P1Y' "
        "and (ref_area = ? or ref_area in (select member_code from mart.bridge_area_membership where parent_code = ?)) "
        "group by all order by obs_status",
        [LCR, LCR],
    ).fetchall()
    assert rows == [("dfe_lait", "published", "A", 6), ("dfe_lait", "published", "E", 1)]


def test_area_without_students_takes_nothing_from_the_average(mart: duckdb.DuckDBPyConnection) -> None:
    row = mart.execute(
        "select obs_value is not null, obs_status, basis, n_components from mart.fct_observation where is_latest "
        "and indicator_id = 'a_level_points_per_entry' and ref_area = ? and time_period = '2024-09-01/P1Y'",
        [LCR],
    ).fetchone()
    assert row == (True, "E", "illustrative", 6)


def test_no_secret_of_the_environment_is_left_anywhere(sample_run: Finished, sample_home: Home) -> None:
    """Not in the home (dbt's artefacts and Dagster's history are in it), not in what was printed."""
    files = [path for path in sample_home.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"run_results.json", "runs.db", "outcomes.duckdb", "run.log"} <= {path.name for path in files}
    places = {str(path): path.read_bytes() for path in files}
    places |= {"printed": f"{sample_run.out}{sample_run.err}".encode()}
    found = [
        (place, name) for place, text in places.items() for name, secret in SECRETS.items() if secret.encode() in text
    ]
    assert found == []

"""The wide table of the sample against the series, told apart by the kind of period that each column declares."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
import yaml

from orchestration.home import DBT_PROJECT_DIR, Home

pytestmark = pytest.mark.end_to_end

YAML = DBT_PROJECT_DIR / "models" / "marts" / "bi" / "mart_area_year_wide.yml"


@pytest.fixture(scope="module")
def mart(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The mart with a table `cells`: area_code, year, column_name, value of what the wide table shows."""
    with duckdb.connect() as con:
        con.execute(f"attach '{sample_home.mart}' as outcomes (read_only)")
        con.execute("use outcomes.mart")
        con.execute(
            "create table memory.main.cells as select area_code, year, column_name, value from "
            "(unpivot mart_area_year_wide on columns(* exclude (area_code, area_name, area_type, year, n_values, "
            "has_illustrative)) into name column_name value value)"
        )
        yield con


def test_cells_are_published_figures_of_the_series(mart: duckdb.DuckDBPyConnection) -> None:
    (declared,) = yaml.safe_load(YAML.read_text(encoding="utf-8"))["models"]
    wanted = [
        (column["name"], meta.get("indicator", column["name"]), meta.get("breakdown", "total"), meta["period"])
        for column in declared["columns"]
        if (meta := column.get("config", {}).get("meta"))
    ]
    mart.execute("create table memory.main.wanted (column_name text, indicator_id text, breakdown text, kind text)")
    mart.executemany("insert into memory.main.wanted values (?, ?, ?, ?)", wanted)
    # The newest of a year by its last day, over all areas; of years there is one.
    other = mart.execute(
        """
        with candidates as (
            select area_code, year(series.period_start) as year, column_name, value,
                dense_rank() over (partition by column_name, year(series.period_start) order by series.period_end desc)
                    as newest
            from mart_indicator_series as series
            inner join dim_period as periods using (time_period)
            inner join memory.main.wanted using (indicator_id, breakdown)
            where periods.period_kind = wanted.kind and basis = 'published' and value is not null
        ),
        expected as (select area_code, year, column_name, value from candidates where newest = 1)
        (from expected except all from memory.main.cells) union all (from memory.main.cells except all from expected)
        """
    ).fetchall()
    assert other == []
    shown = {name for (name,) in mart.execute("select distinct column_name from memory.main.cells").fetchall()}
    assert {"short_term_let_guest_nights", "healthy_life_expectancy_male", "median_weekly_pay"} < shown


def test_rows_say_how_many_figures_they_have_and_whether_invented_ones_were_left_out(
    mart: duckdb.DuckDBPyConnection,
) -> None:
    miscounted = mart.execute(
        "select area_code, year from mart_area_year_wide left join (select area_code, year, count(*) as n "
        "from memory.main.cells group by all) using (area_code, year) where n_values <> coalesce(n, 0)"
    ).fetchall()
    assert miscounted == []
    flagged = mart.execute("select count(*), count(*) filter (has_illustrative) from mart_area_year_wide").fetchone()
    assert 0 < flagged[1] < flagged[0]
    unflagged = mart.execute(
        "select distinct area_code, year(period_start) from mart_indicator_series "
        "where basis = 'illustrative' and value is not null and breakdown = 'total' "
        "and indicator_id in (select column_name from (describe mart_area_year_wide)) "
        "except select area_code, year from mart_area_year_wide where has_illustrative"
    ).fetchall()
    assert unflagged == []

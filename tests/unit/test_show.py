"""`outcomes show`: one indicator in words and as a chart, for any terminal."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.home import Home

HOME_AREA, ENGLAND, OTHER = "E47000004", "E92000001", "E47000001"
COMPARISON = {
    **dict.fromkeys(("indicator_id", "breakdown", "area_code", "time_period", "basis", "unit"), "varchar"),
    **dict.fromkeys(("comparator_code", "comparator_name", "gap_unit", "judgement", "judgement_reason"), "varchar"),
    **dict.fromkeys(("previous_period", "baseline_period", "interval_method"), "varchar"),
    "period_end": "date",
    **dict.fromkeys(("value", "lower_ci", "upper_ci", "comparator_value", "gap", "ratio_to_comparator"), "double"),
    **dict.fromkeys(("share_of_comparator", "ca_median", "ca_min", "ca_max", "change", "change_pct"), "double"),
    **dict.fromkeys(("change_since_baseline", "change_since_baseline_pct"), "double"),
    **dict.fromkeys(("ca_count", "ca_rank"), "bigint"),
}
TREND = {
    **dict.fromkeys(("indicator_id", "breakdown", "area_code", "first_period", "last_period", "trend"), "varchar"),
    **dict.fromkeys(("trend_judgement", "reason"), "varchar"),
    "n_points": "bigint",
}
Row = dict[str, Any]


def rate(area: str, year: int, value: float, **more: Any) -> Row:
    return {
        "indicator_id": "rate",
        "breakdown": "total",
        "area_code": area,
        "time_period": f"{year}-01-01/P1Y",
        "period_end": dt.date(year, 12, 31),
        "basis": "published",
        "unit": "percent",
        "value": value,
        "comparator_code": ENGLAND,
        "comparator_name": "England",
        "comparator_value": 20.0,
        "gap": value - 20.0,
        "gap_unit": "percentage points",
        "ratio_to_comparator": value / 20.0,
        "judgement": "worse",
        **more,
    }


SERIES = [
    *(rate(HOME_AREA, year, 25.0 - (year - 2015) / 2) for year in (2015, 2016, 2017, 2020, 2021, 2022)),
    rate(
        HOME_AREA,
        2023,
        21.04,
        lower_ci=20.0,
        upper_ci=22.1,
        interval_method="wilson",
        ca_count=10,
        ca_rank=8,
        ca_median=19.0,
        ca_min=15.0,
        ca_max=23.0,
        previous_period="2022-01-01/P1Y",
        change=-0.46,
        baseline_period="2015-01-01/P1Y",
        change_since_baseline=-3.96,
    ),
    *(rate(ENGLAND, year, 20.0, gap=None, ratio_to_comparator=None) for year in range(2015, 2024)),
    rate(OTHER, 2023, 19.0, basis="illustrative", judgement="better"),
    *(
        rate(HOME_AREA, 2023, 60.0, indicator_id="years", unit="years", breakdown=f"sex={sex}")
        for sex in ("female", "male")
    ),
    rate(HOME_AREA, 2023, 9, indicator_id="count", unit="count", gap=None, ratio_to_comparator=None)
    | {"share_of_comparator": 4.5, "judgement": "not compared"},
]
TRENDS = [
    {
        "indicator_id": "rate",
        "breakdown": "total",
        "area_code": HOME_AREA,
        "n_points": 5,
        "first_period": "2017-01-01/P1Y",
        "last_period": "2023-01-01/P1Y",
        "trend": "decreasing",
        "trend_judgement": "getting better",
    }
]


def insert(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: list[Row]) -> None:
    con.execute(f"create table mart.{table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    marks = ", ".join("?" for _ in columns)
    con.executemany(f"insert into mart.{table} values ({marks})", [[row.get(name) for name in columns] for row in rows])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart of a rate, a count and years of life by sex."""
    root = tmp_path_factory.mktemp("home")
    home = Home(root)
    home.published.mkdir()
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
        con.execute("create table mart.build as select 'b7' as build_id")
        insert(con, "mart_comparison", COMPARISON, SERIES)
        insert(con, "mart_trend", TREND, TRENDS)
        con.execute(
            "create table mart.dim_indicator as select indicator_id, upper(indicator_id) as indicator_name, unit as "
            "unit_measure, 'What it is' as definition, 'lower_is_better' as polarity, 'Mind it' as caveat, "
            "null as comparability_break, 1 as decimals from (values ('rate', 'percent'), ('count', 'count'), "
            "('years', 'years'), ('unfed', 'count')) as indicators(indicator_id, unit)"
        )
        con.execute(
            f"create table mart.dim_area as select * from (values ('{HOME_AREA}', 'Liverpool City Region'), "
            f"('{ENGLAND}', 'England'), ('{OTHER}', 'Greater Manchester')) as areas(area_code, area_name)"
        )
        con.execute("create table mart.dim_area_alias as select 'LCR' as alias, ? as area_code", [HOME_AREA])
        con.execute(
            "create table mart.dim_period as select distinct time_period, time_period[:4] as period_label "
            "from mart.mart_comparison"
        )
        con.execute(
            "create table mart.mart_indicator_series as select indicator_id, breakdown, area_code, time_period, "
            "'published' as value_origin, 'A' as obs_status, 'ons' as publisher, 'A bulletin' as source_title, "
            "'https://example.org/bulletin' as landing_page, 'OGL-UK-3.0' as licence, "
            "date '2024-06-01' as release_date, 'r1' as release_id from mart.mart_comparison"
        )
        con.execute(
            "create table mart.mart_indicator_freshness as select 'rate' as indicator_id, date '2024-06-01' as "
            "release_date, date '2025-06-01' as next_due, 3 as days_overdue, true as is_stale"
        )
    return root


@pytest.fixture(autouse=True)
def home(published: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OUTCOMES_HOME", str(published))
    monkeypatch.setenv("COLUMNS", "100")
    return Home.from_environment()


def show(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(main, ["show", *arguments], **more)


def test_newest_figure_is_told_with_all_that_belongs_to_it() -> None:
    done = show("rate")
    assert done.exit_code == 0, done.output
    told = " ".join(done.stdout.split())
    for words in (
        "RATE (rate)",
        "definition What it is",
        "unit percent, lower is better",
        "caveat Mind it",
        "released 2024-06-01, next due 2025-06-01, 3 days overdue; STALE",
        "Liverpool City Region (E47000004)",
        "newest 21.0 percent, 2023 (95% limits 20.0 to 22.1, wilson)",
        "England 20.0, gap +1.0 percentage points: worse",
        "8 of 10 combined authorities (median 19.0, from 15.0 to 23.0)",
        "change -0.5 percentage points since 2022; -4.0 percentage points since 2015",
        "decreasing, getting better (5 points, 2017 to 2023)",
        "A bulletin (ons, OGL-UK-3.0), published 2024-06-01, https://example.org/bulletin",
    ):
        assert words in told


def test_chart_shows_the_area_and_england_without_colour() -> None:
    lines = show("rate").stdout.splitlines()
    assert "percent    ⣀⣀ Liverpool City Region    •• England" in lines
    chart = "\n".join(lines[lines.index("percent    ⣀⣀ Liverpool City Region    •• England") :])
    assert "\x1b" not in chart
    assert "•••••" in chart
    assert "⠒" in chart or "⣀" in chart
    assert chart.splitlines()[-1].split() == [str(year) for year in range(2015, 2024)]


def test_no_line_is_drawn_over_years_without_a_value() -> None:
    from orchestration.show import _unbroken

    pieces = _unbroken([row for row in SERIES if row["area_code"] == HOME_AREA and row["indicator_id"] == "rate"])
    assert [[row["period_end"].year for row in piece] for piece in pieces] == [
        [2015, 2016, 2017],
        [2020, 2021, 2022, 2023],
    ]


@pytest.mark.parametrize("columns", ["20", "40", "80", "300"])
def test_lines_are_as_wide_as_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = show("rate", "--area", "LCR", "--area", OTHER)
    assert done.exit_code == 0, done.output
    chart = [line for line in done.stdout.splitlines() if set(line) & set("│┤└┌")]
    assert chart
    assert max(map(len, chart)) <= min(max(int(columns), 30), 100)


def test_areas_are_shown_side_by_side_and_invented_figures_are_called_so() -> None:
    told = show("rate", "--area", "Liverpool City Region", "--area", "greater manchester").stdout
    assert "⣀⣀ Liverpool City Region    •• Greater Manchester    ×× England" in told
    assert "ILLUSTRATIVE: the figure is invented" in " ".join(told.split())


def test_count_stands_alone_in_its_chart() -> None:
    told = show("count").stdout
    assert "4.5 percent of it: not compared" in told
    assert "count    ⣀⣀ Liverpool City Region\n" in told


def test_without_a_total_every_part_is_shown_and_one_can_be_chosen() -> None:
    told = show("years").stdout
    assert "(E47000004), sex=female" in told
    assert "(E47000004), sex=male" in told
    assert "sex=female" not in show("years", "--breakdown", "sex=male").stdout


def test_terminal_without_the_signs_of_a_chart_gets_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.show._can_be_drawn", lambda: False)
    assert "┤" not in show("rate").stdout


def test_programs_get_the_series_and_what_belongs_to_it() -> None:
    found = json.loads(show("rate", "--json").stdout)
    assert (found["command"], found["build_id"]) == ("show", "b7")
    assert [row["period_label"] for row in found["rows"]] == [
        str(year) for year in (2015, 2016, 2017, 2020, 2021, 2022, 2023)
    ]
    assert found["rows"][-1]["value"] == 21.04
    assert found["indicator"]["definition"] == "What it is"
    assert (found["trends"][0]["trend"], len(found["comparator"])) == ("decreasing", 9)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rat"], "no indicator 'rat'; nearest: rate"),
        (
            ["rate", "--area", "Liverpol"],
            "no area 'Liverpol': give a GSS code or a name as dim_area has it; nearest: Li",
        ),
        (["unfed"], "no figure of unfed for E47000004"),
        (["rate", "--breakdown", "sex=male"], "no breakdown 'sex=male' of rate for E47000004; there is total"),
    ],
)
def test_questions_without_an_answer_are_told_what_there_is(arguments: list[str], told: str) -> None:
    done = show(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


def test_build_of_an_earlier_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    home.published.mkdir()
    with duckdb.connect(home.mart) as con:
        con.execute("create schema mart")
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path))
    assert "the published build has no mart_comparison and mart_trend: run `outcomes run`" in show("rate").stderr

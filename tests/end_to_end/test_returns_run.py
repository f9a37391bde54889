"""Returns on their way to the mart: a run that has nothing else, and what the measures then say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from tests.end_to_end.runs import Finished, outcomes

pytestmark = pytest.mark.end_to_end

FIRST = """\
return,footfall
submitted_by,Performance team
submitted_at,2026-04-20
month,area,town_centre,visits,note
2026-02,Liverpool City Region,All,3900000,
2026-03,Liverpool City Region,All,4100000,
2026-03,Wirral,Birkenhead,610000,
"""
AGAIN = """\
return,footfall
submitted_by,Performance team
submitted_at,2026-05-20
month,area,town_centre,visits,note
2026-03,Liverpool City Region,All,4150000,a counter was added late
"""
VACANCY = """\
return,town_centre_vacancy
submitted_by,data.team@authority.example
submitted_at,20/04/2026
as_at,area,town_centre,vacant_units,total_units
31/03/2026,Liverpool City Region,All,310,2480
"""
BAD = VACANCY.replace("town_centre_vacancy", "homes_retrofitted")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    root = tmp_path_factory.mktemp("returns")
    home, mirror = Home(root / "home"), root / "mirror"
    mirror.mkdir()
    home.returns.mkdir(parents=True)
    for name, text in {"footfall": FIRST, "footfall again": AGAIN, "vacancy": VACANCY, "bad": BAD}.items():
        Path(home.returns, f"{name}.csv").write_text(text, encoding="utf-8")
    return outcomes(home, "run", "--from", f"mirror:{mirror}")


@pytest.fixture(scope="module")
def mart(run: Finished) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(run.home.mart, read_only=True) as con:
        yield con


def test_a_bad_return_degrades_the_run_and_is_named(run: Finished) -> None:
    assert run.code == 3, run.err
    assert "returns/bad.csv: no row with the column headings quarter, area, homes, note" in run.out


def test_the_period_handed_in_again_serves_and_the_earlier_one_is_kept(mart: duckdb.DuckDBPyConnection) -> None:
    rows = mart.execute(
        "select time_period, obs_value, cast(realtime_start as varchar), cast(realtime_end as varchar), is_latest, "
        "value_origin, basis from mart.fct_observation where indicator_id = 'town_centre_footfall' "
        "and ref_area = 'E47000004' order by time_period, realtime_start"
    ).fetchall()
    assert rows == [
        ("2026-02-01/P1M", 3_900_000, "2026-04-20", None, True, "local_return", "published"),
        ("2026-03-01/P1M", 4_100_000, "2026-04-20", "2026-05-20", False, "local_return", "published"),
        ("2026-03-01/P1M", 4_150_000, "2026-05-20", None, True, "local_return", "published"),
    ]


def test_measures_are_answered_by_returns(mart: duckdb.DuckDBPyConnection) -> None:
    rows = mart.execute(
        "select measure_id, status, indicator_id, latest_value, unit from mart.mart_measure_coverage "
        "where status not in ('awaiting_source', 'ended') order by measure_id"
    ).fetchall()
    answered = [row for row in rows if row[1] == "answered"]
    assert answered == [
        ("3b", "answered", "town_centre_vacancy_rate", 12.5, "percent"),  # not weak, as the open series is
        ("3c", "answered", "town_centre_footfall", 4_150_000, "count"),
    ]
    assert {row[0] for row in rows if row[1] == "awaiting_return"} == {"4a", "17c", "23b", "24a"}
    (told,) = mart.execute("select would_answer from mart.mart_measure_coverage where measure_id = '17c'").fetchone()
    assert told.endswith("outcomes returns template ferry_patronage")


def test_the_release_says_who_handed_it_in_and_when(mart: duckdb.DuckDBPyConnection) -> None:
    origin, citation, published_at = mart.execute(
        "select origin, citation, cast(published_at as varchar) from mart.dim_release "
        "where part = 'town_centre_vacancy'"
    ).fetchone()
    assert (origin, published_at) == ("return", "2026-04-20")
    assert citation.startswith("Submitted by data.team@authority.example on 2026-04-20")

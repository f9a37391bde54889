"""No build is published in which a measure that was answered waits again, unless somebody says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_checks import failing_rows
from orchestration.dbt_process import call_dbt
from orchestration.home import Home

pytestmark = pytest.mark.end_to_end

TESTS = ["measures_keep_their_answers", "measures_keep_their_answers_from_another_origin"]


def results_where_published(
    sample_home: Home, tmp_path: Path, published: list[tuple[str, str, bool]], *, accepted: str = ""
) -> list[tuple[str, str]]:
    """Status and failing rows of both tests; of each published answer the measure, its status and `same_origin`."""
    home = Home(tmp_path)
    home.build.mkdir(parents=True)
    shutil.copy(sample_home.build_db, home.build_db)
    with duckdb.connect(home.build_db) as con:
        con.execute("delete from raw.published_answer")
        con.executemany("insert into raw.published_answer values (?, ?, ?)", published)
    target = tmp_path / "target"
    done = call_dbt(home, "test", "--select", *TESTS, target=target, OUTCOMES_ACCEPT_LOST_MEASURES=accepted)
    results = json.loads((target / "run_results.json").read_text())["results"]
    found = {result["unique_id"].split(".")[2]: result for result in results}
    assert set(found) == set(TESTS), done.stdout
    return [(found[name]["status"], failing_rows(home.build_db, found[name])) for name in TESTS]


@pytest.fixture
def waiting(sample_home: Home) -> list[str]:
    """Measures that wait in the sample."""
    query = "select measure_id from mart.mart_measure_coverage where status like 'awaiting_%' order by sort_order"
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        return [str(measure) for (measure,) in con.execute(query).fetchall()]


def test_lost_answer_fails_within_one_origin_and_warns_between_two(
    sample_home: Home, tmp_path: Path, waiting: list[str]
) -> None:
    first, second, third, *_ = waiting
    published = [
        (first, "answered", True),
        (second, "weak_proxy", False),
        (third, "illustrative_only", True),  # was no answer
        ("1a", "answered", True),  # is answered still
    ]
    (failed, lost), (warned, between) = results_where_published(sample_home, tmp_path, published)
    assert (failed, warned) == ("fail", "warn")
    assert lost.startswith(f"measure_id={first}, published_status=answered, status=awaiting_")
    assert between.startswith(f"measure_id={second}, published_status=weak_proxy, status=awaiting_")
    assert ";" not in lost + between


def test_loss_that_is_meant_is_accepted_by_name(sample_home: Home, tmp_path: Path, waiting: list[str]) -> None:
    published = [(waiting[0], "answered", True)]
    results = results_where_published(sample_home, tmp_path, published, accepted=f"19a, {waiting[0]}")
    assert results == [("pass", ""), ("pass", "")]

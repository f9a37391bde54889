"""No build is published in which a measure that was answered waits again, unless somebody says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from orchestration.home import DBT_PROJECT_DIR, Home
from orchestration.transform import dbt_environment, dbt_executable, failing_rows

pytestmark = pytest.mark.end_to_end

TESTS = ["measures_keep_their_answers", "measures_keep_their_answers_from_another_origin"]


def results_where_published(
    sample_home: Home, tmp_path: Path, *, status: str, same_origin: bool, accepted: str = ""
) -> list[tuple[str, str]]:
    """Status and failing rows of both tests when the published build had `status` for a measure that waits now."""
    home = Home(tmp_path)
    home.build.mkdir(parents=True)
    shutil.copy(sample_home.build_db, home.build_db)
    with duckdb.connect(home.build_db) as con:
        con.execute("delete from raw.published_answer")
        con.execute(
            """
            insert into raw.published_answer
            select measure_id, ?, ?
            from mart.mart_measure_coverage where status like 'awaiting_%' order by sort_order limit 1
            """,
            [status, same_origin],
        )
    target = tmp_path / "target"
    done = subprocess.run(
        [dbt_executable(), "test", "--select", *TESTS, "--target-path", str(target)],
        cwd=DBT_PROJECT_DIR,
        env={**os.environ, **dbt_environment(home), "OUTCOMES_ACCEPT_LOST_MEASURES": accepted},
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((target / "run_results.json").read_text())["results"]
    found = {result["unique_id"].split(".")[2]: result for result in results}
    assert set(found) == set(TESTS), done.stdout
    return [(found[name]["status"], failing_rows(home.build_db, found[name])) for name in TESTS]


def waiting(sample_home: Home) -> str:
    with duckdb.connect(sample_home.mart, read_only=True) as con:
        found = con.execute(
            "select measure_id from mart.mart_measure_coverage where status like 'awaiting_%' "
            "order by sort_order limit 1"
        )
        return str(found.fetchone()[0])


@pytest.mark.parametrize("answer", ["answered", "weak_proxy"])
def test_answer_lost_within_one_origin_fails(sample_home: Home, tmp_path: Path, answer: str) -> None:
    (failed, rows), passed = results_where_published(sample_home, tmp_path, status=answer, same_origin=True)
    assert failed == "fail"
    assert f"measure_id={waiting(sample_home)}, published_status={answer}, status=awaiting_" in rows
    assert passed == ("pass", "")


def test_answer_lost_from_one_origin_to_another_warns(sample_home: Home, tmp_path: Path) -> None:
    results = results_where_published(sample_home, tmp_path, status="answered", same_origin=False)
    assert [status for status, _ in results] == ["pass", "warn"]


def test_loss_that_is_meant_is_accepted_by_name(sample_home: Home, tmp_path: Path) -> None:
    accepted = f"19a, {waiting(sample_home)}"
    results = results_where_published(sample_home, tmp_path, status="answered", same_origin=True, accepted=accepted)
    assert [status for status, _ in results] == ["pass", "pass"]

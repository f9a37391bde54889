"""Dagster's storage in PostgreSQL, as docs/spark.md sets a cluster up; the engine makes no difference to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.home import PROJECT_ROOT, Home
from tests.end_to_end.runs import assert_mart_is_whole, outcomes
from tests.postgres import postgres_of

pytestmark = pytest.mark.spark

INSTANCE = PROJECT_ROOT / "deploy" / "cluster"
PASSWORD = "hunter2-dagster-5ec7e7"


def test_a_run_keeps_its_history_in_postgresql_and_nowhere_else(tmp_path: Path) -> None:
    pytest.importorskip("dagster_postgres", reason="the extra spark is not installed: make .venv/spark.stamp")
    import psycopg2

    home = Home(tmp_path / "home")
    with postgres_of("dagster", PASSWORD) as port:
        url = f"postgresql://dagster:{PASSWORD}@127.0.0.1:{port}/postgres"
        done = outcomes(home, "run", "--from", "sample", DAGSTER_HOME=str(INSTANCE), OUTCOMES_DAGSTER_POSTGRES=url)
        assert done.code == 0, done.err
        con = psycopg2.connect(url)
        with con, con.cursor() as cursor:
            cursor.execute("select run_id, status, run_body::json -> 'tags' ->> 'outcomes/from' from runs")
            ((run_id, *run),) = cursor.fetchall()
            cursor.execute(
                "select count(distinct asset_key) from event_logs "
                "where run_id = %s and dagster_event_type = 'ASSET_MATERIALIZATION'",
                [run_id],
            )
            (assets,) = cursor.fetchone()
        con.close()
    assert run == ["SUCCESS", "sample"]
    assert assets > 200
    assert_mart_is_whole(home)
    assert not list(home.dagster_storage.rglob("*.db"))
    assert [path.name for path in INSTANCE.iterdir()] == ["dagster.yaml"]

"""Whole runs on Spark, as Dagster makes them with its history in PostgreSQL; unit tests; the loss of a worker."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_process import call_dbt
from orchestration.home import PROJECT_ROOT, Home
from orchestration.spark.cluster import Cluster
from tests.end_to_end.runs import COMMAND, Finished, outcomes, running
from tests.postgres import postgres_of
from tests.spark.marts import differences

pytestmark = pytest.mark.spark

INSTANCE = PROJECT_ROOT / "deploy" / "cluster"
PASSWORD = "hunter2-dagster-5ec7e7"


@dataclass(frozen=True)
class Survived:
    """A run that lost a worker, and where PostgreSQL has its history."""

    home: Home
    storage: str


@pytest.fixture(scope="module")
def survived(
    cluster: Cluster, at_cluster: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survived]:
    """A sample built on Spark as docs/spark.md sets a cluster up, while one of the two workers was killed."""
    home = Home(tmp_path_factory.mktemp("survived") / "home")
    with postgres_of("dagster", PASSWORD) as port:
        storage = f"postgresql://dagster:{PASSWORD}@127.0.0.1:{port}/postgres"
        settings = at_cluster | {"DAGSTER_HOME": str(INSTANCE), "OUTCOMES_DAGSTER_POSTGRES": storage}
        command = ["env", *(f"{name}={value}" for name, value in settings.items()), *COMMAND]
        with running(home, "run", "--from", "sample", command=command) as run:
            run.wait_for("dbt build")
            while not any((cluster.folder / "warehouse").glob("staging.db/stg_ofcom_*/_SUCCESS")):
                assert run.process.poll() is None
                time.sleep(0.5)
            lost = cluster.pid("worker-1")
            assert lost is not None
            os.kill(lost, signal.SIGKILL)
            assert run.process.stderr is not None
            last_words = run.process.stderr.read()
            assert run.process.wait() == 0, last_words
        assert cluster.pid("worker-1") is None
        assert cluster.up()  # for the tests that follow: it starts what is missing, and only that
        yield Survived(home, storage)


def test_a_run_that_loses_a_worker_publishes_the_mart_that_duckdb_publishes(
    survived: Survived, sample_home: Home
) -> None:
    assert differences(survived.home.mart, sample_home.mart) == []


def test_its_history_is_in_postgresql_and_nowhere_else(survived: Survived) -> None:
    import psycopg2

    con = psycopg2.connect(survived.storage)
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
    assert not list(survived.home.dagster_storage.rglob("*.db"))
    assert [path.name for path in INSTANCE.iterdir()] == ["dagster.yaml"]


def test_parquet_of_a_mart_built_on_spark_holds_its_tables(survived: Survived) -> None:
    with duckdb.connect(survived.home.mart, read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
        for table in tables:
            parquet = f"read_parquet('{survived.home.current}/parquet/{table}.parquet')"
            for one, other in ((f"mart.{table}", parquet), (parquet, f"mart.{table}")):
                only = con.execute(f"select * from {one} except all select * from {other} limit 1").fetchall()
                assert only == [], table
    assert len(tables) > 25


def test_unit_tests_pass_on_spark(survived: Survived, at_cluster: dict[str, str], tmp_path: Path) -> None:
    command = ["test", "--select", "test_type:unit", "--target", "spark"]
    done = call_dbt(survived.home, *command, target=tmp_path, **at_cluster)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    assert len(results) >= 60
    assert {result["status"] for result in results} == {"pass"}


def test_real_files_give_the_same_mart_on_both_engines(
    mirror_run: Finished, mirror_home: Home, at_cluster: dict[str, str], published_dir: Path, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    on_spark = outcomes(home, "run", "--from", f"mirror:{published_dir}", **at_cluster)
    assert on_spark.code == mirror_run.code, on_spark.err
    assert differences(home.mart, mirror_home.mart) == []


def test_a_run_without_a_cluster_says_what_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("pyhive", reason="the extra spark is not installed: make .venv/spark.stamp")
    home = Home(tmp_path / "home")
    done = outcomes(home, "run", "--from", "sample", OUTCOMES_ENGINE="spark", OUTCOMES_SPARK_PORT="9")
    assert done.code == 1
    assert "expected Spark's Thrift server at 127.0.0.1:9" in done.err
    assert "make spark-up" in done.err
    assert not home.mart.exists()

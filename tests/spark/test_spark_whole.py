"""Whole runs on Spark, as Dagster makes them: data tests, release gate, publish; unit tests; the loss of a worker."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_process import call_dbt
from orchestration.home import Home
from orchestration.spark.cluster import Cluster
from tests.end_to_end.runs import COMMAND, Finished, outcomes, running
from tests.spark.marts import differences

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def survived(cluster: Cluster, at_cluster: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose sample was built on Spark while one of the two workers was killed."""
    home = Home(tmp_path_factory.mktemp("survived") / "home")
    with_spark = ["env", *(f"{name}={value}" for name, value in at_cluster.items()), *COMMAND]
    with running(home, "run", "--from", "sample", command=with_spark) as run:
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
    return home


def test_a_run_that_loses_a_worker_publishes_the_mart_that_duckdb_publishes(survived: Home, sample_home: Home) -> None:
    assert differences(survived.mart, sample_home.mart) == []


def test_parquet_of_a_mart_built_on_spark_holds_its_tables(survived: Home) -> None:
    with duckdb.connect(survived.mart, read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
        for table in tables:
            parquet = f"read_parquet('{survived.current}/parquet/{table}.parquet')"
            for one, other in ((f"mart.{table}", parquet), (parquet, f"mart.{table}")):
                only = con.execute(f"select * from {one} except all select * from {other} limit 1").fetchall()
                assert only == [], table
    assert len(tables) > 25


def test_unit_tests_pass_on_spark(survived: Home, at_cluster: dict[str, str], tmp_path: Path) -> None:
    command = ["test", "--select", "test_type:unit", "--target", "spark"]
    done = call_dbt(survived, *command, target=tmp_path, **at_cluster)
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

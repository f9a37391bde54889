"""Which engine a run takes, and what it asks of Spark; the cluster itself is looked at in tests/spark."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from orchestration.engine import DuckDb, QueryError, UnknownEngineError, engine
from orchestration.spark import warehouse
from orchestration.spark.cluster import Cluster, ClusterError


def test_duckdb_is_the_engine_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTCOMES_ENGINE", raising=False)
    assert engine().dbt_arguments() == []
    monkeypatch.setenv("OUTCOMES_ENGINE", "spark")
    assert engine().dbt_arguments() == ["--target", "spark"]
    monkeypatch.setenv("OUTCOMES_ENGINE", "sparkle")
    with pytest.raises(UnknownEngineError, match="expected duckdb or spark, found 'sparkle'"):
        engine()


def test_duckdb_answers_a_query_of_a_test(tmp_path: Path) -> None:
    build_db = tmp_path / "build.duckdb"
    duckdb.connect(build_db).close()
    assert DuckDb().rows(build_db, "select 1 as one, 'a' as letter") == (["one", "letter"], [(1, "a")])
    with pytest.raises(QueryError, match="no_such_table"):
        DuckDb().rows(build_db, "select * from no_such_table")


def test_a_raw_table_of_spark_lies_on_the_files_of_all_releases() -> None:
    files = [Path("/outcomes/raw/d/first~1/t.parquet"), Path("/outcomes/raw/d/second~2/t.parquet")]
    statement = warehouse._table("d__t", {"a b": "string"}, files)
    assert statement == (
        "create table raw.`d__t` (`a b` string) using parquet "
        "location '/outcomes/raw/d/{first~1/t.parquet,second~2/t.parquet}'"
    )
    assert warehouse._table("d__t", {"a": "string"}, files[:1]).endswith("location '/outcomes/raw/d/first~1/t.parquet'")


def test_a_cluster_without_java_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ClusterError, match="expected Java 17 or later on the PATH, found none"):
        Cluster(tmp_path / "spark").up()


def test_only_what_was_started_is_ended(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    # An id that was used again: this very process, which started at another time.
    cluster.pid_file("master").write_text(f"{os.getpid()} 1", encoding="utf-8")
    assert cluster.pid("master") is None
    assert cluster.down() == []
    assert not cluster.pid_file("master").exists()

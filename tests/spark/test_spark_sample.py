"""The sample, built by Spark and by DuckDB: every table of the mart is the same. `.ci/run` asks no more of Spark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration import transform
from orchestration.dbt_process import call_dbt
from orchestration.home import Home
from orchestration.spark.cluster import Cluster
from orchestration.spark.warehouse import Spark
from sources.catalogue import CATALOGUE_DIR, load_catalogue
from sources.landing import Landing
from sources.raw import RawStore
from tests.spark.conftest import a_cluster, environment_of
from tests.spark.marts import differences

pytestmark = pytest.mark.spark


def built_on(home: Home) -> str:
    """The day on which a home's mart was built: what is due, and since when, is reckoned from it."""
    with duckdb.connect(home.mart, read_only=True) as con:
        return str(con.execute("select cast(finished_at as date) from mart.build").fetchall()[0][0])


@pytest.fixture
def quick_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster for tables so small that compiling queries, and the compiled code once more, takes longer than they."""
    plain = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    with a_cluster(tmp_path / "cluster", settings=plain, java="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC") as cluster:
        yield cluster


def test_every_mart_table_of_the_sample_is_the_same_on_both_engines(
    quick_cluster: Cluster, sample_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(quick_cluster).items():
        monkeypatch.setenv(name, value)
    home = Home(tmp_path / "home")
    home.build.mkdir(parents=True)
    shutil.copyfile(sample_home.build_db, home.build_db)
    catalogue, raw = load_catalogue(CATALOGUE_DIR), RawStore(sample_home.raw)
    releases = transform.build_releases(Landing(sample_home.landing), raw, catalogue, sample=True)
    engine = Spark()
    engine.show_raw(home, transform.raw_tables(sample_home, catalogue, releases, raw))
    # Tests would tell of the data, which is compared anyhow, and take longer than the models.
    excluded = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    command = ["build", *excluded, *engine.dbt_arguments()]
    done = call_dbt(home, *command, target=tmp_path / "dbt", OUTCOMES_AS_OF=built_on(sample_home))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    home.build_db.unlink()
    engine.collect_mart(home)
    assert differences(home.build_db, sample_home.build_db, made_by_dbt=True) == []

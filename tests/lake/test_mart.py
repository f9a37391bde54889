"""The mart that writers build in the lake is that of the file, also from refreshes of different publishers at once."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from orchestration import transform
from orchestration.home import Home
from orchestration.lake import refresh
from orchestration.lake.store import PUBLISHED, Lake, LakeError, builds, commit, connect, expire, quoted, tables
from orchestration.warehouse import Warehouse
from sources.catalogue import load_catalogue
from tests.end_to_end.runs import Finished, outcomes

pytestmark = pytest.mark.lake

FIRST, SECOND = ("ons",), ("nomis", "dfe", "dft", "ofcom", "ohid", "orr")
# When something was fetched or checked differs from run to run; so does which build it is.
MOMENTS = ("retrieved_at", "checked_at")
OF_THE_BUILD = "build"
NAMED = {"check_name": "a test", "found": "2 rows"}


def refreshed(home: Home, publishers: list[str]) -> Finished:
    named = [word for name in publishers for word in ("--publisher", name)]
    settings = {name: value for name, value in os.environ.items() if name.startswith("OUTCOMES_LAKE_")}
    return outcomes(home, "lake", "refresh", "--from", "sample", *named, **settings)


def content(con: duckdb.DuckDBPyConnection, at: str = "") -> dict[str, tuple[int, int]]:
    """Rows and fingerprint of every table of the mart."""
    query = 'select count(*), coalesce(bit_xor(hash(t)), 0) from (from outcomes.mart."{}" {}) as t'
    names = [name for name in tables(con, "mart") if "__" not in name]
    return {name: con.execute(query.format(name, at)).fetchone() for name in names}


def differences(con: duckdb.DuckDBPyConnection, file_mart: Path) -> dict[str, int]:
    """Rows of each table of the file's mart that the lake's lacks, and the reverse; 1 for a table only one has."""
    con.execute(f"attach {quoted(file_mart)} as file (read_only)")
    listed = "select table_name from duckdb_tables() where database_name = 'file' and schema_name = 'mart'"
    names = {name for (name,) in con.execute(listed).fetchall()}
    found = dict.fromkeys(names ^ set(tables(con, "mart")), 1)
    chosen = f"select columns(name -> name not in {MOMENTS})"
    for name in names & set(tables(con, "mart")) - {OF_THE_BUILD}:
        file, lake = (f'{chosen} from {catalog}.mart."{name}"' for catalog in ("file", "outcomes"))
        query = f"select count(*) from (({file} except all {lake}) union all ({lake} except all {file}))"
        found[name] = con.execute(query).fetchone()[0]
    described = (
        "select table_name, column_name, column_index, data_type, comment from duckdb_columns() "
        "where database_name = '{0}' and schema_name = 'mart' union all "
        "select table_name, null, null, null, comment from duckdb_tables() "
        "where database_name = '{0}' and schema_name = 'mart'"
    )
    file, lake = (f"from ({described.format(catalog)})" for catalog in ("file", "outcomes"))
    query = f"select count(*) from (({file} except {lake}) union all ({lake} except {file}))"
    found["types and comments"] = con.execute(query).fetchone()[0]
    con.execute("detach file")
    return {name: rows for name, rows in found.items() if rows}


def looked_at_while(con: duckdb.DuckDBPyConnection, writers: list[Future[Finished]]) -> int:
    """Reads that a reader made until the writers ended, each of a whole build."""
    reads = 0
    while not all(writer.done() for writer in writers):
        stated, facts, quality, checks = con.execute(
            "select published_rows + illustrative_rows, (select count(*) from outcomes.mart.fct_observation), "
            "(select count(*) from outcomes.mart.mart_quality), checks_passed + checks_warned from outcomes.mart.build"
        ).fetchone()
        assert (stated, quality) == (facts, checks)
        reads += 1
    return reads


def test_two_refreshes_of_different_publishers_at_once(lake: Lake, file_mart: Path, tmp_path: Path) -> None:
    others = {dataset.publisher for dataset in load_catalogue().values()} - {*FIRST, *SECOND}
    here, there = Home(tmp_path / "here"), Home(tmp_path / "there")
    alone = refreshed(here, [*FIRST])
    assert alone.code == 0, alone.err
    with connect(lake) as con:
        (first,) = builds(con)
        as_built = content(con)
        with ThreadPoolExecutor(2) as pool:
            writers = [pool.submit(refreshed, here, [*SECOND]), pool.submit(refreshed, there, sorted(others))]
            reads = looked_at_while(con, writers)
        for writer in writers:
            assert writer.result().code == 0, writer.result().err
        newest = builds(con)[0]
        assert differences(con, file_mart) == {}, "what one of the two refreshed is lost, or the engines differ"
        print(f"\n{reads} reads, none failed; builds {[build.build_id for build in builds(con)]}")

        assert content(con, f"at (version => {first.snapshot})") == as_built
        assert 0 < as_built["fct_observation"][0] < content(con)["fct_observation"][0]

        files = list(Path(lake.data).rglob("*.parquet"))
        expire(con, keep=1, hours=0)
        assert [build.snapshot for build in builds(con)] == [newest.snapshot]
        assert len(list(Path(lake.data).rglob("*.parquet"))) < len(files)
        assert differences(con, file_mart) == {}


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(origin="sample", home_dir=str(tmp_path / "home"))


def dbt_that_builds(con: duckdb.DuckDBPyConnection, *, passed: bool = True) -> list[dict[str, object]]:
    """In place of dbt: one table under a writer's own name, and one test."""
    con.execute("create table outcomes.mart.fct_observation__0000 as select 1 as a")
    return [{"passed": passed, "severity": "error"} | NAMED]


def test_a_failed_check_publishes_nothing(lake: Lake, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh.WriterHome, "writer", "0000")
    monkeypatch.setattr(refresh, "_gate", lambda con, home, warehouse: [])
    with connect(lake) as con:
        refresh.hand_in(con, warehouse, [])
        monkeypatch.setattr(refresh, "_dbt_build", lambda home: dbt_that_builds(con, passed=False))
        with pytest.raises(LakeError, match=r"nothing was published; 1 failed check.*a test: 2 rows"):
            refresh.build(con, warehouse, lambda text: None)
        assert builds(con) == []


def test_a_build_never_takes_the_place_of_one_that_was_made_from_more(
    lake: Lake, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh.WriterHome, "writer", "0000")
    monkeypatch.setattr(refresh, "_gate", lambda con, home, warehouse: [])
    with connect(lake) as con:
        refresh.hand_in(con, warehouse, [])

        def overtaken(home: Home) -> list[dict[str, object]]:
            with connect(lake) as other:

                def publish() -> None:
                    other.execute("create table outcomes.mart.fct_observation as select 2 as a")

                commit(other, f"{PUBLISHED}later", publish, raw_snapshot=10_000)
            return dbt_that_builds(con)

        monkeypatch.setattr(refresh, "_dbt_build", overtaken)
        done = refresh.build(con, warehouse, lambda text: None)
        assert done == refresh.Refreshed("later", {})
        assert con.execute("from outcomes.mart.fct_observation").fetchall() == [(2,)]
        assert list(tables(con, "mart")) == ["fct_observation"]
        assert [build.build_id for build in builds(con)] == ["later"]


def test_the_sample_is_never_mixed_with_anything_else(lake: Lake, warehouse: Warehouse) -> None:
    refresh.ingest(warehouse.home, "sample", ["ons_gerd"])
    with connect(lake) as con:
        assert refresh.hand_in(con, warehouse, ["ons_gerd"]) == ["ons_gerd"]
        assert refresh.hand_in(con, warehouse, ["ons_gerd"]) == [], "handed in again without need"
        con.execute("update outcomes.raw.release set origin = 'live'")
        with pytest.raises(LakeError, match="a lake of the sample or of everything else, found both"):
            refresh.hand_in(con, warehouse, ["ons_gerd"])


def test_models_find_in_the_lake_what_they_find_in_files(
    lake: Lake, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, catalogue = refresh.WriterHome(warehouse.home.root), warehouse.catalogue
    refresh.ingest(home, "sample", ["ons_gerd", "orr_station_usage"])
    monkeypatch.setattr(refresh, "_dbt_build", lambda home: [{"passed": False, "severity": "error"} | NAMED])
    monkeypatch.setattr(refresh, "_gate", lambda con, home, warehouse: [])
    files = Home(warehouse.home.root)
    transform.prepare_build_database(files, transform.raw_tables(files, catalogue, warehouse.releases(), warehouse.raw))
    with connect(lake) as con:
        refresh.hand_in(con, warehouse, list(catalogue))
        with pytest.raises(LakeError, match="nothing was published"):
            refresh.build(con, warehouse, lambda text: None)
        con.execute(f"attach {quoted(home.build_db)} as shown; attach {quoted(files.build_db)} as files")
        names = con.execute("select table_name from information_schema.tables where table_catalog = 'files'").fetchall()
        raw = [name for (name,) in names if "__" in name or name in ("release", "refresh", "stale_dataset", "dataset")]
        assert len(raw) > 90
        rows = 0
        for name in raw:
            there, here = (f'(select * from {catalog}.raw."{name}")' for catalog in ("files", "shown"))
            query = f"select count(*) from (({there} except all {here}) union all ({here} except all {there}))"
            assert con.execute(query).fetchone() == (0,), name
            rows += con.execute(f"select count(*) from {here}").fetchone()[0]
        assert rows > 1000

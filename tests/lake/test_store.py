"""Many writers and readers of one lake: nothing lost, one whole state for every reader, old states, bounded disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from orchestration.lake.store import (
    PUBLISHED,
    Lake,
    LakeError,
    builds,
    commit,
    connect,
    current_snapshot,
    discard,
    expire,
    quoted,
    swap,
    tables,
)
from tests.lake.conftest import PASSWORD, Postgres

pytestmark = pytest.mark.lake

COMMITS = 20
TABLES = ("fct", "dim")
SIDE_BY_SIDE = {"a": range(1, 6), "b": range(6, 11)}  # builds that two writers publish at once


def publish(con: duckdb.DuckDBPyConnection, writer: str, number: int, rows: int = 1000) -> None:
    """A mart of two tables in which every row says which build it is of."""
    con.execute("create schema if not exists outcomes.mart")
    for table in TABLES:
        con.execute(f'create table outcomes.mart."{table}__{writer}" as select {number} as build, * from range({rows})')
        con.execute(f"comment on table outcomes.mart.\"{table}__{writer}\" is 'of build {number}'")
    commit(con, f"{PUBLISHED}{number}", lambda: swap(con, "mart", writer), raw_snapshot=number)


def seen(con: duckdb.DuckDBPyConnection, at: str = "") -> list[tuple[int, int]]:
    """Build and number of rows in each table, as one statement after another sees them."""
    query = "select min(build), count(*) from outcomes.mart.{} {} having min(build) = max(build)"
    return [con.execute(query.format(table, at)).fetchone() or (-1, -1) for table in TABLES]


def commit_many(lake: Lake, writer: int) -> int:
    """Commits of one process, each beside another's in the same two tables. Returns how often it was made again."""
    tries = 0
    with connect(lake) as con:
        for number in range(COMMITS):

            def work(number: int = number) -> None:
                nonlocal tries
                tries += 1
                con.execute("delete from outcomes.raw.newest where writer = ?", [writer])
                con.execute("insert into outcomes.raw.newest values (?, ?)", [writer, number])
                con.execute("insert into outcomes.raw.log values (?, ?)", [writer, number])

            commit(con, f"{writer}: {number}", work)
    return tries - COMMITS


def publish_many(lake: Lake, writer: str, numbers: range) -> None:
    with connect(lake) as con:
        for number in numbers:
            publish(con, writer, number)


def die_while_publishing(lake: Lake, writer: str) -> None:
    """A process that is gone between the swap of its tables and its commit."""
    con = connect(lake)
    for table in TABLES:
        con.execute(f'create table outcomes.mart."{table}__{writer}" as select 9 as build')
    commit(con, f"{PUBLISHED}9", lambda: (swap(con, "mart", writer), os._exit(9)))


def side_by_side(processes: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


@pytest.mark.parametrize("writers", [2, 8])
def test_processes_that_write_to_the_same_tables_lose_no_commit(lake: Lake, writers: int) -> None:
    with connect(lake) as con:
        con.execute("create schema outcomes.raw; create table outcomes.raw.newest (writer int, number int)")
        con.execute("create table outcomes.raw.log (writer int, number int)")
        with side_by_side(writers) as pool:
            again = list(pool.map(commit_many, [lake] * writers, range(writers)))
        committed = con.execute("select count(*), count(distinct (writer, number)) from outcomes.raw.log").fetchone()
        newest = con.execute("from outcomes.raw.newest order by all").fetchall()
    print(f"\n{writers} processes x {COMMITS} commits to the same tables: {committed[0]} kept, made again {again}")
    assert committed == (writers * COMMITS, writers * COMMITS)
    assert newest == [(writer, COMMITS - 1) for writer in range(writers)]


def test_a_reader_sees_whole_states_only_and_one_of_them_throughout(lake: Lake) -> None:
    with connect(lake) as con, connect(lake) as reader:
        publish(con, "a", 0)
        states = set()
        with side_by_side() as pool:
            done = [pool.submit(publish_many, lake, writer, numbers) for writer, numbers in SIDE_BY_SIDE.items()]
            while not all(writer.done() for writer in done):
                reader.execute("begin")
                first, second, third = seen(reader), seen(reader), seen(reader)
                reader.execute("commit")
                assert first[0] == first[1] == second[0] == third[1], (first, second, third)
                states.add(first[0])
                time.sleep(0.05)  # so that it does not take the processor from the writers
            for writer in done:
                writer.result()
        assert len(states) > 2, "nothing was published while the reader looked"
        assert {build.build_id for build in builds(con)} == {str(number) for number in range(11)}
        assert set(tables(con, "mart")) == set(TABLES), "nothing is left under a writer's own names"


def test_of_two_that_publish_at_once_the_second_is_made_again(lake: Lake) -> None:
    with connect(lake) as con, connect(lake) as other:
        publish(con, "a", 1)
        tried = 0

        def work() -> None:
            nonlocal tried
            tried += 1
            swap(con, "mart", "a")
            if tried == 1:  # between the other's first statement and its commit
                publish(other, "b", 3)

        for table in TABLES:
            con.execute(f'create table outcomes.mart."{table}__a" as select 2 as build, * from range(5)')
        commit(con, f"{PUBLISHED}2", work, raw_snapshot=2)
        assert tried == 2
        assert seen(other) == [(2, 5), (2, 5)]
        assert [build.build_id for build in builds(other)] == ["2", "3", "1"]


def test_an_error_leaves_nothing_behind(lake: Lake) -> None:
    with connect(lake) as con:
        publish(con, "a", 1)
        before = current_snapshot(con)

        def work() -> None:
            con.execute("drop table outcomes.mart.fct")
            raise LakeError("the disk is gone")

        with pytest.raises(LakeError, match="the disk is gone"):
            commit(con, f"{PUBLISHED}2", work)
        assert current_snapshot(con) == before
        assert seen(con) == [(1, 1000), (1, 1000)]


def test_a_writer_that_is_killed_while_it_publishes_changes_nothing(lake: Lake) -> None:
    with connect(lake) as con:
        publish(con, "a", 1)
        killed = get_context("spawn").Process(target=die_while_publishing, args=(lake, "a"))
        killed.start()
        killed.join()
        assert killed.exitcode == 9
        assert seen(con) == [(1, 1000)] * 2
        discard(con, "mart", "a")  # as the writer's next build begins
        publish(con, "a", 2)
        assert seen(con) == [(2, 1000)] * 2
        assert [build.build_id for build in builds(con)] == ["2", "1"]


def test_an_earlier_build_is_read_by_version_by_time_and_as_a_whole(lake: Lake) -> None:
    with connect(lake) as con:
        for number in (1, 2, 3):
            publish(con, "a", number, rows=number * 100)
        newest, second, first = builds(con)
        assert seen(con, f"at (version => {first.snapshot})") == [(1, 100), (1, 100)]
        assert seen(con, f"at (version => {second.snapshot})") == [(2, 200), (2, 200)]
        assert seen(con) == seen(con, f"at (version => {newest.snapshot})") == [(3, 300), (3, 300)]
        moment = con.execute(
            "select snapshot_time::varchar from ducklake_snapshots('outcomes') where snapshot_id = ?", [second.snapshot]
        ).fetchone()[0]
        assert seen(con, f"at (timestamp => timestamptz '{moment}')") == [(2, 200), (2, 200)]
        con.execute("detach outcomes")
        whole = f"as outcomes (data_path {quoted(lake.data)}, snapshot_version {first.snapshot})"
        con.execute(f"attach {quoted('ducklake:postgres:' + lake.catalog)} {whole}")
        assert seen(con) == [(1, 100), (1, 100)]
        comments = tables(con, "mart")
        assert comments == dict.fromkeys(TABLES, "of build 1")


def test_disk_use_is_bounded_and_kept_builds_stay_readable(lake: Lake) -> None:
    def on_disk() -> int:
        return sum(path.stat().st_size for path in Path(lake.data).rglob("*.parquet"))

    with connect(lake) as con:
        sizes = []
        for number in range(8):
            publish(con, "a", number, rows=50_000)
            expire(con, keep=2, hours=0)
            sizes.append(on_disk())
        kept = builds(con)
        assert [build.build_id for build in kept] == ["7", "6"]
        assert sizes[-1] <= sizes[1] * 1.01, sizes
        assert seen(con) == [(7, 50_000)] * 2
        assert seen(con, f"at (version => {kept[1].snapshot})") == [(6, 50_000)] * 2
        assert expire(con, keep=2, hours=24) == (0, 0)


def test_a_file_that_no_commit_names_goes_when_it_is_old_enough(lake: Lake) -> None:
    with connect(lake) as con:
        publish(con, "a", 1)
        path = next(Path(lake.data).rglob("*.parquet"))
        left = path.with_name("left-by-a-killed-writer.parquet")
        left.write_bytes(path.read_bytes())
        expire(con, keep=1, hours=1)
        assert left.exists()
        expire(con, keep=1, hours=0)
        assert not left.exists()
        assert seen(con) == [(1, 1000)] * 2


def test_parquet_may_lie_in_a_store_that_speaks_s3(
    store: str, make_lake: Callable[[str], Lake], postgres: Postgres, tmp_path: Path
) -> None:
    lake = make_lake("s3://lake/mart/")
    with connect(lake) as con:
        for number in (1, 2):
            publish(con, "a", number)
        with connect(lake) as other:
            assert seen(other) == [(2, 1000)] * 2
            assert seen(other, f"at (version => {builds(other)[1].snapshot})") == [(1, 1000)] * 2
        files = "select count(*) from glob('s3://lake/mart/**/*.parquet')"
        before = con.execute(files).fetchone()[0]
        expire(con, keep=1, hours=0)
        assert 0 < con.execute(files).fetchone()[0] < before
        assert seen(con) == [(2, 1000)] * 2
    assert PASSWORD not in postgres.dump(lake)


def test_two_processes_write_to_one_store(store: str, make_lake: Callable[[str], Lake]) -> None:
    lake = make_lake("s3://lake/")
    with connect(lake) as con:
        publish(con, "a", 0)
        with side_by_side() as pool:
            list(pool.map(publish_many, [lake] * 2, *zip(*SIDE_BY_SIDE.items(), strict=True)))
        assert {build.build_id for build in builds(con)} == {str(number) for number in range(11)}
        (build, rows), (same, _) = seen(con)
        assert (build, rows) == (same, 1000)


def test_a_password_is_taken_from_the_environment_only(
    lake: Lake, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(lake) as con:
        publish(con, "a", 1)
    written = [path.read_bytes() for path in Path(lake.data).rglob("*") if path.is_file()]
    assert written
    assert PASSWORD not in postgres.dump(lake)
    assert not any(PASSWORD.encode() in content for content in written)
    monkeypatch.setenv("OUTCOMES_LAKE_CATALOG", f"{lake.catalog} password={PASSWORD}")
    with pytest.raises(LakeError, match="PGPASSWORD") as told:
        Lake.from_environment()
    assert PASSWORD not in str(told.value)


def test_a_role_that_may_only_read_reads_and_no_more(lake: Lake, postgres: Postgres) -> None:
    database = lake.catalog.rpartition("=")[2]
    postgres.ask(database, f"create role analyst_{database} login password '{PASSWORD}'")
    postgres.ask(database, f"alter default privileges grant select on tables to analyst_{database}")
    with connect(lake) as con:
        publish(con, "a", 1)
    analyst = Lake(lake.catalog.replace("user=lake", f"user=analyst_{database}"), lake.data)
    with connect(analyst) as reader:
        assert seen(reader) == [(1, 1000)] * 2
        with pytest.raises(duckdb.Error, match="permission denied"):
            reader.execute("delete from outcomes.mart.fct")
        assert seen(reader) == [(1, 1000)] * 2


def test_what_is_missing_is_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with pytest.raises(LakeError, match="password authentication failed"):
        connect(lake)
    monkeypatch.delenv("OUTCOMES_LAKE_DATA")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "lake", "builds"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "expected OUTCOMES_LAKE_DATA to be set" in done.stderr
    assert "Traceback" not in done.stderr

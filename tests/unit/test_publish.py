"""Publishing on a build database of a few rows: all or nothing, whatever happens in between."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import publish as publishing
from orchestration.home import PROJECT_ROOT, Home, RunInProgressError
from orchestration.publish import (
    BUILD_COLUMNS,
    QUALITY_COLUMNS,
    Published,
    PublishError,
    kept_builds,
    new_build_id,
    published_build_id,
    repair,
    rollback,
    set_damaged_aside,
    swap,
)
from orchestration.transform import BuildDatabaseBusyError, await_writer
from sources.release import sha256_of

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

# Publishes the home of OUTCOMES_HOME in a forked process that is killed before its nth change to the file system.
# Reads one n a line; answers "killed" or, when there were fewer changes, "published".
KILLED_PUBLISHER = """
import datetime as dt, os, signal, sys
import duckdb, pandas, pyarrow.dataset
from orchestration import publish
from orchestration.home import Home

CHANGES = {"os.rename", "os.symlink", "os.mkdir", "shutil.copyfile", "shutil.rmtree"}
publish._write_docs = lambda documents, folder: folder.mkdir()
publish._write_page = lambda mart, page, kept: page.write_text(page.parent.name[1:])
publish.git_commit = lambda: ""

def publish_until(n):
    done = 0
    def before(event, arguments):
        nonlocal done
        if event in CHANGES:
            done += 1
            if done == n:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(before)
    publish.publish(
        Home.from_environment(), build_id=f"build-{n:03}", started_at=dt.datetime.now(dt.UTC), built_from="sample",
        quality=[], documents=[], keep=3,
    )

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        publish_until(int(line))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    outcome = {0: "published", signal.SIGKILL: "killed"}[status]
    print(outcome, flush=True)
"""

# Holds a DuckDB file open until its input ends.
HOLDER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reader"):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A warehouse with a build database, nothing published; Data Docs and the page's content are left out."""
    monkeypatch.setattr(publishing, "_write_docs", lambda documents, folder: folder.mkdir())
    monkeypatch.setattr(publishing, "_write_page", lambda mart, page, kept: page.write_text(page.parent.name[1:]))
    made = Home(tmp_path / "home")
    make_build_database(made)
    return made


def make_build_database(home: Home, observations: int = 3) -> None:
    """What publish needs of a build: facts with a basis, datasets with a status, a dictionary of the columns."""
    home.build.mkdir(parents=True, exist_ok=True)
    home.build_db.unlink(missing_ok=True)
    with duckdb.connect(home.build_db) as con:
        con.execute("create schema raw; create schema mart")
        con.execute("create table raw.release as select 'r' as release_id")
        con.execute(
            "create table mart.fct_observation as "
            f"select number as obs_value, case number when 0 then 'illustrative' else 'published' end as basis "
            f"from range({observations}) as numbers(number)"
        )
        con.execute("create table mart.mart_freshness as from (values ('ok'), ('unchanged'), ('missing')) as t(status)")
        con.execute(
            "create table mart.mart_area_boundary "
            "(area_code text, area_name text, area_type text, geojson text, basis text, release_id text)"
        )
        con.execute("create table mart.dim_release (release_id text, attribution text, licence text)")
        con.execute(
            "create table mart.data_dictionary (table_name text, column_name text, description text, "
            "table_description text, is_key boolean, refers_to text)"
        )
        con.execute("comment on table mart.fct_observation is 'Observations, it''s said.'")
        described = [
            *(("build", column, f"{column} of the build", "It's one row.") for column in BUILD_COLUMNS),
            *(("mart_quality", column, f"{column} of the check", "Checks.") for column in QUALITY_COLUMNS),
            ("fct_observation", "obs_value", "The 'value'.", "Said by dbt, not here."),
            ("fct_observation", "basis", "Published or illustrative.", "Said by dbt, not here."),
        ]
        con.executemany("insert into mart.data_dictionary values (?, ?, ?, ?, false, null)", described)


def publish(home: Home, build_id: str, **settings: Any) -> Published:
    return publishing.publish(
        home,
        **{
            "build_id": build_id,
            "started_at": NOON,
            "built_from": "mirror:/it's here",
            "quality": [check()],
            "documents": [],
            **settings,
        },
    )


def check(**changes: Any) -> dict[str, Any]:
    """One row of `mart_quality`, as a suite or dbt gives it."""
    row: dict[str, Any] = dict.fromkeys(QUALITY_COLUMNS, "") | {
        "check_id": "c1",
        "check_name": "grain_unique",
        "severity": "error",
        "passed": True,
        "checked_at": dt.datetime(2026, 7, 1, 13, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    }
    return row | changes


def ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(home.mart, read_only=True) as con:
        return con.execute(query).fetchall()


def everything(home: Home) -> dict[str, str]:
    """Content of every published file, by path."""
    return {
        str(path.relative_to(home.root)): str(path.readlink()) if path.is_symlink() else sha256_of(path)
        for path in home.published.rglob("*")
        if path.is_symlink() or path.is_file()
    }


# --- one publish ------------------------------------------------------------------------------------------


def test_published_mart_is_the_build_with_its_checks(home: Home) -> None:
    warned = check(check_id="c2", severity="warn", passed=False)
    published = publish(home, "build-1", quality=[check(), warned])
    assert published.mart == home.mart
    assert published.folder == home.current.resolve() == home.builds / "build-1"
    assert published.counts == {
        "checks_passed": 1,
        "checks_warned": 1,
        "checks_failed": 0,
        "published_rows": 2,
        "illustrative_rows": 1,
        "datasets_ok": 2,
        "datasets_stale": 0,
        "datasets_missing": 1,
    }
    assert ask(home, "select build_id, built_from, started_at from mart.build") == [
        ("build-1", "mirror:/it's here", NOON.replace(tzinfo=None))
    ]
    # Times are in UTC, whatever zone they came in.
    assert ask(home, "select check_id, passed, checked_at from mart.mart_quality order by all") == [
        ("c1", True, dt.datetime(2026, 7, 1, 12, 30)),
        ("c2", False, dt.datetime(2026, 7, 1, 12, 30)),
    ]
    assert ask(home, "select schema_name from duckdb_schemas() where not internal and schema_name <> 'main'") == [
        ("mart",)
    ]


def test_comments_come_along(home: Home) -> None:
    publish(home, "build-1")
    tables = "select table_name, comment from duckdb_tables() where comment is not null order by all"
    assert ask(home, tables) == [
        ("build", "It's one row."),
        ("fct_observation", "Observations, it's said."),
        ("mart_quality", "Checks."),
    ]
    commented = ask(
        home,
        "select table_name, count(*), count(comment) from duckdb_columns() "
        "where table_name in ('build', 'mart_quality', 'fct_observation') group by all order by all",
    )
    assert commented == [
        ("build", len(BUILD_COLUMNS), len(BUILD_COLUMNS)),
        ("fct_observation", 2, 2),
        ("mart_quality", len(QUALITY_COLUMNS), len(QUALITY_COLUMNS)),
    ]


def test_parquet_and_results_lie_beside_the_mart(home: Home) -> None:
    publish(home, "build-1")
    tables = {name for (name,) in ask(home, "select table_name from duckdb_tables()")}
    assert {path.stem for path in (home.current / "parquet").iterdir()} == tables
    # Some tools read no other compression.
    packed = "select distinct compression from parquet_metadata(?)"
    assert duckdb.execute(packed, [str(home.current / "parquet" / "*.parquet")]).fetchall() == [("SNAPPY",)]
    assert {path.name.split(".")[0] for path in (home.current / "csv").iterdir()} == {*tables, "metadata"}
    results = json.loads((home.current / "results.json").read_text(encoding="utf-8"))
    assert (results["build_id"], len(results["checks"])) == ("build-1", 1)
    assert json.loads((home.current / "boundaries.geojson").read_text(encoding="utf-8"))["features"] == []
    assert not list(home.published.rglob("*.wal"))


def test_storage_format_is_the_one_that_every_client_reads(home: Home) -> None:
    publish(home, "build-1")
    ((tags,),) = ask(home, "select tags from duckdb_databases() where database_name = current_database()")
    assert tags["storage_version"].startswith("v1.0.0")


def test_build_ids_sort_by_time() -> None:
    summer_time = dt.datetime(2026, 7, 1, 2, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert new_build_id(summer_time, "1a2b3c4d-5e6f") == "20260701T013000Z-1a2b3c4d"
    assert new_build_id(NOON, "ffffffff") < new_build_id(NOON + dt.timedelta(seconds=1), "00000000")


# --- refused ----------------------------------------------------------------------------------------------


def test_failed_error_check_keeps_the_build_from_being_published(home: Home) -> None:
    publish(home, "build-1")
    before = everything(home)
    make_build_database(home, observations=9)
    failed = [check(passed=False, found="2 rows twice"), check(passed=False, severity="warn")]
    with pytest.raises(PublishError, match="1 failed checks of severity error: grain_unique: 2 rows twice"):
        publish(home, "build-2", quality=failed)
    assert everything(home) == before


def test_nothing_is_published_when_the_first_build_fails(home: Home) -> None:
    with pytest.raises(PublishError):
        publish(home, "build-1", quality=[check(passed=False)])
    assert not home.published.exists()


def test_build_without_its_tables_leaves_what_was_published(home: Home) -> None:
    publish(home, "build-1")
    before = everything(home)
    with duckdb.connect(home.build_db) as con:
        con.execute("drop table mart.data_dictionary")
    with pytest.raises(duckdb.CatalogException):
        publish(home, "build-2")
    repair(home)
    assert everything(home) == before


# --- what builds share ------------------------------------------------------------------------------------


def files_of(published: Published, table: str) -> dict[str, int]:
    """Files of a table in a build, and which bytes on the disk they are."""
    found = (*published.folder.glob(f"parquet/{table}.*"), *published.folder.glob(f"csv/{table}.*"))
    return {file.suffix: file.stat().st_ino for file in found}


def test_files_of_a_table_that_is_as_it_was_are_shared(home: Home) -> None:
    facts, freshness = "fct_observation", "mart_freshness"
    first = publish(home, "build-1", versions={facts: "a", freshness: "a"})
    second = publish(home, "build-2", versions={facts: "a", freshness: "b"})
    assert len(files_of(first, facts)) == 2
    assert files_of(second, facts) == files_of(first, facts)
    assert set(files_of(second, freshness).values()).isdisjoint(files_of(first, freshness).values())
    for unversioned in ("build", "mart_quality"):
        assert set(files_of(second, unversioned).values()).isdisjoint(files_of(first, unversioned).values())
    rows = duckdb.sql(f"select build_id from '{second.folder}/parquet/build.parquet'").fetchall()
    assert rows == [("build-2",)]


def test_shared_files_outlive_the_build_that_made_them(home: Home) -> None:
    for number in (1, 2, 3):
        last = publish(home, f"build-{number}", versions={"fct_observation": "a"}, keep=1)
    assert kept_builds(home) == ["build-3"]
    assert duckdb.sql(f"select count(*) from '{last.folder}/parquet/fct_observation.parquet'").fetchall() == [(3,)]


def test_where_a_disk_has_no_links_every_file_is_written(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    first = publish(home, "build-1", versions={"fct_observation": "a"})
    monkeypatch.setattr(publishing.os, "link", refuse)
    second = publish(home, "build-2", versions={"fct_observation": "a"})
    assert set(files_of(second, "fct_observation").values()).isdisjoint(files_of(first, "fct_observation").values())
    assert len(files_of(second, "fct_observation")) == 2


def test_a_table_whose_version_is_not_known_is_not_shared(home: Home) -> None:
    first = publish(home, "build-1", versions={"fct_observation": "a"})
    second = publish(home, "build-2")
    third = publish(home, "build-3", versions={"fct_observation": "a"})
    of_all = [set(files_of(build, "fct_observation").values()) for build in (first, second, third)]
    assert of_all[0].isdisjoint(of_all[1])
    assert of_all[1].isdisjoint(of_all[2])


VERSIONS = dict.fromkeys(("fct_observation", "mart_freshness", "mart_ended"), "a")


def mart(path: Path) -> dict[str, Any]:
    """Rows and comments of a mart file."""
    with duckdb.connect(path, read_only=True) as con:
        comments = con.execute(
            "select table_name, null, comment from duckdb_tables() where schema_name = 'mart' union all "
            "select table_name, column_name, comment from duckdb_columns() where schema_name = 'mart' order by all"
        ).fetchall()
        tables = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'mart' order by all"
        ).fetchall()
        rows = {name: con.execute(f'from mart."{name}" order by all').fetchall() for (name,) in tables}
    return {"rows": rows, "comments": comments}


def test_a_mart_most_of_which_stays_is_that_of_before_with_what_has_changed(home: Home) -> None:
    make_build_database(home, observations=100)
    with duckdb.connect(home.build_db) as con:
        con.execute("create table mart.mart_ended as select 1::bigint as number")
        con.execute("insert into mart.data_dictionary values ('mart_ended', 'number', 'One.', 'Ends.', false, null)")
    before = mart(publish(home, "build-1", versions=VERSIONS).mart)
    with duckdb.connect(home.build_db) as con:
        con.execute("drop table mart.mart_ended; delete from mart.data_dictionary where table_name = 'mart_ended'")
        con.execute("create table mart.mart_begun as select 2::bigint as number")
        con.execute("update mart.mart_freshness set status = 'stale'")
        con.execute("delete from mart.fct_observation")  # of which the version says that it did not happen
    found = mart(publish(home, "build-2", versions=VERSIONS | {"mart_freshness": "b", "mart_begun": "a"}).mart)
    assert found["rows"]["fct_observation"] == before["rows"]["fct_observation"]
    assert found["rows"]["mart_freshness"] == [("stale",)] * 3
    assert found["rows"]["mart_begun"] == [(2,)]
    assert "mart_ended" not in found["rows"]
    assert len(found["rows"]["build"]) == 1
    assert found["rows"]["build"][0][0] == "build-2"
    whole = mart(publish(home, "build-3").mart)  # no versions: all of it written anew
    assert whole["comments"] == found["comments"]
    assert whole["rows"]["fct_observation"] == []


def test_a_mart_that_was_changed_by_hand_is_written_anew(home: Home) -> None:
    make_build_database(home, observations=100)
    first = publish(home, "build-1", versions=VERSIONS)
    for file in (first.mart, first.folder / "outcomes.duckdb"):
        with duckdb.connect(file) as con:
            con.execute("delete from mart.fct_observation")
    assert len(mart(publish(home, "build-2", versions=VERSIONS).mart)["rows"]["fct_observation"]) == 100


def test_a_mart_little_of_which_stays_is_written_anew(home: Home) -> None:
    make_build_database(home, observations=3)
    publish(home, "build-1", versions=VERSIONS)
    make_build_database(home, observations=4)
    assert len(mart(publish(home, "build-2", versions=VERSIONS).mart)["rows"]["fct_observation"]) == 4


def test_data_docs_of_the_same_checks_are_shared(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(documents: list[dict[str, Any]], folder: Path) -> None:
        (folder / "validations").mkdir(parents=True)
        (folder / "validations" / "one.html").write_text(f"{documents}")

    monkeypatch.setattr(publishing, "_write_docs", write)
    one = {"check": "passed"}
    builds = [
        publish(home, f"build-{number}", documents=documents)
        for number, documents in enumerate(([one], [one], [one, one], [one]))
    ]
    pages = [build.folder / "data_docs" / "validations" / "one.html" for build in builds]
    assert [page.read_text() for page in pages] == [f"{[one]}", f"{[one]}", f"{[one, one]}", f"{[one]}"]
    assert [page.stat().st_ino == pages[0].stat().st_ino for page in pages] == [True, True, False, False]


# --- the last builds --------------------------------------------------------------------------------------


def test_the_last_builds_are_kept(home: Home) -> None:
    for number in range(1, 6):
        publish(home, f"build-{number}", keep=3)
    assert kept_builds(home) == ["build-3", "build-4", "build-5"]
    assert published_build_id(home) == home.current.resolve().name == "build-5"


def test_published_build_is_kept_however_old(home: Home) -> None:
    for number in (1, 2, 3):
        publish(home, f"build-{number}")
    rollback(home, "build-1")
    make_build_database(home)
    with pytest.raises(PublishError):
        publish(home, "build-4", quality=[check(passed=False)], keep=1)
    assert published_build_id(home) == "build-1"
    publish(home, "build-4", keep=1)
    assert kept_builds(home) == ["build-4"]


@pytest.mark.fault("clock", "builds were made in what is now the future")
def test_order_of_builds_is_that_of_publication(home: Home, ended: Callable[[str], None]) -> None:
    """A clock that was ahead and is right again: its builds are the earlier ones, and the first that go."""
    for name in ("2030-a", "2030-b", "2026-c", "2026-d"):
        make_build_database(home)
        publish(home, name, keep=3)
        assert published_build_id(home) == home.current.resolve().name == name
    assert kept_builds(home) == ["2030-b", "2026-c", "2026-d"]
    assert rollback(home) == "2026-c"
    assert rollback(home) == "2030-b"
    ended("the newest three are kept; rollback goes to the one published before")
    publish(home, "2026-e", keep=3)
    assert kept_builds(home) == ["2026-c", "2026-d", "2026-e"]
    assert rollback(home) == "2026-d"


def test_builds_of_a_version_that_noted_no_order_are_kept(home: Home) -> None:
    for number in (1, 2, 3):
        publish(home, f"build-{number}")
    (home.published / "order.txt").unlink()
    assert kept_builds(home) == ["build-1", "build-2", "build-3"]
    publish(home, "build-0", keep=9)  # by a clock that was set back
    assert kept_builds(home) == ["build-1", "build-2", "build-3", "build-0"]
    assert rollback(home) == "build-3"


def test_rollback_goes_to_the_build_before(home: Home) -> None:
    for number in (1, 2, 3):
        make_build_database(home, observations=number)
        publish(home, f"build-{number}")
    assert rollback(home) == "build-2"
    assert published_build_id(home) == home.current.resolve().name == "build-2"
    assert ask(home, "select count(*) from mart.fct_observation") == [(2,)]
    assert rollback(home) == "build-1"
    assert home.scorecard.read_text() == "build-1"
    assert rollback(home, "build-3") == "build-3"
    assert home.scorecard.read_text() == "build-3"
    assert sha256_of(home.mart) == sha256_of(home.builds / "build-3" / "outcomes.duckdb")


def test_rollback_to_a_build_of_before_the_page_leaves_no_page(home: Home) -> None:
    for number in (1, 2):
        publish(home, f"build-{number}")
    (home.builds / "build-1" / "scorecard.html").unlink()
    assert home.scorecard.readlink() == Path("current/scorecard.html")
    assert rollback(home) == "build-1"
    assert not home.scorecard.is_symlink()
    rollback(home, "build-2")
    assert home.scorecard.read_text() == "build-2"


def test_rollback_says_why_it_cannot(home: Home) -> None:
    with pytest.raises(PublishError, match="no earlier build to go back to; kept: none"):
        rollback(home)
    publish(home, "build-1")
    before = everything(home)
    with pytest.raises(PublishError, match="no earlier build to go back to; kept: build-1"):
        rollback(home)
    with pytest.raises(PublishError, match=r"expected one of the kept builds build-1, found '\.\./build-1'"):
        rollback(home, "../build-1")
    assert everything(home) == before


# --- crashes ----------------------------------------------------------------------------------------------


def test_repair_removes_what_a_crash_left(home: Home) -> None:
    publish(home, "build-1")
    before = everything(home)
    (home.builds / ".build-2" / "parquet").mkdir(parents=True)
    (home.builds / ".build-2" / "outcomes.duckdb").write_bytes(b"half")
    (home.published / ".outcomes.duckdb.4711").write_bytes(b"half")
    (home.published / ".current.4711").symlink_to("builds/build-2")
    repair(home)
    assert everything(home) == before


def test_repair_lets_current_follow_the_mart(home: Home) -> None:
    """A crash between the two renames of a swap: the mart is the new one, the link still names the old."""
    for number in (1, 2):
        publish(home, f"build-{number}")
    home.current.unlink()
    home.current.symlink_to("builds/build-1", target_is_directory=True)
    repair(home)
    assert home.current.resolve().name == published_build_id(home) == "build-2"


@pytest.mark.fault("process", "killed between a build and its swap")
def test_build_that_was_never_published_is_not_kept(home: Home, ended: Callable[[str], None]) -> None:
    for number in (1, 2):
        publish(home, f"build-{number}")
    shutil.copytree(home.builds / "build-2", home.builds / "build-3")
    assert rollback(home) == "build-1"
    rollback(home, "build-2")
    repair(home)
    assert kept_builds(home) == ["build-1", "build-2"]
    assert rollback(home) == "build-1"
    ended("the next publish removes it; rollback never goes there")


def test_build_whose_file_is_published_is_kept(home: Home) -> None:
    """A crash right after the swap of the mart: neither the order nor the link say so yet."""
    publish(home, "build-1")
    publish(home, "build-2")
    (home.published / "order.txt").write_text("build-1")
    home.current.unlink()
    home.current.symlink_to("builds/build-1", target_is_directory=True)
    repair(home)
    assert kept_builds(home) == ["build-1", "build-2"]
    assert published_build_id(home) == home.current.resolve().name == "build-2"


DAMAGES = {
    "cut in half": lambda content: content[: len(content) // 2],
    "0 bytes": lambda content: b"",
    "no database": lambda content: b"<!DOCTYPE html>" + content[15:],
    "zeros at its end": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damage, id=name, marks=pytest.mark.fault("disk", f"published file is damaged: {name}"))
        for name, damage in DAMAGES.items()
    ],
)
def test_damaged_mart_is_put_aside_and_its_build_published_again(
    home: Home, damage: Callable[[bytes], bytes], ended: Callable[[str], None]
) -> None:
    publish(home, "build-1")
    publish(home, "build-2")
    rollback(home, "build-1")
    before = everything(home)
    bad = damage(home.mart.read_bytes())
    home.mart.write_bytes(bad)
    told: list[str] = []
    set_damaged_aside(home, told.append)
    aside = home.published / "damaged" / "outcomes-1.duckdb"
    assert aside.read_bytes() == bad
    assert f"{home.mart} cannot be opened" in told[0]
    assert f"its bytes are kept in {aside}" in told[0]
    assert told[1] == "published again in its place: build-1"
    ended(" ".join(line.replace(f"{home.root}/", "") for line in told))
    aside.unlink()
    assert everything(home) == before
    set_damaged_aside(home, pytest.fail)


def test_damaged_build_is_not_published_again(home: Home) -> None:
    for number in (1, 2, 3):
        publish(home, f"build-{number}")
    for path in (home.mart, home.builds / "build-3" / "outcomes.duckdb", home.builds / "build-1" / "outcomes.duckdb"):
        path.write_bytes(b"no database")
    set_damaged_aside(home, lambda text: None)
    assert published_build_id(home) == home.current.resolve().name == "build-2"
    with pytest.raises(PublishError, match="found build-1 damaged"):
        rollback(home)
    assert published_build_id(home) == "build-2"


def test_repair_of_nothing_is_no_error(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    repair(home)
    assert published_build_id(home) is None
    assert kept_builds(home) == []


@pytest.fixture
def killed_publisher(home: Home) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "OUTCOMES_HOME": str(home.root), "PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_PUBLISHER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_publisher_killed_before_any_change_leaves_a_whole_build(
    home: Home, killed_publisher: subprocess.Popen[str]
) -> None:
    """Every change to the file system that a publish makes, one after the other, is the last one it comes to."""
    assert killed_publisher.stdin is not None
    assert killed_publisher.stdout is not None
    publish(home, "build-000")
    last, swapped = "build-000", 0
    for n in count(1):
        print(n, file=killed_publisher.stdin, flush=True)
        outcome = killed_publisher.stdout.readline().strip()
        now = published_build_id(home)
        assert now in (last, f"build-{n:03}"), n
        assert sha256_of(home.mart) == sha256_of(home.builds / now / "outcomes.duckdb"), n
        assert ask(home, "select count(*) from mart.fct_observation") == [(3,)], n
        assert (home.current / "results.json").is_file(), n
        assert home.scorecard.read_text() == home.current.resolve().name, n
        swapped += now != last
        last = now
        if outcome == "published":
            break
        assert outcome == "killed"
    assert n > 8  # of which some came after the swap of the mart
    assert swapped > 1
    assert home.current.resolve().name == last == f"build-{n:03}"
    assert [path.name for folder in (home.published, home.builds) for path in folder.glob(".*")] == []


def test_swap_gives_readers_a_file_of_their_own(home: Home) -> None:
    """Who has the old file open goes on reading it; the kept build is never the file that people open."""
    publish(home, "build-1")
    with home.mart.open("rb") as old:
        publish(home, "build-2")
        old_content = old.read()
    assert old_content == (home.builds / "build-1" / "outcomes.duckdb").read_bytes()
    swap(home, home.builds / "build-1")
    assert not home.mart.samefile(home.builds / "build-1" / "outcomes.duckdb")


# --- one writer -------------------------------------------------------------------------------------------


def test_second_writer_is_refused_and_told_who_writes(home: Home) -> None:
    told = rf"another run is writing to .* \(process {os.getpid()}\)"
    with home.lock(), pytest.raises(RunInProgressError, match=told), home.lock():
        pass
    with home.lock():  # free again
        pass


@pytest.fixture
def holder(home: Home, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the build database open, as writer or reader."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.build_db), request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process


@pytest.mark.parametrize("holder", ["writer"], indirect=True)
def test_build_waits_for_a_writer_that_outlived_its_run(home: Home, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(BuildDatabaseBusyError, match="expected nobody to write to"):
        await_writer(home.build_db, lambda: None, seconds=0)

    def end_it() -> None:
        holder.communicate()

    await_writer(home.build_db, end_it)
    assert holder.returncode == 0


@pytest.mark.parametrize("holder", ["reader"], indirect=True)
def test_build_does_not_wait_for_readers(home: Home, holder: subprocess.Popen[str]) -> None:
    await_writer(home.build_db, lambda: pytest.fail("waited for a reader"), seconds=0)
    assert holder.poll() is None


def test_build_does_not_wait_for_nobody(home: Home, tmp_path: Path) -> None:
    await_writer(tmp_path / "none.duckdb", lambda: pytest.fail("waited"), seconds=0)
    await_writer(home.build_db, lambda: pytest.fail("waited"), seconds=0)

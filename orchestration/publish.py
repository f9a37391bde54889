"""Publish: the checked mart of the build database becomes the file that BI tools read, in one swap.

    published/outcomes.duckdb           what people open; replaced atomically, never written in place
    published/current -> builds/<id>    Parquet, CSV, outlines, scorecard, Data Docs and run results of that build
    published/scorecard.html            -> current/scorecard.html: the page that people open
    published/builds/<id>/              the last builds, each whole
    published/order.txt                 their ids in the order in which they were published: no clock decides that
    published/damaged/                  published files that could not be opened, for whoever has to find out why

A build is made in a hidden folder, flushed to disk, renamed, and only then swapped in. Whoever has the old file
open goes on reading it; whoever connects next gets the new one. What a crash leaves in between is repaired by the next
run (`repair`): a build that never came to be published is not kept.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.runner import expectations_code
from orchestration import csv_export
from orchestration.boundaries import write_boundaries
from orchestration.csv_export import write_csv
from orchestration.data_versions import content_hash
from orchestration.home import PROJECT_ROOT, Home
from orchestration.profile import measured
from sources.disk import disk_trouble, writing
from sources.landing import fsync_folder
from sources.literals import listed, quoted
from sources.release import sha256_of

if TYPE_CHECKING:
    import duckdb

# Every DuckDB 1.x client reads this format; BI drivers lag behind the library.
STORAGE_VERSION = "v1.0.0"
KEEP_BUILDS = 7
MART_FILE = "outcomes.duckdb"
SCORECARD = "scorecard.html"

BUILD_COLUMNS = {
    "build_id": "varchar",
    "git_commit": "varchar",
    "started_at": "timestamp",
    "finished_at": "timestamp",
    "built_from": "varchar",
    "storage_version": "varchar",
    "dbt_version": "varchar",
    "duckdb_version": "varchar",
    "checks_passed": "bigint",
    "checks_warned": "bigint",
    "checks_failed": "bigint",
    "published_rows": "bigint",
    "illustrative_rows": "bigint",
    "datasets_ok": "bigint",
    "datasets_stale": "bigint",
    "datasets_missing": "bigint",
}
QUALITY_COLUMNS = {
    "check_id": "varchar",
    "kind": "varchar",
    "dataset": "varchar",
    "table_name": "varchar",
    "column_name": "varchar",
    "check_name": "varchar",
    "severity": "varchar",
    "passed": "boolean",
    "expected": "varchar",
    "found": "varchar",
    "sample_failing": "varchar",
    "release_id": "varchar",
    "checked_at": "timestamp",
}


class PublishError(RuntimeError):
    """The build cannot be published; what was published before stays as it is."""


@dataclass(frozen=True)
class Published:
    """A published build."""

    build_id: str
    mart: Path
    folder: Path
    counts: dict[str, int]


def new_build_id(started_at: dt.datetime, run_id: str) -> str:
    """Sorts by time, and is unique: `20261122T023000Z-1a2b3c4d`."""
    return f"{started_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}"


def publish(
    home: Home,
    *,
    build_id: str,
    started_at: dt.datetime,
    built_from: str,
    quality: Sequence[Mapping[str, Any]],
    documents: list[dict[str, Any]],
    keep: int = KEEP_BUILDS,
    versions: Mapping[str, str] | None = None,
) -> Published:
    """Writes the build's folder and swaps it in. Raises PublishError and leaves everything as it was.

    `versions`: data versions of tables (`orchestration.data_versions`). Files of a table that has the same as in the
    published build are not written again: the two builds share them.
    """
    blocking = [row for row in quality if not row["passed"] and row["severity"] == "error"]
    if blocking:
        named = "; ".join(f"{row['check_name']}: {row['found']}" for row in blocking[:5])
        raise PublishError(f"{len(blocking)} failed checks of severity error: {named}")
    repair(home)
    scratch = home.builds / f".{build_id}"
    folder = home.builds / build_id
    try:
        scratch.mkdir(parents=True)
        with writing(folder):
            shared = _Shared(home, versions or {}, documents)
            with measured("mart file"):
                stay = shared.copy_mart(scratch / MART_FILE)
                counts = _write_mart(home, scratch / MART_FILE, stay, build_id, started_at, built_from, quality)
            with measured("Parquet"):
                _write_parquet(scratch / MART_FILE, scratch / "parquet", shared.link(scratch / "parquet"))
            with measured("page"):
                write_boundaries(scratch / MART_FILE, scratch / "boundaries.geojson")
                _write_page(scratch / MART_FILE, scratch / SCORECARD, home.build)
            with measured("CSV"):
                write_csv(scratch / MART_FILE, scratch / "csv", shared.link(scratch / "csv"))
            with measured("Data Docs"):
                if not shared.link_docs(scratch / "data_docs"):
                    _write_docs(documents, scratch / "data_docs")
            _write_results(scratch, build_id, quality, counts)
            shared.note(scratch)
            with measured("flush and swap"):
                _fsync_tree(scratch)
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    fsync_folder(home.builds)
    with measured("flush and swap"):
        swap(home, folder)
    _remove_old_builds(home, keep)
    return Published(build_id, home.mart, folder, counts)


def swap(home: Home, folder: Path) -> None:
    """Makes one kept build the published one: two renames, the mart's file first; then its page has an address."""
    incoming = home.published / f".outcomes.duckdb.{os.getpid()}"
    try:
        with writing(home.mart):
            shutil.copyfile(folder / MART_FILE, incoming)
            with incoming.open("rb+") as file:
                os.fsync(file.fileno())
        incoming.replace(home.mart)
    finally:
        incoming.unlink(missing_ok=True)
    _note(home, folder.name)
    _link_page(home, folder)
    _link(home.current, Path("builds") / folder.name)
    fsync_folder(home.published)


def _link(link: Path, target: Path) -> None:
    """Makes `link` point to `target` in one rename, whatever it pointed to."""
    scratch = link.with_name(f".{link.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target)
    scratch.replace(link)


def _link_page(home: Home, folder: Path) -> None:
    """The page's address goes through `current`, so that it switches with it; a build of old has no page."""
    if (folder / SCORECARD).is_file():
        _link(home.scorecard, Path("current") / SCORECARD)
    else:
        home.scorecard.unlink(missing_ok=True)


def repair(home: Home) -> None:
    """Removes what a crashed publish left, and makes `current` point to the build whose mart is published.

    Raises duckdb.Error where the published file cannot be opened: see `set_damaged_aside`.
    """
    home.builds.mkdir(parents=True, exist_ok=True)
    for leftover in [*home.builds.glob(".*"), *home.published.glob(".*")]:
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    build_id = published_build_id(home)
    noted = _noted(home)
    if noted is None:  # of a version that noted no order; or nothing was ever published
        noted = kept_builds(home) if build_id or home.current.is_symlink() else []
    for name in kept_builds(home):
        if name not in (*noted, build_id):
            shutil.rmtree(home.builds / name)
    if build_id and (home.builds / build_id).is_dir():
        if home.current.resolve().name == build_id:
            _note(home, build_id)
        else:
            swap(home, home.builds / build_id)


def set_damaged_aside(home: Home, say: Callable[[str], None]) -> None:
    """Keeps a published file that cannot be opened under `damaged/`, and publishes a kept build in its place."""
    damage = _damage(home.mart) if home.mart.is_file() else None
    if damage is None:
        return
    folder = home.published / "damaged"
    folder.mkdir(exist_ok=True)
    aside = folder / f"outcomes-{len(list(folder.iterdir())) + 1}.duckdb"
    home.mart.replace(aside)
    fsync_folder(home.published)
    say(f"damaged: {home.mart} cannot be opened ({damage}); its bytes are kept in {aside}")
    newest_first = kept_builds(home)[::-1]
    for name in sorted(newest_first, key=lambda name: name != home.current.resolve().name):
        if _damage(home.builds / name / MART_FILE) is None:
            swap(home, home.builds / name)
            say(f"published again in its place: {name}")
            return


def _damage(mart: Path) -> str | None:
    """Why a mart cannot be read, in a line; None where it can be. Raises what says nothing of the file itself."""
    import duckdb

    try:
        with duckdb.connect(mart, read_only=True) as con:
            con.execute("select build_id from mart.build").fetchall()
            for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'mart'").fetchall():
                con.execute(f'select max(hash(t)) from mart."{table}" as t').fetchall()  # reads every block
    except duckdb.Error as error:
        if "Could not set lock" in str(error) or disk_trouble(error, mart.parent):
            raise
        return str(error).splitlines()[0]
    return None


def published_build_id(home: Home) -> str | None:
    """Build id that the published file itself states; None when nothing is published."""
    if not home.mart.is_file():
        return None
    import duckdb

    with duckdb.connect(home.mart, read_only=True) as con:
        row = con.execute("select build_id from mart.build").fetchone()
    return str(row[0]) if row else None


def kept_builds(home: Home) -> list[str]:
    """Build ids that are kept, in the order in which they were published; one that never was comes last."""
    if not home.builds.is_dir():
        return []
    noted = _noted(home) or []
    kept = sorted(path.name for path in home.builds.iterdir() if not path.name.startswith("."))
    return sorted(kept, key=lambda name: noted.index(name) if name in noted else len(noted))


def build_before_published(home: Home) -> str | None:
    """The kept build that was published before the one that is now; None where there is none."""
    kept, now = kept_builds(home), published_build_id(home)
    at = kept.index(now) if now in kept else len(kept)
    return kept[at - 1] if at else None


def _noted(home: Home) -> list[str] | None:
    """Ids of builds in the order in which they were published; None where no version has noted any."""
    path = home.published / "order.txt"
    return path.read_text(encoding="utf-8").split() if path.is_file() else None


def _note(home: Home, build_id: str) -> None:
    """Puts a build that is published for the first time at the end of the order."""
    noted, kept = _noted(home), kept_builds(home)
    order = [name for name in (kept if noted is None else noted) if name in kept]
    if build_id not in order:
        order.append(build_id)
    if order != noted:
        scratch = home.published / f".order.{os.getpid()}"
        with writing(home.published / "order.txt"):
            scratch.write_text("\n".join(order), encoding="utf-8")
        scratch.replace(home.published / "order.txt")


def rollback(home: Home, build_id: str | None = None, *, say: Callable[[str], None] = lambda text: None) -> str:
    """Publishes an earlier kept build again: the named one, or the one before the published one."""
    set_damaged_aside(home, say)
    kept = kept_builds(home)
    build_id = build_id or build_before_published(home)
    if build_id is None:
        raise PublishError(f"no earlier build to go back to; kept: {', '.join(kept) or 'none'}")
    if build_id not in kept:
        raise PublishError(f"expected one of the kept builds {', '.join(kept) or '(none)'}, found {build_id!r}")
    damage = _damage(home.builds / build_id / MART_FILE)
    if damage:
        raise PublishError(
            f"expected a kept build that can be opened, found {build_id} damaged ({damage}); name another"
        )
    swap(home, home.builds / build_id)
    return build_id


def _write_mart(
    home: Home,
    target: Path,
    stay: set[str],
    build_id: str,
    started_at: dt.datetime,
    built_from: str,
    quality: Sequence[Mapping[str, Any]],
) -> dict[str, int]:
    """The mart schema in a file, with tables `build` and `mart_quality`, and every comment.

    The file is a new one, or the mart of the build before with tables that `stay` as they are.
    """
    import duckdb

    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach {quoted(home.build_db)} as build (read_only)")
        con.execute(f"attach {quoted(target)} as outcomes (storage_version '{STORAGE_VERSION}')")
        con.execute("begin")  # one commit: hundreds of comments are flushed to disk together
        con.execute("create schema if not exists outcomes.mart")
        tables, before = (
            dict(
                con.execute(
                    "select table_name, comment from duckdb_tables() "
                    f"where database_name = {quoted(database)} and schema_name = 'mart' order by table_name"
                ).fetchall()
            )
            for database in ("build", "outcomes")
        )
        for name in before.keys() - tables.keys():
            con.execute(f'drop table outcomes.mart."{name}"')
        for name in (name for name in tables if name not in stay & before.keys()):
            con.execute(f'create or replace table outcomes.mart."{name}" as from build.mart."{name}"')
        counts = describe(con, tables, build_id, started_at, built_from, quality, STORAGE_VERSION)
        con.execute("commit")
        con.execute("detach build")
        con.execute("checkpoint outcomes")
    return counts


def describe(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, str | None],
    build_id: str,
    started_at: dt.datetime,
    built_from: str,
    quality: Sequence[Mapping[str, Any]],
    storage_version: str,
) -> dict[str, int]:
    """Adds `build`, `mart_quality` and every comment to the mart of the attached database `outcomes`; its counts.

    `tables` are those that dbt made, with their comments.
    """
    counts = _counts(con, quality)
    _insert_build(con, build_id, started_at, built_from, storage_version, counts)
    _insert_quality(con, quality)
    _comment(con, tables)
    return counts


def _counts(con: duckdb.DuckDBPyConnection, quality: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What the build consists of, for `build` and the summary of a run."""
    by_basis = dict(con.execute("select basis, count(*) from outcomes.mart.fct_observation group by basis").fetchall())
    by_status = dict(
        con.execute("select status, count(*) from outcomes.mart.mart_freshness group by status").fetchall()
    )
    failed = [row for row in quality if not row["passed"]]
    return {
        "checks_passed": len(quality) - len(failed),
        "checks_warned": sum(row["severity"] != "error" for row in failed),
        "checks_failed": sum(row["severity"] == "error" for row in failed),
        "published_rows": by_basis.get("published", 0),
        "illustrative_rows": by_basis.get("illustrative", 0),
        "datasets_ok": by_status.get("ok", 0) + by_status.get("unchanged", 0),
        "datasets_stale": by_status.get("stale", 0),
        "datasets_missing": by_status.get("missing", 0),
    }


def _insert_build(
    con: duckdb.DuckDBPyConnection,
    build_id: str,
    started_at: dt.datetime,
    built_from: str,
    storage_version: str,
    counts: Mapping[str, int],
) -> None:
    from importlib.metadata import version

    values = {
        "build_id": build_id,
        "git_commit": git_commit(),
        "started_at": started_at.astimezone(dt.UTC).replace(tzinfo=None),
        "finished_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "built_from": built_from,
        "storage_version": storage_version,
        "dbt_version": version("dbt-core"),
        "duckdb_version": version("duckdb"),
        **counts,
    }
    _create(con, "build", BUILD_COLUMNS)
    row = ", ".join(quoted(values[name]) for name in BUILD_COLUMNS)
    con.execute(f"insert into outcomes.mart.build values ({row})")


def _insert_quality(con: duckdb.DuckDBPyConnection, quality: Sequence[Mapping[str, Any]]) -> None:
    _create(con, "mart_quality", QUALITY_COLUMNS)
    if quality:
        # Moments are text with their zone; the columns are in UTC.
        zoned = {name: "timestamptz" if kind == "timestamp" else kind for name, kind in QUALITY_COLUMNS.items()}
        lists = (f"unnest({listed((str(row[name]) for row in quality), kind)})" for name, kind in zoned.items())
        con.execute(f"insert into outcomes.mart.mart_quality select {', '.join(lists)}")


def _create(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    con.execute(f"create or replace table outcomes.mart.{table} ({body})")


def _comment(con: duckdb.DuckDBPyConnection, tables: Mapping[str, str | None]) -> None:
    """Comments on every table and column: dbt's for its tables, the dictionary's for all else."""
    for name, comment in tables.items():
        if comment:
            con.execute(f'comment on table outcomes.mart."{name}" is {quoted(comment)}')
    described = con.execute(
        "select table_name, column_name, description, table_description from outcomes.mart.data_dictionary"
    ).fetchall()
    for table, column, description, table_description in described:
        if table not in tables:
            con.execute(f'comment on table outcomes.mart."{table}" is {quoted(table_description)}')
        con.execute(f'comment on column outcomes.mart."{table}"."{column}" is {quoted(description)}')


class _Shared:
    """What is in the published build as it is in the new one: files of tables are links to the same bytes, and the
    mart's file begins as a copy.
    """

    FILE = "versions.json"

    def __init__(self, home: Home, versions: Mapping[str, str], documents: list[dict[str, Any]]) -> None:
        # Whatever writes the files is part of what they hold.
        files = (__file__, csv_export.__file__)
        writers = [Path(file).read_text(encoding="utf-8") for file in files]
        self._versions = {table: content_hash([version, *writers]) for table, version in versions.items()}
        self._documents = content_hash([documents, expectations_code()])
        self._before = home.current
        noted = home.current / self.FILE
        self._noted = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else {}
        before = self._noted.get("tables", {})
        self._same = {table for table, version in self._versions.items() if before.get(table) == version}

    def copy_mart(self, target: Path) -> set[str]:
        """Makes the file a copy of the mart before, where most rows stay; returns the tables that do.

        Only of the very bytes that were published: what a disk or a hand has changed since is written anew.
        """
        mart = self._before / MART_FILE
        rows: dict[str, int] = self._noted.get("rows", {})
        most_stay = 2 * sum(rows.get(table, 0) for table in self._same) > sum(rows.values())
        if not most_stay or not mart.is_file() or sha256_of(mart) != self._noted["mart"]:
            return set()
        shutil.copyfile(mart, target)
        return self._same

    def link(self, folder: Path) -> set[str]:
        """Makes the folder with the files that need not be written; returns their tables."""
        folder.mkdir()
        linked = set()
        for file in (self._before / folder.name).glob("*"):
            table = file.name.partition(".")[0]
            if table in self._same:
                with suppress(OSError):  # no links here, or no more of them: the file is written like any other
                    os.link(file, folder / file.name)
                    linked.add(table)
        return linked

    def link_docs(self, folder: Path) -> bool:
        """Makes the folder of Data Docs, where all checks are those of the build before; whether it did."""
        before = self._before / folder.name
        if self._noted.get("documents") != self._documents or not before.is_dir():
            return False
        try:
            shutil.copytree(before, folder, copy_function=os.link)
        except OSError:  # as in `link`
            shutil.rmtree(folder, ignore_errors=True)
            return False
        return True

    def note(self, folder: Path) -> None:
        import duckdb

        mart = folder / MART_FILE
        with duckdb.connect(mart, read_only=True) as con:
            rows = con.execute("select table_name, estimated_size from duckdb_tables() where schema_name = 'mart'")
            noted = {
                "tables": self._versions,
                "rows": dict(rows.fetchall()),
                "mart": sha256_of(mart),
                "documents": self._documents,
            }
        (folder / self.FILE).write_text(json.dumps(noted), encoding="utf-8")


def _write_parquet(mart: Path, folder: Path, linked: set[str]) -> None:
    """All tables but those that are linked already."""
    import duckdb

    with duckdb.connect(mart, read_only=True) as con:
        names = con.execute("select table_name from duckdb_tables() where schema_name = 'mart'").fetchall()
        for (name,) in names:
            if name in linked:
                continue
            target = quoted(folder / f"{name}.parquet")
            # Snappy, for every reader of Parquet knows it.
            con.execute(f'copy mart."{name}" to {target} (format parquet, compression snappy)')


def _write_page(mart: Path, target: Path, kept: Path) -> None:
    from orchestration.scorecard.page import write_page

    write_page(mart, target, kept)


def _write_docs(documents: list[dict[str, Any]], folder: Path) -> None:
    from expectations.data_docs import build_docs

    build_docs(documents, folder)


def _write_results(
    folder: Path, build_id: str, quality: Sequence[Mapping[str, Any]], counts: Mapping[str, int]
) -> None:
    results = {"build_id": build_id, "counts": dict(counts), "checks": [dict(row) for row in quality]}
    (folder / "results.json").write_text(json.dumps(results, ensure_ascii=False, default=str), encoding="utf-8")


def _remove_old_builds(home: Home, keep: int) -> None:
    published = home.current.resolve().name
    kept = kept_builds(home)
    for name in kept[: max(len(kept) - keep, 0)]:
        if name != published:
            shutil.rmtree(home.builds / name)


def _fsync_tree(folder: Path) -> None:
    """Everything below `folder` on disk before it is renamed into place."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        elif path.is_dir():
            fsync_folder(path)
    fsync_folder(folder)


def git_commit() -> str:
    """Commit of the code, with `-dirty` where the checkout has changes; '' outside a checkout."""
    described = subprocess.run(
        ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() if described.returncode == 0 else ""

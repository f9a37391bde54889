"""The lake itself: PostgreSQL holds its catalog, a folder or an S3-compatible store its Parquet files.

Every commit is a snapshot. What readers may see changes in one commit each: a writer makes tables under names of its
own (`fct_observation__1a2b3c4d`) and then renames them all at once. Where two such commits meet, PostgreSQL lets one
through; the other finds out and is made again on top of it (`commit`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from sources.literals import quoted

if TYPE_CHECKING:
    import duckdb

ALIAS = "outcomes"  # the name that dbt's target and the statements of this package know it by
EXTENSIONS = ("postgres_scanner", "ducklake")
PUBLISHED = "published "  # how the message of a commit that published begins; the build's id follows
TRIES = 20
# Lost races for the number of a snapshot, which DuckLake itself runs again.
CATALOG_RETRIES = 100

Done = TypeVar("Done")


class LakeError(RuntimeError):
    """The lake cannot be used, or a build cannot become its mart; what was published stays."""


@dataclass(frozen=True)
class Lake:
    """Where the lake is. Passwords and keys are no part of it: libpq and the store read theirs from the environment."""

    catalog: str  # libpq's words: host=… port=… user=… dbname=…
    data: str  # folder, or s3://bucket/prefix

    @classmethod
    def from_environment(cls) -> Lake:
        found = {name: os.environ.get(name, "") for name in ("OUTCOMES_LAKE_CATALOG", "OUTCOMES_LAKE_DATA")}
        missing = [name for name, value in found.items() if not value]
        if missing:
            raise LakeError(f"expected {' and '.join(missing)} to be set; see docs/lake.md")
        if re.search(r"\bpassword\s*=", found["OUTCOMES_LAKE_CATALOG"], re.IGNORECASE):
            raise LakeError(
                "expected no password in OUTCOMES_LAKE_CATALOG, for errors quote it; put it in PGPASSWORD or ~/.pgpass"
            )
        return cls(*found.values())


def connect(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A connection with the lake attached as `outcomes`. Raises LakeError where that cannot be done."""
    import duckdb

    con = duckdb.connect()
    con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
    con.execute(f"set memory_limit = {quoted(os.environ.get('OUTCOMES_MEMORY_LIMIT', '512MB'))}")
    prepare(con)
    try:
        con.execute(f"attach {quoted('ducklake:postgres:' + lake.catalog)} as {ALIAS} (data_path {quoted(lake.data)})")
    except duckdb.Error as error:
        con.close()
        raise LakeError(f"the lake cannot be opened: {error}") from error
    return con


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """What a connection needs before it can attach the lake: extensions, and the store's account in its memory."""
    in_store = os.environ.get("OUTCOMES_LAKE_DATA", "").startswith("s3://")
    for name in (*EXTENSIONS, *(("httpfs",) if in_store else ())):
        con.execute(f"load {quoted(_extension(name))}")
    con.execute(f"set ducklake_max_retry_count = {CATALOG_RETRIES}")
    if in_store:
        con.execute(_store_secret())


def _extension(name: str) -> Path:
    """File of a DuckDB extension that came as a package: nothing is downloaded or installed."""
    import duckdb

    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        raise LakeError(f"expected DuckDB's extension {name}, found no package of it: run `make .venv/lake.stamp`")
    return Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def _store_secret() -> str:
    """The account of the S3-compatible store, from the variables that its other tools read too."""
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    options = {
        "key_id": os.environ.get("AWS_ACCESS_KEY_ID", ""),
        "secret": os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        "session_token": os.environ.get("AWS_SESSION_TOKEN", ""),
        "region": os.environ.get("AWS_REGION", ""),
        "endpoint": endpoint.netloc,
        "url_style": "path" if endpoint.netloc else "",
    }
    given = [f"{name} {quoted(value)}" for name, value in options.items() if value]
    plain = ["use_ssl false"] if endpoint.scheme == "http" else []
    return f"create or replace secret lake_store ({', '.join(['type s3', *given, *plain])})"


def commit(con: duckdb.DuckDBPyConnection, message: str, work: Callable[[], Done], **info: object) -> Done:
    """Runs `work` in one transaction: one snapshot, with its message. Again where another writer was faster."""
    import duckdb

    for attempt in range(TRIES):
        con.execute("begin")
        try:
            done = work()
            con.execute(
                f"call ducklake_set_commit_message({quoted(ALIAS)}, 'outcomes', {quoted(message)}, "
                f"extra_info => {quoted(json.dumps(info))})"
            )
            con.execute("commit")
        except BaseException as error:
            with suppress(duckdb.TransactionException):  # a commit that failed has ended its transaction
                con.execute("rollback")
            if not isinstance(error, duckdb.TransactionException) or "conflict" not in str(error):
                raise
            time.sleep(random.uniform(0.05, 0.2) * (attempt + 1))  # noqa: S311 - so that two do not meet again
        else:
            return done
    raise LakeError(f"other writers were faster {TRIES} times: {message}. Nothing of it was kept; run again")


def tables(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, str | None]:
    """Comment of every table of a schema."""
    rows = con.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = ? order by 1",
        [ALIAS, schema],
    ).fetchall()
    return dict(rows)


def swap(con: duckdb.DuckDBPyConnection, schema: str, writer: str) -> dict[str, str | None]:
    """Gives the tables of one writer their plain names, in place of those that had them. Returns their comments."""
    found, suffix = tables(con, schema), f"__{writer}"
    own = {name.removesuffix(suffix): comment for name, comment in found.items() if name.endswith(suffix)}
    for name in own:
        if name in found:
            con.execute(f'drop table {ALIAS}.{schema}."{name}"')
        con.execute(f'alter table {ALIAS}.{schema}."{name}{suffix}" rename to "{name}"')
    return own


def discard(con: duckdb.DuckDBPyConnection, schema: str, writer: str) -> None:
    """Drops what one writer has left under its own names."""
    left = [name for name in tables(con, schema) if name.endswith(f"__{writer}")]
    if left:
        commit(con, f"discarded by {writer}", lambda: _drop(con, schema, left))


def _drop(con: duckdb.DuckDBPyConnection, schema: str, names: Sequence[str]) -> None:
    for name in names:
        con.execute(f'drop table {ALIAS}.{schema}."{name}"')


def current_snapshot(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute(f"select id from ducklake_current_snapshot({quoted(ALIAS)}) as newest(id)").fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True)
class Build:
    """A published build: the snapshot that holds it, and the snapshot of `raw` that it was made from."""

    snapshot: int
    published_at: str  # UTC
    build_id: str
    raw_snapshot: int


def builds(con: duckdb.DuckDBPyConnection) -> list[Build]:
    """Published builds whose snapshots are kept, the newest first."""
    rows = con.execute(
        f"select snapshot_id, strftime(snapshot_time, '%Y-%m-%dT%H:%M:%SZ'), commit_message, commit_extra_info "
        f"from ducklake_snapshots({quoted(ALIAS)}) where commit_message like '{PUBLISHED}%' order by snapshot_id desc"
    ).fetchall()
    return [
        Build(snapshot, when, message.removeprefix(PUBLISHED), json.loads(info)["raw_snapshot"])
        for snapshot, when, message, info in rows
    ]


def expire(con: duckdb.DuckDBPyConnection, *, keep: int, hours: float) -> tuple[int, int]:
    """Forgets snapshots older than `hours` but for the newest `keep` builds, then deletes files nobody needs any more.

    A build at work reads a snapshot, and writes files that no snapshot names yet: `hours` must be longer than it takes.
    Returns the numbers of snapshots and files.
    """
    kept = {build.snapshot for build in builds(con)[:keep]} | {current_snapshot(con)}
    old = f"now() - to_seconds({hours * 3600})"
    rows = con.execute(
        f"select snapshot_id from ducklake_snapshots({quoted(ALIAS)}) where snapshot_time < {old}"
    ).fetchall()
    versions = sorted({snapshot for (snapshot,) in rows} - kept)
    if versions:
        con.execute(f"call ducklake_expire_snapshots({quoted(ALIAS)}, versions => {versions})")
    files = [
        row
        for function in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files")
        for row in con.execute(f"call {function}({quoted(ALIAS)}, older_than => {old})").fetchall()
    ]
    return len(versions), len(files)

"""The engine Spark: schema `raw` in its catalog over the same raw Parquet, and its mart into the build database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from orchestration.engine import QueryError
from orchestration.home import DBT_PROJECT_DIR, Home
from sources.literals import quoted

if TYPE_CHECKING:
    from orchestration.transform import RawTable

STATEMENTS_AT_ONCE = 4
# Types of Spark under which DuckDB's columns are the same.
TYPES = {"varchar": "string", "timestamp": "timestamp_ntz"}


class SparkUnreachableError(RuntimeError):
    """Nobody answers at the address of the Thrift server."""


class Spark:
    """Raw Parquet -> tables of Spark's catalog -> dbt -> the mart's Parquet -> the build database."""

    keeps_tables = False

    def show_raw(self, home: Home, tables: Sequence[RawTable]) -> None:
        """Schema `raw` of Spark's catalog: the tables of the build database's, on the same files; no other schema."""
        statements = list(_raw_tables(home, tables))
        _run([f"drop schema if exists {schema} cascade" for schema in _schemas()] + ["create schema raw"])
        with ThreadPoolExecutor(STATEMENTS_AT_ONCE) as pool:
            list(pool.map(_run, (statements[start::STATEMENTS_AT_ONCE] for start in range(STATEMENTS_AT_ONCE))))

    def dbt_arguments(self) -> list[str]:
        return ["--target", "spark"]

    def collect_mart(self, home: Home) -> None:
        """Every table of Spark's schema `mart` into the build database, with its comment."""
        import duckdb

        with duckdb.connect(home.build_db) as con:
            con.execute("set timezone = 'UTC'")
            con.execute("create schema if not exists mart")
            for name, table in _described("mart"):
                files = quoted(f"{table['Location']}/*.parquet")
                con.execute(f'create or replace table mart."{name}" as from read_parquet({files})')
                if table.get("Comment"):
                    con.execute(f'comment on table mart."{name}" is {quoted(table["Comment"])}')

    def rows(self, build_db: Path, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        from pyhive.exc import Error

        try:
            with _cursor() as cursor:
                cursor.execute(query)
                return [column[0].rpartition(".")[2] for column in cursor.description], cursor.fetchall()
        except Error as error:
            raise QueryError(_message(error)) from error


def _schemas() -> list[str]:
    """Schemas that a run writes to: `raw`, and those of dbt's nodes."""
    manifest = json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text(encoding="utf-8"))
    kinds = ("model", "seed")
    return sorted({"raw", *(node["schema"] for node in manifest["nodes"].values() if node["resource_type"] in kinds)})


def _described(schema: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Name of every table of a schema, and what Spark says of it: its Location (a path), its Comment."""
    with _cursor() as cursor:
        cursor.execute(f"show tables in {schema}")
        for _, name, _ in cursor.fetchall():
            cursor.execute(f"describe table extended {schema}.`{name}`")
            said = {key: value or "" for key, value, _ in cursor.fetchall() if key}
            said["Location"] = unquote(urlparse(said["Location"]).path)
            yield name, said


def _raw_tables(home: Home, tables: Sequence[RawTable]) -> Iterator[str]:
    """A statement for each table; those with rows of their own become Parquet beside the build database."""
    import duckdb

    with duckdb.connect(home.build_db, read_only=True) as con:
        for table in tables:
            files = table.files
            if not files:
                files = [_folder(home) / f"{table.name}.parquet"]
                con.execute(f'copy raw."{table.name}" to {quoted(files[0])} (format parquet)')
            yield _table(table.name, {name: TYPES.get(kind, kind) for name, kind in table.columns.items()}, files)


def _table(name: str, columns: Mapping[str, str], files: Sequence[Path]) -> str:
    """A table on Parquet files. Spark takes one path, in which braces hold a choice."""
    body = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    path = files[0]
    if len(files) > 1:
        root = Path(os.path.commonpath(files))
        path = root / ("{" + ",".join(str(file.relative_to(root)) for file in files) + "}")
    return f"create table raw.`{name}` ({body}) using parquet location {quoted(path)}"


def _folder(home: Home) -> Path:
    folder = home.build / "spark_raw"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(statements: Iterable[str]) -> None:
    """Statements one after the other in one session. Raises QueryError."""
    from pyhive.exc import Error

    with _cursor() as cursor:
        for statement in statements:
            try:
                cursor.execute(statement)
            except Error as error:
                raise QueryError(f"{_message(error)}\n{statement[:500]}") from error


def _message(error: Exception) -> str:
    """What Spark says is wrong, without its stack."""
    status = getattr(error.args[0], "status", None) if error.args else None
    return str(status.errorMessage if status is not None else error).splitlines()[0]


@contextmanager
def _cursor() -> Iterator[Any]:
    from pyhive import hive
    from thrift.transport.TTransport import TTransportException

    host, port = os.environ.get("OUTCOMES_SPARK_HOST", "127.0.0.1"), os.environ.get("OUTCOMES_SPARK_PORT", "10000")
    try:
        connection = hive.connect(host, int(port), username="outcomes")
    except (OSError, TTransportException):
        raise SparkUnreachableError(
            f"expected Spark's Thrift server at {host}:{port} (OUTCOMES_SPARK_HOST, OUTCOMES_SPARK_PORT), "
            "found nobody who answers; `make spark-up` starts a cluster on this machine"
        ) from None  # of a chain of errors a run tells the first, which names no variable
    with connection, connection.cursor() as cursor:
        yield cursor

"""The engine Spark: schema `raw` in its catalog, over the same raw Parquet, and its mart back into the build database."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.home import Home
from sources.catalogue import Dataset
from sources.raw import RawStore, raw_columns
from sources.release import Release

if TYPE_CHECKING:
    import duckdb

STATEMENTS_AT_ONCE = 4
# Types of Spark under which DuckDB's columns are the same.
TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz"}
OWN_TABLES = ("release", "dataset", "drift", "published_answer")


class SparkUnreachableError(RuntimeError):
    """Nobody answers at the address of the Thrift server."""


def prepare(
    home: Home, catalogue: Mapping[str, Dataset], releases: Mapping[str, Sequence[Release]], raw: RawStore
) -> None:
    """Schema `raw` of Spark's catalog: the tables of the build database's, on the same files."""
    statements = [*_raw_tables(home, catalogue, releases, raw), *_own_tables(home)]
    run(["drop schema if exists raw cascade", "create schema raw"])
    with ThreadPoolExecutor(STATEMENTS_AT_ONCE) as pool:
        list(pool.map(run, (statements[start::STATEMENTS_AT_ONCE] for start in range(STATEMENTS_AT_ONCE))))


def _raw_tables(
    home: Home, catalogue: Mapping[str, Dataset], releases: Mapping[str, Sequence[Release]], raw: RawStore
) -> Iterator[str]:
    for dataset in catalogue.values():
        for table in dataset.table_names:
            files = raw.files(dataset, table, list(releases[dataset.dataset]))
            columns = dict.fromkeys(raw_columns(dataset, table), "string")
            yield _table(f"{dataset.dataset}__{table}", columns, files or [_empty(home)])


def _own_tables(home: Home) -> Iterator[str]:
    """What a run writes into schema `raw` itself, as Parquet beside the build database."""
    import duckdb

    with duckdb.connect(home.build_db, read_only=True) as con:
        for name in OWN_TABLES:
            target = _folder(home) / f"{name}.parquet"
            con.execute(f"copy raw.{name} to {_quoted(target)} (format parquet)")
            described = con.execute(f"describe raw.{name}").fetchall()
            yield _table(name, {column: TYPES.get(kind, kind.lower()) for column, kind, *_ in described}, [target])


def _table(name: str, columns: Mapping[str, str], files: Sequence[Path]) -> str:
    """A table on Parquet files. Spark takes one path, in which braces hold a choice."""
    body = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    path = files[0]
    if len(files) > 1:
        root = Path(os.path.commonpath(files))
        path = root / ("{" + ",".join(str(file.relative_to(root)) for file in files) + "}")
    return f"create table raw.`{name}` ({body}) using parquet location {_quoted(path)}"


def _folder(home: Home) -> Path:
    folder = home.build / "spark_raw"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _empty(home: Home) -> Path:
    """An empty folder: a table without files."""
    folder = _folder(home) / "nothing"
    folder.mkdir(exist_ok=True)
    return folder


def run(statements: Iterable[str]) -> None:
    with _cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _cursor() -> Iterator[Any]:
    from pyhive import hive
    from thrift.transport.TTransport import TTransportException

    host, port = os.environ.get("OUTCOMES_SPARK_HOST", "127.0.0.1"), os.environ.get("OUTCOMES_SPARK_PORT", "10000")
    try:
        connection = hive.connect(host, int(port), username="outcomes")
    except (OSError, TTransportException) as error:
        raise SparkUnreachableError(
            f"expected Spark's Thrift server at {host}:{port} (OUTCOMES_SPARK_HOST, OUTCOMES_SPARK_PORT), "
            "found nobody who answers; `make spark-up` starts a cluster on this machine"
        ) from error
    with connection, connection.cursor() as cursor:
        yield cursor


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"

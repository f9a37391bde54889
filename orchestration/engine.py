"""The engine that dbt's models run on: DuckDB, in the build database; with OUTCOMES_ENGINE=spark, a Spark cluster.

Whatever the engine, a run ends with schema `mart` in the build database, which the release gate reads, and which is
published.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestration.home import Home

if TYPE_CHECKING:
    from orchestration.transform import RawTable


class UnknownEngineError(RuntimeError):
    """OUTCOMES_ENGINE names none of the engines."""


class QueryError(RuntimeError):
    """The engine cannot answer a query."""


class Engine(Protocol):
    """What a run asks of an engine, in this order."""

    keeps_tables: bool
    """Whether tables of the last run are there still, so that only what changed is built again."""

    def show_raw(self, home: Home, tables: Sequence[RawTable]) -> None:
        """Schema `raw` where dbt will look for it; that of the build database is there already."""

    def dbt_arguments(self) -> list[str]:
        """Arguments of dbt that choose the engine."""

    def collect_mart(self, home: Home) -> None:
        """Schema `mart` into the build database, after dbt."""

    def rows(self, build_db: Path, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Columns and rows of a query in the engine's SQL. Raises QueryError."""


class DuckDb:
    """dbt works in the build database: nothing has to be brought there or back."""

    keeps_tables = True

    def show_raw(self, home: Home, tables: Sequence[RawTable]) -> None:
        pass

    def dbt_arguments(self) -> list[str]:
        return []

    def collect_mart(self, home: Home) -> None:
        pass

    def rows(self, build_db: Path, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        import duckdb

        try:
            with duckdb.connect(build_db, read_only=True) as con:
                found = con.execute(query)
                return [column[0] for column in found.description or []], found.fetchall()
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


def engine() -> Engine:
    """The engine that OUTCOMES_ENGINE names. Raises UnknownEngineError."""
    name = os.environ.get("OUTCOMES_ENGINE") or "duckdb"
    if name == "duckdb":
        return DuckDb()
    if name == "spark":
        from orchestration.spark.warehouse import Spark

        return Spark()
    raise UnknownEngineError(f"OUTCOMES_ENGINE: expected duckdb or spark, found {name!r}")

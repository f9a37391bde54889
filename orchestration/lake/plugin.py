"""What dbt loads for the target `lake`: the extensions, and the account of the store, in the connection only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.lake.store import prepare

if TYPE_CHECKING:
    import duckdb


class Plugin(BasePlugin):
    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        prepare(conn)

"""Dagster's event log of all runs in one SQLite file, with connections that stay open.

Dagster's own storage makes an engine and a connection for each of the thousands of events of a run, which takes more of
the processor than everything else that happens between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class EventLog(ConsolidatedSqliteEventLogStorage):
    """Used by dagster.yaml; the file is the one that ConsolidatedSqliteEventLogStorage writes."""

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        engine = create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

        @event.listens_for(engine, "connect")
        def no_flush_per_event(connection: Any, _: object) -> None:
            # A write-ahead log stays whole all the same; a power cut may cost the last events of a run that it ended.
            connection.execute("pragma synchronous = normal")

        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    @cache  # noqa: B019 - there is one for each process
    def has_table(self, table_name: str) -> bool:
        """Asked for every check of a run."""
        return bool(super().has_table(table_name))

    def dispose(self) -> None:
        super().dispose()  # type: ignore[no-untyped-call]
        self._engine.dispose()

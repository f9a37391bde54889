"""Where everything lies: one folder (`OUTCOMES_HOME`, default `data/`) holds landing, raw, build and published.

Also the lock that lets one run at a time write there. The lock belongs to the process: when it dies, however
it dies, the next run finds no lock.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from sources.disk import writing

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"


class RunInProgressError(RuntimeError):
    """Another run holds the lock."""


@dataclass(frozen=True)
class Home:
    """Folders of one warehouse. With `as_of` those of the mart as it was known on that day, beside the served one."""

    root: Path
    as_of: dt.date | None = None

    @classmethod
    def from_environment(cls) -> Home:
        return cls(Path(os.environ.get("OUTCOMES_HOME") or PROJECT_ROOT / "data").expanduser().resolve())

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def returns(self) -> Path:
        """Where people drop the authority's own returns; made by them, not by a run."""
        return self.root / "returns"

    @property
    def build(self) -> Path:
        return self.root / "build" / "as_of" if self.as_of else self.root / "build"

    @property
    def build_db(self) -> Path:
        return self.build / "build.duckdb"

    @property
    def scratch(self) -> Path:
        """Temporary files of a run: what is being fetched and read."""
        return self.build / "scratch"

    @property
    def statuses(self) -> Path:
        """What the last ingest of each dataset came to, one JSON file per dataset."""
        return self.build / "datasets"

    @property
    def dbt_results(self) -> Path:
        return self.build / "run_results.json"

    @property
    def gate_results(self) -> Path:
        return self.build / "release_gate.json"

    @property
    def profiles(self) -> Path:
        """Where the time of the last runs went, one JSON file per run."""
        return self.build / "profiles"

    @property
    def alerts(self) -> Path:
        """Problems that have been told and are not over."""
        return self.root / "alerts.json"

    @property
    def published(self) -> Path:
        return self.root / "as_of" / str(self.as_of) if self.as_of else self.root / "published"

    @property
    def mart(self) -> Path:
        """The file that BI tools open."""
        return self.published / "outcomes.duckdb"

    @property
    def builds(self) -> Path:
        return self.published / "builds"

    @property
    def current(self) -> Path:
        """Link to the folder of the published build: Parquet, CSV, outlines, scorecard, Data Docs, run results."""
        return self.published / "current"

    @property
    def scorecard(self) -> Path:
        """The page that people open: a link to that of the published build."""
        return self.published / "scorecard.html"

    @property
    def dagster_storage(self) -> Path:
        return self.root / "dagster"

    def lock_holder(self) -> str | None:
        """Process id of the run that holds the lock; None when it is free. Writes nothing."""
        path = self.root / "run.lock"
        if not path.is_file():
            return None
        with path.open("r") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return handle.read().strip() or "unknown"
        return None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while a run writes. Raises RunInProgressError at once when another process holds it."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / "run.lock"
        with path.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                raise RunInProgressError(
                    f"another run is writing to {self.root} (process {holder}); wait for it, or stop that process"
                ) from None
            with writing(path):
                handle.truncate(0)
                os.write(handle.fileno(), str(os.getpid()).encode())
            yield

    def try_to_write(self) -> None:
        """Raises OSError where a folder that a run writes to cannot be written to: not after minutes of work."""
        for folder in (self.root, self.landing, self.raw, self.build, self.published, self.dagster_storage):
            if folder.is_dir():
                try:
                    with TemporaryFile(dir=folder) as file:
                        file.write(b"1")
                except OSError as error:
                    error.filename = str(folder)
                    raise

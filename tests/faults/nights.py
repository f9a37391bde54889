"""A warehouse, night by night: landing zone and raw Parquet, filled over HTTP from publishers on loopback."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer

from orchestration.ingest import Ingest, Outcome
from sources.catalogue import Dataset
from sources.landing import Landing
from sources.origins import Origin, open_origin, parse
from sources.raw import RawStore
from sources.release import Release
from tests.faults.publishers import Nomis, Publisher
from tests.loopback import loopback_session

Source = Publisher | Nomis
Files = dict[str, tuple[str, int]]  # path -> (sha256, time of last change in ns)


class Warehouse:
    """Landing zone and raw Parquet in one folder; every night is another process with another session."""

    def __init__(self, root: Path, runner: Any, *servers: HTTPServer) -> None:
        self.root, self.runner, self.servers = root, runner, servers

    def night(self, *sources: Source, **session: Any) -> list[Outcome]:
        landing = Landing(self.root / "landing")
        ingest = Ingest(landing, RawStore(self.root / "raw"), lambda: self.runner)
        with loopback_session(*self.servers, **({"retries": 2} | session)) as polite:
            origin = open_origin(parse("live"), landing, polite)
            return [ingested(ingest, source.dataset(), origin) for source in sources]

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.root / "landing" / "ledger.jsonl").read_bytes().splitlines()]

    def releases(self, source: Source) -> list[Release]:
        landed = Landing(self.root / "landing").releases(sample=False)
        return [release for release in landed if release.dataset == source.dataset().dataset]

    def held(self, source: Source) -> Files:
        """Everything that is kept of a dataset: bytes as published, raw Parquet, contract results."""
        name = source.dataset().dataset
        folders = (self.root / "landing" / name, self.root / "raw" / name)
        return {
            str(path.relative_to(self.root)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
        }

    def rejected(self, source: Source) -> list[bytes]:
        folder = self.root / "landing" / "rejected" / source.dataset().dataset
        return [path.read_bytes() for path in sorted(folder.glob("*"))]


def ingested(ingest: Ingest, dataset: Dataset, origin: Origin) -> Outcome:
    """As a run takes a dataset in: what is no fault of the source is none of the other datasets' either."""
    try:
        return ingest.ingest(dataset, origin)
    except OSError as error:
        return ingest.defect(dataset, origin, error)


def told_of(outcome: Outcome) -> str:
    """Status of an outcome, and what was found or else what became of it."""
    problem = "".join(outcome.problems[:1])
    said = problem.partition("; found ")[2] or problem.partition(": ")[2]
    return f"{outcome.status}: {said or outcome.message}"

"""Where the time of a run goes: seconds by phase, kept per run beside the build and shown by `outcomes run --profile`.

Phases follow one another. What they do not cover is Dagster's own work between them: steps, events, history. Details
are of things of which several go on at once: theirs are sums.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START = "start-up, imports, definitions"
DATASETS = "datasets"
RAW = "schema raw"
DBT_START = "dbt: start and parse"
DBT_RUN = "dbt: seeds, models, tests"
GATE = "release gate"
PUBLISH = "publish"
REST = "Dagster and whatever else"
PHASES = (START, DATASETS, RAW, DBT_START, DBT_RUN, GATE, PUBLISH)
FETCH = "discovery and fetch"
READ = "gate, read, contract, land"
PARTS = ("mart file", "Parquet", "page", "CSV", "Data Docs", "flush and swap")  # of publish
DETAILS = (FETCH, READ, *PARTS)
KEEP = 30

_STARTED = time.monotonic()
_lock = threading.Lock()
_seconds: dict[str, float] = {}


def add(phase: str, seconds: float) -> None:
    """Counts seconds to a phase."""
    with _lock:
        _seconds[phase] = _seconds.get(phase, 0.0) + seconds


@contextmanager
def measured(phase: str) -> Iterator[None]:
    """Counts what happens inside to a phase, also where it fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        add(phase, time.perf_counter() - started)


def since_start(phase: str) -> None:
    """Counts to a phase all that this process has done until now."""
    add(phase, time.monotonic() - _STARTED)


def keep(folder: Path, run_id: str, dbt_results: Path) -> None:
    """Writes the profile of the run that ends now, and forgets old ones and what was counted."""
    with _lock:
        counted = {phase: round(seconds, 2) for phase, seconds in _seconds.items()}
        _seconds.clear()
    found = {
        "run_id": run_id,
        "total": round(time.monotonic() - _STARTED, 2),
        "phases": {phase: counted.get(phase, 0.0) for phase in PHASES},
        "details": {detail: counted[detail] for detail in DETAILS if detail in counted} | _node_seconds(dbt_results),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}.json"
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    for old in sorted(folder.glob("*.json"))[:-KEEP]:
        old.unlink()


def newest(folder: Path) -> dict[str, Any] | None:
    """The profile of the last run."""
    paths = sorted(folder.glob("*.json"))
    found: dict[str, Any] | None = json.loads(paths[-1].read_text(encoding="utf-8")) if paths else None
    return found


def count_dbt(spawned: dt.datetime, results: Sequence[Mapping[str, Any]]) -> None:
    """Counts one dbt process to its phases: until its first node began, and from there on."""
    first = min(filter(None, map(_began, results)), default=None)
    now = dt.datetime.now(dt.UTC)
    add(DBT_START, ((first or now) - spawned).total_seconds())
    add(DBT_RUN, (now - (first or now)).total_seconds())


def _began(result: Mapping[str, Any]) -> dt.datetime | None:
    starts = [timing["started_at"] for timing in result["timing"]]
    return dt.datetime.fromisoformat(min(starts).replace("Z", "+00:00")) if starts else None


def _node_seconds(dbt_results: Path) -> dict[str, float]:
    """Seconds of the dbt nodes that this process has run, by kind."""
    if not dbt_results.is_file():
        return {}
    since = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=time.monotonic() - _STARTED)
    kinds: dict[str, float] = {}
    for result in json.loads(dbt_results.read_text(encoding="utf-8"))["results"]:
        began = _began(result)
        if began and began >= since:
            kind = f"dbt {result['unique_id'].partition('.')[0]}s"
            kinds[kind] = round(kinds.get(kind, 0.0) + result["execution_time"], 2)
    return kinds


def render(profile: Mapping[str, Any]) -> list[str]:
    """The profile as text."""
    total, phases = profile["total"], profile["phases"]
    rows = {**phases, REST: total - sum(phases.values()), "in all": total}
    return [
        "",
        f"  {'where the time went':<34}{'seconds':>9}{'share':>8}",
        *(f"  {phase:<34}{seconds:>9.1f}{seconds / total:>8.0%}" for phase, seconds in rows.items()),
        "",
        "  of which, several at once: "
        + ", ".join(f"{detail} {seconds:.1f}" for detail, seconds in profile["details"].items()),
    ]

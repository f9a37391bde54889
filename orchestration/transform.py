"""From raw Parquet to the build database: schema `raw` by this module, everything else by dbt.

The build database goes on from run to run as long as the same code makes it (`orchestration.data_versions`). Its schema
`raw` shows every dataset of the catalogue: views on the Parquet of landed releases, or empty tables with the right
columns where nothing has landed.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.data_versions import code_of, content_hash, create_state, set_sources
from orchestration.dbt_process import project_hash
from orchestration.engine import engine
from orchestration.home import Home
from orchestration.ingest import Outcome
from sources.catalogue import Dataset
from sources.drift import drifts_of_release, has_form, schema_hash
from sources.landing import Landing
from sources.literals import listed, quoted
from sources.place import DEFAULT, load_place, place
from sources.raw import RawStore, raw_columns
from sources.release import Release, in_order, known_from

if TYPE_CHECKING:
    import duckdb

# Tables of schema `raw` beside the datasets' own, which tell of releases and of this run: columns and their types.
_RELEASE = {
    "release_id": "varchar", "publisher": "varchar", "dataset": "varchar", "part": "varchar", "title": "varchar",
    "url": "varchar", "landing_page": "varchar", "licence": "varchar", "attribution": "varchar",
    "published_at": "date", "published_at_basis": "varchar", "revised_at": "date", "known_from": "date",
    "retrieved_at": "timestamp", "etag": "varchar", "last_modified": "varchar", "sha256": "varchar",
    "bytes": "bigint", "media_type": "varchar", "basis": "varchar", "kind": "varchar", "origin": "varchar",
    "verified": "boolean", "citation": "varchar", "schema_hash": "varchar",
}  # fmt: skip
_DRIFT = {
    "dataset": "varchar", "part": "varchar", "table_name": "varchar", "release_id": "varchar",
    "compared_with": "varchar", "published_at": "date", "what": "varchar", "severity": "varchar", "state": "varchar",
    "expected": "varchar", "found": "varchar", "place": "varchar",
}  # fmt: skip
_DATASET = {
    "dataset": "varchar", "publisher": "varchar", "title": "varchar", "description": "varchar", "cadence": "varchar",
    "licence": "varchar", "attribution": "varchar", "landing_page": "varchar", "verified": "boolean",
    "verified_note": "varchar", "whole_series": "boolean",
}  # fmt: skip
_REFRESH = {"dataset": "varchar", "status": "varchar", "message": "varchar"}
_STALE = {"dataset": "varchar"}
_PUBLISHED_ANSWER = {"measure_id": "varchar", "status": "varchar", "same_origin": "boolean"}
WRITER_WAIT_SECONDS = 600


class BuildDatabaseBusyError(RuntimeError):
    """Another process goes on writing to the build database."""


# --- the raw schema --------------------------------------------------------------------------------------


def build_releases(
    landing: Landing,
    raw: RawStore,
    catalogue: Mapping[str, Dataset],
    *,
    sample: bool,
    as_of: dt.date | None = None,
) -> dict[str, list[Release]]:
    """Releases a build is made of, by dataset: landed, readable, and never sample beside anything else.

    With `as_of` only those that were known on that day.
    """
    chosen: dict[str, list[Release]] = {name: [] for name in catalogue}
    landed = landing.releases(sample=sample)
    known = known_from(landed)
    for release in landed:
        dataset = catalogue.get(release.dataset)
        if as_of is not None and known[release.release_id] > as_of:
            continue
        if dataset is not None and raw.holds(dataset, release):
            chosen[release.dataset].append(release)
    return chosen


def await_writer(build_db: Path, waiting: Callable[[], None], *, seconds: int = WRITER_WAIT_SECONDS) -> None:
    """Returns when no other process writes to the build database. Raises BuildDatabaseBusyError after `seconds`.

    A run that was killed alone (not its process group) leaves its dbt at work until that build ends. Readers, who
    may look at the last build at any time, are not waited for: they keep the file that they opened.
    """
    if not build_db.exists():
        return
    deadline = time.monotonic() + seconds
    told = False
    with build_db.open("rb") as handle:
        while True:
            try:
                fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    break
                if not told:
                    waiting()
                    told = True
                time.sleep(0.2)
            else:
                return
    raise BuildDatabaseBusyError(
        f"expected nobody to write to {build_db}; found a process that still does after {seconds} s: "
        "the dbt of a run that was killed, or a DuckDB shell that was not opened read-only. End it and run again"
    )


@dataclass(frozen=True)
class RawTable:
    """A table of schema `raw`: of Parquet files, all of whose columns are text, or of rows of its own."""

    name: str
    columns: Mapping[str, str]
    files: Sequence[Path] = ()
    rows: Sequence[tuple[Any, ...]] = ()

    @property
    def version(self) -> str:
        """Hash of its content. Raw files are named by what is in them and by who read it (`sources.raw`)."""
        files = [path.parts[-3:] for path in self.files]
        return content_hash([self.name, list(self.columns.items()), files, self.rows])


def raw_tables(
    home: Home,
    catalogue: Mapping[str, Dataset],
    releases: Mapping[str, Sequence[Release]],
    raw: RawStore,
    refused: Sequence[Mapping[str, Any]] = (),
) -> list[RawTable]:
    """Schema `raw` of a build: every table of the catalogue, empty where nothing has landed, and what is known of them.

    `refused`: ledger rows of releases that were refused for their form.
    """
    tables = [
        RawTable(
            f"{dataset.dataset}__{table}",
            dict.fromkeys(raw_columns(dataset, table), "varchar"),
            files=raw.files(dataset, table, list(releases[dataset.dataset])),
        )
        for dataset in catalogue.values()
        for table in dataset.table_names
    ]
    drifts = [*_drift_rows(catalogue, releases, raw), *_refused_rows(catalogue, refused)]
    refreshes = _refresh_rows(home, catalogue, releases)
    return [
        *tables,
        RawTable("release", _RELEASE, rows=_release_rows(catalogue, releases, raw)),
        RawTable("drift", _DRIFT, rows=drifts),
        RawTable("dataset", _DATASET, rows=_dataset_rows(catalogue)),
        # How a dataset fared changes more often than what is served from it: few models look at it.
        RawTable("refresh", _REFRESH, rows=refreshes),
        RawTable("stale_dataset", _STALE, rows=[(dataset,) for dataset, status, _ in refreshes if status == "stale"]),
        RawTable("published_answer", _PUBLISHED_ANSWER, rows=_published_answers(home.mart, releases)),
    ]


def prepare_build_database(
    home: Home, tables: Sequence[RawTable], code: str = "", *, keep_tables: bool = False
) -> None:
    """The build database with its schema `raw`: a new one, or that of the last run where the same code made it.

    `code`: see `build_code`. `keep_tables`: what the last run built may stay.
    """
    import duckdb

    home.build.mkdir(parents=True, exist_ok=True)
    if not keep_tables or code_of(home.build_db) != code:
        for leftover in (home.build_db, home.build_db.with_name(home.build_db.name + ".wal")):
            leftover.unlink(missing_ok=True)
    with duckdb.connect(home.build_db) as con:
        if con.execute("select 1 from duckdb_schemas() where schema_name = 'state'").fetchone() is None:
            create_state(con, code)
        con.execute("begin")
        con.execute("drop schema if exists raw cascade")
        _create_raw_schema(con, tables)
        set_sources(con, {table.name: table.version for table in tables})
        con.execute("commit")


def _create_raw_schema(con: duckdb.DuckDBPyConnection, tables: Iterable[RawTable]) -> None:
    con.execute("create schema raw")
    for table in tables:
        columns = {'"' + name.replace('"', '""') + '"': kind for name, kind in table.columns.items()}
        if table.files:
            paths = ", ".join(map(quoted, table.files))
            source = f"select {', '.join(columns)} from read_parquet([{paths}], union_by_name = true)"
            con.execute(f'create view raw."{table.name}" as {source}')
            continue
        body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        con.execute(f'create table raw."{table.name}" ({body})')
        if table.rows:
            cells = zip(*table.rows, strict=True)
            lists = (f"unnest({listed(of, kind)})" for of, kind in zip(cells, columns.values(), strict=True))
            con.execute(f'insert into raw."{table.name}" select {", ".join(lists)}')


def _release_rows(
    catalogue: Mapping[str, Dataset], releases: Mapping[str, Sequence[Release]], raw: RawStore
) -> list[tuple[Any, ...]]:
    rows = []
    for found in releases.values():
        known = known_from(found)
        for release in found:
            dataset = catalogue[release.dataset]
            first = release.files[0]
            rows.append(
                (
                    release.release_id, dataset.publisher, release.dataset, release.part, release.title, release.url,
                    dataset.landing_page, dataset.licence, dataset.attribution, release.published_at,
                    release.published_at_basis, release.revised_at, known[release.release_id],
                    release.retrieved_at.astimezone(dt.UTC).replace(tzinfo=None),
                    first.etag, first.last_modified, release.sha256, sum(file.bytes for file in release.files),
                    first.media_type, release.basis, release.kind, release.origin, dataset.verified,
                    release.citation, schema_hash(raw.fingerprints(dataset, release)),
                )
            )  # fmt: skip
    return rows


def _drift_rows(
    catalogue: Mapping[str, Dataset], releases: Mapping[str, Sequence[Release]], raw: RawStore
) -> list[tuple[Any, ...]]:
    """How whole releases differ in form from the ones before them."""
    rows = []
    for name, found in releases.items():
        dataset = catalogue[name]
        parts: dict[tuple[str, str], list[Release]] = {}
        for release in in_order(release for release in found if has_form(release)):
            parts.setdefault((release.part, release.basis), []).append(release)
        for before, now in chain.from_iterable(pairwise(of_part) for of_part in parts.values()):
            changes = drifts_of_release(dataset, raw.fingerprints(dataset, before), raw.fingerprints(dataset, now))
            rows += [
                (
                    name, now.part, drift.table_name, now.release_id, before.release_id, now.published_at,
                    drift.what, drift.severity, "landed", drift.expected, drift.found, drift.place,
                )
                for drift in changes
            ]  # fmt: skip
    return rows


def _refused_rows(catalogue: Mapping[str, Dataset], refused: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """What was found in releases that were refused for their form."""
    return [
        (
            row["dataset"], row["part"], drift["table_name"], row["release_id"], row["drift"]["before"],
            dt.date.fromisoformat(row["published_at"]), drift["what"], drift["severity"], "refused",
            drift["expected"], drift["found"], drift["place"],
        )
        for row in refused
        if row["dataset"] in catalogue
        for drift in row["drift"]["drifts"]
    ]  # fmt: skip


def _dataset_rows(catalogue: Mapping[str, Dataset]) -> list[tuple[Any, ...]]:
    return [
        (
            dataset.dataset, dataset.publisher, dataset.title, dataset.description, dataset.cadence, dataset.licence,
            dataset.attribution, dataset.landing_page, dataset.verified, dataset.verified_note, dataset.whole_series,
        )
        for dataset in catalogue.values()
    ]  # fmt: skip


def _refresh_rows(
    home: Home, catalogue: Mapping[str, Dataset], releases: Mapping[str, Sequence[Release]]
) -> list[tuple[str, str, str]]:
    """How every dataset fared: dataset, status, message."""
    rows = []
    for name in catalogue:
        outcome = Outcome.read(home.statuses, name)
        if home.as_of and not releases[name]:
            rows.append((name, "missing", f"nothing was known of it on {home.as_of}"))
        elif outcome is not None:
            rows.append((name, outcome.status, outcome.message))
        else:
            rows.append((name, "unchanged", "") if releases[name] else (name, "missing", "nothing has landed"))
    return rows


def _published_answers(mart: Path, releases: Mapping[str, Sequence[Release]]) -> list[tuple[Any, ...]]:
    """Status of every measure in the published mart, which the new build is held against; nothing before the first.

    Two builds are of the same origin where the releases behind both are: the sample's, those that publishers gave, or
    files that somebody downloaded.
    """
    import duckdb

    if not mart.is_file():
        return []
    with duckdb.connect(mart, read_only=True) as con:
        published = {origin for (origin,) in con.execute("select distinct origin from mart.dim_release").fetchall()}
        now = {release.origin for found in releases.values() for release in found}
        statuses = con.execute("select measure_id, status from mart.mart_measure_coverage").fetchall()
    same = _origin(published) == _origin(now)
    return [(measure, status, same) for measure, status in statuses]


def _origin(origins: set[str]) -> str:
    return next((origin for origin in ("sample", "live", "mirror") if origin in origins), "")


# --- dbt -------------------------------------------------------------------------------------------------


def dbt_place() -> list[str]:
    """Arguments that give dbt another place than the one of dbt_project.yml, which is that of place.yml."""
    here = place()
    return [] if here == load_place(DEFAULT) else ["--vars", json.dumps(here.dbt_vars())]


def build_code() -> str:
    """Hash of all that makes rows of raw tables but the raw tables themselves: dbt project, place, engines."""
    engines = [version(package) for package in ("dbt-core", "dbt-duckdb", "duckdb")]
    return content_hash([project_hash(), dbt_place(), engine().dbt_arguments(), engines])


def merged_results(before: Mapping[str, Any], now: Mapping[str, Any], kept: set[str]) -> dict[str, Any]:
    """Results of a dbt run, and behind them the earlier ones of nodes that it left as they were."""
    earlier = [result for result in before["results"] if result["unique_id"] in kept]
    return {**now, "results": [*now["results"], *earlier]}


def read_json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded

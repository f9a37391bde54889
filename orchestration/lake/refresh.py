"""One writer's refresh: ingest some datasets, hand their raw tables in, build the mart from everybody's, publish it.

Raw tables of different publishers are different tables of the lake, so any number of writers hand in at once. A mart is
always built from one snapshot of all that has been handed in, and published only where no build of a later one is
published already: whoever hands in last builds from everything, and nothing that was handed in is lost.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import platform
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from orchestration import transform
from orchestration.dbt_checks import dbt_checks
from orchestration.dbt_process import call_dbt
from orchestration.home import PROJECT_ROOT, Home
from orchestration.lake.store import (
    ALIAS,
    PUBLISHED,
    LakeError,
    builds,
    commit,
    current_snapshot,
    discard,
    swap,
    tables,
)
from orchestration.publish import QUALITY_COLUMNS, describe, new_build_id
from sources.catalogue import Dataset
from sources.literals import listed, quoted
from sources.place import place
from sources.raw import raw_columns, reader_fingerprint
from sources.release import Release

if TYPE_CHECKING:
    import duckdb

    from orchestration.warehouse import Warehouse

# Tables of `raw` that every writer has rows in; the column `dataset` says whose.
SHARED = ("release", "refresh", "stale_dataset", "drift", "contract_check", "handed_in")
STORAGE_VERSION = "ducklake 1.0"
Say = Callable[[str], None]


@dataclass(frozen=True)
class WriterHome(Home):
    """The writer's home, with a build database of its own beside that of `outcomes run`."""

    @property
    def build_db(self) -> Path:
        return self.build / "lake" / "build.duckdb"

    @property
    def writer(self) -> str:
        """What this writer's unfinished tables end in: the same every night, another one in every home and machine."""
        return hashlib.sha256(f"{platform.node()}:{self.root}".encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Refreshed:
    """What is published now: this writer's build with its counts, or a later one that holds all that it would."""

    build_id: str
    counts: dict[str, int]


class _LaterBuildError(Exception):
    """A build of a later snapshot of `raw` is published already."""


def ingest(home: Home, origin: str, datasets: Collection[str]) -> None:
    """Fetches, checks and lands these datasets with the job that every run takes. Raises LakeError where it fails."""
    home.dagster_storage.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT_ROOT))
    os.environ |= {"OUTCOMES_DAGSTER_STORAGE": str(home.dagster_storage), "OUTCOMES_HOME": str(home.root)}

    from orchestration.assets.datasets import dataset_key
    from orchestration.definitions import JOB, defs, run_config
    from orchestration.failures import reasons
    from orchestration.warehouse import history

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with history() as instance:
        result = defs.resolve_job_def(JOB).execute_in_process(
            instance=instance,
            run_config=run_config(origin) | quiet,
            asset_selection=[dataset_key(name) for name in datasets],
            raise_on_error=False,
            tags={"outcomes/from": origin, "outcomes/lake": "true"},
        )
    if not result.success:
        raise LakeError("\n".join(reasons(result.all_events, home.root)[:5]) or "the ingest failed")


# --- hand in ---------------------------------------------------------------------------------------------


def hand_in(con: duckdb.DuckDBPyConnection, warehouse: Warehouse, datasets: Collection[str]) -> list[str]:
    """Puts what has landed of these datasets into the lake, in one commit. Returns those whose content is new to it."""
    home = WriterHome(warehouse.home.root)
    chosen = {name: warehouse.catalogue[name] for name in datasets}
    releases = warehouse.releases(chosen)
    home.build_db.parent.mkdir(parents=True, exist_ok=True)
    refused = warehouse.refused_for_drift()
    transform.prepare_build_database(home, transform.raw_tables(home, chosen, releases, warehouse.raw, refused))
    versions = {name: _version(dataset, releases[name]) for name, dataset in chosen.items()}
    con.execute(f"attach {quoted(home.build_db)} as handed")
    try:
        _add_checks(con, warehouse, releases)
        _add_versions(con, versions)
        commit(con, "tables of the lake", lambda: _create_shared(con))
        changed = _news(con, versions)
        discard(con, "raw", home.writer)
        names = [f"{name}__{table}" for name in changed for table in chosen[name].table_names]
        commit(con, f"raw tables of {home.writer}", lambda: _copy(con, names, home.writer))

        def hand_over() -> None:
            _refuse_mixture(con)
            if _news(con, versions) != changed:
                raise LakeError("another writer handed in the same datasets meanwhile; a publisher has one writer")
            swap(con, "raw", home.writer)
            for table in SHARED:
                con.execute(f"delete from {ALIAS}.raw.{table} where list_contains({listed(versions)}, dataset)")
                con.execute(f"insert into {ALIAS}.raw.{table} by name from handed.raw.{table}")

        commit(con, f"handed in: {', '.join(changed) or 'nothing new'}", hand_over)
    finally:
        con.execute("detach handed")
    return changed


def _news(con: duckdb.DuckDBPyConnection, versions: Mapping[str, str]) -> list[str]:
    """Datasets of which the lake has another version than this, or none."""
    known = dict(con.execute(f"select dataset, version from {ALIAS}.raw.handed_in").fetchall())
    return [name for name, version in versions.items() if known.get(name) != version]


def _version(dataset: Dataset, releases: Collection[Any]) -> str:
    from orchestration.assets.datasets import data_version

    return f"{data_version(list(releases))}~{reader_fingerprint(dataset)}"


def _add_checks(con: duckdb.DuckDBPyConnection, warehouse: Warehouse, releases: Mapping[str, Any]) -> None:
    """Contract results, which the mart shows as its quality, beside what they are about."""
    checks = [
        check
        for name, found in releases.items()
        for release in found
        for document in warehouse.raw.contract(warehouse.catalogue[name], release)["documents"]
        for check in document["results"]
    ]
    checks += [check for check in warehouse.refused_checks() if check["dataset"] in releases]
    _insert_text(con, "contract_check", [{name: str(check[name]) for name in QUALITY_COLUMNS} for check in checks])


def _add_versions(con: duckdb.DuckDBPyConnection, versions: Mapping[str, str]) -> None:
    _insert_text(con, "handed_in", [{"dataset": name, "version": version} for name, version in versions.items()])


def _insert_text(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, str]]) -> None:
    columns = list(QUALITY_COLUMNS) if table == "contract_check" else ["dataset", "version"]
    lists = (f"unnest({listed(row[name] for row in rows)}) as {name}" for name in columns)
    con.execute(f"create table handed.raw.{table} as select {', '.join(lists)}")


def _create_shared(con: duckdb.DuckDBPyConnection) -> None:
    for schema in ("raw", "mart"):
        con.execute(f"create schema if not exists {ALIAS}.{schema}")
    for table in SHARED:
        con.execute(f"create table if not exists {ALIAS}.raw.{table} as from handed.raw.{table} limit 0")


def _copy(con: duckdb.DuckDBPyConnection, names: Collection[str], writer: str) -> None:
    for name in names:
        con.execute(f'create table {ALIAS}.raw."{name}__{writer}" as from handed.raw."{name}"')


def _refuse_mixture(con: duckdb.DuckDBPyConnection) -> None:
    kinds = con.execute(
        f"select distinct origin = 'sample' from (select origin from {ALIAS}.raw.release "
        "union all select origin from handed.raw.release)"
    ).fetchall()
    if len(kinds) > 1:
        raise LakeError(
            "expected a lake of the sample or of everything else, found both; give the sample a lake of its own"
        )


# --- build and publish -----------------------------------------------------------------------------------


def build(con: duckdb.DuckDBPyConnection, warehouse: Warehouse, say: Say) -> Refreshed:
    """Builds the mart from all that has been handed in, checks it, and publishes it in one commit."""
    home = WriterHome(warehouse.home.root)
    started_at = dt.datetime.now(dt.UTC)
    build_id = new_build_id(started_at, uuid4().hex)
    discard(con, "mart", home.writer)
    snapshot = _show_raw(con, home, warehouse)
    say(f"building from snapshot {snapshot}")
    quality = _dbt_build(home)
    say("release gate")
    quality += _gate(con, home, warehouse)
    quality += _contract_checks(con, snapshot)
    blocking = [row for row in quality if not row["passed"] and row["severity"] == "error"]
    if blocking:
        named = "; ".join(f"{row['check_name']}: {row['found']}" for row in blocking[:5])
        raise LakeError(f"nothing was published; {len(blocking)} failed checks of severity error: {named}")
    say("publish")

    def publish() -> Refreshed:
        later = [found.build_id for found in builds(con) if found.raw_snapshot > snapshot]
        if later:
            raise _LaterBuildError(later[0])
        plain = [name for name in tables(con, "mart") if "__" not in name]
        comments = swap(con, "mart", home.writer)
        for name in plain:
            if name not in comments:
                con.execute(f'drop table {ALIAS}.mart."{name}"')
        counts = describe(con, comments, build_id, started_at, str(warehouse.spec), quality, STORAGE_VERSION)
        return Refreshed(build_id, counts)

    try:
        return commit(con, f"{PUBLISHED}{build_id}", publish, raw_snapshot=snapshot)
    except _LaterBuildError as later:
        discard(con, "mart", home.writer)
        return Refreshed(str(later), {})


def _show_raw(con: duckdb.DuckDBPyConnection, home: WriterHome, warehouse: Warehouse) -> int:
    """A new build database whose schema `raw` shows the newest snapshot of the lake's, which it returns.

    Its tables are empty for what nobody has handed in.
    """
    catalogue = warehouse.catalogue
    nothing: dict[str, list[Release]] = {name: [] for name in catalogue}
    transform.prepare_build_database(home, transform.raw_tables(home, catalogue, nothing, warehouse.raw))
    con.execute("begin")  # so that all three are of one moment
    snapshot, handed_in, published = current_snapshot(con), tables(con, "raw"), tables(con, "mart")
    con.execute("commit")
    con.execute(f"attach {quoted(home.build_db)} as shown")
    for dataset in catalogue.values():
        for table in dataset.table_names:
            name = f"{dataset.dataset}__{table}"
            if name in handed_in:
                columns = [f'"{column}"' for column in raw_columns(dataset, table)]
                con.execute(f'drop table shown.raw."{name}"')
                # A table that an earlier version of its catalogue file handed in may lack a column.
                con.execute(
                    f'create view shown.raw."{name}" as select {", ".join(columns)} from ('
                    f'from {ALIAS}.raw."{name}" at (version => {snapshot}) union all by name '
                    f"select {', '.join(f'null::varchar as {column}' for column in columns)} where false)"
                )
    at = f"at (version => {snapshot})"
    for table in ("release", "refresh", "stale_dataset", "drift"):
        con.execute(f"delete from shown.raw.{table} where dataset in (select dataset from {ALIAS}.raw.handed_in {at})")
        con.execute(f"insert into shown.raw.{table} by name from {ALIAS}.raw.{table} {at}")
    con.execute("delete from shown.raw.published_answer")
    if "mart_measure_coverage" in published:
        # A lake is of the sample or of everything else; else it matters whether publishers themselves were asked.
        live = "select bool_or(origin = 'live') from"
        con.execute(
            f"insert into shown.raw.published_answer select measure_id, status, "
            f"({live} {ALIAS}.mart.dim_release {at}) = ({live} shown.raw.release) "
            f"from {ALIAS}.mart.mart_measure_coverage {at}"
        )
    con.execute("detach shown")
    return snapshot


def _dbt_build(home: WriterHome) -> list[dict[str, Any]]:
    """`dbt build` on the lake: the marts under this writer's names. Returns its tests; LakeError where it fails."""
    target = home.build_db.parent / "dbt"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    done = call_dbt(
        home,
        *("--quiet", "build", "--target", "lake", "--exclude-resource-type", "unit_test", *transform.dbt_place()),
        target=target,
        OUTCOMES_LAKE_WRITER=home.writer,
    )
    if done.returncode != 0:
        raise LakeError(f"dbt build failed; nothing was published\n{(done.stdout + done.stderr)[-4000:]}")
    manifest = transform.read_json(target / "manifest.json")
    return dbt_checks(transform.read_json(results), manifest, home.build_db)


def _gate(con: duckdb.DuckDBPyConnection, home: WriterHome, warehouse: Warehouse) -> list[dict[str, Any]]:
    """The release gate on this writer's tables, which it sees under their plain names."""
    from expectations.release_gate import judge

    con.execute("create or replace schema mart")
    suffix = f"__{home.writer}"
    for name in tables(con, "mart"):
        if name.endswith(suffix):
            con.execute(f'create view mart."{name.removesuffix(suffix)}" as from {ALIAS}.mart."{name}"')
    checked = judge(con, warehouse.runner, home_area=place().code, origin=warehouse.origin_kind)
    con.execute("drop schema mart cascade")
    return [check for suite in checked for check in suite.document["results"]]


def _contract_checks(con: duckdb.DuckDBPyConnection, snapshot: int) -> list[dict[str, Any]]:
    found = con.execute(f"from {ALIAS}.raw.contract_check at (version => {snapshot})")
    columns = [column[0] for column in found.description or []]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return [row | {"passed": row["passed"] == "True"} for row in rows]

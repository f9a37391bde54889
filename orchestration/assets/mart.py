"""The build database, dbt's models and tests, the release gate, and the published mart."""

# No deferred annotations here: Dagster reads the types of an asset's arguments at run time.

import datetime as dt
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)
from packaging.version import Version

from orchestration import data_versions, profile, transform
from orchestration.assets.datasets import dataset_key
from orchestration.dbt_checks import dbt_checks, failing_rows
from orchestration.dbt_process import RESULTS, RESULTS_ALONE, dbt_environment, dbt_executable
from orchestration.engine import engine
from orchestration.home import DBT_PROJECT_DIR, Home
from orchestration.memory import give_back
from orchestration.progress import say
from orchestration.publish import KEEP_BUILDS, new_build_id, publish
from orchestration.scorecard.charts import charts
from orchestration.warehouse import Warehouse
from sources.catalogue import Dataset
from sources.disk import disk_trouble
from sources.origins import unused_entries
from sources.place import place

if TYPE_CHECKING:
    from dbt.adapters.base.impl import BaseAdapter

BUILD_DATABASE = dg.AssetKey(["build", "raw_schema"])
PUBLISHED = dg.AssetKey(["published", "outcomes"])
MART = "mart"  # schema of what is published
_KEPT = {"kept": "all that it is made of is as it was"}
GATE_ASSETS = {
    "fct_observation": dg.AssetKey(["mart", "fct_observation"]),
    "mart_measure_coverage": dg.AssetKey(["mart", "mart_measure_coverage"]),
}


class Dbt(DbtCliResource):
    """dbt without the parts of dagster-dbt that this project has no use for.

    dagster-dbt asks `dbt --version` in a process of its own (seconds, and a network call), and opens an adapter in
    this process, which would hold the build database while dbt itself writes to it.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> "BaseAdapter":
        return None  # type: ignore[return-value]


class Translator(DagsterDbtTranslator):
    """dbt sources are the datasets' assets; staging is grouped by publisher, the rest by layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            dataset, _, table = dbt_resource_props["name"].partition("__")
            return dataset_key(dataset) if table else BUILD_DATABASE
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        folders = dbt_resource_props["fqn"][1:-1]
        if dbt_resource_props["resource_type"] == "seed":
            return f"seeds_{folders[0]}" if folders else "seeds"
        return "_".join(folders[:2]) if folders else None


def build_database_asset(catalogue: Mapping[str, Dataset]) -> dg.AssetsDefinition:
    @dg.asset(
        key=BUILD_DATABASE,
        deps=[dataset_key(dataset) for dataset in catalogue],
        group_name="build",
        kinds={"duckdb"},
        description="Schema `raw` of the build database: every landed dataset as dbt sees it, releases and datasets.",
    )
    def raw_schema(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:  # type: ignore[type-arg]
        busy = f"waiting: another process still writes to {warehouse.home.build_db}"
        transform.await_writer(warehouse.home.build_db, lambda: say(context.log, busy))
        releases = warehouse.releases()
        counts = {name: len(found) for name, found in releases.items()}
        total = sum(counts.values())
        if total == 0:
            raise dg.Failure(
                f"nothing has landed in {warehouse.home.landing}: run with --from live, sample or mirror:DIR first",
                allow_retries=False,
            )
        give_back()
        tables = transform.raw_tables(
            warehouse.home, warehouse.catalogue, releases, warehouse.raw, warehouse.refused_for_drift()
        )
        keeps = not warehouse.full_refresh and engine().keeps_tables
        with profile.measured(profile.RAW):
            transform.prepare_build_database(warehouse.home, tables, transform.build_code(), keep_tables=keeps)
            engine().show_raw(warehouse.home, tables)
        unknown = unused_entries(warehouse.opened_origin, warehouse.catalogue)
        if unknown:
            say(context.log, f"left alone, not in the catalogue: {', '.join(unknown)}")
        say(context.log, f"building from {total} releases of {sum(map(bool, counts.values()))} datasets")
        return dg.MaterializeResult(metadata={"releases": total, "per dataset": counts})

    return raw_schema


def dbt_models(manifest: Path) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=manifest,
        name="dbt_build",
        dagster_dbt_translator=Translator(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
    )
    def dbt_build(context: dg.AssetExecutionContext, warehouse: Warehouse, dbt: Dbt) -> Iterator[Any]:
        home, project = warehouse.home, transform.read_json(manifest)
        before = transform.read_json(home.dbt_results) if home.dbt_results.is_file() else {"results": []}
        home.dbt_results.unlink(missing_ok=True)  # dbt may not come to write its own
        versions, outdated = _outdated(home, project, before)
        # Who asks for single tables gets them; what they were built of is not known then.
        kept = set() if context.is_subset else versions.keys() - outdated
        Thread(target=_prepare_publishing, args=(home,), daemon=True).start()
        results, stays = before, _kept(context.assets_def.check_specs, project, versions, kept, before)
        if kept == versions.keys():
            yield from stays
        else:
            say(context.log, f"dbt build: {len(versions) - len(kept)} of {len(versions)} seeds, models and tests")
            yield from _run_dbt(context, home, dbt, data_versions.exclusion(project, kept), stays)
            results = transform.merged_results(before, transform.read_json(_dbt_target(home) / RESULTS), kept)
        home.dbt_results.write_text(json.dumps(results), encoding="utf-8")
        failed = _failed(results["results"])
        if not context.is_subset:
            ended_well = {r["unique_id"] for r in results["results"] if r["status"] in ("success", "pass", "warn")}
            data_versions.note(home.build_db, versions, ended_well & outdated)
        if failed:
            raise dg.Failure(_failed_nodes(failed, home.build_db), allow_retries=False)
        engine().collect_mart(home)

    return dbt_build


def _prepare_publishing(home: Home) -> None:
    """What the gate and the page need and dbt leaves time for."""
    import pandas  # noqa: F401 - the gate judges its frames

    charts(home.build)


def _outdated(home: Home, manifest: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """Data versions of all nodes, and the nodes to be built; those whose last result was lost are among them."""
    day = str(home.as_of or dt.datetime.now(dt.UTC).date())
    told = [result["unique_id"] for result in before["results"]]
    return data_versions.outdated(home.build_db, manifest, day=day, told=told)


def _kept(
    checks: Iterable[dg.AssetCheckSpec],
    manifest: Mapping[str, Any],
    versions: Mapping[str, str],
    kept: set[str],
    before: Mapping[str, Any],
) -> Iterator[Any]:
    """What Dagster is told of tables of the mart that stay as they are: publishing waits for them and their checks.

    What else is kept has its last event of the run that built it: an event for each would take seconds. Nothing kept
    reads what is built again, so that these may come first.
    """
    translator, nodes = Translator(), manifest["nodes"]
    for node in (node for node in versions if node in kept and nodes[node]["resource_type"] != "test"):
        key = translator.get_asset_key(nodes[node])
        if key.path[0] == MART:
            yield dg.MaterializeResult(asset_key=key, metadata=_KEPT, data_version=dg.DataVersion(versions[node]))
    results = {r["unique_id"].split(".")[2]: r["status"] for r in before["results"] if r["unique_id"] in kept}
    for check in checks:
        if check.name in results and check.asset_key.path[0] == MART:
            yield dg.AssetCheckResult(
                passed=results[check.name] == "pass",
                check_name=check.name,
                asset_key=check.asset_key,
                severity=dg.AssetCheckSeverity.WARN,  # an error is never kept
                metadata=_KEPT,
            )


def _dbt_target(home: Home) -> Path:
    return home.build / "dbt"


def _run_dbt(
    context: dg.AssetExecutionContext, home: Home, dbt: Dbt, left_out: Sequence[str], stays: Iterator[Any]
) -> Iterator[Any]:
    """One `dbt build` of all that is not left out; `stays` is told while dbt starts.

    Raises dg.Failure where it leaves no results.
    """
    # dbt runs in a process of its own and takes the build database from the environment.
    os.environ.update(dbt_environment(home))
    # Unit tests prove the SQL on made-up rows: they belong to the test suite, not to the night.
    command = ["build", "--exclude-resource-type", "unit_test", *transform.dbt_place(), *engine().dbt_arguments()]
    if left_out:  # and nothing else: a test of two tables is run again where one of them is
        command += ["--indirect-selection", "empty", "--exclude", " ".join(left_out)]
    command += [RESULTS_ALONE]  # the manifest is stored already, and writing it takes as long as a night's models
    target = _dbt_target(home)
    (target / RESULTS).unlink(missing_ok=True)
    spawned = dt.datetime.now(dt.UTC)
    invocation = dbt.cli(command, context=context, raise_on_error=False, target_path=target)
    try:
        yield from stays
        yield from invocation.stream()
    finally:
        _end(invocation.process)
    error = invocation.get_error()
    told = str(error or "dbt ended without its results")
    disk = disk_trouble(told, home.root, at=home.build_db)
    if disk or not (target / RESULTS).is_file():
        raise dg.Failure(disk or told, allow_retries=False)
    results = transform.read_json(target / RESULTS)["results"]
    if error is not None and not _failed(results):  # it ended badly, and no node of it says why
        raise dg.Failure(told, allow_retries=False)
    profile.count_dbt(spawned, results)


def _failed(results: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [result for result in results if result["status"] in ("error", "fail")]


def _end(dbt: "subprocess.Popen[bytes]") -> None:
    """A run that is stopped takes its dbt with it, wherever the signal found the run."""
    if dbt.poll() is None:
        dbt.terminate()
        try:
            dbt.wait(10)
        except subprocess.TimeoutExpired:
            dbt.kill()
            dbt.wait()


def _failed_nodes(failed: Sequence[Mapping[str, Any]], build_db: Path) -> str:
    lines = [
        " ".join(
            filter(
                None,
                (
                    f"- {result['unique_id']}:",
                    (result.get("message") or "").strip(),
                    failing_rows(build_db, result),
                ),
            )
        )
        for result in failed[:20]
    ]
    return "dbt build failed; nothing was published\n" + "\n".join(lines)


def release_gate_checks() -> dg.AssetChecksDefinition:
    """Great Expectations on the finished mart; a failed error check keeps the build from being published."""

    @dg.multi_asset_check(
        name="release_gate",
        specs=[
            dg.AssetCheckSpec(
                "release_gate",
                asset=key,
                blocking=True,
                description="The release gate's checks of this table.",
            )
            for key in GATE_ASSETS.values()
        ],
    )
    def release_gate(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        say(context.log, "release gate")
        with profile.measured(profile.GATE):
            documents = gate_documents(warehouse)
        blocking: list[str] = []
        for table, key in GATE_ASSETS.items():
            failed = [
                check
                for document in documents
                for check in document["results"]
                if not check["passed"] and check["table_name"].rsplit(".", 1)[-1] == table
            ]
            errors = [check for check in failed if check["severity"] == "error"]
            blocking += [
                f"{check['check_name']}: expected {check['expected']}; found {check['found']}" for check in errors
            ]
            yield dg.AssetCheckResult(
                passed=not failed,
                check_name="release_gate",
                asset_key=key,
                severity=dg.AssetCheckSeverity.ERROR if errors or not failed else dg.AssetCheckSeverity.WARN,
                metadata={"failed": "\n".join(f"{c['check_name']}: {c['found']}" for c in failed) or "none"},
            )
        if blocking:
            raise dg.Failure("\n".join(["nothing was published", *blocking]), allow_retries=False)

    return release_gate


# What is late or served from a last good release, by the table that says so.
_LATE = {
    "mart_freshness": """
        select dataset, status, next_due, days_overdue from mart.mart_freshness
        where days_overdue > 0 or status = 'stale' order by days_overdue desc, dataset
    """,
    "mart_indicator_freshness": """
        select indicator_id, case when is_stale then 'stale' else 'ok' end, next_due, days_overdue
        from mart.mart_indicator_freshness
        where days_overdue > 0 or is_stale order by days_overdue desc, indicator_id
    """,
}


def freshness_checks() -> dg.AssetChecksDefinition:
    """The calendar of releases: what its publisher should have renewed by now, or could not be refreshed."""

    @dg.multi_asset_check(
        name="freshness",
        specs=[
            dg.AssetCheckSpec(
                "on_time",
                asset=dg.AssetKey(["mart", table]),
                description="Nothing is overdue by its cadence, nothing is served from a last good release.",
            )
            for table in _LATE
        ],
    )
    def freshness(warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with duckdb.connect(warehouse.home.build_db, read_only=True) as con:
            found = {table: con.execute(query).fetchall() for table, query in _LATE.items()}
        for table, late in found.items():
            lines = [
                f"{name}: {state}, due {due or 'unknown'}, {days or 0} days over" for name, state, due, days in late
            ]
            yield dg.AssetCheckResult(
                passed=not late,
                check_name="on_time",
                asset_key=dg.AssetKey(["mart", table]),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"late": len(late), "which": "\n".join(lines) or "none"},
            )

    return freshness


def gate_documents(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Documents of the release gate for the build database as it is now, stored beside it."""
    from expectations.release_gate import run_gate

    path, stamp = warehouse.home.gate_results, _stamp(warehouse)
    stored = transform.read_json(path) if path.is_file() else {"build": None, "documents": []}
    if stored["build"] == stamp:
        documents: list[dict[str, Any]] = stored["documents"]
        return documents
    checked = run_gate(
        warehouse.home.build_db,
        warehouse.runner,
        home_area=place().code,
        origin=warehouse.origin_kind,
        before=stored["documents"],
    )
    documents = [suite.document for suite in checked]
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps({"build": stamp, "documents": documents}), encoding="utf-8")
    scratch.replace(path)
    return documents


def _stamp(warehouse: Warehouse) -> list[int]:
    """Which state of the build database gate results are about."""
    found = warehouse.home.build_db.stat()
    return [found.st_mtime_ns, found.st_size]


def published_asset(manifest: Path) -> dg.AssetsDefinition:
    nodes = transform.read_json(manifest)["nodes"].values()
    marts = [
        dg.AssetKey(["mart", node["name"]])
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "mart"
    ]

    @dg.asset(
        key=PUBLISHED,
        deps=marts,
        group_name="published",
        kinds={"duckdb", "parquet"},
        description="The published mart: one DuckDB file; Parquet, scorecard and Data Docs switch with it, atomically.",
    )
    def outcomes(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:  # type: ignore[type-arg]
        say(context.log, "publish")
        home = warehouse.home
        contracts = [
            document
            for dataset, releases in warehouse.releases().items()
            for release in releases
            for document in warehouse.raw.contract(warehouse.catalogue[dataset], release)["documents"]
        ]
        documents = [*contracts, *gate_documents(warehouse)]
        quality = [check for document in documents for check in document["results"]]
        quality += dbt_checks(transform.read_json(home.dbt_results), transform.read_json(manifest), home.build_db)
        started_at = dt.datetime.fromtimestamp(context.instance.get_run_stats(context.run_id).start_time or 0, dt.UTC)
        quality += warehouse.refused_checks()
        with profile.measured(profile.PUBLISH):
            published = publish(
                home,
                build_id=new_build_id(started_at, context.run_id),
                started_at=started_at,
                built_from=str(warehouse.spec),
                quality=quality,
                documents=documents,
                keep=1 if home.as_of else KEEP_BUILDS,
                versions=data_versions.table_versions(home.build_db),
            )
        return dg.MaterializeResult(
            metadata={
                "build": published.build_id,
                "mart": dg.MetadataValue.path(published.mart),
                "scorecard": dg.MetadataValue.path(published.folder / "scorecard.html"),
                "data docs": dg.MetadataValue.path(published.folder / "data_docs" / "index.html"),
                **published.counts,
            }
        )

    return outcomes


def dbt_resource() -> Dbt:
    return Dbt(
        project_dir=str(DBT_PROJECT_DIR),
        profiles_dir=str(DBT_PROJECT_DIR),
        dbt_executable=dbt_executable(),
        global_config_flags=["--no-use-colors", "--no-send-anonymous-usage-stats"],
    )

"""What Dagster loads: assets, checks, job, schedule and instance, without running a build."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration.assets.datasets import CONTRACT, REFRESHED, data_version, dataset_key
from orchestration.assets.mart import freshness_checks
from orchestration.dbt_checks import IS_SOUND, statements
from orchestration.home import DBT_PROJECT_DIR, PROJECT_ROOT, Home
from orchestration.warehouse import Warehouse, end_abandoned_runs, forget_old_runs
from sources.catalogue import load_catalogue
from sources.release import Release

RAW_SCHEMA = dg.AssetKey(["build", "raw_schema"])
PUBLISHED = dg.AssetKey(["published", "outcomes"])
OBSERVATIONS = dg.AssetKey(["mart", "fct_observation"])


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The module `orchestration.definitions`, loaded with a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTCOMES_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("OUTCOMES_NIGHTLY_FROM", raising=False)
        from orchestration import definitions

        yield definitions


@pytest.fixture(scope="module")
def defs(definitions: ModuleType) -> dg.Definitions:
    loaded = definitions.build_defs()
    dg.Definitions.validate_loadable(loaded)
    return loaded


@pytest.fixture(scope="module")
def graph(defs: dg.Definitions) -> Any:
    return defs.resolve_asset_graph()


@pytest.fixture(scope="module")
def manifest(defs: dg.Definitions) -> dict[str, Any]:
    """dbt's manifest; loading the definitions made it."""
    return json.loads((DBT_PROJECT_DIR / "target" / "manifest.json").read_text(encoding="utf-8"))


# --- assets -----------------------------------------------------------------------------------------------


def test_every_dataset_has_an_asset_that_tells_about_it(graph: Any) -> None:
    for name, dataset in load_catalogue().items():
        asset = graph.get(dg.AssetKey(["landed", name]))
        assert asset.group_name == dataset.publisher
        assert asset.kinds == {"python", "parquet", dataset.media}
        assert dataset.title in asset.description
        assert asset.metadata["licence"] == dataset.licence
        assert asset.metadata["cadence"] == dataset.cadence
        assert asset.metadata["landing page"].value == dataset.landing_page
        assert asset.freshness_policy == dg.FreshnessPolicy.time_window(
            fail_window=dt.timedelta(days=3), warn_window=dt.timedelta(days=1, hours=12)
        )


def test_assets_are_datasets_raw_schema_dbt_nodes_and_the_published_mart(graph: Any, manifest: dict[str, Any]) -> None:
    made_by_dbt = {
        dg.AssetKey([node["schema"], node["name"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    datasets = {dataset_key(name) for name in load_catalogue()}
    assert OBSERVATIONS in made_by_dbt
    assert set(graph.get_all_asset_keys()) == datasets | {RAW_SCHEMA, PUBLISHED} | made_by_dbt


def test_every_dbt_source_is_a_dataset_or_the_raw_schema(graph: Any, manifest: dict[str, Any]) -> None:
    from orchestration.assets.mart import Translator

    keys = {Translator().get_asset_key(source) for source in manifest["sources"].values()}
    assert keys == {dataset_key(name) for name in load_catalogue()} | {RAW_SCHEMA}
    assert graph.external_asset_keys == set()


def test_lineage_is_the_same_in_dagster_and_in_dbt(graph: Any, manifest: dict[str, Any]) -> None:
    """Of every model: what dbt's docs show above it is what Dagster shows above it."""

    def key(unique_id: str) -> dg.AssetKey:
        if unique_id.startswith("source."):
            dataset, _, table = unique_id.rsplit(".", 1)[-1].partition("__")
            return dataset_key(dataset) if table else RAW_SCHEMA
        node = manifest["nodes"][unique_id]
        return dg.AssetKey([node["schema"], node["name"]])

    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    differing = {
        node["name"]
        for node in models
        if graph.get(key(node["unique_id"])).parent_keys != {key(parent) for parent in node["depends_on"]["nodes"]}
    }
    assert models and not differing


def test_one_way_from_datasets_to_the_published_mart(graph: Any) -> None:
    datasets = {dataset_key(name) for name in load_catalogue()}
    assert graph.get(RAW_SCHEMA).parent_keys == datasets
    assert all(graph.get(key).parent_keys == set() for key in datasets)
    staging = graph.get(dg.AssetKey(["staging", "stg_ofcom_fixed_coverage"]))
    assert dataset_key("ofcom_fixed_coverage") in staging.parent_keys
    published = graph.get(PUBLISHED)
    assert published.child_keys == set()
    assert OBSERVATIONS in published.parent_keys
    assert {key.path[0] for key in published.parent_keys} == {"mart"}


def test_data_version_is_that_of_the_content() -> None:
    day = dt.date(2026, 1, 1)
    release = Release(
        release_id="d:-:2026-01-01:aaaaaaaaaaaa",
        dataset="d",
        part="",
        title="",
        url="https://publisher.example/file.csv",
        published_at=day,
        published_at_basis="publisher",
        revised_at=day,
        retrieved_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        sha256="a" * 64,
        origin="live",
        basis="published",
        kind="whole",
        citation="",
    )
    fetched_later = replace(release, retrieved_at=release.retrieved_at + dt.timedelta(days=1))
    another = replace(release, release_id="d:-:2026-02-01:bbbbbbbbbbbb", sha256="b" * 64)
    assert data_version([release]) == data_version([fetched_later])
    assert data_version([release, another]) == data_version([another, release])
    assert len({data_version(found) for found in ([], [release], [another], [release, another])}) == 4


# --- checks -----------------------------------------------------------------------------------------------


def test_every_dataset_is_checked_for_freshness_and_contract(graph: Any) -> None:
    for name in load_catalogue():
        for check in (REFRESHED, CONTRACT):
            assert dg.AssetCheckKey(dataset_key(name), check) in graph.asset_check_keys


@pytest.mark.parametrize(("overdue", "told"), [(9, "due 2026-01-31, 9 days over"), (0, "none")])
def test_what_is_late_is_told_of_datasets_and_of_indicators(
    graph: Any, tmp_path: Path, overdue: int, told: str
) -> None:
    tables = {
        "mart_freshness": "'ofcom_x' as dataset, 'ok' as status",
        "mart_indicator_freshness": "'i' as indicator_id, false as is_stale",
    }
    home = Home(tmp_path)
    home.build.mkdir()
    with duckdb.connect(home.build_db) as con:
        con.execute("create schema mart")
        for table, columns in tables.items():
            con.execute(
                f"create table mart.{table} as "
                f"select {columns}, date '2026-01-31' as next_due, {overdue} as days_overdue"
            )
    for result in freshness_checks()(Warehouse(home_dir=str(tmp_path))):
        assert dg.AssetCheckKey(result.asset_key, "on_time") in graph.asset_check_keys
        assert (result.passed, result.severity) == (overdue == 0, dg.AssetCheckSeverity.WARN)
        assert told in str(result.metadata["which"].value)
        tables.pop(result.asset_key.path[-1])
    assert tables == {}


def test_each_thing_asked_of_a_table_has_a_name_of_its_own(manifest: dict[str, Any]) -> None:
    asked: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {}
        if metadata.get("name") == IS_SOUND:
            asked.setdefault(node["attached_node"], []).extend(s.name for s in statements(metadata["kwargs"]))
    assert len(asked) > 100
    assert [table for table, names in asked.items() if len(names) != len(set(names))] == []


def test_dbt_tests_are_checks_of_the_assets_they_are_about(graph: Any, manifest: dict[str, Any]) -> None:
    assert dg.AssetCheckKey(OBSERVATIONS, "fct_observation_is_sound") in graph.asset_check_keys
    marts = [
        node["unique_id"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "mart"
    ]
    assert len(marts) > 10
    for mart in marts:
        tests = [
            node["name"]
            for node in manifest["nodes"].values()
            if node["resource_type"] == "test" and node.get("attached_node") == mart
        ]
        key = dg.AssetKey(mart.split(".")[-1:])
        checked = {check.name for check in graph.asset_check_keys if check.asset_key.path[-1] == key.path[-1]}
        assert tests, mart
        assert set(tests) <= checked, mart


def test_release_gate_blocks_the_published_mart(defs: dg.Definitions, graph: Any) -> None:
    gates = [key for key in graph.asset_check_keys if key.name == "release_gate"]
    assert {key.asset_key for key in gates} == {OBSERVATIONS, dg.AssetKey(["mart", "mart_measure_coverage"])}
    assert all(graph.get(key).blocking for key in gates)
    steps = defs.resolve_job_def("nightly").graph.dependency_structure
    before_publish = {output.node_name for output in steps.all_upstream_outputs_from_node("published__outcomes")}
    assert "release_gate" in before_publish


# --- job, schedule, instance ------------------------------------------------------------------------------


def test_nightly_job_runs_everything_in_one_process(defs: dg.Definitions, graph: Any) -> None:
    job = defs.resolve_job_def("nightly")
    assert job.executor_def.name == "in_process"
    assert set(job.asset_layer.selected_asset_keys) == set(graph.get_all_asset_keys())
    assert set(job.asset_layer.asset_graph.asset_check_keys) == set(graph.asset_check_keys)


def test_schedule_runs_it_every_night_at_half_past_two_in_england(defs: dg.Definitions) -> None:
    (schedule,) = defs.schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.name, schedule.job_name) == ("nightly", "nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Europe/London")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert origins_of(schedule) == ["live"]


def test_nightly_origin_is_configurable(definitions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_NIGHTLY_FROM", "mirror:/srv/files")
    (schedule,) = definitions.build_defs().schedules
    assert origins_of(schedule) == ["mirror:/srv/files"]


def origins_of(schedule: dg.ScheduleDefinition) -> list[str]:
    with dg.DagsterInstance.ephemeral() as instance:
        at_night = dg.build_schedule_context(instance, scheduled_execution_time=dt.datetime(2026, 3, 1, 2, 30))
        requests = schedule.evaluate_tick(at_night).run_requests or []
    return [request.run_config["resources"]["warehouse"]["config"]["origin"] for request in requests]


def test_run_config_fits_the_job(definitions: ModuleType, defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("nightly")
    assert dg.validate_run_config(job, definitions.run_config("sample", http_retries=0))
    with pytest.raises(dg.DagsterInvalidConfigError, match="retries"):
        dg.validate_run_config(job, definitions.run_config("sample", retries=0))


def test_instance_sends_nothing_home_and_runs_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", str(tmp_path))
    with dg.DagsterInstance.from_config(str(PROJECT_ROOT)) as instance:
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
        assert instance.get_runs() == []
    assert list(tmp_path.rglob("runs.db"))  # the history lies where OUTCOMES_DAGSTER_STORAGE says
    settings = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["retention"]["schedule"]["purge_after_days"] > 0


# --- the test seam, and runs of a part ----------------------------------------------------------------------


@pytest.fixture
def empty_mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def run(definitions: ModuleType, warehouse: Warehouse, *keys: dg.AssetKey) -> Any:
    """These assets, made by the nightly job with another warehouse."""
    job = definitions.build_defs({"warehouse": warehouse}).resolve_job_def("nightly")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, asset_selection=list(keys), raise_on_error=False)


def test_override_replaces_the_warehouse(definitions: ModuleType, tmp_path: Path, empty_mirror: Path) -> None:
    """A mirror that has nothing of one dataset and an empty file of another: both say so, and the run goes on."""
    broken, lacking = "ofcom_full_fibre_take_up", "ofcom_fixed_coverage"
    (empty_mirror / broken).mkdir()
    (empty_mirror / broken / "202507_full_fibre_take-up_laua_r01.csv").touch()
    home = Home(tmp_path / "other")
    warehouse = Warehouse(home_dir=str(home.root), origin=f"mirror:{empty_mirror}")
    result = run(definitions, warehouse, dataset_key(broken), dataset_key(lacking))
    assert result.success
    assert {path.stem for path in home.statuses.iterdir()} == {broken, lacking}
    metadata = {event.asset_key: event.materialization.metadata for event in materializations(result)}
    assert {key: found["status"].value for key, found in metadata.items()} == {
        dataset_key(broken): "missing",
        dataset_key(lacking): "missing",
    }
    refreshed = {
        check.asset_key: check for check in result.get_asset_check_evaluations() if check.check_name == REFRESHED
    }
    assert refreshed[dataset_key(lacking)].passed  # a mirror need not hold everything
    refused = refreshed[dataset_key(broken)]
    assert (refused.passed, refused.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "202507_full_fibre_take-up_laua_r01.csv" in str(refused.metadata["problems"].value)


def materializations(result: Any) -> list[Any]:
    return [event for event in result.all_events if event.is_step_materialization]


def test_nothing_to_build_from_is_said_plainly(definitions: ModuleType, tmp_path: Path, empty_mirror: Path) -> None:
    result = run(definitions, Warehouse(home_dir=str(tmp_path / "other"), origin=f"mirror:{empty_mirror}"), RAW_SCHEMA)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "nothing has landed" in failure.step_failure_data.user_failure_data.description


def test_every_run_tells_what_is_new(
    definitions: ModuleType, tmp_path: Path, empty_mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken source and the failed run are told once each; the source that is whole again is told as over."""
    told = tmp_path / "alerts.jsonl"
    monkeypatch.setenv("OUTCOMES_ALERT_FILE", str(told))
    monkeypatch.delenv("OUTCOMES_ALERT_WEBHOOK", raising=False)
    broken = "ofcom_full_fibre_take_up"
    (empty_mirror / broken).mkdir()
    file = empty_mirror / broken / "202507_full_fibre_take-up_laua_r01.csv"
    file.touch()
    warehouse = Warehouse(home_dir=str(tmp_path / "other"), origin=f"mirror:{empty_mirror}")
    for _ in range(2):
        run(definitions, warehouse, dataset_key(broken), RAW_SCHEMA)
    file.unlink()
    run(definitions, warehouse, dataset_key(broken))
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert [(line["subject"], line["state"]) for line in lines] == [
        (broken, "new"),
        ("run", "new"),
        (broken, "over"),
        ("run", "over"),
    ]
    assert "nothing has landed" in lines[1]["problem"]


def test_run_beside_another_one_is_refused(definitions: ModuleType, tmp_path: Path, empty_mirror: Path) -> None:
    home = Home(tmp_path / "other")
    with home.lock():
        result = run(definitions, Warehouse(home_dir=str(home.root), origin=f"mirror:{empty_mirror}"), RAW_SCHEMA)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_failure and not event.is_step_failure]
    assert "another run is writing" in str(failure.event_specific_data)
    assert not home.build.exists()


def test_run_that_lost_its_process_is_ended_in_the_history() -> None:
    with dg.DagsterInstance.ephemeral() as instance:

        @dg.job
        def nightly() -> None: ...

        gone, this = (
            instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED) for _ in ("gone", "this")
        )
        waiting = instance.create_run_for_job(nightly)
        end_abandoned_runs(instance, this.run_id)
        statuses = [instance.get_run_by_id(run.run_id).status for run in (gone, this, waiting)]
    assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED]


def test_old_runs_are_forgotten_with_what_they_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_DAGSTER_STORAGE", str(tmp_path))

    @dg.job
    def nightly() -> None: ...

    with dg.DagsterInstance.from_config(str(PROJECT_ROOT)) as instance:
        old = nightly.execute_in_process(instance=instance).run_id
        at_work = instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED).run_id
        assert list(tmp_path.rglob(f"*{old}*")) != []
        forget_old_runs(instance, tmp_path)
        assert {run.run_id for run in instance.get_runs()} == {old, at_work}
        forget_old_runs(instance, tmp_path, older_than=dt.timedelta(0))
        assert {run.run_id for run in instance.get_runs()} == {at_work}
    assert list(tmp_path.rglob(f"*{old}*")) == []

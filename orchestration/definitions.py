"""What Dagster loads: assets, checks, the job `nightly`, its schedule. `build_defs(overrides)` is the test seam."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets.datasets import dataset_assets
from orchestration.assets.mart import (
    build_database_asset,
    dbt_models,
    dbt_resource,
    freshness_checks,
    published_asset,
    release_gate_checks,
)
from orchestration.dbt_process import ensure_manifest
from orchestration.home import Home
from orchestration.warehouse import Warehouse
from sources.catalogue import CATALOGUE_DIR, load_catalogue

JOB = "nightly"
CRON = "30 2 * * *"
TIMEZONE = "Europe/London"


def build_defs(overrides: Mapping[str, Any] | None = None, *, catalogue_dir: Path = CATALOGUE_DIR) -> dg.Definitions:
    """All definitions; `overrides` replaces resources by name (`warehouse`, `dbt`)."""
    home = Home.from_environment()
    catalogue = load_catalogue(catalogue_dir)
    manifest = ensure_manifest(home)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Everything: fetch, land, build, check, publish. The command line runs this job too.",
        tags={"dagster/max_runtime": 4 * 3600},
    )
    return dg.Definitions(
        assets=[
            *dataset_assets(catalogue),
            build_database_asset(catalogue),
            dbt_models(manifest),
            published_asset(manifest),
        ],
        asset_checks=[release_gate_checks(), freshness_checks()],
        jobs=[job],
        schedules=[_nightly(job)],
        resources={"warehouse": Warehouse(), "dbt": dbt_resource(), **(overrides or {})},
        executor=dg.in_process_executor,
    )


def _nightly(job: Any) -> dg.ScheduleDefinition:
    """02:30 in England. OUTCOMES_NIGHTLY_FROM decides where from (default: the live publishers)."""
    return dg.ScheduleDefinition(
        name=JOB,
        job=job,
        cron_schedule=CRON,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        run_config=run_config(os.environ.get("OUTCOMES_NIGHTLY_FROM", "live")),
        description="The nightly run from the live publishers.",
    )


def run_config(origin: str, **settings: Any) -> dict[str, Any]:
    """Run configuration of the job for one origin."""
    return {"resources": {"warehouse": {"config": {"origin": origin, **settings}}}}


defs = build_defs()

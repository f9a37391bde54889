"""One asset per dataset, generated from the catalogue, in one step per publisher.

A step fetches its datasets side by side and never fails for a bad source: the dataset's last good release stays
served, its check `source_refreshed` fails, and the run goes on. Network problems are retried by Dagster first.
"""

# No deferred annotations here: Dagster reads the types of an asset's arguments at run time.

import datetime as dt
import hashlib
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import dagster as dg

from orchestration import profile
from orchestration.ingest import Outcome
from orchestration.progress import say
from orchestration.warehouse import Warehouse
from sources.catalogue import Dataset
from sources.errors import mask_secrets
from sources.release import Release

REFRESHED = "source_refreshed"
CONTRACT = "landing_contract"
# Publishers that ask for one request at a time.
WORKERS = {"nomis": 1}
DEFAULT_WORKERS = 4


def dataset_key(dataset: str) -> dg.AssetKey:
    return dg.AssetKey(["landed", dataset])


def dataset_assets(catalogue: dict[str, Dataset]) -> list[dg.AssetsDefinition]:
    """One multi-asset per publisher."""
    by_publisher = groupby(sorted(catalogue.values(), key=_publisher), key=_publisher)
    return [_publisher_assets(publisher, list(datasets)) for publisher, datasets in by_publisher]


def _publisher(dataset: Dataset) -> str:
    return dataset.publisher


def _publisher_assets(publisher: str, datasets: Sequence[Dataset]) -> dg.AssetsDefinition:
    by_key = {dataset_key(dataset.dataset): dataset for dataset in datasets}

    @dg.multi_asset(
        name=f"ingest_{publisher}",
        specs=[_spec(dataset) for dataset in datasets],
        check_specs=[
            dg.AssetCheckSpec(name, asset=key, description=text)
            for key in by_key
            for name, text in (
                (
                    REFRESHED,
                    "The newest release could be fetched, read and accepted; otherwise the last good one serves.",
                ),
                (CONTRACT, "Every release in use met its landing contract (Great Expectations)."),
            )
        ],
        can_subset=True,
    )
    def ingest(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        selected = [by_key[key] for key in by_key if key in context.selected_asset_keys]
        with profile.measured(profile.DATASETS):
            outcomes = _ingest_all(context, warehouse, selected)
        if any(outcome.retryable for outcome in outcomes) and context.retry_number < warehouse.step_retries:
            say(
                context.log,
                f"{publisher}: network problems, trying again in {warehouse.retry_wait_seconds:g} s",
            )
            raise dg.RetryRequested(max_retries=warehouse.step_retries, seconds_to_wait=warehouse.retry_wait_seconds)
        releases = warehouse.releases([dataset.dataset for dataset in selected])
        for dataset, outcome in zip(selected, outcomes, strict=True):
            yield _result(warehouse, dataset, outcome, releases[dataset.dataset])

    return ingest


def _spec(dataset: Dataset) -> dg.AssetSpec:
    return dg.AssetSpec(
        dataset_key(dataset.dataset),
        group_name=dataset.publisher,
        kinds={"python", "parquet", dataset.media},
        description=f"**{dataset.title}**\n\n{dataset.description}",
        metadata={
            "publisher": dataset.publisher,
            "landing page": dg.MetadataValue.url(dataset.landing_page),
            "licence": dataset.licence,
            "attribution": dataset.attribution,
            "cadence": dataset.cadence,
            "verified on real files": dataset.verified,
        },
        freshness_policy=dg.FreshnessPolicy.time_window(
            # The nightly run looks at every dataset every night, whether or not there is something new.
            fail_window=dt.timedelta(days=3),
            warn_window=dt.timedelta(days=1, hours=12),
        ),
    )


def _ingest_all(context: dg.AssetExecutionContext, warehouse: Warehouse, datasets: Sequence[Dataset]) -> list[Outcome]:
    def one(dataset: Dataset) -> Outcome:
        try:
            outcome = warehouse.ingest.ingest(dataset, warehouse.origin_of(dataset))
        except Exception as error:
            # A defect met by one dataset is no reason for the others to miss their night; it is logged as such.
            # Masked here: an error that is none of ours may quote an address with its secrets.
            context.log.error(mask_secrets(f"{dataset.dataset}: unexpected {traceback.format_exc()}"))
            outcome = warehouse.ingest.defect(dataset, warehouse.opened_origin, error)
        outcome.write(warehouse.home.statuses)
        say(context.log, f"{dataset.dataset}: {outcome.status}: {outcome.message}")
        return outcome

    publisher = datasets[0].publisher if datasets else ""
    with ThreadPoolExecutor(WORKERS.get(publisher, DEFAULT_WORKERS)) as pool:
        return list(pool.map(one, datasets))


def _result(
    warehouse: Warehouse, dataset: Dataset, outcome: Outcome, releases: Sequence[Release]
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    key = dataset_key(dataset.dataset)
    newest = max(releases, key=lambda release: (release.published_at, release.retrieved_at), default=None)
    contracts = [warehouse.raw.contract(dataset, release) for release in releases]
    failed = [
        check
        for contract in contracts
        for document in contract["documents"]
        for check in document["results"]
        if not check["passed"]
    ]
    metadata: dict[str, str | int] = {
        "status": outcome.status,
        "message": outcome.message,
        "releases": len(releases),
        "dagster/row_count": sum(sum(contract["rows"].values()) for contract in contracts),
    }
    if newest is not None:
        metadata |= {
            "release": newest.release_id,
            "published": newest.published_at.isoformat(),
            "sha256": newest.sha256,
            "url": newest.url,
            "basis": newest.basis,
            "origin": newest.origin,
        }
    return dg.MaterializeResult(
        asset_key=key,
        metadata=metadata,
        data_version=dg.DataVersion(data_version(releases)),
        check_results=[
            dg.AssetCheckResult(
                passed=not outcome.failed,
                check_name=REFRESHED,
                asset_key=key,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"status": outcome.status, "problems": "\n".join(outcome.problems) or "none"},
            ),
            dg.AssetCheckResult(
                passed=not failed,
                check_name=CONTRACT,
                asset_key=key,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "checks": sum(len(d["results"]) for c in contracts for d in c["documents"]),
                    "failed": "\n".join(f"{check['check_name']}: {check['found']}" for check in failed) or "none",
                },
            ),
        ],
    )


def data_version(releases: Sequence[Release]) -> str:
    """Hash of the content of all releases: the same content is the same version, whenever it was fetched."""
    digests = sorted(f"{release.release_id}:{release.sha256}" for release in releases)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]

"""One dataset from its origin into landing and raw Parquet: gate, read, contract, land.

A payload is accepted only as a whole: what cannot be read or breaks its contract is put aside with its reason,
and what landed before stays. `ingest` never raises for a bad source; it says what came of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from orchestration import profile
from orchestration.memory import map_large_buffers
from sources.catalogue import Dataset, Table, place_of
from sources.disk import disk_trouble, writing
from sources.drift import Drift, DriftError, Fingerprint, drifts_of_release, fingerprints, has_form
from sources.errors import (
    AccountMissingError,
    ContractError,
    NetworkError,
    NothingFoundError,
    PayloadError,
    SourceError,
    mask_secrets,
)
from sources.gate import check_payload
from sources.landing import Landing
from sources.origins import Fetched, Origin, Refused, Unchanged
from sources.personal import aggregate_suffix, is_current, read_aggregate, write_aggregate
from sources.raw import RawStore
from sources.readers import SourceFile, raw_table, write_release
from sources.release import Payload, Release, StoredFile, describe

if TYPE_CHECKING:
    import pandas

    from expectations.model import CheckResult
    from expectations.runner import Runner

Status = Literal["ok", "unchanged", "stale", "missing", "awaiting_source"]
NOT_OFFERED = "not offered by this origin"
PROBLEM_SEPARATOR = "\n"  # between problems of one dataset, one clear sentence each


@dataclass
class Outcome:
    """What an ingest of one dataset came to."""

    dataset: str
    status: Status
    message: str = ""
    landed: list[str] = field(default_factory=list)  # release ids new in this run
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)  # one clear sentence for each refused file or failed fetch
    refused: list[dict[str, Any]] = field(default_factory=list)  # checks that a refused release failed (mart_quality)
    retryable: bool = False  # a network problem that may pass by itself
    not_offered: bool = False  # the origin has nothing of this dataset (a mirror that lacks it)
    awaiting_account: str = ""  # which account is not set, and who gives one: nothing was asked of the publisher
    finished_at: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.problems) and not self.not_offered

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.dataset}.json"
        scratch = path.with_suffix(".tmp")
        with writing(path):
            scratch.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        scratch.replace(path)

    @classmethod
    def read(cls, folder: Path, dataset: str) -> Outcome | None:
        path = folder / f"{dataset}.json"
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


@dataclass
class Ingest:
    """Landing, raw store and contract runner of one warehouse, used for one dataset after another."""

    landing: Landing
    raw: RawStore
    runner: Callable[[], Runner]  # lazily: Great Expectations takes seconds to import

    def ingest(self, dataset: Dataset, origin: Origin) -> Outcome:
        """Fetches, checks and lands whatever the origin has of one dataset."""
        outcome = Outcome(dataset.dataset, "ok")
        sample = origin.spec.name == "sample"
        with TemporaryDirectory(prefix="outcomes-fetch-") as scratch:
            try:
                payloads = iter(origin.payloads(dataset, Path(scratch)))
                while True:
                    with profile.measured(profile.FETCH):
                        fetched = next(payloads, None)
                    if fetched is None:
                        break
                    with profile.measured(profile.READ):
                        self._take(dataset, fetched, outcome)
            except AccountMissingError as error:
                outcome.awaiting_account = str(error)
            except SourceError as error:
                self._problem(outcome, error)
                # A folder need not hold every dataset; a publisher that offers none has changed its pages.
                outcome.not_offered = isinstance(error, NothingFoundError) and origin.spec.name != "live"
        releases = [r for r in self.landing.releases(sample=sample) if r.dataset == dataset.dataset]
        with profile.measured(profile.READ):
            self._refresh_raw(dataset, releases, outcome)
        outcome.status, outcome.message = _verdict(outcome, releases)
        outcome.finished_at = dt.datetime.now(dt.UTC).isoformat()
        return outcome

    def defect(self, dataset: Dataset, origin: Origin, error: Exception) -> Outcome:
        """The outcome where the disk or our own code failed: the dataset stays as it was, and says why."""
        who = f"{dataset.publisher} / {dataset.dataset}"
        disk = disk_trouble(error, self.landing.root.parent)
        defect = f"unexpected {type(error).__name__}: {error}. This is a defect of the warehouse."
        found = mask_secrets(f"{who}: {disk or defect}")
        with suppress(OSError):  # a full disk may not take this line either; the run tells it all the same
            self.landing.record_failed(dataset.dataset, found)
        outcome = Outcome(dataset.dataset, "stale", problems=[found])
        releases = self.landing.releases(sample=origin.spec.name == "sample")
        outcome.status, outcome.message = _verdict(outcome, [r for r in releases if r.dataset == dataset.dataset])
        outcome.finished_at = dt.datetime.now(dt.UTC).isoformat()
        return outcome

    def _take(self, dataset: Dataset, fetched: Fetched, outcome: Outcome) -> None:
        if isinstance(fetched, SourceError):
            self._problem(outcome, fetched)
            return
        if isinstance(fetched, Refused):
            self._reject(dataset, fetched.payload, fetched.error, outcome)
            return
        if isinstance(fetched, Unchanged):
            known = self.landing.latest_from(dataset.dataset, fetched.url)
            self.landing.record_unchanged(known, retrieved_at=dt.datetime.now(dt.UTC), how="304")
            outcome.unchanged += 1
            return
        described = describe(fetched)
        known_release = self.landing.find(described)
        if known_release is not None and dataset.personal:
            if is_current(dataset, known_release, self.landing.root):
                described = replace(described, files=_as_stored(known_release, described))
            else:
                known_release = None  # the payload is here again: it is counted again
        if known_release is not None:
            if not dataset.personal:
                self.landing.store(fetched)  # bytes that were lost from the disk are there again
            self.landing.record_unchanged(
                known_release, retrieved_at=fetched.retrieved_at, how="same hash", fetched=described
            )
            outcome.unchanged += 1
            return
        try:
            outcome.landed.append(self._land(dataset, fetched).release_id)
        except SourceError as error:
            self._reject(dataset, fetched, error, outcome)

    def _reject(self, dataset: Dataset, payload: Payload, error: SourceError, outcome: Outcome) -> None:
        drift = error.to_dict() if isinstance(error, DriftError) else None
        self.landing.record_rejected(payload, str(error), keep=not dataset.personal, drift=drift)
        self._problem(outcome, error, record=False)
        if isinstance(error, ContractError):
            outcome.refused += [dict(result) for result in error.results]

    def _land(self, dataset: Dataset, payload: Payload) -> Release:
        for file in payload.files:
            check_payload(
                file.path,
                media=media_of(dataset, file.name),
                publisher=dataset.publisher,
                dataset=dataset.dataset,
                where=file.url or file.name,
            )
        release = self.landing.come_back(describe(payload))
        with TemporaryDirectory(prefix="outcomes-raw-") as scratch:
            tables = _read(dataset, release, [file.source_file for file in payload.files], Path(scratch))
            contract, form = self._looked_at(dataset, release, tables)
            self._refuse_drift(dataset, release, form)
            stored = self._store(dataset, payload, tables)
            self.raw.write(dataset, stored, tables, contract, form)
        # The ledger row is the commit: until it is written, nothing of this release exists.
        self.landing.commit(stored)
        return stored

    def _refuse_drift(self, dataset: Dataset, release: Release, form: dict[str, Fingerprint]) -> None:
        """DriftError where the release differs in form from the one before it in a way that changes its meaning."""
        before = self.landing.before(release) if has_form(release) else None
        if before is None or not self.raw.holds(dataset, before):
            return
        found = drifts_of_release(dataset, self.raw.fingerprints(dataset, before), form)
        stops = [drift for drift in found if drift.severity == "meaningful"]
        if stops:
            results = [_drift_result(release, drift) for drift in stops]
            raise DriftError(dataset, release.url, before.release_id, stops, results)

    def _store(self, dataset: Dataset, payload: Payload, tables: dict[str, Path]) -> Release:
        if not dataset.personal:
            return self.landing.store(payload)
        with TemporaryDirectory(prefix="outcomes-aggregate-") as scratch:
            aggregate = write_aggregate(dataset, tables, Path(scratch))
            return self.landing.store_aggregate(payload, aggregate, aggregate_suffix(dataset))

    def _looked_at(
        self, dataset: Dataset, release: Release, tables: dict[str, Path]
    ) -> tuple[dict[str, Any], dict[str, Fingerprint]]:
        """Contract results and form of a release, found side by side. Raises ContractError on a failed error check."""
        with ThreadPoolExecutor(1) as beside:
            form = beside.submit(_form, dataset, tables)
            return self._check(dataset, release, tables), form.result()

    def _check(self, dataset: Dataset, release: Release, tables: dict[str, Path]) -> dict[str, Any]:
        """Contract results of all tables, to be stored beside them. Raises ContractError on a failed error check."""
        from expectations.contracts import TableExpectation, landing_contract

        results: list[CheckResult] = []
        documents: list[dict[str, Any]] = []
        for table in dataset.tables:
            if table.name not in tables:
                continue
            expected = TableExpectation.from_catalogue(dataset, table, part=release.part, relaxed=release.is_incomplete)
            if release.origin == "sample":  # fewer areas than the real file, by design
                expected = replace(expected, row_min=None, row_max=None)
            suite = landing_contract(dataset.dataset, table.name, expected)
            checked = self.runner().check_pieces(
                suite,
                partial(_frames, tables[table.name]),
                kind="contract",
                dataset=dataset.dataset,
                table_name=f"{dataset.dataset}__{table.name}",
                release_id=release.release_id,
            )
            results += checked.results
            documents.append(checked.document)
        failed = [result for result in results if not result.passed and result.severity == "error"]
        if failed:
            raise ContractError(
                publisher=dataset.publisher,
                dataset=dataset.dataset,
                where=release.url,
                failed_checks=[
                    f"{result.table_name} {result.check_name}: expected {result.expected}, found {result.found} "
                    f"({_place(dataset, result)})"
                    for result in failed
                ],
                results=[_refused(result) for result in failed],
                action="Nothing was landed from it. If the publisher is right, change the line of the catalogue.",
            )
        return {
            "release_id": release.release_id,
            "rows": {name: raw_table.row_count(path) for name, path in tables.items()},
            "documents": documents,
        }

    def _refresh_raw(self, dataset: Dataset, releases: list[Release], outcome: Outcome) -> None:
        """Reads landed bytes again where raw Parquet is missing or was made by another reader."""
        for release in releases:
            if self.raw.holds(dataset, release):
                continue
            try:
                with TemporaryDirectory(prefix="outcomes-raw-") as scratch:
                    tables = self._read_landed(dataset, release, Path(scratch))
                    self.raw.write(dataset, release, tables, *self._looked_at(dataset, release, tables))
            except SourceError as error:
                self._problem(outcome, error, record=False)

    def _read_landed(self, dataset: Dataset, release: Release, folder: Path) -> dict[str, Path]:
        if dataset.personal:
            return read_aggregate(dataset, release, self.landing.root, folder)
        files = [SourceFile(file.name, self.landing.path(file.path), file.sha256) for file in release.files]
        return _read(dataset, release, files, folder)

    def _problem(self, outcome: Outcome, error: SourceError, *, record: bool = True) -> None:
        outcome.problems.append(str(error))
        outcome.retryable = outcome.retryable or isinstance(error, NetworkError)
        if record:
            self.landing.record_failed(outcome.dataset, str(error))


def _refused(result: CheckResult) -> dict[str, Any]:
    """A failed check of a release that is no part of the build: it is told, and does not stop the others."""
    return replace(result, check_id=f"refused/{result.check_id}", kind="refused", severity="warn").to_dict()


def _drift_result(release: Release, drift: Drift) -> dict[str, Any]:
    from expectations.model import CheckResult

    return CheckResult(
        check_id="/".join(("refused", release.dataset, drift.table_name, drift.what, release.release_id)),
        kind="refused",
        dataset=release.dataset,
        table_name=f"{release.dataset}__{drift.table_name}",
        column_name="",
        check_name=drift.what.replace(" ", "_"),
        severity="warn",
        passed=False,
        expected=drift.expected,
        found=drift.found,
        sample_failing=drift.place,
        release_id=release.release_id,
        checked_at=dt.datetime.now(dt.UTC),
    ).to_dict()


# What of a table's entry in the catalogue a check of its contract comes from; all others judge values.
_CHECKED = {
    "columns_present": ("columns",),
    "rows_present": ("expect", "rows"),
    "row_count_in_band": ("expect", "rows"),
    "areas_present": ("expect", "areas"),
    "key_unique": ("expect", "key"),
}


def _place(dataset: Dataset, result: CheckResult) -> str:
    """The line of the catalogue that a failed check comes from."""
    table = next(table for table in dataset.tables if f"{dataset.dataset}__{table.name}" == result.table_name)
    return place_of(dataset, table.name, *_CHECKED.get(result.check_name, _value_rule(table, result)))


def _value_rule(table: Table, result: CheckResult) -> tuple[str | int, ...]:
    if result.check_name == f"{result.column_name}_filled":
        return ("expect", "not_null")
    rules = [at for at, rule in enumerate(table.expect.values) if rule.column == result.column_name]
    return ("expect", "values", *rules[:1])


def _as_stored(known: Release, fetched: Release) -> tuple[StoredFile, ...]:
    """The stored files of a release with what the server says of them now."""
    return tuple(
        replace(stored, etag=file.etag, last_modified=file.last_modified)
        for stored, file in zip(known.files, fetched.files, strict=True)
    )


def _frames(path: Path, columns: Sequence[str] | None) -> Iterator[pandas.DataFrame]:
    return (piece.to_pandas() for piece in raw_table.pieces(path, columns))


def _form(dataset: Dataset, tables: Mapping[str, Path]) -> dict[str, Fingerprint]:
    looked_at = {table.name: (*table.column_names, "_member") for table in dataset.tables}
    return fingerprints(dataset, {name: raw_table.pieces(path, looked_at[name]) for name, path in tables.items()})


def _read(dataset: Dataset, release: Release, files: list[SourceFile], folder: Path) -> dict[str, Path]:
    """Raw tables of a release as files in `folder`.

    An error names the file, or the sheet in it, and where the file came from.
    """
    map_large_buffers()
    lost = [file.path for file in files if not file.path.is_file()]
    if lost:
        raise PayloadError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=str(lost[0]),
            expected=f"the landed bytes of {release.release_id}",
            found="no such file",
            action="Restore the landing zone from its backup.",
        )
    try:
        return write_release(dataset, files, release.release_id, folder)
    except PayloadError as error:
        raise PayloadError(
            publisher=error.publisher,
            dataset=error.dataset,
            where=f"{error.where} ({release.url})",
            expected=error.expected,
            found=error.found,
            action=error.action,
        ) from error


def media_of(dataset: Dataset, name: str) -> Any:
    """How to gate a file: by its name where that says it, else by the catalogue."""
    suffix = Path(name).suffix.lower().lstrip(".")
    return suffix if suffix in ("csv", "xlsx", "ods", "zip", "json", "parquet", "gz") else dataset.media


def _verdict(outcome: Outcome, releases: list[Release]) -> tuple[Status, str]:
    problems = PROBLEM_SEPARATOR.join(outcome.problems)
    if outcome.awaiting_account:
        serving = f" {len(releases)} landed releases serve." if releases else ""
        return "unchanged" if releases else "awaiting_source", outcome.awaiting_account + serving
    if not releases:
        return "missing", NOT_OFFERED if outcome.not_offered else problems or "nothing has landed"
    if outcome.not_offered:
        return "unchanged", f"{NOT_OFFERED}; {len(releases)} landed releases serve"
    if outcome.problems:
        return "stale", problems
    if outcome.landed:
        return "ok", f"{len(outcome.landed)} new, {outcome.unchanged} unchanged"
    return "unchanged", f"{len(releases)} landed releases, nothing new"

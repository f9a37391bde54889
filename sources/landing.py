"""The landing zone: every payload ever accepted, as published, and a ledger of every fetch.

    landing/<dataset>/<sha256><suffix>     bytes as published, named by content hash, never overwritten
    landing/rejected/<dataset>/<sha256>…   bytes that were refused, kept for whoever has to find out why
                                           (`personal` datasets: the aggregate is stored, refused bytes are not)
    landing/ledger.jsonl                   one row per fetch, appended; the row `landed` is the commit of a release

A process may die at any point: bytes without a ledger row are no release, and a torn last row is passed over.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from threading import Lock
from typing import Any, Literal

from sources.disk import writing
from sources.release import Payload, Release, describe, in_order, sha256_of, with_paths

Outcome = Literal["landed", "unchanged", "rejected", "failed"]


class Landing:
    """Immutable store and ledger under one folder. One process writes at a time; threads may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger_path = root / "ledger.jsonl"
        self._lock = Lock()
        self._rows: list[dict[str, Any]] = []  # the ledger as read so far; it only grows
        self._read_to = 0

    # --- reading ------------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Ledger rows, oldest first. A row torn by a crash is no row: what it would have said did not happen."""
        with self._lock:
            size = self.ledger_path.stat().st_size if self.ledger_path.exists() else 0
            if size > self._read_to:
                with self.ledger_path.open("rb") as ledger:
                    ledger.seek(self._read_to)
                    lines = ledger.read().splitlines()
                self._rows += [row for row in map(_parsed, lines) if row is not None]
                self._read_to = size
            return list(self._rows)

    def releases(self, *, sample: bool) -> list[Release]:
        """Landed releases in the order in which they landed: those of the bundled sample, or all others. Never both."""
        latest: dict[str, Release] = {}
        for row in self.rows():
            if row["outcome"] == "landed" and (row["origin"] == "sample") == sample:
                latest[row["release_id"]] = Release.from_dict(row)
        return _in_step(list(latest.values()))

    def refused_for_drift(self, *, sample: bool) -> list[dict[str, Any]]:
        """Ledger rows of releases refused for their form that have not landed since, the newest row of each."""
        landed = {release.sha256 for release in self.releases(sample=sample)}
        refused = {
            row["release_id"]: row
            for row in self.rows()
            if row["outcome"] == "rejected" and row.get("drift") and (row["origin"] == "sample") == sample
        }
        return [row for row in refused.values() if row["sha256"] not in landed]

    def find(self, candidate: Release) -> Release | None:
        """The landed release with the same content of the same dataset part, if there is one.

        Not where a publisher has gone back to earlier bytes: they are a release again (`come_back`).
        """
        same = [] if self._went_back(candidate) else self._like(candidate)
        return same[-1] if same else None

    def come_back(self, candidate: Release) -> Release:
        """The candidate, as a release of its own where a publisher has gone back to earlier bytes.

        It is dated by the day it came back: the publisher's date may be the old one.
        """
        if not self._went_back(candidate):
            return candidate
        time = len(self._like(candidate)) + 1
        revised_at = max(candidate.revised_at, candidate.retrieved_at.date())
        return replace(candidate, release_id=f"{candidate.release_id}.{time}", revised_at=revised_at)

    def _went_back(self, candidate: Release) -> bool:
        """The content has landed before, and other content has come from the publisher since."""
        live = [release for release in self._of_part(candidate) if release.origin == candidate.origin == "live"]
        return bool(live) and live[-1].sha256 != candidate.sha256 and bool(self._like(candidate))

    def _like(self, candidate: Release) -> list[Release]:
        return [release for release in self._of_part(candidate) if release.sha256 == candidate.sha256]

    def _of_part(self, candidate: Release) -> list[Release]:
        """Landed releases of the candidate's dataset, part and basis, as they landed: dates may have been wrong."""
        part = (candidate.dataset, candidate.part, candidate.basis)
        releases = self.releases(sample=candidate.origin == "sample")
        return [release for release in releases if (release.dataset, release.part, release.basis) == part]

    def before(self, candidate: Release) -> Release | None:
        """The whole release that comes right before the candidate in the order of publication, if there is one."""
        whole = [release for release in self._of_part(candidate) if not release.is_incomplete]
        ordered = in_order([*whole, candidate])
        at = next(at for at, release in enumerate(ordered) if release is candidate)
        return ordered[at - 1] if at else None

    def latest_from(self, dataset: str, url: str) -> Release:
        """The newest live release that was fetched from `url`: what "not modified" refers to.

        A release whose request was paged is known by the address of the whole request, too.
        """
        fetched = [
            release
            for release in self.releases(sample=False)
            if release.dataset == dataset and url in (release.url, *(file.url for file in release.files))
        ]
        return fetched[-1]

    def validators(self, dataset: str, url: str, *, suffix: str = "") -> tuple[str | None, str | None]:
        """(ETag, Last-Modified) of the accepted bytes last fetched from `url`, for a conditional request.

        None once any bytes of that release are lost, or are stored under a name that does not end in `suffix`: they
        are to be fetched again.
        """
        found: tuple[str | None, str | None] = (None, None)
        stored = {
            file.sha256: file.path
            for release in self.releases(sample=False)
            if release.dataset == dataset
            for file in release.files
        }
        for row in self.rows():
            if row["outcome"] in ("landed", "unchanged") and (row["dataset"], row["origin"]) == (dataset, "live"):
                for file in row["files"]:
                    path = stored[file["sha256"]]
                    if file["url"] == url and path.endswith(suffix) and (self.root / path).is_file():
                        found = (file["etag"], file["last_modified"])
        return found

    def path(self, file_path: str) -> Path:
        return self.root / file_path

    # --- writing ------------------------------------------------------------------------------------

    def store(self, payload: Payload) -> Release:
        """Bytes into the store (no-op for bytes that are there). The release exists once `commit` was called."""
        release = self.come_back(describe(payload))
        paths = {}
        for stored, file in zip(release.files, payload.files, strict=True):
            suffix = Path(file.name).suffix.lower()
            paths[stored.sha256] = f"{payload.dataset}/{stored.sha256}{suffix}"
            _store(file.path, self.root / paths[stored.sha256])
        return with_paths(release, paths)

    def store_aggregate(self, payload: Payload, aggregate: Path, suffix: str) -> Release:
        """`aggregate` in place of the payload's bytes: the release keeps their hash, its files are what is stored.

        Each file of the payload keeps its address and validators; all of them point to the one aggregate.
        """
        release = self.come_back(describe(payload))
        digest = sha256_of(aggregate)
        path = f"{payload.dataset}/{digest}{suffix}"
        _store(aggregate, self.root / path)
        size = aggregate.stat().st_size
        return replace(
            release, files=tuple(replace(file, path=path, sha256=digest, bytes=size) for file in release.files)
        )

    def remove_leftovers(self) -> None:
        """Removes what a killed run had begun to store; only for who alone may write."""
        for folder in (self.root, self.root / "rejected"):
            for leftover in folder.glob("*/.*"):
                leftover.unlink()

    def commit(self, release: Release) -> None:
        """Makes a stored release part of the landing zone."""
        self._append({"outcome": "landed", "recorded_at": _now(), **release.to_dict()})

    def record_unchanged(
        self, release: Release, *, retrieved_at: dt.datetime, how: str, fetched: Release | None = None
    ) -> None:
        """A fetch that found what is already landed (`how`: '304' or 'same hash').

        `fetched` describes what came with the same bytes: a server may have given them a new ETag.
        """
        self._append(
            {
                "outcome": "unchanged",
                "recorded_at": _now(),
                "dataset": release.dataset,
                "part": release.part,
                "url": release.url,
                "release_id": release.release_id,
                "sha256": release.sha256,
                "retrieved_at": retrieved_at.isoformat(),
                "origin": (fetched or release).origin,
                "message": how,
                "files": (fetched or release).to_dict()["files"],
            }
        )

    def record_rejected(
        self, payload: Payload, message: str, *, keep: bool = True, drift: dict[str, Any] | None = None
    ) -> None:
        """A payload that was refused: its bytes are kept apart (unless they are records), its reason in the ledger.

        `drift`: how its form differs from the release before it, where that is the reason.
        """
        release = describe(payload)
        for stored, file in zip(release.files, payload.files, strict=True) if keep else ():
            suffix = Path(file.name).suffix.lower()
            _store(file.path, self.root / "rejected" / payload.dataset / f"{stored.sha256}{suffix}")
        reason = {"message": message} | ({"drift": drift} if drift else {})
        self._append({"outcome": "rejected", "recorded_at": _now(), **reason, **release.to_dict()})

    def record_failed(self, dataset: str, message: str) -> None:
        """A fetch that brought nothing."""
        self._append({"outcome": "failed", "recorded_at": _now(), "dataset": dataset, "message": message})

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
        with self._lock:
            self.root.mkdir(parents=True, exist_ok=True)
            with writing(self.ledger_path), self.ledger_path.open("ab") as ledger:
                if ledger.tell() and not _ends_with_newline(self.ledger_path):
                    ledger.write(b"\n")  # closes a row torn by a crash
                ledger.write(line)
                ledger.flush()
                os.fsync(ledger.fileno())


def _in_step(releases: list[Release]) -> list[Release]:
    """Releases as they landed, with dates that can be: a clock was ahead, or a publisher's date is a slip of the pen.

    None was fetched later than what landed after it of the same part, none was published after all that was fetched.
    Such a release would else stay the newest until that day has come. Only of live ones, which a clock has dated.
    """
    next_at: dict[tuple[str, str], dt.datetime] = {}
    found = []
    for landed in reversed(releases):
        release, part = landed, (landed.dataset, landed.part)
        if landed.origin == "live":
            if part in next_at and landed.retrieved_at > next_at[part]:
                release = replace(landed, retrieved_at=next_at[part] - dt.timedelta(seconds=1))
                if landed.published_at_basis == "retrieved":
                    release = _dated_by_retrieval(release)
            next_at[part] = release.retrieved_at
        found.append(release)
    if not next_at:
        return releases
    last = max(next_at.values()).date() + dt.timedelta(days=1)  # wherever on earth it was published
    return [
        _dated_by_retrieval(release)
        if release.origin == "live" and max(release.published_at, release.revised_at) > last
        else release
        for release in reversed(found)
    ]


def _dated_by_retrieval(release: Release) -> Release:
    day = release.retrieved_at.date()
    return replace(release, published_at=day, revised_at=day, published_at_basis="retrieved")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return row


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _store(source: Path, target: Path) -> None:
    """Copies atomically; bytes that are already there stay untouched."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with writing(target):
            copyfile(source, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_folder(target.parent)


def fsync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

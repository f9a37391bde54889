"""What travels from a publisher to the landing zone: candidate → payload → release.

A *candidate* is something a publisher offers now. A *payload* is its bytes on disk, not yet accepted. A
*release* is a payload that was gated, read, checked against its contract and landed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sources.readers import SourceFile

Basis = Literal["published", "illustrative"]
Kind = Literal["whole", "reply", "reconstructed", "excerpt"]
PublishedAtBasis = Literal["publisher", "catalogue", "retrieved"]

# Kinds whose completeness (areas, row band) cannot be expected; their format always is.
INCOMPLETE_KINDS = frozenset({"reply", "reconstructed", "excerpt"})


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Candidate:
    """One release that a publisher offers now, as found by discovery.

    `file_name` may be the publisher's own; only its last part is taken, so that it names a file in a folder of ours.
    """

    dataset: str
    part: str
    title: str
    url: str
    file_name: str
    published_at: dt.date | None = None  # None: the publisher does not say
    dated_by_last_modified: bool = False  # a file replaced in place: the server's date is the release date

    def __post_init__(self) -> None:
        last = "".join(c for c in re.split(r"[/\\]", self.file_name)[-1] if c.isprintable())
        object.__setattr__(self, "file_name", "file" if last in ("", ".", "..") else last)


@dataclass(frozen=True)
class PayloadFile:
    """One file as fetched: published name, bytes on disk, what the server said of it."""

    name: str
    path: Path
    url: str
    etag: str | None = None
    last_modified: str | None = None
    media_type: str | None = None

    @property
    def source_file(self) -> SourceFile:
        return SourceFile(self.name, self.path, sha256_of(self.path))


@dataclass(frozen=True)
class Payload:
    """Fetched bytes of one release of a dataset part (several files only where a request was paged)."""

    dataset: str
    part: str
    title: str
    url: str
    files: tuple[PayloadFile, ...]
    published_at: dt.date | None
    origin: Literal["live", "mirror", "sample", "return"]
    retrieved_at: dt.datetime
    basis: Basis = "published"
    kind: Kind = "whole"
    citation: str = ""
    revised_at: dt.date | None = None  # the file's own date, where it was changed after the release date it states


@dataclass(frozen=True)
class StoredFile:
    """One file of a landed release; `path` is relative to the landing zone."""

    name: str
    path: str
    url: str
    sha256: str
    bytes: int
    etag: str | None = None
    last_modified: str | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Release:
    """A landed release, as one ledger row describes it."""

    release_id: str
    dataset: str
    part: str
    title: str
    url: str
    published_at: dt.date
    published_at_basis: PublishedAtBasis
    revised_at: dt.date  # orders the releases of a part; `published_at` unless the file has a later date of its own
    retrieved_at: dt.datetime
    sha256: str
    origin: str
    basis: Basis
    kind: Kind
    citation: str
    files: tuple[StoredFile, ...] = field(default_factory=tuple)

    @property
    def key(self) -> str:
        """Release id as a file name."""
        return self.release_id.replace(":", "~")

    @property
    def is_incomplete(self) -> bool:
        return self.kind in INCOMPLETE_KINDS

    def to_dict(self) -> dict[str, Any]:
        row = asdict(self)
        row["published_at"] = self.published_at.isoformat()
        row["revised_at"] = self.revised_at.isoformat()
        row["retrieved_at"] = self.retrieved_at.isoformat()
        return row

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Release:
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        return cls(
            **known
            | {
                "published_at": dt.date.fromisoformat(row["published_at"]),
                "revised_at": dt.date.fromisoformat(row["revised_at"]),
                "retrieved_at": dt.datetime.fromisoformat(row["retrieved_at"]),
                "files": tuple(StoredFile(**file) for file in row["files"]),
            }
        )


def describe(payload: Payload) -> Release:
    """The release a payload would become: identity from content, date from the publisher where known."""
    stored = tuple(
        StoredFile(
            name=file.name,
            path="",
            url=file.url,
            sha256=sha256_of(file.path),
            bytes=file.path.stat().st_size,
            etag=file.etag,
            last_modified=file.last_modified,
            media_type=file.media_type,
        )
        for file in payload.files
    )
    digests = [file.sha256 for file in stored]
    sha256 = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    published_at = payload.published_at or payload.retrieved_at.date()
    return Release(
        release_id=f"{payload.dataset}:{payload.part or '-'}:{published_at}:{sha256[:12]}",
        dataset=payload.dataset,
        part=payload.part,
        title=payload.title,
        url=payload.url,
        published_at=published_at,
        published_at_basis="publisher" if payload.published_at else "retrieved",
        revised_at=max(published_at, payload.revised_at or published_at),
        retrieved_at=payload.retrieved_at,
        sha256=sha256,
        origin=payload.origin,
        basis=payload.basis,
        kind=payload.kind,
        citation=payload.citation,
        files=stored,
    )


def in_order(releases: Iterable[Release]) -> list[Release]:
    """Releases in order of publication."""
    return sorted(releases, key=lambda r: (r.revised_at, r.published_at, r.retrieved_at, r.release_id))


def known_from(releases: Iterable[Release]) -> dict[str, dt.date]:
    """Day from which each release was known, by release id: the publisher's release date.

    A release that states no later date than that from which the one before it was known was put out again under an
    old date: it was known from its own date (`revised_at`). So a later release is never known before an earlier one.
    """
    latest: dict[tuple[str, str, str], dt.date] = {}
    known = {}
    for release in in_order(releases):
        part = (release.dataset, release.part, release.basis)
        is_later = part not in latest or release.published_at > latest[part]
        latest[part] = known[release.release_id] = release.published_at if is_later else release.revised_at
    return known


def with_paths(release: Release, paths: dict[str, str]) -> Release:
    """The release with the landing path of each file, by content hash."""
    return replace(release, files=tuple(replace(file, path=paths[file.sha256]) for file in release.files))

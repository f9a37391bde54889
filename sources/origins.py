"""Where bytes come from: live publishers, the bundled sample, a mirror folder, or what has already landed.

`parse` reads the `--from` switch; `open_origin` gives an origin whose `payloads(dataset)` yields, one by one,
payloads to be landed, releases that the publisher says are unchanged, and the problems of single files. From
there on everything is the same code.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import yaml

from sources.catalogue import Dataset
from sources.errors import AccountMissingError, NothingFoundError, PayloadError, SourceError
from sources.http import PoliteSession
from sources.landing import Landing
from sources.personal import aggregate_suffix
from sources.publishers import publisher_of
from sources.release import Candidate, Kind, Payload, PayloadFile

SAMPLE_DIR = Path(__file__).parent / "sample"
LONDON = ZoneInfo("Europe/London")
FROM_JSON = "from_json_sourceDate"

OriginName = Literal["live", "sample", "mirror", "landed", "return"]


class OriginError(ValueError):
    """The `--from` switch, or the index of a mirror or sample, is not usable."""


@dataclass(frozen=True)
class OriginSpec:
    """The parsed `--from` switch."""

    name: OriginName
    folder: Path | None = None

    def __str__(self) -> str:
        return f"mirror:{self.folder}" if self.name == "mirror" else self.name


@dataclass(frozen=True)
class Unchanged:
    """The publisher answered "not modified" for the payload last landed from `url`."""

    dataset: str
    url: str


@dataclass(frozen=True)
class Refused:
    """Bytes that were refused while they were fetched (pages that do not add up), and why."""

    payload: Payload
    error: SourceError


Fetched = Payload | Unchanged | Refused | SourceError


class Origin(Protocol):
    spec: OriginSpec

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        """What there is of one dataset. Raises SourceError when there is nothing at all to be had."""
        ...


def parse(text: str) -> OriginSpec:
    """`live`, `sample`, `landed` or `mirror:DIR`. Raises OriginError."""
    if text in ("live", "sample", "landed"):
        return OriginSpec(text)  # type: ignore[arg-type]
    if text.startswith("mirror:") and text != "mirror:":
        folder = Path(text.removeprefix("mirror:")).expanduser()
        if not folder.is_dir():
            raise OriginError(f"expected a folder after mirror:, found {folder} (no such folder)")
        return OriginSpec("mirror", folder.resolve())
    raise OriginError(f"expected live, sample, landed or mirror:DIR, found {text!r}")


def open_origin(spec: OriginSpec, landing: Landing, session: PoliteSession | None) -> Origin:
    """The origin that the switch names; `session` is needed for live only."""
    if spec.name == "sample":
        return SampleOrigin(spec)
    if spec.name == "mirror":
        return MirrorOrigin(spec)
    if spec.name == "landed":
        return LandedOrigin(spec)
    if session is None:
        raise OriginError("the live origin needs an HTTP session")
    return LiveOrigin(spec, landing, session)


class LiveOrigin:
    """Publishers over HTTP: discover the newest releases, fetch what is new."""

    def __init__(self, spec: OriginSpec, landing: Landing, session: PoliteSession) -> None:
        self.spec, self.landing, self.session = spec, landing, session

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        _refuse_without_account(dataset)
        publisher = publisher_of(dataset)
        for number, candidate in enumerate(publisher.discover(dataset, self.session)):
            if isinstance(candidate, SourceError):
                yield candidate
                continue
            folder = scratch / str(number)
            folder.mkdir(parents=True)
            try:
                files = publisher.fetch(dataset, candidate, self.session, folder, self._validators(dataset))
            except SourceError as error:
                # The other parts of the dataset go on. What a broken connection left behind is no evidence.
                pages = _left_behind(folder, candidate) if isinstance(error, PayloadError) else ()
                yield Refused(_live(candidate, pages), error) if pages else error
                continue
            yield Unchanged(dataset.dataset, candidate.url) if files is None else _live(candidate, files)

    def _validators(self, dataset: Dataset) -> Any:
        suffix = aggregate_suffix(dataset) if dataset.personal else ""
        return lambda url: self.landing.validators(dataset.dataset, url, suffix=suffix)


def _refuse_without_account(dataset: Dataset) -> None:
    """AccountMissingError where an environment variable of the dataset's account is not set."""
    absent = [name for name in dataset.credentials if not os.environ.get(name)]
    if absent:
        raise AccountMissingError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where="the environment",
            expected=f"an account in {' and '.join(dataset.credentials)}",
            found=f"no {' and no '.join(absent)}",
            action=f"Awaiting source: {dataset.credentials_from}",
        )


def _live(candidate: Candidate, files: tuple[PayloadFile, ...]) -> Payload:
    return Payload(
        dataset=candidate.dataset,
        part=candidate.part,
        title=candidate.title,
        url=candidate.url,
        files=files,
        published_at=candidate.published_at or _last_modified(candidate, files),
        origin="live",
        retrieved_at=dt.datetime.now(dt.UTC),
    )


def _last_modified(candidate: Candidate, files: tuple[PayloadFile, ...]) -> dt.date | None:
    """Day in London of Last-Modified, for a file that is dated by it; None where it is absent or no date."""
    if not candidate.dated_by_last_modified or not files:
        return None
    try:
        return parsedate_to_datetime(files[0].last_modified or "").astimezone(LONDON).date()
    except ValueError:
        return None


def _left_behind(folder: Path, candidate: Candidate) -> tuple[PayloadFile, ...]:
    """Files of a fetch that was given up."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return tuple(PayloadFile(path.name, path, candidate.url) for path in paths)


class SampleOrigin:
    """Release files bundled with the package, each with its basis and citation (`sample/index.yml`)."""

    def __init__(self, spec: OriginSpec, folder: Path = SAMPLE_DIR) -> None:
        self.spec, self.folder = spec, folder
        self.index = _read_index(folder / "index.yml")

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        del scratch  # sample files are read in place
        entries = self.index.get(dataset.dataset, [])
        if not entries:
            raise _nothing(dataset, self.folder / "index.yml", "sample files")
        for entry in entries:
            path = self.folder / entry["file"]
            yield Payload(
                dataset=dataset.dataset,
                part=entry.get("part", ""),
                title=dataset.title,
                url=entry["url"],
                files=(PayloadFile(path.name, path, entry["url"]),),
                published_at=entry.get("published"),
                origin="sample",
                retrieved_at=dt.datetime.now(dt.UTC),
                basis=entry["basis"],
                kind=entry.get("kind", "whole"),
                citation=entry["citation"],
            )


class MirrorOrigin:
    """Files that somebody downloaded by hand: `mirror.yml` says which is what; without it, a folder per dataset."""

    def __init__(self, spec: OriginSpec) -> None:
        if spec.folder is None:
            raise OriginError("a mirror needs a folder")
        self.spec, self.folder = spec, spec.folder
        index = spec.folder / "mirror.yml"
        self.index = _read_index(index) if index.is_file() else None

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        del scratch  # mirrored files are read in place
        found = False
        for entry in self._entries(dataset):
            for path in sorted(self.folder.glob(entry["files"])):
                found = True
                yield self._payload(dataset, path, entry)
        if not found:
            raise _nothing(dataset, self.folder, "files of this dataset (mirror.yml, or a folder of its name)")

    def _entries(self, dataset: Dataset) -> list[dict[str, Any]]:
        if self.index is not None:
            return self.index.get(dataset.dataset, [])
        return [{"files": f"{dataset.dataset}/[!.]*"}]

    def _payload(self, dataset: Dataset, path: Path, entry: dict[str, Any]) -> Payload:
        where = f"mirror:{path.relative_to(self.folder)}"
        kind: Kind = entry.get("kind", "whole")
        return Payload(
            dataset=dataset.dataset,
            part=dataset.part_of(path.name),
            title=dataset.title,
            url=where,
            files=(PayloadFile(path.name, path, where),),
            published_at=_published(path, entry.get("published")),
            revised_at=_revised(path) if entry.get("published") == FROM_JSON else None,
            origin="mirror",
            retrieved_at=_retrieved(entry.get("retrieved")),
            kind=kind,
            citation=str(entry.get("note", "")),
        )


class LandedOrigin:
    """No fetch at all: the build is made from what is in the landing zone."""

    def __init__(self, spec: OriginSpec) -> None:
        self.spec = spec

    def payloads(self, dataset: Dataset, scratch: Path) -> Iterator[Fetched]:
        del dataset, scratch
        yield from ()


def _read_index(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        index = yaml.safe_load(path.read_text(encoding="utf-8"))["datasets"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise OriginError(
            f"expected an index with a `datasets` mapping in {path}, found {type(error).__name__}: {error}"
        ) from error
    if not isinstance(index, dict):
        raise OriginError(f"expected `datasets` to map dataset to files in {path}, found {type(index).__name__}")
    return {str(dataset): list(entries or []) for dataset, entries in index.items()}


def _published(path: Path, published: Any) -> dt.date | None:
    """The release date that a mirror gives: a date, or the `sourceDate` (dd/mm/yyyy) of the JSON beside the file."""
    if isinstance(published, dt.date) or published is None:
        return published
    if published != FROM_JSON:
        raise OriginError(f"expected a date or {FROM_JSON} for {path}, found {published!r}")
    return _date_beside(path, r'"sourceDate":\s*"[^"]*?(\d{2})/(\d{2})/(\d{4})[|"]')


def _revised(path: Path) -> dt.date | None:
    """When the file itself was last changed, as the JSON beside it notes: corrections keep their `sourceDate`."""
    return _date_beside(path, r"last modified on (\d{2})/(\d{2})/(\d{4})")


def _date_beside(path: Path, pattern: str) -> dt.date | None:
    """A date dd/mm/yyyy in the JSON metadata beside a file; None where there is none, or none that exists.

    The notes are written by hand: one of the published ones says 81/12/2025.
    """
    metadata = path.with_suffix(".json")
    if not metadata.is_file():
        return None
    found = re.search(pattern, metadata.read_text(encoding="utf-8"))
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _retrieved(retrieved: Any) -> dt.datetime:
    if isinstance(retrieved, dt.date):
        return dt.datetime.combine(retrieved, dt.time(12), tzinfo=LONDON).astimezone(dt.UTC)
    return dt.datetime.now(dt.UTC)


def _nothing(dataset: Dataset, where: Path, expected: str) -> NothingFoundError:
    return NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=str(where),
        expected=expected,
        found="none",
        action="The run goes on without it; what landed before is still served.",
    )


def unused_entries(origin: Origin, catalogue: dict[str, Dataset]) -> list[str]:
    """Datasets that a mirror or sample holds and the catalogue does not know."""
    index = getattr(origin, "index", None) or {}
    return sorted(set(index) - set(catalogue))

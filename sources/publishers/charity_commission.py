"""Charity Commission for England and Wales: extracts of the register, replaced every day under their names.

The counts need two extracts at once, charities and the areas in which they operate: they are one release. Where one of
them has changed, both are fetched.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sources.catalogue import Dataset, DiscoverUrls
from sources.http import PoliteSession
from sources.publishers import Validators, download
from sources.release import Candidate, PayloadFile

_NOTHING_KNOWN = (None, None)


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The extracts as one candidate, known by the address of the first. Nothing is asked."""
    del session
    first = _urls(dataset)[0]
    return [_candidate(dataset, first)]


def fetch(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
) -> tuple[PayloadFile, ...] | None:
    """All extracts; None when the publisher says of every one that it has not changed."""
    del candidate
    parts = [_candidate(dataset, url) for url in _urls(dataset)]
    found = [download(dataset, part, session, folder, validators) for part in parts]
    if not any(found):
        return None
    files: list[PayloadFile] = []
    for part, fetched in zip(parts, found, strict=True):
        files += fetched or download(dataset, part, session, folder, lambda _: _NOTHING_KNOWN) or ()
    return tuple(files)


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """Every extract."""
    del candidate, session
    return list(_urls(dataset))


def _urls(dataset: Dataset) -> tuple[str, ...]:
    if not isinstance(dataset.discover, DiscoverUrls):
        raise TypeError(f"{dataset.dataset} is not found at several addresses but by {dataset.discover.method}")
    return dataset.discover.urls


def _candidate(dataset: Dataset, url: str) -> Candidate:
    return Candidate(
        dataset=dataset.dataset,
        part="",
        title=dataset.title,
        url=url,
        file_name=unquote(urlsplit(url).path).rsplit("/", 1)[-1],
        dated_by_last_modified=True,
    )

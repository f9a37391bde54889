"""data.gov.uk: CKAN's action API, asked for everything that the publishers of a seed list.

The slugs of publishers are not stable and are checked against `organization_list` on every run: an unknown one is
reported as a problem of its own, while what the others list is counted. CKAN gives a long list of organisations in
pieces without saying so (1,000 at once by default): it is asked until nothing new comes. It drops a filter that it does
not understand and answers with all data sets: every entry is checked to be of the publisher that was asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never
from urllib.parse import urlencode

from sources.catalogue import SEEDS_DIR, Dataset, DiscoverCkan
from sources.errors import NothingFoundError, PayloadError
from sources.gate import parse_json
from sources.http import PoliteSession
from sources.publishers import Validators
from sources.release import Candidate, PayloadFile

ORGANIZATIONS = "organizations.json"
UNKNOWN = "unknown_publishers"  # part of the candidate whose fetch reports slugs that are not there
MAX_PAGES = 100


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The known publishers as one candidate, the unknown ones as another. NothingFoundError where none is known."""
    how = _how(dataset)
    listed = _listed(dataset, session)
    slugs = publishers(how)
    known, unknown = [slug for slug in slugs if slug in listed], [slug for slug in slugs if slug not in listed]
    if not known:
        raise _unknown(dataset, unknown)
    candidates = [_candidate(dataset, "", f"{how.base_url}/package_search?{_filter(' OR '.join(known))}")]
    return candidates + ([_candidate(dataset, UNKNOWN, _list_url(how))] if unknown else [])


def fetch(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
) -> tuple[PayloadFile, ...] | None:
    """The list of organisations, and all pages of every publisher that is in it, as they came."""
    del validators  # the API has none
    how = _how(dataset)
    listed: set[str] = set()
    files: list[PayloadFile] = []
    for number, (url, content, found) in enumerate(_organizations(dataset, session), start=1):
        path = folder / (ORGANIZATIONS if number == 1 else f"organizations_{number:03d}.json")
        path.write_bytes(content)
        files.append(PayloadFile(path.name, path, url))
        listed |= found
    if candidate.part == UNKNOWN:
        raise _unknown(dataset, _absent(dataset, listed))
    for slug in publishers(how):
        if slug in listed:
            files += _pages(dataset, session, slug, folder)
    return tuple(files)


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """One data set of the known publishers; for the unknown ones what `fetch` reports."""
    if candidate.part == UNKNOWN:
        raise _unknown(dataset, _absent(dataset, _listed(dataset, session)))
    return [f"{candidate.url}&rows=1"]


def _absent(dataset: Dataset, listed: set[str]) -> list[str]:
    return [slug for slug in publishers(_how(dataset)) if slug not in listed]


def publishers(how: DiscoverCkan) -> list[str]:
    """Slugs of the seed, in its order."""
    with (SEEDS_DIR / how.publishers).open(encoding="utf-8", newline="") as file:
        return [row["slug"] for row in csv.DictReader(file)]


def _listed(dataset: Dataset, session: PoliteSession) -> set[str]:
    return {slug for _, _, found in _organizations(dataset, session) for slug in found}


def _organizations(dataset: Dataset, session: PoliteSession) -> Iterator[tuple[str, bytes, set[str]]]:
    """Pieces of the list of organisations: address, reply as it came, slugs in it."""
    how = _how(dataset)
    listed: set[str] = set()
    for _ in range(MAX_PAGES):
        url = f"{_list_url(how)}?offset={len(listed)}" if listed else _list_url(how)
        content, result = _result(dataset, session, url)
        if not isinstance(result, list) or not (result or listed):
            _refuse(dataset, url, "a list of organisations", type(result).__name__)
        found = {str(slug) for slug in result}
        if found <= listed:
            return
        listed |= found
        yield url, content, found
    _refuse(dataset, _list_url(how), f"a list of organisations in at most {MAX_PAGES} pieces", "more")


def _pages(dataset: Dataset, session: PoliteSession, slug: str, folder: Path) -> Iterator[PayloadFile]:
    how, rows = _how(dataset), 0
    for number in range(1, MAX_PAGES + 1):
        query = f"{_filter(slug)}&sort=name+asc&rows={how.page_size}&start={rows}"
        url = f"{how.base_url}/package_search?{query}"
        content, result = _result(dataset, session, url)
        found = result.get("results") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(found, list) or not isinstance(result.get("count"), int):
            _refuse(dataset, url, "a count and results", type(result).__name__)
        others = {str((item.get("organization") or {}).get("name")) for item in found} - {slug}
        if others:
            _refuse(dataset, url, f"data sets of {slug} only", f"data sets of {', '.join(sorted(others)[:3])}")
        path = folder / f"{slug}.{number:03d}.json"
        path.write_bytes(content)
        yield PayloadFile(path.name, path, url)
        rows += len(found)
        if rows >= result["count"]:
            return
        if not found:
            _refuse(dataset, url, f"{result['count']} data sets in all", f"{rows}")
    _refuse(dataset, how.base_url, f"at most {MAX_PAGES} pages of {slug}", "more")


def _result(dataset: Dataset, session: PoliteSession, url: str) -> tuple[bytes, Any]:
    """The reply as it came, and its `result`; PayloadError where the API reports no success."""
    reply = session.get(url, publisher=dataset.publisher, dataset=dataset.dataset)
    content = parse_json(reply.content, publisher=dataset.publisher, dataset=dataset.dataset, where=reply.url)
    if not isinstance(content, dict) or content.get("success") is not True:
        _refuse(dataset, url, "a reply with success", "none")
    return reply.content, content.get("result")


def _how(dataset: Dataset) -> DiscoverCkan:
    if not isinstance(dataset.discover, DiscoverCkan):
        raise TypeError(f"{dataset.dataset} is not found through CKAN but by {dataset.discover.method}")
    return dataset.discover


def _list_url(how: DiscoverCkan) -> str:
    return f"{how.base_url}/organization_list"


def _filter(slugs: str) -> str:
    wanted = f"({slugs})" if " OR " in slugs else slugs
    return urlencode({"fq": f"organization:{wanted}"}, safe=":()")


def _candidate(dataset: Dataset, part: str, url: str) -> Candidate:
    return Candidate(dataset=dataset.dataset, part=part, title=dataset.title, url=url, file_name=ORGANIZATIONS)


def _unknown(dataset: Dataset, slugs: list[str]) -> NothingFoundError:
    return NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=_list_url(_how(dataset)),
        expected=f"publishers {', '.join(slugs)}",
        found="no such organisations (they are not counted as having nothing)",
        action=f"Look the publishers up on {dataset.landing_page} and correct the seed open_data_publishers.csv.",
    )


def _refuse(dataset: Dataset, where: str, expected: str, found: str) -> Never:
    raise PayloadError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=where,
        expected=expected,
        found=found,
        action="Compare the reply with the dataset's catalogue entry.",
    )

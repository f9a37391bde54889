"""Department for Education: data sets of the Explore Education Statistics (EES) API, and files replaced in place.

The API speaks in opaque ids that may change with every version of a data set. What is wanted is named in the
catalogue by columns and labels; they are resolved through the version's `/meta` on every run, and that reply is
landed with the pages, since without it they mean nothing. A version never changes once it is published: what was
landed of it is not asked for again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Never
from urllib.parse import urlencode, urlsplit

from sources.catalogue import Dataset, DiscoverEes, DiscoverUrl
from sources.errors import NothingFoundError, PayloadError
from sources.gate import parse_json
from sources.http import PoliteSession
from sources.publishers import Validators, download
from sources.readers.ees_json import META
from sources.release import Candidate, PayloadFile

PAGE_SIZE = 1000
MAX_PAGES = 500
PUBLICATIONS = 20  # of a search, best first

# One option may be asked with `eq` and one with `in`: conditions of one kind would be alternatives.
_CONDITIONS = ("filters.eq", "filters.in")
_ACTION = (
    "The data set may have been redesigned: compare its /meta with the dataset's catalogue entry, or download its CSV "
    "by hand and use --from mirror:DIR."
)


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The latest version of the data set, as one request with all ids resolved; or the file at a fixed address."""
    if isinstance(dataset.discover, DiscoverUrl):
        return [_file(dataset, dataset.discover.url)]
    return [_Api(dataset, session).candidate()]


def fetch(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
) -> tuple[PayloadFile, ...] | None:
    """Meta and all pages of a data set version (None when that very request has landed), or the file."""
    if isinstance(dataset.discover, DiscoverUrl):
        return download(dataset, candidate, session, folder, validators)
    if validators(_page_url(candidate.url, 1)) != (None, None):
        return None
    return tuple(_Api(dataset, session).files(candidate, folder))


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """The file, or one row of the data set version."""
    del session
    return [candidate.url if isinstance(dataset.discover, DiscoverUrl) else f"{candidate.url}&page=1&pageSize=1"]


def _file(dataset: Dataset, url: str) -> Candidate:
    return Candidate(
        dataset=dataset.dataset,
        part="",
        title=dataset.title,
        url=url,
        file_name=PurePosixPath(urlsplit(url).path).name,
    )


def _page_url(url: str, page: int) -> str:
    return f"{url}&page={page}&pageSize={PAGE_SIZE}"


class _Api:
    """One data set of the API: found, resolved, fetched page by page."""

    def __init__(self, dataset: Dataset, session: PoliteSession) -> None:
        if not isinstance(dataset.discover, DiscoverEes):
            raise TypeError(f"{dataset.dataset} is not found through the EES API but by {dataset.discover.method}")
        self.how = dataset.discover
        self._dataset = dataset
        self._session = session

    # --- what is asked -----------------------------------------------------------------------------------

    def candidate(self) -> Candidate:
        base = f"{self.how.base_url}/data-sets/{self.how.data_set or self._found_by_title()}"
        summary = self._object(base)
        latest = summary.get("latestVersion")
        if not isinstance(latest, dict) or not latest.get("version"):
            self._refuse(base, "latestVersion with a version", f"{list(summary)}")
        version = str(latest["version"])
        return Candidate(
            dataset=self._dataset.dataset,
            part="",
            title=f"{summary.get('title') or self._dataset.title} (version {version})",
            url=f"{base}/query?{urlencode(self._query(base, version), safe=',')}",
            file_name="results.json",
            published_at=_day(latest.get("published")),
        )

    def _found_by_title(self) -> str:
        """Id of the one data set whose title matches, in the publications that the search finds."""
        url = f"{self.how.base_url}/publications"
        found = self._object(url, {"search": str(self.how.publication), "page": 1, "pageSize": PUBLICATIONS})
        titles: list[str] = []
        for publication in found.get("results") or []:
            listed = self._object(f"{url}/{publication['id']}/data-sets", {"page": 1, "pageSize": PUBLICATIONS})
            for data_set in listed.get("results") or []:
                if re.search(str(self.how.title), str(data_set.get("title"))):
                    return str(data_set["id"])
                titles.append(str(data_set.get("title")))
        self._nothing(url, f"a data set titled {self.how.title!r} in {self.how.publication!r}", titles)

    def _query(self, base: str, version: str) -> dict[str, str]:
        meta_url = f"{base}/meta"
        meta = self._object(meta_url, {"dataSetVersion": version})
        query = {"dataSetVersion": version, "geographicLevels.in": ",".join(self.how.geographic_levels)}
        query["indicators"] = ",".join(self._indicator(meta, meta_url, column) for column in self.how.indicators)
        for condition, (column, label) in zip(_CONDITIONS, self.how.filters.items(), strict=False):
            query[condition] = self._option(meta, meta_url, column, label)
        return query

    def _indicator(self, meta: dict[str, Any], url: str, column: str) -> str:
        ids = {str(item.get("column")): str(item.get("id")) for item in meta.get("indicators") or []}
        if column not in ids:
            self._refuse(url, f"an indicator with column {column}", _shown(ids))
        return ids[column]

    def _option(self, meta: dict[str, Any], url: str, column: str, label: str) -> str:
        options = {str(item.get("column")): item.get("options") or [] for item in meta.get("filters") or []}
        if column not in options:
            self._refuse(url, f"a filter with column {column}", _shown(options))
        ids = {str(option["label"]): str(option["id"]) for option in options[column]}
        alike = [text for text in ids if re.search(label, text)]
        if len(alike) != 1:
            self._refuse(url, f"one option of {column} matching {label!r}", _shown(alike or ids))
        return ids[alike[0]]

    # --- what comes back ---------------------------------------------------------------------------------

    def files(self, candidate: Candidate, folder: Path) -> Iterator[PayloadFile]:
        base, _, query = candidate.url.partition("/query?")
        version = query.partition("&")[0]
        yield self._store(f"{base}/meta?{version}", folder / META, candidate)[0]
        rows = 0
        for number in range(1, MAX_PAGES + 1):
            url = _page_url(candidate.url, number)
            file, page = self._store(url, folder / f"page{number:03d}.json", candidate)
            paging, results = page.get("paging"), page.get("results")
            if not isinstance(paging, dict) or not isinstance(results, list) or not results:
                self._refuse(url, "paging and results", f"{list(page)} with no results")
            if paging.get("page") != number:
                self._refuse(url, f"page {number}", f"page {paging.get('page')}")
            yield file
            rows += len(results)
            if number >= int(paging["totalPages"]):
                if rows != paging["totalResults"]:
                    self._refuse(url, f"{paging['totalResults']} results in all", f"{rows}")
                return
        self._refuse(candidate.url, f"at most {MAX_PAGES} pages", "more")

    def _store(self, url: str, path: Path, candidate: Candidate) -> tuple[PayloadFile, dict[str, Any]]:
        """The reply as it came, and what it says."""
        reply = self._session.get(url, publisher=self._dataset.publisher, dataset=self._dataset.dataset)
        content = parse_json(
            reply.content, publisher=self._dataset.publisher, dataset=self._dataset.dataset, where=reply.url
        )
        if not isinstance(content, dict):
            self._refuse(url, "a JSON object", type(content).__name__)
        path.write_bytes(reply.content)
        # A version stays as it is: its day stands in for Last-Modified where the reply has none.
        day = candidate.published_at.isoformat() if candidate.published_at else "undated"
        file = PayloadFile(
            name=path.name,
            path=path,
            url=url,
            etag=reply.etag,
            last_modified=reply.last_modified or day,
            media_type=reply.media_type,
        )
        return file, content

    def _object(self, url: str, params: dict[str, str | int] | None = None) -> dict[str, Any]:
        reply = self._session.get_json(
            url, params=params, publisher=self._dataset.publisher, dataset=self._dataset.dataset
        )
        if not isinstance(reply, dict):
            self._refuse(url, "a JSON object", type(reply).__name__)
        return reply

    def _refuse(self, where: str, expected: str, found: str) -> Never:
        raise PayloadError(
            publisher=self._dataset.publisher,
            dataset=self._dataset.dataset,
            where=where,
            expected=expected,
            found=found,
            action=_ACTION,
        )

    def _nothing(self, where: str, expected: str, titles: list[str]) -> Never:
        raise NothingFoundError(
            publisher=self._dataset.publisher,
            dataset=self._dataset.dataset,
            where=where,
            expected=expected,
            found=_shown(titles) or "none",
            action=f"Download the CSV by hand from {self._dataset.landing_page} and use --from mirror:DIR.",
        )


def _day(text: Any) -> dt.date | None:
    """Day of a time stamp such as 2025-12-11T09:30:00Z."""
    found = re.match(r"\d{4}-\d{2}-\d{2}", str(text))
    return dt.date.fromisoformat(found[0]) if found else None


def _shown(names: Any) -> str:
    listed = [str(name) for name in names]
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")  # noqa: PLR2004

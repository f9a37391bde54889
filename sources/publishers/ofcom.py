"""Ofcom Connected Nations: zips linked from release pages, which are linked from an index page.

No name, folder or depth has been the same at two releases: pages are found by the year in their address, zips by
what their name says, and the edition by the month in the zip's name (202507, data of July 2025). Ofcom is known to
refuse plain clients: where its pages cannot be read, pinned addresses are tried, and where the zip itself is refused,
the error says to download it by hand and to use a mirror.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from sources.catalogue import Dataset, DiscoverOfcom
from sources.errors import NetworkError, NothingFoundError, SourceError
from sources.http import PoliteSession
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]

log = logging.getLogger(__name__)

YEARS = 2  # release pages of so many years are read: the spring update of one, the annual report of the year before
EDITIONS = 2  # newest editions that are taken from them

_HREF = re.compile(r"\bhref=[\"']([^\"']+)[\"']", re.IGNORECASE)
_MONTH = re.compile(r"(?<!\d)(20\d{2}(?:0[1-9]|1[0-2]))(?!\d)")
_REVISION = re.compile(r"[-_]r(\d+)\b", re.IGNORECASE)
_DATED = re.compile(r"\b(?:Published|Last updated)\b\s*:?\s*(?:<[^>]*>\s*)*(\d{1,2} [A-Z][a-z]+ \d{4})", re.IGNORECASE)


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest editions, newest first, each a part of its own. NothingFoundError where there is none.

    A network failure is raised as it is: it may pass by itself. Pages that are refused, gone or without links leave
    the pinned list.
    """
    how = dataset.discover
    if not isinstance(how, DiscoverOfcom):
        raise TypeError(f"{dataset.dataset} is not found through Ofcom's pages but by {how.method}")
    problem: SourceError
    try:
        editions = _newest(_linked(dataset, how, session))
    except NetworkError:
        raise
    except SourceError as error:
        editions, problem = [], error
    else:
        problem = _nothing(dataset, how)
    if not editions:
        log.warning("%s (using the pinned list of %d)", problem, len(how.pinned))
        editions = _newest(_candidate(dataset, url, None) for url in how.pinned)
    if not editions:
        raise problem
    return editions


def _linked(dataset: Dataset, how: DiscoverOfcom, session: PoliteSession) -> Iterator[Candidate]:
    """Zips linked from the release pages of the newest years."""
    for page in _release_pages(dataset, how, session):
        try:
            html = _html(dataset, session, page)
        except NetworkError:
            raise
        except SourceError as error:
            log.warning("a release page is passed over: %s", error)
            continue
        published_at = _published_at(html)
        for url in _links(html, page):
            if re.search(how.archive, url):
                yield _candidate(dataset, url, published_at)


def _release_pages(dataset: Dataset, how: DiscoverOfcom, session: PoliteSession) -> list[str]:
    dated: dict[str, int] = {}
    for url in _links(_html(dataset, session, how.index), how.index):
        found = re.search(how.pages, url.partition("#")[0])
        if found:
            dated[url.partition("#")[0].rstrip("/")] = int(found["year"])
    newest = max(dated.values(), default=0)
    return [url for url, year in dated.items() if year > newest - YEARS]


def _html(dataset: Dataset, session: PoliteSession, url: str) -> str:
    reply = session.get(url, publisher=dataset.publisher, dataset=dataset.dataset)
    return reply.content.decode("utf-8", errors="replace")


def _links(html: str, page: str) -> list[str]:
    return [urljoin(page, unescape(href)) for href in _HREF.findall(html)]


def _candidate(dataset: Dataset, url: str, published_at: dt.date | None) -> Candidate:
    file_name = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    month = _month(file_name)
    edition = f", {month[:4]}-{month[4:]}" if month else ""
    return Candidate(
        dataset=dataset.dataset,
        part=dataset.part_of(file_name),
        title=f"{dataset.title}{edition}",
        url=url,
        file_name=file_name,
        published_at=published_at,
    )


def _newest(candidates: Iterator[Candidate]) -> list[Candidate]:
    """The newest editions, one candidate each: of one edition's zips the highest revision, the first of equals."""
    editions: dict[str, Candidate] = {}
    for candidate in candidates:
        month = _month(candidate.file_name)
        known = editions.get(month)
        if known is None or _revision(candidate.file_name) > _revision(known.file_name):
            editions[month] = candidate
    return [editions[month] for month in sorted(editions, reverse=True)[:EDITIONS]]


def _month(file_name: str) -> str:
    """Month of the data, YYYYMM; '' where the name has none (such a zip comes after all others)."""
    found = _MONTH.search(file_name)
    return found[1] if found else ""


def _revision(file_name: str) -> int:
    found = _REVISION.search(file_name)
    return int(found[1]) if found else 0


def _published_at(html: str) -> dt.date | None:
    """Latest of the dates that the page calls published or last updated: zips are replaced under their old name."""
    return max(filter(None, map(_date, _DATED.findall(html))), default=None)


def _date(text: str) -> dt.date | None:
    """13 May 2026 as a date; None for what is no such day."""
    try:
        return dt.datetime.strptime(text, "%d %B %Y").date()
    except ValueError:
        return None


def _nothing(dataset: Dataset, how: DiscoverOfcom) -> NothingFoundError:
    return NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=how.index,
        expected=f"release pages matching {how.pages!r} with zips matching {how.archive!r}",
        found="none",
        action=f"Download the zip by hand from {dataset.landing_page} and use --from mirror:DIR.",
    )

"""Files linked from a page of their publisher: neither folder nor name of the file lasts, the words in it do.

Where file names carry the day on which they were made (IUK-20260804-…), the newest is taken and its day is the release
date. Where they do not, the first link that fits is taken and its date is left to the server.
"""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from sources.catalogue import Dataset, DiscoverPageLink
from sources.errors import NothingFoundError
from sources.http import PoliteSession
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]

_HREF = re.compile(r"\bhref=[\"']([^\"']+)[\"']", re.IGNORECASE)


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest file that the page links under the expected name. NothingFoundError where it links none."""
    how = dataset.discover
    if not isinstance(how, DiscoverPageLink):
        raise TypeError(f"{dataset.dataset} is not found on a page but by {how.method}")
    reply = session.get(how.page, publisher=dataset.publisher, dataset=dataset.dataset)
    links = [urljoin(how.page, unescape(href)) for href in _HREF.findall(reply.content.decode(errors="replace"))]
    dated = "day" in re.compile(how.link).groupindex
    fitting = [
        (day, link)
        for link in links
        if (found := re.search(how.link, link)) and ((day := _day(found["day"]) if dated else None) or not dated)
    ]
    if not fitting:
        raise NothingFoundError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=how.page,
            expected=f"a link matching {how.link!r}",
            found=f"{len(links)} other links",
            action=f"Download the file by hand from {dataset.landing_page} and use --from mirror:DIR.",
        )
    day, url = max(fitting, key=lambda item: item[0] or dt.date.min)
    return [
        Candidate(
            dataset=dataset.dataset,
            part="",
            title=dataset.title,
            url=url,
            file_name=unquote(urlsplit(url).path).rsplit("/", 1)[-1],
            published_at=day,
            dated_by_last_modified=not dated,
        )
    ]


def _day(text: str) -> dt.date | None:
    """20260804 as a date; None for what is no such day."""
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None

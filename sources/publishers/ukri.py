"""UK Research and Innovation: workbooks linked from the page of Innovate UK's funded projects.

File names carry the day on which they were made (IUK-20260804-…), and the page links more than one workbook: the
newest whose name fits is taken, and its day is the release date.
"""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from sources.catalogue import Dataset, DiscoverDatedLink
from sources.errors import NothingFoundError
from sources.http import PoliteSession
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]

_HREF = re.compile(r"\bhref=[\"']([^\"']+)[\"']", re.IGNORECASE)


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest file that the page links under the expected name. NothingFoundError where it links none."""
    how = dataset.discover
    if not isinstance(how, DiscoverDatedLink):
        raise TypeError(f"{dataset.dataset} is not found on a page but by {how.method}")
    reply = session.get(how.page, publisher=dataset.publisher, dataset=dataset.dataset)
    hrefs = _HREF.findall(reply.content.decode("utf-8", errors="replace"))
    dated = [
        (day, urljoin(how.page, unescape(href)))
        for href in hrefs
        if (found := re.search(how.link, unescape(href))) and (day := _day(found["day"]))
    ]
    if not dated:
        raise NothingFoundError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=how.page,
            expected=f"a link matching {how.link!r}",
            found=f"{len(hrefs)} other links",
            action=f"Download the file by hand from {dataset.landing_page} and use --from mirror:DIR.",
        )
    day, url = max(dated)
    return [
        Candidate(
            dataset=dataset.dataset,
            part="",
            title=dataset.title,
            url=url,
            file_name=unquote(urlsplit(url).path).rsplit("/", 1)[-1],
            published_at=day,
        )
    ]


def _day(text: str) -> dt.date | None:
    """20260804 as a date; None for what is no such day."""
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None

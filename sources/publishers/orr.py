"""Office of Rail and Road: files of its data portal, linked from the page of each statistic.

The folder of a file (`/media/1909/…`) changes when the file is replaced: only the page's address and the words of the
file name last. The page does not say in a fixed place when the file came out, so its date is left to the server.
"""

from __future__ import annotations

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
    """The first file that the page links under the expected name. NothingFoundError where it links none."""
    how = dataset.discover
    if not isinstance(how, DiscoverPageLink):
        raise TypeError(f"{dataset.dataset} is not found on a page but by {how.method}")
    reply = session.get(how.page, publisher=dataset.publisher, dataset=dataset.dataset)
    links = [urljoin(how.page, unescape(href)) for href in _HREF.findall(reply.content.decode(errors="replace"))]
    url = next((link for link in links if re.search(how.link, link)), None)
    if url is None:
        raise NothingFoundError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=how.page,
            expected=f"a link matching {how.link!r}",
            found=f"{len(links)} other links",
            action=f"Download the file by hand from {dataset.landing_page} and use --from mirror:DIR.",
        )
    return [
        Candidate(
            dataset=dataset.dataset,
            part="",
            title=dataset.title,
            url=url,
            file_name=unquote(urlsplit(url).path).rsplit("/", 1)[-1],
            dated_by_last_modified=True,
        )
    ]

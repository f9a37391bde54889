"""Higher Education Statistics Agency (part of Jisc): open-data tables, one CSV each at an address that stays.

A table holds all its years and is replaced in place. Above the header stand 11 or 12 rows that say what the file is;
their number varies, so the header is found by what it says. The site moved with the agency: the addresses stand in the
catalogue.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sources.catalogue import Dataset, DiscoverFiles, DiscoverUrl
from sources.http import PoliteSession
from sources.publishers import discover_url
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """One candidate for each table, a part of its own. Nothing is asked: `fetch` finds out whether it changed."""
    how = dataset.discover
    if isinstance(how, DiscoverUrl):
        return discover_url(dataset, session)
    if not isinstance(how, DiscoverFiles):
        raise TypeError(f"{dataset.dataset} is not found at addresses of its tables but by {how.method}")
    return [
        Candidate(
            dataset=dataset.dataset,
            part=part,
            title=f"{dataset.title}: {part}",
            url=url,
            file_name=urlsplit(url).path.rsplit("/", 1)[-1],
            dated_by_last_modified=True,
        )
        for part, url in how.files.items()
    ]

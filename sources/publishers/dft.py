"""Department for Transport: tables on GOV.UK, and road traffic as one file that is replaced in place."""

from __future__ import annotations

from sources.catalogue import Dataset, DiscoverUrl
from sources.http import PoliteSession
from sources.publishers import discover_url, govuk
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest file of each part of the dataset."""
    if isinstance(dataset.discover, DiscoverUrl):
        return discover_url(dataset, session)
    return govuk.discover(dataset, session)

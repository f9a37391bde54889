"""Office for Health Improvement and Disparities: the Fingertips API, one CSV for each indicator.

The service gives no release date, and reports its errors as a page or as JSON, at times with status 200: the payload
gate and the header of the reply decide. It is being rebuilt: its address stands in the catalogue.
"""

from __future__ import annotations

from urllib.parse import urlencode

from sources.catalogue import Dataset, DiscoverFingertips
from sources.http import PoliteSession
from sources.publishers import download as fetch
from sources.release import Candidate

__all__ = ["discover", "fetch"]


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """One candidate for each indicator, a part of its own. Nothing is asked: the reply itself is the release."""
    del session
    how = dataset.discover
    if not isinstance(how, DiscoverFingertips):
        raise TypeError(f"{dataset.dataset} is not found through Fingertips but by {how.method}")
    return [
        Candidate(
            dataset=dataset.dataset,
            part=str(indicator),
            title=f"{dataset.title}: {name}",
            url=_address(how, indicator),
            file_name=f"fingertips_{indicator}.csv",
        )
        for indicator, name in how.indicators.items()
    ]


def _address(how: DiscoverFingertips, indicator: int) -> str:
    query = {
        "indicator_ids": indicator,
        "child_area_type_id": how.child_area_type_id,
        "parent_area_type_id": how.parent_area_type_id,
    }
    return f"{how.base_url}/all_data/csv/by_indicator_id?{urlencode(query)}"

"""HM Revenue and Customs: annual tables on GOV.UK, and regional trade from the OData service of uktradeinfo.

The service holds one row for each month (or quarter), flow, region, country and kind of goods: it is asked to add up,
so that a reply has hundreds of rows and not millions. Ids of regions and flows are resolved by their labels on every
run; the replies that say what they mean are landed beside the pages. Replies say neither when they were published
nor whether they changed: the same bytes are the same release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never
from urllib.parse import quote

from sources.catalogue import Dataset, DiscoverGovuk, DiscoverOData, ODataLabels
from sources.errors import NothingFoundError, PayloadError
from sources.gate import parse_json
from sources.http import PoliteSession, Response
from sources.publishers import Validators, download, govuk
from sources.release import Candidate, PayloadFile

MAX_PAGES = 50  # of 30,000 rows each: the sums fit on one
NEXT = "@odata.nextLink"


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest table on GOV.UK, or the one request for the sums with all ids resolved."""
    if isinstance(dataset.discover, DiscoverGovuk):
        return govuk.discover(dataset, session)
    return [_Service(dataset, session).candidate()]


def fetch(
    dataset: Dataset, candidate: Candidate, session: PoliteSession, folder: Path, validators: Validators
) -> tuple[PayloadFile, ...] | None:
    """The table where it changed; or the reference tables and every page of the sums."""
    if isinstance(dataset.discover, DiscoverGovuk):
        return download(dataset, candidate, session, folder, validators)
    return tuple(_Service(dataset, session).files(candidate, folder))


class _Service:
    """One entity of the OData service: ids resolved, sums fetched page by page."""

    def __init__(self, dataset: Dataset, session: PoliteSession) -> None:
        if not isinstance(dataset.discover, DiscoverOData):
            raise TypeError(f"{dataset.dataset} is not found through OData but by {dataset.discover.method}")
        self.how = dataset.discover
        self._dataset = dataset
        self._session = session

    def candidate(self) -> Candidate:
        conditions = [self._any_of(column, labels) for column, labels in self.how.labels.items()]
        conditions += [self.how.filter] if self.how.filter else []
        sums = f"aggregate({self.how.total} with sum as Total{self.how.total})"
        apply = f"filter({' and '.join(conditions)})/groupby(({','.join(self.how.group_by)}),{sums})"
        return Candidate(
            dataset=self._dataset.dataset,
            part="",
            title=self._dataset.title,
            url=f"{self.how.base_url}/{self.how.entity}?$apply={quote(apply, safe='(),/')}",
            file_name=f"{self.how.entity}.json",
        )

    def _any_of(self, column: str, labels: ODataLabels) -> str:
        """Condition that `column` is one of the ids whose label matches; labels are padded with blanks."""
        url = self._table_url(labels)
        rows = self._reply(url)[1]["value"]
        known = {str(row.get(labels.label) or "").strip(): row.get(labels.id) for row in rows}
        found = {
            label: int(identity)
            for label, identity in known.items()
            if re.search(labels.matching, label) and isinstance(identity, int)
        }
        if len(found) != labels.count:
            raise NothingFoundError(
                publisher=self._dataset.publisher,
                dataset=self._dataset.dataset,
                where=url,
                expected=f"{labels.count} of {labels.label} matching {labels.matching!r}, each with a {labels.id}",
                found=f"{len(found)} among {', '.join(list(known)[:16]) or 'no rows'}",
                action="If labels were changed, change the dataset's catalogue entry.",
            )
        return f"({' or '.join(f'{column} eq {identity}' for identity in sorted(found.values()))})"

    def _table_url(self, labels: ODataLabels) -> str:
        return f"{self.how.base_url}/{labels.table}"

    def files(self, candidate: Candidate, folder: Path) -> Iterator[PayloadFile]:
        for labels in self.how.labels.values():
            yield self._stored(self._table_url(labels), folder / f"{labels.table}.json")[0]
        url = candidate.url
        for number in range(1, MAX_PAGES + 1):
            file, page = self._stored(url, folder / f"{self.how.entity}_page{number:03d}.json")
            if not page["value"]:
                self._refuse(url, "rows", "none")
            yield file
            if NEXT not in page:
                return
            url = str(page[NEXT])
            if not url.startswith(f"{self.how.base_url}/{self.how.entity}?"):
                self._refuse(candidate.url, f"a next page of {self.how.base_url}/{self.how.entity}", url)
        self._refuse(candidate.url, f"at most {MAX_PAGES} pages", "more")

    def _stored(self, url: str, path: Path) -> tuple[PayloadFile, dict[str, Any]]:
        """The reply as it came, and what it says."""
        reply, content = self._reply(url)
        path.write_bytes(reply.content)
        file = PayloadFile(
            name=path.name,
            path=path,
            url=url,
            etag=reply.etag,
            last_modified=reply.last_modified,
            media_type=reply.media_type,
        )
        return file, content

    def _reply(self, url: str) -> tuple[Response, dict[str, Any]]:
        reply = self._session.get(url, publisher=self._dataset.publisher, dataset=self._dataset.dataset)
        content = parse_json(
            reply.content, publisher=self._dataset.publisher, dataset=self._dataset.dataset, where=reply.url
        )
        if not isinstance(content, dict) or not isinstance(content.get("value"), list):
            self._refuse(url, "an object with a list `value`", f"a JSON {type(content).__name__} without it")
        return reply, content

    def _refuse(self, where: str, expected: str, found: str) -> Never:
        raise PayloadError(
            publisher=self._dataset.publisher,
            dataset=self._dataset.dataset,
            where=where,
            expected=expected,
            found=found,
            action="Nothing was landed and the last good release stays: compare with the service's documentation.",
        )

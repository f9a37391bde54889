"""Nomis: labour market, business and population statistics of the Office for National Statistics, as paged CSV.

A query asks for whole blocks of a data set (areas x dates x dimensions). Dates and labels are resolved to codes
first, from the code lists that Nomis serves, so that a request names everything it wants and a reply can be held
against it. Nomis fails quietly: an empty body, a help page, a reply cut at 25,000 cells, or `Total` in place of an
industry code that it does not know. Every page is therefore checked before it is handed on (`_Reply`).

Replies have no ETag. The day of the data set's last update stands in for Last-Modified, once that day is over.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never
from urllib.parse import parse_qsl, urlencode, urlsplit

from sources.catalogue import Dataset, DiscoverNomis, NomisQuery
from sources.errors import NothingFoundError, PayloadError
from sources.gate import check_payload
from sources.http import PoliteSession, Response
from sources.place import place
from sources.publishers import Validators
from sources.release import Candidate, PayloadFile

if TYPE_CHECKING:
    import pyarrow as pa

PAGE_CELLS = 25_000  # a guest's limit for one reply; registered users are not told theirs
UID_VARIABLE = "NOMIS_UID"  # optional: sent with each request, written nowhere

_BLOCK = ("", "_NAME", "_CODE", "_TYPE", "_TYPECODE", "_SORTORDER")
_TAIL = (
    *("MEASURES", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS", "OBS_STATUS_NAME"),
    *("OBS_CONF", "OBS_CONF_NAME", "URN", "RECORD_OFFSET", "RECORD_COUNT"),
)
_HEADER_BYTES = 1 << 16
_ACTION = (
    "Nothing was landed from it and the last good release stays: open the address in a browser, and compare the "
    "query in the dataset's catalogue entry with what the data set offers now."
)


# --- what is asked ---------------------------------------------------------------------------------------


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate | NothingFoundError]:
    """One candidate for each query, all codes resolved; dated by the data set's last update, where Nomis says it.

    A query that Nomis has no codes for leaves its error in its place; where all of them fail, the first is raised.
    """
    codes = _DatasetCodes(dataset, session)
    published_at = codes.last_updated()
    found = [_found(dataset, codes, query, published_at) for query in codes.source.queries]
    errors = [query for query in found if isinstance(query, NothingFoundError)]
    if len(errors) == len(found):
        raise errors[0]
    return found


def _found(
    dataset: Dataset, codes: _DatasetCodes, query: NomisQuery, published_at: dt.date | None
) -> Candidate | NothingFoundError:
    try:
        url = _request_url(codes, query)
    except NothingFoundError as error:
        return error
    return Candidate(
        dataset=dataset.dataset,
        part=query.part,
        title=f"{dataset.title} ({query.part.replace('_', ' ')})" if query.part else dataset.title,
        url=url,
        file_name=f"{'_'.join(filter(None, (codes.source.id, query.part)))}.csv",
        published_at=published_at,
    )


def _request_url(codes: _DatasetCodes, query: NomisQuery) -> str:
    """Address of the data, without paging and without uid."""
    asked = {"geography": place().spelt_out(codes.source.geography), "date": codes.dates(query.dates)}
    for dimension, text in query.parameters.items():
        asked[dimension] = list(_spelt_out(text))
    for dimension, labels in query.labels.items():
        asked.setdefault(dimension, []).extend(codes.by_label(dimension, labels))
    parameters = urlencode({name: ",".join(values) for name, values in asked.items()}, safe=",")
    return f"{codes.source.base_url}/dataset/{codes.source.id}.data.csv?{parameters}"


def _spelt_out(codes: str) -> Iterator[str]:
    """Codes of a comma list; 'a...b' is every whole number from a to b, as Nomis reads it."""
    for code in codes.split(","):
        first, dots, last = code.strip().partition("...")
        if dots:
            yield from (str(number) for number in range(int(first), int(last) + 1))
        else:
            yield first


class _DatasetCodes:
    """What Nomis says of one data set: its last update and its code lists, each fetched once."""

    def __init__(self, dataset: Dataset, session: PoliteSession) -> None:
        if not isinstance(dataset.discover, DiscoverNomis):
            raise TypeError(f"{dataset.dataset} is not found through Nomis but by {dataset.discover.method}")
        self.source = dataset.discover
        self._dataset = dataset
        self._session = session
        self._lists: dict[str, dict[str, str]] = {}

    def last_updated(self) -> dt.date | None:
        """Day of annotation LastUpdated; None where Nomis does not give one."""
        definition = self._get_json(self._url("def"))
        for family in _listed(_at(definition, "structure", "keyfamilies", "keyfamily")):
            for annotation in _listed(_at(family, "annotations", "annotation")):
                if str(_at(annotation, "annotationtitle")).casefold() == "lastupdated":
                    found = re.match(r"\d{4}-\d{2}-\d{2}", str(_at(annotation, "annotationtext")).strip())
                    return dt.date.fromisoformat(found[0]) if found else None
        return None

    def dates(self, pattern: str) -> list[str]:
        """Dates of the data set, of those that it has, that match the pattern."""
        dates = [code for code in self._codes("time") if re.search(pattern, code)]
        if not dates:
            have = ", ".join(list(self._codes("time"))[-8:])
            self._refuse("time", f"dates that match {pattern}", f"none (the last ones are {have})")
        return dates

    def by_label(self, dimension: str, labels: tuple[str, ...]) -> list[str]:
        """Code of each label; blanks around and inside labels and their case do not matter."""
        codes = self._codes(dimension)
        found = []
        for label in labels:
            alike = [code for code, text in codes.items() if _plain(text) == _plain(label)]
            if len(alike) != 1:
                what = f"codes {', '.join(alike)}" if alike else f"none among {len(codes):,} codes"
                self._refuse(dimension, f"one code labelled {label!r}", what)
            found += alike
        return found

    def _codes(self, dimension: str) -> dict[str, str]:
        """Label by code, in the order of the code list."""
        if dimension not in self._lists:
            reply = self._get_json(self._url(f"{dimension}.def"))
            self._lists[dimension] = {
                str(code["value"]).strip(): str(_at(code, "description", "value"))
                for codelist in _listed(_at(reply, "structure", "codelists", "codelist"))
                for code in _listed(_at(codelist, "code"))
                if isinstance(code, dict) and "value" in code
            }
        if not self._lists[dimension]:
            self._refuse(dimension, "a code list", "no codes")
        return self._lists[dimension]

    def _url(self, name: str) -> str:
        return f"{self.source.base_url}/dataset/{self.source.id}/{name}.sdmx.json"

    def _get_json(self, url: str) -> Any:
        return self._session.get_json(url, publisher=self._dataset.publisher, dataset=self._dataset.dataset)

    def _refuse(self, dimension: str, expected: str, found: str) -> Never:
        raise NothingFoundError(
            publisher=self._dataset.publisher,
            dataset=self._dataset.dataset,
            where=self._url(f"{dimension}.def"),
            expected=expected,
            found=found,
            action="If Nomis renamed or renumbered it, change the query in the dataset's catalogue entry.",
        )


def _at(node: Any, *path: str) -> Any:
    """Value at the end of a path of keys; None where the path breaks off."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _listed(node: Any) -> list[Any]:
    """SDMX as JSON gives a list, or its only element."""
    return node if isinstance(node, list) else [] if node is None else [node]


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()


# --- what comes back -------------------------------------------------------------------------------------


def fetch(
    dataset: Dataset,
    candidate: Candidate,
    session: PoliteSession,
    folder: Path,
    validators: Validators,
) -> tuple[PayloadFile, ...] | None:
    """All pages of one query, one request after another. None when nothing was updated since they were landed."""
    updated = _settled_update(candidate, dt.datetime.now(dt.UTC).date())
    if updated and validators(_page_url(candidate.url, 0))[1] == updated:
        return None
    reply = _Reply(dataset, candidate.url)
    files: list[PayloadFile] = []
    while not reply.is_complete:
        name = f"{Path(candidate.file_name).stem}_page{len(files) + 1:03d}.csv"
        offset = reply.rows
        response = _download(dataset, candidate, session, offset, folder / name)
        reply.add(folder / name)
        files.append(
            PayloadFile(
                name=name,
                path=folder / name,
                url=_page_url(candidate.url, offset),
                etag=response.etag,
                last_modified=updated or response.last_modified,
                media_type=response.media_type,
            )
        )
    if reply.rows % PAGE_CELLS == 0:
        # As many cells as fit: a total that was cut as well would look the same.
        beyond = folder / f".beyond_{candidate.file_name}"
        _download(dataset, candidate, session, reply.rows, beyond)
        reply.check_nothing_follows(beyond)
        beyond.unlink()
    reply.check_asked_codes()
    return tuple(files)


def _settled_update(candidate: Candidate, today: dt.date) -> str | None:
    """Day of the last update as text, once it is over: within the day a second update would look like the first."""
    day = candidate.published_at
    return day.isoformat() if day is not None and day < today else None


def _page_url(url: str, offset: int) -> str:
    return f"{url}&RecordLimit={PAGE_CELLS}&RecordOffset={offset}"


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """One cell of the query."""
    del dataset, session
    one_cell = {"RecordLimit": "1", "RecordOffset": "0"}
    uid = os.environ.get(UID_VARIABLE, "").strip()
    return [f"{candidate.url}&{urlencode(one_cell | ({'uid': uid} if uid else {}))}"]


def _download(dataset: Dataset, candidate: Candidate, session: PoliteSession, offset: int, to: Path) -> Response:
    uid = os.environ.get(UID_VARIABLE, "").strip()
    return session.download(
        _page_url(candidate.url, offset),
        to,
        params={"uid": uid} if uid else None,
        publisher=dataset.publisher,
        dataset=dataset.dataset,
    )


@dataclass
class _Reply:
    """The pages of one reply so far: how many rows, of how many, and which codes were in them.

    `add` refuses a page that is not CSV of this data set or does not follow on the pages before it.
    """

    dataset: Dataset
    url: str
    rows: int = 0
    count: int | None = None  # RECORD_COUNT, the same on every page
    _codes: dict[str, set[str]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        return self.count is not None and self.rows >= self.count

    def add(self, path: Path) -> None:
        page = self._read(path)
        if page.num_rows == 0:
            of = "none at all" if self.count is None else f"none after {self.rows:,} of {self.count:,}"
            self._refuse("cells", of)
        self._check_offsets(page)
        self._check_count(page)
        self.rows += page.num_rows
        for name in page.column_names:
            if not name.startswith("RECORD_"):
                self._codes.setdefault(name, set()).update(page.column(name).unique().to_pylist())

    def check_nothing_follows(self, path: Path) -> None:
        """A request beyond the end brings the header and nothing else."""
        page = self._read(path)
        if page.num_rows:
            self._refuse(f"{self.count:,} cells, as RECORD_COUNT says", "more behind them")

    def check_asked_codes(self) -> None:
        """Every code that was asked is in the reply, and no other; areas may be asked by type."""
        for dimension, asked in _asked(self.url).items():
            echoes = {code: _echo(dimension, code) for code in asked}
            missing = [code for code, (column, text) in echoes.items() if text not in self._codes[column]]
            if missing:
                self._refuse(f"{dimension} {_shown(asked)}", f"no {_shown(missing)}")
            if dimension != "geography":
                unasked = sorted(self._codes[_echo(dimension, asked[0])[0]] - set(asked))
                if unasked:
                    self._refuse(f"{dimension} {_shown(asked)} and no other", f"{_shown(unasked)} too")

    def _read(self, path: Path) -> pa.Table:
        """The columns that are checked, as text; offsets and counts as whole numbers."""
        import pyarrow as pa
        from pyarrow import csv as pacsv

        check_payload(
            path,
            media="csv",
            publisher=self.dataset.publisher,
            dataset=self.dataset.dataset,
            where=_page_url(self.url, self.rows),
        )
        self._check_header(path)
        wanted = dict.fromkeys(("RECORD_OFFSET", "RECORD_COUNT"), pa.int64())
        for dimension, asked in _asked(self.url).items():
            wanted |= {_echo(dimension, code)[0]: pa.string() for code in asked}
        try:
            return pacsv.read_csv(
                path,
                parse_options=pacsv.ParseOptions(newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types=wanted, include_columns=list(wanted), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as problem:
            self._refuse("whole rows with RECORD_OFFSET and RECORD_COUNT", str(problem))

    def _check_header(self, path: Path) -> None:
        with path.open("rb") as body:
            first = body.readline(_HEADER_BYTES).decode("utf-8-sig", errors="replace")
        found = next(csv.reader([first]), [])
        expected = list(_header(self.dataset))
        if found != expected:
            missing = [name for name in expected if name not in found]
            unknown = [name for name in found if name not in expected]
            what = "; ".join(
                f"{word} {_shown(names)}" for word, names in (("missing", missing), ("unknown", unknown)) if names
            )
            self._refuse(f"the {len(expected)} columns {_shown(expected)}", what or "them in another order")

    def _check_offsets(self, page: pa.Table) -> None:
        """The rows follow on the pages before: none repeated, none passed over."""
        import pyarrow as pa
        import pyarrow.compute as pc

        end = self.rows + page.num_rows
        numbers = page.column("RECORD_OFFSET")
        if not numbers.equals(pa.chunked_array([range(self.rows, end)], pa.int64())):
            bounds = pc.min_max(numbers).as_py()
            self._refuse(
                f"rows with RECORD_OFFSET {self.rows} to {end - 1}",
                f"{page.num_rows} rows with RECORD_OFFSET {bounds['min']} to {bounds['max']}",
            )

    def _check_count(self, page: pa.Table) -> None:
        counts = page.column("RECORD_COUNT").unique().to_pylist()
        count = counts[0] if self.count is None else self.count
        end = self.rows + page.num_rows
        if count is None or counts != [count] or end > count:
            self._refuse(
                f"RECORD_COUNT {count} in every row, and no more rows than that",
                f"RECORD_COUNT {_shown([str(other) for other in counts])} after {end} rows",
            )
        self.count = count

    def _refuse(self, expected: str, found: str) -> Never:
        raise PayloadError(
            publisher=self.dataset.publisher,
            dataset=self.dataset.dataset,
            where=_page_url(self.url, self.rows),
            expected=expected,
            found=found,
            action=_ACTION,
        )


def _header(dataset: Dataset) -> tuple[str, ...]:
    """Every column of the data set's CSV: six for each dimension, then the value and what is said of it.

    A dimension is a column of the catalogue's table that has a code column beside it.
    """
    columns = dataset.tables[0].columns
    dimensions = [name.upper() for name in columns if f"{name}_code" in columns]
    return (*(f"{dimension}{suffix}" for dimension in dimensions for suffix in _BLOCK), *_TAIL)


def _asked(url: str) -> Mapping[str, list[str]]:
    """Codes by dimension, as the address asks for them."""
    return {name: codes.split(",") for name, codes in parse_qsl(urlsplit(url).query)}


def _echo(dimension: str, code: str) -> tuple[str, str]:
    """Column and text in which an asked code comes back; areas may be asked by GSS code, number or type."""
    if dimension == "date":
        return "DATE_CODE", code
    if dimension != "geography":
        return dimension.upper(), code
    of_type = re.fullmatch(r"\d*TYPE(\d+)", code)
    if of_type:
        return "GEOGRAPHY_TYPECODE", of_type[1]
    return "GEOGRAPHY" if code.isdigit() else "GEOGRAPHY_CODE", code


def _shown(names: list[str]) -> str:
    listed = ", ".join(names[:12])
    return f"{listed} and {len(names) - 12} more" if len(names) > 12 else listed  # noqa: PLR2004

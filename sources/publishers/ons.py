"""Office for National Statistics: datasets of the website, Explore Local Statistics, the Open Geography portal.

Three ways to the newest release, chosen by `discover.method` in the catalogue:

    ons_dataset   landing page `/data` -> edition `/data` -> `/file?uri=`
    els_bulk      one address, its release date in the CSVW metadata beside it
    arcgis        service list -> newest year's feature layer, fetched in pages

File names and editions change at every release, so nothing here is an address of a file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sources.catalogue import Dataset, DiscoverArcgis, DiscoverElsBulk, DiscoverOnsDataset
from sources.errors import NetworkError, NothingFoundError, PayloadError, SourceError
from sources.gate import parse_json
from sources.http import PoliteSession
from sources.publishers import Validators, download
from sources.release import Candidate, PayloadFile

LONDON = ZoneInfo("Europe/London")
MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
MAX_PAGES = 200  # of one feature layer: far more than any lookup has
_READ_BY_HAND = "Look at the landing page, and at the dataset's catalogue entry."


def discover(dataset: Dataset, session: PoliteSession) -> list[Candidate]:
    """The newest release of every part that the publisher offers now."""
    how = dataset.discover
    if isinstance(how, DiscoverOnsDataset):
        return _discover_dataset(dataset, how, session)
    if isinstance(how, DiscoverElsBulk):
        return [_discover_bulk(dataset, how, session)]
    if isinstance(how, DiscoverArcgis):
        return _discover_layers(dataset, how, session)
    raise TypeError(f"{dataset.dataset}: ons cannot discover by {how.method}")


def fetch(
    dataset: Dataset, candidate: Candidate, session: PoliteSession, folder: Path, validators: Validators
) -> tuple[PayloadFile, ...] | None:
    """One conditional download; for a feature layer its pages, unconditionally (the server has no validators)."""
    if isinstance(dataset.discover, DiscoverArcgis):
        return tuple(_pages(dataset, dataset.discover, candidate, session, folder))
    return download(dataset, candidate, session, folder, validators)


def london_date(text: str) -> dt.date:
    """Day in the United Kingdom of an ISO time: '2020-09-09T23:00:00.000Z' is 10 September 2020 there."""
    moment = dt.datetime.fromisoformat(text)
    return moment.astimezone(LONDON).date() if moment.tzinfo else moment.date()


# --- datasets of the website ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Edition:
    """One edition page and those of its downloads that the catalogue asks for."""

    uri: str
    title: str
    files: tuple[str, ...]
    published_at: dt.date | None


def _discover_dataset(dataset: Dataset, how: DiscoverOnsDataset, session: PoliteSession) -> list[Candidate]:
    """From the first landing path that leads to a download. A path that has moved is no reason to stop."""
    misses: list[SourceError] = []
    for landing in how.landing:
        try:
            return _from_landing(dataset, how, session, landing)
        except NetworkError:
            raise  # may pass by itself: another path would hide that this one was not asked
        except SourceError as error:
            misses.append(error)
    if len(misses) == 1:
        raise misses[0]
    raise NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=" and ".join(how.base_url + landing for landing in how.landing),
        expected="a dataset page with a download",
        found="; ".join(f"{error.found} ({error.where})" for error in misses),
        action=_READ_BY_HAND,
    )


def _from_landing(dataset: Dataset, how: DiscoverOnsDataset, session: PoliteSession, landing: str) -> list[Candidate]:
    where = f"{how.base_url}{landing}/data"
    page = _json_object(dataset, session, where)
    title = _text(page.get("description"), "title") or dataset.title
    uris = [str(entry["uri"]) for entry in page.get("datasets") or [] if isinstance(entry, dict) and entry.get("uri")]
    if not uris:
        raise _nothing(dataset, where, "editions in `datasets`", "none")
    newest_first = sorted(uris, key=_edition_order(uris), reverse=True)
    if how.part is None:
        edition = _edition(dataset, how, session, newest_first[0])
        return [_candidate(how, title, edition, _only_file(dataset, how, edition), "", dataset)]
    # Parts are editions of their own (regions): every edition is looked at, the newest of each part stands.
    found: dict[str, Candidate] = {}
    for uri in newest_first:
        edition = _edition(dataset, how, session, uri)
        for file in edition.files:
            part = re.search(how.part, file)
            if part and part["part"] not in found:
                found[part["part"]] = _candidate(how, title, edition, file, part["part"], dataset)
    if not found:
        raise _nothing(dataset, where, f"downloads whose names match {how.part!r}", f"{len(uris)} editions without")
    return [found[part] for part in sorted(found)]


def _edition_order(uris: Sequence[str]) -> Any:
    """Sort key of edition addresses, newest last: `current`, then year and month in the name, then page order.

    ONS lists editions newest first, but that is custom, not contract.
    """

    def order(uri: str) -> tuple[bool, int, int, int]:
        name = uri.rstrip("/").rsplit("/", 1)[-1].lower()
        years = [int(year) for year in re.findall(r"(?:19|20)\d\d", name)]
        months = [(name.rfind(month), number) for number, month in enumerate(MONTHS, 1) if month in name]
        return (
            name == "current",
            max(years, default=0),
            max(months)[1] if months else 0,
            -uris.index(uri),
        )

    return order


def _edition(dataset: Dataset, how: DiscoverOnsDataset, session: PoliteSession, uri: str) -> _Edition:
    page = _json_object(dataset, session, f"{how.base_url}{uri}/data")
    files = [
        str(entry["file"]) for entry in page.get("downloads") or [] if isinstance(entry, dict) and entry.get("file")
    ]
    return _Edition(
        uri=str(page.get("uri") or uri),
        title=_text(page.get("description"), "edition"),
        files=tuple(file for file in files if re.search(how.file, file)),
        published_at=_published(page),
    )


def _published(edition: dict[str, Any]) -> dt.date | None:
    """Day on which the edition's present file appeared.

    `releaseDate` stays what it was when a file is corrected; `versions` then says when each earlier file was
    replaced, the last of which is when this one came.
    """
    times = [_text(edition.get("description"), "releaseDate")]
    times += [_text(version, "updateDate") for version in edition.get("versions") or []]
    days = []
    for time in filter(None, times):
        try:
            days.append(london_date(time))
        except ValueError:
            continue  # a date in words: the publisher does not say the day
    return max(days, default=None)


def _only_file(dataset: Dataset, how: DiscoverOnsDataset, edition: _Edition) -> str:
    if len(edition.files) != 1:
        found = ", ".join(edition.files) or "none"
        raise _nothing(dataset, f"{how.base_url}{edition.uri}/data", f"one download matching {how.file!r}", found)
    return edition.files[0]


def _candidate(
    how: DiscoverOnsDataset, title: str, edition: _Edition, file: str, part: str, dataset: Dataset
) -> Candidate:
    return Candidate(
        dataset=dataset.dataset,
        part=part,
        title=f"{title}: {edition.title}" if edition.title else title,
        url=f"{how.base_url}/file?uri={edition.uri}/{file}",
        file_name=file.rsplit("/", 1)[-1],
        published_at=edition.published_at,
    )


# --- Explore Local Statistics -----------------------------------------------------------------------------


def _discover_bulk(dataset: Dataset, how: DiscoverElsBulk, session: PoliteSession) -> Candidate:
    metadata = _json_object(dataset, session, how.metadata_url)
    return Candidate(
        dataset=dataset.dataset,
        part="",
        title=dataset.title,
        url=how.url,
        file_name=how.url.rsplit("/", 1)[-1],
        published_at=_generated(metadata),
    )


def _generated(metadata: dict[str, Any]) -> dt.date | None:
    """Day that the metadata names: `lastUpdate` or `updated`, else "Metadata generated on 2026-06-26"."""
    for key in ("lastUpdate", "updated"):
        found = re.match(r"\d{4}-\d{2}-\d{2}", str(metadata.get(key, "")))
        if found:
            return dt.date.fromisoformat(found[0])
    notes = metadata.get("notes") or []
    text = " ".join(map(str, notes)) if isinstance(notes, list) else str(notes)
    found = re.search(r"generated on (\d{4}-\d{2}-\d{2})", text)
    return dt.date.fromisoformat(found[1]) if found else None


# --- Open Geography ---------------------------------------------------------------------------------------


def _discover_layers(dataset: Dataset, how: DiscoverArcgis, session: PoliteSession) -> list[Candidate]:
    """Of every part the newest service: the year and month of its name, then the highest version (`…_LU_v2`)."""
    catalogue = _json_object(dataset, session, how.services_url, {"f": "json"})
    names = [
        str(entry.get("name", ""))
        for entry in catalogue.get("services") or []
        if isinstance(entry, dict) and entry.get("type", "FeatureServer") == "FeatureServer"
    ]
    if not names:
        # Seen now and then for a moment: the list of some 3,700 services comes back empty.
        raise NetworkError(
            publisher=dataset.publisher,
            dataset=dataset.dataset,
            where=how.services_url,
            expected="a list of services",
            found="an empty list",
            action="Run again later; the last good release stays.",
        )
    return [_layer(dataset, how, part, names) for part in how.service]


def _layer(dataset: Dataset, how: DiscoverArcgis, part: str, names: Sequence[str]) -> Candidate:
    pattern = how.service[part]
    dated = [(*_year_and_month(found), name) for name in names if (found := re.search(pattern, name))]
    if not dated:
        raise _nothing(dataset, how.services_url, f"a service matching {pattern!r}", f"{len(names)} others")
    newest = max(dated)[-1]
    return Candidate(
        dataset=dataset.dataset,
        part=part,
        title=f"{dataset.title} ({newest})",
        url=f"{how.services_url}/{newest}/FeatureServer/{how.layer}/query",
        file_name=newest,
    )


def _year_and_month(found: re.Match[str]) -> tuple[int, int]:
    """Of a service's name: `LAD25_…` is of the year 25, `…_Dec_2025_…` too, and of month 12; 0 where none is said."""
    month = (found.groupdict().get("month") or "").lower()[:3]
    numbers = [number for number, name in enumerate(MONTHS, 1) if month and name.startswith(month)]
    return int(found["year"]) % 100, max(numbers, default=0)


def _pages(
    dataset: Dataset, how: DiscoverArcgis, candidate: Candidate, session: PoliteSession, folder: Path
) -> Iterator[PayloadFile]:
    """Every page of the layer as a file, until the server says that nothing was left out."""
    offset = 0
    for number in range(1, MAX_PAGES + 1):
        reply = session.get(
            candidate.url,
            params=_page_parameters(how, offset, how.page_size),
            publisher=dataset.publisher,
            dataset=dataset.dataset,
        )
        # Errors come with status 200, as {"error": …}: parse_json refuses them.
        page = parse_json(reply.content, publisher=dataset.publisher, dataset=dataset.dataset, where=reply.url)
        features = page.get("features") if isinstance(page, dict) else None
        if not isinstance(features, list) or not features:
            raise _bad_page(dataset, reply.url, f"features from number {offset + 1} on", "none")
        path = folder / f"{candidate.file_name}.{number:03d}.json"
        path.write_bytes(reply.content)
        yield PayloadFile(
            name=path.name,
            path=path,
            url=reply.url,
            etag=reply.etag,
            last_modified=reply.last_modified,
            media_type=reply.media_type,
        )
        if not _has_more(page):
            return
        offset += len(features)
    raise _bad_page(dataset, candidate.url, f"at most {MAX_PAGES} pages", "more")


def probe_urls(dataset: Dataset, candidate: Candidate, session: PoliteSession) -> list[str]:
    """The file, or one feature of a layer."""
    del session
    if isinstance(dataset.discover, DiscoverArcgis):
        return [f"{candidate.url}?{urlencode(_page_parameters(dataset.discover, 0, 1))}"]
    return [candidate.url]


def _page_parameters(how: DiscoverArcgis, offset: int, size: int) -> dict[str, str]:
    # The layers are in metres of the British National Grid. Five decimals of a degree are about a metre.
    outlines = {"returnGeometry": "true", "outSR": "4326", "geometryPrecision": "5", "f": "geojson"}
    return {
        "where": "1=1",
        "outFields": "*",
        **(outlines if how.geometry else {"returnGeometry": "false", "f": "json"}),
        "resultOffset": str(offset),
        "resultRecordCount": str(size),
    }


def _has_more(page: dict[str, Any]) -> bool:
    """What the server says of it: GeoJSON has the word among the properties of the collection."""
    properties = page.get("properties")
    return bool(
        page.get("exceededTransferLimit") or (isinstance(properties, dict) and properties.get("exceededTransferLimit"))
    )


def _bad_page(dataset: Dataset, where: str, expected: str, found: str) -> PayloadError:
    return PayloadError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=where,
        expected=expected,
        found=found,
        action="Nothing was landed and the last good release stays: run again later.",
    )


# --- shared -----------------------------------------------------------------------------------------------


def _json_object(
    dataset: Dataset, session: PoliteSession, url: str, params: dict[str, str] | None = None
) -> dict[str, Any]:
    value = session.get_json(url, params=params, publisher=dataset.publisher, dataset=dataset.dataset)
    if not isinstance(value, dict):
        raise _nothing(dataset, url, "a JSON object", type(value).__name__)
    return value


def _text(holder: Any, key: str) -> str:
    """Text under `key`, '' where there is none."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _nothing(dataset: Dataset, where: str, expected: str, found: str) -> NothingFoundError:
    return NothingFoundError(
        publisher=dataset.publisher,
        dataset=dataset.dataset,
        where=where,
        expected=expected,
        found=found,
        action=_READ_BY_HAND,
    )

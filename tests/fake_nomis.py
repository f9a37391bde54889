"""A small Nomis on loopback: one data set, its definition, its code lists, and CSV by RecordLimit and RecordOffset.

It answers as the recorded replies do: every asked code in the product of all, an unknown industry as `Total`, an
empty body where another code is unknown, the header alone beyond the end.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sources.catalogue import CATALOGUE_DIR, Dataset, load_dataset

Rows = list[list[str]]

SIX_PARTS = ("", "_NAME", "_CODE", "_TYPE", "_TYPECODE", "_SORTORDER")
LAST_COLUMNS = [
    *("MEASURES", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS", "OBS_STATUS_NAME", "OBS_CONF", "OBS_CONF_NAME", "URN"),
    *("RECORD_OFFSET", "RECORD_COUNT"),
]
TOTAL_INDUSTRY = "37748736"
FIRST_SECTION = 150994945
CLASS_BASE = 138412032

HOME = {
    "E06000006": "Halton",
    "E08000011": "Knowsley",
    "E08000012": "Liverpool",
    "E08000013": "St. Helens",
    "E08000014": "Sefton",
    "E08000015": "Wirral",
}
# GSS code -> (name, type code), as far as a request may ask for them
AREAS = {code: (name, "424") for code, name in HOME.items()} | {
    "E47000004": ("Liverpool City Region", "442"),
    "E92000001": ("England", "499"),
    "K03000001": ("Great Britain", "499"),
    "E12000002": ("North West", "480"),
    "E01033760": ("Liverpool city centre", "298"),
}


@dataclass
class FakeNomis:
    """One data set. `cut` is the most rows it ever gives; `spoil` changes a page (header and rows) on its way out."""

    server: HTTPServer
    id: str
    dimensions: Mapping[str, Mapping[str, str]]  # dimension -> code -> label; `measures` among them
    dates: list[str]
    last_updated: str | None = "2026-10-13 09:30:00"
    cut: int = 25_000
    spoil: Callable[[Rows, int], Rows] = lambda page, offset: page
    seconds: float = 0.0  # how long a reply takes
    cut_of: str = ""  # which of several datasets that ask this data set: `classes`
    asked: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0  # most data requests that were open at the same time
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._serve("/def.sdmx.json", self._definition)
        self._serve("/time.def.sdmx.json", self._time)
        self._serve(".data.csv", self._data)
        for dimension, codes in self.dimensions.items():
            self.server.expect_request(f"{self._path}/{dimension}.def.sdmx.json").respond_with_json(_codelist(codes))

    def _serve(self, what: str, handler: Callable[[Request], Response]) -> None:
        self.server.expect_request(f"{self._path}{what}").respond_with_handler(handler)

    @property
    def _path(self) -> str:
        return f"/api/v01/dataset/{self.id}"

    def dataset(self) -> Dataset:
        """The catalogue's dataset, pointed at this server."""
        name = "_".join(filter(None, (f"nomis_{self.id.lower()}", self.cut_of)))
        dataset = load_dataset(CATALOGUE_DIR / "nomis" / f"{name}.yml")
        here = dataset.discover.model_copy(update={"base_url": self.server.url_for("/api/v01")})
        return dataset.model_copy(update={"discover": here})

    def _definition(self, _: Request) -> Response:
        annotations = [{"annotationtitle": "Status", "annotationtext": "Current"}]
        if self.last_updated is not None:
            annotations.append({"annotationtitle": "LastUpdated", "annotationtext": self.last_updated})
        family = {"id": self.id, "annotations": {"annotation": annotations}}
        return _json({"structure": {"keyfamilies": {"keyfamily": [family]}}})

    def _time(self, _: Request) -> Response:
        return _json(_codelist({date: date for date in self.dates}))

    def _data(self, request: Request) -> Response:
        asked = {name.lower(): value for name, value in request.args.items()}
        with self._lock:
            self.asked.append(asked)
            self._open += 1
            self.at_once = max(self.at_once, self._open)
        try:
            time.sleep(self.seconds)
            return Response(self.page(asked), content_type="text/csv")
        finally:
            with self._lock:
                self._open -= 1

    def page(self, asked: Mapping[str, str]) -> bytes:
        cells = self._cells(asked)
        if cells is None:
            return b""
        offset = int(asked.get("recordoffset", 0))
        limit = min(int(asked.get("recordlimit", self.cut)), self.cut)
        rows = [[*cell, str(number), str(len(cells))] for number, cell in enumerate(cells)]
        page = self.spoil([self.header(), *rows[offset : offset + limit]], offset)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(page)
        return text.getvalue().encode()

    def header(self) -> list[str]:
        blocks = ["DATE", "GEOGRAPHY", *(name.upper() for name in self.dimensions if name != "measures")]
        return [*(f"{block}{part}" for block in blocks for part in SIX_PARTS), *LAST_COLUMNS]

    def _cells(self, asked: Mapping[str, str]) -> Rows | None:
        """Rows without offset and count, in Nomis's order; None where a code is unknown."""
        codes = {name: asked[name].split(",") for name in self.dimensions}
        for name, wanted in codes.items():
            if name == "industry":
                codes[name] = [code if code in self.dimensions[name] else TOTAL_INDUSTRY for code in wanted]
            elif not set(wanted) <= set(self.dimensions[name]):
                return None
        areas = [area for code in asked["geography"].split(",") for area in _areas(code)]
        cells = []
        for date, area, *cell in itertools.product(asked["date"].split(","), areas, *codes.values()):
            name, kind = AREAS[area]
            row = [date, date, date, "date", "0", "0", area, name, area, "areas", kind, "0"]
            for dimension, code in zip(codes, cell, strict=True):
                label = self.dimensions[dimension][code]
                row += [code, label]
                row += [] if dimension == "measures" else [_shown(dimension, code), "x", "0", "0"]
            urn = f"Nm-{'d'.join([date, area, *cell])}"
            cells.append([*row, "12.5", "A", "Normal Value", "F", "Free (free for publication)", urn])
        return cells


def _areas(asked: str) -> list[str]:
    if asked.startswith("TYPE"):
        return [code for code, (_, kind) in AREAS.items() if kind == asked.removeprefix("TYPE")]
    return [asked]


def _shown(dimension: str, code: str) -> str:
    """Sections of SIC 2007 show their letter as code, classes their four digits; everything else its number."""
    if dimension != "industry" or code == TOTAL_INDUSTRY:
        return code
    number = int(code)
    return chr(ord("A") + number - FIRST_SECTION) if number >= FIRST_SECTION else f"{number - CLASS_BASE:04}"


def _codelist(codes: Mapping[str, str]) -> dict[str, object]:
    listed = [{"value": code, "description": {"value": label, "lang": "en"}} for code, label in codes.items()]
    return {"structure": {"codelists": {"codelist": [{"id": "CL", "code": listed}]}}}


def _json(value: object) -> Response:
    return Response(json.dumps(value), content_type="application/json")

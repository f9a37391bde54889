"""Publishers on loopback, each with one dataset of the catalogue, whose newest edition can be good or bad.

A publisher answers as the real one does: pages lead to a file, the file has an ETag and is not sent again to who
has it. What it serves is bundled with the project (`sources/sample`), cut short where a test needs no more.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter  # type: ignore[import-untyped]
from pytest_httpserver import HTTPServer
from python_calamine import CalamineWorkbook
from werkzeug import Request, Response

from sources.catalogue import Dataset, load_catalogue
from sources.origins import SAMPLE_DIR
from tests.fake_nomis import LAST_COLUMNS, TOTAL_INDUSTRY, FakeNomis

Rows = list[list[str]]
Reply = Callable[[Request], Response | None]  # None: the file after all

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIVERPOOL = "E08000012"
OBS_VALUE = LAST_COLUMNS.index("OBS_VALUE") - len(LAST_COLUMNS)  # counted from the end of a row


class Site:
    """One server that answers by path. What it answers may change from one night to the next."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.pages: dict[str, Callable[[Request], Response]] = {}
        self.answered: list[tuple[str, int]] = []  # path, status
        # The rest is Nomis's own.
        server.expect_request(re.compile(r"^/(?!api/v01/)")).respond_with_handler(self._answer)

    @property
    def address(self) -> str:
        return self.server.url_for("").rstrip("/")

    def _answer(self, request: Request) -> Response:
        page = self.pages.get(request.path)
        reply = page(request) if page else Response("no such page", status=404)
        self.answered.append((request.path, reply.status_code))
        return reply


def from_one_row_on(dataset: Dataset) -> Dataset:
    """The dataset with row bands that begin at one row; all other rules stand.

    The bundled files hold fewer areas than the publisher's: for the catalogue's bands every good edition would be
    too short.
    """
    tables = []
    for table in dataset.tables:
        most = table.expect.rows[1] if table.expect.rows else 1_000_000
        expect = table.expect.model_copy(update={"rows": (1, most)})
        tables.append(table.model_copy(update={"expect": expect}))
    return dataset.model_copy(update={"tables": tuple(tables)})


class Publisher(ABC):
    """One dataset as its publisher offers it now: `body` is the file of the newest edition."""

    name: str  # of the dataset
    media_type: str

    def __init__(self, site: Site, *, etags: bool = True) -> None:
        self.site = site
        self.etags = etags
        self.edition = 0
        self.body = b""
        self.sent: list[bytes] = []  # bodies of files
        self.in_place_of_file: Reply | None = None
        self.publish_good()

    def dataset(self) -> Dataset:
        """The catalogue's dataset, to be found at this site."""
        dataset = load_catalogue()[self.name]
        discover = dataset.discover.model_copy(update=self._discover())
        return from_one_row_on(dataset.model_copy(update={"discover": discover}))

    @property
    def url(self) -> str:
        """Address of the newest edition's file."""
        return self.site.address + self.path

    @property
    @abstractmethod
    def path(self) -> str:
        """Path of the newest edition's file; with a query where the publisher's files have one."""

    @abstractmethod
    def _discover(self) -> Mapping[str, object]:
        """What is different in the catalogue's `discover`."""

    @abstractmethod
    def _set_up_pages(self) -> None:
        """Pages that lead to the file of `edition`."""

    @abstractmethod
    def rows(self) -> Rows:
        """Rows of the table to be spoilt, header first, as a good edition has them. Every edition differs."""

    @abstractmethod
    def file(self, rows: Rows) -> bytes:
        """The file with this table in it."""

    def publish_good(self) -> None:
        self.publish(lambda body: body)

    def publish_rows(self, change: Callable[[Rows], Rows]) -> None:
        """A new edition whose table is changed."""
        self.edition += 1
        changed = change(self.rows())
        assert changed != self.rows()
        self._offer(self.file(changed))

    def publish(self, change: Callable[[bytes], bytes]) -> None:
        """A new edition whose file is changed."""
        self.edition += 1
        self._offer(change(self.file(self.rows())))

    def _offer(self, body: bytes) -> None:
        self.body = body
        self.answer_with(None)
        self._set_up_pages()
        # Earlier editions stay where they are.
        self.site.pages[self.path.partition("?")[0]] = lambda request: self._file(request, body)

    def answer_with(self, reply: Reply | None) -> None:
        """In place of the file."""
        self.in_place_of_file = reply

    def _file(self, request: Request, body: bytes) -> Response:
        if self.in_place_of_file and (instead := self.in_place_of_file(request)):
            self.sent.append(instead.get_data())
            return instead
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if self.etags and request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"ETag": etag})
        self.sent.append(body)
        return Response(body, content_type=self.media_type, headers={"ETag": etag} if self.etags else {})

    def json_at(self, path: str, page: object) -> None:
        self.site.pages[path] = lambda _: Response(json.dumps(page), content_type="application/json")

    def links_at(self, path: str, *links: str) -> None:
        anchors = "".join(f'<a href="{link}">a link</a>' for link in links)
        page = f"<!DOCTYPE html><html><body>Published: 13 May 2026 {anchors}</body></html>"
        self.site.pages[path] = lambda _: Response(page, content_type="text/html")


class LocalStatistics(Publisher):
    """ONS, Explore Local Statistics: always the same address."""

    name = "ons_explore_local_statistics"
    media_type = "text/csv"
    path = "/files/all-datasets.csv"
    metadata_path = "/files/all-datasets.csv-metadata.json"

    def _discover(self) -> Mapping[str, object]:
        return {"url": self.url, "metadata_url": self.site.address + self.metadata_path}

    def _set_up_pages(self) -> None:
        self.json_at(self.metadata_path, {"lastUpdate": f"2026-06-{self.edition:02d}"})

    def rows(self) -> Rows:
        header, *rows = _csv_rows((SAMPLE_DIR / "ons" / "all-datasets.csv").read_text(encoding="utf-8"))
        coverage = [row for row in rows if row[0] == "4g-coverage"]
        coverage[0][header.index("value")] = f"{90 + self.edition}"
        return [header, *coverage]

    def file(self, rows: Rows) -> bytes:
        return _csv_bytes(rows)


class BusinessDemography(Publisher):
    """ONS website: landing page, edition, file."""

    name = "ons_business_demography"
    media_type = "application/octet-stream"
    landing = "/businessindustryandtrade/datasets/businessdemographyreferencetable"

    @property
    def path(self) -> str:
        return f"/file?uri={self.landing}/current/businessdemographyexceltables{2023 + self.edition}.xlsx"

    def _discover(self) -> Mapping[str, object]:
        return {"base_url": self.site.address, "landing": (self.landing,)}

    def _set_up_pages(self) -> None:
        edition = f"{self.landing}/current"
        self.json_at(f"{self.landing}/data", {"datasets": [{"uri": edition}], "description": {"title": "Births"}})
        self.json_at(
            f"{edition}/data",
            {
                "uri": edition,
                "downloads": [{"file": self.path.rsplit("/", 1)[-1]}],
                "description": {"releaseDate": f"{2024 + self.edition}-11-20T09:30:00.000Z"},
            },
        )

    def rows(self) -> Rows:
        rows = _sheet("ons/businessdemographyexceltables2024.xlsx", "Table 1.1d")
        rows[4][2] = str(317_440 + 5 * self.edition)
        return rows

    def file(self, rows: Rows) -> bytes:
        others = ("Table 2.1d", "Table 3.1d", "Table 5.1e")
        kept = {name: _sheet("ons/businessdemographyexceltables2024.xlsx", name) for name in others}
        return workbook({"Table 1.1d": rows} | kept)


class HouseholdEnergy(Publisher):
    """DESNZ through the GOV.UK Content API: collection, release page of the month, attachment."""

    name = "desnz_household_energy_efficiency"
    media_type = XLSX
    collection = "/government/collections/household-energy-efficiency-national-statistics"
    months = ("february", "march", "april", "may", "june")

    @property
    def month(self) -> str:
        return self.months[self.edition - 1]

    @property
    def page(self) -> str:
        return f"/government/statistics/household-energy-efficiency-statistics-headline-release-{self.month}-2026"

    @property
    def path(self) -> str:
        return f"/media/{self.edition:024x}/Headline_HEE_tables_{self.month}_2026.xlsx"

    def _discover(self) -> Mapping[str, object]:
        return {"base_url": self.site.address}

    def _set_up_pages(self) -> None:
        pages = [{"base_path": self.page}, {"base_path": self.page.replace(self.month, "january")}]
        self.json_at(f"/api/content{self.collection}", {"details": {}, "links": {"documents": pages}})
        self.attach(self.path)

    def attach(self, path: str) -> None:
        """The release page, with one file on it."""
        name = path.rsplit("/", 1)[-1]
        attachment = {"attachment_type": "file", "url": self.site.address + path, "filename": name}
        self.json_at(
            f"/api/content{self.page}",
            {
                "public_updated_at": f"2026-{self.edition + 1:02d}-26T09:30:00+00:00",
                "details": {"attachments": [attachment | {"content_type": XLSX}]},
            },
        )

    def rows(self) -> Rows:
        rows = _sheet("desnz/Headline_HEE_tables_February_2026.xlsx", "T4.4")
        rows[7][4] = str(2_588_507 + self.edition)
        return rows

    def file(self, rows: Rows) -> bytes:
        return workbook({"Title": [["Household Energy Efficiency Statistics"]], "T4.4": rows})


class Coverage(Publisher):
    """Ofcom: index, release page of the year, zip, in it another one."""

    name = "ofcom_fixed_coverage"
    media_type = "application/zip"
    index = "/coverage/infrastructure-research"

    @property
    def year(self) -> int:
        return 2024 + self.edition

    @property
    def page(self) -> str:
        return f"/coverage/connected-nations-{self.year}"

    @property
    def path(self) -> str:
        folder = f"/siteassets/resources/connected-nations-{self.year}"
        return f"{folder}/{self.year}07_fixed_broadband_coverage_r01.zip"

    def _discover(self) -> Mapping[str, object]:
        return {"index": self.site.address + self.index, "pinned": ()}

    def _set_up_pages(self) -> None:
        self.links_at(self.index, self.page)
        self.links_at(self.page, self.path)

    def rows(self) -> Rows:
        rows = _csv_rows(_coverage_member("laua").decode("utf-8-sig"))
        rows[1][rows[0].index("All Matched Premises")] = str(1000 + self.edition)
        return rows

    def file(self, rows: Rows) -> bytes:
        residential = zipped({"202507_fixed_laua_res_coverage_r01.csv": _coverage_member("laua_res")})
        return zipped(
            {
                "202507_fixed_laua_coverage_r01.csv": _csv_bytes(rows),
                "202507_fixed_laua_res_coverage_r01.zip": residential,
            }
        )


class Lookup(Publisher):
    """Open Geography: list of services, one page of features."""

    name = "ons_lad_cauth_lookup"
    media_type = "application/json"
    services = "/arcgis/rest/services"

    @property
    def path(self) -> str:
        return f"{self.services}/LAD{24 + self.edition}_CAUTH{24 + self.edition}_EN_LU/FeatureServer/0/query"

    def _discover(self) -> Mapping[str, object]:
        return {"services_url": self.site.address + self.services}

    def _set_up_pages(self) -> None:
        self.json_at(self.services, {"services": [{"name": self.path.split("/")[4]}]})

    def rows(self) -> Rows:
        features = _lookup()["features"]
        return [list(_lookup_names()), *([str(value) for value in item["attributes"].values()] for item in features)]

    def file(self, rows: Rows) -> bytes:
        header, *body = rows
        fields = [{"name": name} for name in header]
        features = [{"attributes": dict(zip(header, row, strict=True))} for row in body]
        return json.dumps({"fields": fields, "features": features, "edition": self.edition}).encode()


class Nomis(FakeNomis):
    """A data set of Nomis; every edition is a later update, with other values."""

    def __init__(self, server: HTTPServer, id: str, dimensions: Mapping[str, Mapping[str, str]], dates: list[str]):
        super().__init__(server, id, dimensions, dates)
        self.edition = 0
        self.few_dates = dates
        self.sent: list[bytes] = []  # bodies of data
        self.in_place_of_data: Reply | None = None
        self.publish_good()

    @property
    def url(self) -> str:
        """Address of the data, as far as all requests agree."""
        return self.server.url_for(f"/api/v01/dataset/{self.id}.data.csv?geography=TYPE424,E92000001")

    def dataset(self) -> Dataset:
        return from_one_row_on(super().dataset())

    def publish_good(self) -> None:
        self.dates = self.few_dates
        self.publish_pages(lambda page, offset: page)

    def publish_pages(self, change: Callable[[Rows, int], Rows]) -> None:
        """A new edition whose pages (header and rows, from an offset on) are changed."""
        self.edition += 1
        self.last_updated = f"2024-{self.edition:02d}-13 09:30:00"
        value = f"{10 + self.edition}"
        self.spoil = lambda page, offset: change(
            [page[0], *([*row[:OBS_VALUE], value, *row[OBS_VALUE + 1 :]] for row in page[1:])], offset
        )
        self.answer_with(None)

    def answer_with(self, reply: Reply | None) -> None:
        """In place of data."""
        self.in_place_of_data = reply

    def _data(self, request: Request) -> Response:
        if self.in_place_of_data and (instead := self.in_place_of_data(request)):
            self.asked.append({name.lower(): value for name, value in request.args.items()})
            self.sent.append(instead.get_data())
            return instead
        reply = super()._data(request)
        self.sent.append(reply.get_data())
        return reply


def jobs_density(site: Site) -> Nomis:
    """9 areas x 2 years x 2 items = 36 cells."""
    items = {"1": "Total jobs", "3": "Jobs density"}
    return Nomis(site.server, "NM_57_1", {"item": items, "measures": {"20100": "Value"}}, ["2022", "2023"])


def employment(site: Site) -> Nomis:
    """9 areas x 22 industries x 2 = 396 cells for each year; the only year is 2024."""
    sections = {str(150994945 + number): f"{chr(65 + number)} : section" for number in range(21)}
    dimensions = {
        "industry": {TOTAL_INDUSTRY: "Total"} | sections,
        "employment_status": {"1": "Employees", "4": "Employment"},
        "measure": {"1": "Count"},
        "measures": {"20100": "Value"},
    }
    return Nomis(site.server, "NM_189_1", dimensions, ["2024"])


def workbook(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """A workbook; text that is a number becomes a number."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return content.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _sheet(file: str, name: str) -> Rows:
    rows = CalamineWorkbook.from_path(str(SAMPLE_DIR / file)).get_sheet_by_name(name).to_python()
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _coverage_member(what: str) -> bytes:
    """A CSV of the bundled zip, or of the zip in it."""
    outer = members((SAMPLE_DIR / "ofcom" / "202507_fixed_broadband_coverage_r01.zip").read_bytes())
    inner = members(next(body for name, body in outer.items() if name.endswith(".zip")))
    every = outer | inner
    return next(body for name, body in every.items() if name.endswith(f"_{what}_coverage_r01.csv"))


def _lookup() -> dict[str, list[dict[str, dict[str, object]]]]:
    reply: dict[str, list[dict[str, dict[str, object]]]] = json.loads(
        (SAMPLE_DIR / "ons" / "LAD25_CAUTH25_EN_LU.json").read_text(encoding="utf-8")
    )
    return reply


def _lookup_names() -> Sequence[str]:
    return list(_lookup()["features"][0]["attributes"])


def _csv_rows(text: str) -> Rows:
    return list(csv.reader(io.StringIO(text, newline="")))


def _csv_bytes(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()

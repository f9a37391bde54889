"""A file at one address, a file linked from a page, two files of one page: over HTTP on loopback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NothingFoundError, SourceError
from sources.http import PoliteSession
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.publishers import dft, orr
from sources.release import Payload
from tests.loopback import loopback_session

FILE = "/road-traffic/local_authority_traffic.csv"
PAGE = "/statistics/usage/estimates-of-station-usage/"
TABLE = "/media/1909/table-1410-passenger-entries-and-exits-and-interchanges-by-station.csv"
WALKING_PAGE = "/government/statistical-data-sets/walking-and-cycling-statistics-cw"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def on_loopback(name: str, **where: str) -> Dataset:
    dataset = load_catalogue()[name]
    return dataset.model_copy(update={"discover": dataset.discover.model_copy(update=where)})


@pytest.mark.parametrize(
    ("header", "published_at"),
    [
        ({"Last-Modified": "Wed, 22 May 2024 23:30:00 GMT"}, dt.date(2024, 5, 23)),  # summer time in London
        ({"Last-Modified": "lately"}, None),
        ({}, None),
    ],
)
def test_a_file_replaced_in_place_is_dated_by_last_modified(
    httpserver: HTTPServer,
    session: PoliteSession,
    tmp_path: Path,
    header: dict[str, str],
    published_at: dt.date | None,
) -> None:
    httpserver.expect_request(FILE).respond_with_data("a,b\n1,2\n", headers=header, content_type="text/csv")
    dataset = on_loopback("dft_road_traffic", url=httpserver.url_for(FILE))
    origin = LiveOrigin(OriginSpec("live"), Landing(tmp_path / "landing"), session)
    (payload,) = origin.payloads(dataset, tmp_path / "scratch")
    assert isinstance(payload, Payload)
    assert payload.published_at == published_at
    assert [file.name for file in payload.files] == ["local_authority_traffic.csv"]


def test_nothing_is_asked_to_discover_a_file_at_one_address(httpserver: HTTPServer, session: PoliteSession) -> None:
    (candidate,) = dft.discover(on_loopback("dft_road_traffic", url=httpserver.url_for(FILE)), session)
    assert (candidate.url, candidate.published_at) == (httpserver.url_for(FILE), None)
    assert httpserver.log == []


def test_the_table_is_found_by_its_name_on_the_page(httpserver: HTTPServer, session: PoliteSession) -> None:
    other = TABLE.replace("table-1410", "table-1415")
    html = f'<html><a href="{other}">x</a><a href="{TABLE.replace(".csv", ".ods")}">y</a><a href="{TABLE}">z</a></html>'
    httpserver.expect_request(PAGE).respond_with_data(html, content_type="text/html")
    (candidate,) = orr.discover(on_loopback("orr_station_usage", page=httpserver.url_for(PAGE)), session)
    assert candidate.url == httpserver.url_for(TABLE)
    assert candidate.file_name == TABLE.rsplit("/", 1)[-1]


def test_a_page_without_the_table_says_what_to_do(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(PAGE).respond_with_data('<a href="/media/1/table-1415.csv">x</a>')
    with pytest.raises(NothingFoundError, match="--from mirror:DIR") as nothing:
        orr.discover(on_loopback("orr_station_usage", page=httpserver.url_for(PAGE)), session)
    assert nothing.value.found == "1 other links"


def test_a_page_that_is_gone_is_an_error(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(PAGE).respond_with_data("gone", status=404)
    with pytest.raises(SourceError, match="404"):
        orr.discover(on_loopback("orr_station_usage", page=httpserver.url_for(PAGE)), session)


def test_two_tables_of_one_page_are_two_parts(httpserver: HTTPServer, session: PoliteSession) -> None:
    names = ["cw0301.ods", "cw0302.ods", "cw0303.ods", "cw0304.ods"]
    media = "https://assets.publishing.service.gov.uk/media/66ceee82a7256f1cd83a8993"
    attachments = [
        {"attachment_type": "file", "url": f"{media}/{name}", "filename": name, "content_type": ODS, "title": name}
        for name in names
    ]
    httpserver.expect_request(f"/api/content{WALKING_PAGE}").respond_with_json(
        {
            "title": "Walking and cycling statistics",
            "public_updated_at": "2025-08-27T08:30:00+00:00",
            "details": {"attachments": attachments},
        }
    )
    dataset = on_loopback("dft_walking_cycling", base_url=httpserver.url_for("").rstrip("/"))
    found = dft.discover(dataset, session)
    assert [(candidate.part, candidate.file_name) for candidate in found] == [
        ("cw0302", "cw0302.ods"),
        ("cw0303", "cw0303.ods"),
    ]
    assert {candidate.published_at for candidate in found} == {dt.date(2025, 8, 27)}

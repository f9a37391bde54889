"""Fingertips over HTTP on loopback: a request for each indicator, not modified, errors that come with status 200."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import PayloadError
from sources.gate import check_payload
from sources.http import PoliteSession
from sources.publishers.ohid import discover, fetch
from sources.release import PayloadFile
from tests.loopback import loopback_session

PATH = "/api/all_data/csv/by_indicator_id"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()["ohid_fingertips"]
    how = dataset.discover.model_copy(update={"base_url": httpserver.url_for("/api")})
    return dataset.model_copy(update={"discover": how})


def fetched(
    dataset: Dataset, session: PoliteSession, folder: Path, etag: str | None = None
) -> tuple[PayloadFile, ...] | None:
    return fetch(dataset, discover(dataset, session)[0], session, folder, lambda url: (etag, None))


def serve(server: HTTPServer, body: str, content_type: str = "text/csv") -> None:
    query = {"indicator_ids": "848", "child_area_type_id": "502", "parent_area_type_id": "15"}
    server.expect_request(PATH, query_string=query).respond_with_data(body, content_type=content_type)


def test_each_indicator_is_a_part_without_a_date(dataset: Dataset, session: PoliteSession) -> None:
    found = discover(dataset, session)
    assert [candidate.part for candidate in found] == ["848", "93495", "90362"]
    assert {candidate.published_at for candidate in found} == {None}
    assert [dataset.part_of(candidate.file_name) for candidate in found] == ["848", "93495", "90362"]


def test_reply_is_fetched_by_indicator(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve(httpserver, "Indicator ID,Indicator Name\n848,Depression\n")
    files = fetched(dataset, session, tmp_path)
    assert files is not None
    assert files[0].name == "fingertips_848.csv"
    assert files[0].path.read_text().endswith("848,Depression\n")


def test_not_modified_is_nothing_new(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request(PATH, headers={"If-None-Match": '"v1"'}).respond_with_data("", status=304)
    assert fetched(dataset, session, tmp_path, etag='"v1"') is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<!DOCTYPE html><html><body>An error has occurred</body></html>", "text/html"),
        ('{"Message": "An error has occurred."}', "application/json"),
        ("", "text/csv"),
    ],
)
def test_error_with_status_200_is_no_release(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path, body: str, content_type: str
) -> None:
    serve(httpserver, body, content_type)
    with pytest.raises(PayloadError, match="ohid / ohid_fingertips"):
        files = fetched(dataset, session, tmp_path)
        assert files is not None
        check_payload(files[0].path, media="csv", publisher="ohid", dataset="ohid_fingertips", where=files[0].url)

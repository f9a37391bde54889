"""HESA over HTTP on loopback: a request for each table, not modified, an address that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import SourceError
from sources.http import PoliteSession
from sources.publishers.hesa import discover, fetch
from sources.release import Candidate
from tests.loopback import loopback_session

TABLES = ["table-1", "table-2a", "table-4a", "table-4d"]
CHANGED = "Wed, 29 Apr 2026 08:30:00 GMT"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()["hesa_hebci"]
    files = {part: httpserver.url_for(f"/{part}.csv") for part in TABLES}
    return dataset.model_copy(update={"discover": dataset.discover.model_copy(update={"files": files})})


def table_2a(dataset: Dataset, session: PoliteSession) -> Candidate:
    return next(candidate for candidate in discover(dataset, session) if candidate.part == "table-2a")


def test_each_table_is_a_part_dated_by_the_server(dataset: Dataset, session: PoliteSession) -> None:
    found = discover(dataset, session)
    assert [candidate.part for candidate in found] == TABLES
    assert [dataset.part_of(candidate.file_name) for candidate in found] == TABLES
    assert all(candidate.dated_by_last_modified and candidate.published_at is None for candidate in found)


def test_finance_is_one_table(session: PoliteSession) -> None:
    (found,) = discover(load_catalogue()["hesa_finance"], session)
    assert (found.part, found.file_name) == ("", "table-1.csv")
    assert found.url == "https://www.hesa.ac.uk/data-and-analysis/finances/table-1.csv"


def test_table_is_fetched_once(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/table-2a.csv", headers={"If-Modified-Since": CHANGED}).respond_with_data(status=304)
    httpserver.expect_request("/table-2a.csv").respond_with_data(
        "UKPRN,HE Provider\n", content_type="text/csv", headers={"Last-Modified": CHANGED}
    )
    candidate = table_2a(dataset, session)
    files = fetch(dataset, candidate, session, tmp_path, lambda url: (None, None))
    assert files is not None
    assert (files[0].name, files[0].last_modified) == ("table-2a.csv", CHANGED)
    assert fetch(dataset, candidate, session, tmp_path, lambda url: (None, CHANGED)) is None


def test_address_that_is_gone_is_an_error_with_the_dataset(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/table-2a.csv").respond_with_data("moved to Jisc", status=404)
    with pytest.raises(SourceError, match="hesa_hebci"):
        fetch(dataset, table_2a(dataset, session), session, tmp_path, lambda url: (None, None))

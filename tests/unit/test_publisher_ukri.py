"""Discovery of Innovate UK's workbook on its page, over HTTP on loopback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NothingFoundError
from sources.http import PoliteSession
from sources.publishers.ukri import discover
from tests.loopback import loopback_session

PAGE = "/publications/innovate-uk-funded-projects-since-2004/"
FOLDER = "/wp-content/uploads/2026/08"
NAME = "Innovate-UK-funded-projects-from-financial-year-2016-17-to-present.xlsx"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()["ukri_innovate_uk_projects"]
    how = dataset.discover.model_copy(update={"page": httpserver.url_for(PAGE)})
    return dataset.model_copy(update={"discover": how})


def serve(server: HTTPServer, *links: str) -> None:
    html = "".join(f'<a href="{link}">a workbook</a>' for link in links)
    server.expect_request(PAGE).respond_with_data(f"<html><body>{html}</body></html>", content_type="text/html")


def test_newest_workbook_of_the_current_series_is_taken(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer
) -> None:
    serve(
        httpserver,
        f"{FOLDER}/IUK-20260804-Innovate-UK-funded-projects-from-financial-year-2004-05-to-2015-16.xlsx",
        f"{FOLDER}/IUK-20260501-{NAME}",
        f"{FOLDER}/IUK-20260804-{NAME}",
        f"{FOLDER}/IUK-20261399-{NAME}",
    )
    (found,) = discover(dataset, session)
    assert found.file_name == f"IUK-20260804-{NAME}"
    assert found.url == httpserver.url_for(f"{FOLDER}/{found.file_name}")
    assert found.published_at == dt.date(2026, 8, 4)


def test_page_without_the_workbook_says_what_was_looked_for(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/about-us")
    with pytest.raises(NothingFoundError, match=r"ukri_innovate_uk_projects: expected a link matching .*1 other links"):
        discover(dataset, session)

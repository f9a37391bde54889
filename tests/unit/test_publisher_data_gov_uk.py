"""Discovery and pages of data.gov.uk's CKAN, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NothingFoundError, PayloadError, SourceError
from sources.http import PUBLISHER_HOSTS, PoliteSession
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.publishers.data_gov_uk import discover, fetch, publishers
from sources.release import Payload
from sources.sample.carry.data_gov_uk import entry, page, reply
from tests.loopback import loopback_session

LISTINGS = "data_gov_uk_open_datasets"
PAGE_SIZE = 2


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()[LISTINGS]
    base = httpserver.url_for("/api/action")
    how = dataset.discover.model_copy(update={"base_url": base, "page_size": PAGE_SIZE})
    return dataset.model_copy(update={"discover": how})


def slugs(dataset: Dataset) -> list[str]:
    return publishers(dataset.discover)  # type: ignore[arg-type]


def serve(server: HTTPServer, listed: list[str], lists: dict[str, list[dict[str, Any]]]) -> None:
    """A catalogue that lists so many entries of each publisher, and honours `fq`, `rows` and `start`."""
    server.expect_request("/api/action/organization_list").respond_with_data(reply(listed))

    def search(request: Request) -> Response:
        entries = lists.get(request.args["fq"].removeprefix("organization:"), [])
        start, rows = int(request.args["start"]), int(request.args["rows"])
        return Response(page(entries[start : start + rows], count=len(entries)))

    server.expect_request("/api/action/package_search").respond_with_handler(search)


def test_all_pages_of_every_publisher_are_fetched(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    first, second, *others = slugs(dataset)
    serve(httpserver, [first, second, *others], {first: [entry(first, n, ("CSV",)) for n in range(5)]})
    (candidate,) = discover(dataset, session)
    assert (candidate.part, candidate.published_at) == ("", None)
    files = fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))
    assert files is not None
    names = [file.name for file in files]
    assert names[:5] == ["organizations.json", *(f"{first}.{n:03d}.json" for n in (1, 2, 3)), f"{second}.001.json"]
    assert len(names) == 1 + 3 + 6


def test_list_of_organisations_that_comes_in_pieces_is_read_to_its_end(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    listed = [f"a-{n}" for n in range(3)] + slugs(dataset)
    at_once = 4

    def piece(request: Request) -> Response:
        offset = int(request.args.get("offset", 0))
        return Response(reply(listed[offset : offset + at_once]))

    httpserver.expect_request("/api/action/organization_list").respond_with_handler(piece)
    httpserver.expect_request("/api/action/package_search").respond_with_data(page([], count=0))
    (candidate,) = discover(dataset, session)
    files = fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))
    assert files is not None
    assert [file.name for file in files[:3]] == [f"organizations{piece}.json" for piece in ("", "_002", "_003")]
    assert len(files) == 3 + len(slugs(dataset))


def test_unknown_publisher_is_reported_and_the_others_are_fetched(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    unknown, *known = slugs(dataset)
    serve(httpserver, known, {})
    origin = LiveOrigin(OriginSpec("live"), Landing(tmp_path / "landing"), session)
    payload, problem = list(origin.payloads(dataset, tmp_path / "scratch"))
    assert isinstance(payload, Payload)
    assert len(payload.files) == 1 + len(known)
    assert isinstance(problem, SourceError)
    assert f"expected publishers {unknown}; found no such organisations" in str(problem)


def test_no_known_publisher_at_all(dataset: Dataset, session: PoliteSession, httpserver: HTTPServer) -> None:
    serve(httpserver, ["somebody-else"], {})
    with pytest.raises(NothingFoundError, match=r"open_data_publishers\.csv"):
        discover(dataset, session)


def test_filter_that_is_ignored_is_noticed(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    first, *_ = slugs(dataset)
    serve(httpserver, [first], {first: [entry("environment-agency", 1, ("CSV",))]})
    candidate = discover(dataset, session)[0]
    with pytest.raises(PayloadError, match=f"expected data sets of {first} only; found data sets of environment-ag"):
        fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))


def test_pages_that_end_too_early_are_refused(
    dataset: Dataset, session: PoliteSession, httpserver: HTTPServer, tmp_path: Path
) -> None:
    first, *_ = slugs(dataset)
    httpserver.expect_request("/api/action/organization_list").respond_with_data(reply([first]))
    httpserver.expect_request("/api/action/package_search").respond_with_data(page([], count=7))
    candidate = discover(dataset, session)[0]
    with pytest.raises(PayloadError, match="expected 7 data sets in all; found 0"):
        fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))


def test_reply_without_success_is_refused(dataset: Dataset, session: PoliteSession, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/action/organization_list").respond_with_data(b'{"success": false}')
    with pytest.raises(PayloadError, match="expected a reply with success"):
        discover(dataset, session)


def test_host_without_www_redirects_to_one_that_may_be_asked() -> None:
    assert {"data.gov.uk", "www.data.gov.uk"} <= PUBLISHER_HOSTS

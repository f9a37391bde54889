"""Discovery on Ofcom's pages, over HTTP on loopback."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from sources.catalogue import Dataset, load_catalogue
from sources.errors import NetworkError, NothingFoundError, SourceError
from sources.http import PoliteSession
from sources.publishers.ofcom import discover, fetch
from sources.release import Candidate
from tests.loopback import loopback_session

COVERAGE, TAKE_UP = "ofcom_fixed_coverage", "ofcom_full_fibre_take_up"
SITE = "/phones-and-broadband/coverage-and-speeds"
INDEX = f"{SITE}/infrastructure-research"
ASSETS = "/siteassets/resources/documents/research-and-data/multi-sector/infrastructure-research"
SPRING_ZIP = f"{ASSETS}/connected-nations-spring-2026/202601_fixed_broadband_coverage_and_full_fibre_take-up-r1.zip"
ANNUAL_ZIP = f"{ASSETS}/connected-nations-2025/202507_fixed_broadband_coverage_r01.zip"
HYPHENS_ZIP = f"{ASSETS}/connected-nations-2024/data-downloads/202407-fixed-coverage-uk-nations-laua-pcon-r01.zip"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, retries=0) as polite:
        yield polite


def on_loopback(name: str, server: HTTPServer, pinned: tuple[str, ...] = ()) -> Dataset:
    dataset = load_catalogue()[name]
    how = dataset.discover.model_copy(
        update={"index": server.url_for(INDEX), "pinned": tuple(server.url_for(path) for path in pinned)}
    )
    return dataset.model_copy(update={"discover": how})


def html(*links: str, text: str = "") -> str:
    anchors = "\n".join(f'<li><a class="x" href="{link}">a link</a></li>' for link in links)
    return f"<!DOCTYPE html><html><head><title>Ofcom</title></head><body>{text}<ul>{anchors}</ul></body></html>"


def serve(server: HTTPServer, path: str, body: str) -> None:
    server.expect_request(path).respond_with_data(body, content_type="text/html; charset=utf-8")


def serve_two_years(server: HTTPServer) -> None:
    pages = ["connected-nations-2025", "connected-nations-update-spring-2026", "connected-nations-2024", "mobile-2026"]
    serve(
        server, INDEX, html("/", "#top", *[f"{SITE}/{page}/" for page in pages], f"{SITE}/connected-nations-2025#data")
    )
    serve(
        server,
        f"{SITE}/connected-nations-update-spring-2026",
        html(
            f"{SPRING_ZIP}?v=422620",
            f"{ASSETS}/connected-nations-spring-2026/202601_fixed_postcode_coverage_r2.zip?v=1",
            f"{ASSETS}/connected-nations-spring-2026/202601_mobile_coverage_r1.zip",
            f"{ASSETS}/connected-nations-spring-2026/report.pdf",
            text="<p>Published:</p> <time>13 May 2026</time><p>Last updated: 20 July 2026</p>",
        ),
    )
    serve(server, f"{SITE}/connected-nations-2025", html(ANNUAL_ZIP, text="<span>Published: 19 November 2025</span>"))
    serve(server, f"{SITE}/connected-nations-2024", html(f"{HYPHENS_ZIP}?v=386549"))


def test_editions_of_two_years_are_found_newest_first(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve_two_years(httpserver)
    candidates = discover(on_loopback(COVERAGE, httpserver), session)
    assert candidates == [
        Candidate(
            dataset=COVERAGE,
            part="202601",
            title="Connected Nations, fixed broadband coverage by local authority, 2026-01",
            url=httpserver.url_for(f"{SPRING_ZIP}?v=422620"),
            file_name="202601_fixed_broadband_coverage_and_full_fibre_take-up-r1.zip",
            published_at=dt.date(2026, 7, 20),
        ),
        Candidate(
            dataset=COVERAGE,
            part="202507",
            title="Connected Nations, fixed broadband coverage by local authority, 2025-07",
            url=httpserver.url_for(ANNUAL_ZIP),
            file_name="202507_fixed_broadband_coverage_r01.zip",
            published_at=dt.date(2025, 11, 19),
        ),
    ]
    # Each release page of the two newest years was asked for once, older ones not at all.
    asked = [request.path for request, _ in httpserver.log]
    assert sorted(asked) == sorted(
        [INDEX, f"{SITE}/connected-nations-update-spring-2026", f"{SITE}/connected-nations-2025"]
    )


def test_take_up_is_looked_for_in_the_same_zips(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve_two_years(httpserver)
    candidates = discover(on_loopback(TAKE_UP, httpserver), session)
    assert [(item.dataset, item.part) for item in candidates] == [(TAKE_UP, "202601"), (TAKE_UP, "202507")]


def test_zip_name_with_hyphens_and_no_date_on_the_page(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve(httpserver, INDEX, html(f"{SITE}/connected-nations-2024"))
    serve(httpserver, f"{SITE}/connected-nations-2024", html(f"{HYPHENS_ZIP}?v=386549"))
    (candidate,) = discover(on_loopback(COVERAGE, httpserver), session)
    assert (candidate.part, candidate.published_at) == ("202407", None)
    assert candidate.file_name == "202407-fixed-coverage-uk-nations-laua-pcon-r01.zip"


def test_of_one_edition_the_highest_revision_is_taken(httpserver: HTTPServer, session: PoliteSession) -> None:
    folder = f"{ASSETS}/connected-nations-2025"
    links = [f"{folder}/202507_fixed_broadband_coverage_r{number}.zip" for number in ("01", "03", "2")]
    serve(httpserver, INDEX, html(f"{SITE}/connected-nations-2025"))
    serve(httpserver, f"{SITE}/connected-nations-2025", html(*links))
    (candidate,) = discover(on_loopback(COVERAGE, httpserver), session)
    assert candidate.file_name == "202507_fixed_broadband_coverage_r03.zip"


def test_refused_index_falls_back_on_the_pinned_list(
    httpserver: HTTPServer, session: PoliteSession, caplog: pytest.LogCaptureFixture
) -> None:
    httpserver.expect_request(INDEX).respond_with_data("Forbidden", status=403)
    with caplog.at_level(logging.WARNING, "sources.publishers.ofcom"):
        candidates = discover(on_loopback(COVERAGE, httpserver, pinned=(ANNUAL_ZIP, SPRING_ZIP)), session)
    assert [(item.part, item.published_at) for item in candidates] == [("202601", None), ("202507", None)]
    assert "HTTP 403" in caplog.text
    assert "using the pinned list of 2" in caplog.text


@pytest.mark.parametrize("links", [[], [f"{SITE}/connected-nations-2025"]])
def test_pages_without_links_fall_back_on_the_pinned_list(
    httpserver: HTTPServer, session: PoliteSession, links: list[str]
) -> None:
    serve(httpserver, INDEX, html(*links))
    serve(httpserver, f"{SITE}/connected-nations-2025", html(f"{ASSETS}/connected-nations-2025/report.pdf"))
    (candidate,) = discover(on_loopback(COVERAGE, httpserver, pinned=(ANNUAL_ZIP,)), session)
    assert candidate.url == httpserver.url_for(ANNUAL_ZIP)


def test_without_links_or_pins_the_error_points_to_a_mirror(httpserver: HTTPServer, session: PoliteSession) -> None:
    serve(httpserver, INDEX, html())
    with pytest.raises(NothingFoundError, match=r"ofcom / ofcom_fixed_coverage: .*found none.*--from mirror:DIR"):
        discover(on_loopback(COVERAGE, httpserver), session)


def test_refusal_without_pins_points_to_a_mirror(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(INDEX).respond_with_data("Forbidden", status=403)
    with pytest.raises(SourceError, match=r"HTTP 403 .*by hand .*--from mirror:DIR"):
        discover(on_loopback(COVERAGE, httpserver), session)


def test_refused_zip_points_to_a_mirror(httpserver: HTTPServer, session: PoliteSession, tmp_path: Path) -> None:
    dataset = on_loopback(COVERAGE, httpserver, pinned=(ANNUAL_ZIP,))
    httpserver.expect_request(INDEX).respond_with_data("Forbidden", status=403)
    httpserver.expect_request(ANNUAL_ZIP).respond_with_data("Forbidden", status=403)
    (candidate,) = discover(dataset, session)
    with pytest.raises(SourceError, match=r"HTTP 403 .*by hand .*--from mirror:DIR"):
        fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))
    assert list(tmp_path.iterdir()) == []


def test_server_failure_is_not_papered_over_with_pins(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request(INDEX).respond_with_data("down", status=503)
    with pytest.raises(NetworkError, match="HTTP 503"):
        discover(on_loopback(COVERAGE, httpserver, pinned=(ANNUAL_ZIP,)), session)


def test_one_lost_release_page_does_not_hide_the_other(
    httpserver: HTTPServer, session: PoliteSession, caplog: pytest.LogCaptureFixture
) -> None:
    serve(
        httpserver,
        INDEX,
        html(f"{SITE}/connected-nations-2025", f"{SITE}/connected-nations-update-spring-2026"),
    )
    serve(httpserver, f"{SITE}/connected-nations-2025", html(ANNUAL_ZIP))
    httpserver.expect_request(f"{SITE}/connected-nations-update-spring-2026").respond_with_data("", status=404)
    with caplog.at_level(logging.WARNING, "sources.publishers.ofcom"):
        (candidate,) = discover(on_loopback(COVERAGE, httpserver), session)
    assert candidate.part == "202507"
    assert "a release page is passed over" in caplog.text


def test_zip_is_fetched_with_what_the_server_says_of_it(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    serve_two_years(httpserver)
    dataset = on_loopback(COVERAGE, httpserver)
    candidate = discover(dataset, session)[0]
    stamp = "Mon, 20 Jul 2026 09:00:00 GMT"
    httpserver.expect_request(SPRING_ZIP, query_string="v=422620").respond_with_data(
        b"PK\x05\x06" + bytes(18), headers={"Last-Modified": stamp}, content_type="application/zip"
    )
    files = fetch(dataset, candidate, session, tmp_path, lambda _: (None, None))
    assert files is not None
    (file,) = files
    assert (file.name, file.last_modified, file.media_type) == (candidate.file_name, stamp, "application/zip")
    assert file.path.stat().st_size == 22

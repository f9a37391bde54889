"""A dataset for account holders: without an account it awaits its source, with one nothing of it is ever shown."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.ingest import Ingest
from sources.catalogue import Dataset, load_catalogue
from sources.http import PoliteSession
from sources.landing import Landing
from sources.origins import LiveOrigin, OriginSpec
from sources.raw import RawStore
from sources.sample.carry.network_rail import sample_files
from tests.loopback import host_of, loopback_session

TIMETABLE = "network_rail_timetable"
USER, PASSWORD, SIGNATURE = "someone@example.org", "hunter2/s€cret", "c2lnbmF0dXJl"
FEED, BUCKET = "/ntrod/CifFileAuthenticate", "/bucket/toc-full"


@pytest.fixture
def bucket() -> Iterator[HTTPServer]:
    """Another host, to which the publisher redirects."""
    with HTTPServer() as server:
        yield server


@pytest.fixture
def session(httpserver: HTTPServer, bucket: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver, bucket, retries=0) as polite:
        yield polite


@pytest.fixture
def dataset(httpserver: HTTPServer) -> Dataset:
    dataset = load_catalogue()[TIMETABLE]
    how = dataset.discover.model_copy(
        update={"url": httpserver.url_for(f"{FEED}?type=CIF_ALL_FULL_DAILY&day=toc-full")}
    )
    return dataset.model_copy(update={"discover": how})


@pytest.fixture
def ingest(tmp_path: Path) -> Ingest:
    from expectations.runner import Runner

    return Ingest(Landing(tmp_path / "landing"), RawStore(tmp_path / "raw"), Runner)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWORK_RAIL_USER", USER)
    monkeypatch.setenv("NETWORK_RAIL_PASSWORD", PASSWORD)


def live(ingest: Ingest, session: PoliteSession) -> LiveOrigin:
    return LiveOrigin(OriginSpec("live"), ingest.landing, session)


def serve(server: HTTPServer, bucket: HTTPServer) -> list[Request]:
    """The publisher asks for the account and redirects; the other host refuses whoever shows one. Requests there."""
    content, asked = sample_files(Path())[0].content, []

    def authenticate(request: Request) -> Response:
        given = request.authorization
        if given is None or (given.username, given.password) != (USER, PASSWORD):
            return Response("who are you?", status=401)
        return Response(status=302, headers={"Location": bucket.url_for(f"{BUCKET}?X-Amz-Signature={SIGNATURE}")})

    def presigned(request: Request) -> Response:
        asked.append(request)
        if "Authorization" in request.headers or request.args["X-Amz-Signature"] != SIGNATURE:
            return Response(status=400)
        return Response(content, headers={"Last-Modified": "Mon, 16 Nov 2026 01:00:00 GMT"})

    server.expect_request(FEED).respond_with_handler(authenticate)
    bucket.expect_request(BUCKET).respond_with_handler(presigned)
    return asked


def secrets() -> list[str]:
    return [PASSWORD, SIGNATURE, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the client wrote; the server of the test runs in the same process and writes what it was asked."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "werkzeug")


def assert_nothing_is_told(tmp_path: Path, *texts: str) -> None:
    kept = [path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in secrets():
        assert not any(secret in text for text in [*texts, *kept])


def test_without_an_account_it_awaits_its_source_and_nothing_is_asked(
    dataset: Dataset, ingest: Ingest, session: PoliteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETWORK_RAIL_PASSWORD", raising=False)
    monkeypatch.setenv("NETWORK_RAIL_USER", USER)
    outcome = ingest.ingest(dataset, live(ingest, session))
    assert (outcome.status, outcome.failed, outcome.problems) == ("awaiting_source", False, [])
    assert "found no NETWORK_RAIL_PASSWORD in the environment" in outcome.message
    assert "an account is free of charge at https://publicdatafeeds.networkrail.co.uk/" in outcome.message
    assert USER not in outcome.message
    assert ingest.landing.rows() == []


@pytest.mark.usefixtures("account")
def test_with_an_account_the_trains_are_counted_and_no_secret_is_kept(
    dataset: Dataset,
    ingest: Ingest,
    session: PoliteSession,
    httpserver: HTTPServer,
    bucket: HTTPServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = serve(httpserver, bucket)
    with caplog.at_level(logging.DEBUG):
        outcome = ingest.ingest(dataset, live(ingest, session))
    assert outcome.status == "ok", outcome.message
    assert len(asked) == 1
    (release,) = ingest.landing.releases(sample=False)
    assert release.published_at.isoformat() == "2026-11-16"
    assert_nothing_is_told(tmp_path, logged(caplog), outcome.message)


@pytest.mark.usefixtures("account")
def test_release_serves_on_when_the_account_is_taken_away(
    dataset: Dataset,
    ingest: Ingest,
    session: PoliteSession,
    httpserver: HTTPServer,
    bucket: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(httpserver, bucket)
    ingest.ingest(dataset, live(ingest, session))
    monkeypatch.delenv("NETWORK_RAIL_USER")
    outcome = ingest.ingest(dataset, live(ingest, session))
    assert (outcome.status, outcome.failed) == ("unchanged", False)
    assert "1 landed releases serve" in outcome.message


@pytest.mark.usefixtures("account")
def test_refused_account_is_a_failure_that_tells_no_secret(
    dataset: Dataset,
    ingest: Ingest,
    session: PoliteSession,
    httpserver: HTTPServer,
    bucket: HTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    serve(httpserver, bucket)
    monkeypatch.setenv("NETWORK_RAIL_USER", "nobody@example.org")
    with caplog.at_level(logging.DEBUG):
        outcome = ingest.ingest(dataset, live(ingest, session))
    assert (outcome.status, outcome.failed) == ("missing", True)
    assert "HTTP 401" in outcome.message
    assert "Check the account in the environment" in outcome.message
    assert_nothing_is_told(tmp_path, logged(caplog), outcome.message)


@pytest.mark.usefixtures("account")
def test_redirect_to_a_host_that_is_not_allowed_names_the_host_only(
    dataset: Dataset, ingest: Ingest, httpserver: HTTPServer, bucket: HTTPServer, tmp_path: Path
) -> None:
    asked = serve(httpserver, bucket)
    with loopback_session(httpserver, retries=0) as session:
        outcome = ingest.ingest(dataset, live(ingest, session))
    assert f"a redirect to http://{host_of(bucket)}" in outcome.message
    assert asked == []
    assert_nothing_is_told(tmp_path, outcome.message)

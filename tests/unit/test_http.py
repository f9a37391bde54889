"""The polite session over real sockets on loopback: what it sends, refuses, repeats and reveals."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from loopback import UNTHROTTLED, broken_off, host_of, loopback_session, refusing_proxy, tls_server
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sources.errors import NetworkError, PayloadError, SourceError
from sources.http import (
    BEGINNING_BYTES,
    PUBLISHER_HOSTS,
    THROTTLES,
    PoliteSession,
    Throttle,
    honest_user_agent,
)

WHO = {"publisher": "nomis", "dataset": "nomis_nm_17_5"}
SECRET = "0xdeadbeefcafe"


@pytest.fixture
def session(httpserver: HTTPServer) -> Iterator[PoliteSession]:
    with loopback_session(httpserver) as polite:
        yield polite


@pytest.fixture(scope="module")
def second_server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def threaded_server(second_server: HTTPServer) -> HTTPServer:
    """A server of its own that answers several requests at the same time."""
    second_server.clear()
    return second_server


@pytest.fixture
def other_server(threaded_server: HTTPServer) -> HTTPServer:
    """Another host, as far as an allow-list goes."""
    return threaded_server


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def requests_seen(server: HTTPServer) -> int:
    return len(server.log)


# --- an ordinary reply


def test_get_returns_bytes_and_metadata(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/a", query_string={"geography": "E08000012,E47000004", "uid": SECRET}).respond_with_data(
        b"a,b\n1,2\n",
        content_type="text/csv; charset=utf-8",
        headers={"ETag": '"v1"', "Last-Modified": "Wed, 01 Jul 2026 08:30:00 GMT"},
    )
    reply = session.get(httpserver.url_for("/a"), params={"geography": "E08000012,E47000004", "uid": SECRET}, **WHO)
    assert (reply.status, reply.content, reply.size, reply.body_path) == (200, b"a,b\n1,2\n", 8, None)
    assert (reply.etag, reply.last_modified) == ('"v1"', "Wed, 01 Jul 2026 08:30:00 GMT")
    assert reply.media_type == "text/csv"
    assert reply.retrieved_at.utcoffset() is not None
    assert reply.url.endswith("geography=E08000012,E47000004&uid=***")
    assert SECRET not in repr(reply)
    sent = httpserver.log[0][0].headers
    assert sent["User-Agent"] == "lcr-outcomes/test (loopback)"
    assert "If-None-Match" not in sent


def test_zero_bytes_and_html_come_back_as_they_are_for_the_gate_to_judge(
    httpserver: HTTPServer, session: PoliteSession
) -> None:
    httpserver.expect_request("/empty").respond_with_data(b"")
    httpserver.expect_request("/html").respond_with_data("<!DOCTYPE html><p>help", content_type="text/html")
    assert session.get(httpserver.url_for("/empty"), **WHO).size == 0
    assert session.get(httpserver.url_for("/html"), **WHO).media_type == "text/html"


def test_download_puts_the_whole_file_in_place_and_nothing_else(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    body = bytes(range(256)) * 2000
    httpserver.expect_request("/big.bin").respond_with_data(body)
    to = tmp_path / "new" / "big.bin"
    reply = session.download(httpserver.url_for("/big.bin"), to, **WHO)
    assert reply.body_path == to
    assert (reply.size, reply.content) == (len(body), b"")
    assert to.read_bytes() == body
    assert [entry.name for entry in to.parent.iterdir()] == ["big.bin"]


def test_get_json_gives_the_value(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/j").respond_with_json({"datasets": [{"uri": "/current"}]})
    assert session.get_json(httpserver.url_for("/j"), **WHO) == {"datasets": [{"uri": "/current"}]}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "0 bytes"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><title>Nomis API</title>", "an HTML page starting “<!DOCTYPE html>"),
        (b'{"datasets": [', "no valid JSON"),
        (b'{"error": {"code": 400, "message": "Invalid URL"}}', "Invalid URL"),
    ],
)
def test_get_json_refuses_what_is_no_answer(
    httpserver: HTTPServer, session: PoliteSession, body: bytes, found: str
) -> None:
    httpserver.expect_request("/j").respond_with_data(body, content_type="application/json")
    with pytest.raises(PayloadError) as refused:
        session.get_json(httpserver.url_for("/j"), **WHO)
    assert found in refused.value.found
    assert "nomis / nomis_nm_17_5: expected a JSON document" in str(refused.value)
    assert httpserver.url_for("/j") in str(refused.value)


# --- the beginning of a reply


def test_beginning_asks_for_a_range_and_reads_no_more(httpserver: HTTPServer, session: PoliteSession) -> None:
    body = bytes(range(256)) * 1000

    def ranged(request: Request) -> Response:
        first = body[: BEGINNING_BYTES if request.headers["Range"] == f"bytes=0-{BEGINNING_BYTES - 1}" else 0]
        return Response(first, status=206, headers={"Content-Range": f"bytes 0-{len(first) - 1}/{len(body)}"})

    httpserver.expect_request("/ranged").respond_with_handler(ranged)
    httpserver.expect_request("/whole").respond_with_data(body)
    httpserver.expect_request("/small").respond_with_data(b"a,b\n")
    for path, content in (
        ("/ranged", body[:BEGINNING_BYTES]),
        ("/whole", body[:BEGINNING_BYTES]),
        ("/small", b"a,b\n"),
    ):
        reply = session.beginning(httpserver.url_for(path), **WHO)
        assert (reply.content, reply.size) == (content, len(content))


def test_beginning_may_be_that_of_a_file_larger_than_any_that_is_loaded(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/big").respond_with_data(b"x" * 500_000)
    with loopback_session(httpserver, max_bytes=1000) as session:
        assert session.beginning(httpserver.url_for("/big"), **WHO).size == BEGINNING_BYTES


def test_beginning_of_an_empty_file_is_empty_and_other_refusals_are_errors(
    httpserver: HTTPServer, session: PoliteSession
) -> None:
    httpserver.expect_request("/empty").respond_with_data(b"no such range", status=416)
    httpserver.expect_request("/gone").respond_with_data(b"", status=404)
    assert session.beginning(httpserver.url_for("/empty"), **WHO).content == b""
    with pytest.raises(SourceError, match="HTTP 404"):
        session.beginning(httpserver.url_for("/gone"), **WHO)


def test_part_of_a_reply_that_was_asked_for_as_a_whole_is_an_error(
    httpserver: HTTPServer, session: PoliteSession
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"a", status=206)
    with pytest.raises(SourceError, match="HTTP 206"):
        session.get(httpserver.url_for("/a"), **WHO)


# --- conditional requests


def test_unchanged_release_is_304_and_makes_no_file(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    date = "Wed, 01 Jul 2026 08:30:00 GMT"
    httpserver.expect_request("/r.csv", headers={"If-None-Match": '"v1"', "If-Modified-Since": date}).respond_with_data(
        status=304
    )
    reply = session.download(httpserver.url_for("/r.csv"), tmp_path / "r.csv", etag='"v1"', last_modified=date, **WHO)
    assert reply.not_modified
    assert (reply.etag, reply.last_modified) == ('"v1"', date)
    assert (reply.size, reply.body_path) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_304_that_was_not_asked_for_is_an_error(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/r").respond_with_data(status=304)
    with pytest.raises(SourceError, match="expected HTTP 200; found HTTP 304"):
        session.get(httpserver.url_for("/r"), **WHO)


# --- hosts, schemes, redirects


def test_redirect_to_an_allowed_host_is_followed(
    httpserver: HTTPServer, other_server: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/old").respond_with_data(status=301, headers={"Location": other_server.url_for("/new")})
    other_server.expect_request("/new").respond_with_data(b"moved")
    with loopback_session(httpserver, other_server) as session:
        reply = session.get(httpserver.url_for("/old"), **WHO)
    assert reply.content == b"moved"
    assert reply.requested_url == httpserver.url_for("/old")
    assert reply.url == other_server.url_for("/new")


def test_redirect_to_another_host_is_refused_and_nothing_is_sent_there(
    httpserver: HTTPServer, other_server: HTTPServer, session: PoliteSession
) -> None:
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": other_server.url_for("/evil")})
    other_server.expect_request("/evil").respond_with_data(b"gotcha")
    with pytest.raises(SourceError, match=f"found a redirect to http://{host_of(other_server)}"):
        session.get(httpserver.url_for("/old"), **WHO)
    assert requests_seen(httpserver) == 1
    assert requests_seen(other_server) == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://example.com/a",
        "http://www.ons.gov.uk/a",
        "ftp://www.ons.gov.uk/a",
        "file:///etc/passwd",
        "//example.com/a",
        "https://www.ons.gov.uk@example.com/a",
    ],
)
def test_redirect_to_what_may_not_be_asked_is_refused(
    httpserver: HTTPServer, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": target})
    hosts = frozenset({host_of(httpserver), "www.ons.gov.uk"})
    sent: list[str] = []
    send = requests.Session.send

    def noted(self: requests.Session, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        sent.append(str(request.url))
        return send(self, request, **settings)

    monkeypatch.setattr(requests.Session, "send", noted)
    with (
        loopback_session(httpserver, allowed_hosts=hosts, retries=0) as session,
        pytest.raises(SourceError) as refused,
    ):
        session.download(httpserver.url_for("/old"), tmp_path / "a", **WHO)
    assert not isinstance(refused.value, NetworkError)
    assert sent == [httpserver.url_for("/old")]
    assert list(tmp_path.iterdir()) == []


def test_redirect_from_https_to_http_is_refused(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even to the very host that was asked: only loopback is ever asked without TLS."""
    with tls_server(tmp_path) as (server, bundle):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        hosts = frozenset({host_of(server), "www.ons.gov.uk"})
        server.expect_request("/old").respond_with_data(
            status=301, headers={"Location": "http://www.ons.gov.uk/data.csv"}
        )
        with (
            loopback_session(server, allowed_hosts=hosts, retries=0) as session,
            pytest.raises(SourceError, match=r"found a redirect to http://www\.ons\.gov\.uk in"),
        ):
            session.get(server.url_for("/old"), **WHO)


def test_account_is_shown_to_the_asked_host_only(
    httpserver: HTTPServer, other_server: HTTPServer, tmp_path: Path
) -> None:
    there_and_back = iter([other_server.url_for("/b"), httpserver.url_for("/c")])
    for server, path in ((httpserver, "/a"), (other_server, "/b")):
        server.expect_request(path).respond_with_handler(
            lambda _: Response(status=302, headers={"Location": next(there_and_back)})
        )
    httpserver.expect_request("/c").respond_with_data(b"good")
    with loopback_session(httpserver, other_server) as session:
        session.download(httpserver.url_for("/a"), tmp_path / "f", account=("clerk", "hunter2"), **WHO)
    assert "Authorization" not in other_server.log[0][0].headers
    assert ["Authorization" in asked.headers for asked, _ in httpserver.log] == [True, True]


def test_accounts_of_a_netrc_file_and_of_addresses_are_not_shown(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login clerk password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/a").respond_with_data(b"good")
    session.get(httpserver.url_for("/a"), **WHO)
    session.get(httpserver.url_for("/a").replace("://", "://clerk:hunter2@"), **WHO)
    assert ["Authorization" in asked.headers for asked, _ in httpserver.log] == [False, False]


def test_endless_redirects_end(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/loop").respond_with_data(status=302, headers={"Location": "/loop"})
    with pytest.raises(SourceError, match="more than 5 redirects"):
        session.get(httpserver.url_for("/loop"), **WHO)
    assert requests_seen(httpserver) == 6


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/data.csv",
        "http://www.ons.gov.uk/data.csv",  # allowed host, but not over https
        "https://www.ons.gov.uk:8443/data.csv",
        "https://www.ons.gov.uk@example.com/data.csv",
        "https://www.ons.gov.uk:443@example.com/data.csv",
        "https://example.com#@www.ons.gov.uk/data.csv",
        "https://example.com?@www.ons.gov.uk/data.csv",
        "https://example.com\\@www.ons.gov.uk/data.csv",
        "https://www.ons.gov.uk.example.com/",
        "https://www.ons.gov.uk./data.csv",  # a trailing dot: the same host to DNS, another one to the list
        "https://www.\N{CYRILLIC SMALL LETTER O}ns.gov.uk/data.csv",  # looks alike
        "https://xn--www-ons-gov-uk-abc.example/data.csv",
        "https://www.ons.gov.uk%2eexample.com/data.csv",
        "https://[::1]/data.csv",
        "https://[::ffff:127.0.0.1]/data.csv",
        "https://2130706433/data.csv",  # 127.0.0.1 as one number
        "https://169.254.169.254/latest/meta-data/",
        "HTTP://www.ons.gov.uk/data.csv",
        "gopher://www.ons.gov.uk/",
        "//www.ons.gov.uk/data.csv",
        "ftp://www.ons.gov.uk/data.csv",
        "file:///etc/passwd",
        "http://127.0.0.1/data.csv",
        "https:///data.csv",
        "https://[broken/data.csv",
        "ftp://www.ons.gov.uk:port/data.csv",
    ],
)
def test_addresses_that_are_never_asked(url: str) -> None:
    with PoliteSession() as session, pytest.raises(SourceError) as refused:
        session.get(url, **WHO)
    assert not isinstance(refused.value, NetworkError)
    assert refused.value.expected.startswith(("an https address on one of", "a usable address"))


# --- failures that pass, and those that do not


def test_500_then_200_succeeds(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("Error: Unable to contact data engine", status=500)
    httpserver.expect_ordered_request("/a").respond_with_data(b"", status=503)
    httpserver.expect_ordered_request("/a").respond_with_data(b"fine")
    assert session.get(httpserver.url_for("/a"), **WHO).content == b"fine"
    assert requests_seen(httpserver) == 3


def test_500_for_ever_is_a_network_error_after_the_retries(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=500)
    with loopback_session(httpserver, retries=2) as session, pytest.raises(NetworkError) as failed:
        session.get(httpserver.url_for("/a"), **WHO)
    assert requests_seen(httpserver) == 3
    assert str(failed.value) == (
        "nomis / nomis_nm_17_5: expected HTTP 200; found HTTP 500 INTERNAL SERVER ERROR "
        f"in {httpserver.url_for('/a')}. The last good release stays; run again later."
    )


def test_429_waits_as_long_as_it_was_asked_to(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data(status=429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/a").respond_with_data(b"fine")
    started = time.monotonic()
    assert session.get(httpserver.url_for("/a"), **WHO).content == b"fine"
    assert time.monotonic() - started >= 1.0


def test_long_retry_after_ends_at_once_and_closes_the_host_for_the_others(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=429, headers={"Retry-After": "3600"})
    httpserver.expect_request("/b").respond_with_data(b"never asked")
    with loopback_session(httpserver, max_retry_after=5.0) as session:
        with pytest.raises(NetworkError, match=r"HTTP 429 .*left alone for 3600 s \(Retry-After\)"):
            session.get(httpserver.url_for("/a"), **WHO)
        with pytest.raises(NetworkError, match=r"left alone for 3600 s \(Retry-After\)"):
            session.get(httpserver.url_for("/b"), **WHO)
    assert requests_seen(httpserver) == 1


def test_unreadable_retry_after_is_an_ordinary_back_off(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data(status=503, headers={"Retry-After": "soon"})
    httpserver.expect_ordered_request("/a").respond_with_data(b"fine")
    assert session.get(httpserver.url_for("/a"), **WHO).content == b"fine"


def test_pauses_double_and_are_never_the_same(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many who failed at one moment must not come back at one moment."""
    httpserver.expect_request("/a").respond_with_data(status=503)
    pauses: list[float] = []
    monkeypatch.setattr("sources.http.time.sleep", pauses.append)
    with loopback_session(httpserver, retries=4, backoff=1.0) as session:
        for _ in range(2):
            with pytest.raises(NetworkError):
                session.get(httpserver.url_for("/a"), **WHO)
    for number, pause in enumerate(pauses):
        assert 2 ** (number % 4) <= pause <= 1.5 * 2 ** (number % 4)
    assert len(pauses) == len(set(pauses)) == 8
    assert pauses[:4] != pauses[4:]


@pytest.mark.fault("network", "HTTP 503 for longer than the budget of retries")
def test_retries_end_with_their_time(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, ended: Callable[[str], None]
) -> None:
    httpserver.expect_request("/a").respond_with_data(status=503)
    pauses: list[float] = []
    monkeypatch.setattr("sources.http.time.sleep", pauses.append)
    with (
        loopback_session(httpserver, retries=1000, backoff=30.0, max_retry_seconds=200.0) as session,
        pytest.raises(NetworkError, match="HTTP 503") as failed,
    ):
        session.get(httpserver.url_for("/a"), **WHO)
    assert 2 <= len(pauses) <= 3  # of 30, 60, perhaps 120 s; 240 are too many
    assert requests_seen(httpserver) == len(pauses) + 1
    ended(f"{failed.value.found} after {requests_seen(httpserver)} requests")


def test_retry_after_beyond_the_time_for_retries_is_not_waited_for(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=429, headers={"Retry-After": "30"})
    with loopback_session(httpserver, max_retry_seconds=20.0) as session, pytest.raises(NetworkError, match="HTTP 429"):
        session.get(httpserver.url_for("/a"), **WHO)
    assert requests_seen(httpserver) == 1


@pytest.mark.fault("clock", "this machine is a year behind the publisher")
def test_retry_after_a_date_counts_from_the_publishers_own(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, ended: Callable[[str], None]
) -> None:
    now = datetime.now(UTC) + timedelta(days=365)
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: format_datetime(now, usegmt=True)
    )
    in_a_minute = format_datetime(now + timedelta(seconds=60), usegmt=True)
    httpserver.expect_request("/a").respond_with_data(status=503, headers={"Retry-After": in_a_minute})
    with (
        loopback_session(httpserver, max_retry_after=5.0) as session,
        pytest.raises(NetworkError, match="left alone for 60 s") as failed,
    ):
        session.get(httpserver.url_for("/a"), **WHO)
    ended(failed.value.found)


@pytest.mark.parametrize(
    ("publisher", "status", "action"),
    [
        (
            "ofcom",
            403,
            "Ofcom refuses plain clients. Download the file by hand in a browser and use --from mirror:DIR.",
        ),
        ("desnz", 403, "The publisher refuses this client. Download the file by hand"),
        ("desnz", 404, "The file has moved: look for it on the dataset's landing page."),
        ("nomis", 400, "Check the request parameters in the dataset's catalogue entry."),
    ],
)
def test_refusals_are_not_repeated_and_say_what_to_do(
    httpserver: HTTPServer, session: PoliteSession, publisher: str, status: int, action: str
) -> None:
    httpserver.expect_request("/a").respond_with_data(status=status)
    with pytest.raises(SourceError) as refused:
        session.get(httpserver.url_for("/a"), publisher=publisher, dataset="d")
    assert not isinstance(refused.value, NetworkError)
    assert refused.value.found.startswith(f"HTTP {status}")
    assert refused.value.action.startswith(action)
    assert requests_seen(httpserver) == 1


def test_truncated_body_is_tried_again_and_a_later_whole_one_is_kept(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    httpserver.expect_ordered_request("/f").respond_with_handler(broken_off)
    httpserver.expect_ordered_request("/f").respond_with_data(b"short")
    session.download(httpserver.url_for("/f"), tmp_path / "f", **WHO)
    assert (tmp_path / "f").read_bytes() == b"short"


def test_truncated_body_for_ever_leaves_the_old_file_alone(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/f").respond_with_handler(broken_off)
    (tmp_path / "f").write_bytes(b"old")
    with (
        loopback_session(httpserver, retries=1) as session,
        pytest.raises(NetworkError, match="expected a whole body; found a body that broke off"),
    ):
        session.download(httpserver.url_for("/f"), tmp_path / "f", **WHO)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("f", b"old")]
    assert requests_seen(httpserver) == 2


def test_size_cap_by_declared_length_and_by_bytes_received(
    httpserver: HTTPServer, session: PoliteSession, tmp_path: Path
) -> None:
    httpserver.expect_request("/declared").respond_with_data(b"x" * 11)

    def undeclared(_: Request) -> Response:
        return Response(iter([b"x" * 6, b"x" * 5]))

    httpserver.expect_request("/undeclared").respond_with_handler(undeclared)
    httpserver.expect_request("/just").respond_with_data(b"x" * 10)
    with loopback_session(httpserver, max_bytes=10) as small:
        with pytest.raises(PayloadError, match="expected at most 10 bytes; found 11 bytes"):
            small.download(httpserver.url_for("/declared"), tmp_path / "a", **WHO)
        with pytest.raises(PayloadError, match="expected at most 10 bytes; found more"):
            small.get(httpserver.url_for("/undeclared"), **WHO)
        assert small.get(httpserver.url_for("/just"), **WHO).size == 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layers", [1, 2])
def test_compressed_reply_is_cut_off_at_the_cap_without_being_unpacked(httpserver: HTTPServer, layers: int) -> None:
    """The cap is on unpacked bytes, and they are unpacked bit by bit: 60 MB of nothing need no 60 MB of memory."""
    body = bytes(60_000_000)
    for _ in range(layers):
        body = gzip.compress(body)
    encodings = ", ".join(["gzip"] * layers)
    httpserver.expect_request("/bomb").respond_with_data(body, headers={"Content-Encoding": encodings})
    with loopback_session(httpserver, max_bytes=1_000_000) as session:
        tracemalloc.start()
        try:
            with pytest.raises(PayloadError, match="expected at most 1,000,000 bytes; found more"):
                session.get(httpserver.url_for("/bomb"), **WHO)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 30_000_000


def test_silent_server_is_a_time_out(threaded_server: HTTPServer) -> None:
    answered = threading.Event()

    def slow(_: Request) -> Response:
        answered.wait(5)
        return Response(b"late")

    threaded_server.expect_request("/slow").respond_with_handler(slow)
    try:
        with (
            loopback_session(threaded_server, retries=0, timeout=(1.0, 0.1)) as session,
            pytest.raises(NetworkError, match=r"nothing sent for 0\.1 s \(read time-out\)"),
        ):
            session.get(threaded_server.url_for("/slow"), **WHO)
    finally:
        answered.set()


def test_body_that_takes_too_long_is_given_up(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"drip")
    with (
        loopback_session(httpserver, max_seconds=-1.0) as session,
        pytest.raises(NetworkError, match="expected the whole body within"),
    ):
        session.get(httpserver.url_for("/a"), **WHO)


def test_refused_connection(closed_port: int) -> None:
    host = f"127.0.0.1:{closed_port}"
    with (
        PoliteSession(allowed_hosts=frozenset({host}), retries=1, backoff=0.01) as session,
        pytest.raises(NetworkError, match=r"a refused or broken connection .*Connection refused"),
    ):
        session.get(f"http://{host}/a", **WHO)


def test_tls_error_is_named(httpserver: HTTPServer, session: PoliteSession) -> None:
    with pytest.raises(NetworkError, match="expected a trusted TLS connection; found a TLS error") as failed:
        session.get(f"https://{host_of(httpserver)}/a", **WHO)
    assert "REQUESTS_CA_BUNDLE" in failed.value.action


def test_certificate_that_nobody_vouches_for_is_refused_until_its_bundle_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with tls_server(tmp_path) as (server, bundle), loopback_session(server, retries=0) as session:
        server.expect_request("/a").respond_with_data(b"good")
        with pytest.raises(NetworkError, match=r"found a TLS error .*self.signed certificate") as failed:
            session.get(server.url_for("/a"), **WHO)
        assert "REQUESTS_CA_BUNDLE" in failed.value.action
        assert requests_seen(server) == 0
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert session.get(server.url_for("/a"), **WHO).content == b"good"


def test_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_server(tmp_path) as (server, bundle):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        address = f"127.0.0.1:{server.port}"  # the certificate is for localhost
        with (
            loopback_session(server, allowed_hosts=frozenset({address}), retries=0) as session,
            pytest.raises(NetworkError, match=r"found a TLS error .*IP address mismatch"),
        ):
            session.get(f"https://{address}/a", **WHO)
        assert requests_seen(server) == 0


def test_certificates_that_are_not_there_are_tls_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with (
        PoliteSession(allowed_hosts=frozenset({"publisher.invalid"}), retries=0) as session,
        pytest.raises(NetworkError, match=r"found a TLS error .*/no/such/bundle\.pem, which is not there"),
    ):
        session.get("https://publisher.invalid/a", **WHO)


def test_host_name_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with (
        PoliteSession(allowed_hosts=frozenset({"publisher.invalid"}), retries=0) as session,
        pytest.raises(NetworkError, match="found a host name without an address in DNS") as failed,
    ):
        session.get("https://publisher.invalid/a", **WHO)
    assert "(Failed to resolve 'publisher.invalid'" in failed.value.found
    assert "DNS of this machine" in failed.value.action


def test_proxy_error_is_named_and_its_password_hidden(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://clerk:hunter2@127.0.0.1:{closed_port}")
    with (
        PoliteSession(allowed_hosts=frozenset({"publisher.invalid"}), retries=0) as session,
        pytest.raises(NetworkError, match="found a proxy error") as failed,
    ):
        session.get("https://publisher.invalid/a", **WHO)
    assert "hunter2" not in str(failed.value)
    assert "HTTPS_PROXY" in failed.value.action


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
    ],
)
def test_refusal_by_a_proxy_is_named(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, found: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with refusing_proxy(reply) as address:
        only_proxy(monkeypatch, f"http://clerk:hunter2@{address}")
        with (
            PoliteSession(allowed_hosts=frozenset({"publisher.invalid"}), retries=0) as session,
            pytest.raises(NetworkError, match=f"found a proxy error .*{found}") as failed,
        ):
            session.get("https://publisher.invalid/a", **WHO)
    assert "HTTPS_PROXY" in failed.value.action
    assert "hunter2" not in str(failed.value) + caplog.text


@pytest.mark.parametrize("proxy", ["http://", "nonsense://127.0.0.1:9", "socks5://127.0.0.1:9", "http://[broken"])
def test_proxy_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    only_proxy(monkeypatch, proxy)
    with (
        PoliteSession(allowed_hosts=frozenset({"publisher.invalid"}), retries=0) as session,
        pytest.raises(SourceError, match="expected a usable proxy; found a proxy setting") as failed,
    ):
        session.get("https://publisher.invalid/a", **WHO)
    assert "HTTPS_PROXY" in failed.value.action


def only_proxy(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, address)


def test_loopback_never_goes_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer, session: PoliteSession, closed_port: int
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    httpserver.expect_request("/a").respond_with_data(b"direct")
    assert session.get(httpserver.url_for("/a"), **WHO).content == b"direct"


# --- throttle


def test_starts_are_spaced_whatever_the_threads(threaded_server: HTTPServer) -> None:
    starts: list[float] = []

    def note(_: Request) -> Response:
        starts.append(time.monotonic())
        return Response(b"ok")

    threaded_server.expect_request("/a").respond_with_handler(note)
    throttle = {host_of(threaded_server): Throttle(min_interval=0.1, max_concurrent=4)}
    with loopback_session(threaded_server, throttle=throttle) as session, ThreadPoolExecutor(5) as pool:
        began = time.monotonic()
        for done in [pool.submit(session.get, threaded_server.url_for("/a"), **WHO) for _ in range(5)]:
            done.result()
    # Arrival lags the start by a scheduling delay, so the whole span is exact and single gaps are not.
    assert len(starts) == 5
    assert max(starts) - began >= 0.4


@pytest.mark.parametrize("allowed", [1, 3])
def test_no_more_requests_at_once_than_allowed(threaded_server: HTTPServer, allowed: int) -> None:
    running, most = 0, 0
    counting = threading.Lock()
    together = threading.Barrier(allowed)

    def count(_: Request) -> Response:
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        together.wait(5)  # released only when as many as allowed are here at the same time
        with counting:
            running -= 1
        return Response(b"ok")

    threaded_server.expect_request("/a").respond_with_handler(count)
    throttle = {host_of(threaded_server): Throttle(min_interval=0.0, max_concurrent=allowed)}
    with loopback_session(threaded_server, throttle=throttle) as session, ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(session.get, threaded_server.url_for("/a"), **WHO) for _ in range(6)]:
            assert done.result().content == b"ok"
    assert most == allowed


def test_hosts_of_one_group_share_the_throttle(httpserver: HTTPServer, other_server: HTTPServer) -> None:
    for server in (httpserver, other_server):
        server.expect_request("/a").respond_with_data(b"ok")
    shared = Throttle(min_interval=0.2, max_concurrent=1, group="ons")
    throttle = {host_of(httpserver): shared, host_of(other_server): shared}
    with loopback_session(httpserver, other_server, throttle=throttle) as session:
        started = time.monotonic()
        session.get(httpserver.url_for("/a"), **WHO)
        session.get(other_server.url_for("/a"), **WHO)
    assert time.monotonic() - started >= 0.2


def test_retries_are_throttled_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=500)
    throttle = {host_of(httpserver): Throttle(min_interval=0.15, max_concurrent=1)}
    started = time.monotonic()
    with (
        loopback_session(httpserver, throttle=throttle, retries=2, backoff=0.0) as session,
        pytest.raises(NetworkError),
    ):
        session.get(httpserver.url_for("/a"), **WHO)
    assert time.monotonic() - started >= 0.3


def test_published_limits_are_kept() -> None:
    assert THROTTLES["www.nomisweb.co.uk"].max_concurrent == 1
    assert THROTTLES["www.nomisweb.co.uk"].min_interval >= 0.6
    ons = [host for host in PUBLISHER_HOSTS if host.endswith("ons.gov.uk")]
    assert len(ons) == 4
    assert {THROTTLES[host].group for host in ons} == {"ons"}
    assert all(THROTTLES[host].min_interval >= 60 / 200 for host in ons)
    assert all(THROTTLES[host].min_interval >= 10 / 120 for host in ons)
    govuk = [THROTTLES[host] for host in ("www.gov.uk", "assets.publishing.service.gov.uk")]
    assert {throttle.group for throttle in govuk} == {"govuk"}
    assert all(throttle.min_interval >= 1 / 10 for throttle in govuk)


# --- what is revealed


@pytest.mark.parametrize("parameter", ["uid", "signature", "sig", "UID"])
def test_secrets_show_neither_in_errors_nor_tracebacks_nor_logs(
    closed_port: int, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture, parameter: str
) -> None:
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request("/a").respond_with_data(status=503)
    hosts = {f"127.0.0.1:{closed_port}", host_of(httpserver)}
    with PoliteSession(
        allowed_hosts=frozenset(hosts), throttle=dict.fromkeys(hosts, UNTHROTTLED), retries=1, backoff=0.01
    ) as session:
        for address in (f"http://127.0.0.1:{closed_port}/a", httpserver.url_for("/a")):
            with pytest.raises(NetworkError) as failed:
                session.get(address, params={"date": "latest", parameter: SECRET}, **WHO)
            assert f"?date=latest&{parameter}=***" in str(failed.value)
            shown = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
            assert SECRET not in shown
            assert failed.value.__context__ is None
    assert f"{parameter}=***" in caplog.text
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}
    of_client = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert SECRET not in "".join(of_client)


def test_user_agent_is_honest_and_names_the_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTCOMES_CONTACT", raising=False)
    assert honest_user_agent().startswith("lcr-outcomes/")
    assert honest_user_agent().endswith(" (outcome statistics warehouse)")
    monkeypatch.setenv("OUTCOMES_CONTACT", "data@example.org\r\nX-Evil: 1")
    assert honest_user_agent().endswith("(outcome statistics warehouse; contact data@example.orgX-Evil: 1)")


def test_cookies_are_not_kept(httpserver: HTTPServer, session: PoliteSession) -> None:
    httpserver.expect_request("/a").respond_with_data(b"", headers={"Set-Cookie": "track=1; Path=/"})
    session.get(httpserver.url_for("/a"), **WHO)
    session.get(httpserver.url_for("/a"), **WHO)
    assert "Cookie" not in httpserver.log[1][0].headers

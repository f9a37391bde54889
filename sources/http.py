"""The one way out to the network: a polite, suspicious requests session.

Only allow-listed hosts over https (plain http for an allow-listed loopback address), checked before every
request and every redirect; per-host throttle; bounded retries; size cap; secrets in addresses never shown; no account
but the caller's (none of a netrc file, none in an address).
Every attempt, retries included, passes the throttle: that is why the retry loop is here and not in urllib3.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests import exceptions as failures
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import InvalidHeader, NameResolutionError, ReadTimeoutError
from urllib3.util import Retry

from sources.disk import writing
from sources.errors import LATER, NetworkError, PayloadError, SourceError, mask_secrets
from sources.gate import parse_json

log = logging.getLogger(__name__)

Params = Mapping[str, str | int]

OK, PARTIAL, NOT_MODIFIED = 200, 206, 304
UNAUTHORISED, FORBIDDEN, NOT_FOUND, GONE, NO_SUCH_RANGE, SERVER_ERROR = 401, 403, 404, 410, 416, 500
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
MAX_REDIRECTS = 5
IN_MEMORY_BYTES = 100_000_000
BEGINNING_BYTES = 1 << 16  # what `beginning` reads of a reply
_CHUNK = 1 << 16
_SMALL_CHUNK = 1 << 13
_LONGEST_RETRY_AFTER = 366 * 86_400  # seconds; urllib3 would cut what a publisher asks for to six hours
_USUAL_PORT = {"https": 443, "http": 80}
_MIRROR = "Download the file by hand in a browser and use --from mirror:DIR."
_PROXY = "Check HTTPS_PROXY and NO_PROXY, or use --from mirror:DIR."


@dataclass(frozen=True)
class Throttle:
    """Least seconds between two starts and most requests at once; hosts of one `group` share one count."""

    min_interval: float = 0.2
    max_concurrent: int = 2
    group: str = ""


# ONS: 200 requests a minute over site and API, 15 in 10 s for assets in high demand. Nomis: the number of
# concurrent requests is limited, 0.5-1 s apart is asked for. GOV.UK: 10 a second.
_ONS = Throttle(0.7, 2, group="ons")
_GOVUK = Throttle(0.1, 4, group="govuk")
THROTTLES: Mapping[str, Throttle] = {
    "www.ons.gov.uk": _ONS,
    "api.beta.ons.gov.uk": _ONS,
    "download.ons.gov.uk": _ONS,
    "static.ons.gov.uk": _ONS,
    "services1.arcgis.com": Throttle(0.3, 2),
    "www.nomisweb.co.uk": Throttle(0.6, 1),
    "www.gov.uk": _GOVUK,
    "assets.publishing.service.gov.uk": _GOVUK,
    "www.ofcom.org.uk": Throttle(1.0, 1),
    "storage.googleapis.com": Throttle(0.5, 1),
    "dataportal.orr.gov.uk": Throttle(1.0, 1),
    "api.education.gov.uk": Throttle(0.5, 1),
    "raw.githubusercontent.com": Throttle(0.5, 1),
    "fingertips.phe.org.uk": Throttle(1.0, 1),
    "www.ukri.org": Throttle(1.0, 1),
    "www.data.gov.uk": Throttle(1.0, 1),
    "data.gov.uk": Throttle(1.0, 1),
    "ccewuksprdoneregsadata1.blob.core.windows.net": Throttle(1.0, 1),
    "publicdatafeeds.networkrail.co.uk": Throttle(1.0, 1),
    "api.uktradeinfo.com": Throttle(1.0, 1),
    "www.hesa.ac.uk": Throttle(1.0, 1),
}
PUBLISHER_HOSTS = frozenset(THROTTLES)


@dataclass(frozen=True)
class Response:
    """An accepted reply, status 200 or 304; addresses are masked, `size` is in bytes after decompression.

    `content` is filled by `get`, `body_path` by `download`, neither on 304. For `beginning` status 206 and 416 (of an
    empty file) are accepted too, and `size` is what was read.
    """

    url: str
    requested_url: str
    status: int
    size: int
    etag: str | None
    last_modified: str | None
    media_type: str
    retrieved_at: datetime
    content: bytes = b""
    body_path: Path | None = None

    @property
    def not_modified(self) -> bool:
        return self.status == NOT_MODIFIED


def honest_user_agent() -> str:
    """Who is asking: name, version, purpose, and the contact in OUTCOMES_CONTACT where one is set."""
    try:
        number = version("lcr-outcomes")
    except PackageNotFoundError:
        number = "0"
    contact = "".join(c for c in os.environ.get("OUTCOMES_CONTACT", "") if " " <= c <= "~").strip()
    return f"lcr-outcomes/{number} (outcome statistics warehouse{f'; contact {contact}' if contact else ''})"


class PoliteSession:
    """Fetches from allow-listed hosts; safe to share between threads; close it, or use it in a `with`.

    `allowed_hosts`: host names, with `:port` where the port is not the scheme's own. `timeout`: seconds to
    connect and between two reads; `max_seconds`: for one whole body. `max_retry_after`: seconds; a longer
    Retry-After ends the request. `backoff`: seconds before the first retry, doubled each time, with jitter;
    `max_retry_seconds`: from the first attempt of a request on, in which another one may still start.
    """

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str] = PUBLISHER_HOSTS,
        user_agent: str | None = None,
        throttle: Mapping[str, Throttle] = THROTTLES,
        retries: int = 4,
        backoff: float = 1.0,
        timeout: tuple[float, float] = (10.0, 60.0),
        max_bytes: int = 600_000_000,
        max_seconds: float = 1800.0,
        max_retry_after: float = 120.0,
        max_retry_seconds: float = 600.0,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._throttle = throttle
        self._gates: dict[str, _HostGate] = {}
        self._gates_lock = threading.Lock()
        self._retries = retries
        self._backoff = backoff
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._max_retry_after = max_retry_after
        self._max_retry_seconds = max_retry_seconds
        self._session = requests.Session()
        self._session.auth = NoAccount()
        self._session.headers["User-Agent"] = user_agent or honest_user_agent()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        _mask_urllib3_log()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def get(
        self,
        url: str,
        *,
        publisher: str,
        dataset: str,
        params: Params | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Response:
        """Fetch a small reply (at most 100 MB) into `content`. With `etag`/`last_modified`: maybe a 304."""
        limit = min(self._max_bytes, IN_MEMORY_BYTES)
        call = _Call(_with_params(url, params), publisher, dataset, limit, etag, last_modified)
        with BytesIO() as sink:
            reply = self._fetch(call, sink)
            return replace(reply, content=sink.getvalue())

    def get_json(self, url: str, *, publisher: str, dataset: str, params: Params | None = None) -> Any:
        """The JSON value of a reply; `PayloadError` where it is HTML, no JSON, or an `{"error": …}` reply."""
        reply = self.get(url, params=params, publisher=publisher, dataset=dataset)
        return parse_json(reply.content, publisher=publisher, dataset=dataset, where=reply.url)

    def beginning(self, url: str, *, publisher: str, dataset: str, account: tuple[str, str] | None = None) -> Response:
        """The first bytes of a reply (at most `BEGINNING_BYTES`) into `content`; the rest is left where it is.

        They are asked for as a range; of a server that knows no ranges no more is read either.
        """
        call = _Call(url, publisher, dataset, BEGINNING_BYTES, None, None, account, beginning_only=True)
        with BytesIO() as sink:
            reply = self._fetch(call, sink)
            return replace(reply, content=sink.getvalue())

    def download(
        self,
        url: str,
        to: Path,
        *,
        publisher: str,
        dataset: str,
        params: Params | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        account: tuple[str, str] | None = None,
    ) -> Response:
        """Stream a reply into the file `to`, which appears only when it is whole; on 304 it is not made.

        `account` (name, password) is shown to the host of `url` only, never to one that it redirects to.
        """
        call = _Call(_with_params(url, params), publisher, dataset, self._max_bytes, etag, last_modified, account)
        part = to.with_name(f".{to.name}.part")
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            with writing(to), part.open("wb") as sink:
                reply = self._fetch(call, sink)
            if reply.not_modified:
                return reply
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return replace(reply, body_path=to)

    def _fetch(self, call: _Call, sink: IO[bytes]) -> Response:
        """Attempt until there is a reply, a failure that will not pass, or no retry or no time for one left."""
        attempt = 0
        deadline = time.monotonic() + self._max_retry_seconds
        while True:
            sink.seek(0)
            sink.truncate()
            outcome = self._attempt(call, sink)
            if isinstance(outcome, Response):
                return outcome
            pause = outcome.pause
            if pause is None:
                pause = self._backoff * 2**attempt * random.uniform(1.0, 1.5)  # noqa: S311  (not a secret)
            if not outcome.may_pass or attempt >= self._retries or time.monotonic() + pause > deadline:
                # Raised here, not where it was caught: a chained exception would show the address's secrets.
                raise outcome.error
            attempt += 1
            log.warning("retry %d of %d after: %s", attempt, self._retries, outcome.error)
            if outcome.pause is None:  # else the host's gate waits, for all who ask that host
                time.sleep(pause)

    def _attempt(self, call: _Call, sink: IO[bytes]) -> Response | _Failure:
        """One request with its redirects, each hop checked and throttled on its own."""
        url = call.url
        for hop in range(MAX_REDIRECTS + 1):
            try:
                asked = requests.Request("GET", url, headers=call.headers, auth=call.account_for(url))
                request = self._session.prepare_request(asked)
                address = request.url or ""
                gate = self._gate(self._checked_host(call, address, redirected=hop > 0))
                with gate.turn(self._max_retry_after) as closed_for:
                    if closed_for:
                        return _Failure(call.error(NetworkError, found=_asked_to_wait(closed_for), action=LATER))
                    with self._send(request, address) as reply:
                        target = self._session.get_redirect_target(reply)
                        if target is None:
                            return self._receive(call, reply, sink, gate)
                url = urljoin(address, target)
            except (requests.RequestException, ValueError) as problem:
                return _failure_of(call, problem, self._timeout)
        return _Failure(call.error(found=f"more than {MAX_REDIRECTS} redirects"))

    def _send(self, request: requests.PreparedRequest, address: str) -> requests.Response:
        """The reply, its body still to come. The address is known to be good: an unusable one is the proxy's."""
        settings = self._settings(address)
        try:
            return self._session.send(request, **settings)
        except ValueError as problem:
            raise failures.InvalidProxyURL(problem) from None

    def _settings(self, address: str) -> dict[str, Any]:
        """Keyword arguments of `send`: TLS always verified, the environment's proxy except for loopback."""
        settings: dict[str, Any] = dict(self._session.merge_environment_settings(address, {}, True, True, None))
        bundle = settings["verify"]
        if isinstance(bundle, str) and not Path(bundle).exists():
            raise failures.SSLError(f"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names {bundle}, which is not there")
        if is_loopback(urlsplit(address).hostname or ""):
            settings["proxies"] = {}
        return settings | {"timeout": self._timeout, "allow_redirects": False}

    def _checked_host(self, call: _Call, address: str, *, redirected: bool) -> str:
        """The host (with a port that is not the scheme's own) of an address that may be asked; else raise."""
        parts = urlsplit(address)
        name = (parts.hostname or "").lower()
        host = name if parts.port in (None, _USUAL_PORT.get(parts.scheme)) else f"{name}:{parts.port}"
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(name))
        if safe and host in self._allowed:
            return host
        raise call.error(
            expected=f"an https address on one of {', '.join(sorted(self._allowed))}",
            found=f"{'a redirect to ' if redirected else ''}{parts.scheme}://{host}",
            action="Nothing was sent there: check the address; a new host must be allow-listed first.",
        )

    def _gate(self, host: str) -> _HostGate:
        throttle = self._throttle.get(host, Throttle())
        with self._gates_lock:
            return self._gates.setdefault(throttle.group or host, _HostGate(throttle))

    def _receive(self, call: _Call, reply: requests.Response, sink: IO[bytes], gate: _HostGate) -> Response | _Failure:
        if reply.status_code not in call.accepted:
            return self._refused(call, reply, gate)
        not_modified = reply.status_code == NOT_MODIFIED
        return Response(
            url=mask_secrets(reply.url),
            requested_url=mask_secrets(call.url),
            status=reply.status_code,
            size=0 if reply.status_code in (NOT_MODIFIED, NO_SUCH_RANGE) else self._copy_body(call, reply, sink),
            etag=reply.headers.get("ETag", call.etag if not_modified else None),
            last_modified=reply.headers.get("Last-Modified", call.last_modified if not_modified else None),
            media_type=reply.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            retrieved_at=datetime.now(UTC),
        )

    def _copy_body(self, call: _Call, reply: requests.Response, sink: IO[bytes]) -> int:
        """Copy the body and return its size; urllib3 itself raises when fewer bytes come than declared."""
        declared = reply.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > call.max_bytes and not call.beginning_only:
            raise call.too_large(f"{int(declared):,} bytes")
        deadline = time.monotonic() + self._max_seconds
        size = 0
        for chunk in reply.iter_content(_SMALL_CHUNK if call.beginning_only else _CHUNK):
            size += len(chunk)
            if call.beginning_only and size >= call.max_bytes:
                sink.write(chunk[: len(chunk) - (size - call.max_bytes)])
                return call.max_bytes
            if size > call.max_bytes:
                raise call.too_large("more")
            if time.monotonic() > deadline:
                raise call.error(
                    NetworkError,
                    expected=f"the whole body within {self._max_seconds:g} s",
                    found=f"{size:,} bytes by then",
                    action=LATER,
                )
            sink.write(chunk)
        return size

    def _refused(self, call: _Call, reply: requests.Response, gate: _HostGate) -> _Failure:
        """What a status other than 200 (or an asked-for 304) means; a Retry-After closes the whole host."""
        status = reply.status_code
        found = f"HTTP {status} {reply.reason or ''}".rstrip()
        if status not in RETRIED_STATUSES:
            kind = NetworkError if status >= SERVER_ERROR else SourceError
            return _Failure(call.error(kind, found=found, action=_action_for(call.publisher, status)))
        wait = _retry_after(reply)
        if wait is None:
            return _Failure(call.error(NetworkError, found=found, action=LATER), may_pass=True)
        gate.postpone(wait)
        return _Failure(
            call.error(NetworkError, found=f"{found}, {_asked_to_wait(wait)}", action=LATER),
            may_pass=wait <= self._max_retry_after,
            pause=wait,
        )


@dataclass(frozen=True)
class _Call:
    """What is asked for, for whom, and how large it may be."""

    url: str
    publisher: str
    dataset: str
    max_bytes: int
    etag: str | None
    last_modified: str | None
    account: tuple[str, str] | None = field(default=None, repr=False)
    beginning_only: bool = False  # the first `max_bytes` of the body are wanted, whatever follows them

    def account_for(self, url: str) -> HTTPBasicAuth | None:
        """The account, for the host that was asked only: presigned addresses refuse requests that show one.

        As UTF-8: requests itself knows Latin-1, and its error would quote the character of a password that is not.
        """
        asked, other = urlsplit(self.url), urlsplit(url)
        if self.account is None or (asked.scheme, asked.netloc) != (other.scheme, other.netloc):
            return None
        name, password = self.account
        return HTTPBasicAuth(name.encode(), password.encode())

    @property
    def headers(self) -> dict[str, str]:
        if self.beginning_only:  # a range of compressed bytes could not be told from a broken one
            return {"Range": f"bytes=0-{self.max_bytes - 1}", "Accept-Encoding": "identity"}
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}

    @property
    def accepted(self) -> tuple[int, ...]:
        """Statuses that answer what was asked. An empty file has no range: 416."""
        if self.beginning_only:
            return OK, PARTIAL, NO_SUCH_RANGE
        return (OK, NOT_MODIFIED) if self.headers else (OK,)

    def error(
        self,
        kind: type[SourceError] = SourceError,
        *,
        found: str,
        expected: str = "HTTP 200",
        action: str = "Check the dataset's landing page and its catalogue entry.",
    ) -> SourceError:
        return kind(
            publisher=self.publisher,
            dataset=self.dataset,
            where=self.url,
            expected=expected,
            found=found,
            action=action,
        )

    def too_large(self, found: str) -> SourceError:
        return self.error(
            PayloadError,
            expected=f"at most {self.max_bytes:,} bytes",
            found=found,
            action="Nothing was kept: check on the landing page that this is the right file.",
        )


class NoAccount(AuthBase):
    """For requests without an account: a session without this would look for one in the user's netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True)
class _Failure:
    """An attempt without a reply; `pause`: seconds that the publisher itself asked for."""

    error: SourceError
    may_pass: bool = False
    pause: float | None = None


class _HostGate:
    """Lets requests to a host through, so many at once, and so far apart (seconds between two starts)."""

    def __init__(self, throttle: Throttle) -> None:
        self._interval = throttle.min_interval
        self._slots = threading.BoundedSemaphore(throttle.max_concurrent)
        self._lock = threading.Lock()
        self._next_start = 0.0

    @contextmanager
    def turn(self, longest_wait: float) -> Iterator[float]:
        """Wait for a turn and give 0; or, where the host is closed for longer, give those seconds at once."""
        with self._slots:
            while 0 < (delay := self._claim_start()) <= longest_wait:
                time.sleep(delay)
            yield delay

    def postpone(self, seconds: float) -> None:
        """No request starts for so long, whichever thread it is in."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)

    def _claim_start(self) -> float:
        """0 when the caller may start now (the next one then waits its interval), else seconds to wait."""
        with self._lock:
            now = time.monotonic()
            if now < self._next_start:
                return self._next_start - now
            self._next_start = now + self._interval
            return 0.0


def _failure_of(call: _Call, problem: Exception, timeout: tuple[float, float]) -> _Failure:
    """Name what went wrong below HTTP: proxy, TLS, DNS, time-out, broken body, no connection, unusable address."""
    inner = problem.args[0] if problem.args and isinstance(problem.args[0], Exception) else problem
    cause = getattr(inner, "reason", inner)
    detail = f"({type(cause).__name__}: {cause})"
    may_pass, expected, found, action = True, "HTTP 200", f"a refused or broken connection {detail}", LATER
    match problem:
        case failures.ProxyError():
            found, action = f"a proxy error {detail}", _PROXY
        case failures.InvalidProxyURL():
            may_pass, expected, found = False, "a usable proxy", f"a proxy setting that cannot be used {detail}"
            action = _PROXY
        case failures.SSLError():
            may_pass, expected, found = False, "a trusted TLS connection", f"a TLS error {detail}"
            action = (
                "If this network inspects TLS, set REQUESTS_CA_BUNDLE to its certificates, or use --from mirror:DIR."
            )
        case failures.ConnectionError() if isinstance(cause, NameResolutionError):
            found = f"a host name without an address in DNS ({str(cause).partition(': ')[2] or cause})"
            action = "Check the name, and the network connection and DNS of this machine; or use --from mirror:DIR."
        case failures.ConnectTimeout():
            found = f"no connection (time-out) within {timeout[0]:g} s"
        case failures.Timeout() | failures.ConnectionError(args=(ReadTimeoutError(),)):
            found = f"nothing sent for {timeout[1]:g} s (read time-out)"
        case failures.ChunkedEncodingError() | failures.ContentDecodingError():
            expected, found = "a whole body", f"a body that broke off {detail}"
        case failures.ConnectionError():
            pass
        case _:
            may_pass, expected, found = False, "a usable address", f"one that cannot be asked {detail}"
            action = "Correct the address in the dataset's catalogue entry."
    kind = SourceError if isinstance(problem, ValueError) else NetworkError
    return _Failure(call.error(kind, expected=expected, found=found, action=action), may_pass)


def _action_for(publisher: str, status: int) -> str:
    if status == UNAUTHORISED:
        return "Check the account in the environment, and that it may have this file."
    if status == FORBIDDEN:
        who = "Ofcom refuses plain clients" if publisher == "ofcom" else "The publisher refuses this client"
        return f"{who}. {_MIRROR}"
    if status in (NOT_FOUND, GONE):
        return f"The file has moved: look for it on the dataset's landing page. {_MIRROR}"
    if status >= SERVER_ERROR:
        return LATER
    return "Check the request parameters in the dataset's catalogue entry."


def _retry_after(reply: requests.Response) -> float | None:
    """Seconds that Retry-After asks for (a number or an HTTP date); None where it is absent or unreadable.

    A date counts from the publisher's own: the clock of this machine may be wrong.
    """
    asked = reply.headers.get("Retry-After")
    if not asked:
        return None
    until, now = parsedate_tz(asked), parsedate_tz(reply.headers.get("Date"))
    if until and now:
        return float(max(mktime_tz(until) - mktime_tz(now), 0))
    try:
        return float(Retry(retry_after_max=_LONGEST_RETRY_AFTER).parse_retry_after(asked))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _asked_to_wait(seconds: float) -> str:
    return f"a host that asked to be left alone for {seconds:.0f} s (Retry-After)"


def _with_params(url: str, params: Params | None) -> str:
    """The whole address, so that errors and the ledger show what was asked for."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, safe=',/:')}"


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _MaskSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_secrets(record.getMessage()), ()
        return True


_MASK = _MaskSecrets()


def _mask_urllib3_log() -> None:
    """urllib3 writes the addresses it asks for, query included, to its log."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logging.getLogger(name).addFilter(_MASK)

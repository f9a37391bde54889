"""Real HTTP on loopback: a `PoliteSession` that may ask one `pytest_httpserver` and nothing else."""

from __future__ import annotations

from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sources.http import PoliteSession, Throttle

UNTHROTTLED = Throttle(min_interval=0.0, max_concurrent=8)


def host_of(server: HTTPServer) -> str:
    """`host:port` of the server, as an allow-list and a throttle table name it."""
    return f"{server.host}:{server.port}"


def loopback_session(*servers: HTTPServer, **overrides: Any) -> PoliteSession:
    """A session for these servers only, without throttle and with a back-off of 10 ms; close it after use.

    `overrides` are arguments of `PoliteSession`: `retries=0`, `throttle={host_of(server): Throttle(…)}`.
    """
    hosts = frozenset(host_of(server) for server in servers)
    settings: dict[str, Any] = {
        "allowed_hosts": hosts,
        "user_agent": "lcr-outcomes/test (loopback)",
        "throttle": dict.fromkeys(hosts, UNTHROTTLED),
        "backoff": 0.01,
        "timeout": (2.0, 5.0),
    }
    return PoliteSession(**(settings | overrides))


def broken_off(_: Request) -> Response:
    """A handler (`respond_with_handler`) that declares 100 bytes, sends 10 and hangs up."""
    reply = Response(b"x" * 10)
    reply.headers["Content-Length"] = "100"
    return reply

"""Real HTTP on loopback: a `PoliteSession` that may ask one `pytest_httpserver` and nothing else."""

from __future__ import annotations

import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
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


@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[HTTPServer, Path]]:
    """An https server on loopback that signed its own certificate, and the bundle (PEM) that would trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle, both = folder / "bundle.pem", folder / "server.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(secret + bundle.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with HTTPServer(ssl_context=context) as server:
        yield server, bundle


@contextmanager
def refusing_proxy(reply: bytes) -> Iterator[str]:
    """Address of a proxy on loopback that answers every CONNECT with `reply`."""

    class Refuse(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

"""A PostgreSQL of its own for tests, on loopback, gone after them (Debian's package postgresql)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

QUIET = {"stdout": subprocess.DEVNULL}


def programs() -> Path:
    """Folder of the newest version's programs; the test skips where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    return Path(found).parent


@contextmanager
def postgres_of(owner: str, password: str) -> Iterator[int]:
    """Port of a running cluster in a folder of its own, which only loopback and the password reach.

    PostgreSQL refuses to run as root, so root starts it as `postgres`.
    """
    user = "postgres" if os.getuid() == 0 else None
    folder, port, found = Path(tempfile.mkdtemp(prefix="outcomes-postgres-")), free_port(), programs()
    (folder / "password").write_text(password)
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, user, user)

    def run(*command: str | Path) -> None:
        subprocess.run(
            command, user=user, group=user, extra_groups=[] if user else None, cwd=folder, check=True, **QUIET
        )

    login = ("-U", owner, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    try:
        run(found / "initdb", "-D", folder / "data", *login, "--no-sync", "-E", "UTF8", "--locale=C")
        run(found / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield port
        finally:
            run(found / "pg_ctl", "-D", folder / "data", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

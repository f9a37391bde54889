"""PostgreSQL and a store that speaks S3, made for the tests of the lake and gone after them."""

from __future__ import annotations

import importlib.util
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from orchestration.home import PROJECT_ROOT, Home
from orchestration.lake.store import EXTENSIONS, Lake
from tests.postgres import QUIET, free_port, postgres_of, programs

PASSWORD = "hunter2-lake-5ec7e7"
MOTO = PROJECT_ROOT / ".venv" / "s3" / "bin" / "moto_server"


@dataclass(frozen=True)
class Postgres:
    """A cluster of its own, which only loopback and the password reach."""

    port: int
    programs: Path

    def words(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=lake dbname={database}"

    def ask(self, database: str, statement: str) -> str:
        command = [self.programs / "psql", "-Atqc", statement, self.words(database)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def dump(self, lake: Lake) -> str:
        command = [self.programs / "pg_dump", lake.catalog]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def file_mart(sample_home: Home) -> Path:
    """What `outcomes run --from sample` publishes as a file."""
    return sample_home.mart


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    missing = [name for name in EXTENSIONS if importlib.util.find_spec(f"duckdb_extension_{name}") is None]
    if missing:
        pytest.skip(f"DuckDB's extensions are not installed: {', '.join(missing)} (make .venv/lake.stamp)")
    with pytest.MonkeyPatch.context() as patch, postgres_of("lake", PASSWORD) as port:
        patch.setenv("PGPASSWORD", PASSWORD)
        yield Postgres(port, programs())


@pytest.fixture
def make_lake(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Lake]:
    """Makes a lake that holds nothing, with its files in that place; the environment names it."""

    def make(data: str) -> Lake:
        database = f"lake_{uuid4().hex}"
        postgres.ask("postgres", f"create database {database}")
        monkeypatch.setenv("OUTCOMES_LAKE_CATALOG", postgres.words(database))
        monkeypatch.setenv("OUTCOMES_LAKE_DATA", data)
        return Lake.from_environment()

    return make


@pytest.fixture
def lake(make_lake: Callable[[str], Lake], tmp_path: Path) -> Lake:
    """A lake that holds nothing, with its files in a folder."""
    return make_lake(f"{tmp_path / 'lake'}/")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of an S3-compatible store on loopback with the bucket `lake`; the environment has its account."""
    if not MOTO.is_file():
        pytest.skip("no S3-compatible store is installed (make .venv/s3.stamp)")
    address = f"http://127.0.0.1:{free_port()}"
    with subprocess.Popen(
        [MOTO, "-H", "127.0.0.1", "-p", address.rsplit(":", 1)[1]], **QUIET, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _make_bucket(address)
            monkeypatch.setenv("AWS_ENDPOINT_URL", address)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "lake-clerk")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
            monkeypatch.setenv("AWS_REGION", "eu-west-2")
            yield address
        finally:
            server.terminate()


def _make_bucket(address: str) -> None:
    for _ in range(200):
        with suppress(URLError), urlopen(Request(f"{address}/lake", method="PUT")):
            return
        time.sleep(0.1)
    raise AssertionError(f"no store answered at {address}")

"""What the README says that people open the mart with, opened: each client in an environment of its own, in a process
of its own. All of them answer the same questions, before and after the nightly swap.

Each prints a line of JSON for each line that it reads: `ask` over the connection that it has, `reconnect` over a new
one, `second` over another one beside it. `make clients` makes the environments.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import publish
from orchestration.home import Home
from tests.clients.environments import ENVIRONMENTS, skip_without
from tests.end_to_end.runs import copy_of

pytestmark = [pytest.mark.clients, pytest.mark.end_to_end]

HERE = Path(__file__).parent
# DESNZ, UK local authority greenhouse gas emissions 2005 to 2024, June 2026 release: transport, kt CO2e.
PUBLISHED_FIGURE = 1928.3
WANTED = {
    "is_latest": True,
    "basis": "published",
    "ref_area": "E47000004",
    "time_period": "2024-01-01/P1Y",
    "indicator_id": "emissions_transport",
    "breakdown": "total",
}
CONDITION = " and ".join(f"{name} = {value!r}" for name, value in WANTED.items())
FIGURE = f"select obs_value from mart.fct_observation where {CONDITION}"
SHOWN = ("indicator_id", "value", "decimals", "period_start", "is_stale")


@dataclass(frozen=True)
class Client:
    """A client: what runs it, what it is asked with, and what it calls the types of the columns of SHOWN."""

    environment: str
    command: Callable[[Home], list[str]]
    types: tuple[str, ...]
    has_comments: bool = True


def _of_duckdb(environment: str) -> Client:
    python = str(ENVIRONMENTS / environment / "bin" / "python")
    return Client(
        environment,
        lambda home: [python, str(HERE / "query_duckdb.py"), str(home.mart), FIGURE],
        ("VARCHAR", "DOUBLE", "BIGINT", "DATE", "BOOLEAN"),
    )


def _of_parquet(library: str, types: tuple[str, ...]) -> Client:
    python = str(ENVIRONMENTS / "frames" / "bin" / "python")
    script = str(HERE / "query_parquet.py")
    return Client(
        "frames",
        lambda home: [python, script, library, str(home.current / "parquet"), json.dumps(WANTED)],
        types,
        has_comments=False,
    )


CLIENTS = {
    "node": Client(
        "node",
        lambda home: ["node", str(HERE / "query_node.cjs"), str(home.mart), FIGURE],
        ("VARCHAR", "DOUBLE", "BIGINT", "DATE", "BOOLEAN"),
    ),
    "sqlalchemy": Client(
        "sqlalchemy",
        lambda home: [
            str(ENVIRONMENTS / "sqlalchemy" / "bin" / "python"),
            str(HERE / "query_sqlalchemy.py"),
            str(home.mart),
            FIGURE,
        ],
        ("VARCHAR", "FLOAT", "BIGINT", "DATE", "BOOLEAN"),
    ),
    "duckdb earlier": _of_duckdb("duckdb_earlier"),
    "duckdb oldest": _of_duckdb("duckdb_oldest"),
    "pandas": _of_parquet("pandas", ("str", "float64", "int64", "object", "bool")),
    "polars": _of_parquet("polars", ("String", "Float64", "Int64", "Date", "Boolean")),
    "arrow": _of_parquet("arrow", ("string", "double", "int64", "date32[day]", "bool")),
}


class Conversation:
    """A client at work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            pytest.fail(f"{self._process.args}: {self._process.stderr.read()}")
        return json.loads(line)


@contextmanager
def client(name: str, home: Home) -> Iterator[Conversation]:
    chosen = CLIENTS[name]
    skip_without(chosen.environment)
    surroundings = {**os.environ, "NODE_PATH": str(ENVIRONMENTS / "node" / "node_modules")}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        chosen.command(home), env=surroundings, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        yield Conversation(process)
        _, complaints = process.communicate()
    assert (process.returncode, complaints) == (0, "")


@pytest.fixture(scope="module")
def home(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The sample's warehouse with a second build, published, that has one observation less."""
    home = copy_of(sample_home, tmp_path_factory.mktemp("clients") / "home")
    with duckdb.connect(home.build_db) as con:
        con.execute("delete from mart.fct_observation where rowid in (select max(rowid) from mart.fct_observation)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "_write_docs", lambda documents, folder: folder.mkdir())
        now = dt.datetime.now(dt.UTC)
        publish.publish(
            home, build_id="29991231T000000Z-b", started_at=now, built_from="sample", quality=[], documents=[]
        )
    yield home
    shutil.rmtree(home.root)


def expected(home: Home) -> dict[str, Any]:
    """What everybody has to answer of the mart that is published now."""
    with duckdb.connect(home.mart, read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
        counts = {name: con.execute(f'select count(*) from mart."{name}"').fetchone()[0] for name in tables}
        (build_id,) = con.execute("select build_id from mart.build").fetchone()
        (values,) = con.execute("select count(value) from mart.mart_indicator_series").fetchone()
        (figure,) = con.execute(FIGURE).fetchone()
    assert 0 < values < counts["mart_indicator_series"]
    return {"build_id": build_id, "figure": figure, "tables": counts, "values": values, "missing": None}


@pytest.mark.parametrize("name", CLIENTS)
def test_client_reads_the_mart_and_sees_the_next_build_when_it_reconnects(name: str, home: Home) -> None:
    *_, first, second = publish.kept_builds(home)
    publish.rollback(home, first)
    before = expected(home)
    with client(name, home) as conversation:
        told = conversation("ask")
        assert {key: told[key] for key in before} == before
        assert told["figure"] == pytest.approx(PUBLISHED_FIGURE, abs=0.05)
        assert told["types"] == dict(zip(SHOWN, CLIENTS[name].types, strict=True))
        if CLIENTS[name].has_comments:
            assert told["comment"].startswith("Value, full precision, in unit_measure")

        publish.rollback(home, second)
        after = expected(home)
        assert after["build_id"] != before["build_id"]
        assert after["tables"]["fct_observation"] == before["tables"]["fct_observation"] - 1
        assert conversation("ask") == told
        again = conversation("reconnect")
        assert {key: again[key] for key in after} == after


def test_connection_that_is_held_keeps_its_build_for_the_whole_process(home: Home) -> None:
    """Why a server with a pool of connections shows yesterday's figures until all of them are closed."""
    *_, first, second = publish.kept_builds(home)
    publish.rollback(home, first)
    with client("duckdb earlier", home) as conversation:
        assert conversation("ask")["build_id"] == first
        publish.rollback(home, second)
        assert conversation("second")["build_id"] == first
        assert conversation("reconnect")["build_id"] == first  # the second one is open still

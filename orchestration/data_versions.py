"""What has to be built again: content of the sources -> data version of every dbt node -> selection.

A node's data version is a hash of the project's code, its own name and the versions of all that it reads; what looks at
the calendar has the day in it as well. The build database keeps the versions that its tables (and passed tests) were
made with, in `state.data_version`. What differs tonight is built, all else stays as it is: the same content under the
same code gives the same rows.

    state.code(hash)                       of the dbt project, its variables and engines: another hash, another database
    state.source_version(source, version)  one row per raw table
    state.data_version(node, version)      one row per seed, model and test that ended well
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.literals import listed, quoted

if TYPE_CHECKING:
    import duckdb

BUILT = ("model", "seed", "test")  # what `dbt build` runs of a night; unit tests belong to the test suite
CALENDAR = "macro.outcomes.as_of_date"  # whatever calls it gives something else on another day


def content_hash(content: object) -> str:
    """Hash of anything that JSON can hold; dates and paths count as their text."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def node_versions(manifest: Mapping[str, Any], sources: Mapping[str, str], *, code: str, day: str) -> dict[str, str]:
    """Data version of every node that is built, by unique id, what is read before who reads it.

    `sources` has those of the raw tables by name.
    Raises KeyError where a raw table that a node reads has none.
    """
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] in BUILT}
    versions = {name: sources[source["name"]] for name, source in manifest["sources"].items()}
    of_the_day = _callers(manifest["macros"], CALENDAR)
    parents = {name: node["depends_on"].get("nodes", ()) for name, node in nodes.items()}  # a seed has none
    order = [name for name in TopologicalSorter(parents).static_order() if name in nodes]
    for name in order:
        read = {parent: versions[parent] for parent in parents[name]}
        today = day if of_the_day.intersection(nodes[name]["depends_on"]["macros"]) else ""
        versions[name] = content_hash([code, name, today, read])
    return {name: versions[name] for name in order}


def exclusion(manifest: Mapping[str, Any], kept: set[str]) -> list[str]:
    """Selectors of dbt that leave out what is kept and nothing else that is built: the widest folders, else nodes."""
    names = {name: node["fqn"] for name, node in manifest["nodes"].items() if node["resource_type"] in BUILT}
    building = {tuple(fqn[:depth]) for name, fqn in names.items() if name not in kept for depth in range(len(fqn) + 1)}
    widest = {
        next(".".join(fqn[:depth]) for depth in range(1, len(fqn) + 1) if tuple(fqn[:depth]) not in building)
        for fqn in (names[name] for name in kept)
    }
    return [f"fqn:{folder}" for folder in sorted(widest)]


def _callers(macros: Mapping[str, Any], called: str) -> set[str]:
    """A macro and every macro that comes to call it."""
    found = {called}
    while True:
        more = {name for name, macro in macros.items() if found.intersection(macro["depends_on"]["macros"])} - found
        if not more:
            return found
        found |= more


def code_of(build_db: Path) -> str | None:
    """Hash of the code that a build database was made with; None where there is none, or it cannot be opened."""
    import duckdb

    if not build_db.is_file():
        return None
    try:
        with duckdb.connect(build_db, read_only=True) as con:
            row = con.execute("select hash from state.code").fetchone()
    except duckdb.Error:  # of an earlier version, or of a run that was killed in the middle of making it
        return None
    return str(row[0]) if row else None


def create_state(con: duckdb.DuckDBPyConnection, code: str) -> None:
    """The state of a build database in which nothing has been built yet."""
    con.execute("create schema state")
    con.execute(f"create table state.code as select {quoted(code)} as hash")
    for table, column in (("source_version", "source"), ("data_version", "node")):
        con.execute(f"create table state.{table} ({column} varchar, version varchar)")


def set_sources(con: duckdb.DuckDBPyConnection, versions: Mapping[str, str]) -> None:
    """What the raw tables hold now."""
    con.execute("delete from state.source_version")
    _insert(con, "source_version", versions)


def _insert(con: duckdb.DuckDBPyConnection, table: str, versions: Mapping[str, str]) -> None:
    con.execute(f"insert into state.{table} select unnest({listed(versions)}), unnest({listed(versions.values())})")


def outdated(
    build_db: Path, manifest: Mapping[str, Any], *, day: str, told: Iterable[str]
) -> tuple[dict[str, str], set[str]]:
    """Data versions of all nodes as of now, and the nodes to be built, which the state forgets until `note`.

    `told`: nodes whose last result is still known; the others are built, too.
    """
    import duckdb

    with duckdb.connect(build_db) as con:
        code = con.execute("select hash from state.code").fetchall()[0][0]
        sources = dict(con.execute("select source, version from state.source_version").fetchall())
        had = dict(con.execute("select node, version from state.data_version").fetchall())
        versions = node_versions(manifest, sources, code=code, day=day)
        kept = {node for node in versions.keys() & set(told) if had.get(node) == versions[node]}
        con.execute(
            f"delete from state.data_version where not list_contains({listed(sorted(kept))}, node)"  # noqa: S608
        )
    return versions, versions.keys() - kept


def note(build_db: Path, versions: Mapping[str, str], built: Iterable[str]) -> None:
    """Remembers what has been built, and of what."""
    import duckdb

    now = {node: versions[node] for node in built}
    if now:
        with duckdb.connect(build_db) as con:
            _insert(con, "data_version", now)


def table_versions(build_db: Path) -> dict[str, str]:
    """Data versions of the models by name, as far as they are known."""
    import duckdb

    with duckdb.connect(build_db, read_only=True) as con:
        query = "select node, version from state.data_version where starts_with(node, 'model.')"
        return {node.rsplit(".", 1)[-1]: version for node, version in con.execute(query).fetchall()}

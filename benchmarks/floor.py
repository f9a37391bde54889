"""The floor: the same files read and the same facts written by a bare script. `make bench`, or

    python -m benchmarks.floor HOME MIRROR     beside the night of `outcomes run --from mirror:MIRROR` in HOME

Timed is one process that reads the files of the mirror (the project's readers: Arrow's CSV reader and calamine, as one
would take), puts them into a DuckDB file and runs the SQL of the models that `fct_observation` needs, one statement
after the other. It is spared everything else: no landing copy, no hashes, no gate, no contracts, no raw Parquet, no
Dagster, no dbt process, no other model, no tests, no publishing. What it is given beforehand, and not timed: the SQL as
dbt compiled it, the types of the seeds, and the list of files with their release ids and dates.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from benchmarks.comparing import differing
from benchmarks.measuring import machine, measure
from orchestration.dbt_process import ensure_manifest
from orchestration.home import DBT_PROJECT_DIR, Home

if TYPE_CHECKING:
    import pyarrow as pa

FACT = "model.outcomes.fct_observation"
# Tables of the raw schema that say which file is which release; provenance is compared, too.
NOTED = (
    "select table_name from duckdb_tables() where schema_name = 'raw' and not contains(table_name, '__') order by all"
)


def plan(home: Home, mirror: Path, folder: Path) -> Path:
    """What the script is given: `plan.json` in `folder`, with the tables that say which file is which release."""
    from sources.landing import Landing

    manifest = json.loads(ensure_manifest(home).read_text(encoding="utf-8"))
    compiled = home.build / "dbt" / "compiled"
    with duckdb.connect(home.build_db, read_only=True) as con:
        noted = con.execute(NOTED).fetchall()
        for (name,) in noted:
            con.execute(f"copy raw.{name} to '{folder / name}.parquet'")
        needed = list(_in_order(manifest, FACT))
        seeds = [_seed(con, node) for node in needed if node["resource_type"] == "seed"]
    models = [
        [
            node["relation_name"],
            "table" if node["config"]["materialized"] == "table" else "view",
            (compiled / node["package_name"] / node["original_file_path"]).read_text(encoding="utf-8"),
        ]
        for node in needed
        if node["resource_type"] == "model"
    ]
    files = [
        {
            "dataset": release.dataset,
            "release_id": release.release_id,
            # Of one file the release has the published one's hash: landing may hold the aggregate of it.
            "files": [
                [
                    file.name,
                    str(mirror / file.url.removeprefix("mirror:")),
                    release.sha256 if len(release.files) == 1 else file.sha256,
                ]
                for file in release.files
            ],
        }
        for release in Landing(home.landing).releases(sample=False)
    ]
    path = folder / "plan.json"
    path.write_text(
        json.dumps({"noted": [name for (name,) in noted], "seeds": seeds, "models": models, "files": files}),
        encoding="utf-8",
    )
    return path


def _in_order(manifest: dict[str, Any], wanted: str, seen: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """The node and all it needs, what is needed first; sources and macros left out."""
    seen = set() if seen is None else seen
    if wanted in seen or wanted not in manifest["nodes"]:
        return
    seen.add(wanted)
    node = manifest["nodes"][wanted]
    for other in node["depends_on"].get("nodes", []):
        yield from _in_order(manifest, other, seen)
    yield node


def _seed(con: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> list[Any]:
    types = con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [node["schema"], node["name"]],
    ).fetchall()
    return [node["relation_name"], str(DBT_PROJECT_DIR / node["original_file_path"]), dict(types)]


# --- what is timed ---------------------------------------------------------------------------------------


def build(plan_path: Path, target: Path) -> None:
    """Files to facts, in `target`, which must be called build.duckdb as the SQL names it."""
    from sources.catalogue import load_catalogue
    from sources.raw import raw_columns

    given = json.loads(plan_path.read_text(encoding="utf-8"))
    catalogue = load_catalogue()
    with duckdb.connect(target, config={"threads": 2}) as con:
        con.execute("set timezone = 'UTC'")
        for schema in ("raw", "staging", "intermediate", "mart", "framework", "geography", "reference"):
            con.execute(f"create schema {schema}")
        for name in given["noted"]:
            con.execute(f"create table raw.{name} as from '{plan_path.parent / name}.parquet'")
        for relation, path, types in given["seeds"]:
            con.execute(
                f"create table {relation} as from read_csv(?, columns = {types!r}, header = true, nullstr = '')", [path]
            )
        with ThreadPoolExecutor(2) as pool:
            releases = list(pool.map(read, given["files"]))
        for dataset in catalogue.values():
            for table in dataset.table_names:
                found = [tables[table] for name, tables in releases if name == dataset.dataset and table in tables]
                _load(con, f'raw."{dataset.dataset}__{table}"', raw_columns(dataset, table), found)
        for relation, kind, sql in given["models"]:
            con.execute(f"create {kind} {relation} as {sql}")


def read(release: dict[str, Any]) -> tuple[str, dict[str, pa.Table]]:
    """Dataset and raw tables of one entry of the plan."""
    from sources.catalogue import load_catalogue
    from sources.readers import SourceFile, read_release

    files = [SourceFile(name, Path(path), sha256) for name, path, sha256 in release["files"]]
    return release["dataset"], read_release(load_catalogue()[release["dataset"]], files, release["release_id"])


def _load(con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], found: list[pa.Table]) -> None:
    if not found:
        con.execute(f"create table {name} ({' varchar, '.join(columns)} varchar)")
        return
    import pyarrow as pa

    rows = pa.concat_tables([table.select(columns).replace_schema_metadata(None) for table in found])
    con.register("rows", rows)
    con.execute(f"create table {name} as from rows")
    con.unregister("rows")


def measure_floor(home: Home, mirror: Path) -> dict[str, Any]:
    """Seconds and memory of the script, and how many facts differ from those that the night published."""
    with tempfile.TemporaryDirectory(prefix="outcomes-floor-") as scratch:
        folder = Path(scratch)
        given = plan(home, mirror, folder)
        target = folder / "build.duckdb"
        measured = measure("floor", [sys.executable, "-m", "benchmarks.floor", "--build", str(given), str(target)], {})
        if measured.exit_code:
            raise RuntimeError(f"the floor script failed (exit code {measured.exit_code})")
        rows, others = differing(target, home.mart)
    return {"seconds": measured.seconds, "peak_mb": measured.peak_mb, "facts": rows, "differing_facts": others}


def table(result: dict[str, Any]) -> str:
    return (
        f"floor: {result['seconds']:.1f} s, {result['peak_mb']:.0f} MB, {result['facts']:,} facts, "
        f"{result['differing_facts']} of them differ from the night's"
    )


def main(arguments: list[str]) -> int:
    if len(arguments) == 3 and arguments[0] == "--build":  # noqa: PLR2004
        build(Path(arguments[1]), Path(arguments[2]))
        return 0
    if len(arguments) != 2:  # noqa: PLR2004
        sys.stderr.write(f"{__doc__}\n")
        return 2
    result = measure_floor(Home(Path(arguments[0]).resolve()), Path(arguments[1]).resolve())
    sys.stdout.write(f"{machine()}\n\n{table(result)}\n{json.dumps(result)}\n")
    return 1 if result["differing_facts"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a user would pick: dlt to load, the same dbt project to build. `make bench`, or

    python -m benchmarks.dlt_pipeline HOME MIRROR     beside the night of `outcomes run --from mirror:MIRROR` in HOME

dlt resources yield Arrow tables (of the project's readers: dlt has none for these formats) and a dlt pipeline loads
them into DuckDB; then the plain dbt command line builds models and seeds and runs the data tests. There is no landing
zone, no gate, no contract, no comparison of form, no release gate and no publishing. It runs in an environment of
its own (`.venv/bench`, made by `make bench`); the list of files with their release ids is given, as to the floor.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.floor import plan, read
from benchmarks.measuring import machine, measure
from orchestration.home import DBT_PROJECT_DIR, PROJECT_ROOT, Home

if TYPE_CHECKING:
    import pyarrow as pa

ENVIRONMENT = PROJECT_ROOT / ".venv" / "bench"


def is_made() -> bool:
    return (ENVIRONMENT / "bin" / "dbt").is_file()


# --- in the environment of its own -----------------------------------------------------------------------


def load(plan_path: Path, target: Path) -> None:
    """Files to the schema `raw` of `target`, which must be called build.duckdb as dbt's models name it."""
    import dlt
    from pyarrow import parquet

    from sources.catalogue import load_catalogue
    from sources.raw import raw_columns

    given = json.loads(plan_path.read_text(encoding="utf-8"))
    tables: dict[str, list[pa.Table]] = {}
    for release in given["files"]:
        dataset, found = read(release)
        for name, rows in found.items():
            columns = raw_columns(load_catalogue()[dataset], name)
            tables.setdefault(f"{dataset}__{name}", []).append(rows.select(columns).replace_schema_metadata(None))
    tables |= {name: [parquet.read_table(plan_path.parent / f"{name}.parquet")] for name in given["noted"]}

    @dlt.source(name="published")
    def published() -> Iterator[Any]:
        for name, pieces in tables.items():
            yield dlt.resource(iter(pieces), name=name, write_disposition="replace")

    pipeline = dlt.pipeline(
        "published",
        pipelines_dir=str(plan_path.parent / "dlt"),
        destination=dlt.destinations.duckdb(str(target)),
        dataset_name="raw",
    )
    pipeline.run(published()).raise_on_failed_jobs()
    _create_absent(target)


def _create_absent(target: Path) -> None:
    """Tables of datasets without a file, which dbt's models look at too: dlt makes none."""
    import duckdb

    from sources.catalogue import load_catalogue
    from sources.raw import raw_columns

    wanted = {
        f"{name}__{table}": raw_columns(dataset, table)
        for name, dataset in load_catalogue().items()
        for table in dataset.table_names
    }
    with duckdb.connect(target) as con:
        for name, columns in wanted.items():
            con.execute(f'create table if not exists raw."{name}" ({" varchar, ".join(columns)} varchar)')


# --- in that of the project ------------------------------------------------------------------------------


def measure_dlt(home: Home, mirror: Path) -> dict[str, Any]:
    """Seconds and memory of dlt and of dbt, and how many facts differ from those that the night published."""
    from benchmarks.comparing import differing

    with tempfile.TemporaryDirectory(prefix="outcomes-dlt-") as scratch:
        folder = Path(scratch)
        target = folder / "build.duckdb"
        surroundings = {
            "OUTCOMES_BUILD_DB": str(target),
            "DBT_PROFILES_DIR": str(DBT_PROJECT_DIR),
            "DBT_TARGET_PATH": str(folder / "dbt"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DLT_DATA_DIR": str(folder / "dlt"),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "SCHEMA__NAMING": "direct",  # dlt would shorten `__` in the names of tables
            "PYTHONPATH": str(PROJECT_ROOT),
            "DO_NOT_TRACK": "1",
        }
        given = plan(home, mirror, folder)
        python, dbt = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "bin" / "dbt"
        loading = [str(python), "-m", "benchmarks.dlt_pipeline", "--load", str(given), str(target)]
        building = [str(dbt), "build", "--exclude-resource-type", "unit_test", "--project-dir", str(DBT_PROJECT_DIR)]
        loaded = measure("dlt", loading, surroundings)
        built = measure("dbt", building, surroundings)
        if loaded.exit_code or built.exit_code:
            raise RuntimeError(f"expected exit codes 0, found {loaded.exit_code} (dlt) and {built.exit_code} (dbt)")
        rows, others = differing(target, home.mart)
    return {
        "seconds": round(loaded.seconds + built.seconds, 2),
        "seconds_dlt": loaded.seconds,
        "seconds_dbt": built.seconds,
        "peak_mb": max(loaded.peak_mb, built.peak_mb),
        "facts": rows,
        "differing_facts": others,
    }


def table(result: dict[str, Any]) -> str:
    return (
        f"dlt and dbt: {result['seconds']:.1f} s ({result['seconds_dlt']:.1f} and {result['seconds_dbt']:.1f}), "
        f"{result['peak_mb']:.0f} MB, {result['facts']:,} facts, {result['differing_facts']} differ from the night's"
    )


def main(arguments: list[str]) -> int:
    if len(arguments) == 3 and arguments[0] == "--load":  # noqa: PLR2004
        load(Path(arguments[1]), Path(arguments[2]))
        return 0
    if len(arguments) != 2:  # noqa: PLR2004
        sys.stderr.write(f"{__doc__}\n")
        return 2
    result = measure_dlt(Home(Path(arguments[0]).resolve()), Path(arguments[1]).resolve())
    sys.stdout.write(f"{machine()}\n\n{table(result)}\n{json.dumps(result)}\n")
    return 1 if result["differing_facts"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

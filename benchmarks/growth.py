"""How the main job grows with the files: `make bench`, or `python -m benchmarks.growth [--to 100] [--json]`.

The job itself (`nightly`, all steps) runs in a home of its own, from a mirror folder that holds two generated files in
the publishers' own format (`benchmarks.publishers_files`) at 1, 10 and, where `--to` and the disk allow, 100 times the
rows of today. Told of each: seconds of fetching and reading (gate, landing, contract, raw Parquet) and of dbt, the peak
of the resident memory of all processes, bytes on disk, and seconds per million rows as a ratio to 1x. The facts made of
the emissions are checked against sums over the generated file; the postcodes, of which no indicator can be made, are
counted in the raw schema and typed once, as a staging table would be.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.comparing import differing_emissions
from benchmarks.measuring import machine, measure, megabytes
from benchmarks.publishers_files import POSTCODE_DATASET, write_emissions, write_postcodes
from orchestration.home import Home
from sources.catalogue import CATALOGUE_DIR

EMISSIONS, POSTCODES = "desnz_ghg_emissions", "ofcom_fixed_postcode_coverage"
STEPS = {"ingest_desnz": "read emissions", "ingest_ofcom": "read postcodes", "dbt_build": "dbt"}
DISK_MB_AT_1 = 900  # of generated files, landing, unpacked members, raw and build together


@dataclass(frozen=True)
class Generated:
    """A mirror folder with the rows of its files, and a catalogue that lets files of that size in."""

    mirror: Path
    catalogue: Path
    rows: dict[str, int]


def generate(folder: Path, times: int, **smaller: Any) -> Generated:
    """Files `times` as large as today's; `smaller` (postcodes, years) makes them small ones for tests."""
    mirror, catalogue = folder / "mirror", folder / "catalogue"
    for dataset in (EMISSIONS, POSTCODES):
        (mirror / dataset).mkdir(parents=True)
    postcodes = {name: smaller[name] for name in ("postcodes",) if name in smaller}
    years = {name: smaller[name] for name in ("years",) if name in smaller}
    rows = {
        EMISSIONS: write_emissions(mirror / EMISSIONS, times, **years),
        POSTCODES: write_postcodes(mirror / POSTCODES, times, **postcodes),
    }
    shutil.copytree(CATALOGUE_DIR, catalogue, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(POSTCODE_DATASET, catalogue / "ofcom")
    described = catalogue / "desnz" / f"{EMISSIONS}.yml"
    text = described.read_text(encoding="utf-8")
    band = "rows: [400000, 1000000]"
    if band not in text:
        raise ValueError(f"expected {band!r} in {described}: the row band that grows with the file")
    described.write_text(text.replace(band, f"rows: [1, {rows[EMISSIONS]}]"), encoding="utf-8")
    return Generated(mirror, catalogue, rows)


def run_job(home: Path, generated: Generated) -> dict[str, float]:
    """The job in this process. Returns seconds by step; fails where a dataset or a step does."""
    from orchestration import cli

    os.environ["OUTCOMES_HOME"] = str(home)
    cli._dagster_environment(Home(home))  # as the command line does
    import dagster as dg

    from orchestration.definitions import JOB, build_defs, run_config

    job = build_defs(catalogue_dir=generated.catalogue).resolve_job_def(JOB)
    config = run_config(f"mirror:{generated.mirror}", catalogue_dir=str(generated.catalogue))
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=True)
        steps = instance.get_run_step_stats(result.run_id)
    return {step.step_key: round(step.end_time - step.start_time, 2) for step in steps if step.end_time}


def typed_postcodes(home: Home) -> float:
    """Seconds to make a typed table of the raw postcodes with the memory that dbt has, as a model would."""
    started = time.perf_counter()
    settings = {
        "threads": 2,
        "memory_limit": "512MB",
        "temp_directory": str(home.build),
        "preserve_insertion_order": False,  # docs/scale.md: what a table of millions of rows wants
    }
    with duckdb.connect(home.build / "typed.duckdb", config=settings) as con:
        con.execute(f"attach '{home.build_db}' as build (read_only)")
        con.execute(f"""
            create table postcodes as
            select postcode_space, postcode_area, substr(_member, 1, 6) as edition, _release_id, _row_number,
                columns(name -> name not like 'postcode%' and left(name, 1) <> '_')::double
            from build.raw.{POSTCODES}__postcodes""")
    return round(time.perf_counter() - started, 2)


def one(times: int, folder: Path) -> dict[str, Any]:
    """One size: generated here, run in a process of its own, checked."""
    generated = generate(folder, times)
    home = Home(folder / "home")
    measured = measure(
        f"{times}x",
        [sys.executable, "-m", "benchmarks.growth", "--run", str(folder), "--rows", json.dumps(generated.rows)],
        {"OUTCOMES_HOME": str(home.root)},
    )
    if measured.exit_code:
        raise RuntimeError(f"the job failed at {times} times the rows (exit code {measured.exit_code})")
    command = [sys.executable, "-m", "benchmarks.growth", "--typed", str(folder)]
    typed = measure(f"{times}x typed", command, {"OUTCOMES_HOME": str(home.root)})
    if typed.exit_code:
        raise RuntimeError(f"no typed table of the postcodes at {times} times the rows (exit code {typed.exit_code})")
    steps = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
    seconds = {name: steps.get(step, 0.0) for step, name in STEPS.items()}
    seconds["typed postcodes"] = json.loads((folder / "typed.json").read_text(encoding="utf-8"))
    with duckdb.connect(home.build_db, read_only=True) as con:
        rows = {
            name: con.execute(f"select count(*) from raw.{name}").fetchone()[0]
            for name in (f"{EMISSIONS}__emissions", f"{POSTCODES}__postcodes")
        }
    if list(rows.values()) != [generated.rows[EMISSIONS], generated.rows[POSTCODES]]:
        raise RuntimeError(f"expected raw rows {generated.rows}, found {rows}")
    file = next((generated.mirror / EMISSIONS).glob("*.csv"))
    differing = differing_emissions(home.mart, file)
    if differing:
        raise RuntimeError(f"{differing} facts on emissions are not the sums over the generated file")
    return {
        "times": times,
        "rows": generated.rows,
        "seconds": seconds,
        "whole_run_seconds": measured.seconds,
        "peak_mb": max(measured.peak_mb, typed.peak_mb),
        "megabytes": {
            "files": round(megabytes(generated.mirror)),
            "landing": round(megabytes(home.landing)),
            "raw": round(megabytes(home.raw)),
            "build": round(megabytes(home.build)),
        },
    }


def measure_growth(to: int = 10) -> list[dict[str, Any]]:
    """Results at 1, 10, … up to `to` times, as far as the disk goes."""
    results = []
    times = 1
    while times <= to:
        with tempfile.TemporaryDirectory(prefix="outcomes-growth-") as folder:
            free = shutil.disk_usage(folder).free / 1e6
            if free < 1.5 * DISK_MB_AT_1 * times:
                sys.stderr.write(
                    f"{times}x is left out: {free:,.0f} MB free, {1.5 * DISK_MB_AT_1 * times:,.0f} wanted\n"
                )
                break
            results.append(one(times, Path(folder)))
        times *= 10
    return results


def table(results: list[dict[str, Any]]) -> str:
    """The results as text; ratios are of seconds per million rows, to those of the first."""
    lines = [
        f"{'growth':<7}{'rows, millions':>15}{'peak MB':>9}{'landing MB':>12}{'raw MB':>8}{'build MB':>10}   "
        "seconds, and seconds per row as a ratio to the first",
    ]
    first = results[0]
    for result in results:
        sizes, parts = result["megabytes"], []
        for name, seconds in result["seconds"].items():
            of = EMISSIONS if name in ("read emissions", "dbt") else POSTCODES
            per_row = seconds / result["rows"][of]
            at_first = first["seconds"][name] / first["rows"][of]
            parts.append(f"{name} {seconds:.1f} ({per_row / at_first if at_first else 0:.2f})")
        lines.append(
            f"{result['times']:>5}x {sum(result['rows'].values()) / 1e6:>15.1f}{result['peak_mb']:>9.0f}"
            f"{sizes['landing']:>12}{sizes['raw']:>8}{sizes['build']:>10}   {', '.join(parts)}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=int, default=10, help="the largest size, in times of today's rows")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--typed", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.run:
        home = Home(given.run / "home")
        steps = run_job(home.root, Generated(given.run / "mirror", given.run / "catalogue", given.rows))
        (given.run / "steps.json").write_text(json.dumps(steps), encoding="utf-8")
        return 0
    if given.typed:
        seconds = typed_postcodes(Home(given.typed / "home"))
        (given.typed / "typed.json").write_text(json.dumps(seconds), encoding="utf-8")
        return 0
    results = measure_growth(given.to)
    sys.stdout.write(f"{machine()}\n\n{table(results)}\n{json.dumps(results)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
